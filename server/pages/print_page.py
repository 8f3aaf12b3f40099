"""Records of a school on A4 paper: a page that is one sheet, made on the server and printed by the browser.

A sheet is made as whoever asks, in a process of its own that is limited in time and memory: what it evaluates was written
by the author of a form.
"""

from typing import Any
from urllib.parse import urlencode

from tornado import web

from guanai.server.kernels.limited_tasks import LimitedTasks, TaskError
from guanai.server.pages.lean_pages import identity_environment
from guanai.server.web.handlers import HtmlHandler
from guanai.storage.reports.printout import printout_of

__all__ = ["PrintPage"]


class PrintPage(HtmlHandler):
    """A sheet as it will lie on the paper, and the button that prints it."""

    @web.authenticated
    async def get(self) -> None:
        """Show the sheet."""
        what, form, record_id = (self.get_argument(name, "") for name in ("what", "form", "id"))
        request = {"what": what or "record", "form": form, "id": record_id, "language": self.language}
        tasks: LimitedTasks = self.settings["tasks"]
        try:
            with self.kernels.vault_of(self.current_user.session, str(self.request.remote_ip)) as vault:
                identity = identity_environment(self.request)
                made = await tasks.run("print", request, identity, self.language, vault)
        except TaskError as error:
            self.set_status(error.status)
            self._show_error(error.text or self.say("print.too_much"))
            return
        sheet, day = made["sheet"], made["day"]
        if sheet is None:
            self.set_status(404)
            self._show_error(self.say("print.nothing"))
            return
        if record_id:
            self._note(form or "child", record_id, what)
        blank = urlencode({"what": what or "record", **({"form": form} if form else {})})
        self.show(
            "print.html.j2",
            printout=printout_of(sheet),
            day=day,
            back=self._back(what, form, record_id),
            blank=f"{self.base_url}print?{blank}" if record_id and what != "dossier" else "",
            foot=css_text(self.say("print.stamp", school=self.served.name, day=day)),
            pages=page_numbers(self.say("print.pages", page="\0", count="\1")),
        )

    def _note(self, form: str, record_id: str, what: str) -> None:
        """Write into the trail what the person has got to print."""
        user, address = self.current_user, str(self.request.remote_ip)
        self.served.trail.append(
            user.username, "print", what, session=user.session, address=address, form=form, record=record_id
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
