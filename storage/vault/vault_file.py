"""The file of a vault, ``vault.db``: rows of SQLite whose every content is sealed. Nothing in it can be read beside the key.

Four tables: ``meta`` (the school's number, a content that shows whether a key is the right one, both ends of the trail),
``changes`` (each change of a record, by number), ``drafts`` (what is typed and not saved, found by an HMAC), ``trail`` (found by
HMACs of record and child). As with the records, what was written is on the disk when a change returns (synchronous=FULL).
"""

import json
import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from hmac import digest
from pathlib import Path
from typing import Any

from guanai.care.errors import StorageError
from guanai.storage.database.database_file import error_of
from guanai.storage.vault.keys import SealKeys, make_key, read_key

__all__ = ["VaultFile", "school_number"]

APPLICATION = 0x67756176  # "guav" in ASCII
VERSION = 1
SECONDS = 20.0
CHECK = b"guanai vault"
TABLES = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE changes (number INTEGER PRIMARY KEY, content BLOB NOT NULL)",
    "CREATE TABLE drafts (found_by BLOB PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE trail (number INTEGER PRIMARY KEY, record BLOB, child BLOB, content BLOB NOT NULL, mark BLOB NOT NULL)",
    "CREATE INDEX trail_record ON trail (record) WHERE record IS NOT NULL",
    "CREATE INDEX trail_child ON trail (child) WHERE child IS NOT NULL",
)


