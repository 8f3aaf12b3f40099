"""What a page's kernel is doing, told from what it says: busy or idle, and when it last did something.

The server hears every message of every kernel a second time for this. jupyter_server reads each of them whole; here
only the headers are, and the rest of those few that tell of a change: a page of forty fields has 130 others.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

__all__ = ["activity_recorder"]

DELIMITER = b"<IDS|MSG>"


def activity_recorder(kernel: Any, is_work: Callable[[str | None], bool]) -> Callable[[list[bytes]], None]:
    """Return what hears a kernel's messages (as parts off the wire) and notes its state and last activity.

    ``is_work`` says whether a kind of message is a person's work; asking a kernel how it is, is not.
    """

    def hear(parts: list[bytes]) -> None:
        """Note what one message tells."""
        begin = parts.index(DELIMITER) + 2  # a signature stands between
        header = json.loads(parts[begin])
        if header["msg_type"] != "status":
            if kernel.execution_state == "busy":
                kernel.last_activity = datetime.now(UTC)
            return
        work = is_work(json.loads(parts[begin + 1]).get("msg_type"))
        state = json.loads(parts[begin + 3])["execution_state"]
        if work or kernel.execution_state == "busy":
            kernel.last_activity = datetime.now(UTC)
        if work:
            kernel.execution_state = state
        elif kernel.execution_state == "starting" and state != "starting":
            kernel.execution_state = "idle"

    return hear
