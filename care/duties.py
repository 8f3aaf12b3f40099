"""What is due, for whom, by whom, since when and why: derived from the records each time, never stored.

The rules that the rows of the policy follow:

* **Which periods.** The terms, months or weeks of the term of the day asked (between terms: of the last
  one) that have begun. Earlier terms are in their summaries. Every period is judged by itself: one that
  was missed stays to be seen as overdue and neither hides nor blocks the next.
* **Their part.** A child is in care from the day of registration until the day on which it leaves, turns
  sixteen or is no longer left-behind (`guanai.care.eligibility.care_spans`). Of a period a child owes
  its share of the days of school, rounded to the nearest whole number, half up: of one talk a week the
  whole talk from half a week on, of two visits a term one from a quarter of the term on. So neither a
  child registered on the last day nor one that leaves on the first owes what nobody could have done.
* **Due.** On the period's last day (the child's last day in care, if that comes first), plus the days of
  grace, which are for writing the record up: a record counts in the period of its own date. A line is
  overdue from the day after.
* **What counts.** Records with a date, and a mode if it is a visit, up to the day asked, that meet the
  duty's condition (requirements 7.14).
* **Holidays.** A week or month without a day of school is suspended (requirements 7.5).
* **Helper and dossier.** A child in care without a helper on the day asked is a line, since the last
  helper ended or the child came into care; so is a dossier with an empty field. Both are due after
  their days of grace.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import pandas as pd

from guanai.care.calendars import Period, Term
from guanai.care.conditions import holds
from guanai.care.dossiers import field_label, missing_fields
from guanai.care.eligibility import ALWAYS, care_spans, left_behind
from guanai.care.evidence import evidence
from guanai.care.frames import Registers, as_strings, moment, objects, register
from guanai.care.people import class_names, responsible, running
from guanai.care.policies import Duty, Policy
from guanai.care.reasons import count_words, each, plain_words
from guanai.templates.wording import say

__all__ = ["COLUMNS", "STATUSES", "Duty", "due"]

COLUMNS = (
    "duty", "subject", "subject_id", "who", "due", "since", "status", "why", "period", "need", "have",
    "counted", "class", "form",
)  # fmt: skip
STATUSES = ("overdue", "due", "done")
FORMS = {"helper": "pairing", "complete": "child"}  # of the kinds that name no register themselves
DAY = pd.Timedelta(days=1)


class Question(NamedTuple):
    """What is asked: a policy, the registers, the day, and the term whose periods are looked at."""

    policy: Policy
    frames: Mapping[str, pd.DataFrame]
    on: date
    term: Term | None
    done: bool


def due(policy: Policy, frames: Mapping[str, pd.DataFrame], on: date, *, done: bool = False) -> pd.DataFrame:
    """Return what is owed on a day, one row per duty, child and period: overdue first, then by day due.

    Columns: duty, subject and subject_id (the child), who (names of the responsible, "" if nobody is),
    due and since (datetime64: until when, and from which day on it is owed), status (due, overdue; done
    if asked for), why (with the source of the rule), period, need and have (numbers of records), counted
    (ids of the records), class, form (to fill in). Same columns when empty.
    """
    frames = Registers(frames)
    question = Question(policy, frames, on, policy.calendar.current_or_last(on), done)
    children = care_spans(register(frames, "child"), policy.definition)
    parts = [_none()]
    for place, duty in enumerate(policy.duties):
        if lines_of := KINDS.get(duty.kind):
            asked = children[holds(duty.subject_condition, children)]
            lines = _told(duty, question, lines_of(duty, question, asked))
            people = responsible(frames, asked, duty.who, on)
            parts.append(lines.assign(place=place, who=lines["id"].map(people).astype(object).fillna("")))
    everything = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    return _with_children(everything, children, frames)


def _count(duty: Duty, question: Question, children: pd.DataFrame) -> pd.DataFrame:
    """So many records of a child in each period."""
    term, on, calendar = question.term, question.on, question.policy.calendar
    periods = [period for period in calendar.periods(term, duty.per) if period.start <= on] if term else []
    if not periods or term is None:
        return _none()
    spans = children.loc[children["care_from"] <= moment(on), ["id", "care_from", "care_until"]]
    school = pd.DatetimeIndex(calendar.school_days(term)).as_unit("ns")
    lines = _owed(duty, spans.merge(_period_frame(periods), how="cross"), school)
    records = evidence(
        question.frames, children, duty.records, term.start, min(on, term.end), duty.condition, duty.by
    )
    records = _by_period(records, periods)
    have = records.groupby(["child", "place"]).size().rename("have")
    lines = lines.merge(have, how="left", left_on=["id", "place"], right_index=True)
    lines = lines.assign(have=lines["have"].fillna(0).astype("int64"))
    if not question.done:
        lines = lines[lines["have"] < lines["need"]]
    told = records.merge(lines[["id", "place"]].rename(columns={"id": "child"}), on=["child", "place"])
    counted = _listed(told, ["child", "place"])
    keys = zip(lines["id"], lines["place"], strict=True)
    return lines.assign(
        counted=objects((counted.get(key, []) for key in keys), lines.index),
        why=each(lines, ["period", "need", "have", "days", "whole"], count_words(duty)),
    )


def _owed(duty: Duty, grid: pd.DataFrame, school: pd.DatetimeIndex) -> pd.DataFrame:
    """Return how many records each child owes in each period, where it owes any: its part by the days of school."""
    first = grid["care_from"].where(grid["care_from"] > grid["start"], grid["start"])
    last = (grid["care_until"] - DAY).where(grid["care_until"] <= grid["end"], grid["end"])
    days, whole = (
        pd.Series(school.searchsorted(until, side="right") - school.searchsorted(since), index=grid.index)
        for since, until in ((first, last), (grid["start"], grid["end"]))
    )
    days = days.clip(lower=0)
    need = (2 * duty.at_least * days + whole) // (2 * whole)
    return grid.assign(since=first, due=last, need=need, days=days, whole=whole)[need > 0]


def _helper(duty: Duty, question: Question, children: pd.DataFrame) -> pd.DataFrame:
    """So many helpers for every child in care."""
    lines = _in_care(question, children)
    pairings = register(question.frames, "pairing")
    now = running(pairings, question.on).drop_duplicates(["child", "helper"])
    counted = _listed(now, ["child"])
    ended = pairings[(pairings["role"] == "helper") & (pairings["end"] < moment(question.on))]
    free = (ended.groupby("child")["end"].max() + DAY).rename("free")
    lines = lines.merge(free, how="left", left_on="id", right_index=True)
    lines = lines.assign(counted=objects((counted.get((child,), []) for child in lines["id"]), lines.index))
    have = lines["counted"].map(len).astype("int64")
    later = lines["free"].notna() & (lines["free"] > lines["since"])
    since = lines["since"].where(~later, lines["free"].astype("datetime64[ns]"))
    lines = lines.assign(since=since, due=since, need=duty.at_least, have=have)
    return lines.assign(why=each(lines, ["need", "have"], plain_words("why.helper", duty)))


def _complete(duty: Duty, question: Question, children: pd.DataFrame) -> pd.DataFrame:
    """Named fields of the dossier filled."""
    lines = _in_care(question, children)
    missing = missing_fields(lines, duty.content)
    labels, comma = {field: field_label(field) for field in duty.content}, say("policy.comma")
    named = [comma.join(labels[field] for field in fields) for fields in missing]
    lines = lines.assign(
        due=lines["since"], need=len(duty.content), have=len(duty.content) - missing.map(len).astype("int64"),
        missing=objects(named, lines.index), counted=objects(([child] for child in lines["id"]), lines.index),
    )  # fmt: skip
    return lines.assign(why=each(lines, ["need", "have", "missing"], plain_words("why.complete", duty)))


KINDS: dict[str, Callable[[Duty, Question, pd.DataFrame], pd.DataFrame]] = {
    "count": _count,
    "helper": _helper,
    "complete": _complete,
}


def _none() -> pd.DataFrame:
    """Return no lines, with the columns that all lines have."""
    names = ("id", "duty", "who", "status", "why", "period", "counted", "form")
    kinds = dict.fromkeys(names, "object")
    kinds |= dict.fromkeys(("since", "due"), "datetime64[ns]") | dict.fromkeys(
        ("need", "have", "place"), "int64"
    )
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})


def _in_care(question: Question, children: pd.DataFrame) -> pd.DataFrame:
    """Return the children in care on the day, ``since`` their first day (of the term, if it is not known)."""
    lines = left_behind(children, question.on, question.policy.definition)
    unknown = lines["care_from"] == moment(ALWAYS)
    first = moment(question.term.start if question.term else question.on)
    return lines.assign(since=lines["care_from"].where(~unknown, first), period="")


def _period_frame(periods: Sequence[Period]) -> pd.DataFrame:
    frame = pd.DataFrame(periods, columns=["period", "start", "end"])
    return frame.assign(
        start=pd.to_datetime(frame["start"]).astype("datetime64[ns]"),
        end=pd.to_datetime(frame["end"]).astype("datetime64[ns]"),
        place=range(len(frame)),
    )


def _by_period(records: pd.DataFrame, periods: Sequence[Period]) -> pd.DataFrame:
    """Return the records that lie in one of the periods, with its ``place`` among them."""
    frame = _period_frame(periods)
    place = pd.DatetimeIndex(frame["start"]).searchsorted(records["date"], side="right") - 1
    records = records.assign(place=place)[place >= 0]
    return records[records["date"] <= frame["end"].reindex(records["place"]).array]


def _listed(records: pd.DataFrame, keys: list[str]) -> dict[tuple[Any, ...], list[str]]:
    """Return the ids of records by the values of some columns.

    A plain loop: pandas makes a frame for each group to do the same, at 20 times the cost.
    """
    listed: dict[tuple[Any, ...], list[str]] = {}
    for record, *key in zip(records["id"], *(records[name] for name in keys), strict=True):
        listed.setdefault(tuple(key), []).append(record)
    return listed


def _told(duty: Duty, question: Question, lines: pd.DataFrame) -> pd.DataFrame:
    """Complete the lines of a duty: when due with its days of grace, what status, which form."""
    ends = lines["due"] + pd.Timedelta(days=duty.grace_days)
    late = pd.Series("due", index=lines.index, dtype=object).mask(ends < moment(question.on), "overdue")
    status = late.mask(lines["have"] >= lines["need"], "done")
    lines = lines.assign(
        due=ends, status=status, duty=duty.name, form=duty.record or FORMS.get(duty.kind, "")
    )
    return lines if question.done else lines[lines["status"] != "done"]


def _with_children(
    lines: pd.DataFrame, children: pd.DataFrame, frames: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Put the children's names and classes in, and everything in its order."""
    known = class_names(frames)
    classes = as_strings(children["class"]).map(lambda name: known.get(name, name))
    lines = lines.assign(
        subject=as_strings(lines["id"].map(dict(zip(children["id"], children["name"], strict=True)))),
        subject_id=lines["id"],
        counted=lines["counted"].astype(object),
        rank=lines["status"].map({status: rank for rank, status in enumerate(STATUSES)}),
    )
    lines["class"] = as_strings(lines["id"].map(dict(zip(children["id"], classes, strict=True))))
    lines = lines.sort_values(["rank", "due", "place", "class", "subject", "subject_id"], kind="stable")
    return lines[list(COLUMNS)].reset_index(drop=True)
