"""The pages of a school: each notebook under its own short address, in the school's looks."""

import json
from pathlib import Path

from jupyter_server.base.handlers import JupyterHandler
from nbformat import NotebookNode
from tornado import web
from tornado.httputil import url_concat
from voila.tornado.handler import TornadoVoilaHandler

from guanai.server.kernels import PageKernels
from guanai.server.logs import log_fault
from guanai.server.navigation import HEADING, half, pages
from guanai.server.screens import Screen

__all__ = ["ClosedDoor", "PageClosing", "SchoolPage", "VoilaAddress", "dress"]

HOME = "home"
HEARTBEAT = "<script>window.voila_heartbeat()"
# How many heartbeats (of five seconds) a page may wait for a kernel in each state; in any other, two.
LONGEST_WAIT = {"starting": 20, "busy": 720}


class SchoolPage(Screen, TornadoVoilaHandler):
    """One page: a notebook of the school's folder, run for the person who asks for it."""

    kernel_id = ""  # set once the page's kernel has been started

    @web.authenticated
    async def get(self, path: str = "") -> None:
        """Run the notebook and send the page as its cells finish."""
        name = path.strip("/") or HOME
        if not is_page(self.office.school.folder.notebooks, name):
            raise web.HTTPError(404)
        _ = self.xsrf_token  # sets the cookie without which the page's closing request would be refused
        await self._send(f"{name}.ipynb")

    async def _send(self, notebook: str) -> None:
        """Send the page piece by piece.

        Voila beats a heart while a cell runs, and goes on beating when its rendering has broken off;
        a heart that beats with no cell running ends the page instead.
        """
        beats = 0
        async for piece in self.get_generator(notebook):
            beats = beats + 1 if piece.startswith(HEARTBEAT) else 0
            if beats >= LONGEST_WAIT.get(self.kernels.state(self.kernel_id), 2) and self.kernel_id:
                self._break_off(notebook)
                return
            self.write(piece)
            await self.flush()

    def _break_off(self, notebook: str) -> None:
        reference = log_fault(RuntimeError("the page was not finished"), notebook)
        self.show("broken.html", reference=reference)


class VoilaAddress(Screen):
    """The address that Voila itself gives a notebook leads to the page's own."""

    @web.authenticated
    def get(self, path: str) -> None:
        """Go on to the page with the same query."""
        target = self.base_url + path.removesuffix(".ipynb")
        self.redirect(url_concat(target, dict_of(self)))


class PageClosing(JupyterHandler):
    """A page says that it closes, so that its kernel ends."""

    @web.authenticated
    async def post(self, kernel_id: str) -> None:
        """End the page's kernel. A page may say so twice."""
        kernels: PageKernels = self.settings["kernel_manager"]
        if kernels.belongs_to(kernel_id, self.current_user.session):
            await kernels.end_after_last_words(kernel_id)
        self.set_status(204)

    def get_login_url(self) -> str:
        """Answer whoever has signed out meanwhile shortly: nobody reads this."""
        raise web.HTTPError(403)


class ClosedDoor(Screen):
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


def dress(handler: SchoolPage, notebook: NotebookNode, cwd: str) -> NotebookNode:
    """Give a notebook that is about to be opened what the theme shows around it (a Voila prelaunch hook).

    The heading is shown in the person's language. ``notebook.metadata.guanai`` holds what the page's
    template may use: the words of `Screen.template_namespace`, and

    - ``name``, ``title``: of this page;
    - ``pages``: all pages as (name, title) in the order of the navigation bar;
    - ``notices``: what everybody should know, as texts;
    - ``waiting``: what a page says while it opens or has lost its kernel, as JSON.
    """
    language = handler.language
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = HEADING.sub(lambda found: f"# {half(found[1], language)}", cell.source)
    bar = pages(handler.office.school.folder.notebooks)
    name = handler.path_args[0].strip("/") if handler.path_args and handler.path_args[0] else HOME
    titles = {page.name: page.title(language) for page in bar}
    notices = list(handler.office.notices)
    if handler.office.workshop:
        notices.insert(0, handler.say("page.workshop", person=handler.office.workshop))
    words = ("opening", "step", "slow", "lost", "again")
    notebook.metadata["guanai"] = {
        **handler.template_namespace,
        "name": name,
        "title": titles.get(name, name),
        "pages": list(titles.items()),
        "notices": notices,
        "waiting": json.dumps(
            {word: handler.say(f"page.{word}", done="{done}", all="{all}") for word in words}
        ),
    }
    return notebook
