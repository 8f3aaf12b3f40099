"""The handlers of a school's pages: each notebook under its own short address, and what an open page asks for."""

import json
from collections.abc import AsyncIterator
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jupyter_server.auth.decorator import allow_unauthenticated
from nbformat import NotebookNode
from tornado import web
from tornado.iostream import StreamClosedError
from voila.tornado.handler import TornadoVoilaHandler

from guanai.server.kernels.page_kernels import PageKernels
from guanai.server.logs import log_fault
from guanai.server.pages.danger_bar import shown_dangers
from guanai.server.pages.emergency_bar import milliseconds, shown_incidents
from guanai.server.pages.lean_pages import lean_page, with_keepalive
from guanai.server.pages.notebook_sources import wants_voila_page, with_headings
from guanai.server.web.handlers import VOILA_SCRIPTS, ApiHandler, HtmlHandler, safe_next
from guanai.server.web.navigation import pages

__all__ = ["ForbiddenPath", "KernelState", "PageClosing", "SchoolPage", "VoilaRedirect", "add_page_context"]

HOME = "home"
# What keeps a connection open while a cell runs long: in a lean page, and in Voila's own, which sends it by itself.
VOILA_HEARTBEAT = "<script>window.voila_heartbeat()"
KEEPALIVE, VOILA_KEEPALIVE, KEEPALIVE_SECONDS = "\n", f"{VOILA_HEARTBEAT}</script>\n", 5.0
# How many times that is sent while the kernel is in a state, before the page is given up; in any other state, twice.
MOST_KEEPALIVES = {"starting": 20, "busy": 720}
DEFAULT_KEEPALIVES = 2
# The texts (``page.…`` of the catalogue) that the page's script shows.
SCRIPT_TEXTS = (
    "step",
    "lost",
    "reconnecting",
    "connected",
    "doubt",
    "gone",
    "blocked",
    "cut",
    "refused",
    "unshown",
)


class SchoolPage(HtmlHandler, TornadoVoilaHandler):
    """One page: a notebook of the school's folder, run for the person who asks for it."""

    kernel_id = ""  # set once the page's kernel has been started
    whole = False  # whether this notebook asks for Voila's own page, with all of JupyterLab's widgets
    is_abandoned = False  # whether the browser closed the connection before the page was there

    def on_connection_close(self) -> None:
        """Note that nobody waits for this page any more."""
        self.is_abandoned = True
        super().on_connection_close()

    @web.authenticated
    async def get(self, path: str = "") -> None:
        """Run the notebook and send the page as its cells finish."""
        name = path.strip("/") or HOME
        notebook = self.served.school.folder.notebooks / f"{name}.ipynb"
        if not is_page(self.served.school.folder.notebooks, name):
            raise web.HTTPError(404)
        if not self.kernels.seats.take(self.current_user.session):
            show_all_seats_taken(self)
            return
        _ = self.xsrf_token  # sets the cookie without which the page's closing request would be refused
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.whole = wants_voila_page(notebook)
        if self.whole:
            self.set_header("Content-Security-Policy", self.content_security_policy)
        else:
            await self._send_head()
        async with self.kernels.page_queue.slot():
            if self.is_abandoned:
                self.kernels.seats.hold(self.current_user.session)
            else:
                await self._send(name)

    @property
    def allowed_scripts(self) -> str:
        """Which scripts may run: those of a page that needs more cannot all carry a nonce."""
        return VOILA_SCRIPTS if self.whole else super().allowed_scripts

    @cached_property
    def context(self) -> dict[str, Any]:
        """What the theme shows around this page's notebook, see `page_context`."""
        return page_context(self)

    async def _send_head(self) -> None:
        """Send the bar and the script before there is a kernel, so that the browser loads what they need meanwhile."""
        self.write(self.get_template("head.html.j2").render(page=self.context))
        await self.flush()

    async def _send(self, name: str) -> None:
        """Send the page piece by piece; if the browser closes the connection, end the kernel.

        While a cell runs long, something is sent every few seconds, so that no proxy closes the connection. Where that
        happens too often for the state of the kernel, the page is broken off: it would never be finished.
        """
        keepalives = 0
        try:
            async for piece in self._pieces(name):
                keepalives = keepalives + 1 if piece is None else 0
                most = MOST_KEEPALIVES.get(self.kernels.state(self.kernel_id), DEFAULT_KEEPALIVES)
                if keepalives >= most and self.kernel_id:
                    self._break_off(RuntimeError("the page was not finished"), name)
                    return
                self.write((VOILA_KEEPALIVE if self.whole else KEEPALIVE) if piece is None else piece)
                await self.flush()
        except StreamClosedError:
            if self.kernel_id:
                self.kernels.end_soon(self.kernel_id)
        except Exception as error:
            if not self._headers_written:
                raise
            self._break_off(error, name)

    async def _pieces(self, name: str) -> AsyncIterator[str | None]:
        """Yield the parts of the page, None where a keepalive is to be sent."""
        if not self.whole:
            async for part in with_keepalive(lean_page(self, name, self.context), KEEPALIVE_SECONDS):
                yield part
            return
        async for text in self.get_generator(f"{name}.ipynb"):
            yield None if text.startswith(VOILA_HEARTBEAT) else text

    def _break_off(self, error: Exception, name: str) -> None:
        self.show("broken.html", reference=log_fault(error, f"{name}.ipynb"), whole=self.whole)


