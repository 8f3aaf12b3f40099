"""A condition as rows of choices: field, relation, value; with its meaning in words and the number of records it holds for.

The cell of the workbook holds text. A condition that these choices cannot express, or that a person prefers to write,
is edited as text.
"""

from collections.abc import Callable, Sequence
from functools import reduce
from html import escape
from typing import Any, NamedTuple

import ipywidgets as ipw

from guanai.care.policy.conditions import Clause, parse_condition
from guanai.care.policy.rule_words import RuleWords
from guanai.storage.school.condition_fields import ConditionField
from guanai.templates.wording import say
from guanai.widgets.base.boxes import button, checkbox, control, hbox, html, set_visible, vbox
from guanai.widgets.form.fields import caption, legend_html
from guanai.widgets.settings.cell_fields import CellField

__all__ = ["ConditionCell", "ConditionScope", "condition_text"]

SIGNS = {
    "is": "=", "one_of": "=", "is_not": "!=", "at_least": ">=", "at_most": "<=", "over": ">", "under": "<",
    "empty": "= 空", "filled": "!= 空",
}  # fmt: skip
OF_KIND = {
    "choice": ("is", "one_of", "is_not", "empty", "filled"),
    "text": ("is", "is_not", "empty", "filled"),
}
MEASURED = ("is", "at_least", "at_most", "over", "under", "is_not", "empty", "filled")
NO_VALUE = ("empty", "filled")
COMMA, JOIN = ", ", "；"


class ConditionScope(NamedTuple):
    """What a condition is about: its registers, their fields, and ``holding(clauses)``, how many records meet it, of how many."""

    registers: tuple[str, ...]
    fields: Sequence[ConditionField]
    holding: Callable[[Sequence[Clause]], tuple[int, int]]


def condition_text(clauses: Sequence[Clause], fields: Sequence[ConditionField]) -> str:
    """Return a condition in words, as a sentence without a full stop."""
    field_of = {field.name: field for field in fields}
    parts = []
    for clause in clauses:
        if clause.register:
            words = RuleWords()
            said = words.clause(clause, (clause.register,))
            parts.append(say("condition.of_register", register=words.register(clause.register), said=said))
            continue
        field = field_of.get(clause.field)
        labels = {} if field is None else field.choices
        values = say("policy.or").join(
            labels.get(value, (value, value))[1] for value in clause.values if value
        )
        key = f"condition.said.{_relation(clause)}"
        parts.append(say(key, field=field.label if field else clause.field, value=values))
    return reduce(lambda first, second: say("condition.both", first=first, second=second), parts or [""])


def _relation(clause: Clause) -> str:
    if clause.order:
        return {sign: name for name, sign in SIGNS.items()}[clause.order]
    if clause.values == ("",):
        return "filled" if clause.negated else "empty"
    if clause.negated:
        return "is_not"
    return "is" if len(clause.values) == 1 else "one_of"


def _meaning(clauses: Sequence[Clause] | None) -> set[object] | None:
    """Return the meaning of clauses, whatever the order of them and of their values."""
    if clauses is None:
        return None
    return {
        (clause.register, clause.field, frozenset(clause.values), clause.negated, clause.order)
        for clause in clauses
    }


