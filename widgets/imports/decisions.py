"""What a person decides about an import: which question a column answers, who a look-alike is, which side of a conflict."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets as ipw

from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.imports.class_copy import FILE, SCHOOL
from guanai.storage.imports.columns import LEFT_OUT, Column
from guanai.storage.imports.row_check import Row
from guanai.templates.wording import say, spoken
from guanai.widgets.base.boxes import button, html, set_visible
from guanai.widgets.base.layouts import plain, style_of
from guanai.widgets.form.duplicates import side_by_side, texts_of
from guanai.widgets.form.fields import caption

__all__ = ["ColumnChoices", "RowChoices", "column_questions", "comparison_html"]

_OPEN = "?"  # nobody has chosen yet; a list without a value would show nothing at all
_MANY = 20  # rows that wait for a choice, shown at a time
_WIDE = 60  # characters of an answer beside the other one
_BESIDE = 3  # look-alikes beside a row: more do not fit, and the likeliest come first


def _dropdown(label: str, options: Sequence[tuple[str, Any]], value: Any) -> Any:
    return ipw.Dropdown(
        options=options,
        value=value,
        description=caption(label),
        description_allow_html=True,
        layout=plain(),
        style=style_of(ipw.Dropdown),
        _dom_classes=("guanai-field",),
    )


class ColumnChoices(ipw.VBox):
    """The columns of a file with the questions that they answer; those that nobody has decided about stand open.

    ``questions`` are (label, name) pairs; ``on_choose(head, name)`` is called with a heading and the question chosen for
    it, empty for a column that is left out. ``title`` stands before what is said, where there are several registers.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        questions: Sequence[tuple[str, str]],
        on_choose: Callable[[str, str], None],
        language: str | None = None,
        title: str = "",
    ) -> None:
        self._columns, self._questions = columns, questions
        self._on_choose, self._language = on_choose, language
        self.undecided: dict[str, Any] = {}
        lines: list[Any] = []
        undecided = [column for column in columns if column.undecided]
        if undecided:
            text = title + say("imports.undecided", language, count=len(undecided))
            lines.append(html(f'<p class="guanai-notice guanai-bad" role="alert">{escape(text)}</p>'))
        for column in undecided:
            self.undecided[column.head] = self._line(column)
            lines.append(self.undecided[column.head])
        told = title + say("imports.columns", language, count=len(columns))
        self.toggle = button(told, self._turn, "guanai-small")
        self.rest = ipw.VBox([], layout=plain(), _dom_classes=("guanai-bar", "guanai-columns-list"))
        set_visible(self.rest, False)
        super().__init__(
            [
                *lines,
                ipw.HBox([self.toggle], layout=plain(), _dom_classes=("guanai-buttons",)),
                self.rest,
            ],
            layout=plain(),
            _dom_classes=("guanai-import-columns",),
        )

    def _line(self, column: Column) -> Any:
        """Return the choice of one column, with what stands in it."""
        some = "、".join(column.samples)
        label = say(
            "imports.column", self._language, letter=column.letter, head=column.head, some=some or "—"
        )
        options: list[tuple[str, Any]] = []
        if column.undecided:
            options.append((say("imports.choose", self._language), _OPEN))
        options += [(say("imports.left_out", self._language), LEFT_OUT), *self._questions]
        names = {name for _, name in self._questions}
        value: Any = _OPEN
        if not column.undecided:
            found = column.header.path if column.header else ""
            value = found if found in names and column.how != "left_out" else LEFT_OUT
        if column.how == "guessed" and column.header:
            guess = say("imports.guess", self._language, label=column.header.label)
            options.insert(1, (guess, column.header.path))
        made = _dropdown(label, options, value)
        made.observe(lambda change: self._chosen(column, change["new"]), "value")
        return made

    def _chosen(self, column: Column, name: str) -> None:
        if name != _OPEN:
            self._on_choose(column.head, name)

    def _turn(self) -> None:
        if not self.rest.children:
            shown = [column for column in self._columns if not column.undecided and not column.system]
            self.rest.children = tuple(self._line(column) for column in shown)
        set_visible(self.rest, self.rest.layout.display == "none")


