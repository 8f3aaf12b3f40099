"""What happened to one child, in order: the records of every register, and the changes of its dossier."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from html import escape
from operator import itemgetter
from typing import Any

import pandas as pd

from guanai.storage.database.history import Change
from guanai.templates.wording import say
from guanai.widgets.base.boxes import Panel, html
from guanai.widgets.base.notices import empty_html
from guanai.widgets.base.table import Pager, href
from guanai.widgets.base.value_labels import Labels, Record, Row, plain_text
from guanai.widgets.form.drafts import local_time
from guanai.widgets.form.inputs import Choice

__all__ = [
    "Event",
    "Timeline",
    "changes",
    "definitions",
    "events",
    "phone_link",
    "records_of",
    "timeline_html",
]

Event = tuple[str, str]  # the day as ISO text, and what happened as HTML

_DATED = ("date", "start")
_SYSTEM = {"id", "form", "version", "revision", "created_at", "created_by", "updated_at", "updated_by"}
_LEFT_OUT = {"child", "child_name", *_SYSTEM}


def records_of(rows: pd.DataFrame | Iterable[Row]) -> list[dict[Any, Any]]:
    """Return the rows of a frame, or of any iterable of mappings."""
    return rows.to_dict("records") if isinstance(rows, pd.DataFrame) else [dict(row) for row in rows]


def events(
    rows: Iterable[Row],
    title: str,
    labels: Labels,
    address: str = "",
    more: Callable[[Row], str] | None = None,
) -> Iterable[Event]:
    """Yield an event per record of one register; ``address`` is the template of the page that shows one.

    ``more(row)`` gives further details of one, as HTML.
    """
    for row in rows:
        day = next((key for key in _DATED if plain_text(row.get(key))), "")
        head = f"<strong>{escape(title)}</strong>"
        if address:
            head = f'<a href="{href(address, row)}">{head}</a>'
        pairs = labels.pairs(row, leave_out={*_LEFT_OUT, day})
        yield plain_text(row.get(day))[:10], head + _details(pairs, more(row) if more else "")


def changes(history: Iterable[Change], labels: Labels, *, words: str = "dossier.kind_") -> Iterable[Event]:
    """Yield an event per change of a record, the newest first, old and new in words.

    ``words`` is the prefix of the catalogue's keys for the kinds of change.
    """
    for change in reversed(list(history)):
        before, after = change.before or {}, change.after or {}
        keys = [
            key for key in {**before, **after} if key not in _SYSTEM and before.get(key) != after.get(key)
        ]
        pairs = [(labels.column(key), _change(labels, key, before, after)) for key in keys]
        # A record of an import or of the sample school says itself when it was made, and by whom.
        stamped = after if change.kind in ("insert", "update") else {}
        by = stamped.get("updated_by") or change.by or say("unsaved.somebody")
        day, _, clock = local_time(str(stamped.get("updated_at") or change.at)).partition(" ")
        title = escape(say(f"{words}{change.kind}", by=by))
        details = _details(pairs) if change.kind == "update" else ""
        yield day, f'<span class="guanai-change">{title}</span> <small>{clock}</small>{details}'


def _change(labels: Labels, key: str, before: Record, after: Record) -> str:
    old, new = (labels.text(key, version.get(key)) or "—" for version in (before, after))
    return say("dossier.change", before=old, after=new)


def timeline_html(events: Sequence[Event]) -> str:
    """Return events as an HTML list, newest first."""
    lines = (
        f'<li><time datetime="{escape(day)}">{escape(day)}</time><div>{text}</div></li>'
        for day, text in sorted(events, key=itemgetter(0), reverse=True)
    )
    return f'<ol class="guanai-timeline">{"".join(lines)}</ol>'


def definitions(pairs: Iterable[tuple[str, str]], telephones: Container[str] = ()) -> str:
    """Return labels and texts as an HTML definition list, escaped; ``telephones`` are labels of numbers to call."""
    inside = "".join(
        f"<div><dt>{escape(label)}</dt><dd>{phone_link(text) if label in telephones else escape(text)}</dd></div>"
        for label, text in pairs
    )
    return f'<dl class="guanai-pairs">{inside}</dl>' if inside else ""


def phone_link(number: str) -> str:
    """Return a telephone number as a link that dials it."""
    digits = "".join(sign for sign in number if sign.isdecimal() or sign == "+")
    if not digits or "*" in number:  # a masked number cannot be dialled
        return escape(number)
    return f'<a href="tel:{escape(digits)}">{escape(number)}</a>'


def _details(pairs: Sequence[tuple[str, str]], more: str = "") -> str:
    if not pairs:
        return more
    short = escape("；".join(f"{label}：{text.rstrip('。；')}" for label, text in pairs[:3]))
    return f"<details><summary>{short}</summary>{definitions(pairs)}{more}</details>"


class Timeline(Panel):
    """What happened, newest first, in pages; ``groups`` are events by register, of which one can be chosen."""

    def __init__(self, groups: Mapping[str, list[Event]], *, title: str, empty: str, page: int = 40) -> None:
        super().__init__("guanai-timeline-panel")
        self._groups, self._title, self._empty = groups, title, empty
        self.events = [event for found in groups.values() for event in found]
        options = {name: f"{name}（{len(found)}）" for name, found in groups.items()}
        everything = say("dossier.everything", count=len(self.events))
        self.which = Choice(say("dossier.which"), options, all=everything)
        self.body = html()
        self.pager = Pager(page, self._draw)
        self.which.observe(self._changed, "value")
        self.fill_with(*([self.which] if len(groups) > 1 else []), self.body, self.pager)
        self._draw()

    def _changed(self, _: object) -> None:
        self.pager.start = 0
        self._draw()

    def _draw(self) -> None:
        chosen = self._groups[self.which.value] if self.which.value else self.events
        ordered = sorted(chosen, key=itemgetter(0), reverse=True)
        part = ordered[self.pager.slice_of(len(ordered))]
        inside = timeline_html(part) if part else empty_html(self._empty)
        self.body.value = f'<section class="guanai-part"><h3>{escape(self._title)}</h3>{inside}</section>'
