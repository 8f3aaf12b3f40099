"""State (办结): each record of the trigger must itself be brought to a state, within a limit.

A book is returned, an issue closed, the police told: fields filled in, or clauses that hold. Where a row has no limit that
of the school holds. It stands until it is done, also once the child has left: the record itself is open. It is done on
the latest day or moment in those fields, and late if that is after the limit; a day without a time of day is in time on the
day of the limit, and a field that is no date says nothing.

Sources: requirements 2A; 002-1 L79 (books), 002-3 L217 and 002-5b L299 (emergencies).
Takes `trigger_records`; gives one line per record and subject.
Reference: tests/care/duties/test_plain_duties.py::test_the_rules_and_the_plain_loops_give_the_same_lines
"""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from guanai.care.children.required_fields import is_filled
from guanai.care.duties.day_frames import Columns, Days, Mask, Numbers
from guanai.care.duties.explanations import (
    date_text,
    distinct_texts,
    part_words,
    source,
    trigger_words,
    within_words,
)
from guanai.care.duties.facts import Facts
from guanai.care.duties.records import dates, trigger_records
from guanai.care.frames import as_strings, as_timestamps, object_array
from guanai.care.policy.conditions import holds
from guanai.care.policy.duty import Duty
from guanai.templates.wording import say

__all__ = ["explained", "lines", "missing_parts"]


def lines(duty: Duty, facts: Facts) -> pd.DataFrame:
    """Return the lines of a duty of the kind state."""
    table = trigger_records(duty, facts)
    missing, met_at = missing_parts(duty, facts, table["row"].to_numpy())
    need = missing.shape[1]
    return table.assign(
        since=table["day"],
        closed_on=np.datetime64("NaT"),
        need=need,
        have=need - missing.sum(axis=1),
        met_at=met_at,
    )


def missing_parts(duty: Duty, facts: Facts, rows: Numbers) -> tuple[Mask, Days]:
    """Return which parts of the state some records of the trigger lack, and the latest day or moment in its fields.

    Both have one row per record in the order given; the parts are columns, one for each field or clause. A day or moment that
    is later than the day asked is not known yet: the field counts as empty.
    """
    assert duty.trigger is not None  # noqa: S101 - a row of this kind has one
    records = facts.frame(duty.trigger.record).iloc[rows].reset_index(drop=True)
    names = [clause.field for clause in duty.state] or [
        name for field in duty.content for name in field.split("/")
    ]
    latest = np.full(len(records), "NaT", dtype="datetime64[ns]")
    for name in {*names} & {*records.columns}:
        moments = _moments(records[name])
        later = moments > facts.until
        if later.any():
            records[name] = records[name].mask(later, None)
        latest = np.fmax(latest, moments.mask(later).to_numpy())
    if duty.state:
        parts = [~holds((clause,), records) for clause in duty.state]
    else:
        parts = [
            ~np.logical_or.reduce([is_filled(records, name) for name in field.split("/")])
            for field in duty.content
        ]
    return np.array(parts, dtype=bool).reshape(len(parts), len(records)).T, latest


def _moments(values: "pd.Series[Any]") -> "pd.Series[pd.Timestamp]":
    """Return the days and moments among answers, none where an answer is anything else."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return as_timestamps(values)
    texts = as_strings(values)
    return as_timestamps(texts.where(texts.str.match(r"\d{4}-\d\d-\d\d"), None))


def explained(duty: Duty, facts: Facts, shown: Columns) -> dict[str, Any]:
    """Return why lines are there, which says what is missing, and the id of the record."""
    assert duty.trigger is not None  # noqa: S101 - a row of this kind has one
    words, comma, trigger = part_words(duty), say("policy.comma"), trigger_words(duty)
    within = within_words(duty, duty.limit or facts.policy.default_limit)
    missing, _ = missing_parts(duty, facts, shown["row"])
    days = dates(shown["day"])

    def why(day: date, gaps: tuple[bool, ...]) -> str:
        named = comma.join(word for word, gap in zip(words, gaps, strict=True) if gap)
        key = "why.state" if named else "why.state_done"
        return say(
            key, source=source(duty), day=date_text(day), trigger=trigger, within=within, missing=named
        )

    ids = facts.frame(duty.trigger.record)["id"].to_numpy(object)[shown["row"]]
    return {
        "period": distinct_texts(date_text, days),
        "why": distinct_texts(why, days, map(tuple, missing.tolist())),
        "counted": object_array([record] for record in ids),
    }
