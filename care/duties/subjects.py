"""The subjects of a duty: children, their guardians and parents, helpers, classes, teachers, the school.

Each subject has a first and a last day on which it is present: a child those of its care, a helper those of
the pairings, every other subject is always present.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from guanai.care.children.eligibility import GONE
from guanai.care.duties.record_rules import class_names
from guanai.care.frames import as_list, as_strings, normalized_frame, object_column
from guanai.care.policy.conditions import Clause, holds
from guanai.care.policy.duty import ALL_CHILDREN
from guanai.templates.wording import say

__all__ = [
    "ALWAYS",
    "EPOCH",
    "FOREVER",
    "NOT_TEACHING",
    "NO_DAY",
    "Subjects",
    "day_number",
    "day_numbers",
    "names_in",
    "subjects_of",
    "teachers",
    "with_class_fields",
]

Days = np.ndarray[Any, np.dtype[np.int64]]
EPOCH = date(1970, 1, 1).toordinal()


def day_number(day: date) -> int:
    """Return a day as the number that the rules compute with: days since 1970."""
    return day.toordinal() - EPOCH


ALWAYS, FOREVER = day_number(date(1900, 1, 1)), day_number(date(2199, 12, 31))
NO_DAY = np.iinfo(np.int64).min
# 004 二(四): headmaster, leaders, class teachers and every subject teacher visit; logistics staff do not teach.
NOT_TEACHING = ["logistics"]


def day_numbers(values: "pd.Series[Any]") -> Days:
    """Return dates as numbers of days; nothing is the least number."""
    return values.to_numpy("datetime64[D]").astype(np.int64)


@dataclass(frozen=True)
class Subjects:
    """Subjects of one kind, in the order of their register: their ``frame``, and the names, classes and days."""

    kind: str
    frame: pd.DataFrame
    names: "pd.Series[str]"
    classes: "pd.Series[str]"
    first: Days
    last: Days

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def ids(self) -> np.ndarray[Any, np.dtype[np.object_]]:
        """The ids, as in a due line: of a guardian or a parent that of the child."""
        return self.frame["id"].to_numpy(object)

    @cached_property
    def villages(self) -> np.ndarray[Any, np.dtype[np.object_]]:
        """The village of each, "" where there is none."""
        villages = (
            self.frame["village"]
            if "village" in self.frame
            else object_column([""] * len(self), self.frame.index)
        )
        return as_strings(villages).to_numpy(object)

    @cached_property
    def index(self) -> pd.Index:
        """The ids as an index, to look up positions."""
        return pd.Index(self.ids, dtype=object)

    @cached_property
    def order(self) -> Days:
        """The position of each in the order of class, name and id."""
        frame = pd.DataFrame({"class": self.classes, "name": self.names, "id": self.ids})
        places = np.empty(len(frame), dtype=np.int64)
        places[frame.sort_values(["class", "name", "id"], kind="stable").index] = np.arange(len(frame))
        return places

    def present_from(self, day: date) -> "Subjects":
        """Return the subjects with no first day before a certain day."""
        return replace(self, first=np.maximum(self.first, day_number(day)))

    def matching(self, condition: tuple[Clause, ...]) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Return which subjects meet a condition."""
        return holds(condition, self.frame).to_numpy(bool, copy=True)


def subjects_of(
    kind: str, frames: Mapping[str, pd.DataFrame], children: pd.DataFrame, school: str
) -> Subjects:
    """Return the subjects of a kind; ``children`` are those that are or were in care, with their days."""
    if kind in ALL_CHILDREN:
        return _children(kind, children, frames)
    if kind == "class":
        frame = normalized_frame(frames, "class").drop_duplicates("id", ignore_index=True)
        names = as_strings(frame["name"])
        return _always_present(kind, frame, names, names)
    if kind == "school":
        frame = pd.DataFrame({"id": [""], "name": [school]}, dtype=object)
        return _always_present(kind, frame, frame["name"], object_column([""], frame.index))
    if kind in ("teacher", "staff"):
        frame = (teachers(frames) if kind == "teacher" else active_staff(frames)).drop_duplicates(
            "id", ignore_index=True
        )
        return _always_present(
            kind, frame, as_strings(frame["name"]), object_column([""] * len(frame), frame.index)
        )
    return _helpers(frames)


