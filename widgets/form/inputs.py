"""The inputs of tables, checklists and charts: a choice, a day, a search; and a button that calls a function."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

import ipywidgets as ipw
from traitlets import Any as AnyTrait

from guanai.storage.forms.session.parsers import UnreadableError, read_date
from guanai.templates.wording import say
from guanai.widgets.base.boxes import Panel, TraitChange, button, control, hbox, html
from guanai.widgets.base.name_search import matching
from guanai.widgets.base.notices import error_html, notice_html
from guanai.widgets.form.fields import caption

__all__ = ["Button", "Choice", "Day", "Input", "Search", "options_of"]

#: Pairs (label, value), ``{value: label}``, texts, or objects with a ``name``; a value may be anything.
Options = Mapping[Any, str] | Iterable[Any]


def options_of(options: Options) -> list[tuple[str, Any]]:
    """Return options as (label, value) pairs."""
    if isinstance(options, Mapping):
        return [(label, value) for value, label in options.items()]
    return [_pair(option) for option in options]


def _pair(option: object) -> tuple[str, Any]:
    if isinstance(option, tuple) and len(option) == 2:
        return str(option[0]), option[1]
    return str(getattr(option, "name", option)), option


class Input(Panel):
    """A control with a ``value``; tables, checklists and charts run again when it changes."""

    value = AnyTrait(None, allow_none=True)

    def __init__(self, control: ipw.DOMWidget, value: Any) -> None:
        super().__init__("guanai-input")
        self.shown_in: Panel | None = None
        self.control = control
        self.set_trait("value", value)
        self.children = (control,)

    @staticmethod
    def _control(kind: type, label: str, **traits: Any) -> ipw.DOMWidget:
        return control(
            kind, "guanai-field", description=caption(label), description_allow_html=True, **traits
        )


class Choice(Input):
    """One of several: ``Choice("学期", school.terms(), value=school.term(school.today()))``.

    ``all`` is the text of a first option with the value None. Without a value the first option is chosen.
    """

    def __init__(self, label: str, options: Options, value: Any = None, *, all: str | None = None) -> None:
        self._pairs = ([(all, None)] if all else []) + options_of(options)
        index = self._index_of(value)
        dropdown = self._control(ipw.Dropdown, label, options=[text for text, _ in self._pairs], index=index)
        super().__init__(dropdown, None if index is None else self._pairs[index][1])
        dropdown.observe(self._on_index, "index")
        self.observe(self._on_value, "value")

    def offer(self, options: Options, *, all: str | None = None) -> None:
        """Change the options; the value stays if it is still offered."""
        pairs = ([(all, None)] if all else []) + options_of(options)
        if pairs == self._pairs:
            return
        value, self._pairs = self.value, pairs
        with self.hold_trait_notifications():
            self.control.options = [text for text, _ in pairs]
            self.control.index = self._index_of(value)
        self._on_index({"new": self.control.index})

    def _index_of(self, value: Any) -> int | None:
        """Return the number of the option with a value, else of the first option; None without options."""
        values = [offered for _, offered in self._pairs]
        return values.index(value) if value in values else (0 if values else None)

    def _on_index(self, change: TraitChange) -> None:
        index = change["new"]
        self.value = None if index is None else self._pairs[index][1]

    def _on_value(self, change: TraitChange) -> None:
        values = [offered for _, offered in self._pairs]
        if change["new"] in values:
            self.control.index = values.index(change["new"])


class Day(Input):
    """A day: typed (2024-3-5, 20240305, 2024年3月5日) or picked from the calendar; a text that is no day leaves the value as it is."""

    def __init__(self, label: str, value: date | None = None) -> None:
        self._label = label
        text_box = self._control(
            ipw.Text,
            label,
            continuous_update=False,
            value=value.isoformat() if value else "",
            placeholder=say("field.date_example"),
        )
        self.picker = control(
            ipw.DatePicker, "guanai-calendar", value=value, description=say("field.calendar")
        )
        super().__init__(text_box, value)
        box = hbox([text_box, self.picker], "guanai-field", "guanai-date")
        self.children = (box,)
        text_box.observe(self._on_text, "value")
        self.picker.observe(self._on_pick, "value")
        self.observe(self._on_value, "value")

    def _on_text(self, change: TraitChange) -> None:
        try:
            self.value = date.fromisoformat(read_date(change["new"]))
        except UnreadableError as error:
            self.control.description = caption(self._label, error=error.message())

    def _on_pick(self, change: TraitChange) -> None:
        if change["new"] is not None:
            self.value = change["new"]

    def _on_value(self, change: TraitChange) -> None:
        self.control.value = change["new"].isoformat()
        self.control.description = caption(self._label)
        self.picker.value = change["new"]


class Search(Input):
    """Find by a part of a name, by pinyin, by initials.

    Without options ``value`` is the text, for `find`. With options (as for `Choice`) it is the value of the one
    that the text matches, None while it matches none or several.
    """

    def __init__(self, label: str, options: Options = (), value: Any = None) -> None:
        self._label = label
        self._pairs = dict(options_of(options))
        by_value = {option: text for text, option in self._pairs.items()} if self._pairs else {}
        text = by_value.get(value, "") if self._pairs else (value or "")
        kind = ipw.Combobox if self._pairs else ipw.Text
        traits: dict[str, Any] = {"options": tuple(self._pairs)} if self._pairs else {}
        control = self._control(
            kind, label, continuous_update=False, value=text, placeholder=say("field.search"), **traits
        )
        super().__init__(control, (value if text else None) if self._pairs else text)
        self.add_class("guanai-search")
        control.observe(self._on_text, "value")

    def matches(self, text: str) -> list[Any]:
        """Return the values of the options that a text matches."""
        return [self._pairs[label] for label in matching(text, self._pairs)]

    def _on_text(self, change: TraitChange) -> None:
        text = change["new"].strip()
        if not self._pairs:
            self.value = text
            return
        matches = [self._pairs[text]] if text in self._pairs else (self.matches(text) if text else [])
        error = ""
        if text and len(matches) != 1:
            some = "、".join(matching(text, self._pairs))[:60]
            key = "field.several" if matches else "field.no_choice"
            error = say(key, count=len(matches), some=some, text=text)
        self.control.description = caption(self._label, error=error)
        self.value = matches[0] if len(matches) == 1 else None


class Button(Panel):
    """A button that calls ``on_click()`` and shows the text that it returns, or its error, below."""

    def __init__(self, label: str, on_click: Callable[[], str | None], *, main: bool = False) -> None:
        super().__init__("guanai-act")
        self._action = on_click
        self.button = button(label, self._on_click, *(("guanai-main",) if main else ()))
        self.notice = html()
        self.fill_with(self.button, self.notice)

    def click(self) -> None:
        """Press the button."""
        self.button.click()

    def _on_click(self) -> None:
        self.button.disabled = True
        try:
            text = self._action()
            self.notice.value = notice_html("good", text) if text else ""
        except Exception as error:
            self.notice.value = error_html(error)
        finally:
            self.button.disabled = False
