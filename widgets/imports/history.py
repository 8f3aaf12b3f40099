"""The imports of before, each of which can be undone as a whole."""

from collections.abc import Callable
from functools import partial
from html import escape

import ipywidgets as ipw

from guanai.storage.imports.import_log import CompletedImport
from guanai.storage.imports.run import Imports
from guanai.templates.wording import say
from guanai.widgets.base.boxes import Panel, button, hbox, html
from guanai.widgets.base.notices import error_html, notice_html
from guanai.widgets.form.drafts import local_time

__all__ = ["ImportHistory"]


class ImportHistory(Panel):
    """The ten latest imports, the latest first, each with a button that undoes it.

    ``title(form)`` gives the title of a register.
    """

    def __init__(self, imports: Imports, *, title: Callable[[str], str | None] = str) -> None:
        super().__init__("guanai-imports")
        self._imports, self._title = imports, title
        self.undo: dict[str, ipw.Button] = {}
        self.notice = html()
        self.run()

    def run(self) -> None:
        """Read them again and show them."""
        self.undo = {}
        rows = [self._row(entry) for entry in self._imports.completed()[:10]]
        title = escape(say("imports.made"))
        none = [] if rows else [html(f"<p>{escape(say('import.none_done'))}</p>")]
        self.fill_with(html(f"<h3>{title}</h3>"), self.notice, *rows, *none)

    def _row(self, entry: CompletedImport) -> ipw.HBox:
        text = say(
            "imports.undone_line" if entry.undone else "imports.line",
            at=local_time(entry.at),
            by=entry.by,
            form=(self._title(entry.form) or entry.form) if entry.form else say("imports.many"),
            file=entry.file,
            new=entry.new,
            changed=entry.changed,
        )
        parts: list[ipw.Widget] = [html(f"<p>{escape(text)}</p>")]
        if not entry.undone:
            self.undo[entry.id] = button(say("imports.undo"), partial(self._undo, entry.id), "guanai-small")
            parts.append(self.undo[entry.id])
        return hbox(parts, "guanai-row-head")

    def _undo(self, import_id: str) -> None:
        try:
            undone, stayed = self._imports.undo(import_id)
        except Exception as error:
            self.notice.value = error_html(error)
            return
        text = say("import.undone_but" if stayed else "import.undone", back=undone, stay=stayed)
        self.notice.value = notice_html("good", text)
        self.run()
