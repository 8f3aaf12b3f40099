"""The school's calendar: terms, their phases, and which days are days of school.

A day of school is a Monday to Friday of a term outside its holidays, or a make-up day. The school's own rows
take precedence over the public holidays. Among its own rows a make-up day takes precedence over a holiday.
"""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from typing import NamedTuple

import holidays

__all__ = [
    "COUNTRIES",
    "PHASES",
    "Calendar",
    "Holiday",
    "Period",
    "Phase",
    "Term",
    "Window",
    "day_of_year",
    "days_between",
    "monday",
    "public_days",
    "school_year",
]

FIRST_MONTH = 8  # a school year is prepared in August and begins on 1 September
DAY, WEEK = timedelta(days=1), timedelta(days=7)
PHASES = ("opening", "middle", "closing")
PHASE_WEEKS = 4  # 期初 and 期末: the first and the last four weeks of a term of at least three times as many
COUNTRIES = {"china": "CN"}  # countries whose public holidays come from the library `holidays`


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


class Window(NamedTuple):
    """Days in which the school visits intensively (004: 寒暑假, 二、八月, 三、九月), both included."""

    name: str
    start: date
    end: date


class Phase(NamedTuple):
    """The beginning, middle or end of a term (one of `PHASES`), as the school has set it."""

    phase: str
    start: date
    end: date


class Period(NamedTuple):
    """Days for which something is due, first and last included: a term, or the part of a week or month in it."""

    name: str
    start: date
    end: date


@dataclass(frozen=True)
class Calendar:
    """What the school has set: terms, holidays and make-up days, phases and windows, in the order of their days.

    ``public_holidays`` and ``public_make_up_days`` are the country's, below the school's own.
    """

    terms: tuple[Term, ...] = ()
    holidays: tuple[Holiday, ...] = ()
    make_up_days: frozenset[date] = frozenset()
    phases: tuple[Phase, ...] = ()
    windows: tuple[Window, ...] = ()
    public_holidays: frozenset[date] = frozenset()
    public_make_up_days: frozenset[date] = frozenset()

    def current_or_last(self, day: date) -> Term | None:
        """Return the term of a day, between terms the one that ended last, None before the first."""
        begun = [term for term in self.terms if term.start <= day]
        return max(begun, key=lambda term: term.start) if begun else None

    def previous(self, term: Term) -> Term | None:
        """Return the term before one, None for the first."""
        before = [other for other in self.terms if other.end < term.start]
        return max(before, key=lambda other: other.start) if before else None

    @cached_property
    def _days_off(self) -> frozenset[date]:
        return frozenset(day for holiday in self.holidays for day in days_between(holiday.start, holiday.end))

    def is_school_day(self, day: date) -> bool:
        """Say whether there is school on a day of a term."""
        if day in self.make_up_days:
            return True
        if day in self._days_off:
            return False
        if day in self.public_make_up_days:
            return True
        return day.weekday() < 5 and day not in self.public_holidays

    def is_holiday(self, day: date) -> bool:
        """Say whether a day, of the week or a weekend, is in a holiday."""
        if day in self.make_up_days:
            return False
        if day in self._days_off:
            return True
        return day in self.public_holidays and day not in self.public_make_up_days

    def would_be_school_day(self, day: date) -> bool:
        """Say whether there would be school on a day outside the terms, if a term went on: Monday to Friday, no holiday.

        A holiday of the school's own counts here only if it reaches into a term: the winter and summer holidays, which
        some schools write down as 假期, are what a term is cut by.
        """
        return day.weekday() < 5 and day not in self._holidays_in_terms and day not in self.public_holidays

    @cached_property
    def _holidays_in_terms(self) -> frozenset[date]:
        return frozenset(
            day
            for holiday in self.holidays
            if any(holiday.start <= term.end and term.start <= holiday.end for term in self.terms)
            for day in days_between(holiday.start, holiday.end)
        )

    def school_days(self, term: Term) -> list[date]:
        """Return the days of a term on which there is school."""
        return [day for day in days_between(term.start, term.end) if self.is_school_day(day)]

    def phases_of(self, term: Term) -> tuple[Phase, ...]:
        """Return the beginning, middle and end of a term.

        The school's own days where it has set them, cut at the ends of the term (期初 may begin with the days of
        registration before it). Otherwise 期初 is the first four weeks, Monday to Sunday as they are numbered, 期末 the last
        four, 期中 what lies between; in a term of less than twelve weeks each is a third of the days of school. A phase
        that the school has not set is cut as far as its own ones need: to set one phase takes nothing away from the others.
        """
        own = tuple(
            Phase(phase, max(start, term.start), min(end, term.end))
            for phase, start, end in self.phases
            if start <= term.end and term.start <= end
        )
        cuts = self._phase_cuts(term)
        if not cuts:
            return own
        starts, ends = [term.start, *cuts], [*(cut - DAY for cut in cuts), term.end]
        usual = [Phase(*phase) for phase in zip(PHASES, starts, ends, strict=True)]
        set_already = {phase.phase for phase in own}
        rest = [_trimmed(phase, own) for phase in usual if phase.phase not in set_already]
        return tuple(
            sorted(
                (*own, *(phase for phase in rest if phase.start <= phase.end)), key=lambda phase: phase.start
            )
        )

    def _phase_cuts(self, term: Term) -> list[date]:
        """Return the first days of 期中 and 期末 where the school has set none; nothing for a term of a day or two."""
        first, last = monday(term.start), monday(term.end)
        if (last - first).days // 7 + 1 >= len(PHASES) * PHASE_WEEKS:
            return [first + PHASE_WEEKS * WEEK, last - (PHASE_WEEKS - 1) * WEEK]
        school = self.school_days(term)
        if len(school) < len(PHASES):
            return []
        return [school[round(number * len(school) / len(PHASES))] for number in (1, 2)]


