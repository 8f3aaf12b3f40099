"""What a write makes of one table: the rows that differ afterwards, each with its entry in the history.

TinyDB describes every write as a function that changes a whole table's dict. `change_table` hands it a `TableChanges`,
which is such a dict over the database: it reads a row when the function asks for it, and afterwards only the rows that
differ are written.
"""

import json
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any, NamedTuple

from guanai.storage.database import schemas
from guanai.storage.database.databases import Database
from guanai.storage.database.documents import Json, is_plain, record_id_of, to_json
from guanai.storage.database.history import Kind

__all__ = ["TableChanges", "change_table"]


def change_table(
    database: Database,
    name: str,
    updater: Callable[["TableChanges"], object],
    *,
    author: str,
    at: str,
    kind: Kind | None = None,
    token: str | None = None,
    prior: int | None = None,
) -> None:
    """Apply a function to a table's documents, and write what it changed with its history, all or nothing.

    ``kind`` names the change (else it is insert, update or delete) and ``prior`` the change that it follows,
    where a restored record goes on from its deletion; ``token`` marks a change that must not be made twice.
    """
    with database.transaction():
        changes = TableChanges(database, name)
        updater(changes)
        changes.write(author=author, at=at, kind=kind, token=token, prior=prior)


class _StoredRow(NamedTuple):
    text: str
    seq: int  # the row's last change


class TableChanges(MutableMapping[int, Json]):
    """A table's documents by doc_id within a transaction; `write` stores what was changed."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name
        self._number = database.add_table(name)
        self._state = database.table_state(self._number)
        self._before: dict[int, _StoredRow | None] = {}  # each row that was looked at; None: there is none
        self._after: dict[int, Json | None] = {}  # what was taken from it or put there; None: removed
        self._complete = False  # every row has been looked at

    def _stored(self, doc_id: int) -> _StoredRow | None:
        if doc_id not in self._before:
            self._before[doc_id] = None
            if not self._complete and 0 <= doc_id <= self._state.max_doc_id:
                key = schemas.record_key(self._number, doc_id)
                for row in self._database.run(schemas.ONE_RECORD, record_key=key):
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

    def write(self, *, author: str, at: str, kind: Kind | None, token: str | None, prior: int | None) -> None:
        """Write the rows that differ from what was read, and the history of each (see `change_table`)."""
        inserted: list[dict[str, Any]] = []
        updated: list[dict[str, Any]] = []
        deleted: list[dict[str, Any]] = []
        history: list[dict[str, Any]] = []
        for doc_id, document in self._after.items():
            before = self._before[doc_id]
            after = None if document is None else to_json(document)
            if after == (before.text if before else None):
                continue
            change = {
                "seq": self._state.last_seq + len(history) + 1,
                "prior": before.seq if before else prior,
                "at": at,
                "author": author,
                "table_name": self._name,
                "doc_id": doc_id,
                "record_id": _record_id(document, before),
                "kind": kind or ("insert" if before is None else "delete" if after is None else "update"),
                "before": before.text if before else None,
                "after": after,
                "token": token,
            }
            key = schemas.record_key(self._number, doc_id)
            record = {
                "record_key": key,  # of a new row and of a deleted one
                "key": key,  # of a changed one
                "number": self._number,
                "record_id": change["record_id"],
                "seq": change["seq"],
                "plain": after is not None and is_plain(after),
                "document": after,
            }
            history.append(change)
            (deleted if after is None else inserted if before is None else updated).append(record)
        for statement, rows in (
            (schemas.INSERT_RECORD, inserted),
            (schemas.UPDATE_RECORD, updated),
            (schemas.DELETE_RECORD, deleted),
            (schemas.INSERT_CHANGE, history),
        ):
            if rows:
                self._database.write(statement, rows)
        # The doc_id of a removed document is never another's.
        last_deleted = max((schemas.doc_id_of(record["record_key"]) for record in deleted), default=0)
        if self._state.next_id <= last_deleted:
            self._database.set_next_id(self._number, last_deleted + 1)
        if not self._state.listed:
            self._database.set_listed(self._number, True)


def _record_id(document: Json | None, before: _StoredRow | None) -> str | None:
    """Return the id of the record as it will be, or as it was before it was deleted."""
    if document is None and before:
        document = json.loads(before.text)
    return record_id_of(document or {})
