"""The middle layer: a school's database as one process has it open.

`Database` holds the lock between threads, the transactions (all of a change is stored, or nothing), the tables and
their documents; SQL runs in `guanai.storage.database.driver`. A process holds one connection behind one lock, so
its threads wait for each other. Processes wait for each other in SQLite, and only with their changes: a reader never
waits (WAL).

A process that has a school open may fork: a notebook may use `multiprocessing`, and the server forks the kernels of its
pages. SQLite's locks belong to a process, and its record of them to its memory. A child that opened a file which its
parent has open would copy the record without the locks: it would write as if it had them, and once the parent closed
the file the child's saves would go to a log that has been deleted. So every file is closed before a fork, and each side
opens it again when it next needs it. Nothing else here depends on forks.
"""

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, Self
from weakref import WeakSet

from sqlalchemy.schema import CreateIndex, ExecutableDDLElement
from sqlalchemy.sql.base import Executable

from guanai.care.errors import StorageError
from guanai.storage.database import schemas
from guanai.storage.database.driver import Driver, Row
from guanai.storage.database.query_pushdown import index_on, is_json_key
from guanai.storage.database.row_cache import CachedRows

__all__ = ["Database", "TableState"]


class TableState(NamedTuple):
    """What a write must know about its table first."""

    next_id: int  # above the doc_id of every document that was removed
    listed: bool  # False: the table was dropped
    max_doc_id: int  # the greatest in use
    last_seq: int  # the newest change in the whole database

    @property
    def free_doc_id(self) -> int:
        """A doc_id that no document has or had."""
        return max(self.next_id, self.max_doc_id + 1)


