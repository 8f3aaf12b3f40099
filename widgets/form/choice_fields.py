"""Questions with choices: buttons, a list, a list to search in, boxes to tick."""

from collections.abc import Sequence
from typing import Any

import ipywidgets as ipw

from guanai.storage.forms.session.choices import Choice
from guanai.storage.forms.session.states import FieldState
from guanai.storage.forms.xlsform.markdown import to_plain
from guanai.templates.wording import say
from guanai.widgets.base.boxes import TraitChange, checkbox, vbox
from guanai.widgets.base.name_search import matching
from guanai.widgets.form.fields import Field, LegendField

__all__ = [
    "CheckboxesField",
    "DropdownField",
    "RadioField",
    "SearchField",
    "SearchManyField",
    "labels_by_name",
    "names_by_label",
    "names_in",
    "resolve",
]


def names_by_label(choices: Sequence[Choice]) -> dict[str, str]:
    """Return label -> name, each label once: two children of one name are told apart by the end of their id."""
    labels: dict[str, str] = {}
    for choice in choices:
        plain = to_plain(choice.label)  # a list of choices shows text only
        label = plain if plain not in labels else f"{plain}（{choice.name[-4:]}）"
        labels[label] = choice.name
    return labels


def labels_by_name(choices: Sequence[Choice]) -> dict[str, str]:
    """Return name -> label, as `names_by_label` tells them apart."""
    return {name: label for label, name in names_by_label(choices).items()}


def names_in(value: object) -> list[str]:
    """Return the names of several choices, given as a list or separated by spaces."""
    return (
        [str(name) for name in value] if isinstance(value, list | tuple | set) else str(value or "").split()
    )


def resolve(text: str, labels: dict[str, str]) -> tuple[str, str]:
    """Return the name that a typed text stands for and "", or the text and an error if it matches none or several."""
    if text in labels:
        return labels[text], ""
    matches = matching(text, labels)
    if len(matches) == 1:
        return labels[matches[0]], ""
    if matches:
        error = say("field.several", count=len(matches), some="、".join(matches[:4]))
        return text, error
    return text, say("field.no_choice", text=text)


class _SingleChoiceField(Field):
    """A question of one choice, in a control of ipywidgets that has options and one value."""

    kind: type = ipw.Dropdown
    empty = ""  # key of the text of the empty option

    def _options(self, state: FieldState) -> tuple[tuple[str, str], ...]:
        options = tuple(names_by_label(state.choices).items())
        return options if self._omits_empty_option(state) else ((say(self.empty), ""), *options)

    def _omits_empty_option(self, state: FieldState) -> bool:
        return False

    def _build(self, state: FieldState) -> None:
        self.control = self.view = self._control(self.kind, options=self._options(state), index=None)
        self._observe(self.control)

    def _show_value(self, state: FieldState) -> None:
        options = self._options(state)
        if tuple(self.control.options) != options:
            self.control.index = None
            self.control.options = options
            self.control.index = None
        names = [name for _, name in options]
        value = state.value or ""
        self.control.index = names.index(value) if value in names else None

    def enter(self, value: object) -> None:
        """Choose by name or by label."""
        wanted = "" if value is None else str(value)
        options = dict(self.control.options)
        if wanted not in options.values():
            if wanted not in options:
                raise ValueError(f"{self.path}: {wanted!r} is none of {list(options)}")
            wanted = options[wanted]
        self.control.value = wanted


# Chinese characters, the buttons' edges counted in, that fit side by side into a column of the form.
_ONE_COLUMN = 13


def _width(label: str) -> float:
    return 2.5 + sum(0.55 if sign.isascii() else 1 for sign in label)


class DropdownField(_SingleChoiceField):
    """A drop-down list."""

    empty = "field.choose"


class RadioField(_SingleChoiceField):
    """Buttons side by side; an optional question has one more button, which clears the answer."""

    kind = ipw.RadioButtons
    empty = "field.unanswered"

    def _build(self, state: FieldState) -> None:
        if sum(_width(choice.label) for choice in state.choices) > _ONE_COLUMN:
            self.classes = (*self.classes, "guanai-wide")
        super()._build(state)
        if not state.required:
            self.control.add_class("guanai-optional")

    def _options(self, state: FieldState) -> tuple[tuple[str, str], ...]:
        options = super()._options(state)
        return options if state.required else (*options[1:], options[0])

    def _omits_empty_option(self, state: FieldState) -> bool:
        return bool(state.required)


# More suggestions than this are sent after the page: those of ten thousand children are larger than the whole page.
_SENT_WITH_PAGE = 300


