"""变动 from the history: what is owed when a child comes, goes, stops being left-behind; who was the guardian (R2, 7.6; 2A)."""

from datetime import date

import pandas as pd
import pytest

from guanai.care.calendar.school_calendar import Calendar, Term
from guanai.care.children.changes import MOVES, care_days, moves, with_care_days
from guanai.care.children.eligibility import Criterion, left_behind
from guanai.care.duties.due import due
from guanai.care.policy.policy import Duty, Policy
from guanai.storage.database.history import Change
from guanai.storage.records.change_register import guardian_on

D = date


def change(day, field, before, after):
    return {"date": day, "field": field, "before": before, "after": after}


AWAY = [change(D(2026, 1, 1), "mother_status", "away", "away")]
FATHER = change(D(2026, 1, 1), "father_status", "away", "away")
NOVEMBER = D(2026, 11, 1)


@pytest.mark.parametrize(
    ("changes", "began", "ended"),
    [
        pytest.param([], None, None, id="nothing changed"),
        pytest.param([change(D(2026, 10, 1), "father_status", "away", "home")], None, D(2026, 10, 1), id="a parent is back"),
        pytest.param([change(D(2026, 10, 1), "father_status", "home", "away")], D(2026, 10, 1), None, id="a parent leaves"),
        pytest.param([change(D(2026, 10, 1), "father_status", "", "away")], None, None, id="an empty answer says not when"),
        pytest.param([change(D(2026, 10, 1), "father_status", None, "home")], None, None, id="never left-behind"),
        pytest.param(
            [change(D(2026, 10, 1), "father_status", "away", "home"), change(D(2026, 10, 5), "father_status", "home", "away")],
            None, None, id="a slip put right within a week",
        ),
        pytest.param(
            [change(D(2026, 10, 1), "father_status", "away", "home"), change(D(2026, 10, 8), "father_status", "home", "away")],
            D(2026, 10, 8), None, id="a week at home is no slip",
        ),
        pytest.param(
            [change(D(2026, 9, 1), "father_status", "home", "away"), change(D(2026, 10, 8), "father_status", "away", "unable")],
            D(2026, 9, 1), None, id="国发〔2016〕13号: one away, the other unable",
        ),
        pytest.param([change(D(2026, 10, 1), "status", "enrolled", "transferred")], None, D(2026, 10, 1), id="left"),
        pytest.param(
            [change(D(2026, 9, 1), "status", "enrolled", "returned"), change(D(2026, 11, 1), "status", "returned", "enrolled")],
            D(2026, 11, 1), None, id="came again",
        ),
        pytest.param(
            [change(D(2026, 2, 28), "father_status", "home", "away"), change(D(2026, 4, 1), "father_status", "away", "home"),
             change(D(2026, 9, 1), "father_status", "home", "away"), change(D(2026, 12, 1), "father_status", "away", "home")],
            D(2026, 9, 1), D(2026, 12, 1), id="the last of two times",
        ),
    ],
)  # fmt: skip
def test_the_days_of_the_last_time_in_care(changes, began, ended):
    father = [] if any(change["field"] == "father_status" for change in changes) else [FATHER]
    assert care_days([*AWAY, *father, *changes], "13") == (began, ended)


@pytest.mark.parametrize(
    ("definition", "ended"), [("both", D(2026, 10, 1)), ("13", D(2026, 10, 1)), ("one", None)]
)
def test_it_depends_on_the_schools_definition(definition, ended):
    """2A: one or both parents away (000-4), both (000-7), or 国发〔2016〕13号."""
    changes = [*AWAY, change(D(2026, 10, 1), "father_status", "away", "home")]
    assert care_days(changes, definition).ended == ended


# -- periods owed

CALENDAR = Calendar(terms=(Term("秋季", D(2026, 9, 1), D(2027, 1, 31)),))
WEEKLY = Policy(calendar=CALENDAR, duties=(Duty("谈心", records=("talk",), per="week"),))
CHILD = {
    "id": "c", "name": "童", "registered_on": "2026-09-01", "birth_date": "2016-01-01", "status": "enrolled",
    "father_status": "away", "mother_status": "away", "eligible": "yes", "status_since": None,
}  # fmt: skip


def weeks(child, changes, on=NOVEMBER):
    children = pd.DataFrame([CHILD | child]).assign(
        registered_on=pd.Timestamp("2026-09-01"), birth_date=pd.Timestamp("2016-01-01"), status_since=pd.NaT
    )
    rows = pd.DataFrame(
        [{"id": str(n), "child": "c", "by": "x"} | row | {"date": pd.Timestamp(row["date"])} for n, row in enumerate(changes)],
        columns=["id", "child", "date", "by", "field", "before", "after"],
    )  # fmt: skip
    dossiers = with_care_days(children, rows, "13")
    lines = due(WEEKLY, {"child": dossiers, "change": rows}, on, done=True)
    return [day.date() for day in lines["since"]]


