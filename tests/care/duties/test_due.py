"""What is due, as tables of cases (requirements 2A, 7.2, 7.5, 7.14; 002-1, 004).

D1 a record counts in the period of its own date, with date (and mode), meeting the condition
D2 a child owes its part of a period by the days of school
D3 a line is missed or stands over from the day on; a missed period never hides or blocks the next
D4 every line says duty, whose, by whom, since when, until when, why, and what was counted
D5 holidays suspend weeks
"""

from datetime import date

import pandas as pd
import pytest

from guanai.care.calendar.school_calendar import Calendar, Holiday, Term
from guanai.care.duties.due import COLUMNS, STATUSES, due
from guanai.care.policy.conditions import parse_condition
from guanai.care.policy.policy import Duty, Policy

# 1 September 2026 is a Tuesday; the term has 20 weeks and runs over new year.
TERM = Term("秋", date(2026, 9, 1), date(2027, 1, 16))
SPRING = Term("春", date(2027, 2, 22), date(2027, 7, 4))
NATIONAL = Holiday("国庆节", date(2026, 10, 1), date(2026, 10, 9))  # with the whole week of 5 October
CALENDAR = Calendar((TERM, SPRING), (NATIONAL,))

VISITS = Duty("家访", records=("home_visit",), at_least=2, per="term", who="homeroom", source="002-1 L27")
TALKS = Duty("谈心", records=("talk",), by="helper", per="week", who="helper", source="002-1 L49")
CALLS = Duty("通话", records=("call",), per="month", who="helper", grace_days=3)
HELPER = Duty("帮扶", kind="helper", who="coordinator", grace_days=14)
DOSSIER = Duty("建档", kind="complete", content=("address", "father_phone/mother_phone"), grace_days=7)


def child(**answers):
    return {
        "id": "x1", "name": "童一", "class": "三1班", "eligible": "yes", "status": "enrolled",
        "registered_on": "2026-08-25", "birth_date": "2016-02-29", "father_status": "away", "mother_status": "away",
    } | answers  # fmt: skip


def frames(children=(), **registers):
    usual = {
        "child": pd.DataFrame(list(children) or [child()]),
        "class": pd.DataFrame([{"id": "k1", "name": "三1班", "grade": 3, "homeroom": "s1", "pupils": 40}]),
        "staff": pd.DataFrame(
            [
                {"id": "s1", "name": "班老师", "role": "homeroom", "active": "yes"},
                {"id": "s2", "name": "帮老师", "role": "subject", "active": "yes"},
                {"id": "s3", "name": "德老师", "role": "coordinator", "active": "yes"},
            ]
        ),
        "pairing": pd.DataFrame(
            [{"id": "p1", "child": "x1", "role": "helper", "helper": "s2", "start": "2026-09-01"}]
        ),
    }
    return usual | {name: pd.DataFrame(rows) for name, rows in registers.items()}


def lines_of(duty, registers, on, done=True, calendar=CALENDAR):
    return due(Policy(calendar=calendar, duties=(duty,)), registers, on, done=done)


def visit(number, day, **answers):
    return {"id": f"v{number}", "child": "x1", "date": day, "mode": "door", "visitors": ["s1"]} | answers


def talk(number, day, by="s2", who="x1"):
    return {"id": f"t{number}", "child": who, "date": day, "by": by}


# D1