class Database:
    """A school's records, in a file or in memory: ``Database.open(path)``.

    What was read is kept in memory, for all who use the database in this process.
    """

    def __init__(self, path: Path | None, *, read_only: bool = False, seconds: float = 20) -> None:
        self.path = path
        self.read_only = read_only
        self._lock = threading.RLock()
        self._depth = 0  # of transactions within each other
        self._driver = Driver(path, read_only=read_only, seconds=seconds)
        self._numbers: dict[str, int] = {}  # of tables by name
        self._states: dict[int, TableState] = {}  # of tables by number, as this transaction has read them
        self._rows: dict[str, CachedRows] = {}
        self._indexed: dict[int, frozenset[str]] = {}
        _open.add(self)

    @classmethod
    def open(cls, path: Path | str | None, *, read_only: bool = False, seconds: float = 20) -> Self:
        """Open the records file, making it if it is not there yet; None keeps everything in memory.

        ``seconds`` is how long a change waits for another process's change before it gives up. Raises StorageError
        where the file is damaged, not ours, of a newer version, missing (when ``read_only``) or not to be reached;
        nothing in it has been changed then.
        """
        return cls(Path(path) if path is not None else None, read_only=read_only, seconds=seconds)

    def close(self) -> None:
        """Close the file; closing twice is no error."""
        with self._lock:
            self._driver.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    # --- statements ---

    def run(self, statement: Executable, /, **values: Any) -> list[Row]:
        """Run one statement with its values and return its rows.

        Raises StorageError for whatever the driver reports.
        """
        with self._lock:
            return self._driver.run(statement, values)

    def define(self, definition: ExecutableDDLElement) -> None:
        """Change what tables and indexes there are."""
        with self._lock:
            self._driver.define(definition)

    # --- all or nothing ---

    @property
    def in_transaction(self) -> bool:
        """Whether this process is in the middle of a change."""
        return self._depth > 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make every change within the block one change: all of it is stored, or nothing.

        Blocks may stand within each other; the outermost one decides. Other processes' changes wait meanwhile,
        so do slow things (reading a spreadsheet, asking a person) before the block.
        """
        with self._lock:
            outermost = self._depth == 0
            self._depth += 1
            try:
                if outermost:
                    self._driver.begin_writing()
                    self._states.clear()
                yield
                if outermost:
                    self._driver.commit()
                    self._states.clear()
                    for rows in self._rows.values():
                        rows.uncommitted = False
            except BaseException:
                if outermost:
                    self._undo()
                raise
            finally:
                self._depth -= 1

    def _undo(self) -> None:
        """Roll back, and forget what was read of the change."""
        self._driver.rollback()
        self._states.clear()
        self._numbers.clear()
        for name in [name for name, rows in self._rows.items() if rows.uncommitted]:
            del self._rows[name]

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """See one state of the database in all the statements of the block."""
        with self._lock:
            if self.in_transaction:
                yield
                return
            self._driver.begin_reading()
            try:
                yield
            finally:
                self._driver.rollback()

    # --- reading documents ---

    def sequence(self) -> int:
        """Return the number of the newest change in the whole database: 0 for none.

        Costs microseconds; while it stays the same, nothing that was read before has changed.
        """
        return self.run(schemas.LAST_CHANGE)[0][0] or 0

    def rows(self, table: str) -> CachedRows:
        """Return a table's documents as they are now; only what changed since the last call is fetched."""
        with self._lock:
            rows = self._rows.setdefault(table, CachedRows())
            newest = self.sequence() if rows.loaded else 0
            if (
                newest < rows.seq or not rows.loaded
            ):  # for the first time, or the file was exchanged for an older one
                self._load(table, rows)
            elif newest > rows.seq:
                rows.update(self.run(schemas.CHANGES_SINCE, table_name=table, seq=rows.seq), newest)
            rows.uncommitted = self.in_transaction
            return rows

    def _load(self, table: str, rows: CachedRows) -> None:
        with self.snapshot():
            seq, number = self.sequence(), self.table_number(table)
            stored = [] if number is None else self.run(schemas.ALL_RECORDS, **schemas.key_range(number))
        rows.load(stored, seq)

    def is_cached(self, table: str) -> bool:
        """Say whether a table's documents have been read into memory before."""
        return table in self._rows and self._rows[table].loaded

    # --- tables ---

    def table_names(self) -> list[str]:
        """Return the names of all tables that have not been dropped."""
        return [name for (name,) in self.run(schemas.TABLE_NAMES)]

    def table_number(self, table: str) -> int | None:
        """Return the number under which a table's documents are stored; None while there are none."""
        if table not in self._numbers:
            for (number,) in self.run(schemas.FIND_TABLE, table_name=table):
                self._numbers[table] = number
        return self._numbers.get(table)

    def add_table(self, table: str) -> int:
        """Return the number of a table, which is given one if it has none yet."""
        number = self.table_number(table)
        if number is None:
            self.run(schemas.INSERT_TABLE, table_name=table)
            number = self.run(schemas.FIND_TABLE, table_name=table)[0][0]
        return number

    def table_state(self, number: int) -> TableState:
        """Return what a write must know about a table; read once within a transaction, for every record of it."""
        state = self._states.get(number)
        if state is None:
            ((next_id, listed, key, seq),) = self.run(
                schemas.TABLE_STATE, number=number, **schemas.key_range(number)
            )
            state = TableState(next_id, listed, 0 if key is None else schemas.doc_id_of(key), seq or 0)
            if self.in_transaction:
                self._states[number] = state
        return state

    def set_next_id(self, number: int, next_id: int) -> None:
        """Store the lowest doc_id that a new document of a table may get."""
        self.run(schemas.SET_NEXT_ID, key=number, next_id=next_id)
        self._states.clear()

    def set_listed(self, number: int, listed: bool) -> None:
        """Store whether a table is among the `table_names`."""
        self.run(schemas.SET_LISTED, key=number, listed=listed)
        self._states.clear()

    def write(self, statement: Executable, many: Iterable[Mapping[str, Any]]) -> None:
        """Run a statement that changes records once for each set of values, within a transaction."""
        with self._lock:
            self._driver.run_many(statement, many)
            self._states.clear()

    # --- indexes ---

    def indexed(self, number: int) -> frozenset[str]:
        """Return the fields of a table on which this process knows an index."""
        return self._indexed.get(number, frozenset())

    def ensure_index(self, table: str, field: str) -> None:
        """Keep an index of one field's values, so that a search for one of them is fast in a large table.

        Where there is no right or no room to make it, searches are slower and right all the same.
        """
        if self.read_only or not is_json_key(field):
            return
        with suppress(StorageError), self._lock:
            number = self.table_number(table)
            if number is None:
                with self.transaction():
                    number = self.add_table(table)
            if field not in self.indexed(number):
                self.define(CreateIndex(index_on(number, field), if_not_exists=True))
                self._indexed[number] = self.indexed(number) | {field}

    # --- forks ---

    def _before_fork(self) -> None:
        """Wait for the end of other threads' changes and close the file; memory is simply copied."""
        self._lock.acquire()
        if self.path is not None and not self.in_transaction:
            self._driver.disconnect()

    def _after_fork_in_parent(self) -> None:
        self._lock.release()

    def _after_fork_in_child(self) -> None:
        self._lock = threading.RLock()
        if self.in_transaction:  # the change is the parent's, who forked in the middle of it
            self._driver.abandon()


_open: WeakSet[Database] = WeakSet()
_forking: list[Database] = []  # those that are locked for the fork that is going on


def _before_fork() -> None:
    _forking[:] = _open
    for database in _forking:
        database._before_fork()


def _after_fork_in_parent() -> None:
    while _forking:
        _forking.pop()._after_fork_in_parent()


def _after_fork_in_child() -> None:
    while _forking:
        _forking.pop()._after_fork_in_child()


if hasattr(os, "register_at_fork"):  # there is no fork on Windows
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child
    )
