"""Children × duties at a glance: one table, a letter and a colour in each cell, every cell a link to its lines."""

from datetime import date
from html import escape
from urllib.parse import urlencode

import pandas as pd

from guanai.templates.wording import say
from guanai.widgets.base.boxes import Panel, TraitChange, hbox, html
from guanai.widgets.base.name_search import natural_key
from guanai.widgets.base.notices import empty_html
from guanai.widgets.base.table import Pager
from guanai.widgets.base.value_labels import Row
from guanai.widgets.form.inputs import Choice

__all__ = ["STATES", "Matrix", "state_of"]

# The state of a cell: the worst of its lines. A sign shows it where there is no colour.
STATES = ("standing", "missed", "to_do", "late", "postponed", "excused", "done")
FILTERS = ("class", "village", "who")


def state_of(row: Row) -> str:
    """Return the worst state among the lines of a child and duty."""
    return next((state for state in STATES if row[state]), "done")


class Matrix(Panel):
    """Subjects down, duties across: ``Matrix(school.coverage())``.

    ``table`` is a frame as `School.coverage` gives it. A cell shows the worst of its lines, with their number where
    there are several, and links to them: ``link`` is the page of the checklist, ``day`` that of the
    table (without it today). A duty that only counts shows how many records there are. Filters choose the kind of
    subject, a class, village or person. Long lists are shown in pages; `counts` are those of everything that is chosen.
    """

    def __init__(
        self,
        table: pd.DataFrame,
        *,
        link: str = "checklist",
        day: date | None = None,
        kind: str = "child",
        page: int = 100,
        empty: str = "",
    ) -> None:
        super().__init__("guanai-matrix-panel")
        self._table, self._link, self._day = table, link, day
        self._empty = empty or say("due.none")
        kinds = list(dict.fromkeys(table["kind"]))
        words = {one: say(f"duty.subject.{one}") for one in kinds}
        self.kind = Choice(say("matrix.kind"), words, kind if kind in kinds else None)
        everything = say("due.all")
        self.filters = {name: Choice(say(f"column.{name}"), (), all=everything) for name in FILTERS}
        #: The rows of the table that are chosen, those of all pages.
        self.chosen, self.counts = table, dict.fromkeys(STATES, 0)
        self.body = html()
        self.pager = Pager(page, self._draw)
        for one in (self.kind, *self.filters.values()):
            one.observe(self._on_filter, "value")
        bar = hbox([self.kind, *self.filters.values()], "guanai-bar")
        self.fill_with(bar, self.body, self.pager)
        self._is_updating = False
        self._offer()
        self._draw()

    def _on_filter(self, change: TraitChange) -> None:
        if self._is_updating:
            return
        self.pager.start = 0
        if change["owner"] is self.kind:
            self._offer()
        self._draw()

    def _offer(self) -> None:
        """Offer what the subjects of the chosen kind have."""
        self._is_updating = True
        rows, everything = self._table[self._table["kind"] == self.kind.value], say("due.all")
        for name, choice in self.filters.items():
            values = {str(text) for text in rows[name].unique() if text} if len(rows) else set()
            choice.offer(sorted(values, key=natural_key), all=everything)
        self._is_updating = False

    def _draw(self) -> None:
        rows = self._table[self._table["kind"] == self.kind.value]
        for name, choice in self.filters.items():
            if choice.value is not None:
                rows = rows[rows[name] == choice.value]
        self.chosen = rows
        self.counts = {state: int(rows[state].sum()) for state in STATES}
        subjects = rows[["class", "subject", "subject_id"]].drop_duplicates("subject_id")
        part = self.pager.slice_of(len(subjects))
        if subjects.empty:
            self.body.value = empty_html(self._empty)
            return
        self.body.value = self._legend() + self._html(_part_of(subjects, part))

    def paper(self) -> str:
        """Return everything that is chosen as one table for paper."""
        subjects = self.chosen[["class", "subject", "subject_id"]].drop_duplicates("subject_id")
        whole = self._html(_part_of(subjects, slice(0, len(subjects))))
        return f'<div class="guanai-paper" data-print-now>{self._legend()}{whole}</div>'

    def _legend(self) -> str:
        items = "".join(
            f'<li class="guanai-cell-{state}"><b aria-hidden="true">{_sign(state)}</b> '
            f"{escape(say(f'matrix.{state}'))} {self.counts[state]}</li>"
            for state in STATES
        )
        return f'<ul class="guanai-legend">{items}</ul>'

    def _html(self, subjects: list[Row]) -> str:
        duties = list(dict.fromkeys(self.chosen["duty"]))
        head = "".join(f'<th scope="col"><span>{escape(duty)}</span></th>' for duty in duties)
        here = self.chosen[self.chosen["subject_id"].isin([one["subject_id"] for one in subjects])]
        cells = {(row["subject_id"], row["duty"]): row for row in here.to_dict("records")}
        kind = str(self.kind.value)
        body = []
        for one in subjects:
            name = f"{escape(one['subject'])} <small>{escape(one['class'])}</small>"
            row_cells = (self._cell(cells.get((one["subject_id"], duty)), kind) for duty in duties)
            body.append(f'<tr><th scope="row">{name}</th>{"".join(row_cells)}</tr>')
        title = escape(say("matrix.caption", count=len(subjects), duties=len(duties)))
        return (
            f'<div class="guanai-scroll guanai-matrix-scroll" role="region" tabindex="0" aria-label="{title}">'
            f'<table class="guanai-matrix"><caption>{title}</caption><thead><tr>'
            f'<th scope="col">{escape(say("column.subject"))}</th>{head}</tr></thead>'
            f"<tbody>{''.join(body)}</tbody></table></div>"
        )

    def _cell(self, row: Row | None, kind: str) -> str:
        """Return a cell: sign and number for the eye, words for a screen reader, a link to its lines."""
        if row is None:
            return "<td></td>"
        state = state_of(row)
        number, shown = int(row[state]), state
        # 经常: a duty without a number is never done or missed.
        if state == "done" and pd.isna(row.get("share", 1)):
            number, shown = int(row["have"]), "counted"
        words = escape(say(f"matrix.{shown}"))
        day = {"day": self._day.isoformat()} if self._day else {}
        query = urlencode(
            {"subject_id": row["subject_id"], "kind": kind, "duty": row["duty"], "done": 1} | day
        )
        count = number if number > 1 or shown == "counted" else ""
        return (
            f'<td class="guanai-cell-{state}"><a href="{self._link}?{escape(query)}" title="{words} {number}">'
            f'<b aria-hidden="true">{_sign(shown)}{count}</b><span class="guanai-unseen">{words} {number}</span></a></td>'
        )


def _part_of(subjects: pd.DataFrame, part: slice) -> list[Row]:
    """Return a slice of the subjects in the order of class and name; only the classes in the slice are sorted by name."""
    rows_of_part: list[Row] = []
    before = 0
    classes = {str(name): rows for name, rows in subjects.groupby("class", sort=False)}
    for name in sorted(classes, key=natural_key):
        size = len(classes[name])
        if before < part.stop and before + size > part.start:
            by_name = sorted(classes[name].to_dict("records"), key=lambda one: natural_key(one["subject"]))
            rows_of_part += by_name[max(part.start - before, 0) : part.stop - before]
        before += size
    return rows_of_part


def _sign(state: str) -> str:
    return escape(say(f"matrix.sign_{state}"))
