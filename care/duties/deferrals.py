"""Deferrals: due lines that were postponed to a day (缓办) or excused (免办), by whom and why.

A deferral is a record of its own: which duty and subject, the first day of the line, who decided, when and why. It
changes no other record. When it is deleted it is in the bin, and the line is as it was before.

* **Which line.** The line of that duty and subject (and role, where each responsible role has a line of its own)
  with that first day. If the first day of a line moves (a corrected day of registration), it is another line, and
  the deferral no longer applies.
* **Postponed.** Until that day the line is ``postponed``; from it on it is due again, and overdue from the day after,
  or after its own day and grace if those are later. It never hides the period after it.
* **Excused.** The line is ``excused``: nobody has to do it, and it is counted apart from what was done.
* **Several.** The last one holds: by its day, then by its id. One from after the day of the question does not count yet.
* **Emergencies** cannot be postponed: steps in minutes and hours stay as they are.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from guanai.care.duties.context import DutyContext, Mask, Numbers, Objects
from guanai.care.duties.lines import DutyLines
from guanai.care.duties.subjects import NO_DAY, day_numbers
from guanai.care.frames import as_strings
from guanai.care.policy.duty import EACH, Duty
from guanai.templates.wording import say

__all__ = ["KINDS", "LineDeferrals", "deferrals_of", "role_of"]

KINDS = ("postpone", "excuse")


class LineDeferrals(NamedTuple):
    """What has been decided about some lines, one entry per line."""

    until: Numbers  # the day to which it is put off, `NO_DAY` if it is not
    excused: Mask
    ids: Objects  # of the deferral, "" without one
    words: Objects  # until when, who, when and why


def role_of(duty: Duty, roles: tuple[str, ...]) -> str:
    """Return the role that has a line of its own, "" where all the responsible share one line."""
    return roles[0] if duty.by == (EACH,) and roles else ""


def deferrals_of(
    duty: Duty, context: DutyContext, kind: str, roles: tuple[str, ...], lines: DutyLines
) -> LineDeferrals | None:
    """Return what has been decided about the lines of a duty, None where nothing has."""
    if duty.limit and duty.limit.momentary:
        return None
    rows_by_duty = context.cached(("deferrals",), lambda: _rows_by_duty(context))
    rows = rows_by_duty.get((duty.name, kind, role_of(duty, roles)))
    if rows is None or not len(lines["code"]):
        return None
    frame = context.frames["deferral"]
    own = as_strings(frame["child"]).where(frame["child"].notna(), as_strings(frame["subject"]))
    codes = context.subjects(kind).index.get_indexer(pd.Index(own.iloc[rows], dtype=object))
    decided = pd.DataFrame({"code": codes, "since": frame["since"].iloc[rows].to_numpy(), "row": rows})
    last = decided[decided["code"] >= 0].drop_duplicates(["code", "since"], keep="last")
    line_keys = pd.DataFrame({"code": lines["code"], "since": lines["since"]})
    chosen = line_keys.merge(last, on=["code", "since"], how="left")["row"]
    if chosen.isna().all():
        return None
    return _read_deferrals(context, chosen.notna().to_numpy(bool), chosen.dropna().to_numpy(np.int64))


def _read_deferrals(context: DutyContext, decided: Mask, chosen: Numbers) -> LineDeferrals:
    frame = context.frames["deferral"].iloc[chosen]
    until, excused = np.full(len(decided), NO_DAY), np.zeros(len(decided), dtype=bool)
    ids, words = np.full(len(decided), "", dtype=object), np.full(len(decided), "", dtype=object)
    excused[decided] = (frame["kind"] == "excuse").to_numpy(bool)
    until[decided] = np.where(excused[decided], NO_DAY, day_numbers(frame["until"]))
    ids[decided] = as_strings(frame["id"]).to_numpy(object)
    staff = context.frames["staff"].drop_duplicates("id")
    names = dict(zip(as_strings(staff["id"]), as_strings(staff["name"]), strict=True))
    people = as_strings(frame["by"]).map(lambda one: names.get(one, one))
    people = people.where(people != "", as_strings(frame["created_by"]))
    words[decided] = [
        say(f"why.{kind}", until="" if kind == "excuse" else f"{end:%Y-%m-%d}", who=who, day=f"{day:%Y-%m-%d}", reason=reason)
        for kind, end, who, day, reason in zip(
            frame["kind"], frame["until"], people, frame["date"], as_strings(frame["reason"]), strict=True
        )
    ]  # fmt: skip
    return LineDeferrals(until, excused, ids, words)


def _rows_by_duty(context: DutyContext) -> dict[tuple[str, str, str], Numbers]:
    """Return the rows of the deferrals that hold on the day, by duty, kind of subject and role, in their order."""
    frame, day = context.frames["deferral"], context.day
    if frame.empty:
        return {}
    decided, since = day_numbers(frame["date"]), day_numbers(frame["since"])
    in_force = (decided != NO_DAY) & (decided <= day) & (since != NO_DAY)
    postponed = (frame["kind"] == "postpone").to_numpy(bool) & frame["until"].notna().to_numpy(bool)
    in_force &= postponed | (frame["kind"] == "excuse").to_numpy(bool)
    order = np.lexsort((as_strings(frame["id"]).to_numpy(str), decided))
    columns = [as_strings(frame[name]) for name in ("duty", "subject_kind", "role")]
    groups: dict[tuple[str, str, str], list[int]] = {}
    for row in order[in_force[order]].tolist():
        duty, kind, role = (str(column.iat[row]) for column in columns)
        groups.setdefault((duty, kind, role), []).append(row)
    return {key: np.array(rows, dtype=np.int64) for key, rows in groups.items()}
