"""The imports that were made, each of which can be taken back as a whole."""

from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as ipw

from guanai.storage.imports.log import Import
from guanai.storage.imports.run import Imports
from guanai.templates.wording import say
from guanai.widgets.base.boxes import Panel, button, html
from guanai.widgets.base.errors import error_html
from guanai.widgets.base.layouts import plain
from guanai.widgets.form.drafts import local_time

__all__ = ["ImportHistory"]


class ImportHistory(Panel):
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
        lines = [self._line(one) for one in self._imports.done()[:10]]
        title = escape(say("imports.made", self._language))
        none = [] if lines else [html(f"<p>{escape(say('import.none_done', self._language))}</p>")]
        self.fill_with(html(f"<h3>{title}</h3>"), self.notice, *lines, *none)

    def _line(self, one: Import) -> Any:
        text = say(
            "imports.undone_line" if one.undone else "imports.line",
            self._language,
            at=local_time(one.at),
            by=one.by,
            form=(self._title(one.form) or one.form) if one.form else say("imports.many", self._language),
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
        return ipw.HBox(line, layout=plain(), _dom_classes=("guanai-row-head",))

    def _undoer(self, import_id: str) -> Callable[[], None]:
        def undo() -> None:
            try:
                back, stay = self._imports.undo(import_id)
            except Exception as error:
                self.notice.value = error_html(error, self._language)
                return
            text = say("import.undone_but" if stay else "import.undone", self._language, back=back, stay=stay)
            self.notice.value = f'<p class="guanai-notice guanai-good" role="status">{escape(text)}</p>'
            self.run()

        return undo