def test_only_the_childs_part_of_a_term_is_owed():
    whole = weeks({}, [])
    back = weeks({"father_status": "home"}, [change(D(2026, 10, 1), "father_status", "away", "home")])
    gone = weeks({}, [change(D(2026, 10, 1), "father_status", "home", "away")])
    assert weeks({"father_status": "home"}, []) == [], "without a history the day is not known"
    assert back
    assert gone
    assert set(back) < set(whole)
    assert max(back) < D(2026, 10, 1) <= min(gone)
    assert len(back) + len(gone) in (len(whole), len(whole) - 1), (
        "the week in which it changed may be owed by neither"
    )


def test_a_child_is_in_care_until_the_day_on_which_a_parent_is_back():
    rows = pd.DataFrame(
        [
            {"id": "1", "child": "c", "by": "x"}
            | change(pd.Timestamp("2026-10-01"), "father_status", "away", "home")
        ]
    )
    dossiers = with_care_days(pd.DataFrame([CHILD | {"father_status": "home"}]), rows, "13")
    on = [D(2026, 9, 30), D(2026, 10, 1)]
    assert [len(left_behind(dossiers, day, Criterion("13", 16))) for day in on] == [1, 0]


def test_the_moves_of_a_child():
    children = pd.DataFrame(
        [
            {"id": "a", "status": "transferred", "status_since": pd.Timestamp("2026-10-01"), "registered_on": pd.Timestamp("2026-09-01"),
             "birth_date": pd.Timestamp("2012-02-29")},
            {"id": "b", "status": "enrolled", "status_since": pd.NaT, "registered_on": pd.NaT, "birth_date": pd.NaT},
        ]
    )  # fmt: skip
    all_moves = moves(children, 16)
    assert set(all_moves["after"]) <= set(MOVES)
    assert dict(zip(all_moves["after"], all_moves["date"].dt.date, strict=True)) == {
        "arrived": D(2026, 9, 1), "transferred": D(2026, 10, 1), "age_limit": D(2028, 2, 29),
    }  # fmt: skip
    assert all_moves["id"].is_unique
    assert "age_limit" not in set(moves(children, None)["after"])


# -- from the records of a school


@pytest.fixture
def moment(school):
    """A clock that a test sets: the day on which something is written down."""

    class Clock:
        at = "2026-09-10T02:00:00.000Z"

        def __call__(self):
            return self.at

        def on(self, day):
            self.at = f"{day}T02:00:00.000Z"

    clock = Clock()
    school._whole._db.storage.clock = clock
    school.save("class", {"name": "三年级1班", "grade": 3, "level": "primary", "pupils": 42})
    return clock


def registered(school, **more):
    answers = {
        "name": "林小雨", "sex": "female", "birth_date": "2016-05-04", "class": "三年级1班", "registered_on": "2026-09-01",
        "father_status": "away", "mother_status": "away", "village": "柳溪村",
        "guardians": [{"name": "林大山", "relation": "grandfather"}],
    }  # fmt: skip
    return school.save("child", answers | more)


def changes_of(school):
    frame = school.frames()["change"]
    return frame[frame["field"] != "move"]


def test_every_changed_answer_is_a_row_of_its_day(school, moment):
    child = registered(school)
    assert changes_of(school).empty
    moment.on("2026-10-12")
    school.save("child", child | {"village": "石桥村", "special_groups": ["psychological"]})
    changes = changes_of(school).set_index("field")
    assert changes.loc["village", ["before", "after", "by"]].tolist() == ["柳溪村", "石桥村", "测试老师"]
    assert changes.loc["special_groups", "after"] == ["psychological"]
    assert changes.loc["village", "date"] == pd.Timestamp("2026-10-12")


def test_a_change_opens_what_a_duty_asks(school, moment):
    """004: a special group that changes asks for a visit."""
    from guanai.care.policy.duty import Limit, Trigger

    child = registered(school)
    moment.on("2026-11-10")
    school.save("child", child | {"special_groups": ["psychological"]})
    duty = Duty(
        "变动家访", kind="event", records=("home_visit",), trigger=Trigger("change"), limit=Limit(14, "day")
    )
    lines = due(Policy(calendar=school.policy.calendar, duties=(duty,)), school.frames(), D(2026, 11, 20))
    assert "2026-11-24" in {str(day.date()) for day in lines["due"].dropna()}


