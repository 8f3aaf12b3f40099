"""Duties that start with a record: an answer within a limit, a state of the record itself, a number open at a time.

* **event.** Each record of the trigger (五必访: an observation; a follow-up date; a change of special group)
  requires records of the same subject: dated on the day of the trigger or later (later, if they are of the same
  register), however late. It applies to subjects that are present on the day of the trigger and still on the day
  due. Where the document gives no limit it is due from the trigger on (while the subject is present), and never
  overdue.
* **state.** Each record of the trigger must itself reach a state: fields filled, or clauses true.
  That does not end when a child leaves: a book must still be returned.
* **open.** At most so many records of the trigger may be open at a time, or at most so much in total (the books of
  the loans, 002-1 L79); too many are a line since the day of the record that was one too many.
* **interval.** Within the term of the day a record must follow the one before (the first one: the first day of the
  term or of the subject) within so many days, if that day is in the term and before the subject's last day.

Unlike a period, an event stays a line until it is answered, in whichever term it was. Those that are done
are in the list from the first day of the term on.
"""

from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from guanai.care.children.required_fields import is_filled
from guanai.care.duties.context import DutyContext, Mask, MatchedRecords, Numbers, Objects
from guanai.care.duties.explanations import (
    limit_words,
    open_words,
    part_words,
    record_words,
    source,
    trigger_words,
)
from guanai.care.duties.lines import DutyLines, counted_ids, duty_lines, no_lines, order_by, texts_by_row
from guanai.care.duties.subjects import EPOCH, NO_DAY, day_number
from guanai.care.frames import as_timestamps
from guanai.care.policy.conditions import holds
from guanai.care.policy.duty import Duty
from guanai.templates.wording import say

__all__ = [
    "TriggerRecords",
    "event_lines",
    "interval_lines",
    "missing_parts",
    "open_record_lines",
    "state_lines",
    "trigger_records",
]


class TriggerRecords(NamedTuple):
    """Records of a trigger, one row per record and subject: its day, its moment, and until when."""

    rows: Numbers
    codes: Numbers
    ids: Objects
    days: Numbers
    moments: "np.ndarray[tuple[int], np.dtype[np.datetime64]]"
    ends: "np.ndarray[tuple[int], np.dtype[np.datetime64]]"

    def select(self, chosen: Mask) -> "TriggerRecords":
        """Return some of them."""
        return TriggerRecords(
            self.rows[chosen], self.codes[chosen], self.ids[chosen],
            self.days[chosen], self.moments[chosen], self.ends[chosen],
        )  # fmt: skip


def trigger_records(duty: Duty, context: DutyContext) -> TriggerRecords:
    """Return the records of a duty's trigger up to the day of the context that meet its condition, for every subject."""
    if duty.trigger is None:
        raise ValueError(duty.name)
    name, question = duty.trigger
    frame = context.frames[name]
    if question in frame.columns:
        moments = as_timestamps(frame[question])
    else:
        moments = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[ns]")
    days = context.days_of(name)
    days = np.where(days == NO_DAY, moments.to_numpy("datetime64[D]").astype(np.int64), days)
    matches = holds(duty.trigger_condition, frame).to_numpy(bool) & moments.notna().to_numpy(bool)
    matches &= days <= context.day
    if duty.limit is None:
        ends = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[ns]")
    else:
        start = moments if duty.limit.momentary else moments.dt.normalize()
        ends = start + pd.Timedelta(duty.limit.span)
    rows, codes = context.record_subjects(name, duty.subject)
    rows, codes = rows[matches[rows]], codes[matches[rows]]
    ids = frame["id"].to_numpy(object)
    return TriggerRecords(rows, codes, ids[rows], days[rows], moments.to_numpy()[rows], ends.to_numpy()[rows])