@pytest.mark.parametrize(
    ("visits", "have"),
    [
        pytest.param([], 0, id="none"),
        pytest.param(
            [visit(1, "2026-09-01"), visit(2, "2027-01-16")], 2, id="first and last day of the term"
        ),
        pytest.param([visit(1, "2026-08-31"), visit(2, "2027-01-17")], 0, id="the days outside"),
        pytest.param([visit(1, None)], 0, id="7.14 without a date"),
        pytest.param([visit(1, "2026-10-12", mode=None)], 0, id="7.14 without a mode"),
        pytest.param([visit(1, "2026-10-12", mode="phone")], 1, id="7.14 by telephone counts"),
        pytest.param([visit(1, "2026-10-12", child="x9")], 0, id="of another child"),
        pytest.param(
            [visit(1, date(2026, 10, 12)), visit(2, "2026-10-12")], 2, id="two on a day, kinds of dates mixed"
        ),
    ],
)
def test_records_of_a_term(visits, have):
    lines = lines_of(VISITS, frames(home_visit=visits), TERM.end)
    assert lines["have"].tolist() == [have]
    assert lines["status"].tolist() == ["done" if have >= 2 else "to_do"]


@pytest.mark.parametrize(
    ("condition", "counted"),
    [
        ("", ["v1", "v2", "v3"]),
        ("mode in door, school", ["v1", "v3"]),
        ("方式 = 走进家庭, 家长到校", ["v1", "v3"]),
        ("mode != phone；slot = evening", ["v3"]),
        ("problems = study", ["v2"]),
        ("no_such_field = 1", []),
    ],
)
def test_a_record_counts_when_it_meets_the_condition(condition, counted):
    visits = [
        visit(1, "2026-10-12"),
        visit(2, "2026-10-13", mode="phone", problems=["study", "life"]),
        visit(3, "2026-10-14", mode="school", slot="evening"),
    ]
    duty = Duty("家访", records=("home_visit",), at_least=3, condition=parse_condition(condition))
    lines = lines_of(duty, frames(home_visit=visits), date(2026, 11, 2))
    assert lines["counted"].tolist() == [counted]


@pytest.mark.parametrize(
    ("by", "author", "have"),
    [
        ("helper", "s2", 1),
        ("helper", "s1", 0),
        ("helper", None, 0),
        ("homeroom", "s1", 1),
        ("homeroom", "s2", 0),
        ("", "s9", 1),
    ],
)
def test_whose_record_counts(by, author, have):
    duty = Duty("谈心", records=("talk",), by=by, per="term")
    lines = lines_of(duty, frames(talk=[talk(1, "2026-10-12", author)]), date(2026, 11, 2))
    assert lines["have"].tolist() == [have]


def test_a_visit_is_by_any_of_its_visitors():
    duty = Duty("家访", records=("home_visit",), by="homeroom")
    visits = [visit(1, "2026-10-12", visitors=["s2", "s1"]), visit(2, "2026-10-13", visitors="s2 s3")]
    assert lines_of(duty, frames(home_visit=visits), date(2026, 11, 2))["counted"].tolist() == [["v1"]]


def test_the_helper_of_the_day_of_the_talk_counts_also_after_a_change():
    pairs = [
        {
            "id": "p1",
            "child": "x1",
            "role": "helper",
            "helper": "s2",
            "start": "2026-09-01",
            "end": "2026-10-31",
        },
        {"id": "p2", "child": "x1", "role": "helper", "helper": "s1", "start": "2026-11-01", "end": None},
        {"id": "p3", "child": "x1", "role": "peer", "helper": None, "start": "2026-09-01", "end": None},
    ]
    talks = [talk(1, "2026-10-31", "s2"), talk(2, "2026-11-01", "s2"), talk(3, "2026-11-01", "s1")]
    lines = lines_of(
        Duty("谈心", records=("talk",), by="helper"), frames(pairing=pairs, talk=talks), date(2026, 11, 2)
    )
    assert lines["counted"].tolist() == [["t1", "t3"]]


def test_records_of_several_registers_count_together_and_none_from_after_the_day():
    duty = Duty("联系", records=("call", "home_visit"), at_least=2, source="004 四(二)")
    registers = frames(
        call=[{"id": "c1", "child": "x1", "date": "2026-10-12", "by": "s2"}],
        home_visit=[visit(1, "2026-10-20")],
    )
    assert lines_of(duty, registers, date(2026, 10, 19))["counted"].tolist() == [["c1"]]
    assert lines_of(duty, registers, date(2026, 10, 20))["counted"].tolist() == [["c1", "v1"]]


