"""One question on the screen: its label, hint and error above its control.

Label, hint and error are written into the control's own description. A screen reader reads them with the control, and
a question costs one widget model instead of four.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from html import escape
from typing import Any

import ipywidgets as ipw

from guanai.storage.forms.session.states import FieldState
from guanai.storage.forms.xlsform.items import Question
from guanai.storage.forms.xlsform.markdown import to_html
from guanai.storage.records.attachments import Attachments
from guanai.templates.wording import say
from guanai.widgets.base.boxes import TraitChange, control, hbox, html, set_visible

__all__ = [
    "DateField",
    "Field",
    "LegendField",
    "LongTextField",
    "NoteField",
    "OnAnswer",
    "ReadOnlyField",
    "TextField",
    "caption",
    "legend_html",
]

#: Called with a field and what a person has entered in it.
OnAnswer = Callable[["Field", object], None]

# Appearances of a question that the style sheet knows, beside columns-N.
_APPEARANCES = frozenset({"likert", "no-buttons", "quick"})


def caption(label: str, *, required: bool = False, hint: str = "", error: str = "") -> str:
    """Return the label of a control as HTML: label, star, hint, error, each escaped; Markdown is shown as bold and lists."""
    parts = [to_html(label)]
    if required:
        parts.append('<span class="guanai-star"> *</span>')
    if hint:
        parts.append(f' <span class="guanai-hint">{to_html(hint)}</span>')
    if error:
        parts.append(f' <span class="guanai-error">{escape(error)}</span>')
    return "".join(parts)


class Field:
    """The control of a question: it shows the question's state, and ``on_answer(field, raw)`` gets what a person enters.

    ``view`` is the widget on the page, ``control`` the one that is typed in; for most kinds they are the same.
    ``item`` is the question in its form, ``store`` holds the pictures and files of the school.
    """

    classes: tuple[str, ...] = ()
    own_error = ""  # an error that this control finds before the session gets an answer

    def __init__(
        self,
        path: str,
        state: FieldState,
        on_answer: OnAnswer,
        *,
        item: Question,
        store: Attachments | None = None,
    ) -> None:
        self.path = path
        self.item = item
        self.store = store
        self._on_answer = on_answer
        self._muted = False
        self.control: ipw.DOMWidget = None
        self.view: ipw.DOMWidget = None
        self._build(state)
        self._add_appearance()
        self.show(state)

    def _add_appearance(self) -> None:
        """Give the control a CSS class for each appearance that the form's author has set."""
        looks = sorted(
            look for look in self.item.appearance if look in _APPEARANCES or look.startswith("columns")
        )
        for look in looks:
            self.view.add_class(f"guanai-look-{look}")
        if looks and looks != ["quick"]:
            self.view.add_class("guanai-wide")

    @property
    def is_quick(self) -> bool:
        """Whether the cursor goes on to the next question as soon as this one is answered (appearance ``quick``)."""
        return self.item.kind == "select_one" and "quick" in self.item.appearance

    # -- what each kind of field defines

    def _build(self, state: FieldState) -> None:
        """Create the control and the view."""
        raise NotImplementedError

    def _show_value(self, state: FieldState) -> None:
        """Show the state's value in the control."""

    def _on_change(self, change: TraitChange) -> None:
        if not self._muted:
            self.own_error = ""
            self._on_answer(self, change["new"])

    # -- what all fields do

    def _observe(self, control: ipw.DOMWidget) -> None:
        control.observe(self._on_change, "value")

    def _control(self, kind: type, **traits: Any) -> ipw.DOMWidget:
        return control(kind, "guanai-field", *self.classes, description_allow_html=True, **traits)

    @contextmanager
    def muted(self) -> Iterator[None]:
        """Change the control without reporting the change as an answer."""
        before, self._muted = self._muted, True
        try:
            yield
        finally:
            self._muted = before

    def show(self, state: FieldState, error: str = "") -> None:
        """Show the label, hint, value and visibility of a state, and an error."""
        with self.muted():
            self._show_label(caption(state.label, required=state.required, hint=state.hint, error=error))
            self._show_value(state)
        self._mark_wrong(bool(error))
        set_visible(self.view, state.relevant)

    def _show_label(self, text: str) -> None:
        self.control.description = text

    def _mark_wrong(self, wrong: bool) -> None:
        classes = tuple(name for name in self.view._dom_classes if name != "guanai-wrong")
        if wrong:
            classes += ("guanai-wrong",)
        self.view._dom_classes = classes

    def enter(self, value: object) -> None:
        """Enter a value as a person would."""
        self.control.value = "" if value is None else str(value)

    def focus(self) -> None:
        """Put the cursor here."""
        self.control.focus()

    def close(self) -> None:
        """Close its widgets, in the browser and in the kernel."""
        if self.view is not self.control:
            for child in self.view.children:
                child.close()
        self.view.close()


