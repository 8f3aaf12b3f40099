"""What the vault's process has open: the vault, the records (for reading: whose a child is), and the sheet 权限."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from guanai.care.errors import PolicyError, StorageError
from guanai.care.rights.rights import RightRow
from guanai.care.rights.rights_rows import CLOSED
from guanai.storage.database.databases import Database
from guanai.storage.files.school_folder import SchoolFolder
from guanai.storage.records.records import OWNER, Identity
from guanai.storage.records.registers import Registers
from guanai.storage.school.rights_in_use import check_rights, rights_in_use, rights_rows
from guanai.storage.school.workbooks import read_workbook
from guanai.storage.vault.moving import move_registers
from guanai.storage.vault.own import OwnVault
from guanai.storage.vault.store import VaultStore
from guanai.storage.vault.trail import Entry

__all__ = ["VaultRecords"]

log = logging.getLogger("guanai.vault")


class VaultRecords:
    """The vault of a school with what says who may see what of it. Raises StorageError where it cannot be opened."""

    def __init__(self, path: Path) -> None:
        self.folder = SchoolFolder(path)
        self.store = VaultStore(self.folder.vault)
        self.store.file.make()
        self.database = Database.open(self.folder.records, read_only=True)
        self.whole = self.registers_of(OWNER, "")
        self.waiting: list[Entry] = []
        self._unsynced = False
        self.move_restricted()
        self._rights: tuple[object, tuple[RightRow, ...]] | None = None

    def registers_of(self, identity: Identity, source: str) -> Registers:
        """Return the registers in the name of one person, whole; ``source`` is where their requests come from."""
        vault = OwnVault(self.store, identity.person, identity.roles, source)
        return Registers(self.folder, self.database, identity, vault)

    def move_restricted(self) -> None:
        """Move what has become restricted out of the records' file; where it cannot be moved now, the log says why."""
        restricted = [name for name in self.whole.forms() if self.whole.is_restricted(name)]
        try:
            move_registers(self.folder.records, self.store, restricted)
        except StorageError:
            log.exception(
                "Restricted registers were not moved into the vault; the next page that opens tries again."
            )

    def rights(self) -> Sequence[RightRow]:
        """Return the sheet 权限 in use, read again once the workbook has changed.

        Nothing else of the workbook is read here, and no rule of the school's own is run.
        """
        stamp = self._stamp()
        if self._rights is None or self._rights[0] != stamp:
            self._rights = (stamp, self._read_rights())
        return self._rights[1]

    def _stamp(self) -> object:
        try:
            stat = self.folder.workbook.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size

    def _read_rights(self) -> tuple[RightRow, ...]:
        """Return the rows of the workbook, or of its last good copy, or as far as they can be used; none: those that ship."""
        books = [self.folder.workbook, self.folder.internal / self.folder.workbook.name]
        books = [book for book in books if book.exists()]
        if not books:
            return rights_in_use(self.whole, None)
        for book in books:
            with suppress(PolicyError):
                sheets = read_workbook(book)
                check_rights(self.whole, sheets, book.name)
                return rights_in_use(self.whole, rights_rows(sheets, book.name))
        with suppress(PolicyError):
            return rights_in_use(self.whole, rights_rows(read_workbook(books[0]), books[0].name))
        return CLOSED

    def later(self, entries: Sequence[Entry]) -> None:
        """Write entries of the trail soon: before the next answer, or when nothing is asked."""
        self.waiting += entries

    def write_waiting(self) -> None:
        """Write what waits."""
        if self.waiting:
            entries, self.waiting = self.waiting, []
            self.store.log.append(entries)
            self._unsynced = True

    def sync(self) -> bool:
        """Let the trail be on the disk; return whether there was anything new of it."""
        unsynced, self._unsynced = self._unsynced, False
        if unsynced:
            self.store.file.sync()
        return unsynced

    @property
    def is_synced(self) -> bool:
        """Whether all of the trail is on the disk."""
        return not self._unsynced and not self.waiting

    def child_of(self, form: str, record_id: str) -> str:
        """Return the id of the child that a record of the registers names; empty where that cannot be told."""
        if form == "child":
            return record_id
        try:
            record: Any = self.whole.record(form, record_id) if form in self.whole.forms() else None
        except StorageError:
            return ""
        return str((record or {}).get("child") or "")

    def close(self) -> None:
        """Close the vault and the records."""
        self.store.close()
        self.database.close()
