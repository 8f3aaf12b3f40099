"""A workbook that is pleasant to read: a head that stays, columns wide enough, text that stays text.

No cell is one that the spreadsheet would run as a formula.
"""

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from guanai.storage.files.safe_cells import safe_cell
from guanai.templates.wording import say

__all__ = ["Sheet", "book_of"]

# What a spreadsheet does not allow in the title of a sheet, and how long one may be.
FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", "_"))
LONGEST = 31 - 2  # room for the number that tells two apart
FORMATS = {"share": "0.0%", "day": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm", "text": "@", "key": "@"}


@dataclass(frozen=True)
class Sheet:
    """A table ready to be read; ``kinds`` tells the columns apart: text, number, share, day."""

    title: str
    head: Sequence[str]
    kinds: Sequence[str]
    rows: Sequence[Sequence[Any]]
    stays: str = "A2"  # what lies above and left of this cell stays when scrolling


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
        looks: Any = None
        for number, row in enumerate(sheet.rows, start=2):
            cell: Any = page.cell(number, column, safe_cell(row[column - 1]))
            # A day or a moment gets its format from openpyxl as it is put in; all others of a column look alike.
            if looks is None or cell.has_style:
                cell.number_format = FORMATS.get(kind, "General")
                cell.alignment = Alignment(wrap_text=kind == "text", vertical="top")
                looks = copy(cell._style)
            else:
                cell._style = copy(looks)
            cells.append(cell)
        cells[0].font = Font(bold=True)
        cells[0].fill = PatternFill("solid", fgColor="DDEBE4")
        cells[0].alignment = Alignment(wrap_text=True, vertical="center")
        page.column_dimensions[get_column_letter(column)].width = 10 if kind == "key" else _width(cells)
    page.freeze_panes = sheet.stays


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
