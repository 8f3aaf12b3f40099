"""The subjects of a duty: children, their guardians and parents, helpers, classes, teachers, staff, the school.

Each has a first and a last day on which it is present: a child those of its care, a helper those of the pairings; every
other subject is always present.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from guanai.care.children.eligibility import GONE, care_spans
from guanai.care.duties.record_rules import class_names
from guanai.care.frames import as_strings, normalized_frame, object_column, timestamp
from guanai.care.policy.duty import ALL_CHILDREN
from guanai.care.policy.policy import Policy
from guanai.templates.wording import say

__all__ = [
    "ALWAYS",
    "FOREVER",
    "active_staff",
    "children_in_care",
    "subjects_of",
    "teachers",
    "with_class_fields",
]

ALWAYS, FOREVER = timestamp(date(1900, 1, 1)), timestamp(date(2199, 12, 31))
# 004 二(四): headmaster, leaders, class teachers and every subject teacher visit; logistics staff do not teach.
NOT_TEACHING = ["logistics"]


def children_in_care(policy: Policy, frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the children that are or were in care, with their days and the grade of their class."""
    return with_class_fields(care_spans(normalized_frame(frames, "child"), policy.criterion), frames)


def subjects_of(
    kind: str, frames: Mapping[str, pd.DataFrame], children: pd.DataFrame, school: str
) -> pd.DataFrame:
    """Return the subjects of a kind by their id (of a guardian or parent that of the child, of the school "").

    Columns: name, class, village, first, last, place (position in the order of class, name and id), and those of the register.
    ``children`` are those that are or were in care, ``school`` is its name.
    """
    if kind in ALL_CHILDREN:
        subjects = _children(kind, children, frames)
    elif kind == "class":
        register = normalized_frame(frames, "class")
        subjects = register.assign(**{"class": as_strings(register["name"])})
    elif kind == "school":
        subjects = pd.DataFrame({"id": [""], "name": [school]}, dtype=object)
    elif kind == "helper":
        subjects = _helpers(frames)
    else:
        subjects = teachers(frames) if kind == "teacher" else active_staff(frames)
    subjects = subjects.set_index("id").rename_axis("subject")
    subjects = subjects[~subjects.index.duplicated()]
    nothing, names = object_column([""] * len(subjects), subjects.index), as_strings(subjects["name"])
    classes = subjects["class"] if kind in (*ALL_CHILDREN, "class") else nothing
    villages = as_strings(subjects["village"]) if "village" in subjects else nothing
    by_class = sorted(
        range(len(subjects)), key=list(zip(classes, names, subjects.index, strict=True)).__getitem__
    )
    columns = {"name": names, "class": classes, "village": villages, "place": np.argsort(by_class)}
    days = {} if "first" in subjects else {"first": ALWAYS, "last": FOREVER}
    return subjects.assign(**columns, **days)


def active_staff(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the staff who are not marked as gone."""
    staff = normalized_frame(frames, "staff")
    return staff[as_strings(staff["active"]) != "no"]


def teachers(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the active teaching staff: everybody who is not marked as gone and is not of logistics."""
    staff = active_staff(frames)
    return staff[~as_strings(staff["role"]).isin(NOT_TEACHING)]


def with_class_fields(children: pd.DataFrame, frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return children with the ``grade`` and ``level`` of their class, for conditions on them."""
    classes, names = normalized_frame(frames, "class"), class_names(frames)
    own = [names.get(name, name) for name in as_strings(children["class"])]
    joined = {}
    for field in ("grade", "level"):
        if field not in children.columns and field in classes.columns:
            value_of = dict(zip(as_strings(classes["name"]), classes[field], strict=True))
            joined[field] = object_column((value_of.get(name) for name in own), children.index)
    return children.assign(**joined)


def _children(kind: str, children: pd.DataFrame, frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return children, their guardians or their parents; a parent who is deceased or lost owes nothing."""
    if kind == "parent":
        gone = [as_strings(children[f"{parent}_status"]).isin(list(GONE)) for parent in ("father", "mother")]
        children = children[~(gone[0] & gone[1])]
    children, names = children.reset_index(drop=True), class_names(frames)
    subjects = children.assign(
        **{
            "class": object_column(
                (names.get(name, name) for name in as_strings(children["class"])), children.index
            )
        },
        first=children["care_from"],
        last=children["care_until"] - pd.Timedelta(days=1),
    )
    if kind == "child":
        return subjects
    named = [
        say(f"subject.{kind}", child=child, name=_guardian(guardians))
        for child, guardians in zip(as_strings(children["name"]), children["guardians"], strict=True)
    ]
    return subjects.assign(name=object_column(named, subjects.index))


def _guardian(guardians: Any) -> str:
    """Return the name of the first guardian that has one."""
    rows = guardians if isinstance(guardians, list) else []
    return next((str(row["name"]) for row in rows if isinstance(row, dict) and row.get("name")), "")


def _helpers(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the staff who carry or carried a child, from their first pairing's day to their last one's."""
    pairings = normalized_frame(frames, "pairing")
    helping = pairings["role"] == "helper"
    pairings = pairings[helping & pairings["helper"].notna() & pairings["start"].notna()]
    first = pairings["start"].groupby(pairings["helper"]).min()
    last = pairings["end"].fillna(FOREVER).groupby(pairings["helper"]).max()
    staff = normalized_frame(frames, "staff")
    staff = staff[staff["id"].isin(first.index)]
    return staff.assign(
        first=first.reindex(staff["id"]).to_numpy(), last=last.reindex(staff["id"]).to_numpy()
    )
