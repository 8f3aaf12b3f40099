"""Regular expressions as Java reads them (Collect), in the words of Python's.

What Java has and Python would misread is refused; it is never matched as something else.
"""

import re
import string
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache

from guanai.storage.forms.xpath.trees import ExpressionError

__all__ = ["matches", "pattern"]

# With re.ASCII, \d \w \s \b mean in Python what they mean in Java.
NAMED_CLASSES = {
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Upper": "A-Z",
    "Lower": "a-z",
    "Punct": re.escape(string.punctuation),
    "Space": r"\s",
    "XDigit": "0-9a-fA-F",
}
HAN = "\u2e80-\u2fdf\u3005\u3007\u3021-\u3029\u3038-\u303b\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
NAMED_CLASSES |= dict.fromkeys(("IsHan", "script=Han", "sc=Han", "IsIdeographic"), HAN)
CATEGORY = re.compile(r"(?:Is|gc=)?(?P<category>[LMNPSZC][a-z]?)")
PIECE = re.compile(
    r"""\\(?P<sign>[pP])(?:\{(?P<not>\^?)(?P<name>[\w=]+)\}|(?P<letter>\w))
    | \\k<(?P<reference>\w+)>
    | (?P<group>\(\?<(?=[a-zA-Z]))
    | (?P<other>\\.|\[\^|&&|.)""",
    re.VERBOSE | re.DOTALL,
)
OTHER_PIECES = {"\\z": r"\Z", "\\h": r"[ \t]"}


def matches(value: str, written: str) -> bool:
    """Return whether the whole text matches, as Java's String.matches does."""
    return pattern(written).fullmatch(value) is not None


@lru_cache(maxsize=512)
def pattern(written: str) -> re.Pattern[str]:
    """Compile a regular expression of Java's; ExpressionError for one that cannot be."""
    try:
        return re.compile("".join(_python_pieces(written)), re.ASCII)
    except (re.error, ValueError) as error:
        raise ExpressionError("expression.regex", pattern=written, why=str(error)) from error


def _python_pieces(written: str) -> Iterator[str]:
    in_brackets = False
    for piece in PIECE.finditer(written):
        if piece["sign"]:
            yield _letters(piece, in_brackets)
        elif piece["reference"]:
            yield f"(?P={piece['reference']})"
        elif piece["group"]:
            yield "(?P<"
        elif in_brackets and piece["other"] in ("[", "&&"):
            raise ValueError(f"[…{piece['other']}")  # sets within sets
        else:
            in_brackets = {"[": True, "[^": True, "]": False}.get(piece["other"], in_brackets)
            yield OTHER_PIECES.get(piece["other"], piece["other"])


def _letters(piece: re.Match[str], in_brackets: bool) -> str:
    name = piece["name"] or piece["letter"]
    category = CATEGORY.fullmatch(name)
    letters = NAMED_CLASSES.get(name) or (_category_ranges(category["category"]) if category else "")
    negated = (piece["sign"] == "P") != (piece["not"] == "^")
    if not letters or (in_brackets and negated):
        raise ValueError(piece[0])
    return letters if in_brackets else f"[{'^' if negated else ''}{letters}]"


@cache
def _category_ranges(category: str) -> str:
    r"""Return the ranges of a Unicode category: ``L`` for letters, ``Nd`` for digits."""
    ranges: list[list[int]] = []
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code)).startswith(category):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)
