"""An import as a coordinator does it: choose a file, see row by row what it would do, confirm it."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import ipywidgets as ipw

from guanai.storage.exports.question_columns import question_columns
from guanai.storage.files.file_access import MAX_FILE_BYTES
from guanai.storage.forms.xlsform.definitions import Form as FormDefinition
from guanai.storage.imports.preview import ImportedRow, ImportSource, counts_of, ready
from guanai.storage.imports.run import Choices, ImportPreview, Imports
from guanai.storage.imports.sources import IMPORT_ENDINGS, read_source, read_submission_files
from guanai.storage.records.attachments import safe_name
from guanai.templates.wording import say
from guanai.widgets.base.boxes import (
    HasValue,
    Panel,
    TraitChange,
    button,
    control,
    hbox,
    html,
    set_visible,
    vbox,
)
from guanai.widgets.base.notices import error_html, notice_html
from guanai.widgets.base.value_labels import Record
from guanai.widgets.imports.decisions import ColumnChoices, RowChoices, column_questions, comparison_html
from guanai.widgets.imports.row_list import RowsTable

__all__ = ["ImportPanel"]

_SECONDS = 0.3  # between two steps of the progress bar
_WHOLE, _ONE = "whole", "one"


@dataclass
class _Decisions:
    """What a person has chosen so far about the rows and columns of one register."""

    columns: dict[str, str] = field(default_factory=dict)
    others: list[int] = field(default_factory=list)
    same: dict[int, str] = field(default_factory=dict)
    clashes: dict[tuple[int, str], str] = field(default_factory=dict)


class ImportPanel(Panel):
    """Imports a file into the school: ``Import(school.imports, school.form, register)``.

    ``form(name)`` gives a form and ``register`` is an input whose value is the name of the register that rows go into;
    of a file with several registers all are offered at once. ``label(form, id)`` gives the name of a record and
    ``record(form, id)`` the record; ``on_done()`` is called when something was written.
    """

    def __init__(
        self,
        imports: Imports,
        form: Callable[[str], FormDefinition],
        register: HasValue,
        *,
        label: Callable[[str, str], str] | None = None,
        record: Callable[[str, str], Record | None] | None = None,
        on_done: Callable[[], None] | None = None,
    ) -> None:
        super().__init__("guanai-import")
        self._imports, self._forms, self._register, self._label_of_record = imports, form, register, label
        self._record, self._on_done = record, on_done
        self._folder: TemporaryDirectory[str] | None = None
        self._source: ImportSource | None = None
        self._sheet = ""
        self._scope = _ONE
        self._decisions: dict[str, _Decisions] = defaultdict(_Decisions)
        self._progress_at = 0.0
        self.previews: tuple[ImportPreview, ...] = ()
        self.upload = self._upload()
        self.bar = html("", "guanai-progress")
        self.notice = html()
        self.summary = html()
        self.scope = vbox(())
        self.sheet = vbox(())
        self.columns = vbox(())
        self.rows = vbox(())
        self.list = vbox(())
        self.confirm = button(say("imports.confirm", count=0), self._run, "guanai-main")
        self.cancel = button(say("imports.cancel"), self._cancel)
        self.buttons = hbox([self.confirm, self.cancel], "guanai-buttons")
        # What is shown of a file, from top to bottom.
        content = (self.summary, self.scope, self.sheet, self.columns, self.rows, self.list)
        self.preview_parts = (*content, self.buttons)
        self.fill_with(self.box, self.bar, self.notice, *self.preview_parts)
        register.observe(lambda _: self._cancel(), "value")
        self._hide()

    @property
    def preview(self) -> ImportPreview | None:
        """What would be done to the first register, None without a file."""
        return self.previews[0] if self.previews else None

    @property
    def table(self) -> RowsTable:
        """The table of the rows."""
        return self.list.children[0]

    def _title(self, form: str) -> str:
        return str(self._forms(form).title())

    def _label(self, form: str, record_id: str) -> str:
        return self._label_of_record(form, record_id) if self._label_of_record else record_id

    def _upload(self) -> ipw.FileUpload:
        """Return the upload button; the browser refuses files that are too large for the connection."""
        upload = control(
            ipw.FileUpload,
            "guanai-upload",
            "guanai-button",
            "guanai-main",
            accept=",".join(IMPORT_ENDINGS),
            multiple=True,
            description=say("imports.choose_file"),
        )
        too_large = say("exchange.too_large", file="{name}", size="{size}", most=f"{MAX_FILE_BYTES >> 20} MB")
        hint = say("imports.kinds", most=f"{MAX_FILE_BYTES >> 20} MB")
        head = html(
            f'<div class="guanai-hint">{escape(hint)}</div>'
            f'<span class="guanai-most" data-most="{MAX_FILE_BYTES}" data-text="{escape(too_large)}"></span>',
            "guanai-legend",
        )
        row = hbox([upload], "guanai-buttons")
        self.box = vbox([row, head], "guanai-field", "guanai-attachment")
        upload.observe(self._on_upload, "value")
        return upload

    # -- the file

    def _on_upload(self, change: TraitChange) -> None:
        if not change["new"]:
            return
        files = {str(file["name"]): bytes(file["content"]) for file in change["new"]}
        self.upload.value = ()
        self.read(files)

    def read(self, files: Mapping[str, bytes]) -> None:
        """Read files that were chosen together: a CSV of submissions with those of its repeats and its pictures."""
        self._reset()
        name = next(iter(files)) if len(files) == 1 else say("imports.several", count=len(files))
        try:
            self._say("busy", say("imports.reading", file=name))
            self._source = (
                self._write_file(name, files[name]) if name in files else read_submission_files(files, name)
            )
        except Exception as error:
            self.notice.value = error_html(error)
            return
        registers = self._imports.registers_in(self._source)
        self._scope = _WHOLE if len(registers) > 1 or (registers and self._form not in registers) else _ONE
        self._preview()

    def _write_file(self, name: str, content: bytes) -> ImportSource:
        self._folder = TemporaryDirectory(prefix="guanai-import-")
        path = Path(self._folder.name) / safe_name(name)
        path.write_bytes(content)
        return read_source(path, name)

    @property
    def _form(self) -> str:
        return str(self._register.value)

    def _preview(self, notice: str = "") -> None:
        """Show what the file would do, by what has been decided so far."""
        if self._source is None:
            return
        self._say("busy", say("imports.looking"))
        self._progress_at = 0.0
        try:
            self.previews = self._previews_of(self._source)
        except Exception as error:
            self._hide()
            self.previews = ()
            self.notice.value = error_html(error)
            self._show_scope()
            self._show_sheets()
            set_visible(self.buttons, True)
            set_visible(self.confirm, False)
            return
        finally:
            self.bar.value = ""
        self.notice.value = notice
        self._show()

    def _previews_of(self, source: ImportSource) -> tuple[ImportPreview, ...]:
        choices = {
            form: Choices(decisions.columns, self._sheet, decisions.others, decisions.same, decisions.clashes)
            for form, decisions in self._decisions.items()
        }
        if self._scope == _WHOLE:
            return self._imports.preview_all(source, choices, self._progress)
        chosen = choices.get(self._form, Choices(sheet=self._sheet))
        return (self._imports.preview(self._form, source, chosen, self._progress),)

    def _progress(self, done: int, total: int) -> None:
        now = monotonic()
        if total and now - self._progress_at > _SECONDS:
            self._progress_at = now
            text = escape(say("imports.progress", done=done, total=total))
            self.bar.value = f'<progress max="{total}" value="{done}" aria-label="{text}"></progress> {text}'

    # -- what it would do

    def _show(self) -> None:
        previews, counts = self.previews, counts_of(self.previews)
        notices = "".join(f"<p>{escape(notice)}</p>" for preview in previews for notice in preview.notices)
        count = sum(len(preview.rows) for preview in previews)
        title = escape(say("imports.would", file=previews[0].file, count=count))
        self.summary.value = f"<h3>{title}</h3>{notices}"
        self._show_scope()
        self._show_sheets()
        self.columns.children = tuple(self._columns_of(preview) for preview in previews if preview.columns)
        self.rows.children = tuple(
            self._rows_of(preview)
            for preview in previews
            if len(previews) == 1 or any(row.state in ("alike", "conflict") for row in preview.rows)
        )
        self.list.children = (RowsTable(previews, self._title),)
        written = counts["new"] + counts["changed"]
        self.confirm.description = say("imports.confirm", count=written)
        self.confirm.disabled = not ready(previews)
        for part in (self.summary, self.columns, self.rows, self.list, self.buttons, self.confirm):
            set_visible(part, True)

    def _columns_of(self, preview: ImportPreview) -> ColumnChoices:
        questions = column_questions(
            {header.path: header for header in question_columns(self._forms(preview.form))}
        )
        choose = partial(self._choose_column, preview.form)
        return ColumnChoices(preview.columns, questions, choose, self._head(preview))

    def _rows_of(self, preview: ImportPreview) -> RowChoices:
        label, choose = partial(self._label, preview.form), partial(self._choose_rows, preview.form)
        beside = partial(self._beside, preview.form) if self._record else None
        return RowChoices(preview.rows, label, choose, self._head(preview), beside)

    def _beside(self, form: str, row: ImportedRow) -> str:
        records = {key: self._record(form, key) for key in row.like} if self._record else {}
        labelled = [(self._label(form, key), record) for key, record in records.items() if record is not None]
        return comparison_html(self._forms(form), row, labelled)

    def _head(self, preview: ImportPreview) -> str:
        """Return the name of the register as a prefix, where there are several."""
        return f"{self._title(preview.form)}：" if len(self.previews) > 1 else ""

    def _show_scope(self) -> None:
        """Offer all registers of the file or the one that is chosen on the page, where both make sense."""
        registers = self._imports.registers_in(self._source) if self._source else []
        self.scope.children = ()
        if len(registers) < 2 or self._form not in registers:
            return
        choice = control(
            ipw.ToggleButtons,
            "guanai-tab-row",
            options=[
                (say("imports.scope_whole", count=len(registers)), _WHOLE),
                (say("imports.scope_one", title=self._title(self._form)), _ONE),
            ],
            value=self._scope,
            description=say("imports.scope"),
        )
        choice.observe(self._choose_scope, "value")
        self.scope.children = (choice,)
        set_visible(self.scope, True)

    def _show_sheets(self) -> None:
        titles = [
            grid.title for grid in (self._source.sheets if self._source else ()) if grid.title and grid.rows
        ]
        self.sheet.children = ()
        if len(titles) < 2:
            return
        options = [(say("imports.any_sheet"), ""), *((title, title) for title in titles)]
        choice = control(
            ipw.Dropdown, "guanai-field", options=options, value=self._sheet, description=say("imports.sheet")
        )
        choice.observe(self._choose_sheet, "value")
        self.sheet.children = (choice,)
        set_visible(self.sheet, True)

    # -- what a person decides

    def _choose_column(self, form: str, head: str, name: str) -> None:
        self._decisions[form].columns[head] = name
        self._preview()

    def _choose_sheet(self, change: TraitChange) -> None:
        self._sheet = change["new"]
        self._decisions.clear()
        self._preview()

    def _choose_scope(self, change: TraitChange) -> None:
        self._scope = change["new"]
        self._decisions.clear()
        self._preview()

    def _choose_rows(
        self,
        form: str,
        others: Sequence[int],
        same: Mapping[int, str],
        clashes: Mapping[tuple[int, str], str],
    ) -> None:
        decided = self._decisions[form]
        decided.others += others
        decided.same |= same
        decided.clashes |= clashes
        self._preview()

    # -- importing

    def _run(self) -> None:
        if not self.previews:
            return
        self.confirm.disabled = True
        self._progress_at = 0.0
        try:
            done = self._imports.apply(*self.previews, progress=self._progress)
        except Exception as error:
            self._preview(error_html(error))  # where somebody saved meanwhile, the preview is new
            return
        finally:
            self.bar.value = ""
        self._reset()
        if done is not None:
            text = say("imports.done", file=done.file, new=done.new, changed=done.changed)
            self._say("good", text)
        if self._on_done is not None:
            self._on_done()

    def _cancel(self) -> None:
        self._reset()
        self.notice.value = ""

    def _reset(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()
        self._folder, self._source, self.previews = None, None, ()
        self._sheet, self._scope = "", _ONE
        self._decisions.clear()
        self._hide()

    def _hide(self) -> None:
        for part in self.preview_parts:
            set_visible(part, False)

    def _say(self, kind: str, text: str) -> None:
        self.notice.value = notice_html(kind, text)
