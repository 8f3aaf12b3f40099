"""What a page shows, to take along: printed on A4 paper or as a workbook, with the rows of all its pages.

The mark ``data-print-now`` in a sheet makes the browser open its print dialog as soon as the sheet is on the page.
"""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from datetime import date
from html import escape

import pandas as pd

from guanai.storage.reports.excel_tables import tables_excel
from guanai.templates.wording import say
from guanai.widgets.base.boxes import Panel, button, html
from guanai.widgets.base.notices import error_html
from guanai.widgets.base.table import Table
from guanai.widgets.base.value_labels import plain_text
from guanai.widgets.lists.downloads import Download

__all__ = ["Handout", "due_sheet", "group_title", "tables_handout", "tables_sheet"]

#: The acts that take along what a page shows.
HANDED_OUT = ("print", "export")


class Handout(Panel):
    """Two buttons: ``Handout("day.xlsx", paper, excel)``; ``paper`` returns a sheet as HTML, ``excel`` a workbook.

    ``acts`` are what the person may do (`Access.acts`): without ``print`` or ``export`` there is no such button.
    """

    def __init__(
        self,
        filename: str,
        paper: Callable[[], str],
        excel: Callable[[], bytes],
        *,
        acts: Collection[str] = HANDED_OUT,
    ) -> None:
        super().__init__("guanai-handout")
        self._paper = paper
        self.print = button(say("handout.print"), self._print) if "print" in acts else None
        self.download = Download(say("checklist.excel"), filename, excel) if "export" in acts else None
        self.sheet = html("", "guanai-sheet")
        self.fill_with(*(one for one in (self.print, self.download, self.sheet) if one is not None))

    def _print(self) -> None:
        try:
            self.sheet.value = ""  # so that the same sheet is printed again
            self.sheet.value = self._paper()
        except Exception as error:
            self.sheet.value = error_html(error)


def tables_handout(
    filename: str,
    tables: Sequence[Table] | Mapping[str, Table],
    heading: str = "",
    acts: Collection[str] = HANDED_OUT,
) -> Handout:
    """Return the two buttons for some tables of a page, each a table on paper and a sheet of the workbook.

    In a mapping the keys are the titles of tables without a caption. ``acts`` as in `Handout`.
    """
    named = list(tables.items()) if isinstance(tables, Mapping) else [("", table) for table in tables]

    def contents(*, numbers: bool = False) -> list[tuple[str, pd.DataFrame]]:
        texts = [(title, *table.texts(numbers=numbers)) for title, table in named]
        return [(own or title, frame) for title, own, frame in texts]

    return Handout(
        filename,
        lambda: tables_sheet(contents(), heading),
        lambda: tables_excel(contents(numbers=True)),
        acts=acts,
    )


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


COLUMNS = ("subject", "class", "duty", "text", "due", "status", "who", "why")


def group_title(column: str, value: object) -> str:
    """Return the heading of the lines that have one value in the column they are grouped by."""
    if column == "tier":
        return say(f"to_do.tier.{value}")
    return str(value) or say(f"due.no_{column}")


def due_sheet(
    rows: pd.DataFrame,
    *,
    heading: str = "",
    day: date | None = None,
    group: str = "",
    chosen: Sequence[str] = (),
) -> str:
    """Return what is to be done, or due lines, as a table for paper, each row with a box to tick.

    The sentence of a row says its duty and why. ``heading`` is the school's name, ``chosen`` are the values of the filters in words, ``group`` is the column to
    group by. A column ``counted_on`` of the lines (`DutyService.with_days`) is printed behind the reason.
    """
    told = ("duty", "why") if "text" in rows else ()
    columns = [name for name in COLUMNS if name in rows and name != group and name not in told]
    head = "".join(f'<th scope="col">{escape(say(f"column.{name}"))}</th>' for name in columns)
    body: list[str] = []
    groups = rows.groupby(rows[group].fillna(""), sort=False) if group in rows else [("", rows)]
    for name, part in groups:
        if group in rows:
            title = escape(group_title(group, name))
            body.append(
                f'<tr><th class="guanai-sheet-part" colspan="{len(columns) + 1}" scope="rowgroup">{title} · {len(part)}</th></tr>'
            )
        for row in part.to_dict("records"):
            cells = "".join(f"<td>{escape(_text(name, row))}</td>" for name in columns)
            body.append(f'<tr><td class="guanai-box">☐</td>{cells}</tr>')
    heads = [say("due.sheet", count=len(rows))]
    heads += [say("due.as_of", day=day)] if day else []
    title = escape(" ".join(filter(None, [heading, *heads, *chosen])))
    box = escape(say("due.box"))
    return (
        f'<table class="guanai-paper" data-print-now><caption>{title}</caption>'
        f'<thead><tr><th scope="col"><span class="guanai-unseen">{box}</span></th>{head}</tr></thead><tbody>{"".join(body)}</tbody></table>'
    )


def _text(name: str, row: Mapping[Hashable, object]) -> str:
    if name == "status":
        return say(f"due.status_{row[name]}")
    text, days = plain_text(row[name]), plain_text(row.get("counted_on")) if name in ("why", "text") else ""
    return f"{text} · {say('due.counted')} {days}" if days else text
