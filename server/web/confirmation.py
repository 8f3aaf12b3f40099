"""Asking again who sits there: before what reaches far, the password must have been typed in the last ten minutes.

The server keeps when it was, with the session. Its own pages ask here; a page's kernel gets the end of that time in a header
that only the server can set, and leads to ``/confirm?next=…``, from where the person comes back to the page opened anew.
"""

from tornado import web

from guanai.care.errors import AccessError
from guanai.server.accounts.served_school import TooSoonError
from guanai.server.web.handlers import HtmlHandler, safe_next
from guanai.server.web.sign_in import device_mark, one_click_allowed

__all__ = ["Confirmation", "confirm", "needs_password"]


def needs_password(handler: HtmlHandler) -> bool:
    """Whether the person has to type the password before going on; in a demonstration there is none to type."""
    account = handler.served.accounts.get(handler.current_user.username)
    without = not account.password and account.name in handler.served.workshop and one_click_allowed(handler)
    return not without and not handler.served.sessions.confirmed_until(handler.current_user.session)


async def confirm(handler: HtmlHandler) -> None:
    """Check the password in the body's field ``own_password`` where one is needed.

    Raises AccessError where it is missing or wrong, TooSoonError where the next attempt has to wait.
    """
    if not needs_password(handler):
        return
    password = handler.get_body_argument("own_password", "", strip=False)
    name, address = handler.current_user.username, str(handler.request.remote_ip)
    if not password:
        raise AccessError("confirm.needed")
    try:
        await handler.served.check_password(name, password, address, device_mark(handler, name))
    except TooSoonError:
        raise
    except AccessError as error:
        raise AccessError("confirm.wrong") from error
    handler.served.sessions.confirm(handler.current_user.session)


class Confirmation(HtmlHandler):
    """The page that asks for the password, and leads back."""

    @web.authenticated
    def get(self) -> None:
        """Show the page."""
        self._show()

    @web.authenticated
    async def post(self) -> None:
        """Confirm, and go on to where the person came from."""
        try:
            await confirm(self)
        except AccessError as error:
            self.set_status(429 if isinstance(error, TooSoonError) else 401)
            self._show(error.message(self.language))
            return
        self.served.sessions.confirm(self.current_user.session)
        self.redirect(self._next())

    def _show(self, problem: str = "") -> None:
        self.show("confirm.html", next=self._next(), problem=problem, asks=needs_password(self))

    def _next(self) -> str:
        return safe_next(self.get_argument("next", self.base_url), self.base_url)
