"""Once a minute the log says how many kernels there are, for how many people, and what memory they take."""

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tornado.ioloop import PeriodicCallback

if TYPE_CHECKING:
    from guanai.server.kernels.page_kernels import PageKernels

__all__ = ["UsageLog", "memory_of"]

log = logging.getLogger("guanai.server")


class UsageLog:
    """Counts the kernels of a server."""

    def __init__(self, kernels: "PageKernels") -> None:
        self._kernels = kernels
        self._callback: PeriodicCallback | None = None
        self._last = ""

    def start(self, seconds: float) -> None:
        """Count every so many seconds."""
        self._callback = PeriodicCallback(self.say, seconds * 1000)
        self._callback.start()

    async def say(self) -> None:
        """Log one line, unless it would say the same as the last one."""
        line = await self.line()
        if line != self._last:
            log.info("%s", line)
        self._last = line

    async def line(self) -> str:
        """Return how many kernels have a page, how many wait, for how many people, their memory, and who queues."""
        kernels = self._kernels
        processes = [*map(self._process, kernels.list_kernel_ids()), *kernels.fork_servers.processes]
        # In a thread: the system counts a millisecond or more for each, and fifty of them would hold up every page.
        sizes = await asyncio.to_thread(lambda: [memory_of(process) for process in processes if process])
        known = [size for size in sizes if size is not None]
        memory = f"{sum(known) / 2**20:.0f} MiB" if known else "memory not known"
        people = len(set(kernels.owners.values()))
        return (
            f"Kernels: {len(kernels.owners)} with a page, {len(kernels.idle)} waiting, {people} people, {memory}; "
            f"{kernels.page_queue.waiting} pages wait for their turn, {kernels.seats.refused} people for a place."
        )

    def _process(self, kernel_id: str) -> int | None:
        kernel: Any = self._kernels.get_kernel(kernel_id)
        return getattr(kernel.provisioner, "pid", None)


def memory_of(process: int) -> int | None:
    """Return a process's fair share of memory in bytes (what it shares is divided), None where that is not told."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    shares = [line.split()[1] for line in lines if line.startswith("Pss:")]
    return int(shares[0]) * 1024 if shares else None
