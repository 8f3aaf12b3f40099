"""How jupyter_client starts a page's kernel: forked from a warm parent, or an ordinary one where that cannot be.

An entry point of the group ``jupyter_client.kernel_provisioners``; `guanai serve` asks for it by `PROVISIONER`.
"""

import json
import os
from collections.abc import Mapping
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from guanai.server.kernels.foreign_process import ForkedProcess
from guanai.server.kernels.fork_servers import ForkServers

__all__ = ["PROVISIONER", "ForkedKernel"]

PROVISIONER = "guanai-forked"
LAUNCHER = "ipykernel_launcher"


class ForkedKernel(LocalProvisioner):
    """Starts, signals and ends one kernel."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Fork a kernel, or start it the ordinary way."""
        parents: ForkServers | None = getattr(getattr(self.parent, "parent", None), "parents", None)
        if parents is not None and LAUNCHER in cmd:
            environment = kwargs.get("env") or os.environ
            folder = str(kwargs.get("cwd") or os.getcwd())
            forked = await parents.fork(cmd[cmd.index(LAUNCHER) + 1 :], environment, folder)
            if forked is not None:
                self.process: Any = forked
                self.pid = self.pgid = forked.pid
                self.cwd = folder
                return self.connection_info
        return await super().launch_kernel(cmd, **kwargs)

    @property
    def is_forked(self) -> bool:
        """Whether this kernel can be handed over."""
        return isinstance(self.process, ForkedProcess)

    async def assign(self, environment: Mapping[str, str], folder: str) -> None:
        """Give a kernel that waits the environment of a request. Raises OSError when it has ended."""
        place = {"env": dict(environment), "cwd": folder}
        await self.process.assign(json.dumps(place).encode())
        self.cwd = folder

    async def cleanup(self, restart: bool = False) -> None:
        """Let go of the process too."""
        await super().cleanup(restart=restart)
        if self.is_forked:
            self.process.close()
