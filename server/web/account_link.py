"""Where a one-time link leads: its person chooses a password; whoever has only the code types it there."""

import asyncio

from jupyter_server.auth.decorator import allow_unauthenticated

from guanai.care.errors import GuanaiError
from guanai.server.accounts.account_links import link_fingerprint
from guanai.server.accounts.accounts import Account
from guanai.server.accounts.served_school import TooSoonError
from guanai.server.network.proxies import address_group
from guanai.server.web.handlers import HtmlHandler
from guanai.server.web.sign_in import sign_in
from guanai.templates.wording import say

__all__ = ["AccountLink"]


class AccountLink(HtmlHandler):
    """Opening the link changes nothing, as messengers open links to show what is behind them; the form uses it up."""

    @allow_unauthenticated
    def get(self) -> None:
        """Show the form for the password, or the one for the code."""
        key = self.get_argument("key", "")
        try:
            account = self._account_of(key) if key.strip() else None
        except GuanaiError as error:
            self._refuse(error, 410)
            return
        self._show(account, key)

    @allow_unauthenticated
    async def post(self) -> None:
        """Set the password and sign in; where only the code was typed, ask for the password."""
        key = self.get_body_argument("key", "")
        password, again = (self.get_body_argument(name, "", strip=False) for name in ("password", "again"))
        account = None
        try:
            account = self._account_of(key)
            if not password:
                self._show(account, key)
                return
            if password != again:
                raise GuanaiError("password.differs")  # noqa: TRY301  # one way to show every problem
            use = self.served.accounts.use_link
            account = await asyncio.get_running_loop().run_in_executor(None, use, key, password)
        except GuanaiError as error:
            self._refuse(error, 400, account, key)
            return
        if self.current_user:
            await self.kernels.end_session(self.current_user.session)
        sign_in(self, account, confirmed=True)
        act, address = say("account.act.link_used", "zh"), str(self.request.remote_ip)
        self.served.trail.append(account.name, "account", act, roles=account.roles, address=address)
        self.redirect(self.base_url)

    def _account_of(self, key: str) -> Account:
        """Return the account of a key. Raises TooSoonError after too many guesses, GuanaiError for a key that is none."""
        counted = f"link {link_fingerprint(key)}", address_group(str(self.request.remote_ip))
        wait = self.served.throttle.attempt(*counted)
        if wait:
            raise TooSoonError("sign_in.wait", seconds=max(1, round(wait)))
        account = self.served.accounts.of_link(key)
        if account is None:
            raise GuanaiError("account.link_over")
        self.served.throttle.forget(*counted)
        return account

    def _refuse(self, error: GuanaiError, status: int, account: Account | None = None, key: str = "") -> None:
        self.set_status(429 if isinstance(error, TooSoonError) else status)
        self._show(account, key, error.message(self.language))

    def _show(self, account: Account | None, key: str, problem: str = "") -> None:
        self.show("account_link.html", key=key, account=account, problem=problem)
