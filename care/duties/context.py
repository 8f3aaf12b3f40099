"""What the kinds of duties look up for one day, each computed once: subjects, the subject of each record, pairings.

The values are arrays of whole numbers: a day is a number (days since 1970), a subject a code (its position among the
subjects of its kind), a member of staff the position in the register. So a school of 100,000 children takes seconds.
"""

from collections.abc import Callable, Mapping
from copy import copy
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from guanai.care.calendar.school_calendar import Term
from guanai.care.children.eligibility import care_spans
from guanai.care.duties.record_rules import MODE_REQUIRED, class_names
from guanai.care.duties.subjects import (
    FOREVER,
    NO_DAY,
    Subjects,
    day_number,
    day_numbers,
    names_in,
    subjects_of,
    with_class_fields,
)
from guanai.care.frames import AUTHOR_FIELDS, as_strings, as_timestamps, normalized_frames
from guanai.care.policy.conditions import Clause, clauses_of, holds
from guanai.care.policy.duty import ALL_CHILDREN, Duty
from guanai.care.policy.policy import Policy
from guanai.templates.wording import say

__all__ = ["DutyContext", "MatchedRecords"]

Numbers = np.ndarray[Any, np.dtype[np.int64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]
Objects = np.ndarray[Any, np.dtype[np.object_]]
T = TypeVar("T")


class MatchedRecords(NamedTuple):
    """Records of subjects: one row per record and subject."""

    rows: Numbers  # in their registers
    codes: Numbers  # of the subjects
    days: Numbers
    ids: Objects
    registers: Numbers  # by their position in the duty's list

    def select(self, chosen: Mask | Numbers) -> "MatchedRecords":
        """Return some of the rows, by a mask or by positions."""
        return MatchedRecords(
            self.rows[chosen], self.codes[chosen], self.days[chosen], self.ids[chosen], self.registers[chosen]
        )


class DutyContext:
    """A policy, the registers and a day, with a cache of what earlier rules have looked up."""

    def __init__(
        self,
        policy: Policy,
        frames: Mapping[str, pd.DataFrame],
        on: date,
        *,
        done: bool = False,
        moment: datetime | None = None,
        began: date | None = None,
    ) -> None:
        #: Nothing is due from before this day (`Policy.began`). The figures of a term do not use it.
        self.began = began
        self.policy, self.on, self.done = policy, on, done
        self.frames = normalized_frames(frames)
        self.day = day_number(on)
        self.moment = pd.Timestamp(moment or on).tz_localize(None).as_unit("ns")
        self.term: Term | None = policy.calendar.current_or_last(on)
        self._cache: dict[tuple[Any, ...], Any] = {}

    def with_options(self, *, done: bool = False, moment: datetime | None = None) -> "DutyContext":
        """Return the context for another question about the same day; both share one cache."""
        other = copy(self)
        other.done, other.moment = done, pd.Timestamp(moment or self.on).tz_localize(None).as_unit("ns")
        return other

    def cached(self, key: tuple[Any, ...], make: Callable[[], T]) -> T:
        """Return the cached value of a key; compute it the first time."""
        if key not in self._cache:
            self._cache[key] = make()
        value: T = self._cache[key]
        return value

    @property
    def children(self) -> pd.DataFrame:
        """The children that are or were in care, with their days and the grade of their class."""

        def make() -> pd.DataFrame:
            return with_class_fields(care_spans(self.frames["child"], self.policy.criterion), self.frames)

        return self.cached(("children",), make)

    @property
    def staff(self) -> pd.Index:
        """The ids of the staff, in the order of their register."""

        def make() -> pd.Index:
            return pd.Index(self.frames["staff"]["id"].drop_duplicates(), dtype=object)

        return self.cached(("staff",), make)

    def subjects(self, kind: str) -> Subjects:
        """Return the subjects of a kind, none of them present before the school began with its rows."""
        school = self.policy.profile.get("name") or say("duty.subject.school")

        def make() -> Subjects:
            subjects = subjects_of(kind, self.frames, self.children, school)
            return subjects if self.began is None else subjects.present_from(self.began)

        return self.cached(("subjects", kind), make)

    def days_of(self, register: str, field: str = "date") -> Numbers:
        """Return the day of each record of a register, `NO_DAY` where it has none."""

        def make() -> Numbers:
            frame = self.frames[register]
            if field not in frame.columns:
                return np.full(len(frame), NO_DAY)
            return day_numbers(as_timestamps(frame[field]))

        return self.cached(("days", register, field), make)

    def record_subjects(self, register: str, kind: str) -> tuple[Numbers, Numbers]:
        """Return which records of a register belong to which subjects of a kind: rows, and codes beside them."""
        return self.cached(("owners", register, kind), lambda: self._record_subjects(register, kind))

    def _record_subjects(self, register: str, kind: str) -> tuple[Numbers, Numbers]:
        frame, subjects = self.frames[register], self.subjects(kind)
        if kind == "school":
            return np.arange(len(frame)), np.zeros(len(frame), dtype=np.int64)
        if kind in ALL_CHILDREN:
            matched = _match_values(frame["child"], subjects.index)
            if "children" in frame.columns and frame["child"].isna().any():
                positions = dict(zip(subjects.ids, range(len(subjects)), strict=True))
                return _merge_by_row(
                    matched, _match_chosen_lists(frame["children"], frame["child"].isna(), positions)
                )
            return matched
        if kind == "class":
            positions = dict(zip(as_strings(subjects.frame["name"]), range(len(subjects)), strict=True))
            positions |= dict(zip(subjects.ids, range(len(subjects)), strict=True))
            rows, children = _match_values(frame["child"], self.subjects("child").index)
            own = self.subjects("child").classes.map(positions).fillna(-1).to_numpy(np.int64)[children]
            if "class" not in frame.columns:
                return _with_code(rows, own)
            named = frame["class"].notna()  # a record's own class, else that of its child
            without = ~named.to_numpy(bool)[rows]
            by_child = _with_code(rows[without], own[without])
            return _merge_by_row(_match_chosen_lists(frame["class"], named, positions), by_child)
        rows, staff = self.record_authors(register)
        return _with_code(rows, subjects.index.get_indexer(self.staff)[staff])

    def record_authors(self, register: str) -> tuple[Numbers, Numbers]:
        """Return which records were made by which of the staff: rows, and positions in the register of staff."""

        def make() -> tuple[Numbers, Numbers]:
            frame, people = self.frames[register], AUTHOR_FIELDS.get(register, "by")
            if people not in frame.columns:
                return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
            if people == "by":
                try:
                    return _match_values(frame[people], self.staff)
                except TypeError:  # lists of people
                    pass
            return _match_lists(frame[people], dict(zip(self.staff, range(len(self.staff)), strict=True)))

        return self.cached(("authors", register), make)

    def countable(self, register: str, condition: tuple[Clause, ...]) -> Mask:
        """Return which records of a register can count: with a date, a mode if it is a visit, and meeting the condition."""

        def make() -> Mask:
            frame = self.frames[register]
            counts = self.days_of(register) != NO_DAY
            if register in MODE_REQUIRED:
                counts &= (as_strings(frame["mode"]) != "").to_numpy(bool)
            return counts & holds(clauses_of(condition, register), frame).to_numpy(bool)

        return self.cached(("counting", register, condition), make)

    def matching_records(self, duty: Duty, by: tuple[str, ...], last: int | None = None) -> MatchedRecords:
        """Return the records that count for a duty up to a day (by default that of the context), made by certain roles."""
        until = self.day if last is None else last
        parts = []
        for position, register in enumerate(duty.records):
            rows, codes = self.record_subjects(register, duty.subject)
            days = self.days_of(register)
            counts = self.countable(register, duty.condition)[rows] & (days[rows] <= until)
            if by:
                counts &= self._made_by_roles(register, duty.subject, by)
            rows, codes = rows[counts], codes[counts]
            ids = self.frames[register]["id"].to_numpy(object)[rows]
            parts.append(MatchedRecords(rows, codes, days[rows], ids, np.full(len(rows), position)))
        return parts[0] if len(parts) == 1 else MatchedRecords(*map(np.concatenate, zip(*parts, strict=True)))

    def _made_by_roles(self, register: str, kind: str, by: tuple[str, ...]) -> Mask:
        """Return for each row of `record_subjects` whether somebody in one of the roles made the record."""

        def make() -> Mask:
            rows, codes = self.record_subjects(register, kind)
            by_role = np.zeros(len(rows), dtype=bool)
            authored, people = self.record_authors(register)
            if not len(authored):
                return by_role
            single = bool((np.diff(authored) > 0).all())
            if single:  # one author each: looked up by its row
                author = np.full(len(self.frames[register]), -1)
                author[authored] = people
                for role in by:
                    by_role |= self._holds_role(role, kind, codes, author[rows], self.days_of(register)[rows])
                return by_role
            of_row = pd.DataFrame({"row": rows, "place": np.arange(len(rows)), "code": codes})
            pairs = of_row.merge(pd.DataFrame({"row": authored, "staff": people}), on="row")
            days = self.days_of(register)[pairs["row"].to_numpy()]
            for role in by:
                held = self._holds_role(role, kind, pairs["code"].to_numpy(), pairs["staff"].to_numpy(), days)
                by_role[pairs["place"].to_numpy()[held]] = True
            return by_role

        return self.cached(("made_by", register, kind, by), make)

    def _holds_role(self, role: str, kind: str, codes: Numbers, staff: Numbers, days: Numbers) -> Mask:
        """Return whether each of the staff has the role towards the subject on the day."""
        held = np.zeros(len(codes), dtype=bool)
        if role == "self":
            own = self.staff.get_indexer(self.subjects(kind).index)
            return (own[codes] == staff) & (staff >= 0)
        if role == "helper":
            if kind in ALL_CHILDREN:
                for helper, first, last in self.helper_layers(kind):
                    held |= (helper[codes] == staff) & (first[codes] <= days) & (days <= last[codes])
                return held & (staff >= 0)
            return np.isin(staff, self.staff.get_indexer(self.subjects("helper").index)) & (staff >= 0)
        if role == "homeroom":
            if kind in (*ALL_CHILDREN, "class"):
                return (self.class_teachers(kind)[codes] == staff) & (staff >= 0)
            return np.isin(staff, self.class_teachers("class")) & (staff >= 0)
        register = self.frames["staff"].drop_duplicates("id")
        members = np.flatnonzero((as_strings(register["role"]) == role).to_numpy(bool))
        return np.isin(staff, members)

    def class_teachers(self, kind: str) -> Numbers:
        """Return the position of each subject's class teacher in the register of staff, -1 where nobody is.

        By the current record of the class: it has no days, so earlier class teachers are not known.
        """

        def make() -> Numbers:
            classes, names = self.frames["class"], class_names(self.frames)
            teachers = dict(zip(as_strings(classes["name"]), as_strings(classes["homeroom"]), strict=True))
            subjects = self.subjects(kind)
            own = [teachers.get(names.get(name, name), "") for name in subjects.classes]
            return self.staff.get_indexer(pd.Index(own, dtype=object))

        return self.cached(("homeroom", kind), make)

    def helper_layers(self, kind: str) -> list[tuple[Numbers, Numbers, Numbers]]:
        """Return the helpers of every child, in layers of one helper each: position among the staff, first and last day."""

        def make() -> list[tuple[Numbers, Numbers, Numbers]]:
            pairings, subjects = self.frames["pairing"], self.subjects(kind)
            rows, codes = _match_values(pairings["child"], subjects.index)
            first, last = self.days_of("pairing", "start")[rows], self.days_of("pairing", "end")[rows]
            last = np.where(last == NO_DAY, FOREVER, last)
            people = self.staff.get_indexer(pd.Index(pairings["helper"], dtype=object))[rows]
            usable = (pairings["role"] == "helper").to_numpy(bool)[rows] & (people >= 0) & (first != NO_DAY)
            codes, people, first, last = codes[usable], people[usable], first[usable], last[usable]
            order = np.argsort(codes, kind="stable")
            codes, people, first, last = codes[order], people[order], first[order], last[order]
            layer = np.arange(len(codes)) - np.searchsorted(codes, codes)
            layers = []
            for number in range(int(layer.max()) + 1 if len(layer) else 0):
                columns = [np.full(len(subjects), value) for value in (-1, FOREVER, NO_DAY)]
                chosen = layer == number
                for column, values in zip(columns, (people, first, last), strict=True):
                    column[codes[chosen]] = values[chosen]
                layers.append((columns[0], columns[1], columns[2]))
            return layers

        return self.cached(("helpers", kind), make)


def _match_values(values: "pd.Series[Any]", index: pd.Index) -> tuple[Numbers, Numbers]:
    """Return which rows name an id of an index, and its position there."""
    return _with_code(np.arange(len(values)), index.get_indexer(pd.Index(values, dtype=object)))


def _match_lists(values: "pd.Series[Any]", positions: Mapping[str, int]) -> tuple[Numbers, Numbers]:
    """Return which rows name which of some subjects, each once."""
    lists = [value if type(value) is list else names_in(value, positions) for value in values]
    rows = np.repeat(np.arange(len(lists)), list(map(len, lists)))
    codes = np.array([positions.get(name, -1) for names in lists for name in names], dtype=np.int64)
    rows, codes = _with_code(rows, codes)
    pairs = np.unique(rows * (len(positions) + 1) + codes)
    return pairs // (len(positions) + 1), pairs % (len(positions) + 1)


def _match_chosen_lists(
    values: "pd.Series[Any]", chosen: "pd.Series[bool]", positions: Mapping[str, int]
) -> tuple[Numbers, Numbers]:
    """Return which of the chosen rows name which of some subjects."""
    rows, codes = _match_lists(values[chosen], positions)
    return np.flatnonzero(chosen.to_numpy(bool))[rows], codes


def _merge_by_row(some: tuple[Numbers, Numbers], more: tuple[Numbers, Numbers]) -> tuple[Numbers, Numbers]:
    """Return both, in the order of the rows."""
    rows, codes = np.concatenate([some[0], more[0]]), np.concatenate([some[1], more[1]])
    order = np.argsort(rows, kind="stable")
    return rows[order], codes[order]


def _with_code(rows: Numbers, codes: np.ndarray[Any, np.dtype[Any]]) -> tuple[Numbers, Numbers]:
    """Return the rows that have a code, and the codes."""
    has_code = codes >= 0
    return rows[has_code], codes[has_code].astype(np.int64)
