"""A database file: opening it, one change at a time, kept through kill -9.

Promise: nothing is lost. A save that was acknowledged survives a kill (7.12).
"""

import multiprocessing
import os
import random
import signal
import sqlite3
import time
from contextlib import suppress

import pytest
from sqlalchemy import select, text

from guanai.care.errors import StorageError
from guanai.storage.database.database_file import APPLICATION, VERSION
from guanai.storage.database.databases import Database
from guanai.storage.database.record_db import RecordDB
from guanai.storage.database.schemas import history

FORK = multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "记录 100%.db"


def pragma(path, name):
    with sqlite3.connect(path) as connection:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]


def test_settings_of_a_new_file(path):
    database = Database.open(path)
    settings = {
        name: database.run(text(f"PRAGMA {name}"))[0][0]
        for name in ("journal_mode", "synchronous", "busy_timeout")
    }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 20_000}
    database.close()
    assert (pragma(path, "application_id"), pragma(path, "user_version")) == (APPLICATION, VERSION)


def test_what_was_saved_is_there_after_opening_again(path):
    with RecordDB(Database.open(path)) as db:
        db.table("child").insert({"id": "c1", "name": "小雨"})
    with RecordDB(Database.open(str(path))) as db:
        assert db.table("child").rows() == [{"id": "c1", "name": "小雨"}]


def test_opened_for_reading_only(path):
    with RecordDB(Database.open(path)) as db:
        db.table("child").insert({"name": "小雨"})
    before = path.read_bytes()
    reader = RecordDB(Database.open(path, read_only=True))
    assert reader.table("child").rows() == [{"name": "小雨"}]
    reader.table("child").ensure_index("name")
    with pytest.raises(StorageError) as error:
        reader.table("child").insert({})
    assert error.value.key == "storage.opened_read_only"
    reader.close()
    assert path.read_bytes() == before


def test_memory_is_not_shared():
    first, second = RecordDB(Database.open(None)), RecordDB(Database.open(None))
    first.insert({})
    assert (len(first), len(second)) == (1, 0)


def test_sequence_grows_with_each_change():
    db = RecordDB(Database.open(None))
    seen = [db.database.sequence()]
    for change in (lambda: db.insert({}), lambda: db.update({"n": 1}), lambda: db.remove(doc_ids=[1])):
        change()
        seen.append(db.database.sequence())
    assert seen == [0, 1, 2, 3]


def test_version_of_a_table_changes_only_with_it():
    db = RecordDB(Database.open(None))
    db.table("child").insert({})
    before = db.database.rows("child").version
    db.table("talk").insert({})
    assert db.database.rows("child").version == before
    db.table("child").insert({})
    assert db.database.rows("child").version > before


def test_after_closing(path):
    database = Database.open(path)
    database.close()
    database.close()
    with pytest.raises(StorageError) as error:
        database.sequence()
    assert error.value.key == "storage.closed"
    with pytest.raises(StorageError), database.transaction():
        pass


def test_a_transaction_with_a_failed_statement_is_not_committed(path):
    """Whoever catches a storage error in the middle must not keep the other half."""
    db = RecordDB(Database.open(path))
    broken = select(history.c.seq).where(text("no_such_column = 1"))

    def save():
        with db.transaction():
            db.insert({"n": 1})
            try:
                db.database.run(broken)
            except StorageError:
                db.insert({"n": 2})

    with pytest.raises(StorageError):
        save()
    assert len(db) == 0
    db.insert({"n": 3})
    assert db.all() == [{"n": 3}]


def test_eight_processes_open_a_new_file_at_once(path):
    openers = [FORK.Process(target=_open, args=(path,)) for _ in range(8)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join(60)
    assert [opener.exitcode for opener in openers] == [0] * 8


def _open(path):
    assert Database.open(path).sequence() == 0


# --- kill -9 ---


def _save_until_killed(path, name, acknowledge):
    """Save, change and delete records; say so after each save has returned."""
    table = RecordDB(Database.open(path), author=name).table("home_visit")
    number = 0
    while True:
        record_id = f"{name}-{number}"
        table.insert_once({"id": record_id, "revision": 1, "text": "访" * 200}, token=record_id)
        os.write(acknowledge, f"insert {record_id}\n".encode())
        if number % 3 == 1:
            table.replace(record_id, {"id": record_id, "revision": 2}, 1)
            os.write(acknowledge, f"replace {record_id}\n".encode())
        if number % 3 == 2:
            table.to_bin(record_id)
            os.write(acknowledge, f"delete {record_id}\n".encode())
        number += 1


def _kill_writers(path, kills, seed):
    """Keep two writers saving and kill each at a random moment; return which saves had returned."""
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    ours, theirs = os.pipe()
    os.set_blocking(ours, False)
    acknowledged, running, started = b"", {}, 0
    while started < kills or running:
        if len(running) < 2 and started < kills:
            name = f"w{started}"
            writer = FORK.Process(target=_save_until_killed, args=(path, name, theirs))
            writer.start()
            running[name] = (writer, None)
            started += 1
        for name, (writer, end) in list(running.items()):
            if end is None and f" {name}-".encode() in acknowledged:  # it is saving: give it a moment
                running[name] = (writer, time.monotonic() + chance.uniform(0, 0.1))
            elif end is not None and time.monotonic() >= end:
                os.kill(writer.pid, signal.SIGKILL)
                writer.join()
                assert writer.exitcode == -signal.SIGKILL  # it was saving to the end
                del running[name]
        acknowledged += _all_there_is(ours)
        time.sleep(0.001)
    acknowledged += _all_there_is(ours)
    os.close(ours)
    os.close(theirs)
    return [line.split() for line in acknowledged.decode().splitlines()]


def _all_there_is(pipe):
    content = b""
    with suppress(BlockingIOError):
        while True:
            content += os.read(pipe, 1 << 20)
    return content


def _check_after_kills(path, acknowledged):
    db = RecordDB(Database.open(path))
    assert db.database.run(text("PRAGMA integrity_check")) == [("ok",)]
    table = db.table("home_visit")
    stored = [row["id"] for row in table.rows()]
    binned = [change.record_id for change in table.bin()]
    assert len(stored + binned) == len(set(stored + binned)), "a save was kept twice"
    for what, record_id in acknowledged:
        history_kinds = [change.kind for change in table.history(record_id)]
        expected = {"insert": "insert", "replace": "update", "delete": "delete"}[what]
        assert history_kinds.count(expected) == 1, f"{what} of {record_id} was acknowledged and lost"
        if what == "delete":
            assert record_id in binned
        elif what == "replace":
            assert table.by_id(record_id)["revision"] == 2
    # Every document is what its last change says, in every register of the file.
    assert {row["id"]: row for row in table.rows()} == {
        record_id: table.history(record_id)[-1].after for record_id in stored
    }
    db.close()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is a POSIX signal")
@pytest.mark.parametrize("kills", [10, pytest.param(200, marks=pytest.mark.slow)])
def test_nothing_is_lost_in_a_kill(path, kills):
    Database.open(path).close()
    acknowledged = _kill_writers(path, kills, seed=kills)
    assert len(acknowledged) >= kills  # they had really been saving
    _check_after_kills(path, acknowledged)
