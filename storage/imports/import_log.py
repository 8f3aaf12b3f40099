"""The log of imports: where in the history each one begins and ends, so that it can be undone as a whole."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from uuid_utils import uuid7

from guanai.care.children.merging import revert_change
from guanai.care.errors import AccessError, GuanaiError
from guanai.storage.database.history import Change
from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS
from guanai.storage.records.access import Access
from guanai.storage.records.registers import Registers

__all__ = ["IMPORT_REGISTER", "CompletedImport", "ImportLog", "completed_import"]

#: The register of imports: it has no form, so that no page, frame or export shows it.
IMPORT_REGISTER = "import_note"


@dataclass(frozen=True)
class CompletedImport:
    """An import that was applied: of which form and file, by whom and when, how many records, and whether it was undone.

    ``form`` is empty for an import of several registers.
    """

    id: str
    form: str
    file: str
    by: str
    at: str
    new: int
    changed: int
    undone: bool


class ImportLog:
    """The imports of one school that were applied."""

    def __init__(self, records: Registers, access: Access) -> None:
        self._records = records
        self._access = access

    @property
    def allowed(self) -> bool:
        """Whether the person may import and undo, by the sheet 权限."""
        return self._access.may_matter("imports")

    def allows(self, form: str) -> bool:
        """Whether the person may import into a register."""
        return self.allowed and all(self._access.is_whole(act, form) for act in ("see", "add", "change"))

    def check_allowed(self, *forms: str) -> None:
        """Raise AccessError for somebody who may not import, or not into one of some registers.

        An import compares a file with every record: so it is for who may see, add and change all of them.
        """
        if not self.allowed:
            raise AccessError("import.not_allowed")
        for form in forms:
            for act in ("see", "add", "change"):
                if not self._access.is_whole(act, form):
                    self._access.check(act, form, {})
                    raise AccessError("import.not_allowed")

    @contextmanager
    def logged(self, form: str, file: str, new: int, changed: int) -> Iterator[dict[str, Any]]:
        """Make everything that is written within the block one import, which can be undone as a whole."""
        records = self._records
        signature = records.signature()
        entry: dict[str, Any] = {
            "id": str(uuid7()),
            "form": form,
            "file": file,
            "new": new,
            "changed": changed,
            "revision": 1,
            "created_at": signature["updated_at"],
            "created_by": signature["updated_by"],
            **signature,
        }
        with records.transaction():
            entry["first"] = records.sequence() + 1
            yield entry
            entry["last"] = records.sequence()
            if entry["last"] >= entry["first"]:
                records.table(IMPORT_REGISTER).insert_once(entry)

    def undo(self, import_id: str) -> tuple[int, int]:
        """Undo an import; return how many records are as before, and how many stay since somebody changed or named them.

        A record that the import added goes to the bin, unless another record names it since: a child of whom there is a
        talk by now. A record that it changed is as before, but for what was changed again since. Raises AccessError for
        somebody who may not, GuanaiError where there is no such import or it is undone.
        """
        self.check_allowed()
        records = self._records
        with records.transaction():
            entry = records.record(IMPORT_REGISTER, import_id)
            if entry is None or entry.get("undone"):
                raise GuanaiError("import.gone")
            changes = records.changes(entry["first"], entry["last"])
            self.check_allowed(*{change.table for change in changes if change.table in records.forms()})
            added: dict[str, list[int]] = {}
            named = self._texts_written_since(entry["last"])
            back = stay = 0
            for change in reversed(changes):
                now = records.table(change.table).record(change.record_id or change.doc_id)
                if now is None or change.table == IMPORT_REGISTER or change.after is None:
                    continue
                if change.before is not None:
                    self._revert(change, now)
                    back += 1
                elif now == change.after and change.record_id not in named:
                    added.setdefault(change.table, []).append(now.doc_id)
                    back += 1
                else:
                    stay += 1
            for table, doc_ids in added.items():
                records.table(table).remove(doc_ids=doc_ids)
            undone = {**entry, "undone": "yes", "revision": entry["revision"] + 1, **records.signature()}
            records.table(IMPORT_REGISTER).replace(entry["id"], undone, expected_revision=entry["revision"])
        return back, stay

    def _texts_written_since(self, last: int) -> set[str]:
        """Return every text in the records that were written after a change; the ids that they name are among them."""
        records = self._records
        changes = records.changes(last + 1, records.sequence())
        written = {(change.table, change.record_id) for change in changes if change.table != IMPORT_REGISTER}
        texts: set[str] = set()
        for table, record_id in written:
            if record_id and (record := records.record(table, record_id)):
                texts |= set(_texts(_answers(record)))
        return texts

    def _revert(self, change: Change, now: Mapping[str, Any]) -> None:
        """Undo one change of a record, but for what was changed again since."""
        answers = revert_change(_answers(now), _answers(change.before or {}), _answers(change.after or {}))
        system = {key: value for key, value in now.items() if key in SYSTEM_FIELDS}
        signed = {**answers, **system, **self._records.signature(), "revision": int(now["revision"]) + 1}
        self._records.table(change.table).replace(str(now["id"]), signed, expected_revision=now["revision"])

    def completed(self, form: str | None = None) -> list[CompletedImport]:
        """Return the imports that were applied, the latest first; with a name those of one form; none to who may not see them."""
        if not self._access.may_matter("imports", "see"):
            return []
        imports = [completed_import(entry) for entry in self._records.table(IMPORT_REGISTER).rows()]
        selected = [completed for completed in imports if form in (None, completed.form)]
        return sorted(selected, key=lambda completed: (completed.at, completed.id), reverse=True)


def completed_import(entry: Mapping[str, Any]) -> CompletedImport:
    """Return an import as the log has it."""
    return CompletedImport(
        entry["id"],
        entry["form"],
        entry["file"],
        entry["created_by"],
        entry["created_at"],
        entry["new"],
        entry["changed"],
        bool(entry.get("undone")),
    )


def _answers(record: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in SYSTEM_FIELDS}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner)
