"""A table as it stands in a file, whatever kind of file it is: numbered rows of cells, and cells that cannot be trusted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from guanai.care.errors import ExchangeError
from guanai.templates.wording import say

__all__ = ["LARGEST", "MOST_COLUMNS", "MOST_ROWS", "Fault", "Grid", "Source", "megabytes", "sized"]

#: The greatest file that is read, in bytes: as much as a page can send.
LARGEST = 20 * 1024 * 1024
#: So many rows are read of one sheet, and so many columns.
MOST_ROWS, MOST_COLUMNS = 50_000, 500

Cell = str | bool | int | float | date | datetime | time | None
#: Records by register and by number: their place in the list, or the one that TinyDB gives them.
Records = Mapping[str, Mapping[int, Mapping[str, Any]]]


@dataclass(frozen=True)
class Fault:
    """A cell of which nobody can say what it means: a rounded number, an error value, a formula without a result."""

    key: str
    text: str = ""

    def __str__(self) -> str:
        return say(self.key, text=self.text)


@dataclass(frozen=True)
class Grid:
    """One sheet or one text file: its rows that are not blank, each with the number a spreadsheet shows for it.

    ``merged`` are the merged ranges (first row, last row, first column, last column, from 1). With ``from_1904``
    the days in it are counted from 1904 on, as old Macs do.
    """

    title: str
    rows: Sequence[tuple[int, Sequence[Any]]]
    merged: Sequence[tuple[int, int, int, int]] = ()
    from_1904: bool = False


@dataclass(frozen=True)
class Source:
    """What was found in a file or a folder: tables of cells, whole records by form, or submissions from a telephone.

    ``submissions`` names those of ``bundle``'s files that hold submissions; the others lie beside them.
    ``own`` says that the records were kept by this program, so that what their form does not ask is kept too;
    ``versions`` then gives every version of a record, by form and id, the earliest first.
    """

    name: str
    grids: Sequence[Grid] = ()
    records: Records | None = None
    attachments: Path | None = None
    own: bool = False
    versions: Callable[[str, str], Sequence[Mapping[str, Any]]] | None = None
    submissions: Sequence[str] = ()
    bundle: Mapping[str, bytes] | None = None


def megabytes(size: int) -> str:
    """Return a size as people read it.

    >>> megabytes(52_428_800)
    '50.0 MB'
    """
    return f"{size / 1024 / 1024:.1f} MB"


def sized(path: Path, name: str) -> int:
    """Return a file's size. Raises ExchangeError for one that is not there or larger than `LARGEST`."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise ExchangeError("exchange.unreadable", file=name) from error
    if size > LARGEST:
        raise ExchangeError(
            "exchange.too_large", file=name, size=megabytes(size), most=f"{LARGEST // 1024 // 1024} MB"
        )
    return size
