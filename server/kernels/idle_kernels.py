"""Kernels that are started before a page asks for one, so that the page need not wait for them.

Each serves one page of one person: it is taken out when it is assigned to a page, and never comes back.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

__all__ = ["IdleKernels"]

log = logging.getLogger("guanai.server")


class IdleKernels:
    """Keeps ``size`` kernels ready: ``start`` starts one and returns its id, ``end`` ends one.

    New ones are started once no page has come for ``pause`` seconds.
    """

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
        self._idle: deque[str] = deque()
        self._filling: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        # Grows with each `end_all`, so that a kernel which is being started meanwhile is ended too.
        self._generation = 0

    def __len__(self) -> int:
        return len(self._idle)

    def __contains__(self, kernel_id: str) -> bool:
        return kernel_id in self._idle

    def take(self) -> str | None:
        """Return the kernel that was started first, which now belongs to the caller; None where there is none."""
        return self._idle.popleft() if self._idle else None

    def discard(self, kernel_id: str) -> None:
        """Forget a kernel that has ended by itself."""
        if kernel_id in self._idle:
            self._idle.remove(kernel_id)

    def fill(self, *, soon: bool = False) -> None:
        """Fill up once no page has come for a moment: a page that is being opened needs the processor more."""
        if not self._size:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(0 if soon else self._pause, self._begin_filling)

    def end_all(self) -> None:
        """End the idle kernels, and those that are being started: what they have read is out of date."""
        self._generation += 1
        while self._idle:
            self._end(self._idle.popleft())

    def close(self) -> None:
        """Start no more, not even the one that is being started; idle ones are left as they are.

        The event loop that has started them may have stopped for good, so nothing is waited for.
        """
        self._size = 0
        if self._timer is not None:
            self._timer.cancel()
        if self._filling is not None:
            self._filling.cancel()

    def _begin_filling(self) -> None:
        if self._filling is None or self._filling.done():
            self._filling = asyncio.ensure_future(self._fill())

    async def _fill(self) -> None:
        while len(self._idle) < self._size:
            generation = self._generation
            try:
                kernel_id = await self._start()
            except Exception:  # whatever it was, pages start their own kernels and say what is wrong
                log.exception("No idle kernel could be started.")
                return
            if generation == self._generation and self._size:
                self._idle.append(kernel_id)
            else:
                self._end(kernel_id)
