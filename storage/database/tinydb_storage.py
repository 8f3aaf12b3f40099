"""TinyDB's storage over the database: one author's hand on it, which knows the time."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from tinydb import Storage

from guanai.storage.database import schemas
from guanai.storage.database.databases import Database
from guanai.storage.database.documents import Json, copy_document
from guanai.storage.database.history import Kind
from guanai.storage.database.table_changes import TableChanges

__all__ = ["Clock", "RecordStorage", "utc_now"]

Clock = Callable[[], str]


def utc_now() -> str:
    """Return the time now, in UTC, as it is stored: ``2026-11-20T08:15:30.123Z``."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class RecordStorage(Storage):
    """A database as TinyDB stores into it, in the name of one author.

    `read` and `write` deal in the whole database as TinyDB defines it; a `RecordTable` goes to its rows directly.
    """

    def __init__(self, database: Database, *, author: str = "", clock: Clock = utc_now) -> None:
        self.database = database
        self.author = author
        self.clock = clock

    def read(self) -> dict[str, dict[str, Any]] | None:
        """Return every table's documents by doc_id as text; None for a database without tables."""
        names = [name for (name,) in self.database.run(schemas.TABLE_NAMES)]
        return {
            name: {
                str(doc_id): copy_document(document)
                for doc_id, document in self.database.rows(name).documents.items()
            }
            for name in names
        } or None

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Make the database hold just these tables and documents, writing what differs."""
        with self.database.transaction():
            for (name,) in self.database.run(schemas.TABLE_NAMES):
                if name not in data:
                    self.drop(name)
            for name, documents in data.items():
                self.change(name, partial(_replace_all, documents))

    def change(
        self,
        name: str,
        updater: Callable[[TableChanges], object],
        *,
        kind: Kind | None = None,
        token: str | None = None,
        prior: int | None = None,
    ) -> None:
        """Apply a function to a table's documents, and write what it changed with its history (`TableChanges.write`)."""
        with self.database.transaction():
            changes = TableChanges(self.database, name)
            updater(changes)
            changes.write(author=self.author, at=self.clock(), kind=kind, token=token, prior=prior)

    def drop(self, name: str) -> None:
        """Remove a table with its documents, which stay in the history."""
        with self.database.transaction():
            number = self.database.table_number(name)
            if number is not None:
                self.change(name, TableChanges.clear)
                self.database.run(schemas.SET_NEXT_ID, of=number, next_id=1)
                self.database.run(schemas.SET_LISTED, of=number, listed=False)
                self.database.table_states.clear()

    def close(self) -> None:
        """Close the database."""
        self.database.close()


def _replace_all(documents: Mapping[str, Json], changes: TableChanges) -> None:
    changes.clear()
    changes.update({int(doc_id): document for doc_id, document in documents.items()})
