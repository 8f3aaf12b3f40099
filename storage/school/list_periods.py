"""Times by which a list is narrowed down: this week, this month, each term of the school's calendar."""

from collections.abc import Iterable
from datetime import date, timedelta

from guanai.care.calendar.school_calendar import Term
from guanai.templates.wording import say

__all__ = ["periods_of"]


def periods_of(
    terms: Iterable[Term], today: date, language: str | None = None
) -> dict[str, tuple[date, date]]:
    """Return the first and the last day of each period by its name; the terms latest first, as far as they have begun.

    >>> list(periods_of([Term("秋季学期", date(2026, 9, 1), date(2027, 1, 20))], date(2026, 11, 20)))
    ['本周', '本月', '最近 30 天', '秋季学期']
    """
    monday = today - timedelta(days=today.weekday())
    periods = {
        say("register.this_week", language): (monday, monday + timedelta(days=6)),
        say("register.this_month", language): (today.replace(day=1), _last_day(today)),
        say("register.last_30_days", language): (today - timedelta(days=29), today),
    }
    begun = sorted((term for term in terms if term.start <= today), key=lambda term: term.start, reverse=True)
    return periods | {term.name: (term.start, term.end) for term in begun}


def _last_day(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
