"""A form's mark 保密登记册: its records are kept in the vault (R35; requirements 3; 002-1 L93)."""

import pytest

from guanai.care.errors import FormError
from guanai.storage.form_files.form_catalogue import shipped_forms
from guanai.storage.forms import load_form
from guanai.storage.forms.changes.differences import differences
from guanai.storage.forms.xlsform.loading import form_of
from guanai.storage.forms.xlsform.sheets import read_sheets
from guanai.storage.forms.xlsform.workbooks import write_xlsx

SURVEY = "| survey | type | name | label |\n|---|---|---|---|\n| | text | said | 说了什么 |\n\n"


def marked(heading, text, more=""):
    return form_of(f"{SURVEY}| settings | form_title | {heading} |\n|---|---|---|\n| | 卡 | {text} |\n{more}")


@pytest.mark.parametrize("heading", ["guanai::restricted", "保密登记册", "保密"])
@pytest.mark.parametrize(
    ("text", "expected"), [("yes", True), ("是", True), ("否", False), ("", False), ("对", True)]
)
def test_a_mark_restricts_a_register_and_one_that_is_misread_does_too(heading, text, expected):
    assert marked(heading, text).restricted is expected


def test_counselling_and_guidance_ship_restricted_and_stay_so_in_a_workbook(tmp_path):
    restricted = {name for name, path in shipped_forms().items() if load_form(path, name).restricted}
    assert restricted == {"counselling", "guidance"}
    write_xlsx(read_sheets(shipped_forms()["guidance"]), tmp_path / "guidance.xlsx")
    assert load_form(tmp_path / "guidance.xlsx", "guidance", cache=tmp_path).restricted


def test_a_change_of_the_mark_is_a_difference_that_is_said():
    open_form, restricted = marked("guanai::restricted", "no"), marked("guanai::restricted", "yes")
    assert [one.kind for one in differences(open_form, restricted)] == ["restricted"]
    assert [one.kind for one in differences(restricted, open_form)] == ["unrestricted"]


def test_a_restricted_form_that_changes_another_register_is_refused():
    """What a record of the vault changed elsewhere would tell there what it says."""
    with pytest.raises(FormError) as error:
        marked(
            "guanai::restricted", "yes", "\n| entities | dataset | label |\n|---|---|---|\n| | child | x |\n"
        )
    assert error.value.key == "form.restricted_entities"