# D2


@pytest.mark.parametrize(
    ("answers", "need"),
    [
        pytest.param({}, [2], id="the whole term"),
        pytest.param({"registered_on": "2026-09-20"}, [2], id="most of it"),
        pytest.param({"registered_on": "2026-11-15"}, [1], id="less than half of it"),
        pytest.param({"registered_on": "2027-01-15"}, [], id="registered on the last day of school"),
        pytest.param({"registered_on": "2027-01-16"}, [], id="registered on the last day"),
        pytest.param({"status": "transferred", "status_since": "2026-11-15"}, [1], id="left in mid-term"),
        pytest.param(
            {"status": "returned", "status_since": "2026-09-02"},
            [],
            id="a parent came home on the second day",
        ),
        pytest.param({"status": "transferred"}, [], id="left, nobody knows when"),
        pytest.param({"birth_date": "2010-11-15"}, [1], id="sixteen in mid-term"),
        pytest.param({"birth_date": "2010-09-01"}, [], id="sixteen on the first day"),
        pytest.param({"birth_date": "2012-02-29"}, [2], id="born on 29 February"),
        pytest.param({"mother_status": "home"}, [], id="not left-behind by 国发13号"),
    ],
)
def test_a_child_owes_its_part_of_a_term(answers, need):
    assert lines_of(VISITS, frames([child(**answers)]), TERM.end)["need"].tolist() == need


@pytest.mark.parametrize(
    ("registered", "weeks"),
    [
        pytest.param("2026-11-09", [9, 16], id="Monday: the whole week"),
        pytest.param("2026-11-11", [11, 16], id="Wednesday: three days of five, owed"),
        pytest.param("2026-11-12", [16], id="Thursday: two of five, not owed"),
        pytest.param("2026-11-15", [16], id="Sunday"),
    ],
)
def test_a_child_owes_a_week_from_half_of_it_on(registered, weeks):
    lines = lines_of(TALKS, frames([child(registered_on=registered)]), date(2026, 11, 20))
    assert sorted(day.day for day in lines["since"]) == weeks


@pytest.mark.parametrize(
    ("registered", "owed"),
    [("2026-11-08", True), ("2026-11-09", True), ("2026-11-10", False)],
    ids=["the day before", "that day", "the day after"],
)
def test_who_is_not_yet_registered_owes_nothing_yet(registered, owed):
    lines = lines_of(TALKS, frames([child(registered_on=registered)]), date(2026, 11, 9))
    assert lines["period"].tolist() == (["第11周"] if owed else [])


def test_who_turns_sixteen_in_mid_week_owes_up_to_the_day_before():
    lines = lines_of(TALKS, frames([child(birth_date="2010-11-12")]), date(2026, 11, 20))
    assert lines["due"].max() == pd.Timestamp("2026-11-11")  # Monday to Wednesday of that week, then no more
    assert lines.loc[lines["due"].idxmax(), "why"].count("3 天") == 1


# D3


def test_a_missed_week_neither_hides_nor_blocks_the_next():
    on = date(2026, 9, 24)  # the Thursday of the fourth week
    registers = frames(talk=[talk(1, "2026-09-09")])
    lines = lines_of(TALKS, registers, on)
    assert list(zip(lines["period"], lines["status"], strict=True)) == [
        ("第4周", "to_do"), ("第1周", "missed"), ("第3周", "missed"), ("第2周", "done"),
    ]  # fmt: skip
    assert lines_of(TALKS, registers, on, done=False)["period"].tolist() == ["第4周"]


