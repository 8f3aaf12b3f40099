"""Every error that the code can raise is provoked by some test: a new one without a test fails here.

Promise: errors say where and what to do.

The code is read, not run: a key counts where it goes into an error, also by a name, a table or a function in between.
"""

import ast
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from guanai.templates.wording import LANGUAGES, catalogue

ROOT = Path(__file__).parents[2]
ROOMS = ("templates", "care", "storage", "widgets", "notebooks", "server")
TREES = {
    path: ast.parse(path.read_text(encoding="utf-8"))
    for room in ROOMS
    for path in sorted((ROOT / room).rglob("*.py"))
}


def called(node):
    """Return the name of what a node calls."""
    return getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""


def givers():
    """Return the functions that hand their parameter ``key`` on to an error."""
    return {
        made.name
        for tree in TREES.values()
        for made in ast.walk(tree)
        if isinstance(made, ast.FunctionDef)
        for call in ast.walk(made)
        if called(call).endswith("Error") and call.args and getattr(call.args[0], "id", "") == "key"
        if "key" in {argument.arg for argument in made.args.args}
    }


def texts(node, assigned, seen):
    """Return the texts that an expression can be, its names looked up in its module."""
    keys = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            keys.add(part.value)
        elif isinstance(part, ast.Name) and part.id not in seen:
            seen.add(part.id)
            keys.update(*(texts(value, assigned, seen) for value in assigned[part.id]))
    return keys


@cache
def raised():
    """Return every key that goes into an error."""
    keys, through = set(), givers()
    for tree in TREES.values():
        assigned = defaultdict(list)
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    assigned[getattr(target, "id", "")].append(node.value)
        for node in ast.walk(tree):
            if called(node).endswith("Error") or called(node) in through:
                keys.update(*(texts(argument, assigned, set()) for argument in node.args[:1]))
    return sorted(keys & catalogue().keys())


@cache
def provoked():
    """Return every text in the tests that look at an error's key, or at its whole message."""
    keys = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        looks = any(
            (isinstance(node, ast.Attribute) and node.attr == "key") or called(node) == "say"
            for node in ast.walk(tree)
        )
        if looks and path.name != Path(__file__).name:
            keys |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return keys


def test_every_error_is_provoked_by_some_test():
    assert sorted(set(raised()) - provoked()) == []


def test_every_error_speaks_both_languages():
    for key in raised():
        zh, en = (catalogue()[key][language] for language in LANGUAGES)
        assert zh and en and zh != en, key


@pytest.mark.parametrize(
    "key",
    [
        "form.not_workbook",  # a plain raise
        "exchange.web_page",  # one of two in the call
        "form.reference_near",  # by a name
        "storage.busy",  # from a table
        "identity.check_digit",  # through a function
        "sign_in.wait",  # under a class of its own room
    ],
)
def test_the_scan_sees_the_errors_however_they_are_raised(key):
    assert key in raised()


def test_the_scan_sees_all_rooms():
    assert len(raised()) > 200
    assert {key.split(".")[0] for key in raised()} > {
        "policy",
        "form",
        "exchange",
        "pairing",
        "account",
        "attachment",
    }
