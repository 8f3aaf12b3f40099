"""What is due, for whom, by whom, since when and why: derived from the records each time, never stored.

A duty's kind makes its lines (`guanai.care.duties.count_duties`, `guanai.care.duties.event_duties`, `guanai.care.duties.state_duties`,
`guanai.care.duties.share_duties`); the rules that hold for all of them:

* **What counts.** Records with a date, and a mode if it is a visit, up to the day asked, that meet the
  duty's condition (requirements 7.14) and are made by whom it asks.
* **Who.** The responsible are those of the day asked. A duty of 各责任人 is one line for each of the roles.
* **From when.** Nothing is owed from before the school began with its rows (启用日期 of the sheet 学校, written by
  ``guanai init``): class, teacher and school are there from that day on, a child from the later of it and its
  registration, and each owes its part of the period that runs then. What is open since before (a book, an issue)
  stays open; records from before still count in their period. Without that day everybody is there from the beginning.
* **Overdue.** The days of grace, which are for writing the record up, are added to the day due; a line is
  overdue from the day after. Where minutes or hours are the limit it is overdue from the moment itself.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime

import numpy as np
import pandas as pd

from guanai.care.duties.context import Facts, Truths
from guanai.care.duties.count_duties import counts
from guanai.care.duties.deferrals import deferred
from guanai.care.duties.due_table import COLUMNS, STATUSES, Told, as_of, due_frame
from guanai.care.duties.event_duties import events, intervals, open_records, states
from guanai.care.duties.lines import Lines, as_days, uncollected
from guanai.care.duties.person_scope import near
from guanai.care.duties.share_duties import shares
from guanai.care.duties.state_duties import complete, helpers, quotas
from guanai.care.duties.subjects import NO_DAY
from guanai.care.frames import moment
from guanai.care.policy.duty import Duty
from guanai.care.policy.policy import Policy

__all__ = ["COLUMNS", "STATUSES", "Duty", "as_of", "due", "due_of"]

OPEN = 3  # so many of the statuses are of lines that somebody still has to do something about

Kind = Callable[[Duty, Facts, Truths, tuple[str, ...]], Lines]


def due(
    policy: Policy,
    frames: Mapping[str, pd.DataFrame],
    on: date,
    *,
    done: bool = False,
    now: datetime | None = None,
    who: str | None = None,
) -> pd.DataFrame:
    """Return what is owed on a day, one row per duty, subject and period or event: overdue first, then by day due.

    Columns: duty, subject (a child's name, or whoever the duty is for), subject_id (its id; of a guardian or
    parent the child's, of the school ""), who (names of the responsible, "" if nobody is), due and since
    (datetime64: until when, and from which day on it is owed; no due where a duty only counts), status (overdue,
    due, postponed; with ``done`` also excused and done), why (with the source of the rule, and why it was postponed
    or excused), period (its name, or the day of the event), need and have (numbers), counted (ids of the records),
    class, village, form (to fill in), kind (of subject: child, guardian, parent, helper, class, teacher, school),
    role (of those who owe it each by itself, else ""), deferral (id of what postponed or excused it, else "").
    Same columns when empty. ``now`` is the time of day, for limits in minutes and hours; without it that of the
    day's first moment. ``who`` is the id of one of the staff, to have only the lines in which they are among the
    responsible: nobody else's are worked out then.
    """
    return due_of(Facts(policy, frames, on, done=done, moment=now, began=policy.began), who)


def due_of(facts: Facts, who: str | None = None) -> pd.DataFrame:
    """Return what is owed by the facts of a day, in the columns of `due`; what they have looked up serves again."""
    parts, narrowed = [], near(facts, who)
    with uncollected():
        for place, duty in enumerate(facts.policy.duties):
            if not duty.in_force:
                continue
            subject = "school" if duty.kind == "share" else duty.subject
            for roles in duty.roles:
                mine = narrowed.asked(duty, subject, roles) if narrowed else (facts, None)
                if mine is None:
                    continue
                known, whose = mine
                asked = known.subjects(duty.subject).meeting(duty.subject_condition)
                if whose is not None and subject == duty.subject:
                    asked &= whose
                lines = KINDS[duty.kind](duty, known, asked, duty.by_of(roles))
                if len(lines["code"]):
                    parts.append(_told(duty, place, known, subject, roles, lines))
        return due_frame(parts)


def _quotas(duty: Duty, facts: Facts, asked: Truths, by: tuple[str, ...]) -> Lines:
    """Return the lines of a quota: of pairings, or of the records of another register in a period."""
    of_pairings = not duty.records or duty.records == ("pairing",)
    return (quotas if of_pairings and duty.subject != "school" else counts)(duty, facts, asked, by)


KINDS: dict[str, Kind] = {
    "count": counts,
    "hours": counts,
    "interval": intervals,
    "event": events,
    "state": states,
    "open": open_records,
    "helper": helpers,
    "complete": complete,
    "quota": _quotas,
    "share": shares,
}


def _told(duty: Duty, place: int, facts: Facts, kind: str, roles: tuple[str, ...], lines: Lines) -> Told:
    """Complete the lines of a duty: until when with the days of grace, what somebody has decided, which status."""
    ends = lines["due"] + np.timedelta64(duty.grace_days, "D")
    now = facts.moment if duty.limit and duty.limit.momentary else moment(facts.on)
    decided = deferred(duty, facts, kind, roles, lines)
    put_off = lines | {"deferral": np.full(len(ends), "", dtype=object)}
    waiting = excused = np.zeros(len(ends), dtype=bool)
    if decided:
        until = as_days(np.where(lines["fine"], NO_DAY, decided.until))
        ends, waiting, excused = np.fmax(ends, until), decided.until > facts.day, decided.excused
        put_off |= {"deferral": decided.ids, "why": lines["why"] + decided.words}
    ranks = np.select([lines["fine"], excused, ends < now.to_datetime64(), waiting], [4, 3, 0, 2], 1)
    put_off["due"] = ends
    if not facts.done and (ranks >= OPEN).any():
        kept = ranks < OPEN
        ranks, put_off = ranks[kept], {name: column[kept] for name, column in put_off.items()}
    return Told(duty, place, facts, kind, roles, put_off, ranks)
