"""Count and hours (次数, 累计): so many records, or so much in a field of them, in each period of the calendar.

A subject needs its share of a period: the number of the row x the days of school on which it is present / the days of
school of the whole period, rounded half up. In years and windows every day counts. What the ends of the term cut off is
part of the whole period: the first three days of July owe no monthly call, a first week of two days no weekly talk. With a
limit in the period the days up to it count. A record counts in the period of its own day.

A period that is over is missed (nobody can hold last week's talk); between a limit and the end of the period a line
stands. A row that says 过期后 仍办 keeps its periods open until the term ends: a later record that its own period does not
need goes to the oldest period that is still open. 经常 needs no number: the records of the term are only counted.

Sources: requirements 2A, 7.2, 7.5; 002-1 L49 (weekly), 004 (twice a term), 000-4 (经常).
Takes ``facts.subjects``, ``facts.periods`` and `matching_records`; gives one line per subject and period that needs something.
Reference: tests/care/duties/test_plain_duties.py::test_the_rules_and_the_plain_loops_give_the_same_lines
"""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from guanai.care.duties.day_frames import DAY, Columns, Days, Numbers
from guanai.care.duties.explanations import count_words, distinct_texts
from guanai.care.duties.facts import Facts
from guanai.care.duties.records import Records, ids_by_line, matching_records, record_ids
from guanai.care.frames import is_empty
from guanai.care.policy.duty import OFTEN, Duty

__all__ = ["explained", "lines"]

Amounts = np.ndarray[Any, np.dtype[np.float64]]


class Needs(NamedTuple):
    """What each subject needs in each period: tables of one row per subject and one column per period."""

    since: Days
    due: Days
    closed_on: Days
    days: Numbers  # on which the subject is present
    need: Numbers


class Counted(NamedTuple):
    """Records with the number of the period in which each counts, and how much it adds."""

    records: Records
    number: Numbers
    amount: Amounts


def lines(duty: Duty, facts: Facts) -> pd.DataFrame:
    """Return the lines of a duty of the kind count or hours (or of a quota of dated records)."""
    needs = _needs(duty, facts)
    counted = _counted(duty, facts, needs.need)
    have = np.zeros(needs.need.shape)
    np.add.at(have, (counted.records.position, counted.number), counted.amount)
    most = np.inf if duty.kind == "count" or duty.at_most is None else duty.at_most
    # Of what there may be none of (F20: no dropout) there is a line too: its number, 0, is the result.
    shown = (have > most) | (duty.at_most == 0)
    listed = (needs.need > 0) | (duty.per == OFTEN) | (shown & (needs.days > 0))
    first, _ = facts.first_and_last(duty.subject)
    begun = facts.is_present(duty.subject) if duty.per == OFTEN else first <= facts.day.to_datetime64()
    listed &= (facts.applies(duty) & begun)[:, None]
    position, number = listed.nonzero()
    columns = {name: table[listed] for name, table in needs._asdict().items()}
    met = ((have >= needs.need) & (have <= most))[listed]
    return pd.DataFrame(
        {"position": position, "number": number, "have": have[listed].astype(np.int64), "met": met, **columns}
    )


def _needs(duty: Duty, facts: Facts) -> Needs:
    """Return how much each subject needs in each period, since when and until when."""
    periods, days_up_to = facts.periods(duty), facts.days_up_to(duty)
    first, last = facts.first_and_last(duty.subject)
    since: Any = np.maximum(first[:, None], periods.start)
    due: Any = np.minimum(last[:, None], periods.limit)
    days = np.maximum(days_up_to(due) - days_up_to(since - DAY), 0)
    # Of the whole period the part that lies in the term; of that part the days on which the subject is present.
    part, whole = days * periods.own, periods.days * periods.whole
    # Rounded half up. A period whose limit comes before its first day of school needs nothing.
    need = np.where(whole > 0, (2 * duty.at_least * part + whole) // np.maximum(2 * whole, 1), 0)
    end = periods.end
    if duty.after == "standing" and facts.term:
        end = np.maximum(end, np.datetime64(facts.term.end))
    if duty.per == OFTEN:
        return Needs(since, np.full_like(due, "NaT"), np.full_like(due, "NaT"), days, np.zeros_like(need))
    return Needs(since, due, np.minimum(last[:, None], end), days, need)


def _counted(duty: Duty, facts: Facts, need: Numbers | None) -> Counted:
    """Return the records that lie in the periods."""
    records, periods = matching_records(duty, facts), facts.periods(duty)
    number = periods.start.searchsorted(records.day, side="right") - 1
    inside = (number >= 0) & (records.day <= np.append(periods.end, np.datetime64("NaT"))[number])
    counted = Counted(records.select(inside), number[inside], _amounts(duty, facts, records)[inside])
    return counted if need is None or duty.after != "standing" else _carried_over(counted, need)


def _amounts(duty: Duty, facts: Facts, records: Records) -> Amounts:
    """Return what each record adds: one, or the number in the field that the duty names."""
    if duty.kind != "hours" or not duty.content:
        return np.ones(len(records.row))
    amounts = np.zeros(len(records.row))
    for place, register in enumerate(duty.records):
        frame, own = facts.frame(register), records.register == place
        if duty.content[0] in frame.columns:
            written = frame[duty.content[0]].map(lambda value: 0 if is_empty(value) else value)
            numbers = pd.to_numeric(written, errors="coerce").fillna(0).to_numpy("float64")
            amounts[own] = numbers[records.row[own]]
    return amounts


def _carried_over(counted: Counted, need: Numbers) -> Counted:
    """Return the records with those that their own period does not need in the oldest one that is still open."""
    missing, own_missing, numbers = need.astype(float), need.astype(float), counted.number.copy()
    for place in np.argsort(counted.records.day, kind="stable"):
        position, number = counted.records.position[place], counted.number[place]
        still_open = (missing[position, :number] > 0).nonzero()[0]
        if own_missing[position, number] <= 0 and len(still_open):
            numbers[place] = still_open[0]
        own_missing[position, number] -= counted.amount[place]
        missing[position, numbers[place]] -= counted.amount[place]
    return counted._replace(number=numbers)


def explained(duty: Duty, facts: Facts, shown: Columns) -> dict[str, Any]:
    """Return why lines are there, the ids of the records that count, and when they were enough."""
    periods, subjects = facts.periods(duty), facts.subjects(duty.subject)
    counted = _counted(duty, facts, _needs(duty, facts).need if duty.after == "standing" else None)
    line_of = np.full((len(subjects), len(periods.names)), -1)
    line_of[shown["position"], shown["number"]] = np.arange(len(shown["position"]))
    line = line_of[counted.records.position, counted.number]
    records, amount, line = counted.records.select(line >= 0), counted.amount[line >= 0], line[line >= 0]
    ids = record_ids(records.row, records.register, duty.records, facts)
    met_at = np.full(len(shown["position"]), "NaT", dtype="datetime64[ns]")
    if shown["met"].any():
        by_day = pd.DataFrame({"line": line, "day": records.day, "amount": amount})
        by_day = by_day.sort_values("day", kind="stable")
        need = shown["need"][by_day["line"]]
        enough = by_day[(by_day.groupby("line")["amount"].cumsum() >= need) & (need > 0)]
        np.fmin.at(met_at, enough["line"], enough["day"])
    values = (shown[name].tolist() for name in ("number", "need", "have", "days"))
    return {
        "period": np.array(periods.names, dtype=object)[shown["number"]],
        "why": distinct_texts(count_words(duty, periods), *values),
        "counted": ids_by_line(line, records.day, ids, len(shown["position"])),
        "met_at": met_at,
    }
