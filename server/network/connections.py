"""How many connections a server holds, in all and from one address, and which it closes for new ones.

A connection waits while nothing is being answered on it: its request has not come whole, or an answer has gone out and
no next request has come. Where there is no room, the one that has waited longest is closed for a new one: whoever means
to ask sends the request at once, so holding connections open keeps nobody out. A connection in use is never closed
for another; what nobody who has signed in asked for must end within `ANSWER_SECONDS`.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["ANSWER_SECONDS", "HEAD_SECONDS", "Connection", "Connections", "raise_open_files"]

#: Seconds in which a request's head has to come, and in which an unused connection is closed.
HEAD_SECONDS = 10.0
#: Seconds in which a request of somebody who has not signed in is answered and the answer taken.
ANSWER_SECONDS = 60.0
MOST_CONNECTIONS = 2000
# So many of a process's open files are for connections; the others are for kernels, records and files.
_FILES_SHARE = 4
# From one address, which a whole school may share.
_ADDRESS_SHARE = 4
# More open files than this are asked for nowhere.
_WANTED_FILES = 16_384


@dataclass(eq=False)
class Connection:
    """One connection: from which address, how to close it, whether it has been closed, and what it does since when."""

    address: str
    close: Callable[[], None]
    is_closed: Callable[[], bool]
    waits: bool = True
    since: float = 0.0
    may_stay: Callable[[], bool] = field(default=lambda: False)


class Connections:
    """The connections of one server; ``unlimited`` says of which addresses (proxies) any number may come."""

    def __init__(
        self,
        most: int = MOST_CONNECTIONS,
        most_of_address: int = MOST_CONNECTIONS // _ADDRESS_SHARE,
        unlimited: Callable[[str], bool] = lambda address: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.most = most
        self.most_of_address = most_of_address
        self._unlimited = unlimited
        self._clock = clock
        self._open: dict[Connection, None] = {}

    def __len__(self) -> int:
        return len(self._open)

    def open(
        self, address: str, close: Callable[[], None], is_closed: Callable[[], bool]
    ) -> Connection | None:
        """Return a new connection, or None where there is no room for it."""
        same = [one for one in self._open if one.address == address]
        if len(same) >= self.most_of_address and not self._unlimited(address) and not self._free(same):
            return None
        if len(self._open) >= self.most and not self._free(list(self._open)):
            return None
        connection = Connection(address, close, is_closed, since=self._clock())
        self._open[connection] = None
        return connection

    def waits(self, connection: Connection) -> None:
        """Note that a connection waits for its next request."""
        connection.waits, connection.since = True, self._clock()
        connection.may_stay = lambda: False

    def answers(self, connection: Connection, may_stay: Callable[[], bool]) -> None:
        """Note that a request has come; ``may_stay`` says, when asked later, whether it may take long."""
        connection.waits, connection.since, connection.may_stay = False, self._clock(), may_stay

    def forget(self, connection: Connection) -> None:
        """Note that a connection has been closed."""
        self._open.pop(connection, None)

    def sweep(self) -> None:
        """Forget what has been closed, and close what takes too long without a sign-in."""
        before = self._clock() - ANSWER_SECONDS
        for connection in list(self._open):
            if connection.is_closed():
                self.forget(connection)
            elif connection.waits or connection.since >= before:
                continue
            elif connection.may_stay():
                connection.since = self._clock()  # asked again after as long a time
            else:
                self._close(connection)

    def _free(self, among: list[Connection]) -> bool:
        """Make room for one among these connections; return whether there is any."""
        closed = [one for one in among if one.is_closed()]
        if closed:
            for connection in closed:
                self.forget(connection)
            return True
        waiting = min((one for one in among if one.waits), key=lambda one: one.since, default=None)
        if waiting is None:
            return False
        self._close(waiting)
        return True

    def _close(self, connection: Connection) -> None:
        self.forget(connection)
        connection.close()


def raise_open_files() -> int:
    """Let this process open as many files as the system allows it, and return how many connections that is room for."""
    try:
        import resource
    except ImportError:  # Windows, where sockets are no files
        return MOST_CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED_FILES if hard == resource.RLIM_INFINITY else min(hard, _WANTED_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
        except (OSError, ValueError):  # macOS allows fewer than it says
            pass
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else min(MOST_CONNECTIONS, soft // _FILES_SHARE)
