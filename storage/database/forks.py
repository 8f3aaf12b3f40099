"""What is let go before a process forks, so that neither side keeps the other's hold on a file.

SQLite's locks belong to a process, and its notes about them to its memory. A forked child that opens a file which its
parent has open takes over the notes without the locks: it believes itself safe, and once the parent closes the file
the child's saves go to a log that has been deleted. So a file is closed before the fork, and each side opens it again
when it next needs it. (Kernels may be forked from a process that has a school open.)
"""

import os
from typing import Protocol
from weakref import WeakSet

__all__ = ["close_before_forks"]


class Holder(Protocol):
    """Whoever holds something that must not be shared by two processes."""

    def before_fork(self) -> None:
        """Wait for the end of what is going on, and let go."""

    def after_fork(self, *, in_child: bool) -> None:
        """Go on, in the parent or in the child."""


_holders: WeakSet[Holder] = WeakSet()
_waiting: list[Holder] = []


def close_before_forks(holder: Holder) -> None:
    """Tell a holder of every fork from now on, for as long as it lives."""
    _holders.add(holder)


def _before() -> None:
    _waiting[:] = _holders
    for holder in _waiting:
        holder.before_fork()


def _in_parent() -> None:
    while _waiting:
        _waiting.pop().after_fork(in_child=False)


def _in_child() -> None:
    while _waiting:
        _waiting.pop().after_fork(in_child=True)


if hasattr(os, "register_at_fork"):  # there is no fork on Windows
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
