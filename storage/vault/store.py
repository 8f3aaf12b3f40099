"""The vault itself, open in one process: restricted registers as tables, drafts, and the trail, in a file that tells nothing.

The registers are a `Database` in memory, so that tables, history, bin and conflicts are the same as everywhere. Each of its
changes is sealed into the vault's file before it counts; at the start, and when another process has changed the file, the
changes that are new in it are taken over.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.base import Executable

from guanai.storage.database import schemas
from guanai.storage.database.databases import Database
from guanai.storage.database.documents import is_plain
from guanai.storage.database.driver import Row
from guanai.storage.database.record_storage import utc_now
from guanai.storage.database.schemas import history
from guanai.storage.vault.keys import key_file
from guanai.storage.vault.trail_log import TrailLog
from guanai.storage.vault.vault_file import VaultFile

__all__ = ["VaultDatabase", "VaultStore"]

#: The table of changes that stand for records removed for good.
ERASED = "erased"

_COLUMNS = tuple(column.name for column in history.c)
_NEW = sa.select(history).where(history.c.seq > sa.bindparam("number")).order_by(history.c.seq)
_OF_RECORD = sa.select(history.c.seq, history.c.doc_id).where(
    history.c.table_name == sa.bindparam("name"), history.c.record_id == sa.bindparam("id")
)
_DOC_IDS = sa.select(history.c.doc_id, history.c.record_id).where(
    history.c.table_name == sa.bindparam("name")
)
_ANYTHING = sa.select(sa.func.count()).select_from(history)


class VaultDatabase(Database):
    """The restricted registers of a school, in memory, each change of which is sealed into a file."""

    def __init__(self, file: VaultFile) -> None:
        super().__init__(None)
        self.file = file
        self._stamp = -1
        self._taken = 0
        self._erased = 0  # how often records were removed for good
        self._busy = False  # taking changes over, or reading one state
        self.run(_ANYTHING)  # takes over what the file has

    def run(self, statement: Executable, /, **values: Any) -> list[Row]:
        """Run one statement, on what the file has now."""
        with self._lock:
            if not self.in_transaction and not self._busy and self.file.stamp != self._stamp:
                self._catch_up()
            return super().run(statement, **values)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """See one state in all the statements of the block."""
        with self._lock:
            if not self._busy and not self.in_transaction:
                self.run(_ANYTHING)
            before, self._busy = self._busy, True
            try:
                with super().snapshot():
                    yield
            finally:
                self._busy = before

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make every change within the block one change: sealed and on the disk, or nothing."""
        with self._lock:
            if self.in_transaction:
                with super().transaction():
                    yield
                return
            with self.file.change():
                if not self._busy:
                    self._catch_up()
                with super().transaction():
                    yield
                    rows = super().run(_NEW, number=self._taken)
                    changes = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
                    # What stood there before is known from the change before.
                    self.file.append_changes({**change, "before": None} for change in changes)
            if changes:
                self._taken = changes[-1]["seq"]

    def _catch_up(self) -> None:
        """Take over the changes that are new in the file."""
        self._busy = True
        try:
            stamp, erased = self.file.stamp, self.file.sealed_meta("erased") or 0
            if erased != self._erased:
                self._forget_all()
                self._erased = erased
            changes = list(self.file.changes_after(self._taken))
            if changes:
                with super().transaction():
                    self._take(changes)
                self._taken = changes[-1]["seq"]
            self._stamp = stamp
        finally:
            self._busy = False

    def _forget_all(self) -> None:
        """Read all of the file again: another process has removed a record for good."""
        with super().transaction():
            for table in (schemas.records, schemas.history, schemas.tables):
                self.run(sa.delete(table))
        self._taken = 0
        self._numbers.clear()
        self._rows.clear()

    def _take(self, changes: Sequence[Mapping[str, Any]]) -> None:
        """Write changes as they were made elsewhere: their history, and the records as they are after them."""
        numbers = {name: self.add_table(name) for name in {str(change["table_name"]) for change in changes}}
        texts: dict[int, str | None] = {}
        last: dict[int, Mapping[str, Any]] = {}
        rows = []
        for change in changes:
            key = schemas.record_key(numbers[change["table_name"]], change["doc_id"])
            if key not in texts:
                stored = super().run(schemas.ONE_RECORD, record_key=key)
                texts[key] = stored[0][0] if stored else None
            before = None if change["kind"] in ("insert", "restore") else texts[key]
            rows.append({**change, "before": before})
            texts[key], last[key] = change["after"], change
        self.write(schemas.INSERT_CHANGE, rows)
        self.write(schemas.DELETE_RECORD, [{"record_key": key} for key in texts])
        self.write(
            schemas.INSERT_RECORD,
            [
                {
                    "record_key": key,
                    "number": numbers[change["table_name"]],
                    "record_id": change["record_id"],
                    "seq": change["seq"],
                    "plain": is_plain(change["after"]),
                    "document": change["after"],
                }
                for key, change in last.items()
                if change["after"] is not None
            ],
        )
        for name, number in numbers.items():
            used = max(change["doc_id"] for change in changes if change["table_name"] == name)
            if self.table_state(number).next_id <= used:
                self.set_next_id(number, used + 1)

    def take_over(self, table: str, changes: Sequence[Mapping[str, Any]]) -> None:
        """Write changes that were made before elsewhere, numbered on from the newest here; within a transaction."""
        self.add_table(table)
        self._take(changes)

    def doc_ids(self, table: str) -> dict[int, str | None]:
        """Return the doc_ids that records of a table have or had, with the ids of the records."""
        return {row[0]: row[1] for row in self.run(_DOC_IDS, name=table)}

    def erase(self, table: str, record_id: str) -> int:
        """Remove a record for good, with its history and from the bin; return how many changes were removed."""
        with self._lock, self.file.change():
            self._catch_up()
            rows = super().run(_OF_RECORD, name=table, id=record_id)
            if rows:
                # A change of nothing, so that no number of a change is ever another's.
                mark = dict.fromkeys(_COLUMNS) | {
                    "seq": self.sequence() + 1, "at": utc_now(), "author": "", "table_name": ERASED, "doc_id": 0,
                    "kind": "delete",
                }  # fmt: skip
                self.file.erase_changes(row[0] for row in rows)
                self.file.append_changes([mark])
                self.file.put_sealed_meta("erased", self._erased + 1)
                self._catch_up()
        return len(rows)

    def close(self) -> None:
        """Close both."""
        super().close()
        self.file.disconnect()

    def _before_fork(self) -> None:
        super()._before_fork()
        self.file.disconnect()


class VaultStore:
    """A vault with its key: for its own process, and for who works in the school's folder."""

    def __init__(self, path: Path | None) -> None:
        self.file = VaultFile(path)
        #: The restricted registers, as tables.
        self.database = VaultDatabase(self.file)
        #: Who looked at what.
        self.log = TrailLog(self.file)
        #: Whether it has been closed: it answers nothing any more.
        self.is_closed = False

    def made_key(self) -> Path:
        """Make the vault and its key if they are not there yet; return where the key lies. Raises StorageError."""
        self.file.make()
        return key_file(self.file.school)

    def registers(self) -> list[str]:
        """Return the names of the registers of which there is or was a record."""
        return [name for name in self.database.table_names() if name != ERASED]

    def release(self) -> None:
        """Close the file until it is next needed: others in this process may use the same vault."""
        self.database.file.disconnect()

    def close(self) -> None:
        """Close the vault; closing twice is no error."""
        self.is_closed = True
        with suppress(Exception):
            self.database.close()
