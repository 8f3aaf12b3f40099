"""Records of a register that has become restricted move from the records' file into the vault, with their history and drafts.

In two steps, each of which is done whole or not at all, and may be begun again after a kill: all of it is taken over into the
vault, then it is purged from the records' file (overwritten, the file written anew, its log emptied). What was taken over is
written in the vault in the same step, so nothing is taken twice; purged is only what was.
"""

import logging
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from guanai.storage.database import schemas
from guanai.storage.database.database_file import error_of
from guanai.storage.database.record_storage import utc_now
from guanai.storage.vault.store import VaultStore

__all__ = ["is_to_be_moved", "move_registers"]

log = logging.getLogger("guanai.storage")

SECONDS = 20.0
#: What the vault remembers: the last change taken over of each register, and that the records' file is to be purged.
TAKEN, PURGING = "moved", "purging"
DRAFT_COLUMNS = ("token", "person", "form", "record_id", "version", "at", "content")


def is_to_be_moved(path: Path, store: VaultStore, registers: Collection[str]) -> bool:
    """Whether the records' file has anything of some registers, or is still to be purged of it. Costs microseconds."""
    if not path.exists() or not registers:
        return False
    if store.file.sealed_meta(PURGING):
        return True
    with _opened(path) as records:
        return bool(_tables(records, registers) or _drafts(records, registers))


def move_registers(path: Path, store: VaultStore, registers: Collection[str]) -> int:
    """Move registers from the records' file of a school into its vault; return how many changes were moved.

    Raises StorageError; then nothing is lost, and the next call goes on.
    """
    if not is_to_be_moved(path, store, registers):
        return 0
    with _opened(path) as records:
        moved = _take_over(records, store, registers)
        _purge(records, store, registers)
    if moved:
        log.info("Moved %s changes of restricted registers into the vault.", moved)
    return moved


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(path, timeout=SECONDS, isolation_level=None)) as records:
            records.row_factory = sqlite3.Row
            records.execute("PRAGMA synchronous = FULL")
            records.execute("PRAGMA secure_delete = ON")
            yield records
    except sqlite3.Error as error:
        raise error_of(error, path, SECONDS) from error


def _marks(values: Collection[Any]) -> str:
    return ",".join("?" * len(values))


def _tables(records: sqlite3.Connection, registers: Collection[str]) -> dict[str, int]:
    """Return the numbers of those registers that the records' file has."""
    sql = f"SELECT name, number FROM tables WHERE listed AND name IN ({_marks(registers)})"  # noqa: S608  # marks only
    return {row["name"]: row["number"] for row in records.execute(sql, list(registers))}


def _drafts(records: sqlite3.Connection, registers: Collection[str]) -> list[sqlite3.Row]:
    if not records.execute("SELECT 1 FROM sqlite_master WHERE name = 'unsaved'").fetchone():
        return []
    sql = f"SELECT * FROM unsaved WHERE form IN ({_marks(registers)})"  # noqa: S608  # marks only
    return records.execute(sql, list(registers)).fetchall()


def _changes(records: sqlite3.Connection, register: str, after: int) -> list[sqlite3.Row]:
    sql = "SELECT * FROM history WHERE table_name = ? AND seq > ? ORDER BY seq"
    return records.execute(sql, (register, after)).fetchall()


def _take_over(records: sqlite3.Connection, store: VaultStore, registers: Collection[str]) -> int:
    """Write what the vault does not have yet into it, all in one change."""
    count = 0
    with store.database.transaction():
        taken: dict[str, int] = store.file.sealed_meta(TAKEN) or {}
        for register in _tables(records, registers):
            changes = _changes(records, register, taken.get(register, 0))
            if changes:
                store.database.take_over(register, _as_in_vault(store, register, changes))
                taken[register] = changes[-1]["seq"]
                count += len(changes)
        for draft in _drafts(records, registers):
            values = {name: draft[name] for name in DRAFT_COLUMNS}
            store.file.put_draft(values["person"], values["token"], values)
        store.file.put_sealed_meta(TAKEN, taken)
        store.file.put_sealed_meta(PURGING, value=True)
    return count


def _as_in_vault(store: VaultStore, register: str, changes: Iterable[sqlite3.Row]) -> list[dict[str, Any]]:
    """Return changes with numbers of the vault: those of documents stay, unless another record has one by now."""
    number = store.database.sequence()
    used = store.database.doc_ids(register)
    numbers: dict[int, int] = {}
    doc_ids: dict[int, int] = {}
    rows = []
    for change in changes:
        number += 1
        numbers[change["seq"]] = number
        doc_id = change["doc_id"]
        if doc_id not in doc_ids:
            owner = used.get(doc_id, change["record_id"])
            free = max([0, *used, *doc_ids.values()]) + 1
            doc_ids[doc_id] = doc_id if owner == change["record_id"] else free
        row = {key: change[key] for key in change.keys() if key != "before"}  # of a sqlite3.Row
        rows.append(
            row
            | {
                "seq": number,
                "prior": numbers.get(change["prior"]),
                "doc_id": doc_ids[doc_id],
                "before": None,
            }
        )
    return rows


def _purge(records: sqlite3.Connection, store: VaultStore, registers: Collection[str]) -> None:
    """Remove from the records' file what the vault has, so that it is in none of its pages and not in its log."""
    taken: dict[str, int] = store.file.sealed_meta(TAKEN) or {}
    records.execute("BEGIN IMMEDIATE")
    try:
        for register, number in _tables(records, registers).items():
            if _changes(records, register, taken.get(register, 0)):
                continue  # saved meanwhile: moved the next time
            _purge_register(records, register, number)
        sql = f"DELETE FROM unsaved WHERE form IN ({_marks(registers)})"  # noqa: S608  # marks only
        if _drafts(records, registers):
            records.execute(sql, list(registers))
        records.execute("COMMIT")
    except BaseException:
        records.rollback()
        raise
    records.execute("VACUUM")
    busy = records.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    if not busy:  # else somebody is reading: the log is emptied the next time
        with store.file.change():
            store.file.put_sealed_meta(PURGING, value=False)


def _purge_register(records: sqlite3.Connection, register: str, number: int) -> None:
    last, doc_id = records.execute(
        "SELECT max(seq), max(doc_id) FROM history WHERE table_name = ?", (register,)
    ).fetchone()
    newest = records.execute("SELECT max(seq) FROM history").fetchone()[0]
    bounds = schemas.key_range(number)
    records.execute("DELETE FROM records WHERE place BETWEEN ? AND ?", (bounds["first"], bounds["last"]))
    records.execute("DELETE FROM history WHERE table_name = ?", (register,))
    if last is not None and last == newest:
        # The number of the newest change must not be given to another one: who has read up to it would miss that.
        records.execute(
            "INSERT INTO history (seq, at, author, table_name, doc_id, kind) VALUES (?, ?, '', '', 0, 'delete')",
            (last, utc_now()),
        )
    records.execute(
        "UPDATE tables SET listed = 0, next_id = max(next_id, ?) WHERE number = ?",
        ((doc_id or 0) + 1, number),
    )
