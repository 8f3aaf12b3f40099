"""My day: what a person owes, the most urgent first, the children of one home together, each with a link to its form."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from html import escape

import numpy as np
import pandas as pd

from guanai.care.duties.fulfilment import group_rows
from guanai.care.policy.duty import ALL_CHILDREN
from guanai.templates.wording import say
from guanai.widgets.base.boxes import Panel, html
from guanai.widgets.base.notices import empty_html
from guanai.widgets.base.table import Pager
from guanai.widgets.lists.checklists import Evidence, Link, due_lines_html

__all__ = ["MyDay", "urgency"]

PARTS = ("overdue", "today", "week", "later", "postponed")


def urgency(lines: pd.DataFrame, on: date) -> "pd.Series[str]":
    """Return how urgent each due line is: overdue, today, week (by Sunday), later (or never), postponed."""
    day, sunday = pd.Timestamp(on), pd.Timestamp(on + timedelta(days=6 - on.weekday()))
    until = lines["due"].dt.normalize()
    parts = pd.Series("later", index=lines.index, dtype=object)
    parts = parts.mask(until <= sunday, "week").mask(until <= day, "today")
    return parts.mask(lines["status"] == "overdue", "overdue").mask(
        lines["status"] == "postponed", "postponed"
    )


class MyDay(Panel):
    """What a person owes today and this week: ``MyDay(school.due(who=…), homes, on, link=duty_page)``.

    ``lines`` are due lines as `guanai.care.duties.due.due` gives them, ``homes`` the household of each child (see
    `guanai.care.children.households.households`), ``links`` the address of the list behind each part, by its name (`PARTS`).
    The lines of a household are together, and households in the order of their most urgent line. ``counts`` are
    the lengths of the parts. What is due later is only counted.
    """

    def __init__(
        self,
        lines: pd.DataFrame,
        homes: Mapping[str, str],
        on: date,
        *,
        link: Link = None,
        more: Callable[[Mapping[object, object]], str] | None = None,
        counted: Evidence = None,
        links: Mapping[str, str] | None = None,
        page: int = 60,
    ) -> None:
        super().__init__("guanai-day")
        self._link, self._more, self._counted = link, more, counted
        self._links = links or {}
        part = urgency(lines, on)
        self.counts = {name: int((part == name).sum()) for name in PARTS}
        rank = part.map({name: place for place, name in enumerate(PARTS)}).astype("int64")
        # The household of a child; subjects of other kinds are households of their own, even with the same id.
        homed = [homes.get(one, one) for one in lines["subject_id"]]
        home = pd.Series(homed, index=lines.index, dtype=object)
        home = home.where(lines["kind"].isin(ALL_CHILDREN), lines["kind"] + " " + home)
        shown = lines.assign(part=part, rank=rank, home=home)
        shown = shown[shown["part"] != "later"]
        group, first = group_rows(shown["part"], shown["home"])
        order = np.lexsort((first[group], shown["rank"]))
        self.lines = shown.iloc[order].reset_index(drop=True)
        self.body = html()
        self.pager = Pager(page, self._draw)
        self.fill_with(self.body, self.pager)
        self._draw()

    def _draw(self) -> None:
        shown = self.lines.iloc[self.pager.slice_of(len(self.lines))]
        sections = [self._part(name, shown[shown["part"] == name]) for name in PARTS]
        nothing = "" if len(self.lines) else empty_html(say("day.none"))
        self.body.value = nothing + "".join(sections)

    def _part(self, name: str, lines: pd.DataFrame) -> str:
        count = self.counts[name]
        if not count or (lines.empty and name != "later"):
            return ""
        badge = f'<span class="guanai-badge">{count}</span>'
        title = escape(say(f"day.{name}"))
        if name in self._links:
            title = f'<a href="{escape(self._links[name], quote=True)}">{title}</a>'
        homes = "".join(self._home(rows) for _, rows in lines.groupby("home", sort=False))
        return f'<section class="guanai-day-{name}"><h3>{title} {badge}</h3>{homes}</section>'

    def _home(self, rows: pd.DataFrame) -> str:
        """Return the lines of one household under the names of its children."""
        names = dict.fromkeys(rows["subject"])
        place = "、".join(one for one in dict.fromkeys([*rows["class"], *rows["village"]]) if one)
        is_household = len(set(rows["subject_id"])) > 1
        several = f" <small>{escape(say('day.household'))}</small>" if is_household else ""
        lines = due_lines_html(
            rows,
            group="" if is_household else "subject",
            link=self._link,
            more=self._more,
            counted=self._counted,
        )
        head = f"{escape('、'.join(names))}{several} <small>{escape(place)}</small>"
        return f'<div class="guanai-home"><h4>{head}</h4>{lines}</div>'
