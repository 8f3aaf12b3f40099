"""An import as a coordinator does it: choose a file, see row by row what it would do, confirm it, take it back."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import ipywidgets as ipw

from guanai.storage.attachments import safe_name
from guanai.storage.grids import LARGEST, Source
from guanai.storage.headers import headers_of
from guanai.storage.import_rows import Row
from guanai.storage.import_sources import ENDINGS, read_source
from guanai.storage.imports import STATES, Choices, Imports, Plan
from guanai.templates.wording import say
from guanai.widgets.boxes import Panel, button, html, show
from guanai.widgets.errors import shown_error
from guanai.widgets.import_choices import ColumnChoices, RowChoices, questions_of
from guanai.widgets.layouts import plain, style_of
from guanai.widgets.tables import Pager
from guanai.widgets.unsaved import moment_of

__all__ = ["Import", "ImportsMade"]

_SECONDS = 0.3  # between two steps of the progress bar
_SHOWN = 12  # messages of one row; a whole new record has dozens of answers


class Import(Panel):
    """Brings the rows of a file into the register that is chosen: ``Import(school.imports, school.form, register)``.

    ``form(name)`` gives a form and ``register`` is an input whose value is its name; ``label(form, id)`` says how a
    record is called; ``on_done()`` is called when something was written.
    """

    def __init__(
        self,
        imports: Imports,
        form: Callable[[str], Any],
        register: Any,
        *,
        label: Callable[[str, str], str] | None = None,
        on_done: Callable[[], None] | None = None,
        language: str | None = None,
    ) -> None:
        super().__init__("guanai-import")
        self._imports, self._forms, self._register, self._called = imports, form, register, label
        self._on_done, self._language = on_done, language
        self._folder: TemporaryDirectory[str] | None = None
        self._source: Source | None = None
        self._columns: dict[str, str] = {}
        self._sheet = ""
        self._others: list[int] = []
        self._same: dict[int, str] = {}
        self._clashes: dict[tuple[int, str], str] = {}
        self._told = 0.0
        self.plan: Plan | None = None
        self.upload = self._upload()
        self.bar = html("", "guanai-progress")
        self.notice = html()
        self.summary = html()
        self.sheet = ipw.VBox([], layout=plain())
        self.columns = ipw.VBox([], layout=plain())
        self.rows = ipw.VBox([], layout=plain())
        self.state: Any = None
        self.filter = ipw.VBox([], layout=plain())
        self.table = html()
        self.pager = Pager(20, self._draw, language)
        self.confirm = button(say("imports.confirm", language, count=0), self._carry_out, "guanai-main")
        self.cancel = button(say("imports.cancel", language), self._start_again)
        self.buttons = ipw.HBox([self.confirm, self.cancel], layout=plain(), _dom_classes=("guanai-buttons",))
        # What a file brings to the page, from top to bottom.
        self.found = (
            self.summary,
            self.sheet,
            self.columns,
            self.rows,
            self.filter,
            self.table,
            self.pager,
            self.buttons,
        )
        self.fill_with(
            self.box,
            self.bar,
            self.notice,
            *self.found,
        )
        register.observe(lambda _: self._start_again(), "value")
        self._hide()

    @property
    def _form(self) -> Any:
        return self._forms(self._register.value)

    def _label(self, record_id: str) -> str:
        return self._called(self._register.value, record_id) if self._called else record_id

    def _upload(self) -> Any:
        """Return the button that takes a file; one that the connection could not carry is refused in the browser."""
        made = ipw.FileUpload(
            accept=",".join(ENDINGS),
            description=say("imports.choose_file", self._language),
            layout=plain(),
            style=style_of(ipw.FileUpload),
            _dom_classes=("guanai-upload", "guanai-button", "guanai-main"),
        )
        too_large = say(
            "exchange.too_large", self._language, file="{name}", size="{size}", most=f"{LARGEST >> 20} MB"
        )
        hint = say("imports.kinds", self._language, most=f"{LARGEST >> 20} MB")
        head = html(
            f'<div class="guanai-hint">{escape(hint)}</div>'
            f'<span class="guanai-most" data-most="{LARGEST}" data-text="{escape(too_large)}"></span>',
            "guanai-legend",
        )
        row = ipw.HBox([made], layout=plain(), _dom_classes=("guanai-buttons",))
        self.box = ipw.VBox([row, head], layout=plain(), _dom_classes=("guanai-field", "guanai-attachment"))
        made.observe(self._sent, "value")
        return made

    # -- the file

    def _sent(self, change: dict[str, Any]) -> None:
        if not change["new"]:
            return
        sent = change["new"][-1]
        self.upload.value = ()
        self.read(str(sent["name"]), bytes(sent["content"]))

    def read(self, name: str, content: bytes) -> None:
        """Read a file as if it had been chosen, and show what it would do."""
        self._forget()
        try:
            self._folder = TemporaryDirectory(prefix="guanai-import-")
            path = Path(self._folder.name) / safe_name(name)
            path.write_bytes(content)
            self._say("busy", say("imports.reading", self._language, file=name))
            self._source = read_source(path, name)
        except Exception as error:
            self.notice.value = shown_error(error, self._language)
            return
        self._look()

    def _look(self) -> None:
        """Show what the file would do, by what has been decided so far."""
        if self._source is None:
            return
        self._say("busy", say("imports.looking", self._language))
        self._told = 0.0
        choices = Choices(self._columns, self._sheet, self._others, self._same, self._clashes)
        try:
            self.plan = self._imports.plan(self._form.name, self._source, choices, self._progress)
        except Exception as error:
            self._hide()
            self.notice.value = shown_error(error, self._language)
            self._show_sheets()
            show(self.buttons, True)
            show(self.confirm, False)
            return
        finally:
            self.bar.value = ""
        self.notice.value = ""
        self._show(self.plan)

    def _progress(self, done: int, total: int) -> None:
        now = monotonic()
        if total and now - self._told > _SECONDS:
            self._told = now
            text = escape(say("imports.progress", self._language, done=done, total=total))
            self.bar.value = f'<progress max="{total}" value="{done}" aria-label="{text}"></progress> {text}'

    # -- what it would do

    def _show(self, plan: Plan) -> None:
        counts = plan.counts
        notices = "".join(f"<p>{escape(notice)}</p>" for notice in plan.notices)
        title = escape(say("imports.would", self._language, file=plan.file, count=len(plan.rows)))
        self.summary.value = f"<h3>{title}</h3>{notices}"
        questions = questions_of({header.path: header for header in headers_of(self._form)})
        self.columns.children = (
            (ColumnChoices(plan.columns, questions, self._choose_column, self._language),)
            if plan.columns
            else ()
        )
        self.rows.children = (RowChoices(plan.rows, self._label, self._choose_rows, self._language),)
        self._show_sheets()
        self._show_states(plan)
        written = counts["new"] + counts["changed"]
        self.confirm.description = say("imports.confirm", self._language, count=written)
        self.confirm.disabled = not plan.ready
        for part in (
            self.summary,
            self.columns,
            self.rows,
            self.filter,
            self.table,
            self.buttons,
            self.confirm,
        ):
            show(part, True)
        self._draw()

    def _show_sheets(self) -> None:
        titles = [
            grid.title for grid in (self._source.grids if self._source else ()) if grid.title and grid.rows
        ]
        if len(titles) < 2:
            self.sheet.children = ()
            return
        options = [(say("imports.any_sheet", self._language), ""), *((title, title) for title in titles)]
        made = ipw.Dropdown(
            options=options,
            value=self._sheet,
            description=say("imports.sheet", self._language),
            layout=plain(),
            style=style_of(ipw.Dropdown),
            _dom_classes=("guanai-field",),
        )
        made.observe(self._choose_sheet, "value")
        self.sheet.children = (made,)
        show(self.sheet, True)

    def _show_states(self, plan: Plan) -> None:
        """Offer to see the rows of one state only, first those that need a person."""
        counts = plan.counts
        options = [(say("imports.all", self._language, count=len(plan.rows)), "")]
        options += [
            (f"{say(f'import.{state}', self._language)} {counts[state]}", state)
            for state in STATES
            if counts[state]
        ]
        first = next((state for state in STATES if counts[state]), "")
        self.state = ipw.ToggleButtons(
            options=options,
            value=first,
            layout=plain(),
            style=style_of(ipw.ToggleButtons),
            _dom_classes=("guanai-tab-row",),
        )
        self.state.observe(self._turn, "value")
        self.filter.children = (self.state,)

    def _turn(self, _: object) -> None:
        self.pager.start = 0
        self._draw()

    def _draw(self) -> None:
        if self.plan is None:
            return
        rows = [row for row in self.plan.rows if self.state.value in ("", row.state)]
        part = self.pager.of(len(rows))
        heads = [say(f"imports.head.{key}", self._language) for key in ("row", "state", "record", "why")]
        lines = "".join(self._line(row, heads) for row in rows[part])
        head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
        self.table.value = (
            f'<div class="guanai-scroll"><table class="guanai-table"><thead><tr>{head}</tr></thead>'
            f"<tbody>{lines}</tbody></table></div>"
        )

    def _line(self, row: Row, heads: Sequence[str]) -> str:
        said = [escape(message) for message in row.messages[:_SHOWN]]
        if len(row.messages) > _SHOWN:
            said.append(f"… {len(row.messages) - _SHOWN}")
        state = escape(say(f"import.{row.state}", self._language))
        return (
            f'<tr class="guanai-row-{row.state}"><th scope="row" data-label="{escape(heads[0])}">{row.row}</th>'
            f'<td data-label="{escape(heads[1])}"><span class="guanai-badge">{state}</span></td>'
            f'<td data-label="{escape(heads[2])}">{escape(row.label)}</td>'
            f'<td data-label="{escape(heads[3])}">{"<br>".join(said)}</td></tr>'
        )

    # -- what a person decides

    def _choose_column(self, head: str, name: str) -> None:
        self._columns[head] = name
        self._look()

    def _choose_sheet(self, change: dict[str, Any]) -> None:
        self._sheet = change["new"]
        self._columns.clear()
        self._look()

    def _choose_rows(
        self, others: list[int], same: dict[int, str], clashes: Mapping[tuple[int, str], str]
    ) -> None:
        self._others = [*self._others, *others]
        self._same |= same
        self._clashes |= clashes
        self._look()

    # -- doing it

    def _carry_out(self) -> None:
        if self.plan is None:
            return
        self.confirm.disabled = True
        self._told = 0.0
        try:
            done = self._imports.carry_out(self.plan, self._progress)
        except Exception as error:
            self.notice.value = shown_error(error, self._language)
            return
        finally:
            self.bar.value = ""
        self._forget()
        if done is not None:
            text = say("imports.done", self._language, file=done.file, new=done.new, changed=done.changed)
            self._say("good", text)
        if self._on_done is not None:
            self._on_done()

    def _start_again(self) -> None:
        self._forget()
        self.notice.value = ""

    def _forget(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()
        self._folder, self._source, self.plan = None, None, None
        self._columns, self._sheet = {}, ""
        self._others, self._same, self._clashes = [], {}, {}
        self.pager.start = 0
        self._hide()

    def _hide(self) -> None:
        for part in self.found:
            show(part, False)

    def _say(self, kind: str, text: str) -> None:
        self.notice.value = f'<p class="guanai-notice guanai-{kind}" role="status">{escape(text)}</p>'


class ImportsMade(Panel):
    """The imports that were made, the latest first, each with a button that takes it back.

    ``title(form)`` says how a register is called.
    """

    def __init__(
        self, imports: Imports, *, title: Callable[[str], str | None] = str, language: str | None = None
    ) -> None:
        super().__init__("guanai-imports")
        self._imports, self._title, self._language = imports, title, language
        self.undo: dict[str, Any] = {}
        self.notice = html()
        self.run()

    def run(self) -> None:
        """Show them as they are now."""
        self.undo = {}
        lines: list[Any] = []
        for one in self._imports.done()[:10]:
            key = "imports.undone_line" if one.undone else "imports.line"
            text = say(
                key,
                self._language,
                at=moment_of(one.at),
                by=one.by,
                form=self._title(one.form) or one.form,
                file=one.file,
                new=one.new,
                changed=one.changed,
            )
            line: list[Any] = [html(f"<p>{escape(text)}</p>")]
            if not one.undone:
                self.undo[one.id] = button(
                    say("imports.undo", self._language), self._undoer(one.id), "guanai-small"
                )
                line.append(self.undo[one.id])
            lines.append(ipw.HBox(line, layout=plain(), _dom_classes=("guanai-row-head",)))
        title = escape(say("imports.made", self._language))
        none = [] if lines else [html(f"<p>{escape(say('import.none_done', self._language))}</p>")]
        self.fill_with(html(f"<h3>{title}</h3>"), self.notice, *lines, *none)

    def _undoer(self, import_id: str) -> Callable[[], None]:
        def undo() -> None:
            try:
                back, stay = self._imports.undo(import_id)
            except Exception as error:
                self.notice.value = shown_error(error, self._language)
                return
            text = say("import.undone_but" if stay else "import.undone", self._language, back=back, stay=stay)
            self.notice.value = f'<p class="guanai-notice guanai-good" role="status">{escape(text)}</p>'
            self.run()

        return undo