class RowChoices(ipw.VBox):
    """The rows that wait for a person: who a look-alike is, and which of two answers is taken.

    ``on_apply(others, same, clashes)`` is called with what was chosen so far (see `guanai.storage.imports.run.Choices`);
    ``beside(row)`` gives a table of its answers beside those of whom it is like.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        label: Callable[[str], str],
        on_apply: Callable[[list[int], dict[int, str], dict[tuple[int, str], str]], None],
        language: str | None = None,
        title: str = "",
        beside: Callable[[Row], str] | None = None,
    ) -> None:
        self._on_apply, self._language, self._title, self._beside = on_apply, language, title, beside
        self.alike: dict[int, Any] = {}
        self.clashes: dict[tuple[int, str], Any] = {}
        lines: list[Any] = []
        conflicts = [row for row in rows if row.state == "conflict"]
        alike = [row for row in rows if row.state == "alike"]
        if conflicts:
            lines.append(self._head("imports.conflicts", len(conflicts)))
            self.all_school = button(say("imports.all_school", language), lambda: self._all(SCHOOL))
            self.all_file = button(say("imports.all_file", language), lambda: self._all(FILE))
            both = [self.all_school, self.all_file]
            lines.append(ipw.HBox(both, layout=plain(), _dom_classes=("guanai-buttons",)))
        for row in conflicts[:_MANY]:
            lines += self._clashes(row)
        if alike:
            lines.append(self._head("imports.alike", len(alike)))
        for row in alike[:_MANY]:
            lines += self._alike(row, label, open_=len(alike) <= _BESIDE)
        if len(conflicts) > _MANY or len(alike) > _MANY:
            lines.append(html(f"<p>{escape(say('imports.more', language, count=_MANY))}</p>"))
        self.apply = button(say("imports.apply", language), self._apply)
        if lines:
            lines.append(ipw.HBox([self.apply], layout=plain(), _dom_classes=("guanai-buttons",)))
        super().__init__(lines, layout=plain(), _dom_classes=("guanai-import-choices",))

    def _head(self, key: str, count: int) -> Any:
        return html(f"<h3>{escape(self._title + say(key, self._language, count=count))}</h3>")

    def _clashes(self, row: Row) -> list[Any]:
        made = []
        for clash in row.clashes:
            label = say("imports.clash", self._language, row=row.row, record=row.label, label=clash.label)
            options = [
                (say("imports.choose", self._language), _OPEN),
                (say("imports.school", self._language, text=_short(clash.old)), SCHOOL),
                (say("imports.file", self._language, text=_short(clash.new)), FILE),
            ]
            self.clashes[row.row, clash.path] = _dropdown(label, options, _OPEN)
            made.append(self.clashes[row.row, clash.path])
        return made

    def _alike(self, row: Row, label: Callable[[str], str], *, open_: bool) -> list[Any]:
        """Return who a row may be, to be chosen, and its answers beside theirs: folded where there are many rows."""
        options = [(say("imports.skip", self._language), _OPEN)]
        options += [(say("imports.same", self._language, label=label(key)), key) for key in row.like]
        options.append((say("imports.other", self._language), ""))
        said = say("imports.who", self._language, row=row.row, record=row.label)
        self.alike[row.row] = _dropdown(said, options, _OPEN)
        table = self._beside(row) if self._beside else ""
        if not table:
            return [self.alike[row.row]]
        head = escape(say("imports.beside", self._language))
        folded = f"<details{' open' if open_ else ''}><summary>{head}</summary>{table}</details>"
        return [self.alike[row.row], html(folded)]

    def _all(self, side: str) -> None:
        self._on_apply(*self._rows(), {(0, "*"): side})

    def _rows(self) -> tuple[list[int], dict[int, str]]:
        others = [row for row, one in self.alike.items() if one.value == ""]
        return others, {row: one.value for row, one in self.alike.items() if one.value not in ("", _OPEN)}

    def _apply(self) -> None:
        clashes = {key: one.value for key, one in self.clashes.items() if one.value != _OPEN}
        self._on_apply(*self._rows(), clashes)


def comparison_html(
    form: Any, row: Row, there: Sequence[tuple[str, Mapping[str, Any]]], language: str | None = None
) -> str:
    """Return the answers of a row beside those of the records that it is like, by their label, as an HTML table."""
    heads = [say("alike.asked", language), say("imports.in_file", language)]
    texts = [
        texts_of(FormSession(form, one, language=spoken(language)))
        for one in (row.record, *(one for _, one in there[:_BESIDE]))
    ]
    wanted = {path for path, (_, text) in texts[0].items() if text}
    shown = [{path: pair for path, pair in one.items() if path in wanted} for one in texts]
    return side_by_side([*heads, *(label for label, _ in there[:_BESIDE])], shown, all_=True) if there else ""


def _short(text: str) -> str:
    plain_text = text or "—"
    return plain_text if len(plain_text) <= _WIDE else f"{plain_text[:_WIDE]}…"


def column_questions(headers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the questions that a column can answer, as (label, name) pairs."""
    return [(header.text, path) for path, header in headers.items() if not header.read_only]
