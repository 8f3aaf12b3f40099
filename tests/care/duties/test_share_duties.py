"""How far the visits of a term reach (F4, F17, W3; requirements 7.14)."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from guanai.care.calendar.school_calendar import Term
from guanai.care.duties.share import coverage
from guanai.care.duties.subjects import teachers
from guanai.care.policy.policy import policy_from_sheets, sheets_from_markdown
from guanai.templates import template

TERM = Term("秋", date(2026, 9, 1), date(2027, 1, 16))
ON = date(2026, 12, 31)


def policy(name):
    text = (template("policies") / f"{name}.md").read_text("utf-8")
    preset = policy_from_sheets(sheets_from_markdown(text), name)
    return replace(preset, calendar=replace(preset.calendar, terms=(TERM,)))


def children(number, **answers):
    usual = {
        "status": "enrolled", "eligible": "yes", "registered_on": "2026-09-01", "birth_date": "2015-01-01",
        "father_status": "away", "mother_status": "away",
    }  # fmt: skip
    return [{"id": f"x{n}", "name": f"童{n}"} | usual | answers for n in range(number)]


def visits(*modes, **answers):
    """Return one visit for each child in turn, of the modes given."""
    return [
        {"id": f"v{n}", "child": f"x{n}", "date": "2026-10-12", "mode": mode, "visitors": ["s0"]} | answers
        for n, mode in enumerate(modes)
    ]


STAFF = [
    {"id": "s0", "name": "甲", "role": "homeroom", "active": "yes"},
    {"id": "s1", "name": "乙", "role": "subject", "active": "yes"},
    {"id": "s2", "name": "丙", "role": "headmaster", "active": None},
    {"id": "s3", "name": "丁", "role": "logistics", "active": "yes"},
    {"id": "s4", "name": "戊", "role": "subject", "active": "no"},
]


def figures(some_children, some_visits, name="004", on=ON, staff=STAFF, calls=()):
    frames = {
        "child": pd.DataFrame(some_children), "home_visit": pd.DataFrame(some_visits),
        "staff": pd.DataFrame(staff), "call": pd.DataFrame(list(calls)),
    }  # fmt: skip
    return {figure.key: figure for figure in coverage(policy(name), frames, TERM, on)}


def counts_of(figure):
    return figure.numerator, figure.denominator, figure.met


def test_f17_every_target_met():
    some = visits(*["door"] * 8, "phone", "video", visitors=["s0", "s1", "s2"])
    some = [visit | {"person_met": "mother"} for visit in some]
    calls = [
        {"id": f"c{n}", "child": f"x{n}", "date": "2026-11-02", "by": "s0", "parent": "father"}
        for n in range(10)
    ]
    shares = figures(children(10), some, calls=calls)
    assert {key: counts_of(figure) for key, figure in shares.items()} == {
        "coverage": (10, 10, True),
        "door": (8, 10, None),
        "face_to_face": (8, 10, True),  # 80 % of the ten covered
        "participation": (3, 3, True),  # without logistics and who has left
        "away_contacts": (10, 10, True),
        "special_face_to_face": (0, 0, None),
    }


def test_f17_nothing_met_and_who_is_missing():
    shares = figures(children(10), visits("door", "door", "phone"))
    assert counts_of(shares["coverage"]) == (3, 10, False)
    assert shares["coverage"].missing == tuple(f"x{n}" for n in range(3, 10))
    assert counts_of(shares["face_to_face"]) == (2, 3, False)
    assert (shares["face_to_face"].ids, shares["face_to_face"].missing) == (("x0", "x1"), ("x2",))
    assert counts_of(shares["participation"]) == (1, 3, False)
    assert shares["participation"].missing == ("s1", "s2")
    assert counts_of(shares["away_contacts"]) == (0, 10, False)  # one contact is not two


@pytest.mark.parametrize(
    ("mode", "coverage_", "door", "face_to_face"),
    [
        pytest.param("door", 1, 1, 1, id="at the door"),
        pytest.param("school", 1, 0, 1, id="parent at school"),
        pytest.param("phone", 1, 0, 0, id="7.14 by telephone: covered, not face to face"),
        pytest.param(None, 0, 0, 0, id="7.14 no mode"),
    ],
)
def test_door_and_any_mode_stand_apart_w3(mode, coverage_, door, face_to_face):
    shares = figures(children(2), visits(mode))
    assert [shares[key].numerator for key in ("coverage", "door", "face_to_face")] == [
        coverage_,
        door,
        face_to_face,
    ]
    assert shares["face_to_face"].denominator == coverage_


def test_f4_class_of_41_visited_one_by_one():
    shares = figures(children(41), visits(*["door"] * 41))
    assert (shares["coverage"].share, shares["door"].share) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("answers", "covered"),
    [
        pytest.param({"date": "2026-09-01"}, 1, id="first day of the term"),
        pytest.param({"date": "2026-08-31"}, 0, id="the day before it"),
        pytest.param({"date": "2026-12-31"}, 1, id="the day itself"),
        pytest.param({"date": "2027-01-01"}, 0, id="after the day"),
        pytest.param({"date": None}, 0, id="7.14 no date"),
    ],
)
def test_visits_of_the_term_up_to_the_day(answers, covered):
    assert figures(children(1), visits("door", **answers))["coverage"].numerator == covered


def test_special_groups_are_met_face_to_face():
    some = [
        *children(2, special_groups=["disabled", "minimum_living"]),
        {**children(1)[0], "id": "x2", "special_groups": ["minimum_living"]},
    ]
    special = figures(some, visits("door", "phone", "phone"))["special_face_to_face"]
    assert (counts_of(special), special.missing) == ((1, 2, False), ("x1",))


def test_many_visits_to_one_child_cover_one():
    some = [visit | {"child": "x0", "id": f"v{n}"} for n, visit in enumerate(visits("door", "door", "phone"))]
    assert counts_of(figures(children(2), some)["coverage"]) == (1, 2, False)


def test_who_has_left_is_not_in_the_denominator():
    some = [
        *children(1),
        {**children(1)[0], "id": "x1", "status": "transferred", "status_since": "2026-11-01"},
    ]
    covered = figures(some, visits("door", "door"))["coverage"]
    assert (counts_of(covered), covered.ids) == ((1, 1, True), ("x0",))
    assert figures(some, visits("door"), on=date(2026, 10, 31))["coverage"].denominator == 2


@pytest.mark.parametrize(
    ("day", "denominator"),
    [
        pytest.param("2027-01-15", 1, id="the day before the last"),
        pytest.param("2027-01-16", 2, id="the last day of the term"),
        pytest.param("2027-01-17", 2, id="the day after"),
    ],
)
def test_who_leaves_on_the_last_day_has_been_there_to_the_end_f3(day, denominator):
    some = [*children(1), {**children(1)[0], "id": "x1", "status": "graduated", "status_since": day}]
    assert figures(some, visits("door"), on=TERM.end)["coverage"].denominator == denominator


@pytest.mark.parametrize(
    ("visit_of", "call_of", "reached"),
    [
        pytest.param({"person_met": "mother"}, {"parent": "father"}, 1, id="mother and father"),
        pytest.param({"person_met": "grandparent"}, {"parent": "father"}, 0, id="once the grandmother"),
        pytest.param(
            {"person_met": "grandparent"}, {"parent": "guardian"}, 0, id="004: twice the grandmother"
        ),
        pytest.param({"person_met": "mother"}, {}, 0, id="a call with nobody knows whom"),
    ],
)
def test_contacts_with_the_grandmother_are_none_with_the_parents(visit_of, call_of, reached):
    calls = [{"id": "c0", "child": "x0", "date": "2026-11-02", "by": "s0"} | call_of]
    share = figures(children(1), visits("door", **visit_of), calls=calls)["away_contacts"]
    assert share.numerator == reached


def test_a_policy_without_targets_shows_the_same_figures_without_them():
    shares = figures(children(2), visits("door"), "002-1")
    assert list(shares) == ["coverage", "door", "face_to_face", "participation"]
    assert {figure.target for figure in shares.values()} == {None}
    assert {figure.met for figure in shares.values()} == {None}


def test_every_denominator_is_written_out():
    for figure in figures(children(1), ()).values():
        assert figure.basis.startswith("分母："), figure.key


def test_an_empty_school():
    for figure in figures([], [], staff=[]).values():
        assert (figure.numerator, figure.denominator, figure.share, figure.met) == (0, 0, None, None)
    assert teachers({}).empty
