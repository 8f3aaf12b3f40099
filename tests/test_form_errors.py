"""Every error that a form, a list or the designer can give is provoked by some test (issue 3, section 1)."""

import re
from pathlib import Path

import pytest

from guanai.storage import GuanaiError
from guanai.storage.forms import form_of
from guanai.storage.forms.needed import check_needed
from guanai.storage.forms.readings import UnreadableError, read_tick
from guanai.storage.lists import list_rows
from guanai.templates.wording import catalogue

ROOT = Path(__file__).parents[1]
SOURCES = [
    *(ROOT / "storage" / "forms").glob("*.py"),
    *(
        ROOT / "storage" / f"{name}.py"
        for name in ("lists", "form_files", "form_versions", "designs", "entities")
    ),
]
RAISED = sorted(
    {
        key
        for path in SOURCES
        for key in re.findall(r'Error\(\s*"([\w.]+)"', path.read_text(encoding="utf-8"))
        if key in catalogue()
    }
)
TESTS = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_*.py"))


@pytest.mark.parametrize("key", RAISED)
def test_some_test_provokes_it(key):
    assert f'"{key}"' in TESTS


def test_the_scan_sees_the_errors():
    assert {"form.not_workbook", "list.too_large", "designer.meanwhile", "reading.not_ticked"} <= set(RAISED)
    assert len(RAISED) > 60


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
        check_needed("class", form, {"class"})
    assert refused.value.key == "designer.needed"
    assert "name" in refused.value.message()
    check_needed("class", form, set())
