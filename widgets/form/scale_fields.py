"""Questions on a scale or in an order: a range with its slider, choices to rank, a box to acknowledge; and date and time."""

from dataclasses import replace

import ipywidgets as ipw

from guanai.storage.forms.session.states import FieldState, range_of
from guanai.templates.wording import say
from guanai.widgets.base.boxes import TraitChange, button, checkbox, control, hbox, vbox
from guanai.widgets.form.choice_fields import labels_by_name, names_in
from guanai.widgets.form.fields import Field, LegendField, ReadOnlyField, TextField

__all__ = ["AcknowledgeField", "DateTimeField", "PhoneOnlyField", "RangeField", "RankField"]


class DateTimeField(TextField):
    """A date and time, typed in any usual way."""

    def _build(self, state: FieldState) -> None:
        super()._build(state)
        self.control.placeholder = say("field.moment_example")

    def _show_value(self, state: FieldState) -> None:
        self.control.value = (state.text or "").replace("T", " ")


class RangeField(TextField):
    """A number, typed or set by a slider; the box is empty while there is no answer, which a slider cannot show."""

    def _build(self, state: FieldState) -> None:
        scale = range_of(self.item)
        is_whole = all(isinstance(number, int) for number in scale.values())
        kind = ipw.IntSlider if is_whole else ipw.FloatSlider
        self.control = self._control(ipw.Text, continuous_update=False, value=state.text or "")
        self.control.placeholder = f"{scale['start']} – {scale['end']}"
        self.slider = control(
            kind,
            "guanai-slider",
            value=scale["start"],
            min=scale["start"],
            max=scale["end"],
            step=scale["step"],
            readout=False,
            continuous_update=False,
            description=say("field.slider"),
        )
        self.view = hbox([self.control, self.slider], "guanai-field", "guanai-range", *self.classes)
        self._observe(self.control)
        self.slider.observe(self._on_slide, "value")

    def _on_slide(self, change: TraitChange) -> None:
        if not self._muted:
            self.control.value = f"{change['new']:.10g}"

    def _show_value(self, state: FieldState) -> None:
        super()._show_value(state)
        if isinstance(state.value, int | float) and self.slider.min <= state.value <= self.slider.max:
            self.slider.value = state.value


class RankField(Field):
    """Choices in an order, moved by buttons; there is no answer until somebody has moved or confirmed them."""

    classes = ("guanai-wide", "guanai-rank")

    def _build(self, state: FieldState) -> None:
        self.control = self._control(ipw.Select, rows=max(2, min(10, len(state.choices))))
        buttons = [
            button(say(f"field.{word}"), act, "guanai-small")
            for word, act in (("up", self.up), ("down", self.down), ("in_order", self.confirm))
        ]
        self.view = vbox(
            [self.control, hbox(buttons, "guanai-acts")],
            "guanai-field",
            "guanai-group-of-ticks",
            *self.classes,
        )
        self._order: list[str] = []

    def _show_value(self, state: FieldState) -> None:
        labels = labels_by_name(state.choices)
        answered = [name for name in state.value or [] if name in labels]
        self._order = [*answered, *(name for name in labels if name not in answered)]
        options = tuple(
            (f"{place}. {labels[name]}" if answered else labels[name], name)
            for place, name in enumerate(self._order, start=1)
        )
        if tuple(self.control.options) != options:
            chosen = self.control.value
            self.control.options = options
            self.control.value = chosen if chosen in self._order else None

    def up(self) -> None:
        """Move the selected choice up."""
        self._move(-1)

    def down(self) -> None:
        """Move the selected choice down."""
        self._move(1)

    def confirm(self) -> None:
        """Answer with the order as it stands."""
        self._on_answer(self, list(self._order))

    def _move(self, by: int) -> None:
        if self.control.value not in self._order:
            return
        old = self._order.index(self.control.value)
        new = min(max(0, old + by), len(self._order) - 1)
        self._order.insert(new, self._order.pop(old))
        self.confirm()

    def enter(self, value: object) -> None:
        """Put the choices in this order, given by name or by label."""
        by_label = {label.partition(". ")[2] or label: name for label, name in self.control.options}
        self._on_answer(self, [by_label.get(name, name) for name in names_in(value)])


class AcknowledgeField(LegendField):
    """One box to tick: read and understood."""

    def _build(self, state: FieldState) -> None:
        super()._build(state)
        self.control = checkbox(say("field.acknowledged"), bool(state.value), "guanai-tick")
        self.view = vbox([self.head, self.control], "guanai-field", "guanai-group-of-ticks", *self.classes)
        self._observe(self.control)

    def _show_value(self, state: FieldState) -> None:
        self.control.value = bool(state.value)

    def enter(self, value: object) -> None:
        """Tick the box, or clear it."""
        self.control.value = bool(value)


class PhoneOnlyField(ReadOnlyField):
    """A question that only a telephone can answer (ODK Collect): a line that says so, or the answer that came from there."""

    def _show_value(self, state: FieldState) -> None:
        super()._show_value(replace(state, text=state.text or say("field.on_phone")))
