"""The rows of a table, or the records of another school, as what is to be judged row by row."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from guanai.care.errors import ExchangeError
from guanai.storage.exports.cell_values import Cells
from guanai.storage.exports.columns import label_of
from guanai.storage.files.sheet import Fault, Source
from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS, Form
from guanai.storage.forms.xlsform.items import Group, Item, Question, Repeat, stored_kind
from guanai.storage.imports.columns import Column, Layout
from guanai.storage.imports.row_check import STAMPS, Raw
from guanai.templates.wording import say

__all__ = ["rows_of_records", "rows_of_tables"]

_ROWS_MERGED = 500  # for which one cell answers, at most


def rows_of_tables(session: FormSession, layouts: Sequence[Layout]) -> tuple[list[Raw], list[Raw]]:
    """Return the rows of the records' sheet with those of the repeats' sheets put into them, and rows that go nowhere.

    A repeat's row names its record in the column ``parent_id``, else in the one behind it: by the record's id, or by the
    name that stands in one row only. Where a repeat has a sheet, its rows there are all that a record has of it.
    """
    main, *inner = layouts
    raws = list(_rows(session, main))
    places = _places(raws)
    lost: list[Raw] = []
    for layout in inner:
        if len(layout.keys) == 1:
            key = layout.keys[0]
            taken: dict[int, list[dict[str, Any]]] = {id(raw): [] for raw in raws}
            keyed: dict[str, dict[str, Any]] = {}
            for raw, called in _children(session, layout):
                of = next((places[name] for name in called if name in places), None)
                if of is None or raw.faults:
                    lost.append(_lost(raw, layout, called, found=of is not None))
                    continue
                row = {path: value for path, value in raw.answers.items() if value is not None}
                taken[id(of)].append(row)
                for name in {*called, of.record_id}:
                    keyed[f"{name}/{len(taken[id(of)])}"] = row
            spoken = frozenset(
                {column.header.path for column in layout.columns if column.header is not None}
                | {one.keys[1] for one in inner if len(one.keys) == 2 and one.keys[0] == key}
            )
            for of in raws:
                of.answers[key] = taken[id(of)]
                of.columns = {**of.columns, key: spoken}
            lost += _deeper(session, [one for one in inner if one.keys[:1] == layout.keys], keyed, 2)
    return raws, lost


def _deeper(
    session: FormSession, layouts: Sequence[Layout], parents: Mapping[str, dict[str, Any]], depth: int
) -> list[Raw]:
    """Put the rows of repeats within repeats into their rows; return those that go nowhere."""
    lost: list[Raw] = []
    for layout in layouts:
        if len(layout.keys) != depth:
            continue
        keyed: dict[str, dict[str, Any]] = {}
        for raw, called in _children(session, layout):
            of = next((parents[name] for name in called if name in parents), None)
            if of is None or raw.faults:
                lost.append(_lost(raw, layout, called, found=of is not None))
                continue
            row = {path: value for path, value in raw.answers.items() if value is not None}
            of.setdefault(layout.keys[-1], []).append(row)
            for name in called:
                keyed[f"{name}/{len(of[layout.keys[-1]])}"] = row
        lost += _deeper(
            session, [one for one in layouts if one.keys[:depth] == layout.keys], keyed, depth + 1
        )
    return lost


def _lost(raw: Raw, layout: Layout, called: Sequence[str], *, found: bool) -> Raw:
    faults = (
        [] if found else [say("import.no_parent", sheet=layout.grid.title, parent=" ".join(called) or "—")]
    )
    where = [say("import.in_sheet", sheet=layout.grid.title, text=fault) for fault in raw.faults]
    return Raw(raw.number, raw.answers, faults=faults + where)


def _places(raws: Sequence[Raw]) -> dict[str, Raw]:
    """Return the row that each id stands for, and each name that only one row has."""
    named: dict[str, list[Raw]] = defaultdict(list)
    for raw in raws:
        named[str(raw.answers.get("name") or "")].append(raw)
    places = {name: rows[0] for name, rows in named.items() if name and len(rows) == 1}
    return places | {raw.record_id: raw for raw in reversed(raws) if raw.record_id}  # of two the first


def _children(session: FormSession, layout: Layout) -> Iterator[tuple[Raw, list[str]]]:
    places = {one.system: one.place for one in layout.columns if one.system in ("parent", "whose")}
    if not places:
        raise ExchangeError("exchange.no_parent_column", sheet=layout.grid.title)
    cells = dict(layout.grid.rows)
    for raw in _rows(session, layout):
        row = cells[raw.number]
        found = [_text(row, places[name]) for name in ("parent", "whose") if name in places]
        yield raw, [text for text in found if text]


def _text(row: Sequence[Any], place: int) -> str:
    return str(row[place] if place < len(row) and row[place] is not None else "").strip()


def _rows(session: FormSession, layout: Layout) -> Iterator[Raw]:
    cells = Cells(session, from_1904=layout.grid.from_1904)
    used = [one for one in layout.columns if one.how in ("matched", "chosen", "system", "kept")]
    width = max((column.place for column in layout.columns), default=0) + 1
    spread = _spread(layout)
    for number, row in layout.grid.rows:
        if number <= layout.head_row:
            continue
        raw = Raw(number, {})
        whole = _with(row, spread[number]) if number in spread else row
        for column in used:
            cell = whole[column.place] if column.place < len(whole) else None
            _take(raw, column, cell, cells)
        if any(cell is not None for cell in row[width:]):
            raw.faults.append(say("import.beyond", count=width))
        if raw.faults or any(row[one.place] is not None for one in used if one.place < len(row)):
            yield raw


def _spread(layout: Layout) -> dict[int, dict[int, Any]]:
    """Return what a cell that is merged over several rows says in those below its first, by row and place."""
    cells = dict(layout.grid.rows)
    found: dict[int, dict[int, Any]] = defaultdict(dict)
    for first, last, left, right in layout.grid.merged:
        top = cells.get(first, ())
        if first > layout.head_row and left == right and left <= len(top):
            for number in range(first + 1, min(last, first + _ROWS_MERGED) + 1):
                found[number][left - 1] = top[left - 1]
    return found


def _with(row: Sequence[Any], more: Mapping[int, Any]) -> list[Any]:
    whole = [*row, *[None] * (max(more) + 1 - len(row))]
    for place, cell in more.items():
        whole[place] = cell if whole[place] is None else whole[place]
    return whole


def _take(raw: Raw, column: Column, cell: Any, cells: Cells) -> None:
    if isinstance(cell, Fault):
        raw.faults.append(f"{column.head}：{cell}")
    elif column.header is not None:
        raw.answers[column.header.path] = cells.answer(column.header, cell)
    elif column.system == "id":
        raw.record_id = str(cell or "").strip()
    elif column.system == "revision":
        raw.revision = int(cell) if str(cell or "").isdecimal() else None
    elif column.how == "kept" and cell is not None:
        raw.answers[column.system] = str(cell)


def rows_of_records(form: Form, source: Source, chosen: Mapping[str, str]) -> list[Raw]:
    """Return the records that a source holds of a form; ``chosen`` gives a field's name here by its name there.

    Raises ExchangeError where there are none of that form.
    """
    records = source.records or {}
    found = records.get(form.name, records.get(""))
    if found is None:
        there = "、".join(f"{name} ({len(some)})" for name, some in records.items())
        raise ExchangeError("exchange.no_table", file=source.name, form=form.name, tables=there or "—")
    spoken: dict[str, set[str]] = defaultdict(set)
    for record in found.values():
        for key, value in record.items():
            if isinstance(value, list):
                spoken[key].update(name for row in value if isinstance(row, Mapping) for name in row)
    columns = {chosen.get(key, key): frozenset(names) for key, names in spoken.items() if names}
    raws = []
    for number, record in found.items():
        answers = {chosen.get(key, key): value for key, value in record.items() if chosen.get(key, key)}
        faults = list(_misshapen(form.items, answers))
        raw = Raw(
            number, answers, str(record.get("id") or ""), whole=source.own, columns=columns, faults=faults
        )
        if str(record.get("revision") or "").isdecimal():
            raw.revision = int(record["revision"])
        for name in SYSTEM_FIELDS:
            if name not in STAMPS or not source.own:
                raw.answers.pop(name, None)
        raws.append(raw)
    return raws


def _misshapen(items: Sequence[Item], answers: Mapping[str, Any]) -> Iterator[str]:
    """Yield what of a record has another shape than the form: one answer where a repeat's rows belong, or the reverse."""
    for item in items:
        value = answers.get(item.key)
        if isinstance(item, Group):
            yield from _misshapen(item.items, answers)
        elif value is None:
            continue
        elif isinstance(item, Repeat):
            if isinstance(value, list) and all(isinstance(row, Mapping) for row in value):
                for row in value:
                    yield from _misshapen(item.items, row)
            elif value != "":
                yield say("import.not_rows", label=label_of(item))
        elif isinstance(item, Question):
            several = isinstance(value, list) and stored_kind(item) == "select_multiple"
            parts = value if several else [value]
            if any(isinstance(part, list | Mapping) for part in parts):
                yield say("import.not_one", label=label_of(item))
