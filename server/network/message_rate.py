"""How many messages, and how much, one websocket may send: a page that sends more is no page of ours."""

import time
from collections.abc import Callable

__all__ = ["MessageRate"]

# What a page may send at once, as when every row of a long list is ticked or a visit's photographs are chosen, and
# what is given back each second.
MOST_MESSAGES, MESSAGES_A_SECOND = 3000.0, 100.0
MOST_BYTES, BYTES_A_SECOND = 256.0 * 2**20, 8.0 * 2**20


class MessageRate:
    """What one websocket may still send."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()
        self._messages, self._bytes = MOST_MESSAGES, MOST_BYTES

    def allows(self, size: int) -> bool:
        """Count a message of so many bytes; return whether it may be taken."""
        now = self._clock()
        passed, self._last = now - self._last, now
        self._messages = min(MOST_MESSAGES, self._messages + passed * MESSAGES_A_SECOND) - 1
        self._bytes = min(MOST_BYTES, self._bytes + passed * BYTES_A_SECOND) - size
        return self._messages >= 0 and self._bytes >= 0