@pytest.mark.parametrize(
    ("on", "status"),
    [
        pytest.param(date(2026, 9, 30), "to_do", id="last day of the month"),
        pytest.param(date(2026, 10, 3), "to_do", id="last day of grace"),
        pytest.param(date(2026, 10, 4), "missed", id="the day after"),
    ],
)
def test_a_month_is_missed_after_the_days_of_grace(on, status):
    september = lines_of(CALLS, frames(), on).set_index("period").loc["2026年9月"]
    assert (september["status"], september["due"]) == (status, pd.Timestamp("2026-10-03"))


@pytest.mark.parametrize(
    ("on", "since"),
    [
        pytest.param(date(2026, 8, 31), [], id="before the first term: nothing"),
        pytest.param(date(2027, 1, 16), ["2026-09-01"], id="last day of the term"),
        pytest.param(date(2027, 2, 1), ["2026-09-01"], id="in the winter holidays: the last term"),
        pytest.param(date(2027, 2, 22), ["2027-02-22"], id="first day of the next: that term"),
    ],
)
def test_the_term_that_is_looked_at(on, since):
    lines = lines_of(VISITS, frames(), on)
    assert [str(day.date()) for day in lines["since"]] == since


def test_what_stands_over_comes_first_then_what_is_to_do_by_day_and_in_the_order_of_the_duties():
    policy = Policy(calendar=CALENDAR, duties=(VISITS, TALKS, CALLS, DOSSIER))
    children = [child(), child(id="x2", name="童二")]
    lines = due(policy, frames(children), date(2026, 10, 20), done=True)
    positions = lines["status"].map(list(STATUSES).index)
    assert positions.is_monotonic_increasing and positions.nunique() > 2
    for _, of_a_status in lines.groupby("status"):
        assert of_a_status["due"].is_monotonic_increasing
    to_do = lines[lines["status"] == "to_do"]
    assert list(zip(to_do["duty"], to_do["subject"], strict=True)) == [
        (duty, name) for duty in ("谈心", "通话", "家访") for name in ("童一", "童二")
    ]
    shuffled = frames(children[::-1])
    pd.testing.assert_frame_equal(lines, due(policy, shuffled, date(2026, 10, 20), done=True))


# D4


def test_the_columns_of_a_line():
    assert COLUMNS == (
        "duty", "subject", "subject_id", "who", "due", "since", "status", "why", "period", "need", "have", "counted", "class",
        "village", "form", "kind", "role", "deferral", "who_ids", "weight", "met_at", "nobody",
    )  # fmt: skip
    assert tuple(lines_of(TALKS, frames(), TERM.end).columns) == COLUMNS


def test_a_line_says_everything():
    registers = frames(talk=[talk(1, "2026-09-09")])
    duty = Duty(
        "谈心", records=("talk",), by="helper", at_least=2, per="week", who="helper", source="002-1 L49"
    )
    line = lines_of(duty, registers, date(2026, 9, 14)).set_index("period").loc["第2周"]
    assert line.drop(["why", "met_at"]).to_dict() == {
        "duty": "谈心", "subject": "童一", "subject_id": "x1", "who": "帮老师", "class": "三1班", "form": "talk",
        "since": pd.Timestamp("2026-09-07"), "due": pd.Timestamp("2026-09-13"), "status": "missed",
        "need": 2, "have": 1, "counted": ["t1"], "kind": "child", "village": "", "role": "", "deferral": "",
        "who_ids": ["s2"], "weight": "ordinary", "nobody": "",
    }  # fmt: skip
    assert pd.isna(line["met_at"])
    assert line["why"] == "002-1 L49：第2周应有帮扶教师所作的谈心 2 次，已有 1 次"


