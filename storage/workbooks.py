"""The school's workbook: written from a preset, read as rows that know their place, its last good copy kept."""

import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from guanai.care.sheets import ROW
from guanai.templates import template
from guanai.templates.errors import PolicyError

__all__ = ["presets", "read_first_sheet", "read_workbook", "write_workbook"]

Sheets = dict[str, list[dict[str, Any]]]


def presets() -> list[str]:
    """Return the names of the policies that ship: the school systems of the documents."""
    return sorted(path.stem for path in template("policies").glob("*.md"))


def read_workbook(path: Path) -> Sheets:
    """Return each sheet as a list of rows: heading to value, and `ROW` to the row's number in the sheet.

    Empty rows are left out; a date cell is a `date`, everything else text as it stands. Raises
    PolicyError when the file cannot be opened.
    """
    book = _open(path)
    sheets: Sheets = {}
    for sheet in book.worksheets:
        rows = sheet.iter_rows(values_only=True)
        heads = [str(head or "").strip() for head in next(rows, ())]
        sheets[sheet.title.strip()] = [
            {ROW: number} | {head: _plain(cell) for head, cell in zip(heads, row, strict=False) if head}
            for number, row in enumerate(rows, start=2)
            if any(cell is not None for cell in row)
        ]
    book.close()
    return sheets


def read_first_sheet(path: Path) -> list[list[Any]]:
    """Return the rows of a workbook's first sheet as lists, dates as `date`, everything else as text.

    Raises PolicyError when the file cannot be opened.
    """
    book = _open(path)
    rows = [[_plain(cell) for cell in row] for row in book.worksheets[0].iter_rows(values_only=True)]
    book.close()
    return rows


def _open(path: Path) -> Workbook:
    try:
        return load_workbook(path, read_only=True, data_only=True)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, InvalidFileException) as error:
        raise PolicyError("school.workbook_unreadable", file=path.name) from error


def _plain(cell: Any) -> Any:
    """Return a date for a date cell and text for any other, a whole number without its ``.0``."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()


def write_workbook(path: Path, sheets: Sheets) -> None:
    """Write the sheets as a workbook that is pleasant to edit: bold heads that stay, columns wide enough."""
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        heads = [head for head in dict.fromkeys(head for row in rows for head in row) if head != ROW]
        sheet.append(heads)
        for row in rows:
            sheet.append([row.get(head, "") for head in heads])
        for number, head in enumerate(heads, start=1):
            letter = get_column_letter(number)
            longest = max([_width(head), *(_width(str(row.get(head, ""))) for row in rows)])
            sheet.column_dimensions[letter].width = min(max(longest + 2, 8), 60)
        for cell in sheet[1]:
            cell.font = Font(bold=True)
            cell.fill = PatternFill("solid", fgColor="DDEBE4")
        for line in sheet.iter_rows(min_row=2):
            for cell in line:
                cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.freeze_panes = "A2"
    fresh = path.with_suffix(".writing")
    book.save(fresh)
    fresh.replace(path)


def _width(text: str) -> int:
    """Return how many narrow characters wide a text is; a Chinese character is two."""
    return max((sum(2 if ord(letter) > 0x2E80 else 1 for letter in line) for line in text.splitlines()), default=0)
