"""What is put off or excused (care/duties/deferrals.py, storage/school/due_service.py): seen in the line, counted apart, taken back.

Requirement: what is due stays visible although it is put off or excused, with the reason (7.2, 7.14; 002-3 L217).
"""

from datetime import date, datetime

import pandas as pd
import pytest

from guanai.care.calendar.school_calendar import Calendar, Term
from guanai.care.duties.due import due
from guanai.care.policy.duty import Duty, Limit, Trigger
from guanai.care.policy.policy import Policy

ON = date(2026, 11, 20)
CALENDAR = Calendar((Term("秋", date(2026, 9, 1), date(2027, 1, 15)),))
MONTHLY = Duty("谈心", records=("talk",), per="month", who="helper")
FRAMES = {
    "child": pd.DataFrame(
        [
            {
                "id": "c1",
                "name": "童一",
                "class": "一班",
                "status": "enrolled",
                "eligible": "yes",
                "village": "大坪",
            }
        ]
    ),
    "staff": pd.DataFrame([{"id": "s1", "name": "师一", "role": "subject", "active": "yes"}]),
}


def decision(**values):
    return {
        "id": "d1", "kind": "postpone", "duty": "谈心", "subject_kind": "child", "child": "c1", "subject": None,
        "role": None, "since": "2026-10-01", "until": "2026-12-01", "reason": "孩子住院", "date": "2026-11-01", "by": "s1",
    } | values  # fmt: skip


def lines_of(*decisions, on=ON, duty=MONTHLY, done=True, now=None, **registers):
    policy = Policy(calendar=CALENDAR, duties=(duty,))
    frames = FRAMES | registers | {"deferral": pd.DataFrame(list(decisions))}
    return due(policy, frames, on, done=done, now=now)


def october(*decisions, **options):
    lines = lines_of(*decisions, **options)
    return lines[lines["since"] == "2026-10-01"].iloc[0]


@pytest.mark.parametrize(
    ("decisions", "on", "status", "until"),
    [
        ((), ON, "missed", "2026-10-31"),
        ((decision(),), ON, "postponed", "2026-12-01"),
        ((decision(until="2026-11-20"),), ON, "to_do", "2026-11-20"),  # the day has come
        ((decision(until="2026-11-19"),), ON, "missed", "2026-11-19"),  # and has passed
        (
            (decision(until="2026-10-05", date="2026-10-02"),),
            ON,
            "missed",
            "2026-10-31",
        ),  # never earlier than its own day
        ((decision(kind="excuse", until=None),), ON, "excused", "2026-10-31"),
        ((decision(date="2026-11-21"),), ON, "missed", "2026-10-31"),  # not decided yet
        ((decision(date=None),), ON, "missed", "2026-10-31"),
        ((decision(until=None),), ON, "missed", "2026-10-31"),
        ((decision(since="2026-10-02"),), ON, "missed", "2026-10-31"),  # another line
        ((decision(duty="家访"),), ON, "missed", "2026-10-31"),
        ((decision(subject_kind="guardian"),), ON, "missed", "2026-10-31"),
        ((decision(child="c9"),), ON, "missed", "2026-10-31"),
        ((decision(role="helper"),), ON, "missed", "2026-10-31"),  # the responsible owe it together
        ((decision(), decision(id="d2", kind="excuse", date="2026-11-02")), ON, "excused", "2026-10-31"),
        ((decision(id="d2", kind="excuse", date="2026-11-02"), decision()), ON, "excused", "2026-10-31"),
        ((decision(kind="excuse"), decision(id="d2")), ON, "postponed", "2026-12-01"),  # of one day by its id
    ],
)
def test_a_decision_changes_one_line(decisions, on, status, until):
    line = october(*decisions, on=on)
    assert (line["status"], line["due"]) == (status, pd.Timestamp(until))


def test_a_missed_period_never_hides_the_next():
    lines = lines_of(decision(kind="excuse"))
    assert dict(zip(lines["period"], lines["status"], strict=True)) == {
        "2026年9月": "missed", "2026年10月": "excused", "2026年11月": "to_do",
    }  # fmt: skip


def test_the_line_says_who_decided_when_and_why():
    why = october(decision(reason="<b>住院"))["why"]
    for word in ("推迟到 2026-12-01", "<b>住院", "师一", "2026-11-01"):
        assert word in why
    assert "免办" in october(decision(kind="excuse", by=None, created_by="wang"))["why"]
    assert "wang" in october(decision(kind="excuse", by=None, created_by="wang"))["why"]
    assert october(decision())["deferral"] == "d1"
    assert october()["deferral"] == ""


def test_what_is_put_off_stays_in_the_list_and_what_is_excused_leaves_it():
    assert lines_of(decision(), done=False)["status"].tolist() == ["to_do", "postponed"]
    assert lines_of(decision(kind="excuse"), done=False)["status"].tolist() == ["to_do"]


