"""What is to be done, for people: one row per child and duty, one row per cause, the most urgent first.

The lines of `guanai.care.duties.due` say of each period and event what has become of it. Nobody can hold September's
talk in November, so a missed line is no row: it is a number in the row of the line that runs now.

* **Order** (``tier``): 1 what protects a child now (the duty's column 轻重: 保护), 2 harm (伤害), 3 promises with a day
  (约定), 4 children without a helper or without any contact, 5 what runs out by Sunday, 6 what stands over, by weight
  and age, 7 what is due later, 8 what is put off.
* **For nobody** there is no row: what has nobody responsible goes to the coordinators (else the headmaster), one row per
  cause. A child without a helper has no other row for what its helper owes.
* **Rising** (column 上报): missed so many times in a row, a row also goes to the homeroom teacher; twice as many times, or
  where the homeroom teacher is the one responsible or there is none, to the coordinators.
* **No contact**: nothing recorded with the child or the home (`CONTACTS`) on so many days of school of the term.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from guanai.care.children.eligibility import left_behind
from guanai.care.duties.fulfilment import group_rows
from guanai.care.duties.record_rules import class_names, countable_records
from guanai.care.duties.statuses import OPEN_STATUSES, STATUSES
from guanai.care.duties.to_do_words import cause_text, row_texts
from guanai.care.frames import (
    NormalizedFrames,
    as_list,
    as_strings,
    normalized_frames,
    object_column,
    timestamp,
)
from guanai.care.policy.duty import ALL_CHILDREN, WEIGHTS
from guanai.care.policy.policy import Policy
from guanai.templates.wording import say

__all__ = ["COLUMNS", "CONTACTS", "coordinators", "one_row", "rows_in_order", "rows_of", "to_do"]

COLUMNS = (
    "tier", "cause", "duty", "subject", "subject_id", "kind", "class", "village", "who", "who_ids", "due", "since",
    "status", "why", "form", "period", "need", "have", "counted", "role", "deferral", "weight", "text", "lines", "periods",
    "missed", "run", "last", "members", "raised", "raised_ids", "record", "soon",
)  # fmt: skip
#: The registers of what somebody holds with a child or its home. A letter is none: one of the school goes to all homes.
CONTACTS = (
    "talk", "call", "home_visit", "family_call", "parent_contact", "guardian_contact", "counselling",
)  # fmt: skip
FIRST_TIERS = {"protect": 1, "harm": 2, "promise": 3}  # by the weight of the duty
CAUSE, THIS_WEEK, STANDING, LATER, PUT_OFF = 4, 5, 6, 7, 8
CAUSE_FORMS = {"helper": "pairing", "homeroom": "class", "no_contact": "talk"}  # the others: staff
SCHOOL_WEEK = 5  # days of school
NEVER = np.iinfo(np.int64).min  # NaT as a number

Numbers = np.ndarray[Any, np.dtype[np.int64]]


def to_do(
    policy: Policy, frames: Mapping[str, pd.DataFrame], lines: pd.DataFrame, on: date, *, who: str | None = None
) -> pd.DataFrame:  # fmt: skip
    """Return what is to be done on a day: one row per subject and duty, one per cause, in the order of ``tier``.

    ``lines`` are those of `guanai.care.duties.due.due` of that day with ``done``. ``who`` is the id of one of the staff:
    then only the rows for which they are responsible or that have risen to them.

    Columns: tier (1 to 8), cause ("", or ``helper``, ``homeroom``, the post that nobody has, ``no_contact``); duty, subject …
    weight as of the most urgent open line (of a cause: duty and subject are "", need is how many children or others it is
    about); text (the sentence a person reads), lines (how many open lines it stands for), periods, missed and run (of this
    subject and duty: how many there were, how many were missed, how many of those in a row just before now), last (day of
    the last counted record, NaT), members (ids of the subjects), raised ("", ``homeroom`` or ``coordinator``), raised_ids
    (ids of those it has risen to), record (id of the open record itself, where it is the record that has to be finished),
    soon (it stands over, or its day is by Sunday, without the days of grace that are for writing it up).
    """
    frames = normalized_frames(frames)
    staff = _Staff(policy, frames)
    rows = _current_rows(policy, frames, lines)
    rows = _risen(policy, rows, staff).assign(
        text=row_texts(policy, frames, rows, on), cause=_causes(policy, rows)
    )
    rows = rows.assign(tier=_tiers(rows, on), soon=_soon(policy, rows, on))
    own = rows[rows["cause"] == ""]
    causes = [
        _cause_row(policy, str(cause), part, staff)
        for cause, part in rows[rows["cause"] != ""].groupby("cause")
    ]
    causes += _no_contact_row(policy, frames, on, staff)
    table = pd.concat([own, *causes], ignore_index=True) if causes else own
    table = _for_nobody(table, staff)
    return rows_of(rows_in_order(policy, table), who)[list(COLUMNS)].reset_index(drop=True)


def rows_of(rows: pd.DataFrame, who: str | None, *, leads: bool = False) -> pd.DataFrame:
    """Return the rows of one of the staff: responsible, or risen to; all rows without one.

    Who ``leads`` (`coordinators`) also has what cannot wait in the whole school: the first four tiers, as far as it is
    to be done by Sunday.
    """
    if who is None:
        return rows
    own = [
        who in people or who in risen
        for people, risen in zip(rows["who_ids"], rows["raised_ids"], strict=True)
    ]
    return rows[np.array(own, dtype=bool) | (leads & (rows["tier"] <= CAUSE) & rows["soon"]).to_numpy(bool)]


def coordinators(frames: Mapping[str, pd.DataFrame]) -> list[str]:
    """Return the ids of who answers for what nobody does: the active coordinators, without one the headmaster."""
    staff = normalized_frames(frames)["staff"].drop_duplicates("id")
    active = staff[as_strings(staff["active"]) != "no"]
    for post in ("coordinator", "headmaster"):
        holders = [str(person) for person in active.loc[active["role"] == post, "id"]]
        if holders:
            return holders
    return []


class _Staff:
    """Who leads, and the homeroom teacher of each class: ids and names of the active staff."""

    def __init__(self, policy: Policy, frames: NormalizedFrames) -> None:
        staff, classes = frames["staff"].drop_duplicates("id"), frames["class"]
        active = staff[as_strings(staff["active"]) != "no"]
        self.names = dict(zip(as_strings(active["id"]), as_strings(active["name"]), strict=True))
        self.leaders = coordinators(frames)
        homerooms = zip(as_strings(classes["name"]), as_strings(classes["homeroom"]), strict=True)
        self.homerooms = {name: [person] for name, person in homerooms if person in self.names}
        self.homerooms = {name: self.homerooms[given] for given, name in class_names(frames).items()
                          if given in self.homerooms} | self.homerooms  # fmt: skip

    def named(self, people: Sequence[str]) -> str:
        """Return names as one text."""
        return say("policy.comma").join(self.names.get(person, person) for person in people)


def _current_rows(policy: Policy, frames: NormalizedFrames, lines: pd.DataFrame) -> pd.DataFrame:
    """Return the most urgent open line of each subject and duty, with the numbers of all their lines."""
    group, _ = group_rows(lines["duty"], lines["kind"], lines["subject_id"], lines["role"])
    size, ranks = int(group.max(initial=-1)) + 1, pd.Index(STATUSES).get_indexer(pd.Index(lines["status"]))
    since, due = (lines[name].to_numpy("datetime64[ns]").astype(np.int64) for name in ("since", "due"))
    is_open, is_missed = ranks < len(OPEN_STATUSES), ranks == STATUSES.index("missed")
    others = ~is_open & ~is_missed  # done, late, or excused by somebody who knows of it
    last_other = np.full(size, NEVER)
    np.maximum.at(last_other, group[others], since[others])
    numbers = {
        "lines": np.bincount(group[is_open], minlength=size),
        "periods": np.bincount(group, minlength=size),
        "missed": np.bincount(group[is_missed], minlength=size),
        "run": np.bincount(group[is_missed & (since > last_other[group])], minlength=size),
    }
    places = np.flatnonzero(is_open)
    never_due = due[places] == NEVER
    places = places[np.lexsort((since[places], due[places], never_due, ranks[places]))]
    places = np.sort(places[np.unique(group[places], return_index=True)[1]])
    rows, codes = lines.iloc[places].reset_index(drop=True), group[places]
    return rows.assign(
        **{name: values[codes] for name, values in numbers.items()},
        last=_last_days(policy, frames, lines, group, codes),
        members=object_column(([subject] for subject in rows["subject_id"]), rows.index),
        record=_open_records(policy, rows),
    )


def _open_records(policy: Policy, rows: pd.DataFrame) -> "pd.Series[str]":
    """Return the id of the record that has to be finished, "" where another one is asked for."""
    states = {duty.name for duty in policy.of_kind("state")}
    pairs = zip(rows["duty"], rows["counted"], strict=True)
    return object_column((ids[0] if duty in states and ids else "" for duty, ids in pairs), rows.index)


def _last_days(
    policy: Policy, frames: NormalizedFrames, lines: pd.DataFrame, group: Numbers, codes: Numbers
) -> "np.ndarray[Any, np.dtype[np.datetime64]]":
    """Return for each row (a group of lines) the day of the last record that was counted for any of them, NaT for none."""
    dated = [duty for duty in policy.duties if duty.records]
    in_periods = [
        duty.name for duty in dated if duty.kind in ("count", "hours") and duty.after_or_default == "missed"
    ]
    wanted = np.zeros(int(group.max(initial=-1)) + 1, dtype=bool)
    wanted[codes] = True
    has_records = lines["counted"].map(len).to_numpy() > 0
    chosen = wanted[group] & has_records & lines["duty"].isin([duty.name for duty in dated]).to_numpy(bool)
    # Records of later periods are later: of a duty whose records count in their own period only the last is looked up.
    since, latest = lines["since"].to_numpy("datetime64[ns]").astype(np.int64), np.full(len(wanted), NEVER)
    np.maximum.at(latest, group[chosen], since[chosen])
    chosen &= (since == latest[group]) | ~lines["duty"].isin(in_periods).to_numpy(bool)
    last, lists = np.full(len(wanted), NEVER), lines["counted"].to_numpy(object)
    for name in sorted({register for duty in dated for register in duty.records if register in frames}):
        frame = frames[name]
        if "date" not in frame:
            continue
        of_register = [duty.name for duty in dated if name in duty.records]
        places = np.flatnonzero(chosen & lines["duty"].isin(of_register).to_numpy(bool))
        counted = lists[places]
        record, ids = pd.factorize(np.array([*chain.from_iterable(counted)], dtype=object))
        positions = pd.Index(ids).get_indexer(pd.Index(frame["id"]))
        days = np.full(len(ids), NEVER)
        days[positions[positions >= 0]] = (
            frame["date"].to_numpy("datetime64[ns]").astype(np.int64)[positions >= 0]
        )
        np.maximum.at(last, np.repeat(group[places], [len(some) for some in counted]), days[record])
    return last[codes].astype("datetime64[ns]")


def _causes(policy: Policy, rows: pd.DataFrame) -> "pd.Series[str]":
    """Return the cause under which a row goes to the coordinators, "" where somebody is responsible."""
    helper_duties = [duty.name for duty in policy.duties if duty.kind == "helper"]
    alone = rows["duty"].isin(helper_duties) & rows["kind"].isin(ALL_CHILDREN) & (rows["have"] == 0)
    return as_strings(rows["nobody"]).mask(alone, "helper").astype(object)


def _risen(policy: Policy, rows: pd.DataFrame, staff: _Staff) -> pd.DataFrame:
    """Add to whom a row has risen because it was missed too many times in a row."""
    limits = {duty.name: duty.escalate for duty in policy.duties if duty.escalate}
    raised = np.full(len(rows), "", dtype=object)
    risen_to: list[list[str]] = [[]] * len(rows)
    columns = (rows[name].tolist() for name in ("duty", "run", "kind", "class", "who_ids"))
    for place, (duty, run, kind, class_name, responsible) in enumerate(zip(*columns, strict=True)):
        limit = limits.get(duty)
        if limit is None or run < limit:
            continue
        homeroom = staff.homerooms.get(class_name, []) if kind in (*ALL_CHILDREN, "class") else []
        above = run >= 2 * limit or not homeroom or not set(homeroom).isdisjoint(responsible)
        raised[place] = "coordinator" if above else "homeroom"
        below = [person for person in homeroom if person not in responsible]
        risen_to[place] = list(dict.fromkeys([*below, *(staff.leaders if above else [])]))
    return rows.assign(raised=raised, raised_ids=object_column(risen_to, rows.index))


def _tiers(rows: pd.DataFrame, on: date) -> "pd.Series[int]":
    """Return how early a row comes; see the module."""
    sunday = timestamp(on + timedelta(days=6 - on.weekday()))
    tiers = pd.Series(LATER, index=rows.index).mask(rows["due"].dt.normalize() <= sunday, THIS_WEEK)
    tiers = tiers.mask(rows["status"] == "standing", STANDING)
    first = rows["weight"].map(FIRST_TIERS)
    return first.fillna(tiers).mask(rows["status"] == "postponed", PUT_OFF).astype("int64")


def _soon(policy: Policy, rows: pd.DataFrame, on: date) -> "pd.Series[bool]":
    """Return what is to be done by Sunday: a talk of this week may be written up by Wednesday, and is to be held by Sunday."""
    grace = rows["duty"].map({duty.name: duty.grace_days for duty in policy.duties}).fillna(0)
    days = rows["due"].dt.normalize() - pd.to_timedelta(grace, unit="D")
    by_sunday = days <= timestamp(on + timedelta(days=6 - on.weekday()))
    return (rows["status"] == "standing") | (by_sunday & (rows["status"] == "to_do"))


def _cause_row(policy: Policy, cause: str, rows: pd.DataFrame, staff: _Staff) -> pd.DataFrame:
    """Return the one row of a cause, as urgent as the most urgent of its rows; without a helper at the latest tier 4."""
    first = rows.iloc[np.lexsort((rows["due"].to_numpy(), rows["tier"].to_numpy()))]
    members = list(dict.fromkeys(rows["subject_id"]))
    kinds, tier = set(rows["kind"]), int(rows["tier"].min())
    helper_duties = {duty.name for duty in policy.duties if duty.kind == "helper"}
    duties = [name for name in dict.fromkeys(first["duty"]) if name not in helper_duties]
    names = sorted({str(name) for name in rows["class"] if name})
    return one_row(
        tier=min(tier, CAUSE) if cause == "helper" else tier,
        cause=cause,
        kind=kinds.pop() if len(kinds) == 1 else "",
        due=rows["due"].min(),
        since=rows["since"].min(),
        status=min(rows["status"], key=STATUSES.index),
        weight=min(rows["weight"], key=WEIGHTS.index),
        text=cause_text(policy, cause, len(members), names, duties, has_leader=bool(staff.leaders)),
        lines=int(rows["lines"].sum()),
        periods=int(rows["periods"].sum()),
        missed=int(rows["missed"].sum()),
        run=int(rows["run"].max()),
        last=rows["last"].max(),
        need=len(members),
        members=members,
        form=CAUSE_FORMS.get(cause, "staff"),
        soon=cause == "helper" or bool(rows["soon"].any()),
    )


def _no_contact_row(policy: Policy, frames: NormalizedFrames, on: date, staff: _Staff) -> list[pd.DataFrame]:
    """Return the row of the children in care with whom and whose home nothing was held for so many weeks of school."""
    term = policy.calendar.current_or_last(on)
    days = [day for day in policy.calendar.school_days(term) if day <= on] if term else []
    length = policy.no_contact_weeks * SCHOOL_WEEK
    if term is None or not length or len(days) < length:
        return []
    first = days[-length]
    children = left_behind(frames["child"], on, policy.criterion)
    began = policy.began is None or policy.began <= first
    children = children[(children["care_from"] <= timestamp(first)) & began]
    met = {child for name in CONTACTS if name in frames for child in _children_met(frames, name, first, on)}
    alone = children[~children["id"].isin(met)]
    if alone.empty:
        return []
    members = [str(child) for child in alone["id"]]
    return [
        one_row(
            tier=CAUSE,
            cause="no_contact",
            kind="child",
            form=CAUSE_FORMS["no_contact"],
            soon=True,
            due=pd.NaT,
            since=timestamp(first),
            status="standing",
            weight="important",
            text=cause_text(
                policy, "no_contact", len(members), [], [], weeks=policy.no_contact_weeks, has_leader=bool(staff.leaders)
            ),
            lines=len(members),
            need=len(members),
            members=members,
        )
    ]  # fmt: skip


def _children_met(frames: NormalizedFrames, name: str, first: date, on: date) -> set[str]:
    """Return the children of a register's records of some days: a record is of one child, or of several (``children``)."""
    children = set(countable_records(frames, name, first, on)["child"])
    frame = frames[name]
    if "children" in frame.columns:
        together = frame["date"].between(timestamp(first), timestamp(on)) & frame["child"].isna()
        children.update(chain.from_iterable(as_list(some) for some in frame.loc[together, "children"]))
    return children


