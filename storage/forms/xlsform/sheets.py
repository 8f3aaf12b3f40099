"""A form as its author wrote it: sheets of rows, each knowing its file, sheet and row number.

A Markdown form (.md) is a table whose first column names the sheet; prose around the tables is left alone. A
workbook (.xlsx) has one sheet each. Headings, types and yes/no are read in Chinese or English (`headings`) and
kept in XLSForm's words, so that both spellings of a form are equal; the heading as written stays for messages.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import TypedDict

from guanai.care.errors import FormError
from guanai.storage.files.file_access import READ_ERRORS
from guanai.storage.files.office_files import UnsafeFileError, checked_workbook
from guanai.storage.forms.xlsform.headings import (
    SHEETS,
    read_cell,
    read_heading,
    read_sheet_name,
    write_heading,
)

__all__ = [
    "LARGEST",
    "FormSheets",
    "Place",
    "Row",
    "Sheet",
    "form_file",
    "read_sheets",
    "sheets_of",
    "too_large",
]

#: The greatest form that is taken, in bytes: a form of a thousand questions has a tenth of it.
LARGEST = 5 * 1024 * 1024
_LONGEST_CELL = 32_767  # characters, as in a spreadsheet
_EMPTY_ROWS_AT_MOST = 200  # a sheet formatted down to its millionth row ends after so many empty ones
_COLUMNS_AT_MOST = 200
_BAR = re.compile(r"(?<!\\)\|")


class Place(TypedDict, total=False):
    """Where in a form something stands, as `FormError` takes it."""

    file: str
    sheet: str
    row: int | None
    column: str


@dataclass(frozen=True)
class Row:
    """One row: its number in the file as an editor counts, and its cells that hold something, by heading."""

    number: int
    cells: dict[str, str]

    def get(self, heading: str) -> str:
        """Return the text under a heading in any language, empty when there is none."""
        if heading in self.cells:
            return self.cells[heading]
        return next((text for key, text in self.cells.items() if key.partition("::")[0] == heading), "")


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name in XLSForm and as written, the row of its headings, its headings likewise, and its rows."""

    name: str
    written: str
    head: int
    headings: dict[str, str]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class FormSheets:
    """The sheets of one form file that a form is made of; any other sheet of the file is the author's own."""

    file: str
    sheets: dict[str, Sheet] = field(default_factory=dict)

    def rows(self, sheet: str) -> tuple[Row, ...]:
        """Return the rows of a sheet, none when the file has no such sheet."""
        return self.sheets[sheet].rows if sheet in self.sheets else ()

    def setting(self, heading: str) -> str:
        """Return the text under a heading of the settings, empty when there is none."""
        return next((row.get(heading) for row in self.rows("settings")), "")

    def place(self, sheet: str = "", row: int | None = None, heading: str = "") -> Place:
        """Return a place in this file in the words that its author wrote."""
        at = self.sheets.get(sheet)
        column = heading
        if at and heading:
            written = (text for key, text in at.headings.items() if key.partition("::")[0] == heading)
            column = at.headings.get(heading) or next(written, write_heading(heading))
        return Place(file=self.file, sheet=at.written if at else sheet, row=row, column=column)

    def error(self, key: str, sheet: str, row: int, heading: str, **values: object) -> FormError:
        """Return a mistake in a cell of this file, ready to be raised."""
        return FormError(key, **self.place(sheet, row, heading), **values)

    def content(self) -> str:
        """Return a hash of what the form says, the same for its Markdown and its workbook."""
        content = [
            (name, sorted(row.cells.items()))
            for name, sheet in sorted(self.sheets.items())
            for row in sheet.rows
        ]
        return hashlib.sha256(repr(content).encode()).hexdigest()


def read_sheets(path: Path) -> FormSheets:
    """Return the sheets of a form file; raises `FormError` as `sheets_of` does, or when it cannot be read."""
    return sheets_of(form_file(path), path.name)


def form_file(path: Path) -> bytes:
    """Return the content of a form file. Raises `FormError` for one that cannot be read or is larger than `LARGEST`."""
    try:
        if (size := path.stat().st_size) > LARGEST:
            raise too_large(path.name, size)
        return path.read_bytes()
    except OSError as error:
        raise FormError("form.no_file", file=path.name, reason=error.strerror or "") from error


def too_large(file: str, size: int) -> FormError:
    """Return the error for a form that is, or unpacks to, more than is taken."""
    size_in_words = f"{size / 1024 / 1024:.1f}".removesuffix(".0")
    return FormError("designer.too_large", file=file, size=size_in_words, most=LARGEST >> 20)


