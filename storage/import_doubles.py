"""New rows of an import that may be there already: the same child in other words, or a file imported twice."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from guanai.care.lookalikes import Known
from guanai.storage.forms.definitions import SYSTEM_FIELDS
from guanai.storage.import_rows import Row
from guanai.templates.wording import say

if TYPE_CHECKING:
    from guanai.storage.schools import School

__all__ = ["compared"]


def compared(school: "School", form: str, rows: Iterable[Row], others: Collection[int]) -> Iterable[Row]:
    """Mark the new records that are there already, and new children who look like one, but for the rows in ``others``."""
    if form != "child":
        yield from _repeated(school, form, rows, others)
        return
    there, above = Known(school.table("child").rows()), Known()
    labels = school.labels("child")
    for row in rows:
        if row.state != "new" or row.row in others:
            yield row
            continue
        child = {**row.record, "id": str(row.row)}
        like = there.like(child)
        messages = [
            say("alike.row", label=labels.get(key, key), why=say(f"alike.{why}"), id=key) for key, why in like
        ]
        messages += [
            say("alike.row_above", row=key, why=say(f"alike.{why}")) for key, why in above.like(child)
        ]
        above.add(child)
        ids = tuple(key for key, _ in like)
        yield replace(row, state="alike", messages=tuple(messages), like=ids) if messages else row


def _repeated(school: "School", form: str, rows: Iterable[Row], others: Collection[int]) -> Iterable[Row]:
    """Mark the new records of which each answer is that of a record which is there: a file imported twice."""
    there: dict[str, str] = {}
    ready = False
    for row in rows:
        if row.state == "new" and row.row not in others and "id" not in row.record:
            if not ready:
                there = {_answers(one): str(one.get("id", "")) for one in school.table(form).rows()}
                ready = True
            if like := there.get(_answers(row.record)):
                yield replace(row, state="alike", messages=(say("import.there"),), like=(like,))
                continue
        yield row


def _answers(record: Mapping[str, Any]) -> str:
    answers = {key: value for key, value in record.items() if key not in SYSTEM_FIELDS}
    return json.dumps(answers, ensure_ascii=False, sort_keys=True)
