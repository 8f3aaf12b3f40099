"""Which page shows what: the addresses that lists, dossiers and first steps lead to.

A page is a notebook, its address the notebook's name. A form without a page of its own is kept in ``register``.
"""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any
from urllib.parse import quote

import pandas as pd

from guanai.templates.wording import say
from guanai.widgets.base.boxes import Panel, html

__all__ = [
    "OWN_PAGES",
    "FirstSteps",
    "Links",
    "deferral_page",
    "duty_page",
    "edit_page",
    "edit_pages",
    "form_page",
    "list_columns",
    "print_links",
    "record_links",
    "register_links",
    "view_pages",
]

OWN_PAGES = ("child", "home_visit", "pairing")

_MANY = 7  # columns that a table can show side by side


def _address(form: str, **values: object) -> str:
    own = form in OWN_PAGES
    given = values if own else {"form": form, **values}
    query = "&".join(f"{key}={quote(str(value), safe='')}" for key, value in given.items())
    page = form if own else "register"
    return f"{page}?{query}" if query else page


def form_page(form: str, child_id: str) -> str:
    """Return the address of a form with the child filled in."""
    return _address(form, child=child_id)


KINDS_WITHOUT_CHILD = (
    "helper",
    "class",
    "teacher",
    "school",
)  # subjects of duties that are no child, nor a child's family


def duty_page(line: Mapping[Any, Any]) -> str:
    """Return the page on which a due line is settled, its child filled in; the dossier itself is opened to edit."""
    form, child = str(line.get("form") or ""), line.get("subject_id", "")
    if not form:
        return ""
    if line.get("kind", "child") in KINDS_WITHOUT_CHILD:
        return _address(form)
    return _address("child", id=child, edit=1) if form == "child" else form_page(form, child)


def deferral_page(line: Mapping[Any, Any]) -> str:
    """Return the page on which a due line is put off or excused, "" where it cannot be: steps of an emergency."""
    due, since = line.get("due"), line.get("since")
    if (
        line.get("status") == "done"
        or since is None
        or (due is not None and due == due and due != due.normalize())
    ):
        return ""
    if line.get("deferral") and line.get("status") in ("postponed", "excused"):
        return f"deferral?id={quote(str(line['deferral']), safe='')}"
    asked = {
        "duty": line.get("duty", ""), "kind": line.get("kind", ""), "subject": line.get("subject_id", ""),
        "since": str(since)[:10], "role": line.get("role", ""),
    }  # fmt: skip
    return "deferral?" + "&".join(f"{key}={quote(str(value), safe='')}" for key, value in asked.items())


def edit_page(form: str, record_id: str = "") -> str:
    """Return the page on which a record is changed, or without an id a new one begun."""
    if record_id:
        address = edit_pages([form])[form].replace("{id}", quote(record_id, safe=""))
        return address if form in OWN_PAGES else f"{address}&edit=1"
    return _address(form) if form in OWN_PAGES and form != "child" else _address(form, new=1)


def view_pages(forms: Iterable[str]) -> dict[str, str]:
    """Return for each form the address where one record is read, printed or deleted, ``{id}`` standing for its id."""
    return {
        name: "child?id={id}" if name == "child" else f"register?form={quote(name, safe='')}&id={{id}}"
        for name in forms
    }


def edit_pages(forms: Iterable[str]) -> dict[str, str]:
    """Return for each form the address where one record is changed, ``{id}`` standing for its id."""
    places = {name: _address(name, id="ID").replace("=ID", "={id}") for name in forms}
    return places | {"child": "child?id={id}&edit=1"}


def _query(**values: str) -> str:
    return "&".join(f"{key}={quote(value, safe='')}" for key, value in values.items())


# Registers whose records go onto a paper of their own (R15; the official form).
_PAPERS = {"appointment": "appointment", "registration": "registration"}


def record_links(form: str, record: Mapping[str, Any]) -> dict[str, str]:
    """Return the ways from a record that is read: to change it, to print it, to the dossier of its child."""
    key, child = str(record["id"]), str(record.get("child") or "")
    return {
        say("register.edit"): edit_page(form, key),
        say("register.print"): "print?" + _query(what=_PAPERS.get(form, "record"), form=form, id=key),
        **({say("register.dossier"): "child?" + _query(id=child)} if child else {}),
    }


def register_links(form: str, *, closed: bool = False) -> dict[str, str]:
    """Return the ways from the list of a register: to a new record, a blank form on paper, its bin, the other registers.

    Into one that is closed leads none.
    """
    into = {
        f"＋ {say('register.add')}": edit_page(form),
        say("register.blank"): "print?" + _query(what=_PAPERS.get(form, "record"), form=form),
    }
    return {
        **({} if closed else into),
        say("bin.title"): "bin?" + _query(form=form),
        say("register.index"): "register",
    }


def print_links(child_id: str) -> dict[str, str]:
    """Return what can be printed of a child: the dossier and its form, both cards, the official form."""
    kinds = ("dossier", "card", "appointment", "registration")
    papers = {what: "print?" + _query(what=what, id=child_id) for what in kinds}
    papers["form"] = "print?" + _query(what="record", form="child", id=child_id)
    return {say(f"dossier.print_{what}"): way for what, way in papers.items()}


def list_columns(form: Any, records: pd.DataFrame | None = None) -> list[str]:
    """Return the columns of a form that a list of its records shows: at most seven, no repeats, short answers first.

    With the records, what nobody has answered yet leaves its place to long texts that somebody has.
    """
    long_ = {item.key for item in form.questions() if "multiline" in item.appearance}
    single = [key for key, kind in form.columns.items() if kind != "repeat"]
    chosen = [key for key in single if key not in long_]
    if records is not None and len(records):
        answered = {str(key) for key in records.columns[records.notna().any()]}
        chosen = [key for key in chosen if key in answered] + [
            key for key in single if key in answered & long_
        ]
    if "child" in chosen:
        place = chosen.index("child")
        chosen[place : place + 1] = ["child_name", *([] if "class" in chosen else ["class"])]
    return chosen[:_MANY]


class Links(Panel):
    """Ways to other pages side by side: ``Links({"登记一名儿童": "child?new=1"})``."""

    def __init__(self, links: Mapping[str, str]) -> None:
        super().__init__("guanai-links")
        inside = "".join(
            f'<a class="guanai-record" href="{escape(address)}">{escape(text)}</a>'
            for text, address in links.items()
        )
        self.body = html(f'<nav class="guanai-link-row">{inside}</nav>' if inside else "")
        self.fill_with(self.body)


class FirstSteps(Panel):
    """What to do first in a new school: one step per register that is still empty, in this order; else nothing.

    ``counts`` gives how many records each register has, by form name.
    """

    def __init__(self, counts: Mapping[str, int], language: str | None = None) -> None:
        super().__init__("guanai-first")
        self.open = [form for form, count in counts.items() if not count]
        steps = []
        for form, count in counts.items():
            text = escape(say(f"steps.{form}", language))
            address = escape(_address(form, new=1) if form == "child" else _address(form))
            done = f' <span class="guanai-badge">✓ {escape(say("steps.done", language))}</span>'
            steps.append(f"<li>{text}{done}</li>" if count else f'<li><a href="{address}">{text}</a></li>')
        head = escape(say("steps.title", language))
        inside = f'<section class="guanai-part"><h3>{head}</h3><ol class="guanai-steps">{"".join(steps)}</ol></section>'
        self.body = html(inside if self.open else "")
        self.fill_with(self.body)
