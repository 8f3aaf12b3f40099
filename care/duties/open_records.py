"""Open (未了结): at most so many records of the trigger open at a time, or at most so much in a field of them.

A child may have two books at home, 002-1 L79; too many are a line since the day of the record that was one too many, and
stand from the day after (with the days of grace) until there are fewer, also once the child has left.

Takes `trigger_records`, and from the kind state which of them are open; gives one line per subject with an open record.
Reference: tests/care/duties/test_plain_duties.py::test_the_rules_and_the_plain_loops_give_the_same_lines
"""

from typing import Any

import numpy as np
import pandas as pd

from guanai.care.duties.day_frames import Columns
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
    total, latest = by_subject["amount"].sum(), by_subject["day"].max()
    too_many = records[by_subject["amount"].cumsum() > most]
    since = (
        too_many.drop_duplicates("position").set_index("position")["day"].reindex(total.index).fillna(latest)
    )
    return pd.DataFrame(
        {
            "position": total.index, "since": since, "due": since, "closed_on": np.datetime64("NaT"),
            "need": 0, "have": np.floor(total), "met": total <= most,
        }
    )  # fmt: skip


def _not_finished(duty: Duty, facts: Facts) -> pd.DataFrame:
    """Return the open records, oldest first, with what each adds: the number in a field, else one."""

    def make() -> pd.DataFrame:
        assert duty.trigger is not None  # noqa: S101 - a row of this kind has one
        records, frame = trigger_records(duty, facts), facts.frame(duty.trigger.record)
        missing, _ = missing_parts(duty, facts, records["row"].to_numpy())
        records = pd.DataFrame(records[missing.any(axis=1)])
        amount = pd.Series(1, index=frame.index)
        if duty.summed in frame.columns:
            amount = pd.to_numeric(frame[duty.summed], errors="coerce").fillna(1)
        records = records.assign(
            id=frame["id"].to_numpy()[records["row"]], amount=amount.to_numpy()[records["row"]]
        )
        return records.sort_values(["day", "id"])

    return facts.cached(("not finished", duty), make)


def explained(duty: Duty, facts: Facts, shown: Columns) -> dict[str, Any]:
    """Return why lines are there and the ids of the open records."""
    records = _not_finished(duty, facts)
    line_of = np.full(len(facts.subjects(duty.subject)), -1)
    line_of[shown["position"]] = np.arange(len(shown["position"]))
    line = line_of[records["position"]]
    return {
        "why": distinct_texts(open_words(duty), shown["have"].tolist()),
        "counted": ids_by_line(line, records["day"], records["id"], len(shown["position"])),
    }
