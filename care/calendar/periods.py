"""The periods of a duty, by its word in the column 周期 (``per``): terms, weeks, months, phases, years, windows.

A period of a term without any day of school is left out: nothing is due in it (requirements 7.5,
"holidays suspend weekly talk rules"). Years, halves of years and windows include holidays, so in them every day counts;
so it does in weekends, which are left out where all of their days are in a holiday, and in holidays themselves.
"""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date

from guanai.care.calendar.school_calendar import (
    DAY,
    WEEK,
    Calendar,
    Period,
    Term,
    days_between,
    monday,
    school_year,
)
from guanai.templates.wording import say

__all__ = [
    "IN_TERM",
    "PERIODS",
    "counting_days",
    "fortnights",
    "half_years",
    "holidays",
    "months",
    "periods",
    "weekends",
    "weeks",
    "whole_days",
    "years",
]

IN_TERM = (
    "day", "week", "fortnight", "month", "term", "often", "phase", "opening", "middle", "closing",
)  # fmt: skip
PERIODS = (*IN_TERM, "school_year", "year", "half_year", "window", "weekend", "weekend_day", "holiday")
SATURDAY = 5
VACATION = 62 * DAY  # July and August: the longest there is before a term


def periods(calendar: Calendar, term: Term, per: str) -> tuple[Period, ...]:
    """Return the periods that matter while a term is the current one, the earliest first.

    ``window``: those that end after the term before this one, of the first term those of the vacation before it. ``school_year``: the one of the term. ``year``:
    the calendar years that the term touches, and all later ones of its school year; ``half_year`` likewise, January to June
    and July to December. ``weekend``: Saturday and Sunday of each week of the term; ``weekend_day``: each of them.
    ``holiday``: the rows 假期 of the calendar from the term's first day to the day before the next term.
    """
    if per == "window":
        before = calendar.previous(term)
        after = before.end if before else term.start - VACATION
        return tuple(Period(*window) for window in calendar.windows if window.end > after)
    if per in ("school_year", "year"):
        return years(calendar, term, per)
    if per == "half_year":
        return half_years(term)
    if per in ("weekend", "weekend_day"):
        return weekends(calendar, term, apart=per == "weekend_day")
    if per == "holiday":
        return holidays(calendar, term)
    if per in ("phase", "opening", "middle", "closing"):
        return _with_school_days(
            calendar,
            [
                Period(say(f"period.{phase.phase}"), phase.start, phase.end)
                for phase in calendar.phases_of(term)
                if per in ("phase", phase.phase)
            ],
        )
    if per == "day":
        return tuple(Period(day.isoformat(), day, day) for day in calendar.school_days(term))
    if per == "week":
        return weeks(calendar, term)
    if per == "fortnight":
        return fortnights(calendar, term)
    if per == "month":
        return months(calendar, term)
    return _with_school_days(calendar, [Period(*term)])


def weeks(calendar: Calendar, term: Term) -> tuple[Period, ...]:
    """Return the weeks of a term, Monday to Sunday, cut at its ends.

    Weeks are numbered from the one in which the term begins, as schools number them (第几周): a
    suspended week keeps its number and is left out.
    """
    return _with_school_days(calendar, _groups_of_weeks(term, 1))


def fortnights(calendar: Calendar, term: Term) -> tuple[Period, ...]:
    """Return the weeks of a term by twos (第1–2周, 第3–4周 …); the last may be a single week."""
    return _with_school_days(calendar, _groups_of_weeks(term, 2))


def months(calendar: Calendar, term: Term) -> tuple[Period, ...]:
    """Return the calendar months of a term, cut at its ends; one with a single day of school counts."""
    firsts = [term.start, *(day for day in days_between(term.start + DAY, term.end) if day.day == 1)]
    lasts = [first - DAY for first in firsts[1:]] + [term.end]
    return _with_school_days(
        calendar,
        (
            Period(say("period.month", year=first.year, month=first.month), first, last)
            for first, last in zip(firsts, lasts, strict=True)
        ),
    )


def years(calendar: Calendar, term: Term, per: str) -> tuple[Period, ...]:
    """Return the school year of a term, or the calendar years that its school year has touched since the term began.

    A school year lasts from its first term's first day to its last term's last; to 31 July while the calendar
    names only one of its terms.
    """
    year = school_year(term.start)
    if per == "year":
        return tuple(
            Period(say("period.year", year=number), date(number, 1, 1), date(number, 12, 31))
            for number in range(term.start.year, year + 2)
        )
    own = [other for other in calendar.terms if school_year(other.start) == year]
    last = max(other.end for other in own) if len(own) > 1 else max(term.end, date(year + 1, 7, 31))
    name = say("period.school_year", year=year, next=year + 1)
    return (Period(name, min(other.start for other in own), last),)


