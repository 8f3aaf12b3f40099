"""What became of a term's duties, in its summary: in time, late, missed, standing over (F17); no table names a child."""

from datetime import date

import pandas as pd
import pytest
from support.due_lines import as_lines, line

from guanai.care.calendar.school_calendar import Term
from guanai.care.policy.duty import Duty
from guanai.care.policy.policy import Policy
from guanai.care.summary.duty_tables import with_duties
from guanai.care.summary.term_summary import Summary

TERM = Term("秋", date(2026, 9, 1), date(2027, 1, 16))
POLICY = Policy(
    duties=(
        Duty("谈心", per="week"),
        Duty("咨询", per="often"),
        Duty("恳谈会", subject="school", per="month"),
    )
)
#: duty, kind, subject, class, and the status of each of its lines
ROWS = [
    ("谈心", "child", "甲", "一班", "done done late missed missed"),
    ("谈心", "child", "乙", "二班", "done standing to_do excused"),
    ("咨询", "child", "甲", "一班", "done"),
    ("恳谈会", "school", "", "", "missed done"),
]


@pytest.fixture(scope="module")
def made():
    lines = [
        line(duty, subject, status, "2026-09-07", kind=kind, **{"class": group})
        for duty, kind, subject, group, statuses in ROWS
        for status in statuses.split()
    ]
    return with_duties(Summary(TERM, TERM.end, ()), POLICY, as_lines(lines))


def rows_of(table):
    return [
        tuple(None if pd.isna(value) else value for value in row) for row in table.itertuples(index=False)
    ]


def test_each_figure_counts_its_lines_out_of_all_that_were_asked(made):
    """Without what only counts (经常) and what is excused: 5 + 3 + 2 lines."""
    counted = {figure.key: (figure.numerator, figure.denominator) for figure in made.figures}
    assert counted == {
        "duties_done": (4, 10), "duties_late": (1, 10), "duties_missed": (3, 10), "duties_standing": (1, 10),
    }  # fmt: skip
    assert [figure.share for figure in made.figures] == [0.4, 0.1, 0.3, 0.1]


def test_by_duty(made):
    assert rows_of(made.tables["duties"]) == [
        ("谈心", 2, 9, 3, 1, 2, 1, 0.375),
        ("咨询", 1, 1, 1, 0, 0, 0, None),
        ("恳谈会", 1, 2, 1, 0, 1, 0, 0.5),
    ]


def test_by_class(made):
    assert rows_of(made.tables["duties_by_class"]) == [
        ("一班", 1, 5, 2, 1, 2, 0, 0.4),
        ("二班", 1, 4, 1, 0, 0, 1, pytest.approx(1 / 3)),
    ]


def test_the_classes_stand_in_the_order_of_the_summary(made):
    classes = {"by_class": pd.DataFrame({"class": ["二班", "三班", "一班"]})}
    names = ("一班", "二班", "四班")
    lines = as_lines(line("谈心", name, "done", "2026-09-07", **{"class": name}) for name in names)
    table = with_duties(Summary(TERM, TERM.end, (), classes), POLICY, lines).tables["duties_by_class"]
    assert table["class"].tolist() == ["二班", "一班", "四班"]


def test_what_the_term_leaves(made):
    assert rows_of(made.tables["closing"]) == [("谈心", 2, 1, 1, 1), ("恳谈会", 1, 1, 0, 0)]


def test_a_school_without_lines_has_no_shares():
    made = with_duties(Summary(TERM, TERM.end, ()), POLICY, as_lines([]))
    assert [(figure.numerator, figure.share) for figure in made.figures] == [(0, None)] * 4
    assert all(table.empty for table in made.tables.values())
