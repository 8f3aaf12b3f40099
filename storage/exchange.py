"""Move the records of one form in and out of a spreadsheet (.xlsx or .csv).

A column stands for a question and is headed by its label; where two questions have the same label, by
label and name. Choices and persons are written as people read them. The first column, ``id``, ties a
row to its record: keep it and the row changes that record, leave it empty and the row is a new one.
"""

import csv
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from guanai.care.lookalikes import Known
from guanai.storage.cells import plain_cell, safe_cell
from guanai.storage.forms.sessions import Session
from guanai.storage.frames import retired_fields
from guanai.storage.headers import Header, headers_of
from guanai.storage.schools import School
from guanai.storage.spreadsheets import Sheet, book_of
from guanai.storage.workbooks import read_first_sheet
from guanai.templates.errors import ExchangeError
from guanai.templates.wording import say

__all__ = ["Row", "compared", "export_records", "import_records"]

# What separates several choices in one cell; any of these is read.
BETWEEN = "；"
SEPARATORS = str.maketrans(dict.fromkeys(";，,、\n", BETWEEN))
# A spreadsheet reads a CSV's long run of digits as a number and rounds it; a tab before it keeps it text.
LONG_DIGITS = 11
KINDS = {"date": "day", "integer": "number", "decimal": "number"}


@dataclass(frozen=True)
class Row:
    """What an import makes of one row: its number, new, alike, changed, same or bad, and why in words.

    An alike row would be a new child who looks like one who is there already, or like an earlier row.
    """

    row: int
    state: str
    label: str
    messages: tuple[str, ...] = ()
    record: Mapping[str, Any] = field(default_factory=dict)


def export_records(school: School, form: str, path: str | Path) -> int:
    """Write every record of a form to a file and return how many.

    Identity and telephone numbers are text cells, days are days, no cell is run as a formula, and a
    CSV begins with a byte-order mark. Answers to questions that the form no longer has stand in the
    last columns. Raises ExchangeError for another ending or a file that cannot be written.
    """
    target = Path(path)
    documents = school.table(form).rows()
    definition = school.form(form)
    headers = headers_of(definition, documents)
    retired = retired_fields(documents, definition.columns)
    session = school.session(form)
    head = ["id", *(header.text for header in headers), *retired]
    kinds = ["text", *(KINDS.get(header.kind, "text") for header in headers), *("text" for _ in retired)]
    rows = [
        [
            document["id"],
            *(_written(session, header, header.find(document)) for header in headers),
            *(_plain_text(document.get(name)) for name in retired),
        ]
        for document in documents
    ]
    _write(target, Sheet(form, head, kinds, rows, stays="B2"))
    return len(rows)


def import_records(
    school: School, form: str, path: str | Path, *, dry_run: bool = False, others: Collection[int] = ()
) -> list[Row]:
    """Read a file's rows as records of a form; return what became of each, in the file's order.

    Each row is filled in as a person would, so that it gets the form's own messages. Nothing is
    written while one row is bad, and nothing at all with ``dry_run``; otherwise all rows are written
    in one transaction, but for those that look like a child who is there: such a row is written as
    another child only where its number is among ``others``. Raises ExchangeError for a file that cannot be read or has no known column,
    and ConflictError when a record was saved by somebody else meanwhile.
    """
    table = _read(Path(path))
    if not table:
        raise ExchangeError("exchange.empty", file=Path(path).name)
    headers = _matched(school, form, table[0], Path(path).name)
    read = [
        _row(school, form, number, dict(zip(table[0], cells, strict=False)), headers)
        for number, cells in enumerate(table[1:], start=2)
        if any(str(cell).strip() for cell in cells)
    ]
    read = list(compared(school, form, read, others))
    if not dry_run and not any(row.state == "bad" for row in read):
        school.save_many(form, [row.record for row in read if row.state in ("new", "changed")])
    return read


def compared(school: School, form: str, rows: Iterable[Row], others: Collection[int]) -> Iterable[Row]:
    """Mark the new children who look like one who is there, or like an earlier row, but for the rows in ``others``."""
    if form != "child":
        yield from rows
        return
    there, above = Known(school.table("child").rows()), Known()
    for row in rows:
        if row.state != "new" or row.row in others:
            yield row
            continue
        child = {**row.record, "id": str(row.row)}
        messages = [
            say("alike.row", label=school.label("child", key), why=say(f"alike.{why}"), id=key)
            for key, why in there.like(child)
        ]
        messages += [
            say("alike.row_above", row=key, why=say(f"alike.{why}")) for key, why in above.like(child)
        ]
        above.add(child)
        yield replace(row, state="alike", messages=tuple(messages)) if messages else row


