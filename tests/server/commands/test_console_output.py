"""What a command prints: values, tables and CSV.

Requirement: lists as CSV that a spreadsheet opens and does not run (7.8).
"""

import json
from datetime import date, datetime, timedelta

import pandas as pd
import pytest

from guanai.server.commands.console_output import listing, plain_value


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (date(2026, 11, 20), "2026-11-20"),
        (datetime(2026, 11, 20), "2026-11-20"),
        (datetime(2026, 11, 20, 9, 30), "2026-11-20T09:30"),
        (timedelta(minutes=-5), -5),
        (pd.Timestamp("2026-11-20"), "2026-11-20"),
        (pd.NaT, None),
        (float("nan"), None),
        (pd.Series([3])[0], 3),
        (["a", pd.Timestamp("2026-11-20")], ["a", "2026-11-20"]),
        (None, None),
        ("文字", "文字"),
    ],
)
def test_a_value_as_json_has_it(value, plain):
    assert plain_value(value) == plain
    json.dumps(plain_value(value))


def test_a_table_is_aligned_in_chinese():
    lines = listing([{"a": "家访", "b": 1}, {"a": "ab", "b": 22}], ("a", "b"), "table").splitlines()
    assert lines == ["a     b", "家访  1", "ab    22"]


def test_csv_has_no_cell_that_a_spreadsheet_would_run():
    text = listing([{"a": "=1+1"}], ("a",), "csv")
    assert not text.splitlines()[1].startswith("=")
