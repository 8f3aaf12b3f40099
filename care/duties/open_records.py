# mypy: ignore-errors
"""Open (未了结): at most so many records of the trigger open at a time, or at most so much in a field of them.

A child may have two books at home, 002-1 L79; too many are a line since the day of the record that was one too many, and
stand from the day after (with the days of grace) until there are fewer, also once the child has left.

Takes ``facts.triggers``, and from the kind state which of them are open; gives one line per subject with an open record.
Reference: tests/care/duties/test_plain_duties.py::test_the_rules_and_the_plain_loops_give_the_same_lines
"""

import pandas as pd

from guanai.care.duties.explanations import distinct_texts, open_words
from guanai.care.duties.facts import Facts
from guanai.care.duties.records import counted_ids
from guanai.care.duties.state import missing_parts
from guanai.care.policy.duty import Duty

__all__ = ["explained", "lines"]


def lines(duty: Duty, facts: Facts) -> pd.DataFrame:
    """Return the lines of a duty of the kind open."""
    records, most = _records_left(duty, facts), duty.at_most or 0
    too_many = records[records.groupby("subject")["amount"].cumsum() > most]
    by_subject = records.groupby("subject", sort=False)
    table = pd.DataFrame({"have": by_subject["amount"].sum(), "latest": by_subject["day"].max()})
    since = too_many.groupby("subject")["day"].min().reindex(table.index).fillna(table["latest"])
    return table.assign(
        since=since, due=since, need=0, met=table["have"] <= most, met_at=pd.NaT, closed_on=pd.NaT, period=""
    ).reset_index()


def _records_left(duty: Duty, facts: Facts) -> pd.DataFrame:
    """Return the open records, oldest first, with what each adds: the whole number in a field, else one."""
    assert duty.trigger is not None  # noqa: S101 - a row of this kind has one
    records = facts.triggers(duty)
    missing, _ = missing_parts(duty, facts, records["row"].to_numpy())
    records = records[missing.any(axis=1)]
    amounts = pd.Series(1, index=records.index)
    frame = facts.frame(duty.trigger.record)
    if duty.summed in frame.columns:
        numbers = pd.to_numeric(frame[duty.summed], errors="coerce").fillna(1).astype("int64")
        amounts = records["row"].map(numbers)
    return records.assign(amount=amounts).sort_values(["day", "id"])


def explained(duty: Duty, facts: Facts, shown: pd.DataFrame) -> pd.DataFrame:
    """Return lines with why they are there and the ids of the open records."""
    counted = counted_ids(shown, _records_left(duty, facts), ["subject"])
    return shown.assign(why=distinct_texts(shown, ["have"], open_words(duty)), counted=counted)
