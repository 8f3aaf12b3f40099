"""The body of a form: groups under headings, repeats with their buttons, every question's field by its path."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from html import escape
from typing import Any

import ipywidgets as ipw

from guanai.storage.forms.xlsform.markdown import to_html, to_plain
from guanai.storage.records.school_form import SchoolForm
from guanai.templates.wording import say
from guanai.widgets.base.boxes import button, html, set_visible
from guanai.widgets.base.layouts import plain
from guanai.widgets.form.field_kinds import field_for
from guanai.widgets.form.fields import Field, OnAnswer
from guanai.widgets.form.steps import LONG, Step, StepBar, questions_of, steps_of

__all__ = ["Sections"]


class _RepeatView:
    """One repeat on the page: the boxes of its rows, what was removed last, and the button to add."""

    def __init__(self, heading: ipw.HTML, text: str, add: Callable[[], object], *, counted: bool) -> None:
        self.counted = counted  # as many rows as another answer says: nobody adds or removes one
        self.heading = heading
        self.rows = ipw.VBox(layout=plain(), _dom_classes=("guanai-rows",))
        self.undo = ipw.HBox(layout=plain(), _dom_classes=("guanai-undo",))
        self.add = button(text, add, "guanai-add")
        self.headings: list[ipw.HTML] = []
        self.view = ipw.VBox(
            [heading, self.rows] if counted else [heading, self.rows, self.undo, self.add],
            layout=plain(),
            _dom_classes=("guanai-group", "guanai-repeat"),
        )


class Sections:
    """The widgets of a session's tree, kept in step with it; ``view`` is what stands on the page.

    ``fields`` gives each field by its path, in page order: of a long form those of the step that is shown
    (see `steps`); `reach` turns to the step of any other.
    """

    def __init__(
        self, session: Any, tell: OnAnswer, changed: Callable[[], None], language: str | None = None
    ) -> None:
        self.session = session
        self.language = language
        self.fields: dict[str, Field] = {}
        self.repeats: dict[str, _RepeatView] = {}
        self._groups: dict[str, tuple[ipw.VBox, ipw.HTML]] = {}
        self._tell = tell
        self._changed = changed
        self._wrong: dict[str, str] = {}
        self._store = session.form.attachments if isinstance(session.form, SchoolForm) else None
        tree = session.tree()
        self.steps: tuple[Step, ...] = steps_of(tree) if len(list(questions_of(tree))) > LONG else ()
        self.bar = StepBar(self.turn, language) if self.steps else None
        self.view = ipw.VBox(layout=plain(), _dom_classes=("guanai-sections",))
        if self.bar:
            self.turn(0)
        else:
            self.view.children = self._page(tree)

    # -- step by step

    def turn(self, number: int) -> None:
        """Show a step of a long form; the controls of the one before are closed, its answers stay."""
        if self.bar is None:
            return
        old = self.view.children[1:]
        self.fields, self.repeats, self._groups = {}, {}, {}
        nodes = {node.path: node for node in _all_nodes(self.session.tree())}
        page = self._page(nodes[path] for path in self.steps[number].paths)
        self.view.children = (self.bar.view, *page)
        for box in old:
            _close(box)
        self.bar.at = number
        self._show_bar()
        self.show(self._wrong, self._wrong)

    def _show_bar(self) -> None:
        if self.bar is None:
            return
        nodes = {node.path: node for node in _all_nodes(self.session.tree())}
        titles, wrong = {}, {}
        for number, step in enumerate(self.steps):
            inside = [one.path for one in questions_of(nodes[path] for path in step.paths)]
            relevant = any(self.session.state(path).relevant for path in (*step.paths, *inside))
            if relevant or number == self.bar.at:
                label = self.session.state(step.heading).label if step.heading else ""
                titles[number] = label or say("steps.unnamed", self.language, number=number + 1)
                wrong[number] = sum(path in self._wrong for path in inside)
        self.bar.offer(titles, wrong, self.bar.at)

    def paths(self) -> list[str]:
        """Return the path of every question that somebody sees, on whatever step, in page order."""
        return [node.path for node in questions_of(self.session.tree())]

    def reach(self, path: str) -> Field:
        """Return the field of a question, turning to its step. Raises KeyError for what is no question."""
        self.turn_to(path)
        return self.fields[path]

    def turn_to(self, path: str) -> None:
        """Show the step on which a question or repeat stands."""
        if self.bar is None or path in self.fields or path in self.repeats:
            return
        nodes = {node.path: node for node in _all_nodes(self.session.tree())}
        for number, step in enumerate(self.steps):
            if any(node.path == path for node in _all_nodes(nodes[top] for top in step.paths)):
                self.turn(number)
                return

    def go_on(self, path: str) -> None:
        """Put the cursor into the next question that can be answered, on the next step after the last of one."""
        paths = self.paths()
        for later in paths[paths.index(path) + 1 :]:
            state = self.session.state(later)
            if state.relevant and not state.read_only:
                self.reach(later).focus()
                return

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
        field = field_for(
            node.item,
            node.path,
            self.session.state(node.path),
            self._tell,
            self.language,
            store=self._store,
        )
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
        text = say("form.add", self.language, what=to_plain(self.session.state(path).label))
        counted = node.item.count is not None
        made = _RepeatView(html("", "guanai-heading"), text, lambda: self.add(path), counted=counted)
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
        shown = [heading] if made.counted else [heading, remove]
        head = ipw.HBox(shown, layout=plain(), _dom_classes=("guanai-row-head",))
        return ipw.VBox([head, *self._page(node.children)], layout=plain(), _dom_classes=("guanai-row",))

    # -- keeping in step

    def _row_title(self, path: str, number: int) -> str:
        return f"<h4>{to_html(self.session.state(path).label)} {number + 1}</h4>"

    def _show_group(self, path: str) -> None:
        box, heading = self._groups[path]
        state = self.session.state(path)
        value = f"<h3>{to_html(state.label)}</h3>" if state.label else ""
        if state.hint:
            value += f'<p class="guanai-hint">{to_html(state.hint)}</p>'
        if heading.value != value:
            heading.value = value
        set_visible(box, state.relevant)

    def show(self, paths: Iterable[str], wrong: Mapping[str, str]) -> None:
        """Bring these paths in step with the session; ``wrong`` gives the error to show by path."""
        self._wrong = dict(wrong)
        for path in [path for path, made in self.repeats.items() if made.counted]:
            if path in self.repeats and self.session.count(path) != len(self.repeats[path].rows.children):
                self._rebuild(path)
        self._show_bar()
        for path in paths:
            if path in self.fields:
                field = self.fields[path]
                field.show(self.session.state(path), wrong.get(path) or field.own_error)
            elif path in self._groups:
                self._show_group(path)

    def start(self, session: Any) -> None:
        """Show another session of the same form in the same controls."""
        self.session = session
        if self.bar is not None:
            self._wrong = {}
            self.turn(0)
            return
        nodes = {node.path: node for node in _all_nodes(session.tree())}
        outer = [
            path for path in self.repeats if "/" not in path
        ]  # those within are built again with their rows
        for path in outer:
            if not self._has_as_many_rows(path, nodes):
                self._rebuild(path, nodes[path])
            self.repeats[path].undo.children = ()
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
        title = f"{to_plain(self.session.state(path).label)} {number + 1}"
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

    def _has_as_many_rows(self, path: str, nodes: Mapping[str, Any]) -> bool:
        """Whether a repeat, and each within it, shows as many rows as are to be shown: they can stay then."""
        inner = (key for key in self.repeats if key == path or key.startswith(f"{path}/"))
        return all(
            key in nodes and len(nodes[key].children) == len(self.repeats[key].rows.children) for key in inner
        )

    def _rebuild(self, path: str, node: Any = None) -> None:
        """Build a repeat's rows again: their numbers have moved."""
        made = self.repeats[path]
        for key in [key for key in self.fields if key.startswith(f"{path}/")]:
            self.fields.pop(key)
        for key in [key for key in self._groups if key.startswith(f"{path}/")]:
            self._groups.pop(key)
            self.repeats.pop(key, None)
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
