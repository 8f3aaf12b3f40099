"""Planned visits and their outcome (W2; requirements 7.16: planned dates against done dates)."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pandas as pd

from guanai.care.calendar.school_calendar import Term
from guanai.care.duties.record_rules import class_names, countable_records
from guanai.care.frames import as_strings, as_timestamps, is_empty, normalized_frame, timestamp

__all__ = ["COLUMNS", "OUTCOMES", "planned_visits"]

COLUMNS = (
    "plan",
    "child",
    "subject",
    "class",
    "visitor",
    "purpose",
    "first",
    "planned_on",
    "done_on",
    "visit",
    "days_late",
    "outcome",
)
OUTCOMES = ("missed", "open", "done_late", "done")


def planned_visits(frames: Mapping[str, pd.DataFrame], term: Term, until: date, on: date) -> pd.DataFrame:
    """Return the visits that plans of a term name, one row per plan and home: what was missed first, then by day.

    The day planned is that of the home, else the last day of its plan. Done is the first visit to the child that
    counts from the plan's first day on (of the plan itself, where that is empty), each visit answering one planned
    one of the child. Columns: plan (id), child (id), subject (its name), class, visitor (name), purpose, first,
    planned_on and done_on (datetime64), visit (id, "" for none), days_late (days after the day planned, NA while it is
    not done), outcome (missed: the day has passed; open; done; done_late). ``until`` bounds the visits, ``on`` is
    the day by which a planned one is missed.
    """
    homes = pd.DataFrame(
        list(_planned_homes(normalized_frame(frames, "visit_plan"), term)),
        columns=[*COLUMNS[:2], "visitor", "purpose", "first", "planned_on"],
    )
    homes = homes.sort_values(["planned_on", "first", "plan"], kind="stable", ignore_index=True)
    visits = countable_records(frames, "home_visit", term.start, until).sort_values(["date", "id"])
    by_child: dict[str, list[tuple[pd.Timestamp, str]]] = {}
    for child, day, visit in zip(visits["child"], visits["date"], visits["id"], strict=True):
        by_child.setdefault(child, []).append((day, visit))
    answers = [
        _take_first_visit(by_child.get(child, []), first)
        for child, first in zip(homes["child"], homes["first"], strict=True)
    ]
    done = pd.Series([day for day, _ in answers], index=homes.index, dtype="datetime64[ns]")
    planned_on = homes["planned_on"].astype("datetime64[ns]")
    days_late = (done - planned_on).dt.days.astype("Int64")
    status = pd.Series("open", index=homes.index, dtype=object)
    status = (
        status.mask(planned_on < timestamp(on), "missed")
        .mask(done.notna(), "done")
        .mask(done > planned_on, "done_late")
    )
    children = normalized_frame(frames, "child").drop_duplicates("id").set_index("id")
    class_name_of = class_names(frames)
    staff = normalized_frame(frames, "staff").drop_duplicates("id").set_index("id")["name"]
    table = homes.assign(
        subject=as_strings(homes["child"].map(children["name"])),
        visitor=as_strings(homes["visitor"].map(staff)),
        first=homes["first"].astype("datetime64[ns]"), planned_on=planned_on, done_on=done,
        visit=pd.Series([visit for _, visit in answers], index=homes.index, dtype=object), days_late=days_late, outcome=status,
    )  # fmt: skip
    table["class"] = (
        as_strings(homes["child"].map(children["class"]))
        .map(lambda name: class_name_of.get(name, name))
        .astype(object)
    )
    rank = table["outcome"].map({name: position for position, name in enumerate(OUTCOMES)}).astype("int64")
    table = table.assign(rank=rank).sort_values(["rank", "planned_on", "class", "subject"], kind="stable")
    return table[list(COLUMNS)].reset_index(drop=True)


def _planned_homes(plans: pd.DataFrame, term: Term) -> Iterator[tuple[Any, ...]]:
    """Yield each home of the plans that begin in a term: plan, child, visitor, purpose, first day, day planned."""
    if "visits" not in plans or "first_day" not in plans:
        return
    first = as_timestamps(plans["first_day"]).fillna(plans["date"])
    last = as_timestamps(plans["last_day"]) if "last_day" in plans else first
    inside = (first >= timestamp(term.start)) & (first <= timestamp(term.end))
    for plan, begin, end, rows in zip(
        plans["id"][inside], first[inside], last.fillna(first)[inside], plans["visits"][inside], strict=True
    ):
        for row in rows if isinstance(rows, list) else []:
            if is_empty(row.get("child")):
                continue
            own = as_timestamps(pd.Series([row.get("planned_on")], dtype=object)).iloc[0]
            day = end if is_empty(own) else own
            yield plan, row["child"], row.get("visitor"), row.get("purpose") or "", begin, day


def _take_first_visit(
    visits: list[tuple[pd.Timestamp, str]], first: pd.Timestamp
) -> tuple[pd.Timestamp | None, str]:
    """Return the first visit from a day on, and remove it from the list."""
    for position, (day, visit) in enumerate(visits):
        if day >= first:
            del visits[position]
            return day, visit
    return None, ""
