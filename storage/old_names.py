"""Names of the version before, of modules and of a school's methods: they work for one version, with a warning."""

import warnings
from collections.abc import Mapping
from typing import Any

from guanai.care.old_names import forward
from guanai.storage.imports.run import Imports
from guanai.storage.school.due_service import DutyService
from guanai.storage.school.duplicate_service import Duplicates
from guanai.storage.school.school import School

__all__ = ["ATTRIBUTES", "MODULES", "forward_old_names"]

STORAGE = "guanai.storage"
#: Of each module that is gone: what its names are now, as the room to import them from and the name there.
MODULES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "guanai.storage.duty_sheets": {
        "coverage_excel": (STORAGE, "coverage_excel"),
        "due_excel": (STORAGE, "due_excel"),
    },
    "guanai.storage.exports": {
        "ENDINGS": (STORAGE, "EXPORT_ENDINGS"),
        "exported": (STORAGE, "export_bytes"),
    },
    "guanai.storage.list_behind": {"list_behind": (STORAGE, "School.counted_list")},
    "guanai.storage.reports": {
        "excel_summary": (STORAGE, "excel_summary"),
        "report_context": (STORAGE, "report_context"),
        "word_summary": (STORAGE, "word_summary"),
    },
    "guanai.storage.roles": {"coordinates": (STORAGE, "is_coordinator")},
    "guanai.storage.workbooks": {"presets": (STORAGE, "presets")},
}
#: Methods and services that have another name now: of which class, the name before, the name now.
ATTRIBUTES: tuple[tuple[type, str, str], ...] = (
    (School, "bin", "deletions"),
    (School, "called", "title_of"),
    (School, "designs", "publishing"),
    (School, "doubles", "duplicates"),
    (School, "load", "insert_many"),
    (DutyService, "homes", "households_of"),
    (Imports, "carry_out", "apply"),
    (Imports, "done", "completed"),
    (Imports, "plan", "preview"),
    (Imports, "plan_whole", "preview_all"),
    (Imports, "registers", "registers_in"),
    (Duplicates, "now", "current_id"),
)


class _Renamed:
    """An attribute that gives what another one of the same object gives, with a warning."""

    def __init__(self, old: str, new: str) -> None:
        self._old, self._new = old, new

    def __get__(self, owner: object, kind: type) -> Any:
        warnings.warn(
            f"{kind.__name__}.{self._old} is now {kind.__name__}.{self._new}",
            DeprecationWarning,
            stacklevel=2,
        )
        return getattr(kind if owner is None else owner, self._new)


def forward_old_names() -> None:
    """Let every old name work."""
    forward(MODULES)
    for kind, old, new in ATTRIBUTES:
        setattr(kind, old, _Renamed(old, new))
