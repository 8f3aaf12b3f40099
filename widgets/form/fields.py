"""One question on the screen: its label, hint and error above its control.

The label, the hint and the error stand together in the control's own label: a screen reader reads them
with the control, and a question costs one widget model instead of four.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from html import escape
from typing import Any

import ipywidgets as ipw

from guanai.storage.forms.xlsform.markdown import to_html
from guanai.templates.wording import say
from guanai.widgets.base.layouts import hidden, plain, style_of

__all__ = [
    "DateField",
    "Field",
    "LongTextField",
    "NoteField",
    "OnAnswer",
    "ReadOnlyField",
    "TextField",
    "caption",
]

OnAnswer = Callable[["Field", object], None]

_LOOKS = frozenset({"likert", "no-buttons", "quick"})


def caption(label: str, *, required: bool = False, hint: str = "", error: str = "") -> str:
    """Return the label of a control as HTML: label, star, hint, error, each escaped; see `marks` for bold and lists."""
    parts = [to_html(label)]
    if required:
        parts.append('<span class="guanai-star"> *</span>')
    if hint:
        parts.append(f' <span class="guanai-hint">{to_html(hint)}</span>')
    if error:
        parts.append(f' <span class="guanai-error">{escape(error)}</span>')
    return "".join(parts)


class Field:
    """A question's control, kept in step with its state; what a person enters is told to ``tell(field, raw)``.

    ``view`` is what stands on the page, ``control`` what is typed in; for most kinds they are the same.
    ``item`` is the question in its form, ``store`` where a school keeps pictures and files.
    ``state`` is a session's FieldState: value, text, relevant, required, read_only, label, hint, choices, error.
    """

    classes: tuple[str, ...] = ()
    own_error = ""  # what this control knows to be wrong before the session does

    def __init__(
        self,
        path: str,
        state: Any,
        tell: OnAnswer,
        language: str | None = None,
        *,
        item: Any = None,
        store: Any = None,
    ) -> None:
        self.path = path
        self.item = item
        self.store = store
        self.language = language
        self._tell = tell
        self._muted = False
        self.control: Any = None
        self.view: Any = None
        self._make(state)
        self._dress()
        self.show(state)

    def _dress(self) -> None:
        """Give the control the looks that the form's author asked for in the column appearance; the style sheet knows them."""
        asked = self.item.appearance if self.item is not None else frozenset()
        looks = sorted(look for look in asked if look in _LOOKS or look.startswith("columns"))
        for look in looks:
            self.view.add_class(f"guanai-look-{look}")
        if looks and looks != ["quick"]:
            self.view.add_class("guanai-wide")

    @property
    def is_quick(self) -> bool:
        """Whether the form's author asked to go on to the next question as soon as this one is answered."""
        return self.item is not None and self.item.kind == "select_one" and "quick" in self.item.appearance

    # -- what a kind of field says of itself

    def _make(self, state: Any) -> None:
        raise NotImplementedError

    def _put(self, state: Any) -> None:
        """Show the state's value in the control."""

    def _heard(self, change: dict[str, Any]) -> None:
        if not self._muted:
            self.own_error = ""
            self._tell(self, change["new"])

    # -- what all fields do

    def _listen(self, control: Any) -> None:
        control.observe(self._heard, "value")

    def _control(self, kind: type, **traits: Any) -> Any:
        return kind(
            layout=plain(),
            style=style_of(kind),
            description_allow_html=True,
            _dom_classes=("guanai-field", *self.classes),
            **traits,
        )

    @contextmanager
    def muted(self) -> Iterator[None]:
        """Change the control without hearing it."""
        before, self._muted = self._muted, True
        try:
            yield
        finally:
            self._muted = before

    def show(self, state: Any, error: str = "") -> None:
        """Bring label, hint, error, value and visibility in step with the state."""
        with self.muted():
            self._label(caption(state.label, required=state.required, hint=state.hint, error=error))
            self._put(state)
        self._mark(bool(error))
        layout = plain() if state.relevant else hidden()
        if self.view.layout is not layout:
            self.view.layout = layout

    def _label(self, text: str) -> None:
        if self.control.description != text:
            self.control.description = text

    def _mark(self, wrong: bool) -> None:
        classes = tuple(name for name in self.view._dom_classes if name != "guanai-wrong")
        if wrong:
            classes += ("guanai-wrong",)
        if classes != self.view._dom_classes:
            self.view._dom_classes = classes

    def enter(self, value: object) -> None:
        """Enter a value as a person would."""
        self.control.value = "" if value is None else str(value)

    def focus(self) -> None:
        """Put the cursor here."""
        self.control.focus()

    def close(self) -> None:
        """Free the browser's and the kernel's memory of it."""
        if self.view is not self.control:
            for child in self.view.children:
                child.close()
        self.view.close()


class TextField(Field):
    """A line of text, a number or a time, read when the person leaves it: half-typed pinyin stays in the browser."""

    kind: type = ipw.Text

    def _make(self, state: Any) -> None:
        self.control = self.view = self._control(self.kind, continuous_update=False, value=state.text or "")
        self._listen(self.control)

    def _put(self, state: Any) -> None:
        text = state.text or ""
        if self.control.value != text:
            self.control.value = text


class LongTextField(TextField):
    """Several lines of text."""

    kind = ipw.Textarea
    classes = ("guanai-wide",)

    def _make(self, state: Any) -> None:
        super()._make(state)
        self.control.rows = 3


class DateField(TextField):
    """A date typed in any usual way, with the browser's calendar beside it.

    The native date box alone would turn an incomplete date into an empty one without a word.
    """

    def _make(self, state: Any) -> None:
        self.control = self._control(ipw.Text, continuous_update=False, value=state.text or "")
        self.control.placeholder = say("field.date_example", self.language)
        self.picker = ipw.DatePicker(
            description=say("field.calendar", self.language),
            layout=plain(),
            style=style_of(ipw.DatePicker),
            _dom_classes=("guanai-calendar",),
        )
        self.view = ipw.HBox(
            [self.control, self.picker],
            layout=plain(),
            _dom_classes=("guanai-field", "guanai-date", *self.classes),
        )
        self._listen(self.control)
        self.picker.observe(self._picked, "value")

    def _picked(self, change: dict[str, Any]) -> None:
        if not self._muted and change["new"] is not None:
            self.control.value = change["new"].isoformat()

    def _put(self, state: Any) -> None:
        super()._put(state)
        day = _day(state.text or "")
        if day is not None and self.picker.value != day:
            self.picker.value = day


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class ReadOnlyField(Field):
    """What nobody types: a calculated or read-only answer, shown as text."""

    def _make(self, state: Any) -> None:
        self.classes = (*self.classes, "guanai-shown")
        self.control = self.view = self._control(ipw.HTML)

    def _put(self, state: Any) -> None:
        value = f"<output>{escape(state.text or '—')}</output>"
        if self.control.value != value:
            self.control.value = value

    def enter(self, value: object) -> None:
        """Refuse: a person cannot type here either."""
        raise ValueError(f"{self.path} is read-only")

    def focus(self) -> None:
        """Do nothing: there is nothing to type."""


class NoteField(ReadOnlyField):
    """A sentence between the questions."""

    classes = ("guanai-wide", "guanai-note")

    def _label(self, text: str) -> None:
        value = f"<p>{text}</p>"
        if self.control.value != value:
            self.control.value = value

    def _put(self, state: Any) -> None:
        """Do nothing: a note has a label and no answer."""
