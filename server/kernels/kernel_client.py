"""A page's kernel as the server sends to it and receives from it.

nbclient makes its own client for each page and waits until no message has come for 0.2 seconds; here the wait is
for the answer itself, and an idle kernel has a client that has waited already.

jupyter_server receives every message of every kernel to know whether it is busy, and parses each of them whole. Here only
the headers are read, and the rest of those few that report a change: a page of forty fields sends 130 others.

This overrides `KernelClient.wait_for_ready` and `KernelManager.client`, which jupyter_client documents, and calls
its `_handle_kernel_info_reply`, which it does not. `guanai.server.tested_versions` says for which versions that has
been tested.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from queue import Empty
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_server.services.kernels.kernelmanager import ServerKernelManager
from traitlets import Type

__all__ = ["PageClient", "ServedKernel", "activity_recorder"]

DELIMITER = b"<IDS|MSG>"
IDLE = {"execution_state": "idle"}


class PageClient(AsyncKernelClient):
    """Speaks to one kernel."""

    is_ready = False
    _has_started_channels = False

    def start_channels(self, *args: Any, **kwargs: Any) -> None:
        """Open the channels, once; without the heartbeat, a thread that reports nothing the process does not."""
        if not self._has_started_channels:
            self._has_started_channels = True
            super().start_channels(*args, **{**kwargs, "hb": False})

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers on both channels. Raises RuntimeError when it has died, or in the end."""
        deadline = time.monotonic() + (60 if timeout is None else timeout)
        while not self.is_ready and not await self._ask_for_info():
            if not await self.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > deadline:
                raise RuntimeError("Kernel did not answer in time")

    async def _ask_for_info(self) -> bool:
        """Ask once and return whether an answer came; other messages belong to the start and are ignored."""
        request = self.kernel_info()
        try:
            reply = await self._reply_to(request, self.shell_channel, "kernel_info_reply", seconds=2)
            # Until this client has subscribed to the iopub channel, the outputs of cells are lost.
            while (await self._reply_to(request, self.iopub_channel, "status", seconds=0.2))[
                "content"
            ] != IDLE:
                pass
        except Empty:
            return False
        self._handle_kernel_info_reply(reply)
        self.is_ready = True
        return True

    async def _reply_to(self, request: str, channel: Any, kind: str, seconds: float) -> dict[str, Any]:
        """Return the next message of a kind that answers a request. Raises Empty after some seconds."""
        while True:
            message: dict[str, Any] = await channel.get_msg(timeout=seconds)
            if message["msg_type"] == kind and message["parent_header"].get("msg_id") == request:
                return message


class ServedKernel(ServerKernelManager):
    """One kernel; a client can be made for it ahead of the page that will use it."""

    client_factory = Type(PageClient, klass=AsyncKernelClient).tag(config=True)
    _prepared: PageClient | None = None

    async def prepare(self) -> None:
        """Make the client now, and wait until the kernel answers it."""
        client = self.client()
        client.start_channels()
        try:
            await client.wait_for_ready(timeout=60)
        except BaseException:
            client.stop_channels()
            raise
        self._prepared = client

    def client(self, **kwargs: Any) -> Any:
        """Return the client that has been prepared, once; else a new one."""
        prepared, self._prepared = self._prepared, None
        return prepared if prepared is not None and not kwargs else super().client(**kwargs)

    async def assign(self, environment: dict[str, str], folder: str, vault: int | None = None) -> None:
        """Put an idle forked kernel into the environment of a request. Raises OSError when it has ended.

        A restart would put it there again. ``vault`` is the descriptor of its connection to the vault.
        """
        provisioner: Any = self.provisioner
        await provisioner.assign(environment, folder, vault)
        self.update_env(env=environment)
        arguments: Any = self._launch_args
        arguments["cwd"] = folder

    async def shutdown_kernel(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]  # as in jupyter_server
        """End it; a client that nobody has taken is closed first."""
        if self._prepared is not None:
            self._prepared.stop_channels()
            self._prepared = None
        await super().shutdown_kernel(*args, **kwargs)


def activity_recorder(kernel: Any, is_work: Callable[[str | None], bool]) -> Callable[[list[bytes]], None]:
    """Return a function that receives a kernel's messages (as parts off the wire) and sets its state and last activity.

    ``is_work`` says whether a kind of message is a person's work; asking a kernel for its state is not.
    """

    def record(parts: list[bytes]) -> None:
        """Record what one message reports."""
        begin = parts.index(DELIMITER) + 2  # a signature stands between
        header = json.loads(parts[begin])
        if header["msg_type"] != "status":
            if kernel.execution_state == "busy":
                kernel.last_activity = datetime.now(UTC)
            return
        work = is_work(json.loads(parts[begin + 1]).get("msg_type"))
        state = json.loads(parts[begin + 3])["execution_state"]
        if work or kernel.execution_state == "busy":
            kernel.last_activity = datetime.now(UTC)
        if work:
            kernel.execution_state = state
        elif kernel.execution_state == "starting" and state != "starting":
            kernel.execution_state = "idle"

    return record
