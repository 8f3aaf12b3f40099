# mypy: ignore-errors
"""Event (事件): each record of the trigger asks for records of the same subject, within a limit.

An observation asks for a visit (五必访), the promised day of a follow-up for the follow-up. A record answers on the day of
the trigger or later, however late; one of the trigger's own register only on a later day. It is due with the limit after the
moment that the trigger names (without one in the row with that of the school, 默认时限), and stands until it is answered, in
whichever term. It applies to subjects that are present on the day of the trigger and on the day due.

Sources: requirements 2A; 002-1 L27 (五必访), R56 (follow-ups).
Takes ``facts.triggers`` and ``facts.records``; gives one line per trigger and subject: all that are not answered, and those
of this term that are.
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
from guanai.care.duties.records import counted_ids
from guanai.care.policy.duty import Duty
from guanai.templates.wording import say

__all__ = ["explained", "lines"]


def lines(duty: Duty, facts: Facts) -> pd.DataFrame:
    """Return the lines of a duty of the kind event."""
    table = facts.triggers(duty).join(facts.subjects(duty.subject)[["first", "last"]], on="subject")
    due_on = table["due"].dt.normalize()
    present = (table["first"] <= table["day"]) & (table["day"] <= table["last"])
    table = table[present & (due_on <= table["last"])].sort_values("day", kind="stable")
    answers = _answers(duty, facts)
    # How many of the subject's records come before the trigger: its answers are the next ones.
    before = answers[["subject", "counts_on", "number"]].rename(columns={"number": "before"})
    table = pd.merge_asof(
        table, before, left_on="day", right_on="counts_on", by="subject", allow_exact_matches=False
    )
    before_it = table["before"].fillna(0).astype("int64")
    total = table["subject"].map(answers["subject"].value_counts()).fillna(0).astype("int64")
    table = table.assign(before=before_it, number=before_it + duty.at_least)
    met_at = answers.set_index(["subject", "number"])["day"].rename("met_at")
    return table.join(met_at, on=["subject", "number"]).assign(
        need=duty.at_least,
        have=np.minimum(total - before_it, duty.at_least),
        closed_on=table["last"],
        period=distinct_texts(table, ["day"], date_text),
    )


def _answers(duty: Duty, facts: Facts) -> pd.DataFrame:
    """Return the records that can answer, oldest first, with their number (from 1) among those of the subject."""
    records = facts.records(duty)
    own = (records["register"] == duty.trigger.record) if duty.trigger else False
    records = records.assign(counts_on=records["day"].where(~own, records["day"] - DAY))
    records = records.sort_values(["counts_on", "id"], ignore_index=True)
    return records.assign(number=records.groupby("subject").cumcount() + 1)


def explained(duty: Duty, facts: Facts, shown: pd.DataFrame) -> pd.DataFrame:
    """Return lines with why they are there and the ids of the answers that count."""
    what, trigger = record_words(duty), trigger_words(duty)
    within = within_words(duty.limit or facts.policy.default_limit)

    def why(day: pd.Timestamp, have: int) -> str:
        return say(
            "why.event", source=source(duty), day=date_text(day), trigger=trigger, within=within, what=what,
            need=duty.at_least, have=have,
        )  # fmt: skip

    each = shown.assign(line=np.arange(len(shown)))[["line", "subject", "before", "have"]]
    each = each.loc[each.index.repeat(each["have"])]
    each["number"] = each["before"] + each.groupby("line").cumcount() + 1
    counted = each.merge(_answers(duty, facts)[["subject", "number", "id", "day"]], on=["subject", "number"])
    numbered = shown.assign(line=np.arange(len(shown)))
    return shown.assign(
        why=distinct_texts(shown, ["day", "have"], why),
        counted=counted_ids(numbered, counted, ["line"]),
    )
