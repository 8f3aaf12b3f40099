"""Interval (间隔): within a term never more days without a record than the limit.

An interval begins with a record, the first one on the first day of the term or of the subject. The one that runs is due
after the limit, if that day is still in the term and before the subject's last day; then it stands until the next record
ends it, and is missed once the term is over. One that ended is late if the record came after the limit.

Sources: requirements 2A; documents that say 至少每 N 天 or 不超过 N 天.
Takes ``facts.subjects`` and `matching_records`; gives the running interval of each subject and those that ended.
Reference: tests/care/duties/test_plain_duties.py::test_the_rules_and_the_plain_loops_give_the_same_lines
"""

import numpy as np
import pandas as pd

from guanai.care.duties.explanations import RULE_WORDS, date_text, distinct_texts, record_words, source
from guanai.care.duties.facts import Facts
from guanai.care.duties.records import ids_by_line, matching_records, record_ids
from guanai.care.policy.duty import Duty
from guanai.templates.wording import say

__all__ = ["explained", "lines"]

KEYS = ["why.interval", "why.interval_first", "why.interval_done"]


def lines(duty: Duty, facts: Facts) -> pd.DataFrame:
    """Return the lines of a duty of the kind interval."""
    if facts.term is None or duty.limit is None:
        return pd.DataFrame()
    limit = pd.Timedelta(duty.limit.span)
    subjects = facts.subjects(duty.subject)
    subjects = pd.DataFrame(
        {
            "position": np.arange(len(subjects)),
            "first": np.maximum(subjects["first"].to_numpy(), np.datetime64(facts.term.start)),
            "last": np.minimum(subjects["last"].to_numpy(), np.datetime64(facts.term.end)),
        }
    )[facts.applies(duty)]
    subjects = subjects[(subjects["first"] <= subjects["last"]) & (subjects["first"] <= facts.day)]
    records = matching_records(duty, facts).frame()[["position", "day"]]
    days = records.drop_duplicates().merge(subjects, on="position")
    days = days[days["day"].between(days["first"], days["last"])].sort_values("day")
    before = days.groupby("position")["day"].shift()
    ended = days.assign(since=before.fillna(days["first"]), have=1, key=2)
    latest = days.groupby("position")["day"].max().reindex(subjects["position"]).set_axis(subjects.index)
    running = subjects.assign(
        since=latest.fillna(subjects["first"]), have=0, key=latest.isna().astype("int64")
    )
    running = running[running["since"] + limit <= running["last"]]
    table = pd.concat([ended, running], ignore_index=True)
    return table.assign(due=table["since"] + limit, closed_on=table["last"], need=1)


def explained(duty: Duty, facts: Facts, shown: pd.DataFrame) -> pd.DataFrame:
    """Return lines with why they are there and, of an interval that ended, the records of its last day."""
    assert duty.limit is not None  # noqa: S101 - a row of this kind has one
    what, limit = record_words(duty), RULE_WORDS.span(duty.limit)

    def why(key: int, since: pd.Timestamp) -> str:
        return say(KEYS[key], source=source(duty), what=what, limit=limit, last=date_text(since))

    ended = shown[["position", "day"]].assign(line=np.arange(len(shown)))
    records = matching_records(duty, facts).frame().merge(ended, on=["position", "day"])
    ids = record_ids(records["row"], records["register"], duty.records, facts)
    return shown.assign(
        period="",
        why=distinct_texts(why, shown["key"], shown["since"]),
        counted=ids_by_line(records["line"], records["day"], ids, len(shown)),
        met_at=shown["day"],
    )
