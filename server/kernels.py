"""The kernels behind the pages: one per open page, for one person, gone when the page is gone.

A kernel ends when its page says that it closes, when the person signs out, when nobody has been
connected for a while (a browser that was killed says nothing), and when the server ends.
"""

import asyncio
import os
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_server import CallContext
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.ioloop import PeriodicCallback
from tornado.websocket import WebSocketHandler
from traitlets import Dict, Float, Unicode, default

__all__ = ["OwnKernelSpec", "PageKernels"]

KERNEL_OPTIONS = [
    "--IPKernelApp.extra_extensions=guanai.server.cells",
    "--HistoryManager.enabled=False",
]
# A cell that still runs with nobody connected may be a slow page that is being opened, or a cell that never ends.
BUSY_FACTOR = 5
# What was typed just before a page closes is still on its way to the kernel, which then keeps it: seconds.
ON_THE_WAY, AT_MOST = 0.5, 5.0


class OwnKernelSpec(KernelSpecManager):
    """The one kernel there is: the Python that the server runs on, whatever else is on the machine."""

    @default("kernel_dirs")
    def _no_others(self) -> list[str]:
        return []


class PageKernels(AsyncMappingKernelManager):
    """Starts each page's kernel, remembers for whom, and ends it when nobody needs it."""

    extra_env = Dict(help="Variables that every page's kernel gets.").tag(config=True)
    alone_seconds = Float(180.0, help="How long a kernel lives with no page connected to it.").tag(
        config=True
    )
    output = Unicode(help="The file that takes what a kernel says outside of its page.").tag(config=True)
    sweep_seconds = Float(10.0, help="How often that is looked at.").tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        self.owners: dict[str, str] = {}
        self.ending: set[str] = set()
        self.lines: defaultdict[str, set[WebSocketHandler]] = defaultdict(set)
        self.still_signed_in: Callable[[str, float], bool] = lambda session, active: True
        self._alone_since: dict[str, float] = {}
        self._sweeper: PeriodicCallback | None = None

    async def start_kernel(  # type: ignore[override]  # the base class calls its own a coroutine in a comment only
        self, *, env: dict[str, str] | None = None, **kwargs: Any
    ) -> str:
        """Start a kernel for the session of the request that is being answered; return its id."""
        handler = CallContext.get(CallContext.JUPYTER_HANDLER)
        environment = {**(env or {}), **self.extra_env}
        environment["GUANAI_LANGUAGE"] = handler.language
        with open(self.output or os.devnull, "ab") as output:  # opening a log file does not wait
            said: dict[str, Any] = {"stdout": output, "stderr": output}
            kernel_id: str = await super().start_kernel(
                env=environment, extra_arguments=KERNEL_OPTIONS, **said, **kwargs
            )
        self.owners[kernel_id] = handler.current_user.session
        handler.kernel_id = kernel_id
        if self._sweeper is None:
            self._sweeper = PeriodicCallback(self.sweep, self.sweep_seconds * 1000)
            self._sweeper.start()
        return kernel_id

    def belongs_to(self, kernel_id: str, session: str) -> bool:
        """Whether a kernel was started in this session: nobody else may talk to it."""
        return self.owners.get(kernel_id) == session

    def state(self, kernel_id: str) -> str:
        """Return what a kernel does: starting, busy, idle or dead."""
        kernel: Any = self.get_kernel(kernel_id) if kernel_id in self else None
        return str(kernel.execution_state) if kernel else "dead"

    async def end(self, kernel_id: str) -> None:
        """End a kernel; once is enough, and one that has gone is no error."""
        if kernel_id in self and kernel_id not in self.ending:
            self.ending.add(kernel_id)
            for line in self.lines.pop(kernel_id, set()):
                line.close()
            try:
                await self.shutdown_kernel(kernel_id)  # type: ignore[no-untyped-call]
            except KeyError:
                self.log.info("Kernel %s was gone already.", kernel_id)
            finally:
                self.ending.discard(kernel_id)
                self.owners.pop(kernel_id, None)
                self._alone_since.pop(kernel_id, None)

    async def end_after_last_words(self, kernel_id: str) -> None:
        """End a kernel whose page has closed, once it has heard what the page said last."""
        until = time.monotonic() + AT_MOST
        await asyncio.sleep(ON_THE_WAY)
        while self.state(kernel_id) == "busy" and time.monotonic() < until:
            await asyncio.sleep(0.1)
        await self.end(kernel_id)

    async def end_session(self, session: str) -> None:
        """End every kernel of a session: what was open in its pages is closed to whoever comes next."""
        await asyncio.gather(
            *(self.end(kernel) for kernel, owner in list(self.owners.items()) if owner == session)
        )

    async def sweep(self) -> None:
        """End the kernels that nobody is connected to any more, and those whose session has ended."""
        for kernel_id, session in list(self.owners.items()):
            if kernel_id not in self:
                self.owners.pop(kernel_id, None)
                self._alone_since.pop(kernel_id, None)
                continue
            kernel: Any = self.get_kernel(kernel_id)
            signed_in = self.still_signed_in(session, kernel.last_activity.timestamp())
            if not signed_in or self._is_left_alone(kernel_id):
                self.log.info("Ending kernel %s: %s.", kernel_id, "left alone" if signed_in else "signed out")
                await self.end(kernel_id)

    def _is_left_alone(self, kernel_id: str) -> bool:
        if self._kernel_connections.get(kernel_id, 0) > 0:
            self._alone_since.pop(kernel_id, None)
            return False
        since = self._alone_since.setdefault(kernel_id, time.monotonic())
        patience = BUSY_FACTOR if self.state(kernel_id) == "busy" else 1
        return time.monotonic() - since > self.alone_seconds * patience
