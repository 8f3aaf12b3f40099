"""Read the rows of matched sheets, or records of a file, as `RawRow`: answers by path, not yet checked."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from guanai.care.errors import ExchangeError
from guanai.storage.exports.question_columns import item_label
from guanai.storage.files.sheet import UnreadableCell
from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS, Form
from guanai.storage.forms.xlsform.items import Group, Item, Question, Repeat, stored_kind
from guanai.storage.imports.cell_parser import CellParser
from guanai.storage.imports.column_matching import FileColumn, MatchedSheet
from guanai.storage.imports.preview import ImportSource, RawRow
from guanai.storage.imports.row_check import STAMPS
from guanai.templates.wording import say

__all__ = ["raw_rows_of_records", "raw_rows_of_sheets"]

_MAX_MERGED_ROWS = 500  # that one merged cell can stand for


def raw_rows_of_sheets(
    session: FormSession, sheets: Sequence[MatchedSheet]
) -> tuple[list[RawRow], list[RawRow]]:
    """Return the rows of the records' sheet with those of the repeats' sheets put into them, and rows without a record.

    A repeat's row names its record in the column ``parent_id``, else in the one behind it: by the record's id, or by the
    name that stands in one row only. Where a repeat has a sheet, a record has exactly the rows that stand there.
    """
    main, *inner = sheets
    raws = list(_rows(session, main))
    for matched in inner:
        if len(matched.keys) == 1:
            key = matched.keys[0]
            columns = frozenset(
                {column.target.path for column in matched.columns if column.target is not None}
                | {sheet.keys[1] for sheet in inner if len(sheet.keys) == 2 and sheet.keys[0] == key}
            )
            for raw in raws:
                raw.answers[key] = []
                raw.repeat_columns = {**raw.repeat_columns, key: columns}
    return raws, _place_rows(session, inner, _rows_by_reference(raws))


def _place_rows(
    session: FormSession, sheets: Sequence[MatchedSheet], parents: Mapping[str, RawRow], depth: int = 1
) -> list[RawRow]:
    """Put the rows of repeats at a depth, and of those within them, into their parents; return those without one."""
    unplaced: list[RawRow] = []
    for matched in sheets:
        if len(matched.keys) != depth:
            continue
        placed: dict[str, RawRow] = {}
        for raw, references in _children(session, matched):
            parent = next((parents[name] for name in references if name in parents), None)
            if parent is None or raw.errors:
                unplaced.append(_unplaced_row(raw, matched, references, has_parent=parent is not None))
                continue
            row = {path: value for path, value in raw.answers.items() if value is not None}
            rows = parent.answers.setdefault(matched.keys[-1], [])
            rows.append(row)
            for name in {*references, parent.record_id} - {""}:
                placed[f"{name}/{len(rows)}"] = RawRow(raw.number, row)
        inner = [sheet for sheet in sheets if sheet.keys[:depth] == matched.keys]
        unplaced += _place_rows(session, inner, placed, depth + 1)
    return unplaced


def _unplaced_row(
    raw: RawRow, matched: MatchedSheet, references: Sequence[str], *, has_parent: bool
) -> RawRow:
    errors = (
        []
        if has_parent
        else [say("import.no_parent", sheet=matched.sheet.title, parent=" ".join(references) or "—")]
    )
    errors += [say("import.in_sheet", sheet=matched.sheet.title, text=error) for error in raw.errors]
    return RawRow(raw.number, raw.answers, errors=errors)


def _rows_by_reference(raws: Sequence[RawRow]) -> dict[str, RawRow]:
    """Return rows by what a repeat's sheet can name them by: the id, or a name that only one row has."""
    named: dict[str, list[RawRow]] = defaultdict(list)
    for raw in raws:
        named[str(raw.answers.get("name") or "")].append(raw)
    unique = {name: rows[0] for name, rows in named.items() if name and len(rows) == 1}
    return unique | {raw.record_id: raw for raw in reversed(raws) if raw.record_id}  # the first row of an id


def _children(session: FormSession, matched: MatchedSheet) -> Iterator[tuple[RawRow, list[str]]]:
    """Yield the rows of a repeat's sheet with the references to the record that each belongs to."""
    indexes = {
        column.system: column.index for column in matched.columns if column.system in ("parent", "whose")
    }
    if not indexes:
        raise ExchangeError("exchange.no_parent_column", sheet=matched.sheet.title)
    cells = dict(matched.sheet.rows)
    for raw in _rows(session, matched):
        row = cells[raw.number]
        references = [_text(row, indexes[name]) for name in ("parent", "whose") if name in indexes]
        yield raw, [text for text in references if text]


def _text(row: Sequence[Any], index: int) -> str:
    return str(row[index] if index < len(row) and row[index] is not None else "").strip()


