"""Opening a records file: whose it is, which version, whether it is whole; making a new one; and what its errors mean.

Everything that only SQLite has is in this module, so that another database asks for changes here alone.
"""

import os
import shutil
import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from guanai.care.errors import StorageError
from guanai.storage.database.schemas import metadata

__all__ = ["BEGIN_READING", "BEGIN_WRITING", "VERSION", "connect", "error_of", "reconnect"]

#: Marks a file as ours in SQLite's header: "guan" in ASCII.
APPLICATION = 0x6775616E
#: The layout of the tables; a file with a greater number was made by a newer program.
VERSION = 1

BEGIN_READING = "BEGIN"
# A change takes the write lock at once: a lock taken later, after reading, can fail and cannot wait.
BEGIN_WRITING = "BEGIN IMMEDIATE"

# Checking every page of a file takes about two milliseconds per megabyte, and every kernel opens the file.
_CHECKED_SIZE = 8 * 1024 * 1024

_KEYS = {
    sqlite3.SQLITE_FULL: "storage.full",
    sqlite3.SQLITE_READONLY: "storage.read_only",
    sqlite3.SQLITE_PERM: "storage.read_only",
    sqlite3.SQLITE_CANTOPEN: "storage.cannot_open",
    sqlite3.SQLITE_BUSY: "storage.busy",
    sqlite3.SQLITE_LOCKED: "storage.busy",
    sqlite3.SQLITE_CORRUPT: "storage.damaged",
    sqlite3.SQLITE_NOTADB: "storage.damaged",
}
# Less than this is a full disk, whatever name the failed call gave to it.
_ROOM = 256 * 1024


def _url(path: Path | None, **options: str) -> sa.URL:
    """Return the address of a file for SQLAlchemy, or of a new database in memory."""
    if path is None:
        return sa.URL.create("sqlite")
    return sa.URL.create("sqlite", database=path.absolute().as_uri(), query={"uri": "true", **options})


def connect(path: Path | None, *, read_only: bool, seconds: float) -> tuple[sa.Engine, Any]:
    """Return an engine and one connection of its driver, after checking that the file is whole and ours.

    Raises StorageError, with nothing changed, where it is not.
    """
    if path is not None and read_only and not path.exists():
        raise StorageError("storage.missing", path=path)
    if path is not None and not read_only:
        _make_private(path)
    modes = [{"mode": "ro"}, {"mode": "ro", "immutable": "1"}] if read_only and path else [{}]
    for options in modes:
        engine = sa.create_engine(
            _url(path, **options),
            poolclass=sa.NullPool,
            # The driver must not begin transactions by itself: `Database` says when.
            connect_args={"timeout": seconds, "check_same_thread": False, "isolation_level": None},
        )
        try:
            connection = engine.raw_connection()
            try:
                _check(connection.driver_connection, engine, path, read_only=read_only, seconds=seconds)
            except BaseException:
                connection.close()
                raise
        except (sa.exc.DBAPIError, engine.dialect.loaded_dbapi.Error) as error:
            failure = error_of(error, path, seconds)
            # On a write-protected disk WAL cannot even be read, unless SQLite is told that nobody writes.
            if options is modes[-1] or _has_log(path):
                raise failure from error
        else:
            return engine, connection
    raise AssertionError("the last way of opening returns or raises")


def _make_private(path: Path) -> None:
    """Make a new file, empty, for this user of the machine only; SQLite gives its log the same rights."""
    with suppress(OSError):  # one that is there already, or a place where `connect` will say what is wrong
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def reconnect(
    engine: sa.Engine, path: Path | None, *, read_only: bool, seconds: float
) -> tuple[sa.Engine, Any]:
    """Return the engine with a new connection to a file that it had been connected to before: not checked again.

    A file that is no longer there, or another one, is opened as if for the first time. Raises what `connect` does.
    """
    try:
        connection = engine.raw_connection()
        if not _is_fresh(connection.driver_connection, path):
            if not read_only:
                _set_durability(connection.driver_connection)
            return engine, connection
        connection.close()
    except (sa.exc.DBAPIError, engine.dialect.loaded_dbapi.Error, StorageError):
        pass  # the check that follows says what is wrong
    return connect(path, read_only=read_only, seconds=seconds)


