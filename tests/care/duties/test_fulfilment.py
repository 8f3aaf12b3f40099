"""One row per duty and subject: its counts are those of the checklist (requirements 7.2, 7.16: what is counted is what is listed)."""

import pandas as pd
from bench.duties import ON, POLICY, school
from support.plain_duties import as_frames

from guanai.care.duties.due import due
from guanai.care.duties.fulfilment import COLUMNS, by_duty, fulfilment
from guanai.care.policy.policy import Duty, Policy


def test_the_counts_are_those_of_the_checklist():
    frames = as_frames(school(30))
    lines = due(POLICY, frames, ON, done=True)
    table = fulfilment(POLICY, lines)
    assert tuple(table.columns) == COLUMNS
    assert not table.duplicated(["duty", "kind", "subject_id"]).any()
    for status, column in (("done", "done"), ("due", "open"), ("overdue", "overdue")):
        assert table[column].sum() == (lines["status"] == status).sum()
    assert (table["periods"] == table[["done", "open", "overdue"]].sum(axis=1)).all()
    assert (table["met"] == (table["overdue"] == 0)).all()
    assert table["duty"].drop_duplicates().tolist() == [
        duty.name for duty in POLICY.duties if duty.name in set(lines["duty"])
    ]


def test_a_duty_that_only_counts_has_no_share():
    """经常: nobody's talks are 100 % done because no number was asked for."""
    policy = Policy(
        calendar=POLICY.calendar,
        duties=(
            Duty("谈心（经常）", records=("talk",), at_least=0, per="often"),
            Duty("家访", records=("home_visit",)),
        ),
    )
    table = fulfilment(policy, due(policy, as_frames(school(30)), ON, done=True))
    often = table["duty"] == "谈心（经常）"
    assert often.sum() and table.loc[often, "share"].isna().all()
    assert table.loc[table["duty"] == "家访", "share"].notna().all()
    shares = by_duty(table).set_index("duty")["share"]
    assert pd.isna(shares["谈心（经常）"]) and shares["家访"] <= 1


def test_an_empty_school_has_the_same_columns():
    table = fulfilment(Policy(), due(Policy(), {}, ON, done=True))
    assert tuple(table.columns) == COLUMNS and table.empty
    pd.testing.assert_frame_equal(
        table, fulfilment(POLICY, due(POLICY, {}, ON, done=True)), check_dtype=False
    )
