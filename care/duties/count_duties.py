"""Duties with a number in each period: the kinds that count records, or add up hours, by the calendar.

* **Which periods.** Those of the term of the day (between terms: of the last term) that have begun. Earlier
  terms are in their summaries. Every period counts by itself: a missed one stays visible as overdue and
  neither hides nor blocks the next.
* **Share.** A child is in care from the day of registration until the day on which it leaves, turns
  sixteen or is no longer left-behind (`guanai.care.children.eligibility.care_spans`). For a period a child needs
  its share of the days of school, rounded to the nearest whole number, half up: of one talk a week the
  whole talk from half a week on, of two visits a term one from a quarter of the term on. So nothing
  that nobody could have done is due for a child registered on the last day or leaving on the first.
  In calendar and school years and in windows every day counts, not only those of school.
* **Due.** On the period's last day, on the day that the limit sets in it, or on the subject's last day if
  that comes first. With a limit the share is that of the days up to it; a later record still counts, but is late.
* **经常.** Where the document gives no number the records of the term are counted and none is required.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from guanai.care.calendar.periods import counting_days, periods
from guanai.care.calendar.school_calendar import Period, day_of_year
from guanai.care.duties.context import DutyContext, Mask, MatchedRecords, Numbers
from guanai.care.duties.explanations import count_words, hours_words
from guanai.care.duties.lines import DutyLines, counted_ids, duty_lines, no_lines, texts_by_row
from guanai.care.duties.subjects import NO_DAY, Subjects, day_number
from guanai.care.frames import is_empty
from guanai.care.policy.duty import OFTEN, Duty, Limit

__all__ = ["count_lines", "due_day"]


def count_lines(duty: Duty, context: DutyContext, applies: Mask, by: tuple[str, ...]) -> DutyLines:
    """Return the lines of a duty of the kind count or hours (or quota, of dated records).

    Computed as tables with one row per subject and one column per period.
    """
    spans = _started_periods(duty, context)
    if not spans or (duty.per == OFTEN and not context.done):
        return no_lines()
    subjects, width = context.subjects(duty.subject), len(spans)
    needs = _period_needs(duty, context, subjects, spans)
    cells, records = _period_cells(context.matching_records(duty, by), spans)
    weights = _weights(duty, context, records)
    have = np.bincount(cells, weights, len(subjects) * width).reshape(-1, width)
    met = have >= needs.need
    if duty.kind != "count" and duty.at_most is not None:
        met &= have <= duty.at_most
    listed = (needs.need > 0) | (duty.per == OFTEN)
    if duty.kind != "count":  # too many is a line even where none is needed
        listed |= (needs.days > 0) & ~met
    present = applies & (subjects.first <= context.day)
    shown = present[:, None] & listed & (context.done | ~met)
    codes, columns = np.nonzero(shown)
    line = np.full(have.size, -1)
    line[codes * width + columns] = np.arange(len(codes))
    names = [span.name for span in spans]
    words = count_words(duty, by) if duty.kind == "count" else hours_words(duty, by)

    def why(column: int, need: int, number: int, part: int, full: int) -> str:
        return words(names[column], needs.ends[column], need, number, part, full)

    need, number = needs.need[shown], np.floor(have[shown]).astype(np.int64)
    return duty_lines(
        code=codes,
        since=needs.since[shown],
        due=np.full(len(codes), NO_DAY) if duty.per == OFTEN else needs.due[shown],
        need=need,
        have=number,
        met=met[shown],
        period=np.array(names, dtype=object)[columns],
        why=texts_by_row(why, columns, need, number, needs.days[shown], needs.whole[columns]),
        counted=counted_ids(line[cells], records, len(codes)),
    )


def due_day(limit: Limit | None, span: Period) -> date:
    """Return until when something is due in a period: its end, or the day that a limit sets in it."""
    if limit is None:
        return span.end
    if limit.unit == "day":
        return min(date.fromordinal(span.start.toordinal() + limit.number), span.end)
    every_year = (
        day_of_year(year, *divmod(limit.number, 100)) for year in range(span.start.year, span.end.year + 1)
    )
    days = [day for day in every_year if span.start <= day <= span.end]
    return days[0] if days else span.end


def _started_periods(duty: Duty, context: DutyContext) -> list[Period]:
    """Return the periods of the duty that have begun, the earliest first."""
    if context.term is None:
        return []
    all_periods = periods(context.policy.calendar, context.term, duty.per)
    return [span for span in all_periods if span.start <= context.on]


class _PeriodNeeds(NamedTuple):
    """What each subject needs in each period: tables of one row per subject and one column per period."""

    ends: list[date]  # of each period: its last day, or the day of the limit
    whole: Numbers  # of each period: its days of school
    since: Numbers
    due: Numbers
    need: Numbers
    days: Numbers  # on how many of the days of school the subject is present


def _period_needs(
    duty: Duty, context: DutyContext, subjects: Subjects, spans: Sequence[Period]
) -> _PeriodNeeds:
    ends = [due_day(duty.limit, span) for span in spans]
    starts, lasts = (np.array([day_number(day) for day in days]) for days in ([s.start for s in spans], ends))
    owing = [Period("", span.start, end) for span, end in zip(spans, ends, strict=True)]
    school_days = counting_days(context.policy.calendar, duty.per, owing)
    days_up_to = _day_counter([day_number(day) for day in school_days])
    whole = days_up_to(lasts) - days_up_to(starts - 1)
    since = np.maximum(subjects.first[:, None], starts)
    due = np.minimum(subjects.last[:, None], lasts)
    days = np.maximum(days_up_to(due) - days_up_to(since - 1), 0)
    least = 0 if duty.per == OFTEN else duty.at_least
    # Rounded half up. A period whose limit comes before its first day of school needs nothing.
    need = np.where(whole > 0, (2 * least * days + whole) // np.maximum(2 * whole, 1), 0)
    return _PeriodNeeds(ends, whole, since, due, need, days)


def _day_counter(days: list[int]) -> Callable[[Numbers], Numbers]:
    """Return a function that says how many of some days (in order) lie up to each day."""
    return lambda until: np.searchsorted(np.array(days, dtype=np.int64), until, side="right")


def _period_cells(records: MatchedRecords, spans: Sequence[Period]) -> tuple[Numbers, MatchedRecords]:
    """Return the records that lie in a period, and the cell of subject and period of each."""
    starts = np.array([day_number(span.start) for span in spans])
    ends = np.array([day_number(span.end) for span in spans])
    positions = np.searchsorted(starts, records.days, side="right") - 1
    inside = (positions >= 0) & (records.days <= ends[positions])
    records = records.select(inside)
    return records.codes * len(spans) + positions[inside], records


def _weights(
    duty: Duty, context: DutyContext, records: MatchedRecords
) -> "np.ndarray[tuple[int], np.dtype[np.float64]] | None":
    """Return what each record adds: the number in the field that the duty names, else one."""
    if duty.kind != "hours" or not duty.content:
        return None
    weights = np.zeros(len(records.rows))
    for number, register in enumerate(duty.records):
        frame, of_register = context.frames[register], records.registers == number
        if duty.content[0] in frame.columns:
            numbers = [0.0 if is_empty(value) else value for value in frame[duty.content[0]]]
            amounts = pd.to_numeric(pd.Series(numbers, dtype=object), errors="coerce").fillna(0)
            weights[of_register] = amounts.to_numpy(np.float64)[records.rows[of_register]]
    return weights
