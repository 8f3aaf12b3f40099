"""The tables in templates/sample/tables/: what each record of a sample school holds, row by row, read and checked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from guanai.care.errors import GuanaiError
from guanai.server.sample.rules import Context, condition, rule
from guanai.server.sample.sample_school import Record
from guanai.templates import template
from guanai.templates.wording import markdown_rows

__all__ = ["Row", "Table", "read_tables", "sample_tables"]

T = TypeVar("T")
HEAD = ["field", "value", "when", "share"]


class Row:
    """One row of a table: what a field holds, when it is answered, and in what share of cases."""

    def __init__(self, place: str, number: int, cells: Sequence[str]) -> None:
        """Read the cells. Raises GuanaiError with file, table, row and column for one that is not understood."""
        self.place, self.number = place, number  # for errors; the place is the file and the table
        self.cells = dict(zip(HEAD, [*cells, "", "", ""], strict=False))
        self.name, *self.inner = self.cells["field"].split(".")  # inner of ``visits.2.child``: 2 and child
        self.value = self._read("value", rule)
        self.when = self._read("when", condition)
        self.share = self._read("share", lambda cell: float(cell or 1))

    def _read(self, column: str, reader: Callable[[str], T]) -> T:
        try:
            return reader(self.cells[column])
        except ValueError as error:
            raise self.not_understood(column) from error

    def not_understood(self, column: str) -> GuanaiError:
        """Return the error that a cell cannot be read."""
        place, row, cell = self.place, self.number, self.cells[column]
        return GuanaiError("sample.cell", place=place, row=row, column=column, cell=cell)

    def answer(self, context: Context) -> Any:
        """Return what a record holds; None where the condition does not hold, or chance is outside the share."""
        column = "when"
        try:
            if (self.when and not self.when(context)) or (
                self.share < 1 and not context.random.happens(self.share)
            ):
                return None
            column = "value"
            value = self.value(context)
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise self.not_understood(column) from error
        return value.isoformat() if isinstance(value, date) else value


@dataclass(frozen=True)
class Table:
    """What the records of a form hold: those that ``(each)`` asks for, or where there is none, what code asks for."""

    title: str  # its first word is the form
    rows: tuple[Row, ...]
    settings: dict[str, Row]  # ``each``, ``day`` and ``share``
    fields: frozenset[str]

    @property
    def form(self) -> str:
        """The form whose records they are."""
        return self.title.split()[0]

    def fill(self, context: Context) -> Record:
        """Return a record's answers; where a field has several rows, the first that gives an answer counts."""
        context.record, context.fields = {}, self.fields
        record = context.record
        for row in self.rows:
            if row.name in record and not row.inner:
                continue
            if (value := row.answer(context)) is not None:
                if row.inner:
                    _put(record, row, value)
                else:
                    record[row.name] = value
        return {name: value for name, value in record.items() if name[0] != "_"}


def _put(record: Record, row: Row, value: Any) -> None:
    """Set a field of a repeat's row."""
    number, field = row.inner
    repeat = record.setdefault(row.name, [])
    if int(number) > len(repeat):
        repeat.append({})
    repeat[int(number) - 1][field] = value


def read_tables(file: Path) -> list[Table]:
    """Return the tables of a file, one below each heading ``## form``.

    Raises GuanaiError with file, table, row and column for a cell that is not understood.
    """
    tables = []
    for section in file.read_text(encoding="utf-8").split("\n## ")[1:]:
        title, _, text = section.partition("\n")
        place = f"{file.name} ## {title}"
        head, *cells = markdown_rows(text) or [[]]
        if head != HEAD:
            raise GuanaiError("sample.cell", place=place, row=0, column=HEAD[0], cell=" | ".join(head))
        rows = [Row(place, number, row) for number, row in enumerate(cells, start=1)]
        settings = {row.name.strip("()"): row for row in rows if row.name.startswith("(")}
        fields = tuple(row for row in rows if not row.name.startswith("("))
        tables.append(Table(title, fields, settings, frozenset(row.name for row in fields)))
    return tables


@cache
def sample_tables() -> dict[str, Table]:
    """Return every table by its heading, in the order of the files."""
    files = sorted((template("sample") / "tables").glob("*.md"))
    return {table.title: table for file in files for table in read_tables(file)}
