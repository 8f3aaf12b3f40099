"""A term summed up (F1, F7, F16, F17; requirements 7.16): figures, tables, checks, problems, follow-ups."""

import json
from datetime import date

import pandas as pd
import pytest

from guanai.care.calendar.school_calendar import Term
from guanai.care.policy.policy import policy_from_sheets, sheets_from_markdown
from guanai.care.summary.problems import by_category_and_class, open_follow_ups, visit_problems
from guanai.care.summary.term_summary import labelled, summary
from guanai.templates import template

TERM = Term("秋", date(2026, 9, 1), date(2027, 1, 16))
ON = date(2026, 11, 2)
PRESETS = sorted(path.stem for path in template("policies").glob("*.md"))


def policy(name="004"):
    return policy_from_sheets(
        sheets_from_markdown((template("policies") / f"{name}.md").read_text("utf-8")), name
    )


def school():
    """Return the registers of four children in two classes, one of them no longer in care."""
    usual = {
        "status": "enrolled", "eligible": "yes", "registered_on": "2026-09-01", "birth_date": "2015-01-01",
        "father_status": "away", "mother_status": "away", "address": "某村", "father_phone": "1",
    }  # fmt: skip
    rows = [
        ("x0", "male", "一班", "grandparent"),
        ("x1", "female", "一班", "grandparent"),
        ("x2", "male", "二班", "foster"),
    ]
    rows = [dict(zip(("id", "sex", "class", "guardian_type"), row, strict=True)) | usual for row in rows]
    gone = rows[0] | {"id": "x3", "status": "transferred", "status_since": "2026-10-20"}
    return {
        "child": pd.DataFrame([*rows, gone]),
        "class": pd.DataFrame(
            {
                "id": ["k1", "k2"],
                "name": ["一班", "二班"],
                "grade": [1, 2],
                "pupils": pd.array([8, 7], "Int64"),
            }
        ),
        "staff": pd.DataFrame([{"id": "s1", "name": "甲", "role": "homeroom", "active": "yes"}]),
        "pairing": pd.DataFrame(
            [{"id": "p1", "child": "x0", "role": "helper", "helper": "s1", "start": "2026-09-01"}]
        ),
        "home_visit": pd.DataFrame(
            [
                visit("v1", "x0", "2026-09-10", "door", ["study", "mind"], "2026-10-01"),
                visit("v2", "x0", "2026-10-09", "phone", ["study"]),
                visit("v3", "x2", "2026-10-15", "school", None, "2026-10-30"),
                visit("v4", "x3", "2026-10-16", "door", ["safety"]),
                visit("v5", "x1", "2026-11-03", "door", ["life"]),  # after the day
            ]
        ),
    }


def visit(number, child, day, mode, problems=None, follow_up=None):
    return {
        "id": number, "child": child, "date": day, "mode": mode, "visitors": ["s1"], "problems": problems,
        "follow_up": follow_up, "follow_up_what": "再访" if follow_up else None,
    }  # fmt: skip


@pytest.fixture(scope="module")
def made():
    return summary(policy(), school(), TERM, ON)


@pytest.mark.parametrize(
    ("key", "numerator", "denominator"),
    [
        ("children", 3, 15),
        ("guardian_grandparent", 2, 3),
        ("guardian_foster", 1, 3),
        ("visits", 4, None),
        ("coverage", 2, 3),
        ("door", 1, 3),
        ("face_to_face", 2, 2),
        ("participation", 1, 1),
        ("helped", 1, 3),
        ("follow_ups", 1, None),
    ],
)
def test_figures(made, key, numerator, denominator):
    figure = made.figure(key)
    assert (figure.numerator, figure.denominator) == (numerator, denominator)
    assert len(figure.ids) == numerator
    if denominator is not None and key != "children":  # the other pupils have no record
        assert len(figure.ids) + len(figure.missing) == denominator


def test_every_check_holds(made):
    assert {check.key for check in made.checks} == {"types_sum", "classes_sum", "shares_sum", "visits_reach"}
    assert all(check.ok for check in made.checks)


def column(table, key, values):
    return {row[key]: row[values] for _, row in table.iterrows()}


