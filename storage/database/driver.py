"""The lowest layer: one connection to a records file, statements in and rows out.

SQLAlchemy Core writes the SQL and makes the connection. The text then runs on the connection of `sqlite3` itself, which
halves the time of an insert against SQLAlchemy's own ``execute``. What only SQLite has is in
`guanai.storage.database.database_file`; threads and transactions are managed by
`guanai.storage.database.databases.Database`.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql.base import Executable

from guanai.care.errors import StorageError
from guanai.storage.database import database_file
from guanai.storage.database.database_file import error_of

__all__ = ["Driver", "Row"]

Row = Sequence[Any]

# Connections that a forked child got in the middle of its parent's change. To close one would end that change's
# protection of the file, so they stay referenced and unused.
_never_closed: list[object] = []


@lru_cache(maxsize=512)
def _compiled(statement: Executable, dialect: Dialect) -> tuple[str, tuple[str, ...], Mapping[str, Any]]:
    """Return a statement's SQL, its parameters' names in order, and the values that are part of it."""
    compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
    if compiled.post_compile_params:  # lists, which have as many parameters as items
        compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})  # type: ignore[attr-defined]
    return str(compiled), tuple(compiled.positiontup or ()), compiled.params


class Driver:
    """A connection to a database file, or (without a path) to a database in memory. Not for two threads at once.

    ``seconds`` is how long a statement waits for another process's change before it gives up. Every method raises
    StorageError for whatever SQLite reports.
    """

    def __init__(self, path: Path | None, *, read_only: bool, seconds: float) -> None:
        self.path = path
        self.read_only = read_only
        self.seconds = seconds
        #: The last error since this was set to None: a change that met one must not be committed.
        self.failure: StorageError | None = None
        self._closed = False
        self._engine: Any = None
        self._connect()

    def run(self, statement: Executable, values: Mapping[str, Any]) -> list[Row]:
        """Run one statement with its values and return its rows."""
        sql, names, constants = _compiled(statement, self._dialect)
        if constants:
            values = {**constants, **values}
        return self.execute(sql, [values[name] for name in names])

    def run_many(self, statement: Executable, many: Iterable[Mapping[str, Any]]) -> None:
        """Run one statement once for each set of values."""
        sql, names, _ = _compiled(statement, self._dialect)
        self.execute(sql, [[values[name] for name in names] for values in many], many=True)

    def define(self, definition: ExecutableDDLElement) -> None:
        """Change what tables and indexes there are."""
        self.execute(str(definition.compile(dialect=self._dialect)))

    def execute(self, sql: str, values: Sequence[Any] = (), *, many: bool = False) -> list[Row]:
        """Run SQL text; with ``many`` the values are a list of lists."""
        if self._closed:
            raise StorageError("storage.closed")
        if self._connection is None:  # closed for a fork
            self._connect()
        try:
            return (self._connection.executemany if many else self._connection.execute)(
                sql, values
            ).fetchall()
        except self._error as error:
            failure = self.failure = error_of(error, self.path, self.seconds)
            raise failure from error

    def begin_writing(self) -> None:
        """Begin a change; other processes can read meanwhile, and wait with their own changes."""
        if self.read_only:
            raise StorageError("storage.opened_read_only", path=self.path)
        self.execute(database_file.BEGIN_WRITING)
        self.failure = None

    def begin_reading(self) -> None:
        """Read the database as it is now in every statement until `rollback`."""
        self.execute(database_file.BEGIN_READING)

    def commit(self) -> None:
        """Commit the change. Raises the error that one of its statements met, even if somebody caught it."""
        if self.failure:
            raise self.failure
        self.execute("COMMIT")

    def rollback(self) -> None:
        """Undo the change; after some faults SQLite has done so by itself."""
        if self._connection is not None:
            with suppress(self._error):
                self._connection.rollback()

    # --- the connection ---

    def _connect(self) -> None:
        options: dict[str, Any] = {"read_only": self.read_only, "seconds": self.seconds}
        if self._engine is None:
            self._engine, connection = database_file.connect(self.path, **options)
        else:  # closed for a fork: the file was checked when it was first opened
            self._engine, connection = database_file.reconnect(self._engine, self.path, **options)
        self._dialect = self._engine.dialect
        self._error: type[Exception] = self._dialect.loaded_dbapi.Error
        self._pooled: Any = connection  # closes the driver's connection when it is garbage
        self._connection: Any = connection.driver_connection

    def disconnect(self) -> None:
        """Close the file until the next statement."""
        if self._connection is not None:
            self._connection = None
            self._pooled.close()

    def close(self) -> None:
        """Close the file; every statement is an error from now on."""
        self._closed = True
        self.disconnect()

    def abandon(self) -> None:
        """Close for this process without touching the connection, which belongs to the process it was forked from."""
        _never_closed.append(self._pooled)
        self._closed, self._connection = True, None
