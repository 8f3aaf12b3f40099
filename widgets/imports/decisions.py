"""What a person decides about an import.

Which question a column answers, whether a row is a record of the school, and which of two conflicting answers is taken.
"""

from collections.abc import Callable, Mapping, Sequence
from html import escape

import ipywidgets as ipw

from guanai.storage.exports.question_columns import QuestionColumn
from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.forms.xlsform.definitions import Form as FormDefinition
from guanai.storage.imports.column_matching import LEFT_OUT, FileColumn
from guanai.storage.imports.merging import TAKE_FILE, TAKE_SCHOOL
from guanai.storage.imports.preview import ImportedRow
from guanai.templates.wording import say, spoken
from guanai.widgets.base.boxes import button, control, hbox, html, plain, set_visible, vbox
from guanai.widgets.base.notices import notice_html
from guanai.widgets.base.value_labels import Record
from guanai.widgets.form.comparisons import side_by_side, texts_of
from guanai.widgets.form.fields import caption

__all__ = ["ColumnChoices", "RowChoices", "column_questions", "comparison_html"]

_UNDECIDED = "?"  # the value of a list in which nobody has chosen; without a value it would be empty
_MOST_ROWS = 20  # rows with a choice that are shown at a time
_LONG = 60  # characters of an answer that are shown
_MOST_MATCHES = 3  # records beside a row: more do not fit, and the likeliest come first


def _dropdown(label: str, options: Sequence[tuple[str, object]], value: object) -> ipw.Dropdown:
    return control(
        ipw.Dropdown,
        "guanai-field",
        options=options,
        value=value,
        description=caption(label),
        description_allow_html=True,
    )


class ColumnChoices(ipw.VBox):
    """The columns of a file with the questions that they answer; undecided ones are always shown.

    ``questions`` are (label, name) pairs; ``on_choose(head, name)`` is called with a heading and the question chosen for
    it, empty for a column that is left out. ``title`` is the prefix of messages where records are several registers.
    """

    def __init__(
        self,
        columns: Sequence[FileColumn],
        questions: Sequence[tuple[str, str]],
        on_choose: Callable[[str, str], None],
        title: str = "",
    ) -> None:
        self._columns, self._questions = columns, questions
        self._on_choose = on_choose
        self.undecided: dict[str, ipw.Dropdown] = {}
        lines: list[ipw.Widget] = []
        undecided = [column for column in columns if column.undecided]
        if undecided:
            text = title + say("imports.undecided", count=len(undecided))
            lines.append(html(notice_html("bad", text)))
        for column in undecided:
            self.undecided[column.heading] = self._line(column)
            lines.append(self.undecided[column.heading])
        heading = title + say("imports.columns", count=len(columns))
        self.toggle = button(heading, self._toggle_rest, "guanai-small")
        self.rest = vbox((), "guanai-bar", "guanai-columns-list")
        set_visible(self.rest, False)
        super().__init__(
            [*lines, hbox([self.toggle], "guanai-buttons"), self.rest],
            layout=plain(),
            _dom_classes=("guanai-import-columns",),
        )

    def _line(self, column: FileColumn) -> ipw.Dropdown:
        """Return the list for one column, with some of its values in the label."""
        some = "、".join(column.samples)
        label = say("imports.column", letter=column.letter, head=column.heading, some=some or "—")
        options: list[tuple[str, object]] = []
        if column.undecided:
            options.append((say("imports.choose"), _UNDECIDED))
        options += [(say("imports.left_out"), LEFT_OUT), *self._questions]
        names = {name for _, name in self._questions}
        value = _UNDECIDED
        if not column.undecided:
            path = column.target.path if column.target else ""
            value = path if path in names and column.how != "left_out" else LEFT_OUT
        if column.how == "guessed" and column.target:
            guess = say("imports.guess", label=column.target.label)
            options.insert(1, (guess, column.target.path))
        choice = _dropdown(label, options, value)
        choice.observe(lambda change: self._on_column(column, change["new"]), "value")
        return choice

    def _on_column(self, column: FileColumn, name: str) -> None:
        if name != _UNDECIDED:
            self._on_choose(column.heading, name)

    def _toggle_rest(self) -> None:
        if not self.rest.children:
            shown = [column for column in self._columns if not column.undecided and not column.system]
            self.rest.children = tuple(self._line(column) for column in shown)
        set_visible(self.rest, self.rest.layout.display == "none")


