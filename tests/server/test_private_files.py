"""A school's files are private to whoever serves the school, also those of a folder from before.

Promise: children's data stays here (7.12).
"""

import os
import sys

import pytest

from guanai.server.commands.cli import main
from guanai.server.private_files import make_private, tighten
from guanai.storage.database.databases import Database

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no modes there")


@pytest.fixture(autouse=True)
def usual_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


def open_to_others(folder):
    return [
        path
        for path in (folder, *folder.rglob("*"))
        if path.lstat().st_mode & 0o077 and not path.is_symlink()
    ]


def test_a_command_makes_a_school_that_nobody_else_can_read(tmp_path):
    folder = tmp_path / "school"
    assert main(["init", str(folder)]) == 0
    assert (folder / "school.xlsx").exists()
    assert open_to_others(folder) == []
    assert main(["export", str(folder), "child", str(tmp_path / "children.csv")]) == 0
    assert (tmp_path / "children.csv").stat().st_mode & 0o077 == 0


def test_records_are_private_whoever_opens_them_and_so_is_their_log(tmp_path):
    database = Database.open(tmp_path / "records.db")
    try:
        assert {path.name for path in tmp_path.iterdir()} >= {"records.db", "records.db-wal"}
        for path in tmp_path.iterdir():
            assert path.stat().st_mode & 0o077 == 0, path.name
    finally:
        database.close()


def test_a_folder_from_before_is_tightened_by_the_next_command(tmp_path):
    folder = tmp_path / "school"
    main(["init", str(folder)])
    (folder / "attachments" / "photo.jpg").write_bytes(b"x")
    outside = tmp_path / "outside.txt"
    outside.write_text("x")
    outside.chmod(0o644)
    (folder / "attachments" / "link").symlink_to(outside)
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o777 if path.is_dir() else 0o664)
    assert main(["user", str(folder), "list"]) == 0
    assert open_to_others(folder) == []
    assert outside.stat().st_mode & 0o777 == 0o644


def test_what_belongs_to_somebody_else_is_named(tmp_path, monkeypatch):
    def refuse(path, mode):
        raise PermissionError(path)

    (tmp_path / "theirs").write_text("x")
    monkeypatch.setattr(type(tmp_path), "chmod", refuse)
    assert tmp_path / "theirs" in tighten(tmp_path)


def test_what_is_made_after_the_start_is_private(tmp_path):
    make_private()
    (tmp_path / "x").write_text("x")
    (tmp_path / "y").mkdir()
    assert open_to_others(tmp_path / "y") == []
    assert (tmp_path / "x").stat().st_mode & 0o077 == 0
