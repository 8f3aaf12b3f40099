"""A clock that moves on only when nothing is left to do: no pause costs time, and none is too short on a slow machine."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any

__all__ = ["at_leisure"]


class WaitlessSelector(selectors.DefaultSelector):
    """Says at once what it would have said after a pause, and counts the pause."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait for as long as is asked by the clock, and not at all by any other."""
        if timeout is None:
            return super().select(None)
        self.now += max(0.0, timeout)
        return super().select(0)


def loop() -> asyncio.AbstractEventLoop:
    """Return a loop that goes by such a clock."""
    selector = WaitlessSelector()
    event_loop = asyncio.SelectorEventLoop(selector)
    event_loop.time = lambda: selector.now  # type: ignore[method-assign]
    return event_loop


def at_leisure(scene: Coroutine[Any, Any, Any]) -> Any:
    """Let a scene without threads, files and sockets play, as ``asyncio.run`` does."""
    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(scene)
