"""Emergencies: the time left for each step of an incident (requirements 2A; 002-3 L217, 002-5b L299).

The steps are rows of the kind 办结 whose limit is in minutes or hours (监护人 30 分钟, 家长 1 小时, 教育部门和
乡镇 2 小时): the clock runs from the moment that the trigger names until the field of the step is filled in. A step
that was late stays late, also once it is done.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from guanai.care.duties.explanations import source
from guanai.care.duties.facts import Facts
from guanai.care.duties.record_rules import class_names
from guanai.care.duties.responsible import responsible
from guanai.care.duties.state import missing_parts
from guanai.care.frames import as_strings, as_timestamps, object_column
from guanai.care.policy.conditions import holds
from guanai.care.policy.duty import Duty
from guanai.care.policy.policy import Policy

__all__ = ["COLUMNS", "STATUSES", "countdown"]

COLUMNS = (
    "duty", "form", "record", "child", "subject", "class", "who", "started", "due", "done_at", "status", "left", "source",
    "who_ids",
)  # fmt: skip
STATUSES = ("late", "running", "done_late", "done")


def countdown(
    policy: Policy, frames: Mapping[str, pd.DataFrame], now: datetime, *, finished: bool = False
) -> pd.DataFrame:
    """Return the steps of the emergencies, one row per record and step: what is late first, then by time left.

    Those of every record with a step still to do, and the late ones of any other; with ``finished`` all.
    Columns: duty (the step), form and record (the incident, by its id), child (id), subject (its name) and class,
    who (names of the responsible), started, due and done_at (datetime64; done_at is empty where the step is not
    done, or was recorded without a time), status (running; late: not done and too late; done; done_late), left
    (timedelta: how long there is still, or was left when it was done; below zero once it is late), source and who_ids (list of
    ids). Every child of the register has its row, left-behind or not.
    """
    facts = Facts(policy, frames, now.date(), now=now)
    parts = [_steps(duty, facts) for duty in policy.of_kind("state") if duty.limit and duty.limit.momentary]
    parts = [part for part in parts if len(part)]
    steps = pd.concat(parts, ignore_index=True) if parts else _no_steps()
    if not finished:
        still = (
            steps["status"]
            .isin(["running", "late"])
            .groupby([steps["form"], steps["record"]])
            .transform("any")
        )
        steps = steps[still.astype(bool) | (steps["status"] == "done_late")]
    rank = steps["status"].map({status: position for position, status in enumerate(STATUSES)}).astype("int64")
    steps = steps.assign(rank=rank).sort_values(["rank", "due", "record", "duty"], kind="stable")
    return steps[list(COLUMNS)].reset_index(drop=True)


def _steps(duty: Duty, facts: Facts) -> pd.DataFrame:
    """Return one step of every incident that has begun."""
    assert duty.trigger is not None and duty.limit is not None  # noqa: S101 - the kind state has a trigger
    frame = facts.frame(duty.trigger.record)
    question = duty.trigger.moment
    started = (
        as_timestamps(frame[question])
        if question in frame
        else pd.Series(pd.NaT, frame.index, "datetime64[ns]")
    )
    has_begun = started.notna() & (started <= facts.moment) & holds(duty.trigger_condition, frame)
    frame, started = frame[has_begun], started[has_begun]
    if frame.empty:
        return _no_steps()
    missing, latest = missing_parts(duty, facts, np.flatnonzero(has_begun))
    done = pd.Series(~missing.any(axis=1), index=frame.index)
    due = started + pd.Timedelta(duty.limit.span)
    done_at = pd.Series(latest, index=frame.index).where(done)
    late = done_at > due  # no time at all is taken for in time
    status = np.select([done & late, done, facts.moment > due], ["done_late", "done", "late"], "running")
    children = facts.frame("child").drop_duplicates("id").set_index("id")
    class_name_of = class_names(facts.frames)
    classes = as_strings(frame["child"].map(children["class"])).map(
        lambda name: class_name_of.get(name, name)
    )
    return pd.DataFrame(
        {
            "duty": duty.name,
            "form": duty.trigger.record,
            "record": frame["id"],
            "child": frame["child"],
            "subject": as_strings(frame["child"].map(children["name"])),
            "class": classes.astype(object),
            **_responsible(duty, facts, frame["child"]),
            "started": started,
            "due": due,
            "done_at": done_at,
            "status": pd.Series(status, index=frame.index, dtype=object),
            "left": due - done_at.where(done_at.notna(), facts.moment).where(~done | done_at.notna()),
            "source": source(duty),
        }
    ).reset_index(drop=True)


def _responsible(duty: Duty, facts: Facts, children: "pd.Series[str]") -> "dict[str, pd.Series[Any]]":
    """Return who is responsible for a step, by the child of each incident: names, and lists of ids."""
    people = responsible(facts, "child", duty.who)
    names, ids = (children.map(people[name]).astype(object) for name in ("who", "who_ids"))
    lists = (some if isinstance(some, list) else [] for some in ids)
    return {"who": names.fillna(""), "who_ids": object_column(lists, children.index)}


def _no_steps() -> pd.DataFrame:
    moments = dict.fromkeys(("started", "due", "done_at"), pd.Series(dtype="datetime64[ns]"))
    texts = {name: pd.Series(dtype=object) for name in COLUMNS}
    return pd.DataFrame({**texts, **moments, "left": pd.Series(dtype="timedelta64[ns]")})
