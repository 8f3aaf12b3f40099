"""The sheets of a workbook as they stand, read so that no file can do harm and no cell is quietly another one.

A workbook is a zip of XML: what it unpacks to is measured before anything is read. A spreadsheet keeps fifteen
digits of a number, so an identity number in a numeric cell has lost its end; a formula without a result has
nothing to read. Such cells become a `Fault`.
"""

import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import range_boundaries
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.utils.exceptions import InvalidFileException

from guanai.storage.cells import plain_cell
from guanai.storage.grids import MOST_COLUMNS, MOST_ROWS, Fault, Grid, megabytes
from guanai.templates.errors import ExchangeError

__all__ = ["check_old_file", "read_book"]

UNPACKED = 150 * 1024 * 1024  # a sheet of 50,000 rows by 60 columns is half of it
PARTS = 5_000
OLD = bytes.fromhex(
    "d0cf11e0a1b11ae1"
)  # what Office kept everything in before 2007, and keeps what is locked in
LOCKED = "EncryptedPackage".encode("utf-16-le")
DIGITS_KEPT = 10**15  # from here on a spreadsheet rounds
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z0-9:$]+)"')
_DECLARED = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_PADDED = re.compile(r"0{2,}")
_HEADS_WITHIN = 20  # rows from the top in which a merged heading can stand


def check_old_file(head: bytes, content: bytes, name: str) -> None:
    """Refuse what begins as an Office file of before 2007: a locked workbook or an .xls, whatever its name says."""
    if not head.startswith(OLD):
        return
    raise ExchangeError("exchange.locked" if LOCKED in content else "exchange.old_xls", file=name)


def read_book(path: Path, name: str) -> list[Grid]:
    """Return every sheet of an .xlsx as it stands, hidden ones left out.

    Raises ExchangeError for what is no workbook, unpacks to too much or has too many rows.
    """
    try:
        parts = _checked_parts(path, name)
        book = load_workbook(path, read_only=True, data_only=True)
    except ExchangeError:
        raise
    except (OSError, ValueError, KeyError, SyntaxError, zipfile.BadZipFile, InvalidFileException) as error:
        raise ExchangeError("exchange.no_workbook", file=name) from error
    try:
        formulas = _without_result(path) if any(_FORMULA.search(text) for text in parts.values()) else {}
        return [
            Grid(
                sheet.title.strip(),
                _rows(sheet, name, formulas.get(sheet.title, {})),
                _merged(parts.get(_part_of(sheet), b"")),
                book.epoch == CALENDAR_MAC_1904,
            )
            for sheet in book.worksheets
            if sheet.sheet_state == "visible"
        ]
    except (OSError, ValueError, KeyError, SyntaxError, TypeError, zipfile.BadZipFile) as error:
        raise ExchangeError("exchange.damaged", file=name) from error
    finally:
        book.close()


def _checked_parts(path: Path, name: str) -> dict[str, bytes]:
    """Return the XML of the sheets, once the whole archive has been found harmless."""
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        names = {part.filename for part in parts}
        if "mimetype" in names and "content.xml" in names:
            raise ExchangeError("exchange.open_document", file=name)
        if "xl/workbook.xml" not in names:
            raise ExchangeError("exchange.no_workbook", file=name)
        # What a part says of its size is all that Python unpacks of it, so this cannot be got around.
        read = [part for part in parts if part.filename.endswith((".xml", ".rels"))]
        unpacked = sum(part.file_size for part in read)
        if unpacked > UNPACKED or len(parts) > PARTS:
            raise ExchangeError("exchange.bomb", file=name, size=megabytes(unpacked))
        for part in read:
            with archive.open(part) as opened:
                if _DECLARED.search(opened.read(4096)):
                    raise ExchangeError("exchange.no_workbook", file=name)
        return {
            part.filename: archive.read(part)
            for part in read
            if part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml")
        }


def _part_of(sheet: Any) -> str:
    return str(getattr(sheet, "_worksheet_path", "")).lstrip("/")


def _merged(xml: bytes) -> list[tuple[int, int, int, int]]:
    ranges = [range_boundaries(found.decode("ascii")) for found in _MERGED.findall(xml)]
    return [
        (first_row, last_row, first, last)
        for first, first_row, last, last_row in ranges
        if first_row and first_row <= _HEADS_WITHIN and last_row and first and last
    ]


def _rows(sheet: Any, name: str, formulas: dict[tuple[int, int], str]) -> list[tuple[int, list[Any]]]:
    sheet.reset_dimensions()  # what a sheet says of its size can be a million empty rows
    rows = []
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        values = [_value(cell, formulas) if cell.value is not None or formulas else None for cell in cells]
        while values and values[-1] is None:
            values.pop()
        if not values:
            continue
        if len(values) > MOST_COLUMNS:
            raise ExchangeError("exchange.too_wide", file=name, most=MOST_COLUMNS)
        rows.append((number, values))
        if len(rows) > MOST_ROWS + _HEADS_WITHIN:
            raise ExchangeError("exchange.too_long", file=name, most=MOST_ROWS)
    return rows


def _value(cell: Any, formulas: dict[tuple[int, int], str]) -> Any:
    value = cell.value
    if value is None:
        place = (getattr(cell, "row", 0), getattr(cell, "column", 0))
        return Fault("import.formula", formulas[place]) if place in formulas else None
    if cell.data_type == "e":
        return Fault("import.error_value", str(value))
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _number(value, cell)
    if isinstance(value, datetime):
        return value.date() if value.time() == time() else value
    if isinstance(value, date | time):
        return value
    if isinstance(value, timedelta):
        return (datetime.min + value).time() if timedelta() <= value < timedelta(days=1) else str(value)
    return str(plain_cell(str(value).strip())).strip() or None


def _number(value: float, cell: Any) -> Any:
    if abs(value) >= DIGITS_KEPT:
        whole = str(value) if isinstance(value, int) else f"{value:.0f}"
        # Written whole by another program it is exact; kept by a spreadsheet it ends in zeros or has an exponent.
        exact = isinstance(value, int) and not whole.endswith("00")
        return whole if exact else Fault("import.rounded", whole)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and _PADDED.fullmatch(cell.number_format or ""):
        return str(value).zfill(len(cell.number_format))  # 0012, as it is seen
    return value


def _without_result(path: Path) -> dict[str, dict[tuple[int, int], str]]:
    """Return each formula of a workbook by sheet and place, for those cells that have no result."""
    book = load_workbook(path, read_only=True)
    try:
        return {sheet.title: dict(_formulas(sheet.iter_rows())) for sheet in book.worksheets}
    finally:
        book.close()


def _formulas(rows: Iterator[Sequence[Any]]) -> Iterator[tuple[tuple[int, int], str]]:
    for cells in rows:
        for cell in cells:
            if cell.data_type == "f":
                yield (cell.row, cell.column), str(cell.value)
