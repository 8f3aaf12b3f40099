"""Names of the version before, which notebooks of schools may still import.

Promise: a notebook that a school has changed works on for one version (README.md, what a coordinator changes).
"""

import ast
from pathlib import Path

import pytest

from guanai import widgets


@pytest.mark.parametrize(("old", "new"), widgets.RENAMED.items())
def test_an_old_name_gives_the_new_thing_and_a_warning_that_says_so(old, new):
    with pytest.warns(DeprecationWarning, match=rf"guanai\.widgets\.{old} is now {new}$"):
        assert getattr(widgets, old) is getattr(widgets, new)


def test_a_notebook_that_imports_an_old_name_still_runs():
    with pytest.warns(DeprecationWarning, match="is now url_param"):
        from guanai.widgets import asked
    assert asked("day", "today") == "today"


def test_only_old_names_stand_in_for_new_ones():
    assert not set(widgets.RENAMED) & set(widgets.__all__)
    assert set(widgets.RENAMED.values()) <= set(widgets.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = widgets.nothing


def test_no_notebook_of_ours_uses_an_old_name():
    for notebook in Path(__file__).parents[2].glob("notebooks/*.ipynb"):
        text = notebook.read_text(encoding="utf-8")
        imports = [line for line in text.splitlines() if "from guanai.widgets import" in line]
        names = {
            alias.name
            for line in imports
            for alias in ast.parse(ast.literal_eval(line.strip(" ,"))).body[0].names
        }
        assert not names & set(widgets.RENAMED), notebook.name
