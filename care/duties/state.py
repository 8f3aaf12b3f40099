# mypy: ignore-errors
"""State (办结): each record of the trigger must itself be brought to a state, within a limit.

A book is returned, an issue closed, the police told: fields filled in, or clauses that hold. Where a row has no limit that
of the school holds. It stands until it is done, also once the child has left: the record itself is open. It is done on
the latest day or moment in those fields, and late if that is after the limit; a day without a time of day is in time on the
day of the limit, and a field that is no date says nothing.

Sources: requirements 2A; 002-1 L79 (books), 002-3 L217 and 002-5b L299 (emergencies).
Takes ``facts.triggers``; gives one line per record and subject: all that are not done, and those of this term that are.
Reference: tests/care/duties/test_plain_duties.py::test_the_rules_and_the_plain_loops_give_the_same_lines
"""

import numpy as np
import pandas as pd

from guanai.care.children.required_fields import is_filled
from guanai.care.duties.explanations import (
    date_text,
    distinct_texts,
    part_words,
    source,
    trigger_words,
    within_words,
)
from guanai.care.duties.facts import Facts
from guanai.care.frames import as_strings, as_timestamps
from guanai.care.policy.conditions import holds
from guanai.care.policy.duty import Duty
from guanai.templates.wording import say

__all__ = ["explained", "fields_of_state", "lines", "missing_parts"]


def lines(duty: Duty, facts: Facts) -> pd.DataFrame:
    """Return the lines of a duty of the kind state."""
    table = facts.triggers(duty)
    missing, done_at = missing_parts(duty, facts, table["row"].to_numpy())
    need = missing.shape[1]
    have = need - missing.sum(axis=1)
    return table.assign(
        need=need, have=have, met_at=done_at.where(have == need), closed_on=pd.NaT,
        period=distinct_texts(table, ["day"], date_text),
    )  # fmt: skip


def missing_parts(
    duty: Duty, facts: Facts, rows: "np.ndarray[tuple[int], np.dtype[np.int64]]"
) -> tuple[pd.DataFrame, "pd.Series[pd.Timestamp]"]:
    """Return which parts of the state some records of the trigger lack, and the latest day or moment in its fields.

    Both have one row per record in the order given; the parts are columns, one for each field or clause. A day or moment that
    is later than the day asked is not known yet: the field counts as empty.
    """
    assert duty.trigger is not None  # noqa: S101 - a row of this kind has one
    records = facts.frame(duty.trigger.record).iloc[rows].reset_index(drop=True)
    moments = {}
    for name in fields_of_state(duty):
        if name in records.columns:
            moment = _moments(records[name])
            later = moment > facts.until
            records[name] = records[name].mask(later, None)
            moments[name] = moment.mask(later)
    if duty.state:
        parts = [~holds((clause,), records) for clause in duty.state]
    else:
        parts = [~_any_filled(records, field.split("/")) for field in duty.content]
    latest = pd.DataFrame(moments, index=records.index).max(axis=1).astype("datetime64[ns]")
    return pd.DataFrame(dict(enumerate(parts)), index=records.index, dtype=bool), latest


def fields_of_state(duty: Duty) -> list[str]:
    """Return the fields of the trigger's register that make up the state."""
    return [clause.field for clause in duty.state] or [
        name for field in duty.content for name in field.split("/")
    ]


def _any_filled(records: pd.DataFrame, names: list[str]) -> "pd.Series[bool]":
    return pd.concat([is_filled(records, name) for name in names], axis=1).any(axis=1)


def _moments(values: "pd.Series[object]") -> "pd.Series[pd.Timestamp]":
    """Return the days and moments among answers, none where an answer is anything else."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return as_timestamps(values)
    texts = as_strings(values)
    return as_timestamps(texts.where(texts.str.match(r"\d{4}-\d\d-\d\d"), None))


def explained(duty: Duty, facts: Facts, shown: pd.DataFrame) -> pd.DataFrame:
    """Return lines with why they are there, which says what is missing, and the id of the record."""
    words, comma, trigger = part_words(duty), say("policy.comma"), trigger_words(duty)
    within = within_words(duty.limit or facts.policy.default_limit)
    missing, _ = missing_parts(duty, facts, shown["row"].to_numpy())

    def why(day: pd.Timestamp, *gaps: bool) -> str:
        named = comma.join(word for word, gap in zip(words, gaps, strict=True) if gap)
        key = "why.state" if named else "why.state_done"
        return say(
            key, source=source(duty), day=date_text(day), trigger=trigger, within=within, missing=named
        )

    gaps = missing.set_axis(shown.index).assign(day=shown["day"])
    return shown.assign(
        why=distinct_texts(gaps, ["day", *missing.columns], why), counted=[[record] for record in shown["id"]]
    )
