"""Everything about one child on a page: who it is, who to call, who cares, what happened, what is due."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from html import escape

import pandas as pd

from guanai.storage.database.history import Change
from guanai.storage.forms.xlsform.definitions import Form as FormDefinition
from guanai.storage.records.child_records import open_records
from guanai.templates.wording import catalogue, say, spoken
from guanai.widgets.base.boxes import Panel, html
from guanai.widgets.base.notices import empty_html
from guanai.widgets.base.table import href
from guanai.widgets.base.value_labels import Labels, Record, Row, plain_text, retired_html
from guanai.widgets.lists.due_lines import Evidence, Link, due_lines_html
from guanai.widgets.lists.numbers import MaskedNumbers, Reveal, masked_change, masked_record
from guanai.widgets.lists.timelines import (
    Event,
    Timeline,
    changes,
    definitions,
    events,
    phone_link,
    records_of,
)
from guanai.widgets.lists.trails import WhoLooked

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
    """A child's dossier, made of what is given: it reads no records and no clock.

    ``child`` is the record; ``forms`` gives each form by name, for labels and codes (``child`` among them);
    ``records`` each register's records that name this child by form name (a frame or a list of records; ``pairing``
    says who cares now and before); ``history`` the changes of the child's own record; ``due`` its due lines, ``counted`` the records behind each; ``links`` a page template by form name (``register?form=talk&id={id}``);
    ``adds`` the address of a new record of a form with the child filled in, of which those of ``quick`` come
    first; ``prints`` addresses by their text. With ``reveal`` (see `MaskedNumbers`) identity and telephone numbers are
    masked until a click; ``looked`` is who looked (`WhoLooked`), None for who may not know.
    """

    def __init__(
        self,
        child: Record,
        *,
        forms: Mapping[str, FormDefinition] | None = None,
        records: Mapping[str, pd.DataFrame | Iterable[Row]] | None = None,
        history: Iterable[Change] = (),
        due: pd.DataFrame | None = None,
        due_link: Link = None,
        counted: Evidence = None,
        links: Mapping[str, str] | None = None,
        adds: Mapping[str, str] | None = None,
        quick: Sequence[str] = ("talk", "home_visit", "call"),
        prints: Mapping[str, str] | None = None,
        on: date | None = None,
        page: int = 40,
        reveal: Reveal | None = None,
        looked: pd.DataFrame | None = None,
    ) -> None:
        super().__init__("guanai-dossier")
        numbers = [MaskedNumbers(child, (forms or {}).get("child"), reveal)] if reveal else []
        if reveal is not None:
            child, history = masked_record(child), [masked_change(change) for change in history]
        self._links, self._on = dict(links or {}), on
        self._forms = dict(forms or {})
        self._labels = {name: Labels(form) for name, form in self._forms.items() if name == "child"}
        self._child = dict(child)
        self._records = {name: records_of(rows) for name, rows in (records or {}).items()}
        parts = [self._head(prints or {}), self._quick(adds or {}, quick), self._counts()]
        parts += [self._contact(), self._carers(), self._open()]
        if due is not None:
            lines = due_lines_html(due, group="subject", link=due_link, counted=counted)
            parts.append(self._section("due", lines if len(due) else self._none(), count=len(due)))
        self.body = html("".join(parts))
        self.timeline = Timeline(
            self._registered(list(history)),
            title=say("dossier.timeline"),
            empty=say("dossier.none"),
            page=page,
        )
        seen = [WhoLooked(looked)] if looked is not None else []
        self.fill_with(*seen, self.body, *numbers, self.timeline)

    @property
    def events(self) -> list[Event]:
        """Everything on the timeline."""
        return self.timeline.events

    def _label(self, form: str) -> Labels:
        if form not in self._labels:
            self._labels[form] = Labels(self._forms.get(form))
        return self._labels[form]

    def _title(self, form: str) -> str:
        if form in self._forms:
            return str(self._forms[form].title(spoken()))
        return say(f"record.{form}") if f"record.{form}" in catalogue() else form

    def _say(self, key: str, **values: object) -> str:
        return escape(say(f"dossier.{key}", **values))

    def _none(self) -> str:
        return empty_html(say("dossier.none"))

    def _section(self, key: str, inside: str, count: int | None = None) -> str:
        badge = f' <span class="guanai-badge">{count}</span>' if count else ""
        return f'<section class="guanai-part"><h3>{self._say(key)}{badge}</h3>{inside}</section>'

    def _pairs(self, keys: Sequence[str]) -> str:
        labels = self._label("child")
        pairs = ((labels.column(key), labels.text(key, self._child.get(key))) for key in keys)
        telephones = {labels.column(key) for key in keys if key.endswith("phone")}
        return definitions(((label, text) for label, text in pairs if text), telephones)

    def _head(self, prints: Mapping[str, str]) -> str:
        name = escape(plain_text(self._child.get("name")))
        edit = (
            f'<a class="guanai-record" href="{href(self._links["child"], self._child)}">{self._say("edit")}</a>'
            if "child" in self._links
            else ""
        )
        papers = "".join(
            f'<a class="guanai-way" href="{escape(url)}">{escape(text)}</a>' for text, url in prints.items()
        )
        row = f'<p class="guanai-papers">{self._say("print")}{papers}</p>' if papers else ""
        removed = retired_html(self._forms["child"], self._child) if "child" in self._forms else ""
        return f'<section class="guanai-part guanai-head"><h2>{name}</h2>{edit}{self._pairs(_HEAD)}{removed}{row}</section>'

    def _quick(self, adds: Mapping[str, str], quick: Sequence[str]) -> str:
        """Return the links to a new record with the child filled in: the usual ones, the others behind one click."""
        links = {
            name: f'<a class="guanai-record" href="{escape(url)}">＋ {escape(self._title(name))}</a>'
            for name, url in adds.items()
        }
        first = "".join(links[name] for name in quick if name in links)
        others = "".join(link for name, link in links.items() if name not in quick)
        more = (
            f'<details class="guanai-more"><summary>{self._say("more")}</summary>'
            f'<nav class="guanai-link-row">{others}</nav></details>'
            if others
            else ""
        )
        return f'<nav class="guanai-link-row guanai-quick">{first}</nav>{more}' if links else ""

    def _counts(self) -> str:
        """Return how many records each register has of this child, with a link to them."""
        key = str(self._child.get("id", ""))
        chips = "".join(
            f'<li><a href="{href("register?form={form}&about={id}", {"form": name, "id": key})}">'
            f'{escape(self._title(name))} <span class="guanai-badge">{len(rows)}</span></a></li>'
            for name, rows in self._records.items()
            if rows
        )
        return f'<ul class="guanai-chips" aria-label="{self._say("counts")}">{chips}</ul>' if chips else ""

    def _open(self) -> str:
        """Return the records that are still open."""
        if not self._forms:
            return ""
        rows_by_form = {name: rows for name, rows in self._records.items() if name in self._forms}
        unsettled = open_records(self._forms, rows_by_form)
        if not unsettled:
            return ""
        items = []
        for name, row in unsettled:
            day = next(iter(events([row], self._title(name), self._label(name), self._links.get(name, ""))))
            items.append(f"<li><time>{escape(day[0])}</time> {day[1]}</li>")
        return self._section("open", f'<ul class="guanai-people">{"".join(items)}</ul>', count=len(unsettled))

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
            phone = phone_link(plain_text(guardian.get("phone")))
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
            has_ended = bool(end) and (self._on is None or end < self._on.isoformat())
            who = labels.text("helper", row.get("helper")) or plain_text(row.get("peer_name"))
            parts = [labels.text("role", row.get("role")), labels.text("kind", row.get("kind"))]
            when = say("dossier.from", start=plain_text(row.get("start")), end=end).strip(" –")
            small = escape(" · ".join(filter(None, [*parts, when, plain_text(row.get("end_reason"))])))
            line = f"<li><strong>{escape(who)}</strong> <small>{small}</small></li>"
            lists["before" if has_ended else "now"].append(line)
        inside = "".join(
            f"<h4>{self._say(key)}</h4>"
            + (f'<ul class="guanai-people">{"".join(items)}</ul>' if items else self._none())
            for key, items in lists.items()
            if items or key == "now"
        )
        return self._section("carers", inside)

    def _registered(self, history: list[Change]) -> dict[str, list[Event]]:
        """Return the events of each register and of the dossier itself, by title."""
        groups = {
            self._title(name): list(
                events(
                    rows, self._title(name), self._label(name), self._links.get(name, ""), self._more(name)
                )
            )
            for name, rows in self._records.items()
            if rows
        }
        own = list(changes(history, self._label("child")))
        return groups | ({say("dossier.changes"): own} if own else {})

    def _more(self, name: str) -> Callable[[Row], str] | None:
        """Return the function that gives a record's answers to removed questions as HTML."""
        form = self._forms.get(name)
        return None if form is None else partial(retired_html, form)
