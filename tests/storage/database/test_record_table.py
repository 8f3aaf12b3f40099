"""TinyDB tables over the database: rows, records, conflicts, saves sent twice, several processes.

Promise: nothing is lost. Concurrent saves lose no update, and a save sent twice is stored once (7.12).

Writes touch their own rows, another process's commit is seen by the next read, no lost update.
TinyDB's own tests run in `test_tinydb_suite.py`.
"""

import math
import multiprocessing
import os
import threading

import pytest
from tinydb import TinyDB, where
from tinydb.table import Document

from guanai.care.errors import ConflictError, StorageError
from guanai.storage.database.databases import Database
from guanai.storage.database.record_db import RecordDB
from guanai.storage.database.record_storage import RecordStorage
from guanai.storage.database.schemas import MAX_DOC_ID

FORK = multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn")


@pytest.fixture(params=["memory", "file"])
def db(request, tmp_path):
    database = Database.open(tmp_path / "records.db" if request.param == "file" else None)
    yield RecordDB(database, author="李老师", clock=lambda: "2026-11-20T08:00:00.000Z")
    database.close()


@pytest.fixture
def visits(db):
    return db.table("home_visit")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "records.db"


def changes(db):
    return db.database.sequence()


# --- rows ---


def test_a_write_touches_only_its_own_rows(db, visits):
    visits.insert_multiple({"number": number} for number in range(100))
    before = changes(db)
    visits.update({"mode": "door"}, where("number") == 7)
    visits.update({"mode": "door"}, doc_ids=[50])
    visits.remove(where("number") == 9)
    assert changes(db) == before + 3


def test_an_update_that_changes_nothing_writes_nothing(db, visits):
    visits.insert({"mode": "door"})
    before = changes(db)
    visits.update({"mode": "door"})
    visits.replace(1, {"mode": "door"}, None)
    assert changes(db) == before


def test_what_is_returned_may_be_changed_freely(visits):
    visits.insert({"id": "v1", "problems": [{"kind": "study"}]})
    readers = (
        lambda: visits.all()[0],
        lambda: visits.get(doc_id=1),
        lambda: visits.get(where("id") == "v1"),
        lambda: visits.search(where("id") == "v1")[0],
        lambda: visits.by_id("v1"),
    )
    for read in readers:
        read()["problems"][0]["kind"] = "changed by a reader"
        assert [row["problems"][0]["kind"] for row in visits.rows()] == ["study"]
        assert read()["problems"][0]["kind"] == "study"


def test_documents_come_in_the_order_of_doc_id(visits):
    visits.rows()
    visits.insert(Document({"n": 1}, 20))
    visits.rows()
    visits.insert(Document({"n": 2}, 5))
    assert [document.doc_id for document in visits] == [5, 20]
    assert visits.insert({}) == 21


def test_a_doc_id_is_never_given_twice(visits):
    visits.insert_multiple([{}, {}, {}])
    visits.remove(doc_ids=[3])
    assert visits.insert({}) == 4


@pytest.mark.parametrize("doc_id", [-1, MAX_DOC_ID + 1])
def test_a_doc_id_out_of_range_is_refused(visits, doc_id):
    visits.insert({})
    with pytest.raises(ValueError, match="doc_id"):
        visits.insert(Document({}, doc_id))
    assert visits.get(doc_id=doc_id) is None
    assert len(visits) == 1


def test_tables_of_similar_names_are_different_tables(db):
    for number, name in enumerate(("a", "A", "家访", 'qu"ote', "a b")):
        db.table(name).insert({"n": number})
    assert [db.table(name).rows() for name in ("a", "A", "家访")] == [[{"n": 0}], [{"n": 1}], [{"n": 2}]]


@pytest.mark.parametrize(
    "document",
    [
        {"a": math.inf, "b": "\0", "c": "\ud800", "d": [1, [2, {"e": None}]]},
        {1: "number", "1": "text"},
        {"tuple": (1, 2)},
        {"n": 10**30},
        {},
    ],
    ids=str,
)
def test_what_is_read_is_what_was_stored(db, visits, document):
    visits.insert(document)
    stored = visits.all()
    other = RecordDB(db.database).table("home_visit")
    assert stored == other.all() == [visits.get(doc_id=1)]
    assert set(stored[0]) == set(map(str, document))
    visits.update({"more": 1})
    visits.update({"more": 2})
    assert visits.history(1)[2].before == {**stored[0], "more": 1}


