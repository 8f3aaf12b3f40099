"""New rows of an import that the school may have already: the same child in other words, or a file imported twice."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from guanai.care.children.duplicates import DuplicateIndex
from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS
from guanai.storage.imports.preview import ImportedRow
from guanai.storage.records.records import Records
from guanai.templates.wording import say

__all__ = ["duplicate_finder", "mark_duplicates"]

Record = Mapping[str, Any]


def mark_duplicates(
    records: Records, form: str, rows: Iterable[ImportedRow], others: Collection[int]
) -> Iterable[ImportedRow]:
    """Yield rows, those that may be a record of the school as ``alike``; rows whose number is in ``others`` are new.

    A child is compared with the school's children and with the rows above it; a record of another form only with
    records that have the very same answers.
    """
    if form != "child":
        yield from _mark_repeated(records, form, rows, others)
        return
    existing, above = DuplicateIndex(records.table("child").rows()), DuplicateIndex()
    labels = records.labels("child")
    for row in rows:
        if row.state != "new" or row.number in others:
            yield row
            continue
        child = {**row.record, "id": str(row.number)}
        matches = existing.matches(child)
        messages = [
            say("alike.row", label=labels.get(key, key), why=say(f"alike.{why}")) for key, why in matches
        ]
        messages += [
            say("alike.row_above", row=key, why=say(f"alike.{why}")) for key, why in above.matches(child)
        ]
        above.add(child)
        ids = tuple(key for key, _ in matches)
        yield replace(row, state="alike", messages=tuple(messages), like=ids) if messages else row


def _mark_repeated(
    records: Records, form: str, rows: Iterable[ImportedRow], others: Collection[int]
) -> Iterable[ImportedRow]:
    """Mark new rows whose answers are all those of one record: a file imported twice."""
    find: Callable[[Record], tuple[Record, str] | None] | None = None
    for row in rows:
        if row.state == "new" and row.number not in others and "id" not in row.record:
            find = find or duplicate_finder(form, records.table(form).rows())
            if match := find(row.record):
                record, why = match
                yield replace(row, state="alike", messages=(why,), like=(str(record.get("id", "")),))
                continue
        yield row


def duplicate_finder(form: str, records: Sequence[Record]) -> Callable[[Record], tuple[Record, str] | None]:
    """Return a function that finds the likeliest duplicate of a record among some records, with the reason in words."""
    if form == "child":
        index, by_id = DuplicateIndex(records), {str(record["id"]): record for record in records}

        def similar_child(child: Record) -> tuple[Record, str] | None:
            matches = index.matches({**child, "id": ""})
            return next(((by_id[key], say(f"alike.{why}")) for key, why in matches), None)

        return similar_child
    by_answers = {_answers(record): record for record in records}

    def same_answers(record: Record) -> tuple[Record, str] | None:
        match = by_answers.get(_answers(record))
        return (match, say("import.there")) if match is not None else None

    return same_answers


def _answers(record: Record) -> str:
    answers = {key: value for key, value in record.items() if key not in SYSTEM_FIELDS}
    return json.dumps(answers, ensure_ascii=False, sort_keys=True)
