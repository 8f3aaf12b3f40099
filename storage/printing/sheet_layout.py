"""What a printed sheet consists of: parts with cells and tables, and how cells share the lines of a form.

No looks here: the theme draws a `Sheet` on paper, the widgets draw its parts on a page.
"""

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Cell", "Mark", "Part", "Sheet", "cells_in_lines"]

CHOSEN, OPEN = "☑", "☐"

_SHORT = 32  # half characters (a Chinese character is two) that fit into half a line of a form
_LABEL = 18  # half characters of a label that fit into its cell


@dataclass(frozen=True)
class Mark:
    """One of several choices on paper: its box, ticked or not, and what it says."""

    label: str
    chosen: bool = False

    @property
    def box(self) -> str:
        """The box before it."""
        return CHOSEN if self.chosen else OPEN


@dataclass(frozen=True)
class Cell:
    """A label and what is written beside it.

    ``marks`` are choices to tick, ``lines`` how many empty lines there are to write on, ``picture`` the name of
    an attached picture; ``kind`` and ``key`` are those of the question, where it is one
    (``guardians/name`` in a repeat).
    """

    label: str
    text: str = ""
    marks: tuple[Mark, ...] = ()
    lines: int = 0
    picture: str = ""
    kind: str = ""
    broad: bool = False
    key: str = ""

    @property
    def is_wide(self) -> bool:
        """Whether it takes a whole line of the form."""
        marks = sum(_width(mark.label) + 5 for mark in self.marks)
        long_ = max(marks, _width(self.text)) > _SHORT or _width(self.label) > _LABEL
        return self.broad or bool(self.picture) or long_ or "\n" in self.text

    @property
    def is_empty(self) -> bool:
        """Whether nothing is answered."""
        return not self.text and not self.picture and not any(mark.chosen for mark in self.marks)

    @property
    def answer(self) -> str:
        """What was answered, in words without boxes."""
        return self.text or "、".join(mark.label for mark in self.marks if mark.chosen)


@dataclass(frozen=True)
class Part:
    """A part of a sheet: cells under a title, or a table with a head; ``note`` is plain text before it.

    With ``cut`` a line to cut along stands above it; ``broad`` is the number of the column that takes the room which
    the others leave, without it all are equal.
    """

    title: str = ""
    cells: tuple[Cell, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    note: str = ""
    cut: bool = False
    broad: int | None = None

    @property
    def lines(self) -> list[tuple[Cell, ...]]:
        """The cells as they stand in the lines of the form."""
        return cells_in_lines(self.cells)


@dataclass(frozen=True)
class Sheet:
    """A thing to print: title, parts, who signs. ``copies`` say for whom each copy on the paper is."""

    title: str
    parts: tuple[Part, ...] = ()
    signed: tuple[str, ...] = ()
    note: str = ""
    look: str = "record"
    copies: tuple[str, ...] = ("",)


def _width(text: str) -> int:
    return sum(2 if sign > "⺀" else 1 for sign in text)


def cells_in_lines(cells: Iterable[Cell]) -> list[tuple[Cell, ...]]:
    """Return cells line by line: two short ones side by side, a wide one alone; their order stays.

    >>> cells = [Cell("姓名"), Cell("性别"), Cell("地址", broad=True), Cell("电话")]
    >>> [[cell.label for cell in line] for line in cells_in_lines(cells)]
    [['姓名', '性别'], ['地址'], ['电话']]
    """
    lines: list[tuple[Cell, ...]] = []
    waiting: Cell | None = None
    for cell in cells:
        if cell.is_wide:
            lines += [(waiting,)] if waiting else []
            lines.append((cell,))
            waiting = None
        elif waiting:
            lines.append((waiting, cell))
            waiting = None
        else:
            waiting = cell
    return lines + ([(waiting,)] if waiting else [])
