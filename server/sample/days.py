"""The days that a sample school has records of: the term so far, its school days, weeks and months."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from guanai.care.calendar.periods import months, weeks
from guanai.care.calendar.school_calendar import Calendar, Period, Term, school_year

__all__ = ["SampleDays"]

# A term younger than this has little to show, so the sample then also holds the term before it.
YOUNG = timedelta(days=28)


@dataclass(frozen=True)
class SampleDays:
    """The days that a sample has records of: one term up to the day, or two where the last has just begun."""

    on: date
    calendar: Calendar
    terms: tuple[Term, ...]

    @classmethod
    def of(cls, calendar: Calendar, on: date) -> "SampleDays":
        """Return those up to a day: in its term, or in the last one before it outside the terms."""
        begun = sorted((term for term in calendar.terms if term.start <= on), key=lambda term: term.start)
        if not begun:
            raise ValueError(f"the calendar has no term that begins on or before {on}")
        young = min(begun[-1].end, on) - begun[-1].start < YOUNG
        return cls(on, calendar, tuple(begun[-2:] if young else begun[-1:]))

    @property
    def first(self) -> date:
        """The first day."""
        return self.terms[0].start

    @cached_property
    def last(self) -> date:
        """The last day: ``on`` itself, or the end of the last term before it."""
        return min(self.terms[-1].end, self.on)

    @property
    def school_year(self) -> int:
        """The year in which the school year of the first day began."""
        return school_year(self.first)

    @cached_property
    def weeks(self) -> list[list[date]]:
        """The school days of each week up to the last day."""
        return self._school_days(weeks)

    @cached_property
    def months(self) -> list[list[date]]:
        """The school days of each month up to the last day."""
        return self._school_days(months)

    def _school_days(self, periods: Callable[[Calendar, Term], Sequence[Period]]) -> list[list[date]]:
        spans = [
            (period.start, (min(period.end, self.last) - period.start).days + 1)
            for term in self.terms
            for period in periods(self.calendar, term)
        ]
        days = [[start + timedelta(days=day) for day in range(length)] for start, length in spans]
        return [school for some in days if (school := list(filter(self.calendar.is_school_day, some)))]

    def at(self, place: float) -> date:
        """Return the school day at a place between the first (0) and the last (1)."""
        days = [day for week in self.weeks for day in week]
        return days[max(0, min(int(place * len(days)), len(days) - 1))]

    def kind(self, day: date) -> str:
        """Return ``school``, ``weekend``, or ``holiday`` for a working day on which the school is closed."""
        if self.calendar.is_school_day(day):
            return "school"
        return "weekend" if day.weekday() >= 5 else "holiday"
