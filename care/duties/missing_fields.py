"""What is missing in the dossiers: the fields that a duty of the kind 档案 asks for, one by one."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from guanai.care.children.required_fields import field_label, missing_fields
from guanai.care.duties.context import Facts
from guanai.care.policy.policy import Policy

__all__ = ["COLUMNS", "gaps", "gaps_by_field"]

COLUMNS = ("duty", "field", "field_label", "kind", "subject_id", "subject", "class", "village")


def gaps(policy: Policy, frames: Mapping[str, pd.DataFrame], on: date) -> pd.DataFrame:
    """Return the missing fields of a day, one row per duty, subject and field, in the order of duties and classes.

    Columns: duty, field (as the duty names it), field_label (in words), kind, subject_id, subject, class, village. Subjects
    are those the duty asks, there on the day: the same as the lines of the duty.
    """
    facts, parts = Facts(policy, frames, on), []
    for duty in policy.of_kind("complete"):
        subjects = facts.subjects(duty.subject)
        asked = subjects.meeting(duty.subject_condition)
        codes = np.flatnonzero(asked & (subjects.first <= facts.day) & (facts.day <= subjects.last))
        codes = codes[np.argsort(subjects.order[codes], kind="stable")]
        missing = missing_fields(subjects.frame.iloc[codes], duty.content)
        part = pd.DataFrame(
            {
                "duty": duty.name, "field": list(missing), "kind": duty.subject, "subject_id": subjects.ids[codes],
                "subject": subjects.names.to_numpy(object)[codes],
                "class": subjects.classes.to_numpy(object)[codes], "village": subjects.villages[codes],
            },
            dtype=object,
        ).explode("field")  # fmt: skip
        parts.append(part[part["field"].notna()])
    table = (
        pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS), dtype=object)
    )
    labels = {field: field_label(field) for field in set(table["field"])}
    return table.assign(field_label=table["field"].map(labels).astype(object))[list(COLUMNS)]


def gaps_by_field(table: pd.DataFrame) -> pd.DataFrame:
    """Return how many subjects lack each field: duty, field, field_label, persons; what is lacking most first."""
    sizes = (
        table.groupby(["duty", "field", "field_label"], sort=False)["subject_id"].nunique().rename("persons")
    )
    return sizes.reset_index().sort_values("persons", ascending=False, kind="stable", ignore_index=True)
