"""What a condition on the sheet 职责 can name: the questions of a register. And how many records meet a condition now."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from guanai.care.children.eligibility import left_behind
from guanai.care.duties.subjects import teachers, with_class_fields
from guanai.care.policy.conditions import Clause, clauses_of, holds, names_by_spelling, parse_condition
from guanai.care.policy.duty_rows import CLASS_FIELDS, expand_face_to_face
from guanai.storage.forms import Form, Question
from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.records.records import Records
from guanai.storage.school.due_service import DutyService
from guanai.templates.wording import catalogue, say

__all__ = ["ConditionField", "condition_fields", "count_meeting"]

KINDS = {"integer": "number", "decimal": "number", "range": "number", "date": "date", "text": "text"}
NUMBERS = ("grade",)  # of the fields of a child's class


class ConditionField(NamedTuple):
    """A field that a condition may name: its name, its spelling in the cell, its label and its kind.

    Kinds: choice, number, date, text. ``choices`` are the values of a choice by name: the spelling and the label of each.
    """

    name: str
    written: str
    label: str
    kind: str
    choices: Mapping[str, tuple[str, str]] = {}


def condition_fields(records: Records, registers: Sequence[str], *, by: bool = False) -> list[ConditionField]:
    """Return the fields that every one of some registers has, in the order of the first one's form.

    With ``by`` also who made the record (记录人), by their role.
    """
    existing = [name for name in registers if name in records.forms()]
    by_register = [_fields(records.form(name), name) for name in existing]
    fields = by_register[0] if by_register else []
    for others in by_register[1:]:
        shared = {field.name for field in others}
        fields = [field for field in fields if field.name in shared]
    if "child" in existing:
        fields += [
            _field(name, _word(name), "child", "number" if name in NUMBERS else "choice", {})
            for name in CLASS_FIELDS
        ]
    if by:
        fields.insert(0, _field("by", say("question.by"), existing[0] if existing else "", "choice", {}))
    return fields


def count_meeting(
    records: Records, duties: DutyService, registers: Sequence[str], clauses: Sequence[Clause]
) -> tuple[int, int]:
    """Return how many records of some registers meet a condition now, and of how many.

    Of the dossiers only those of children in care count, of the staff only who teaches. Who made a record is ignored.
    """
    modes = duties.policy.face_to_face
    applied = [expand_face_to_face(clause, modes) for clause in clauses if clause.field != "by"]
    met = whole = 0
    for name in registers:
        frame = _records_in_question(records, duties, name)
        met, whole = met + int(holds(clauses_of(applied, name), frame).sum()), whole + len(frame)
    return met, whole


def _records_in_question(records: Records, duties: DutyService, name: str) -> pd.DataFrame:
    frames = duties.frames
    if name == "child":
        children = left_behind(frames["child"], records.today(), duties.policy.criterion)
        return with_class_fields(children, frames)
    return teachers(frames) if name == "staff" else frames[name]


def _fields(form: Form, register: str) -> list[ConditionField]:
    session = FormSession(form)
    fields = []
    for question in _plain_questions(form):
        if question.choices is not None and question.choices.instance in form.external:
            continue  # one of the people or records of a register: a rule is about none by name
        state = session.state(question.key)
        choices = {choice.name: choice.label for choice in state.choices}
        kind = "choice" if choices else KINDS.get(question.kind, "")
        if kind:
            fields.append(_field(question.key, state.label or question.key, register, kind, choices))
    return fields


def _plain_questions(form: Form) -> Iterator[Question]:
    """Yield the questions of the record itself, not those in a repeat."""
    flat = form.columns
    for question in form.questions():
        if question.key in flat and flat[question.key] != "repeat" and question.key not in ("child", "date"):
            yield question


def _field(name: str, label: str, register: str, kind: str, choices: Mapping[str, str]) -> ConditionField:
    """Return a field; how it and its values are written is what the rules read back as the same."""
    spellings = (label, _word(name), name)
    written = next((text for text in spellings if _reads(f"{text} = 空", register) == (name, ("",))), name)
    labels = dict(choices)
    for value in dict.fromkeys(names_by_spelling(f"choice.{name}").values()) if kind == "choice" else ():
        if not labels or value == "face_to_face" or name in (*CLASS_FIELDS, "by"):
            labels.setdefault(value, say(f"choice.{name}.{value}"))
    values = {}
    for value, value_label in labels.items():
        text = next(
            (
                text
                for text in (value_label, value)
                if _reads(f"{written} = {text}", register) == (name, (value,))
            ),
            value,
        )
        values[value] = (text, value_label)
    return ConditionField(name, written, label, kind, values)


def _word(name: str) -> str:
    """Return the catalogue's word for a field, its name if there is none."""
    keys = (f"question.{name}", f"field.child.{name}", f"column.{name}")
    return next((say(key) for key in keys if key in catalogue()), name)


def _reads(text: str, register: str) -> tuple[str, Collection[str]] | None:
    """Return the field and values that a condition of one clause is read as, None if it cannot be."""
    try:
        clauses = parse_condition(text, (register,) if register else ())
    except ValueError:
        return None
    return (clauses[0].field, clauses[0].values) if len(clauses) == 1 else None
