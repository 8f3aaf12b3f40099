"""What is due, by class, child, teacher, village or duty: each line says what, since when and why, and links to its form."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from html import escape
from typing import Any
from urllib.parse import quote

import ipywidgets as ipw
import numpy as np
import pandas as pd

from guanai.care.frames import map_distinct
from guanai.templates.wording import say
from guanai.widgets.base.boxes import HasValue, InputPanel, button, control, html
from guanai.widgets.base.name_search import matches, natural_key
from guanai.widgets.base.notices import Progress, empty_html, error_html
from guanai.widgets.base.page_urls import view_pages
from guanai.widgets.base.table import Pager, href
from guanai.widgets.base.value_labels import Row, plain_text
from guanai.widgets.form.inputs import Choice, Search
from guanai.widgets.lists.handouts import due_sheet

__all__ = ["Checklist", "Evidence", "Link", "due_lines_html", "filter_lines"]

#: Which records were counted for a line, each as form, id and day (`guanai.storage.school.due_service.DutyService.counted`).
Evidence = Callable[[Row], Sequence[tuple[str, str, str]]] | None
_MOST_RECORDS = 8  # of those counted that a line names; it says how many more there are
#: A template of an address, one per duty or form, or a function of the line.
Link = str | Mapping[str, str] | Callable[[Row], str | None] | None

_STATUSES = ("overdue", "due", "postponed", "later", "excused", "done")


def _link(link: Link, row: Row) -> str:
    """Return the address that a line's button opens, "" for none."""
    if callable(link):
        return escape(link(row) or "", quote=True)
    if isinstance(link, Mapping):
        template = link.get(str(row.get("duty")), link.get(str(row.get("form", "")), ""))
        return href(template, row) if template else ""
    if link is None:
        return href("{form}?child={subject_id}", row) if row.get("form") else ""
    return href(link, row)


def filter_lines(rows: pd.DataFrame, **columns: str | None) -> pd.DataFrame:
    """Return the due lines with these values; None leaves a column out, ``who`` is one person among the responsible."""
    for name, value in columns.items():
        if value is not None:
            rows = rows[_matching(rows[name], name, value)]
    return rows


def _matching(values: "pd.Series[Any]", name: str, value: str) -> "pd.Series[bool]":
    """Return which cells match: ``who`` has this person among others, ``subject`` a part of the name or its pinyin."""
    if name == "who":
        nobody = say("people.nobody")
        comma = say("policy.comma")
        return map_distinct(values, lambda people: value in (str(people or "") or nobody).split(comma))
    if name == "subject":
        return map_distinct(values, lambda text: matches(value, str(text or "")))
    return map_distinct(values, lambda text: str(text) == value)


def due_lines_html(
    rows: pd.DataFrame, *, group: str = "", link: Link = None, more: Link = None, counted: Evidence = None
) -> str:
    """Return due lines as an HTML list; ``group`` is the column that the list around it is grouped by.

    ``link`` leads to the form, ``more`` to the page on which a line is postponed or excused; ``counted`` gives the
    records that were counted for a line (form, id, day), to which it then links.
    """
    parts = []
    for row in rows.to_dict("records"):
        status = str(row.get("status", "due"))
        name = escape(plain_text(row.get("subject")))
        subject = "" if group == "subject" else f'<strong class="guanai-who">{name}</strong> '
        duty = f'<span class="guanai-duty">{escape(plain_text(row.get("duty")))}</span>'
        when = " · ".join(
            escape(say(f"due.{key}", day=plain_text(row[key])))
            for key in ("due", "since")
            if plain_text(row.get(key))
        )
        who = escape(plain_text(row.get("who"))) if group != "who" else ""
        small = " · ".join(part for part in (when, who, escape(plain_text(row.get("why")))) if part)
        small += _evidence(counted(row) if counted else ())
        address = _link(link, row)
        open_ = (
            f'<a class="guanai-record" href="{address}">{escape(say("due.record"))}</a>'
            if address and status not in ("done", "excused")
            else ""
        )
        if more is not None and (deferral := _link(more, row)):
            open_ = f'<a class="guanai-defer" href="{deferral}">{escape(say("due.defer"))}</a>{open_}'
        word = escape(say(f"due.status_{status}"))
        parts.append(
            f'<li class="guanai-line guanai-{escape(status)}"><span class="guanai-status">{word}</span>'
            f'<div class="guanai-line-text">{subject}{duty}<small>{small}</small></div>{open_}</li>'
        )
    return f'<ul class="guanai-lines">{"".join(parts)}</ul>'


