"""New rows of an import that may be there already: the same child in other words, or a file imported twice."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from guanai.care.children.duplicates import DuplicateIndex
from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS
from guanai.storage.imports.row_check import Row
from guanai.storage.records.records import Records
from guanai.templates.wording import say

__all__ = ["compared", "double_of"]

Record = Mapping[str, Any]


def compared(school: Records, form: str, rows: Iterable[Row], others: Collection[int]) -> Iterable[Row]:
    """Mark the new records that are there already, and new children who look like one, but for the rows in ``others``."""
    if form != "child":
        yield from _repeated(school, form, rows, others)
        return
    there, above = DuplicateIndex(school.table("child").rows()), DuplicateIndex()
    labels = school.labels("child")
    for row in rows:
        if row.state != "new" or row.row in others:
            yield row
            continue
        child = {**row.record, "id": str(row.row)}
        like = there.matches(child)
        messages = [
            say("alike.row", label=labels.get(key, key), why=say(f"alike.{why}")) for key, why in like
        ]
        messages += [
            say("alike.row_above", row=key, why=say(f"alike.{why}")) for key, why in above.matches(child)
        ]
        above.add(child)
        ids = tuple(key for key, _ in like)
        yield replace(row, state="alike", messages=tuple(messages), like=ids) if messages else row


def _repeated(school: Records, form: str, rows: Iterable[Row], others: Collection[int]) -> Iterable[Row]:
    """Mark the new records of which each answer is that of a record which is there: a file imported twice."""
    like: Callable[[Record], tuple[Record, str] | None] | None = None
    for row in rows:
        if row.state == "new" and row.row not in others and "id" not in row.record:
            like = like or double_of(form, school.table(form).rows())
            if found := like(row.record):
                yield replace(row, state="alike", messages=(found[1],), like=(str(found[0].get("id", "")),))
                continue
        yield row


def double_of(form: str, records: Sequence[Record]) -> Callable[[Record], tuple[Record, str] | None]:
    """Return what finds, among some records of a form, the likeliest double of one more, with why in words."""
    if form == "child":
        known, by_id = DuplicateIndex(records), {str(one["id"]): one for one in records}

        def alike(child: Record) -> tuple[Record, str] | None:
            return next(
                ((by_id[key], say(f"alike.{why}")) for key, why in known.matches({**child, "id": ""})), None
            )

        return alike
    there = {_answers(one): one for one in records}

    def repeated(record: Record) -> tuple[Record, str] | None:
        found = there.get(_answers(record))
        return (found, say("import.there")) if found is not None else None

    return repeated


def _answers(record: Record) -> str:
    answers = {key: value for key, value in record.items() if key not in SYSTEM_FIELDS}
    return json.dumps(answers, ensure_ascii=False, sort_keys=True)
