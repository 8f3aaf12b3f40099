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

from typing import Any

import numpy as np
import pandas as pd

from guanai.care.duties.day_frames import Columns, Numbers
from guanai.care.duties.explanations import distinct_texts, pairing_words, range_words, source
from guanai.care.duties.facts import Facts
from guanai.care.duties.records import ids_by_line
from guanai.care.policy.conditions import holds
from guanai.care.policy.duty import Duty
from guanai.templates.wording import say

__all__ = ["current_pairs", "explained", "explained_pairs", "lines", "numbers_of_pairs"]


def lines(duty: Duty, facts: Facts) -> pd.DataFrame:
    """Return the lines of a duty of the kind quota."""
    pairs, subjects = current_pairs(duty, facts), facts.present(duty)
    counted = pairs if duty.subject == "child" else pairs.drop_duplicates(["subject", "child"])
    have = numbers_of_pairs(counted, subjects.index)
    need = np.full(len(subjects), duty.at_least)
    if duty.subject == "class":
        in_care = facts.subjects("child")["class"][facts.is_present("child")].value_counts()
        need = np.minimum(need, subjects["class"].map(in_care).fillna(0).astype("int64"))
    most = np.inf if duty.at_most is None else duty.at_most
    table = pd.DataFrame(
        {
            "position": subjects["position"], "since": subjects["since"], "due": subjects["since"],
            "closed_on": np.datetime64("NaT"), "need": need, "have": have, "met": (have >= need) & (have <= most),
        }
    )  # fmt: skip
    return table[table["have"] > 0] if duty.subject == "helper" else table


def current_pairs(duty: Duty, facts: Facts) -> pd.DataFrame:
    """Return the pairings of children in care that run on the day: subject, child, id, start, one for each pair.

    With a helper, unless the duty's condition says with whom. A pairing without a start does not run: its beginning
    has not been agreed yet.
    """
    pairs = facts.cached(("pairs", duty.condition), lambda: _current_pairs(duty, facts))
    subject = pairs["child" if duty.subject == "child" else "helper"]
    if duty.subject == "class":
        classes = facts.subjects("class")["class"]
        class_of = facts.subjects("child")["class"]
        subject = pairs["child"].map(class_of).map(dict(zip(classes, classes.index, strict=True)))
    return pairs.assign(subject=subject)


def _current_pairs(duty: Duty, facts: Facts) -> pd.DataFrame:
    pairings, children = facts.frame("pairing"), facts.subjects("child").index[facts.is_present("child")]
    runs = (pairings["start"] <= facts.day) & (pairings["end"].isna() | (facts.day <= pairings["end"]))
    helping = pairings["role"] == "helper"
    if not any(clause.field == "role" for clause in duty.condition):
        runs &= helping
    runs &= holds(duty.condition, pairings) & pairings["child"].isin(children)
    pairs = pairings.loc[runs & (~helping | pairings["helper"].notna()), ["child", "helper", "id", "start"]]
    other = pairs["helper"]
    if "peer_name" in pairings:
        other = other.fillna(pairings["peer_name"])
    return pairs[~pd.DataFrame({"child": pairs["child"], "other": other}).duplicated()]


def numbers_of_pairs(pairs: pd.DataFrame, subjects: pd.Index) -> Numbers:
    """Return how many pairs each subject has."""
    places = subjects.get_indexer(pd.Index(pairs["subject"]))
    return np.bincount(places[places >= 0], minlength=len(subjects))


def explained(duty: Duty, facts: Facts, shown: Columns) -> dict[str, Any]:
    """Return why lines are there and the ids of the pairings."""
    around, what = range_words(duty), pairing_words(duty)
    counts_only = not duty.at_least and duty.at_most is None
    key = "why.quota_often" if counts_only else f"why.quota_{duty.subject}"

    def why(have: int) -> str:
        return say(key, source=source(duty), what=what, range=around, have=have)

    return explained_pairs(duty, facts, shown, distinct_texts(why, shown["have"].tolist()))


def explained_pairs(duty: Duty, facts: Facts, shown: Columns, why: list[str]) -> dict[str, Any]:
    """Return why lines are there and the ids of the pairings of their subjects."""
    pairs = current_pairs(duty, facts)
    subjects = facts.subjects(duty.subject).index[shown["position"]]
    line = subjects.get_indexer(pd.Index(pairs["subject"]))
    counted = ids_by_line(line, pairs["start"], pairs["id"], len(shown["position"]))
    return {"why": why, "counted": counted}
