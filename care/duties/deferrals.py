"""Deferrals: due lines that were postponed to a day (推迟) or excused (免办), by whom and why.

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

import pandas as pd

from guanai.care.duties.day_frames import Columns
from guanai.care.duties.explanations import date_text
from guanai.care.duties.facts import Facts
from guanai.care.frames import as_strings, object_column
from guanai.care.policy.duty import Duty
from guanai.templates.wording import say

__all__ = ["KINDS", "deferrals_of"]

KINDS = ("postpone", "excuse")
KEYS = ["position", "since"]


def deferrals_of(lines: Columns, duty: Duty, facts: Facts, kind: str, role: str) -> pd.DataFrame | None:
    """Return what has been decided about the lines of a duty, one row per line; None where nothing has.

    Columns: deferral (id, "" without one), put_off_until (a day, or NaT), excused, decision (who, when and why, in words).
    """
    decided = facts.cached("deferrals", lambda: _in_force(facts)).get((duty.name, kind, role))
    if decided is None or facts.policy.by_the_minute(duty):
        return None
    position = facts.subjects(kind).index.get_indexer(pd.Index(decided["subject"]))
    last = decided.assign(position=position).drop_duplicates(KEYS, keep="last").set_index(KEYS)
    deferrals = pd.DataFrame({name: lines[name] for name in KEYS}).join(last, on=KEYS)
    for name in ("deferral", "decision"):
        deferrals[name] = as_strings(deferrals[name])
    return deferrals.assign(excused=deferrals["excused"].eq(True))


def _in_force(facts: Facts) -> dict[tuple[str, str, str], pd.DataFrame]:
    """Return the deferrals that hold on the day by duty, kind of subject and role, the last decision last."""
    frame = facts.frame("deferral")
    if frame.empty:
        return {}
    postponed = (frame["kind"] == "postpone") & frame["until"].notna()
    holds = (frame["date"] <= facts.day) & frame["since"].notna() & (postponed | (frame["kind"] == "excuse"))
    frame = frame.assign(id=as_strings(frame["id"]))[holds].sort_values(["date", "id"], ignore_index=True)
    people = as_strings(frame["by"])
    people = people.map(facts.staff["name"]).fillna(people)
    people = people.where(people != "", as_strings(frame["created_by"]))
    words = [
        say(
            f"why.{kind}",
            until="" if kind == "excuse" else date_text(end),
            who=who,
            day=date_text(day),
            reason=reason,
        )
        for kind, end, who, day, reason in zip(
            frame["kind"], frame["until"], people, frame["date"], as_strings(frame["reason"]), strict=True
        )
    ]
    decided = pd.DataFrame(
        {
            "subject": as_strings(frame["child"].where(frame["child"].notna(), frame["subject"])),
            "since": frame["since"], "deferral": frame["id"], "excused": frame["kind"] == "excuse",
            "put_off_until": frame["until"].where(frame["kind"] == "postpone"), "decision": object_column(words, frame.index),
        }
    )  # fmt: skip
    keys = [as_strings(frame[name]) for name in ("duty", "subject_kind", "role")]
    return {(str(duty), str(kind), str(role)): rows for (duty, kind, role), rows in decided.groupby(keys)}
