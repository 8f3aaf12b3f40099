"""Boxes that pages are composed of: a panel that carries the look, stacks, columns, tabs, headings."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from html import escape
from typing import Any
from urllib.parse import parse_qs

import ipywidgets as ipw

from guanai.templates import template
from guanai.widgets.base.layouts import hidden, plain, style_of

__all__ = [
    "Columns",
    "Panel",
    "Stack",
    "Style",
    "Tabs",
    "Text",
    "button",
    "checkbox",
    "html",
    "set_visible",
    "url_day",
    "url_param",
]


def html(value: str = "", *classes: str, **traits: Any) -> ipw.HTML:
    """Return an HTML widget; whoever calls has escaped every stored text in ``value``."""
    return ipw.HTML(value, layout=plain(), style=style_of(ipw.HTML), _dom_classes=classes, **traits)


def button(label: str, on_click: Callable[[], Any], *classes: str) -> ipw.Button:
    """Return a button that calls ``on_click`` without arguments."""
    made = ipw.Button(
        description=label,
        layout=plain(),
        style=style_of(ipw.Button),
        _dom_classes=("guanai-button", *classes),
    )
    made.on_click(lambda _: on_click())
    return made


def checkbox(label: str = "", ticked: bool = False, *classes: str) -> ipw.Checkbox:
    """Return a box to tick, its words beside it."""
    return ipw.Checkbox(
        value=ticked,
        description=label,
        indent=False,
        layout=plain(),
        style=style_of(ipw.Checkbox),
        _dom_classes=classes,
    )


def set_visible(widget: Any, shown: bool) -> None:
    """Show or hide a widget without building it again, so that nothing typed in it is lost."""
    layout = plain() if shown else hidden()
    if widget.layout is not layout:
        widget.layout = layout


def url_param(name: str, default: str | None = None) -> str | None:
    """Return a value of the page's address: ``url_param("child")`` on ``home_visit?child=…``.

    JupyterLab gives a notebook no address: there it is the default.
    """
    values = parse_qs(os.environ.get("QUERY_STRING", "")).get(name)
    return values[0] if values else default


def url_day(name: str, default: date) -> date:
    """Return a day of the page's address: ``url_day("day", today)`` on ``checklist?day=2026-09-01``; else the default."""
    try:
        return date.fromisoformat(url_param(name) or "")
    except ValueError:  # somebody has typed into the address
        return default


class Style(ipw.HTML):
    """The style sheet of all widgets, for JupyterLab; the theme of a served page has it already."""

    def __init__(self) -> None:
        sheet = template("theme/widgets.css").read_text(encoding="utf-8")
        super().__init__(f"<style>{sheet}</style>", layout=plain(), style=style_of(ipw.HTML))


_sheet: list[Style] = []


def _look() -> tuple[Style, ...]:
    """Return the style sheet where the page has none: everywhere but under Voila."""
    if os.environ.get("SERVER_SOFTWARE", "").startswith("voila"):
        return ()
    if not _sheet or _sheet[0].comm is None:
        _sheet[:] = [Style()]
    return (_sheet[0],)


class Panel(ipw.VBox):
    """A box that looks right wherever it is shown, and takes in the inputs that it depends on."""

    def __init__(self, *classes: str) -> None:
        super().__init__(layout=plain(), _dom_classes=("guanai", *classes))

    def fill_with(self, *children: Any) -> None:
        """Put these widgets into the box, the style sheet before them where it is needed."""
        self.children = (*_look(), *children)

    def remove_child(self, child: Any) -> None:
        """Give a child up to another box, so that it is not shown twice."""
        self.children = tuple(mine for mine in self.children if mine is not child)

    def claim_inputs(self, inputs: Iterable[Any]) -> tuple[Any, ...]:
        """Return those inputs that no box shows yet; they are this box's from now on."""
        mine = tuple(child for child in inputs if getattr(child, "shown_in", None) is None)
        for child in mine:
            child.shown_in = self
        return mine


def _loose(children: Iterable[Any]) -> list[Any]:
    """Take inputs out of the tables that hold them: an author who stacks them has chosen their place."""
    found = list(children)
    for child in found:
        holder = getattr(child, "shown_in", None)
        if holder is not None:
            holder.remove_child(child)
    return found


class Stack(Panel):
    """Widgets below each other, with a heading if one is given."""

    def __init__(self, *children: Any, heading: str | None = None) -> None:
        super().__init__("guanai-stack")
        head = (Text(heading, level=2),) if heading else ()
        self.fill_with(*head, *_loose(children))


class Columns(Panel):
    """Widgets beside each other, below each other on a narrow screen."""

    def __init__(self, *children: Any) -> None:
        super().__init__("guanai-columns")
        self.fill_with(*_loose(children))


class Text(ipw.HTML):
    """A paragraph, or a heading of level 2 or 3; the text is escaped."""

    def __init__(self, text: str, *, level: int = 0) -> None:
        tag = f"h{level}" if level else "p"
        super().__init__(f"<{tag}>{escape(text)}</{tag}>", layout=plain(), style=style_of(ipw.HTML))


class Tabs(Panel):
    """Widgets of which one is seen at a time, each under its title; titles are real buttons."""

    def __init__(self, pages: Mapping[str, Any] | Sequence[tuple[str, Any]]) -> None:
        super().__init__("guanai-tabs")
        titles = dict(pages)
        self.pages = tuple(_loose(titles.values()))
        self.choice = ipw.ToggleButtons(
            options=[(title, number) for number, title in enumerate(titles)],
            layout=plain(),
            style=style_of(ipw.ToggleButtons),
            _dom_classes=("guanai-tab-row",),
        )
        self.boxes = tuple(
            ipw.VBox([page], layout=plain() if number == 0 else hidden(), _dom_classes=("guanai-tab",))
            for number, page in enumerate(self.pages)
        )
        self.choice.observe(self._turn, "value")
        self.fill_with(self.choice, *self.boxes)

    def _turn(self, change: dict[str, Any]) -> None:
        for number, box in enumerate(self.boxes):
            set_visible(box, number == change["new"])
