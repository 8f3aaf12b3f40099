"""Regular expressions as Java reads them (Collect), in the words of RE2, which takes time in proportion to the text.

Whoever writes a form gives the pattern, whoever fills it in gives the text: with Python's own engine ``(a+)+b`` and 28
letters stand still for a quarter of a minute. What Java has and RE2 would misread or has not (look-around, references to
a group, possessive repeats, more than a thousand repeats) is refused when the form is loaded; it is never matched as
something else. Where RE2 is not installed, Python's engine takes the patterns of which it is certain that they end soon.
"""

import re
import string
import sys
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from typing import Any

from guanai.storage.forms.xpath.trees import ExpressionError

try:
    import re2
except ImportError:  # no wheel for this machine
    re2 = None

__all__ = ["matches", "pattern", "python_pattern"]

# With re.ASCII, \d \w \b mean in Python what they mean in Java and in RE2.
SPACE = r"\t\n\x0b\f\r "
NAMED_CLASSES = {
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Upper": "A-Z",
    "Lower": "a-z",
    "Punct": re.escape(string.punctuation),
    "Space": SPACE,
    "XDigit": "0-9a-fA-F",
}
HAN = (
    (0x2E80, 0x2FDF), (0x3005, 0x3005), (0x3007, 0x3007), (0x3021, 0x3029), (0x3038, 0x303B),
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
)  # fmt: skip
HAN_NAMES = frozenset({"IsHan", "script=Han", "sc=Han", "IsIdeographic"})
SURROGATES = (0xD800, 0xDFFF)
CATEGORY = re.compile(r"(?:Is|gc=)?(?P<category>[LMNPSZC][a-z]?)")
PIECE = re.compile(
    r"""\\(?P<sign>[pP])(?:\{(?P<not>\^?)(?P<name>[\w=]+)\}|(?P<letter>\w))
    | \\u(?P<code>[0-9a-fA-F]{4})
    | (?P<group>\(\?<(?=[a-zA-Z]))
    | (?P<other>\\.|\[\^|&&|\{,|.)""",
    re.VERBOSE | re.DOTALL,
)
IN_BRACKETS = {r"\s": SPACE, r"\h": r" \t"}
OUTSIDE = {r"\s": f"[{SPACE}]", r"\S": f"[^{SPACE}]", r"\h": r"[ \t]"}
MOST_MEMORY = 8 << 20  # bytes of a compiled pattern
# Python's engine alone: in how many ways a text may be divided among the repeats of a pattern, and the length of a text
# by which a form's pattern is judged.
MOST_WAYS, USUAL_LENGTH = 10**7, 200
Matches = Callable[[str], bool]


def matches(value: str, written: str) -> bool:
    """Return whether the whole text matches, as Java's String.matches does."""
    return pattern(written)(value)


@lru_cache(maxsize=512)
def pattern(written: str) -> Matches:
    """Return the test of a regular expression of Java's; ExpressionError for one that cannot be used."""
    try:
        return _of_re2(written) if re2 else _of_python(written)
    except (re.error, ValueError, OverflowError, RecursionError) as error:
        raise ExpressionError("expression.regex", pattern=written, why=str(error)) from error


def _of_re2(written: str) -> Matches:
    options = re2.Options()
    options.log_errors, options.max_mem = False, MOST_MEMORY
    end = r"\z"
    try:
        compiled = re2.compile("".join(_pieces(written, end, lambda code: f"\\x{{{code:x}}}")), options)
    except re2.error as error:
        (why,) = error.args
        raise ValueError(why.decode(errors="replace") if isinstance(why, bytes) else why) from error

    def test(value: str) -> bool:
        try:
            return compiled.fullmatch(value) is not None
        except UnicodeEncodeError:  # half of a character
            return False

    return test


def _of_python(written: str) -> Matches:
    compiled = python_pattern(written)
    parsed = re._parser.parse(compiled.pattern, re.ASCII)  # type: ignore[attr-defined]
    if _ways(parsed, USUAL_LENGTH) > MOST_WAYS:
        raise ValueError("repeats within repeats")

    def test(value: str) -> bool:
        if _ways(parsed, len(value)) > MOST_WAYS:
            raise ExpressionError("expression.regex_text", pattern=written, length=len(value))
        return compiled.fullmatch(value) is not None

    return test


def python_pattern(written: str) -> re.Pattern[str]:
    """Return a regular expression of Java's for Python's engine; ValueError or re.error for one that cannot be."""
    return re.compile("".join(_pieces(written, r"\Z", lambda code: f"\\U{code:08x}")), re.ASCII)


def _ways(parsed: Any, length: int) -> float:
    """Return in how many ways at most a text of a length is divided among the repeats of a pattern, as Python parses it."""
    ways = 1.0
    for operation, given in parsed:
        name = str(operation)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            least, most, body = given
            ways *= _repeated(_ways(body, length), least, min(int(most), max(length, least)))
        elif name == "BRANCH":
            ways *= sum(_ways(branch, length) for branch in given[1])
        elif name == "SUBPATTERN":
            ways *= _ways(given[-1], length)
        elif name not in ("LITERAL", "NOT_LITERAL", "IN", "ANY", "AT", "CATEGORY", "RANGE"):
            raise ValueError(name.lower())  # look-around, references
    return ways


def _repeated(once: float, least: int, most: int) -> float:
    if once <= 1:
        return float(most - least + 1)
    return once**most if most < 64 else float("inf")


def _pieces(written: str, end: str, escaped: Callable[[int], str]) -> Iterator[str]:
    in_brackets = False
    for piece in PIECE.finditer(written):
        other = piece["other"]
        if piece["sign"]:
            yield _letters(piece, in_brackets, escaped)
        elif piece["code"]:
            yield escaped(int(piece["code"], 16))
        elif piece["group"]:
            yield "(?P<"
        elif (in_brackets and other in ("[", "&&", r"\S")) or other in ("{,", r"\Q"):
            raise ValueError(f"[…{other}" if in_brackets else other)  # sets within sets; what Java has not
        elif other in (r"\z", r"\Z"):
            yield end
        else:
            in_brackets = {"[": True, "[^": True, "]": False}.get(other, in_brackets)
            yield (IN_BRACKETS if in_brackets else OUTSIDE).get(other, other)


def _letters(piece: re.Match[str], in_brackets: bool, escaped: Callable[[int], str]) -> str:
    name = piece["name"] or piece["letter"]
    category = CATEGORY.fullmatch(name)
    ranges = HAN if name in HAN_NAMES else _category_ranges(category["category"]) if category else ()
    letters = NAMED_CLASSES.get(name) or "".join(
        f"{escaped(first)}-{escaped(last)}" for first, last in ranges
    )
    negated = (piece["sign"] == "P") != (piece["not"] == "^")
    if not letters or (in_brackets and negated):
        raise ValueError(piece[0])
    return letters if in_brackets else f"[{'^' if negated else ''}{letters}]"


@cache
def _category_ranges(category: str) -> tuple[tuple[int, int], ...]:
    r"""Return first and last of each range of a Unicode category: ``L`` for letters, ``Nd`` for digits."""
    ranges: list[tuple[int, int]] = []
    for code in range(sys.maxunicode + 1):
        if SURROGATES[0] <= code <= SURROGATES[1]:
            continue
        if unicodedata.category(chr(code)).startswith(category):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1] = ranges[-1][0], code
            else:
                ranges.append((code, code))
    return tuple(ranges)
