"""The rows of an import: those of one state at a time, in pages, each with its messages."""

from collections.abc import Callable, Sequence
from html import escape

import ipywidgets as ipw

from guanai.storage.imports.preview import STATES, ImportedRow, ImportPreview, counts_of
from guanai.templates.wording import say
from guanai.widgets.base.boxes import Panel, control, html
from guanai.widgets.base.table import Pager

__all__ = ["RowsTable"]

_MOST_MESSAGES = 12  # of one row; a new record has one for each of dozens of answers


class RowsTable(Panel):
    """The rows of one register, or of several with the register's name before each; the states that need a decision come first."""

    def __init__(self, previews: Sequence[ImportPreview], title: Callable[[str], str]) -> None:
        super().__init__("guanai-import-rows")
        self._rows = [(preview.form, row) for preview in previews for row in preview.rows]
        self._title = title if len(previews) > 1 else None
        counts = counts_of(previews)
        options = [(say("imports.all", count=len(self._rows)), "")]
        options += [(f"{say(f'import.{state}')} {counts[state]}", state) for state in STATES if counts[state]]
        self.state = control(
            ipw.ToggleButtons,
            "guanai-tab-row",
            options=options,
            value=next((state for state in STATES if counts[state]), ""),
        )
        self.table = html()
        self.pager = Pager(20, self._draw)
        self.state.observe(self._on_state, "value")
        self.fill_with(self.state, self.table, self.pager)
        self._draw()

    def _on_state(self, _: object) -> None:
        self.pager.start = 0
        self._draw()

    def _draw(self) -> None:
        rows = [pair for pair in self._rows if self.state.value in ("", pair[1].state)]
        part = self.pager.slice_of(len(rows))
        heads = [say(f"imports.head.{key}") for key in ("row", "state", "record", "why")]
        lines = "".join(self._line(form, row, heads) for form, row in rows[part])
        head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
        self.table.value = (
            f'<div class="guanai-scroll"><table class="guanai-table"><thead><tr>{head}</tr></thead>'
            f"<tbody>{lines}</tbody></table></div>"
        )

    def _line(self, form: str, row: ImportedRow, heads: Sequence[str]) -> str:
        messages = [escape(message) for message in row.messages[:_MOST_MESSAGES]]
        if len(row.messages) > _MOST_MESSAGES:
            messages.append(f"… {len(row.messages) - _MOST_MESSAGES}")
        state = escape(say(f"import.{row.state}"))
        number = escape(f"{self._title(form)} {row.number}" if self._title else str(row.number))
        return (
            f'<tr class="guanai-row-{row.state}"><th scope="row" data-label="{escape(heads[0])}">{number}</th>'
            f'<td data-label="{escape(heads[1])}"><span class="guanai-badge">{state}</span></td>'
            f'<td data-label="{escape(heads[2])}">{escape(row.label)}</td>'
            f'<td data-label="{escape(heads[3])}">{"<br>".join(messages)}</td></tr>'
        )
