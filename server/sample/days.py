"""The days that a sample school tells about: the term so far, its school days, weeks and months."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from guanai.care.calendar.periods import months, weeks
from guanai.care.calendar.school_calendar import Calendar, Period, Term, school_year

__all__ = ["Window"]

# A term younger than this has little to show, so the sample then also holds the term before it.
YOUNG = timedelta(days=28)


@dataclass(frozen=True)
class Window:
    """The days that a sample tells about: one term up to the day, or two where the last has just begun."""

    on: date
    calendar: Calendar
    terms: tuple[Term, ...]

    @classmethod
    def of(cls, calendar: Calendar, on: date) -> "Window":
        """Return the window that ends on a day: its term, or the last one before it outside the terms."""
        begun = sorted((term for term in calendar.terms if term.start <= on), key=lambda term: term.start)
        if not begun:
            raise ValueError(f"the calendar has no term that begins on or before {on}")
        young = min(begun[-1].end, on) - begun[-1].start < YOUNG
        return cls(on, calendar, tuple(begun[-2:] if young else begun[-1:]))

    @property
    def first(self) -> date:
        """The first day told about."""
        return self.terms[0].start

    @property
    def last(self) -> date:
        """The last day told about: the day itself, or the end of the last term before it."""
        return min(self.terms[-1].end, self.on)

    @property
    def school_year(self) -> int:
        """The year in which the school year of the first day began."""
        return school_year(self.first)

    def is_holiday(self, day: date) -> bool:
        """Whether a day is a working day on which the school is closed."""
        return day.weekday() < 5 and not self.calendar.is_school_day(day)

    def weeks(self) -> list[list[date]]:
        """Return the school days of each week up to the last day."""
        return self._school_days(weeks)

    def months(self) -> list[list[date]]:
        """Return the school days of each month up to the last day."""
        return self._school_days(months)

    def _school_days(self, periods: Callable[[Calendar, Term], Sequence[Period]]) -> list[list[date]]:
        every = [
            period
            for term in self.terms
            for period in periods(self.calendar, term)
            if period.start <= self.last
        ]
        spans = [(period.start, (min(period.end, self.last) - period.start).days + 1) for period in every]
        days = [[start + timedelta(days=day) for day in range(length)] for start, length in spans]
        return [
            school for some in days if (school := [day for day in some if self.calendar.is_school_day(day)])
        ]
