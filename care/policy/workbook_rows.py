"""The sheets of a school's workbook: headings, cells read as values, mistakes reported with their place.

A sheet is a list of rows, a row a dict of cells by heading, with the number of the row in the file
under `ROW`. Headings, kinds and names may be written in any language of the catalogue.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from guanai.care.errors import PolicyError
from guanai.care.policy.conditions import (
    Clause,
    UnknownRegisterError,
    lookup_name,
    names_by_spelling,
    parse_condition,
)
from guanai.care.policy.duty import Limit
from guanai.templates.wording import catalogue, markdown_rows, say

__all__ = [
    "HEADINGS",
    "MAX_DAYS",
    "REQUIRED",
    "ROW",
    "Row",
    "Sheets",
    "has_sheet",
    "headings",
    "register_label",
    "register_labels",
    "rows_of",
    "sheets_from_markdown",
]

ROW = "row"
Sheets = Mapping[str, Sequence[Mapping[str, Any]]]

# The headings of each sheet, in the order in which they are written.
HEADINGS: dict[str, tuple[str, ...]] = {
    "school": ("item", "value", "remark"),
    "calendar": ("kind", "name", "start", "end", "remark"),
    "duties": (
        "name", "kind", "subject", "subject_condition", "record", "record_condition", "content",
        "at_least", "at_most", "target", "per", "trigger", "trigger_condition", "limit", "who", "grace_days",
        "after", "weight", "escalate", "source", "in_force", "remark",
    ),
    "categories": ("kind", "name", "label", "remark"),
    "wording": ("item", "value", "remark"),
    "rights": (
        "right_role", "right_register", "right_acts", "right_scope", "right_hidden", "right_masked", "right_told",
        "remark",
    ),
}  # fmt: skip
REQUIRED: dict[str, tuple[str, ...]] = {
    "school": ("item", "value"),
    "calendar": ("kind", "name", "start", "end"),
    "duties": ("name", "kind"),
    "categories": ("kind", "name", "label"),
    "wording": ("item", "value"),
    "rights": ("right_role", "right_register", "right_acts"),
}
YEARLY = re.compile(r"(?P<month>\d{1,2})\s*(?:月|-|/)\s*(?P<day>\d{1,2})\s*日?")
MAX_NUMBER, MAX_DAYS = 99_999, 3_660  # a larger number, or time in days, is a mistake
YEARS = range(1900, 2200)
DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]00:00(?::00)?)?")


def headings(sheet: str, language: str = "zh") -> tuple[str, ...]:
    """Return the headings of a sheet in words, for writing the workbook."""
    return tuple(say(f"heading.{heading}", language) for heading in HEADINGS[sheet])


@dataclass(frozen=True)
class Row:
    """A row of a sheet that gives its cells as texts, numbers, days and names, or a placed PolicyError."""

    file: str
    sheet: str
    number: int
    cells: Mapping[str, Any]

    def error(self, key: str, heading: str = "", **values: object) -> PolicyError:
        """Return an error at this row (and the column of a heading)."""
        column = say(f"heading.{heading}") if heading else ""
        return PolicyError(key, file=self.file, sheet=self.sheet, row=self.number, column=column, **values)

    def text(self, heading: str) -> str:
        """Return a cell as text, "" if it is empty; a whole number without a decimal point."""
        value = self.cells.get(heading)
        if value is None or value != value:  # NaN, an empty cell of a frame, is not itself
            return ""
        return str(int(value) if isinstance(value, float) and value.is_integer() else value).strip()

    def required(self, heading: str) -> str:
        """Return a cell's text; raises PolicyError if it is empty."""
        if not (text := self.text(heading)):
            raise self.error("policy.empty", heading)
        return text

    def whole_number(
        self, heading: str, default: int | None, least: int = 0, most: int = MAX_NUMBER
    ) -> int | None:
        """Return a whole number from ``least`` to ``most``; the default if the cell is empty."""
        if not (text := _normalized(self.text(heading))):
            return default
        if not text.isdecimal() or int(text) < least:
            raise self.error("policy.number", heading, value=text, least=least)
        return self._at_most(heading, int(text), most)

    def _at_most(self, heading: str, number: int, most: int) -> int:
        if number > most:
            raise self.error("policy.number_most", heading, value=self.text(heading), most=most)
        return number

    def share(self, heading: str) -> float | None:
        """Return a share between 0 and 1 of ``80%``, 80 or 0.8; None if the cell is empty.

        1 is all (100 %): a spreadsheet keeps "100%" as 1.
        """
        if not (text := _normalized(self.text(heading))):
            return None
        try:
            number = float(text.removesuffix("%"))
        except ValueError:
            number = -1.0
        share = number / 100 if text.endswith("%") or number > 1 else number
        if not 0 <= share <= 1:
            raise self.error("policy.share", heading, value=text)
        return share

    def yearly(self, heading: str) -> tuple[int, int] | None:
        """Return the month and day of a cell such as ``8月1日``, every year again; None if it has a year."""
        if isinstance(self.cells.get(heading), date):
            return None
        match = YEARLY.fullmatch(_normalized(self.text(heading)))
        if match is None:
            return None
        month, number = int(match["month"]), int(match["day"])
        if not (1 <= month <= 12 and 1 <= number <= DAYS_IN_MONTH[month - 1]):
            raise self.error("policy.day", heading, value=self.text(heading))
        return month, number

    def day(self, heading: str) -> date:
        """Return a day of a date cell or of text such as 2026-09-01 or 2026年9月1日."""
        value = self.cells.get(heading)
        text = _normalized(self.required(heading))
        match = DATE.fullmatch(text)
        try:
            if isinstance(value, date):
                day = value.date() if isinstance(value, datetime) else value
            else:
                day = date(*map(int, match.groups())) if match else date.fromisoformat(text)
        except ValueError:
            raise self.error("policy.day", heading, value=text) from None
        if day.year not in YEARS:
            raise self.error("policy.day", heading, value=text)
        return day

    def choice(self, heading: str, prefix: str, default: str | None = None) -> str:
        """Return the name meant by a cell, one of those below a prefix of the catalogue."""
        text = self.text(heading)
        if not text and default is not None:
            return default
        name = lookup_name(prefix, self.required(heading))
        if name is None:
            names = sorted(set(names_by_spelling(prefix).values()))
            choices = say("policy.comma").join(say(f"{prefix}.{choice}") for choice in names)
            raise self.error("policy.choice", heading, value=text, choices=choices)
        return name

    def choices(self, heading: str, prefix: str) -> tuple[str, ...]:
        """Return the names meant by a cell that may list several below a prefix of the catalogue."""
        parts = self.several(heading)
        return tuple(replace(self, cells={heading: part}).choice(heading, prefix) for part in parts)

    def limit(self, heading: str) -> Limit | None:
        """Return a limit such as ``30分钟``, ``1 hour``, ``7天``, ``立即`` or ``6月1日``; None if the cell is empty."""
        text = _normalized(self.text(heading)).casefold()
        if not text:
            return None
        if lookup_name("limit", text) == "at_once":
            return Limit(0, "minute")
        if yearly := self.yearly(heading):
            return Limit(100 * yearly[0] + yearly[1], "date")
        match = re.fullmatch(r"(?P<number>\d+)\s*(?P<unit>\D*)", text)
        unit = lookup_name("limit", match["unit"]) if match and match["unit"] else "day"
        if match is None or unit not in ("minute", "hour", "day"):
            raise self.error("policy.limit", heading, value=text)
        a_day = {"minute": 24 * 60, "hour": 24, "day": 1}[unit]
        return Limit(self._at_most(heading, int(match["number"]), MAX_DAYS * a_day), unit)

    def condition(self, heading: str, registers: Iterable[str] = ()) -> tuple[Clause, ...]:
        """Return the clauses of a condition cell on some registers."""
        named = tuple(registers)
        try:
            return parse_condition(self.text(heading), named)
        except UnknownRegisterError as problem:
            raise self.error(
                "policy.condition_register", heading, value=problem, choices=register_labels(named)
            ) from None
        except ValueError as problem:
            raise self.error("policy.condition", heading, value=problem) from None

    def several(self, heading: str) -> list[str]:
        """Return the parts of a cell that lists names with commas between."""
        return [part.strip() for part in re.split(r"[,，、;；\n]", self.text(heading)) if part.strip()]