def teachers(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the active teaching staff: everybody who is not marked as gone and is not of logistics."""
    staff = active_staff(frames)
    return staff[~as_strings(staff["role"]).isin(NOT_TEACHING)]


def active_staff(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the staff who are not marked as gone."""
    staff = normalized_frame(frames, "staff")
    return staff[as_strings(staff["active"]) != "no"]


def with_class_fields(children: pd.DataFrame, frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return children with the ``grade`` and ``level`` of their class, for conditions on them."""
    classes, names = normalized_frame(frames, "class"), class_names(frames)
    own = as_strings(children["class"]).map(lambda name: names.get(name, name))
    joined = {}
    for field in ("grade", "level"):
        if field not in children.columns and field in classes.columns:
            class_name_of = dict(zip(as_strings(classes["name"]), classes[field], strict=True))
            joined[field] = own.map(class_name_of).astype(object)
    return children.assign(**joined)


def _children(kind: str, children: pd.DataFrame, frames: Mapping[str, pd.DataFrame]) -> Subjects:
    if kind == "parent":
        statuses = [as_strings(children[f"{parent}_status"]) for parent in ("father", "mother")]
        gone = statuses[0].isin(list(GONE)) & statuses[1].isin(list(GONE))
        children = children[~gone]
    children = children.drop_duplicates("id", ignore_index=True)
    names = as_strings(children["name"])
    if kind == "guardian":
        pairs = zip(names, map(_guardian, children["guardians"]), strict=True)
        names = object_column(
            (say("subject.guardian", child=child, name=name) for child, name in pairs), names.index
        )
    elif kind == "parent":
        names = object_column((say("subject.parent", child=child) for child in names), names.index)
    class_name_of = class_names(frames)
    classes = as_strings(children["class"]).map(lambda name: class_name_of.get(name, name)).astype(object)
    first, until = day_numbers(children["care_from"]), day_numbers(children["care_until"])
    return Subjects(kind, children, names, classes, first, until - 1)


def _guardian(guardians: Any) -> str:
    """Return the name of the first guardian that has one."""
    rows = guardians if isinstance(guardians, list) else []
    return next((str(row["name"]) for row in rows if isinstance(row, dict) and row.get("name")), "")


def _helpers(frames: Mapping[str, pd.DataFrame]) -> Subjects:
    """Return the staff who carry or carried a child, from their first pairing's day to their last one's."""
    pairings = normalized_frame(frames, "pairing")
    pairings = pairings[
        (pairings["role"] == "helper") & pairings["helper"].notna() & pairings["start"].notna()
    ]
    first = pd.Series(day_numbers(pairings["start"]), index=pairings["helper"]).groupby(level=0).min()
    ends = day_numbers(pairings["end"])
    ends = np.where(ends == NO_DAY, FOREVER, ends)
    last = pd.Series(ends, index=pairings["helper"]).groupby(level=0).max()
    staff = normalized_frame(frames, "staff").drop_duplicates("id")
    staff = staff[staff["id"].isin(first.index)].reset_index(drop=True)
    return Subjects(
        "helper",
        staff,
        as_strings(staff["name"]),
        object_column([""] * len(staff), staff.index),
        first.reindex(staff["id"]).to_numpy(np.int64),
        last.reindex(staff["id"]).to_numpy(np.int64),
    )


def _always_present(
    kind: str, frame: pd.DataFrame, names: "pd.Series[str]", classes: "pd.Series[str]"
) -> Subjects:
    count = len(frame)
    return Subjects(
        kind,
        frame,
        names,
        classes,
        np.full(count, ALWAYS, dtype=np.int64),
        np.full(count, FOREVER, dtype=np.int64),
    )


def names_in(value: Any, names: Mapping[str, int]) -> list[str]:
    """Return the names in an answer: one, which may have spaces in it, or several of a list."""
    return [value] if isinstance(value, str) and value in names else as_list(value)
