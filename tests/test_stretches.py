"""From when until when a child was left-behind (care/stretches.py): children who change in mid-period owe their part."""

from datetime import date

import pandas as pd
import pytest

from guanai.care.calendars import Calendar, Term
from guanai.care.duties import due
from guanai.care.eligibility import care_spans
from guanai.care.policies import Policy
from guanai.care.rules import Duty

BACK, AWAY = "home", "away"


def child(father=AWAY, mother=AWAY, **values):
    return {
        "id": "c1", "name": "童一", "class": "一班", "status": "enrolled", "registered_on": "2026-09-01",
        "birth_date": "2016-05-04", "father_status": father, "mother_status": mother, "eligible": "yes",
    } | values  # fmt: skip


def change(day, before, field="father_status"):
    return {"id": day, "child": "c1", "date": day, "field": field, "before": before, "after": None}


@pytest.mark.parametrize(
    ("now", "changes", "since", "until"),
    [
        (child(), [], "2026-09-01", "2032-05-04"),
        (child(), [change("2026-10-05", AWAY)], "2026-09-01", "2032-05-04"),  # nothing became other
        (child(BACK), [change("2026-10-05", AWAY)], "2026-09-01", "2026-10-05"),  # a parent came home
        (child(), [change("2026-10-05", BACK)], "2026-10-05", "2032-05-04"),  # a parent left
        (child(), [change("2026-10-05", "")], "2026-09-01", "2032-05-04"),  # it became known: no change
        (child(), [change("2026-10-05", None)], "2026-09-01", "2032-05-04"),
        (
            child(),
            [change("2026-10-05", AWAY), change("2026-10-20", BACK)],
            "2026-10-20",
            "2032-05-04",
        ),  # back and away again
        (child(BACK), [change("2026-10-05", BACK), change("2026-10-20", AWAY)], "2026-10-05", "2026-10-20"),
        (
            child(BACK),
            [change("2026-10-05", AWAY), change("2026-10-05", BACK)],
            "2026-09-01",
            "2026-10-05",
        ),  # twice in a day
        (
            child(status="returned", status_since="2026-10-01"),
            [change("2026-10-05", BACK)],
            "2026-10-05",
            "2026-10-01",
        ),
        (child(), [change("2026-08-05", BACK)], "2026-09-01", "2032-05-04"),  # before it was registered
        (child(BACK), [change("2026-10-05", AWAY, "phone")], None, None),  # another field says nothing
        (child(BACK), [change("2026-10-05", BACK)], None, None),  # never left-behind
    ],
)
def test_the_days_in_care(now, changes, since, until):
    spans = care_spans(pd.DataFrame([now]), "13", pd.DataFrame(changes or [], columns=list(change("", ""))).assign(
        date=lambda frame: pd.to_datetime(frame["date"])
    ))  # fmt: skip
    if since is None:
        assert spans.empty
    else:
        assert spans["care_from"].tolist() == [pd.Timestamp(since)]
        assert spans["care_until"].tolist() == [pd.Timestamp(until)]


@pytest.mark.parametrize(
    ("left_on", "periods"),
    [("2026-09-14", [2, 3, 4]), ("2026-09-16", [2, 3, 4]), ("2026-09-17", [3, 4]), ("2026-10-30", [])],
)
def test_who_becomes_left_behind_in_mid_term_owes_the_weeks_from_then_on(left_on, periods):
    """The rule written out: half a week or more of it is the whole talk, less is none."""
    calendar = Calendar((Term("秋", date(2026, 9, 7), date(2026, 9, 30)),))
    policy = Policy(calendar=calendar, duties=(Duty("谈心", records=("talk",), per="week"),))
    frames = {"child": pd.DataFrame([child()]), "change": pd.DataFrame([change(left_on, BACK)])}
    lines = due(policy, frames, date(2026, 9, 30))
    assert [int("".join(filter(str.isdigit, name))) for name in lines["period"]] == periods
