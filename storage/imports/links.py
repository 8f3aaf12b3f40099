"""Registers that come together and name each other: a visit finds its child under the id that the child has here.

Another school's records keep their ids. Those of somebody's own TinyDB file, which name each other by the file's
own numbers or ids, get ids here, and every question whose choices are those of a register is told the new one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from uuid_utils import uuid7

from guanai.storage.forms.xlsform.definitions import Form
from guanai.storage.forms.xlsform.items import Group, Item, Question, Repeat
from guanai.storage.imports.preview import Choices
from guanai.storage.imports.row_check import Raw, Row, is_id
from guanai.storage.records.labels import options_of
from guanai.storage.records.records import Records
from guanai.templates.wording import say

__all__ = ["Links"]


class Links:
    """What each record of several registers is called in its file, and under which id it stands here.

    ``raws`` are the records by form and ``choices`` what a person decided about each form. A record of a register that
    others name by its name (a class) is the one of that name which the school has.
    """

    def __init__(
        self, school: Records, raws: Mapping[str, Sequence[Raw]], choices: Mapping[str, Choices]
    ) -> None:
        self._school = school
        self._raws = raws
        self._rows: dict[str, list[dict[str, str]]] = {}
        self._by_names = {form: self._by_name(form) for form in self._named_by_name()}
        self._here = {form: self._ids(form, choices.get(form, Choices())) for form in raws}
        self._called = {form: self._names(form) for form in raws}
        for form, some in raws.items():
            for raw in some:
                raw.answers = self._linked(school.form(form).items, raw.answers)
                if raw.record_id and not is_id(raw.record_id):
                    raw.record_id = ""  # an id of somebody's own; the record gets one here

    def form(self, name: str) -> Form:
        """Return a form whose choices are the school's records and those that come with it."""
        return replace(self._school.form(name), instances=self._instances)

    def there_already(self, form: str, raw: Raw) -> Row | None:
        """Return the row of a record that the school has by its name, None for any other."""
        by_name = self._by_names.get(form, {}).get(str(raw.answers.get("name") or ""))
        if by_name is None or by_name == raw.record_id or self._here[form][raw.number] != by_name:
            return None
        return Row(raw.number, "same", str(raw.answers["name"]), (say("import.by_name"),))

    def with_id(self, form: str, row: Row) -> Row:
        """Return a row whose new record has the id under which the others name it."""
        if row.state not in ("new", "alike") or "id" in row.record:
            return row
        return replace(row, record={**row.record, "id": self._here[form][row.row]})

    def waiting(self, rows: Mapping[str, Sequence[Row]]) -> dict[str, list[Row]]:
        """Return the rows, those that name a record which is left out as waiting for it."""
        found = {form: list(some) for form, some in rows.items()}
        gone: dict[str, dict[str, str]] = {form: {} for form in rows}
        while True:
            before = sum(map(len, gone.values()))
            for form, some in found.items():
                for row in some:
                    if row.state in ("alike", "waits"):
                        gone[form][self._here[form][row.row]] = row.label
            if sum(map(len, gone.values())) == before:
                return found
            for form, some in found.items():
                items = self._school.form(form).items
                found[form] = [self._waits(items, row, gone) for row in some]

    def _waits(self, items: Sequence[Item], row: Row, gone: Mapping[str, Mapping[str, str]]) -> Row:
        if row.state not in ("new", "changed"):
            return row
        named: list[str] = []

        def note(register: str, name: str) -> str:
            if name in gone.get(register, {}):
                named.append(gone[register][name])
            return name

        _with_each_link(items, row.record, note)
        if not named:
            return row
        text = say("import.waits_for", record="、".join(dict.fromkeys(named)))
        return replace(row, state="waits", messages=(text, *row.messages))

    # -- ids

    def _ids(self, form: str, choices: Choices) -> dict[int, str]:
        """Return the id under which each record of a form stands here, by its number in the file."""
        there = {one.get("id") for one in self._school.table(form).rows()}
        by_name = self._by_names.get(form, {})

        def here(raw: Raw) -> str:
            if raw.number in (choices.same or {}):
                return (choices.same or {})[raw.number]
            if raw.record_id not in there and (kept := by_name.get(str(raw.answers.get("name") or ""))):
                return kept
            return raw.record_id if is_id(raw.record_id) else str(uuid7())

        return {raw.number: here(raw) for raw in self._raws[form]}

    def _by_name(self, form: str) -> dict[str, str]:
        """Return the ids of the school's records of a form by their names."""
        return {
            str(one["name"]): str(one["id"]) for one in self._school.table(form).rows() if one.get("name")
        }

    def _named_by_name(self) -> set[str]:
        """Return which of the registers others name by the name of their records."""
        questions = (item for name in self._school.forms() for item in self._school.form(name).questions())
        return {
            one.choices.instance
            for one in questions
            if one.choices is not None and one.choices.value == "name" and one.choices.instance in self._raws
        }

    def _names(self, form: str) -> dict[str, str]:
        """Return the id here by what the file calls a record: its id there, without one its number."""
        return {raw.record_id or str(raw.number): self._here[form][raw.number] for raw in self._raws[form]}

    def _linked(self, items: Sequence[Item], answers: Mapping[str, Any]) -> dict[str, Any]:
        def here(register: str, name: str) -> str:
            return self._called.get(register, {}).get(name, name)

        return _with_each_link(items, answers, here)

    # -- choices

    def _instances(self, name: str) -> list[dict[str, str]]:
        if name not in self._raws:
            return self._school.instances(name)
        if name not in self._rows:
            there = {str(one["id"]): one for one in self._school.table(name).rows() if "id" in one}
            coming = {
                key: {**raw.answers, "id": key}
                for raw in self._raws[name]
                if (key := self._here[name][raw.number]) not in there
            }
            self._rows[name] = options_of([*there.values(), *coming.values()])
        return self._rows[name]


def _with_each_link(
    items: Iterable[Item], answers: Mapping[str, Any], change: Callable[[str, str], str]
) -> dict[str, Any]:
    """Return answers with what is given, by register and id, for each record that they name by its id."""
    changed = dict(answers)
    for item in items:
        value = changed.get(item.key)
        if isinstance(item, Group):
            changed = _with_each_link(item.items, changed, change)
        elif isinstance(item, Repeat) and isinstance(value, list):
            changed[item.key] = [
                _with_each_link(item.items, row, change) if isinstance(row, Mapping) else row for row in value
            ]
        elif isinstance(item, Question) and item.choices is not None and item.choices.value == "id":
            register = item.choices.instance
            if isinstance(value, list):
                changed[item.key] = [change(register, str(one)) for one in value]
            elif value not in (None, ""):
                changed[item.key] = change(register, str(value))
    return changed