def sheets_of(content: bytes, file: str) -> FormSheets:
    """Return the sheets of the content of a form file, by the ending of its name.

    Raises `FormError` for a file that is too large, that is no Markdown table or workbook, that has no sheet of questions, or in
    which two columns have the same heading.
    """
    if len(content) > LARGEST:
        raise too_large(file, len(content))
    if file.endswith(".md"):
        tables = _markdown_tables(content, file)
    elif file.endswith((".xlsx", ".xlsm")):
        tables = _workbook_tables(content, file)
    else:
        raise FormError("form.file_kind", file=file)
    sheets: dict[str, Sheet] = {}
    written_names = []
    for written, rows in tables:
        written_names.append(written)
        name = read_sheet_name(written)
        if name not in SHEETS:
            continue
        if name in sheets:
            raise FormError("form.sheet_twice", file=file, sheet=written, other=sheets[name].written)
        sheets[name] = _sheet(file, name, written, rows)
    if "survey" not in sheets:
        names = "、".join(written_names) or "—"
        raise FormError("form.no_survey", file=file, found=names, wanted=SHEETS["survey"])
    return FormSheets(file, sheets)


def _sheet(file: str, name: str, written: str, rows: Iterable[tuple[int, Sequence[str]]]) -> Sheet:
    numbered = iter(rows)
    number, head = next(numbered, (1, ()))
    places: dict[int, str] = {}
    headings: dict[str, str] = {}
    for index, text in enumerate(head):
        if not text:
            continue
        heading = read_heading(text)
        if heading in headings:
            raise FormError("form.heading_twice", file=file, sheet=written, row=number, column=text)
        places[index], headings[heading] = heading, text
    return Sheet(name, written, number, headings, tuple(_rows(numbered, places, file, written)))


def _rows(
    rows: Iterator[tuple[int, Sequence[str]]], places: dict[int, str], file: str, written: str
) -> Iterator[Row]:
    for number, cells in rows:
        texts = {places[index]: text for index, text in enumerate(cells) if text and index in places}
        for heading, text in texts.items():
            if len(text) > _LONGEST_CELL:
                place = Place(file=file, sheet=written, row=number, column=write_heading(heading))
                raise FormError("form.long_cell", **place, length=len(text), most=_LONGEST_CELL)
        if texts:
            yield Row(number, {heading: read_cell(heading, text) for heading, text in texts.items()})


def _markdown_tables(content: bytes, file: str) -> Iterator[tuple[str, list[tuple[int, list[str]]]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormError("form.not_text", file=file) from error
    name, rows = "", list[tuple[int, list[str]]]()
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.strip()
        if not bare.startswith("|"):
            continue
        first, *cells = (
            cell.strip().replace("\\|", "|").replace("<br>", "\n")
            for cell in _BAR.split(bare.removesuffix("|")[1:])
        )
        if all(cell and set(cell) <= set("-: ") for cell in (first, *cells)):
            continue  # the rule below the headings
        if first:
            if name:
                yield name, rows
            name, rows = first, []
        if any(cells):
            rows.append((number, cells))
    if name:
        yield name, rows


def _workbook_tables(content: bytes, file: str) -> Iterator[tuple[str, list[tuple[int, list[str]]]]]:
    try:
        workbook = checked_workbook(content, read_only=True, data_only=True)
    except UnsafeFileError as error:
        if error.unpacked:
            raise too_large(file, error.unpacked) from error
        raise FormError("form.not_workbook", file=file) from error
    except READ_ERRORS as error:
        raise FormError("form.not_workbook", file=file) from error
    try:
        for sheet in workbook.worksheets:
            if read_sheet_name(sheet.title) in SHEETS:
                yield sheet.title, list(_cells(sheet.iter_rows(max_col=_COLUMNS_AT_MOST, values_only=True)))
            else:
                yield sheet.title, []
    except READ_ERRORS as error:
        raise FormError("form.not_workbook", file=file) from error
    finally:
        workbook.close()


def _cells(rows: Iterable[Sequence[object]]) -> Iterator[tuple[int, list[str]]]:
    empty = 0
    for number, values in enumerate(rows, start=1):
        cells = [_cell_text(value) for value in values]
        if any(cells):
            empty = 0
            yield number, cells
        else:
            empty += 1
            if empty > _EMPTY_ROWS_AT_MOST:
                return


def _cell_text(value: object) -> str:
    """Return what a person sees in a cell: a whole number without its point, a day without its midnight."""
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case float() if value.is_integer():
            return str(int(value))
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime() | date() | time():
            return value.isoformat()
        case _:
            return str(value).replace("\N{NO-BREAK SPACE}", " ").strip()