def half_years(term: Term) -> tuple[Period, ...]:
    """Return the halves of calendar years from that of a term's first day to the end of its school year's second year."""
    halves = [
        Period(say(f"period.half_year.{half}", year=year), date(year, *first), date(year, *last))
        for year in range(term.start.year, school_year(term.start) + 2)
        for half, first, last in ((1, (1, 1), (6, 30)), (2, (7, 1), (12, 31)))
    ]
    return tuple(half for half in halves if half.end >= term.start)


def weekends(calendar: Calendar, term: Term, *, apart: bool = False) -> tuple[Period, ...]:
    """Return the weekends of a term, cut at its ends; with ``apart`` each Saturday and Sunday.

    They have the number of their week. One of which all days are in a holiday is left out.
    """
    periods = []
    for number, week in enumerate(_groups_of_weeks(term, 1), start=1):
        days = [day for day in days_between(week.start, week.end) if day.weekday() >= SATURDAY]
        spans = [[day] for day in days] if apart else [days]
        for span in spans:
            if span and not all(map(calendar.is_holiday, span)):
                name = span[0].isoformat() if apart else say("period.weekend", number=number)
                periods.append(Period(name, span[0], span[-1]))
    return tuple(periods)


def holidays(calendar: Calendar, term: Term) -> tuple[Period, ...]:
    """Return the school's own holidays from a term's first day to the day before the next term, without overlap."""
    later = [other.start for other in calendar.terms if other.start > term.end]
    last = min(later) - DAY if later else date.max
    periods: list[Period] = []
    for name, start, end in sorted(calendar.holidays, key=lambda holiday: holiday.start):
        first = max(start, term.start, *(before.end + DAY for before in periods[-1:]))
        if first <= min(end, last):
            periods.append(Period(name, first, min(end, last)))
    return tuple(periods)


def counting_days(calendar: Calendar, per: str, spans: Iterable[Period]) -> list[date]:
    """Return the days that a share of the periods is computed from: days of school, in years and windows every day."""
    all_days = {day for span in spans for day in days_between(span.start, span.end)}
    return sorted(day for day in all_days if per not in IN_TERM or calendar.is_school_day(day))


def whole_days(calendar: Calendar, term: Term, per: str, period: Period) -> int:
    """Return of how many days a period of a term has its number: a share of it owes that share.

    Of a week, fortnight or month that the term's ends cut these are the days of school in the term and, outside it,
    those on which there would be school; so 1 to 3 July owe no monthly call, and two days in the first week no weekly
    talk. Any other period, and one that only holidays cut, has its own days (`counting_days`) as the whole.
    """
    days = days_between(*_uncut(term, per, period))
    if per not in IN_TERM:
        return len(days)
    inside = [day for day in days if period.start <= day <= period.end]
    outside = [day for day in days if not period.start <= day <= period.end]
    return sum(map(calendar.is_school_day, inside)) + sum(map(calendar.would_be_school_day, outside))


def _uncut(term: Term, per: str, period: Period) -> tuple[date, date]:
    """Return the first and the last day of a period as it would be without the ends of the term."""
    first, last = period.start, period.end
    if per == "month":
        return first.replace(day=1), last.replace(day=monthrange(last.year, last.month)[1])
    if per in ("week", "fortnight"):
        weeks_each = 2 if per == "fortnight" else 1
        begin = monday(term.start) + (monday(first) - monday(term.start)) // (weeks_each * WEEK) * (
            weeks_each * WEEK
        )
        return begin, begin + (7 * weeks_each - 1) * DAY
    return first, last


def _groups_of_weeks(term: Term, number: int) -> Iterable[Period]:
    """Return a term cut into periods of so many weeks."""
    first, position = monday(term.start), 1
    while first <= term.end:
        last = first + (7 * number - 1) * DAY
        name = (
            say("period.week", number=position)
            if number == 1
            else say("period.weeks", first=position, last=position + number - 1)
        )
        yield Period(name, max(first, term.start), min(last, term.end))
        first, position = last + DAY, position + number


def _with_school_days(calendar: Calendar, spans: Iterable[Period]) -> tuple[Period, ...]:
    return tuple(
        span for span in spans if any(map(calendar.is_school_day, days_between(span.start, span.end)))
    )
