"""Which records count for which subject of a duty, and which records start one.

A record counts for a subject if it has a day up to the day asked, and a mode where the register has one (requirements 7.14),
if it meets the duty's condition, and if somebody in the role that the duty names made it. Registers, subjects and people are
named by numbers here: ``row`` is the row of a register, ``position`` that of a subject in ``facts.subjects(kind)``, ``staff``
that of a person in ``facts.staff``.
"""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from guanai.care.duties.day_frames import DayFrames, Days, Mask, Numbers
from guanai.care.duties.record_rules import MODE_REQUIRED, class_names
from guanai.care.frames import AUTHOR_FIELDS, as_list, as_strings, as_timestamps, object_array
from guanai.care.policy.conditions import clauses_of, holds
from guanai.care.policy.duty import ALL_CHILDREN, Duty

__all__ = [
    "Records",
    "class_teachers",
    "dates",
    "helpers",
    "ids_by_line",
    "matching_records",
    "record_ids",
    "trigger_records",
]


class Records(NamedTuple):
    """Records of subjects: arrays with one entry per record and subject."""

    position: Numbers
    row: Numbers
    day: Days
    register: Numbers  # by its place among those of the duty

    def select(self, chosen: Mask | Numbers) -> "Records":
        """Return some of them, by a mask or by places."""
        return Records(self.position[chosen], self.row[chosen], self.day[chosen], self.register[chosen])

    def frame(self) -> pd.DataFrame:
        """Return them as a frame with the same columns."""
        return pd.DataFrame(self._asdict())


class Pairs(NamedTuple):
    """Which records belong to which subjects, or to which people: arrays with one entry for each pair, by row."""

    row: Numbers
    position: Numbers

    def select(self, chosen: Mask | Numbers) -> "Pairs":
        """Return some of them, by a mask or by places."""
        return Pairs(self.row[chosen], self.position[chosen])


class Pairings(NamedTuple):
    """The pairings of children with a helper: arrays with one entry for each, by ``position``."""

    position: Numbers
    staff: Numbers
    start: Days
    end: Days  # for ever where it is open


def matching_records(duty: Duty, facts: DayFrames) -> Records:
    """Return the records that count for a duty up to the day."""
    key = ("matching", duty.records, duty.condition, duty.subject, duty.by)
    return facts.cached(key, lambda: _matching_records(duty, facts))


def _matching_records(duty: Duty, facts: DayFrames) -> Records:
    parts = []
    for place, register in enumerate(duty.records):
        frame = facts.frame(register)
        days = frame["date"].to_numpy()
        counts = days <= facts.day.to_datetime64()
        if clauses := clauses_of(duty.condition, register):
            counts &= holds(clauses, frame).to_numpy(bool)
        if register in MODE_REQUIRED:
            counts &= (as_strings(frame["mode"]) != "").to_numpy(bool)
        pairs = (
            made_by(facts, register, duty.subject, duty.by)
            if duty.by
            else owners(facts, register, duty.subject)
        )
        pairs = pairs.select(counts[pairs.row])
        parts.append(Records(pairs.position, pairs.row, days[pairs.row], np.full(len(pairs.row), place)))
    return Records(*map(np.concatenate, zip(*parts, strict=True)))


def owners(facts: DayFrames, register: str, kind: str) -> Pairs:
    """Return which records of a register belong to which subjects of a kind."""
    return facts.cached(("owners", register, kind), lambda: _owners(facts, register, kind))


def _owners(facts: DayFrames, register: str, kind: str) -> Pairs:
    frame, subjects = facts.frame(register), facts.subjects(kind)
    if kind == "school":
        return Pairs(np.arange(len(frame)), np.zeros(len(frame), dtype=np.int64))
    if kind not in (*ALL_CHILDREN, "class"):
        people = authors(facts, register)
        return _with_position(people.row, subjects.index.get_indexer(facts.staff.index)[people.position])
    children = facts.subjects("child" if kind == "class" else kind)
    by_child = _named(frame["child"], children.index)
    if kind != "class":
        if "children" not in frame.columns:
            return by_child
        return _by_row(by_child, _named(frame["children"].where(frame["child"].isna()), children.index))
    class_positions = {name: position for position, name in enumerate(subjects["class"])}
    of_child = np.array([class_positions.get(name, -1) for name in children["class"]], dtype=np.int64)
    by_child = _with_position(by_child.row, of_child[by_child.position])
    if "class" not in frame.columns:
        return by_child
    # A record's own class, or classes, else that of its child.
    names = class_names(facts.frames)
    of_name = np.array([class_positions[name] for name in names.values()], dtype=np.int64)
    own = _named(frame["class"], pd.Index(list(names), dtype=object))
    own = Pairs(own.row, of_name[own.position])
    return _by_row(own, by_child.select(frame["class"].isna().to_numpy(bool)[by_child.row]))


