"""What many tests share: an empty school, a small filled one, and a day that stands still."""

import gc
import shutil
from contextlib import suppress

import pytest
from support.days import TODAY


@pytest.fixture(autouse=True)
def fixed_day(monkeypatch):
    """Let every test run on the same day, in Chinese, with nobody signed in."""
    monkeypatch.setenv("GUANAI_TODAY", TODAY.isoformat())
    for name in ("GUANAI_LANGUAGE", "GUANAI_SCHOOL", "GUANAI_SERVED", "QUERY_STRING"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True, scope="session")
def own_settings(tmp_path_factory):
    """Let the keys of vaults lie in a folder of this run, and none in the settings of whoever runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("settings")))
        patch.delenv("GUANAI_KEY", raising=False)
        yield


@pytest.fixture(scope="session")
def empty_folder(tmp_path_factory):
    """The folder of a school with a workbook of 002-1 and no record, made once; tests take `school` instead."""
    from guanai.storage import create_school

    folder = tmp_path_factory.mktemp("empty") / "school"
    create_school(folder, policy="002-1", name="星光小学", on=TODAY).close()
    return folder


@pytest.fixture
def school(empty_folder, tmp_path):
    """A school with a workbook of 002-1 and no record."""
    from guanai.storage import open_school

    opened = open_school(shutil.copytree(empty_folder, tmp_path / "school"))
    yield opened.as_user("测试老师")
    opened.close()


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory):
    """The small sample school, made once; tests that write take `filled` instead."""
    from guanai.server.sample.make import make_sample

    folder = tmp_path_factory.mktemp("sample") / "school"
    make_sample(folder, "small", TODAY)
    return folder


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """The small sample school as ``guanai demo`` makes it, made once; browser tests take a copy, their `folder`."""
    from guanai.server.commands.serve_commands import make_demo

    folder = tmp_path_factory.mktemp("demo") / "school"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GUANAI_TODAY", TODAY.isoformat())
        make_demo(folder, "small")
    return folder


@pytest.fixture
def filled(sample_folder, tmp_path):
    """A copy of the small sample school that a test may change."""
    from guanai.storage import open_school

    shutil.copytree(sample_folder, tmp_path / "filled")
    opened = open_school(tmp_path / "filled")
    yield opened.as_user("测试老师")
    opened.close()


def pytest_configure():
    """Give what is expected of a page as long as Playwright gives a click."""
    with suppress(ImportError):
        from playwright.sync_api import expect

        expect.set_options(timeout=30_000)


#: Fixtures that start a server or a browser: a test that asks for one is slow.
STARTING = {"server", "chromium"}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Let a red test name the requirement that it holds: the head of its module, and what the test says of itself."""
    report = yield
    if report.failed:
        said = [item.module.__doc__, getattr(item.function, "__doc__", None)]
        report.sections.append(("What this test holds", "\n\n".join(filter(None, said))))
    return report


def pytest_collection_finish():
    """Let the garbage collector look at no test and no module again: 8.9 s of processor instead of 10.3 for two rooms."""
    gc.freeze()


def pytest_collection_modifyitems(items):
    """Mark what starts a server as slow, and begin with what takes longest: at the end no test then runs alone."""
    for item in items:
        if STARTING & set(item.fixturenames):
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: not (item.get_closest_marker("browser") or item.get_closest_marker("slow")))
