"""The cells of a workbook's row as controls: lists and checkboxes where a cell has a vocabulary, else a text box.

Values are texts as they are written in the cell; words of every language of the catalogue are understood.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import ipywidgets as ipw

from guanai.care.policy.conditions import lookup_name, names_by_spelling
from guanai.templates.wording import say
from guanai.widgets.base.boxes import checkbox, control, hbox, html, vbox
from guanai.widgets.form.fields import caption, legend_html

__all__ = [
    "CONDITION_CELLS",
    "EXAMPLE_CELLS",
    "OPTIONAL_CELLS",
    "PROFILE",
    "USED_CELLS",
    "VOCABULARIES",
    "CellField",
    "ChecksCell",
    "ChoiceCell",
    "TextCell",
    "parts_of",
    "vocabulary",
]

# The vocabulary of each cell that has one; of the sheet 学校 it depends on the item.
VOCABULARIES = {
    ("calendar", "kind"): "calendar.kind", ("wording", "item"): "word", ("school", "item"): "profile",
    ("duties", "kind"): "duty.kind", ("duties", "subject"): "duty.subject", ("duties", "per"): "duty.per",
    ("duties", "in_force"): "yes_no",
}  # fmt: skip
PROFILE = {"definition": "definition", "language": "language.choice", "public_holidays": "public_holidays"}
CONDITION_CELLS = frozenset({"subject_condition", "record_condition", "trigger_condition"})
EXAMPLE_CELLS = frozenset({"content", "trigger", "limit", "target"})
# The cells that each kind of duty uses; the form shows others only where they are filled.
USED_CELLS = {
    "count": "record record_condition at_least per limit", "hours": "record record_condition content at_least at_most per",
    "interval": "record record_condition limit", "open": "trigger trigger_condition content at_most",
    "event": "trigger trigger_condition record record_condition at_least limit",
    "state": "trigger trigger_condition content limit", "helper": "at_least", "complete": "content",
    "quota": "record record_condition at_least at_most per", "share": "record record_condition content at_least target",
}  # fmt: skip
OPTIONAL_CELLS = frozenset(" ".join(USED_CELLS.values()).split())

_PARTS = re.compile(r"[,，、;；\n]")


def vocabulary(prefix: str, language: str | None = None) -> dict[str, str]:
    """Return the words of a vocabulary by their names."""
    names = dict.fromkeys(names_by_spelling(prefix).values())
    return {name: say(f"{prefix}.{name}", language) for name in names}


def parts_of(value: str) -> list[str]:
    """Return the parts of a cell that are separated by commas."""
    return [part.strip() for part in _PARTS.split(value) if part.strip()]


class CellField:
    """A cell: ``view`` is the widget on the page, ``value`` the text to write; ``on_change()`` is called on every change."""

    def __init__(self, label: str, on_change: Callable[[], None]) -> None:
        self.label, self.on_change = label, on_change
        self.view: ipw.DOMWidget = None
        self.hint = ""

    @property
    def value(self) -> str:
        """The text to write into the cell."""
        raise NotImplementedError

    def show_error(self, error: str) -> None:
        """Show an error at the cell, "" for none."""
        self.view.description = caption(self.label, hint=self.hint, error=error)

    def _make(self, kind: type, *classes: str, **traits: Any) -> ipw.DOMWidget:
        text = caption(self.label, hint=self.hint)
        widget = control(
            kind, "guanai-field", *classes, description=text, description_allow_html=True, **traits
        )
        widget.observe(lambda _: self.on_change(), "value")
        return widget


class ChoiceCell(CellField):
    """One word of a vocabulary; a text of the cell that is none of them is an option too, so that it is not lost."""

    def __init__(
        self,
        label: str,
        on_change: Callable[[], None],
        value: str,
        words: Mapping[str, str],
        prefix: str,
        *,
        needed: bool,
    ) -> None:
        super().__init__(label, on_change)
        name = lookup_name(prefix, value) if value else ""
        options = [(word, word) for word in words.values()]
        if not needed:
            options = [(say("settings.empty"), ""), *options]
        word = words.get(name or "", value)
        if word not in {value for _, value in options}:
            options = [(value or say("settings.empty"), value), *options]
        self._original, self._original_word = value, word
        self.view = self._make(ipw.Dropdown, options=options, value=word)

    @property
    def value(self) -> str:
        """The chosen word; the cell's own spelling while the choice is the first one."""
        return self._original if self.view.value == self._original_word else str(self.view.value)


class ChecksCell(CellField):
    """Several words of a vocabulary, by checkboxes; other words of the cell stay in it."""

    def __init__(
        self,
        label: str,
        on_change: Callable[[], None],
        value: str,
        words: Mapping[str, str],
        name_of: Callable[[str], str],
    ) -> None:
        super().__init__(label, on_change)
        self._original = value
        parts = parts_of(value)
        names = [name_of(part) for part in parts]
        self._others = [part for part, name in zip(parts, names, strict=True) if name not in words]
        self._words = words
        self.head = html("", "guanai-legend")
        # Ticked ones first, to be seen without scrolling.
        ordered = sorted(words, key=lambda name: name not in names)
        self.boxes = {name: checkbox(words[name], name in names) for name in ordered}
        self._ticked = {name for name in names if name in words}
        for box in self.boxes.values():
            box.observe(lambda _: self.on_change(), "value")
        ticks = hbox([*self.boxes.values()], "guanai-setting-ticks")
        self.view = vbox([self.head, ticks], "guanai-field", "guanai-group-of-ticks", "guanai-wide")
        self.show_error("")

    def show_error(self, error: str) -> None:
        """Show what is wrong above the ticks."""
        self.head.value = legend_html(caption(self.label, hint=self.hint, error=error))

    @property
    def value(self) -> str:
        """The ticked words with commas between; the cell's own spelling while the ticks are the first ones."""
        ticked = [name for name in self._words if self.boxes[name].value]
        if set(ticked) == self._ticked:
            return self._original
        return ", ".join([*(self._words[name] for name in ticked), *self._others])


class TextCell(CellField):
    """A text box, with examples to choose from where there are some."""

    def __init__(
        self,
        label: str,
        on_change: Callable[[], None],
        value: str,
        examples: Iterable[str] = (),
        hint: str = "",
    ) -> None:
        super().__init__(label, on_change)
        self.hint = hint
        options = tuple(examples)
        kind = ipw.Combobox if options else ipw.Text
        traits: dict[str, Any] = {"options": options} if options else {}
        self.view = self._make(kind, value=value, continuous_update=False, **traits)

    @property
    def value(self) -> str:
        """The text in the box."""
        return str(self.view.value).strip()
