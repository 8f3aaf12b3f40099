"""What can go wrong with the file: each fault says what to do, in both languages, and changes nothing.

Promise: errors say what to do. A full disk, a damaged or read-only file and one of a newer version change nothing (7.12).
"""

import multiprocessing
import os
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from guanai.care.errors import StorageError
from guanai.storage.database.database_file import VERSION, error_of
from guanai.storage.database.databases import Database
from guanai.storage.database.record_db import RecordDB

POSIX = hasattr(os, "fork")
ROOT = POSIX and os.geteuid() == 0
posix = pytest.mark.skipif(not POSIX, reason="needs POSIX rights and limits")
ADVICE = {  # what each message must tell the reader to do
    "storage.full": ("腾出空间", "Make room"),
    "storage.read_only": ("只读", "read-only"),
    "storage.missing": ("guanai init", "guanai init"),
    "storage.cannot_open": ("请检查", "Check that"),
    "storage.damaged": ("备份恢复", "restore the newest copy"),
    "storage.newer": ("请升级", "Upgrade"),
    "storage.foreign": ("移到别处", "move the other program's file"),
    "storage.busy": ("再保存一次", "Save again"),
}


def check_words(error, key):
    assert error.key == key, error
    for language, advice in zip(("zh", "en"), ADVICE[key], strict=True):
        message = error.message(language)
        assert advice in message
        assert "{" not in message
        assert str(error.values["path"]) in message


@pytest.fixture
def path(tmp_path):
    """A whole file with 200 records."""
    made = tmp_path / "records.db"
    with RecordDB(Database.open(made)) as db:
        db.table("child").insert_multiple({"id": f"c{number}", "name": "小雨" * 40} for number in range(200))
    return made


def refusal(path, **how):
    """Return the error of opening a file that must not be opened, and see that it stays as it was."""
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StorageError) as error:
        Database.open(path, **how)
    assert (path.read_bytes() if path.is_file() else None) == before
    return error.value


# --- files that are not ours to open ---


def with_bad_header(path):
    content = bytearray(path.read_bytes())
    content[:16] = b"PK\3\4 not a file "
    path.write_bytes(content)


def truncated(path):
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2 // 4096 * 4096)


def with_garbage(path):
    content = bytearray(path.read_bytes())
    for page in range(3, len(content) // 4096, 2):
        content[page * 4096 : page * 4096 + 512] = os.urandom(512)
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [with_bad_header, truncated, with_garbage])
@pytest.mark.parametrize("read_only", [False, True])
def test_damaged_file(path, damage, read_only):
    damage(path)
    check_words(refusal(path, read_only=read_only), "storage.damaged")


def test_damage_that_is_met_later(path, monkeypatch):
    """A large file is not looked through when it is opened; a bad page is met when it is read."""
    monkeypatch.setattr("guanai.storage.database.database_file._CHECKED_SIZE", 0)
    with_garbage(path)
    with Database.open(path) as database, pytest.raises(StorageError) as error:
        RecordDB(database).table("child").rows()
    check_words(error.value, "storage.damaged")


def test_file_of_a_newer_version(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    error = refusal(path)
    check_words(error, "storage.newer")
    assert str(VERSION + 1) in error.message("zh")


def test_file_of_another_program(tmp_path):
    path = tmp_path / "records.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE tax (id)")
    check_words(refusal(path), "storage.foreign")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["records.db"]


def test_nothing_to_read(tmp_path):
    check_words(refusal(tmp_path / "records.db", read_only=True), "storage.missing")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", [".", "no-such-folder/records.db"])
def test_place_that_is_no_file(tmp_path, place):
    check_words(refusal(tmp_path / place), "storage.cannot_open")


def test_empty_file_is_a_new_one(tmp_path):
    (tmp_path / "records.db").touch()
    with RecordDB(Database.open(tmp_path / "records.db")) as db:
        assert db.insert({}) == 1


# --- saves that cannot be kept ---


def state(db):
    return db.table("child").rows(), db.database.sequence(), db.table("child").bin()


