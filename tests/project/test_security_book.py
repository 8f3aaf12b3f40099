"""The book of security: every test that it names is there, and every item of the standard stands in it once.

Promise: the books describe what there is (7.10). The standard is OWASP ASVS 4.0.3, level 1.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BOOK = (ROOT / ".github" / "SECURITY.md").read_text(encoding="utf-8")
#: The last number of each section of the standard that has items of level 1, with the numbers that are of level 1.
LEVEL_1 = {
    "2.1": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    "2.2": [1, 2, 3],
    "2.3": [1],
    "2.5": [1, 2, 3, 4, 5, 6],
    "2.7": [1, 2, 3, 4],
    "2.8": [1],
    "3.1": [1],
    "3.2": [1, 2, 3],
    "3.3": [1, 2],
    "3.4": [1, 2, 3, 4, 5],
    "3.7": [1],
    "4.1": [1, 2, 3, 5],
    "4.2": [1, 2],
    "4.3": [1, 2],
    "5.1": [1, 2, 3, 4, 5],
    "5.2": [1, 2, 3, 4, 5, 6, 7, 8],
    "5.3": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    "5.5": [1, 2, 3, 4],
    "6.2": [1],
    "7.1": [1, 2],
    "7.4": [1],
    "8.2": [1, 2, 3],
    "8.3": [1, 2, 3, 4],
    "9.1": [1, 2, 3],
    "10.3": [1, 2, 3],
    "11.1": [1, 2, 3, 4, 5],
    "12.1": [1],
    "12.3": [1, 2, 3, 4, 5],
    "12.4": [1, 2],
    "12.5": [1, 2],
    "12.6": [1],
    "13.1": [1, 3],
    "13.2": [1, 2, 3],
    "13.3": [1],
    "14.2": [1, 2, 3],
    "14.3": [2, 3],
    "14.4": [1, 2, 3, 4, 5, 6, 7],
    "14.5": [1, 2, 3],
}
STATES = {"holds", "does not apply", "**does not hold**"}


def rows(heading):
    """Return the cells of the table below a heading."""
    part = BOOK.partition(heading)[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if re.match(r"\| \d", line)]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]


def test_every_item_of_level_1_stands_once():
    expected = [f"{section}.{number}" for section, numbers in LEVEL_1.items() for number in numbers]
    assert sorted(row[0] for row in rows("level 1\n")) == sorted(expected)
    assert len(expected) == 128


@pytest.mark.parametrize("heading", ["level 1\n", "## Level 2"])
def test_every_item_says_whether_it_holds_and_why(heading):
    assert rows(heading)
    for number, *_, state, why in rows(heading):
        assert state in STATES, number
        assert why, number


def test_every_test_that_is_named_is_there():
    named = set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", BOOK))
    assert len(named) > 80
    missing = [
        f"{file}::{test}"
        for file, test in named
        if not (ROOT / file).exists() or f"def {test}(" not in (ROOT / file).read_text(encoding="utf-8")
    ]
    assert missing == []


def test_no_short_name_of_a_file_is_left():
    assert re.findall(r"`(?!tests/)\w+::\w+`", BOOK) == []
