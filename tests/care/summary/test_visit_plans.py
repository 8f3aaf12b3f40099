"""Visits planned and what became of them (care/summary/visit_plans.py; W2, requirements 7.16)."""

from datetime import date

import pandas as pd
import pytest

from guanai.care.calendar.school_calendar import Term
from guanai.care.summary.visit_plans import COLUMNS, planned_visits

TERM, ON = Term("秋", date(2026, 9, 1), date(2027, 1, 15)), date(2026, 11, 20)


def plan(*visits, first="2026-10-23", last="2026-10-25", plan_id="p1"):
    return {
        "id": plan_id,
        "class": "一班",
        "date": "2026-10-22",
        "first_day": first,
        "last_day": last,
        "visits": list(visits),
    }


def visit(day, visit_id="v1", mode="door"):
    return {"id": visit_id, "child": "c1", "date": day, "mode": mode}


def home(day=None, child="c1", **values):
    return {"child": child, "planned_on": day, "visitor": "s1", "purpose": "学习"} | values


def table(plans, visits=()):
    frames = {
        "visit_plan": pd.DataFrame(plans),
        "home_visit": pd.DataFrame(list(visits), columns=["id", "child", "date", "mode"]),
        "child": pd.DataFrame([{"id": "c1", "name": "童一", "class": "一班"}]),
        "staff": pd.DataFrame([{"id": "s1", "name": "师一"}]),
    }
    return planned_visits(frames, TERM, ON, ON)


@pytest.mark.parametrize(
    ("plans", "visits", "status", "late"),
    [
        ([plan(home("2026-10-23"))], [], ["missed"], [None]),
        ([plan(home("2026-11-20"), last="2026-12-01")], [], ["open"], [None]),  # today is not yet missed
        ([plan(home("2026-10-23"))], [visit("2026-10-23")], ["done"], [0]),
        ([plan(home("2026-10-24"))], [visit("2026-10-23")], ["done"], [-1]),
        ([plan(home("2026-10-23"))], [visit("2026-10-26")], ["done_late"], [3]),
        ([plan(home())], [visit("2026-10-26")], ["done_late"], [1]),  # no day of its own: the plan's last
        ([plan(home("2026-10-23"))], [visit("2026-10-22")], ["missed"], [None]),  # before the plan began
        (
            [plan(home("2026-10-23"))],
            [visit("2026-10-23", mode=None)],
            ["missed"],
            [None],
        ),  # no evidence (7.14)
        (
            [plan(home("2026-10-23"), home("2026-10-25"))],
            [visit("2026-10-23")],
            ["missed", "done"],
            [None, 0],
        ),
        ([plan(home("2026-10-23"), first="2026-03-01", last="2026-03-05")], [], [], []),  # of another term
        ([plan(home(child=None))], [], [], []),
        ([plan()], [], [], []),
    ],
)
def test_each_planned_visit(plans, visits, status, late):
    planned = table(plans, visits)
    assert planned["outcome"].tolist() == status
    assert [None if pd.isna(days) else days for days in planned["days_late"]] == late


def test_the_columns_also_without_any_plan():
    assert tuple(planned_visits({}, TERM, ON, ON).columns) == COLUMNS
    row = table([plan(home("2026-10-23"))]).iloc[0]
    assert (row["subject"], row["class"], row["visitor"], row["purpose"]) == ("童一", "一班", "师一", "学习")
