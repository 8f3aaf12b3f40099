"""What a table, a checklist or a chart depends on: a choice, a day, a search; and a button that does one thing."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from html import escape
from typing import Any

import ipywidgets as ipw
from traitlets import Any as AnyTrait

from guanai.storage.forms.session.parsers import UnreadableError, read_date
from guanai.templates.wording import say
from guanai.widgets.base.boxes import Panel, button, html
from guanai.widgets.base.errors import error_html
from guanai.widgets.base.layouts import plain, style_of
from guanai.widgets.base.name_search import matching
from guanai.widgets.form.fields import caption

__all__ = ["Button", "Choice", "Day", "Input", "Search", "options_of"]

Options = Mapping[Any, str] | Iterable[Any]


def options_of(options: Options) -> list[tuple[str, Any]]:
    """Return (label, value) pairs: from pairs, from ``{value: label}``, from texts, from things with a ``name``."""
    if isinstance(options, Mapping):
        return [(label, value) for value, label in options.items()]
    return [_pair(option) for option in options]


def _pair(option: Any) -> tuple[str, Any]:
    if isinstance(option, tuple) and len(option) == 2:
        return str(option[0]), option[1]
    return str(getattr(option, "name", option)), option


class Input(Panel):
    """A control with a ``value`` on which tables, checklists and charts run again."""

    value = AnyTrait(None, allow_none=True)

    def __init__(self, control: Any, value: Any) -> None:
        super().__init__("guanai-input")
        self.shown_in: Any = None
        self.control = control
        self.set_trait("value", value)
        self.children = (control,)

    @staticmethod
    def _make(kind: type, label: str, **traits: Any) -> Any:
        return kind(
            description=caption(label),
            description_allow_html=True,
            layout=plain(),
            style=style_of(kind),
            _dom_classes=("guanai-field",),
            **traits,
        )


class Choice(Input):
    """One of several: ``Choice("学期", school.terms(), value=school.term(school.today()))``.

    ``all`` is the text of a first option with the value None. Without a value the first option is chosen.
    """

    def __init__(self, label: str, options: Options, value: Any = None, *, all: str | None = None) -> None:
        self._pairs = ([(all, None)] if all else []) + options_of(options)
        values = [one for _, one in self._pairs]
        index = values.index(value) if value in values else (0 if values else None)
        control = self._make(ipw.Dropdown, label, options=[text for text, _ in self._pairs], index=index)
        super().__init__(control, values[index] if index is not None else None)
        control.observe(self._chosen, "index")
        self.observe(self._shown, "value")

    def offer(self, options: Options, *, all: str | None = None) -> None:
        """Change the options; the value stays if it is still offered."""
        pairs = ([(all, None)] if all else []) + options_of(options)
        if pairs == self._pairs:
            return
        value, self._pairs = self.value, pairs
        values = [one for _, one in pairs]
        with self.hold_trait_notifications():
            self.control.options = [text for text, _ in pairs]
            self.control.index = values.index(value) if value in values else (0 if values else None)
        self._chosen({"new": self.control.index})

    def _chosen(self, change: dict[str, Any]) -> None:
        index = change["new"]
        self.value = None if index is None else self._pairs[index][1]

    def _shown(self, change: dict[str, Any]) -> None:
        values = [one for _, one in self._pairs]
        if change["new"] in values:
            self.control.index = values.index(change["new"])


class Day(Input):
    """A day: typed (2024-3-5, 20240305, 2024年3月5日) or picked from the calendar; what is no day keeps the last one."""

    def __init__(self, label: str, value: date | None = None) -> None:
        self._label = label
        control = self._make(
            ipw.Text,
            label,
            continuous_update=False,
            value=value.isoformat() if value else "",
            placeholder=say("field.date_example"),
        )
        self.picker = ipw.DatePicker(
            value=value,
            description=say("field.calendar"),
            layout=plain(),
            style=style_of(ipw.DatePicker),
            _dom_classes=("guanai-calendar",),
        )
        super().__init__(control, value)
        box = ipw.HBox([control, self.picker], layout=plain(), _dom_classes=("guanai-field", "guanai-date"))
        self.children = (box,)
        control.observe(self._typed, "value")
        self.picker.observe(self._picked, "value")
        self.observe(self._shown, "value")

    def _typed(self, change: dict[str, Any]) -> None:
        try:
            self.value = date.fromisoformat(read_date(change["new"]))
        except UnreadableError as error:
            self.control.description = caption(self._label, error=error.message())

    def _picked(self, change: dict[str, Any]) -> None:
        if change["new"] is not None:
            self.value = change["new"]

    def _shown(self, change: dict[str, Any]) -> None:
        self.control.value = change["new"].isoformat()
        self.control.description = caption(self._label)
        self.picker.value = change["new"]


class Search(Input):
    """Find by a part of a name, by pinyin, by initials.

    Without options ``value`` is the text, for `find`. With options (as for `Choice`) it is the value of the one
    that the text stands for, None while it stands for none or several.
    """

    def __init__(self, label: str, options: Options = (), value: Any = None) -> None:
        self._label = label
        self._pairs = dict(options_of(options))
        by_value = {one: text for text, one in self._pairs.items()} if self._pairs else {}
        text = by_value.get(value, "") if self._pairs else (value or "")
        kind = ipw.Combobox if self._pairs else ipw.Text
        traits: dict[str, Any] = {"options": tuple(self._pairs)} if self._pairs else {}
        control = self._make(
            kind, label, continuous_update=False, value=text, placeholder=say("field.search"), **traits
        )
        super().__init__(control, (value if text else None) if self._pairs else text)
        self.add_class("guanai-search")
        control.observe(self._typed, "value")

    def matches(self, text: str) -> list[Any]:
        """Return the values that a text may stand for."""
        return [self._pairs[label] for label in matching(text, self._pairs)]

    def _typed(self, change: dict[str, Any]) -> None:
        text = change["new"].strip()
        if not self._pairs:
            self.value = text
            return
        found = [self._pairs[text]] if text in self._pairs else (self.matches(text) if text else [])
        wrong = ""
        if text and len(found) != 1:
            some = "、".join(matching(text, self._pairs))[:60]
            key = "field.several" if found else "field.no_choice"
            wrong = say(key, count=len(found), some=some, text=text)
        self.control.description = caption(self._label, error=wrong)
        self.value = found[0] if len(found) == 1 else None


class Button(Panel):
    """A button that calls ``on_click()`` and shows the text that it returns; errors stand beside it."""

    def __init__(self, label: str, on_click: Callable[[], str | None], *, main: bool = False) -> None:
        super().__init__("guanai-act")
        self._act = on_click
        self.button = button(label, self._clicked, *(("guanai-main",) if main else ()))
        self.notice = html()
        self.fill_with(self.button, self.notice)

    def click(self) -> None:
        """Press it."""
        self.button.click()

    def _clicked(self) -> None:
        self.button.disabled = True
        try:
            text = self._act()
            self.notice.value = (
                f'<p class="guanai-notice guanai-good" role="status">{escape(text)}</p>' if text else ""
            )
        except Exception as error:
            self.notice.value = error_html(error)
        finally:
            self.button.disabled = False
