"""The records that matter for the lines of one person, so that a page for one person does not read the whole school.

A class teacher's children are those of the class, a helper's those of the running pairings. Records about other
children are left out, and the lines are still exactly those of the whole school that name the person
(`guanai.care.duties.due.due` with ``who``). A duty that somebody has by post (校长, 德育负责人) is about everybody, so
it reads the whole registers.
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype

from guanai.care.duties.context import DutyContext, Mask
from guanai.care.duties.record_rules import class_names, current_pairings
from guanai.care.duties.responsible import holds_post, is_responsible
from guanai.care.frames import AUTHOR_FIELDS, NormalizedFrames, as_strings, normalized_frame
from guanai.care.policy.duty import ALL_CHILDREN, Duty
from guanai.care.policy.policy import Policy

__all__ = ["FramesOfChildren", "FramesOfPerson", "PersonScope", "person_scope"]


class FramesOfPerson(NormalizedFrames):
    """The registers, reduced to the children, the classes and the own work of one person."""

    def __init__(self, policy: Policy, whole: NormalizedFrames, person: str, on: date) -> None:
        super().__init__(whole.raw)
        self._person = person
        self["staff"], self["class"] = whole["staff"], whole["class"]
        classes = whole["class"]
        own = classes[as_strings(classes["homeroom"]) == person]
        names = set(as_strings(own["name"])) - {""}
        class_name_of = class_names(whole)
        self._classes = {name for name, shown in class_name_of.items() if shown in names}
        pairings = whole["pairing"]
        running = current_pairings(pairings, on)
        helped = set(running.loc[running["helper"] == person, "child"])
        children = whole.raw["child"] if "child" in whole.raw else whole["child"]
        chosen = children["id"].isin(helped)
        if self._classes and "class" in children:
            chosen |= children["class"].isin(self._classes)
        self["child"] = normalized_frame({"child": children[chosen]}, "child")
        self._children = set(self["child"]["id"])
        chosen = pairings["child"].isin(self._children) | (pairings["helper"] == person)
        self["pairing"] = pairings[chosen].reset_index(drop=True)
        # Registers whose records are somebody's own work, whichever child they are about.
        own_work = [duty for duty in policy.duties if duty.subject in ("teacher", "helper")]
        self._authored = {name for duty in own_work for name in duty.records}
        self._authored |= {duty.trigger.record for duty in own_work if duty.trigger}

    def __missing__(self, name: str) -> pd.DataFrame:
        frame = self._frames.get(name)
        if frame is not None and "child" in frame and len(frame):
            chosen = frame["child"].isin(self._children) | frame["child"].isna()
            if self._classes and "class" in frame:
                chosen |= frame["class"].isin(self._classes)
            people = AUTHOR_FIELDS.get(name, "by")
            if name in self._authored and people in frame:
                chosen |= self._made_by_person(frame[people], several=people != "by")
            frame = frame[chosen]
        self[name] = normalized_frame({} if frame is None else {name: frame}, name)
        return self[name]

    def _made_by_person(self, people: "pd.Series[Any]", *, several: bool) -> Mask:
        """Return which records the person made, alone or with others; or may have made, where several are in a text."""
        values = people.to_numpy(object)
        if not several and infer_dtype(values, skipna=True) in ("string", "empty"):
            return np.asarray(values == self._person, dtype=bool)
        return np.array(
            [isinstance(one, str | list | tuple) and self._person in one for one in values], dtype=bool
        )


class FramesOfChildren(NormalizedFrames):
    """The registers, reduced to some children: all that the lines of their own duties need."""

    def __init__(self, frames: Mapping[str, pd.DataFrame], children: Collection[str]) -> None:
        super().__init__(frames.raw if isinstance(frames, NormalizedFrames) else frames)
        self._children = list(children)

    def __missing__(self, name: str) -> pd.DataFrame:
        frame = self._frames.get(name)
        if frame is not None and name == "child":
            frame = frame[frame["id"].isin(self._children)]
        elif frame is not None and "child" in frame and len(frame):
            frame = frame[frame["child"].isin(self._children) | frame["child"].isna()]
        self[name] = normalized_frame({} if frame is None else {name: frame}, name)
        return self[name]


class PersonScope:
    """Which context to use for a duty, and for which subjects, when only one person's lines are wanted."""

    def __init__(self, context: DutyContext, person: str) -> None:
        self._context = context
        self._place = (
            int(context.staff.get_indexer(pd.Index([person], dtype=object))[0]) if len(context.staff) else -1
        )
        self._near: DutyContext | None = None
        self._person = person

    def context_of(self, duty: Duty, kind: str, roles: tuple[str, ...]) -> tuple[DutyContext, Mask] | None:
        """Return the context and for which subjects of the duty the person is responsible, None if for none."""
        if self._place < 0:
            return None
        whole = self._context
        by_them = duty.subject not in ALL_CHILDREN and "helper" in duty.by_of(roles)
        if holds_post(whole, kind, roles, self._place):
            return whole, np.ones(len(whole.subjects(duty.subject)), dtype=bool)
        if kind == "school":
            return None
        context = whole if by_them else self._nearby()
        answers_for = is_responsible(context, kind, roles, self._place)
        return (context, answers_for) if answers_for.any() else None

    def _nearby(self) -> DutyContext:
        if self._near is None:
            whole = self._context
            frames = FramesOfPerson(whole.policy, whole.frames, self._person, whole.on)
            self._near = DutyContext(
                whole.policy, frames, whole.on, done=whole.done, moment=whole.moment, began=whole.began
            )
        return self._near


def person_scope(context: DutyContext, person: str | None) -> PersonScope | None:
    """Return the narrowing to a person, None for everybody's lines."""
    return None if person is None else PersonScope(context, person)
