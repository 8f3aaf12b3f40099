"""Helper (帮扶): so many helpers for every child in care.

A child without enough of them has a line since its last helper ended, or since it came into care; due with the days of grace,
then it stands until a pairing runs again.

Sources: requirements 2A, 7.4; 002-1 L45, 004.
Takes ``facts.present`` and the register pairing; gives one line per child that is present.
Reference: tests/care/duties/test_plain_duties.py::test_the_rules_and_the_plain_loops_give_the_same_lines
"""

from typing import Any

import numpy as np
import pandas as pd

from guanai.care.duties.day_frames import DAY, Columns
from guanai.care.duties.explanations import distinct_texts, number_words
from guanai.care.duties.facts import Facts
from guanai.care.duties.quota import current_pairs, explained_pairs, numbers_of_pairs
from guanai.care.policy.duty import Duty

__all__ = ["explained", "lines"]


def lines(duty: Duty, facts: Facts) -> pd.DataFrame:
    """Return the lines of a duty of the kind helper."""
    children, pairings = facts.present(duty), facts.frame("pairing")
    ended = pairings[(pairings["role"] == "helper") & (pairings["end"] < facts.day)]
    last_end = ended.groupby("child")["end"].max().reindex(children.index)
    since = np.fmax(children["since"], last_end + DAY)
    return pd.DataFrame(
        {
            "position": children["position"], "since": since, "due": since, "closed_on": np.datetime64("NaT"),
            "need": duty.at_least, "have": numbers_of_pairs(current_pairs(duty, facts), children.index),
        }
    )  # fmt: skip


def explained(duty: Duty, facts: Facts, shown: Columns) -> dict[str, Any]:
    """Return why lines are there and the ids of the pairings."""
    why = distinct_texts(number_words("why.helper", duty), shown["need"].tolist(), shown["have"].tolist())
    return explained_pairs(duty, facts, shown, why)
