"""A page's kernel as the server speaks to it: ready as soon as it answers, and ready before a page comes.

nbclient makes its own client for each page and waits until nothing more is heard for 0.2 seconds; here the wait is
for the answer itself, and a kernel that waits for a page has a client that has waited already.

This overrides `KernelClient.wait_for_ready` and `KernelManager.client`, which jupyter_client documents, and calls
its `_handle_kernel_info_reply`, which it does not. Holds for the versions of `HOLDS_FOR`;
tests/server/kernels/test_forked_kernels.py says when another one is installed.
"""

import time
from queue import Empty
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_server.services.kernels.kernelmanager import ServerKernelManager
from traitlets import Type

__all__ = ["HOLDS_FOR", "PageClient", "ServedKernel"]

HOLDS_FOR = {"jupyter_client": "8.10", "nbclient": "0.11"}


class PageClient(AsyncKernelClient):
    """Speaks to one kernel."""

    is_ready = False
    _has_begun = False

    def start_channels(self, *args: Any, **kwargs: Any) -> None:
        """Open the channels, once; without the heartbeat, a thread that tells nothing the process does not."""
        if not self._has_begun:
            self._has_begun = True
            super().start_channels(*args, **{**kwargs, "hb": False})

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers on both channels. Raises RuntimeError when it has died, or in the end."""
        end = time.monotonic() + (60 if timeout is None else timeout)
        while not self.is_ready and not await self._answers():
            if not await self.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > end:
                raise RuntimeError("Kernel did not answer in time")

    async def _answers(self) -> bool:
        """Ask once; what else is heard belongs to the start and is passed over."""
        asked = self.kernel_info()
        try:
            reply = await self._heard(self.shell_channel, asked, "kernel_info_reply", seconds=2)
            # The channel on which cells say_in must have been joined, or what they say is lost.
            while (await self._heard(self.iopub_channel, asked, "status", seconds=0.2))["content"] != IDLE:
                pass
        except Empty:
            return False
        self._handle_kernel_info_reply(reply)
        self.is_ready = True
        return True

    async def _heard(self, channel: Any, asked: str, kind: str, seconds: float) -> dict[str, Any]:
        """Return the next message of a kind that answers what was asked. Raises Empty after some seconds."""
        while True:
            message: dict[str, Any] = await channel.get_msg(timeout=seconds)
            if message["msg_type"] == kind and message["parent_header"].get("msg_id") == asked:
                return message


IDLE = {"execution_state": "idle"}


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

    async def assign(self, environment: dict[str, str], folder: str) -> None:
        """Put a forked kernel that waits into the environment of a request. Raises OSError when it has ended.

        Started anew, it would be put there again.
        """
        provisioner: Any = self.provisioner
        await provisioner.assign(environment, folder)
        self.update_env(env=environment)
        arguments: Any = self._launch_args
        arguments["cwd"] = folder

    async def shutdown_kernel(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]  # as in jupyter_server
        """End it; a client that nobody has taken is closed first."""
        if self._prepared is not None:
            self._prepared.stop_channels()
            self._prepared = None
        await super().shutdown_kernel(*args, **kwargs)
