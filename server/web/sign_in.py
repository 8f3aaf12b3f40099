"""Signing in and out: who a request comes from, and the pages for it.

The name of whoever has signed in travels to the page's kernel in request headers that only this
server can set: whatever a client sends under those names is removed first.
"""

import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from jupyter_server.auth.authorizer import Authorizer
from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.base.handlers import JupyterHandler
from tornado import web
from tornado.httputil import HTTPServerRequest

from guanai.care.errors import AccessError, GuanaiError
from guanai.server.accounts.account_names import stored_name
from guanai.server.accounts.accounts import Account
from guanai.server.accounts.login_sessions import fingerprint
from guanai.server.accounts.roles import role_labels
from guanai.server.accounts.served_school import TooSoonError
from guanai.server.addresses import is_loopback
from guanai.server.kernels.page_kernels import PageKernels
from guanai.server.web.handlers import LANGUAGE_COOKIE, HtmlHandler, safe_next
from guanai.templates.wording import LANGUAGES

__all__ = [
    "IDENTITY_HEADERS",
    "FirstAccount",
    "KernelAuthorizer",
    "LanguageChoice",
    "SchoolIdentity",
    "SignIn",
    "SignOut",
    "SignedInUser",
    "device_mark",
    "end_everywhere",
    "end_pages",
    "one_click_allowed",
    "session_key",
    "sign_in",
]

#: Who asks: name, row of the staff, roles, and until when it is sure enough who sits there (seconds of the epoch).
IDENTITY_HEADERS = ("X-Guanai-Person", "X-Guanai-Staff", "X-Guanai-Roles", "X-Guanai-Confirmed-Until")
YEAR_DAYS = 365


@dataclass
class SignedInUser(User):
    """Whoever has signed in, with the fingerprint of the session."""

    session: str = ""


class SchoolIdentity(IdentityProvider):
    """Recognizes a person by the session cookie, and passes the name on to the page's kernel."""

    def get_user(self, handler: web.RequestHandler) -> SignedInUser | None:
        """Return who has signed in, or None; replace the identity headers, whatever the client has sent."""
        headers = handler.request.headers
        for name in IDENTITY_HEADERS:
            headers.pop(name, None)
        served = handler.settings["served_school"]
        key = session_key(handler.request, handler.settings["base_url"])
        account = served.account_of(key)
        if account is None:
            return None
        served.sessions.mark_used(key)
        confirmed_until = str(int(served.sessions.confirmed_until(key)))
        values = (account.name, account.staff, ",".join(account.roles), confirmed_until)
        for name, value in zip(IDENTITY_HEADERS, values, strict=True):
            headers[name] = quote(value)
        return SignedInUser(account.name, session=key)

    def is_token_authenticated(self, handler: web.RequestHandler) -> bool:
        """Return that nobody comes in by a token: every write is checked for its origin."""
        return False

    def get_handlers(self) -> list[tuple[str, object]]:
        """Return the pages for signing in and out."""
        return [
            (r"/login", SignIn),
            (r"/logout", SignOut),
            (r"/first", FirstAccount),
            (r"/language", LanguageChoice),
        ]


class KernelAuthorizer(Authorizer):
    """Lets a person use the kernels of their own session, and nothing else of Jupyter's interface."""

    def is_authorized(self, handler: JupyterHandler, user: User, action: str, resource: str) -> bool:
        """Whether this person may do this to the kernel that the request names."""
        kernel_id = (handler.path_kwargs or {}).get("kernel_id", "")
        kernels: PageKernels = handler.settings["kernel_manager"]
        mine = isinstance(user, SignedInUser) and kernels.belongs_to(kernel_id, user.session)
        return bool(mine and (action, resource) in {("read", "kernels"), ("execute", "kernels")})


class SignIn(HtmlHandler):
    """The page to sign in on."""

    @allow_unauthenticated
    def get(self) -> None:
        """Show the page, or redirect whoever has signed in."""
        if self.current_user:
            self.redirect(self._next())
        else:
            self._show()

    @allow_unauthenticated
    async def post(self) -> None:
        """Sign in with name and password, or by one click at a workshop."""
        if self.get_body_argument("workshop", ""):
            name = self.get_body_argument("workshop", "")
            if not one_click_allowed(self) or name not in self.served.workshop:
                raise web.HTTPError(403)
            self._sign_in(self.served.accounts.get(name), confirmed=True)
            return
        name = self.get_body_argument("name", "")
        password = self.get_body_argument("password", "", strip=False)
        try:
            account = await self.served.check_password(
                name, password, str(self.request.remote_ip), device_mark(self, name)
            )
        except AccessError as error:
            self.set_status(429 if isinstance(error, TooSoonError) else 401)
            self._show(error.message(self.language), name)
            return
        self._sign_in(account, confirmed=True)

    def _show(self, problem: str = "", name: str = "") -> None:
        names = self.served.workshop if one_click_allowed(self) else ()
        accounts = filter(None, map(self.served.accounts.find, names))
        workshop = [
            (account.name, role_labels(account.roles, self.language))
            for account in accounts
            if account.is_open
        ]
        self.show("login.html", next=self._next(), problem=problem, name=name, workshop=workshop)

    def _next(self) -> str:
        return safe_next(self.get_argument("next", self.base_url), self.base_url)

    def _sign_in(self, account: Account, *, confirmed: bool) -> None:
        sign_in(self, account, confirmed=confirmed)
        self.redirect(self._next())


