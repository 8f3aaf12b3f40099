"""The bin: what was deleted from any register, by whom and when, and how it comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from guanai.care.errors import GuanaiError
from guanai.storage.records.child_records import day_of, naming_fields
from guanai.storage.records.labels import labels_of

if TYPE_CHECKING:
    from guanai.storage.school.school import School

__all__ = ["DeletedRecord", "DeletedRecords", "title_of"]

CHILD = "child"


@dataclass(frozen=True)
class DeletedRecord:
    """One record in the bin: from which register, what it is called, who deleted it when (ISO 8601, UTC).

    ``into`` is the id of the dossier in which a child's dossier has gone up: such a one does not come back alone.
    """

    form: str
    id: str
    label: str
    by: str
    at: str
    record: Mapping[str, Any]
    into: str = ""


class DeletedRecords:
    """The deleted records of a school as one person sees it."""

    def __init__(self, school: "School") -> None:
        self._school = school

    def all(self, form: str = "") -> list[DeletedRecord]:
        """Return what lies in the bin, the last deleted first; of one register with its name."""
        school = self._school
        names = school.labels(CHILD)
        merged = {one.other: one.kept for one in school.duplicates.merges() if not one.undone}
        found = []
        for name in [form] if form else school.forms():
            for change in school.deletions(name):
                record = change.before or {}
                if not change.record_id or school.record(name, change.record_id):
                    continue  # it has come back another way, by an import for example
                into = merged.get(change.record_id, "") if name == CHILD else ""
                label = title_of(school, name, record, names)
                found.append(DeletedRecord(name, change.record_id, label, change.by, change.at, record, into))
        return sorted(_last(found), key=lambda one: one.at, reverse=True)

    def find(self, form: str, record_id: str) -> DeletedRecord | None:
        """Return one deleted record, or None."""
        return next((one for one in self.all(form) if one.id == record_id), None)

    def restore(self, form: str, record_id: str) -> dict[str, Any]:
        """Bring a record back as it was. Raises GuanaiError for a dossier that has gone up in another one."""
        deleted = self.find(form, record_id)
        if deleted is not None and deleted.into:
            raise GuanaiError("bin.merged", label=deleted.label)
        return self._school.restore(form, record_id)


def _last(found: list[DeletedRecord]) -> list[DeletedRecord]:
    """Return the last deletion of each record."""
    latest: dict[tuple[str, str], DeletedRecord] = {}
    for one in sorted(found, key=lambda one: one.at):
        latest[one.form, one.id] = one
    return list(latest.values())


def title_of(
    school: "School", form: str, record: Mapping[str, Any], names: Mapping[str, str] | None = None
) -> str:
    """Return how a record is called wherever it stands by itself: a name, or its day and the child it is about.

    ``names`` are the labels of the children by id, where many records are named.
    """
    if form == CHILD or record.get("name"):
        return labels_of([{**record, "id": record.get("id", "")}])[record.get("id", "")]
    known = school.labels(CHILD) if names is None else names
    children = [
        known.get(str(record[field])) or school.duplicates.label(str(record[field]))
        for field, kind in naming_fields(school.form(form)).items()
        if kind == "one" and record.get(field)
    ]
    return " ".join([day_of(record), *children]).strip()
