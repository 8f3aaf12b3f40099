"""Several dossiers of one child: how they are detected, merged, and separated again.

A merge is one transaction: the records of all registers are moved to the dossier that is kept, its empty answers are
filled from the other one, and the other one is deleted. What was changed is noted, so that all of it can be undone, whatever was
written since.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from uuid_utils import uuid7

from guanai.care.children.duplicates import DuplicateIndex, possible_duplicates
from guanai.care.children.merging import combine, replace_reference, revert_change
from guanai.care.errors import GuanaiError
from guanai.storage.database.history import Change
from guanai.storage.forms import SYSTEM_FIELDS
from guanai.storage.records.permitted_registers import PermittedRegisters
from guanai.storage.records.records import Records
from guanai.storage.records.registers import Registers

__all__ = ["Duplicates", "Merge", "last_name"]

Record = Mapping[str, Any]

CHILD = "child"
#: The register of merges: it has no form, so that no page, frame or export shows it.
MERGES = "merge"


@dataclass(frozen=True)
class Merge:
    """Two dossiers merged into one: which is kept, which is deleted, who did it when, how many records were moved."""

    id: str
    kept: str
    other: str
    by: str
    at: str
    moved: int
    undone: bool


class Duplicates:
    """The dossiers of one school as far as two of them may be of one child."""

    def __init__(self, seen: PermittedRegisters, whole: Registers) -> None:
        self._seen = seen
        self._records = whole
        self._access = seen.access

    def like(self, record: Record) -> list[tuple[dict[str, Any], str]]:
        """Return the children who may be the same as this one, as records, each with why; the likeliest first.

        The reasons are those of `guanai.care.children.duplicates.REASONS`. Only among the dossiers that the person sees, by
        what they see of them: a warning says nothing that the list would not.
        """
        children = self._seen.documents(CHILD)
        by_id = {child["id"]: child for child in children}
        return [(by_id[key], why) for key, why in possible_duplicates(children, record)]

    def pairs(self) -> pd.DataFrame:
        """Return the pairs of dossiers that may be of one child: ``id``, ``name``, ``other``, ``other_name``, ``why``.

        The first of a pair is the one that was registered earlier. None for who may not look at duplicates.
        """
        seen_by = self._seen.documents(CHILD) if self._access.may_matter("duplicates", "see") else []
        children = sorted(seen_by, key=lambda child: str(child.get("created_at")))
        seen, rows = DuplicateIndex(), []
        names = {child["id"]: child.get("name") for child in children}
        for child in children:
            for earlier, why in seen.matches(child):
                rows.append((earlier, names[earlier], child["id"], child.get("name"), why))
            seen.add(child)
        return pd.DataFrame(rows, columns=["id", "name", "other", "other_name", "why"])

    # -- merging

    def merge(self, kept_id: str, other_id: str) -> Merge:
        """Merge two dossiers, all or nothing; `undo` separates them again.

        Raises GuanaiError where one of them is not there, or both are the same, AccessError for who may not merge.
        """
        records = self._records
        self._access.check_matter("duplicates")
        if kept_id == other_id:
            raise GuanaiError("merge.same")
        with records.transaction():
            kept, other = self._child(kept_id), self._child(other_id)
            touched = []
            answers = combine(_answers(kept), _answers(other))
            if answers != _answers(kept):
                touched.append(self._write(CHILD, kept, {**kept, **answers}))
            for form in records.forms():
                if form != CHILD:
                    touched += self._move(form, other_id, kept_id)
            records.table(CHILD).to_bin(other_id)
            signed = records.signature()
            note = {
                "id": str(uuid7()),
                "kept": kept_id,
                "other": other_id,
                "changes": touched,
                "revision": 1,
                "created_at": signed["updated_at"],
                "created_by": signed["updated_by"],
                **signed,
            }
            return _merge(records.table(MERGES).insert_once(note))

    def undo(self, merge_id: str) -> None:
        """Undo a merge: both dossiers are as before, and each record is again with the child it was about.

        What was changed since then stays changed. Raises GuanaiError where that merge is not there, or undone, or where
        the child that was kept was merged into another one since, AccessError for who may not merge.
        """
        records = self._records
        self._access.check_matter("duplicates")
        with records.transaction():
            note = records.record(MERGES, merge_id)
            if note is None or note.get("undone"):
                raise GuanaiError("merge.gone")
            later = next((merge for merge in self._merges(note["kept"]) if merge.other == note["kept"]), None)
            if later is not None and not later.undone:  # the records are with a third child by now
                raise GuanaiError("merge.later", kept=self.label(later.kept), other=self.label(later.other))
            for form, record_id, revision in note["changes"]:
                now = records.record(form, record_id)
                change = self._change(form, record_id, revision)
                if now is not None and change is not None:
                    before, after = _answers(change.before or {}), _answers(change.after or {})
                    system = {key: value for key, value in now.items() if key in SYSTEM_FIELDS}
                    self._write(form, now, {**revert_change(_answers(now), before, after), **system})
            records.restore(CHILD, note["other"])
            self._write(MERGES, note, {**note, "undone": "yes"})

    def merges(self, child_id: str | None = None) -> list[Merge]:
        """Return the merges of dossiers that the person sees, the latest first; those of one child with its id."""
        return [merge for merge in self._merges(child_id) if self._seen.record(CHILD, merge.kept) is not None]

    def _merges(self, child_id: str | None = None) -> list[Merge]:
        merges = [_merge(note) for note in self._records.table(MERGES).rows()]
        of_child = [merge for merge in merges if child_id in (None, merge.kept, merge.other)]
        return sorted(of_child, key=lambda merge: merge.at, reverse=True)

    def current_id(self, child_id: str) -> str:
        """Return the id of the dossier into which a child's dossier was merged; its own where it was not."""
        into = {merge.other: merge.kept for merge in self._merges() if not merge.undone}
        while child_id in into:
            child_id = into.pop(child_id)
        return child_id

    def history(self, child_id: str) -> list[Change]:
        """Return the changes of a child's dossier and of those merged into it, in the order they were made.

        None of a child that the person does not see.
        """
        ids, changes = [child_id], []
        merged = [merge for merge in self._merges() if not merge.undone]
        for key in ids:
            changes += self._seen.history_as(CHILD, key, child_id)
            ids += [merge.other for merge in merged if merge.kept == key and merge.other not in ids]
        return sorted(changes, key=lambda change: change.seq)

    def count(self, child_id: str) -> int:
        """Return how many records name a child, of all registers that the person sees."""
        registers = [form for form in self._seen.forms() if form != CHILD and self._access.may("see", form)]
        return sum(
            replace_reference(record, child_id, "") != record
            for form in registers
            for record in self._seen.documents(form)
        )

    def label(self, child_id: str) -> str:
        """Return the name of a child, also of one whose dossier is deleted; its id for who does not see it."""
        return last_name(self._seen, child_id)

    def _child(self, child_id: str) -> Record:
        child = self._records.record(CHILD, child_id)
        if child is None:
            raise GuanaiError("merge.no_child")
        return child

    def _move(self, form: str, old: str, new: str) -> list[list[Any]]:
        """Give the records of a register to another child; return what was changed."""
        changed = []
        for record in list(self._records.table(form).rows()):
            moved = replace_reference(record, old, new)
            if moved != record:
                changed.append(self._write(form, record, moved))
        return changed

    def _write(self, form: str, before: Record, after: Record) -> list[Any]:
        """Write a record without checking it by its form, signed; return form, id and revision."""
        revision = int(before.get("revision") or 0)
        signed = {**after, "revision": revision + 1, **self._records.signature()}
        self._records.table(form).replace(before["id"], signed, expected_revision=before.get("revision"))
        return [form, before["id"], revision + 1]

    def _change(self, form: str, record_id: str, revision: int) -> Change | None:
        changes = self._records.history(form, record_id)
        return next((change for change in changes if (change.after or {}).get("revision") == revision), None)


def last_name(records: Records, child_id: str) -> str:
    """Return the name that a dossier had last, also of a deleted one; its id where it never had one."""
    changes = records.history(CHILD, child_id)
    last = (changes[-1].after or changes[-1].before or {}) if changes else {}
    return str(last.get("name") or child_id)


def _answers(record: Record) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in SYSTEM_FIELDS}


def _merge(note: Record) -> Merge:
    return Merge(
        note["id"],
        note["kept"],
        note["other"],
        note["created_by"],
        note["created_at"],
        sum(form != CHILD for form, _, _ in note["changes"]),
        bool(note.get("undone")),
    )
