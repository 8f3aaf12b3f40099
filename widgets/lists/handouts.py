"""What stands on a page taken along: on A4 paper by one click, or as a workbook; all rows of it, not only those shown."""

from collections.abc import Callable, Mapping, Sequence
from html import escape

import pandas as pd

from guanai.storage.exports.duty_sheets import tables_excel
from guanai.templates.wording import say
from guanai.widgets.base.boxes import Panel, button, html
from guanai.widgets.base.errors import error_html
from guanai.widgets.base.table import Table
from guanai.widgets.base.value_labels import plain_text
from guanai.widgets.lists.downloads import Download

__all__ = ["Handout", "tables_handout", "tables_sheet"]


class Handout(Panel):
    """Two buttons: ``Handout("day.xlsx", paper, excel)``; ``paper`` returns a sheet as HTML, ``excel`` a workbook."""

    def __init__(
        self,
        filename: str,
        paper: Callable[[], str],
        excel: Callable[[], bytes],
        *,
        language: str | None = None,
    ) -> None:
        super().__init__("guanai-handout")
        self._paper, self._language = paper, language
        self.print = button(say("handout.print", language), self._print)
        self.download = Download(say("checklist.excel", language), filename, excel, language=language)
        self.sheet = html("", "guanai-sheet")
        self.fill_with(self.print, self.download, self.sheet)

    def _print(self) -> None:
        try:
            self.sheet.value = ""  # so that the same sheet is printed again
            self.sheet.value = self._paper()
        except Exception as error:
            self.sheet.value = error_html(error, self._language)


def tables_handout(
    filename: str,
    tables: Sequence[Table] | Mapping[str, Table],
    heading: str = "",
    language: str | None = None,
) -> Handout:
    """Return the two buttons for some tables of a page, each a table on paper and a sheet of the workbook.

    In a mapping they stand under their titles, where they have none themselves.
    """
    named = tables.items() if isinstance(tables, Mapping) else (("", table) for table in tables)
    shown = list(named)

    def words(*, numbers: bool = False) -> list[tuple[str, pd.DataFrame]]:
        found = [(title, *table.words(numbers=numbers)) for title, table in shown]
        return [(own or title, frame) for title, own, frame in found]

    def paper() -> str:
        return tables_sheet(words(), heading)

    def excel() -> bytes:
        return tables_excel(words(numbers=True))

    return Handout(filename, paper, excel, language=language)


def tables_sheet(tables: Sequence[tuple[str, pd.DataFrame]], heading: str = "") -> str:
    """Return tables (title, frame with its columns in words) for paper; empty ones are left out."""
    parts = []
    for title, frame in tables:
        if frame.empty:
            continue
        head = "".join(f'<th scope="col">{escape(str(name))}</th>' for name in frame.columns)
        rows = "".join(
            f"<tr>{''.join(f'<td>{escape(plain_text(value))}</td>' for value in row)}</tr>"
            for row in frame.itertuples(index=False, name=None)
        )
        caption = escape(" ".join(filter(None, [heading, title])))
        parts.append(
            f'<table class="guanai-paper guanai-paper-wrapped"><caption>{caption}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        )
    return f"<div data-print-now>{''.join(parts)}</div>"
