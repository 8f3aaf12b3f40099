"""The imports that were made: where in the history each one begins and ends, so that it is taken back as a whole."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from uuid_utils import uuid7

from guanai.care.children.merging import revert_change
from guanai.care.errors import AccessError, GuanaiError
from guanai.storage.database.history import Change
from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS
from guanai.storage.records.records import Records

__all__ = ["NOTES", "Import", "ImportNotes"]

#: The register of imports: no form asks for it, so that no page, frame or export shows it.
NOTES = "import_note"


@dataclass(frozen=True)
class Import:
    """An import that was carried out: of which form and file, by whom and when, how many records, and if undone.

    ``form`` is empty where several registers came in one.
    """

    id: str
    form: str
    file: str
    by: str
    at: str
    new: int
    changed: int
    undone: bool


class ImportNotes:
    """The imports of one school that were made."""

    def __init__(self, school: Records, is_allowed: Callable[[], bool]) -> None:
        self._school = school
        self._is_allowed = is_allowed

    @property
    def allowed(self) -> bool:
        """Whether the person may import and undo: who answers for the whole school, and who works in the folder itself."""
        return self._is_allowed()

    def check_allowed(self) -> None:
        """Raise AccessError for somebody who may not import."""
        if not self.allowed:
            raise AccessError("import.not_allowed")

    @contextmanager
    def noted(self, form: str, file: str, new: int, changed: int) -> Iterator[dict[str, Any]]:
        """Make everything that is written within the block one import, which can be undone as a whole."""
        school = self._school
        signed = school.signature()
        note: dict[str, Any] = {
            "id": str(uuid7()),
            "form": form,
            "file": file,
            "new": new,
            "changed": changed,
            "revision": 1,
            "created_at": signed["updated_at"],
            "created_by": signed["updated_by"],
            **signed,
        }
        with school.transaction():
            note["first"] = school.sequence() + 1
            yield note
            note["last"] = school.sequence()
            if note["last"] >= note["first"]:
                school.table(NOTES).insert_once(note)

    def undo(self, import_id: str) -> tuple[int, int]:
        """Take an import back; return how many records are as before, and how many stay since somebody changed or named them.

        What an import added goes to the bin, but for what others have named since: a child of whom there is a talk by
        now. What it changed is as before, but for what was changed again since. Raises AccessError for somebody who may
        not, GuanaiError where that import is not there, or undone.
        """
        self.check_allowed()
        school = self._school
        with school.transaction():
            note = school.record(NOTES, import_id)
            if note is None or note.get("undone"):
                raise GuanaiError("import.gone")
            added: dict[str, list[int]] = {}
            named = self._named_since(note["last"])
            back = stay = 0
            for change in reversed(school.changes(note["first"], note["last"])):
                now = school.table(change.table).record(change.record_id or change.doc_id)
                if now is None or change.table == NOTES or change.after is None:
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
                school.table(table).remove(doc_ids=doc_ids)
            done = {**note, "undone": "yes", "revision": note["revision"] + 1, **school.signature()}
            school.table(NOTES).replace(note["id"], done, expected_revision=note["revision"])
        return back, stay

    def _named_since(self, last: int) -> set[str]:
        """Return every text in the records that were written after a change, among them the ids that they name."""
        school = self._school
        changes = school.changes(last + 1, school.sequence())
        written = {(change.table, change.record_id) for change in changes if change.table != NOTES}
        found: set[str] = set()
        for table, record_id in written:
            if record_id and (record := school.record(table, record_id)):
                found |= set(_texts(_answers(record)))
        return found

    def _revert(self, change: Change, now: Mapping[str, Any]) -> None:
        """Take one change of a record back; what was changed again since stays."""
        answers = revert_change(_answers(now), _answers(change.before or {}), _answers(change.after or {}))
        system = {key: value for key, value in now.items() if key in SYSTEM_FIELDS}
        signed = {**answers, **system, **self._school.signature(), "revision": int(now["revision"]) + 1}
        self._school.table(change.table).replace(str(now["id"]), signed, expected_revision=now["revision"])

    def done(self, form: str | None = None) -> list[Import]:
        """Return the imports, the latest first; those of one form with its name."""
        found = [import_of(note) for note in self._school.table(NOTES).rows()]
        mine = [one for one in found if form in (None, one.form)]
        return sorted(mine, key=lambda one: (one.at, one.id), reverse=True)


def import_of(note: Mapping[str, Any]) -> Import:
    """Return an import as it was noted."""
    return Import(
        note["id"],
        note["form"],
        note["file"],
        note["created_by"],
        note["created_at"],
        note["new"],
        note["changed"],
        bool(note.get("undone")),
    )


def _answers(record: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in SYSTEM_FIELDS}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner)
