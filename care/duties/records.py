# mypy: ignore-errors
"""Which records count for which subject of a duty, and which records start one.

A record counts for a subject if it has a day up to the day asked, and a mode where the register has one (requirements 7.14),
if it meets the duty's condition, and if somebody in the role that the duty names made it. The frames of this module have
one row per record and subject.
"""

from typing import Any

import numpy as np
import pandas as pd

from guanai.care.duties.day_frames import DayFrames
from guanai.care.duties.record_rules import MODE_REQUIRED, class_names
from guanai.care.frames import AUTHOR_FIELDS, as_list, as_strings, as_timestamps
from guanai.care.policy.conditions import clauses_of, holds
from guanai.care.policy.duty import ALL_CHILDREN, Duty

__all__ = ["class_teachers", "counted_ids", "helpers", "matching_records", "trigger_records"]


def matching_records(duty: Duty, facts: DayFrames) -> pd.DataFrame:
    """Return the records that count for a duty up to the day: subject, id, day, register, row (its position there)."""
    key = ("matching", duty.records, duty.condition, duty.subject, duty.by)
    return facts.cached(
        key, lambda: pd.concat([_matching(duty, facts, name) for name in duty.records], ignore_index=True)
    )


def _matching(duty: Duty, facts: DayFrames, register: str) -> pd.DataFrame:
    frame = facts.frame(register)
    counts = (frame["date"] <= facts.day) & holds(clauses_of(duty.condition, register), frame)
    if register in MODE_REQUIRED:
        counts &= as_strings(frame["mode"]) != ""
    records = (
        made_by(facts, register, duty.subject, duty.by) if duty.by else owners(facts, register, duty.subject)
    )
    records = records[counts.to_numpy(bool)[records["row"]]]
    of_record = frame[["id", "date"]].rename(columns={"date": "day"})
    return records.join(of_record, on="row").assign(register=register)


def owners(facts: DayFrames, register: str, kind: str) -> pd.DataFrame:
    """Return which records of a register belong to which subjects of a kind: row and subject, by row."""
    return facts.cached(
        ("owners", register, kind), lambda: _owners(facts, register, kind).astype({"subject": object})
    )


def _owners(facts: DayFrames, register: str, kind: str) -> pd.DataFrame:
    frame, subjects = facts.frame(register), facts.subjects(kind)
    if kind == "school":
        return _named(frame["id"].map(lambda _: ""), subjects.index)
    if kind not in (*ALL_CHILDREN, "class"):
        staff = authors(facts, register).rename(columns={"staff": "subject"})
        return staff[staff["subject"].isin(subjects.index)]
    children = facts.subjects("child" if kind == "class" else kind)
    by_child = _named(frame["child"], children.index)
    if kind != "class":
        if "children" not in frame.columns:
            return by_child
        several = _named(frame["children"].where(frame["child"].isna()), children.index)
        return pd.concat([by_child, several]).sort_values("row", kind="stable", ignore_index=True)
    ids = dict(zip(subjects["class"], subjects.index, strict=True))
    by_child = by_child.assign(subject=by_child["subject"].map(children["class"]).map(ids)).dropna()
    if "class" not in frame.columns:
        return by_child
    # A record's own class, or classes, else that of its child.
    names = class_names(facts.frames)
    own = _named(frame["class"], pd.Index(list(names)))
    own = own.assign(subject=own["subject"].map(names).map(ids)).dropna().drop_duplicates()
    by_child = by_child[frame["class"].isna().to_numpy(bool)[by_child["row"]]]
    return pd.concat([own, by_child]).sort_values("row", kind="stable", ignore_index=True)


def authors(facts: DayFrames, register: str) -> pd.DataFrame:
    """Return which records of a register were made by which of the staff: row and staff (an id), by row."""

    def make() -> pd.DataFrame:
        frame, people = facts.frame(register), AUTHOR_FIELDS.get(register, "by")
        values = frame[people] if people in frame.columns else frame["id"].iloc[:0]
        return _named(values, facts.staff.index).rename(columns={"subject": "staff"})

    return facts.cached(("authors", register), make)


def _named(values: "pd.Series[Any]", ids: pd.Index) -> pd.DataFrame:
    """Return which answers name which ids: one, which may have spaces in it, or several of a list."""
    named = values.rename("subject").rename_axis("row").reset_index()
    one = values.map(type).eq(str) & values.isin(ids)
    lists = named[~one & values.notna()]
    named = named[one]
    if len(lists):
        several = lists.assign(subject=lists["subject"].map(as_list)).explode("subject")
        several = several[several["subject"].isin(ids)].drop_duplicates()
        named = pd.concat([named, several]).sort_values("row", kind="stable")
    return named.reset_index(drop=True)