def _matched(school: School, form: str, heads: Sequence[str], file: str) -> dict[str, Header]:
    """Return the question of each column by its heading; a heading that means nothing is refused."""
    known: dict[str, Header] = {}
    for header in headers_of(school.form(form), school.table(form).rows(), repeats=20):
        for name in (header.path, header.text, header.label):
            known.setdefault(name, header)
    carried = {"id", *retired_fields(school.table(form).rows(), school.form(form).columns)}
    unknown = [head for head in heads if head and head not in known and head not in carried]
    matched = {head: known[head] for head in heads if head in known}
    if unknown or not matched:
        raise ExchangeError(
            "exchange.unknown_columns", file=file, columns="、".join(unknown) or "—", form=form
        )
    return matched


def _row(
    school: School, form: str, number: int, cells: Mapping[str, Any], headers: Mapping[str, Header]
) -> Row:
    """Fill one row into a session and say what it would do."""
    record_id = str(cells.get("id") or "").strip()
    before = school.record(form, record_id) if record_id else None
    if record_id and before is None:
        message = say("exchange.no_such_id", id=record_id)
        return Row(number, "bad", record_id, (message,))
    session = school.session(form, before)
    for head, header in headers.items():
        _fill(session, header, cells.get(head))
    problems = session.check()
    answers = session.record()
    label = str(answers.get("name") or answers.get("date") or number)
    if problems:
        return Row(number, "bad", label, tuple(f"{problem.label}：{problem.message}" for problem in problems))
    if before is None:
        return Row(number, "new", label, record=answers)
    differences = tuple(_differences(headers.values(), before, answers))
    kept = {"id": before["id"], "revision": before["revision"]}
    return Row(number, "changed" if differences else "same", label, differences, {**answers, **kept})


def _differences(
    headers: Iterable[Header], before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterable[str]:
    for header in headers:
        old, new = header.find(before), header.find(after)
        if old != new:
            yield say("exchange.change", label=header.label, old=_plain_text(old), new=_plain_text(new))


def _fill(session: Session, header: Header, cell: Any) -> None:
    """Type one cell into the session; a choice may be written by its label or its name."""
    value = plain_cell(cell)
    text = value.isoformat() if isinstance(value, date) else str("" if value is None else value).strip()
    if header.read_only or not header.reach(session, make=bool(text)):
        return
    if header.kind != "select_multiple":
        session.set(header.path, text)
        return
    choices = session.state(header.path).choices
    names = {choice.label: choice.name for choice in choices}
    parts = [part.strip() for part in text.translate(SEPARATORS).split(BETWEEN)]
    session.set(header.path, [names.get(part, part) for part in parts if part])


def _written(session: Session, header: Header, value: Any) -> Any:
    """Return an answer as a person reads it: a day, the labels of choices, else as it is."""
    if value is None:
        return ""
    if header.kind == "date":
        return date.fromisoformat(value)
    if header.kind.startswith("select"):
        names = value if isinstance(value, list) else [value]
        return BETWEEN.join(session.choice_label(header.question, name) for name in names)
    return value


def _plain_text(value: Any) -> str:
    if isinstance(value, list):
        return BETWEEN.join(map(str, value))
    return "" if value is None else str(value)


def _write(path: Path, sheet: Sheet) -> None:
    if path.suffix.lower() not in {".xlsx", ".csv"}:
        raise ExchangeError("exchange.ending", file=path.name)
    fresh = path.with_name(f".{path.name}.writing")
    try:
        if path.suffix.lower() == ".csv":
            with fresh.open("w", encoding="utf-8-sig", newline="") as file:
                csv.writer(file).writerows(
                    [[_csv_cell(cell) for cell in row] for row in [sheet.head, *sheet.rows]]
                )
        else:
            book_of([sheet]).save(fresh)
        fresh.replace(path)
    except OSError as error:
        raise ExchangeError("exchange.unwritable", file=path) from error


def _csv_cell(value: Any) -> Any:
    safe = safe_cell(value)
    return f"\t{safe}" if isinstance(safe, str) and len(safe) >= LONG_DIGITS and safe[:-1].isdigit() else safe


def _read(path: Path) -> list[list[Any]]:
    """Return the file's rows, the heads first."""
    try:
        if path.suffix.lower() == ".csv":
            return _read_csv(path)
        if path.suffix.lower() == ".xlsx":
            return read_first_sheet(path)
    except OSError as error:
        raise ExchangeError("exchange.unreadable", file=path) from error
    raise ExchangeError("exchange.ending", file=path.name)


def _read_csv(path: Path) -> list[list[Any]]:
    """Read UTF-8 with or without a mark, else GB18030, which Chinese spreadsheets write."""
    data = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return [[cell.strip() for cell in row] for row in csv.reader(text.splitlines(keepends=True))]
    raise ExchangeError("exchange.unreadable", file=path)
