# mypy: ignore-errors
"""Interval (间隔): within a term never more days without a record than the limit.

An interval begins with a record, the first one on the first day of the term or of the subject. The one that runs is due
after the limit, if that day is still in the term and before the subject's last day; then it stands until the next record
ends it, and is missed once the term is over. One that ended is late if the record came after the limit.

Sources: requirements 2A; documents that say 至少每 N 天 or 不超过 N 天.
Takes ``facts.subjects_of`` and ``facts.records``; gives the running interval of each subject and those that ended.
Reference: tests/care/duties/test_plain_duties.py::test_the_rules_and_the_plain_loops_give_the_same_lines
"""

import numpy as np
import pandas as pd

from guanai.care.duties.explanations import date_text, distinct_texts, limit_words, record_words, source
from guanai.care.duties.facts import Facts
from guanai.care.duties.line_columns import no_lines
from guanai.care.duties.records import counted_ids
from guanai.care.frames import timestamp
from guanai.care.policy.duty import Duty
from guanai.templates.wording import say

__all__ = ["explained", "lines"]


def lines(duty: Duty, facts: Facts) -> pd.DataFrame:
    """Return the lines of a duty of the kind interval."""
    if facts.term is None or duty.limit is None:
        return no_lines()
    limit = pd.Timedelta(duty.limit.span)
    subjects = facts.subjects_of(duty)[["first", "last"]].reset_index()
    subjects["first"] = subjects["first"].clip(lower=timestamp(facts.term.start))
    subjects["last"] = subjects["last"].clip(upper=timestamp(facts.term.end))
    subjects = subjects[(subjects["first"] <= subjects["last"]) & (subjects["first"] <= facts.day)]
    records = facts.records(duty)[["subject", "day"]].drop_duplicates()
    days = records.merge(subjects, on="subject").sort_values("day", kind="stable")
    days = days[days["day"].between(days["first"], days["last"])]
    ended = days.assign(since=days.groupby("subject")["day"].shift().fillna(days["first"]), have=1)
    running = subjects.join(days.groupby("subject")["day"].max().rename("latest"), on="subject")
    running = running.assign(since=running["latest"].fillna(running["first"]), have=0)
    running = running[running["since"] + limit <= running["last"]]
    table = pd.concat([ended, running.assign(day=pd.NaT)], ignore_index=True)
    first = (table["have"] == 0) & table["latest"].isna()
    return table.assign(
        due=table["since"] + limit, need=1, met_at=table["day"], closed_on=table["last"], period="",
        key=np.select([table["have"] == 1, first], ["why.interval_done", "why.interval_first"], "why.interval"),
    )  # fmt: skip


def explained(duty: Duty, facts: Facts, shown: pd.DataFrame) -> pd.DataFrame:
    """Return lines with why they are there and, of an interval that ended, the ids of the records of its last day."""
    assert duty.limit is not None  # noqa: S101 - a row of this kind has one
    what, limit = record_words(duty), limit_words(duty.limit)

    def why(key: str, since: pd.Timestamp) -> str:
        return say(key, source=source(duty), what=what, limit=limit, last=date_text(since))

    counted = counted_ids(shown, facts.records(duty), ["subject", "day"])
    return shown.assign(why=distinct_texts(shown, ["key", "since"], why), counted=counted)
