"""What schools have copied into notebooks of their own works for one more version, with a warning that says the new name.

Promise: a notebook that a school has changed works on for one version (README.md, what a coordinator changes).
"""

from importlib import import_module

import pytest

from guanai.storage import School, old_names
from guanai.storage.imports.run import Imports
from guanai.storage.school.due_service import DutyService

# What the notebooks and the README of version before imported, besides guanai.widgets.
IMPORTS = [
    ("guanai.care.fulfilment", "by_duty", "guanai.care.by_duty"),
    ("guanai.care.fulfilment", "workload", "guanai.care.workload"),
    ("guanai.care.gaps", "gaps_by_field", "guanai.care.gaps_by_field"),
    ("guanai.care.pairing", "loads", "guanai.care.loads"),
    ("guanai.care.pairing", "unpaired", "guanai.care.unpaired"),
    ("guanai.care.peers", "without_peer", "guanai.care.without_peer"),
    ("guanai.storage.duty_sheets", "coverage_excel", "guanai.storage.coverage_excel"),
    ("guanai.storage.duty_sheets", "due_excel", "guanai.storage.due_excel"),
    ("guanai.storage.exports", "ENDINGS", "guanai.storage.EXPORT_ENDINGS"),
    ("guanai.storage.exports", "exported", "guanai.storage.export_bytes"),
    ("guanai.storage.list_behind", "list_behind", "guanai.storage.School.counted_list"),
    ("guanai.storage.reports", "excel_summary", "guanai.storage.excel_summary"),
    ("guanai.storage.reports", "report_context", "guanai.storage.report_context"),
    ("guanai.storage.reports", "word_summary", "guanai.storage.word_summary"),
    ("guanai.storage.roles", "coordinates", "guanai.storage.is_coordinator"),
    ("guanai.storage.workbooks", "presets", "guanai.storage.presets"),
]


@pytest.mark.parametrize(("module", "name", "now"), IMPORTS, ids=lambda text: text)
def test_an_old_import_gives_what_the_name_is_now(module, name, now):
    with pytest.warns(DeprecationWarning, match=f"{module}.{name} is now {now}$"):
        given = getattr(import_module(module), name)
    room, _, rest = now.removeprefix("guanai.").partition(".")
    expected = import_module(f"guanai.{room}")
    for part in rest.split("."):
        expected = getattr(expected, part)
    assert given is expected


def test_a_name_that_never_was_is_refused():
    for module in ("guanai.storage.roles", "guanai.storage.exports", "guanai.care.pairing"):
        with pytest.raises(AttributeError, match="nothing_of_that_name"):
            getattr(import_module(module), "nothing_of_that_name")  # noqa: B009  # mypy reads the name otherwise


@pytest.mark.parametrize(
    ("kind", "old", "new"), old_names.ATTRIBUTES, ids=lambda value: getattr(value, "__name__", value)
)
def test_an_old_method_gives_what_it_is_called_now(school, kind, old, new):
    owner = {School: school, DutyService: school.duties, Imports: school.imports}.get(kind, school.duplicates)
    with pytest.warns(DeprecationWarning, match=f"{kind.__name__}.{old} is now {kind.__name__}.{new}$"):
        assert getattr(owner, old) == getattr(owner, new)
