"""Due lists, coverage and the tables of a term summary as workbooks: numbers are numbers, days are days, words are words."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any

import pandas as pd

from guanai.care.figures import Figure
from guanai.care.summary.term_summary import Summary, labelled
from guanai.storage.files.workbook_writer import OutputSheet, build_workbook
from guanai.templates.wording import catalogue, say

__all__ = [
    "closing_excel",
    "coverage_excel",
    "due_excel",
    "excel_table",
    "figures_sheet",
    "met_in_words",
    "summary_sheets",
    "tables_excel",
    "to_do_excel",
    "workbook_bytes",
]

_MAX_TITLE = 31  # characters of a sheet's title in Excel

_DUE_COLUMNS = (
    "status", "subject", "class", "village", "duty", "due", "since", "who", "period", "need", "have", "why",
)  # fmt: skip
_EVIDENCE = "counted_on"
_COVERAGE_COLUMNS = (
    "duty", "subject", "class", "village", "who", "need", "have", "periods", "done", "late", "to_do", "standing", "missed",
    "postponed", "excused", "share", "late_share",
)  # fmt: skip
_TO_DO_COLUMNS = (
    "status", "text", "subject", "class", "village", "who", "due", "since", "periods", "missed", "run", "last",
)  # fmt: skip
_CLOSING_COLUMNS = (
    "duty", "subject", "class", "village", "who", "periods", "done", "late", "missed", "standing", "text",
)  # fmt: skip
_ID_COLUMNS = ("visit", "child")  # ids of records, which mean nothing to a reader


# -- due lists and coverage


def due_excel(lines: pd.DataFrame) -> bytes:
    """Return due lines (columns as in `School.due`) as a workbook, in the order given.

    With the days of the records that were counted, where the lines come from `DutyService.with_days`.
    """
    columns = (*_DUE_COLUMNS, *lines.columns.intersection([_EVIDENCE]))
    return excel_table(say("due.title"), lines.assign(status=_in_words(lines["status"])), columns)


def to_do_excel(rows: pd.DataFrame) -> bytes:
    """Return what is to be done (columns as in `School.to_do`) as a workbook, in the order given."""
    return excel_table(say("due.title"), rows.assign(status=_in_words(rows["status"])), _TO_DO_COLUMNS)


def closing_excel(rows: pd.DataFrame) -> bytes:
    """Return what a term leaves (columns as in `School.closing_list`) as a workbook."""
    return excel_table(say("closing.title"), rows, _CLOSING_COLUMNS)


def coverage_excel(table: pd.DataFrame) -> bytes:
    """Return how far every duty is fulfilled (columns as in `School.coverage`) as a workbook."""
    return excel_table(say("coverage.title"), table, _COVERAGE_COLUMNS)


def _in_words(statuses: "pd.Series[str]") -> "pd.Series[str]":
    return statuses.map({status: say(f"due.status_{status}") for status in set(statuses) - {""}}).fillna("")


def tables_excel(tables: Sequence[tuple[str, pd.DataFrame]]) -> bytes:
    """Return tables (title, frame with its columns in words) as a workbook of one sheet each."""
    return workbook_bytes(
        _frame_sheet(
            title[:_MAX_TITLE] or say("handout.table", number=number),
            [str(name) for name in frame.columns],
            frame,
        )
        for number, (title, frame) in enumerate(tables, 1)
    )


def excel_table(title: str, table: pd.DataFrame, columns: tuple[str, ...]) -> bytes:
    """Return some columns of a frame as a workbook of one sheet, headed by the words ``column.<name>``."""
    headings = [say(f"column.{name}") for name in columns]
    return workbook_bytes([_frame_sheet(title, headings, table[list(columns)])])


def workbook_bytes(sheets: Iterable[OutputSheet]) -> bytes:
    """Return tables as the bytes of an .xlsx file."""
    content = BytesIO()
    build_workbook(sheets).save(content)
    return content.getvalue()


# -- the tables of a term summary


def figures_sheet(summary: Summary, language: str | None = None) -> OutputSheet:
    """Return the figures: label, numerator, denominator, share, target, met, basis."""
    columns = ("label", "numerator", "denominator", "share", "target", "met", "basis")
    return OutputSheet(
        title=say("report.figures", language),
        headings=[say(f"report.figure.{column}", language) for column in columns],
        kinds=["text", "number", "number", "share", "share", "text", "text"],
        rows=[
            [
                met_in_words(figure, language) if column == "met" else getattr(figure, column)
                for column in columns
            ]
            for figure in summary.figures
        ],
    )


def met_in_words(figure: Figure, language: str | None = None) -> str:
    """Return in words whether a figure reaches its target; the word for nothing where there is no target."""
    if figure.met is None:
        return say("report.nothing", language)
    return say("report.met" if figure.met else "report.unmet", language)


def summary_sheets(
    summary: Summary, names: Mapping[str, str] | None = None, language: str | None = None
) -> dict[str, OutputSheet]:
    """Return each table of a summary as a sheet, by the table's name.

    ``names`` gives each child's name by its id; without it no child is named.
    """
    return {
        name: _summary_sheet(name, table, names or {}, language) for name, table in summary.tables.items()
    }


def _summary_sheet(
    name: str, table: pd.DataFrame, names: Mapping[str, str], language: str | None
) -> OutputSheet:
    """Return one table with its headings and values in words."""
    shown = table.drop(columns=[column for column in _ID_COLUMNS if column in table.columns])
    if names and "child" in table.columns:
        shown.insert(0, "child", table["child"].map(lambda record_id: names.get(record_id, record_id)))
    if "status" in shown.columns:
        shown["status"] = shown["status"].map(
            lambda status: _word(f"report.status.{status}", str(status), language)
        )
    in_words = labelled(shown, language)
    # `labelled` leaves out the first column, a key, where the table has a column "label".
    columns = [
        column for column in shown.columns if not ("label" in shown.columns and column == shown.columns[0])
    ]
    headings = [str(heading) for heading in in_words.columns]
    title = _word(f"report.table.{name}", name, language)
    return _frame_sheet(title, headings, shown[columns], in_words)


def _frame_sheet(
    title: str, headings: list[str], frame: pd.DataFrame, in_words: pd.DataFrame | None = None
) -> OutputSheet:
    """Return a frame as a sheet, or ``in_words`` the same in words; the frame's dtypes say of what kind a column is."""
    values = frame if in_words is None else in_words
    return OutputSheet(
        title=title,
        headings=headings,
        kinds=[_kind(column, frame[column]) for column in frame.columns],
        rows=[[_plain(value) for value in row] for row in values.itertuples(index=False, name=None)],
    )


def _word(key: str, default: str, language: str | None) -> str:
    """Return the catalogue's word; a table or status of the school's own has none and stays as it is."""
    return say(key, language) if key in catalogue() else default


def _kind(name: str, values: "pd.Series[Any]") -> str:
    if name in ("share", "late_share"):
        return "share"
    if pd.api.types.is_datetime64_any_dtype(values):
        return "day"
    return "number" if pd.api.types.is_numeric_dtype(values) else "text"


def _plain(value: Any) -> Any:
    """Return a value of a frame as a Python value, None where it is missing."""
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    return value.date() if isinstance(value, pd.Timestamp) else value
