"""What a printout consists of: sections of labelled fields or a table, and how fields share the rows of a form.

How it looks is decided elsewhere: ``templates/theme/print.html.j2`` draws a `Printout` on paper, the widgets draw its
sections on a page.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Checkbox", "PrintField", "PrintSection", "Printout", "fields_in_rows", "printout_of"]

_TICKED, _UNTICKED = "☑", "☐"

# Widths in half characters; a Chinese character is two.
_MAX_HALF_ROW = 32  # that fit into half a row of a form
_MAX_LABEL = 18  # that fit into a label's cell


@dataclass(frozen=True)
class Checkbox:
    """One of several choices on paper."""

    label: str
    ticked: bool = False

    @property
    def box(self) -> str:
        """The box before the label."""
        return _TICKED if self.ticked else _UNTICKED


@dataclass(frozen=True)
class PrintField:
    """A label and what is written beside it.

    ``blank_lines`` is how many empty lines there are to write on, ``picture`` the name of an attached picture;
    ``kind`` and ``key`` are those of the question, where it is one (``guardians/name`` in a repeat).
    """

    label: str
    text: str = ""
    checkboxes: tuple[Checkbox, ...] = ()
    blank_lines: int = 0
    picture: str = ""
    kind: str = ""
    full_width: bool = False
    key: str = ""

    @property
    def is_full_width(self) -> bool:
        """Whether it takes a whole row of the form."""
        boxes = sum(_width(box.label) + 5 for box in self.checkboxes)
        too_long = max(boxes, _width(self.text)) > _MAX_HALF_ROW or _width(self.label) > _MAX_LABEL
        return self.full_width or bool(self.picture) or too_long or "\n" in self.text

    @property
    def is_empty(self) -> bool:
        """Whether nothing is answered."""
        return not self.text and not self.picture and not any(box.ticked for box in self.checkboxes)

    @property
    def answer(self) -> str:
        """The answer in words, without boxes."""
        return self.text or "、".join(box.label for box in self.checkboxes if box.ticked)


@dataclass(frozen=True)
class PrintSection:
    """A section of a printout: fields under a title, or a table with headings; ``note`` is plain text before it.

    With ``cut_above`` a line to cut along stands above it. ``wide_column`` is the number of the table column that takes
    the space left by the others; without it all are equal.
    """

    title: str = ""
    fields: tuple[PrintField, ...] = ()
    headings: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    note: str = ""
    cut_above: bool = False
    wide_column: int | None = None

    @property
    def field_rows(self) -> list[tuple[PrintField, ...]]:
        """The fields in the rows of the form."""
        return fields_in_rows(self.fields)


@dataclass(frozen=True)
class Printout:
    """Something to print. ``signatures`` are who signs it; ``copies`` say for whom each copy on the paper is.

    ``style`` is the class in the style sheet: record, blank, dossier, official, card.
    """

    title: str
    sections: tuple[PrintSection, ...] = ()
    signatures: tuple[str, ...] = ()
    style: str = "record"
    copies: tuple[str, ...] = ("",)


def printout_of(values: Mapping[str, Any]) -> Printout:
    """Return a printout from what `dataclasses.asdict` makes of it, and JSON of that."""

    def field(values: Mapping[str, Any]) -> PrintField:
        return PrintField(**{**values, "checkboxes": tuple(Checkbox(**box) for box in values["checkboxes"])})

    def section(values: Mapping[str, Any]) -> PrintSection:
        fields, headings = tuple(map(field, values["fields"])), tuple(values["headings"])
        rows = tuple(map(tuple, values["rows"]))
        return PrintSection(**{**values, "fields": fields, "headings": headings, "rows": rows})

    sections = tuple(map(section, values["sections"]))
    signatures, copies = tuple(values["signatures"]), tuple(values["copies"])
    return Printout(**{**values, "sections": sections, "signatures": signatures, "copies": copies})


def _width(text: str) -> int:
    return sum(2 if character > "⺀" else 1 for character in text)


def fields_in_rows(fields: Iterable[PrintField]) -> list[tuple[PrintField, ...]]:
    """Return fields row by row: two short ones side by side, a wide one alone; their order stays.

    >>> fields = [PrintField("姓名"), PrintField("性别"), PrintField("地址", full_width=True), PrintField("电话")]
    >>> [[field.label for field in row] for row in fields_in_rows(fields)]
    [['姓名', '性别'], ['地址'], ['电话']]
    """
    rows: list[tuple[PrintField, ...]] = []
    left: PrintField | None = None  # a short field whose right neighbour is not known yet
    for field in fields:
        if field.is_full_width:
            rows += [(left,)] if left else []
            rows.append((field,))
            left = None
        elif left:
            rows.append((left, field))
            left = None
        else:
            left = field
    return rows + ([(left,)] if left else [])
