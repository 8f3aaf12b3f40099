"""Dates and times of a form: their ISO texts, the days they count for, and how they are written for people.

A day counts in whole numbers, as in JavaRosa: ``today() - ${birth_date}`` is a number of days. Where the time of
day matters it is a fraction by the wall clock. So the count of days is local: a text with an offset (``…+08:00``)
is first brought to the local zone. (Enketo counts from 1970-01-01 in UTC, so that local midnight is a fraction.)

>>> days_of("1970-01-02")
1.0
>>> date_text(1.0)
'1970-01-02'
"""

import math
import re
from datetime import UTC, datetime, timedelta

from guanai.templates.wording import say

__all__ = [
    "date_text",
    "date_time_text",
    "days_of",
    "days_of_time",
    "moment_of",
    "now_text",
    "today_text",
    "written",
]

DATE_TIME = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?:T(?P<time>.+))?",
    re.ASCII,
)
TIME = re.compile(
    r"(?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d{1,9}))?)?"
    r"(?P<offset>Z|[+-]\d{2}(?::?\d{2})?)?",
    re.ASCII,
)
DAY = 86_400_000.0  # milliseconds
WINTER_DAY = "2000-01-01"  # a bare time has no day that would say whether summer time holds
EPOCH = datetime(1970, 1, 1)


def moment_of(text: str) -> datetime | None:
    """Return the local wall-clock moment of a date or date-time text, None if it is no date (2023-02-29)."""
    match = DATE_TIME.fullmatch(text.strip())
    if match is None:
        return None
    try:
        moment = datetime(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        return None
    return _with_time(moment, match["time"]) if match["time"] else moment


def _with_time(day: datetime, text: str) -> datetime | None:
    match = TIME.fullmatch(text)
    if match is None:
        return None
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    thousandths = int(f"{match['fraction'] or 0:0<3}"[:3])
    moment = day + timedelta(hours=hour, minutes=minute, seconds=second, milliseconds=thousandths)
    offset = _offset(match["offset"])
    if offset is None:
        return moment if match["offset"] is None else None
    return (moment - offset).replace(tzinfo=UTC).astimezone().replace(tzinfo=None)


def _offset(text: str | None) -> timedelta | None:
    if text is None:
        return None
    if text == "Z":
        return timedelta()
    hours, minutes = int(text[1:3]), int(text[-2:]) if len(text) > 3 else 0
    if hours > 23 or minutes > 59:
        return None
    return timedelta(hours=hours, minutes=minutes) * (1 if text[0] == "+" else -1)


def days_of(text: str, *, whole: bool = False) -> float:
    """Return the days since 1970-01-01 of a date or date-time text, NaN if it is none; ``whole`` without its time."""
    moment = moment_of(text)
    if moment is None:
        return math.nan
    if whole:
        return float((moment - EPOCH).days)
    return (moment - EPOCH) / timedelta(milliseconds=1) / DAY


def days_of_time(text: str) -> float:
    """Return the fraction of a day of a time text (noon is 0.5), NaN if it is none."""
    moment = moment_of(f"{WINTER_DAY}T{text.strip()}")
    if moment is None:
        return math.nan
    return (moment - moment.replace(hour=0, minute=0, second=0, microsecond=0)) / timedelta(days=1)


def date_text(value: str | float) -> str | None:
    """Return what ``date()`` makes of a text or of days: an ISO date, "" for nothing, None for what is no date."""
    days = math.floor(value) if isinstance(value, float) and math.isfinite(value) else value
    moment = _moment(days)
    if moment is None:
        return "" if value == "" else None
    return moment.date().isoformat()


def date_time_text(value: str | float) -> str | None:
    """Return what ``date-time()`` makes of a text or of days; midnight is written as the bare date."""
    moment = _moment(value)
    if moment is None:
        return "" if value == "" else None
    if moment.time() == datetime.min.time():
        return moment.date().isoformat()
    return moment.astimezone().isoformat(timespec="milliseconds")


def _moment(value: str | float) -> datetime | None:
    """Return the local wall-clock moment of a text or of days since 1970-01-01, None for what is no date."""
    if isinstance(value, str):
        return moment_of(value)
    try:
        return EPOCH + timedelta(milliseconds=round(value * DAY))
    except (ValueError, OverflowError):  # NaN, Infinity, and days beyond the year 9999
        return None


def now_text(now: datetime) -> str:
    """Return a clock's moment as ``now()`` gives it, with milliseconds and offset."""
    return (now if now.tzinfo else now.astimezone()).isoformat(timespec="milliseconds")


def today_text(now: datetime) -> str:
    """Return a clock's day as ``today()`` gives it."""
    return now.date().isoformat()


def written(moment: datetime, form: str, language: str) -> str:
    """Return a moment written as ``format-date`` asks (``%Y-%m-%d``), names of months and days in a language.

    Raises ValueError for a code that ODK does not have.
    """
    letters = iter(form)
    return "".join(
        _code(next(letters, ""), moment, language) if letter == "%" else letter for letter in letters
    )


def _code(code: str, moment: datetime, language: str) -> str:
    if code == "b":
        return say("date.months", language).split()[moment.month - 1]
    if code == "a":
        return say("date.weekdays", language).split()[moment.weekday()]
    numbers = {
        "%": "%",
        "Y": f"{moment.year:04}",
        "y": f"{moment.year % 100:02}",
        "m": f"{moment.month:02}",
        "n": f"{moment.month}",
        "d": f"{moment.day:02}",
        "e": f"{moment.day}",
        "H": f"{moment.hour:02}",
        "h": f"{moment.hour}",
        "M": f"{moment.minute:02}",
        "S": f"{moment.second:02}",
        "3": f"{moment.microsecond // 1000:03}",
        "W": f"{moment.isocalendar().week}",
    }
    if code not in numbers:
        raise ValueError(code)
    return numbers[code]