def _rows(session: FormSession, matched: MatchedSheet) -> Iterator[RawRow]:
    parser = CellParser(session, from_1904=matched.sheet.from_1904)
    used = [column for column in matched.columns if column.how in ("matched", "chosen", "system", "retired")]
    width = max((column.index for column in matched.columns), default=0) + 1
    merged = _merged_values(matched)
    for number, row in matched.sheet.rows:
        if number <= matched.heading_row:
            continue
        raw = RawRow(number, {})
        cells = _with_merged(row, merged[number]) if number in merged else row
        for column in used:
            cell = cells[column.index] if column.index < len(cells) else None
            _add_answer(raw, column, cell, parser)
        if any(cell is not None for cell in row[width:]):
            raw.errors.append(say("import.beyond", count=width))
        if raw.errors or any(row[column.index] is not None for column in used if column.index < len(row)):
            yield raw


def _merged_values(matched: MatchedSheet) -> dict[int, dict[int, Any]]:
    """Return the value of a cell that is merged over several rows for the rows below its first, by row and column."""
    cells = dict(matched.sheet.rows)
    values: dict[int, dict[int, Any]] = defaultdict(dict)
    for first, last, left, right in matched.sheet.merged:
        top = cells.get(first, ())
        if first > matched.heading_row and left == right and left <= len(top):
            for number in range(first + 1, min(last, first + _MAX_MERGED_ROWS) + 1):
                values[number][left - 1] = top[left - 1]
    return values


def _with_merged(row: Sequence[Any], merged: Mapping[int, Any]) -> list[Any]:
    cells = [*row, *[None] * (max(merged) + 1 - len(row))]
    for index, value in merged.items():
        cells[index] = value if cells[index] is None else cells[index]
    return cells


def _add_answer(raw: RawRow, column: FileColumn, cell: Any, parser: CellParser) -> None:
    if isinstance(cell, UnreadableCell):
        raw.errors.append(f"{column.heading}：{cell}")
    elif column.target is not None:
        raw.answers[column.target.path] = parser.parse(column.target, cell)
    elif column.system == "id":
        raw.record_id = str(cell or "").strip()
    elif column.system == "revision":
        raw.revision = int(cell) if str(cell or "").isdecimal() else None
    elif column.how == "retired" and cell is not None:
        raw.answers[column.system] = str(cell)


def raw_rows_of_records(form: Form, source: ImportSource, chosen: Mapping[str, str]) -> list[RawRow]:
    """Return the records that a source holds of a form; ``chosen`` gives a question's name by the field's name in the file.

    Raises ExchangeError where the source has no records of that form.
    """
    records = source.records or {}
    documents = records.get(form.name, records.get(""))
    if documents is None:
        tables = "、".join(f"{name} ({len(some)})" for name, some in records.items())
        raise ExchangeError("exchange.no_table", file=source.name, form=form.name, tables=tables or "—")
    answered: dict[str, set[str]] = defaultdict(set)
    for record in documents.values():
        for key, value in record.items():
            if isinstance(value, list):
                answered[key].update(name for row in value if isinstance(row, Mapping) for name in row)
    columns = {chosen.get(key, key): frozenset(names) for key, names in answered.items() if names}
    raws = []
    for number, record in documents.items():
        answers = {chosen.get(key, key): value for key, value in record.items() if chosen.get(key, key)}
        raw = RawRow(
            number,
            answers,
            str(record.get("id") or ""),
            from_guanai=source.from_guanai,
            repeat_columns=columns,
            errors=list(_shape_errors(form.items, answers)),
        )
        if str(record.get("revision") or "").isdecimal():
            raw.revision = int(record["revision"])
        for name in SYSTEM_FIELDS:
            if name not in STAMPS or not source.from_guanai:
                raw.answers.pop(name, None)
        raws.append(raw)
    return raws


def _shape_errors(items: Sequence[Item], answers: Mapping[str, Any]) -> Iterator[str]:
    """Yield a message for each answer of another shape than its question: one answer for a repeat, or rows for a question."""
    for item in items:
        value = answers.get(item.key)
        if isinstance(item, Group):
            yield from _shape_errors(item.items, answers)
        elif value is None:
            continue
        elif isinstance(item, Repeat):
            if isinstance(value, list) and all(isinstance(row, Mapping) for row in value):
                for row in value:
                    yield from _shape_errors(item.items, row)
            elif value != "":
                yield say("import.not_rows", label=item_label(item))
        elif isinstance(item, Question):
            several = isinstance(value, list) and stored_kind(item) == "select_multiple"
            parts = value if several else [value]
            if any(isinstance(part, list | Mapping) for part in parts):
                yield say("import.not_one", label=item_label(item))