def legend_html(text: str) -> str:
    """Return a `caption` as the line above several controls."""
    return f'<div class="guanai-legend-text">{text}</div>'


class LegendField(Field):
    """A question whose label stands above its controls, in the line ``head``."""

    def _build(self, state: FieldState) -> None:
        self.head = html("", "guanai-legend")

    def _show_label(self, text: str) -> None:
        self.head.value = legend_html(text)


class TextField(Field):
    """A line of text, a number or a time, sent when the person leaves it, so that half-typed pinyin stays in the browser."""

    kind: type = ipw.Text

    def _build(self, state: FieldState) -> None:
        self.control = self.view = self._control(self.kind, continuous_update=False, value=state.text or "")
        self._observe(self.control)

    def _show_value(self, state: FieldState) -> None:
        self.control.value = state.text or ""


class LongTextField(TextField):
    """Several lines of text."""

    kind = ipw.Textarea
    classes = ("guanai-wide",)

    def _build(self, state: FieldState) -> None:
        super()._build(state)
        self.control.rows = 3


class DateField(TextField):
    """A date typed in any usual way, with the browser's calendar beside it.

    The browser's own date box alone would turn an incomplete date into an empty one without a message.
    """

    def _build(self, state: FieldState) -> None:
        self.control = self._control(ipw.Text, continuous_update=False, value=state.text or "")
        self.control.placeholder = say("field.date_example")
        self.picker = control(ipw.DatePicker, "guanai-calendar", description=say("field.calendar"))
        self.view = hbox([self.control, self.picker], "guanai-field", "guanai-date", *self.classes)
        self._observe(self.control)
        self.picker.observe(self._on_pick, "value")

    def _on_pick(self, change: TraitChange) -> None:
        if not self._muted and change["new"] is not None:
            self.control.value = change["new"].isoformat()

    def _show_value(self, state: FieldState) -> None:
        super()._show_value(state)
        day = _day(state.text or "")
        if day is not None:
            self.picker.value = day


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class ReadOnlyField(Field):
    """A calculated or read-only answer, shown as text."""

    def _build(self, state: FieldState) -> None:
        self.classes = (*self.classes, "guanai-shown")
        self.control = self.view = self._control(ipw.HTML)

    def _show_value(self, state: FieldState) -> None:
        self.control.value = f"<output>{escape(state.text or '—')}</output>"

    def enter(self, value: object) -> None:
        """Raise ValueError: nobody can type here."""
        raise ValueError(f"{self.path} is read-only")

    def focus(self) -> None:
        """Do nothing: there is nothing to type."""


class NoteField(ReadOnlyField):
    """A sentence between the questions."""

    classes = ("guanai-wide", "guanai-note")

    def _show_label(self, text: str) -> None:
        self.control.value = f"<p>{text}</p>"

    def _show_value(self, state: FieldState) -> None:
        """Do nothing: a note has a label and no answer."""
