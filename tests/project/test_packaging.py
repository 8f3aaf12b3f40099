"""The wheel holds every room and every template, and nothing else.

Promise: the two commands of README.md install everything: the wheel has each room and template.
"""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text())
SETUPTOOLS = CONFIG["tool"]["setuptools"]
ROOMS = ("care", "notebooks", "server", "storage", "templates", "widgets")


def test_packages_are_the_folders():
    folders = {
        "guanai." + ".".join(path.parent.relative_to(ROOT).parts)
        for room in ROOMS
        for path in (ROOT / room).rglob("__init__.py")
    }
    assert set(SETUPTOOLS["packages"]) == folders
    assert set(SETUPTOOLS["package-dir"]) == {f"guanai.{room}" for room in ROOMS}


def test_checkers_find_every_room():
    links = {path.name: path.resolve() for path in (ROOT / ".typings" / "guanai").iterdir()}
    assert links == {room: (ROOT / room).resolve() for room in ROOMS}


def test_top_level_is_the_house():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    visible = {name.split("/")[0] for name in tracked.splitlines() if not name.startswith(".")}
    assert visible <= {
        *ROOMS,
        "tests",
        "pyproject.toml",
        "README.md",
        "README.zh-CN.md",
        "Makefile",
        "LICENSE",
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    command = [
        sys.executable,
        "-m",
        "build",
        "-q",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(folder),
        str(ROOT),
    ]
    subprocess.run(command, check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
        yield set(archive.namelist())


def test_wheel_holds_only_guanai(wheel):
    assert {name.split("/")[0] for name in wheel} == {
        "guanai",
        next(n for n in wheel if ".dist-info" in n).split("/")[0],
    }


@pytest.mark.parametrize("room", ["templates", "notebooks"])
def test_wheel_holds_every_data_file(wheel, room):
    tracked = subprocess.run(
        ["git", "ls-files", room], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert {f"guanai/{name}" for name in tracked.splitlines()} <= wheel


def test_lock_names_no_host():
    lock = (ROOT / ".ci" / "lock.txt").read_text()
    assert "://" not in lock
    assert all("==" in line for line in lock.splitlines() if line and not line.startswith("#"))
