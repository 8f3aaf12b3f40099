"""One table as a TinyDB update sees it: a dict of documents, of which only the changed rows are written.

TinyDB describes each write as a function that changes a whole table's dict. A `TableChanges` is such a dict over the
database: it reads a row when the function asks for it, and afterwards writes the rows that differ, each with its
entry in the history.
"""

import json
from collections.abc import Iterator, MutableMapping
from typing import Any, NamedTuple

from guanai.storage.database import schemas
from guanai.storage.database.databases import Database
from guanai.storage.database.documents import Json, is_plain, record_id_of, to_json
from guanai.storage.database.history import Kind

__all__ = ["TableChanges", "TableState"]


class TableState(NamedTuple):
    """What a write must know about its table first."""

    next_id: int
    listed: bool
    top: int  # the greatest doc_id in use
    seq: int  # the newest change in the whole database

    @classmethod
    def read(cls, database: Database, number: int) -> "TableState":
        """Ask the database in one question, once within a transaction."""
        known = database.table_states.get(number)
        if known is None:
            row = database.run(schemas.TABLE_STATE, number=number, **schemas.key_range(number))[0]
            next_id, listed, last, seq = row
            known = cls(next_id, listed, 0 if last is None else schemas.doc_id_of(last), seq or 0)
            if database.in_transaction:
                database.table_states[number] = known
        return known

    @property
    def free(self) -> int:
        """A doc_id that no document has or had."""
        return max(self.next_id, self.top + 1)


class _StoredRow(NamedTuple):
    text: str
    seq: int


class TableChanges(MutableMapping[int, Json]):
    """A table's documents by doc_id within a transaction; `write` keeps what was changed."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name
        self._number = database.table_number(name) or database.add_table(name)
        self._state = TableState.read(database, self._number)
        self._before: dict[int, _StoredRow | None] = {}  # each row that was looked at; None: there is none
        self._after: dict[int, Json | None] = {}  # what was taken from it or put there; None: removed
        self._complete = False

    def _stored(self, doc_id: int) -> _StoredRow | None:
        if doc_id not in self._before:
            self._before[doc_id] = None
            if not self._complete and 0 <= doc_id <= self._state.top:
                for row in self._database.run(
                    schemas.ONE_RECORD, record_key=schemas.record_key(self._number, doc_id)
                ):
                    self._before[doc_id] = _StoredRow(*row)
        return self._before[doc_id]

    def _read_all(self) -> None:
        if not self._complete:
            for key, text, seq in self._database.run(schemas.ALL_RECORDS, **schemas.key_range(self._number)):
                self._before.setdefault(schemas.doc_id_of(key), _StoredRow(text, seq))
            self._complete = True

    def __contains__(self, doc_id: object) -> bool:
        if not isinstance(doc_id, int):
            return False
        return (self._after[doc_id] if doc_id in self._after else self._stored(doc_id)) is not None

    def __getitem__(self, doc_id: int) -> Json:
        if doc_id not in self:
            raise KeyError(doc_id)
        if doc_id not in self._after:
            stored = self._stored(doc_id)
            self._after[doc_id] = json.loads(stored.text) if stored else None
        return self._after[doc_id]  # type: ignore[return-value]

    def __setitem__(self, doc_id: int, document: Json) -> None:
        if not 0 <= doc_id <= schemas.MAX_DOC_ID:
            raise ValueError(f"A doc_id is a number from 0 to {schemas.MAX_DOC_ID}, not {doc_id}")
        self._stored(doc_id)
        self._after[doc_id] = document

    def __delitem__(self, doc_id: int) -> None:
        if doc_id not in self:
            raise KeyError(doc_id)
        self._after[doc_id] = None

    def __iter__(self) -> Iterator[int]:
        self._read_all()
        return (doc_id for doc_id in sorted({*self._before, *self._after}) if doc_id in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def clear(self) -> None:
        """Remove every document."""
        self._after.update(dict.fromkeys(list(self)))

    def write(
        self,
        *,
        author: str,
        at: str,
        kind: Kind | None = None,
        token: str | None = None,
        prior: int | None = None,
    ) -> None:
        """Write the rows that differ from what was read, and the history of each, in one go.

        ``kind`` names the change (else it is insert, update or delete) and ``prior`` the change that it follows,
        where a restored record goes on from its deletion; ``token`` marks a change that must not be made twice.
        """
        changes: list[dict[str, Any]] = []
        for doc_id, document in self._after.items():
            before = self._before[doc_id]
            after = None if document is None else to_json(document)
            if after == (before.text if before else None):
                continue
            record_key = schemas.record_key(self._number, doc_id)
            changes.append(
                {
                    # of the change
                    "seq": self._state.seq + len(changes) + 1,
                    "prior": before.seq if before else prior,
                    "at": at,
                    "author": author,
                    "table_name": self._name,
                    "doc_id": doc_id,
                    "kind": kind or ("insert" if before is None else "delete" if after is None else "update"),
                    "before": before.text if before else None,
                    "after": after,
                    "token": token,
                    # of the row as it will be
                    "record_key": record_key,
                    "of": record_key,
                    "number": self._number,
                    "plain": after is not None and is_plain(after),
                    "document": after,
                    # of both
                    "record_id": record_id_of(
                        json.loads(before.text) if document is None and before else document or {}
                    ),
                }
            )
        added = [change for change in changes if change["before"] is None]
        changed = [
            change for change in changes if change["before"] is not None and change["after"] is not None
        ]
        removed = [change for change in changes if change["after"] is None]
        for statement, rows in (
            (schemas.INSERT_RECORD, added),
            (schemas.UPDATE_RECORD, changed),
            (schemas.DELETE_RECORD, removed),
            (schemas.INSERT_CHANGE, changes),
        ):
            if rows:
                self._database.run_many(statement, rows)
        self._tidy(max((change["doc_id"] for change in removed), default=0))

    def _tidy(self, top_removed: int) -> None:
        """See that the doc_id of a removed document is never another's, and that the table is listed."""
        self._database.table_states.clear()  # the newest change is another one now, for every table
        if self._state.next_id <= top_removed:
            self._database.run(schemas.SET_NEXT_ID, of=self._number, next_id=top_removed + 1)
        if not self._state.listed:
            self._database.run(schemas.SET_LISTED, of=self._number, listed=True)
