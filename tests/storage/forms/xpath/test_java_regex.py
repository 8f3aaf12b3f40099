"""Regular expressions of forms: none can stand still, what RE2 has not is refused, what ships means what it meant.

Issue "Who may see and do what", High: ``regex(${a}, '(a+)+b')`` with 28 letters stopped every page for 16 seconds.

Promise: no pattern stops the pages of others.
"""

import random
import re
from pathlib import Path

import pytest

from guanai.storage.forms.xpath import java_regex
from guanai.storage.forms.xpath.java_regex import matches, pattern, python_pattern
from guanai.storage.forms.xpath.trees import ExpressionError
from guanai.templates import template

needs_re2 = pytest.mark.skipif(java_regex.re2 is None, reason="RE2 is not installed")
SHIPPED = sorted(
    {
        match[1].replace(r"\|", "|")
        for folder in ("forms", "starters")
        for path in Path(template(folder)).glob("*.md")
        for match in re.finditer(r"regex\([^']*(?:' -', '')?[^']*'([^']*)'", path.read_text(encoding="utf-8"))
    }
)
TELEPHONES = [
    "13800000000",
    "+8613800000000",
    "01012345678",
    "05361234567",
    "12345678",
    "1234567",
    "138000000001",
]
NUMBERS = [
    "522725201605041234",
    "52272520160504123X",
    "52272520160504123x",
    "022725201605041234",
    "5227252016050412",
]
STANDS_STILL = ["(a+)+b", "(a|a)*b", "(a|aa)+b", "((a*)*)*b", "(a+){2,30}b", "(.*a){20}b", "([a-z]+)*!"]


@pytest.fixture
def without_re2(monkeypatch):
    """Python's engine alone."""
    monkeypatch.setattr(java_regex, "re2", None)
    pattern.cache_clear()
    yield
    pattern.cache_clear()


def test_the_shipped_forms_have_patterns():
    assert len(SHIPPED) >= 2


@pytest.mark.parametrize("written", SHIPPED)
def test_a_shipped_pattern_means_what_it_means_to_python(written):
    chance = random.Random(written)  # noqa: S311
    texts = [*TELEPHONES, *NUMBERS, "", "a", "１３８００００００００", "1380000000\n", "13800000000\n"]
    for text in tuple(texts):
        for _ in range(50):
            at, sign = chance.randrange(len(text) + 1), chance.choice("019X+x \n—汉")
            texts.append(text[:at] + sign + text[at + chance.randrange(2) :])
    by_python = python_pattern(written)
    assert [matches(text, written) for text in texts] == [
        by_python.fullmatch(text) is not None for text in texts
    ]
    assert any(matches(text, written) for text in texts)


@pytest.mark.parametrize(
    ("written", "right", "wrong"),
    [
        (r"\d+\s\w", "12\x0ba", "１２ a"),
        (r"[\s\d]+", "1 \x0b2", "１"),
        (r"\S+", "a", "\x0b"),
        (r"[\h-]+", "\t -", "a"),
        (r"\u4e2d[\u4e00-\u9fff]", "中国", "中a"),
        (r"^a$", "a", "a\n"),
        (r"a\Z", "a", "a\n"),
        (r"(?i)xin-[a-f]", "XIN-B", "XIN-G"),
        (r"(?<year>\d{4})-(?P<month>\d\d)", "2026-09", "2026-9"),
        (r"\p{Lu}\p{Ll}+", "Ömer", "ömer"),
        (r"\P{L}\p{^N}", "1a", "a1"),
        (r".", "💧", "\n"),
    ],
)
def test_both_engines_read_java(written, right, wrong):
    assert (matches(right, written), matches(wrong, written)) == (True, False)
    assert python_pattern(written).fullmatch(right)
    assert not python_pattern(written).fullmatch(wrong)


@needs_re2
@pytest.mark.parametrize("written", STANDS_STILL)
def test_a_pattern_that_stands_still_elsewhere_answers_here(written):
    assert not matches("a" * 50_000 + "\n", written)


@pytest.mark.parametrize(
    "written",
    [r"(?=a)b", r"(?!a)b", r"(?<=a)b", r"(a)\1", r"(?<x>a)\k<x>", "(?P<x>a)(?P=x)", r"\Qa\E", "a{,3}"],
)
def test_what_takes_no_set_time_is_refused(written):
    with pytest.raises(ExpressionError) as caught:
        pattern(written)
    assert caught.value.key == "expression.regex"


def test_half_a_character_matches_nothing():
    assert not matches("\ud800", ".*")
    with pytest.raises(ExpressionError):
        pattern("\ud800")


@pytest.mark.usefixtures("without_re2")
class TestWithoutRe2:
    @pytest.mark.parametrize("written", [*STANDS_STILL, r"(?=a)b", r"(a)\1", ".*.*.*.*b"])
    def test_what_may_stand_still_is_refused(self, written):
        with pytest.raises(ExpressionError) as caught:
            pattern(written)
        assert caught.value.key == "expression.regex"

    @pytest.mark.parametrize(
        "written", [*SHIPPED, "1[3-9][0-9]{9}", r"\p{IsHan}+", r"[a-z]+@[a-z]+\.[a-z]+", ".*"]
    )
    def test_what_ends_soon_is_taken(self, written):
        pattern(written)

    def test_a_text_too_long_for_its_pattern_is_refused(self):
        assert matches("a" * 100_000, ".*")
        with pytest.raises(ExpressionError) as caught:
            matches("a" * 100_000, ".*x.*y")
        assert caught.value.key == "expression.regex_text"