def check_nothing_changed(db, key):
    """Try every kind of save, see each refused and nothing changed, also for others."""
    table = db.table("child")
    before = state(db)
    large = {"id": "new", "note": "长" * 400_000}
    for save in (
        lambda: table.insert(large),
        lambda: table.insert_once(large, "token"),
        lambda: table.insert_multiple([large, large]),
        lambda: table.update(large, doc_ids=[1]),
        lambda: table.replace("c1", large, None),
    ):
        with pytest.raises(StorageError) as error:
            save()
        check_words(error.value, key)
        assert state(db) == before
    with Database.open(db.database.path, read_only=True) as other:
        assert state(RecordDB(other)) == before


def test_full_disk_by_the_database_limit(path):
    with RecordDB(Database.open(path)) as db:
        pages = db.database.run(text("PRAGMA page_count"))[0][0]
        db.database.run(text(f"PRAGMA max_page_count = {pages}"))
        check_nothing_changed(db, "storage.full")
        db.database.run(text("PRAGMA max_page_count = 1000000"))
        db.table("child").insert({"id": "new"})  # room was made: it goes on
        assert db.table("child").by_id("new")


def _in_child(check, *given):
    """Run a check in a process of its own, which may give up rights or take limits; show its error here."""

    def run():
        try:
            check(*given)
        except BaseException as error:
            theirs.send(f"{type(error).__name__}: {error}")
        else:
            theirs.send("")

    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe()
    child = fork.Process(target=run)
    child.start()
    problem = ours.recv()
    child.join()
    assert problem == ""


def _check_file_size_limit(path):
    import resource

    with RecordDB(Database.open(path)) as db:
        before = state(db)
        size = path.stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        with pytest.raises(StorageError) as error:
            db.table("child").insert_multiple({"note": "长" * 400_000} for _ in range(10))
        assert error.value.key in ("storage.full", "storage.failed")
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert state(db) == before


@posix
def test_file_that_may_not_grow(path):
    _in_child(_check_file_size_limit, path)


@pytest.mark.skipif(
    not ROOT, reason="only root can mount a small disk; the two tests above fill one in other ways"
)
def test_full_disk(path):
    disk = Path(tempfile.mkdtemp())
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=640k", "tmpfs", disk], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no small disk here: {mounted.stderr.decode()}")
    try:
        shutil.copy(path, disk / "records.db")
        with RecordDB(Database.open(disk / "records.db")) as db:
            check_nothing_changed(db, "storage.full")
            stuffing = disk / "stuffing"
            with pytest.raises(OSError, match="No space"):
                stuffing.write_bytes(b"\0" * 2**20)
            check_nothing_changed(db, "storage.full")
            stuffing.unlink()
            db.table("child").insert({"id": "new"})
            assert db.table("child").by_id("new")
    finally:
        subprocess.run(["umount", disk], check=True)
        disk.rmdir()


def _check_read_only(path):
    if ROOT:
        os.setegid(65534)
        os.seteuid(65534)
    with RecordDB(Database.open(path, read_only=True)) as db:
        assert len(db.table("child").rows()) == 200
    with pytest.raises(StorageError) as error, RecordDB(Database.open(path)) as db:
        assert len(db.table("child").rows()) == 200
        db.table("child").insert({"id": "new"})
    check_words(error.value, "storage.read_only")


@posix
@pytest.mark.parametrize(("file_mode", "folder_mode"), [(0o444, 0o755), (0o444, 0o555), (0o644, 0o555)])
def test_read_only_file_or_folder(path, file_mode, folder_mode):
    folder = Path(tempfile.mkdtemp())  # pytest's own folders are closed to other users
    try:
        copy = folder / "records.db"
        shutil.copy(path, copy)
        copy.chmod(file_mode)
        folder.chmod(folder_mode)
        _in_child(_check_read_only, copy)
        assert copy.read_bytes() == path.read_bytes()
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_somebody_else_saving_for_too_long(path):
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with RecordDB(Database.open(path, seconds=0.2)) as db:
            check_nothing_changed(db, "storage.busy")
            other.execute("ROLLBACK")
            db.table("child").insert({"id": "new"})


def test_any_other_fault_gives_its_reason(tmp_path):
    error = error_of(sqlite3.OperationalError("the stick was pulled out"), tmp_path / "records.db")
    assert error.key == "storage.failed"
    assert "the stick was pulled out" in error.message("en")
