"""How jupyter_client starts a page's kernel: forked by a fork server, or an ordinary one where that cannot be.

An entry point of the group ``jupyter_client.kernel_provisioners``; `guanai serve` asks for it by `PROVISIONER`.
"""

import os
from collections.abc import Mapping
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from guanai.server.kernels.fork_protocol import page_environment
from guanai.server.kernels.fork_servers import ForkedProcess, ForkServers

__all__ = ["PROVISIONER", "ForkedKernel"]

PROVISIONER = "guanai-forked"
# Seconds in which a kernel ends the cell that it runs.
RECONNECT_SECONDS = 120.0
LAUNCHER = "ipykernel_launcher"


class ForkedKernel(LocalProvisioner):
    """Starts, signals and ends one kernel."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Fork a kernel, or start it the ordinary way."""
        page_kernels = getattr(self.parent, "parent", None)
        fork_servers: ForkServers | None = getattr(page_kernels, "fork_servers", None)
        if fork_servers is not None and LAUNCHER in cmd:
            environment = kwargs.get("env") or os.environ
            folder = str(kwargs.get("cwd") or os.getcwd())
            forked = await fork_servers.fork(cmd[cmd.index(LAUNCHER) + 1 :], environment, folder)
            if forked is not None:
                self.process: Any = forked
                self.pid = self.pgid = forked.pid
                self.cwd = folder
                return self.connection_info
        return await super().launch_kernel(cmd, **kwargs)

    @property
    def is_forked(self) -> bool:
        """Whether this kernel can be assigned to a page after its start."""
        return isinstance(self.process, ForkedProcess)

    async def assign(self, environment: Mapping[str, str], folder: str, vault: int | None = None) -> None:
        """Give an idle kernel the environment of a request, and its connection to the vault. Raises OSError when it has ended."""
        await self.process.assign(page_environment(environment, folder), vault=vault)
        self.cwd = folder

    async def reconnect(self, vault: int) -> None:
        """Give a kernel another connection to the vault, once it has time for it. Raises OSError when it has ended."""
        await self.process.assign(page_environment({}, str(self.cwd)), RECONNECT_SECONDS, vault)

    async def cleanup(self, restart: bool = False) -> None:
        """Close the process's socket and pidfd too."""
        await super().cleanup(restart=restart)
        if self.is_forked:
            self.process.close()