def _evidence(records: Sequence[tuple[str, str, str]]) -> str:
    """Return the records that were counted as links, each by its day."""
    if not records:
        return ""
    addresses = view_pages({form for form, _, _ in records})
    links = [
        f'<a href="{escape(addresses[form].replace("{id}", quote(one, safe="")), quote=True)}">{escape(day or "?")}</a>'
        for form, one, day in records[:_MOST_RECORDS]
    ]
    more = len(records) - len(links)
    links += [escape(say("due.counted_more", count=more))] if more else []
    return f" · {escape(say('due.counted'))} {escape(say('policy.comma')).join(links)}"


class Checklist(InputPanel):
    """Due lines with their counts, grouped, with filters; each count is the length of the list below it.

    ``items`` is a frame as `guanai.care.duties.due.due` gives it, or a function that makes one for a day. ``link`` is where
    a line's button leads: a template (``"{form}?child={subject_id}"``), one per duty or form in a dict,
    or a function of the line; ``more`` in the same way the page on which it is postponed or excused, ``counted`` the
    records that were counted for it. ``status`` is the one shown first (``"overdue"``), ``values`` are the first values of
    the filters. ``group`` is the column to group by (the person chooses one of ``groups``), ``filters`` the columns to
    filter by; without filters and day it is a plain list. ``heading`` is the school's name on paper, ``on_paper`` may add
    columns to the lines that are printed.
    """

    def __init__(
        self,
        items: pd.DataFrame | Callable[[date], pd.DataFrame],
        *,
        day: HasValue | None = None,
        group: str = "class",
        groups: Sequence[str] = (),
        filters: Sequence[str] = ("class", "who", "duty"),
        values: Mapping[str, str | None] | None = None,
        link: Link = None,
        more: Link = None,
        counted: Evidence = None,
        on_paper: Callable[[pd.DataFrame], pd.DataFrame] = pd.DataFrame,
        status: str | None = None,
        heading: str = "",
        empty: str = "",
        page: int = 100,
    ) -> None:
        super().__init__([day] if day is not None else [], lambda _: self.run(), "guanai-checklist")
        self._items, self._day, self._group, self._link, self._more = items, day, group, link, more
        self._counted, self._on_paper = counted, on_paper
        self._heading = heading
        self._empty = empty or say("due.none")
        self._is_updating = False
        self._initial_status = status or ""
        self.items = pd.DataFrame()
        self.shown = pd.DataFrame()
        self.counts: dict[str, int] = {}
        self.status = control(ipw.ToggleButtons, "guanai-tab-row", options=[("", "")])
        everything = say("due.all")
        self.filters: dict[str, Choice | Search] = {
            key: Search(say(f"column.{key}"))
            if key == "subject"
            else Choice(say(f"column.{key}"), (), all=everything)
            for key in filters
        }
        self._initial = {key: value for key, value in (values or {}).items() if value and key in self.filters}
        groupings = {key: say("due.by", column=say(f"column.{key}")) for key in groups}
        self.grouping = Choice(say("due.group"), groupings, group if group in groupings else None)
        self.paper = button(say("due.print"), self._print, "guanai-small")
        self.sheet = html("", "guanai-sheet")
        self.body = html()
        self.pager = Pager(page, self._draw)
        self.status.observe(self._on_filter, "value")
        for one in self.filters.values():
            one.observe(self._on_filter, "value")
        self.grouping.observe(self._on_filter, "value")
        self.bar.children += (*self.filters.values(), *([self.grouping] if groupings else []))
        choosing = [self.bar, self.status] if filters or day is not None else []
        printing = [self.paper, self.sheet] if choosing else []
        self.fill_with(*choosing, self.body, self.pager, *printing)
        self.run()

    def run(self) -> None:
        """Make the lines again."""
        try:
            with Progress(into=self.body):
                self.items = (
                    self._items(self._day.value if self._day else date.today())
                    if callable(self._items)
                    else self._items
                )
                self._refresh()
        except Exception as error:
            self.items = self.shown = pd.DataFrame()
            self.pager.slice_of(0)
            self.body.value = error_html(error)

    def _on_filter(self, _: object) -> None:
        if not self._is_updating:
            self._group = self.grouping.value or self._group
            self.pager.start = 0
            self._refresh()

    def _refresh(self) -> None:
        """Offer what there is to choose from, count, and draw."""
        self._is_updating = True
        try:
            everything = say("due.all")
            for key, choice in self.filters.items():
                if isinstance(choice, Search):
                    choice.value = self._initial.pop(key, choice.value)
                    continue
                values = self.items[key].dropna().unique() if key in self.items else ()
                comma = say("policy.comma") if key == "who" else "\n"
                nobody = say("people.nobody") if key == "who" else ""
                texts = {part for text in values for part in (str(text) or nobody).split(comma) if part}
                choice.offer(sorted(texts, key=natural_key), all=everything)
                if key in self._initial:
                    choice.value = self._initial.pop(key)
            chosen = self._filtered()
            counts = chosen["status"].value_counts() if "status" in chosen else pd.Series(dtype=int)
            self.counts = {
                status: int(counts.get(status, 0)) for status in _STATUSES if status in counts.index
            }
            options = [(f"{everything} {len(chosen)}", "")]
            options += [(f"{say(f'due.status_{key}')} {n}", key) for key, n in self.counts.items()]
            status, self._initial_status = self._initial_status or self.status.value, ""
            if tuple(self.status.options) != tuple(options):
                self.status.options = options
            self.status.value = status if status in self.counts else ""
        finally:
            self._is_updating = False
        self.shown = chosen[chosen["status"] == self.status.value] if self.status.value else chosen
        if self._group in self.shown:
            self.shown = self._grouped(self.shown)
        self._draw()

    def _grouped(self, lines: pd.DataFrame) -> pd.DataFrame:
        """Return the lines group by group: classes in their order, other groups in the order of their most urgent line."""
        codes, groups = pd.factorize(lines[self._group].fillna("").to_numpy(object))
        if self._group == "class":
            names = [str(name) for name in groups]
            order = sorted(range(len(names)), key=lambda code: (not names[code], natural_key(names[code])))
            codes = np.argsort(np.array(order, dtype=np.int64))[codes]
        return lines.iloc[np.argsort(codes, kind="stable")]

    def _filtered(self) -> pd.DataFrame:
        values = {key: choice.value or None for key, choice in self.filters.items() if key in self.items}
        return filter_lines(self.items, **values)

    def _print(self) -> None:
        """Print all lines that are chosen, those of all pages."""
        self.sheet.value = due_sheet(
            self._on_paper(self.shown),
            heading=self._heading,
            day=self._day.value if self._day else None,
            group=self._group,
            chosen=[str(one.value) for one in self.filters.values() if one.value],
        )

    def _lines(self, rows: pd.DataFrame, group: str = "") -> str:
        return due_lines_html(rows, group=group, link=self._link, more=self._more, counted=self._counted)

    def _draw(self) -> None:
        self.sheet.value = ""
        part = self.pager.slice_of(len(self.shown))
        if self.shown.empty:
            self.body.value = empty_html(self._empty)
            return
        page = self.shown.iloc[part]
        if self._group not in page:
            self.body.value = self._lines(page)
            return
        sizes = self.shown[self._group].fillna("").value_counts()
        sections = []
        for name, rows in page.groupby(page[self._group].fillna(""), sort=False):
            title = escape(str(name) or say("due.no_group"))
            badge = f'<span class="guanai-badge">{sizes[name]}</span>'
            lines = self._lines(rows, self._group)
            sections.append(f"<section><h3>{title} {badge}</h3>{lines}</section>")
        self.body.value = "".join(sections)
