"""Boxes that pages are composed of: panels, stacks, columns, tabs, texts; buttons, and the layouts that all share."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from html import escape
from typing import Any, Protocol
from urllib.parse import parse_qs

import ipywidgets as ipw

from guanai.templates import template

__all__ = [
    "Columns",
    "InputPanel",
    "Panel",
    "Stack",
    "Style",
    "Tabs",
    "Text",
    "button",
    "checkbox",
    "control",
    "hbox",
    "html",
    "plain",
    "set_visible",
    "style_of",
    "url_day",
    "url_param",
    "vbox",
]

# ipywidgets gives each control a Layout and a style model of its own, and a browser fetches and builds every model: a
# form of fifty questions would cost two hundred of them. Shared, it costs about seventy. They are made on first use,
# not on import: a kernel forked from a warm process has no comm before that.
_models: dict[str, ipw.Widget] = {}


def _cached(key: str, make: Callable[[], ipw.Widget]) -> Any:
    model = _models.get(key)
    if model is None or model.comm is None:  # closed by Widget.close_all(), as tests do
        model = _models[key] = make()
    return model


def plain() -> ipw.Layout:
    """Return the Layout of everything that is shown; the style sheet does the rest."""
    return _cached("plain", ipw.Layout)


def hidden() -> ipw.Layout:
    """Return the Layout of everything that does not apply now."""
    return _cached("hidden", lambda: ipw.Layout(display="none"))


@cache
def _style_class(widget_class: type) -> type:
    return widget_class.class_traits()["style"].klass  # type: ignore[attr-defined]


def style_of(widget_class: type) -> ipw.Style:
    """Return the one style model for a class of controls."""
    style = _style_class(widget_class)
    return _cached(style.__name__, style)


def control(kind: type, *classes: str, **traits: Any) -> ipw.DOMWidget:
    """Return a control of a class of ipywidgets with these CSS classes, in the shared layout and style."""
    return kind(layout=plain(), style=style_of(kind), _dom_classes=classes, **traits)


def hbox(children: Sequence[ipw.Widget], *classes: str) -> ipw.HBox:
    """Return a box of widgets beside each other, with these CSS classes."""
    return ipw.HBox(children, layout=plain(), _dom_classes=classes)


def vbox(children: Sequence[ipw.Widget], *classes: str) -> ipw.VBox:
    """Return a box of widgets below each other, with these CSS classes."""
    return ipw.VBox(children, layout=plain(), _dom_classes=classes)


def html(value: str = "", *classes: str, **traits: Any) -> ipw.HTML:
    """Return an HTML widget. The caller has escaped every stored text in ``value``."""
    return control(ipw.HTML, *classes, value=value, **traits)


def button(label: str, on_click: Callable[[], object], *classes: str) -> ipw.Button:
    """Return a button that calls ``on_click`` without arguments."""
    widget = control(ipw.Button, "guanai-button", *classes, description=label)
    widget.on_click(lambda _: on_click())
    return widget


def checkbox(label: str = "", ticked: bool = False, *classes: str) -> ipw.Checkbox:
    """Return a checkbox with its label beside it."""
    return control(ipw.Checkbox, *classes, value=ticked, description=label, indent=False)


def set_visible(widget: ipw.DOMWidget, shown: bool) -> None:
    """Show or hide a widget. It is not built again, so that nothing typed in it is lost."""
    widget.layout = plain() if shown else hidden()


def url_param(name: str, default: str | None = None) -> str | None:
    """Return a parameter of the page's address: ``url_param("child")`` on ``home_visit?child=…``.

    In JupyterLab a notebook has no such address, and the result is the default.
    """
    values = parse_qs(os.environ.get("QUERY_STRING", "")).get(name)
    return values[0] if values else default


def url_day(name: str, default: date) -> date:
    """Return a day of the page's address: ``url_day("day", today)`` on ``checklist?day=2026-09-01``; else the default."""
    try:
        return date.fromisoformat(url_param(name) or "")
    except ValueError:  # the address was typed by hand
        return default


class Style(ipw.HTML):
    """The style sheet of all widgets, for JupyterLab. A served page has it from its theme."""

    def __init__(self) -> None:
        sheet = template("theme/widgets.css").read_text(encoding="utf-8")
        super().__init__(f"<style>{sheet}</style>", layout=plain(), style=style_of(ipw.HTML))


