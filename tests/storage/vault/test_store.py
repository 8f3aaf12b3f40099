"""The vault of restricted registers: sealed, with the guarantees of the records, under a key outside the folder.

Issue 13, section 3 (kept apart, encrypted at rest); requirements 3, rule 1 (counselling is confidential); 002-1 L93.
"""

import multiprocessing
import os
import random
import signal
import sqlite3
import time
from contextlib import suppress

import pytest

from guanai.care.errors import ConflictError, StorageError
from guanai.storage.database.record_db import RecordDB
from guanai.storage.vault.keys import copy_key, key_file
from guanai.storage.vault.store import VaultStore

PLANTED = "她说的话只有老师知道"
FORK = multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "vault.db"


def cards(store, author="何老师"):
    return RecordDB(store.database, author=author).table("counselling")


def card(key, said=PLANTED, revision=1):
    return {"id": key, "revision": revision, "told": said}


def test_a_register_in_the_vault_has_history_bin_conflicts_and_tokens_as_any_other(path):
    table = cards(VaultStore(path))
    assert table.insert_once(card("a"), "token") == table.insert_once(card("b"), "token")
    table.replace("a", card("a", "后来", 2), 1)
    with pytest.raises(ConflictError):
        table.replace("a", card("a", "同时", 2), 1)
    table.to_bin("a")
    assert [(change.kind, change.by) for change in table.history("a")] == [
        (kind, "何老师") for kind in ("insert", "update", "delete")
    ]
    assert table.bin()[0].before["told"] == "后来"
    assert table.restore("a")["told"] == "后来"


def test_what_was_written_is_there_after_opening_again_with_what_stood_before(path):
    table = cards(VaultStore(path))
    table.insert_once(card("a"))
    table.replace("a", card("a", "后来", 2), 1)
    table.insert_once(card("b"))
    table.to_bin("b")
    again = cards(VaultStore(path))
    assert (again.rows(), again.version) == (table.rows(), table.version)
    assert [again.history(key) for key in "ab"] == [table.history(key) for key in "ab"]
    assert again.bin() == table.bin()


def test_two_processes_see_what_the_other_has_written(path):
    one, other = cards(VaultStore(path)), cards(VaultStore(path))
    one.insert_once(card("a"))
    assert other.by_id("a")["told"] == PLANTED
    other.replace("a", card("a", "改了", 2), 1)
    with pytest.raises(ConflictError):
        one.replace("a", card("a", "也改了", 2), 1)
    assert one.rows()[0]["told"] == "改了"
    assert one.insert_once(card("b")).doc_id != other.insert_once(card("c")).doc_id


def test_nothing_in_the_files_can_be_read(path):
    store = VaultStore(path)
    cards(store).insert_once(card("a"))
    with store.file.change():
        store.file.put_draft("何老师", "t", {"person": "何老师", "token": "t", "content": PLANTED})
    store.log.append(
        [{"person": "何老师", "act": "view", "form": "counselling", "record": "a", "about": "小雨"}]
    )
    content = b"".join(file.read_bytes() for file in path.parent.glob("vault.db*"))
    for secret in (PLANTED, "counselling", "何老师", "小雨", "view"):
        assert secret.encode() not in content
    assert len(content) > 1000
    assert path.stat().st_mode & 0o077 == 0


def test_a_row_that_is_moved_or_altered_does_not_open(path):
    store = VaultStore(path)
    for key in "ab":
        cards(store).insert_once(card(key))
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute(
            "UPDATE changes SET content = (SELECT content FROM changes WHERE number = 1) WHERE number = 2"
        )
    with pytest.raises(StorageError) as error:
        VaultStore(path)
    assert error.value.key == "vault.altered"


