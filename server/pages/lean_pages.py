"""A page in the school's own looks: its notebook run cell by cell, its HTML made by the theme as the cells finish.

Voila makes a page by a document converter, set up anew for each one, which takes as long as the cells do. The notebooks
of a school are run by nbclient as Voila runs them, and their few kinds of output are put into the page as they are.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from nbclient.client import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from tornado.httputil import HTTPServerRequest, split_host_and_port
from traitlets import Bool, Integer

from guanai.server.kernels.widget_states import STATES, state_for_page
from guanai.server.pages.notebook_sources import markdown, notebook_at, with_headings
from guanai.server.web.sign_in import IDENTITY_HEADERS

if TYPE_CHECKING:
    from guanai.server.pages.page_handlers import SchoolPage

__all__ = ["lean_page", "with_keepalive"]


# By this name a notebook knows that it is served, and by what (widgets bring their style sheet along elsewhere).
SOFTWARE = f"voila/{version('voila')}"


class Cells(NotebookClient):
    """Runs the cells of one page."""

    # A page that has not heard its kernel's last word would have lost a part, and nobody would be told.
    iopub_timeout = Integer(60)
    raise_on_iopub_timeout = Bool(True)

    def __init__(self, notebook: NotebookNode, kernel: Any) -> None:
        super().__init__(notebook, km=kernel)
        self._sent: dict[str, str] = {}

    async def run(self, number: int) -> bool:
        """Run a cell; say whether the ones after it are to run too. What went wrong is then in its outputs."""
        cell = self.nb.cells[number]
        try:
            await self.async_execute_cell(cell, number, store_history=False)
        except CellExecutionError:
            return False
        except Exception:  # the kernel has died, or is not heard
            self.log.exception("A cell could not be run.")
            cell.outputs = [NotebookNode(output_type="error")]  # type: ignore[no-untyped-call]
            return False
        return True

    def states(self, number: int) -> list[str]:
        """Return the states of widgets that a cell has made or changed, as JSON for a script element.

        Most come as one output of the cell (`guanai.server.kernels.widget_states`); nbclient, which plays the front end to Output
        widgets, keeps theirs.
        """
        outputs = self.nb.cells[number].get("outputs", [])
        gathered = [one.data[STATES] for one in outputs if STATES in one.get("data", ())]
        heard = []
        for model, state in self.widget_state.items():
            buffers = list(self.widget_buffers.get(model, {}).values())
            text = json.dumps(state_for_page(state, buffers), ensure_ascii=False)
            if self._sent.get(model) != text:
                self._sent[model] = text
                heard.append(f"{json.dumps(model)}:{text}")
        return [
            text.replace("<", "\\u003c") for text in (*gathered, "{" + ",".join(heard) + "}") if text != "{}"
        ]

    def shown(self, number: int) -> list[NotebookNode]:
        """Return what a cell shows."""
        outputs = self.nb.cells[number].get("outputs", [])
        return [one for one in outputs if STATES not in one.get("data", ())]


async def lean_page(page: "SchoolPage", name: str) -> AsyncIterator[str]:
    """Start a kernel for a page and yield the page piece by piece, after its head."""
    folder, _, _ = name.rpartition("/")
    path = page.served.school.folder.notebooks / f"{name}.ipynb"
    notebook = with_headings(notebook_at(path), page.language)
    kernel_id = await page.kernels.start_kernel(path=folder, env=environment(page.request))
    parts: Any = page.get_template("cells.html.j2").module
    settings = {
        "baseUrl": page.base_url,
        "kernelId": kernel_id,
        "cells": len(notebook.cells),
        "vega": page.around["theme_url"]("vega.js"),
    }
    yield parts.beginning(page.around, settings)
    cells = Cells(notebook, page.kernels.get_kernel(kernel_id))
    client = await cells.async_start_new_kernel_client()
    try:
        for number, cell in enumerate(notebook.cells):
            goes_on = await cells.run(number)
            text = markdown(cell, page.contents_manager) if cell.cell_type == "markdown" else ""
            yield parts.cell(page.around, number + 1, text, cells.states(number), cells.shown(number))
            if not goes_on:
                break
    finally:
        client.stop_channels()
    yield parts.end(page.around)


def environment(request: HTTPServerRequest) -> dict[str, str]:
    """Return what a notebook is told of its request, by the names that Voila documents."""
    host, port = split_host_and_port(request.host.lower())
    headers = {name: request.headers.get(name) for name in IDENTITY_HEADERS}
    return {
        **os.environ,
        "SCRIPT_NAME": request.path,
        "PATH_INFO": "",
        "QUERY_STRING": request.query,
        "SERVER_SOFTWARE": SOFTWARE,
        "SERVER_PROTOCOL": request.version,
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or ""),
        **{
            f"HTTP_{name.upper().replace('-', '_')}": value
            for name, value in headers.items()
            if value is not None
        },
    }


async def with_keepalive(pieces: AsyncIterator[str], seconds: float) -> AsyncIterator[str | None]:
    """Yield what comes, and None whenever nothing has come for so many seconds."""
    waiting: asyncio.Future[str | None] | None = None
    try:
        while True:
            waiting = asyncio.ensure_future(_next(pieces))
            while not (await asyncio.wait({waiting}, timeout=seconds))[0]:
                yield None
            piece = waiting.result()
            if piece is None:
                return
            yield piece
    finally:
        if waiting is not None:
            waiting.cancel()


async def _next(pieces: AsyncIterator[str]) -> str | None:
    return await anext(pieces, None)