@pytest.mark.parametrize(
    ("who", "names", "ids", "nobody"),
    [
        pytest.param("helper", "帮老师", ["s2"], "", id="helper"),
        pytest.param("homeroom", "班老师", ["s1"], "", id="class teacher"),
        pytest.param("coordinator", "德老师", ["s3"], "", id="coordinator"),
        pytest.param(("helper", "homeroom"), "班老师、帮老师", ["s1", "s2"], "", id="two"),
        pytest.param("counsellor", "", [], "counsellor", id="a vacant post"),
        pytest.param(
            ("counsellor", "homeroom"), "班老师", ["s1"], "", id="a vacant post and a class teacher"
        ),
        pytest.param("", "", [], "", id="the row names nobody"),
    ],
)
def test_who_is_responsible(who, names, ids, nobody):
    line = lines_of(Duty("家访", records=("home_visit",), who=who), frames(), TERM.start).iloc[0]
    assert (line["who"], line["who_ids"], line["nobody"]) == (names, ids, nobody)


def test_several_helpers_are_all_named():
    pairs = [
        {"id": "p1", "child": "x1", "role": "helper", "helper": "s2", "start": "2026-09-01"},
        {"id": "p2", "child": "x1", "role": "helper", "helper": "s1", "start": "2026-09-01"},
    ]
    duty = Duty("谈心", records=("talk",), who="helper")
    assert lines_of(duty, frames(pairing=pairs), TERM.start)["who"].tolist() == ["班老师、帮老师"]


@pytest.mark.parametrize(
    ("who", "registers", "nobody"),
    [
        pytest.param("helper", {"pairing": []}, "helper", id="the child has no helper"),
        pytest.param("homeroom", {"child": [child(**{"class": "四1班"})]}, "homeroom", id="a class that is not there"),
        pytest.param("homeroom", {"class": [{"id": "k1", "name": "三1班", "grade": 3, "homeroom": None, "pupils": 40}]}, "homeroom", id="a class without a teacher"),
    ],
)  # fmt: skip
def test_a_line_of_nobody_says_why(who, registers, nobody):
    line = lines_of(Duty("谈心", records=("talk",), who=who), frames(**registers), TERM.start).iloc[0]
    assert (line["who"], line["who_ids"], line["nobody"]) == ("", [], nobody)


def test_a_class_may_stand_in_the_dossier_by_its_id():
    lines = lines_of(VISITS, frames([child(**{"class": "k1"})]), TERM.start)
    assert (lines["class"].tolist(), lines["who"].tolist()) == (["三1班"], ["班老师"])


# D5


def test_holidays_suspend_weeks():
    lines = lines_of(TALKS, frames(), date(2026, 10, 16))
    assert "第6周" not in set(lines["period"])
    assert {"第5周", "第7周"} <= set(lines["period"])
    inside = lines_of(TALKS, frames(talk=[talk(1, "2026-10-06")]), date(2026, 10, 16))
    assert inside["have"].sum() == 0  # a talk in the holidays is of no week


def test_a_term_that_is_all_holidays_owes_nothing():
    calendar = Calendar((TERM,), (Holiday("停课", TERM.start, TERM.end),))
    for duty in (VISITS, TALKS, CALLS):
        assert lines_of(duty, frames(), TERM.end, calendar=calendar).empty


# The whole


@pytest.mark.parametrize("done", [False, True])
def test_an_empty_school_has_the_same_columns(done):
    policy = Policy(calendar=CALENDAR, duties=(VISITS, TALKS, CALLS, HELPER, DOSSIER))
    full = due(policy, frames(), TERM.end, done=done)
    for registers in ({}, {name: frame.iloc[:0] for name, frame in frames().items()}):
        lines = due(policy, registers, TERM.end, done=done)
        assert tuple(lines.columns) == COLUMNS
        assert lines.empty
        assert lines["due"].dtype == full["due"].dtype
    assert due(Policy(), frames(), TERM.end).empty


def test_the_frames_are_left_as_they_were():
    registers = frames(talk=[talk(1, "2026-09-09")])
    before = {name: frame.copy(deep=True) for name, frame in registers.items()}
    due(Policy(calendar=CALENDAR, duties=(VISITS, TALKS, HELPER, DOSSIER)), registers, TERM.end)
    for name, frame in registers.items():
        pd.testing.assert_frame_equal(frame, before[name])
