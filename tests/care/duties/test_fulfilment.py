"""One row per duty and subject: its counts are those of the lines (requirements 7.2, 7.16: what is counted is what is listed)."""

import pandas as pd
import pytest
from support.due_lines import as_lines, line, weeks

from guanai.care.duties.fulfilment import COLUMNS, by_duty, fulfilment, workload
from guanai.care.duties.statuses import STATUSES
from guanai.care.policy.policy import Duty, Policy

POLICY = Policy(
    duties=(
        Duty("谈心", records=("talk",), per="week"),
        Duty("谈心（经常）", records=("talk",), at_least=0, per="often"),
        Duty("家访", records=("home_visit",)),
    )
)


def only(lines):
    table = fulfilment(POLICY, as_lines(lines))
    assert len(table) == 1
    return table.iloc[0]


def test_every_line_is_counted_under_its_status():
    row = only(weeks("谈心", "c1", "ddlmmmtsep"))
    assert {name: row[name] for name in STATUSES} == {
        "done": 2, "late": 1, "missed": 3, "to_do": 1, "standing": 1, "excused": 1, "postponed": 1,
    }  # fmt: skip
    assert row["periods"] == 10 and row["need"] == 10 and row["have"] == 3


@pytest.mark.parametrize(
    ("statuses", "share", "late_share"),
    [
        ("dddd", 1.0, 0.0),
        ("dddl", 0.75, 0.25),  # what was late is not done in time: 31 minutes with a limit of 30
        ("dlmm", 0.25, 0.25),
        ("dlme", 1 / 3, 1 / 3),  # who was excused owes nothing
        ("ee", None, None),
    ],
)
def test_the_share_is_of_what_was_done_in_time(statuses, share, late_share):
    row = only(weeks("谈心", "c1", statuses))
    assert (
        row[["share", "late_share"]].isna().all() if share is None else row["share"] == pytest.approx(share)
    )
    assert share is None or row["late_share"] == pytest.approx(late_share)


@pytest.mark.parametrize(
    ("statuses", "met"),
    [("dt", True), ("de", True), ("dp", True), ("dm", False), ("dl", False), ("ds", False)],
)
def test_a_duty_is_met_where_nothing_was_missed_stands_over_or_was_late(statuses, met):
    assert only(weeks("谈心", "c1", statuses))["met"] == met


def test_a_duty_that_only_counts_has_no_share():
    """经常: nobody's talks are 100 % done because no number was asked for."""
    lines = [
        line("谈心（经常）", "c1", "done", "2026-09-01", need=0, have=4),
        line("家访", "c1", "done", "2026-09-01"),
    ]
    table = fulfilment(POLICY, as_lines(lines)).set_index("duty")
    assert pd.isna(table["share"]["谈心（经常）"]) and table["share"]["家访"] == 1
    shares = by_duty(table.reset_index()).set_index("duty")["share"]
    assert pd.isna(shares["谈心（经常）"]) and shares["家访"] == 1


def test_the_rows_are_in_the_order_of_the_duties_one_for_each_subject():
    lines = [line("家访", "c1", "done", "2026-09-01"), *weeks("谈心", "c2", "dd"), *weeks("谈心", "c1", "dm")]
    table = fulfilment(POLICY, as_lines(lines))
    assert table[["duty", "subject_id", "periods"]].to_numpy().tolist() == [
        ["谈心", "c1", 2],
        ["谈心", "c2", 2],
        ["家访", "c1", 1],
    ]


def test_by_duty_adds_up_the_subjects():
    table = fulfilment(POLICY, as_lines([*weeks("谈心", "c1", "dml"), *weeks("谈心", "c2", "dd")]))
    row = by_duty(table).iloc[0]
    assert row[["persons", "periods", "done", "late", "missed"]].tolist() == [2, 5, 3, 1, 1]
    assert (row["share"], row["late_share"]) == (pytest.approx(0.6), pytest.approx(0.2))


def test_the_workload_counts_a_row_of_two_for_both_and_the_rows_of_nobody_apart():
    lines = as_lines(
        [
            line("家访", "c1", "standing", "2026-09-01", who="周老师、吴老师", who_ids=["s1", "s2"]),
            line("谈心", "c1", "to_do", "2026-09-01"),
            line("谈心", "c2", "postponed", "2026-09-01"),
            line("谈心", "c2", "missed", "2026-09-01"),
            line("谈心", "c3", "to_do", "2026-09-01", nobody="helper"),
        ]
    )
    table = workload(lines)
    assert table.to_numpy().tolist() == [
        ["周老师", 3, 1, 1, 1, 2],
        ["吴老师", 1, 1, 0, 0, 1],
        ["无人负责", 1, 0, 1, 0, 1],
    ]
    assert table.columns.tolist() == ["who", "lines", "standing", "to_do", "postponed", "persons"]
    assert workload(lines.iloc[:0]).columns.tolist() == table.columns.tolist()


def test_an_empty_school_has_the_same_columns():
    table = fulfilment(Policy(), as_lines([]))
    assert tuple(table.columns) == COLUMNS and table.empty
    pd.testing.assert_frame_equal(table, fulfilment(POLICY, as_lines([])), check_dtype=False)
