"""Records of a register that has become restricted move into the vault, and nothing of them stays in the records' file.

Issue 13, section 3; R35; requirements 3, rule 1.
"""

import multiprocessing
import os
import signal
import sqlite3
import time
from contextlib import closing

import pytest

from guanai.storage.database.databases import Database
from guanai.storage.database.record_db import RecordDB
from guanai.storage.records.drafts import Drafts
from guanai.storage.vault.moving import is_to_be_moved, move_registers
from guanai.storage.vault.own import OwnVault
from guanai.storage.vault.store import VaultStore

PLANTED = "她说的话只有老师知道"
NAMES = {"counselling"}
FORK = multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn")


def card(key, said=PLANTED, revision=1):
    return {"id": key, "revision": revision, "told": said}


@pytest.fixture
def paths(tmp_path):
    """A records' file with cards that were changed, deleted and restored, a draft of one, and other registers."""
    records, vault = tmp_path / "records.db", tmp_path / "vault.db"
    with RecordDB(Database.open(records), author="何老师") as db:
        db.table("child").insert({"id": "c1", "name": "小雨"})
        table = db.table("counselling")
        for key in "abc":
            table.insert_once(card(key), f"token-{key}")
        table.ensure_index("child")
        table.replace("a", card("a", PLANTED + "后来", 2), 1)
        table.to_bin("b")
        table.to_bin("c")
        table.restore("c")
        Drafts(db.database, "何老师", "counselling").save("t1", {"told": PLANTED})
        Drafts(db.database, "何老师", "talk").save("t2", {"topic": "学习"})
    return records, vault


def whole(records, vault):
    """Return what there is of the register in the vault: rows, kinds of changes and the bin."""
    table = OwnVault(VaultStore(vault), "x").table("counselling", str)
    histories = {
        key: [(change.kind, change.by, change.after) for change in table.history(key)] for key in "abc"
    }
    return table.rows(), histories, [change.record_id for change in table.bin()]


def content_of(records):
    return b"".join(file.read_bytes() for file in records.parent.glob("records.db*"))


EXPECTED_KINDS = {"a": ["insert", "update"], "b": ["insert", "delete"], "c": ["insert", "delete", "restore"]}


def check(records, vault):
    rows, histories, deleted = whole(records, vault)
    assert rows == [card("a", PLANTED + "后来", 2), card("c")]
    assert {key: [kind for kind, _, _ in changes] for key, changes in histories.items()} == EXPECTED_KINDS
    assert deleted == ["b"]
    drafts = OwnVault(VaultStore(vault), "何老师").drafts().rows()
    assert [(draft["token"], PLANTED in draft["content"]) for draft in drafts] == [("t1", True)]


def test_everything_moves_with_history_bin_and_drafts(paths):
    records, vault = paths
    assert move_registers(records, VaultStore(vault), NAMES) == 7
    check(records, vault)
    assert not is_to_be_moved(records, VaultStore(vault), NAMES)


def test_nothing_stays_behind_in_the_records_file_and_the_rest_does(paths):
    records, vault = paths
    assert PLANTED.encode() in content_of(records)
    move_registers(records, VaultStore(vault), NAMES)
    assert PLANTED.encode() not in content_of(records)
    with RecordDB(Database.open(records)) as db:
        assert db.table("child").rows() == [{"id": "c1", "name": "小雨"}]
        assert db.table("counselling").rows() == []
        assert [draft.form for draft in Drafts(db.database, "何老师").all()] == ["talk"]


def test_a_token_that_was_saved_before_is_still_saved_once(paths):
    records, vault = paths
    store = VaultStore(vault)
    move_registers(records, store, NAMES)
    table = OwnVault(store, "何老师").table("counselling", str)
    assert table.insert_once(card("again"), "token-a")["id"] == "a"


def test_who_has_read_the_records_before_misses_no_change_after_the_move(paths):
    """The newest change was one of those that moved: its number is given to no other."""
    records, vault = paths
    with RecordDB(Database.open(records)) as db:
        before = db.database.sequence()
        assert len(db.table("child").rows()) == 1
        move_registers(records, VaultStore(vault), NAMES)
        with RecordDB(Database.open(records)) as other:
            other.table("child").insert({"id": "c2", "name": "小雪"})
        assert db.database.sequence() == before + 1
        assert len(db.table("child").rows()) == 2


def test_records_saved_by_an_older_program_afterwards_move_too(paths):
    records, vault = paths
    store = VaultStore(vault)
    move_registers(records, store, NAMES)
    OwnVault(store, "何老师").table("counselling", str).insert_once(card("new"))
    with RecordDB(Database.open(records)) as db:
        db.table("counselling").insert_once(card("old"))
    assert move_registers(records, store, NAMES) == 1
    ids = [row["id"] for row in whole(records, vault)[0]]
    assert sorted(ids) == ["a", "c", "new", "old"]


def _move(records, vault):
    move_registers(records, VaultStore(vault), NAMES)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills need signals")
def test_kills_at_any_point_lose_and_double_nothing(paths, tmp_path):
    records, vault = paths
    for wait in (0.0, 0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06):
        process = FORK.Process(target=_move, args=(records, vault))
        process.start()
        time.sleep(wait)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    move_registers(records, VaultStore(vault), NAMES)
    check(records, vault)
    assert PLANTED.encode() not in content_of(records)


@pytest.mark.parametrize("step", range(1, 40))
def test_a_stop_at_each_statement_loses_and_doubles_nothing(paths, step, monkeypatch):
    """The records' file refuses the n-th statement, as if the process ended there; the next call goes on."""
    from guanai.storage.vault import moving

    records, vault = paths
    connect, done = sqlite3.connect, []

    class Stopping(sqlite3.Connection):
        def execute(self, sql, *values):
            done.append(sql)
            if len(done) == step:
                raise KeyboardInterrupt
            return super().execute(sql, *values)

    monkeypatch.setattr(
        moving.sqlite3, "connect", lambda path, **options: connect(path, factory=Stopping, **options)
    )
    store = VaultStore(vault)
    try:
        move_registers(records, store, NAMES)
    except KeyboardInterrupt:
        monkeypatch.undo()
        with closing(connect(records)) as looked:
            looked.execute("SELECT count(*) FROM history").fetchone()
        store.close()
        move_registers(records, VaultStore(vault), NAMES)
    check(records, vault)
    assert PLANTED.encode() not in content_of(records)