class RowChoices(ipw.VBox):
    """The rows that need a decision: which registered child a row is, and which of two answers is taken.

    ``on_apply(others, same, clashes)`` is called with what was chosen so far (see `guanai.storage.imports.run.Choices`);
    ``beside(row)`` gives a table of its answers beside those of the records that it may be.
    """

    def __init__(
        self,
        rows: Sequence[ImportedRow],
        label: Callable[[str], str],
        on_apply: Callable[[list[int], dict[int, str], dict[tuple[int, str], str]], None],
        title: str = "",
        beside: Callable[[ImportedRow], str] | None = None,
    ) -> None:
        self._on_apply, self._title, self._beside = on_apply, title, beside
        self.alike: dict[int, ipw.Dropdown] = {}
        self.clashes: dict[tuple[int, str], ipw.Dropdown] = {}
        lines: list[ipw.Widget] = []
        conflicts = [row for row in rows if row.state == "conflict"]
        alike = [row for row in rows if row.state == "alike"]
        if conflicts:
            lines.append(self._head("imports.conflicts", len(conflicts)))
            self.all_school = button(say("imports.all_school"), lambda: self._take_all(TAKE_SCHOOL))
            self.all_file = button(say("imports.all_file"), lambda: self._take_all(TAKE_FILE))
            both = [self.all_school, self.all_file]
            lines.append(hbox(both, "guanai-buttons"))
        for row in conflicts[:_MOST_ROWS]:
            lines += self._conflict_choices(row)
        if alike:
            lines.append(self._head("imports.alike", len(alike)))
        for row in alike[:_MOST_ROWS]:
            lines += self._match_choices(row, label, open_=len(alike) <= _MOST_MATCHES)
        if len(conflicts) > _MOST_ROWS or len(alike) > _MOST_ROWS:
            lines.append(html(f"<p>{escape(say('imports.more', count=_MOST_ROWS))}</p>"))
        self.apply = button(say("imports.apply"), self._apply)
        if lines:
            lines.append(hbox([self.apply], "guanai-buttons"))
        super().__init__(lines, layout=plain(), _dom_classes=("guanai-import-choices",))

    def _head(self, key: str, count: int) -> ipw.HTML:
        return html(f"<h3>{escape(self._title + say(key, count=count))}</h3>")

    def _conflict_choices(self, row: ImportedRow) -> list[ipw.Widget]:
        choices: list[ipw.Widget] = []
        for clash in row.clashes:
            label = say("imports.clash", row=row.number, record=row.label, label=clash.label)
            options = [
                (say("imports.choose"), _UNDECIDED),
                (say("imports.school", text=_short(clash.old)), TAKE_SCHOOL),
                (say("imports.file", text=_short(clash.new)), TAKE_FILE),
            ]
            self.clashes[row.number, clash.path] = _dropdown(label, options, _UNDECIDED)
            choices.append(self.clashes[row.number, clash.path])
        return choices

    def _match_choices(
        self, row: ImportedRow, label: Callable[[str], str], *, open_: bool
    ) -> list[ipw.Widget]:
        """Return the list of records that a row may be, and its answers beside theirs, folded away where records are many rows."""
        options = [(say("imports.skip"), _UNDECIDED)]
        options += [(say("imports.same", label=label(key)), key) for key in row.like]
        options.append((say("imports.other"), ""))
        question = say("imports.who", row=row.number, record=row.label)
        self.alike[row.number] = _dropdown(question, options, _UNDECIDED)
        table = self._beside(row) if self._beside else ""
        if not table:
            return [self.alike[row.number]]
        head = escape(say("imports.beside"))
        folded = f"<details{' open' if open_ else ''}><summary>{head}</summary>{table}</details>"
        return [self.alike[row.number], html(folded)]

    def _take_all(self, side: str) -> None:
        self._on_apply(*self._chosen_matches(), {(0, "*"): side})

    def _chosen_matches(self) -> tuple[list[int], dict[int, str]]:
        others = [row for row, choice in self.alike.items() if choice.value == ""]
        return others, {
            row: choice.value for row, choice in self.alike.items() if choice.value not in ("", _UNDECIDED)
        }

    def _apply(self) -> None:
        clashes = {key: choice.value for key, choice in self.clashes.items() if choice.value != _UNDECIDED}
        self._on_apply(*self._chosen_matches(), clashes)


def comparison_html(form: FormDefinition, row: ImportedRow, records: Sequence[tuple[str, Record]]) -> str:
    """Return an HTML table of the answers of a row beside those of records, given as (label, record)."""
    heads = [say("alike.asked"), say("imports.in_file")]
    compared = records[:_MOST_MATCHES]
    texts = [
        texts_of(FormSession(form, record, language=spoken()))
        for record in (row.record, *(record for _, record in compared))
    ]
    answered = {path for path, (_, text) in texts[0].items() if text}
    shown = [{path: pair for path, pair in values.items() if path in answered} for values in texts]
    return side_by_side([*heads, *(label for label, _ in compared)], shown, all_=True) if records else ""


def _short(text: str) -> str:
    return (text or "—") if len(text) <= _LONG else f"{text[:_LONG]}…"


def column_questions(headers: Mapping[str, QuestionColumn]) -> list[tuple[str, str]]:
    """Return the questions that a column can answer, as (label, name) pairs."""
    return [(header.heading, path) for path, header in headers.items() if not header.read_only]
