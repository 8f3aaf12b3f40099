"""A sheet as it is read from a file, whatever kind of file it is: numbered rows of cells, and cells that cannot be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from guanai.templates.wording import say

__all__ = ["MAX_COLUMNS", "MAX_ROWS", "InputSheet", "UnreadableCell"]

#: How many rows and columns are read of one sheet.
MAX_ROWS, MAX_COLUMNS = 50_000, 500


@dataclass(frozen=True)
class UnreadableCell:
    """A cell whose value is lost: a rounded number, an error value, a formula without a result.

    ``key`` is the message in the word catalogue that says why, ``text`` what the cell holds.
    """

    key: str
    text: str = ""

    def __str__(self) -> str:
        return say(self.key, text=self.text)


@dataclass(frozen=True)
class InputSheet:
    """One sheet of a workbook, or one text file: its rows that are not blank, each with its number in the file (from 1).

    A cell is a str, bool, int, float, date, datetime, time or `UnreadableCell`, None where it is empty. ``merged`` are
    the merged ranges (first row, last row, first column, last column, from 1). With ``from_1904`` the workbook counts
    days from 1904, as old Macs do.
    """

    title: str
    rows: Sequence[tuple[int, Sequence[Any]]]
    merged: Sequence[tuple[int, int, int, int]] = ()
    from_1904: bool = False
