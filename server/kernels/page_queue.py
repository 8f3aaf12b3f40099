"""Whose page is opened now: a few at a time, first come first served.

Opening a page is a quarter of a second of work. Where twenty people come at once and all of it is done at the same
time, all of them wait for the last; one after the other, the first is served as if alone, and the last no later.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["PageQueue"]


class PageQueue:
    """Lets ``most`` pages be opened at once; one that takes longer than ``patience`` seconds holds up nobody."""

    def __init__(self, most: int, patience: float = 3.0) -> None:
        self.waiting = 0
        self._patience = patience
        self._free = asyncio.Semaphore(most)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn, and have it within the block."""
        self.waiting += 1
        try:
            await self._free.acquire()
        finally:
            self.waiting -= 1
        over = False

        def give_back() -> None:
            nonlocal over
            if not over:
                over = True
                self._free.release()

        impatient = asyncio.get_running_loop().call_later(self._patience, give_back)
        try:
            yield
        finally:
            impatient.cancel()
            give_back()