def _trimmed(phase: Phase, others: Sequence[Phase]) -> Phase:
    """Return the part of a phase that others leave free; if there is none, the phase ends before it starts."""
    order = PHASES.index(phase.phase)
    before = [other.end + DAY for other in others if PHASES.index(other.phase) < order]
    after = [other.start - DAY for other in others if PHASES.index(other.phase) > order]
    return Phase(phase.phase, max([phase.start, *before]), min([phase.end, *after]))


def days_between(first: date, last: date) -> list[date]:
    """Return every day from the first to the last, both included; none if they are the wrong way round."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def monday(day: date) -> date:
    """Return the first day of a day's week."""
    return day - timedelta(days=day.weekday())


def day_of_year(year: int, month: int, day: int) -> date:
    """Return a month and day of a year; 29 February is the 28th in a common year."""
    return date(year, month, min(day, monthrange(year, month)[1]))


def school_year(day: date) -> int:
    """Return the year in which the school year of a day began: that of 1 September, from August on."""
    return day.year if day.month >= FIRST_MONTH else day.year - 1


def public_days(country: str, years: Iterable[int]) -> tuple[frozenset[date], frozenset[date]]:
    """Return the days off and the weekend days worked of some years; nothing for a country not in `COUNTRIES`."""
    by_year = [_public_days_of(COUNTRIES[country], year) for year in years] if country in COUNTRIES else []
    return (
        frozenset(day for off, _ in by_year for day in off),
        frozenset(day for _, worked in by_year for day in worked),
    )


@cache
def _public_days_of(code: str, year: int) -> tuple[frozenset[date], frozenset[date]]:
    year_days = holidays.country_holidays(code, years=year)
    # The library also keeps the make-up days of other years together with those of the requested year.
    worked = frozenset(day for day in getattr(year_days, "weekend_workdays", ()) if day.year == year)
    return frozenset(year_days) - worked, worked
