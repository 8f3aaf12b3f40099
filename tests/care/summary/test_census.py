"""Counts by class, grade, sex and guardian (F1, F4, F7, F10; requirements 7.16)."""

import pandas as pd
import pytest

from guanai.care.children.eligibility import Criterion
from guanai.care.summary.census import breakdown, by_class, by_grade, headcount


def children(numbers, column="guardian_type"):
    """Return children of whom so many have each value of a column."""
    values = [value for value, number in numbers.items() for _ in range(number)]
    return pd.DataFrame(
        {"id": [f"x{n}" for n in range(len(values))], column: pd.Series(values, dtype=object)}
    )


def classes(*rows):
    return {"class": pd.DataFrame(rows, columns=["id", "name", "grade", "pupils"])}


@pytest.mark.parametrize(
    ("numbers", "shares"),
    [
        pytest.param(
            {"grandparent": 74, "foster": 25, "none": 1},
            {"grandparent": 0.74, "foster": 0.25, "parent": 0, "none": 0.01},
            id="F1",
        ),
        pytest.param(
            {"grandparent": 154, "foster": 39}, {"grandparent": 0.798, "foster": 0.202}, id="F10 154/39"
        ),
        pytest.param(
            {"grandparent": 155, "foster": 38}, {"grandparent": 0.803, "foster": 0.197}, id="F10 155/38"
        ),
    ],
)
def test_types_of_guardianship(numbers, shares):
    table = breakdown(children(numbers), "guardian_type").set_index("guardian_type")
    assert {name: round(table["share"][name], 3) for name in shares} == shares
    assert table["children"].sum() == sum(numbers.values())
    assert sum(table["share"]) == pytest.approx(1)
    assert table["label"]["grandparent"] == "隔代"


def test_what_is_not_stated_is_counted_too():
    table = breakdown(children({"male": 3, None: 2, "": 1, "own": 1}, "sex"), "sex")
    assert dict(zip(table["sex"], table["children"], strict=True)) == {
        "male": 3,
        "female": 0,
        "": 3,
        "own": 1,
    }
    assert dict(zip(table["sex"], table["label"], strict=True))[""] == "未填"


def test_the_share_of_all_pupils_states_its_definition_f7():
    figure = headcount(
        children({"grandparent": 277}),
        classes(("k1", "一班", 1, 700), ("k2", "二班", 2, 649)),
        Criterion("both", None),
    )
    assert (figure.numerator, figure.denominator, round(figure.share, 3)) == (277, 1349, 0.205)
    assert "父母双方" in figure.basis
    assert len(figure.ids) == 277


def test_f4_26_of_a_class_of_41():
    in_care = children(dict.fromkeys(["三1班"], 26), "class")
    table = by_class(in_care, classes(("k1", "三1班", 3, 41)))
    assert table.loc[0, ["children", "pupils"]].tolist() == [26, 41]
    assert round(table.loc[0, "share"], 3) == 0.634


@pytest.mark.parametrize("pupils", [[None, None], [pd.NA, pd.NA], ["", ""]])
def test_without_pupils_the_share_is_not_known(pupils):
    registers = {
        "class": pd.DataFrame(
            {"id": ["k1", "k2"], "name": ["一班", "二班"], "grade": [1, 2], "pupils": pupils}
        )
    }
    figure = headcount(children({"grandparent": 2}), registers, Criterion("13", 16))
    assert (figure.numerator, figure.denominator, figure.share) == (2, None, None)
    assert by_class(children({"一班": 2}, "class"), registers)["share"].tolist() == [None, None]


def test_classes_stand_by_grade_and_none_is_lost():
    registers = classes(("k2", "二班", 2, 40), ("k1", "一班", 1, 38), ("k3", "三班", 3, 35))
    table = by_class(children({"k1": 2, "二班": 3, "老班": 1, None: 1}, "class"), registers)
    assert table["class"].tolist() == ["一班", "二班", "三班", "", "老班"]
    assert table["children"].tolist() == [2, 3, 0, 1, 1]
    assert table["children"].sum() == 7
    grades = by_grade(table)
    assert grades["children"].tolist() == [2, 3, 0, 2]
    assert grades["share"].tolist() == [2 / 38, 3 / 40, 0, None]


def test_nobody_at_all():
    empty = children({})
    assert breakdown(empty, "guardian_type")["share"].tolist() == [None] * 4
    assert by_class(children({}, "class"), {}).empty
    figure = headcount(empty, {}, Criterion("13", 16))
    assert (figure.numerator, figure.denominator, figure.share) == (0, None, None)
