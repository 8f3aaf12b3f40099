"""The base classes of the server's request handlers: language, texts, templates, content policy and error page."""

import secrets
from collections.abc import Callable
from functools import cached_property, partial
from importlib.util import find_spec
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader
from jupyter_server.base.handlers import JupyterHandler
from tornado import web
from tornado.log import app_log

from guanai.server.accounts.account_administration import OFFICE_MATTERS
from guanai.server.accounts.served_school import ServedSchool
from guanai.server.kernels.page_kernels import PageKernels
from guanai.server.logs import log_fault
from guanai.server.network.safe_headers import is_local
from guanai.server.web.theme_files import theme_url
from guanai.templates import template
from guanai.templates.wording import LANGUAGES, catalogue, say

__all__ = [
    "LANGUAGE_COOKIE",
    "VOILA_SCRIPTS",
    "ApiHandler",
    "HtmlHandler",
    "NothingHere",
    "RefusedRequest",
    "safe_next",
    "theme_environment",
]

LANGUAGE_COOKIE = "guanai-language"
LANGUAGE_CODES = {"zh": "zh-CN", "en": "en"}
# Nothing may come from another host. What runs carries the nonce of its page; a widget made with anywidget brings its
# script along and needs ``blob:``. Voila's own page, for notebooks that ask for it, compiles validators.
POLICY = (
    "default-src 'self'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws://{host} wss://{host}; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
ANYWIDGET = "blob:" if find_spec("anywidget") else ""
VOILA_SCRIPTS = "'unsafe-inline' 'unsafe-eval' blob:"


class SafeCookies(JupyterHandler):
    """Sends every cookie for HTTPS only where the request came by HTTPS, Tornado's own against forged forms too."""

    def set_cookie(self, name: str, value: str | bytes, *args: Any, **attributes: Any) -> None:
        """Set a cookie."""
        attributes.setdefault("secure", self.request.protocol == "https")
        super().set_cookie(name, value, *args, **attributes)


class HtmlHandler(SafeCookies):
    """Answers with a page that a person reads."""

    @property
    def served(self) -> ServedSchool:
        """The school that is served."""
        served: ServedSchool = self.settings["served_school"]
        return served

    @property
    def kernels(self) -> PageKernels:
        """The kernels of the pages that are open."""
        return cast("PageKernels", self.kernel_manager)

    @property
    def language(self) -> str:
        """The language that this browser has chosen."""
        language = self.get_cookie(LANGUAGE_COOKIE, "")
        return language if language in LANGUAGES else LANGUAGES[0]

    @property
    def say(self) -> Callable[..., str]:
        """The catalogue in this browser's language."""
        return partial(say_in, self.language)

    @cached_property
    def nonce(self) -> str:
        """The nonce by which the scripts of this response may run, and no other script."""
        return secrets.token_urlsafe(16)

    @property
    def allowed_scripts(self) -> str:
        """Which scripts beside the server's files may run on this page."""
        return f"'nonce-{self.nonce}' {ANYWIDGET}".strip()

    @property
    def content_security_policy(self) -> str:
        """Where a page may load from: this server, and nowhere else."""
        return POLICY.format(host=self.request.host, scripts=self.allowed_scripts)

    def set_default_headers(self) -> None:
        """Keep pages out of caches and their addresses, which name records, out of other sites' logs."""
        super().set_default_headers()
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("Cache-Control", "no-cache, no-store, must-revalidate")

    @property
    def template_namespace(self) -> dict[str, Any]:
        """What a template of the theme may use."""
        return {
            "base_url": self.base_url,
            "language": self.language,
            "language_code": LANGUAGE_CODES[self.language],
            "languages": [code for code in LANGUAGES if code != self.language],
            "say": self.say,
            "in_language": say_in,
            "theme_url": partial(theme_url, self.base_url),
            "school": self.served.name,
            "person": getattr(self.current_user, "username", None),
            "office": self.office_pages(),
            "here": self.request.uri,
            "xsrf": self.xsrf_token.decode(),
            "nonce": self.nonce,
        }

    def office_pages(self) -> list[str]:
        """Return which pages of the office the person may open, by their names: ``accounts``, ``rights``."""
        account = self.served.accounts.find(self.current_user.username) if self.current_user else None
        return [name for name in OFFICE_MATTERS if account and self.served.may(account.roles, name)]

    def get_template(self, name: str) -> Any:
        """Return a template of the theme."""
        return self.settings["jinja2_env"].get_template(name)

    def show(self, template_name: str, /, **values: Any) -> None:
        """Answer with a template of the theme, filled."""
        self.finish(self.get_template(template_name).render(**self.template_namespace, **values))

    def write_error(self, status_code: int, **details: Any) -> None:
        """Say what went wrong and what to do; what nobody expected gets a reference number in the log."""
        error = (details.get("exc_info") or (None, None))[1]
        reference = ""
        if status_code >= 500 and error is not None and not isinstance(error, web.HTTPError):
            reference = log_fault(error, f"{self.request.method} {self.request.path}")
        has_text = f"error.{status_code}.head" in catalogue()
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.show(
            "error.html",
            head=self.say(f"error.{status_code if has_text else 500}.head"),
            text=self.say(f"error.{status_code if has_text else 500}.text"),
            reference=reference,
        )

    def log_exception(self, *details: Any) -> None:
        """Leave the traceback to `write_error`, which logs it with the number that the person sees."""
        if isinstance(details[1], web.HTTPError):
            app_log.info("%s %s: %s", self.request.method, self.request.path, details[1])


class NothingHere(HtmlHandler):
    """Answers what is outside of the path that is served."""

    def prepare(self) -> None:  # type: ignore[override]  # nothing to wait for
        """Say that there is nothing."""
        self.send_error(404)


@web.stream_request_body
class RefusedRequest(HtmlHandler):
    """Refuses a request by its head: its body is not read, and its connection is closed."""

    def initialize(self, status: int) -> None:
        """Take the status to answer with."""
        self._status = status

    def prepare(self) -> None:  # type: ignore[override]  # nothing to wait for
        """Refuse."""
        self.set_header("Connection", "close")
        self.send_error(self._status)

    def data_received(self, chunk: bytes) -> None:
        """Read nothing."""


class ApiHandler(SafeCookies):
    """Answers a page's script, not a person."""

    def write_error(self, status_code: int, **_details: Any) -> None:
        """Answer with the status alone."""
        self.finish()

    def log_exception(self, *details: Any) -> None:
        """Do not log an answer that is meant, such as 404."""
        if not isinstance(details[1], web.HTTPError):
            super().log_exception(*details)


def say_in(language: str, key: str, /, **values: object) -> str:
    """Return a text of the catalogue in a language."""
    return say(key, language, **values)


def theme_environment() -> Environment:
    """Return the theme's templates, everything escaped that is put into them."""
    return Environment(loader=FileSystemLoader(template("theme")), autoescape=True)


def safe_next(url: str, base_url: str) -> str:
    r"""Return where to go on to: a path on this server, or else its first page.

    >>> [safe_next(url, "/") for url in ("/child?id=1", "//evil.example", "https://evil.example", "/\\evil.example")]
    ['/child?id=1', '/', '/', '/']
    """
    return url if is_local(url, base_url) else base_url