class _Line:
    """One clause: controls for field, relation and value; that for the value depends on the two others."""

    def __init__(self, cell: "ConditionCell", clause: Clause | None) -> None:
        self._cell, self._muted = cell, False
        self.field = self._control(ipw.Dropdown, "condition.field", options=cell.field_options())
        self.relation = self._control(ipw.Dropdown, "condition.relation", options=[])
        self.value: Any = None  # a control, or a checkbox for each choice
        self._value_box = hbox((), "guanai-condition-value")
        drop = button(say("condition.drop"), lambda: cell.drop(self), "guanai-small")
        self.view = hbox([self.field, self.relation, self._value_box, drop], "guanai-condition")
        self.field.value = clause.field if clause else None
        self._offer(_relation(clause) if clause else "is")
        self._build_value([value for value in clause.values if value] if clause else [])
        self.field.observe(lambda _: self._on_change(), "value")
        self.relation.observe(lambda _: self._on_change(relation=self.relation.value), "value")

    def _control(self, kind: type, key: str, **traits: Any) -> ipw.DOMWidget:
        label = say(key)
        return control(kind, "guanai-field", description=label, tooltip=label, **traits)

    def _on_change(self, relation: str = "") -> None:
        if self._muted:
            return
        values = self.values() if relation else []
        self._offer(relation or "is")
        self._build_value(values)
        self._cell.changed()

    def _offer(self, relation: str) -> None:
        """Offer the relations that the field can have."""
        field = self._cell.field_of(self.field.value)
        names = OF_KIND.get(field.kind, MEASURED) if field else ("is",)
        self._muted = True
        self.relation.options = [(say(f"condition.{name}"), name) for name in names]
        self.relation.value = relation if relation in names else names[0]
        self._muted = False

    def _build_value(self, values: Sequence[str]) -> None:
        """Build the control for the value."""
        field, relation = self._cell.field_of(self.field.value), self.relation.value
        on_change = self._cell.changed
        if field is None or relation in NO_VALUE:
            self.value, shown = None, []
        elif field.choices and relation == "is":
            options = [(label, name) for name, (_, label) in field.choices.items()]
            chosen = values[0] if values and values[0] in field.choices else None
            self.value = self._control(ipw.Dropdown, "condition.value", options=options, value=chosen)
            shown = [self.value]
        elif field.choices:
            self.value = {name: checkbox(label, name in values) for name, (_, label) in field.choices.items()}
            shown = list(self.value.values())
        else:
            self.value = self._control(
                ipw.Text, "condition.value", value=COMMA.join(values), continuous_update=False
            )
            shown = [self.value]
        for widget in shown:
            widget.observe(lambda _: on_change(), "value")
        old, self._value_box.children = self._value_box.children, tuple(shown)
        for widget in old:
            widget.close()

    def values(self) -> list[str]:
        """Return the values that are chosen, by their names, or what is typed."""
        if self.value is None:
            return []
        if isinstance(self.value, dict):
            return [name for name, box in self.value.items() if box.value]
        text = str(self.value.value or "").strip()
        return [text] if text else []

    def written(self) -> str:
        """Return the clause as it is written, "" while something is missing."""
        field, relation = self._cell.field_of(self.field.value), self.relation.value
        if field is None:
            return ""
        if relation in NO_VALUE:
            return f"{field.written} {SIGNS[relation]}"
        values = COMMA.join(field.choices.get(value, (value, value))[0] for value in self.values())
        return f"{field.written} {SIGNS[relation]} {values}" if values else ""


