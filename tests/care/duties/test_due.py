"""What is due, as tables of cases (design 6; requirements 2A, 7.2, 7.5, 7.14; 002-1, 004).

D1 a record counts in the period of its own date, with date (and mode), meeting the condition
D2 a child owes its part of a period by the days of school
D3 overdue is derived from the day; a missed period never hides or blocks the next
D4 every line says duty, whose, by whom, since when, until when, why, and what was counted
D5 holidays suspend weeks
D6 helper and dossier: due after their days of grace
"""

from datetime import date, timedelta

import pandas as pd
import pytest

from guanai.care.calendar.school_calendar import Calendar, Holiday, Term
from guanai.care.duties.due import COLUMNS, due
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
    made = {
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
    return made | {name: pd.DataFrame(rows) for name, rows in registers.items()}


def lines(duty, registers, on, done=True, calendar=CALENDAR):
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
    found = lines(VISITS, frames(home_visit=visits), TERM.end)
    assert found["have"].tolist() == [have]
    assert found["status"].tolist() == ["done" if have >= 2 else "due"]


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
    found = lines(duty, frames(home_visit=visits), date(2026, 11, 2))
    assert found["counted"].tolist() == [counted]


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
    found = lines(duty, frames(talk=[talk(1, "2026-10-12", author)]), date(2026, 11, 2))
    assert found["have"].tolist() == [have]


def test_a_visit_is_by_any_of_its_visitors():
    duty = Duty("家访", records=("home_visit",), by="homeroom")
    visits = [visit(1, "2026-10-12", visitors=["s2", "s1"]), visit(2, "2026-10-13", visitors="s2 s3")]
    assert lines(duty, frames(home_visit=visits), date(2026, 11, 2))["counted"].tolist() == [["v1"]]


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
    found = lines(
        Duty("谈心", records=("talk",), by="helper"), frames(pairing=pairs, talk=talks), date(2026, 11, 2)
    )
    assert found["counted"].tolist() == [["t1", "t3"]]


def test_records_of_several_registers_count_together_and_none_from_after_the_day():
    duty = Duty("联系", records=("call", "home_visit"), at_least=2, source="004 四(二)")
    registers = frames(
        call=[{"id": "c1", "child": "x1", "date": "2026-10-12", "by": "s2"}],
        home_visit=[visit(1, "2026-10-20")],
    )
    assert lines(duty, registers, date(2026, 10, 19))["counted"].tolist() == [["c1"]]
    assert lines(duty, registers, date(2026, 10, 20))["counted"].tolist() == [["c1", "v1"]]


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
    assert lines(VISITS, frames([child(**answers)]), TERM.end)["need"].tolist() == need


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
    found = lines(TALKS, frames([child(registered_on=registered)]), date(2026, 11, 20))
    assert [day.day for day in found["since"]] == weeks


@pytest.mark.parametrize(
    ("registered", "owed"),
    [("2026-11-08", True), ("2026-11-09", True), ("2026-11-10", False)],
    ids=["the day before", "that day", "the day after"],
)
def test_who_is_not_yet_registered_owes_nothing_yet(registered, owed):
    found = lines(TALKS, frames([child(registered_on=registered)]), date(2026, 11, 9))
    assert found["period"].tolist() == (["第11周"] if owed else [])


def test_who_turns_sixteen_in_mid_week_owes_up_to_the_day_before():
    found = lines(TALKS, frames([child(birth_date="2010-11-12")]), date(2026, 11, 20))
    assert found["due"].max() == pd.Timestamp("2026-11-11")  # Monday to Wednesday of that week, then no more
    assert found.loc[found["due"].idxmax(), "why"].count("3 天") == 1


# D3


def test_a_missed_week_neither_hides_nor_blocks_the_next():
    on = date(2026, 9, 24)  # the Thursday of the fourth week
    registers = frames(talk=[talk(1, "2026-09-09")])
    found = lines(TALKS, registers, on)
    assert list(zip(found["period"], found["status"], strict=True)) == [
        ("第1周", "overdue"), ("第3周", "overdue"), ("第4周", "due"), ("第2周", "done"),
    ]  # fmt: skip
    later = lines(TALKS, frames(talk=[talk(1, "2026-09-09"), talk(2, "2026-09-24")]), on, done=False)
    assert later["period"].tolist() == ["第1周", "第3周"]


@pytest.mark.parametrize(
    ("on", "status"),
    [
        pytest.param(date(2026, 9, 30), "due", id="last day of the month"),
        pytest.param(date(2026, 10, 3), "due", id="last day of grace"),
        pytest.param(date(2026, 10, 4), "overdue", id="the day after"),
    ],
)
def test_overdue_begins_after_the_days_of_grace(on, status):
    september = lines(CALLS, frames(), on).set_index("period").loc["2026年9月"]
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
    found = lines(VISITS, frames(), on)
    assert [str(day.date()) for day in found["since"]] == since


def test_overdue_stands_first_by_day_then_what_is_due_in_the_order_of_the_duties():
    policy = Policy(calendar=CALENDAR, duties=(VISITS, TALKS, CALLS))
    found = due(policy, frames([child(), child(id="x2", name="童二")]), date(2026, 10, 20))
    overdue = found[found["status"] == "overdue"]
    assert found["status"].tolist() == ["overdue"] * len(overdue) + ["due"] * (len(found) - len(overdue))
    assert overdue["due"].is_monotonic_increasing
    shuffled = frames([child(id="x2", name="童二"), child()])
    pd.testing.assert_frame_equal(found, due(policy, shuffled, date(2026, 10, 20)))


# D4


def test_a_line_says_everything():
    registers = frames(talk=[talk(1, "2026-09-09")])
    duty = Duty(
        "谈心", records=("talk",), by="helper", at_least=2, per="week", who="helper", source="002-1 L49"
    )
    line = lines(duty, registers, date(2026, 9, 14)).set_index("period").loc["第2周"]
    assert line.drop("why").to_dict() == {
        "duty": "谈心", "subject": "童一", "subject_id": "x1", "who": "帮老师", "class": "三1班", "form": "talk",
        "since": pd.Timestamp("2026-09-07"), "due": pd.Timestamp("2026-09-13"), "status": "overdue",
        "need": 2, "have": 1, "counted": ["t1"], "kind": "child", "village": "", "role": "", "deferral": "",
    }  # fmt: skip
    assert line["why"] == "002-1 L49：第2周应有帮扶教师所作的谈心 2 次，已有 1 次"


@pytest.mark.parametrize(
    ("who", "names"),
    [("helper", "帮老师"), ("homeroom", "班老师"), ("coordinator", "德老师"), ("counsellor", ""), ("", "")],
)
def test_who_is_responsible(who, names):
    assert lines(Duty("家访", records=("home_visit",), who=who), frames(), TERM.start)["who"].tolist() == [
        names
    ]


def test_several_helpers_are_all_named_and_none_is_nobody():
    pairs = [
        {"id": "p1", "child": "x1", "role": "helper", "helper": "s2", "start": "2026-09-01"},
        {"id": "p2", "child": "x1", "role": "helper", "helper": "s1", "start": "2026-09-01"},
    ]
    duty = Duty("谈心", records=("talk",), who="helper")
    assert lines(duty, frames(pairing=pairs), TERM.start)["who"].tolist() == ["班老师、帮老师"]
    assert lines(duty, frames(pairing=[]), TERM.start)["who"].tolist() == [""]


def test_a_class_may_stand_in_the_dossier_by_its_id():
    found = lines(VISITS, frames([child(**{"class": "k1"})]), TERM.start)
    assert (found["class"].tolist(), found["who"].tolist()) == (["三1班"], ["班老师"])


# D5


def test_holidays_suspend_weeks():
    found = lines(TALKS, frames(), date(2026, 10, 16))
    assert "第6周" not in set(found["period"])
    assert {"第5周", "第7周"} <= set(found["period"])
    inside = lines(TALKS, frames(talk=[talk(1, "2026-10-06")]), date(2026, 10, 16))
    assert inside["have"].sum() == 0  # a talk in the holidays is of no week


def test_a_term_that_is_all_holidays_owes_nothing():
    calendar = Calendar((TERM,), (Holiday("停课", TERM.start, TERM.end),))
    for duty in (VISITS, TALKS, CALLS):
        assert lines(duty, frames(), TERM.end, calendar=calendar).empty


# D6


@pytest.mark.parametrize(
    ("pairs", "on", "expected"),
    [
        pytest.param([], date(2026, 9, 8), [("due", "2026-08-25", "2026-09-08", 0)], id="new, within grace"),
        pytest.param([], date(2026, 9, 9), [("overdue", "2026-08-25", "2026-09-08", 0)], id="new, too long"),
        pytest.param([("helper", "2026-09-01", None)], date(2026, 9, 9), [], id="has one"),
        pytest.param([("helper", "2026-09-10", None)], date(2026, 9, 10), [], id="from today"),
        pytest.param([("helper", "2026-09-11", None)], date(2026, 9, 10), [("overdue", "2026-08-25", "2026-09-08", 0)], id="from tomorrow"),
        pytest.param([("helper", "2026-09-01", "2026-10-31")], date(2026, 10, 31), [], id="last day"),
        pytest.param([("helper", "2026-09-01", "2026-10-31")], date(2026, 11, 1), [("due", "2026-11-01", "2026-11-15", 0)], id="ended"),
        pytest.param([("peer", "2026-09-01", None)], date(2026, 9, 9), [("overdue", "2026-08-25", "2026-09-08", 0)], id="a peer is no helper"),
        pytest.param([("helper", None, None)], date(2026, 9, 9), [("overdue", "2026-08-25", "2026-09-08", 0)], id="no start"),
    ],
)  # fmt: skip
def test_every_child_has_a_helper(pairs, on, expected):
    rows = [
        {"id": f"p{number}", "child": "x1", "role": role, "helper": "s2", "start": start, "end": end}
        for number, (role, start, end) in enumerate(pairs)
    ]
    found = lines(HELPER, frames(pairing=rows), on, done=False)
    told = [
        (line["status"], str(line["since"].date()), str(line["due"].date()), line["have"])
        for _, line in found.iterrows()
    ]
    assert told == expected
    assert set(found["who"]) <= {"德老师"} and set(found["form"]) <= {"pairing"}


@pytest.mark.parametrize(
    ("answers", "missing"),
    [
        pytest.param({}, ["address", "father_phone/mother_phone"], id="empty"),
        pytest.param({"address": "大坪村", "mother_phone": "10000000001"}, [], id="one telephone is enough"),
        pytest.param({"address": "", "father_phone": "1"}, ["address"], id="empty text"),
        pytest.param(
            {"address": "大坪村", "father_status": "deceased", "mother_phone": ""},
            ["father_phone/mother_phone"],
            id="the living parent is asked",
        ),
    ],
)
def test_a_dossier_is_complete(answers, missing):
    found = lines(DOSSIER, frames([child(**answers)]), date(2026, 9, 10))
    assert (found["need"] - found["have"]).tolist() == [len(missing)]
    assert found["status"].tolist() == ["overdue" if missing else "done"]
    assert ("现居住地" in found["why"][0]) is ("address" in missing)


def test_nothing_is_asked_of_the_dead_and_no_place_of_work_of_who_is_at_home():
    duty = Duty("建档", kind="complete", content=("father_phone", "mother_work_place", "guardians.phone"))
    one = child(
        father_status="deceased",
        mother_status="away",
        mother_work_place="某市",
        guardians=[{"phone": ""}, {"phone": "1"}],
    )
    assert lines(duty, frames([one]), TERM.start)["have"].tolist() == [3]
    home = child(father_status="away", father_phone="1", mother_status="unable", guardians=[{"name": "奶奶"}])
    found = lines(duty, frames([home]), TERM.start)
    assert found["have"].tolist() == [2]  # of three: the father's telephone, and no place of work to ask for
    assert found["why"][0].endswith("缺监护人电话")


# The whole


@pytest.mark.parametrize("done", [False, True])
def test_an_empty_school_has_the_same_columns(done):
    policy = Policy(calendar=CALENDAR, duties=(VISITS, TALKS, CALLS, HELPER, DOSSIER))
    full = due(policy, frames(), TERM.end, done=done)
    for registers in ({}, {name: frame.iloc[:0] for name, frame in frames().items()}):
        found = due(policy, registers, TERM.end, done=done)
        assert tuple(found.columns) == COLUMNS
        assert found.empty
        assert found["due"].dtype == full["due"].dtype
    assert due(Policy(), frames(), TERM.end).empty


def test_the_frames_are_left_as_they_were():
    registers = frames(talk=[talk(1, "2026-09-09")])
    before = {name: frame.copy(deep=True) for name, frame in registers.items()}
    due(Policy(calendar=CALENDAR, duties=(VISITS, TALKS, HELPER, DOSSIER)), registers, TERM.end)
    for name, frame in registers.items():
        pd.testing.assert_frame_equal(frame, before[name])


def by_hand(children, talks, weeks, on):
    """Count the weekly talks owed with plain loops: an independent reading of the same rules."""
    found = set()
    for one in children:
        first, sixteen = date.fromisoformat(one["registered_on"]), date.fromisoformat(one["birth_date"])
        sixteen = sixteen.replace(year=sixteen.year + 16)
        for start, end in weeks:
            school = [
                start + timedelta(days=day)
                for day in range((end - start).days + 1)
                if (start + timedelta(days=day)).weekday() < 5
                and not NATIONAL.start <= start + timedelta(days=day) <= NATIONAL.end
            ]
            mine = [day for day in school if first <= day < sixteen]
            said = [
                t
                for t in talks
                if t["child"] == one["id"] and start <= date.fromisoformat(t["date"]) <= min(end, on)
            ]
            if start <= on and first <= on and school and 2 * len(mine) >= len(school) and not said:
                found.add((one["id"], max(start, first)))
    return found


def test_a_whole_class_against_plain_loops():
    on = date(2026, 12, 1)
    days = [date(2026, 8, 20) + timedelta(days=step) for step in range(0, 110, 3)]
    children = [
        child(
            id=f"x{n}",
            name=f"童{n}",
            registered_on=str(day),
            birth_date=str(date(2010, 9, 1) + timedelta(days=4 * n)),
        )
        for n, day in enumerate(days)
    ]
    talks = [talk(n, str(date(2026, 9, 1) + timedelta(days=n % 97)), None, f"x{n % 37}") for n in range(200)]
    monday = date(2026, 8, 31)
    weeks = [
        (max(monday + timedelta(days=7 * n), TERM.start), min(monday + timedelta(days=7 * n + 6), TERM.end))
        for n in range(20)
    ]
    found = lines(Duty("谈心", records=("talk",), per="week"), frames(children, talk=talks), on, done=False)
    told = {(one, since.date()) for one, since in zip(found["subject_id"], found["since"], strict=True)}
    assert told == by_hand(children, talks, weeks, on)
    assert len(told) > 50
