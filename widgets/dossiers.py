"""Everything about one child on a page: who it is, who to call, who cares, what happened, what is due."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from html import escape
from typing import Any

import pandas as pd

from guanai.templates.wording import catalogue, say
from guanai.widgets.boxes import Panel, html, spoken
from guanai.widgets.checklists import Link, due_lines
from guanai.widgets.labels import Labels, plain_text
from guanai.widgets.retired import retired_html
from guanai.widgets.tables import href
from guanai.widgets.timelines import Event, changes, definitions, events, rows_of, telephone, timeline_html

__all__ = ["Dossier"]

_CONTACT = (
    "contact_person",
    "contact_phone",
    "address",
    "village",
    "father_phone",
    "mother_phone",
    "card_given_on",
)
_HEAD = (
    "sex",
    "birth_date",
    "class",
    "status",
    "eligible",
    "eligible_reason",
    "guardian_type",
    "boarding",
    "special_groups",
)


class Dossier(Panel):
    """A child's dossier, made of what is given: no reading, no clock.

    ``child`` is the record; ``forms`` gives each form by name, for labels and codes (``child`` among them);
    ``records`` each register's records of this child by form name (a frame or a list of records; ``pairing``
    tells who cares now and before); ``history`` the changes of the child's own record (`Change`: at, by, kind,
    before, after); ``due`` its due lines; ``links`` a page template by form name (``home_visit?id={id}``).
    """

    def __init__(
        self,
        child: Mapping[str, Any],
        *,
        forms: Mapping[str, Any] | None = None,
        records: Mapping[str, Any] | None = None,
        history: Iterable[Any] = (),
        due: pd.DataFrame | None = None,
        due_link: Link = None,
        links: Mapping[str, str] | None = None,
        on: date | None = None,
        language: str | None = None,
    ) -> None:
        super().__init__("guanai-dossier")
        self._language, self._links, self._on = language, dict(links or {}), on
        self._forms = dict(forms or {})
        self._labels = {name: Labels(form, language) for name, form in self._forms.items()}
        self._child = dict(child)
        self._records = {name: rows_of(rows) for name, rows in (records or {}).items()}
        parts = [self._head(), self._contact(), self._carers()]
        if due is not None:
            lines = due_lines(due, group="subject", link=due_link, language=language)
            parts.append(self._section("due", lines if len(due) else self._none(), count=len(due)))
        self.events = [*self._registered(), *changes(history, self._label("child"), language)]
        parts.append(self._section("timeline", timeline_html(self.events) if self.events else self._none()))
        self.body = html("".join(parts))
        self.fill_with(self.body)

    def _label(self, form: str) -> Labels:
        return self._labels.setdefault(form, Labels(None, self._language))

    def _say(self, key: str, **values: object) -> str:
        return escape(say(f"dossier.{key}", self._language, **values))

    def _none(self) -> str:
        return f'<p class="guanai-empty">{self._say("none")}</p>'

    def _section(self, key: str, inside: str, count: int | None = None) -> str:
        badge = f' <span class="guanai-badge">{count}</span>' if count else ""
        return f'<section class="guanai-part"><h3>{self._say(key)}{badge}</h3>{inside}</section>'

    def _pairs(self, keys: Sequence[str]) -> str:
        labels = self._label("child")
        found = ((labels.column(key), labels.text(key, self._child.get(key))) for key in keys)
        calls = {labels.column(key) for key in keys if key.endswith("phone")}
        return definitions(((label, text) for label, text in found if text), calls)

    def _head(self) -> str:
        name = escape(plain_text(self._child.get("name")))
        edit = (
            f'<a class="guanai-record" href="{href(self._links["child"], self._child)}">{self._say("edit")}</a>'
            if "child" in self._links
            else ""
        )
        once = (
            retired_html(self._forms["child"], self._child, self._language) if "child" in self._forms else ""
        )
        return f'<section class="guanai-part guanai-head"><h2>{name}</h2>{edit}{self._pairs(_HEAD)}{once}</section>'

    def _contact(self) -> str:
        labels = self._label("child")
        cards = []
        for guardian in self._child.get("guardians") or []:
            title = escape(plain_text(guardian.get("name")))
            shown = {"name", "phone", "relation", "health", "since", "entrusted"}
            text = [
                labels.text(f"guardians/{key}", value)
                for key, value in guardian.items()
                if key in shown - {"name", "phone"}
            ]
            phone = telephone(plain_text(guardian.get("phone")))
            cards.append(
                f"<li><strong>{title}</strong> {escape(' · '.join(filter(None, text)))} {phone}</li>"
            )
        people = f'<ul class="guanai-people">{"".join(cards)}</ul>' if cards else ""
        return self._section("contact", (self._pairs(_CONTACT) + people) or self._none())

    def _carers(self) -> str:
        rows = sorted(
            self._records.get("pairing", []), key=lambda row: plain_text(row.get("start")), reverse=True
        )
        labels = self._label("pairing")
        lists: dict[str, list[str]] = {"now": [], "before": []}
        for row in rows:
            end = plain_text(row.get("end"))
            over = bool(end) and (self._on is None or end < self._on.isoformat())
            who = labels.text("helper", row.get("helper")) or plain_text(row.get("peer_name"))
            parts = [labels.text("role", row.get("role")), labels.text("kind", row.get("kind"))]
            when = say("dossier.from", self._language, start=plain_text(row.get("start")), end=end).strip(
                " –"
            )
            small = escape(" · ".join(filter(None, [*parts, when, plain_text(row.get("end_reason"))])))
            lists["before" if over else "now"].append(
                f"<li><strong>{escape(who)}</strong> <small>{small}</small></li>"
            )
        inside = "".join(
            f"<h4>{self._say(key)}</h4>"
            + (f'<ul class="guanai-people">{"".join(items)}</ul>' if items else self._none())
            for key, items in lists.items()
            if items or key == "now"
        )
        return self._section("carers", inside)

    def _registered(self) -> Iterable[Event]:
        for name, rows in self._records.items():
            word = say(f"record.{name}", self._language) if f"record.{name}" in catalogue() else name
            title = self._forms[name].title(spoken(self._language)) if name in self._forms else word
            more = (
                partial(retired_html, self._forms[name], language=self._language)
                if name in self._forms
                else None
            )
            yield from events(rows, title, self._label(name), self._links.get(name, ""), more)
