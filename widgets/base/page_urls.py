"""The addresses of pages: which page shows, changes, prints or defers what.

A page is a notebook, and its address is the name of the notebook. A form without a notebook of its own has the page
``register``. All functions return addresses relative to the page that is open; values in them are quoted.
"""

from collections.abc import Collection, Iterable
from urllib.parse import quote

import pandas as pd

from guanai.storage.forms.xlsform.definitions import Form as FormDefinition
from guanai.templates.wording import say
from guanai.widgets.base.value_labels import Record, Row

__all__ = [
    "OWN_PAGES",
    "deferral_page",
    "duty_page",
    "edit_page",
    "edit_pages",
    "form_page",
    "list_columns",
    "page_url",
    "print_links",
    "record_links",
    "register_links",
    "view_pages",
]

#: Forms that have a notebook of their own.
OWN_PAGES = ("child", "home_visit", "pairing")

#: What whoever works in the school's folder may do with a record; an account has the acts that its roles give.
ALL_ACTS = ("see", "add", "change", "delete", "export", "print", "count")

_MOST_COLUMNS = 7  # that a table can show side by side


def page_url(form: str, **values: object) -> str:
    """Return the address of the page of a form, with these values in its query."""
    own = form in OWN_PAGES
    given = values if own else {"form": form, **values}
    query = _query(**given)
    page = form if own else "register"
    return f"{page}?{query}" if query else page


def form_page(form: str, child_id: str) -> str:
    """Return the address of a form with the child filled in."""
    return page_url(form, child=child_id)


# Kinds of subjects of duties that are no child, nor the family of one.
KINDS_WITHOUT_CHILD = ("helper", "class", "teacher", "staff", "school")


def duty_page(line: Row) -> str:
    """Return the page on which the record that a due line asks for is entered, its child filled in.

    For a duty about the dossier that is the dossier, and for one about an open record that record, open to be changed; ""
    where the line names no form. Where children have had no contact there is no one record to enter.
    """
    form, child = str(line.get("form") or ""), line.get("subject_id", "")
    if not form or line.get("cause") == "no_contact":
        return ""
    if line.get("record"):
        return edit_page(form, str(line["record"]))
    if line.get("kind", "child") in KINDS_WITHOUT_CHILD or not child:
        return page_url(form)
    return page_url("child", id=child, edit=1) if form == "child" else form_page(form, child)


def deferral_page(line: Row) -> str:
    """Return the page on which a due line is postponed or excused; "" where it cannot be, as for steps of an emergency."""
    due, since = line.get("due"), line.get("since")
    if (
        line.get("status") == "done"
        or since is None
        or (due is not None and due == due and due != due.normalize())
    ):
        return ""
    if line.get("deferral") and line.get("status") in ("postponed", "excused"):
        return f"deferral?id={quote(str(line['deferral']), safe='')}"
    query = {
        "duty": line.get("duty", ""), "kind": line.get("kind", ""), "subject": line.get("subject_id", ""),
        "since": str(since)[:10], "role": line.get("role", ""),
    }  # fmt: skip
    return "deferral?" + _query(**query)


def edit_page(form: str, record_id: str = "") -> str:
    """Return the page on which a record is changed, or without an id the one on which a new record is entered."""
    if record_id:
        address = edit_pages([form])[form].replace("{id}", quote(record_id, safe=""))
        return address if form in OWN_PAGES else f"{address}&edit=1"
    return page_url(form) if form in OWN_PAGES and form != "child" else page_url(form, new=1)


def view_pages(forms: Iterable[str]) -> dict[str, str]:
    """Return for each form the address where one record is read, printed or deleted, as a template with ``{id}``."""
    return {
        name: "child?id={id}" if name == "child" else f"register?form={quote(name, safe='')}&id={{id}}"
        for name in forms
    }


def edit_pages(forms: Iterable[str]) -> dict[str, str]:
    """Return for each form the address where one record is changed, as a template with ``{id}``."""
    pages = {name: page_url(name, id="ID").replace("=ID", "={id}") for name in forms}
    return pages | {"child": "child?id={id}&edit=1"}


def _query(**values: object) -> str:
    return "&".join(f"{key}={quote(str(value), safe='')}" for key, value in values.items())


# Registers with a printed form of their own (R15; the official form).
_PRINTED_FORMS = {"appointment": "appointment", "registration": "registration"}


def record_links(form: str, record: Record, acts: Collection[str] = ALL_ACTS) -> dict[str, str]:
    """Return the links of a record on its page, by their text: change it, print it, the dossier of its child.

    ``acts`` are what the person may do with it (`Access.acts`).
    """
    key, child = str(record["id"]), str(record.get("child") or "")
    paper = "print?" + _query(what=_PRINTED_FORMS.get(form, "record"), form=form, id=key)
    return {
        **({say("register.edit"): edit_page(form, key)} if "change" in acts else {}),
        **({say("register.print"): paper} if "print" in acts else {}),
        **({say("register.dossier"): "child?" + _query(id=child)} if child else {}),
    }


def register_links(form: str, *, closed: bool = False, acts: Collection[str] = ALL_ACTS) -> dict[str, str]:
    """Return the links above the list of a register, by their text: new record, blank form, its bin, the other registers.

    A register that is closed takes no new records and has no blank form. ``acts`` are what the person may do with some
    record of it (`Access.acts`).
    """
    blank = "print?" + _query(what=_PRINTED_FORMS.get(form, "record"), form=form)
    adding = {
        **({f"＋ {say('register.add')}": edit_page(form)} if "add" in acts else {}),
        **({say("register.blank"): blank} if "print" in acts else {}),
    }
    return {
        **({} if closed else adding),
        **({say("bin.title"): "bin?" + _query(form=form)} if "delete" in acts else {}),
        say("register.index"): "register",
    }


def print_links(child_id: str) -> dict[str, str]:
    """Return the links to what can be printed of a child, by their text: dossier, both cards, official form, the child's form."""
    kinds = ("dossier", "card", "appointment", "registration")
    papers = {what: "print?" + _query(what=what, id=child_id) for what in kinds}
    papers["form"] = "print?" + _query(what="record", form="child", id=child_id)
    return {say(f"dossier.print_{what}"): way for what, way in papers.items()}


def list_columns(form: FormDefinition, records: pd.DataFrame | None = None) -> list[str]:
    """Return the columns of a form that a list of its records shows: at most seven, no repeats, short answers first.

    With the records, columns without an answer are left out, and long texts that have one come last.
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
    return chosen[:_MOST_COLUMNS]
