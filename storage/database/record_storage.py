"""TinyDB's storage over the database: in whose name writes are made, and at which time.

TinyDB reads and writes whole databases by it. The product does not: a `RecordTable` takes only the author and the clock
from here, and goes to its rows directly.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tinydb import Storage

from guanai.storage.database.databases import Database
from guanai.storage.database.documents import Json, copy_document
from guanai.storage.database.table_changes import TableChanges, change_table

__all__ = ["Clock", "RecordStorage", "end_of_day", "stored_moment", "utc_now"]

Clock = Callable[[], str]


def utc_now() -> str:
    """Return the time now, in UTC, as it is stored: ``2026-11-20T08:15:30.123Z``."""
    return stored_moment(datetime.now(UTC))


def stored_moment(moment: datetime) -> str:
    """Return a moment, of local time where it has no zone, as moments are stored, so that texts compare as moments do."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def end_of_day(day: date) -> str:
    """Return the first moment after a day of local time, as it is stored."""
    return stored_moment(datetime.combine(day + timedelta(days=1), time()))


class RecordStorage(Storage):
    """A database as TinyDB stores into it, in the name of one author."""

    def __init__(self, database: Database, *, author: str = "", clock: Clock = utc_now) -> None:
        self.database = database
        self.author = author
        self.clock = clock

    def read(self) -> dict[str, dict[str, Any]] | None:
        """Return every table's documents by doc_id as text; None for a database without tables."""
        return {
            name: {
                str(doc_id): copy_document(document)
                for doc_id, document in self.database.rows(name).documents.items()
            }
            for name in self.database.table_names()
        } or None

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Make the database hold just these tables and documents, writing what differs."""
        with self.database.transaction():
            for name in self.database.table_names():
                if name not in data:
                    self.drop_table(name)
            for name, documents in data.items():
                self._replace_all(name, {int(doc_id): document for doc_id, document in documents.items()})

    def drop_table(self, name: str) -> None:
        """Remove a table with its documents, which stay in the history."""
        with self.database.transaction():
            number = self.database.table_number(name)
            if number is not None:
                self._replace_all(name, {})
                self.database.set_next_id(number, 1)
                self.database.set_listed(number, False)

    def _replace_all(self, name: str, documents: dict[int, Json]) -> None:
        def updater(changes: TableChanges) -> None:
            changes.clear()
            changes.update(documents)

        change_table(self.database, name, updater, author=self.author, at=self.clock())

    def close(self) -> None:
        """Close the database."""
        self.database.close()
