"""Records written out: a workbook with a sheet for each repeat, a text file, JSON Lines, or a file that TinyDB opens.

Choices and persons are written as people read them, and beside them stand each record's id and revision, so that a
copy that was filled elsewhere finds its way back. No cell is one that a spreadsheet would run.
"""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from guanai.care.errors import ExchangeError
from guanai.storage.exports.cell_values import BETWEEN
from guanai.storage.exports.columns import Header, headers_of, label_of, repeats_of
from guanai.storage.files.atomic_write import whole_file
from guanai.storage.files.safe_cells import safe_cell
from guanai.storage.files.workbook_style import Sheet, book_of
from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS, Form
from guanai.storage.forms.xlsform.items import Question, Repeat
from guanai.storage.records.frames import retired_fields
from guanai.storage.records.records import Records
from guanai.templates.wording import say

__all__ = ["ENDINGS", "FORMATS", "export", "exported", "format_of"]

Record = Mapping[str, Any]
Table = tuple[list[str], list[str], list[list[Any]]]  # headings, kinds, rows

# A spreadsheet reads a CSV's long run of digits as a number and rounds it; a tab before it keeps it text.
_LONG_DIGITS = 11
_KINDS = {"date": "day", "datetime": "moment", "integer": "number", "decimal": "number"}
_LONGEST = 32_767  # characters that a cell of a workbook holds


@dataclass(frozen=True)
class _Register:
    """What is written: a form's records, its columns, and a session that knows the labels."""

    form: Form
    records: Sequence[Record]
    session: FormSession
    retired: Sequence[str]
    hidden: frozenset[str]

    def headers(self, of: Form | Repeat, *, inner: bool, keys: tuple[str, ...] = ()) -> list[Header]:
        documents = self.records if inner else ()
        found = headers_of(of, documents, repeats=0, inner=inner)
        return [one for one in found if not self.hides((*keys, *_keys(one.path)))]

    def hides(self, keys: tuple[str, ...]) -> bool:
        """Whether an answer, or a repeat that it is in, is left out as sensitive."""
        return any("/".join(keys[: depth + 1]) in self.hidden for depth in range(len(keys)))


def _keys(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if not part.isdecimal())


def export(
    school: Records,
    form: str,
    path: Path,
    *,
    format: str = "",
    without_sensitive: bool = False,
) -> int:
    """Write every record of a form to a file in one of `FORMATS` and return how many.

    Without a format the file's ending says it. Raises ExchangeError for another ending or a file that cannot be written.
    """
    write = FORMATS[format_of(path, format)]
    definition = school.form(form)
    records = school.table(form).rows()
    register = _Register(
        definition,
        records,
        school.session(form),
        () if without_sensitive else retired_fields(records, definition.columns),
        definition.sensitive if without_sensitive else frozenset(),
    )
    try:
        with whole_file(path) as fresh:
            write(register, fresh)
    except OSError as error:
        raise ExchangeError("exchange.unwritable", file=path) from error
    return len(records)


def exported(school: Records, form: str, format: str, *, without_sensitive: bool = False) -> bytes:
    """Return every record of a form as a file in one of `FORMATS`."""
    with TemporaryDirectory(prefix="guanai-export-") as folder:
        path = Path(folder) / f"records{ENDINGS[format]}"
        export(school, form, path, format=format, without_sensitive=without_sensitive)
        return path.read_bytes()


def format_of(path: Path, format: str = "") -> str:
    """Return the format to write: the one asked for, else what the file's ending says."""
    if format:
        return format
    ending = {"json": "tinydb"}.get(path.suffix.lower()[1:], path.suffix.lower()[1:])
    if ending not in FORMATS:
        raise ExchangeError("exchange.ending", file=path.name)
    return ending


# -- tables


def _table(register: _Register, *, wide: bool) -> Table:
    """Return a register as a table: id, revision, its questions (with ``wide`` those of repeats too), what is retired."""
    headers = register.headers(register.form, inner=wide)
    head = ["id", "revision", *(header.text for header in headers), *register.retired]
    kinds = [
        "key",
        "number",
        *(_KINDS.get(header.kind, "text") for header in headers),
        *("text" for _ in register.retired),
    ]
    rows = [
        [
            record.get("id", ""),
            record.get("revision", ""),
            *(_written(register.session, header, header.find(record)) for header in headers),
            *(_plain(record.get(name)) for name in register.retired),
        ]
        for record in register.records
    ]
    return head, kinds, rows


def _repeat_table(register: _Register, keys: tuple[str, ...], repeat: Repeat) -> Table:
    """Return the rows of a repeat as a table: whose they are, then its questions."""
    headers = register.headers(repeat, inner=False, keys=keys)
    head = ["parent_id", say("exchange.whose"), *(header.text for header in headers)]
    kinds = ["key", "text", *(_KINDS.get(header.kind, "text") for header in headers)]
    rows = [
        [parent, whose, *(_written(register.session, header, header.find(row)) for header in headers)]
        for record in register.records
        for parent, whose, row in _rows(record, keys, str(record.get("id", "")), _name(record))
    ]
    return head, kinds, rows


