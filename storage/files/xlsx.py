"""The sheets of a workbook as they stand, read so that no file can do harm and no cell is quietly another one.

A workbook is a zip of XML: what it unpacks to is measured before anything is read. A spreadsheet keeps fifteen
digits of a number, so an identity number in a numeric cell has lost its end; a formula without a result has
nothing to read. Such cells become a `Fault` (`guanai.storage.files.xlsx_cells`).

python-calamine 0.9 reads 10,000 rows of 40 columns in 0.4 s of processor time, this module in 4.6 s (openpyxl: 7.3 s).
It was not taken, because it says less: an error cell and a formula without a result are both "" there, 0012 is 12.0, an
identity number of 18 digits is a float without a word, and an impossible day is a number. A fault that is
named beside its row saves a coordinator more than four seconds.
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
from guanai.storage.files.corrupt_files import DAMAGED
from guanai.storage.files.sheet import MOST_COLUMNS, MOST_ROWS, Grid, megabytes
from guanai.storage.files.xlsx_cells import SheetCells, strings_of

__all__ = ["check_old_file", "read_book"]

UNPACKED = 150 * 1024 * 1024  # a sheet of 50,000 rows by 60 columns is half of it
PARTS = 5_000
OLD = bytes.fromhex(
    "d0cf11e0a1b11ae1"
)  # what Office kept everything in before 2007, and keeps what is locked in
LOCKED = "EncryptedPackage".encode("utf-16-le")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z0-9:$]+)"')
_DECLARED = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_WIDE = (b"\xff\xfe", b"\xfe\xff")  # two bytes a sign, in which a declaration would not be seen
_ROWS_MERGED = 500  # rows that one merged cell answers for, at most
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
        _check_parts(path, name)
        reader = _Reader(path, read_only=True, data_only=True)
        reader.read()
    except ExchangeError:
        raise
    except DAMAGED as error:
        raise ExchangeError("exchange.no_workbook", file=name) from error
    try:
        strings = strings_of(reader.part(reader.texts)) if reader.texts else []
        return [
            _grid(sheet, reader.part(_part_of(sheet)), strings, name)
            for sheet in reader.wb.worksheets
            if sheet.sheet_state == "visible"
        ]
    except DAMAGED as error:
        raise ExchangeError("exchange.damaged", file=name) from error
    finally:
        reader.wb.close()


def _grid(sheet: Any, xml: bytes, strings: Sequence[str], name: str) -> Grid:
    rows = _rows(SheetCells(sheet, xml, strings), name)
    return Grid(sheet.title.strip(), rows, _merged(xml), sheet.parent.epoch == CALENDAR_MAC_1904)


class _Reader(ExcelReader):
    """Reads the workbook around its cells, which `SheetCells` reads faster; ``texts`` is the part with their texts."""

    texts = ""

    def read_strings(self) -> None:
        """Find where the texts are, and leave them."""
        found = self.package.find(SHARED_STRINGS)  # type: ignore[no-untyped-call]
        self.texts = found.PartName.lstrip("/") if found is not None else ""

    def part(self, name: str) -> bytes:
        """Return a part. Raises ValueError for one that declares what it could grow by."""
        xml: bytes = self.archive.read(name)
        if _DECLARED.search(xml) or xml.startswith(_WIDE):
            raise ValueError(name)
        return xml


def _check_parts(path: Path, name: str) -> None:
    """Refuse an archive that is no workbook, or that could do harm when it is unpacked."""
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        names = {part.filename for part in parts}
        if "mimetype" in names and "content.xml" in names:
            raise ExchangeError("exchange.open_document", file=name)
        if "xl/workbook.xml" not in names:
            raise ExchangeError("exchange.no_workbook", file=name)
        # What a part says of its size is all that Python unpacks of it, so this cannot be got around.
        unpacked = sum(part.file_size for part in parts)
        if unpacked > UNPACKED or len(parts) > PARTS:
            raise ExchangeError("exchange.bomb", file=name, size=megabytes(unpacked))
        for part in parts:
            if part.filename.endswith((".xml", ".rels")):
                with archive.open(part) as opened:
                    head = opened.read(4096)
                if _DECLARED.search(head) or head.startswith(_WIDE):
                    raise ExchangeError("exchange.no_workbook", file=name)


def _part_of(sheet: Any) -> str:
    return str(getattr(sheet, "_worksheet_path", "")).lstrip("/")


def _merged(xml: bytes) -> list[tuple[int, int, int, int]]:
    """Return the merged ranges that can be a heading, and those of one answer for several rows, such as a class."""
    found = islice(_MERGED.finditer(xml), MOST_ROWS)
    ranges = [range_boundaries(one[1].decode("ascii")) for one in found]
    return [
        (first_row, last_row, first, last)
        for first, first_row, last, last_row in ranges
        if first_row and last_row and first and last
        if first_row <= _HEADS_WITHIN or (first == last and last_row - first_row < _ROWS_MERGED)
    ]


def _rows(cells: SheetCells, name: str) -> list[tuple[int, list[Any]]]:
    rows = []
    for number, values in cells.rows():
        if len(values) > MOST_COLUMNS:
            raise ExchangeError("exchange.too_wide", file=name, most=MOST_COLUMNS)
        rows.append((number, values))
        if len(rows) > MOST_ROWS + _HEADS_WITHIN:
            raise ExchangeError("exchange.too_long", file=name, most=MOST_ROWS)
    return rows
