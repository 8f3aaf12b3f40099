"""The history of records and the bin: nothing is ever lost by an edit.

Requirement: history, not overwrite (7.6). Promise: deleted records can be restored.
"""

import pytest

from guanai.care.errors import StorageError
from guanai.storage.database.databases import Database
from guanai.storage.database.record_db import RecordDB


@pytest.fixture
def db():
    times = iter(f"2026-11-20T08:00:{second:02}.000Z" for second in range(60))
    return RecordDB(Database.open(None), author="李老师", clock=lambda: next(times))


@pytest.fixture
def children(db):
    return db.table("child")


def kinds(changes):
    return [change.kind for change in changes]


def test_every_change_says_who_when_and_what(db, children):
    children.insert({"id": "c1", "name": "小雨", "guardian": "奶奶"})
    RecordDB(db.database, author="王老师", clock=db.clock).table("child").update(
        {"guardian": "爷爷"}, doc_ids=[1]
    )
    children.to_bin("c1")
    first, second, third = children.history("c1")
    assert (first.kind, first.by, first.at) == ("insert", "李老师", "2026-11-20T08:00:00.000Z")
    assert (first.before, first.after) == (None, {"id": "c1", "name": "小雨", "guardian": "奶奶"})
    assert (second.kind, second.by, second.table, second.doc_id) == ("update", "王老师", "child", 1)
    assert (second.before["guardian"], second.after["guardian"]) == ("奶奶", "爷爷")
    assert (third.kind, third.before, third.after) == ("delete", second.after, None)
    assert first.seq < second.seq < third.seq


def test_a_deleted_record_can_be_restored(children):
    children.insert_multiple([{"id": "c1", "name": "小雨"}, {"id": "c2", "name": "小雪"}])
    children.to_bin("c1")
    children.to_bin("c2")
    assert [change.before["name"] for change in children.bin()] == ["小雪", "小雨"]
    restored = children.restore("c1")
    assert (restored, restored.doc_id) == ({"id": "c1", "name": "小雨"}, 1)
    assert [change.record_id for change in children.bin()] == ["c2"]
    assert kinds(children.history("c1")) == ["insert", "delete", "restore"]
    children.to_bin("c1")
    assert [change.record_id for change in children.bin()] == ["c1", "c2"]
    assert children.restore("c1")
    assert kinds(children.history("c1")) == ["insert", "delete", "restore", "delete", "restore"]


def test_restore_by_doc_id(children):
    children.insert({"name": "小雨"})
    children.remove(doc_ids=[1])
    assert children.restore(1) == {"name": "小雨"}
    assert kinds(children.history(1)) == ["insert", "delete", "restore"]


@pytest.mark.parametrize("key", ["c1", "nobody", 1, 99])
def test_what_is_not_in_the_bin_is_not_restored(children, key):
    children.insert({"id": "c1"})
    with pytest.raises(StorageError) as error:
        children.restore(key)
    assert error.value.key == "storage.not_in_bin"
    assert kinds(children.history("c1")) == ["insert"]


def test_a_record_that_came_back_another_way_is_not_restored_beside_itself(children):
    children.insert({"id": "c1", "name": "old"})
    children.to_bin("c1")
    children.insert({"id": "c1", "name": "imported again"})
    with pytest.raises(StorageError):
        children.restore("c1")
    assert [row["name"] for row in children.rows()] == ["imported again"]


def test_restore_after_the_table_was_emptied(children):
    children.insert({"id": "c1"})
    children.truncate()
    children.insert({"id": "c2"})  # takes doc_id 1 again, as TinyDB counts
    assert children.restore("c1").doc_id == 2
    assert [row["id"] for row in children.rows()] == ["c2", "c1"]
    assert kinds(children.history("c1")) == ["insert", "delete", "restore"]
    assert kinds(children.history("c2")) == ["insert"]


def test_history_of_a_record_whose_doc_id_was_given_again(children):
    children.insert({"id": "c1"})
    children.truncate()
    children.insert({"id": "c2"})
    assert kinds(children.history("c1")) == ["insert", "delete"]
    assert [change.record_id for change in children.history(1)] == ["c2"]


def test_no_history(db, children):
    assert children.history("nobody") == children.history(1) == children.bin() == []
    children.insert({})
    assert children.history("nobody") == children.history(2) == []


def test_a_change_that_is_rolled_back_leaves_no_history(db, children):
    children.insert({"id": "c1"})
    with pytest.raises(ZeroDivisionError), db.transaction():
        children.to_bin("c1")
        _ = 1 / 0
    assert kinds(children.history("c1")) == ["insert"]
    assert children.bin() == []


def test_registers_have_their_own_bins(db, children):
    children.insert({"id": "c1"})
    db.table("talk").insert({"id": "c1"})
    children.to_bin("c1")
    assert db.table("talk").bin() == []
    assert kinds(db.table("talk").history("c1")) == ["insert"]