def register_label(name: str) -> str:
    """Return the word for a register, its bare name if there is none."""
    return say(f"record.{name}") if f"record.{name}" in catalogue() else name


def register_labels(names: Iterable[str]) -> str:
    """Return the words for some registers, for a message."""
    return say("policy.comma").join(map(register_label, names))


def rows_of(sheets: Sheets, file: str) -> dict[str, list[Row]]:
    """Return the rows of every sheet by its name, empty rows left out, headings checked.

    Raises PolicyError for a sheet or a heading that is not known or is missing.
    """
    rows_by_sheet: dict[str, list[Row]] = {name: [] for name in HEADINGS}
    for title, rows in sheets.items():
        name = lookup_name("sheet", title)
        if name is None:
            if rows:
                raise PolicyError(
                    "policy.sheet", file=file, sheet=title, sheets=_joined_words("sheet", HEADINGS)
                )
            continue
        rows_by_sheet[name] = [
            row for row in _checked_rows(file, title, name, rows) if any(map(row.text, row.cells))
        ]
    for name in ("school", "duties"):
        if not has_sheet(sheets, name):
            raise PolicyError("policy.no_sheet", file=file, missing=say(f"sheet.{name}"))
    return rows_by_sheet


def has_sheet(sheets: Sheets, name: str) -> bool:
    """Whether there is a sheet of a plain name, with or without rows."""
    return any(lookup_name("sheet", title) == name for title in sheets)


