"""What a database driver's error means to the person who was saving: what is wrong, and what to do."""

import shutil
import sqlite3
from pathlib import Path

from guanai.care.errors import StorageError

__all__ = ["error_of"]

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
