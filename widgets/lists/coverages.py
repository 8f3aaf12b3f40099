"""The tables of the coverage page and the lists behind their numbers; each number is the length of its list."""

from html import escape
from typing import Any

import pandas as pd

from guanai.care.duties.statuses import OPEN_STATUSES, STATUSES
from guanai.templates.wording import say
from guanai.widgets.base.boxes import Panel, html
from guanai.widgets.base.name_search import natural_key
from guanai.widgets.base.page_urls import edit_page
from guanai.widgets.base.value_labels import Record, Row
from guanai.widgets.lists.due_lines import Evidence, Link, due_lines_html

__all__ = ["CoverageList", "coverage_tables", "due_line_panel"]


def coverage_tables() -> dict[str, dict[str, Any]]:
    """Return caption, columns and links of the tables of the coverage page: figures, duties, people, closing, gaps, plans.

    Each is what a `Table` takes; a number links to the list of which it is the length.
    """
    lines = "checklist?done=1&duty={duty}&kind={kind}&day={day}&term={term}"
    left = "checklist?done=1&subject_id={subject_id}&kind={kind}&duty={duty}&day={day}&term={term}"
    owed = "checklist?who={who}&day={day}&term={term}"
    figure = "coverage?of=figure&name={key}"

    def table(name: str, columns: str, **more: Any) -> dict[str, Any]:
        words = {one: say(f"column.{one}") for one in columns.split()} | more.pop("words", {})
        return {"caption": say(f"coverage.{name}"), "columns": words, "page": 20, **more}

    return {
        "figures": table(
            "figures",
            "label numerator denominator share target met missing basis",
            percent=["share", "target"],
            link={
                "numerator": f"{figure}&term={{term}}",
                "denominator": f"{figure}&part=whole&term={{term}}",
                "missing": f"{figure}&part=missing&term={{term}}",
            },
        ),
        "duties": table(
            "duties",
            "duty persons periods done late to_do standing missed postponed excused share late_share",
            words={"share": say("column.done_share")},
            percent=["share", "late_share"],
            link={
                "persons": "coverage?of=duty&name={duty}&part={kind}&term={term}",
                "periods": lines,
            }
            | {name: f"{lines}&status={name}" for name in STATUSES},
        ),
        "people": table(
            "people",
            "who standing to_do postponed lines persons",
            link={
                "persons": "coverage?of=who&name={who}&term={term}",
                "lines": owed,
            }
            | {name: f"{owed}&status={name}" for name in OPEN_STATUSES},
        ),
        "closing": table(
            "closing",
            "subject class duty periods missed late standing who",
            link={"periods": left}
            | {name: f"{left}&status={name}" for name in ("missed", "late", "standing")},
            empty=say("coverage.nothing_left"),
        ),
        "gaps": table(
            "missing",
            "field_label persons duty",
            link={"persons": "coverage?of=field&name={field}&part={duty}&term={term}"},
            empty=say("coverage.nothing_missing"),
        ),
        "plans": table(
            "plans",
            "subject class planned_on done_on days_late outcome visitor purpose",
            link={"subject": "child?id={child}"},
            empty=say("coverage.no_plans"),
        ),
    }


class CoverageList(Panel):
    """The list behind a number: ``CoverageList(title, frame)`` with form, id, name and class of each."""

    def __init__(self, title: str, rows: pd.DataFrame) -> None:
        super().__init__("guanai-stack")
        self.frame = rows
        items = "".join(
            f"<li>{_name(row)} <small>{escape(str(row['class'] or ''))}</small></li>"
            for row in sorted(rows.to_dict("records"), key=_sort_key)
        )
        back = f'<a class="guanai-record" href="coverage">{escape(say("coverage.back"))}</a>'
        self.body = html(f'<h2>{escape(title)}</h2><ol class="guanai-names">{items}</ol><p>{back}</p>')
        self.fill_with(self.body)


def due_line_panel(line: Record, *, link: Link = None, counted: Evidence = None) -> Panel:
    """Return a panel with one due line, as on a checklist."""
    panel = Panel("guanai-checklist")
    panel.fill_with(html(due_lines_html(pd.DataFrame([line]), link=link, counted=counted)))
    return panel


def _sort_key(row: Row) -> tuple[Any, Any]:
    """Return the sort key of a row: by class, then by name."""
    name = natural_key(str(row["name"]))
    return ((), name) if row["form"] == "class" else (natural_key(str(row["class"] or "")), name)


def _name(row: Row) -> str:
    """Return the name as a link to its record; the school itself has no record."""
    name, form = escape(str(row["name"])), str(row["form"])
    page = f"child?id={row['id']}" if form == "child" else edit_page(form, str(row["id"]))
    return f'<a href="{escape(page, quote=True)}">{name}</a>' if form else name
