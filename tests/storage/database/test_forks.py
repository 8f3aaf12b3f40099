"""A process that has a school open and forks: both sides keep what they save.

Promise: nothing is lost. Each process keeps what it saves, also after a fork (7.12).

Kernels may be forked from a process that has imported and opened everything.
"""

import multiprocessing
import os
import threading

import pytest

from guanai.care.errors import StorageError
from guanai.storage.database.databases import Database
from guanai.storage.database.record_db import RecordDB

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on Windows")

FORK = multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "records.db"


@pytest.fixture
def table(path):
    db = RecordDB(Database.open(path))
    db.table("home_visit").insert({"id": "before"})
    yield db.table("home_visit")
    db.close()


def ids(table):
    return [row["id"] for row in table.rows()]


def in_child(act, *given):
    """Run a function in a forked child, with one end of a pipe; return the other end and the child."""
    ours, theirs = FORK.Pipe()
    child = FORK.Process(target=act, args=(*given, theirs))
    child.start()
    return ours, child


def _save(table, pipe):
    table.insert({"id": "child"})
    pipe.send(ids(table))


def test_parent_and_child_both_keep_what_they_save_after_a_fork(table):
    table.rows()
    ours, child = in_child(_save, table)
    assert ours.recv() == ["before", "child"]
    child.join(30)
    assert child.exitcode == 0
    table.insert({"id": "after"})
    assert ids(table) == ["before", "child", "after"]


def _save_when_told(table, pipe):
    table.insert({"id": "first"})
    pipe.send("saved")
    pipe.recv()
    table.insert({"id": "second"})
    pipe.send("saved")


def _look(path, pipe):
    pipe.send(len(RecordDB(Database.open(path)).table("home_visit")))


def test_saves_of_a_child_survive_its_parent_closing_the_file(table, path):
    """The last process to close the file deletes its log; a child without locks would go on writing to that."""
    ours, child = in_child(_save_when_told, table)
    assert ours.recv() == "saved"
    table.storage.close()
    other, looker = in_child(_look, path)
    assert other.recv() == 2
    looker.join(30)
    ours.send("go on")
    assert ours.recv() == "saved"
    child.join(30)
    with RecordDB(Database.open(path)) as again:
        assert ids(again.table("home_visit")) == ["before", "first", "second"]


def _try_to_save(table, pipe):
    try:
        table.insert({"id": "child"})
    except StorageError as error:
        pipe.send(error.key)


def test_a_child_forked_within_a_transaction_cannot_save(table):
    with table.storage.database.transaction():
        table.insert({"id": "within"})
        ours, child = in_child(_try_to_save, table)
        assert ours.recv() == "storage.closed"
        child.join(30)
    assert ids(table) == ["before", "within"]


def test_a_fork_waits_for_the_transaction_of_another_thread(table):
    begun, end = threading.Event(), threading.Event()

    def change():
        with table.storage.database.transaction():
            table.insert({"id": "thread"})
            begun.set()
            end.wait(30)

    thread = threading.Thread(target=change)
    thread.start()
    begun.wait(30)
    threading.Timer(0.1, end.set).start()
    ours, child = in_child(_save, table)
    assert ours.recv() == ["before", "thread", "child"]
    child.join(30)
    thread.join(30)


def test_a_child_gets_a_copy_of_a_database_in_memory():
    table = RecordDB(Database.open(None)).table("home_visit")
    table.insert({"id": "before"})
    ours, child = in_child(_save, table)
    assert ours.recv() == ["before", "child"]
    child.join(30)
    assert ids(table) == ["before"]
