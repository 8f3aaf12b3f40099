"""Guessing passwords is made slow, and nobody can lock out another.

Attempts are counted for each account together with the address they come from, and beside that for the account and for
the address alone; an account by its name as it is looked up. A browser that has signed in to the account before is
counted by itself. Each count has waits of its own: what others try makes somebody at a new browser wait once, by at most
`LIMITS`, and never again and again, since a wait that has begun gets no longer and nobody else can use it up.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["LoginThrottle"]

# By what is counted: how many attempts are free, and how many seconds the longest wait is. "pair": an account from an
# address; "device": a browser that has signed in to the account before.
LIMITS = {"pair": (5, 60.0), "device": (5, 60.0), "account": (10, 20.0), "address": (30, 20.0)}
FORGET_SECONDS = 60 * 60
# Of each kind so many are remembered; to make the server forget one, more requests are needed than it would allow.
MAX_KEYS = 20_000

_Key = tuple[str, ...]


@dataclass
class _Attempts:
    """How many there were, when the last was, and from when on the next is taken."""

    count: int = 0
    last: float = 0.0
    ready: float = 0.0


class LoginThrottle:
    """How long the next attempt has to wait."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: dict[str, OrderedDict[_Key, _Attempts]] = {kind: OrderedDict() for kind in LIMITS}

    def attempt(self, account: str, address: str, device: str | None = None) -> float:
        """Return 0 and count an attempt, or else the seconds that it has to wait, uncounted.

        ``account`` is the name as it is looked up, ``device`` the mark of a browser that has signed in to it before.
        The attempt is counted before its password is looked at, so that many at once gain nothing; `forget` takes
        the count back when the password was right.
        """
        now = self._clock()
        keys = _keys(account, address, device)
        own = self._get(keys[0])
        if own is None and (wait := self._longest_wait(keys)) > 0:  # others have tried: wait once
            self._put(keys[0]).ready = now + wait
            return wait
        if own is not None and own.ready > now:
            return own.ready - now
        for key in keys:
            attempts = self._get(key) or self._put(key)
            attempts.count += 1
            attempts.last = now
        self._put(keys[0]).ready = now + self._longest_wait(keys)
        return 0.0

    def forget(self, account: str, address: str, device: str | None = None) -> None:
        """Take back what was counted of whoever has now given the right password; what others tried stays."""
        own_key, *shared = _keys(account, address, device)
        own = self._counts[own_key[0]].pop(own_key, None)
        for key in shared:
            attempts = self._get(key)
            if attempts is not None and own is not None:
                attempts.count = max(0, attempts.count - own.count)

    def _longest_wait(self, keys: list[_Key]) -> float:
        return max(_wait(key[0], attempts.count) if (attempts := self._get(key)) else 0.0 for key in keys)

    def _get(self, key: _Key) -> _Attempts | None:
        counts = self._counts[key[0]]
        attempts = counts.get(key)
        if attempts is not None and self._clock() - max(attempts.last, attempts.ready) > FORGET_SECONDS:
            del counts[key]
            return None
        return attempts

    def _put(self, key: _Key) -> _Attempts:
        counts = self._counts[key[0]]
        attempts = counts.setdefault(key, _Attempts(last=self._clock()))
        counts.move_to_end(key)
        while len(counts) > MAX_KEYS:
            counts.popitem(last=False)
        return attempts


def _keys(account: str, address: str, device: str | None) -> list[_Key]:
    """Return by what an attempt is counted, its own count first."""
    if device:
        return [("device", account, device)]
    return [("pair", account, address), ("account", account), ("address", address)]


def _wait(kind: str, count: int) -> float:
    free, longest = LIMITS[kind]
    return 0.0 if count < free else min(2.0 ** min(count - free, 16), longest)
