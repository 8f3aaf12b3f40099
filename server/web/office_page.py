"""The base of the office's pages, accounts and rights: made on the server, for whoever has the right to their matter."""

from typing import Any

from tornado import web

from guanai.care.errors import AccessError, ConflictError, GuanaiError
from guanai.server.accounts.accounts import Account
from guanai.server.accounts.served_school import TooSoonError
from guanai.server.web.confirmation import needs_password
from guanai.server.web.handlers import HtmlHandler

__all__ = ["OfficePage"]


class OfficePage(HtmlHandler):
    """A page with the bar; `open` shows it, `act` does what its form asks for, and an error is shown on the page."""

    matter = "accounts"

    @web.authenticated
    async def get(self) -> None:
        """Show the page to whoever may."""
        if self._may():
            await self.open()

    @web.authenticated
    async def post(self) -> None:
        """Do what the form asks for; where that fails, show the page with what is wrong."""
        if not self._may():
            return
        try:
            await self.act()
        except GuanaiError as error:
            if isinstance(error, AccessError) and not isinstance(error, TooSoonError):
                self.note("refused", f"{self.matter}: {error.key}")
            self.set_status(status_of(error))
            await self.open(*(one.message(self.language) for one in error.each()))

    async def open(self, *problems: str) -> None:
        """Show the page, with what is wrong."""
        raise NotImplementedError

    async def act(self) -> None:
        """Do what the form asks for. Raises GuanaiError."""
        raise NotImplementedError

    @property
    def account(self) -> Account:
        """The account of whoever asks."""
        return self.served.accounts.get(self.current_user.username)

    def text(self, name: str) -> str:
        """Return a field of the form or of the address."""
        return self.get_argument(name, "")

    def revision(self) -> int | None:
        """Return the revision of the account that the person saw."""
        text = self.text("revision")
        return int(text) if text.isascii() and text.isdecimal() else None

    def note(self, act: str, detail: str) -> None:
        """Write into the trail what the person has done here."""
        self.served.trail.append(
            self.account.name,
            act,
            detail,
            roles=self.account.roles,
            address=str(self.request.remote_ip),
            session=self.current_user.session,
        )

    def show_office(self, template: str, /, **values: Any) -> None:
        """Answer with a template of the theme under the bar."""
        names = self.office_pages()
        page = {
            **self.template_namespace,
            "name": self.matter,
            "pages": [
                ("home", self.say("error.home_short")),
                *((name, self.say(f"office.{name}")) for name in names),
            ],
            "more": [],
        }
        self.show(template, page=page, asks_password=needs_password(self), **values)

    def _may(self) -> bool:
        """Whether the person has the right to the page's matter; if not, the answer says who can help."""
        if self.served.may(self.account.roles, self.matter):
            return True
        self.note("refused", self.matter)
        self.set_status(403)
        self.show(
            "error.html",
            head=self.say("error.403.head"),
            text=self.say(f"office.not_{self.matter}"),
            reference="",
        )
        return False


def status_of(error: GuanaiError) -> int:
    """Return the status of the answer for an error."""
    if isinstance(error, TooSoonError):
        return 429
    if isinstance(error, ConflictError):
        return 409
    return 403 if isinstance(error, AccessError) else 400
