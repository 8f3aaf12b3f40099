"""Once a minute the log says how many kernels there are, for how many people, and what memory they take."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tornado.ioloop import PeriodicCallback

__all__ = ["Usage", "UsageLog", "memory_of"]

log = logging.getLogger("guanai.server")


@dataclass(frozen=True)
class Usage:
    """How much of a server is used: kernels, people, what waits, and the process ids of kernels and fork servers."""

    kernels_with_page: int
    idle_kernels: int
    people: int
    waiting_pages: int
    waiting_people: int
    processes: Sequence[int]


class UsageLog:
    """Logs what ``usage`` returns."""

    def __init__(self, usage: Callable[[], Usage]) -> None:
        self._usage = usage
        self._callback: PeriodicCallback | None = None
        self._last = ""

    def start(self, seconds: float) -> None:
        """Log it every so many seconds."""
        self._callback = PeriodicCallback(self.write, seconds * 1000)
        self._callback.start()

    async def write(self) -> None:
        """Log one message, unless it would be the same as the last one."""
        text = await self.text()
        if text != self._last:
            log.info("%s", text)
        self._last = text

    async def text(self) -> str:
        """Return how many kernels have a page, how many are idle, for how many people, their memory, and who waits."""
        usage = self._usage()
        # In a thread: the system takes a millisecond or more for each, and fifty of them would delay every page.
        sizes = await asyncio.to_thread(lambda: [memory_of(process) for process in usage.processes])
        readable = [size for size in sizes if size is not None]
        memory = f"{sum(readable) / 2**20:.0f} MiB" if readable else "memory not known"
        return (
            f"Kernels: {usage.kernels_with_page} with a page, {usage.idle_kernels} waiting, {usage.people} people, "
            f"{memory}; {usage.waiting_pages} pages wait for their turn, {usage.waiting_people} people for a place."
        )


def memory_of(process: int) -> int | None:
    """Return a process's share of memory in bytes (what it shares is divided), None where the system does not say."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    shares = [line.split()[1] for line in lines if line.startswith("Pss:")]
    return int(shares[0]) * 1024 if shares else None
