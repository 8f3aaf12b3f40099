"""Export records: a workbook with a sheet for each repeat, a CSV file, JSON Lines, or a file that TinyDB opens.

Choices and persons are written as people read them. Each record's id and revision are written too, so that a copy that
was changed elsewhere can be imported again. No cell is run as a formula.
"""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from guanai.care.errors import ExchangeError
from guanai.storage.exports.question_columns import (
    CHOICE_SEPARATOR,
    QuestionColumn,
    item_label,
    question_columns,
    repeats_of,
)
from guanai.storage.files.cell_escaping import escape_cell
from guanai.storage.files.file_access import atomic_write
from guanai.storage.files.workbook_writer import OutputSheet, build_workbook
from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS, Form
from guanai.storage.forms.xlsform.items import Question, Repeat
from guanai.storage.records.access import Access
from guanai.storage.records.frames import retired_fields
from guanai.storage.records.records import Records
from guanai.storage.vault.trail import Trail
from guanai.templates.wording import say

__all__ = ["EXPORT_ENDINGS", "FORMATS", "export_bytes", "format_of", "write_export"]

Record = Mapping[str, Any]
Table = tuple[list[str], list[str], list[list[Any]]]  # headings, kinds, rows

# Digits from which on a spreadsheet would read a CSV's cell as a number and round it; a tab before it keeps it text.
_LONG_NUMBER = 11
_KINDS = {"date": "day", "datetime": "moment", "integer": "number", "decimal": "number"}
_MAX_CELL_CHARS = 32_767  # characters that a cell of a workbook holds


class ExportedRecords(Records, Protocol):
    """The records of a school, with what the person may do."""

    access: Access

    @property
    def trail(self) -> Trail:
        """Where it is written that somebody has exported."""


@dataclass(frozen=True)
class _Register:
    """What is exported: a form's records, a session for its labels, retired fields, and paths left out as sensitive."""

    form: Form
    records: Sequence[Record]
    session: FormSession
    retired: Sequence[str]
    hidden: frozenset[str]

    def columns(self, of: Form | Repeat, *, inner: bool, keys: tuple[str, ...] = ()) -> list[QuestionColumn]:
        documents = self.records if inner else ()
        columns = question_columns(of, documents, repeats=0, inner=inner)
        return [column for column in columns if not self.hides((*keys, *_keys(column.path)))]

    def hides(self, keys: tuple[str, ...]) -> bool:
        """Whether an answer, or a repeat that it is in, is left out as sensitive."""
        return any("/".join(keys[: depth + 1]) in self.hidden for depth in range(len(keys)))


def _keys(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if not part.isdecimal())


def write_export(
    school: ExportedRecords,
    form: str,
    path: Path,
    *,
    format: str = "",
    without_sensitive: bool = False,
) -> int:
    """Write the records of a form to a file in one of `FORMATS` and return how many.

    Without a format the file's ending says it. In a workbook identity and telephone numbers are text cells, days are
    days, and each repeat has a sheet; a CSV begins with a byte-order mark. Answers to questions that the form no longer
    has are in the last columns. With ``without_sensitive`` what the form marks as sensitive is left out. Of the records
    those are exported that the person may export, without the questions that are hidden from them and with those masked
    that are masked. Raises AccessError for who may not export, or has to confirm the
    password first, ExchangeError for another ending or a file that cannot be
    written.
    """
    write = FORMATS[format_of(path, format)]
    school.access.check("export", form)
    school.access.check_confirmed("export", form)
    definition = school.form(form)
    records = school.documents(form, "export")
    unseen = school.access.rights.hidden_for("export", form)
    register = _Register(
        definition,
        records,
        school.session(form),
        () if without_sensitive else retired_fields(records, definition.columns),
        (definition.sensitive if without_sensitive else frozenset()) | unseen,
    )
    try:
        with atomic_write(path) as temporary:
            write(register, temporary)
    except OSError as error:
        raise ExchangeError("exchange.unwritable", file=path) from error
    school.trail.append("export", form, detail=f"{len(records)}")
    return len(records)