def test_a_record_removed_for_good_leaves_nothing_in_any_process(path):
    store, other = VaultStore(path), VaultStore(path)
    for key in "ab":
        cards(store).insert_once(card(key))
    cards(store).to_bin("a")
    assert len(cards(other).bin()) == 1
    assert store.database.erase("counselling", "a") == 2
    for table in (cards(store), cards(other), cards(VaultStore(path))):
        assert (table.history("a"), table.bin(), [row["id"] for row in table.rows()]) == ([], [], ["b"])
    cards(store).insert_once(card("c"))
    assert [row["id"] for row in cards(other).rows()] == ["b", "c"]


def test_a_folder_without_its_key_tells_so(path, monkeypatch, tmp_path):
    VaultStore(path).log.append([{"person": "何老师", "act": "view"}])
    monkeypatch.setenv("GUANAI_KEY", str(tmp_path / "no.key"))
    with pytest.raises(StorageError) as error:
        VaultStore(path)
    assert (error.value.key, str(tmp_path / "no.key") in str(error.value)) == ("vault.no_key", True)


@pytest.mark.parametrize(
    ("content", "key"), [("xyz", "vault.bad_key"), ("", "vault.bad_key"), ("ab" * 31, "vault.bad_key"), ("ab" * 32, "vault.wrong_key")]
)  # fmt: skip
def test_another_key_or_none_opens_nothing(path, monkeypatch, tmp_path, content, key):
    VaultStore(path).log.append([{"person": "何老师", "act": "view"}])
    (tmp_path / "other.key").write_text(content)
    monkeypatch.setenv("GUANAI_KEY", str(tmp_path / "other.key"))
    with pytest.raises(StorageError) as error:
        VaultStore(path)
    assert error.value.key == key


def test_the_key_lies_outside_the_folder_for_its_user_alone_and_is_copied_once(path, tmp_path):
    store = VaultStore(path)
    assert not path.exists(), "without a record there is neither a vault nor a key"
    cards(store).insert_once(card("a"))
    made = key_file(store.file.school)
    assert tmp_path not in made.parents
    assert made.stat().st_mode & 0o077 == 0
    copy_key(store.file.school, tmp_path / "copy.key")
    assert (tmp_path / "copy.key").read_text() == made.read_text()
    with pytest.raises(StorageError) as error:
        copy_key(store.file.school, tmp_path / "copy.key")
    assert error.value.key == "vault.key_exists"


def test_a_key_that_cannot_be_written_is_said_before_anything_is_stored(path, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("GUANAI_KEY", str(tmp_path / "file" / "x.key"))
    with pytest.raises(StorageError) as error:
        cards(VaultStore(path)).insert_once(card("a"))
    assert error.value.key == "vault.key_unwritable"


def test_without_the_package_for_encryption_it_says_what_to_do(path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    with pytest.raises(StorageError) as error:
        cards(VaultStore(path)).insert_once(card("a"))
    assert error.value.key == "vault.no_package"


def test_another_programs_file_is_left_alone(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE other (x)")
    with pytest.raises(StorageError) as error:
        VaultStore(path)
    assert error.value.key == "storage.foreign"


def _save_for_ever(path, number, acknowledged):
    table = cards(VaultStore(path))
    for count in range(10_000):
        key = f"{number}-{count}"
        table.insert_once(card(key), key)
        os.write(acknowledged, f"{key}\n".encode())


def test_kills_lose_and_double_nothing_that_was_acknowledged(path):
    cards(VaultStore(path)).insert_once(card("first"))
    reader, writer = os.pipe()
    rng = random.Random(7)  # noqa: S311  # when to kill
    for number in range(6):
        process = FORK.Process(target=_save_for_ever, args=(path, number, writer))
        process.start()
        time.sleep(rng.uniform(0.05, 0.25))
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    os.close(writer)
    with os.fdopen(reader) as lines:
        acknowledged = lines.read().split()
    ids = [row["id"] for row in cards(VaultStore(path)).rows()]
    assert len(acknowledged) > 5
    assert set(acknowledged) <= set(ids)
    assert len(ids) == len(set(ids))
    with suppress(FileNotFoundError):
        assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)