def event_lines(duty: Duty, context: DutyContext, applies: Mask, by: tuple[str, ...]) -> DutyLines:
    """Return the lines of a duty of the kind event."""
    subjects, records = context.subjects(duty.subject), context.matching_records(duty, by)
    triggers = trigger_records(duty, context)
    until = triggers.ends.astype("datetime64[D]").astype(np.int64) if duty.limit else np.array(context.day)
    first, last = subjects.first[triggers.codes], subjects.last[triggers.codes]
    triggers = triggers.select(
        applies[triggers.codes] & (first <= triggers.days) & (triggers.days <= last) & (until <= last)
    )
    if duty.trigger is None or not len(triggers.rows):
        return no_lines()
    same = np.array([register == duty.trigger.record for register in duty.records], dtype=np.int64)
    # A record of the trigger's own register answers only from the day after: two of one day do not answer each other.
    days = records.days - same[records.registers] if len(records.rows) else records.days
    order = order_by(records.ids, days, records.codes)
    # A subject and a day make one number, so that one search finds where the answers of each trigger begin and end.
    # A merge by subject would have a row for each trigger and record: for the school as subject that is their product
    # (3,000 observations and 16,000 visits at 10,000 children: 48 million rows).
    width = context.day + 2 - min(int(days.min(initial=0)), int(triggers.days.min()))
    base = context.day + 2 - width
    keys = records.codes[order] * width + (days[order] - base)
    starts = np.searchsorted(keys, triggers.codes * width + (triggers.days - base))
    stops = np.searchsorted(keys, (triggers.codes + 1) * width)
    have = np.minimum(stops - starts, duty.at_least)
    met = have >= duty.at_least
    shown = _visible(context, triggers, met)
    ids = records.ids[order].tolist()
    spans = zip(starts[shown].tolist(), have[shown].tolist(), strict=True)
    what, trigger_text = record_words(duty, by), trigger_words(duty)
    by_when = limit_words(duty.limit) if duty.limit else ""

    def why(day: int, number: int) -> str:
        return say(
            "why.event" if by_when else "why.event_open", source=source(duty), day=_date(day), trigger=trigger_text,
            limit=by_when, what=what, need=duty.at_least, have=number,
        )  # fmt: skip

    return duty_lines(
        code=triggers.codes[shown],
        since=triggers.days[shown],
        due=triggers.ends[shown],
        need=np.full(int(shown.sum()), duty.at_least),
        have=have[shown],
        met=met[shown],
        period=texts_by_row(_date, triggers.days[shown]),
        why=texts_by_row(why, triggers.days[shown], have[shown]),
        counted=[ids[start : start + number] for start, number in spans],
    )  # fmt: skip


def state_lines(duty: Duty, context: DutyContext, applies: Mask, by: tuple[str, ...]) -> DutyLines:
    """Return the lines of a duty of the kind state."""
    triggers = trigger_records(duty, context)
    triggers = triggers.select(applies[triggers.codes])
    if duty.trigger is None or not len(triggers.rows):
        return no_lines()
    missing = missing_parts(duty, context.frames[duty.trigger.record].iloc[triggers.rows])
    need = len(missing[0])
    have = need - missing.sum(axis=1)
    shown = _visible(context, triggers, have >= need)
    words, comma, trigger_text = part_words(duty), say("policy.comma"), trigger_words(duty)
    by_when = limit_words(duty.limit) if duty.limit else ""

    def why(day: int, *gaps: int) -> str:
        named = comma.join(word for word, gap in zip(words, gaps, strict=True) if gap)
        key = "why.state_done" if not named else "why.state" if by_when else "why.no_limit"
        return say(
            key, source=source(duty), day=_date(day), trigger=trigger_text, limit=by_when, missing=named
        )

    return duty_lines(
        code=triggers.codes[shown],
        since=triggers.days[shown],
        due=triggers.ends[shown],
        need=np.full(int(shown.sum()), need),
        have=have[shown],
        met=(have >= need)[shown],
        period=texts_by_row(_date, triggers.days[shown]),
        why=texts_by_row(why, triggers.days[shown], *missing[shown].T.astype(np.int64)),
        counted=[[one] for one in triggers.ids[shown]],
    )


def missing_parts(duty: Duty, records: pd.DataFrame) -> Mask:
    """Return which parts of the state each record lacks: one row per record, one column per field or clause."""
    if duty.state:
        columns = [~holds((clause,), records).to_numpy(bool) for clause in duty.state]
    else:
        columns = [
            ~np.any([is_filled(records, name).to_numpy(bool) for name in field.split("/")], axis=0)
            for field in duty.content
        ]
    return np.array(columns, dtype=bool).reshape(len(columns), len(records)).T