def _named(values: "pd.Series[Any]", ids: pd.Index) -> Pairs:
    """Return which answers name which ids: one, which may have spaces in it, or several in a list or in one text."""
    try:
        positions = ids.get_indexer(pd.Index(values, dtype=object))
    except TypeError:  # lists
        positions = np.full(len(values), -1)
    single = _with_position(np.arange(len(values)), positions)
    others = values[(positions < 0) & values.notna().to_numpy(bool)]
    if others.empty:
        return single
    several = others.map(as_list).explode()
    return _by_row(single, _with_position(several.index, ids.get_indexer(pd.Index(several, dtype=object))))


def _with_position(rows: Any, positions: Any) -> Pairs:
    chosen = positions >= 0
    return Pairs(np.asarray(rows, dtype=np.int64)[chosen], np.asarray(positions, dtype=np.int64)[chosen])


def _by_row(some: Pairs, more: Pairs) -> Pairs:
    """Return the pairs of both, each once, by row."""
    both = pd.DataFrame(
        {"row": np.append(some.row, more.row), "position": np.append(some.position, more.position)}
    )
    both = both.drop_duplicates().sort_values("row", kind="stable")
    return Pairs(both["row"].to_numpy(), both["position"].to_numpy())


def authors(facts: DayFrames, register: str) -> Pairs:
    """Return which records of a register were made by which of the staff (``position`` is theirs)."""

    def make() -> Pairs:
        frame, people = facts.frame(register), AUTHOR_FIELDS.get(register, "by")
        values = frame[people] if people in frame.columns else frame["id"].iloc[:0]
        return _named(values, facts.staff.index)

    return facts.cached(("authors", register), make)


def made_by(facts: DayFrames, register: str, kind: str, roles: tuple[str, ...]) -> Pairs:
    """Return the `owners` whose record was made by somebody in one of the roles, towards that subject on its day."""

    def make() -> Pairs:
        pairs, people = owners(facts, register, kind), authors(facts, register)
        pair, person = _same(pairs.row, people.row)
        position, staff = pairs.position[pair], people.position[person]
        day = facts.frame(register)["date"].to_numpy()[pairs.row[pair]]
        held = [_holds_role(facts, role, kind, position, staff, day) for role in roles]
        return pairs.select(np.unique(pair[np.logical_or.reduce(held)]))

    return facts.cached(("made by", register, kind, roles), make)


def _same(some: Numbers, others: Numbers) -> tuple[Numbers, Numbers]:
    """Return the places of all pairs of equal numbers, one of ``some`` and one of ``others``, which is in order."""
    first, end = others.searchsorted(some), others.searchsorted(some, side="right")
    times = end - first
    place = np.repeat(np.arange(len(some)), times)
    before = np.repeat(np.cumsum(times) - times, times)
    return place, first[place] + np.arange(len(place)) - before


def _holds_role(facts: DayFrames, role: str, kind: str, position: Numbers, staff: Numbers, day: Days) -> Mask:
    """Say whether a member of staff has a role towards a subject on a day."""
    if role == "self":
        return facts.staff.index.get_indexer(facts.subjects(kind).index)[position] == staff
    if role == "helper" and kind in ALL_CHILDREN:
        pairings = helpers(facts, kind)
        place, pairing = _same(position, pairings.position)
        running = (pairings.start[pairing] <= day[place]) & (day[place] <= pairings.end[pairing])
        held = np.zeros(len(position), dtype=bool)
        held[place[running & (pairings.staff[pairing] == staff[place])]] = True
        return held
    if role == "helper":
        return np.isin(staff, facts.staff.index.get_indexer(facts.subjects("helper").index))
    if role == "homeroom" and kind in (*ALL_CHILDREN, "class"):
        return class_teachers(facts, kind)[position] == staff
    if role == "homeroom":
        return np.isin(staff, class_teachers(facts, "class"))
    return (facts.staff["role"] == role).to_numpy(bool)[staff]


