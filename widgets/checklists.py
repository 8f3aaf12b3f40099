"""What is due, by class, child or teacher: each line says what, since when and why, and links to its form."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

import ipywidgets as ipw
import pandas as pd

from guanai.templates.wording import say
from guanai.widgets.boxes import Panel, html
from guanai.widgets.errors import shown_error
from guanai.widgets.inputs import Choice
from guanai.widgets.labels import plain_text
from guanai.widgets.layouts import plain, style_of
from guanai.widgets.names import in_order
from guanai.widgets.progress import Progress
from guanai.widgets.tables import Pager, href

__all__ = ["Checklist", "due_lines"]

Link = str | Mapping[str, str] | Callable[[Mapping[Any, Any]], str | None] | None

_STATUSES = ("overdue", "due", "later", "done")


def _link(link: Link, row: Mapping[Any, Any]) -> str:
    """Return the address that a line's button opens, "" for none."""
    if callable(link):
        return escape(link(row) or "", quote=True)
    if isinstance(link, Mapping):
        template = link.get(str(row.get("duty")), link.get(str(row.get("form", "")), ""))
        return href(template, row) if template else ""
    if link is None:
        return href("{form}?child={subject_id}", row) if row.get("form") else ""
    return href(link, row)


def due_lines(rows: pd.DataFrame, *, group: str = "", link: Link = None, language: str | None = None) -> str:
    """Return due lines as an HTML list; ``group`` is the column that the list around it is grouped by."""
    parts = []
    for row in rows.to_dict("records"):
        status = str(row.get("status", "due"))
        subject = (
            ""
            if group == "subject"
            else f'<strong class="guanai-who">{escape(plain_text(row.get("subject")))}</strong> '
        )
        duty = f'<span class="guanai-duty">{escape(plain_text(row.get("duty")))}</span>'
        when = " · ".join(
            escape(say(f"due.{key}", language, day=plain_text(row[key])))
            for key in ("due", "since")
            if plain_text(row.get(key)) and not (key == "since" and status != "overdue")
        )
        who = escape(plain_text(row.get("who"))) if group != "who" else ""
        small = " · ".join(part for part in (when, who, escape(plain_text(row.get("why")))) if part)
        address = _link(link, row)
        open_ = (
            f'<a class="guanai-record" href="{address}">{escape(say("due.record", language))}</a>'
            if address
            else ""
        )
        word = escape(say(f"due.status_{status}", language))
        parts.append(
            f'<li class="guanai-line guanai-{escape(status)}"><span class="guanai-status">{word}</span>'
            f'<div class="guanai-line-text">{subject}{duty}<small>{small}</small></div>{open_}</li>'
        )
    return f'<ul class="guanai-lines">{"".join(parts)}</ul>'