class ConditionCell(CellField):
    """A cell with a condition: rows of choices, or its text; ``scope_of()`` says what it is about now."""

    def __init__(
        self,
        label: str,
        on_change: Callable[[], None],
        value: str,
        hint: str,
        scope_of: Callable[[], ConditionScope],
    ) -> None:
        super().__init__(label, on_change)
        self.hint, self._scope_of, self._scope = hint, scope_of, scope_of()
        self._original = self._text = value
        self.head, self.meaning = html("", "guanai-legend"), html("", "guanai-condition-meaning")
        self.lines: list[_Line] = []
        self._rows = vbox((), "guanai-condition-rows")
        self.text = control(
            ipw.Text, "guanai-field", value=value, description=say("condition.text"), continuous_update=False
        )
        self.text.observe(lambda _: self.changed(), "value")
        self.add = button(say("condition.add"), self._add, "guanai-small")
        self.by_hand = button(say("condition.by_hand"), lambda: self._show(by_hand=True), "guanai-small")
        self.by_choice = button(say("condition.by_choice"), lambda: self._show(by_hand=False), "guanai-small")
        self._buttons = hbox([self.add, self.by_hand, self.by_choice], "guanai-buttons")
        self.view = vbox(
            [self.head, self._rows, self.text, self._buttons, self.meaning],
            "guanai-condition-cell",
            "guanai-wide",
        )
        self.show_error("")
        self._show(by_hand=False)

    @property
    def value(self) -> str:
        """The text to write into the cell."""
        return self._text

    def show_error(self, error: str) -> None:
        """Show an error above the rows."""
        hint = self.hint if self._is_by_hand else ""
        self.head.value = legend_html(caption(self.label, hint=hint, error=error))

    @property
    def _is_by_hand(self) -> bool:
        return bool(self.text.layout.display != "none")

    def refresh(self) -> None:
        """Take over what the condition is about now: another register has other fields."""
        if (scope := self._scope_of()).registers != self._scope.registers:
            self._scope = scope
            self._show(by_hand=self._is_by_hand)

    def field_of(self, name: str | None) -> ConditionField | None:
        """Return the field of a name."""
        return next((field for field in self._scope.fields if field.name == name), None)

    def field_options(self) -> list[tuple[str, str | None]]:
        """Return the fields to choose from, by their labels."""
        return [(say("settings.empty"), None), *((field.label, field.name) for field in self._scope.fields)]

    def drop(self, line: _Line) -> None:
        """Remove a clause."""
        self.lines = [other for other in self.lines if other is not line]
        self._show_lines()
        self.changed()

    def changed(self) -> None:
        """Take over what is chosen or typed, show its meaning, and report the change to the row."""
        if self._is_by_hand:
            text = str(self.text.value).strip()
        else:
            text = JOIN.join(filter(None, (line.written() for line in self.lines)))
            if _meaning(self._clauses(text)) == _meaning(self._clauses(self._original)):
                text = self._original  # the meaning is the same: the cell keeps its own spelling
        if text != self._text:
            self._text = text
            self._show_meaning()
            self.on_change()

    def _add(self) -> None:
        self.lines.append(_Line(self, None))
        self._show_lines()

    def _show(self, *, by_hand: bool) -> None:
        """Show the rows where they can express the condition, else its text."""
        clauses = self._clauses(self._text)
        possible = clauses is not None and all(map(self._is_possible, clauses)) and bool(self._scope.fields)
        by_hand = by_hand or not possible
        self.lines = [] if by_hand else [_Line(self, clause) for clause in clauses or ()]
        self._show_lines()
        self.text.value = self._text
        set_visible(self.text, by_hand)
        set_visible(self._rows, not by_hand)
        set_visible(self.add, not by_hand)
        set_visible(self.by_hand, not by_hand)
        set_visible(self.by_choice, by_hand and possible)
        self.show_error("")
        self._show_meaning()

    def _show_lines(self) -> None:
        old = self._rows.children
        self._rows.children = tuple(line.view for line in self.lines)
        for view in old:
            if view not in self._rows.children:
                view.close()

    def _clauses(self, text: str) -> tuple[Clause, ...] | None:
        try:
            return parse_condition(text, self._scope.registers)
        except ValueError:
            return None

    def _is_possible(self, clause: Clause) -> bool:
        """Whether choices can express a clause; one that speaks of one of several registers is written by hand."""
        if clause.register:
            return False
        field = self.field_of(clause.field)
        if field is None or ("" in clause.values and len(clause.values) > 1):
            return False
        if not field.choices:
            return len(clause.values) == 1 or not clause.order
        return not clause.order and set(clause.values) - {""} <= set(field.choices)

    def _show_meaning(self) -> None:
        """Show what the condition means, and for how many records it holds."""
        clauses = self._clauses(self._text)
        if not clauses:
            self.meaning.value = ""
            return
        met, total = self._scope.holding(clauses)
        text = say("condition.means", words=condition_text(clauses, self._scope.fields), met=met, whole=total)
        self.meaning.value = f'<p role="status">{escape(text)}</p>'
