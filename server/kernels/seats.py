"""How many people may have pages open at once: whoever comes when all places are taken waits for one."""

import time
from collections.abc import Callable, Iterable

__all__ = ["SeatLimit"]

# How long it is kept for a page that has been asked for and has no kernel yet.
SEAT_WITHOUT_KERNEL_SECONDS = 60.0
# Whoever has not asked again after so many seconds has gone elsewhere.
RETRY_WITHIN_SECONDS = 30.0


class SeatLimit:
    """The places of a server: ``most`` of them, 0 for any number; a person has one however many pages are open.

    For ``kept`` seconds a place is kept for somebody who has closed a page: the next one is on its way, or nobody is.
    """

    def __init__(
        self,
        most: int,
        present: Callable[[], Iterable[str]],
        kept: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kept_after = kept
        self.most = most
        self._present = present
        self._clock = clock
        self._kept: dict[str, float] = {}
        self._refused: dict[str, float] = {}

    @property
    def refused(self) -> int:
        """How many people wait for a place: they have asked in vain a moment ago, and ask again."""
        now = self._clock()
        self._refused = {one: until for one, until in self._refused.items() if until > now}
        return len(self._refused)

    def take(self, session: str) -> bool:
        """Say whether a page may be opened in this session; if so, a place is kept until it has its kernel."""
        now = self._clock()
        self._kept = {one: until for one, until in self._kept.items() if until > now}
        taken = {*self._present(), *self._kept}
        if self.most and session not in taken and len(taken) >= self.most:
            self._refused[session] = now + RETRY_WITHIN_SECONDS
            return False
        self._refused.pop(session, None)
        self._kept[session] = now + SEAT_WITHOUT_KERNEL_SECONDS
        return True

    def settle(self, session: str) -> None:
        """Keep the place no longer: the page has its kernel, which holds it."""
        self._kept.pop(session, None)

    def leave(self, session: str) -> None:
        """Keep the place for a moment after a page was closed: for the next one."""
        self._kept[session] = self._clock() + self._kept_after

    def give_up(self, session: str) -> None:
        """Keep no place for somebody who has signed out."""
        self._kept.pop(session, None)
        self._refused.pop(session, None)