def _checked_rows(file: str, title: str, name: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    for position, cells in enumerate(rows, start=2):
        named: dict[str, Any] = {}
        number = int(cells.get(ROW, position))
        for written, value in cells.items():
            heading = lookup_name("heading", written)
            if heading in named:
                raise PolicyError("policy.column_twice", file=file, sheet=title, column=written)
            if heading in HEADINGS[name]:
                named[heading] = value
            elif written != ROW and not _is_blank(written):
                raise PolicyError(
                    "policy.column",
                    file=file,
                    sheet=title,
                    column=written,
                    columns=_joined_words("heading", HEADINGS[name]),
                )
        for heading in REQUIRED[name]:
            if heading not in named:
                raise PolicyError(
                    "policy.no_column", file=file, sheet=title, missing=say(f"heading.{heading}")
                )
        yield Row(file, title, number, named)


def sheets_from_markdown(text: str) -> dict[str, list[dict[str, Any]]]:
    """Return the sheets of a policy written in Markdown: one table below each ``## 职责`` heading.

    Text around the tables is left out; a row's number is its line in the file.
    """
    lines = text.splitlines()
    titles = [position for position, line in enumerate(lines) if line.startswith("## ")]
    sheets: dict[str, list[dict[str, Any]]] = {}
    for first, last in zip(titles, [*titles[1:], len(lines)], strict=True):
        table = next((position for position in range(first, last) if lines[position].startswith("|")), None)
        if table is None:
            continue
        head, *rows = markdown_rows("\n".join(lines[table:last]))
        sheets[lines[first].removeprefix("## ").strip()] = [
            {ROW: number, **dict(zip(head, row, strict=False))}
            for number, row in enumerate(rows, start=table + 3)
        ]
    return sheets


def _normalized(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _is_blank(written: object) -> bool:
    return not isinstance(written, str) or not written.strip()


def _joined_words(prefix: str, names: Mapping[str, object] | Sequence[str]) -> str:
    return say("policy.comma").join(say(f"{prefix}.{name}") for name in names)
