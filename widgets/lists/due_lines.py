"""Lines of a checklist as HTML: what is to be done, for whom, until when and why, a link to the form, the names behind a number.

A row of `guanai.care.duties.to_do.to_do` shows its sentence, a line of `guanai.care.duties.due.due` its duty and reason.
"""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import TypedDict, Unpack
from urllib.parse import quote, urlencode

import pandas as pd

from guanai.care.policy.duty import ALL_CHILDREN
from guanai.templates.wording import say
from guanai.widgets.base.page_urls import view_pages
from guanai.widgets.base.table import href
from guanai.widgets.base.value_labels import Row, plain_text

__all__ = ["Evidence", "LineOptions", "Link", "NameOf", "due_lines_html"]

#: Which records were counted for a line, each as form, id and day (`guanai.storage.school.due_service.DutyService.counted`).
Evidence = Callable[[Row], Sequence[tuple[str, str, str]]] | None
#: A template of an address, one per duty or form, or a function of the line.
Link = str | Mapping[str, str] | Callable[[Row], str | None] | None
#: The name of a record, by its form and id (`guanai.storage.School.label`).
NameOf = Callable[[str, str], str] | None

_MOST_RECORDS = 8  # of those counted that a line names; it says how many more there are
_MOST_NAMES = 60  # of the subjects of a cause
_FINISHED = ("excused", "missed", "late", "done")  # nothing is to be recorded any more
_FORMS = {
    **dict.fromkeys(ALL_CHILDREN, "child"),
    **dict.fromkeys(("helper", "teacher", "staff"), "staff"),
    "class": "class",
}


class LineOptions(TypedDict, total=False):
    """Where a line leads, and what it names beside itself.

    ``link`` leads to the form, ``more`` to the page on which a line is postponed or excused: a template
    (``"{form}?child={subject_id}"``), one per duty or form in a dict, or a function of the line. ``counted`` gives the records
    that were counted for a line (form, id, day), to which it then links. A row about several opens to their names, which
    ``name_of`` gives, and links to their list: its own rows for the ``reader`` (an id of the staff) who owes them.
    """

    link: Link
    more: Link
    counted: Evidence
    name_of: NameOf
    reader: str | None


def due_lines_html(rows: pd.DataFrame, *, group: str = "", **options: Unpack[LineOptions]) -> str:
    """Return rows of what is to be done, or due lines, as an HTML list; ``group`` is the column the list around it is grouped by."""
    link, more, reader = options.get("link"), options.get("more"), options.get("reader")
    counted, name_of = options.get("counted"), options.get("name_of")
    parts = []
    for row in rows.to_dict("records"):
        status = str(row.get("status") or "rest")
        evidence = _evidence(counted(row) if counted else ())
        buttons = _buttons(row, link, more, reader)
        word = escape(say(f"due.status_{status}")) if status != "rest" else ""
        below = _below(row, _details(row, group, reader), evidence)
        parts.append(
            f'<li class="guanai-line guanai-{escape(status)}"><span class="guanai-status">{word}</span>'
            f'<div class="guanai-line-text">{_head(row, group)}{below}{_names(row, name_of)}</div>{buttons}</li>'
        )
    return f'<ul class="guanai-lines">{"".join(parts)}</ul>'


def _head(row: Row, group: str) -> str:
    """Return whom a line is about and what is to be done."""
    text = escape(plain_text(row.get("text")) or plain_text(row.get("duty")))
    what = f'<span class="guanai-duty">{text}</span>'
    name = escape(plain_text(row.get("subject")))
    if not name or group == "subject":
        return what
    place = "" if group == "class" or row.get("kind") == "class" else escape(plain_text(row.get("class")))
    return (
        f'<strong class="guanai-who">{name}</strong> '
        + (f'<span class="guanai-class">{place}</span> ' if place else "")
        + what
    )


def _details(row: Row, group: str, reader: str | None) -> list[str]:
    """Return until when, by whom and to whom it has risen, as HTML; a reader knows who they are themselves."""
    due, since = plain_text(row.get("due")), plain_text(row.get("since"))
    when = say("due.due", day=due) if due else say("due.since", day=since) if since else ""
    if due and row.get("status") in ("standing", "missed"):
        when = say("due.was_due", day=due)
    if row.get("cause"):  # its days are those of its many lines
        when = ""
    also = say("due.since", day=since) if due and since and "text" not in row else ""
    is_own = reader is not None and list(row.get("who_ids") or ()) == [reader]
    who = "" if group == "who" or is_own else plain_text(row.get("who"))
    raised = say(f"due.raised_{row['raised']}") if row.get("raised") else ""
    return [escape(part) for part in (when, also, who, raised) if part]


