# mypy: ignore-errors
"""Quota (名额): pairings between a least and a most, of those that run on the day.

Counted are, of a helper, a teacher or a member of staff, the children in care paired with them (002-1 L45: each of the staff
at least six); of a class its children who have a pairing (not more than it has in care); of a child its helpers or peers.
A teacher or member of staff who carries nobody has a line too; a helper is only who carries somebody. Due since the
term began or the subject came, with the days of grace; then it stands. A quota of records other than pairings is counted by
period (`guanai.care.duties.count`).

Sources: requirements 2A; 002-1 L45.
Takes ``facts.present`` and the register pairing; gives one line per subject that is present.
Reference: tests/care/duties/test_plain_duties.py::test_the_rules_and_the_plain_loops_give_the_same_lines
"""

import pandas as pd

from guanai.care.duties.explanations import distinct_texts, range_words, source
from guanai.care.duties.facts import Facts
from guanai.care.duties.records import counted_ids
from guanai.care.policy.conditions import holds
from guanai.care.policy.duty import Duty
from guanai.templates.wording import say

__all__ = ["current_pairs", "explained", "lines"]


def lines(duty: Duty, facts: Facts) -> pd.DataFrame:
    """Return the lines of a duty of the kind quota."""
    pairs, subjects = current_pairs(duty, facts), facts.present(duty)
    if duty.subject == "child":
        numbers = pairs["subject"].value_counts()
    else:
        numbers = pairs.groupby("subject")["child"].nunique()
    have = numbers.reindex(subjects.index).fillna(0).astype("int64")
    need = pd.Series(duty.at_least, index=subjects.index)
    if duty.subject == "class":
        in_care = _children_present(facts)["class"].value_counts()
        need = need.clip(upper=subjects["class"].map(in_care).fillna(0).astype("int64"))
    if duty.subject == "helper":
        subjects = subjects[have > 0]
    met = (have >= need) & (True if duty.at_most is None else have <= duty.at_most)
    since = facts.present_since(duty)
    table = pd.DataFrame({"since": since, "due": since, "need": need, "have": have, "met": met}).loc[
        subjects.index
    ]
    return table.assign(met_at=pd.NaT, closed_on=pd.NaT, period="").reset_index()


def current_pairs(duty: Duty, facts: Facts) -> pd.DataFrame:
    """Return the pairings of children in care that run on the day: subject, child, id, day (of the start), one for each pair.

    With a helper, unless the duty's condition says with whom. A pairing without a start does not run: its beginning
    has not been agreed yet.
    """
    pairings, children = facts.frame("pairing"), _children_present(facts)
    runs = (pairings["start"] <= facts.day) & (pairings["end"].isna() | (facts.day <= pairings["end"]))
    helping = pairings["role"] == "helper"
    if not any(clause.field == "role" for clause in duty.condition):
        runs &= helping
    runs &= holds(duty.condition, pairings) & pairings["child"].isin(children.index)
    pairings = pairings[runs & (~helping | pairings["helper"].notna())]
    other = (
        pairings["helper"].fillna(pairings["peer_name"]) if "peer_name" in pairings else pairings["helper"]
    )
    pairs = pairings.assign(other=other).drop_duplicates(["child", "other"])
    if duty.subject == "class":
        subjects = facts.subjects("class")
        ids = dict(zip(subjects["class"], subjects.index, strict=True))
        subject = pairs["child"].map(children["class"]).map(ids)
    else:
        subject = pairs["child" if duty.subject == "child" else "helper"]
    return pairs.assign(subject=subject, day=pairs["start"])[["subject", "child", "id", "day"]]


def _children_present(facts: Facts) -> pd.DataFrame:
    return facts.present(Duty(name=""))


def explained(duty: Duty, facts: Facts, shown: pd.DataFrame) -> pd.DataFrame:
    """Return lines with why they are there and the ids of the pairings."""
    around = range_words(duty)

    def why(have: int) -> str:
        return say(f"why.quota_{duty.subject}", source=source(duty), range=around, have=have)

    counted = counted_ids(shown, current_pairs(duty, facts), ["subject"])
    return shown.assign(why=distinct_texts(shown, ["have"], why), counted=counted)
