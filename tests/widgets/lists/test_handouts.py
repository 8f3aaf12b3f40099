"""Every duty page taken along: on A4 and as a workbook, all rows of it.

Requirement: print and export, all rows of it (7.2, 7.8).
"""

from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook

from guanai.widgets import Handout, Matrix, Table, due_sheet, tables_handout
from guanai.widgets.lists.duty_matrix import STATES


def table(**more):
    rows = pd.DataFrame(
        {"name": [f"<童{n}>" for n in range(40)], "share": [0.5] * 40, "day": pd.Timestamp("2026-11-20")}
    )
    return Table(
        rows, columns={"name": "姓名", "share": "占比", "day": "日期"}, caption="各人", page=5, **more
    )


def test_tables_are_printed_and_exported_with_all_their_rows():
    made = tables_handout(
        "all.xlsx", [table(percent=["share"]), Table(pd.DataFrame({"a": []}), caption="空")], "某校"
    )
    made.print.click()
    sheet = made.sheet.value
    assert sheet.count("<tr>") == 41 and "data-print-now" in sheet
    assert "某校 各人" in sheet and "&lt;童39&gt;" in sheet and "50%" in sheet and "<童" not in sheet
    made.download.click()
    book = load_workbook(BytesIO(made.download.content))
    assert book.sheetnames == ["各人", "空"]
    rows = list(book["各人"].iter_rows(values_only=True))
    head = next(place for place, row in enumerate(rows) if row[0] == "姓名")
    assert len(rows) - head == 41 and rows[head + 1][1] == 0.5 and rows[head + 1][2].day == 20


def test_a_sheet_that_cannot_be_made_shows_the_error():
    def paper():
        raise ValueError("x")

    made = Handout("a.xlsx", paper, lambda: b"")
    made.print.click()
    assert "guanai-bad" in made.sheet.value


def test_the_whole_matrix_is_printed():
    rows = [
        {"duty": "谈心", "kind": "child", "subject_id": f"c{n}", "subject": f"童{n}", "class": "一班", "village": "", "who": "",
         **dict.fromkeys(STATES, 0), "to_do": 1} for n in range(7)
    ]  # fmt: skip
    matrix = Matrix(pd.DataFrame(rows), page=3)
    assert matrix.body.value.count("<tr>") == 4
    assert matrix.paper().count("<tr>") == 8 and "data-print-now" in matrix.paper()


@pytest.mark.parametrize("page", ["coverage", "day", "matrix", "emergency", "pairing", "checklist"])
def test_each_page_of_the_duties_can_be_printed_and_exported(page):
    text = (Path(__file__).parents[3] / "notebooks" / f"{page}.ipynb").read_text(encoding="utf-8")
    assert ("andout(" in text) or ("Checklist(" in text and "Download(" in text)
    assert due_sheet(pd.DataFrame({"duty": ["谈心"], "status": ["to_do"]})).count("data-print-now") == 1
