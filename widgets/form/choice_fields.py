"""Questions with choices: buttons, a list, a list to search in, boxes to tick."""

from collections.abc import Sequence
from typing import Any

import ipywidgets as ipw

from guanai.storage.forms.xlsform.markdown import to_plain
from guanai.templates.wording import say
from guanai.widgets.base.boxes import checkbox, html
from guanai.widgets.base.layouts import plain
from guanai.widgets.base.name_search import matching
from guanai.widgets.form.fields import Field

__all__ = [
    "CheckboxesField",
    "DropdownField",
    "RadioField",
    "SearchField",
    "SearchManyField",
    "names_by_label",
    "resolve",
]


def names_by_label(choices: Sequence[Any]) -> dict[str, str]:
    """Return label -> name, each label once: two children of one name are told apart by the end of their id."""
    labels: dict[str, str] = {}
    for choice in choices:
        plain = to_plain(choice.label)  # a list of choices shows text only
        label = plain if plain not in labels else f"{plain}（{choice.name[-4:]}）"
        labels[label] = choice.name
    return labels


def resolve(text: str, labels: dict[str, str], language: str | None = None) -> tuple[str, str]:
    """Return the name that a typed text stands for, and what is wrong if it stands for none or several."""
    if text in labels:
        return labels[text], ""
    found = matching(text, labels)
    if len(found) == 1:
        return labels[found[0]], ""
    if found:
        some = say("field.several", language, count=len(found), some="、".join(found[:4]))
        return text, some
    return text, say("field.no_choice", language, text=text)


class _SingleChoiceField(Field):
    """A control of ipywidgets that holds options and one value."""

    kind: type = ipw.Dropdown
    empty = ""  # the key of the text of the empty choice

    def _options(self, state: Any) -> tuple[tuple[str, str], ...]:
        options = tuple(names_by_label(state.choices).items())
        return options if self._always_chosen(state) else ((say(self.empty, self.language), ""), *options)

    def _always_chosen(self, state: Any) -> bool:
        return False

    def _make(self, state: Any) -> None:
        self.control = self.view = self._control(self.kind, options=self._options(state), index=None)
        self._listen(self.control)

    def _put(self, state: Any) -> None:
        options = self._options(state)
        if tuple(self.control.options) != options:
            self.control.index = None
            self.control.options = options
            self.control.index = None
        names = [name for _, name in options]
        value = state.value or ""
        index = names.index(value) if value in names else None
        if self.control.index != index:
            self.control.index = index

    def enter(self, value: object) -> None:
        """Choose by name or by label."""
        wanted = "" if value is None else str(value)
        options = dict(self.control.options)
        if wanted not in options.values():
            if wanted not in options:
                raise ValueError(f"{self.path}: {wanted!r} is none of {list(options)}")
            wanted = options[wanted]
        self.control.value = wanted


_ONE_COLUMN = 13  # Chinese characters and buttons' edges that fit a column of the form side by side


def _width(label: str) -> float:
    return 2.5 + sum(0.55 if sign.isascii() else 1 for sign in label)


class DropdownField(_SingleChoiceField):
    """A list that folds out."""

    empty = "field.choose"


class RadioField(_SingleChoiceField):
    """Buttons side by side; an optional question has one more, so that a wrong click can be taken back."""

    kind = ipw.RadioButtons
    empty = "field.unanswered"

    def _make(self, state: Any) -> None:
        if sum(_width(choice.label) for choice in state.choices) > _ONE_COLUMN:
            self.classes = (*self.classes, "guanai-wide")
        super()._make(state)
        if not state.required:
            self.control.add_class("guanai-optional")

    def _options(self, state: Any) -> tuple[tuple[str, str], ...]:
        options = super()._options(state)
        return options if state.required else (*options[1:], options[0])

    def _always_chosen(self, state: Any) -> bool:
        return bool(state.required)


# Proposals beyond so many come after the page: with ten thousand children they are more than all the rest of it.
_WITH_THE_PAGE = 300


class _SuggestingField(Field):
    """A text box with proposals; many of them reach the browser once it shows the box."""

    def _proposals(self, state: Any, **traits: Any) -> Any:
        self._labels: dict[str, str] = {}
        self._choices: Sequence[Any] | None = None
        self._late = len(state.choices) > _WITH_THE_PAGE
        if self._late:
            traits["_view_count"] = 0  # the browser counts how often the box is on the page
        control = self._control(ipw.Combobox, continuous_update=False, **traits)
        control.observe(self._seen, "_view_count")
        return control

    def _seen(self, _: object) -> None:
        if self._late and self.control._view_count:
            self._late = False
            self.control.options = tuple(self._labels)

    def _offer(self, state: Any) -> None:
        if state.choices is self._choices:
            return
        self._choices = state.choices
        labels = names_by_label(state.choices)
        if labels != self._labels:
            self._labels = labels
            if not self._late:
                self.control.options = tuple(labels)