def test_tables(made):
    tables = made.tables
    assert column(tables["by_class"], "class", "children") == {"一班": 2, "二班": 1}
    assert column(tables["by_sex"], "sex", "children") == {"male": 2, "female": 1}
    modes = column(tables["visits_by_mode"], "mode", "visits")
    assert {mode: number for mode, number in modes.items() if number} == {"door": 2, "school": 1, "phone": 1}
    assert "face_to_face" not in modes
    visited = tables["visits_by_class"].set_index("class")
    assert visited.loc["一班", ["children", "visits", "visited", "share"]].tolist() == [2, 2, 1, 0.5]
    assert column(tables["problems"], "label", "visits") == {  # in the words of 004 (section 6 H)
        "学习困难": 2, "心理伤害": 1, "安全隐患": 1, "经济困难": 0, "习惯养成": 0, "情感或家庭变故": 0,
    }  # fmt: skip
    assert column(tables["problems"], "label", "children")["学习困难"] == 1


def test_problems_by_class():
    problems = visit_problems(school(), TERM, ON)
    table = by_category_and_class(policy(), problems)
    assert table.to_dict("records") == [{"class": "一班", "心理伤害": 1, "安全隐患": 1, "学习困难": 1}]


@pytest.mark.parametrize(
    ("visits", "on", "expected"),
    [
        pytest.param([("x0", "2026-09-10", "2026-10-01")], date(2026, 9, 30), [("2026-10-01", "to_do")], id="before it"),
        pytest.param([("x0", "2026-09-10", "2026-10-01")], date(2026, 10, 1), [("2026-10-01", "to_do")], id="that day"),
        pytest.param([("x0", "2026-09-10", "2026-10-01")], date(2026, 10, 2), [("2026-10-01", "standing")], id="after"),
        pytest.param([("x0", "2026-09-10", "2026-10-01"), ("x0", "2026-09-11", None)], ON, [], id="visited again"),
        pytest.param([("x0", "2026-09-10", "2026-10-01"), ("x1", "2026-09-11", None)], ON, [("2026-10-01", "standing")], id="another child"),
        pytest.param([("x0", "2026-09-10", None)], ON, [], id="nothing asked"),
        pytest.param(
            [("x0", "2026-09-10", "2026-12-01"), ("x1", "2026-09-10", "2026-10-01")], ON,
            [("2026-10-01", "standing"), ("2026-12-01", "to_do")], id="by date",
        ),
    ],
)  # fmt: skip
def test_open_follow_ups(visits, on, expected):
    rows = [
        visit(f"v{n}", child, day, "door", None, follow_up)
        for n, (child, day, follow_up) in enumerate(visits)
    ]
    open_ones = open_follow_ups(policy(), school() | {"home_visit": pd.DataFrame(rows)}, on)
    assert [
        (str(day.date()), status)
        for day, status in zip(open_ones["follow_up"], open_ones["status"], strict=True)
    ] == expected


def test_a_term_that_is_over_is_summed_up_as_of_its_last_day():
    assert summary(policy(), school(), TERM, date(2027, 5, 1)).on == TERM.end


def test_records_for_json(made):
    records = json.loads(json.dumps(made.as_records(), allow_nan=False))
    for record in records:
        assert set(record) == {"key", "label", "numerator", "denominator", "share", "target", "met", "basis"}
        if record["denominator"]:
            assert record["share"] == pytest.approx(record["numerator"] / record["denominator"])
    assert len({record["key"] for record in records}) == len(records)


def test_dossiers_are_a_figure_where_a_rule_asks_for_them():
    figure = summary(policy("002-1"), school(), TERM, ON).figure("dossiers")
    assert (figure.numerator, figure.denominator, figure.target, figure.met) == (
        0,
        3,
        1.0,
        False,
    )  # no guardian


@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("preset", PRESETS)
def test_headings_in_words(preset, language):
    for name, table in summary(policy(preset), school(), TERM, ON).tables.items():
        titles = list(labelled(table, language).columns)
        assert len(set(titles)) == len(titles)
        if language == "zh":
            assert not [title for title in titles if title.isascii()], name


@pytest.mark.slow
@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("empty", ["no register", "no row"])
def test_an_empty_school_gives_zeros_and_no_shares(preset, empty):
    registers = {} if empty == "no register" else {name: frame.iloc[:0] for name, frame in school().items()}
    made = summary(policy(preset), registers, TERM, ON)
    for figure in made.figures:
        assert figure.numerator == 0 and figure.share is None and figure.met is None, figure.key
    json.dumps(made.as_records(), allow_nan=False)
    full = summary(policy(preset), school(), TERM, ON).tables
    for name, table in made.tables.items():
        assert name == "problems_by_class" or list(table.columns) == list(full[name].columns), name
        assert not [value for value in table.select_dtypes("number").to_numpy().ravel() if value != 0]
    assert all(check.ok for check in made.checks)
