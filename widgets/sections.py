"""The body of a form: groups under headings, repeats with their buttons, every question's field by its path."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from html import escape
from typing import Any

import ipywidgets as ipw

from guanai.templates.wording import say
from guanai.widgets.boxes import button, html, show
from guanai.widgets.fields import Field, Tell
from guanai.widgets.kinds import field_for
from guanai.widgets.layouts import plain

__all__ = ["Sections"]


class _Repeated:
    """One repeat on the page: the boxes of its rows, what was removed last, and the button to add."""

    def __init__(self, heading: ipw.HTML, text: str, add: Callable[[], object]) -> None:
        self.heading = heading
        self.rows = ipw.VBox(layout=plain(), _dom_classes=("guanai-rows",))
        self.undo = ipw.HBox(layout=plain(), _dom_classes=("guanai-undo",))
        self.add = button(text, add, "guanai-add")
        self.headings: list[ipw.HTML] = []
        self.view = ipw.VBox(
            [heading, self.rows, self.undo, self.add],
            layout=plain(),
            _dom_classes=("guanai-group", "guanai-repeat"),
        )


class Sections:
    """The widgets of a session's tree, kept in step with it; ``view`` is what stands on the page.

    ``fields`` gives each field by its path, in page order.
    """

    def __init__(
        self, session: Any, tell: Tell, changed: Callable[[], None], language: str | None = None
    ) -> None:
        self.session = session
        self.language = language
        self.fields: dict[str, Field] = {}
        self.repeats: dict[str, _Repeated] = {}
        self._groups: dict[str, tuple[ipw.VBox, ipw.HTML]] = {}
        self._tell = tell
        self._changed = changed
        self.view = ipw.VBox(layout=plain(), _dom_classes=("guanai-sections",))
        self.view.children = self._page(session.tree())

    # -- building

    def _page(self, nodes: Iterable[Any]) -> tuple[Any, ...]:
        """Return the sections of a level: questions outside any group form a section of their own."""
        sections: list[Any] = []
        loose: list[Any] = []
        for node in nodes:
            if _is_question(node):
                loose.extend(self._question(node))
                continue
            if loose:
                sections.append(_grid(loose))
                loose = []
            sections.append(self._repeat(node) if _is_repeat(node) else self._group(node))
        if loose:
            sections.append(_grid(loose))
        return tuple(sections)

    def _question(self, node: Any) -> Iterator[Any]:
        field = field_for(node.item, node.path, self.session.state(node.path), self._tell, self.language)
        if field is not None:
            self.fields[node.path] = field
            yield field.view

    def _group(self, node: Any) -> ipw.VBox:
        heading = html("", "guanai-heading")
        classes: tuple[str, ...] = ("guanai-group",)
        if all(_is_question(child) for child in node.children):  # one box less: the group is the grid itself
            views = [view for child in node.children for view in self._question(child)]
            classes += ("guanai-grid",)
        else:
            views = list(self._page(node.children))
        box = ipw.VBox([heading, *views], layout=plain(), _dom_classes=classes)
        self._groups[node.path] = (box, heading)
        self._show_group(node.path)
        return box

    def _repeat(self, node: Any) -> ipw.VBox:
        path = node.path
        text = say("form.add", self.language, what=self.session.state(path).label)
        made = _Repeated(html("", "guanai-heading"), text, lambda: self.add(path))
        self.repeats[path] = made
        self._groups[path] = (made.view, made.heading)
        self._show_group(path)
        made.rows.children = tuple(self._row(path, number, row) for number, row in enumerate(node.children))
        return made.view

    def _row(self, path: str, number: int, node: Any) -> ipw.VBox:
        made = self.repeats[path]
        heading = html(self._row_title(path, number), "guanai-heading")
        made.headings.append(heading)
        remove = button(
            say("form.remove", self.language),
            lambda: self.remove(path, made.headings.index(heading)),
            "guanai-remove",
        )
        head = ipw.HBox([heading, remove], layout=plain(), _dom_classes=("guanai-row-head",))
        return ipw.VBox([head, *self._page(node.children)], layout=plain(), _dom_classes=("guanai-row",))

    # -- keeping in step

    def _row_title(self, path: str, number: int) -> str:
        return f"<h4>{escape(self.session.state(path).label)} {number + 1}</h4>"

    def _show_group(self, path: str) -> None:
        box, heading = self._groups[path]
        state = self.session.state(path)
        value = f"<h3>{escape(state.label)}</h3>" if state.label else ""
        if state.hint:
            value += f'<p class="guanai-hint">{escape(state.hint)}</p>'
        if heading.value != value:
            heading.value = value
        show(box, state.relevant)

    def show(self, paths: Iterable[str], wrong: Mapping[str, str]) -> None:
        """Bring these paths in step with the session; ``wrong`` gives the error to show by path."""
        for path in paths:
            if path in self.fields:
                field = self.fields[path]
                field.show(self.session.state(path), wrong.get(path) or field.own_error)
            elif path in self._groups:
                self._show_group(path)

    def start(self, session: Any) -> None:
        """Show another session of the same form in the same controls."""
        self.session = session
        nodes = {node.path: node for node in _all_nodes(session.tree())}
        for path, made in self.repeats.items():
            self._rebuild(path, nodes[path])
            made.undo.children = ()
        for field in self.fields.values():
            field.own_error = ""
        self.show([*self.fields, *self._groups], {})

    # -- repeats

    def add(self, path: str) -> int:
        """Add a row to a repeat and put the cursor into it; return its number."""
        number: int = self.session.add(path)
        node = next(node for node in _all_nodes(self.session.tree()) if node.path == path)
        made = self.repeats[path]
        made.rows.children = (*made.rows.children, self._row(path, number, node.children[number]))
        self._changed()
        for key, field in self.fields.items():
            if key.startswith(f"{path}/{number}/"):
                field.focus()
                break
        return number

    def remove(self, path: str, number: int) -> None:
        """Take a row away, and offer to bring it back."""
        title = f"{self.session.state(path).label} {number + 1}"
        self.session.remove(path, number)
        self._rebuild(path)
        text = say("form.removed", self.language, what=title)
        line = html(f'<span role="status">{escape(text)}</span>')
        back = button(say("form.undo", self.language), lambda: self.bring_back(path), "guanai-small")
        self.repeats[path].undo.children = (line, back)
        self._changed()
        back.focus()

    def bring_back(self, path: str) -> None:
        """Put the row back that was removed last, as it was."""
        self.session.restore(path)
        self.repeats[path].undo.children = ()
        self._rebuild(path)
        self._changed()

    def _rebuild(self, path: str, node: Any = None) -> None:
        """Build a repeat's rows again: their numbers have moved."""
        made = self.repeats[path]
        for key in [key for key in self.fields if key.startswith(f"{path}/")]:
            self.fields.pop(key)
        for key in [key for key in self._groups if key.startswith(f"{path}/")]:
            self._groups.pop(key)
        old = made.rows.children
        made.headings = []
        node = node or next(node for node in _all_nodes(self.session.tree()) if node.path == path)
        made.rows.children = tuple(self._row(path, number, row) for number, row in enumerate(node.children))
        for box in old:
            _close(box)


def _grid(views: list[Any]) -> ipw.VBox:
    return ipw.VBox(views, layout=plain(), _dom_classes=("guanai-grid",))


def _close(widget: Any) -> None:
    for child in getattr(widget, "children", ()):
        _close(child)
    widget.close()


def _is_question(node: Any) -> bool:
    return hasattr(node.item, "kind")


def _is_repeat(node: Any) -> bool:
    return hasattr(node.item, "count")


def _all_nodes(nodes: Iterable[Any]) -> Iterator[Any]:
    for node in nodes:
        yield node
        yield from _all_nodes(node.children)
