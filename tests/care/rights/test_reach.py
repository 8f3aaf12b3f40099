"""Whose children, classes and records are somebody's on a day.

Requirement: "own" follows the pairings and classes of the day (requirements 3; R29, R60).

RE1 own, class, grade, school · RE2 it begins and ends with the pairing · RE3 the class that is handed over · RE4 who has
left reaches nobody · RE5 whose a record is · RE6 several children
"""

from datetime import date

import pytest

from guanai.care.rights.reach import Reach
from guanai.care.rights.record_scope import RecordFields, is_within, mask_within, without_outside

DAY = date(2026, 9, 2)
CLASSES = [
    {"id": "k1", "name": "三1", "grade": 3, "homeroom": "s1"},
    {"id": "k2", "name": "三2", "grade": 3, "homeroom": "s2"},
    {"id": "k3", "name": "四1", "grade": 4, "homeroom": "s2"},
    {"id": "k4", "name": "五1", "grade": None, "homeroom": "s5"},
]
CHILDREN = [
    {"id": f"c{number}", "class": group}
    for number, group in enumerate(("三1", "三1", "三2", "四1", "五1", ""), 1)
]
STAFF = [
    {"id": "s1", "active": "yes"},
    {"id": "s2"},
    {"id": "s3", "teaches": ["四1"]},
    {"id": "s4", "active": "no"},
    {"id": "s5"},
]


def pair(child, person, start="2026-09-01", end=None, role="helper"):
    carer = {"helper": "helper", "social": "carer"}.get(role, "helper")
    return {"child": child, "role": role, carer: person, "start": start, "end": end}


PAIRINGS = [
    pair("c4", "s1"), pair("c5", "s1", end="2026-09-02"), pair("c3", "s1", end="2026-09-01"),
    pair("c6", "s1", start="2026-09-03"), pair("c2", "s1", start=None), pair("c2", "s1", role="peer"),
    pair("c1", "s4"), pair("c6", "v1", role="social"),
]  # fmt: skip


def reach(staff_id, pairings=PAIRINGS, classes=CLASSES, person=""):
    documents = {"child": CHILDREN, "class": classes, "staff": STAFF, "pairing": pairings}
    return Reach(documents.__getitem__, staff_id, person, DAY)


@pytest.mark.parametrize(
    ("staff_id", "scope", "children", "classes"),
    [
        ("s1", "own", "c4 c5", ""),  # RE2: the last day counts
        ("s1", "class", "c1 c2 c4 c5", "三1"),
        ("s1", "grade", "c1 c2 c3 c4 c5", "三1 三2"),
        ("s2", "class", "c3 c4", "三2 四1"),
        ("s2", "grade", "c1 c2 c3 c4", "三1 三2 四1"),
        ("s3", "class", "c4", "四1"),
        ("s5", "grade", "c5", "五1"),  # a class without a grade has no others beside it
        ("s4", "class", "", ""),  # RE4
        ("v1", "own", "c6", ""),
        ("v1", "class", "c6", ""),
        ("", "class", "", ""),
    ],
)
def test_whose_children_and_classes(staff_id, scope, children, classes):
    """RE1"""
    reached = reach(staff_id)
    assert reached.children(scope) == set(children.split())
    assert reached.classes(scope) == set(classes.split())


def test_the_school_is_everything():
    assert [reach("s1").children("school"), reach("s1").classes("school"), reach("s1").staff("school")] == [
        None
    ] * 3
    assert reach("s1").staff("class") == {"s1"}


def test_a_class_that_is_handed_over_is_the_next_ones():
    """RE3"""
    handed = [{**CLASSES[0], "homeroom": "s2"}, *CLASSES[1:]]
    assert "c1" not in reach("s1", classes=handed).children("class")
    assert "c1" in reach("s2", classes=handed).children("class")