def test_plain_tinydb_works_on_our_storage(db):
    """TinyDB's own Table class rewrites everything; the storage writes what differs."""
    plain = TinyDB(db.database, storage=RecordStorage)
    plain.insert_multiple([{"n": 1}, {"n": 2}])
    before = changes(db)
    plain.update({"n": 3}, where("n") == 2)
    assert changes(db) == before + 1
    assert db.all() == [{"n": 1}, {"n": 3}]
    plain.drop_table("_default")
    assert db.tables() == set()
    assert db.all() == []


def test_dropped_table_starts_anew(db, visits):
    visits.insert_multiple([{"id": "v1"}, {"id": "v2"}])
    db.drop_table("home_visit")
    assert db.tables() == set()
    assert db.table("home_visit").insert({"id": "v3"}) == 1
    assert db.table("home_visit").rows() == [{"id": "v3"}]
    assert {change.record_id for change in visits.bin()} == {"v1", "v2"}


# --- records ---


def test_by_id(visits):
    visits.insert({"id": "v1", "mode": "door"})
    visits.insert({"id": 7})
    record = visits.by_id("v1")
    assert (record, record.doc_id) == ({"id": "v1", "mode": "door"}, 1)
    assert visits.by_id("7") is None
    assert visits.by_id("nobody") is None


def test_replace_refuses_an_outdated_revision_with_both_versions(visits):
    visits.insert({"id": "v1", "revision": 1, "mode": "door"})
    visits.replace("v1", {"id": "v1", "revision": 2, "mode": "phone", "updated_by": "王老师"}, 1)
    mine = {"id": "v1", "revision": 2, "mode": "video"}
    with pytest.raises(ConflictError) as conflict:
        visits.replace("v1", mine, 1)
    assert conflict.value.mine == mine
    assert conflict.value.theirs["mode"] == "phone"
    assert "王老师" in conflict.value.message("zh")
    assert visits.rows()[0]["mode"] == "phone"


def test_replace_of_a_deleted_record_shows_what_was_deleted(visits):
    visits.insert({"id": "v1", "revision": 1})
    visits.to_bin("v1")
    with pytest.raises(ConflictError) as conflict:
        visits.replace("v1", {"id": "v1", "revision": 2}, 1)
    assert conflict.value.theirs == {"id": "v1", "revision": 1}
    assert "李老师" in conflict.value.message("zh")


def test_replace_of_a_record_that_never_was(visits):
    with pytest.raises(StorageError) as error:
        visits.replace("v1", {}, 1)
    assert error.value.key == "storage.no_record"
    with pytest.raises(StorageError):
        visits.to_bin("v1")


def test_to_bin_with_an_old_revision(visits):
    visits.insert({"id": "v1", "revision": 2})
    with pytest.raises(ConflictError):
        visits.to_bin("v1", expected_revision=1)
    assert visits.to_bin("v1", expected_revision=2) == {"id": "v1", "revision": 2}


def test_the_same_token_sent_twice_is_stored_once(visits):
    first = visits.insert_once({"id": "v1", "mode": "door"}, "page-1-save-1")
    again = visits.insert_once({"id": "v2", "mode": "door"}, "page-1-save-1")
    assert (first, first.doc_id) == (again, again.doc_id)
    assert len(visits) == 1
    assert visits.insert_once({"id": "v3"}).doc_id == visits.insert_once({"id": "v3"}).doc_id - 1
    changed = {"id": "v1", "mode": "phone", "revision": 2}
    assert visits.replace("v1", changed, None, "page-1-save-2") == changed
    assert visits.replace("v1", changed, None, "page-1-save-2") == changed
    assert [change.kind for change in visits.history("v1")] == ["insert", "update"]


def test_a_token_belongs_to_its_register(db, visits):
    assert visits.insert_once({}, "token") == visits.insert_once({}, "token") == {}
    db.table("talk").insert_once({"id": "t1"}, "token")
    assert (len(visits), db.table("talk").rows()) == (1, [{"id": "t1"}])
    visits.remove(doc_ids=[1])
    assert visits.insert_once({"id": "v1"}, "token") == {}  # it was kept, and deleted since
    assert len(visits) == 0


# --- all or nothing ---


