"""The forms and records of a school, whole: read, and saved by their form in the name of one person.

Nothing here asks what that person may do: a page has `guanai.storage.records.permitted_registers` over it.
"""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from uuid_utils import uuid7

from guanai.care.errors import GuanaiError, RecordError
from guanai.storage.forms import SYSTEM_FIELDS
from guanai.storage.records.entity_updates import apply_entity_changes
from guanai.storage.records.records import Record, SaveCheck
from guanai.storage.records.stored_registers import StoredRegisters

__all__ = ["Registers"]


class Registers(StoredRegisters):
    """Every form of a school with all its records: what is saved carries the name of one person."""

    def save(
        self,
        form: str,
        record: Mapping[str, Any],
        token: str | None = None,
        key: str = "",
        *,
        check: SaveCheck | None = None,
        entity: bool = False,
    ) -> Record:
        """Check a record by its form and save it; return it as saved.

        A record with an ``id`` replaces the one saved under it, any other is new (``key`` is its id). The same
        ``token`` sent twice is saved once, with what was changed before the second time, and the draft saved
        under it is deleted. A record with a token has been filled in in its form already, so that a default which was
        cleared there stays empty. What the form's sheet ``entities`` says is changed in other registers in the
        same step. Raises RecordError with the form's message for each field, ConflictError with both versions when
        somebody else has saved the record since it was read. ``check`` is asked about every record that is changed
        (``entity``: another register's, by what the form says); what it raises undoes all of it.
        """
        record = self.with_current_names(form, record)
        session = self.session(form, record, defaults=False if token else None)
        problems = session.check()
        if problems:
            fields = {problem.path: problem.message for problem in problems}
            first = f"{problems[0].label}: {problems[0].message}"
            raise RecordError("school.refused", fields, count=len(problems), first=first)
        answers = {key: value for key, value in session.record().items() if key not in SYSTEM_FIELDS}
        restricted = self.is_restricted(form)
        with self._change_of(form):
            if not restricted:
                self.drafts(form).discard(token)
            before = self.record(form, str(record["id"])) if record.get("id") else None
            saved = self._insert_or_replace(form, answers, record, token, key)
            if check:
                check(form, before, saved, entity=entity)
            apply_entity_changes(self, session, saved, before, check)
        if restricted:  # the vault is no part of the transaction: what was typed stays until it is saved
            self.drafts(form).discard(token)
        return saved

    def amend(
        self, form: str, record_id: str, answers: Mapping[str, Any], *, check: SaveCheck | None = None
    ) -> Record:
        """Change some answers of a record without checking it by its form: for changes that must never be refused.

        Raises GuanaiError for a record that is gone. ``check`` as in `save`.
        """
        with self._change_of(form):
            stored = self.record(form, record_id)
            if stored is None:
                raise GuanaiError("school.no_record", id=record_id, form=form)
            whole = {name: value for name, value in stored.items() if name not in SYSTEM_FIELDS} | dict(
                answers
            )
            saved = self._replace(form, whole, {"id": record_id}, None)
            if check:
                check(form, stored, saved, entity=False)
            return saved

    def _change_of(self, form: str) -> AbstractContextManager[None]:
        """Return in what a record is changed: one of the vault by itself, as nothing else changes with it."""
        return nullcontext() if self.is_restricted(form) else self.transaction()

    def _insert_or_replace(
        self, form: str, answers: Record, record: Mapping[str, Any], token: str | None, key: str
    ) -> Record:
        if record.get("id"):
            return self._replace(form, answers, record, token)
        self.check_open(form)
        stamped = self._stamped(form, answers)
        stamped["id"] = key or stamped["id"]
        saved = dict(self.table(form).insert_once(stamped, token))
        if any(saved.get(name) != stamped.get(name) for name in {*saved, *answers} - {*SYSTEM_FIELDS}):
            # Saved before, but the answer did not reach the person, who typed on and sent it again.
            return self._replace(form, answers, {"id": saved["id"], "revision": 1}, None)
        return saved

    def _stamped(self, form: str, answers: Record, at: str | None = None) -> Record:
        """Return a new record: its id, form, version, who and when, then its answers."""
        signed = self.signature(at)
        return {
            "id": str(uuid7()),
            **answers,
            "form": form,
            "version": self.form(form).version,
            "revision": 1,
            "created_at": signed["updated_at"],
            "created_by": signed["updated_by"],
            **signed,
        }

    def _replace(self, form: str, answers: Record, record: Mapping[str, Any], token: str | None) -> Record:
        record_id = str(record["id"])
        stored = self.table(form).by_id(record_id)
        if stored is None:
            raise GuanaiError("school.no_record", id=record_id, form=form)
        expected = int(record.get("revision") or stored["revision"])
        changed = {
            **answers,
            **{name: stored[name] for name in SYSTEM_FIELDS if name in stored},
            "version": self.form(form).version,
            "revision": expected + 1,
            **self.signature(),
        }
        return dict(self.table(form).replace(record_id, changed, expected, token))

    def insert_many(
        self,
        form: str,
        records: Iterable[Mapping[str, Any]],
        *,
        at: str | None = None,
        follows: bool = True,
        check: SaveCheck | None = None,
    ) -> int:
        """Insert many records that have been checked already, all or none; return how many.

        With ``follows`` what the form's sheet ``entities`` says is changed in other registers in the same step. ``check``
        as in `save`.
        """
        sample = self._stamped(form, {}, at)
        stamped = [sample | {"id": str(uuid7())} | dict(record) for record in records]
        with self._change_of(form):
            self.table(form).insert_multiple(stamped)
            if check:
                for record in stamped:
                    check(form, None, record, entity=False)
            for record in stamped if follows and self.form(form).entities else ():
                apply_entity_changes(self, self.session(form, record), record, None, check)
        return len(stamped)

    def delete(self, form: str, record_id: str) -> None:
        """Delete a record, so that it can be restored."""
        self.table(form).to_bin(record_id)

    def restore(self, form: str, record_id: str) -> Record:
        """Restore a deleted record."""
        return dict(self.table(form).restore(record_id))
