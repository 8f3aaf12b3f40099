"""How many people may have pages open, how many pages are opened at the same time, and which gives way to the next one."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["OpenPage", "PageQueue", "SeatLimit", "pages_that_fit", "pages_to_sleep"]

# What a page's kernel takes of memory that it does not share, when it has been used for a while, in bytes: a forked one,
# an ordinary one. So many pages are allowed on the smallest machine.
FORKED_BYTES, ORDINARY_BYTES = 64 * 2**20, 192 * 2**20
FEWEST_PAGES = 10

# How long a seat is reserved for a page that has been asked for and has no kernel yet: seconds.
RESERVED_SECONDS = 60.0
# Whoever has been turned away and has not asked again after so many seconds has gone elsewhere.
WAITING_SECONDS = 30.0


@dataclass(frozen=True)
class OpenPage:
    """A page that has a kernel: whose it is, whether a cell or a control is being answered, when it was last used."""

    kernel_id: str
    person: str
    is_busy: bool
    last_used: float


def pages_to_sleep(pages: Sequence[OpenPage], person: str, most_of_person: int, most: int) -> list[str]:
    """Return the kernels to end before a person opens one more page; 0 stands for any number.

    Of the person's own pages those used least recently, so that no more than ``most_of_person`` are left with the new one.
    Where there are ``most`` in all, that of whoever has most pages; a page that answers something is the last to go.
    """
    left, ended = list(pages), []

    def end_oldest(among: list[OpenPage]) -> None:
        oldest = min(among, key=lambda page: (page.is_busy, page.last_used))
        left.remove(oldest)
        ended.append(oldest.kernel_id)

    while most_of_person and len(own := [page for page in left if page.person == person]) >= most_of_person:
        end_oldest(own)
    while most and len(left) >= most:
        counts = Counter(page.person for page in left)
        end_oldest([page for page in left if counts[page.person] == max(counts.values())])
    return ended


def pages_that_fit(*, forked: bool, meminfo: Path = Path("/proc/meminfo")) -> int:
    """Return how many pages the memory that is free now is enough for; 0, any number, where the system does not say."""
    with suppress(OSError, ValueError, IndexError):
        for line in meminfo.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                available = int(line.split()[1]) * 1024
                return max(FEWEST_PAGES, available // (FORKED_BYTES if forked else ORDINARY_BYTES))
    return 0


class SeatLimit:
    """The seats of a server: ``limit`` of them, 0 for any number. A person has one, however many pages are open.

    ``present`` returns the sessions that have a kernel. For ``hold_seconds`` after a page was closed its seat stays
    the person's, for the next page.
    """

    def __init__(
        self,
        limit: int,
        present: Callable[[], Iterable[str]],
        hold_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limit = limit
        self._hold_seconds = hold_seconds
        self._present = present
        self._clock = clock
        self._reserved_until: dict[str, float] = {}
        self._waiting_until: dict[str, float] = {}

    @property
    def waiting(self) -> int:
        """How many people wait for a seat: they were turned away a moment ago, and their browsers ask again."""
        self._waiting_until = _not_expired(self._waiting_until, self._clock())
        return len(self._waiting_until)

    def take(self, session: str) -> bool:
        """Return whether a page may be opened in this session; if so, a seat is reserved until it has its kernel."""
        now = self._clock()
        self._reserved_until = _not_expired(self._reserved_until, now)
        taken = {*self._present(), *self._reserved_until}
        if self.limit and session not in taken and len(taken) >= self.limit:
            self._waiting_until[session] = now + WAITING_SECONDS
            return False
        self._waiting_until.pop(session, None)
        self._reserved_until[session] = now + RESERVED_SECONDS
        return True

    def end_reservation(self, session: str) -> None:
        """Reserve the seat no longer: the page has its kernel, and with that a seat."""
        self._reserved_until.pop(session, None)

    def hold(self, session: str) -> None:
        """Reserve the seat for a moment after a page was closed, for the next one."""
        self._reserved_until[session] = self._clock() + self._hold_seconds

    def release(self, session: str) -> None:
        """Reserve no seat for somebody who has signed out."""
        self._reserved_until.pop(session, None)
        self._waiting_until.pop(session, None)


def _not_expired(until: dict[str, float], now: float) -> dict[str, float]:
    return {session: moment for session, moment in until.items() if moment > now}


class PageQueue:
    """Lets ``limit`` pages be opened at once, first come first served.

    One that takes longer than ``timeout`` seconds no longer counts, so it delays nobody.

    Opening a page is a quarter of a second of work. Where twenty people come at once and all of it is done at the
    same time, all of them wait for the last; one after the other, the first is served as if alone, and the last no later.
    """

    def __init__(self, limit: int, timeout: float = 3.0) -> None:
        self.waiting = 0
        self._timeout = timeout
        self._slots = asyncio.Semaphore(limit)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Wait for a slot, and have it within the block."""
        self.waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self.waiting -= 1
        is_released = False

        def release() -> None:
            nonlocal is_released
            if not is_released:
                is_released = True
                self._slots.release()

        timer = asyncio.get_running_loop().call_later(self._timeout, release)
        try:
            yield
        finally:
            timer.cancel()
            release()
