"""Checklists and coverage as workbooks: numbers are numbers, days are days, texts stay texts."""

from collections.abc import Sequence
from io import BytesIO

import pandas as pd

from guanai.storage.exports.report_sheets import frame_sheet
from guanai.storage.files.workbook_style import book_of
from guanai.templates.wording import say

__all__ = ["coverage_excel", "due_excel", "excel_of", "tables_excel"]

LONGEST_TITLE = 31  # of a sheet, as Excel has it

LINES = (
    "status",
    "subject",
    "class",
    "village",
    "duty",
    "due",
    "since",
    "who",
    "period",
    "need",
    "have",
    "why",
)
EVIDENCE = "counted_on"
FULFILMENT = (
    "duty", "subject", "class", "village", "who", "need", "have", "periods", "done", "open", "overdue", "postponed", "excused",
    "share",
)  # fmt: skip


def due_excel(lines: pd.DataFrame) -> bytes:
    """Return due lines (columns as in `School.due`) as a workbook, in the order given.

    With the days of the records that were counted, where the lines come from `DutyService.with_days`.
    """
    words = lines["status"].map({one: say(f"due.status_{one}") for one in set(lines["status"])})
    return excel_of(
        say("due.title"), lines.assign(status=words), (*LINES, *lines.columns.intersection([EVIDENCE]))
    )


def coverage_excel(table: pd.DataFrame) -> bytes:
    """Return how far every duty is fulfilled (columns as in `School.coverage`) as a workbook."""
    return excel_of(say("coverage.title"), table, FULFILMENT)


def tables_excel(tables: Sequence[tuple[str, pd.DataFrame]]) -> bytes:
    """Return tables (title, frame with its columns in words) as a workbook of one sheet each."""
    titles = [
        title[:LONGEST_TITLE] or say("handout.table", number=place)
        for place, (title, _) in enumerate(tables, 1)
    ]
    sheets = [
        frame_sheet(title, [str(name) for name in frame.columns], frame)
        for title, (_, frame) in zip(titles, tables, strict=True)
    ]
    written = BytesIO()
    book_of(sheets).save(written)
    return written.getvalue()


def excel_of(title: str, table: pd.DataFrame, columns: tuple[str, ...]) -> bytes:
    """Return some columns of a frame as a workbook of one sheet."""
    sheet = frame_sheet(title, [say(f"column.{name}") for name in columns], table[list(columns)])
    written = BytesIO()
    book_of([sheet]).save(written)
    return written.getvalue()