class SearchField(_SuggestingField):
    """A text box that proposes: for hundreds of choices. Part of a name, pinyin and initials are understood."""

    def _make(self, state: Any) -> None:
        self.control = self.view = self._proposals(state)
        self.control.placeholder = say("field.search", self.language)
        self._listen(self.control)

    def _put(self, state: Any) -> None:
        self._offer(state)
        labels = self._labels
        by_name = {name: label for label, name in labels.items()}
        text = by_name.get(state.value or "", state.text or "")
        if self.control.value != text:
            self.control.value = text

    def _heard(self, change: dict[str, Any]) -> None:
        if self._muted:
            return
        text = change["new"].strip()
        self.own_error = ""
        if text:
            text, self.own_error = resolve(text, self._labels, self.language)
        self._tell(self, text)

    def enter(self, value: object) -> None:
        """Choose by name, or type as a person would."""
        by_name = {name: label for label, name in self._labels.items()}
        self.control.value = by_name.get(str(value), "" if value is None else str(value))


class CheckboxesField(Field):
    """Boxes to tick, in columns."""

    classes = ("guanai-wide", "guanai-ticks")

    def _make(self, state: Any) -> None:
        self.head = html("", "guanai-legend")
        self.view = self.control = ipw.VBox(
            [self.head], layout=plain(), _dom_classes=("guanai-field", "guanai-group-of-ticks", *self.classes)
        )
        self.boxes: dict[str, ipw.Checkbox] = {}

    def _label(self, text: str) -> None:
        value = f'<div class="guanai-legend-text">{text}</div>'
        if self.head.value != value:
            self.head.value = value

    def _offered(self, state: Any) -> dict[str, str]:
        return {name: label for label, name in names_by_label(state.choices).items()}

    def _put(self, state: Any) -> None:
        offered = self._offered(state)
        if list(offered) != list(self.boxes):
            kept = {name: box for name, box in self.boxes.items() if name in offered}
            gone = [box for name, box in self.boxes.items() if name not in offered]
            self.boxes = {name: kept.get(name) or self._box(label) for name, label in offered.items()}
            self._place()
            for box in gone:
                box.close()
        chosen = state.value or []
        for name, box in self.boxes.items():
            if box.description != offered[name]:
                box.description = offered[name]
            if box.value != (name in chosen):
                box.value = name in chosen

    def _place(self) -> None:
        self.view.children = (self.head, *self.boxes.values())

    def _box(self, label: str) -> ipw.Checkbox:
        box = checkbox(label, False, "guanai-tick")
        box.observe(self._ticked, "value")
        return box

    def _ticked(self, change: dict[str, Any]) -> None:
        if not self._muted:
            self.own_error = ""
            self._tell(self, [name for name, box in self.boxes.items() if box.value])

    def enter(self, value: object) -> None:
        """Tick exactly these, given by name or by label."""
        wanted = (
            [str(one) for one in value] if isinstance(value, list | tuple | set) else str(value or "").split()
        )
        by_label = {box.description: name for name, box in self.boxes.items()}
        names = {by_label.get(one, one) for one in wanted}
        if not names <= self.boxes.keys():
            raise ValueError(f"{self.path}: {sorted(names - self.boxes.keys())} not among {list(by_label)}")
        for name, box in self.boxes.items():
            box.value = name in names

    def focus(self) -> None:
        """Put the cursor on the first box."""
        for box in self.boxes.values():
            box.focus()
            return


class SearchManyField(CheckboxesField, _SuggestingField):
    """Several out of many (the staff of a school): found by typing, shown as ticked boxes, unticked to take away."""

    def _make(self, state: Any) -> None:
        super()._make(state)
        self.control = self._proposals(state)
        self.control.placeholder = say("field.add", self.language)
        self.control.observe(self._picked, "value")
        self._chosen: list[str] = []
        self._place()

    def _place(self) -> None:
        self.view.children = (self.control, *self.boxes.values())

    def _label(self, text: str) -> None:
        Field._label(self, text)

    def _offered(self, state: Any) -> dict[str, str]:
        self._offer(state)
        by_name = {name: label for label, name in self._labels.items()}
        self._chosen = [str(name) for name in state.value or []]
        return {name: by_name.get(name, name) for name in self._chosen}

    def _picked(self, change: dict[str, Any]) -> None:
        text = change["new"].strip()
        if self._muted or not text:
            return
        name, self.own_error = resolve(text, self._labels, self.language)
        if not self.own_error:
            with self.muted():
                self.control.value = ""
        known = self._chosen if self.own_error or name in self._chosen else [*self._chosen, name]
        self._tell(self, list(known))

    def enter(self, value: object) -> None:
        """Choose exactly these, given by name or by label."""
        wanted = (
            [str(one) for one in value] if isinstance(value, list | tuple | set) else str(value or "").split()
        )
        self._tell(self, [self._labels.get(one, one) for one in wanted])

    def focus(self) -> None:
        """Put the cursor into the search box."""
        self.control.focus()
