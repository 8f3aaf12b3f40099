"""The records that matter for the lines of one person, so that a page for one person does not read the whole school.

A class teacher's children are those of the class, a helper's those of the running pairings. What they owe for children is
worked out from the records of those children alone; whatever else they owe, by post or about classes, the staff and the
school, from all of them. The lines are those of the whole school that name the person (`guanai.care.duties.due.due` with ``who``).
"""

from collections.abc import Collection, Mapping

import pandas as pd

from guanai.care.duties.facts import Facts
from guanai.care.duties.responsible import holds_post, responsible
from guanai.care.frames import NormalizedFrames, normalized_frame
from guanai.care.policy.duty import ALL_CHILDREN, Duty

__all__ = ["FramesOfChildren", "facts_of_person"]


class FramesOfChildren(NormalizedFrames):
    """The registers, reduced to some children: all that the lines of their own duties need.

    With ``classes`` (names and ids) the register of classes is that of a school which has only these: other classes of the
    children are there without the number of their pupils.
    """

    def __init__(
        self,
        frames: Mapping[str, pd.DataFrame],
        children: Collection[str],
        classes: Collection[str] | None = None,
    ) -> None:
        super().__init__(frames.raw if isinstance(frames, NormalizedFrames) else frames)
        self._children = list(children)
        self._classes = classes

    def __missing__(self, name: str) -> pd.DataFrame:
        frame = self._frames.get(name)
        if frame is not None and name == "child":
            frame = frame[frame["id"].isin(self._children)]
        elif frame is not None and "child" in frame and len(frame):
            frame = frame[frame["child"].isin(self._children) | frame["child"].isna()]
        self[name] = normalized_frame({} if frame is None else {name: frame}, name)
        if name == "class" and self._classes is not None:
            self[name] = self._of_own_classes(self[name], self._classes)
        return self[name]

    def _of_own_classes(self, classes: pd.DataFrame, own: Collection[str]) -> pd.DataFrame:
        is_own = classes["name"].isin(own)
        keys = [*self["child"]["class"]]
        is_theirs = classes["name"].isin(keys) | classes["id"].isin(keys)
        rows = classes.assign(pupils=classes["pupils"].where(is_own, None))
        return rows[is_own | is_theirs].reset_index(drop=True)


def facts_of_person(duty: Duty, kind: str, facts: Facts, person: str) -> Facts | None:
    """Return the facts from which the lines of a duty that name a person follow, None if there can be none."""
    if kind not in ALL_CHILDREN or holds_post(facts, kind, duty.who, person):
        people = responsible(facts, kind, duty.who)["who_ids"]
        return facts if any(person in ids for ids in people) else None
    own = facts.cached(("facts of", person), lambda: _facts_of_own_children(facts, person))
    return own if len(own.frame("child")) else None


def _facts_of_own_children(facts: Facts, person: str) -> Facts:
    """Return the facts of the children of whom the person is a helper or the class teacher on the day."""
    own: set[str] = set()
    for role in ("helper", "homeroom"):
        people = responsible(facts, "child", (role,))["who_ids"]
        own |= {str(child) for child, ids in people.items() if person in ids}
    frames = FramesOfChildren(facts.frames, own)
    return Facts(
        facts.policy,
        frames,
        facts.on,
        now=facts.time_of_day,
        known=facts.known,
        began=facts.began,
        term=facts.term,
    )