@pytest.mark.parametrize(
    ("decisions", "returned_on", "expected"),
    [
        pytest.param((), None, ("standing", "2026-11-08"), id="a book"),
        pytest.param((), "2026-11-15", ("late", "2026-11-08"), id="returned too late"),
        pytest.param(({"until": "2026-11-30"},), None, ("postponed", "2026-11-30"), id="put off"),
        pytest.param(({"until": "2026-11-18"},), None, ("standing", "2026-11-18"), id="until a day that has passed"),
        pytest.param(({"until": "2026-11-18"},), "2026-11-15", ("done", "2026-11-18"), id="returned before the later day"),
        pytest.param(({"until": "2026-11-12"},), "2026-11-15", ("late", "2026-11-12"), id="and after it"),
        pytest.param(({"kind": "excuse", "until": None},), None, ("excused", "2026-11-08"), id="excused"),
        pytest.param(({"kind": "excuse", "until": None},), "2026-11-15", ("late", "2026-11-08"), id="returned after all"),
    ],
)  # fmt: skip
def test_a_deferral_moves_the_day_from_which_a_line_stands_over_or_is_late(decisions, returned_on, expected):
    duty = Duty("还书", "state", trigger=Trigger("loan"), content=("returned_on",), limit=Limit(7))
    loan = pd.DataFrame([{"id": "l1", "child": "c1", "date": "2026-11-01", "returned_on": returned_on}])
    decided = [decision(duty="还书", since="2026-11-01", date="2026-11-05") | values for values in decisions]
    line = lines_of(*decided, duty=duty, loan=loan).iloc[0]
    assert (line["status"], line["due"]) == (expected[0], pd.Timestamp(expected[1]))


@pytest.mark.parametrize(
    ("kind", "on", "expected"),
    [
        pytest.param("postpone", date(2026, 11, 13), [], id="put off"),
        pytest.param("excuse", date(2026, 11, 13), ["excused"], id="excused"),
        pytest.param("postpone", date(2026, 12, 2), ["missed"], id="put off, and the day has passed"),
    ],
)
def test_nothing_is_put_off_for_a_child_who_has_left(kind, on, expected):
    child = FRAMES["child"].assign(status="transferred", status_since="2026-11-12")
    lines = lines_of(decision(kind=kind), on=on, child=child)
    assert lines[lines["since"] == "2026-10-01"]["status"].tolist() == expected


def test_a_record_made_after_all_counts_more_than_the_decision():
    talk = pd.DataFrame([{"id": "t1", "child": "c1", "date": "2026-10-09", "by": "s1"}])
    assert october(decision(kind="excuse"), talk=talk)["status"] == "done"


def test_the_responsible_who_owe_it_each_by_itself_are_put_off_one_by_one():
    duty = Duty("谈心", records=("talk",), per="month", by="each", who=("helper", "homeroom"))
    lines = lines_of(decision(role="helper"), duty=duty)
    lines = lines[lines["since"] == "2026-10-01"]
    assert dict(zip(lines["role"], lines["status"], strict=True)) == {
        "helper": "postponed",
        "homeroom": "missed",
    }


def test_a_step_of_an_emergency_cannot_be_put_off():
    duty = Duty(
        "告知",
        "state",
        trigger=Trigger("incident", "found_at"),
        content=("told_at",),
        limit=Limit(30, "minute"),
    )
    incident = pd.DataFrame(
        [{"id": "i1", "child": "c1", "date": "2026-11-20", "found_at": "2026-11-20T08:00", "told_at": None}]
    )
    decided = decision(duty="告知", since="2026-11-20", date="2026-11-20")
    lines = lines_of(decided, duty=duty, incident=incident, now=datetime(2026, 11, 20, 9))
    assert lines["status"].tolist() == ["standing"]


@pytest.fixture
def line(filled):
    open_lines = filled.due()
    return open_lines[(open_lines["status"] == "to_do") & (open_lines["kind"] == "child")].iloc[0]


def test_a_line_of_a_school_is_put_off_and_taken_back(filled, line):
    """Both decisions are in the history, who and when; nothing is ever deleted for good."""
    before = filled.due()
    answers = filled.duties.deferral_of(line) | {"kind": "postpone", "until": "2026-12-01", "reason": "住院"}
    saved = filled.save("deferral", answers)
    now = filled.duties.line(line["duty"], "child", line["subject_id"], str(line["since"])[:10], line["role"])
    assert (now["status"], now["deferral"]) == ("postponed", saved["id"])
    assert "测试老师" in now["why"] or "住院" in now["why"]
    assert len(filled.due()) == len(before)
    assert filled.duties.deferrals()["state"].tolist() == ["holds"]
    filled.save("deferral", dict(saved) | {"kind": "excuse", "until": None})
    assert len(filled.due()) == len(before) - 1
    assert [change.by for change in filled.history("deferral", saved["id"])] == ["测试老师"] * 2
    filled.delete("deferral", saved["id"])
    pd.testing.assert_frame_equal(filled.due(), before)
    assert [change.before["reason"] for change in filled.deletions("deferral")] == ["住院"]
    assert filled.duties.deferrals().empty


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"kind": "postpone"}, "until"),
        ({"kind": "postpone", "until": "2026-11-20"}, "until"),
        ({"kind": "excuse", "reason": ""}, "reason"),
    ],
)
def test_a_decision_needs_a_reason_and_a_later_day(filled, line, answers, field):
    from guanai.care.errors import RecordError

    with pytest.raises(RecordError) as refused:
        filled.save(
            "deferral", filled.duties.deferral_of(line) | {"reason": "住院", "date": "2026-11-20"} | answers
        )
    assert field in refused.value.fields
