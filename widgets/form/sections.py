"""The body of a form: groups under headings, repeats with their buttons, every question's field by its path."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from html import escape
from typing import Any

import ipywidgets as ipw

from guanai.storage.forms.session.form_session import Branch, FormSession
from guanai.storage.forms.xlsform.items import Question, Repeat
from guanai.storage.forms.xlsform.markdown import to_html, to_plain
from guanai.storage.records.school_form import SchoolForm
from guanai.templates.wording import say
from guanai.widgets.base.boxes import button, hbox, html, set_visible, vbox
from guanai.widgets.base.value_labels import all_nodes
from guanai.widgets.form.field_kinds import field_for
from guanai.widgets.form.fields import Field, OnAnswer
from guanai.widgets.form.steps import LONG, Step, StepBar, questions_of, steps_of

__all__ = ["Sections"]


class _RepeatView:
    """One repeat on the page: the boxes of its rows, the row that was removed last, and the button to add one."""

    def __init__(self, heading: ipw.HTML, text: str, add: Callable[[], object], *, counted: bool) -> None:
        self.counted = counted  # another answer says how many rows: nobody adds or removes one
        self.heading = heading
        self.rows = vbox((), "guanai-rows")
        self.undo = hbox((), "guanai-undo")
        self.add = button(text, add, "guanai-add")
        self.headings: list[ipw.HTML] = []
        self.view = vbox(
            [heading, self.rows] if counted else [heading, self.rows, self.undo, self.add],
            "guanai-group",
            "guanai-repeat",
        )


class Sections:
    """The widgets for the tree of a session; ``view`` is the widget on the page.

    ``fields`` are the fields by their path, in page order; of a long form only those of the step that is shown
    (see `steps`). `field_at` shows the step of any other. The questions and repeats ``without`` are not built.
    """

    def __init__(
        self,
        session: FormSession,
        on_answer: OnAnswer,
        on_rows_changed: Callable[[], None],
        without: Collection[str] = (),
    ) -> None:
        self.session = session
        self._without = frozenset(without)
        self.fields: dict[str, Field] = {}
        self.repeats: dict[str, _RepeatView] = {}
        self._groups: dict[str, tuple[ipw.VBox, ipw.HTML]] = {}
        self._on_answer = on_answer
        self._on_rows_changed = on_rows_changed
        self._errors: dict[str, str] = {}
        self._store = session.form.attachments if isinstance(session.form, SchoolForm) else None
        tree = session.tree()
        self.steps: tuple[Step, ...] = steps_of(tree) if len(list(questions_of(tree))) > LONG else ()
        self.bar = StepBar(self.show_step) if self.steps else None
        self.view = vbox((), "guanai-sections")
        if self.bar:
            self.show_step(0)
        else:
            self.view.children = self._page(tree)

    # -- step by step

    def show_step(self, number: int) -> None:
        """Show a step of a long form. The controls of the step before are closed; the session holds its answers."""
        if self.bar is None:
            return
        old = self.view.children[1:]
        self.fields, self.repeats, self._groups = {}, {}, {}
        nodes = self._nodes()
        page = self._page(nodes[path] for path in self.steps[number].paths)
        self.view.children = (self.bar.view, *page)
        for box in old:
            _close(box)
        self.bar.at = number
        self._show_bar()
        self.show(self._errors, self._errors)

    def _show_bar(self) -> None:
        if self.bar is None:
            return
        nodes = self._nodes()
        titles, errors = {}, {}
        for number, step in enumerate(self.steps):
            inside = [question.path for question in questions_of(nodes[path] for path in step.paths)]
            relevant = any(self.session.state(path).relevant for path in (*step.paths, *inside))
            if relevant or number == self.bar.at:
                label = self.session.state(step.heading).label if step.heading else ""
                titles[number] = label or say("steps.unnamed", number=number + 1)
                errors[number] = sum(path in self._errors for path in inside)
        self.bar.offer(titles, errors, self.bar.at)

    def paths(self) -> list[str]:
        """Return the path of every shown question of all steps, in page order."""
        paths = (node.path for node in questions_of(self.session.tree()))
        return [path for path in paths if path.split("/")[0] not in self._without]

    def field_at(self, path: str) -> Field:
        """Return the field of a question and show its step. Raises KeyError for a path that is no question."""
        self.show_step_of(path)
        return self.fields[path]

    def show_step_of(self, path: str) -> None:
        """Show the step of a question or repeat."""
        if self.bar is None or path in self.fields or path in self.repeats:
            return
        nodes = self._nodes()
        for number, step in enumerate(self.steps):
            if any(node.path == path for node in all_nodes(nodes[top] for top in step.paths)):
                self.show_step(number)
                return

    def focus_next(self, path: str) -> None:
        """Put the cursor into the next question that can be answered, on this step or the next."""
        paths = self.paths()
        for later in paths[paths.index(path) + 1 :]:
            state = self.session.state(later)
            if state.relevant and not state.read_only:
                self.field_at(later).focus()
                return

    def _nodes(self) -> dict[str, Branch]:
        """Return every node of the session's tree by its path."""
        return {node.path: node for node in all_nodes(self.session.tree())}

    # -- building

    def _page(self, nodes: Iterable[Branch]) -> tuple[ipw.Widget, ...]:
        """Return the sections of one level; questions outside of any group are a section too."""
        sections: list[ipw.Widget] = []
        loose: list[ipw.Widget] = []
        for node in nodes:
            if node.path in self._without:
                continue
            if isinstance(node.item, Question):
                loose.extend(self._question(node))
                continue
            if loose:
                sections.append(_grid(loose))
                loose = []
            sections.append(self._repeat(node) if isinstance(node.item, Repeat) else self._group(node))
        if loose:
            sections.append(_grid(loose))
        return tuple(sections)

    def _question(self, node: Branch) -> Iterator[ipw.Widget]:
        if not isinstance(node.item, Question) or node.path in self._without:
            return
        field = field_for(
            node.item, node.path, self.session.state(node.path), self._on_answer, store=self._store
        )
        if field is not None:
            self.fields[node.path] = field
            yield field.view

    def _group(self, node: Branch) -> ipw.VBox:
        heading = html("", "guanai-heading")
        classes: tuple[str, ...] = ("guanai-group",)
        # One box less: a group of questions alone is the grid itself.
        if all(isinstance(child.item, Question) for child in node.children):
            views = [view for child in node.children for view in self._question(child)]
            classes += ("guanai-grid",)
        else:
            views = list(self._page(node.children))
        box = vbox([heading, *views], *classes)
        self._groups[node.path] = (box, heading)
        self._show_group(node.path)
        return box

    def _repeat(self, node: Branch) -> ipw.VBox:
        path = node.path
        text = say("form.add", what=to_plain(self.session.state(path).label))
        counted = isinstance(node.item, Repeat) and node.item.count is not None
        repeat = _RepeatView(html("", "guanai-heading"), text, lambda: self.add(path), counted=counted)
        self.repeats[path] = repeat
        self._groups[path] = (repeat.view, repeat.heading)
        self._show_group(path)
        repeat.rows.children = tuple(self._row(path, number, row) for number, row in enumerate(node.children))
        return repeat.view

    def _row(self, path: str, number: int, node: Branch) -> ipw.VBox:
        repeat = self.repeats[path]
        heading = html(self._row_title(path, number), "guanai-heading")
        repeat.headings.append(heading)
        remove = button(
            say("form.remove"),
            lambda: self.remove(path, repeat.headings.index(heading)),
            "guanai-remove",
        )
        shown = [heading] if repeat.counted else [heading, remove]
        head = hbox(shown, "guanai-row-head")
        return vbox([head, *self._page(node.children)], "guanai-row")

    # -- showing the session

    def _row_title(self, path: str, number: int) -> str:
        return f"<h4>{to_html(self.session.state(path).label)} {number + 1}</h4>"

    def _show_group(self, path: str) -> None:
        box, heading = self._groups[path]
        state = self.session.state(path)
        value = f"<h3>{to_html(state.label)}</h3>" if state.label else ""
        if state.hint:
            value += f'<p class="guanai-hint">{to_html(state.hint)}</p>'
        heading.value = value
        set_visible(box, state.relevant)

    def show(self, paths: Iterable[str], errors: Mapping[str, str]) -> None:
        """Show the state of these paths in the session; ``errors`` are the errors to show by path."""
        self._errors = dict(errors)
        for path in [path for path, repeat in self.repeats.items() if repeat.counted]:
            if path in self.repeats and self.session.count(path) != len(self.repeats[path].rows.children):
                self._rebuild(path)
        self._show_bar()
        for path in paths:
            if path in self.fields:
                field = self.fields[path]
                field.show(self.session.state(path), errors.get(path) or field.own_error)
            elif path in self._groups:
                self._show_group(path)

    def show_session(self, session: FormSession) -> None:
        """Show another session of the same form in the same controls."""
        self.session = session
        if self.bar is not None:
            self._errors = {}
            self.show_step(0)
            return
        nodes = self._nodes()
        # Inner repeats are built again with their rows.
        for path in [path for path in self.repeats if "/" not in path]:
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
        node = self._nodes()[path]
        repeat = self.repeats[path]
        repeat.rows.children = (*repeat.rows.children, self._row(path, number, node.children[number]))
        self._on_rows_changed()
        for key, field in self.fields.items():
            if key.startswith(f"{path}/{number}/"):
                field.focus()
                break
        return number

    def remove(self, path: str, number: int) -> None:
        """Remove a row, and offer to undo that."""
        title = f"{to_plain(self.session.state(path).label)} {number + 1}"
        self.session.remove(path, number)
        self._rebuild(path)
        text = say("form.removed", what=title)
        line = html(f'<span role="status">{escape(text)}</span>')
        back = button(say("form.undo"), lambda: self.restore_row(path), "guanai-small")
        self.repeats[path].undo.children = (line, back)
        self._on_rows_changed()
        back.focus()

    def restore_row(self, path: str) -> None:
        """Restore the row that was removed last."""
        self.session.restore(path)
        self.repeats[path].undo.children = ()
        self._rebuild(path)
        self._on_rows_changed()

    def _has_as_many_rows(self, path: str, nodes: Mapping[str, Branch]) -> bool:
        """Whether a repeat and each inner one shows as many rows as the session has, so that they need not be built again."""
        inner = (key for key in self.repeats if key == path or key.startswith(f"{path}/"))
        return all(
            key in nodes and len(nodes[key].children) == len(self.repeats[key].rows.children) for key in inner
        )

    def _rebuild(self, path: str, node: Branch | None = None) -> None:
        """Build the rows of a repeat again: their numbers have changed."""
        repeat = self.repeats[path]
        widgets_by_path: tuple[dict[str, Any], ...] = (self.fields, self._groups, self.repeats)
        for widgets in widgets_by_path:
            for key in [key for key in widgets if key.startswith(f"{path}/")]:
                widgets.pop(key)
        old = repeat.rows.children
        repeat.headings = []
        node = node or self._nodes()[path]
        repeat.rows.children = tuple(self._row(path, number, row) for number, row in enumerate(node.children))
        for box in old:
            _close(box)


def _grid(views: list[ipw.Widget]) -> ipw.VBox:
    return vbox(views, "guanai-grid")


def _close(widget: ipw.Widget) -> None:
    for child in getattr(widget, "children", ()):
        _close(child)
    widget.close()
