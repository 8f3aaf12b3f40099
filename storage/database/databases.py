"""The records of one school: which tables there are, their documents as they are now, their indexes."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy.schema import CreateIndex

from guanai.care.errors import StorageError
from guanai.storage.database import schemas
from guanai.storage.database.connections import Connection
from guanai.storage.database.query_bounds import is_json_path
from guanai.storage.database.query_pushdown import index_on
from guanai.storage.database.row_cache import CachedRows

__all__ = ["Database"]


class Database(Connection):
    """A school's records, in a file or in memory: ``Database.open(path)``.

    What was read is kept in memory, for all who use the database in this process.
    """

    def __init__(self, path: Path | None, *, read_only: bool = False, seconds: float = 20) -> None:
        super().__init__(path, read_only=read_only, seconds=seconds)
        self._rows: dict[str, CachedRows] = {}
        self._numbers: dict[str, int] = {}
        self._indexed: dict[int, frozenset[str]] = {}
        #: What the writer of a table has read within this transaction, by the table's number.
        self.table_states: dict[int, Any] = {}

    def sequence(self) -> int:
        """Return the number of the newest change in the whole database: 0 for none.

        Costs microseconds; while it stays the same, nothing that was read before has changed.
        """
        return self.run(schemas.LAST_CHANGE)[0][0] or 0

    def table_number(self, table: str) -> int | None:
        """Return the number under which a table's documents are kept; None while there are none."""
        if table not in self._numbers:
            for (number,) in self.run(schemas.FIND_TABLE, table_name=table):
                self._numbers[table] = number
        return self._numbers.get(table)

    def add_table(self, table: str) -> int:
        """Give a new table its number."""
        self.run(schemas.INSERT_TABLE, table_name=table)
        return self.run(schemas.FIND_TABLE, table_name=table)[0][0]

    # --- documents ---

    def rows(self, table: str) -> CachedRows:
        """Return a table's documents as they are now; only what changed since the last call is fetched."""
        with self._lock:
            rows = self._rows.setdefault(table, CachedRows(table))
            if rows.loaded:
                rows.catch_up(self)
            else:
                with self.snapshot():
                    rows.load(self)
            rows.uncommitted = self.in_transaction
            return rows

    def is_cached(self, table: str) -> bool:
        """Say whether a table's documents have been read into memory before."""
        return table in self._rows and self._rows[table].loaded

    # --- indexes ---

    def indexed(self, number: int) -> frozenset[str]:
        """Return the fields of a table on which this process knows an index."""
        return self._indexed.get(number, frozenset())

    def ensure_index(self, table: str, field: str) -> None:
        """Keep an index of one field's values, so that a search for one of them is fast in a large table.

        Where there is no right or no room to make it, searches are slower and right all the same.
        """
        if self.read_only or not is_json_path((field,)):
            return
        with suppress(StorageError), self._lock:
            number = self.table_number(table)
            if number is None:
                with self.transaction():
                    number = self.add_table(table)
            if field not in self.indexed(number):
                self.define(CreateIndex(index_on(number, field), if_not_exists=True))
                self._indexed[number] = self.indexed(number) | {field}

    # --- what a change does to what is in memory ---

    def _begin(self) -> None:
        super()._begin()
        self.table_states.clear()

    def _commit(self) -> None:
        super()._commit()
        self.table_states.clear()
        for rows in self._rows.values():
            rows.uncommitted = False

    def _undo(self) -> None:
        """Roll back, and forget what was read from the change that never was."""
        super()._undo()
        self.table_states.clear()
        self._numbers.clear()
        for name in [name for name, rows in self._rows.items() if rows.uncommitted]:
            del self._rows[name]
