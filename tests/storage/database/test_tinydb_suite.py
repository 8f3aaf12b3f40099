"""TinyDB's own tests, unmodified, against our storage and table classes.

Promise: records are in TinyDB, so TinyDB's own tests hold for our tables (7.12).

TinyDB's source distribution carries its test suite. Its tests run in a pytest of their own whose conftest puts our
classes behind the names that the tests use: `TinyDB(path)`, `MemoryStorage` and `JSONStorage`.
"""

import shutil
import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

import pytest

TESTS = ("test_tables.py", "test_queries.py", "test_operations.py", "test_tinydb.py")

#: The tests that cannot apply, each with its reason; every other test must pass.
NOT_APPLICABLE = {
    "test_tables.test_table_repr[memory]": "asks for the class name Table; ours is RecordTable",
    "test_tables.test_table_repr[file]": "asks for the class name Table; ours is RecordTable",
}

CONFTEST = """
import itertools
import tempfile
from pathlib import Path

import pytest
import tinydb
import tinydb.storages

from guanai.storage.database.databases import Database
from guanai.storage.database.record_storage import RecordStorage
from guanai.storage.database.record_table import RecordTable


class MemoryStorage(RecordStorage):
    def __init__(self):
        super().__init__(Database.open(None))


class JSONStorage(RecordStorage):
    def __init__(self, path, **options):  # options of JSON text, such as ensure_ascii
        super().__init__(Database.open(path))


for module in (tinydb, tinydb.storages):
    module.JSONStorage = JSONStorage
tinydb.storages.MemoryStorage = MemoryStorage
tinydb.TinyDB.default_storage_class = JSONStorage
tinydb.TinyDB.table_class = RecordTable


@pytest.fixture(params=["memory", "file"])
def db(request, tmp_path):
    made = tinydb.TinyDB(tmp_path / "test.db") if request.param == "file" else tinydb.TinyDB(storage=MemoryStorage)
    made.drop_tables()
    made.insert_multiple({"int": 1, "char": letter} for letter in "abc")
    yield made
    made.close()
"""


@pytest.fixture(scope="session")
def suite(tmp_path_factory):
    """The folder of TinyDB's tests, from the source distribution of the installed version."""
    release = f"tinydb-{version('tinydb')}"
    archives = Path(sys.prefix) / "share" / "guanai-tests"
    archive = archives / f"{release}.tar.gz"
    if not archive.exists():
        archives.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "tinydb"]
        done = subprocess.run(
            [*command, "--dest", archives, release.replace("-", "==")], capture_output=True, text=True
        )
        assert archive.exists(), (
            f"TinyDB's source distribution cannot be had, so its tests cannot run:\n{done.stderr}"
        )
    folder = tmp_path_factory.mktemp("tinydb")
    safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # Debian's Python 3.11.2 has none
    shutil.unpack_archive(archive, folder, **safely)
    tests = folder / release / "tests"
    (tests / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    return tests


def test_tinydb_own_suite(suite, tmp_path):
    report = tmp_path / "report.xml"
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junit-xml={report}", *TESTS],
        cwd=suite,
        capture_output=True,
        text=True,
    )
    assert report.exists(), run.stdout + run.stderr
    cases = list(ElementTree.parse(report).iter("testcase"))  # noqa: S314 - pytest has just written it
    failed = {f"{case.get('classname').rpartition('.')[2]}.{case.get('name')}" for case in cases if len(case)}
    assert failed == set(NOT_APPLICABLE), run.stdout
    assert len(cases) > 150  # a suite that was not collected proves nothing
