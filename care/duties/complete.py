"""Complete (档案): fields of a dossier that may not be empty.

A dossier with an empty field has a line since the subject came into care (or, of a class or the staff, since the term
began); due with the days of grace, then it stands until the field is filled in. No field is required of a parent who is
deceased or lost (`guanai.care.children.required_fields`).

Sources: requirements 7.3, R1-R4; F16.
Takes ``facts.present``; gives one line per subject that is present.
Reference: tests/care/duties/test_plain_duties.py::test_the_rules_and_the_plain_loops_give_the_same_lines
"""

from typing import Any

import numpy as np
import pandas as pd

from guanai.care.children.required_fields import field_label, missing_fields
from guanai.care.duties.day_frames import Columns
from guanai.care.duties.explanations import distinct_texts, number_words
from guanai.care.duties.facts import Facts
from guanai.care.frames import object_array
from guanai.care.policy.duty import Duty
from guanai.templates.wording import say

__all__ = ["explained", "lines"]


def lines(duty: Duty, facts: Facts) -> pd.DataFrame:
    """Return the lines of a duty of the kind complete."""
    subjects = facts.present(duty)
    missing = missing_fields(subjects, duty.content)
    return pd.DataFrame(
        {
            "position": subjects["position"], "since": subjects["since"], "due": subjects["since"],
            "closed_on": np.datetime64("NaT"), "need": len(duty.content),
            "have": len(duty.content) - missing.map(len).astype("int64"), "missing": missing,
        }
    )  # fmt: skip


def explained(duty: Duty, facts: Facts, shown: Columns) -> dict[str, Any]:
    """Return why lines are there, which says what is missing, and the id of the dossier."""
    comma, words = say("policy.comma"), number_words("why.complete", duty)

    def why(missing: tuple[str, ...], need: int, have: int) -> str:
        return words(need, have, comma.join(map(field_label, missing)))

    ids = facts.subjects(duty.subject).index[shown["position"]]
    return {
        "why": distinct_texts(
            why, map(tuple, shown["missing"]), shown["need"].tolist(), shown["have"].tolist()
        ),
        "counted": object_array([record_id] for record_id in ids),
    }