class SignOut(HtmlHandler):
    """Ends the session and every kernel of its pages, or with ``everywhere`` those of all browsers of the person."""

    @allow_unauthenticated
    def get(self) -> None:
        """Redirect without ending anything: a link on another site must not sign anybody out."""
        self.redirect(self.base_url)

    @allow_unauthenticated
    async def post(self) -> None:
        """End the session of this browser, or of all browsers."""
        if self.current_user:
            if self.get_body_argument("everywhere", ""):
                await end_everywhere(self, self.current_user.username)
            person, session = self.current_user.username, self.current_user.session
            self.served.sessions.end(session)
            await self.kernels.end_session(session)
            address = str(self.request.remote_ip)
            self.served.trail.append(person, "sign_out", address=address, session=session)
        self.clear_cookie(cookie_name(self.request, self.base_url), path=self.base_url)
        self.redirect(f"{self.base_url}login")


class FirstAccount(HtmlHandler):
    """Where the one-time link leads: the first coordinator chooses a name and a password."""

    @allow_unauthenticated
    def get(self) -> None:
        """Show the page."""
        self._check_key()
        self._show()

    @allow_unauthenticated
    def post(self) -> None:
        """Make the account and sign in."""
        self._check_key()
        name = self.get_body_argument("name", "")
        password = self.get_body_argument("password", "", strip=False)
        try:
            if password != self.get_body_argument("again", "", strip=False):
                raise GuanaiError("password.differs")  # noqa: TRY301  # one way to show every problem
            account = self.served.accounts.add(name, password, roles=("coordinator",))
        except GuanaiError as error:
            self.set_status(400)
            self._show(error.message(self.language), name)
            return
        if self.served.invitation:
            self.served.invitation.use()
        sign_in(self, account, confirmed=True)
        self.redirect(self.base_url)

    def _check_key(self) -> None:
        invitation = self.served.invitation
        if invitation is None or not invitation.is_valid(self.get_argument("key", "")):
            raise web.HTTPError(410)

    def _show(self, problem: str = "", name: str = "") -> None:
        key = self.get_argument("key", "")
        self.show("first.html", key=key, problem=problem, name=name)


class LanguageChoice(HtmlHandler):
    """Stores the language that a browser has chosen."""

    @allow_unauthenticated
    def get(self) -> None:
        """Set the language and go back."""
        language = self.get_argument("to", "")
        if language in LANGUAGES:
            self.set_cookie(
                LANGUAGE_COOKIE, language, path=self.base_url, expires_days=YEAR_DAYS, samesite="Lax"
            )
        self.redirect(safe_next(self.get_argument("next", self.base_url), self.base_url))


def one_click_allowed(handler: HtmlHandler) -> bool:
    """Whether one click may sign in: a demonstration, requested on the machine that serves it."""
    return (
        bool(handler.served.workshop) and is_loopback(str(handler.request.remote_ip)) and handler.check_host()
    )


async def end_everywhere(handler: HtmlHandler, name: str) -> None:
    """End every session of a person, in every browser, and the kernels of their pages."""
    for session in handler.served.sessions.end_all(name):
        await handler.kernels.end_session(session)


async def end_pages(handler: HtmlHandler, name: str) -> None:
    """End the pages that a person has open; who is signed in stays so, and opens them with the rights as they now are."""
    for session in handler.served.sessions.of(name):
        await handler.kernels.end_session(session)


def sign_in(handler: HtmlHandler, account: Account, *, confirmed: bool) -> None:
    """Begin a session: the cookie is for this server only, unreadable to scripts, and https-only over https.

    ``confirmed`` where the person has just typed the password.
    """
    attributes: dict[str, Any] = {"httponly": True, "samesite": "Lax", "path": handler.base_url}
    if handler.current_user:
        handler.served.sessions.end(handler.current_user.session)
    token = handler.served.begin_session(account, confirmed=confirmed)
    source = {"address": str(handler.request.remote_ip), "session": fingerprint(token)}
    handler.served.trail.append(account.name, "sign_in", roles=account.roles, **source)
    handler.set_cookie(cookie_name(handler.request, handler.base_url), token, **attributes)
    if device_mark(handler, account.name) is None:
        name, mark = device_cookie(handler, account.name), secrets.token_urlsafe(12)
        handler.set_signed_cookie(name, mark, expires_days=YEAR_DAYS, **attributes)


def device_mark(handler: HtmlHandler, name: str) -> str | None:
    """Return the random mark of this browser if it has signed in to the account before."""
    mark = handler.get_signed_cookie(device_cookie(handler, name), max_age_days=YEAR_DAYS)
    return mark.decode() if mark else None


def session_key(request: HTTPServerRequest, base_url: str) -> str:
    """Return the fingerprint of the session that a request claims to belong to."""
    cookie = request.cookies.get(cookie_name(request, base_url))
    return fingerprint(cookie.value if cookie else "")


def cookie_name(request: HTTPServerRequest, base_url: str) -> str:
    """Return the name of the session cookie: servers on other ports of the same machine have others."""
    port = request.host.rpartition(":")[2]
    return prefixed(f"guanai-{port}" if port.isdigit() else "guanai", request, base_url)


def device_cookie(handler: HtmlHandler, name: str) -> str:
    """Return the name of the cookie by which a browser shows that it has signed in to an account before."""
    known = f"guanai-known-{fingerprint(stored_name(name))[:12]}"
    return prefixed(known, handler.request, handler.base_url)


def prefixed(name: str, request: HTTPServerRequest, base_url: str) -> str:
    """Return a cookie's name with the prefix by which browsers let no other host and no plain HTTP set it.

    ``__Host-`` stands for the path ``/`` only; where the school lies below one, and over plain HTTP, there is none.
    """
    return f"__Host-{name}" if request.protocol == "https" and base_url == "/" else name
