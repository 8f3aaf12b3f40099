"""What is due, for whom, by whom, since when and why: derived from the records each time, never stored.

A duty's kind makes its lines (`guanai.care.counts`, `guanai.care.events`, `guanai.care.standing`,
`guanai.care.shares`); the rules that hold for all of them:

* **What counts.** Records with a date, and a mode if it is a visit, up to the day asked, that meet the
  duty's condition (requirements 7.14) and are made by whom it asks.
* **Who.** The responsible are those of the day asked. A duty of 各责任人 is one line for each of the roles.
* **Overdue.** The days of grace, which are for writing the record up, are added to the day due; a line is
  overdue from the day after. Where minutes or hours are the limit it is overdue from the moment itself.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime

import numpy as np
import pandas as pd

from guanai.care.counts import counts
from guanai.care.deferrals import deferred, role_of
from guanai.care.events import events, intervals, open_records, states
from guanai.care.facts import Facts, Truths
from guanai.care.frames import moment
from guanai.care.lines import Lines, as_days, no_lines, uncollected
from guanai.care.nearby import near
from guanai.care.people import responsible
from guanai.care.policies import Policy
from guanai.care.rules import Duty
from guanai.care.shares import shares
from guanai.care.standing import complete, helpers, quotas
from guanai.care.subjects import NO_DAY

__all__ = ["COLUMNS", "STATUSES", "Duty", "due"]

COLUMNS = (
    "duty", "subject", "subject_id", "who", "due", "since", "status", "why", "period", "need", "have",
    "counted", "class", "village", "form", "kind", "role", "deferral",
)  # fmt: skip
STATUSES = ("overdue", "due", "postponed", "excused", "done")
OPEN = 3  # so many of the statuses are of lines that somebody still has to do something about
FORMS = {
    "helper": "pairing",
    "quota": "pairing",
    "complete": "child",
}  # of the kinds that name none themselves

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
    with uncollected():
        return _in_order(_lines(Facts(policy, frames, on, done=done, moment=now), who) or [_nothing()])


def _lines(facts: Facts, who: str | None) -> list[Lines]:
    """Return the lines of every duty in force, or those that one of the staff answers for."""
    parts, narrowed = [], near(facts, who)
    for place, duty in enumerate(facts.policy.duties):
        if not duty.in_force:
            continue
        kind, subject = KINDS[duty.kind], "school" if duty.kind == "share" else duty.subject
        for roles in duty.roles:
            mine = narrowed.asked(duty, subject, roles) if narrowed else (facts, None)
            if mine is None:
                continue
            known, whose = mine
            asked = known.subjects(duty.subject).meeting(duty.subject_condition)
            if whose is not None and subject == duty.subject:
                asked &= whose
            lines = kind(duty, known, asked, duty.by_of(roles))
            if len(lines["code"]):
                parts.append(_told(duty, known, subject, roles, lines, place))
    return parts


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


def _told(duty: Duty, facts: Facts, kind: str, roles: tuple[str, ...], lines: Lines, place: int) -> Lines:
    """Complete the lines of a duty: whose, when due with its days of grace, what status, which form, who."""
    subjects = facts.subjects(kind)
    ends = lines["due"] + np.timedelta64(duty.grace_days, "D")
    now = facts.moment if duty.limit and duty.limit.momentary else moment(facts.on)
    decided = deferred(duty, facts, kind, roles, lines)
    put_off = lines | {"deferral": np.full(len(ends), "", dtype=object)}
    waiting = excused = np.zeros(len(ends), dtype=bool)
    if decided:
        until = as_days(np.where(lines["fine"], NO_DAY, decided.until))
        ends, waiting, excused = np.fmax(ends, until), decided.until > facts.day, decided.excused
        put_off |= {"deferral": decided.ids, "why": lines["why"] + decided.words}
    rank = np.select([lines["fine"], excused, ends < now.to_datetime64(), waiting], [4, 3, 0, 2], 1)
    kept = np.ones(len(ends), dtype=bool) if facts.done else rank < OPEN
    rank, ends, lines = rank[kept], ends[kept], {name: column[kept] for name, column in put_off.items()}
    codes = lines["code"]
    every = {"duty": duty.name, "form": duty.record or FORMS.get(duty.kind, ""), "kind": kind}
    every["role"] = role_of(duty, roles)
    return {
        **lines,
        **{name: np.full(len(codes), text, dtype=object) for name, text in every.items()},
        "subject": subjects.names.to_numpy(object)[codes],
        "subject_id": subjects.ids[codes],
        "class": subjects.classes.to_numpy(object)[codes],
        "village": subjects.villages[codes],
        "who": responsible(facts, kind, roles)[codes],
        "due": ends,
        "status": np.array(STATUSES, dtype=object)[rank],
        "rank": rank,
        "place": np.full(len(codes), place),
        "order": subjects.order[codes],
    }


def _nothing() -> Lines:
    texts = {name: np.empty(0, dtype=object) for name in COLUMNS}
    numbers = {name: np.empty(0, dtype=np.int64) for name in ("rank", "place", "order")}
    return texts | no_lines() | numbers


def _in_order(parts: list[Lines]) -> pd.DataFrame:
    """Put everything in its order, with no more than its columns."""
    lines = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    dues = np.where(np.isnat(lines["due"]), np.iinfo(np.int64).max, lines["due"].astype(np.int64))
    since = lines["since"].astype(np.int64)
    order = np.lexsort((since, lines["order"], lines["place"], dues, lines["rank"]))
    columns = {name: lines[name][order] for name in COLUMNS}
    return pd.DataFrame({name: pd.Series(column, dtype=column.dtype) for name, column in columns.items()})
