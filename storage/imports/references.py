"""References between registers that are imported together: a visit names its child by the id that the child has here.

Another school's records keep their ids. The records of somebody's own TinyDB file, which name each other by the file's
own numbers or ids, get new ids, and every answer that names one of them is changed to the new id.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from uuid_utils import uuid7

from guanai.storage.forms.xlsform.definitions import Form
from guanai.storage.forms.xlsform.items import Group, Item, Question, Repeat
from guanai.storage.imports.preview import Choices, ImportedRow, RawRow
from guanai.storage.imports.row_check import is_id
from guanai.storage.records.labels import options_of
from guanai.storage.records.records import Records
from guanai.templates.wording import say

__all__ = ["References"]


class References:
    """Replaces the ids of a file by those of this school, in the rows of several registers.

    ``raws`` are the rows by form, whose answers are changed in place; ``choices`` what a person decided about each form.
    In a register whose records are referred to by name (classes), a row of a name that the school has is that record.
    """

    def __init__(
        self, records: Records, raws: Mapping[str, Sequence[RawRow]], choices: Mapping[str, Choices]
    ) -> None:
        self._records = records
        self._raws = raws
        self._options: dict[str, list[dict[str, str]]] = {}
        self._by_names = {form: self._by_name(form) for form in self._named_by_name()}
        self._new_ids = {form: self._ids(form, choices.get(form, Choices())) for form in raws}
        self._ids_in_file = {form: self._names(form) for form in raws}
        for form, of_form in raws.items():
            for raw in of_form:
                raw.answers = self._with_new_references(records.form(form).items, raw.answers)
                if raw.record_id and not is_id(raw.record_id):
                    raw.record_id = ""  # an id of somebody's own; the record gets one here

    def form(self, name: str) -> Form:
        """Return a form whose choices are the school's records and those of the file."""
        return replace(self._records.form(name), instances=self._instances)

    def existing_by_name(self, form: str, raw: RawRow) -> ImportedRow | None:
        """Return the row of a record whose name the school has in a register referred to by name, None for any other."""
        by_name = self._by_names.get(form, {}).get(str(raw.answers.get("name") or ""))
        if by_name is None or by_name == raw.record_id or self._new_ids[form][raw.number] != by_name:
            return None
        return ImportedRow(raw.number, "same", str(raw.answers["name"]), (say("import.by_name"),))

    def with_new_id(self, form: str, row: ImportedRow) -> ImportedRow:
        """Return a row whose new record has the id by which others refer to it."""
        if row.state not in ("new", "alike") or "id" in row.record:
            return row
        return replace(row, record={**row.record, "id": self._new_ids[form][row.number]})

    def with_waiting_rows(self, rows: Mapping[str, Sequence[ImportedRow]]) -> dict[str, list[ImportedRow]]:
        """Return the rows by form; those that refer to a row which is left out get the state ``waits``, repeatedly."""
        result = {form: list(of_form) for form, of_form in rows.items()}
        left_out: dict[str, dict[str, str]] = {form: {} for form in rows}
        while True:
            before = sum(map(len, left_out.values()))
            for form, of_form in result.items():
                for row in of_form:
                    if row.state in ("alike", "waits"):
                        left_out[form][self._new_ids[form][row.number]] = row.label
            if sum(map(len, left_out.values())) == before:
                return result
            for form, of_form in result.items():
                items = self._records.form(form).items
                result[form] = [self._if_waiting(items, row, left_out) for row in of_form]

    def _if_waiting(
        self, items: Sequence[Item], row: ImportedRow, left_out: Mapping[str, Mapping[str, str]]
    ) -> ImportedRow:
        if row.state not in ("new", "changed"):
            return row
        missing: list[str] = []

        def collect(register: str, record_id: str) -> str:
            if record_id in left_out.get(register, {}):
                missing.append(left_out[register][record_id])
            return record_id

        _with_references(items, row.record, collect)
        if not missing:
            return row
        text = say("import.waits_for", record="、".join(dict.fromkeys(missing)))
        return replace(row, state="waits", messages=(text, *row.messages))

    # -- ids

    def _ids(self, form: str, choices: Choices) -> dict[int, str]:
        """Return the id that each record of a form has in this school, by its number in the file."""
        existing = {record.get("id") for record in self._records.table(form).rows()}
        by_name = self._by_names.get(form, {})

        def new_id(raw: RawRow) -> str:
            if raw.number in (choices.same or {}):
                return (choices.same or {})[raw.number]
            if raw.record_id not in existing and (match := by_name.get(str(raw.answers.get("name") or ""))):
                return match
            return raw.record_id if is_id(raw.record_id) else str(uuid7())

        return {raw.number: new_id(raw) for raw in self._raws[form]}

    def _by_name(self, form: str) -> dict[str, str]:
        """Return the ids of the school's records of a form by their names."""
        return {
            str(record["name"]): str(record["id"])
            for record in self._records.table(form).rows()
            if record.get("name")
        }

    def _named_by_name(self) -> set[str]:
        """Return the registers of the file to which some form refers by name."""
        questions = (item for name in self._records.forms() for item in self._records.form(name).questions())
        return {
            question.choices.instance
            for question in questions
            if question.choices is not None
            and question.choices.value == "name"
            and question.choices.instance in self._raws
        }

    def _names(self, form: str) -> dict[str, str]:
        """Return the new id by the id in the file, or by the number of a record without one."""
        return {raw.record_id or str(raw.number): self._new_ids[form][raw.number] for raw in self._raws[form]}

    def _with_new_references(self, items: Sequence[Item], answers: Mapping[str, Any]) -> dict[str, Any]:
        def new_id(register: str, old: str) -> str:
            return self._ids_in_file.get(register, {}).get(old, old)

        return _with_references(items, answers, new_id)

    # -- choices

    def _instances(self, name: str) -> list[dict[str, str]]:
        if name not in self._raws:
            return self._records.instances(name)
        if name not in self._options:
            existing = {
                str(record["id"]): record for record in self._records.table(name).rows() if "id" in record
            }
            new = {
                key: {**raw.answers, "id": key}
                for raw in self._raws[name]
                if (key := self._new_ids[name][raw.number]) not in existing
            }
            self._options[name] = options_of([*existing.values(), *new.values()])
        return self._options[name]


def _with_references(
    items: Iterable[Item], answers: Mapping[str, Any], change: Callable[[str, str], str]
) -> dict[str, Any]:
    """Return answers with ``change(register, id)`` in place of each id by which they refer to a record."""
    changed = dict(answers)
    for item in items:
        value = changed.get(item.key)
        if isinstance(item, Group):
            changed = _with_references(item.items, changed, change)
        elif isinstance(item, Repeat) and isinstance(value, list):
            changed[item.key] = [
                _with_references(item.items, row, change) if isinstance(row, Mapping) else row
                for row in value
            ]
        elif isinstance(item, Question) and item.choices is not None and item.choices.value == "id":
            register = item.choices.instance
            if isinstance(value, list):
                changed[item.key] = [change(register, str(name)) for name in value]
            elif value not in (None, ""):
                changed[item.key] = change(register, str(value))
    return changed
