"""Cells a spreadsheet may not run (CWE-1236).

Promise: children's data stays here. Stored text is escaped wherever it is exported (7.8).
"""

from datetime import UTC, date, datetime, time
from io import BytesIO

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanai.storage.files.cell_escaping import escape_cell, unescape_cell

RUN_BY_A_SPREADSHEET = [
    "=1+1",
    '=HYPERLINK("x")',
    "+86 10000000000",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1",
    "＝1+1",
    "＋1",
    "－1",
    "＠a",
    "'=1",
    "''@x",
    "\x00=1",
]


@pytest.mark.parametrize("text", RUN_BY_A_SPREADSHEET)
def test_a_text_that_would_run_is_marked_as_text(text: str) -> None:
    safe = escape_cell(text)
    assert isinstance(safe, str)
    assert safe.startswith("'")
    assert unescape_cell(safe) == text.replace("\x00", "")


@pytest.mark.parametrize("text", RUN_BY_A_SPREADSHEET)
def test_a_workbook_keeps_it_as_text(text: str) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = escape_cell(text)
    file = BytesIO()
    book.save(file)
    cell = openpyxl.load_workbook(file).active["A1"]  # type: ignore[index]
    assert cell.data_type == "s"
    assert unescape_cell(cell.value).split() == text.replace("\x00", "").split()


@pytest.mark.parametrize(
    "text", ["", "李", "二(1)班", "10000000000", "99999920150101001X", "它's", "a=b", "'quoted'"]
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert escape_cell(text) == text
    assert unescape_cell(text) == text


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, None),
        (float("nan"), None),
        (float("inf"), None),
        (pd.NaT, None),
        (pd.NA, None),
        (-3, -3),
        (0.25, 0.25),
        (True, True),
        (np.int64(-7), -7),
        (np.float64("nan"), None),
        (np.bool_(True), True),
        (date(2025, 9, 1), date(2025, 9, 1)),
        (time(12, 30), time(12, 30)),
        (datetime(2025, 9, 1, 8), datetime(2025, 9, 1, 8)),
        (pd.Timestamp("2025-09-01"), datetime(2025, 9, 1)),
        (datetime(2025, 9, 1, 8, tzinfo=UTC), "2025-09-01T08:00:00+00:00"),
        (["door", "phone"], "door、phone"),
        (["=1", "x"], "'=1、x"),
        ({"=": 1}, "{'=': 1}"),
        ("a\x0bb\ud800c", "abc"),
    ],
)
def test_every_kind_of_value_has_its_cell(value: object, cell: object) -> None:
    assert escape_cell(value) == cell
    assert isinstance(escape_cell(value), type(cell))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\t\r\n"), max_size=12))
def test_what_goes_out_comes_back(text: str) -> None:
    expected = text.replace("\ufffe", "").replace("\uffff", "")
    assert unescape_cell(escape_cell(text)) == expected


@given(st.text("'=+-@＝ \t\r\nab1", max_size=6))
def test_what_goes_out_never_runs(text: str) -> None:
    safe = escape_cell(text)
    assert isinstance(safe, str)
    assert safe.lstrip()[:1] not in {"=", "+", "-", "@", "＝"}
    assert unescape_cell(safe) == text
