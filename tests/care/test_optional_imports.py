"""Libraries imported without what they can spare: a server starts seconds sooner (requirements 7.12: shared, slow PCs)."""

import subprocess
import sys
from importlib.metadata import requires

import pytest

from guanai.care.optional_imports import GRAMMAR, without

IMPORTS = ["guanai.server.commands.serving", "guanai.widgets.lists.charts"]
WORK = f"""
import sys
from guanai.care.optional_imports import without
with without("{GRAMMAR}"):
    import {{name}}
getattr({{name}}, "_altair", bool)()
assert "jsonschema" in sys.modules
assert "{GRAMMAR}" not in sys.modules
"""


def test_it_seems_to_be_missing_and_is_there_again_after():
    sys.modules.pop("this", None)
    with without("this"), pytest.raises(ImportError):
        import this  # noqa: F401
    assert "this" not in sys.modules


def test_what_is_there_already_stays():
    with without("sys"):
        assert sys.modules["sys"] is sys


@pytest.mark.parametrize("name", IMPORTS)
def test_neither_the_server_nor_a_chart_compiles_a_grammar(name):
    ran = subprocess.run([sys.executable, "-c", WORK.format(name=name)], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


def test_the_library_is_still_the_one_that_jsonschema_asks_for():
    """Another name, and the seconds would be back unseen."""
    assert any(GRAMMAR.replace("_", "-") in requirement for requirement in requires("jsonschema") or ())
