"""A red test names the requirement it holds: the head of each test module says which one, or which promise of the books.

Promise: CONTRIBUTING.md, "A test": ids at the module's head, which `tests/conftest.py` prints below a red test.
"""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
#: Records R1 to R63, figures F1 to F20, workflows W1 to W13, what a coordinator expects 7.1 to 7.17, a section,
#: or a document.
REQUIREMENT = re.compile(
    r"(?<![\w.])(R([1-9]|[1-5]\d|6[0-3])[b-e]?|F([1-9]|1\d|20)|W([1-9]|1[0-3])|7\.([1-9]|1[0-7])"
    r"|requirements\s[1-7][A-G]?|00[0-3]-\d+[a-d]?|004 L\d+)\b(?!\.\d)"
)
PROMISE = re.compile(r"\bPromise: \S+ \S+")


def head_names_what_it_holds(source):
    head = ast.get_docstring(ast.parse(source)) or ""
    return bool(REQUIREMENT.search(head) or PROMISE.search(head))


@pytest.mark.parametrize(
    "path", sorted(TESTS.rglob("test_*.py")), ids=lambda path: str(path.relative_to(TESTS))
)
def test_the_head_of_each_test_module_names_a_requirement_or_a_promise(path):
    assert head_names_what_it_holds(path.read_text(encoding="utf-8")), (
        f"{path.name}: add the requirement (R1, F1, W1, 7.6, 002-1 L51) or 'Promise: …' to its docstring"
    )


@pytest.mark.parametrize(
    "head",
    [
        "Home visits (R16).",
        "A peer (R16b, R63).",
        "Shares (F20).",
        "A term (W13)",
        "As of a day (7.17).",
        "Settings (requirements 2A).",
        "Weekly talks (002-1 L51).",
        "Each term (004 L2).",
        "Pupils of seventeen (000-2).",
        "Saving.\n\nPromise: nothing is lost.",
    ],
)
def test_a_head_with_an_id_or_a_promise_is_enough(head):
    assert head_names_what_it_holds(f'"""{head}"""')


@pytest.mark.parametrize(
    "head",
    [
        "Saving a record.",
        "R64 and R0 are no records.",
        "F21, W14 and 7.18 are not there.",
        "Python 3.7.1 and 17.5 per cent.",
        "It promises much.",
        "Promise:",
        "USER1, AW1 and 1002-1 are other names.",
    ],
)
def test_a_head_without_an_id_is_found(head):
    assert not head_names_what_it_holds(f'"""{head}"""')


def test_an_id_below_the_head_does_not_count():
    assert not head_names_what_it_holds('"""Saving."""\n\n\ndef test_it():\n    """R16."""\n')
