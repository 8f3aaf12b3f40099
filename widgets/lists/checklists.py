"""What is due, by class, child, teacher, village or duty: each line says what, since when and why, and links to its form."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from html import escape
from typing import Any, Unpack

import ipywidgets as ipw
import numpy as np
import pandas as pd

from guanai.care.duties.statuses import STATUSES
from guanai.care.frames import map_distinct
from guanai.templates.wording import say
from guanai.widgets.base.boxes import HasValue, InputPanel, button, control, html
from guanai.widgets.base.name_search import matches, natural_key
from guanai.widgets.base.notices import Progress, empty_html, error_html
from guanai.widgets.base.table import Pager
from guanai.widgets.form.inputs import Choice, Search
from guanai.widgets.lists.due_lines import LineOptions, due_lines_html
from guanai.widgets.lists.handouts import due_sheet, group_title

__all__ = ["Checklist", "filter_lines"]

#: What links of earlier versions ask for.
_OLD_STATUSES = {"overdue": "standing", "due": "to_do", "open": "to_do"}
_BACK = ("missed", "late")  # what is looked back on: of the lines, not of what is to be done


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


class Checklist(InputPanel):
    """What is to be done with its counts, grouped, with filters; each count is the length of the list below it.

    ``items`` is a frame as `guanai.care.duties.to_do.to_do` or `guanai.care.duties.due.due` gives it, or a function that makes
    one for a day. ``back`` in the same way are lines to look back on: those that were missed or late can be shown in place
    of what is to be done. ``options`` say where a line leads (`guanai.widgets.lists.due_lines.LineOptions`). ``status`` is the
    one shown first (``"standing"``), ``values`` are the first values of the filters. ``group`` is the column to group by (the
    person chooses one of ``groups``), ``filters`` the columns to filter by; without filters and day it is a plain list.
    ``heading`` is the school's name on paper, ``on_paper`` may add columns to the lines that are printed.
    """

    def __init__(
        self,
        items: pd.DataFrame | Callable[[date], pd.DataFrame],
        *,
        back: pd.DataFrame | Callable[[date], pd.DataFrame] | None = None,
        day: HasValue | None = None,
        group: str = "class",
        groups: Sequence[str] = (),
        filters: Sequence[str] = ("class", "who", "duty"),
        values: Mapping[str, str | None] | None = None,
        on_paper: Callable[[pd.DataFrame], pd.DataFrame] = pd.DataFrame,
        status: str | None = None,
        heading: str = "",
        empty: str = "",
        page: int = 100,
        acts: Collection[str] = ("print",),
        **options: Unpack[LineOptions],
    ) -> None:
        super().__init__([day] if day is not None else [], lambda _: self.run(), "guanai-checklist")
        self._items, self._back, self._day, self._group = items, back, day, group
        self._on_paper = on_paper
        self._options = options
        self._heading = heading
        self._empty = empty or say("due.none")
        self._is_updating = False
        self._initial_status = _OLD_STATUSES.get(status or "", status or "")
        self.items = self.lines_back = pd.DataFrame()
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
        self.body = html()
        self.pager = Pager(page, self._draw)
        self.status.observe(self._on_filter, "value")
        for one in self.filters.values():
            one.observe(self._on_filter, "value")
        self.grouping.observe(self._on_filter, "value")
        self.bar.children += (*self.filters.values(), *([self.grouping] if groupings else []))
        choosing = [self.bar, self.status] if filters or day is not None else []
        self.sheet = html("", "guanai-sheet")
        self.paper = (
            button(say("due.print"), self._print, "guanai-small") if choosing and "print" in acts else None
        )
        printing = [self.paper, self.sheet] if self.paper is not None else []
        self.fill_with(*choosing, self.body, self.pager, *printing)
        self.run()

    def run(self) -> None:
        """Make the lines again."""
        try:
            with Progress(into=self.body):
                self.items = self._of_day(self._items)
                lines = self._of_day(self._back)
                self.lines_back = lines[lines["status"].isin(_BACK)] if len(lines) else lines
                self._refresh()
        except Exception as error:
            self.items = self.shown = pd.DataFrame()
            self.pager.slice_of(0)
            self.body.value = error_html(error)

    def _of_day(self, rows: pd.DataFrame | Callable[[date], pd.DataFrame] | None) -> pd.DataFrame:
        if callable(rows):
            return rows(self._day.value if self._day else date.today())
        return pd.DataFrame() if rows is None else rows

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
                both = (rows[key] for rows in (self.items, self.lines_back) if key in rows)
                values = {value for column in both for value in column.dropna().unique()}
                comma = say("policy.comma") if key == "who" else "\n"
                nobody = say("people.nobody") if key == "who" else ""
                texts = {part for text in values for part in (str(text) or nobody).split(comma) if part}
                choice.offer(sorted(texts, key=natural_key), all=everything)
                if key in self._initial:
                    choice.value = self._initial.pop(key)
            chosen, back = self._filtered(self.items), self._filtered(self.lines_back)
            counts = pd.concat([rows["status"] for rows in (chosen, back) if "status" in rows]).value_counts()
            self.counts = {
                status: int(counts.get(status, 0)) for status in STATUSES if status in counts.index
            }
            options = [(f"{everything} {len(chosen)}", "")]
            options += [(f"{say(f'due.status_{key}')} {n}", key) for key, n in self.counts.items()]
            status, self._initial_status = self._initial_status or self.status.value, ""
            if tuple(self.status.options) != tuple(options):
                self.status.options = options
            self.status.value = status if status in self.counts else ""
        finally:
            self._is_updating = False
        rows = back if self.status.value in _BACK and len(back) else chosen
        self.shown = rows[rows["status"] == self.status.value] if self.status.value else rows
        if self._column in self.shown:
            self.shown = self._grouped(self.shown)
        self._draw()

    @property
    def _column(self) -> str:
        """The column that is grouped by: lines to look back on have no tier, they are by class."""
        return "class" if self._group == "tier" and "tier" not in self.shown else self._group

    def _grouped(self, lines: pd.DataFrame) -> pd.DataFrame:
        """Return the lines group by group: classes in their order, other groups in the order of their most urgent line."""
        codes, groups = pd.factorize(lines[self._column].fillna("").to_numpy(object))
        if self._column == "class":
            names = [str(name) for name in groups]
            order = sorted(range(len(names)), key=lambda code: (not names[code], natural_key(names[code])))
            codes = np.argsort(np.array(order, dtype=np.int64))[codes]
        return lines.iloc[np.argsort(codes, kind="stable")]

    def _filtered(self, rows: pd.DataFrame) -> pd.DataFrame:
        values = {key: choice.value or None for key, choice in self.filters.items() if key in rows}
        return filter_lines(rows, **values)

    def _print(self) -> None:
        """Print all lines that are chosen, those of all pages."""
        self.sheet.value = due_sheet(
            self._on_paper(self.shown),
            heading=self._heading,
            day=self._day.value if self._day else None,
            group=self._column,
            chosen=[str(one.value) for one in self.filters.values() if one.value],
        )

    def _lines(self, rows: pd.DataFrame, group: str = "") -> str:
        return due_lines_html(rows, group=group, **self._options)

    def _draw(self) -> None:
        self.sheet.value = ""
        part = self.pager.slice_of(len(self.shown))
        if self.shown.empty:
            self.body.value = empty_html(self._empty)
            return
        page = self.shown.iloc[part]
        group = self._column
        if group not in page:
            self.body.value = self._lines(page)
            return
        sizes = self.shown[group].fillna("").value_counts()
        sections = []
        for name, rows in page.groupby(page[group].fillna(""), sort=False):
            badge = f'<span class="guanai-badge">{sizes[name]}</span>'
            lines = self._lines(rows, group)
            sections.append(f"<section><h3>{escape(group_title(group, name))} {badge}</h3>{lines}</section>")
        self.body.value = "".join(sections)
