# mypy: ignore-errors
"""Deferrals: due lines that were postponed to a day (缓办) or excused (免办), by whom and why.

A deferral is a record of its own: which duty and subject, the first day of the line, who decided, when and why. It
changes no other record. When it is deleted it is in the bin, and the line is as it was before.

* **Which line.** The line of that duty and subject (and role, where each responsible role has a line of its own)
  with that first day. If the first day of a line moves (a corrected day of registration), it is another line, and
  the deferral no longer applies.
* **Postponed.** Until that day the line is ``postponed``; it is due on that day, or on its own day with grace if that is
  later. It never hides the period after it.
* **Excused.** The line is ``excused``: nobody has to do it, and it is counted apart from what was done.
* **Several.** The last one holds: by its day, then by its id. One from after the day of the question does not count yet.
* **Emergencies** cannot be postponed: steps in minutes and hours stay as they are.
"""

from typing import Any

import pandas as pd

from guanai.care.duties.facts import Facts
from guanai.care.frames import as_strings
from guanai.care.policy.duty import Duty
from guanai.templates.wording import say

__all__ = ["KINDS", "with_deferrals"]

KINDS = ("postpone", "excuse")
KEYS = ["subject", "since"]


def with_deferrals(lines: pd.DataFrame, duty: Duty, facts: Facts, kind: str, role: str) -> pd.DataFrame:
    """Return lines with what has been decided about them.

    Columns: deferral (id, "" without one), put_off_until (a day, or NaT), excused, decision (who, when and why, in words).
    """
    decided = facts.cached(("deferrals",), lambda: _in_force(facts))
    of_duty = decided[
        (decided["duty"] == duty.name) & (decided["subject_kind"] == kind) & (decided["role"] == role)
    ]
    if of_duty.empty or (duty.limit and duty.limit.momentary):
        return lines.assign(deferral="", put_off_until=pd.NaT, excused=False, decision="")
    last = of_duty.drop_duplicates(KEYS, keep="last").set_index(KEYS)
    lines = lines.join(last[["deferral", "put_off_until", "excused", "decision"]], on=KEYS)
    return lines.assign(
        deferral=as_strings(lines["deferral"]),
        decision=as_strings(lines["decision"]),
        excused=lines["excused"].eq(True),
    )


def _in_force(facts: Facts) -> pd.DataFrame:
    """Return the deferrals that hold on the day, the last decision last."""
    frame = facts.frame("deferral")
    postponed = (frame["kind"] == "postpone") & frame["until"].notna()
    excused = frame["kind"] == "excuse"
    holds = (frame["date"] <= facts.day) & frame["since"].notna() & (postponed | excused)
    frame = frame[holds].sort_values(["date", "id"], key=_sortable, kind="stable")
    people = as_strings(frame["by"]).map(lambda person: facts.staff.get(person, person))
    people = people.where(people != "", as_strings(frame["created_by"]))
    texts = [
        say(f"why.{kind}", until="" if kind == "excuse" else f"{end:%Y-%m-%d}", who=who, day=f"{day:%Y-%m-%d}", reason=reason)
        for kind, end, who, day, reason in zip(
            frame["kind"], frame["until"], people, frame["date"], as_strings(frame["reason"]), strict=True
        )
    ]  # fmt: skip
    return pd.DataFrame(
        {
            "duty": as_strings(frame["duty"]),
            "subject_kind": as_strings(frame["subject_kind"]),
            "role": as_strings(frame["role"]),
            "subject": as_strings(frame["child"].where(frame["child"].notna(), frame["subject"])),
            "since": frame["since"],
            "deferral": as_strings(frame["id"]),
            "put_off_until": frame["until"].where(frame["kind"] == "postpone"),
            "excused": frame["kind"] == "excuse",
            "decision": pd.Series(texts, index=frame.index, dtype=object),
        }
    )


def _sortable(values: "pd.Series[Any]") -> "pd.Series[Any]":
    return values if values.name == "date" else as_strings(values)
