"""The school's workbook: written from a preset, read as rows with their row numbers."""

from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

from guanai.care.errors import PolicyError
from guanai.care.policy.workbook_rows import ROW
from guanai.storage.files.cell_escaping import unescape_cell
from guanai.storage.files.file_access import READ_ERRORS, atomic_write
from guanai.storage.files.office_files import checked_workbook
from guanai.storage.files.workbook_writer import OutputSheet, build_workbook
from guanai.templates import template

__all__ = ["presets", "read_workbook", "write_workbook"]

Sheets = dict[str, list[dict[str, Any]]]


def presets() -> list[str]:
    """Return the names of the policies that ship: the school systems of the documents."""
    return sorted(path.stem for path in template("policies").glob("*.md"))


def read_workbook(path: Path) -> Sheets:
    """Return each sheet as a list of rows: heading to value, and `ROW` to the row's number in the sheet.

    Empty rows are left out; a date cell is a `date`, everything else is text. Raises
    PolicyError when the file cannot be opened or is damaged inside, and for a heading that is there twice.
    """
    try:
        with closing(checked_workbook(path, read_only=True, data_only=True)) as book:
            return {sheet.title.strip(): _rows(path, sheet) for sheet in book.worksheets}
    except READ_ERRORS as error:
        raise PolicyError("school.workbook_unreadable", file=path.name) from error


def _rows(path: Path, sheet: Any) -> list[dict[str, Any]]:
    rows = sheet.iter_rows(values_only=True)
    heads = [_head(head) for head in next(rows, ())]
    twice = next((head for place, head in enumerate(heads) if head and head in heads[:place]), None)
    if twice:
        raise PolicyError("policy.column_twice", file=path.name, sheet=sheet.title.strip(), column=twice)
    return [
        {ROW: number} | {head: _plain(cell) for head, cell in zip(heads, row, strict=False) if head}
        for number, row in enumerate(rows, start=2)
        if any(cell is not None for cell in row)
    ]


def _head(cell: Any) -> str:
    """Return a heading; one that reads like `ROW` is put in quotes, so that it does not replace the row's number."""
    written = str(cell or "").strip()
    return f"“{written}”" if written == ROW else written


def _plain(cell: Any) -> Any:
    """Return a date for a date cell and text for any other, a whole number without its ``.0``."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(unescape_cell(cell)).strip()


def write_workbook(path: Path, sheets: Sheets) -> None:
    """Write the sheets as a workbook to be edited; the file appears whole or not at all."""
    book = build_workbook(_sheet(title, rows) for title, rows in sheets.items())
    with atomic_write(path) as fresh:
        book.save(fresh)


def _sheet(title: str, rows: list[dict[str, Any]]) -> OutputSheet:
    heads = [head for head in dict.fromkeys(head for row in rows for head in row) if head != ROW]
    kinds = ["day" if any(isinstance(row.get(head), date) for row in rows) else "text" for head in heads]
    return OutputSheet(title, heads, kinds, [[row.get(head, "") for head in heads] for row in rows])