def show_all_seats_taken(handler: HtmlHandler) -> None:
    """Answer that all seats are taken; the browser asks again by itself."""
    seconds = handler.kernels.retry_seconds
    handler.set_status(503)
    handler.set_header("Retry-After", seconds)
    handler.set_header("Refresh", seconds)
    handler.show("crowded.html", most=handler.kernels.seats.limit, seconds=seconds)


class VoilaRedirect(HtmlHandler):
    """Redirects from the address that Voila gives a notebook to the page's own."""

    @web.authenticated
    def get(self, path: str) -> None:
        """Redirect to the page with the same query."""
        query = f"?{self.request.query}" if self.request.query else ""
        name = quote(path.removesuffix(".ipynb").strip("/"))
        self.redirect(safe_next(f"{self.base_url}{name}{query}", self.base_url))


class PageClosing(ApiHandler):
    """A closing page's last request, which ends its kernel."""

    @web.authenticated
    async def post(self, kernel_id: str) -> None:
        """End the page's kernel. A page may send this twice."""
        kernels: PageKernels = self.settings["kernel_manager"]
        if kernels.belongs_to(kernel_id, self.current_user.session):
            await kernels.end_after_last_message(kernel_id)
        self.set_status(204)

    def get_login_url(self) -> str:
        """Answer whoever has signed out meanwhile with a status only: no person reads this."""
        raise web.HTTPError(403)


class KernelState(ApiHandler):
    """The state of a kernel, for a page that has lost its connection."""

    @allow_unauthenticated
    def get(self, kernel_id: str) -> None:
        """Answer 200 while there is one, 401 to whoever has signed out, 404 when it is gone."""
        if not self.current_user:
            raise web.HTTPError(401)
        kernels: PageKernels = self.settings["kernel_manager"]
        if not kernels.belongs_to(kernel_id, self.current_user.session) or kernel_id not in kernels:
            raise web.HTTPError(404)
        self.finish(kernels.state(kernel_id))


class ForbiddenPath(HtmlHandler):
    """Refuses what Jupyter would offer under this address: files, listings, kernels, terminals."""

    @web.authenticated
    def get(self, _path: str = "") -> None:
        """Refuse."""
        raise web.HTTPError(403)

    head = post = put = patch = delete = get


def is_page(folder: Path, name: str) -> bool:
    """Whether there is a notebook of that name in the folder or below it, and not outside of it."""
    if any(part.startswith(".") for part in Path(name).parts):
        return False
    try:
        path = (folder / f"{name}.ipynb").resolve()
        return path.is_relative_to(folder.resolve()) and path.is_file()
    except (OSError, ValueError):  # no file can have that name
        return False


def page_context(handler: SchoolPage) -> dict[str, Any]:
    """Return what the theme shows around a notebook.

    These are the names of `HtmlHandler.template_namespace`, and

    - ``name``, ``title``: of this page;
    - ``pages``: the pages in the navigation bar that the person can use as (name, title), in its order;
    - ``more``: the others, which are in the menu 更多;
    - ``notices``: texts that everybody should read;
    - ``dangers``: of which children the person must know that they are in danger, a sentence each;
    - ``emergencies``: those with a step still to be done, see `guanai.server.pages.emergency_bar.Incident`;
    - ``clock``: the server's time in milliseconds of the epoch, by which their time left is counted;
    - ``waiting``: the texts of the page's script (`SCRIPT_TEXTS`), as JSON;
    - ``whole``: whether this is Voila's own page.
    """
    language = handler.language
    served = handler.served
    account = served.account_of(handler.current_user.session)
    rights, registers = served.rights_of(account.roles if account else ()), served.school.forms()
    every_page = pages(served.school.folder.notebooks)
    school_pages = [page for page in every_page if page.is_for(rights, registers)]
    name = handler.path_args[0].strip("/") if handler.path_args and handler.path_args[0] else HOME
    titles = {page.name: page.title(language) for page in every_page}
    notices = list(handler.served.notices)
    if handler.served.workshop:
        notices.insert(0, handler.say("page.workshop", person=handler.current_user.username))
    texts = {key: handler.say(f"page.{key}", done="{done}", all="{all}") for key in SCRIPT_TEXTS}
    return {
        **handler.template_namespace,
        "name": name,
        "title": titles.get(name, name),
        "pages": [(page.name, titles[page.name]) for page in school_pages if page.in_bar],
        "more": [(page.name, titles[page.name]) for page in school_pages if not page.in_bar],
        "notices": notices,
        "emergencies": shown_incidents(handler),
        "dangers": shown_dangers(handler),
        "clock": milliseconds(handler.served.current.now()),
        "waiting": json.dumps(texts).replace("<", "\\u003c"),
        "whole": handler.whole,
    }


def add_page_context(handler: SchoolPage, notebook: NotebookNode, cwd: str) -> NotebookNode:
    """Put what the theme shows around a notebook into its metadata (a Voila prelaunch hook).

    The heading is shown in the person's language. ``notebook.metadata.guanai`` holds what the page's
    template may use, see `page_context`.
    """
    notebook.metadata["guanai"] = handler.context
    return with_headings(notebook, handler.language)
