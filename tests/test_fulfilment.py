"""One row per duty and subject: its counts are those of the checklist (issue: badges are lengths of lists)."""

import pandas as pd
from bench_duties import ON, POLICY, school
from plain_duties import as_frames

from guanai.care.duties import due
from guanai.care.fulfilment import COLUMNS, fulfilment
from guanai.care.policies import Policy


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


def test_an_empty_school_has_the_same_columns():
    table = fulfilment(Policy(), due(Policy(), {}, ON, done=True))
    assert tuple(table.columns) == COLUMNS and table.empty
    pd.testing.assert_frame_equal(
        table, fulfilment(POLICY, due(POLICY, {}, ON, done=True)), check_dtype=False
    )