def export_bytes(
    school: ExportedRecords, form: str, format: str, *, without_sensitive: bool = False
) -> bytes:
    """Return the records of a form as a file in one of `FORMATS`, as `write_export` does."""
    with TemporaryDirectory(prefix="guanai-export-") as folder:
        path = Path(folder) / f"records{EXPORT_ENDINGS[format]}"
        write_export(school, form, path, format=format, without_sensitive=without_sensitive)
        return path.read_bytes()


def format_of(path: Path, format: str = "") -> str:
    """Return the format, without one that of the file's ending. Raises ExchangeError for an unknown ending."""
    if format:
        return format
    ending = {"json": "tinydb"}.get(path.suffix.lower()[1:], path.suffix.lower()[1:])
    if ending not in FORMATS:
        raise ExchangeError("exchange.ending", file=path.name)
    return ending


# -- tables


def _table(register: _Register, *, wide: bool) -> Table:
    """Return a register as a table: id, revision, its questions (with ``wide`` those of repeats too), retired fields."""
    columns = register.columns(register.form, inner=wide)
    headings = ["id", "revision", *(column.heading for column in columns), *register.retired]
    kinds = [
        "key",
        "number",
        *(_KINDS.get(column.kind, "text") for column in columns),
        *("text" for _ in register.retired),
    ]
    rows = [
        [
            record.get("id", ""),
            record.get("revision", ""),
            *(_cell(register.session, column, column.value_in(record)) for column in columns),
            *(_text(record.get(name)) for name in register.retired),
        ]
        for record in register.records
    ]
    return headings, kinds, rows


def _repeat_table(register: _Register, keys: tuple[str, ...], repeat: Repeat) -> Table:
    """Return the rows of a repeat as a table: id and name of the record that they belong to, then its questions."""
    columns = register.columns(repeat, inner=False, keys=keys)
    headings = ["parent_id", say("exchange.whose"), *(column.heading for column in columns)]
    kinds = ["key", "text", *(_KINDS.get(column.kind, "text") for column in columns)]
    rows = [
        [parent, whose, *(_cell(register.session, column, column.value_in(row)) for column in columns)]
        for record in register.records
        for parent, whose, row in _rows(record, keys, str(record.get("id", "")), _name(record))
    ]
    return headings, kinds, rows


def _rows(row: Record, keys: tuple[str, ...], parent: str, whose: str) -> Iterator[tuple[str, str, Record]]:
    """Yield each row of a repeat with the id and name of what it belongs to; a row in a row: id/number, name number."""
    for number, inner in enumerate(row.get(keys[0]) or (), start=1):
        if len(keys) == 1:
            yield parent, whose, inner
        else:
            yield from _rows(inner, keys[1:], f"{parent}/{number}", f"{whose} {number}")


def _name(record: Record) -> str:
    return str(record.get("name") or record.get("date") or "")


def _labels(register: _Register) -> Table:
    """Return what each column means: its sheet, heading, name, kind, label in every language, and its choices."""
    codes = [code for code in register.form.languages if code != "zh"]
    own = [say(f"exchange.labels.{key}") for key in ("sheet", "head", "name", "kind")]
    headings = [
        *own,
        *(f"{say('exchange.labels.label')} ({code})" for code in codes),
        say("exchange.labels.choices"),
    ]
    rows = []
    for title, of, keys in _sheets(register):
        for column in register.columns(of, inner=False, keys=keys):
            labels = [item_label(column.question, code) for code in codes]
            choices = _choices(register.session, column.question)
            rows.append([title, column.heading, column.question.key, column.kind, *labels, choices])
    return headings, ["text"] * len(headings), rows


def _choices(session: FormSession, question: Question) -> str:
    """Return the choices of a form's own list, as name=label; those from a register would be too many."""
    itemset = question.choices
    if itemset is None or itemset.instance in session.form.external:
        return ""
    return CHOICE_SEPARATOR.join(f"{one.name}={one.label}" for one in session.all_choices(question))


