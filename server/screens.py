"""What every page of the server has in common: its language, its words, its looks, and its error page."""

import hashlib
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader
from jupyter_server.base.handlers import JupyterHandler
from tornado import web
from tornado.log import app_log

from guanai.server.kernels import PageKernels
from guanai.server.logs import log_fault
from guanai.server.office import Office
from guanai.templates import template
from guanai.templates.wording import LANGUAGES, catalogue, say

__all__ = ["LANGUAGE_COOKIE", "Screen", "ThemeFiles", "safe_next", "theme_environment", "theme_url"]

LANGUAGE_COOKIE = "guanai-language"
LANGUAGE_CODES = {"zh": "zh-CN", "en": "en"}
# Pages carry Voila's inline scripts and its bundle compiles validators; nothing may come from another host.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws://{host} wss://{host}; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)


class Screen(JupyterHandler):
    """A page that a person reads."""

    @property
    def office(self) -> Office:
        """The school that is served."""
        office: Office = self.settings["office"]
        return office

    @property
    def kernels(self) -> PageKernels:
        """The kernels of the pages that are open."""
        return cast("PageKernels", self.kernel_manager)

    @property
    def language(self) -> str:
        """The language that this browser has chosen."""
        chosen = self.get_cookie(LANGUAGE_COOKIE, "")
        return chosen if chosen in LANGUAGES else LANGUAGES[0]

    @property
    def say(self) -> Callable[..., str]:
        """The catalogue in this browser's language."""
        return partial(speak, self.language)

    @property
    def content_security_policy(self) -> str:
        """Where a page may load from: this server, and nowhere else."""
        return POLICY.format(host=self.request.host)

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
            "in_language": speak,
            "theme_url": partial(theme_url, self.base_url),
            "school": self.office.name,
            "person": getattr(self.current_user, "username", None),
            "here": self.request.uri,
            "xsrf": self.xsrf_token.decode(),
        }

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
        known = f"error.{status_code}.head" in catalogue()
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.show(
            "error.html",
            head=self.say(f"error.{status_code if known else 500}.head"),
            text=self.say(f"error.{status_code if known else 500}.text"),
            reference=reference,
        )

    def log_exception(self, *details: Any) -> None:
        """Leave the traceback to `write_error`, which logs it with the number that the person sees."""
        if isinstance(details[1], web.HTTPError):
            app_log.info("%s %s: %s", self.request.method, self.request.path, details[1])


class ThemeFiles(web.StaticFileHandler):
    """The style sheets and pictures of the theme, kept by browsers for good under their hash."""

    def get_cache_time(self, path: str, modified: Any, mime_type: str) -> int:
        """Return how long a browser may keep a file, in seconds: a year where its hash is in the address."""
        return 365 * 24 * 60 * 60 if self.get_argument("v", "") else 0


def speak(language: str, key: str, /, **values: object) -> str:
    """Return a text of the catalogue in a language."""
    return say(key, language, **values)


def theme_environment() -> Environment:
    """Return the theme's templates, everything escaped that is put into them."""
    return Environment(loader=FileSystemLoader(template("theme")), autoescape=True)


def theme_url(base_url: str, name: str) -> str:
    """Return the address of a file of the theme, with the hash of what is in it."""
    path = template("theme") / name
    changed = path.stat().st_mtime_ns if path.exists() else 0
    return f"{base_url}theme/{name}?v={_hash(name, changed)}"


@lru_cache(maxsize=64)
def _hash(name: str, _changed: int) -> str:
    path = template("theme") / name
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.exists() else "0"


def safe_next(url: str, base_url: str) -> str:
    r"""Return where to go on to: a path on this server, or else its first page.

    >>> [safe_next(url, "/") for url in ("/child?id=1", "//evil.example", "https://evil.example", "/\\evil.example")]
    ['/child?id=1', '/', '/', '/']
    """
    stays = url.startswith(base_url) and not url.startswith(("//", "/\\"))
    printable = all(letter > " " and letter not in "\\\x7f" for letter in url)
    return url if stays and printable else base_url
