"""The pages of a school: each notebook under its own short address, in the school's looks."""

import json
from collections.abc import AsyncIterator
from functools import cached_property
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from nbformat import NotebookNode
from tornado import web
from tornado.httputil import url_concat
from tornado.iostream import StreamClosedError
from voila.tornado.handler import TornadoVoilaHandler

from guanai.server.kernels.page_kernels import PageKernels
from guanai.server.logs import log_fault
from guanai.server.pages.emergency_bar import milliseconds, shown_incidents
from guanai.server.pages.lean_pages import lean_page, with_keepalive
from guanai.server.pages.notebook_sources import wants_voila_page, with_headings
from guanai.server.web.handlers import WHOLE_SCRIPTS, ApiHandler, HtmlHandler
from guanai.server.web.navigation import pages

__all__ = ["ForbiddenPath", "KernelState", "PageClosing", "SchoolPage", "VoilaRedirect", "add_page_context"]

HOME = "home"
HEARTBEAT = "<script>window.voila_heartbeat()"
BEAT, BEAT_WHOLE, BEAT_SECONDS = "\n", f"{HEARTBEAT}</script>\n", 5.0
# How many heartbeats a page may wait for a kernel in each state; in any other, two.
LONGEST_WAIT = {"starting": 20, "busy": 720}
# What a page says by itself, in the browser.
WORDS = (
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
    has_left = False  # whether the browser has gone before the page was there

    def on_connection_close(self) -> None:
        """Notice that nobody waits for this page any more."""
        self.has_left = True
        super().on_connection_close()

    @web.authenticated
    async def get(self, path: str = "") -> None:
        """Run the notebook and send the page as its cells finish."""
        name = path.strip("/") or HOME
        notebook = self.served.school.folder.notebooks / f"{name}.ipynb"
        if not is_page(self.served.school.folder.notebooks, name):
            raise web.HTTPError(404)
        if not self.kernels.seats.take(self.current_user.session):
            show_crowded(self)
            return
        _ = self.xsrf_token  # sets the cookie without which the page's closing request would be refused
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.whole = wants_voila_page(notebook)
        if self.whole:
            self.set_header("Content-Security-Policy", self.content_security_policy)
        else:
            await self._send_head()
        async with self.kernels.page_queue.slot():
            if self.has_left:
                self.kernels.seats.hold(self.current_user.session)
            else:
                await self._send(name)

    whole = False  # whether this notebook asks for Voila's own page, with all of JupyterLab's widgets

    @property
    def allowed_scripts(self) -> str:
        """Which scripts may run: those of a page that needs more cannot all carry a nonce."""
        return WHOLE_SCRIPTS if self.whole else super().allowed_scripts

    @cached_property
    def around(self) -> dict[str, Any]:
        """What the theme shows around this page's notebook, see `page_context`."""
        return page_context(self)

    async def _send_head(self) -> None:
        """Send the bar and the script before there is a kernel: the browser has something to do meanwhile."""
        self.write(self.get_template("head.html.j2").render(page=self.around))
        await self.flush()

    async def _send(self, name: str) -> None:
        """Send the page piece by piece; of one whose reader has left, the kernel ends.

        While a cell runs long, a heart beats, lest something on the way takes the line for dead. One that beats with
        no cell running ends the page: its rendering has broken off.
        """
        beats = 0
        try:
            async for piece in self._pieces(name):
                beats = beats + 1 if piece is None else 0
                if beats >= LONGEST_WAIT.get(self.kernels.state(self.kernel_id), 2) and self.kernel_id:
                    self._break_off(RuntimeError("the page was not finished"), name)
                    return
                self.write((BEAT_WHOLE if self.whole else BEAT) if piece is None else piece)
                await self.flush()
        except StreamClosedError:
            if self.kernel_id:
                self.kernels.end_soon(self.kernel_id)
        except Exception as error:
            if not self._headers_written:
                raise
            self._break_off(error, name)

    async def _pieces(self, name: str) -> AsyncIterator[str | None]:
        """Yield the parts of the page, None for a beat of its heart."""
        if not self.whole:
            async for part in with_keepalive(lean_page(self, name), BEAT_SECONDS):
                yield part
            return
        async for text in self.get_generator(f"{name}.ipynb"):
            yield None if text.startswith(HEARTBEAT) else text

    def _break_off(self, error: Exception, name: str) -> None:
        self.show("broken.html", reference=log_fault(error, f"{name}.ipynb"), whole=self.whole)


def show_crowded(screen: HtmlHandler) -> None:
    """Say that as many people as this server can bear are here; the browser asks again by itself."""
    seconds = screen.kernels.retry_seconds
    screen.set_status(503)
    screen.set_header("Retry-After", seconds)
    screen.set_header("Refresh", seconds)
    screen.show("crowded.html", most=screen.kernels.seats.limit, seconds=seconds)


class VoilaRedirect(HtmlHandler):
    """The address that Voila itself gives a notebook leads to the page's own."""

    @web.authenticated
    def get(self, path: str) -> None:
        """Go on to the page with the same query."""
        target = self.base_url + path.removesuffix(".ipynb")
        self.redirect(url_concat(target, dict_of(self)))


class PageClosing(ApiHandler):
    """A page says that it closes, so that its kernel ends."""

    @web.authenticated
    async def post(self, kernel_id: str) -> None:
        """End the page's kernel. A page may say so twice."""
        kernels: PageKernels = self.settings["kernel_manager"]
        if kernels.belongs_to(kernel_id, self.current_user.session):
            await kernels.end_after_last_message(kernel_id)
        self.set_status(204)

    def get_login_url(self) -> str:
        """Answer whoever has signed out meanwhile shortly: nobody reads this."""
        raise web.HTTPError(403)


class KernelState(ApiHandler):
    """A page that has lost its connection asks what has become of its kernel."""

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
    """What Jupyter would offer under this address is not open here: files, listings, kernels, terminals."""

    @web.authenticated
    def get(self, _path: str = "") -> None:
        """Refuse."""
        raise web.HTTPError(403)

    head = post = put = patch = delete = get


def is_page(folder: Path, name: str) -> bool:
    """Whether there is a notebook of that name in the folder or below it, and no way out of the folder."""
    path = (folder / f"{name}.ipynb").resolve()
    hidden = any(part.startswith(".") for part in Path(name).parts)
    return not hidden and path.is_relative_to(folder.resolve()) and path.is_file()


def dict_of(handler: web.RequestHandler) -> dict[str, str]:
    """Return the query of a request, the last value of each name."""
    return {name: values[-1].decode() for name, values in handler.request.query_arguments.items()}


def page_context(handler: SchoolPage) -> dict[str, Any]:
    """Return what the theme shows around a notebook.

    These are the words of `HtmlHandler.template_namespace`, and

    - ``name``, ``title``: of this page;
    - ``pages``: the pages in the navigation bar as (name, title), in its order;
    - ``more``: the others, which are folded behind 更多;
    - ``notices``: what everybody should know, as texts;
    - ``emergencies``: those with a step still to be done, see `guanai.server.pages.emergency_bar.Incident`;
    - ``clock``: the server's moment in milliseconds, by which their time left is counted;
    - ``waiting``: what a page says while it opens or has lost its kernel, as JSON;
    - ``whole``: whether this is Voila's own page.
    """
    language = handler.language
    found = pages(handler.served.school.folder.notebooks)
    name = handler.path_args[0].strip("/") if handler.path_args and handler.path_args[0] else HOME
    titles = {page.name: page.title(language) for page in found}
    notices = list(handler.served.notices)
    if handler.served.workshop:
        notices.insert(0, handler.say("page.workshop", person=handler.served.workshop))
    words = {word: handler.say(f"page.{word}", done="{done}", all="{all}") for word in WORDS}
    return {
        **handler.template_namespace,
        "name": name,
        "title": titles.get(name, name),
        "pages": [(page.name, titles[page.name]) for page in found if page.in_bar],
        "more": [(page.name, titles[page.name]) for page in found if not page.in_bar],
        "notices": notices,
        "emergencies": shown_incidents(handler),
        "clock": milliseconds(handler.served.current.now()),
        "waiting": json.dumps(words).replace("<", "\\u003c"),
        "whole": handler.whole,
    }


def add_page_context(handler: SchoolPage, notebook: NotebookNode, cwd: str) -> NotebookNode:
    """Give a notebook that is about to be opened what the theme shows around it (a Voila prelaunch hook).

    The heading is shown in the person's language. ``notebook.metadata.guanai`` holds what the page's
    template may use, see `page_context`.
    """
    notebook.metadata["guanai"] = handler.around
    return with_headings(notebook, handler.language)
