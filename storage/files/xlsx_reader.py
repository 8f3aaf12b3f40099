"""Read the sheets of a workbook: hostile files are refused, and a cell whose value is lost says so.

A workbook is a zip of XML: the unpacked size is checked before anything is read. A spreadsheet keeps fifteen digits of a
number, so an identity number in a numeric cell has lost its last digits; a formula without a stored result has no value.
Such cells become an `UnreadableCell` (`guanai.storage.files.xlsx_cells`).
"""

import re
import zipfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from openpyxl.reader.excel import ExcelReader
from openpyxl.utils import range_boundaries
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.xml.constants import SHARED_STRINGS

from guanai.care.errors import ExchangeError
from guanai.storage.files.file_access import READ_ERRORS, megabytes
from guanai.storage.files.office_files import UnsafeFileError, check_office_file
from guanai.storage.files.sheet import MAX_COLUMNS, MAX_ROWS, InputSheet
from guanai.storage.files.xlsx_cells import SheetReader, shared_strings

__all__ = ["ENCRYPTED", "OLE_SIGNATURE", "read_xlsx", "reject_old_office_file"]

_MAX_UNPACKED = 150 * 1024 * 1024  # a sheet of 50,000 rows by 60 columns takes half of it
#: How an OLE file begins: Office files of before 2007, and newer ones with a password.
OLE_SIGNATURE = bytes.fromhex("d0cf11e0a1b11ae1")
#: What such a file contains if it has a password.
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z0-9:$]+)"')
_MAX_MERGED_ROWS = 500  # that one merged cell can stand for
_HEADING_ROWS = 20  # rows from the top that can hold a merged heading


def reject_old_office_file(content: bytes, name: str) -> None:
    """Raise ExchangeError for an .xls or a workbook with a password, whatever the file's name says."""
    if content.startswith(OLE_SIGNATURE):
        raise ExchangeError("exchange.locked" if ENCRYPTED in content else "exchange.old_xls", file=name)


def read_xlsx(path: Path, name: str) -> list[InputSheet]:
    """Return every visible sheet of an .xlsx.

    Raises ExchangeError for a file that is not a workbook, unpacks to too much, or has too many rows or columns.
    """
    try:
        _check_archive(path, name)
        reader = _WorkbookReader(path, read_only=True, data_only=True)
        reader.read()
    except ExchangeError:
        raise
    except READ_ERRORS as error:
        raise ExchangeError("exchange.no_workbook", file=name) from error
    try:
        strings = shared_strings(reader.part(reader.strings_part)) if reader.strings_part else []
        return [
            _input_sheet(sheet, reader.part(_part_of(sheet)), strings, name)
            for sheet in reader.wb.worksheets
            if sheet.sheet_state == "visible"
        ]
    except READ_ERRORS as error:
        raise ExchangeError("exchange.damaged", file=name) from error
    finally:
        reader.wb.close()


def _input_sheet(sheet: Any, xml: bytes, strings: Sequence[str], name: str) -> InputSheet:
    rows = _rows(SheetReader(sheet, xml, strings), name)
    return InputSheet(sheet.title.strip(), rows, _merged(xml), sheet.parent.epoch == CALENDAR_MAC_1904)


class _WorkbookReader(ExcelReader):
    """openpyxl's reader without the cells, which `SheetReader` reads; ``strings_part`` is the part with their texts."""

    strings_part = ""

    def read_strings(self) -> None:
        """Only find the part that holds the texts."""
        part = self.package.find(SHARED_STRINGS)  # type: ignore[no-untyped-call]
        self.strings_part = part.PartName.lstrip("/") if part is not None else ""

    def part(self, name: str) -> bytes:
        """Return a part of the workbook, which `_check_archive` has looked at."""
        xml: bytes = self.archive.read(name)
        return xml


def _check_archive(path: Path, name: str) -> None:
    """Raise ExchangeError for a zip that is not a workbook or could do harm when it is unpacked."""
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        if "mimetype" in names and "content.xml" in names:
            raise ExchangeError("exchange.open_document", file=name)
        if "xl/workbook.xml" not in names:
            raise ExchangeError("exchange.no_workbook", file=name)
    try:
        check_office_file(path, _MAX_UNPACKED)
    except UnsafeFileError as error:
        key = "exchange.bomb" if error.unpacked else "exchange.no_workbook"
        raise ExchangeError(key, file=name, size=megabytes(error.unpacked)) from error


def _part_of(sheet: Any) -> str:
    return str(getattr(sheet, "_worksheet_path", "")).lstrip("/")


def _merged(xml: bytes) -> list[tuple[int, int, int, int]]:
    """Return the merged ranges that can be headings, and those of one value for several rows, such as a class."""
    matches = islice(_MERGED.finditer(xml), MAX_ROWS)
    ranges = [range_boundaries(match[1].decode("ascii")) for match in matches]
    return [
        (first_row, last_row, first, last)
        for first, first_row, last, last_row in ranges
        if first_row and last_row and first and last
        if first_row <= _HEADING_ROWS or (first == last and last_row - first_row < _MAX_MERGED_ROWS)
    ]


def _rows(reader: SheetReader, name: str) -> list[tuple[int, list[Any]]]:
    rows = []
    for number, values in reader.rows():
        if len(values) > MAX_COLUMNS:
            raise ExchangeError("exchange.too_wide", file=name, most=MAX_COLUMNS)
        rows.append((number, values))
        if len(rows) > MAX_ROWS + _HEADING_ROWS:
            raise ExchangeError("exchange.too_long", file=name, most=MAX_ROWS)
    return rows
