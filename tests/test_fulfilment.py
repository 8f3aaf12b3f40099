"""One row per duty and subject: its counts are those of the checklist (issue: badges are lengths of lists)."""

from datetime import date

import pandas as pd
from bench_duties import ON, POLICY, school
from plain_duties import as_frames

from guanai.care.calendars import Term
from guanai.care.duties import due
from guanai.care.fulfilment import COLUMNS, fulfilment
from guanai.care.policies import Policy

TERM = POLICY.calendar.terms[0]


def test_the_counts_are_those_of_the_checklist():
    frames = as_frames(school(30))
    table, lines = fulfilment(POLICY, frames, TERM, ON), due(POLICY, frames, ON, done=True)
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
    table = fulfilment(Policy(), {}, Term("秋", date(2026, 9, 1), date(2027, 1, 16)), ON)
    assert tuple(table.columns) == COLUMNS and table.empty
    pd.testing.assert_frame_equal(table, fulfilment(POLICY, {}, TERM, ON), check_dtype=False)
