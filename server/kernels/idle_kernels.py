"""Kernels that are started and wait for a page, so that the page need not wait for them.

Each serves one page of one person: it is taken out when it is handed over, and never comes back.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

__all__ = ["IdleKernels"]

log = logging.getLogger("guanai.server")


class IdleKernels:
    """Keeps ``size`` kernels waiting: ``start`` starts one and returns its id, ``end`` ends one."""

    def __init__(
        self,
        start: Callable[[], Awaitable[str]],
        end: Callable[[str], None],
        size: int,
        pause: float,
    ) -> None:
        self._start = start
        self._end = end
        self._size = size
        self._pause = pause
        self._waiting: deque[str] = deque()
        self._filling: asyncio.Task[None] | None = None
        self._later: asyncio.TimerHandle | None = None
        self._round = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, kernel_id: str) -> bool:
        return kernel_id in self._waiting

    def take(self) -> str | None:
        """Return the kernel that has waited longest, which now belongs to whoever takes it; None for none."""
        return self._waiting.popleft() if self._waiting else None

    def drop(self, kernel_id: str) -> None:
        """Forget a kernel that has ended by itself."""
        if kernel_id in self._waiting:
            self._waiting.remove(kernel_id)

    def fill(self, *, soon: bool = False) -> None:
        """Fill up once no page has come for a moment: a page that is being opened needs the processor more."""
        if not self._size:
            return
        if self._later is not None:
            self._later.cancel()
        self._later = asyncio.get_running_loop().call_later(0 if soon else self._pause, self._begin)

    def empty(self) -> None:
        """End the kernels that wait, and those that are being started: they have grown old."""
        self._round += 1
        while self._waiting:
            self._end(self._waiting.popleft())

    def close(self) -> None:
        """Start no more, not even the one that is being started; those that wait are left as they are.

        The loop that has started them may have stopped for good, so nothing is waited for.
        """
        self._size = 0
        if self._later is not None:
            self._later.cancel()
        if self._filling is not None:
            self._filling.cancel()

    def _begin(self) -> None:
        if self._filling is None or self._filling.done():
            self._filling = asyncio.ensure_future(self._fill())

    async def _fill(self) -> None:
        while len(self._waiting) < self._size:
            begun = self._round
            try:
                fresh = await self._start()
            except Exception:  # whatever it was, pages start their own kernels and say what is wrong
                log.exception("No kernel could be made to wait.")
                return
            if begun == self._round and self._size:
                self._waiting.append(fresh)
            else:
                self._end(fresh)
