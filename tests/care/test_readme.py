"""The example of care/README.md is run, and its table names every kind of duty and where it lives.

Requirement: the due list of one child, worked through with numbers (7.2, 7.5; R21; 002-1 L49).
"""

import doctest
import re
from pathlib import Path

from guanai.care.policy.duty import KINDS

README = Path(__file__).parents[2] / "care" / "README.md"


def test_the_lines_of_the_child_in_the_readme_are_those_of_the_rules():
    result = doctest.testfile(str(README), module_relative=False, encoding="utf-8")
    assert result.attempted > 10
    assert result.failed == 0


def test_the_readme_says_where_every_kind_of_duty_is_and_stays_short():
    text = README.read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z, ]+) \| .*`(\w+)\.(\w+)` \|$", text, re.MULTILINE)
    assert {kind for row in rows for kind in row[0].split(", ")} == set(KINDS)
    for _, module, function in rows:
        assert f"def {function}(" in (README.parent / "duties" / f"{module}.py").read_text(encoding="utf-8")
    assert len(text.encode()) <= 10_000