def helpers(facts: DayFrames, kind: str) -> Pairings:
    """Return the pairings of the children with a helper."""

    def make() -> Pairings:
        pairings = facts.frame("pairing")
        position = facts.subjects(kind).index.get_indexer(pd.Index(pairings["child"]))
        staff = facts.staff.index.get_indexer(pd.Index(pairings["helper"]))
        start, end = pairings["start"].to_numpy(), pairings["end"].fillna(pd.Timestamp.max).to_numpy()
        helping = (pairings["role"] == "helper").to_numpy(bool) & ~np.isnat(start)
        chosen = (helping & (position >= 0) & (staff >= 0)).nonzero()[0]
        chosen = chosen[np.argsort(position[chosen], kind="stable")]
        return Pairings(position[chosen], staff[chosen], start[chosen], end[chosen])

    return facts.cached(("helpers", kind), make)


def class_teachers(facts: DayFrames, kind: str) -> Numbers:
    """Return the class teacher of each subject (a position in ``facts.staff``, -1 where nobody is).

    By the current record of the class: it has no days, so earlier class teachers are not known.
    """

    def make() -> Numbers:
        classes = facts.frame("class")
        teachers = dict(zip(as_strings(classes["name"]), as_strings(classes["homeroom"]), strict=True))
        own = [teachers.get(name, "") for name in facts.subjects(kind)["class"]]
        return facts.staff.index.get_indexer(pd.Index(own, dtype=object)).astype(np.int64)

    return facts.cached(("class teachers", kind), make)


def trigger_records(duty: Duty, facts: DayFrames) -> pd.DataFrame:
    """Return the records of a duty's trigger up to the day that meet its condition, for each subject of the duty.

    Columns: position, row, day (of the record, else of the moment) and due (the moment that the trigger names and the limit,
    that of the school where the row has none).
    """
    if duty.trigger is None:
        raise ValueError(duty.name)
    register, question = duty.trigger
    frame, limit = facts.frame(register), duty.limit or facts.policy.default_limit
    moments = np.full(len(frame), "NaT", dtype="datetime64[ns]")
    if question in frame.columns:
        moments = as_timestamps(frame[question]).to_numpy()
    own_days, days = moments.astype("datetime64[D]").astype(moments.dtype), frame["date"].to_numpy()
    days = np.where(np.isnat(days), own_days, days)
    starts = holds(duty.trigger_condition, frame).to_numpy(bool) & (days <= facts.day.to_datetime64())
    starts &= ~np.isnat(moments)
    due = (moments if limit.momentary else own_days) + np.timedelta64(limit.span)
    pairs = owners(facts, register, duty.subject)
    pairs = pairs.select(starts[pairs.row] & facts.applies(duty)[pairs.position])
    rows = pairs.row
    return pd.DataFrame({"position": pairs.position, "row": rows, "day": days[rows], "due": due[rows]})


def record_ids(
    rows: Any, places: Any, registers: Sequence[str], facts: DayFrames
) -> "np.ndarray[Any, np.dtype[np.object_]]":
    """Return the ids of records, by their rows and the places of their registers."""
    rows, places = np.asarray(rows), np.asarray(places)
    ids = np.empty(len(rows), dtype=object)
    for place, register in enumerate(registers):
        ids[places == place] = facts.frame(register)["id"].to_numpy(object)[rows[places == place]]
    return ids


def dates(days: Any) -> list[date]:
    """Return days as dates of Python, which sort and compare one by one more quickly."""
    return np.asarray(days).astype("datetime64[D]").tolist()


def ids_by_line(lines: Any, days: Any, ids: Any, count: int) -> "np.ndarray[Any, np.dtype[np.object_]]":
    """Return for each of ``count`` lines a list of the ids of its records, oldest first and then by id.

    ``lines`` gives the line of each record, -1 for none; ``days`` their days.
    """
    order = np.lexsort((np.asarray(days), np.asarray(lines)))
    line, day, ordered = (
        np.asarray(lines)[order],
        np.asarray(days)[order],
        np.asarray(ids, dtype=object)[order],
    )
    bounds = line.searchsorted(np.arange(count + 1))
    same_day = (line[1:] == line[:-1]) & (day[1:] == day[:-1])
    for number in np.unique(line[1:][same_day & (line[1:] >= 0)]):
        own = slice(bounds[number], bounds[number + 1])
        ordered[own] = [record for _, record in sorted(zip(day[own].tolist(), ordered[own], strict=True))]
    texts = ordered.tolist()
    return object_array(texts[start:end] for start, end in pairwise(bounds.tolist()))
