"""A checklist on paper: every chosen line in one table with a box to tick, ready for A4."""

from collections.abc import Hashable, Mapping, Sequence
from datetime import date
from html import escape

import pandas as pd

from guanai.templates.wording import say
from guanai.widgets.base.value_labels import plain_text

__all__ = ["due_sheet"]

COLUMNS = ("subject", "class", "duty", "due", "status", "who", "why")


def due_sheet(
    rows: pd.DataFrame,
    *,
    heading: str = "",
    day: date | None = None,
    group: str = "",
    chosen: Sequence[str] = (),
    language: str | None = None,
) -> str:
    """Return due lines as a table for paper; the mark in it asks the browser to print as soon as it is there.

    ``heading`` is the school's name, ``chosen`` in words what the list was narrowed to, ``group`` the column that
    heads parts of it. Where the lines have a column ``counted_on`` (`DutyService.with_days`), it stands behind the why.
    """
    columns = [name for name in COLUMNS if name in rows and name != group]
    head = "".join(f'<th scope="col">{escape(say(f"column.{name}", language))}</th>' for name in columns)
    body: list[str] = []
    groups = rows.groupby(rows[group].fillna(""), sort=False) if group in rows else [("", rows)]
    for name, part in groups:
        if group in rows:
            title = escape(str(name) or say("due.no_group", language))
            body.append(
                f'<tr><th class="guanai-sheet-part" colspan="{len(columns) + 1}" scope="rowgroup">{title} · {len(part)}</th></tr>'
            )
        for row in part.to_dict("records"):
            cells = "".join(f"<td>{escape(_text(name, row, language))}</td>" for name in columns)
            body.append(f'<tr><td class="guanai-box">☐</td>{cells}</tr>')
    said = [say("due.sheet", language, count=len(rows))]
    said += [say("due.as_of", language, day=day)] if day else []
    title = escape(" ".join(filter(None, [heading, *said, *chosen])))
    box = escape(say("due.box", language))
    return (
        f'<table class="guanai-paper" data-print-now><caption>{title}</caption>'
        f'<thead><tr><th scope="col"><span class="guanai-unseen">{box}</span></th>{head}</tr></thead><tbody>{"".join(body)}</tbody></table>'
    )


def _text(name: str, row: Mapping[Hashable, object], language: str | None) -> str:
    if name == "status":
        return say(f"due.status_{row[name]}", language)
    text, days = plain_text(row[name]), plain_text(row.get("counted_on")) if name == "why" else ""
    return f"{text} · {say('due.counted', language)} {days}" if days else text
