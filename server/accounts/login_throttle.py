"""Guessing passwords is made slow, and nobody is locked out: after each failed attempt the next has to wait longer.

Attempts are counted by account, by address, and by device where the browser has signed in to that
account before: such a device is counted by itself, so that somebody else's guessing cannot keep the
right person out.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Key", "LoginThrottle"]

Key = tuple[str, str]

# By what it counts: how many attempts are free, and how many seconds the longest wait is.
LIMITS = {"account": (5, 30.0), "address": (30, 60.0), "device": (5, 60.0)}
FORGET_SECONDS = 60 * 60
MAX_KEYS = 10_000


@dataclass
class _Attempts:
    count: int = 0
    last: float = 0.0


class LoginThrottle:
    """How long the next attempt has to wait."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: OrderedDict[Key, _Attempts] = OrderedDict()

    def attempt(self, *keys: Key) -> float:
        """Return 0 and count an attempt, or else the seconds that it has to wait, uncounted.

        The attempt is counted before its password is looked at, so that many at once gain nothing;
        `forget` takes the count back when the password was right.
        """
        wait = max(self._wait(key) for key in keys)
        if wait <= 0:
            for key in keys:
                attempts = self._counts.setdefault(key, _Attempts())
                attempts.count += 1
                attempts.last = self._clock()
                self._counts.move_to_end(key)
            while len(self._counts) > MAX_KEYS:
                self._counts.popitem(last=False)
        return max(wait, 0.0)

    def forget(self, *keys: Key) -> None:
        """Forget the attempts of an account or device; of an address, which others share, only this one."""
        for key in keys:
            attempts = self._counts.get(key)
            if attempts is None:
                continue
            attempts.count = attempts.count - 1 if key[0] == "address" else 0
            if attempts.count <= 0:
                del self._counts[key]

    def _wait(self, key: Key) -> float:
        attempts = self._counts.get(key)
        if attempts is None:
            return 0.0
        since = self._clock() - attempts.last
        if since > FORGET_SECONDS:
            del self._counts[key]
            return 0.0
        free, longest = LIMITS[key[0]]
        if attempts.count < free:
            return 0.0
        return float(min(2.0 ** min(attempts.count - free, 16), longest)) - since
