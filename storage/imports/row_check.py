"""Check one row of an import: what it would do to the records, and what is wrong with it.

A row is filled in as a person would fill in the form, so it gets the form's own messages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any
from uuid import UUID

from guanai.care.children.merging import Conflict, flatten, unflatten
from guanai.storage.exports.question_columns import QuestionColumn, question_columns
from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS, Form
from guanai.storage.imports.merging import (
    Versions,
    base_version,
    merged_with_copy,
    record_with_row,
    same_answer,
)
from guanai.storage.imports.preview import Difference, ImportedRow, RawRow
from guanai.storage.records.records import Records
from guanai.templates.wording import say

__all__ = ["STAMPS", "RowChecker", "is_id"]


class RowChecker:
    """Checks the rows of one import; ``choices`` and ``versions`` as in `Choices.clashes` and `ImportSource.versions`."""

    def __init__(
        self,
        records: Records,
        form: Form,
        choices: Mapping[tuple[int, str], str] | None = None,
        versions: Versions | None = None,
    ) -> None:
        # The registers do not change during a preview, so the choices of each are read once.
        instances = cache(form.instances) if form.instances else None
        self._records, self._name, self._form = records, form.name, replace(form, instances=instances)
        self._choices = choices or {}
        self._versions = versions
        self._row_of_id: dict[str, int] = {}
        self._existing = {
            str(record["id"]): record for record in records.table(form.name).rows() if "id" in record
        }
        self._deleted = {change.record_id for change in records.deletions(form.name)}
        self._columns = _by_path(self._form, list(self._existing.values()))
        self._children: dict[str, str] | None = None
        self._answer_by_answer = self._reacts_to_changes()

    def _reacts_to_changes(self) -> bool:
        """Whether the form calculates something when an answer changes, or locks questions depending on answers."""
        return any(
            item.triggers or (item.read_only is not None and item.calculate is None)
            for item in self._form.questions()
        )

    def check(self, raw: RawRow) -> ImportedRow:
        """Return what an import does with a row."""
        if raw.errors:
            return ImportedRow(raw.number, "bad", self._label(raw.answers, raw.number), tuple(raw.errors))
        if raw.record_id:
            earlier = self._row_of_id.setdefault(raw.record_id, raw.number)
            if earlier != raw.number:
                return self._bad(raw, say("import.id_twice", row=earlier))
            before = self._existing.get(raw.record_id)
            if before is not None:
                return self._changed(raw, before)
            if raw.record_id in self._deleted:
                return self._bad(raw, say("import.binned", id=raw.record_id))
            if not is_id(raw.record_id):
                return self._bad(raw, say("exchange.no_such_id", id=raw.record_id))
        return self._new(raw)

    def _new(self, raw: RawRow) -> ImportedRow:
        given = unflatten({path: value for path, value in raw.answers.items() if value is not None})
        session = self._filled({}, given, defaults=not (raw.from_guanai or raw.record_id))
        answers = session.record()
        label = self._label(answers, raw.number)
        if problems := _problems(session):
            return ImportedRow(raw.number, "bad", label, problems)
        own_id = {"id": raw.record_id} if raw.record_id else {}
        record = {
            **answers,
            **{key: given[key] for key in STAMPS if raw.from_guanai and key in given},
            **own_id,
        }
        return ImportedRow(raw.number, "new", label, self._unasked(raw, given, answers), record)

    def _changed(self, raw: RawRow, before: Mapping[str, Any]) -> ImportedRow:
        label = self._label(before, raw.number)
        keys = {path.partition("/")[0] for path in raw.answers} - {*SYSTEM_FIELDS}
        given = record_with_row(before, raw)
        if all(same_answer(before.get(key), given.get(key)) for key in keys):
            return ImportedRow(raw.number, "same", label)
        clashes: Sequence[Conflict] = ()
        base = base_version(self._records, self._name, raw, before, self._versions)
        if base is not None:
            # The copy is filled in over the version that it was exported from.
            copy = self._filled(base, record_with_row(base, raw)).record()
            chosen = {path: taken for (row, path), taken in self._choices.items() if row in (raw.number, 0)}
            given, clashes = merged_with_copy(base, copy, before, keys, chosen)
            clashes = [clash for clash in clashes if chosen.get(clash.path, chosen.get("*")) is None]
            given = {key: given.get(key) for key in {*given, *keys}}
        session = self._filled(before, given)
        after = session.record()
        if problems := _problems(session):
            return ImportedRow(raw.number, "bad", label, problems)
        identity = {"id": before["id"], "revision": before["revision"]}
        differences = self._differences(session, before, after)
        row = ImportedRow(
            raw.number,
            "changed" if differences else "same",
            label,
            tuple(map(str, differences)) + self._unasked(raw, given, after),
            {**after, **identity},
            differences,
        )
        if not clashes:
            return row
        unresolved = tuple(
            self._difference(session, clash.path, clash.theirs, clash.mine) for clash in clashes
        )
        messages = tuple(
            say("import.clash", label=clash.label, school=clash.old, file=clash.new) for clash in unresolved
        )
        return replace(row, state="conflict", messages=messages, clashes=unresolved)

    def _filled(
        self, before: Mapping[str, Any], given: Mapping[str, Any], *, defaults: bool | None = None
    ) -> FormSession:
        """Return the form filled in; answer by answer where it reacts to changes."""
        if not self._answer_by_answer:
            return self._records.session(self._form, {**before, **given}, defaults=defaults)
        columns = self._form.columns
        lists = {key: value for key, value in given.items() if columns.get(key, "repeat") == "repeat"}
        session = self._records.session(self._form, {**before, **lists}, defaults=defaults)
        for key, value in given.items():
            if key in columns and columns[key] != "repeat" and not same_answer(before.get(key), value):
                session.set(key, value)
        return session

    def _differences(
        self, session: FormSession, before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> tuple[Difference, ...]:
        columns = self._form.columns
        old = flatten({key: value for key, value in before.items() if key in columns})
        new = flatten({key: value for key, value in after.items() if key in columns})
        return tuple(
            self._difference(session, path, old.get(path), new.get(path))
            for path in dict.fromkeys([*old, *new])
            if not same_answer(old.get(path), new.get(path)) and not self._is_calculated(path)
        )

    def _difference(self, session: FormSession, path: str, old: Any, new: Any) -> Difference:
        texts = (self._text(session, path, value) for value in (old, new))
        return Difference(path, self._title(path), *texts)

    def _unasked(self, raw: RawRow, given: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
        """Return a message about answers of a row that are dropped because the form does not ask them beside the others."""
        columns = self._form.columns
        in_row = {path.partition("/")[0] for path in raw.answers}
        dropped = [
            self._title(key)
            for key, value in given.items()
            if key in columns
            and key in in_row
            and value not in (None, "", [])
            and key not in after
            and not self._is_calculated(key)
        ]
        return (say("import.unasked", labels="、".join(dropped)),) if dropped else ()

    def _is_calculated(self, path: str) -> bool:
        column = self._columns.get(path)
        return column is not None and column.read_only

    def _title(self, path: str) -> str:
        column = self._columns.get(path)
        return column.label if column else path

    def _text(self, session: FormSession, path: str, value: Any) -> str:
        column = self._columns.get(path)
        if value is None or value == []:
            return ""
        if isinstance(value, list) and any(isinstance(row, Mapping) for row in value):
            return "；".join(" ".join(str(part) for part in flatten(row).values()) for row in value)
        values = value if isinstance(value, list) else [value]
        if column is not None and column.question.choices is not None:
            values = [session.choice_label(column.question, str(name)) for name in values]
        return "；".join(map(str, values))

    def _label(self, answers: Mapping[str, Any], number: int) -> str:
        name = answers.get("name")
        if not name and isinstance(child := answers.get("child"), str):
            if self._children is None:
                listed = self._form.instances("child") if self._form.instances else ()
                self._children = {choice["id"]: choice["label"] for choice in listed}
            name = self._children.get(child, child)
        return " ".join(str(part) for part in (name, answers.get("date")) if part) or str(number)

    def _bad(self, raw: RawRow, message: str) -> ImportedRow:
        return ImportedRow(raw.number, "bad", self._label(raw.answers, raw.number), (message,))


#: The system fields that another school's records keep: who made and changed them, and when.
STAMPS = ("created_at", "created_by", "updated_at", "updated_by", "revision")


def _by_path(form: Form, documents: Sequence[Mapping[str, Any]]) -> dict[str, QuestionColumn]:
    return {column.path: column for column in question_columns(form, documents, repeats=20)}


def _problems(session: FormSession) -> tuple[str, ...]:
    return tuple(f"{problem.label}：{problem.message}" for problem in session.check())


def is_id(text: str) -> bool:
    """Whether a text can be the id of a record that another school made."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
