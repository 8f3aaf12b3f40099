"""One cell of the school's workbook as it is changed: choices and ticks where the cell has a vocabulary, else a box.

Values go in and out as they are written in the cell; a word of any language of the catalogue is understood.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import ipywidgets as ipw

from guanai.care.policy.conditions import spell, spellings
from guanai.templates.wording import say
from guanai.widgets.base.boxes import checkbox, html
from guanai.widgets.base.layouts import plain, style_of
from guanai.widgets.form.fields import caption

__all__ = ["CellField", "ChecksCell", "ChoiceCell", "TextCell", "parts_of", "vocabulary"]

_PARTS = re.compile(r"[,，、;；\n]")


def vocabulary(prefix: str, language: str | None = None) -> dict[str, str]:
    """Return the words of a vocabulary by their names."""
    names = dict.fromkeys(spellings(prefix).values())
    return {name: say(f"{prefix}.{name}", language) for name in names}


def parts_of(value: str) -> list[str]:
    """Return what stands in a cell with commas between."""
    return [part.strip() for part in _PARTS.split(value) if part.strip()]


class CellField:
    """A cell: ``view`` stands on the page, ``value`` is what would be written; ``told()`` is called on every change."""

    def __init__(self, label: str, told: Callable[[], None]) -> None:
        self.label, self.told = label, told
        self.view: Any = None
        self.hint = ""

    @property
    def value(self) -> str:
        """What would be written into the cell."""
        raise NotImplementedError

    def show_error(self, error: str) -> None:
        """Show what is wrong beside the cell, "" for nothing."""
        self._label().description = caption(self.label, hint=self.hint, error=error)

    def _label(self) -> Any:
        return self.view

    def _make(self, kind: type, *classes: str, **traits: Any) -> Any:
        made = kind(
            description=caption(self.label, hint=self.hint),
            description_allow_html=True,
            layout=plain(),
            style=style_of(kind),
            _dom_classes=("guanai-field", *classes),
            **traits,
        )
        made.observe(lambda _: self.told(), "value")
        return made


class ChoiceCell(CellField):
    """One of a vocabulary; what stands in the cell and is none of it stays to be chosen, so that nothing is lost."""

    def __init__(
        self,
        label: str,
        told: Callable[[], None],
        value: str,
        words: Mapping[str, str],
        prefix: str,
        *,
        needed: bool,
    ) -> None:
        super().__init__(label, told)
        known = spell(prefix, value) if value else ""
        options = [(word, word) for word in words.values()]
        if not needed:
            options = [(say("settings.empty"), ""), *options]
        now = words.get(known or "", value)
        if now not in {one for _, one in options}:
            options = [(value or say("settings.empty"), value), *options]
        self._first, self._shown = value, now
        self.view = self._make(ipw.Dropdown, options=options, value=now)

    @property
    def value(self) -> str:
        """The word that is chosen; the cell's own spelling as long as nothing else is."""
        return self._first if self.view.value == self._shown else str(self.view.value)


class ChecksCell(CellField):
    """Several of a vocabulary, by ticks; words that are none of it stay in the cell."""

    def __init__(
        self,
        label: str,
        told: Callable[[], None],
        value: str,
        words: Mapping[str, str],
        spelled: Callable[[str], str],
    ) -> None:
        super().__init__(label, told)
        self._first = value
        parts = parts_of(value)
        names = [spelled(part) for part in parts]
        self._others = [part for part, name in zip(parts, names, strict=True) if name not in words]
        self._words = words
        self.head = html("", "guanai-legend")
        ordered = sorted(
            words, key=lambda name: name not in names
        )  # what is ticked is seen without scrolling
        self.boxes = {name: checkbox(words[name], name in names) for name in ordered}
        self._ticked = {name for name in names if name in words}
        for box in self.boxes.values():
            box.observe(lambda _: self.told(), "value")
        ticks = ipw.HBox([*self.boxes.values()], layout=plain(), _dom_classes=("guanai-setting-ticks",))
        self.view = ipw.VBox(
            [self.head, ticks],
            layout=plain(),
            _dom_classes=("guanai-field", "guanai-group-of-ticks", "guanai-wide"),
        )
        self.show_error("")

    def show_error(self, error: str) -> None:
        """Show what is wrong above the ticks."""
        self.head.value = (
            f'<div class="guanai-legend-text">{caption(self.label, hint=self.hint, error=error)}</div>'
        )

    @property
    def value(self) -> str:
        """The ticked words with commas between; the cell's own spelling as long as the ticks are the same."""
        ticked = [name for name in self._words if self.boxes[name].value]
        if set(ticked) == self._ticked:
            return self._first
        return ", ".join([*(self._words[name] for name in ticked), *self._others])


class TextCell(CellField):
    """A box to type in, with examples to choose from where there are some."""

    def __init__(
        self, label: str, told: Callable[[], None], value: str, examples: Iterable[str] = (), hint: str = ""
    ) -> None:
        super().__init__(label, told)
        self.hint = hint
        options = tuple(examples)
        kind = ipw.Combobox if options else ipw.Text
        traits: dict[str, Any] = {"options": options} if options else {}
        self.view = self._make(kind, value=value, continuous_update=False, **traits)

    @property
    def value(self) -> str:
        """What is typed."""
        return str(self.view.value).strip()