def _has_log(path: Path | None) -> bool:
    """Say whether changes lie beside the file that are not in it yet."""
    log = Path(f"{path}-wal")
    return log.exists() and log.stat().st_size > 0


def _check(driver: Any, engine: sa.Engine, path: Path | None, *, read_only: bool, seconds: float) -> None:
    driver.execute(BEGIN_READING)  # another process may be building the file just now
    try:
        fresh = _is_fresh(driver, path)
    finally:
        driver.rollback()
    if fresh and read_only:
        raise StorageError("storage.missing", path=path)
    if not fresh and path is not None and path.stat().st_size <= _CHECKED_SIZE:
        if driver.execute("PRAGMA quick_check(1)").fetchall() != [("ok",)]:
            raise StorageError("storage.damaged", path=path)
    if read_only:
        return
    _use_wal(driver, seconds)
    _set_durability(driver)
    if fresh:
        _create_tables(driver, engine, path)


def _is_fresh(driver: Any, path: Path | None) -> bool:
    """Say whether the file is new and empty; raise StorageError for a file that is not ours to open."""
    application = driver.execute("PRAGMA application_id").fetchone()[0]
    version = driver.execute("PRAGMA user_version").fetchone()[0]
    if application == APPLICATION:
        if version > VERSION:
            raise StorageError("storage.newer", path=path, found=version, known=VERSION)
        return False
    if application or version or driver.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise StorageError("storage.foreign", path=path)
    return True


def _use_wal(driver: Any, seconds: float) -> None:
    """Let readers and a writer work at once; SQLite does not wait by itself for this change."""
    end = time.monotonic() + seconds
    while True:
        try:
            driver.execute("PRAGMA journal_mode = WAL")
        except driver.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return


def _set_durability(driver: Any) -> None:
    """Set that a commit is on the disk when it returns, and how often the log is moved to the file."""
    driver.execute("PRAGMA synchronous = FULL")
    # The same few pages take many saves; moving them from the log to the file less often halves the writing.
    driver.execute("PRAGMA wal_autocheckpoint = 4000")


def _create_tables(driver: Any, engine: sa.Engine, path: Path | None) -> None:
    driver.execute(BEGIN_WRITING)
    try:
        if _is_fresh(driver, path):  # another process may have built it while this one waited
            for table in metadata.sorted_tables:
                driver.execute(str(sa.schema.CreateTable(table).compile(engine)))
                for index in sorted(table.indexes, key=lambda index: str(index.name)):
                    driver.execute(str(sa.schema.CreateIndex(index).compile(engine)))
            driver.execute(f"PRAGMA application_id = {APPLICATION}")
            driver.execute(f"PRAGMA user_version = {VERSION}")
        driver.commit()
    except BaseException:
        driver.rollback()
        raise


def error_of(error: BaseException, path: Path | None, seconds: float = 0) -> StorageError:
    """Return the error that a coordinator may read for one of the driver's.

    ``seconds`` is how long the driver waited for another writer's lock.
    """
    reason = str(getattr(error, "orig", None) or error)
    # The low byte is the kind of error; the bytes above say which call failed.
    code = getattr(getattr(error, "orig", None) or error, "sqlite_errorcode", 0) & 0xFF
    key = _KEYS.get(code, "storage.failed")
    if key in ("storage.failed", "storage.cannot_open") and _full(path):
        key = "storage.full"
    return StorageError(key, path=path or ":memory:", seconds=f"{seconds:g}", reason=reason)


def _full(path: Path | None) -> bool:
    try:
        return path is not None and shutil.disk_usage(path.parent).free < _ROOM
    except OSError:
        return False
