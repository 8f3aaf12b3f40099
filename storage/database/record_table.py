"""The upper layer: a table of records, as TinyDB's users know a table, and what a record needs beyond that.

The way of one save, from the table to the row:

1. `RecordTable.insert_once` (or ``replace``, ``insert``, ``update`` …) begins a transaction of the `Database`, checks that
   nobody has saved the record since it was read, and gives the new documents.
2. `guanai.storage.database.table_changes.change_table` compares them with the rows as they are, and makes of each that
   differs a row and an entry in the history.
3. `guanai.storage.database.databases.Database.write` runs a statement for all of them at once; when the outermost transaction
   ends, all of it is committed.
4. `guanai.storage.database.driver.Driver` has the SQL written by SQLAlchemy (`guanai.storage.database.schemas`) and run by SQLite.

A read goes the other way: `Database.rows` holds what this process has read, and fetches what has changed since.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager
from typing import Any

from tinydb.queries import QueryLike
from tinydb.table import Document, Table

from guanai.care.errors import ConflictError, StorageError
from guanai.storage.database import history, schemas
from guanai.storage.database.databases import Database
from guanai.storage.database.documents import Json, copy_document
from guanai.storage.database.history import Change
from guanai.storage.database.query_pushdown import is_cacheable, push_down
from guanai.storage.database.record_storage import RecordStorage
from guanai.storage.database.table_changes import change_table
from guanai.templates.wording import say

__all__ = ["RecordTable"]

Key = int | str

# Up to so many documents in memory Python looks through them all. An index finds one value in 0.1 ms, Python in 0.3 ms
# among 1,000 documents and 0.6 ms among 2,000; but SQLAlchemy takes 1 ms to write the SQL of any longer query.
_FEW = 2000


class RecordTable(Table):
    """A register: a TinyDB table whose documents are records with an ``id`` of their own, in the order of doc_id.

    A write touches only its own rows, and a read fetches only what changed. Where a method takes a key, text is a
    record's ``id`` and a number is TinyDB's doc_id.
    """

    _storage: RecordStorage
    _next_id: int | None  # type: ignore[assignment]  # the lowest doc_id that was not given out here
    _answered_at = 0  # the database's sequence when TinyDB's cache of answered queries was last right

    @property
    def _database(self) -> Database:
        return self._storage.database

    # --- reading ---

    def rows(self) -> list[Json]:
        """Return all documents by doc_id, shared with other readers: do not change them."""
        return list(self._documents().values())

    @property
    def version(self) -> int:
        """The number of the last change that touched this table: equal numbers mean equal documents."""
        return self._database.rows(self.name).version

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
        record: Document | None = self.by_id(key) if isinstance(key, str) else self.get(doc_id=key)
        return record

    def search(self, cond: QueryLike) -> list[Document]:
        """Return the documents that a query matches, in the order of doc_id."""
        cache = self._cached_answers() if is_cacheable(cond) else None
        matches = None if cache is None else cache.get(cond)
        if matches is None:
            matches = [self.document_class(document, doc_id) for doc_id, document in self._matching(cond)]
            if cache is not None:
                cache[cond] = matches
        return [self._copied(document.doc_id, document) for document in matches]

    def get(
        self, cond: QueryLike | None = None, doc_id: int | None = None, doc_ids: list[int] | None = None
    ) -> Any:
        """Return one document, by a query or its doc_id, or None; with ``doc_ids`` those that exist, as a list."""
        if doc_id is not None:
            return self._stored(doc_id)
        if doc_ids is not None:
            stored = (self._stored(key) for key in sorted(set(doc_ids)))
            return [document for document in stored if document is not None]
        if cond is not None:
            for key, document in self._matching(cond):
                return self._copied(key, document)
            return None
        raise RuntimeError("You have to pass either cond or doc_id or doc_ids")

    def __len__(self) -> int:
        if self._database.is_cached(self.name):
            return len(self._documents())
        number = self._database.table_number(self.name)
        return 0 if number is None else self._database.run(schemas.COUNT_RECORDS, number=number)[0][0]

    def __iter__(self) -> Iterator[Document]:
        for doc_id, document in list(self._documents().items()):
            yield self._copied(doc_id, document)

    def _candidates(self, cond: QueryLike) -> Iterable[tuple[int, Json]]:
        """Return documents among which are all that a query matches, from the database or from memory.

        The database is asked where an index leads to them, or where the table has not been read yet and much
        of it can be left out; otherwise Python is quicker, as the documents are at hand.
        """
        number = self._database.table_number(self.name)
        if number is None:
            return []
        indexed = self._database.indexed(number)
        cold = not self._database.is_cached(self.name)
        if cold or (indexed and len(self._documents()) > _FEW):
            query = push_down(cond, number, indexed)
            if query.indexed or (cold and query.selective):
                rows = self._database.run(query.statement, **query.values)
                return [(schemas.doc_id_of(key), json.loads(text)) for key, text in rows]
        return list(self._documents().items())

    def _matching(self, cond: QueryLike) -> Iterator[tuple[int, Json]]:
        """Give the documents for which a query holds, the first as soon as it is found."""
        return ((doc_id, document) for doc_id, document in self._candidates(cond) if cond(document))

    def _documents(self) -> dict[int, Json]:
        return self._database.rows(self.name).documents

    def _copied(self, doc_id: int, document: Json) -> Document:
        return self.document_class(copy_document(document), doc_id)

    def _stored(self, doc_id: int) -> Document | None:
        """Return the document of that doc_id from the database, or None."""
        number = self._database.table_number(self.name)
        text = str(doc_id)  # as TinyDB looks it up, so that any value may be asked for
        if number is None or not (text.isascii() and text.isdecimal() and int(text) <= schemas.MAX_DOC_ID):
            return None
        rows = self._database.run(schemas.ONE_RECORD, record_key=schemas.record_key(number, int(text)))
        return self.document_class(json.loads(rows[0][0]), doc_id) if rows else None

    def _cached_answers(self) -> Any:
        """Return TinyDB's cache of answered queries, emptied if anything was written since; None within a change."""
        if self._database.in_transaction:
            return None
        sequence = self._database.sequence()
        if sequence != self._answered_at:
            self.clear_cache()
            self._answered_at = sequence
        return self._query_cache

    def _read_table(self) -> dict[str, Mapping[str, Any]]:
        return {str(doc_id): document for doc_id, document in self._documents().items()}

    # --- writing records ---

    def insert_once(self, document: Mapping[str, Any], token: str | None = None) -> Document:
        """Store a new record and return it as stored.

        A token names one save: the same token sent twice is stored once, and the second call returns what the
        first one stored.
        """
        with self._database.transaction():
            saved = self._saved_under(token)
            return self._write(self._get_next_id(), document, token=token) if saved is None else saved

    def replace(
        self, key: Key, document: Mapping[str, Any], expected_revision: int | None, token: str | None = None
    ) -> Document:
        """Put a new version in the place of a record, if nobody has saved it since; return it as stored.

        ``expected_revision`` is the ``revision`` of the version that was changed. Raises ConflictError with both
        versions where the record now has another one or is deleted, and StorageError where there never was
        such a record.
        """
        with self._database.transaction():
            saved = self._saved_under(token)
            if saved is not None:
                return saved
            stored = self.record(key)
            if stored is None:
                raise self._missing_error(key, document)
            self._check_revision(stored, document, expected_revision)
            return self._write(stored.doc_id, document, token=token)

    def to_bin(self, key: Key, expected_revision: int | None = None) -> Document:
        """Delete a record, from which it can be restored; return it as it was.

        Raises ConflictError where ``expected_revision`` is given and the record has another one by now.
        """
        with self._database.transaction():
            stored = self.record(key)
            if stored is None:
                raise StorageError("storage.no_record", record=key)
            if expected_revision is not None:
                self._check_revision(stored, {}, expected_revision)
            self.remove(doc_ids=[stored.doc_id])
            return stored

    def bin(self) -> list[Change]:
        """Return the deletions that have not been undone, the latest first; ``before`` is the record."""
        return history.bin_of(self._database, self.name)

    def restore(self, key: Key) -> Document:
        """Restore a deleted record, as it was when it was deleted."""
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
        self._change(lambda changes: changes.update({doc_id: dict(document)}), **about)
        return Document(document, doc_id)

    def _saved_under(self, token: str | None) -> Document | None:
        """Return the record that was stored with this token, as it is now."""
        if token is None:
            return None
        for doc_id, after in self._database.run(schemas.FIND_TOKEN, table_name=self.name, token=token):
            stored = self.record(doc_id)
            return Document(json.loads(after), doc_id) if stored is None else stored
        return None

    def _check_revision(self, stored: Document, record: Mapping[str, Any], expected: int | None) -> None:
        if stored.get("revision") != expected:
            by = stored.get("updated_by") or say("storage.somebody")
            raise ConflictError("storage.conflict", record, stored, by=by)

    def _missing_error(self, key: Key, record: Mapping[str, Any]) -> ConflictError | StorageError:
        """Return the error for a record that is not there (any more)."""
        changes = self.history(key)
        if not changes:
            return StorageError("storage.no_record", record=key)
        by = changes[-1].by or say("storage.somebody")
        return ConflictError("storage.conflict.deleted", record, changes[-1].before or {}, by=by)

    # --- writing as TinyDB does ---

    def insert(self, document: Mapping[str, Any]) -> int:
        """Store a new document and return its doc_id."""
        with self._database.transaction():
            return super().insert(document)

    def insert_multiple(self, documents: Iterable[Mapping[str, Any]]) -> list[int]:
        """Store several new documents, all or none, and return their doc_ids."""
        prepared = list(documents)  # a slow generator must not hold up other people's saves
        return super().insert_multiple(prepared)

    def update(
        self,
        fields: Mapping[str, Any] | Callable[[MutableMapping[str, Any]], None],
        cond: QueryLike | None = None,
        doc_ids: Iterable[int] | None = None,
    ) -> list[int]:
        """Change the documents that a query matches (or all), and return their doc_ids."""
        if cond is None or doc_ids is not None:
            return super().update(fields, cond, doc_ids)
        with self._changing(cond):
            return super().update(fields, doc_ids=self._doc_ids(cond))

    def remove(self, cond: QueryLike | None = None, doc_ids: Iterable[int] | None = None) -> list[int]:
        """Remove the documents that a query matches, and return their doc_ids; the history keeps them."""
        if cond is None or doc_ids is not None:
            return super().remove(cond, doc_ids)
        with self._changing(cond):
            return super().remove(doc_ids=self._doc_ids(cond))

    def upsert(self, document: Mapping[str, Any], cond: QueryLike | None = None) -> list[int]:
        """Change the matching documents, or store a new one where there is none."""
        with self._database.transaction() if cond is None else self._changing(cond):
            return super().upsert(document, cond)

    def truncate(self) -> None:
        """Remove all documents, and count doc_ids from 1 again; the history keeps them."""
        with self._database.transaction():
            super().truncate()
            self._database.set_next_id(self._database.add_table(self.name), 1)

    def _changing(self, cond: QueryLike) -> AbstractContextManager[None]:
        """Begin a change, having read what it will look at: others need not wait for a first load."""
        self._candidates(cond)
        return self._database.transaction()

    def _doc_ids(self, cond: QueryLike) -> list[int]:
        return [doc_id for doc_id, _ in self._matching(cond)]

    def _update_table(self, updater: Callable[[Any], None]) -> None:
        self._change(updater)

    def _change(self, updater: Callable[[Any], object], **about: Any) -> None:
        storage = self._storage
        change_table(self._database, self.name, updater, author=storage.author, at=storage.clock(), **about)
        self.clear_cache()

    def _get_next_id(self) -> int:
        """Return a doc_id above every one that is used, was removed or has been given out here."""
        free = self._next_id or 1
        number = self._database.table_number(self.name)
        if number is not None:
            free = max(free, self._database.table_state(number).free_doc_id)
        self._next_id = free + 1
        return free
