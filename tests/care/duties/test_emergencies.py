"""The countdown of an emergency (002-3 L217: 30 min, 1 h, 2 h; 002-5b L299: no township, the office within 1 h)."""

from datetime import datetime

import pandas as pd
import pytest

from guanai.care.duties.due import due
from guanai.care.duties.emergencies import COLUMNS, countdown
from guanai.care.policy.policy import Policy, policy_from_sheets

STEPS = [
    ("告知监护人", "告知监护人时间", "30分钟"),
    ("告知家长", "告知家长时间", "1小时"),
    ("报告教育部门", "报告教育部门时间", "2小时"),
]
ROWS = [
    {"名称": name, "种类": "办结", "触发": "突发事件.发现时间", "内容": field, "时限": limit, "责任人": "帮扶教师", "依据": "002-3 L217"}
    for name, field, limit in STEPS
]  # fmt: skip
POLICY = policy_from_sheets({"学校": [], "职责": ROWS}, "school.xlsx")
FOUND = "2026-10-12T14:00:00.000+08:00"


def frames(**answers):
    incident = {"id": "e1", "child": "x1", "date": "2026-10-12", "found_at": FOUND} | answers
    return {
        "child": pd.DataFrame([{"id": "x1", "name": "童一", "class": "三1班", "eligible": "no"}]),
        "class": pd.DataFrame([{"id": "k1", "name": "三1班", "homeroom": None}]),
        "incident": pd.DataFrame([incident]),
    }


def at(time):
    return datetime.fromisoformat(f"2026-10-12 {time}")


def steps_of(registers, time, **options):
    steps = countdown(POLICY, registers, at(time), **options)
    return {
        row["duty"]: (row["status"], row["left"] / pd.Timedelta(minutes=1))
        for row in steps.to_dict("records")
    }


@pytest.mark.parametrize(
    ("time", "answers", "expected"),
    [
        pytest.param("13:59", {}, {}, id="not found yet"),
        pytest.param("14:00", {}, {"告知监护人": ("running", 30), "告知家长": ("running", 60), "报告教育部门": ("running", 120)}, id="just found"),
        pytest.param("14:30", {}, {"告知监护人": ("running", 0), "告知家长": ("running", 30), "报告教育部门": ("running", 90)}, id="the last minute"),
        pytest.param("14:31", {}, {"告知监护人": ("late", -1), "告知家长": ("running", 29), "报告教育部门": ("running", 89)}, id="the minute after"),
        pytest.param("14:45", {"guardian_told_at": "2026-10-12T14:20:00+08:00"}, {"告知监护人": ("done", 10), "告知家长": ("running", 15), "报告教育部门": ("running", 75)}, id="in time"),
        pytest.param("14:45", {"guardian_told_at": "2026-10-12 14:40"}, {"告知监护人": ("done_late", -10), "告知家长": ("running", 15), "报告教育部门": ("running", 75)}, id="done, but late"),
    ],
)  # fmt: skip
def test_each_step_has_its_own_clock(time, answers, expected):
    assert steps_of(frames(**answers), time) == expected


def test_a_late_step_stays_late_when_all_is_done():
    done = frames(
        guardian_told_at="2026-10-12T14:40",
        parents_told_at="2026-10-12T14:50",
        education_told_at="2026-10-12T15:00",
    )
    assert steps_of(done, "23:00") == {"告知监护人": ("done_late", -10)}
    assert set(steps_of(done, "23:00", finished=True)) == {name for name, _, _ in STEPS}


def test_what_is_late_stands_first_then_what_runs_out_first():
    steps = countdown(POLICY, frames(), at("14:40"))
    assert steps["duty"].tolist() == ["告知监护人", "告知家长", "报告教育部门"]
    assert (steps["subject"][0], steps["class"][0], steps["source"][0]) == ("童一", "三1班", "002-3 L217")


def test_the_same_columns_without_an_emergency():
    for policy, registers in ((POLICY, {}), (Policy(), frames())):
        steps = countdown(policy, registers, at("14:00"))
        assert tuple(steps.columns) == COLUMNS and steps.empty


def test_the_checklist_has_the_same_steps_standing_by_the_clock():
    registers = frames()
    registers["child"] = registers["child"].assign(eligible="yes")
    now = at("14:40")
    statuses = due(POLICY, registers, now.date(), now=now).set_index("duty")["status"].to_dict()
    assert statuses == {"告知监护人": "standing", "告知家长": "to_do", "报告教育部门": "to_do"}


@pytest.mark.parametrize(
    ("minute", "step", "status"),
    [("14:30", "done", "done"), ("14:31", "done_late", "late"), (None, "late", "standing")],
)
def test_the_countdown_and_the_checklist_say_the_same_of_a_step(minute, step, status):
    """Guardians told after 31 minutes were done in the checklist and done_late in the countdown."""
    registers = frames(guardian_told_at=minute and f"2026-10-12T{minute}")
    registers["child"] = registers["child"].assign(eligible="yes")
    now = at("23:00")
    lines = due(POLICY, registers, now.date(), now=now, done=True).set_index("duty")
    assert steps_of(registers, "23:00", finished=True)["告知监护人"][0] == step
    assert lines.loc["告知监护人", "status"] == status