def _sheets(register: _Register) -> Iterator[tuple[str, Form | Repeat, tuple[str, ...]]]:
    yield register.form.title("zh"), register.form, ()
    for keys, repeat in repeats_of(register.form.items):
        if not register.hides(keys):
            yield item_label(repeat), repeat, keys


def _cell(session: FormSession, column: QuestionColumn, value: Any) -> Any:
    """Return an answer as a person reads it: a day, the labels of choices, else as it is."""
    if value is None:
        return ""
    try:
        if column.kind == "date":
            return date.fromisoformat(value)
        if column.kind == "datetime" and datetime.fromisoformat(value).tzinfo is None:
            return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return str(value)
    if column.question.choices is not None:
        names = value if isinstance(value, list) else [value]
        return CHOICE_SEPARATOR.join(session.choice_label(column.question, str(name)) for name in names)
    return _text(value) if isinstance(value, list | dict) else value


def _text(value: Any) -> str:
    if isinstance(value, list | dict) and not all(isinstance(one, str | int | float) for one in value):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return CHOICE_SEPARATOR.join(map(str, value))
    return "" if value is None else str(value)


# -- files


def _write_workbook(register: _Register, path: Path) -> None:
    titles = list(_sheets(register))
    sheets = [OutputSheet(titles[0][0], *_table(register, wide=False), frozen_at="D2")]
    sheets += [
        OutputSheet(title, *_repeat_table(register, keys, of), frozen_at="C2")
        for title, of, keys in titles[1:]
        if isinstance(of, Repeat)
    ]
    sheets.append(OutputSheet(say("exchange.labels_sheet"), *_labels(register)))
    for sheet in sheets:
        for row in sheet.rows:
            for heading, cell in zip(sheet.headings, row, strict=True):
                if isinstance(cell, str) and len(cell) >= _MAX_CELL_CHARS:
                    raise ExchangeError("exchange.too_long_text", head=heading, most=_MAX_CELL_CHARS)
    build_workbook(sheets).save(path)


def _write_csv(register: _Register, path: Path) -> None:
    headings, _, rows = _table(register, wide=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([[_csv_cell(cell) for cell in row] for row in [headings, *rows]])


def _csv_cell(value: Any) -> Any:
    safe = escape_cell(value)
    if isinstance(safe, datetime):
        return safe.isoformat(timespec="minutes")
    return (
        f"\t{safe}" if isinstance(safe, str) and len(safe) >= _LONG_NUMBER and safe[:-1].isdigit() else safe
    )


def _without_hidden(register: _Register, record: Record, keys: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a record without the sensitive answers; if there are any, also without answers its form does not ask."""
    if not register.hidden:
        return dict(record)
    asked_or_system = {*register.form.columns, *SYSTEM_FIELDS}
    return {
        key: [
            _without_hidden(register, row, (*keys, key)) if isinstance(row, Mapping) else row for row in value
        ]
        if isinstance(value, list)
        else value
        for key, value in record.items()
        if not register.hides((*keys, key)) and (keys or key in asked_or_system)
    }


def _write_lines(register: _Register, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for record in register.records:
            file.write(json.dumps(_without_hidden(register, record), ensure_ascii=False) + "\n")


def _write_tinydb(register: _Register, path: Path) -> None:
    documents = {
        str(number): _without_hidden(register, record)
        for number, record in enumerate(register.records, start=1)
    }
    path.write_text(json.dumps({register.form.name: documents}, ensure_ascii=False), encoding="utf-8")


#: The formats of an export, and the function that writes each.
FORMATS: dict[str, Callable[[_Register, Path], None]] = {
    "xlsx": _write_workbook,
    "csv": _write_csv,
    "jsonl": _write_lines,
    "tinydb": _write_tinydb,
}

#: The ending of a file in each format.
EXPORT_ENDINGS = {"xlsx": ".xlsx", "csv": ".csv", "jsonl": ".jsonl", "tinydb": ".json"}
