"""Numbers for who may count but not see: none that could point at a child (requirements 3, rule 1: small counts suppressed)."""

from datetime import date

import pandas as pd
import pytest

from guanai.care.calendar.school_calendar import Term
from guanai.care.figures import Figure
from guanai.care.summary.small_counts import only_totals
from guanai.care.summary.term_summary import Summary

TERM = Term("秋", date(2026, 9, 1), date(2027, 1, 16))


def totals(figures=(), **tables):
    frames = {name: pd.DataFrame(rows) for name, rows in tables.items()}
    return only_totals(Summary(TERM, TERM.end, tuple(figures), frames))


@pytest.mark.parametrize(
    ("numerator", "denominator", "told"),
    [
        (0, 30, 0),  # nobody is pointed at
        (1, 30, None),
        (4, 30, None),
        (5, 30, 5),
        (26, 30, None),  # the four that are missing could be found out
        (25, 30, 25),
        (30, 30, 30),
        (3, None, None),
        (12, None, 12),
    ],
)
def test_a_figure_is_told_unless_it_or_what_it_leaves_is_small(numerator, denominator, told):
    figure = Figure("coverage", "覆盖", numerator, denominator, 0.5, ids=("c1",), missing=("c2",))
    shown = totals([figure]).figure("coverage")
    assert (shown.numerator, shown.ids, shown.missing) == (told, (), ())
    assert (shown.share is None) is (told is None)


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ([22, 7, 0], [22, 7, 0]),
        ([22, 3, 4], [22, None, None]),
        ([22, 7, 1], [22, None, None]),  # 30 less 29 would tell the one
        ([3], [None]),
    ],
)
def test_a_small_number_of_a_table_cannot_be_worked_out_from_its_sum(numbers, told):
    rows = {
        "guardian_type": [f"type{place}" for place in range(len(numbers))],
        "children": numbers,
        "share": [0.1] * len(numbers),
    }
    shown = totals(by_guardian_type=rows).tables["by_guardian_type"]
    assert [None if pd.isna(one) else one for one in shown["children"]] == told
    assert [pd.isna(one) for one in shown["share"]] == [one is None for one in told]


def test_a_figure_that_repeats_a_number_of_a_table_is_left_out_with_it():
    figures = [Figure("guardian_foster", "寄养", 7, 30), Figure("guardian_grandparent", "隔代", 22, 30)]
    rows = {"guardian_type": ["grandparent", "foster", "none"], "children": [22, 7, 1]}
    shown = totals(figures, by_guardian_type=rows)
    assert [figure.numerator for figure in shown.figures] == [None, 22]


def test_what_goes_class_by_class_or_record_by_record_is_no_total():
    rows = {"class": ["三年级1班"], "children": [40]}
    shown = totals(
        by_class=rows, visits_by_class=rows, duties_by_class=rows, follow_ups={"visit": ["v1"]}
    ).tables
    assert all(table.empty for table in shown.values())
    assert list(shown["by_class"].columns) == ["class", "children"]


def test_a_table_without_rows_stays_without_rows():
    assert totals(closing={"duty": [], "missed": []}).tables["closing"].empty
