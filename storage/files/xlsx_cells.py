"""The cells of a sheet, straight from its XML: what stands in each, as text, number, day, moment, or why nobody can say.

openpyxl reads the workbook around them and its styles. Its own way to a cell makes a dozen objects for each, which for
the half million cells of ten thousand children is most of an import's time.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import cached_property
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import Element, iterparse

from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.styles.numbers import is_date_format, is_timedelta_format
from openpyxl.utils import column_index_from_string
from openpyxl.utils.datetime import from_excel, from_ISO8601

from guanai.storage.files.safe_cells import plain_cell
from guanai.storage.files.sheet import Fault

__all__ = ["SheetCells", "strings_of"]

DIGITS_KEPT = 10**15  # from here on a spreadsheet rounds


def strings_of(xml: bytes) -> list[str]:
    """Return the texts that a workbook keeps in one place, in their order; how they are pronounced is left out."""
    texts = []
    for _, element in iterparse(BytesIO(xml)):  # noqa: S314 - whoever calls has found no declaration in it
        if element.tag.endswith("}si"):
            texts.append(_written(element).replace("x005F_", ""))  # as openpyxl reads it
            element.clear()
    return texts


def _written(element: Element) -> str:
    """Return the text of an entry, which may stand in pieces that look differently."""
    pieces = []
    for child in element:
        if child.tag.endswith("}t"):
            pieces.append(child.text or "")
        elif child.tag.endswith("}r"):
            pieces += [inner.text or "" for inner in child if inner.tag.endswith("}t")]
    return "".join(pieces)


class _Look:
    """How cells of one style show their numbers."""

    def __init__(self, number_format: str) -> None:
        self.day = is_date_format(number_format)
        self.span = is_timedelta_format(number_format)
        zeros = len(number_format) > 1 and not number_format.strip("0")
        self.padded = len(number_format) if zeros else 0  # 0012, as it is seen


class SheetCells:
    """The rows of one sheet; ``strings`` are the workbook's texts (`strings_of`)."""

    def __init__(self, sheet: Any, xml: bytes, strings: Sequence[str]) -> None:
        self._sheet, self._xml, self._strings = sheet, xml, strings
        self._looks: dict[str, _Look] = {}
        self._columns: dict[str, int] = {}

    @cached_property
    def _epoch(self) -> datetime:
        epoch: datetime = self._sheet.parent.epoch
        return epoch

    def rows(self) -> Iterator[tuple[int, list[Any]]]:
        """Yield number and cells of each row in which anything stands; empty cells are None, none at the end.

        Raises ValueError, KeyError, IndexError or SyntaxError for what is no sheet.
        """
        number = 0
        for _, element in iterparse(BytesIO(self._xml)):  # noqa: S314 - see `strings_of`
            if not element.tag.endswith("}row"):
                continue
            number = int(float(element.get("r", number + 1)))
            if values := self._row(element):
                yield number, values
            element.clear()

    def _row(self, row: Element) -> list[Any]:
        values: list[Any] = []
        column = 0
        for cell in row:
            place = cell.get("r")
            column = self._column(place) if place else column + 1
            value = self._value(cell)
            if value is not None:
                values += [None] * (column - len(values))
                values[column - 1] = value
        return values

    def _column(self, place: str) -> int:
        letters = place.rstrip("0123456789")
        if letters not in self._columns:
            self._columns[letters] = column_index_from_string(letters)
        return self._columns[letters]

    def _value(self, cell: Element) -> Any:
        text = formula = None
        worked_out = False
        for part in cell:
            tag = part.tag
            if tag.endswith("}v"):
                text, worked_out = part.text, True
            elif tag.endswith("}f"):
                formula = f"={part.text or '…'}"
            elif tag.endswith("}is"):
                text = _written(part)
        kind = cell.get("t", "n")
        if not text:
            # A formula whose result is an empty text has one; that of which nobody knows the result has none.
            return (
                Fault("import.formula", formula) if formula and not (kind == "str" and worked_out) else None
            )
        if kind == "s":
            return _plain(self._strings[int(text)])
        if kind in ("str", "inlineStr"):
            return _plain(text)
        if kind == "b":
            return bool(int(text))
        if kind == "e":
            return Fault("import.error_value", text)
        if kind == "d":
            return _moment(from_ISO8601(text))  # type: ignore[no-untyped-call]
        return self._number(text, cell.get("s", "0"))

    def _number(self, text: str, style: str) -> Any:
        look = self._looks.get(style) or self._look(style)
        number: int | float = int(text) if text.lstrip("-").isdecimal() else float(text)
        if look.day:
            try:
                return _moment(from_excel(number, self._epoch, timedelta=look.span))
            except (OverflowError, ValueError):
                return Fault("import.error_value", "#VALUE!")
        if abs(number) >= DIGITS_KEPT:
            whole = str(number) if isinstance(number, int) else f"{number:.0f}"
            # Written whole by another program it is exact; kept by a spreadsheet it ends in zeros or has an exponent.
            exact = isinstance(number, int) and not whole.endswith("00")
            return whole if exact else Fault("import.rounded", whole)
        if isinstance(number, float) and number.is_integer():
            number = int(number)
        return str(number).zfill(look.padded) if isinstance(number, int) and look.padded else number

    def _look(self, style: str) -> _Look:
        cell: Any = ReadOnlyCell(self._sheet, 1, 1, None, "n", int(style))
        look = self._looks[style] = _Look(cell.number_format or "")
        return look


def _plain(text: str) -> str | None:
    return str(plain_cell(text.strip())).strip() or None


def _moment(value: Any) -> Any:
    """Return a day without its midnight, and a span of less than a day as the time that it stands for."""
    if isinstance(value, datetime):
        return value.date() if value.time() == time() else value
    if isinstance(value, date | time):
        return value
    if isinstance(value, timedelta):
        return (datetime.min + value).time() if timedelta() <= value < timedelta(days=1) else str(value)
    return value
