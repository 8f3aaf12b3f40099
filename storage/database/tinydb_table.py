"""TinyDB's table, row by row: the same answers, without reading or writing the whole table each time."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager
from typing import Any

from tinydb.queries import QueryLike
from tinydb.table import Document, Table

from guanai.storage.database import schemas
from guanai.storage.database.databases import Database
from guanai.storage.database.documents import Json, copy_document
from guanai.storage.database.query_pushdown import is_cacheable, push_down
from guanai.storage.database.table_changes import TableState
from guanai.storage.database.tinydb_storage import RecordStorage

__all__ = ["RowTable"]

# So many documents in memory are looked through in less time than it takes to ask the database.
_FEW = 2000


class RowTable(Table):
    """A TinyDB table of which a write touches only its own rows, and a read fetches only what changed.

    Documents come in the order of doc_id, whoever wrote them when.
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

    def search(self, cond: QueryLike) -> list[Document]:
        """Return the documents that a query matches, in the order of doc_id."""
        remembered = self._cached_answers() if is_cacheable(cond) else None
        known = None if remembered is None else remembered.get(cond)
        if known is None:
            known = [self.document_class(document, doc_id) for doc_id, document in self._matching(cond)]
            if remembered is not None:
                remembered[cond] = known
        return [self._document(document.doc_id, document) for document in known]

    def get(
        self, cond: QueryLike | None = None, doc_id: int | None = None, doc_ids: list[int] | None = None
    ) -> Any:
        """Return one document, by a query or its doc_id, or None; with ``doc_ids`` those that exist, as a list."""
        if doc_id is not None:
            found = self._text_of(doc_id)
            return None if found is None else self.document_class(json.loads(found), doc_id)
        if doc_ids is not None:
            texts = {key: self._text_of(key) for key in sorted(set(doc_ids))}
            return [
                self.document_class(json.loads(text), key) for key, text in texts.items() if text is not None
            ]
        if cond is not None:
            for key, document in self._matching(cond):
                return self._document(key, document)
            return None
        raise RuntimeError("You have to pass either cond or doc_id or doc_ids")

    def __len__(self) -> int:
        if self._database.is_cached(self.name):
            return len(self._documents())
        number = self._database.table_number(self.name)
        return 0 if number is None else self._database.run(schemas.COUNT_RECORDS, number=number)[0][0]

    def __iter__(self) -> Iterator[Document]:
        for doc_id, document in list(self._documents().items()):
            yield self._document(doc_id, document)

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
            found = push_down(cond, number, indexed)
            if found.indexed or (cold and found.selective):
                rows = self._database.run(found.statement, **found.values)
                return [(schemas.doc_id_of(key), json.loads(text)) for key, text in rows]
        return list(self._documents().items())

    def _matching(self, cond: QueryLike) -> Iterator[tuple[int, Json]]:
        """Give the documents for which a query holds, the first as soon as it is found."""
        return ((doc_id, document) for doc_id, document in self._candidates(cond) if cond(document))

    def _documents(self) -> dict[int, Json]:
        return self._database.rows(self.name).documents

    def _document(self, doc_id: int, document: Json) -> Document:
        return self.document_class(copy_document(document), doc_id)

    def _text_of(self, doc_id: int) -> str | None:
        key = str(doc_id)  # as TinyDB looks it up, so that any value may be asked for
        number = self._database.table_number(self.name)
        if number is None or not (key.isascii() and key.isdecimal() and int(key) <= schemas.MAX_DOC_ID):
            return None
        found = self._database.run(schemas.ONE_RECORD, record_key=schemas.record_key(number, int(key)))
        return found[0][0] if found else None

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

    # --- writing ---

    def insert(self, document: Mapping[str, Any]) -> int:
        """Keep a new document and return its doc_id."""
        with self._database.transaction():
            return super().insert(document)

    def insert_multiple(self, documents: Iterable[Mapping[str, Any]]) -> list[int]:
        """Keep several new documents, all or none, and return their doc_ids."""
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
        """Change the matching documents, or keep a new one where there is none."""
        if cond is None:
            with self._database.transaction():
                return super().upsert(document)
        with self._changing(cond):
            return super().upsert(document, cond)

    def truncate(self) -> None:
        """Remove all documents, and count doc_ids from 1 again; the history keeps them."""
        with self._database.transaction():
            super().truncate()
            self._database.run(schemas.SET_NEXT_ID, of=self._database.table_number(self.name), next_id=1)
            self._database.table_states.clear()

    def _changing(self, cond: QueryLike) -> AbstractContextManager[None]:
        """Begin a change, having read what it will look at: others need not wait for a first load."""
        self._candidates(cond)
        return self._database.transaction()

    def _doc_ids(self, cond: QueryLike) -> list[int]:
        return [doc_id for doc_id, _ in self._matching(cond)]

    def _update_table(self, updater: Callable[[Any], None]) -> None:
        self._storage.change(self.name, updater)
        self.clear_cache()

    def _get_next_id(self) -> int:
        """Return a doc_id above every one that is used, was removed or has been given out here."""
        free = self._next_id or 1
        number = self._database.table_number(self.name)
        if number is not None:
            free = max(free, TableState.read(self._database, number).free)
        self._next_id = free + 1
        return free
