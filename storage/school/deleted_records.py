"""Deleted records of any register: by whom and when they were deleted, and how they are restored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from guanai.care.errors import GuanaiError
from guanai.storage.records.child_records import day_of, naming_fields
from guanai.storage.records.labels import labels_of
from guanai.storage.records.records import Record, Records
from guanai.storage.school.duplicate_service import Duplicates, last_name

__all__ = ["DeletedRecord", "DeletedRecords", "title_of"]

CHILD = "child"


@dataclass(frozen=True)
class DeletedRecord:
    """A deleted record: of which register, its title, who deleted it when (ISO 8601, UTC).

    ``into`` is the id of the dossier into which a child's dossier was merged: such a one is not restored alone.
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

    def __init__(self, records: Records, duplicates: Duplicates) -> None:
        self._records = records
        self._duplicates = duplicates

    def all(self, form: str = "") -> list[DeletedRecord]:
        """Return the deleted records, the last deleted first; of one register with its name."""
        records = self._records
        names = records.labels(CHILD)
        merged = {merge.other: merge.kept for merge in self._duplicates.merges() if not merge.undone}
        deleted = []
        for name in [form] if form else records.forms():
            for change in records.deletions(name):
                record = change.before or {}
                if not change.record_id or records.record(name, change.record_id):
                    continue  # it has come back another way, by an import for example
                into = merged.get(change.record_id, "") if name == CHILD else ""
                label = title_of(records, name, record, names)
                deleted.append(
                    DeletedRecord(name, change.record_id, label, change.by, change.at, record, into)
                )
        return sorted(_last(deleted), key=lambda record: record.at, reverse=True)

    def find(self, form: str, record_id: str) -> DeletedRecord | None:
        """Return one deleted record, or None."""
        return next((record for record in self.all(form) if record.id == record_id), None)

    def restore(self, form: str, record_id: str) -> Record:
        """Restore a record as it was. Raises GuanaiError for a dossier that is merged into another one."""
        deleted = self.find(form, record_id)
        if deleted is not None and deleted.into:
            raise GuanaiError("bin.merged", label=deleted.label)
        return self._records.restore(form, record_id)


def _last(deleted: list[DeletedRecord]) -> list[DeletedRecord]:
    """Return the last deletion of each record."""
    latest: dict[tuple[str, str], DeletedRecord] = {}
    for record in sorted(deleted, key=lambda record: record.at):
        latest[record.form, record.id] = record
    return list(latest.values())


def title_of(
    records: Records, form: str, record: Mapping[str, Any], names: Mapping[str, str] | None = None
) -> str:
    """Return the title of a record that is shown by itself: a name, or its day and the child it is about.

    ``names`` are the labels of the children by id, where many records are named.
    """
    if form == CHILD or record.get("name"):
        return labels_of([{**record, "id": record.get("id", "")}])[record.get("id", "")]
    labels = records.labels(CHILD) if names is None else names
    children = [
        labels.get(str(record[field])) or last_name(records, str(record[field]))
        for field, kind in naming_fields(records.form(form)).items()
        if kind == "one" and record.get(field)
    ]
    return " ".join([day_of(record), *children]).strip()
