"""The school's calendar: terms, and the weeks and months in which something can be owed.

A day of school is a Monday to Friday of a term outside its holidays, or a make-up day. A week or month
without one day of school is suspended: nothing is owed in it (requirements 7.5, "holidays suspend
weekly talk rules").
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple

from guanai.templates.wording import say

__all__ = ["Calendar", "Holiday", "Period", "Term", "school_year", "usual_terms"]

FIRST_MONTH = 8  # a school year is prepared in August and begins on 1 September
DAY = timedelta(days=1)


class Term(NamedTuple):
    """A term of the school, both days included."""

    name: str
    start: date
    end: date


class Holiday(NamedTuple):
    """Days of a term without school, both days included."""

    name: str
    start: date
    end: date


class Period(NamedTuple):
    """A term, or the part of a month or week that lies in it, both days included."""

    name: str
    start: date
    end: date


@dataclass(frozen=True)
class Calendar:
    """The terms, holidays and make-up days of a school, in the order of their days."""

    terms: tuple[Term, ...] = ()
    holidays: tuple[Holiday, ...] = ()
    make_up_days: frozenset[date] = frozenset()

    def term(self, name: str) -> Term:
        """Return the term of that name; raises KeyError."""
        for term in self.terms:
            if term.name == name:
                return term
        raise KeyError(name)

    def term_of(self, day: date) -> Term | None:
        """Return the term in which a day lies, None between terms."""
        return next((term for term in self.terms if term.start <= day <= term.end), None)

    def current_or_last(self, day: date) -> Term | None:
        """Return the term of a day, between terms the one that ended last, None before the first."""
        begun = [term for term in self.terms if term.start <= day]
        return max(begun, key=lambda term: term.start) if begun else None

    @cached_property
    def _days_off(self) -> frozenset[date]:
        return frozenset(day for holiday in self.holidays for day in days(holiday.start, holiday.end))

    def is_school_day(self, day: date) -> bool:
        """Say whether there is school on a day of a term."""
        if day in self.make_up_days:
            return True
        return day.weekday() < 5 and day not in self._days_off

    def school_days(self, term: Term) -> list[date]:
        """Return the days of a term on which there is school."""
        return [day for day in days(term.start, term.end) if self.is_school_day(day)]

    def weeks(self, term: Term) -> tuple[Period, ...]:
        """Return the weeks of a term, Monday to Sunday, cut at its ends.

        Weeks are numbered from the one in which the term begins, as schools number them (第几周): a
        suspended week keeps its number and is left out.
        """
        monday = term.start - timedelta(days=term.start.weekday())
        mondays = (first for first in days(monday, term.end) if first.weekday() == 0)
        weeks = (
            Period(say("period.week", number=number), max(first, term.start), min(first + 6 * DAY, term.end))
            for number, first in enumerate(mondays, start=1)
        )
        return self._with_school(weeks)

    def months(self, term: Term) -> tuple[Period, ...]:
        """Return the calendar months of a term, cut at its ends; one with a single day of school counts."""
        firsts = [term.start, *(day for day in days(term.start + DAY, term.end) if day.day == 1)]
        lasts = [first - DAY for first in firsts[1:]] + [term.end]
        months = (
            Period(say("period.month", year=first.year, month=first.month), first, last)
            for first, last in zip(firsts, lasts, strict=True)
        )
        return self._with_school(months)

    def periods(self, term: Term, per: str) -> tuple[Period, ...]:
        """Return the periods of a term by the word of a duty: ``term``, ``month`` or ``week``."""
        if per == "week":
            return self.weeks(term)
        if per == "month":
            return self.months(term)
        return self._with_school([Period(*term)])

    def _with_school(self, periods: Iterable[Period]) -> tuple[Period, ...]:
        return tuple(
            period for period in periods if any(map(self.is_school_day, days(period.start, period.end)))
        )


def days(first: date, last: date) -> list[date]:
    """Return every day from the first to the last, both included; none if they are the wrong way round."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def school_year(day: date) -> int:
    """Return the year in which the school year of a day began: that of 1 September, from August on."""
    return day.year if day.month >= FIRST_MONTH else day.year - 1


def usual_terms(year: int) -> list[dict[str, object]]:
    """Return usual rows of the sheet 校历 for the school year that begins in September of a year.

    Two terms and the holidays with a fixed day. Winter holidays move with the Spring Festival and every
    county fixes its own days, so these are rows to correct, not facts.
    """
    rows = (
        ("term", "first", date(year, 9, 1), date(year + 1, 1, 16)),
        ("term", "second", date(year + 1, 2, 21), date(year + 1, 7, 5)),
        ("holiday", "national_day", date(year, 10, 1), date(year, 10, 7)),
        ("holiday", "new_year", date(year + 1, 1, 1), date(year + 1, 1, 1)),
        ("holiday", "qingming", date(year + 1, 4, 4), date(year + 1, 4, 5)),
        ("holiday", "labour_day", date(year + 1, 5, 1), date(year + 1, 5, 5)),
    )
    heading = {name: say(f"heading.{name}", "zh") for name in ("kind", "name", "start", "end", "remark")}
    return [
        {
            heading["kind"]: say(f"calendar.kind.{kind}", "zh"),
            heading["name"]: say(f"calendar.usual.{name}", "zh", year=year, next=year + 1),
            heading["start"]: start,
            heading["end"]: end,
            heading["remark"]: say("calendar.usual.remark", "zh"),
        }
        for kind, name, start, end in rows
    ]
