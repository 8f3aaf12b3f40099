# mypy: ignore-errors
"""Count and hours (次数, 累计): so many records, or so much in a field of them, in each period of the calendar.

A subject needs its share of a period: the number of the row x the days of school on which it is present / the days of
school of the whole period, rounded half up. In years and windows every day counts. What the ends of the term cut off is
part of the whole period: the first three days of July owe no monthly call, a first week of two days no weekly talk. With a
limit in the period the days up to it count. A record counts in the period of its own day.

A period that is over is missed (nobody can hold last week's talk); between a limit and the end of the period a line
stands. A row that says 过期后 仍办 keeps its periods open until the term ends: a later record that its own period does not
need goes to the oldest period that is still open. 经常 needs no number: the records of the term are only counted.

Sources: requirements 2A, 7.2, 7.5; 002-1 L49 (weekly), 004 (twice a term), 000-4 (经常).
Takes ``facts.subjects_of``, ``facts.periods`` and ``facts.records``; gives one line per subject and period that needs something.
Reference: tests/care/duties/test_plain_duties.py::test_the_rules_and_the_plain_loops_give_the_same_lines
"""

import numpy as np
import pandas as pd

from guanai.care.duties.explanations import count_words, distinct_texts
from guanai.care.duties.facts import Facts
from guanai.care.duties.records import counted_ids
from guanai.care.frames import is_empty, timestamp
from guanai.care.policy.duty import OFTEN, Duty

__all__ = ["explained", "lines"]

KEYS = ["subject", "number"]
DAY = pd.Timedelta(days=1)


def lines(duty: Duty, facts: Facts) -> pd.DataFrame:
    """Return the lines of a duty of the kind count or hours (or of a quota of dated records)."""
    table = _needs(duty, facts)
    records = _counted(duty, facts, table)
    groups = records.groupby(KEYS, sort=False)
    met_at = records[records["reached"] & (records["need"] > 0)].groupby(KEYS, sort=False)["day"].min()
    table = table.join(groups["amount"].sum(), on=KEYS).join(met_at.rename("met_at"), on=KEYS)
    amount = table["amount"].fillna(0)
    too_many = pd.Series(False, index=table.index)
    if duty.kind != "count" and duty.at_most is not None:
        too_many = amount > duty.at_most
    listed = (table["need"] > 0) | (duty.per == OFTEN) | (too_many & (table["days"] > 0))
    met = (amount >= table["need"]) & ~too_many
    return table.assign(have=np.floor(amount).astype("int64"), met=met)[listed]


def explained(duty: Duty, facts: Facts, shown: pd.DataFrame) -> pd.DataFrame:
    """Return lines with why they are there and the ids of the records that count."""
    records = _counted(duty, facts, _needs(duty, facts) if duty.after == "standing" else shown)
    texts = distinct_texts(shown, ["period", "limit", "need", "have", "days", "whole"], count_words(duty))
    return shown.assign(why=texts, counted=counted_ids(shown, records, KEYS))


def _needs(duty: Duty, facts: Facts) -> pd.DataFrame:
    """Return one row per subject and period that has begun: how much it needs, since when and until when."""
    subjects = facts.present(duty) if duty.per == OFTEN else facts.subjects_of(duty)
    subjects = subjects.loc[subjects["first"] <= facts.day, ["first", "last"]]
    table = subjects.reset_index().merge(facts.periods(duty), how="cross")
    days_up_to = facts.days_up_to(duty)
    since = np.maximum(table["first"], table["start"])
    due = np.minimum(table["last"], table["limit"])
    closed_on = np.minimum(table["last"], table["end"])
    days = (days_up_to(due) - days_up_to(since - DAY)).clip(min=0)
    # Of the whole period the part that lies in the term; of that part the days on which the subject is present.
    part, whole = days * table["own"], table["days"] * table["whole"]
    # Rounded half up. A period whose limit comes before its first day of school needs nothing.
    need = ((2 * duty.at_least * part + whole) // (2 * whole).clip(lower=1)).where(whole > 0, 0)
    if duty.after == "standing" and facts.term:
        closed_on = np.minimum(table["last"], table["end"].clip(lower=timestamp(facts.term.end)))
    if duty.per == OFTEN:
        need, due, closed_on = 0, pd.Series(pd.NaT, table.index), pd.Series(pd.NaT, table.index)
    return table.assign(since=since, due=due, days=days, need=need, closed_on=closed_on)


def _counted(duty: Duty, facts: Facts, table: pd.DataFrame) -> pd.DataFrame:
    """Return the records in the periods: subject, number (of the period), day, id, amount, and whether it is reached by then."""
    records, periods = facts.records(duty), facts.periods(duty)
    number = periods["start"].searchsorted(records["day"], side="right") - 1
    inside = (number >= 0) & (records["day"] <= periods["end"].to_numpy()[number] if len(periods) else False)
    records = records.assign(number=number, amount=_amounts(duty, facts, records))[inside]
    records = records.sort_values("day", kind="stable").merge(table[[*KEYS, "need"]], on=KEYS)
    reached = records.groupby(KEYS, sort=False)["amount"].cumsum()
    records = records.assign(
        reached=reached >= records["need"], spare=reached - records["amount"] >= records["need"]
    )
    return _carried_over(records, table) if duty.after == "standing" else records


def _amounts(duty: Duty, facts: Facts, records: pd.DataFrame) -> "pd.Series[float]":
    """Return what each record adds: one, or the number in the field that the duty names."""
    amounts = pd.Series(1.0, index=records.index)
    if duty.kind == "hours" and duty.content:
        amounts[:] = 0.0
        for register, of_register in records.groupby("register")["row"]:
            frame = facts.frame(str(register))
            if duty.content[0] in frame.columns:
                written = frame[duty.content[0]].map(lambda value: 0 if is_empty(value) else value)
                numbers = pd.to_numeric(written, errors="coerce").fillna(0)
                amounts[of_register.index] = numbers.to_numpy("float64")[of_register]
    return amounts


def _carried_over(records: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return the records (by day) with those that their own period does not need in the oldest one that is still open."""
    missing: dict[str, dict[int, float]] = {}
    for subject, period, need in zip(table["subject"], table["number"], table["need"], strict=True):
        missing.setdefault(subject, {})[period] = need
    numbers, reached = [], []
    for record in records.itertuples():
        of_subject, number = missing[record.subject], record.number
        if record.spare:
            earlier = (period for period, need in of_subject.items() if period < number and need > 0)
            number = next(earlier, number)
        of_subject[number] -= record.amount
        numbers.append(number)
        reached.append(of_subject[number] <= 0)
    return records.assign(number=numbers, reached=np.array(reached, dtype=bool))
