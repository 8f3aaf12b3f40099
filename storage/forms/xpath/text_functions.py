"""Functions of expressions that work on texts."""

import base64
import binascii
import hashlib
import math
import re
import string
import uuid

from guanai.storage.forms.xpath.contexts import Context
from guanai.storage.forms.xpath.conversions import Value, to_number, to_string
from guanai.storage.forms.xpath.java_regex import matches, pattern
from guanai.storage.forms.xpath.signatures import Function, each_string, first, strings
from guanai.storage.forms.xpath.trees import ExpressionError
from guanai.storage.forms.xpath.work import MOST_CHARACTERS, checked_text

__all__ = ["TEXT_FUNCTIONS"]

XML_SPACE = " \t\r\n"


def concat(context: Context, *values: Value) -> str:
    """Join everything, each node of a path too."""
    return "".join(each_string(values))


def join(context: Context, separator: Value, *values: Value) -> str:
    """Join everything with a separator between."""
    between = to_string(separator)
    return between.join(each_string(values, between))


def text(context: Context, *values: Value) -> str:
    """Convert to text."""
    return to_string(first(context, values))


def string_length(context: Context, *values: Value) -> float:
    """Count characters."""
    return float(len(to_string(first(context, values))))


def normalize_space(context: Context, *values: Value) -> str:
    """Strip the ends and leave one space between words."""
    whole = to_string(first(context, values)).strip(XML_SPACE)
    context.environment.work.add_text(len(whole))
    return re.sub(f"[{XML_SPACE}]+", " ", whole)


def _rounded(number: float) -> float:
    return math.floor(number + 0.5) if math.isfinite(number) else number


def substring(context: Context, value: Value, start: Value, length: Value | None = None) -> str:
    """Return characters from a position counted from 1, as XPath 1.0 section 4.2 rounds it."""
    whole = to_string(value)
    begin = _rounded(to_number(start))
    if math.isnan(begin):
        return ""
    end = math.inf if length is None else begin + _rounded(to_number(length))
    if math.isnan(end):  # from minus infinity for an infinite length
        return ""
    first_place, last_place = (int(min(max(place - 1, 0), len(whole))) for place in (begin, end))
    return whole[first_place:last_place]


def substr(context: Context, value: Value, start: Value, end: Value | None = None) -> str:
    """Return characters from a place counted from 0 up to before another; negative counts from the end."""
    whole = to_string(value)
    return whole[_place(start) : None if end is None else _place(end)]


def _place(value: Value) -> int:
    number = to_number(value)
    return int(number) if math.isfinite(number) else 0


def substring_before(whole: str, part: str) -> str:
    """Return what stands before a part, "" if the part is not there."""
    before, separator, _ = whole.partition(part) if part else ("", "", "")
    return before if separator else ""


def substring_after(whole: str, part: str) -> str:
    """Return what stands after a part, "" if the part is not there."""
    return whole.partition(part)[2] if part else whole


def translate(whole: str, old: str, new: str) -> str:
    """Replace letters one by one; those without a replacement go."""
    table: dict[int, str | None] = {}
    for place, letter in enumerate(old):
        table.setdefault(ord(letter), new[place] if place < len(new) else None)
    return whole.translate(table)


DIGESTS = {"md5": hashlib.md5, "sha-1": hashlib.sha1, "sha-256": hashlib.sha256}
DIGESTS |= {"sha-384": hashlib.sha384, "sha-512": hashlib.sha512}


def digest(value: str, algorithm: str, encoding: str = "base64") -> str:
    """Return the digest of a text by MD5, SHA-1, SHA-256, SHA-384 or SHA-512 as base64 or hex."""
    if algorithm.lower() not in DIGESTS or encoding.lower() not in ("base64", "hex"):
        raise ExpressionError("expression.digest", algorithm=algorithm, encoding=encoding)
    hashed = DIGESTS[algorithm.lower()](value.encode())
    return hashed.hexdigest() if encoding.lower() == "hex" else base64.b64encode(hashed.digest()).decode()


def base64_decode(value: str) -> str:
    """Return the text in a base64 value, "" if it holds none."""
    try:
        return base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def make_uuid(context: Context, *values: Value) -> str:
    """Return a random UUID, or with a number so many random letters and figures."""
    if not values:
        return str(uuid.UUID(int=context.environment.chance.getrandbits(128), version=4))
    length = to_number(values[0])
    letters = string.ascii_letters + string.digits
    if not length > 0:
        return ""
    checked_text(MOST_CHARACTERS + 1 if math.isinf(length) else int(length))
    context.environment.work.add(int(length))
    return "".join(context.environment.chance.choice(letters) for _ in range(int(length)))


TEXT_FUNCTIONS = (
    Function("base64-decode", 1, 1, strings(base64_decode)),
    Function("concat", 0, None, concat),
    Function("contains", 2, 2, strings(lambda whole, part: part in whole)),
    Function("digest", 2, 3, strings(digest), check=lambda algorithm: digest("", algorithm)),
    Function("ends-with", 2, 2, strings(str.endswith)),
    Function("join", 1, None, join),
    Function("normalize-space", 0, 1, normalize_space),
    Function("regex", 2, 2, strings(matches), check=pattern),
    Function("starts-with", 2, 2, strings(str.startswith)),
    Function("string", 0, 1, text),
    Function("string-length", 0, 1, string_length),
    Function("substr", 2, 3, substr),
    Function("substring", 2, 3, substring),
    Function("substring-after", 2, 2, strings(substring_after)),
    Function("substring-before", 2, 2, strings(substring_before)),
    Function("translate", 3, 3, strings(translate)),
    Function("uuid", 0, 1, make_uuid),
)
