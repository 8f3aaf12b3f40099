"""The link by which a school's first coordinator makes an account: good once, for an hour, known to the console."""

import hmac
import secrets
import time
from collections.abc import Callable

from guanai.server.accounts.login_sessions import fingerprint

__all__ = ["Invitation"]

GOOD_FOR = 60 * 60


class Invitation:
    """A one-time link's key."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self.key = secrets.token_urlsafe(24)
        self._until = clock() + GOOD_FOR

    def opens(self, key: str) -> bool:
        """Whether this key still opens the door."""
        same = hmac.compare_digest(fingerprint(key), fingerprint(self.key))
        return same and self._clock() < self._until

    def use(self) -> None:
        """Close the door behind the first who came in."""
        self._until = 0.0