class _SuggestingField(Field):
    """A text box with suggestions; a long list of them is sent once the browser shows the box."""

    def _combobox(self, state: FieldState, **traits: Any) -> ipw.Combobox:
        self._labels: dict[str, str] = {}
        self._choices: Sequence[Choice] | None = None
        self._deferred = len(state.choices) > _SENT_WITH_PAGE
        if self._deferred:
            traits["_view_count"] = 0  # the browser counts how often the box is on the page
        control = self._control(ipw.Combobox, continuous_update=False, **traits)
        control.observe(self._on_shown, "_view_count")
        return control

    def _on_shown(self, _: object) -> None:
        if self._deferred and self.control._view_count:
            self._deferred = False
            self.control.options = tuple(self._labels)

    def _update_suggestions(self, state: FieldState) -> None:
        if state.choices is self._choices:
            return
        self._choices = state.choices
        labels = names_by_label(state.choices)
        if labels != self._labels:
            self._labels = labels
            if not self._deferred:
                self.control.options = tuple(labels)


class SearchField(_SuggestingField):
    """A text box with suggestions, for hundreds of choices; finds by a part of a name, pinyin or initials."""

    def _build(self, state: FieldState) -> None:
        self.control = self.view = self._combobox(state)
        self.control.placeholder = say("field.search")
        self._observe(self.control)

    def _show_value(self, state: FieldState) -> None:
        self._update_suggestions(state)
        by_name = {name: label for label, name in self._labels.items()}
        self.control.value = by_name.get(state.value or "", state.text or "")

    def _on_change(self, change: TraitChange) -> None:
        if self._muted:
            return
        text = change["new"].strip()
        self.own_error = ""
        if text:
            text, self.own_error = resolve(text, self._labels)
        self._on_answer(self, text)

    def enter(self, value: object) -> None:
        """Choose by name, or type as a person would."""
        by_name = {name: label for label, name in self._labels.items()}
        self.control.value = by_name.get(str(value), "" if value is None else str(value))


class CheckboxesField(LegendField):
    """Checkboxes in columns."""

    classes = ("guanai-wide", "guanai-ticks")

    def _build(self, state: FieldState) -> None:
        super()._build(state)
        self.view = self.control = vbox([self.head], "guanai-field", "guanai-group-of-ticks", *self.classes)
        self.boxes: dict[str, ipw.Checkbox] = {}

    def _labels_by_name(self, state: FieldState) -> dict[str, str]:
        return labels_by_name(state.choices)

    def _show_value(self, state: FieldState) -> None:
        labels = self._labels_by_name(state)
        if list(labels) != list(self.boxes):
            remaining = {name: box for name, box in self.boxes.items() if name in labels}
            removed = [box for name, box in self.boxes.items() if name not in labels]
            self.boxes = {name: remaining.get(name) or self._box(label) for name, label in labels.items()}
            self._arrange()
            for box in removed:
                box.close()
        chosen = state.value or []
        for name, box in self.boxes.items():
            box.description, box.value = labels[name], name in chosen

    def _arrange(self) -> None:
        self.view.children = (self.head, *self.boxes.values())

    def _box(self, label: str) -> ipw.Checkbox:
        box = checkbox(label, False, "guanai-tick")
        box.observe(self._on_tick, "value")
        return box

    def _on_tick(self, change: TraitChange) -> None:
        if not self._muted:
            self.own_error = ""
            self._on_answer(self, [name for name, box in self.boxes.items() if box.value])

    def enter(self, value: object) -> None:
        """Tick exactly these, given by name or by label."""
        by_label = {box.description: name for name, box in self.boxes.items()}
        names = {by_label.get(name, name) for name in names_in(value)}
        if not names <= self.boxes.keys():
            raise ValueError(f"{self.path}: {sorted(names - self.boxes.keys())} not among {list(by_label)}")
        for name, box in self.boxes.items():
            box.value = name in names

    def focus(self) -> None:
        """Put the cursor on the first box."""
        if self.boxes:
            next(iter(self.boxes.values())).focus()


class SearchManyField(CheckboxesField, _SuggestingField):
    """Several out of many (the staff of a school): found by typing, shown as ticked boxes; unticking removes one."""

    def _build(self, state: FieldState) -> None:
        super()._build(state)
        self.control = self._combobox(state)
        self.control.placeholder = say("field.add")
        self.control.observe(self._on_pick, "value")
        self._chosen: list[str] = []
        self._arrange()

    def _arrange(self) -> None:
        self.view.children = (self.control, *self.boxes.values())

    def _show_label(self, text: str) -> None:
        Field._show_label(self, text)

    def _labels_by_name(self, state: FieldState) -> dict[str, str]:
        self._update_suggestions(state)
        by_name = {name: label for label, name in self._labels.items()}
        self._chosen = [str(name) for name in state.value or []]
        return {name: by_name.get(name, name) for name in self._chosen}

    def _on_pick(self, change: TraitChange) -> None:
        text = change["new"].strip()
        if self._muted or not text:
            return
        name, self.own_error = resolve(text, self._labels)
        if not self.own_error:
            with self.muted():
                self.control.value = ""
        names = self._chosen if self.own_error or name in self._chosen else [*self._chosen, name]
        self._on_answer(self, list(names))

    def enter(self, value: object) -> None:
        """Choose exactly these, given by name or by label."""
        self._on_answer(self, [self._labels.get(name, name) for name in names_in(value)])

    def focus(self) -> None:
        """Put the cursor into the search box."""
        self.control.focus()