FIELDS = {
    "child": RecordFields("child", classes={"class": "one"}),
    "class": RecordFields("class", staff={"homeroom": "one"}),
    "staff": RecordFields("staff", classes={"teaches": "several"}),
    "talk": RecordFields("talk", {"child": "one"}, {}, {"by": "one"}),
    "activity": RecordFields("activity", {"children": "several"}, {"class": "several"}, {"by": "one"}),
    "plan": RecordFields("plan", {"pupils": "rows"}, {}, {}, {"pupils": frozenset({"child"})}),
    "document": RecordFields("document", {}, {}, {"by": "one"}),
}


@pytest.mark.parametrize(
    ("register", "record", "scope", "inside"),
    [
        ("talk", {"child": "c4", "by": "s9"}, "own", True),
        ("talk", {"child": "c3", "by": "s1", "created_by": "李"}, "own", False),  # it goes with the child
        ("talk", {"child": "c1"}, "own", False),
        ("talk", {"child": "c1"}, "class", True),
        ("talk", {"child": "gone"}, "grade", False),
        ("child", {"id": "c1", "class": "三1"}, "class", True),
        ("child", {"id": "new", "class": "三1"}, "class", True),
        ("child", {"id": "c1", "class": "四1"}, "class", False),  # moved away
        ("child", {"id": "c4", "class": "四1"}, "own", True),
        ("child", {"id": "new", "class": "三1"}, "own", False),
        ("class", {"id": "k1", "name": "三1"}, "class", True),
        ("class", {"id": "k2", "name": "三2"}, "class", False),
        ("class", {"id": "k2", "name": "三2"}, "grade", True),
        ("activity", {"class": ["三1", "四1"]}, "class", True),
        ("activity", {"class": ["四1"], "by": "s1"}, "class", False),
        ("activity", {"children": ["c9", "c4"], "class": ["五1"]}, "own", True),  # RE6
        ("activity", {"children": ["c9"], "class": ["三1"]}, "class", False),
        ("plan", {"pupils": [{"child": "c9"}, {"child": "c4"}]}, "own", True),
        ("plan", {"pupils": [{"child": "c9"}]}, "own", False),
        ("staff", {"id": "s1"}, "own", True),
        ("staff", {"id": "s2", "teaches": ["三1"]}, "own", False),
        ("document", {"by": "s1"}, "own", True),
        ("document", {"by": "s2", "created_by": "李"}, "own", True),
        ("document", {"by": "s2", "created_by": "王"}, "grade", False),
        ("document", {"by": None, "created_by": ""}, "grade", False),
        ("document", {"by": "s2"}, "school", True),
    ],
)  # fmt: skip
def test_whose_a_record_is(register, record, scope, inside):
    """RE5"""
    reached = reach("s1", person="李")
    assert is_within(reached, scope, FIELDS[register], record) is inside
    assert mask_within(reached, scope, FIELDS[register], [record]) == [inside]


def test_nobody_without_a_name_owns_what_nobody_signed():
    assert not is_within(reach("", person=""), "own", FIELDS["document"], {"created_by": "", "by": ""})


@pytest.mark.parametrize(
    ("children", "whole"), [(["c4"], True), (["c4", "c5"], True), (["c4", "c1"], False), (["c1"], False)]
)
def test_to_add_or_delete_all_children_must_be_within_reach(children, whole):
    """RE6"""
    assert is_within(reach("s1"), "own", FIELDS["activity"], {"children": children}, whole=True) is whole


def test_children_that_are_outside_are_left_out_of_what_is_shown():
    """RE6"""
    inside = frozenset({"c4"})
    assert without_outside(FIELDS["activity"], {"children": ["c1", "c4"]}, inside) == {"children": ["c4"]}
    assert without_outside(FIELDS["talk"], {"child": "c1", "x": 1}, inside) == {"child": None, "x": 1}
    rows = {"pupils": [{"child": "c1", "why": "a"}, {"child": "c4", "why": "b"}]}
    assert without_outside(FIELDS["plan"], rows, inside) == {"pupils": [{"child": "c4", "why": "b"}]}
    assert without_outside(FIELDS["plan"], rows, None) == rows
