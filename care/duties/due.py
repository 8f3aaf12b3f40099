"""What is due, for whom, by whom, since when and why: computed from the records each time, never stored.

Each kind of duty is a module that gives plain lines: what is needed, what there is, since when and until when. Here all of
them get their status, who is responsible, and their order. These rules hold for all kinds:

* **From when.** Nothing is due from before the school began with its rows (启用日期 of the sheet 学校, written by
  ``guanai init``): a class, a teacher and the school are present from that day on, a child from the later of it and
  its registration. What is open since before (a book, an issue) stays open; records from before still count.
* **Until when.** The days of grace, which are for writing the record up, are added to the day due. What was put off is due on
  that day if it is later.
* **Done or late.** Met is ``done``; ``late`` if it became so after it was due (day compared with day; where minutes or hours
  are the limit, moment with moment). Who cannot know when it was met takes it for done.
* **To do, standing, missed.** Not met is ``to_do`` until it is due. Then it is ``missed`` if it cannot be made good any more
  (its period is over, or the subject has left) or the row says so (过期后 错过); else it stands to be made good.
* **Who has left** has no open line, except where the record itself is open (kinds state and open).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Protocol, cast

import numpy as np
import pandas as pd

from guanai.care.duties import complete, count, event, helper, interval, open_records, quota, share, state
from guanai.care.duties.deferrals import with_deferrals
from guanai.care.duties.facts import Facts
from guanai.care.duties.own_kinds import own_lines
from guanai.care.duties.person_scope import facts_of_person
from guanai.care.duties.responsible import responsible
from guanai.care.duties.statuses import OPEN_STATUSES, STATUSES
from guanai.care.errors import GuanaiError
from guanai.care.frames import object_column, timestamp
from guanai.care.policy.duty import EACH, Duty
from guanai.care.policy.policy import Policy

__all__ = ["COLUMNS", "KINDS", "OPEN_STATUSES", "STATUSES", "Duty", "as_of", "due", "due_lines"]

COLUMNS = (
    "duty", "subject", "subject_id", "who", "due", "since", "status", "why", "period", "need", "have",
    "counted", "class", "village", "form", "kind", "role", "deferral", "who_ids", "weight", "met_at", "nobody",
)  # fmt: skip
DTYPES = (
    dict.fromkeys(COLUMNS, "object")
    | dict.fromkeys(("need", "have", "order", "place"), "int64")
    | dict.fromkeys(("due", "since", "met_at"), "datetime64[ns]")
)
OUTLIVES_SUBJECT = ("state", "open")  # the record itself is open
UNTIL_ANSWERED = ("event", "state")  # open in whichever term, but what is over is shown in its own term only
FORMS = {"helper": "pairing", "quota": "pairing", "complete": "child"}  # of the kinds that name none


class Kind(Protocol):
    """A module of a kind of duty."""

    def lines(self, duty: Duty, facts: Facts) -> pd.DataFrame:
        """Return the lines of a duty.

        Columns: subject (id), since, due and closed_on (the last day on which it can be made good; NaT: for ever), both
        without the days of grace, need, have, met_at, period, and met where it is not have >= need.
        """

    def explained(self, duty: Duty, facts: Facts, shown: pd.DataFrame) -> pd.DataFrame:
        """Return lines with why and counted: texts and lists of ids are made for those that are shown only."""


KINDS: dict[str, Kind] = {
    name: cast("Kind", module)
    for name, module in {
        "count": count, "hours": count, "interval": interval, "event": event, "state": state, "open": open_records,
        "helper": helper, "complete": complete, "quota": quota, "share": share,
    }.items()
}  # fmt: skip


def due(
    policy: Policy,
    frames: Mapping[str, pd.DataFrame],
    on: date,
    *,
    done: bool = False,
    now: datetime | None = None,
    who: str | None = None,
    known: date | None = None,
) -> pd.DataFrame:
    """Return what is due on a day, one row per duty, subject and period or event: what stands first, then by day due.

    Columns: duty, subject (a child's name, or whoever the duty is for), subject_id (its id; of a guardian or
    parent the child's, of the school ""), who (names of the responsible, "" if nobody is), due and since
    (datetime64: until when, and from which day on; no due where a duty only counts), status (`OPEN_STATUSES`; with ``done``
    all of `STATUSES`), why (with the source of the rule, and why it was postponed or excused), period (its name, or the day
    of the event), need and have (numbers), counted (ids of the records), class, village, form (to fill in), kind (of subject:
    child, guardian, parent, helper, class, teacher, staff, school), role (where each responsible role has a line of its own,
    else ""), deferral (id of what postponed or excused it, else ""), who_ids (list of ids), weight (of the row), met_at
    (datetime64), nobody ("", or the role that nobody has). Same columns when empty. ``attrs["problems"]`` are the mistakes in
    rules of the school's own.

    ``now`` is the time of day, for limits in minutes and hours; without it that of the day's first moment. ``who`` is the id
    of one of the staff: then only the lines for which they are responsible. ``known`` is the day of knowing, ``on`` without it.
    """
    facts = Facts(policy, frames, on, now=now, known=known, began=policy.began)
    return due_lines(facts, done=done, who=who)


def due_lines(facts: Facts, *, done: bool = False, who: str | None = None) -> pd.DataFrame:
    """Return what is due by the facts of a day, in the columns of `due`; the frames of the facts are used again."""
    parts, problems = [_no_lines()], []
    for place, duty in enumerate(facts.policy.duties):
        for roles in duty.roles if duty.in_force else ():
            one = replace(duty, by=roles, who=roles) if duty.by == (EACH,) else duty
            role = roles[0] if duty.by == (EACH,) and roles else ""
            kind = "school" if duty.kind == "share" else duty.subject
            own_facts = facts if who is None else facts_of_person(one, kind, facts, who)
            if own_facts is None:
                continue
            try:
                lines = _lines_of(one, kind, role, own_facts, done=done)
            except GuanaiError as problem:
                problems.append(problem)
                continue
            parts.append(_with_people(lines, one, kind, role, own_facts).assign(place=place))
    facts.problems = tuple(problems)
    lines = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True).astype(DTYPES)
    if who is not None:
        lines = lines[np.array([who in people for people in lines["who_ids"]], dtype=bool)]
    ranks = lines["status"].map({status: rank for rank, status in enumerate(STATUSES)}).astype("int64")
    keys = (lines["since"], lines["order"], lines["place"], lines["due"], ranks)
    lines = lines.iloc[np.lexsort([key.to_numpy() for key in keys])][list(COLUMNS)].reset_index(drop=True)
    lines.attrs["problems"] = facts.problems
    return lines


def _lines_of(duty: Duty, kind: str, role: str, facts: Facts, *, done: bool) -> pd.DataFrame:
    """Return the lines of a duty that are shown, with their status and why they are there."""
    module = _module(duty)
    lines = (
        module.lines(duty, facts) if module else own_lines(facts.policy.own_kinds.get(duty.kind), duty, facts)
    )
    lines = _with_status(with_deferrals(lines, duty, facts, kind, role), duty, kind, facts)
    shown = lines[lines["status"].isin(STATUSES if done else OPEN_STATUSES)].reset_index(drop=True)
    if shown.empty:
        return shown.assign(why="", counted="")
    shown = module.explained(duty, facts, shown) if module else shown
    decided = shown["decision"] != ""
    return shown.assign(why=shown["why"].where(~decided, shown["why"] + shown["decision"]))


def _module(duty: Duty) -> Kind | None:
    """Return the module of a duty's kind, None for a rule of the school's own."""
    dated = set(duty.records) - {"pairing"} or duty.subject == "school"
    return KINDS.get("count" if duty.kind == "quota" and dated else duty.kind)


def _with_status(lines: pd.DataFrame, duty: Duty, kind: str, facts: Facts) -> pd.DataFrame:
    """Return the lines with their status, due with the days of grace or on the day to which they are put off."""
    by_the_minute = duty.limit is not None and duty.limit.momentary
    grace = pd.Timedelta(days=duty.grace_days)
    due_on = (lines["due"] + grace).where(
        lines["due"].isna(), np.fmax(lines["due"] + grace, lines["put_off_until"])
    )
    met = lines["met"] if "met" in lines else lines["have"] >= lines["need"]
    met_at = lines["met_at"].where(met)
    late = (met_at if by_the_minute else met_at.dt.normalize()) > due_on
    over = due_on < (facts.moment if by_the_minute else facts.day)
    left = facts.subjects(kind)["last"].reindex(lines["subject"]).to_numpy() < facts.day
    closed = (lines["closed_on"] + grace < facts.day) | (duty.after == "missed")
    if duty.kind not in OUTLIVES_SUBJECT:
        closed |= left
    status = np.select(
        [met & late, met, lines["excused"], over & closed, over, lines["put_off_until"] > facts.day],
        ["late", "done", "excused", "missed", "standing", "postponed"],
        "to_do",
    )
    lines = lines.assign(due=due_on, met_at=met_at, status=object_column(status.tolist(), lines.index))
    gone = left & lines["status"].isin(OPEN_STATUSES) & (duty.kind not in OUTLIVES_SUBJECT)
    if duty.kind in UNTIL_ANSWERED and facts.term:
        gone |= lines["status"].isin(["missed", "late", "done"]) & (
            lines["since"] < timestamp(facts.term.start)
        )
    return lines[~gone]


def _with_people(lines: pd.DataFrame, duty: Duty, kind: str, role: str, facts: Facts) -> pd.DataFrame:
    """Return the lines with the names of their subjects, who is responsible, and what the row says."""
    subjects = facts.subjects(kind)[["name", "class", "village", "place"]]
    people = responsible(facts, kind, duty.who)
    own = subjects.rename(columns={"name": "subject", "place": "order"}).join(people)
    lines = lines.rename(columns={"subject": "subject_id"}).join(own, on="subject_id")
    return lines.assign(
        duty=duty.name,
        form=duty.record or FORMS.get(duty.kind, ""),
        kind=kind,
        role=role,
        weight=duty.weight_or_default,
    )[[*COLUMNS, "order"]]


def as_of(policy: Policy, lines: pd.DataFrame, now: datetime) -> pd.DataFrame:
    """Return the lines of a day as of a time on it: a step with a limit in minutes may have run out by then."""
    after = {
        duty.name: duty.after or "standing" for duty in policy.duties if duty.limit and duty.limit.momentary
    }
    run_out = (lines["due"] < pd.Timestamp(now).tz_localize(None)) & (lines["status"] == "to_do")
    run_out &= lines["duty"].isin(list(after))
    if not run_out.any():
        return lines
    lines = lines.assign(status=lines["status"].mask(run_out, lines["duty"].map(after)))
    ranks = lines["status"].map({status: rank for rank, status in enumerate(STATUSES)}).astype("int64")
    return lines.iloc[np.lexsort((lines["due"].to_numpy(), ranks.to_numpy()))].reset_index(drop=True)


def _no_lines() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in DTYPES.items()})
