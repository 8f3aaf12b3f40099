"""Event (事件): each record of the trigger asks for records of the same subject, within a limit.

An observation asks for a visit (五必访), the promised day of a follow-up for the follow-up. A record answers on the day of
the trigger or later, however late; one of the trigger's own register only on a later day. It is due with the limit after the
moment that the trigger names (without one in the row with that of the school, 默认时限), and stands until it is answered, in
whichever term. It applies to subjects that are present on the day of the trigger and on the day due.

Sources: requirements 2A; 002-1 L27 (五必访), R56 (follow-ups).
Takes `trigger_records` and `matching_records`; gives one line per trigger and subject.
Reference: tests/care/duties/test_plain_duties.py::test_the_rules_and_the_plain_loops_give_the_same_lines
"""

import numpy as np
import pandas as pd

from guanai.care.duties.day_frames import DAY
from guanai.care.duties.explanations import (
    date_text,
    distinct_texts,
    record_words,
    source,
    trigger_words,
    within_words,
)
from guanai.care.duties.facts import Facts
from guanai.care.duties.records import ids_by_line, matching_records, record_ids, trigger_records
from guanai.care.policy.duty import Duty
from guanai.templates.wording import say

__all__ = ["explained", "lines"]


def lines(duty: Duty, facts: Facts) -> pd.DataFrame:
    """Return the lines of a duty of the kind event."""
    table, subjects = trigger_records(duty, facts), facts.subjects(duty.subject)
    first, last = (subjects[name].to_numpy()[table["position"]] for name in ("first", "last"))
    present = (first <= table["day"]) & (table["day"] <= last) & (table["due"].dt.normalize() <= last)
    table = table.assign(closed_on=last)[present].sort_values("day", kind="stable")
    answers = _answers(duty, facts)
    total = np.bincount(answers["position"], minlength=len(subjects))[table["position"]]
    # How many of the subject's records come before the trigger: its answers are the next ones.
    table = pd.merge_asof(
        table, answers[["position", "counts_on", "number"]], left_on="day", right_on="counts_on", by="position",
        allow_exact_matches=False,
    )  # fmt: skip
    before = table["number"].fillna(0).astype("int64")
    have = np.minimum(total - before, duty.at_least)
    return table.assign(since=table["day"], need=duty.at_least, have=have, before=before)


def _answers(duty: Duty, facts: Facts) -> pd.DataFrame:
    """Return the records that can answer, oldest first, with their number (from 1) among those of the subject."""
    records = matching_records(duty, facts).frame()
    own = np.array([duty.trigger is not None and name == duty.trigger.record for name in duty.records])
    records = records.assign(id=record_ids(records["row"], records["register"], duty.records, facts))
    records["counts_on"] = records["day"] - own[records["register"]] * DAY
    records = records.sort_values(["counts_on", "id"])
    return records.assign(number=records.groupby("position").cumcount() + 1)


def explained(duty: Duty, facts: Facts, shown: pd.DataFrame) -> pd.DataFrame:
    """Return lines with why they are there, the ids of the answers that count, and the day of the last of them."""
    what, trigger = record_words(duty), trigger_words(duty)
    within = within_words(duty, duty.limit or facts.policy.default_limit)

    def why(day: pd.Timestamp, have: int) -> str:
        return say(
            "why.event", source=source(duty), day=date_text(day), trigger=trigger, within=within, what=what,
            need=duty.at_least, have=have,
        )  # fmt: skip

    lines_of = pd.DataFrame({"line": np.repeat(np.arange(len(shown)), shown["have"])})
    lines_of = lines_of.join(shown[["position", "before"]], on="line")
    lines_of["number"] = lines_of["before"] + lines_of.groupby("line").cumcount() + 1
    answers = lines_of.merge(_answers(duty, facts), on=["position", "number"])
    return shown.assign(
        period=distinct_texts(date_text, shown["day"]),
        why=distinct_texts(why, shown["day"], shown["have"]),
        counted=ids_by_line(answers["line"], answers["day"], answers["id"], len(shown)),
        met_at=answers.groupby("line")["day"].max().reindex(shown.index),
    )