def open_record_lines(duty: Duty, context: DutyContext, applies: Mask, by: tuple[str, ...]) -> DutyLines:
    """Return the lines of a duty of the kind open: subjects with more open records than they may have."""
    most, triggers = duty.at_most or 0, trigger_records(duty, context)
    triggers = triggers.select(applies[triggers.codes])
    if duty.trigger is None:
        return no_lines()
    if len(triggers.rows):
        still = missing_parts(duty, context.frames[duty.trigger.record].iloc[triggers.rows])
        triggers = triggers.select(np.asarray(still.any(axis=1), dtype=bool))
    size = len(context.subjects(duty.subject))
    adds = _amounts(context.frames[duty.trigger.record], duty.summed)[triggers.rows]
    records = np.bincount(triggers.codes, minlength=size)
    number = np.bincount(triggers.codes, adds, minlength=size).astype(np.int64)
    codes = np.flatnonzero((number > most) | ((records > 0) & context.done))
    order = order_by(triggers.ids, triggers.days, triggers.codes)
    starts = np.searchsorted(triggers.codes[order], np.arange(size))
    have = number[codes]
    # Of each subject the records until it is one too many, and the next: that one (or the last) is since when.
    total = np.cumsum(np.append(0, adds[order]))
    up_to = total[1:] - total[starts[triggers.codes[order]]]
    within = np.bincount(triggers.codes[order][up_to <= most], minlength=size)[codes]
    since = (
        triggers.days[order][starts[codes] + np.minimum(within, records[codes] - 1)] if len(codes) else codes
    )
    line = np.full(size, -1)
    line[codes] = np.arange(len(codes))
    open_ones = MatchedRecords(triggers.rows, triggers.codes, triggers.days, triggers.ids, triggers.rows)
    words = open_words(duty)
    return duty_lines(
        code=codes,
        since=since,
        due=since,
        need=np.zeros(len(codes), dtype=np.int64),
        have=have,
        met=have <= most,
        period=[""] * len(codes),
        why=texts_by_row(words, have),
        counted=counted_ids(line[triggers.codes], open_ones, len(codes)),
    )


def _amounts(records: pd.DataFrame, field: str) -> Numbers:
    """Return what each record adds: the whole number in a field, one where it is empty or none is named."""
    if field not in records.columns:
        return np.ones(len(records), dtype=np.int64)
    numbers = pd.to_numeric(records[field], errors="coerce")
    amounts: Numbers = numbers.fillna(1).to_numpy(np.float64).astype(np.int64)
    return amounts


def interval_lines(duty: Duty, context: DutyContext, applies: Mask, by: tuple[str, ...]) -> DutyLines:
    """Return the lines of a duty of the kind interval: one for the interval that runs, and those that ended."""
    if context.term is None or duty.limit is None:
        return no_lines()
    subjects, limit = context.subjects(duty.subject), duty.limit.number
    begin = np.maximum(subjects.first, day_number(context.term.start))
    last = np.minimum(subjects.last, day_number(context.term.end))
    present = applies & (subjects.first <= context.day) & (begin <= last) & (begin <= context.day)
    records = context.matching_records(duty, by)
    inside = (
        present[records.codes]
        & (records.days >= begin[records.codes])
        & (records.days <= last[records.codes])
    )
    records = records.select(inside)
    by_day = pd.DataFrame({"code": records.codes, "day": records.days}).groupby(["code", "day"])
    days = by_day.size().reset_index()
    codes = days["code"].to_numpy(np.int64)
    # An interval ends on a day with a record. It begins on the day before with one, or on the subject's first day.
    before = days.groupby("code")["day"].shift().fillna(pd.Series(begin[codes])).to_numpy(np.int64)
    running = np.flatnonzero(present)
    last_record = days.groupby("code")["day"].max().reindex(running)
    first = last_record.isna().to_numpy(bool)
    since = last_record.fillna(pd.Series(begin)).to_numpy(np.int64)
    due_in_term = since + limit <= last[running]
    running, since, first = running[due_in_term], since[due_in_term], first[due_in_term]
    ended = len(codes) if context.done else 0
    line: Numbers = by_day.ngroup().to_numpy(np.int64)  # type: ignore[assignment]
    lists = counted_ids(line, records, len(codes)) if context.done else []
    what, span = record_words(duty, by), limit_words(duty.limit)
    every = np.concatenate([before[:ended], since])
    keys = ("why.interval_done", "why.interval", "why.interval_first")
    key = np.concatenate([np.zeros(ended, dtype=np.int64), np.where(first, 2, 1)])

    def why(number: int, day: int) -> str:
        return say(keys[number], source=source(duty), what=what, limit=span, last=_date(day))

    return duty_lines(
        code=np.concatenate([codes[:ended], running]),
        since=every,
        due=every + limit,
        need=np.ones(len(every), dtype=np.int64),
        have=np.repeat([1, 0], [ended, len(running)]),
        met=np.repeat([True, False], [ended, len(running)]),
        period=[""] * len(every),
        why=texts_by_row(why, key, every),
        counted=[*lists, *([] for _ in running)],
    )


def _visible(context: DutyContext, triggers: TriggerRecords, met: Mask) -> Mask:
    """Return which lines are listed: those still open, and with ``done`` those of this term that are done."""
    since = day_number(context.term.start) if context.term else context.day
    shown: Mask = ~met | (context.done & (triggers.days >= since))
    return shown


def _date(day: int) -> str:
    return date.fromordinal(day + EPOCH).isoformat()
