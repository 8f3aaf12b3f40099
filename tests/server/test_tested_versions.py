"""The versions of packages whose undocumented parts are used: what is said when another one is installed.

Promise: errors say what to do, also where a package of another version is installed.
"""

import sys
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from guanai.care.errors import GuanaiError
from guanai.server import tested_versions
from guanai.server.commands import serve_commands
from guanai.server.commands.cli import main
from guanai.server.tested_versions import TESTED, untested_packages


def test_the_installed_versions_are_tested_ones():
    """Read the modules that server/tested_versions.py names before raising a bound."""
    assert untested_packages() == {}


def test_pyproject_has_the_same_bounds():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    assert {f"{package}{versions}" for package, versions in TESTED.items()} <= set(
        project["project"]["dependencies"]
    )


@pytest.mark.parametrize(
    ("installed", "is_tested"),
    [
        ("0.5.8", True),
        ("0.5.13", True),
        ("0.5.14", False),
        ("0.6.0", False),
        ("0.6.0rc1", False),
        ("0.5.7", False),
    ],
)
def test_a_version_outside_of_the_range_is_untested(installed, is_tested):
    versions = {"voila": installed}

    def version(package):
        if package not in versions:
            raise PackageNotFoundError(package)
        return versions[package]

    assert untested_packages(version) == ({} if is_tested else {"voila": installed})


@pytest.fixture
def another_voila(monkeypatch):
    monkeypatch.setattr(tested_versions, "untested_packages", lambda: {"voila": "0.6.0"})


def test_serving_with_another_version_says_so_in_one_sentence_and_serves(
    another_voila, monkeypatch, school, capsys
):
    import guanai.server.commands.serving as serving

    monkeypatch.setattr(serving, "serve", lambda *_, **__: print("serving"))  # noqa: T201
    assert main(["serve", str(school.folder.path)]) == 0
    warning, then = capsys.readouterr().out.splitlines()
    assert "voila 0.6.0" in warning
    assert 'pip install "voila>=0.5.8,<0.5.14"' in warning
    assert then == "serving"


def test_a_version_that_cannot_be_served_with_is_an_error_that_says_what_to_install(
    another_voila, monkeypatch, school
):
    monkeypatch.setitem(sys.modules, "guanai.server.commands.serving", None)
    with pytest.raises(GuanaiError) as refused:
        serve_commands.import_serving()
    assert refused.value.key == "serve.cannot_load"
    assert 'pip install "voila>=0.5.8,<0.5.14"' in refused.value.message("en")
    assert "请运行" in refused.value.message("zh")
