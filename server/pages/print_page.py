"""Records of a school on A4 paper: a page that is one sheet, made on the server and printed by the browser.

The sheets are made in a thread that opens the school for itself, so that the pages of others need not wait.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tornado import web

from guanai.care.errors import GuanaiError
from guanai.server.web.handlers import HtmlHandler
from guanai.storage.reports.child_printouts import appointment_card, contact_card, dossier_printout
from guanai.storage.reports.official_form import official_printout
from guanai.storage.reports.printout import Printout
from guanai.storage.reports.record_printout import day_in_words, record_printout
from guanai.storage.school.open_school import open_as_owner
from guanai.storage.school.school import School

__all__ = ["KINDS", "PrintPage", "Printer"]

Child = dict[str, Any] | None
Maker = Callable[[School, str, str, str], Printout | None]
ChildMaker = Callable[[School, Child, Child, str], Printout]


def _record(school: School, form: str, record_id: str, language: str) -> Printout | None:
    record = school.record(form, record_id) if record_id else None
    return record_printout(school.form(form), record, language) if record or not record_id else None


def _dossier(school: School, _form: str, child_id: str, language: str) -> Printout | None:
    child = school.record("child", child_id)
    return dossier_printout(school.about(child_id), child, language) if child else None


def _card(school: School, _form: str, child_id: str, language: str) -> Printout | None:
    child = school.record("child", child_id) if child_id else None
    return contact_card(school, child, language) if child or not child_id else None


def _about_child(make: ChildMaker) -> Maker:
    """Return what makes a sheet about a child: ``make`` gets the child, and with a form the record that was asked for."""

    def sheet(school: School, form: str, record_id: str, language: str) -> Printout | None:
        record = school.record(form or "child", record_id) if record_id else None
        child = school.record("child", str(record.get("child"))) if form and record else record
        return make(school, child, record if form else None, language) if child or not record_id else None

    return sheet


#: What ``/print?what=…`` can print; ``id`` is a child's, or with ``form`` a record's; without it the sheet is blank.
KINDS: dict[str, Maker] = {
    "record": _record,
    "dossier": _dossier,
    "card": _card,
    "appointment": _about_child(
        lambda school, child, record, language: appointment_card(school, child, language, record)
    ),
    "registration": _about_child(official_printout),
}


class Printer:
    """Makes sheets one after the other, in a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="print")
        self._school: School | None = None

    async def sheet(self, what: str, form: str, record_id: str, language: str) -> tuple[Printout | None, str]:
        """Return what to print, None where there is nothing of it, and today's date in words."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._worker, self._make, what, form, record_id, language)

    def _make(self, what: str, form: str, record_id: str, language: str) -> tuple[Printout | None, str]:
        if self._school is None:
            self._school = open_as_owner(self._folder)
        school = self._school.as_user(self._school.person)  # with forms and rules as they are now
        exists = form in school.forms() if form else what != "record"
        if what not in KINDS or not exists:
            return None, ""
        sheet = KINDS[what](school, form, record_id, language)
        return sheet, day_in_words(school.today().isoformat(), language)


class PrintPage(HtmlHandler):
    """A sheet as it will lie on the paper, and the button that prints it."""

    @web.authenticated
    async def get(self) -> None:
        """Show the sheet."""
        what, form, record_id = (self.get_argument(name, "") for name in ("what", "form", "id"))
        try:
            sheet, day = await self.settings["printer"].sheet(
                what or "record", form, record_id, self.language
            )
        except GuanaiError as error:
            self.set_status(404)
            self._show_error(error.message(self.language))
            return
        if sheet is None:
            self.set_status(404)
            self._show_error(self.say("print.nothing"))
            return
        blank = urlencode({"what": what or "record", **({"form": form} if form else {})})
        self.show(
            "print.html.j2",
            printout=sheet,
            day=day,
            back=self._back(what, form, record_id),
            blank=f"{self.base_url}print?{blank}" if record_id and what != "dossier" else "",
            foot=css_text(self.say("print.stamp", school=self.served.name, day=day)),
            pages=page_numbers(self.say("print.pages", page="\0", count="\1")),
        )

    def _show_error(self, text: str) -> None:
        self.show("error.html", head=self.say("print.button"), text=text, reference="")

    def _back(self, what: str, form: str, record_id: str) -> str:
        """Return the page that the sheet is of."""
        if form in ("", "child"):
            query = f"?{urlencode({'id': record_id})}" if record_id else ""
            return f"{self.base_url}child{query}"
        parameters = {"form": form, **({"id": record_id} if record_id else {})}
        return f"{self.base_url}register?{urlencode(parameters)}"


def css_text(text: str) -> str:
    r"""Return a text as a string of a style sheet: nothing in it can end the string.

    >>> css_text('a"}</style>')
    '"a\\22 \\7d \\3c \\2f style\\3e "'
    """
    return '"' + "".join(letter if letter.isalnum() else f"\\{ord(letter):x} " for letter in text) + '"'


def page_numbers(text: str) -> str:
    r"""Return a text with \0 for the page and \1 for the count as the ``content`` of a page margin in CSS.

    >>> page_numbers("第\0页，共\1页")
    '"第" counter(page) "页\\ff0c 共" counter(pages) "页"'
    """
    before, _, rest = text.partition("\0")
    between, _, after = rest.partition("\1")
    parts: list[Any] = [
        css_text(before),
        "counter(page)",
        css_text(between),
        "counter(pages)",
        css_text(after),
    ]
    return " ".join(part for part in parts if part != '""')
