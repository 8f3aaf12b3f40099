"""A rule of the school's own: a function from a duty and the facts of a day to lines, named in 种类 (care/README.md).

Requirement: every number and rule is the school's own (requirements 2A, 7.4).

O1 it gives subject, since, due, need, have and why; the rest has usual values; statuses are those of every line
O2 it may ask for the facts that the kinds ask for
O3 its errors are told and never break the page or another duty
"""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from support.duty_cases import ON, policy_of, record, registers_with

from guanai.care.duties.due import COLUMNS, due
from guanai.care.policy.duty import Duty

GATE = Duty("校门值守", kind="gate_watch", records=("talk",), who=("homeroom",))


def lines_of(rule, records=(), on=ON, duty=GATE, **options):
    """Return the lines of a rule of the school's own, and of a duty after it."""
    policy = replace(
        policy_of(),
        own_kinds={"gate_watch": rule},
        duties=(duty, Duty("谈心", records=("talk",), who="helper")),
    )
    return due(policy, registers_with(dict(records)), on, done=True, **options)


def own_lines(lines):
    return lines[lines["duty"] == "校门值守"]


def two_children(duty, facts):
    """The simplest rule: two lines, one of them done."""
    return pd.DataFrame(
        {
            "subject": ["x1", "x2"],
            "since": pd.Timestamp("2026-11-02"),
            "due": pd.Timestamp("2026-11-10"),
            "need": 1,
            "have": [0, 1],
            "why": "校门口有人接",
        }
    )


# O1


def test_a_rule_of_the_school_s_own_makes_lines_as_any_other():
    lines = own_lines(lines_of(two_children))
    assert tuple(lines.columns) == COLUMNS
    assert lines[["subject", "status", "need", "have"]].values.tolist() == [
        ["童一", "standing", 1, 0],
        ["童二", "done", 1, 1],
    ]
    line = lines.iloc[0]
    assert (line["who"], line["who_ids"], line["class"]) == ("班老师", ["s1"], "三1班")
    assert "校门口有人接" in line["why"]
    assert (line["counted"], line["period"], line["weight"], line["kind"]) == ([], "", "ordinary", "child")


@pytest.mark.parametrize(
    ("on", "duty", "expected"),
    [
        pytest.param(date(2026, 11, 10), GATE, "to_do", id="until its day"),
        pytest.param(date(2026, 11, 12), replace(GATE, grace_days=2), "to_do", id="and its days of grace"),
        pytest.param(date(2026, 11, 11), GATE, "standing", id="the day after"),
        pytest.param(date(2026, 11, 11), replace(GATE, after="missed"), "missed", id="过期后: 错过"),
    ],
)
def test_its_lines_have_the_statuses_of_every_line(on, duty, expected):
    assert own_lines(lines_of(two_children, on=on, duty=duty)).iloc[0]["status"] == expected


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        pytest.param({"met_at": pd.Timestamp("2026-11-11"), "have": 1}, "late", id="met too late"),
        pytest.param({"met_at": pd.Timestamp("2026-11-10"), "have": 1}, "done", id="met in time"),
        pytest.param({"closed_on": pd.Timestamp("2026-11-15")}, "missed", id="cannot be made good"),
        pytest.param({"closed_on": pd.Timestamp("2026-12-15")}, "standing", id="can still be"),
    ],
)
def test_it_may_say_when_it_was_met_and_until_when_it_can_be_made_good(columns, expected):
    lines = lines_of(lambda duty, facts: two_children(duty, facts).assign(**columns).head(1))
    assert own_lines(lines)["status"].tolist() == [expected]


def test_it_may_find_nothing():
    assert own_lines(lines_of(lambda duty, facts: two_children(duty, facts).iloc[:0])).empty
    assert own_lines(lines_of(lambda duty, facts: pd.DataFrame())).empty


# O2


def test_it_may_ask_for_the_facts_of_the_day():
    """No talk in the last seven days, as a teacher would write it."""

    def quiet_week(duty, facts):
        children = facts.subjects("child")
        talks = facts.records(duty, ())
        latest = talks.groupby("subject")["day"].max().reindex(children.index)
        week = pd.Timestamp(facts.on) - pd.Timedelta(days=7)
        return pd.DataFrame(
            {
                "subject": children.index,
                "since": latest.fillna(pd.Timestamp(facts.term.start)).to_numpy(),
                "due": (latest + pd.Timedelta(days=7)).to_numpy(),
                "need": 1,
                "have": (latest >= week).astype(int).to_numpy(),
                "why": "一周没有谈心",
            }
        )

    talks = {"talk": [record("2026-11-17"), record("2026-11-01", "x2"), record("2026-11-25", "x2")]}
    lines = own_lines(lines_of(quiet_week, talks))
    assert lines.set_index("subject")["status"].to_dict() == {"童一": "done", "童二": "standing"}


# O3


def missing_column(duty, facts):
    return two_children(duty, facts).drop(columns="need")


def divides_by_nothing(duty, facts):
    return 1 / 0


@pytest.mark.parametrize(
    "rule",
    [divides_by_nothing, missing_column, lambda duty, facts: None, lambda duty, facts: "童一"],
    ids=["an error", "a column is missing", "nothing", "no frame"],
)
def test_an_error_of_a_rule_is_told_and_the_other_duties_go_on(rule):
    lines = lines_of(rule)
    assert own_lines(lines).empty
    assert set(lines["duty"]) == {"谈心"}
    (problem,) = lines.attrs["problems"]
    assert problem.key == "own_rule.failed"
    assert "校门值守" in str(problem) or "gate_watch" in str(problem)


def test_an_error_is_told_with_its_file_and_line():
    problem = lines_of(divides_by_nothing).attrs["problems"][0]
    line = divides_by_nothing.__code__.co_firstlineno + 1
    assert "test_own_kinds.py" in str(problem)
    assert str(line) in str(problem)


def test_without_an_error_there_is_nothing_to_tell():
    assert not lines_of(two_children).attrs.get("problems")
