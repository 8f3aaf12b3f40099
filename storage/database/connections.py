"""One process's connection to a database: statements, changes all or nothing, one thread at a time.

SQLAlchemy Core writes the SQL and makes the connection; the driver then runs the text by itself, which halves
the time of an insert. A process holds one connection behind one lock, so its threads take turns; processes wait
for each other in the database (WAL: readers never wait).
"""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql.base import Executable

from guanai.care.errors import StorageError
from guanai.storage.database import database_file
from guanai.storage.database.driver_errors import error_of
from guanai.storage.database.forks import close_before_forks

__all__ = ["Connection", "Row"]

Row = Sequence[Any]

# What a child inherits in the middle of its parent's change is neither used nor closed there.
_inherited: list[object] = []


@lru_cache(maxsize=512)
def _prepared(statement: Executable, dialect: Dialect) -> tuple[str, tuple[str, ...], Mapping[str, Any]]:
    """Return a statement's SQL, its parameters' names in order, and the values that it brings along."""
    compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
    if compiled.post_compile_params:  # lists, which have as many parameters as items
        compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})  # type: ignore[attr-defined]
    return str(compiled), tuple(compiled.positiontup or ()), compiled.params


class Connection:
    """A connection to a database file, or (without a path) to a database in memory.

    ``seconds`` is how long a change waits for another process's change before it gives up.
    """

    def __init__(self, path: Path | None, *, read_only: bool = False, seconds: float = 20) -> None:
        self.path = path
        self.read_only = read_only
        self.seconds = seconds
        self._lock = threading.RLock()
        self._depth = 0
        self._closed = False
        self._failure: StorageError | None = None
        self._engine: Any = None
        self._connect()
        close_before_forks(self)

    @classmethod
    def open(cls, path: Path | str | None, *, read_only: bool = False, seconds: float = 20) -> Self:
        """Open the records file, making it if it is not there yet; None keeps everything in memory.

        Raises StorageError where the file is damaged, not ours, of a newer version, missing (when
        ``read_only``) or not to be reached; nothing in it has been changed then.
        """
        return cls(Path(path) if path is not None else None, read_only=read_only, seconds=seconds)

    def close(self) -> None:
        """Let go of the file; closing twice is no error."""
        with self._lock:
            self._closed = True
            self._disconnect()

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
            sql, names, brought = _prepared(statement, self._dialect)
            if brought:
                values = {**brought, **values}
            return self._ask(sql, [values[name] for name in names])

    def run_many(self, statement: Executable, /, many: Iterable[Mapping[str, Any]]) -> None:
        """Run one statement once for each set of values, within a transaction."""
        with self._lock:
            sql, names, _ = _prepared(statement, self._dialect)
            self._ask(sql, [[values[name] for name in names] for values in many], many=True)

    def define(self, definition: ExecutableDDLElement) -> None:
        """Change what tables and indexes there are."""
        with self._lock:
            self._ask(str(definition.compile(dialect=self._dialect)))

    def explain(self, statement: Executable) -> str:
        """Return how the database would go about a statement, for those who wonder why it is slow."""
        with self._lock:
            sql, names, values = _prepared(statement, self._dialect)
            plan = self._ask(database_file.EXPLAIN + sql, [values[name] for name in names])
        return "\n".join(row[-1] for row in plan)

    def _ask(self, sql: str, values: Sequence[Any] = (), *, many: bool = False) -> list[Row]:
        """Let the driver run one statement; its errors become those that a coordinator may read."""
        if self._closed:
            raise StorageError("storage.closed")
        if self._driver is None:  # let go for a fork
            self._connect()
        try:
            return (self._driver.executemany if many else self._driver.execute)(sql, values).fetchall()
        except self._error as error:
            failure = self._failure = error_of(error, self.path, self.seconds)
            raise failure from error

    # --- all or nothing ---

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
        with self._lock:
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
        self._ask(database_file.BEGIN_WRITING)
        self._failure = None

    def _commit(self) -> None:
        if self._failure:  # somebody caught it within the block, but a part of the block went with it
            raise self._failure
        self._ask("COMMIT")

    def _undo(self) -> None:
        with suppress(self._error):  # after some faults SQLite has rolled back by itself
            if self._driver is not None:
                self._driver.rollback()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """See one state of the database in all the statements of the block."""
        with self._lock:
            if self.in_transaction:
                yield
                return
            self._ask(database_file.BEGIN_READING)
            try:
                yield
            finally:
                self._driver.rollback()

    # --- the connection ---

    def _connect(self) -> None:
        given: dict[str, Any] = {"read_only": self.read_only, "seconds": self.seconds}
        if self._engine is None:
            self._engine, fairy = database_file.connect(self.path, **given)
        else:  # let go for a fork; a page need not wait until a file has been examined a second time
            self._engine, fairy = database_file.reconnect(self._engine, self.path, **given)
        self._dialect = self._engine.dialect
        self._error: type[Exception] = self._dialect.loaded_dbapi.Error
        self._fairy: Any = fairy  # SQLAlchemy's hold on the driver's connection
        self._driver: Any = fairy.driver_connection

    def _disconnect(self) -> None:
        if self._driver is not None:
            self._driver = None
            self._fairy.close()

    def before_fork(self) -> None:
        """Wait for the end of other threads' changes and close the file; memory is simply copied."""
        self._lock.acquire()
        if self.path is not None and not self.in_transaction:
            self._disconnect()

    def after_fork(self, *, in_child: bool) -> None:
        """Go on; the file is opened again when it is next needed."""
        if not in_child:
            self._lock.release()
            return
        self._lock = threading.RLock()
        if self.in_transaction:  # the change is the parent's, who forked in the middle of it
            _inherited.append(self._fairy)
            self._closed, self._driver = True, None