class Checklist(Panel):
    """Due lines with their counts, grouped, with filters; each count is the length of the list it stands on.

    ``items`` is a frame as `guanai.care.due` gives it, or a function that makes one of the day. ``link`` is where
    a line's button leads: a template (``"{form}?child={subject_id}"``), one per duty or form in a dict,
    or a function of the line. ``status`` is the one shown first (``"overdue"``). ``group`` is the column to
    group by, ``filters`` the columns to choose from; without filters and day it is a plain list.
    """

    def __init__(
        self,
        items: pd.DataFrame | Callable[[date], pd.DataFrame],
        *,
        day: Any = None,
        group: str = "class",
        filters: Sequence[str] = ("class", "who", "duty"),
        link: Link = None,
        status: str | None = None,
        empty: str = "",
        page: int = 100,
        language: str | None = None,
    ) -> None:
        super().__init__("guanai-checklist")
        self._items, self._day, self._group, self._link = items, day, group, link
        self._language = language
        self._empty = empty or say("due.none", language)
        self._busy = False
        self._wanted = status or ""
        self.items = pd.DataFrame()
        self.shown = pd.DataFrame()
        self.counts: dict[str, int] = {}
        self.status = ipw.ToggleButtons(
            options=[("", "")],
            layout=plain(),
            style=style_of(ipw.ToggleButtons),
            _dom_classes=("guanai-tab-row",),
        )
        everything = say("due.all", language)
        self.filters = {key: Choice(say(f"column.{key}", language), (), all=everything) for key in filters}
        self.body = html()
        self.pager = Pager(page, self._draw, language)
        self.status.observe(self._changed, "value")
        for one in self.filters.values():
            one.observe(self._changed, "value")
        if day is not None:
            day.observe(self._new_day, "value")
        self.bar = ipw.HBox(
            [*self.take([day] if day is not None else []), *self.filters.values()],
            layout=plain(),
            _dom_classes=("guanai-bar",),
        )
        choosing = [self.bar, self.status] if filters or day is not None else []
        self.fill_with(*choosing, self.body, self.pager)
        self.run()

    def release(self, child: Any) -> None:
        """Give the day up to the box that shows it."""
        self.bar.children = tuple(mine for mine in self.bar.children if mine is not child)

    def _new_day(self, _: object) -> None:
        self.run()

    def run(self) -> None:
        """Make the lines again."""
        try:
            with Progress(into=self.body, language=self._language):
                self.items = (
                    self._items(self._day.value if self._day else date.today())
                    if callable(self._items)
                    else self._items
                )
                self._refresh()
        except Exception as error:
            self.items = self.shown = pd.DataFrame()
            self.pager.of(0)
            self.body.value = shown_error(error, self._language)

    def _changed(self, _: object) -> None:
        if not self._busy:
            self.pager.start = 0
            self._refresh()

    def _refresh(self) -> None:
        """Offer what there is to choose from, count, and draw."""
        self._busy = True
        try:
            everything = say("due.all", self._language)
            for key, choice in self.filters.items():
                known = self.items[key].dropna().astype(str) if key in self.items else pd.Series(dtype=str)
                choice.offer(sorted({text for text in known if text}, key=in_order), all=everything)
            chosen = self._filtered()
            tally = chosen["status"].value_counts() if "status" in chosen else pd.Series(dtype=int)
            self.counts = {status: int(tally.get(status, 0)) for status in _STATUSES if status in tally.index}
            options = [(f"{everything} {len(chosen)}", "")]
            options += [
                (f"{say(f'due.status_{key}', self._language)} {n}", key) for key, n in self.counts.items()
            ]
            kept, self._wanted = self._wanted or self.status.value, ""
            if tuple(self.status.options) != tuple(options):
                self.status.options = options
            self.status.value = kept if kept in self.counts else ""
        finally:
            self._busy = False
        self.shown = chosen[chosen["status"] == self.status.value] if self.status.value else chosen
        if self._group in self.shown:
            self.shown = self._grouped(self.shown)
        self._draw()

    def _grouped(self, lines: pd.DataFrame) -> pd.DataFrame:
        """Return the lines group by group: classes in their order, anybody else as the most urgent line comes."""
        names = lines[self._group].fillna("").astype(str)
        groups = list(dict.fromkeys(names))
        if self._group == "class":
            groups.sort(key=lambda name: (not name, in_order(name)))
        places = {name: place for place, name in enumerate(groups)}
        return lines.iloc[names.map(places).argsort(kind="stable")]

    def _filtered(self) -> pd.DataFrame:
        chosen = self.items
        for key, choice in self.filters.items():
            if choice.value is not None and key in chosen:
                chosen = chosen[chosen[key].astype(str) == choice.value]
        return chosen

    def _draw(self) -> None:
        part = self.pager.of(len(self.shown))
        if self.shown.empty:
            self.body.value = f'<p class="guanai-empty">{escape(self._empty)}</p>'
            return
        page = self.shown.iloc[part]
        if self._group not in page:
            self.body.value = due_lines(page, link=self._link, language=self._language)
            return
        sizes = self.shown[self._group].fillna("").value_counts()
        sections = []
        for name, rows in page.groupby(page[self._group].fillna(""), sort=False):
            title = escape(str(name) or say("due.no_group", self._language))
            badge = f'<span class="guanai-badge">{sizes[name]}</span>'
            lines = due_lines(rows, group=self._group, link=self._link, language=self._language)
            sections.append(f"<section><h3>{title} {badge}</h3>{lines}</section>")
        self.body.value = "".join(sections)
