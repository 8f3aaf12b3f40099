"""Checklists and coverage as workbooks: numbers are numbers, days are days, texts stay texts."""

from io import BytesIO
from typing import Any

import pandas as pd

from guanai.storage.spreadsheets import Sheet, book_of
from guanai.templates.wording import say

__all__ = ["coverage_excel", "due_excel", "excel_of"]

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
FULFILMENT = (
    "duty", "subject", "class", "village", "who", "need", "have", "periods", "done", "open", "overdue", "postponed", "excused",
    "share",
)  # fmt: skip


def due_excel(lines: pd.DataFrame) -> bytes:
    """Return due lines (columns as in `School.due`) as a workbook, in the order given."""
    words = lines["status"].map({one: say(f"due.status_{one}") for one in set(lines["status"])})
    return excel_of(say("due.title"), lines.assign(status=words), LINES)


def coverage_excel(table: pd.DataFrame) -> bytes:
    """Return how far every duty is fulfilled (columns as in `School.coverage`) as a workbook."""
    return excel_of(say("coverage.title"), table, FULFILMENT)


def excel_of(title: str, table: pd.DataFrame, columns: tuple[str, ...]) -> bytes:
    """Return some columns of a frame as a workbook of one sheet."""
    rows = [
        [_plain(value) for value in row] for row in table[list(columns)].itertuples(index=False, name=None)
    ]
    sheet = Sheet(
        title=title,
        head=[say(f"column.{name}") for name in columns],
        kinds=[_kind(name, table[name]) for name in columns],
        rows=rows,
    )
    written = BytesIO()
    book_of([sheet]).save(written)
    return written.getvalue()


def _kind(name: str, values: "pd.Series[Any]") -> str:
    if name == "share":
        return "share"
    if pd.api.types.is_datetime64_any_dtype(values):
        return "day"
    return "number" if pd.api.types.is_numeric_dtype(values) else "text"


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    return value.date() if isinstance(value, pd.Timestamp) else value
