"""The tables of a term summary as sheets of a workbook: words for headings, numbers that stay numbers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from guanai.care.figures import Figure
from guanai.care.summaries import Summary, labelled
from guanai.storage.cells import safe_cell
from guanai.templates.wording import catalogue, say

__all__ = ["Sheet", "book_of", "figures_sheet", "met_words", "sheets_of"]

# What a spreadsheet does not allow in the title of a sheet, and how long one may be.
FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", "_"))
LONGEST = 31 - 2  # room for the number that tells two apart
FORMATS = {"share": "0.0%", "day": "yyyy-mm-dd", "text": "@"}
# Columns that hold the ids of records: a person reads names instead, or nothing.
IDS = ("visit", "child")


@dataclass(frozen=True)
class Sheet:
    """A table ready to be read: ``kinds`` tells text, number, share and day apart, column by column."""

    title: str
    head: Sequence[str]
    kinds: Sequence[str]
    rows: Sequence[Sequence[Any]]


def figures_sheet(summary: Summary, language: str | None = None) -> Sheet:
    """Return the figures: label, numerator, denominator, share, target, met, basis."""
    columns = ("label", "numerator", "denominator", "share", "target", "met", "basis")
    return Sheet(
        title=say("report.figures", language),
        head=[say(f"report.figure.{column}", language) for column in columns],
        kinds=["text", "number", "number", "share", "share", "text", "text"],
        rows=[
            [
                one.label,
                one.numerator,
                one.denominator,
                one.share,
                one.target,
                met_words(one, language),
                one.basis,
            ]
            for one in summary.figures
        ],
    )


def met_words(figure: Figure, language: str | None = None) -> str:
    """Return in words whether a figure reaches its target; nothing to say where there is no target."""
    if figure.met is None:
        return say("report.nothing", language)
    return say("report.met" if figure.met else "report.unmet", language)


def sheets_of(
    summary: Summary, names: Mapping[str, str] | None = None, language: str | None = None
) -> dict[str, Sheet]:
    """Return each table of a summary as a sheet, by the table's name.

    ``names`` gives each child's name by its id; without it no child is named.
    """
    return {name: _sheet(name, table, names or {}, language) for name, table in summary.tables.items()}


def _sheet(name: str, table: pd.DataFrame, names: Mapping[str, str], language: str | None) -> Sheet:
    """Return one table with its headings and values in words."""
    shown = table.drop(columns=[column for column in IDS if column in table.columns])
    if names and "child" in table.columns:
        shown.insert(0, "child", table["child"].map(lambda one: names.get(one, one)))
    if "status" in shown.columns:
        shown["status"] = shown["status"].map(
            lambda value: _word(f"report.status.{value}", str(value), language)
        )
    worded = labelled(shown, language)
    kept = [
        column for column in shown.columns if not ("label" in shown.columns and column == shown.columns[0])
    ]
    return Sheet(
        title=_word(f"report.table.{name}", name, language),
        head=[str(heading) for heading in worded.columns],
        kinds=[_kind(column, shown[column]) for column in kept],
        rows=[[_plain(value) for value in row] for row in worded.itertuples(index=False, name=None)],
    )


def _word(key: str, otherwise: str, language: str | None) -> str:
    """Return the catalogue's word, or what stands there: a school's own table has its own name."""
    return say(key, language) if key in catalogue() else otherwise


def _kind(name: str, values: "pd.Series[Any]") -> str:
    if name == "share":
        return "share"
    if pd.api.types.is_datetime64_any_dtype(values):
        return "day"
    return "number" if pd.api.types.is_numeric_dtype(values) else "text"


def _plain(value: Any) -> Any:
    """Return a value of a frame as Python has it, None where there is none."""
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    return value.date() if isinstance(value, pd.Timestamp) else value


def book_of(sheets: Iterable[Sheet]) -> Workbook:
    """Return a workbook with a sheet for each: a head that stays when scrolling, columns wide enough."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets:
        title = sheet.title.translate(FORBIDDEN)[:LONGEST] or say("report.figures")
        _fill(book.create_sheet(title), sheet)  # openpyxl numbers a title that is there already
    return book


def _fill(page: Worksheet, sheet: Sheet) -> None:
    for column, (heading, kind) in enumerate(zip(sheet.head, sheet.kinds, strict=True), start=1):
        cells = [page.cell(1, column, safe_cell(heading))]
        for number, row in enumerate(sheet.rows, start=2):
            cells.append(page.cell(number, column, safe_cell(row[column - 1])))
            cells[-1].number_format = FORMATS.get(kind, "General")
            cells[-1].alignment = Alignment(wrap_text=kind == "text", vertical="top")
        cells[0].font = Font(bold=True)
        cells[0].fill = PatternFill("solid", fgColor="DDEBE4")
        cells[0].alignment = Alignment(wrap_text=True, vertical="center")
        page.column_dimensions[get_column_letter(column)].width = _width(cells)
    page.freeze_panes = "A2"


def _width(cells: Sequence[Cell]) -> int:
    """Return a width in narrow characters for what the cells hold; a Chinese character is two."""
    longest = max(sum(2 if ord(letter) > 0x2E80 else 1 for letter in _shown(cell.value)) for cell in cells)
    return min(max(longest + 2, 8), 60)


def _shown(value: object) -> str:
    return (
        f"{value:.1%}"
        if isinstance(value, float)
        else value.isoformat()
        if isinstance(value, date)
        else str(value or "")
    )