def _rows(row: Record, keys: tuple[str, ...], parent: str, whose: str) -> Iterator[tuple[str, str, Record]]:
    """Yield the rows of a repeat with what each belongs to: a record's id, or that with the outer row's number."""
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
    heads = [say(f"exchange.labels.{key}") for key in ("sheet", "head", "name", "kind")]
    head = [
        *heads,
        *(f"{say('exchange.labels.label')} ({code})" for code in codes),
        say("exchange.labels.choices"),
    ]
    rows = []
    for title, of, keys in _sheets(register):
        for header in register.headers(of, inner=False, keys=keys):
            labels = [label_of(header.question, code) for code in codes]
            choices = _choices(register.session, header.question)
            rows.append([title, header.text, header.question.key, header.kind, *labels, choices])
    return head, ["text"] * len(head), rows


def _choices(session: FormSession, question: Question) -> str:
    """Return the choices of a form's own list, as name=label; those from a register would be too many."""
    itemset = question.choices
    if itemset is None or itemset.instance in session.form.external:
        return ""
    return BETWEEN.join(f"{one.name}={one.label}" for one in session.all_choices(question))


def _sheets(register: _Register) -> Iterator[tuple[str, Form | Repeat, tuple[str, ...]]]:
    yield register.form.title("zh"), register.form, ()
    for keys, repeat in repeats_of(register.form.items):
        if not register.hides(keys):
            yield label_of(repeat), repeat, keys


def _written(session: FormSession, header: Header, value: Any) -> Any:
    """Return an answer as a person reads it: a day, the labels of choices, else as it is."""
    if value is None:
        return ""
    try:
        if header.kind == "date":
            return date.fromisoformat(value)
        if header.kind == "datetime" and datetime.fromisoformat(value).tzinfo is None:
            return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return str(value)
    if header.question.choices is not None:
        names = value if isinstance(value, list) else [value]
        return BETWEEN.join(session.choice_label(header.question, str(name)) for name in names)
    return _plain(value) if isinstance(value, list | dict) else value


def _plain(value: Any) -> str:
    if isinstance(value, list | dict) and not all(isinstance(one, str | int | float) for one in value):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return BETWEEN.join(map(str, value))
    return "" if value is None else str(value)


# -- files


def _write_book(register: _Register, path: Path) -> None:
    titles = list(_sheets(register))
    sheets = [Sheet(titles[0][0], *_table(register, wide=False), stays="D2")]
    sheets += [
        Sheet(title, *_repeat_table(register, keys, of), stays="C2")
        for title, of, keys in titles[1:]
        if isinstance(of, Repeat)
    ]
    sheets.append(Sheet(say("exchange.labels_sheet"), *_labels(register)))
    for sheet in sheets:
        for row in sheet.rows:
            for head, cell in zip(sheet.head, row, strict=True):
                if isinstance(cell, str) and len(cell) >= _LONGEST:
                    raise ExchangeError("exchange.too_long_text", head=head, most=_LONGEST)
    book_of(sheets).save(path)


def _write_csv(register: _Register, path: Path) -> None:
    head, _, rows = _table(register, wide=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([[_csv_cell(cell) for cell in row] for row in [head, *rows]])


def _csv_cell(value: Any) -> Any:
    safe = safe_cell(value)
    if isinstance(safe, datetime):
        return safe.isoformat(timespec="minutes")
    return (
        f"\t{safe}" if isinstance(safe, str) and len(safe) >= _LONG_DIGITS and safe[:-1].isdigit() else safe
    )


def _bare(register: _Register, record: Record, keys: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a record without what is left out: the sensitive answers and then what its form does not ask."""
    if not register.hidden:
        return dict(record)
    known = {*register.form.columns, *SYSTEM_FIELDS}
    return {
        key: [_bare(register, row, (*keys, key)) if isinstance(row, Mapping) else row for row in value]
        if isinstance(value, list)
        else value
        for key, value in record.items()
        if not register.hides((*keys, key)) and (keys or key in known)
    }


def _write_lines(register: _Register, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for record in register.records:
            file.write(json.dumps(_bare(register, record), ensure_ascii=False) + "\n")


def _write_tinydb(register: _Register, path: Path) -> None:
    documents = {
        str(number): _bare(register, record) for number, record in enumerate(register.records, start=1)
    }
    path.write_text(json.dumps({register.form.name: documents}, ensure_ascii=False), encoding="utf-8")


#: The formats of an export, and what writes each.
FORMATS: dict[str, Callable[[_Register, Path], None]] = {
    "xlsx": _write_book,
    "csv": _write_csv,
    "jsonl": _write_lines,
    "tinydb": _write_tinydb,
}

#: The ending of a file in each format.
ENDINGS = {"xlsx": ".xlsx", "csv": ".csv", "jsonl": ".jsonl", "tinydb": ".json"}