def test_a_transaction_is_kept_whole_or_not_at_all(db, visits):
    visits.insert({"n": 0})
    with pytest.raises(ZeroDivisionError), db.transaction():
        visits.insert({"n": 1})
        db.table("talk").insert({"n": 2})
        assert visits.rows() == [{"n": 0}, {"n": 1}]
        assert visits.search(where("n") == 1) == [{"n": 1}]
        _ = 1 / 0
    assert visits.rows() == visits.search(where("n") >= 0) == [{"n": 0}]
    assert db.tables() == {"home_visit"}
    assert len(db.table("talk")) == 0
    with db.transaction(), db.transaction():
        visits.insert({"n": 1})
        db.table("talk").insert({"n": 2})
    assert (len(visits), len(db.table("talk"))) == (2, 1)


def test_one_bad_document_stores_none(visits):
    with pytest.raises(TypeError):
        visits.insert_multiple([{"n": 1}, {"n": object()}])
    with pytest.raises(ValueError, match="Mapping"):
        visits.insert_multiple([{"n": 1}, "text"])
    assert len(visits) == 0


# --- several readers and writers ---


def test_another_connection_sees_the_commit_at_its_next_read(path):
    ours, theirs = (RecordDB(Database.open(path)).table("home_visit") for _ in range(2))
    query = where("n") >= 0
    assert ours.rows() == theirs.rows() == theirs.search(query) == []
    for step in (
        lambda: ours.insert_multiple([{"n": 1}, {"n": 2}, {"n": 3}]),
        lambda: ours.update({"n": 5}, where("n") == 2),
        lambda: ours.remove(doc_ids=[1]),
        lambda: ours.restore(1),
        ours.truncate,
    ):
        step()
        assert theirs.rows() == ours.rows()
        assert theirs.search(query) == [row for row in ours.rows() if row["n"] >= 0]
        assert len(theirs) == len(ours.rows())


def test_a_reader_fetches_only_what_changed(path, monkeypatch):
    ours, theirs = (RecordDB(Database.open(path)) for _ in range(2))
    ours.table("home_visit").insert_multiple({"n": number} for number in range(50))
    theirs.table("home_visit").rows()
    ours.table("home_visit").update({"n": -1}, doc_ids=[3, 4])
    fetched = []
    run = theirs.database.run
    monkeypatch.setattr(
        theirs.database, "run", lambda *given, **values: fetched.append(run(*given, **values)) or fetched[-1]
    )
    theirs.table("home_visit").rows()
    assert sum(map(len, fetched)) == 1 + 2  # the newest number, and two rows
    fetched.clear()
    theirs.table("home_visit").rows()
    assert sum(map(len, fetched)) == 1


def test_two_saves_over_the_same_version_from_two_processes(path):
    ours, theirs = (RecordDB(Database.open(path)).table("home_visit") for _ in range(2))
    ours.insert({"id": "v1", "revision": 1})
    theirs.by_id("v1")
    ours.replace("v1", {"id": "v1", "revision": 2, "by": "us"}, 1)
    with pytest.raises(ConflictError):
        theirs.replace("v1", {"id": "v1", "revision": 2, "by": "them"}, 1)
    assert theirs.rows() == [{"id": "v1", "revision": 2, "by": "us"}]


def _insert_fifty(path, writer):
    table = RecordDB(Database.open(path), author=str(writer)).table("home_visit")
    for number in range(50):
        table.insert({"id": f"{writer}-{number}"})


def test_eight_processes_lose_and_repeat_no_save(path):
    """Stock TinyDB keeps 8 of these 400 (measurements): eight visitors are eight processes under Voila."""
    writers = [FORK.Process(target=_insert_fifty, args=(path, writer)) for writer in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
    assert [writer.exitcode for writer in writers] == [0] * 8
    table = RecordDB(Database.open(path)).table("home_visit")
    expected = {f"{writer}-{number}" for writer in range(8) for number in range(50)}
    assert len(table) == 400
    assert {row["id"] for row in table.rows()} == expected
    assert sorted(document.doc_id for document in table) == list(range(1, 401))


def test_threads_wait_for_each_others_transactions(path):
    db = RecordDB(Database.open(path))
    table = db.table("home_visit")

    def save(writer):
        for number in range(25):
            with db.transaction():
                table.insert({"id": f"{writer}-{number}"})
                assert table.by_id(f"{writer}-{number}")
            table.rows()

    threads = [threading.Thread(target=save, args=(writer,)) for writer in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len({row["id"] for row in table.rows()}) == len(table) == 150