_style: list[Style] = []


def _style_sheet() -> tuple[Style, ...]:
    """Return the style sheet where the page has none: everywhere but under Voila."""
    if os.environ.get("SERVER_SOFTWARE", "").startswith("voila"):
        return ()
    if not _style or _style[0].comm is None:
        _style[:] = [Style()]
    return (_style[0],)


#: What traitlets passes to an observer: a mapping with name, old, new and owner.
TraitChange = Mapping[str, Any]


class HasValue(Protocol):
    """An input: a control with a value, and a way to be called when the value changes (`guanai.widgets.form.inputs`)."""

    value: Any

    def observe(self, handler: Callable[[Any], object], names: str) -> None:
        """Call the handler with every change of the trait ``names``."""


class Panel(ipw.VBox):
    """A box with the style sheet of the widgets."""

    def __init__(self, *classes: str) -> None:
        super().__init__(layout=plain(), _dom_classes=("guanai", *classes))

    def fill_with(self, *children: ipw.Widget) -> None:
        """Put these widgets into the box, the style sheet before them where it is needed."""
        self.children = (*_style_sheet(), *children)


class InputPanel(Panel):
    """A panel that depends on inputs: ``on_change`` is called when one of them changes.

    ``bar`` shows those inputs that no other box shows yet.
    """

    def __init__(
        self, inputs: Iterable[HasValue], on_change: Callable[[TraitChange], object], *classes: str
    ) -> None:
        super().__init__(*classes)
        bar = []
        for child in inputs:
            child.observe(on_change, "value")
            if getattr(child, "shown_in", None) is None:
                child.shown_in = self  # type: ignore[attr-defined]
                bar.append(child)
        self.bar = hbox(bar, "guanai-bar")

    def remove_input(self, child: ipw.Widget) -> None:
        """Take an input out of the bar that another box shows from now on, so that it is not shown twice."""
        self.bar.children = tuple(shown for shown in self.bar.children if shown is not child)


def _detached(children: Iterable[ipw.Widget]) -> list[ipw.Widget]:
    """Take inputs out of the tables that show them: an author who stacks them has chosen where they are shown."""
    widgets = list(children)
    for child in widgets:
        box = getattr(child, "shown_in", None)
        if box is not None:
            box.remove_input(child)
    return widgets


class Stack(Panel):
    """Widgets below each other, with a heading if one is given."""

    def __init__(self, *children: ipw.Widget, heading: str | None = None) -> None:
        super().__init__("guanai-stack")
        head = (Text(heading, level=2),) if heading else ()
        self.fill_with(*head, *_detached(children))


class Columns(Panel):
    """Widgets beside each other, below each other on a narrow screen."""

    def __init__(self, *children: ipw.Widget) -> None:
        super().__init__("guanai-columns")
        self.fill_with(*_detached(children))


class Text(ipw.HTML):
    """A paragraph, or a heading of level 2 or 3; the text is escaped."""

    def __init__(self, text: str, *, level: int = 0) -> None:
        tag = f"h{level}" if level else "p"
        super().__init__(f"<{tag}>{escape(text)}</{tag}>", layout=plain(), style=style_of(ipw.HTML))


class Tabs(Panel):
    """Widgets of which one is shown at a time, each under its title. The titles are buttons, so that keys reach them."""

    def __init__(self, pages: Mapping[str, ipw.Widget] | Sequence[tuple[str, ipw.Widget]]) -> None:
        super().__init__("guanai-tabs")
        titles = dict(pages)
        self.pages = tuple(_detached(titles.values()))
        options = [(title, number) for number, title in enumerate(titles)]
        self.choice = control(ipw.ToggleButtons, "guanai-tab-row", options=options)
        self.boxes = tuple(vbox([page], "guanai-tab") for page in self.pages)
        self.choice.observe(self._show_page, "value")
        self.fill_with(self.choice, *self.boxes)
        self._show_page()

    def _show_page(self, _: object = None) -> None:
        for number, box in enumerate(self.boxes):
            set_visible(box, number == self.choice.value)
