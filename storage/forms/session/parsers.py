"""What a person typed, read as a value: full-width digits, a day in five spellings, a whole number, a time.

Telephone and identity numbers are typed with the Chinese keyboard still on. So a number, day or time is always
read with its full-width characters as half-width ones (NFKC), and so is any text that is nothing but digits, X,
plus, hyphens, spaces and brackets: a word keeps its full-width signs, 「１３８ ００００ ００００」 becomes digits.

>>> read_text("１３８００００－０００Ｘ"), read_text("张三（小）")
('1380000-000X', '张三（小）')
>>> read_date("2024年3月5日"), read_integer("１２")
('2024-03-05', 12)
"""

import math
import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from numbers import Real

from guanai.care.errors import GuanaiError

__all__ = [
    "READERS",
    "UnreadableError",
    "read_date",
    "read_decimal",
    "read_integer",
    "read_moment",
    "read_month",
    "read_text",
    "read_tick",
    "read_time",
]

_NUMBER_LIKE = re.compile(r"^[0-9Xx+()\s-]+$")
_INTEGER = re.compile(r"^[+-]?\d+$")
_DECIMAL = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)$")
_THOUSANDS = re.compile(r"^[+-]?\d{1,3}([,'，\s]\d{3})+(\.\d*)?$")
_DECIMAL_COMMA = re.compile(r"^[+-]?\d+[,，]\d{1,2}$")
_DATES = (
    re.compile(r"^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})$"),
    re.compile(r"^(\d{4})(年)(\d{1,2})月(\d{1,2})[日号]?$"),
    re.compile(r"^(\d{4})()(\d{2})(\d{2})$"),
)
_MONTHS = re.compile(r"^(\d{4})(?:[-/.年](\d{1,2}))?月?年?$")
_MOMENT = re.compile(r"^(?P<day>.*?\d[日号]?)(?:[T\s]\s*|(?<=[日号])\s*)(?P<time>\D{0,3}\d{1,2}[:点时].*)$")
_MIDNIGHT = re.compile(r"[T ]00:00(:00(\.0+)?)?$")
_TIME = re.compile(
    r"^(上午|下午|中午|晚上|早上)?\s*(\d{1,2})[:点时](\d{1,2})?分?(?::(\d{1,2})(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?$"
)
_TICKED = frozenset({"ok", "yes", "true", "1", "是", "✓", "√", "已确认"})
_YEARS = range(1900, 2101)
_MOST_DIGITS = 15  # a whole number of more is not exact in expressions and in a spreadsheet


class UnreadableError(GuanaiError):
    """What was typed cannot be read as an answer of this kind; the message says how to type it."""


def half_width(text: str) -> str:
    """Return the text with full-width digits, letters and signs as half-width ones."""
    return unicodedata.normalize("NFKC", text).strip()


def read_text(raw: object) -> str:
    """Return a text as typed, or as half-width when it is only a number (see the module)."""
    if isinstance(raw, float) and raw.is_integer():  # a telephone number out of a spreadsheet
        raw = int(raw)
    text = str(raw).strip()
    half = re.sub("[\N{EN DASH}\N{MINUS SIGN}\N{EM DASH}]", "-", half_width(text))
    return half if _NUMBER_LIKE.match(half) else text


def read_integer(raw: object) -> int:
    """Return a whole number; 3.0 counts as one, 1,000 is refused rather than guessed."""
    number = _real(raw)
    if number is not None:
        if not float(number).is_integer():
            raise UnreadableError("reading.not_whole", typed=raw)
        return int(number)
    text = half_width(str(raw))
    if _INTEGER.match(text):
        return int(_checked_length(text))
    _refuse_thousands(text, raw)
    if _DECIMAL.match(text):
        if float(_checked_length(text)).is_integer():
            return int(float(text))
        raise UnreadableError("reading.not_whole", typed=raw)
    raise UnreadableError("reading.not_integer", typed=raw)


def read_decimal(raw: object) -> float:
    """Return a number with or without decimals; a comma is refused rather than guessed."""
    number = _real(raw)
    if number is not None:
        return float(number)
    text = half_width(str(raw))
    if _DECIMAL.match(text):
        return float(_checked_length(text))
    _refuse_thousands(text, raw)
    if _DECIMAL_COMMA.match(text):
        raise UnreadableError("reading.decimal_comma", typed=raw, plain=re.sub("[,，]", ".", text))
    raise UnreadableError("reading.not_decimal", typed=raw)