def one_row(**values: Any) -> pd.DataFrame:
    """Return a frame of one row in the columns of `to_do`; what is not given is empty."""
    numbers = ("tier", "need", "have", "lines", "periods", "missed", "run")
    lists, days = ("counted", "who_ids", "members", "raised_ids"), ("due", "since", "last")
    row = (
        dict.fromkeys(COLUMNS, "")
        | dict.fromkeys(numbers, 0)
        | {name: [] for name in lists}
        | dict.fromkeys(days, pd.NaT)
        | {"soon": False}
        | values
    )
    frame = pd.DataFrame({name: pd.Series([row[name]], dtype=object) for name in COLUMNS})
    frame = frame.assign(**{name: frame[name].astype("int64") for name in numbers})
    frame = frame.assign(soon=frame["soon"].astype(bool))
    return frame.assign(**{name: frame[name].astype("datetime64[ns]") for name in days})


def _for_nobody(rows: pd.DataFrame, staff: _Staff) -> pd.DataFrame:
    """Give what has nobody responsible to those who lead."""
    nobody = np.array([not people for people in rows["who_ids"]], dtype=bool)
    people = [staff.leaders if alone else own for alone, own in zip(nobody, rows["who_ids"], strict=True)]
    return rows.assign(
        who=rows["who"].mask(nobody, staff.named(staff.leaders)), who_ids=object_column(people, rows.index)
    )


def rows_in_order(policy: Policy, rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows by tier; in it by weight where it stands over, then by the day due."""
    order = {duty.name: place for place, duty in enumerate(policy.duties)}
    weight = rows["weight"].map({name: rank for rank, name in enumerate(WEIGHTS)})
    keys = pd.DataFrame(
        {
            "tier": rows["tier"],
            "stands": weight.where(rows["tier"] == STANDING, 0),
            "due": rows["due"],
            "weight": weight,
            "duty": rows["duty"].map(order).fillna(-1),
        }
    )
    order_of = keys.assign(text=rows["class"], name=rows["subject"], since=rows["since"]).sort_values(
        [*keys.columns, "text", "name", "since"], kind="stable", na_position="last"
    )
    return rows.loc[order_of.index]
