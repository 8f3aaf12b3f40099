"""A lean page: its notebook is run cell by cell, and the theme makes its HTML as the cells finish.

Voila makes a page with nbconvert, set up for each page again, which takes as long as the cells do. Here nbclient runs
the notebook as it does for Voila, and the few kinds of output that a school's notebooks have go into the page directly.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from importlib.metadata import version
from typing import Any

from nbclient.client import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from tornado.httputil import HTTPServerRequest, split_host_and_port
from traitlets import Bool, Integer

from guanai.server.kernels.kernel_environment import kernel_environment
from guanai.server.kernels.widget_states import STATES, state_for_page
from guanai.server.pages.notebook_sources import markdown, notebook_at, with_headings
from guanai.server.web.handlers import HtmlHandler
from guanai.server.web.sign_in import IDENTITY_HEADERS

__all__ = ["Cells", "environment", "lean_page", "with_keepalive"]


# By this value a notebook knows that it is served, and by what; elsewhere its widgets load their style sheet themselves.
SOFTWARE = f"voila/{version('voila')}"


class Cells(NotebookClient):
    """Runs the cells of one page."""

    # A page that has missed a message of its kernel would lack a part without anybody noticing: so that is an error.
    iopub_timeout = Integer(60)
    raise_on_iopub_timeout = Bool(True)

    def __init__(self, notebook: NotebookNode, kernel: Any) -> None:
        super().__init__(notebook, km=kernel)
        self._sent: dict[str, str] = {}

    async def run(self, number: int) -> bool:
        """Run a cell; return whether the next ones are to run too. What went wrong is in its outputs."""
        cell = self.nb.cells[number]
        try:
            await self.async_execute_cell(cell, number, store_history=False)
        except CellExecutionError:
            return False
        except Exception:  # the kernel has died, or its messages do not come
            self.log.exception("A cell could not be run.")
            cell.outputs = [NotebookNode(output_type="error")]  # type: ignore[no-untyped-call]
            return False
        return True

    def states(self, number: int) -> list[str]:
        """Return the states of widgets that a cell has made or changed, as JSON for a script element.

        Most come as one output of the cell (`guanai.server.kernels.widget_states`); nbclient, which is the front end of
        Output widgets, has theirs.
        """
        outputs = self.nb.cells[number].get("outputs", [])
        collected = [output.data[STATES] for output in outputs if STATES in output.get("data", ())]
        others = []
        for model, state in self.widget_state.items():
            buffers = list(self.widget_buffers.get(model, {}).values())
            text = json.dumps(state_for_page(state, buffers), ensure_ascii=False)
            if self._sent.get(model) != text:
                self._sent[model] = text
                others.append(f"{json.dumps(model)}:{text}")
        return [
            text.replace("<", "\\u003c")
            for text in (*collected, "{" + ",".join(others) + "}")
            if text != "{}"
        ]

    def shown(self, number: int) -> list[NotebookNode]:
        """Return what a cell shows."""
        outputs = self.nb.cells[number].get("outputs", [])
        return [output for output in outputs if STATES not in output.get("data", ())]


async def lean_page(handler: HtmlHandler, name: str, context: dict[str, Any]) -> AsyncIterator[str]:
    """Start a kernel for a page and yield the page piece by piece, after its head.

    ``context`` is what the theme shows around it, see `guanai.server.pages.page_handlers.page_context`.
    """
    folder, _, _ = name.rpartition("/")
    path = handler.served.school.folder.notebooks / f"{name}.ipynb"
    notebook = with_headings(notebook_at(path), handler.language)
    kernel_id = await handler.kernels.start_kernel(path=folder, env=environment(handler.request))
    parts: Any = handler.get_template("cells.html.j2").module
    settings = {
        "baseUrl": handler.base_url,
        "kernelId": kernel_id,
        "cells": len(notebook.cells),
        "vega": context["theme_url"]("vega.js"),
    }
    yield parts.beginning(context, settings)
    cells = Cells(notebook, handler.kernels.get_kernel(kernel_id))
    client = await cells.async_start_new_kernel_client()
    try:
        for number, cell in enumerate(notebook.cells):
            is_fine = await cells.run(number)
            text = markdown(cell, handler.contents_manager) if cell.cell_type == "markdown" else ""
            yield parts.cell(context, number + 1, text, cells.states(number), cells.shown(number))
            if not is_fine:
                break
    finally:
        client.stop_channels()
    yield parts.end(context)


def environment(request: HTTPServerRequest) -> dict[str, str]:
    """Return the environment variables that describe a request to a notebook, by the names that Voila documents."""
    host, port = split_host_and_port(request.host.lower())
    return {
        **kernel_environment(),
        "SCRIPT_NAME": request.path,
        "PATH_INFO": "",
        "QUERY_STRING": request.query,
        "SERVER_SOFTWARE": SOFTWARE,
        "SERVER_PROTOCOL": request.version,
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or ""),
        **identity_environment(request),
    }


def identity_environment(request: HTTPServerRequest) -> dict[str, str]:
    """Return the environment variables that say who asks, as the server has put them into the request's headers."""
    headers = {name: request.headers[name] for name in IDENTITY_HEADERS if name in request.headers}
    return {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}


async def with_keepalive(pieces: AsyncIterator[str], seconds: float) -> AsyncIterator[str | None]:
    """Yield the pieces, and None whenever none has come for so many seconds."""
    pending: asyncio.Future[str | None] | None = None
    try:
        while True:
            pending = asyncio.ensure_future(anext(pieces, None))
            while not (await asyncio.wait({pending}, timeout=seconds))[0]:
                yield None
            piece = pending.result()
            if piece is None:
                return
            yield piece
    finally:
        if pending is not None:
            pending.cancel()