def _below(row: Row, details: Sequence[str], evidence: str) -> str:
    """Return what stands below a line. The sentence of a row says what is to be done: why it is asked opens when pressed."""
    why = escape(plain_text(row.get("why")))
    if "text" not in row:
        small = " · ".join(filter(None, [*details, why])) + evidence
        return f"<small>{small}</small>" if small else ""
    opened = " open" if row.get("status") == "postponed" else ""  # until when, by whom and why it was put off
    reason = (
        f'<details class="guanai-why"{opened}><summary>{escape(say("due.why"))}</summary>{why}{evidence}</details>'
        if why
        else ""
    )
    return f'<div class="guanai-line-more">{" · ".join(filter(None, [*details, reason]))}</div>'


def _buttons(row: Row, link: Link, more: Link, reader: str | None) -> str:
    """Return the links of a line: to the form, and to the page on which it is postponed or excused."""
    several = len(row.get("members") or ()) != 1 and "members" in row
    address = _group_page(row, reader) if several and not row.get("cause") else _address(link, row)
    if not address or row.get("status") in _FINISHED:
        button = ""
    else:
        key = (
            "due.open_list"
            if several and not row.get("cause")
            else "due.arrange"
            if row.get("cause")
            else "due.record"
        )
        button = f'<a class="guanai-record" href="{address}">{escape(say(key))}</a>'
    if more is not None and not several and not row.get("cause") and (deferral := _address(more, row)):
        button = f'<a class="guanai-defer" href="{deferral}">{escape(say("due.defer"))}</a>{button}'
    return button


def _group_page(row: Row, reader: str | None) -> str:
    """Return the checklist of the rows that a row of several stands for."""
    query = {"duty": row["duty"], "status": row["status"]}
    if reader in (*row["who_ids"], *row["raised_ids"]):
        query["mine"] = "1"
    elif reader is None and len(row["who_ids"]) == 1:
        query["who"] = row["who"]
    return escape(f"checklist?{urlencode(query)}", quote=True)


def _address(link: Link, row: Row) -> str:
    """Return the address that a line's button opens, "" for none."""
    if callable(link):
        return escape(link(row) or "", quote=True)
    if isinstance(link, Mapping):
        template = link.get(str(row.get("duty")), link.get(str(row.get("form", "")), ""))
        return href(template, row) if template else ""
    if link is None:
        return href("{form}?child={subject_id}", row) if row.get("form") else ""
    return href(link, row)


def _names(row: Row, name_of: NameOf) -> str:
    """Return the names of those whom a row of several is about, closed until it is opened."""
    members: Sequence[str] = row.get("members") or ()
    form = _FORMS.get(str(row.get("kind")), "")
    if name_of is None or not form or (len(members) < 2 and not row.get("cause")):
        return ""
    page = view_pages([form])[form]
    items = [
        f'<a href="{escape(page.replace("{id}", quote(member, safe="")), quote=True)}">{escape(name_of(form, member))}</a>'
        for member in members[:_MOST_NAMES]
    ]
    left = len(members) - len(items)
    items += [escape(say("due.counted_more", count=left))] if left else []
    title = escape(say("due.names", count=len(members)))
    return f"<details><summary>{title}</summary>{escape(say('policy.comma')).join(items)}</details>"


def _evidence(records: Sequence[tuple[str, str, str]]) -> str:
    """Return the records that were counted as links, each by its day."""
    if not records:
        return ""
    addresses = view_pages({form for form, _, _ in records})
    links = [
        f'<a href="{escape(addresses[form].replace("{id}", quote(record, safe="")), quote=True)}">{escape(day or "?")}</a>'
        for form, record, day in records[:_MOST_RECORDS]
    ]
    more = len(records) - len(links)
    links += [escape(say("due.counted_more", count=more))] if more else []
    return f" · {escape(say('due.counted'))} {escape(say('policy.comma')).join(links)}"
