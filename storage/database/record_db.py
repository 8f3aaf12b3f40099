"""All tables of a school's records, as one person writes to them.

>>> from tinydb import where
>>> from guanai.storage.database.databases import Database
>>> db = RecordDB(Database.open(None), author="Li")
>>> db.table("home_visit").insert({"mode": "door", "problems": ["study"]})
1
>>> db.table("home_visit").search(where("mode") == "door")
[{'mode': 'door', 'problems': ['study']}]
"""

from contextlib import AbstractContextManager

from tinydb import TinyDB

from guanai.storage.database.databases import Database
from guanai.storage.database.record_storage import Clock, RecordStorage, utc_now
from guanai.storage.database.record_table import RecordTable

__all__ = ["RecordDB"]


class RecordDB(TinyDB):
    """A TinyDB database whose tables are registers; what it writes carries its author and the clock's time."""

    table_class = RecordTable
    default_storage_class = RecordStorage  # type: ignore[assignment]

    def __init__(self, database: Database, *, author: str = "", clock: Clock = utc_now) -> None:
        super().__init__(database, author=author, clock=clock)

    @property
    def storage(self) -> RecordStorage:
        """The database, the author and the clock."""
        return self._storage  # type: ignore[return-value]

    @property
    def database(self) -> Database:
        """The database that the tables are in."""
        return self.storage.database

    def clock(self) -> str:
        """Return the time now as it is stored with a change: ISO 8601, UTC."""
        return self.storage.clock()

    def transaction(self) -> AbstractContextManager[None]:
        """Make every change within the block one change: all of it is stored, or nothing."""
        return self.database.transaction()

    def tables(self) -> set[str]:
        """Return the names of all tables."""
        return set(self.database.table_names())

    def drop_table(self, name: str) -> None:
        """Remove a table with its documents; the history keeps them."""
        self._tables.pop(name, None)
        self.storage.drop_table(name)
