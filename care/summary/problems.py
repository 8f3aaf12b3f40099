"""What the visits found: problems by category and class, and follow-ups that are still open (R19, W4)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pandas as pd

from guanai.care.calendar.school_calendar import Term
from guanai.care.duties.due import due
from guanai.care.duties.record_rules import class_names, countable_records
from guanai.care.frames import as_list, as_strings, normalized_frame, object_column
from guanai.care.policy.conditions import names_by_spelling
from guanai.care.policy.duty import Duty, Limit, Trigger
from guanai.care.policy.policy import Policy

__all__ = ["FOLLOW_UP", "by_category", "by_category_and_class", "open_follow_ups", "visit_problems"]

#: What a visit with a day for the follow-up asks for, in a school that has no row for it (R16, W4).
FOLLOW_UP = Duty(
    "", kind="event", records=("home_visit",), trigger=Trigger("home_visit", "follow_up"), limit=Limit(0), weight="promise"
)  # fmt: skip


def visit_problems(frames: Mapping[str, pd.DataFrame], term: Term, on: date) -> pd.DataFrame:
    """Return the problems that the visits of a term found up to a day.

    Columns ``visit``, ``child``, ``date``, ``class``, ``category``: one row per visit and category.
    """
    visits = countable_records(frames, "home_visit", term.start, min(on, term.end))
    lists = object_column(map(as_list, visits["problems"]), visits.index)
    rows = pd.DataFrame(
        {"visit": visits["id"], "child": visits["child"], "date": visits["date"], "category": lists}
    )
    rows = rows.explode("category").dropna(subset="category").drop_duplicates(["visit", "category"])
    return rows.assign(**{"class": _classes(frames, rows["child"])}).reset_index(drop=True)


def by_category(policy: Policy, problems: pd.DataFrame) -> pd.DataFrame:
    """Return how often each problem was found: ``category``, ``label``, ``visits``, ``children``, most first.

    Every category of the school has a row; its words are those of the sheet 类别.
    """
    own = [category.name for category in policy.categories if category.kind == "problems"]
    all_categories = own or list(dict.fromkeys(names_by_spelling("choice.problems").values()))
    names = list(dict.fromkeys([*all_categories, *sorted(problems["category"])]))
    groups = problems.groupby("category")
    visits, children = groups["visit"].nunique(), groups["child"].nunique()
    table = pd.DataFrame(
        {
            "category": pd.Series(names, dtype=object),
            "label": pd.Series([policy.label("problems", name) for name in names], dtype=object),
            "visits": visits.reindex(names).fillna(0).astype("int64").to_numpy(),
            "children": children.reindex(names).fillna(0).astype("int64").to_numpy(),
        }
    )
    return table.sort_values("visits", ascending=False, kind="stable", ignore_index=True)


def by_category_and_class(policy: Policy, problems: pd.DataFrame) -> pd.DataFrame:
    """Return the number of children with a problem by class: ``class`` and one column per category found."""
    table = problems.groupby(["class", "category"])["child"].nunique().unstack(fill_value=0)
    labels = {name: policy.label("problems", name) for name in table.columns}
    return table.rename(columns=labels).rename_axis(columns=None).reset_index()


def open_follow_ups(policy: Policy, frames: Mapping[str, pd.DataFrame], on: date) -> pd.DataFrame:
    """Return the follow-ups that visits promise and that no later visit has answered, earliest first.

    By the school's row of 职责 that asks for them (`FOLLOW_UP` where it has none), so that they are those of the checklist.
    Columns ``visit``, ``child``, ``class``, ``follow_up``, ``follow_up_what``, ``status`` (standing, to_do).
    """
    promised = [duty for duty in policy.duties if duty.kind == "event" and duty.trigger == FOLLOW_UP.trigger]
    row = replace(promised[0] if promised else FOLLOW_UP, in_force=True)
    lines = due(replace(policy, duties=(row,)), frames, on)
    visits = countable_records(frames, "home_visit", date(1900, 1, 1), on)
    visits = visits[visits["follow_up"].notna()].assign(since=visits["date"].dt.normalize())
    keys = {"subject_id": "child", "since": "since", "status": "status"}
    unanswered = visits.merge(lines.rename(columns=keys)[list(keys.values())], on=["child", "since"])
    unanswered = unanswered.drop_duplicates("id")
    table = pd.DataFrame(
        {
            "visit": unanswered["id"],
            "child": unanswered["child"],
            "class": _classes(frames, unanswered["child"]),
            "follow_up": unanswered["follow_up"],
            "follow_up_what": as_strings(unanswered["follow_up_what"]),
            "status": unanswered["status"],
        }
    )
    return table.sort_values(["follow_up", "visit"], kind="stable", ignore_index=True)


def _classes(frames: Mapping[str, pd.DataFrame], children: "pd.Series[str]") -> "pd.Series[str]":
    class_of = normalized_frame(frames, "child").drop_duplicates("id").set_index("id")["class"]
    names = class_names(frames)
    return as_strings(children.map(class_of)).map(lambda name: names.get(name, name)).astype(object)
