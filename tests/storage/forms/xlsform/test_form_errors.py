"""Errors of forms, lists and the designer that stand in no other test (issue 3, section 1)."""

import pytest

from guanai.storage import GuanaiError
from guanai.storage.form_files.uploads import check_required_questions
from guanai.storage.forms import form_of
from guanai.storage.forms.session.parsers import UnreadableError, read_tick
from guanai.storage.records.list_files import list_rows


def test_a_list_too_large_to_be_read(tmp_path):
    (tmp_path / "villages.csv").write_bytes(b"name\n" + b"x" * (20 * 1024 * 1024 + 1))
    with pytest.raises(GuanaiError) as refused:
        list_rows(tmp_path, "villages")
    assert refused.value.key == "list.too_large"
    assert "villages.csv" in refused.value.message()


def test_a_box_that_is_not_ticked():
    with pytest.raises(UnreadableError) as refused:
        read_tick("大概")
    assert refused.value.key == "reading.not_ticked"


def test_a_form_that_lacks_what_the_software_reads():
    form = form_of("| survey | type | name | label |\n| | text | grade | 年级 |", "class")
    with pytest.raises(GuanaiError) as refused:
        check_required_questions("class", form, {"class"})
    assert refused.value.key == "designer.needed"
    assert "name" in refused.value.message()
    check_required_questions("class", form, set())