def made_by(facts: DayFrames, register: str, kind: str, roles: tuple[str, ...]) -> pd.DataFrame:
    """Return the `owners` whose record was made by somebody in one of the roles, towards that subject on its day."""

    def make() -> pd.DataFrame:
        records = owners(facts, register, kind)
        pairs = records.merge(authors(facts, register), on="row")
        pairs = pairs.assign(day=facts.frame(register)["date"].to_numpy()[pairs["row"]])
        held = np.zeros(len(pairs), dtype=bool)
        for role in roles:
            held |= _holds_role(facts, role, kind, pairs)
        return pairs.loc[held, ["row", "subject"]].drop_duplicates(ignore_index=True)

    return facts.cached(("made by", register, kind, roles), make)


def _holds_role(
    facts: DayFrames, role: str, kind: str, pairs: pd.DataFrame
) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    """Say which of the staff has a role towards the subject on the day (columns subject, staff and day)."""
    if role == "self":
        return (pairs["subject"] == pairs["staff"]).to_numpy(bool)
    if role == "helper":
        if kind not in ALL_CHILDREN:
            return pairs["staff"].isin(facts.subjects("helper").index).to_numpy(bool)
        numbered = pairs.assign(number=np.arange(len(pairs)))
        helped = numbered.merge(helpers(facts), left_on=["subject", "staff"], right_on=["child", "helper"])
        running = helped["day"].between(helped["start"], helped["end"])
        return np.isin(np.arange(len(pairs)), helped.loc[running, "number"])
    if role == "homeroom":
        teachers = class_teachers(facts)
        if kind not in (*ALL_CHILDREN, "class"):
            return pairs["staff"].isin(teachers).to_numpy(bool)
        classes = facts.subjects(kind)["class"]
        return (pairs["subject"].map(classes).map(teachers) == pairs["staff"]).to_numpy(bool)
    staff = facts.frame("staff").drop_duplicates("id")
    return pairs["staff"].isin(staff.loc[as_strings(staff["role"]) == role, "id"]).to_numpy(bool)


def helpers(facts: DayFrames) -> pd.DataFrame:
    """Return the pairings with a helper of the staff: child, helper, start and end (for ever where it is open)."""

    def make() -> pd.DataFrame:
        pairings = facts.frame("pairing")
        helping = (pairings["role"] == "helper") & pairings["helper"].isin(facts.staff.index)
        pairings = pairings.loc[helping & pairings["start"].notna(), ["child", "helper", "start", "end"]]
        return pairings.assign(end=pairings["end"].fillna(pd.Timestamp.max))

    return facts.cached(("helpers",), make)


def class_teachers(facts: DayFrames) -> "pd.Series[str]":
    """Return the class teacher (an id of the staff) by the name of the class; a class without one is not there.

    By the current record of the class: it has no days, so earlier class teachers are not known.
    """

    def make() -> "pd.Series[str]":
        classes = facts.frame("class")
        teachers = classes[classes["homeroom"].isin(facts.staff.index)]
        by_name = teachers.assign(name=as_strings(teachers["name"])).set_index("name")["homeroom"]
        return by_name[~by_name.index.duplicated(keep="last")]

    return facts.cached(("class teachers",), make)


def trigger_records(duty: Duty, facts: DayFrames) -> pd.DataFrame:
    """Return the records of a duty's trigger up to the day that meet its condition, for each subject of the duty.

    Columns: subject, id, row, day (of the record, else of the moment), since (the same) and due (the moment that the trigger
    names and the limit, that of the school where the row has none).
    """
    if duty.trigger is None:
        raise ValueError(duty.name)
    register, question = duty.trigger
    frame, limit = facts.frame(register), duty.limit or facts.policy.default_limit
    if question in frame.columns:
        moments = as_timestamps(frame[question])
    else:
        moments = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[ns]")
    days = frame["date"].fillna(moments.dt.normalize())
    starts = holds(duty.trigger_condition, frame) & moments.notna() & (days <= facts.day)
    due = (moments if limit.momentary else moments.dt.normalize()) + pd.Timedelta(limit.span)
    of_record = pd.DataFrame({"id": frame["id"], "day": days, "since": days, "due": due})
    records = owners(facts, register, duty.subject)
    records = records[
        starts.to_numpy(bool)[records["row"]] & records["subject"].isin(facts.subjects_of(duty).index)
    ]
    return records.join(of_record, on="row").reset_index(drop=True)


def counted_ids(lines: pd.DataFrame, records: pd.DataFrame, on: list[str]) -> list[list[str]]:
    """Return for each line the ids of the records that agree with it in some columns, oldest first and then by id."""
    numbered = lines[on].assign(line=np.arange(len(lines)))
    counted = records.merge(numbered, on=on).sort_values(["line", "day", "id"])
    lists: list[list[str]] = [[] for _ in range(len(lines))]
    for line, record in zip(counted["line"], counted["id"], strict=True):
        lists[line].append(record)
    return lists