def _refuse_thousands(text: str, raw: object) -> None:
    if _THOUSANDS.match(text):
        raise UnreadableError("reading.thousands", typed=raw, plain=re.sub(r"[,'，\s]", "", text))


def read_date(raw: object) -> str:
    """Return a day as ``2024-03-05``: from 2024-3-5, 2024/3/5, 2024.3.5, 20240305 or 2024年3月5日."""
    if isinstance(raw, date):
        raw = (raw.date() if isinstance(raw, datetime) else raw).isoformat()
    text = _MIDNIGHT.sub("", re.sub(r"\s*([-/.年月日])\s*", r"\1", half_width(str(raw))))
    match = next(filter(None, (pattern.match(text) for pattern in _DATES)), None)
    if not match:
        raise UnreadableError("reading.date_incomplete", typed=raw)
    year, _, month, day = match.groups()
    try:
        day_read = date(int(year), int(month), int(day))
    except ValueError as error:
        raise UnreadableError("reading.no_such_date", typed=raw) from error
    if day_read.year not in _YEARS:
        raise UnreadableError("reading.no_such_date", typed=raw)
    return day_read.isoformat()


def read_month(raw: object) -> str:
    """Return a month or a year as its first day: from 2024-3, 2024年3月, 2024; a whole day stays one."""
    match = _MONTHS.match(half_width(str(raw)))
    if not match:
        return read_date(raw)
    return read_date(f"{match[1]}-{match[2] or 1}-1")


def read_moment(raw: object) -> str:
    """Return a day and time as ``2024-03-05T08:30``: from 2024-3-5 8:30, 2024年3月5日下午3点; a day is its midnight."""
    if isinstance(raw, datetime):
        day, hour = read_date(raw), read_time(raw.time().replace(microsecond=0))
    elif isinstance(raw, date):
        day, hour = read_date(raw), "00:00"
    else:
        match = _MOMENT.match(half_width(str(raw)))
        day = read_date(match["day"] if match else raw)
        hour = read_time(match["time"]) if match else "00:00"
    return f"{day}T{hour}"


def read_time(raw: object) -> str:
    """Return a time of day as ``08:30``, with seconds only when there are any: from 8:30, 8点30分, 下午3:15."""
    if isinstance(raw, datetime):
        raw = raw.time()
    if not isinstance(raw, time):
        match = _TIME.match(half_width(str(raw)))
        if not match:
            raise UnreadableError("reading.not_time", typed=raw)
        half, hour, minute, second = match.groups()
        hours = int(hour) + (12 if half in ("下午", "晚上") and int(hour) < 12 else 0)
        try:
            raw = time(hours, int(minute or 0), int(second or 0))
        except ValueError as error:
            raise UnreadableError("reading.not_time", typed=str(raw)) from error
    return raw.isoformat("seconds" if raw.second else "minutes")


def read_tick(raw: object) -> str:
    """Return ``OK`` for a box that is ticked, as ODK keeps it."""
    if raw is True or half_width(str(raw)).lower() in _TICKED:
        return "OK"
    raise UnreadableError("reading.not_ticked", typed=raw)


def _real(raw: object) -> float | None:
    """Return a value that is a number already; None for anything else, and for what is infinite."""
    if not isinstance(raw, Real) or isinstance(raw, bool):
        return None
    if isinstance(raw, float) and not math.isfinite(raw):
        return None
    if abs(raw) >= 10**_MOST_DIGITS:
        raise _too_long(f"{Decimal(raw):.3E}" if isinstance(raw, int | float) else str(raw))
    return float(raw)


def _checked_length(text: str) -> str:
    """Return the text of a number whose digits can all be kept."""
    if len(text.partition(".")[0].lstrip("+-0")) > _MOST_DIGITS:
        raise _too_long(text if len(text) <= 2 * _MOST_DIGITS else f"{text[: 2 * _MOST_DIGITS]}…")
    return text


def _too_long(typed: str) -> UnreadableError:
    return UnreadableError("reading.too_long", typed=typed, most=_MOST_DIGITS)


READERS: dict[str, Callable[[object], str | int | float]] = {
    "text": read_text,
    "integer": read_integer,
    "decimal": read_decimal,
    "date": read_date,
    "time": read_time,
    "datetime": read_moment,
}
