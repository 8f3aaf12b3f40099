"""The lines of a day are worked out once; coverage, closing list and what is to be done are made of them (7.14)."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from guanai.care.policy.duty import Duty, Trigger
from guanai.storage.records.registers import Registers
from guanai.storage.school import due_service

AWAY = {"father_status": "away", "mother_status": "away"}
CHILD = {
    "name": "林小雨",
    "sex": "female",
    "birth_date": "2016-05-04",
    "class": "三年级1班",
    "registered_on": "2026-09-01",
}


@pytest.fixture
def with_child(school, monkeypatch):
    """A school of 002-1 with a child and its helper, who has talked with nobody."""
    monkeypatch.setenv("GUANAI_TODAY", "2026-09-02")
    school.save("class", {"name": "三年级1班", "grade": 3, "level": "primary", "pupils": 42})
    child = school.save("child", CHILD | AWAY)
    helper = school.save("staff", {"name": "周老师", "role": "subject", "active": "yes"})["id"]
    school.save("pairing", {"child": child["id"], "role": "helper", "helper": helper, "start": "2026-09-02"})
    return school


def talks(table):
    return table[table["duty"] == "谈心"].iloc[0]


def test_of_a_term_that_is_over_nothing_is_still_to_do(with_child, monkeypatch):
    """Its last week is missed once the days of grace are past; on its last day that is still open."""
    first = with_child.policy.calendar.terms[0]
    monkeypatch.setenv("GUANAI_TODAY", first.end.isoformat())
    running = talks(with_child.coverage(first.name))
    monkeypatch.setenv("GUANAI_TODAY", (first.end + timedelta(days=30)).isoformat())
    over = talks(with_child.coverage(first.name))
    assert (running["to_do"], over["to_do"]) == (1, 0)
    assert over["missed"] == running["missed"] + 1 == over["periods"]
    closing = talks(with_child.closing_list(first.name))
    assert (closing["missed"], closing["standing"]) == (over["missed"], 0)


@pytest.mark.parametrize(
    ("today", "shown"),
    [
        pytest.param("2026-11-20", "2026-11-20", id="a running term as of today"),
        pytest.param(
            "2027-02-10", "2027-01-20", id="a term that is over once its grace is past: three days here"
        ),
        pytest.param("2027-06-10", "2027-01-20", id="however long ago"),
    ],
)
def test_the_day_as_of_which_a_term_is_shown(with_child, monkeypatch, today, shown):
    monkeypatch.setenv("GUANAI_TODAY", today)
    term = with_child.policy.calendar.terms[0]
    periodic = [
        duty for duty in with_child.policy.duties if duty.in_force and duty.after_or_default == "missed"
    ]
    assert max(duty.grace_days for duty in periodic) == 3
    assert term.end == date(2027, 1, 16)
    assert with_child.duties.term_day(term.name) == date.fromisoformat(shown)


def test_the_next_term_has_not_begun_on_that_day(with_child, monkeypatch):
    monkeypatch.setenv("GUANAI_TODAY", "2027-06-10")
    for term, following in zip(
        with_child.policy.calendar.terms, with_child.policy.calendar.terms[1:], strict=False
    ):
        assert with_child.duties.term_day(term.name) < following.start


def test_the_lines_of_a_day_are_worked_out_once(with_child, monkeypatch):
    days = []

    def counted(*values, **options):
        days.append(values[2])
        return due_service_due(*values, **options)

    due_service_due = due_service.due
    monkeypatch.setattr(due_service, "due", counted)
    school = with_child
    helper = school.frame("staff")["id"].iloc[0]
    school.due(), school.due(done=True), school.due(who=helper), school.to_do(), school.to_do(who=helper)
    school.brief(), school.coverage(), school.closing_list(school.term()), school.duties.summary()
    assert days == [date(2026, 9, 2)] * 2  # those for everybody, and those about restricted registers apart
    school.save("talk", {"child": school.frame("child")["id"].iloc[0], "date": "2026-09-02", "by": helper})
    school.due()
    assert len(days) == 4


def test_what_one_person_owes_is_what_names_the_person(with_child, monkeypatch):
    monkeypatch.setenv("GUANAI_TODAY", "2026-09-20")
    helper = with_child.frame("staff")["id"].iloc[0]
    lines, rows = with_child.due(who=helper), with_child.to_do(who=helper)
    assert {"谈心"} <= set(lines["duty"]) and all(helper in people for people in lines["who_ids"])
    assert set(rows["duty"]) == set(lines["duty"])
    assert with_child.due(who="nobody").empty and with_child.to_do(who="nobody").empty


@pytest.mark.parametrize(("hour", "status"), [(9, "to_do"), (11, "standing")])
def test_a_default_limit_in_hours_runs_by_the_clock_too(with_child, monkeypatch, hour, status):
    """默认时限 may be 1小时: a row without a limit of its own then runs out within the day (2A)."""
    step = Duty("报警", "state", trigger=Trigger("incident", "found_at"), content=("police_told_at",))
    policy = replace(with_child.policy, duties=(step,))
    policy = replace(policy, profile={**policy.profile, "default_limit": "1 hour"})
    monkeypatch.setattr(due_service.DutyService, "policy", property(lambda _: policy))
    monkeypatch.setattr(Registers, "now", lambda _: datetime(2026, 9, 2, hour))
    child, finder = (with_child.frame(name)["id"].iloc[0] for name in ("child", "staff"))
    incident = {"kind": "missing", "what": "放学后没有回家", "found_at": "2026-09-02T09:00:00.000+08:00"}
    with_child.save("incident", incident | {"child": child, "date": "2026-09-02", "by": finder})
    assert with_child.due()["status"].tolist() == [status]