def test_what_is_due_and_the_summary_know_of_the_move(school, moment):
    child = registered(school)
    assert len(school.children()) == 1
    moment.on("2026-10-12")
    school.save("child", child | {"father_status": "home"})
    assert school.children().empty
    assert len(school.children(D(2026, 10, 11))) == 1
    assert len(school.children(D(2026, 10, 12))) == 0
    lines = school.due(D(2026, 11, 20), done=True)
    mine = lines[(lines["subject_id"] == child["id"]) & (lines["duty"].str.contains("谈心"))]
    assert not mine.empty
    assert mine["since"].max() < pd.Timestamp("2026-10-12")


def test_the_day_of_a_new_status_is_that_of_the_dossier(school, moment):
    child = registered(school)
    moment.on("2026-10-20")
    school.save("child", child | {"status": "transferred", "status_since": "2026-10-09"})
    changes = changes_of(school).set_index("field")
    assert changes.loc["status", "date"] == pd.Timestamp("2026-10-09")
    assert len(school.children(D(2026, 10, 8))) == 1
    assert school.children(D(2026, 10, 9)).empty


def test_another_process_sees_the_same_and_only_reads_what_is_new(school, moment):
    from guanai.storage import open_school

    child = registered(school)
    for number, village in enumerate(("石桥村", "青山村", "柳溪村")):
        moment.on(f"2026-10-1{number}")
        child = school.save("child", child | {"village": village})
        mine = changes_of(school)
        other = open_school(school.folder.path)
        pd.testing.assert_frame_equal(changes_of(other), mine)
        other.close()
    assert mine["after"].tolist() == ["石桥村", "青山村", "柳溪村"]


def test_a_day_that_a_trainer_has_set_back_is_the_day_of_the_change(school, monkeypatch):
    """Everything is written after the day that counts as today: the change is of that day."""
    school.save("class", {"name": "三年级1班", "grade": 3, "level": "primary", "pupils": 42})
    child = registered(school, registered_on="2020-09-01")
    monkeypatch.setenv("GUANAI_TODAY", "2021-03-01")
    school.save("child", child | {"father_status": "home"})
    assert changes_of(school)["date"].max() == pd.Timestamp("2021-03-01")
    assert school.children().empty


# -- the guardian on a day


def version(at, guardians, kind="update"):
    return Change(1, f"{at}T02:00:00.000Z", "x", "child", 1, "c", kind, None, {"guardians": guardians})


GRAN, AUNT = {"name": "石奶奶"}, {"name": "石姑姑"}


@pytest.mark.parametrize(
    ("changes", "day", "expected"),
    [
        pytest.param([version("2026-09-10", [GRAN], "insert")], D(2026, 9, 1), "石奶奶", id="from the beginning"),
        pytest.param([version("2026-09-10", [GRAN], "insert"), version("2026-10-10", [AUNT])], D(2026, 10, 9), "石奶奶", id="before the change"),
        pytest.param([version("2026-09-10", [GRAN], "insert"), version("2026-10-10", [AUNT])], D(2026, 10, 10), "石姑姑", id="from the change on"),
        pytest.param(
            [version("2026-09-10", [GRAN], "insert"), version("2026-10-10", [AUNT | {"since": "2026-10-01"}])],
            D(2026, 10, 5), "石姑姑", id="written down later than it was",
        ),
        pytest.param(
            [version("2026-09-10", [GRAN], "insert"), version("2026-09-20", [GRAN | {"phone": "1"}])], D(2026, 9, 11), "石奶奶",
            id="told better",
        ),
        pytest.param([version("2026-09-10", [GRAN], "insert"), version("2026-10-10", [])], D(2026, 10, 11), None, id="nobody any more"),
        pytest.param([], D(2026, 10, 11), None, id="no dossier"),
    ],
)  # fmt: skip
def test_who_was_the_guardian(changes, day, expected):
    guardian = guardian_on(changes, day)
    assert (guardian or {}).get("name") == expected


def test_the_school_tells_who_was_the_guardian(school, moment):
    child = registered(school)
    moment.on("2026-10-12")
    school.save("child", child | {"guardians": [{"name": "石姑姑", "relation": "relative"}]})
    assert school.guardian(child["id"], D(2026, 10, 11))["name"] == "林大山"
    assert school.guardian(child["id"], D(2026, 10, 12))["name"] == "石姑姑"
    assert changes_of(school).set_index("field").loc["guardians", ["before", "after"]].tolist() == [
        "林大山",
        "石姑姑",
    ]
