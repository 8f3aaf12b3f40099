"""Registers of records: TinyDB's interface, and what a record needs beyond it.

A `RecordDB` is one person's hand on a `Database`: what is written through it carries that person's name.

>>> from tinydb import where
>>> from guanai.storage.database.databases import Database
>>> db = RecordDB(Database.open(None), author="Li")
>>> db.table("home_visit").insert({"mode": "door", "problems": ["study"]})
1
>>> db.table("home_visit").search(where("mode") == "door")
[{'mode': 'door', 'problems': ['study']}]
"""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from tinydb import TinyDB
from tinydb.table import Document

from guanai.care.errors import ConflictError, StorageError
from guanai.storage.database import history, schemas
from guanai.storage.database.databases import Database
from guanai.storage.database.history import Change
from guanai.storage.database.tinydb_storage import Clock, RecordStorage, utc_now
from guanai.storage.database.tinydb_table import RowTable
from guanai.templates.wording import say

__all__ = ["RecordDB", "RecordTable"]

Key = int | str


class RecordTable(RowTable):
    """A register: a TinyDB table whose documents are records with an ``id`` of their own.

    Where a method takes a key, text is a record's ``id`` and a number is TinyDB's doc_id.
    """

    def by_id(self, record_id: str) -> Document | None:
        """Return the record of that ``id``, or None."""
        number = self._database.table_number(self.name)
        if number is None:
            return None
        for key, text in self._database.run(schemas.FIND_RECORD, number=number, record_id=record_id):
            return Document(json.loads(text), schemas.doc_id_of(key))
        return None

    def record(self, key: Key) -> Document | None:
        """Return the record of that ``id`` or doc_id, or None."""
        found: Document | None = self.by_id(key) if isinstance(key, str) else self.get(doc_id=key)
        return found

    def insert_once(self, document: Mapping[str, Any], token: str | None = None) -> Document:
        """Keep a new record and return it as kept.

        A token names one save: the same token sent twice is kept once, and the second call returns what the
        first one kept.
        """
        with self._database.transaction():
            saved = self._saved_under(token)
            return self._write(self._get_next_id(), document, token=token) if saved is None else saved

    def replace(
        self, key: Key, document: Mapping[str, Any], expected_revision: int | None, token: str | None = None
    ) -> Document:
        """Put a new version in the place of a record, if nobody has saved it since; return it as kept.

        ``expected_revision`` is the ``revision`` of the version that was changed. Raises ConflictError with both
        versions where the record now has another one or lies in the bin, and StorageError where there never was
        such a record.
        """
        with self._database.transaction():
            repeated = self._saved_under(token)
            if repeated is not None:
                return repeated
            kept = self.record(key)
            if kept is None:
                raise self._missing_error(key, document)
            self._check(kept, document, expected_revision)
            return self._write(kept.doc_id, document, token=token)

    def to_bin(self, key: Key, expected_revision: int | None = None) -> Document:
        """Delete a record, from which it can be restored; return it as it was.

        Raises ConflictError where ``expected_revision`` is given and the record has another one by now.
        """
        with self._database.transaction():
            kept = self.record(key)
            if kept is None:
                raise StorageError("storage.no_record", record=key)
            if expected_revision is not None:
                self._check(kept, {}, expected_revision)
            self.remove(doc_ids=[kept.doc_id])
            return kept

    def bin(self) -> list[Change]:
        """Return the deletions that have not been taken back, the latest first; ``before`` is the record."""
        return history.bin_of(self._database, self.name)

    def restore(self, key: Key) -> Document:
        """Take a record out of the bin, as it was when it was deleted."""
        with self._database.transaction():
            for change in self.bin():
                if key not in (change.record_id, change.doc_id) or change.before is None:
                    continue
                if change.record_id is not None and self.by_id(change.record_id) is not None:
                    break  # it came back another way, by an import for example
                # An emptied table counts from 1 again, so another may have this doc_id by now.
                taken = self.get(doc_id=change.doc_id) is not None
                doc_id = self._get_next_id() if taken else change.doc_id
                return self._write(doc_id, change.before, kind="restore", prior=change.seq)
        raise StorageError("storage.not_in_bin", record=key)

    def history(self, key: Key) -> list[Change]:
        """Return every change of a record, the earliest first; that of a deleted one too."""
        return history.history_of(self._database, self.name, key)

    def ensure_index(self, field: str) -> None:
        """Keep an index of one field's values, so that a search for one of them is fast in a large register."""
        self._database.ensure_index(self.name, field)

    def _write(self, doc_id: int, document: Mapping[str, Any], **about: Any) -> Document:
        self._storage.change(self.name, lambda draft: draft.update({doc_id: dict(document)}), **about)
        self.clear_cache()
        return Document(document, doc_id)

    def _saved_under(self, token: str | None) -> Document | None:
        """Return the record that was kept with this token, as it is now."""
        if token is None:
            return None
        for doc_id, after in self._database.run(schemas.FIND_TOKEN, table_name=self.name, token=token):
            kept = self.record(doc_id)
            return Document(json.loads(after), doc_id) if kept is None else kept
        return None

    def _check(self, kept: Document, mine: Mapping[str, Any], expected: int | None) -> None:
        if kept.get("revision") != expected:
            by = kept.get("updated_by") or say("storage.somebody")
            raise ConflictError("storage.conflict", mine, kept, by=by)

    def _missing_error(self, key: Key, mine: Mapping[str, Any]) -> ConflictError | StorageError:
        """Return the error for a record that is not there (any more)."""
        changes = self.history(key)
        if not changes:
            return StorageError("storage.no_record", record=key)
        by = changes[-1].by or say("storage.somebody")
        return ConflictError("storage.conflict.deleted", mine, changes[-1].before or {}, by=by)


class RecordDB(TinyDB):
    """A TinyDB database whose tables are registers; what it writes carries its author and the clock's time."""

    table_class = RecordTable
    default_storage_class = RecordStorage  # type: ignore[assignment]

    def __init__(self, database: Database, *, author: str = "", clock: Clock = utc_now) -> None:
        super().__init__(database, author=author, clock=clock)

    @property
    def database(self) -> Database:
        """The database that the registers are kept in."""
        return self.storage.database

    @property
    def author(self) -> str:
        """Whose name the changes carry."""
        return self.storage.author

    @author.setter
    def author(self, name: str) -> None:
        self.storage.author = name

    def clock(self) -> str:
        """Return the time now as it is stored with a change: ISO 8601, UTC."""
        return self.storage.clock()

    def as_author(self, name: str) -> "RecordDB":
        """Return another person's hand on the same database."""
        return RecordDB(self.database, author=name, clock=self.storage.clock)

    def transaction(self) -> AbstractContextManager[None]:
        """Make every change within the block one change: all of it is kept, or nothing."""
        return self.database.transaction()

    def tables(self) -> set[str]:
        """Return the names of all tables."""
        return {name for (name,) in self.database.run(schemas.TABLE_NAMES)}

    def drop_table(self, name: str) -> None:
        """Remove a table with its documents; the history keeps them."""
        self._tables.pop(name, None)
        self.storage.drop(name)

    @property
    def storage(self) -> RecordStorage:
        """One author's hand on the database."""
        return self._storage  # type: ignore[return-value]
