"""Open (未了结): at most so many records of the trigger open at a time, or at most so much in a field of them.

A child may have two books at home, 002-1 L79; too many are a line since the day of the record that was one too many, and
stand from the day after (with the days of grace) until there are fewer, also once the child has left.

Takes `trigger_records`, and from the kind state which of them are open; gives one line per subject with an open record.
Reference: tests/care/duties/test_plain_duties.py::test_the_rules_and_the_plain_loops_give_the_same_lines
"""

import numpy as np
import pandas as pd

from guanai.care.duties.explanations import distinct_texts, open_words
from guanai.care.duties.facts import Facts
from guanai.care.duties.records import ids_by_line, trigger_records
from guanai.care.duties.state import missing_parts
from guanai.care.policy.duty import Duty

__all__ = ["explained", "lines"]


def lines(duty: Duty, facts: Facts) -> pd.DataFrame:
    """Return the lines of a duty of the kind open."""
    records, most = _not_finished(duty, facts), duty.at_most or 0
    by_subject = records.groupby("position")
    too_many = records["day"].where(by_subject["amount"].cumsum() > most)
    table = by_subject.agg(total=("amount", "sum"), latest=("day", "max"))
    since = too_many.groupby(records["position"]).min().fillna(table["latest"])
    return table.assign(
        since=since,
        due=since,
        closed_on=np.datetime64("NaT"),
        need=0,
        have=np.floor(table["total"]),
        met=table["total"] <= most,
    ).reset_index()


def _not_finished(duty: Duty, facts: Facts) -> pd.DataFrame:
    """Return the open records, oldest first, with what each adds: the number in a field, else one."""
    assert duty.trigger is not None  # noqa: S101 - a row of this kind has one
    records = trigger_records(duty, facts)
    missing, _ = missing_parts(duty, facts, records["row"].to_numpy())
    frame, records = facts.frame(duty.trigger.record), pd.DataFrame(records[missing.any(axis=1)])
    records = records.assign(id=frame["id"].iloc[records["row"]].to_numpy(), amount=1)
    if duty.summed in frame.columns:
        numbers = pd.to_numeric(frame[duty.summed], errors="coerce").fillna(1)
        records["amount"] = numbers.to_numpy()[records["row"]]
    return records.sort_values(["day", "id"])


def explained(duty: Duty, facts: Facts, shown: pd.DataFrame) -> pd.DataFrame:
    """Return lines with why they are there and the ids of the open records."""
    records = _not_finished(duty, facts)
    line = (
        pd.Series(shown.index, index=shown["position"])
        .reindex(records["position"])
        .fillna(-1)
        .astype("int64")
    )
    return shown.assign(
        period="",
        why=distinct_texts(open_words(duty), shown["have"]),
        counted=ids_by_line(line, records["day"], records["id"], len(shown)),
    )
