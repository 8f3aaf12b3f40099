"""Where a person changes the password of their own account, reached from the name in the bar."""

from tornado import web

from guanai.care.errors import AccessError, GuanaiError
from guanai.server.accounts.accounts import Account
from guanai.server.accounts.served_school import TooSoonError
from guanai.server.web.handlers import HtmlHandler
from guanai.server.web.sign_in import device_mark, end_everywhere, sign_in

__all__ = ["OwnPassword"]


class OwnPassword(HtmlHandler):
    """A page that asks for the password in use and twice for the new one."""

    @web.authenticated
    def get(self) -> None:
        """Show the page."""
        self._show()

    @web.authenticated
    async def post(self) -> None:
        """Change the password: every other browser is signed out, this one stays."""
        account = self._account()
        old, new, again = (
            self.get_body_argument(name, "", strip=False) for name in ("old", "password", "again")
        )
        try:
            if not account.password:
                raise GuanaiError("own_password.none")  # noqa: TRY301  # one way to show every problem
            await self._check(account, old)
            if new != again:
                raise GuanaiError("password.differs")  # noqa: TRY301
            self.served.accounts.set_password(account.name, new, by=account.name)
        except GuanaiError as error:
            self.set_status(429 if isinstance(error, TooSoonError) else 400)
            self._show(error.message(self.language))
            return
        await end_everywhere(self, account.name)
        sign_in(self, self.served.accounts.get(account.name), confirmed=True)
        self._show(done=True)

    async def _check(self, account: Account, old: str) -> None:
        """Check the old password, so that nobody else can change it at a browser left open."""
        try:
            address, device = str(self.request.remote_ip), device_mark(self, account.name)
            await self.served.check_password(account.name, old, address, device)
        except TooSoonError:
            raise
        except AccessError as error:
            raise AccessError("own_password.wrong") from error

    def _account(self) -> Account:
        return self.served.accounts.get(self.current_user.username)

    def _show(self, problem: str = "", *, done: bool = False) -> None:
        self.show("own_password.html", problem=problem, done=done, possible=bool(self._account().password))
