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
from guanai.care.events import events, intervals, open_records, states
from guanai.care.facts import Facts, Truths
from guanai.care.frames import moment
from guanai.care.lines import no_lines
from guanai.care.people import responsible
from guanai.care.policies import Policy
from guanai.care.rules import Duty
from guanai.care.shares import shares
from guanai.care.standing import complete, helpers, quotas

__all__ = ["COLUMNS", "STATUSES", "Duty", "due"]

COLUMNS = (
    "duty", "subject", "subject_id", "who", "due", "since", "status", "why", "period", "need", "have",
    "counted", "class", "form", "kind",
)  # fmt: skip
STATUSES = ("overdue", "due", "done")
FORMS = {
    "helper": "pairing",
    "quota": "pairing",
    "complete": "child",
}  # of the kinds that name none themselves

Kind = Callable[[Duty, Facts, Truths, tuple[str, ...]], pd.DataFrame]


def due(
    policy: Policy,
    frames: Mapping[str, pd.DataFrame],
    on: date,
    *,
    done: bool = False,
    now: datetime | None = None,
) -> pd.DataFrame:
    """Return what is owed on a day, one row per duty, subject and period or event: overdue first, then by day due.

    Columns: duty, subject (a child's name, or whoever the duty is for), subject_id (its id; of a guardian or
    parent the child's, of the school ""), who (names of the responsible, "" if nobody is), due and since
    (datetime64: until when, and from which day on it is owed; no due where a duty only counts), status (due,
    overdue; done if asked for), why (with the source of the rule), period (its name, or the day of the event),
    need and have (numbers), counted (ids of the records), class, form (to fill in), kind (of subject: child,
    guardian, parent, helper, class, teacher, school). Same columns when empty. ``now`` is the time of day, for
    limits in minutes and hours; without it that of the day's first moment.
    """
    facts = Facts(policy, frames, on, done=done, moment=now)
    parts = []
    for place, duty in enumerate(policy.duties):
        if not duty.in_force:
            continue
        kind, subject = KINDS[duty.kind], "school" if duty.kind == "share" else duty.subject
        asked = facts.subjects(duty.subject).meeting(duty.subject_condition)
        for roles in duty.roles:
            lines = kind(duty, facts, asked, duty.by_of(roles))
            if len(lines):
                parts.append(_told(duty, facts, subject, roles, lines, place))
    return _in_order(pd.concat(parts, ignore_index=True) if parts else _nothing())


def _quotas(duty: Duty, facts: Facts, asked: Truths, by: tuple[str, ...]) -> pd.DataFrame:
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


def _told(
    duty: Duty, facts: Facts, kind: str, roles: tuple[str, ...], lines: pd.DataFrame, place: int
) -> pd.DataFrame:
    """Complete the lines of a duty: whose, when due with its days of grace, what status, which form, who."""
    subjects = facts.subjects(kind)
    ends = lines["due"] + pd.Timedelta(days=duty.grace_days)
    late = ends < (facts.moment if duty.limit and duty.limit.momentary else moment(facts.on))
    rank = np.where(lines["fine"], 2, np.where(late, 0, 1))
    kept = np.flatnonzero(facts.done | (rank < 2))
    lines, rank, ends = lines.iloc[kept], rank[kept], ends.iloc[kept]
    codes = lines["code"].to_numpy()
    people = responsible(facts, kind, roles)
    return lines.assign(
        duty=duty.name,
        subject=subjects.names.to_numpy(object)[codes],
        subject_id=subjects.ids[codes],
        who=people[codes],
        due=ends,
        status=np.array(STATUSES, dtype=object)[rank],
        form=duty.record or FORMS.get(duty.kind, ""),
        kind=kind,
        rank=rank,
        place=place,
        order=subjects.order[codes],
        **{"class": subjects.classes.to_numpy(object)[codes]},
    )


def _nothing() -> pd.DataFrame:
    texts = dict.fromkeys(COLUMNS, pd.Series(dtype=object))
    numbers = dict.fromkeys(("rank", "place", "order"), pd.Series(dtype="int64"))
    return no_lines().assign(**{name: texts[name] for name in texts if name not in no_lines()}, **numbers)


def _in_order(lines: pd.DataFrame) -> pd.DataFrame:
    """Put everything in its order, with no more than its columns."""
    dues = lines["due"].astype("int64").where(lines["due"].notna(), np.iinfo(np.int64).max)
    order = np.lexsort((lines["since"].astype("int64"), lines["order"], lines["place"], dues, lines["rank"]))
    return lines[list(COLUMNS)].iloc[order].reset_index(drop=True)
