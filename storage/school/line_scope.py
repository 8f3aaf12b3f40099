"""Which lines of the whole school one person may see, and which are counted for them.

A line is shown where the person may see its subject (a child, a class, one of the staff) and the records it is about: the
registers of its duty, each as far as the person's own rights reach. Who is responsible for a line has it too, if they may see
the child and do something in its registers. What is about the whole school takes rights for the whole school.

A duty that turns on a question which is hidden from a person (rules for poor children: 特殊群体) would tell the answer: its
lines are for who is responsible only. Nobody has a line that cannot be placed, as its duty is not among the rules.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from guanai.care.duties.duty_questions import SUBJECT_REGISTERS, parts_of, questions_of
from guanai.care.duties.fulfilment import group_rows
from guanai.care.frames import object_column
from guanai.care.policy.duty import ALL_CHILDREN, STAFF_KINDS, Duty
from guanai.care.policy.policy import Policy
from guanai.care.rights.rights import SCOPES
from guanai.storage.records.access import Access
from guanai.templates.wording import say

__all__ = ["LineScope", "narrowest"]

#: What a line about a child says of it at the least: who it is, and that it is in care.
OF_CHILD = frozenset({"name", "class", "eligible"})
#: A register that is worked out from another one: who may see that one may see it.
DERIVED_FROM = {"change": "child"}

Mask = np.ndarray[Any, np.dtype[np.bool_]]


def narrowest(scopes: Iterable[str | None]) -> str | None:
    """Return the narrowest of some scopes, None where one of them is none or there is not any."""
    given = list(scopes)
    return min((scope for scope in given if scope), key=SCOPES.index, default=None) if all(given) else None


class LineScope:
    """Which lines one person may see. ``columns`` gives the questions of a register."""

    def __init__(self, policy: Policy, access: Access, columns: Callable[[str], Collection[str]]) -> None:
        self._access = access
        self._columns = columns
        self._duties: Mapping[str, Duty] = {duty.name: duty for duty in policy.duties}
        self._scopes: dict[tuple[str, str, str], str | None] = {}
        self._restricted = access.restricted
        self._may_act = cache(self._acts_in)

    # How far the person's rights reach

    def scope(self, act: str, register: str, questions: Collection[str] = ()) -> str | None:
        """Return the widest scope of an act on a register in which none of some questions is hidden; None for none."""
        register = DERIVED_FROM.get(register, register)
        asked = {name for name in questions if name in self._columns(register)} if questions else set()
        scopes = [
            SCOPES.index(grant.scope)
            for grant in self._access.rights.grants(act, register)
            if not any(grant.hides(name) for name in asked)
            and not ("name" in asked and "name" in grant.masked)
        ]
        return SCOPES[max(scopes)] if scopes else None

    def scope_of(self, act: str, duty: str, kind: str) -> str | None:
        """Return how far the person may see (``see``) or has counted (``count``) the lines of a duty."""
        key = (act, duty, kind)
        if key not in self._scopes:
            self._scopes[key] = self._scope_of(act, duty, kind)
        return self._scopes[key]

    def _scope_of(self, act: str, name: str, kind: str) -> str | None:
        duty = self._duties.get(name)
        if duty is None:
            return None
        asked = dict(questions_of(duty))
        if register := SUBJECT_REGISTERS.get(kind):
            asked[register] = asked.get(register, frozenset()) | (
                OF_CHILD if register == "child" else {"name"}
            )
        if act == "count":  # a number tells of no question but those by which it is counted
            return narrowest(self.scope(act, register) for register in asked)
        acts = ("see", "count") if duty.kind == "share" else ("see",)
        return narrowest(self.scope(one, *item) for one in acts for item in asked.items())

    def subjects(self, scope: str | None, kind: str) -> frozenset[str] | None:
        """Return the ids of the subjects of a kind (of classes their names too) that a scope reaches; None for all."""
        if scope == "school":
            return None
        reach = self._access.reach
        if scope is None or kind not in SUBJECT_REGISTERS:
            return frozenset()
        if kind in STAFF_KINDS:
            return reach.staff(scope) if reach.is_active else frozenset()
        return reach.class_keys(scope) if kind == "class" else reach.children(scope)

    # Lines

    def seen(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return those of some due lines, or rows of what is to be done, that the person may see, without what is not theirs."""
        within = self._within("see", rows)
        responsible = self._responsible(rows, ~within)
        shown = rows[within | responsible]
        if responsible.any():  # which records of others were counted is not for who is responsible alone
            alone = responsible[within | responsible]
            counted = [[] if only else ids for only, ids in zip(alone, shown["counted"], strict=True)]
            shown = shown.assign(counted=object_column(counted, shown.index))
        return self.without_strangers(shown)

    def counted(self, rows: pd.DataFrame, *, seen: bool = True) -> pd.DataFrame:
        """Return those of some lines that count for the person; ``seen``: as far as they may see each of them too."""
        within = self._within("count", rows)
        if not seen:
            return rows[within]
        return self.without_strangers(rows[within & self._within("see", rows)])

    def fields_seen(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return those of some missing fields (`guanai.care.duties.fulfilment.gaps`) that the person may see and have counted."""
        mask = np.zeros(len(rows), dtype=bool)
        group, first = group_rows(rows["field"], rows["kind"])
        for number, place in enumerate(first):
            field, kind = str(rows["field"].iat[place]), str(rows["kind"].iat[place])
            register = SUBJECT_REGISTERS.get(kind, "")
            asked = parts_of(field) | (OF_CHILD if register == "child" else {"name"})
            scope = narrowest([self.scope("see", register, asked), self.scope("count", register, asked)])
            mask |= self._is_among(rows, group == number, self.subjects(scope, kind))
        return self.without_strangers(rows[mask])

    def _within(self, act: str, rows: pd.DataFrame) -> Mask:
        """Return which rows the person's scope of an act reaches."""
        mask = np.zeros(len(rows), dtype=bool)
        group, first = group_rows(rows["duty"], rows["kind"])
        reached = cache(self.subjects)
        for number, place in enumerate(first):
            duty, kind = str(rows["duty"].iat[place]), str(rows["kind"].iat[place])
            ids = reached(self.scope_of(act, duty, kind), kind)
            mask |= self._is_among(rows, group == number, ids)
        return mask

    @staticmethod
    def _is_among(rows: pd.DataFrame, chosen: Mask, ids: frozenset[str] | None) -> Mask:
        if ids is None or not ids:
            return chosen if ids is None else np.zeros(len(rows), dtype=bool)
        subjects = rows["subject_id"].to_numpy(object)
        mask = np.zeros(len(rows), dtype=bool)
        mask[chosen] = [subject in ids for subject in subjects[chosen]]
        return mask

    def _responsible(self, rows: pd.DataFrame, others: Mask) -> Mask:
        """Return which of the ``others`` the person has as one of the responsible."""
        mask, person = np.zeros(len(rows), dtype=bool), self._access.identity.staff_id
        places = np.flatnonzero(others)
        if not person or not len(places):
            return mask
        people = rows["who_ids"].to_numpy(object)
        mine = [place for place in places.tolist() if person in people[place]]
        children = self.subjects(self.scope("see", "child", {"name", "class"}), "child")
        names = zip(
            rows["duty"].iloc[mine], rows["kind"].iloc[mine], rows["subject_id"].iloc[mine], strict=True
        )
        mask[mine] = [
            self._may_act(duty) and (kind not in ALL_CHILDREN or children is None or subject in children)
            for duty, kind, subject in names
        ]
        return mask

    def _acts_in(self, name: str) -> bool:
        """Whether the person may see or add something in each register of a duty: of a restricted one, see."""
        duty = self._duties.get(name)
        if duty is None or duty.kind == "share":
            return False
        return all(
            self.scope("see", register) or (register not in self._restricted and self.scope("add", register))
            for register in duty.registers
        )

    def without_strangers(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return lines without the names of staff whom the person may not see, and villages that are hidden."""
        staff = self.subjects(self.scope("see", "staff", {"name"}), "staff")
        if staff is not None and "who_ids" in rows:
            rows = self._with_known_people(rows, staff | {self._access.identity.staff_id})
        villages = self.subjects(self.scope("see", "child", {"village"}), "child")
        if villages is not None and {"village", "subject_id"} <= {*rows.columns}:
            inside = [subject in villages for subject in rows["subject_id"]]
            rows = rows.assign(village=rows["village"].where(np.array(inside, dtype=bool), ""))
        return rows

    @staticmethod
    def _with_known_people(rows: pd.DataFrame, known: frozenset[str]) -> pd.DataFrame:
        comma, others = say("policy.comma"), say("people.others")
        names, ids = [], []
        for text, people in zip(rows["who"], rows["who_ids"], strict=True):
            kept = [
                (person, name)
                for person, name in zip(people, str(text).split(comma), strict=False)
                if person in known
            ]
            ids.append([person for person, _ in kept])
            strange = [others] if len(kept) < len(people) else []
            names.append(comma.join([*(name for _, name in kept), *strange]))
        return rows.assign(who=object_column(names, rows.index), who_ids=object_column(ids, rows.index))
