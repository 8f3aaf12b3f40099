"""My day: what a person owes, the most urgent first, the children of one home together, each with a link to its form."""

from collections.abc import Mapping
from datetime import date
from html import escape
from typing import Unpack

import numpy as np
import pandas as pd

from guanai.care.duties.fulfilment import group_rows
from guanai.care.frames import timestamp
from guanai.care.policy.duty import ALL_CHILDREN
from guanai.templates.wording import say
from guanai.widgets.base.boxes import Panel, html
from guanai.widgets.base.notices import empty_html
from guanai.widgets.base.table import Pager
from guanai.widgets.lists.due_lines import LineOptions, due_lines_html

__all__ = ["MyDay", "day_parts"]

PARTS = ("first", "alone", "today", "week", "standing", "undated", "later", "postponed")
_TIERS = {
    1: "first",
    2: "first",
    3: "first",
    4: "alone",
    5: "week",
    6: "standing",
    7: "later",
    8: "postponed",
}


def day_parts(rows: pd.DataFrame, on: date) -> "pd.Series[str]":
    """Return to which part of a day each row of what is to be done belongs.

    first (what protects a child, harm, promises), alone (children without a helper or contact), today and week (due by
    today, to be done by Sunday), standing, undated (it has no day until when), later, postponed.
    """
    until = rows["due"].dt.normalize()
    parts = rows["tier"].map(_TIERS).astype(object)
    parts = parts.mask((parts == "later") & rows["soon"], "week").mask(
        (parts == "first") & ~rows["soon"], "later"
    )
    parts = parts.mask((parts == "week") & (until <= timestamp(on)), "today")
    return parts.mask((parts == "later") & until.isna(), "undated")


class MyDay(Panel):
    """What a person has to do today and this week: ``MyDay(school.to_do(who=…), homes, on, link=duty_page)``.

    ``rows`` are those of `guanai.care.duties.to_do.to_do`, ``homes`` the household of each child (see
    `guanai.care.children.households.households`), ``links`` the address of the list behind each part, by its name (`PARTS`),
    ``options`` where a line leads (`guanai.widgets.lists.due_lines.LineOptions`).
    The rows of a household are together, and households in the order of their most urgent row. ``counts`` are
    the lengths of the parts. What is due later is only counted.
    """

    def __init__(
        self,
        rows: pd.DataFrame,
        homes: Mapping[str, str],
        on: date,
        *,
        links: Mapping[str, str] | None = None,
        page: int = 60,
        **options: Unpack[LineOptions],
    ) -> None:
        super().__init__("guanai-day")
        self._options = options
        self._links = links or {}
        part = day_parts(rows, on)
        self.counts = {name: int((part == name).sum()) for name in PARTS}
        rank = part.map({name: place for place, name in enumerate(PARTS)}).astype("int64")
        # The household of a child; subjects of other kinds are households of their own, even with the same id.
        homed = [homes.get(subject, subject) for subject in rows["subject_id"]]
        home = pd.Series(homed, index=rows.index, dtype=object)
        home = home.where(
            rows["kind"].isin(ALL_CHILDREN) & (rows["subject_id"] != ""),
            rows["kind"] + " " + rows["cause"] + home,
        )
        shown = rows.assign(part=part, rank=rank, home=home)
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
        lines = due_lines_html(rows, group="" if is_household else "subject", **self._options)
        if not any(names):  # a cause, or the school
            return f'<div class="guanai-home">{lines}</div>'
        head = f"{escape('、'.join(names))}{several} <small>{escape(place)}</small>"
        return f'<div class="guanai-home"><h4>{head}</h4>{lines}</div>'
