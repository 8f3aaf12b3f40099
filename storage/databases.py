"""One database file, held open by one process: reading it, and changing it all or nothing.

SQLAlchemy Core writes the SQL and makes the connection; the driver then runs the text by itself, which halves
the time of an insert. A process holds one connection behind one lock, so its threads take turns; processes wait
for each other in the database (WAL: readers never wait).
"""

import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.schema import CreateIndex
from sqlalchemy.sql.base import Executable

from guanai.storage import openings, schemas
from guanai.storage.caches import Rows
from guanai.storage.faults import in_words
from guanai.storage.queries import index_on
from guanai.templates.errors import StorageError

__all__ = ["Database", "Row"]

Row = Sequence[Any]

# A connection inherited through fork is never used and never closed: both would harm the parent's file locks.
_inherited: list[object] = []


@lru_cache(maxsize=512)
def _prepared(statement: Executable, dialect: Dialect) -> tuple[str, tuple[str, ...], Mapping[str, Any]]:
    """Return a statement's SQL, its parameters' names in order, and the values that it brings along."""
    compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
    if compiled.post_compile_params:  # lists, which have as many parameters as items
        compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})  # type: ignore[attr-defined]
    return str(compiled), tuple(compiled.positiontup or ()), compiled.params


class Database:
    """The records of one school, in a file or (without a path) in memory.

    ``seconds`` is how long a save waits for another process's save before it gives up.
    """

    def __init__(self, path: Path | None, *, read_only: bool = False, seconds: float = 20) -> None:
        self.path = path
        self.read_only = read_only
        self.seconds = seconds
        self._rows: dict[str, Rows] = {}
        self._numbers: dict[str, int] = {}
        self._indexed: dict[int, frozenset[str]] = {}
        self._closed = False
        self._failure: StorageError | None = None
        #: What the writer of a table has read within this transaction, by the table's number.
        self.known: dict[int, Any] = {}
        self._connect()

    @classmethod
    def open(cls, path: Path | str | None, *, read_only: bool = False, seconds: float = 20) -> Self:
        """Open the records file, making it if it is not there yet; None keeps everything in memory.

        Raises StorageError where the file is damaged, not ours, of a newer version, missing (when
        ``read_only``) or not to be reached; nothing in it has been changed then.
        """
        return cls(Path(path) if path is not None else None, read_only=read_only, seconds=seconds)

    def close(self) -> None:
        """Let go of the file; closing twice is no error."""
        with self._turn():
            if not self._closed:
                self._closed = True
                self._rows.clear()
                self._fairy.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    # --- asking ---

    def run(self, statement: Executable, /, **values: Any) -> list[Row]:
        """Run one statement with its values and return its rows.

        Raises StorageError for whatever the driver reports.
        """
        with self._turn():
            sql, names, brought = _prepared(statement, self._dialect)
            if brought:
                values = {**brought, **values}
            return self._ask(sql, [values[name] for name in names])

    def run_many(self, statement: Executable, /, many: Iterable[Mapping[str, Any]]) -> None:
        """Run one statement once for each set of values, within a transaction."""
        with self._turn():
            sql, names, _ = _prepared(statement, self._dialect)
            self._ask(sql, [[values[name] for name in names] for values in many], many=True)

    def sequence(self) -> int:
        """Return the number of the newest change in the whole database: 0 for none.

        Costs microseconds; while it stays the same, nothing that was read before has changed.
        """
        return self.run(schemas.LAST_CHANGE)[0][0] or 0

    def number(self, table: str) -> int | None:
        """Return the number under which a table's documents are kept; None while there are none."""
        if table not in self._numbers:
            for (number,) in self.run(schemas.FIND_TABLE, table_name=table):
                self._numbers[table] = number
        return self._numbers.get(table)

    def rows(self, table: str) -> Rows:
        """Return a table's documents as they are now; only what changed since the last call is fetched."""
        with self._turn():
            rows = self._rows.setdefault(table, Rows(table))
            if rows.loaded:
                rows.catch_up(self)
            else:
                with self._snapshot():
                    rows.load(self)
            rows.tentative = self.in_transaction
            return rows

    def holds(self, table: str) -> bool:
        """Say whether a table's documents have been read into memory before."""
        return table in self._rows and self._rows[table].loaded

    # --- indexes ---

    def explain(self, statement: Executable) -> str:
        """Return how the database would go about a statement, for those who wonder why it is slow."""
        sql, names, values = _prepared(statement, self._dialect)
        with self._turn():
            plan = self._ask(openings.EXPLAIN + sql, [values[name] for name in names])
        return "\n".join(row[-1] for row in plan)

    def indexed(self, number: int) -> frozenset[str]:
        """Return the fields of a table on which this process knows an index."""
        return self._indexed.get(number, frozenset())

    def ensure_index(self, table: str, field: str) -> None:
        """Keep an index of one field's values, so that a search for one of them is fast in a large table.

        Where there is no right or no room to make it, searches are slower and right all the same.
        """
        if self.read_only:
            return
        with suppress(StorageError), self._turn():
            number = self.number(table)
            if number is None:
                with self.transaction():
                    number = self.add_table(table)
            if field not in self.indexed(number):
                make = CreateIndex(index_on(number, field), if_not_exists=True)
                self._ask(str(make.compile(dialect=self._dialect)))
                self._indexed[number] = self.indexed(number) | {field}

    # --- changing ---

    def add_table(self, table: str) -> int:
        """Give a new table its number."""
        self.run(schemas.ADD_TABLE, table_name=table)
        return self.run(schemas.FIND_TABLE, table_name=table)[0][0]

    @property
    def in_transaction(self) -> bool:
        """Whether this process is in the middle of a change."""
        return self._depth > 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make every change within the block one change: all of it is kept, or nothing.

        Blocks may stand within each other; the outermost one decides. Other processes' changes wait meanwhile,
        so do slow things (reading a spreadsheet, asking a person) before the block.
        """
        with self._turn():
            outermost = self._depth == 0
            self._depth += 1
            try:
                if outermost:
                    self._begin()
                yield
                if outermost:
                    self._commit()
            except BaseException:
                if outermost:
                    self._undo()
                raise
            finally:
                self._depth -= 1

    def _begin(self) -> None:
        if self.read_only:
            raise StorageError("storage.opened_read_only", path=self.path)
        self._ask(openings.BEGIN_WRITING)
        self._failure = None
        self.known.clear()

    def _commit(self) -> None:
        if self._failure:  # somebody caught it within the block, but a part of the block went with it
            raise self._failure
        self._ask("COMMIT")
        self.known.clear()
        for rows in self._rows.values():
            rows.tentative = False

    def _undo(self) -> None:
        """Roll back, and forget what was read from the change that never was."""
        self._numbers.clear()
        self.known.clear()
        for name in [name for name, rows in self._rows.items() if rows.tentative]:
            del self._rows[name]
        with suppress(self._error):  # after some faults SQLite has rolled back by itself
            self._driver.rollback()

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """See one state of the database in all the statements of the block."""
        if self.in_transaction:
            yield
            return
        self._ask(openings.BEGIN_READING)
        try:
            yield
        finally:
            self._driver.rollback()

    # --- one connection, one lock ---

    def _connect(self) -> None:
        self._process = os.getpid()
        self._lock = threading.RLock()
        self._depth = 0
        self._failure = None
        engine, fairy = openings.connect(self.path, read_only=self.read_only, seconds=self.seconds)
        self._fairy: Any = fairy  # SQLAlchemy's hold on the driver's connection
        self._dialect = engine.dialect
        self._error: type[Exception] = engine.dialect.loaded_dbapi.Error
        self._driver: Any = fairy.driver_connection

    def _ask(self, sql: str, values: Sequence[Any] = (), *, many: bool = False) -> list[Row]:
        """Let the driver run one statement; its errors become those that a coordinator may read."""
        if self._closed:
            raise StorageError("storage.closed")
        try:
            return (self._driver.executemany if many else self._driver.execute)(sql, values).fetchall()
        except self._error as error:
            failure = self._failure = in_words(error, self.path, self.seconds)
            raise failure from error

    def _turn(self) -> AbstractContextManager[bool]:
        """Return the lock behind which this process's threads take turns."""
        if self._process != os.getpid():
            self._start_anew()
        return self._lock

    def _start_anew(self) -> None:
        """Take a connection of its own in a forked child; the parent's is left alone."""
        interrupted = self._depth or not self._lock.acquire(blocking=False)
        _inherited.extend((self._fairy, self._lock))
        if self._closed or self.path is None:  # memory is copied by the fork: the child has its own already
            self._process, self._lock = os.getpid(), threading.RLock()
            return
        self._connect()
        if interrupted:  # what another thread was reading just then may be half there
            self._rows = {}
