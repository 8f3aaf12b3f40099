"""So many in each period: the kinds of duties that count records, or add up hours, by the calendar.

* **Which periods.** Those of the term of the day asked (between terms: of the last one) that have begun.
  Earlier terms are in their summaries. Every period is judged by itself: one that was missed stays to
  be seen as overdue and neither hides nor blocks the next.
* **Their part.** A child is in care from the day of registration until the day on which it leaves, turns
  sixteen or is no longer left-behind (`guanai.care.children.eligibility.care_spans`). Of a period a child owes
  its share of the days of school, rounded to the nearest whole number, half up: of one talk a week the
  whole talk from half a week on, of two visits a term one from a quarter of the term on. So neither a
  child registered on the last day nor one that leaves on the first owes what nobody could have done.
  In calendar and school years and in windows every day counts, not only those of school.
* **Due.** On the period's last day, on the day that the limit sets in it, or on the subject's last day if
  that comes first. With a limit the part is that of the days up to it; a later record still counts, late.
* **经常.** Where the document gives no number the records of the term are counted and nothing is owed.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from guanai.care.calendar.periods import counting_days, periods
from guanai.care.calendar.school_calendar import Period, on_day
from guanai.care.duties.context import Facts, Found, Numbers, Truths
from guanai.care.duties.explanations import count_words, hours_words
from guanai.care.duties.lines import Lines, counted_lists, lines, no_lines, worded
from guanai.care.duties.subjects import NO_DAY, Subjects, number_of
from guanai.care.frames import is_nothing
from guanai.care.policy.duty import OFTEN, Duty, Limit

__all__ = ["counts", "limited"]

CELLS = 1 << 15


def counts(duty: Duty, facts: Facts, asked: Truths, by: tuple[str, ...]) -> Lines:
    """Return the lines of a duty of the kind count or hours (or quota, of dated records)."""
    spans = _begun(duty, facts)
    if not spans:
        return no_lines()
    if duty.per == OFTEN and not facts.done:
        return no_lines()
    subjects, width = facts.subjects(duty.subject), len(spans)
    owing = _Owing(duty, facts, subjects, spans)
    found = facts.found(duty, by)
    cells, found = _cells(found, spans)
    weights = _weights(duty, facts, found)
    have = np.bincount(cells, weights, len(subjects) * width).reshape(-1, width)
    there = asked & (subjects.first <= facts.day)
    # Some thousands of cells at a time: so what is worked out for each of them stays in the processor's cache.
    step = max(CELLS // width, 1)
    parts = [
        _told(duty, owing, have[first : first + step], there[first : first + step], first, done=facts.done)
        for first in range(0, max(len(subjects), 1), step)
    ]
    codes, places, since, due, needs, numbers, fine, days = map(np.concatenate, zip(*parts, strict=True))
    line = np.full(have.size, -1)
    line[codes * width + places] = np.arange(len(codes))
    haves = np.floor(numbers).astype(np.int64)
    names = [span.name for span in spans]
    if duty.kind == "count":
        words = count_words(duty, by)
    else:
        words = hours_words(duty, by)
    ends = owing.ends

    def why(place: int, need: int, number: int, part: int, full: int) -> str:
        return words(names[place], ends[place], need, number, part, full)

    return lines(
        code=codes,
        since=since,
        due=np.full(len(codes), NO_DAY) if duty.per == OFTEN else due,
        need=needs,
        have=haves,
        fine=fine,
        period=np.array(names, dtype=object)[places],
        why=worded(why, places, needs, haves, days, owing.whole[places]),
        counted=counted_lists(line[cells], found, len(codes)),
    )


def limited(limit: Limit | None, span: Period) -> date:
    """Return until when something is due in a period: its end, or the day that a limit sets in it."""
    if limit is None:
        return span.end
    if limit.unit == "day":
        return min(date.fromordinal(span.start.toordinal() + limit.number), span.end)
    possible = (
        on_day(year, *divmod(limit.number, 100)) for year in range(span.start.year, span.end.year + 1)
    )
    found = [day for day in possible if span.start <= day <= span.end]
    return found[0] if found else span.end


def _begun(duty: Duty, facts: Facts) -> list[Period]:
    """Return the periods of the duty that have begun, the earliest first."""
    if facts.term is None:
        return []
    found = periods(facts.policy.calendar, facts.term, duty.per)
    return [span for span in found if span.start <= facts.on]


class _Owing:
    """From when until when each subject owes something in each period, how many, and on how many of its days."""

    def __init__(self, duty: Duty, facts: Facts, subjects: Subjects, spans: Sequence[Period]) -> None:
        self.ends = [limited(duty.limit, span) for span in spans]
        self._subjects = subjects
        self._starts = np.array([number_of(span.start) for span in spans])
        self._stretches = np.array([number_of(end) for end in self.ends])
        stretches = [Period("", span.start, end) for span, end in zip(spans, self.ends, strict=True)]
        self._count = _DayCount(
            [number_of(day) for day in counting_days(facts.policy.calendar, duty.per, stretches)]
        )
        self._least = 0 if duty.per == OFTEN else duty.at_least
        #: The days of each period, which are the same for all.
        self.whole = self._count.up_to(self._stretches) - self._count.up_to(self._starts - 1)

    def of(self, first: int, last: int) -> tuple[Numbers, Numbers, Numbers, Numbers]:
        """Return since when and until when, how many, and the days, of some subjects by their places."""
        since = np.maximum(self._subjects.first[first:last, None], self._starts)
        due = np.minimum(self._subjects.last[first:last, None], self._stretches)
        days = np.maximum(self._count.up_to(due) - self._count.up_to(since - 1), 0)
        whole = self.whole
        # A stretch without a day of school owes nothing: it is cut off by its limit before school begins.
        need = np.where(whole > 0, (2 * self._least * days + whole) // np.maximum(2 * whole, 1), 0)
        return since, due, need, days


def _told(
    duty: Duty, owing: _Owing, have: Numbers, there: Truths, first: int, *, done: bool
) -> tuple[np.ndarray[Any, np.dtype[Any]], ...]:
    """Return the lines of some subjects, the first of them at a place: subject, period, since, due … as columns."""
    since, due, need, days = owing.of(first, first + len(there))
    fine = have >= need
    if duty.kind != "count" and duty.at_most is not None:
        fine &= have <= duty.at_most
    owed = (need > 0) | (duty.per == OFTEN)
    if duty.kind != "count":  # too many is a line also where nothing is owed
        owed |= (days > 0) & ~fine
    chosen = there[:, None] & owed & (done | ~fine)
    codes, places = np.nonzero(chosen)
    columns = (since, due, need, have, fine, days)
    return (codes + first, places, *(column[chosen] for column in columns))


class _DayCount:
    """How many of some days lie up to a day: a table instead of a search for each child and period."""

    def __init__(self, days: list[int]) -> None:
        self.base = min(days, default=0) - 1
        table = np.zeros(max(days, default=0) - self.base + 1, dtype=np.int64)
        table[np.array(days, dtype=np.int64) - self.base] = 1
        self.table = np.cumsum(table)

    def up_to(self, days: Numbers) -> Numbers:
        """Return for each day how many of them are not after it."""
        found: Numbers = self.table[np.clip(days - self.base, 0, len(self.table) - 1)]
        return found


def _cells(found: Found, spans: Sequence[Period]) -> tuple[Numbers, Found]:
    """Return the records that lie in a period, and the cell of subject and period of each."""
    starts = np.array([number_of(span.start) for span in spans])
    ends = np.array([number_of(span.end) for span in spans])
    places = np.searchsorted(starts, found.days, side="right") - 1
    inside = (places >= 0) & (found.days <= ends[places])
    found = found.only(inside)
    return found.codes * len(spans) + places[inside], found


def _weights(duty: Duty, facts: Facts, found: Found) -> "np.ndarray[tuple[int], np.dtype[np.float64]] | None":
    """Return what each record adds: the number in the field that the duty names, else one."""
    if duty.kind != "hours" or not duty.content:
        return None
    weights = np.zeros(len(found.rows))
    for place, register in enumerate(duty.records):
        frame, mine = facts.frames[register], found.registers == place
        if duty.content[0] in frame.columns:
            numbers = [0.0 if is_nothing(value) else value for value in frame[duty.content[0]]]
            known = pd.to_numeric(pd.Series(numbers, dtype=object), errors="coerce").fillna(0)
            weights[mine] = known.to_numpy(np.float64)[found.rows[mine]]
    return weights