class VaultFile:
    """A vault file; None keeps all of it in memory. One that is not there yet is made by the first change. For one thread.

    Raises StorageError where the key is missing or not the one that the file was made with, and for what SQLite reports.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.school = ""
        self._connection: sqlite3.Connection | None = None
        self._keys: SealKeys | None = None
        self._in_change = self._opening = False
        if self.is_there:
            self._open()

    @property
    def is_there(self) -> bool:
        """Whether there is a file; without one there is nothing to read."""
        return self.path is None or self.path.exists()

    @property
    def keys(self) -> SealKeys:
        """What seals and opens its contents; the file is made if it is not there yet."""
        return self._keys or self._open()

    def make(self) -> None:
        """Make the file and its key if they are not there yet. Raises StorageError."""
        if self._keys is None:
            self._open()

    def _open(self) -> SealKeys:
        self._opening = True
        try:
            with self._errors():
                self._connect()
            self.school = school_number(self) or self._make()
            key = secrets.token_bytes(32) if self.path is None else read_key(self.school)
            keys = SealKeys(key, self.school)
            if self.path is not None:
                self._check(keys)
            self._keys = keys
        finally:
            self._opening = False
        return keys

    # --- the connection ---

    def _connect(self) -> sqlite3.Connection:
        if self.path is not None and not self.path.exists():
            try:  # SQLite's own files take its mode
                os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600))
            except OSError as error:
                raise StorageError(
                    "storage.cannot_open", path=self.path, reason=error.strerror or ""
                ) from error
        connection = sqlite3.connect(
            self.path or ":memory:", timeout=SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            self._check_kind(connection)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection

    def _check_kind(self, connection: sqlite3.Connection) -> None:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if (application or tables) and application != APPLICATION:
            raise StorageError("storage.foreign", path=self.path)
        if version > VERSION:
            raise StorageError("storage.newer", path=self.path, found=version, known=VERSION)

    def run(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        if self._keys is None and not self._opening:
            self._open()
        with self._errors():
            return (self._connection or self._connect()).execute(sql, values).fetchall()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise error_of(error, self.path, SECONDS) from error

    def disconnect(self) -> None:
        """Close the file until the next statement: before a fork, and when it is no longer needed."""
        if self.path is not None and self._connection is not None and not self._in_change:
            self._connection.close()
            self._connection = None

    @property
    def stamp(self) -> int:
        """A number that differs once another process has changed the file."""
        if not self.is_there:
            return -2
        return int(self.run("PRAGMA data_version")[0][0])

    @contextmanager
    def change(self, *, durable: bool = True) -> Iterator[None]:
        """Make all of the block one change; other processes wait with theirs. Within another change, part of it.

        One that is not ``durable`` survives the end of the process, but not that of the machine within the next second or so:
        nobody waits for the disk.
        """
        if self._in_change:
            yield
            return
        if self._keys is None and not self._opening:
            self._open()
        self.run(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        self.run("BEGIN IMMEDIATE")
        self._in_change = True
        try:
            yield
            self.run("COMMIT")
        except BaseException:
            if self._connection is not None and self._connection.in_transaction:
                self._connection.rollback()
            raise
        finally:
            self._in_change = False

    # --- the key ---

    def _make(self) -> str:
        """Make the tables of a new file, and the key where there is none yet; return the school's number."""
        with self.change():
            if (school := school_number(self)) is not None:  # another process has made it meanwhile
                return school
            school = secrets.token_hex(8)
            if self.path is not None:
                make_key(school)
            for statement in TABLES:
                self.run(statement)
            self._put_meta("school", school.encode())
            if self.path is not None:
                keys = SealKeys(read_key(school), school)
                self._put_meta("check", keys.seal(CHECK, "check"))
            self.run(f"PRAGMA application_id = {APPLICATION}")
            self.run(f"PRAGMA user_version = {VERSION}")
        return school

    def _check(self, keys: SealKeys) -> None:
        sealed = self.meta("check")
        try:
            right = sealed is not None and keys.open(sealed, "check") == CHECK
        except StorageError:
            right = False
        if not right:
            raise StorageError("vault.wrong_key", path=self.path)

    def meta(self, name: str) -> bytes | None:
        """Return a content of the table ``meta`` as it lies there."""
        rows = self.run("SELECT content FROM meta WHERE name = ?", name)
        return rows[0][0] if rows else None

    def _put_meta(self, name: str, content: bytes) -> None:
        self.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", name, content)

    def sealed_meta(self, name: str) -> Any:
        """Return what was sealed under a name in the table ``meta``, None where nothing was."""
        sealed = self.meta(name) if self.is_there else None
        return None if sealed is None else json.loads(self.keys.open(sealed, name))

    def put_sealed_meta(self, name: str, value: Any) -> None:
        """Seal a value under a name in the table ``meta``."""
        self._put_meta(name, self.keys.seal(_bytes(value), name))

    # --- changes of records ---

    def changes_after(self, number: int) -> Iterator[dict[str, Any]]:
        """Yield each change after a number, in the order in which they were made."""
        if not self.is_there:
            return
        for at, sealed in self.run(
            "SELECT number, content FROM changes WHERE number > ? ORDER BY number", number
        ):
            yield json.loads(self.keys.open(sealed, f"change {at}"))

    def append_changes(self, changes: Iterable[dict[str, Any]]) -> None:
        """Write changes under their numbers (``seq``)."""
        for change in changes:
            sealed = self.keys.seal(_bytes(change), f"change {change['seq']}")
            self.run("INSERT INTO changes VALUES (?, ?)", change["seq"], sealed)

    def erase_changes(self, numbers: Iterable[int]) -> None:
        """Remove changes for good: their pages are overwritten."""
        for number in numbers:
            self.run("DELETE FROM changes WHERE number = ?", number)

    def sync(self) -> None:
        """Let all that was written be on the disk."""
        if self.is_there and self.path is not None and not self._in_change:
            self.run("PRAGMA wal_checkpoint(PASSIVE)")

    # --- drafts ---

    def drafts(self) -> list[dict[str, Any]]:
        """Return all drafts, of everybody."""
        if not self.is_there:
            return []
        return [
            json.loads(self.keys.open(sealed, f"draft {found_by.hex()}"))
            for found_by, sealed in self.run("SELECT found_by, content FROM drafts")
        ]

    def put_draft(self, person: str, token: str, draft: dict[str, Any]) -> None:
        """Write a draft in place of what was there under this token."""
        found_by = self.search_key("draft", person, token)
        sealed = self.keys.seal(_bytes(draft), f"draft {found_by.hex()}")
        self.run("INSERT OR REPLACE INTO drafts VALUES (?, ?)", found_by, sealed)

    def drop_draft(self, person: str, token: str) -> None:
        """Remove a draft; one that is not there is no error."""
        self.run("DELETE FROM drafts WHERE found_by = ?", self.search_key("draft", person, token))

    def search_key(self, *words: str) -> bytes:
        """Return what a row is found by that is about these words: nothing that could be read back."""
        return digest(self.keys.index, "\0".join(words).encode(), sha256)[:16]


def school_number(file: VaultFile) -> str | None:
    """Return the number by chance that stands in the vault; None for one that is being made."""
    if not file.run("SELECT 1 FROM sqlite_master WHERE name = 'meta'"):
        return None
    content = file.meta("school")
    return None if content is None else content.decode()


def _bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
