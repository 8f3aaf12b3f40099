"""A process that is not this one's child, with what jupyter_client asks of a `subprocess.Popen`."""

import asyncio
import os
import select
import signal
import socket
import subprocess
import time
from contextlib import suppress

from guanai.server.kernels.fork_server import GO, LARGEST

__all__ = ["ForkedProcess"]

# A kernel that waits has nothing else to do than to answer: seconds, on a machine that is short of memory.
PATIENCE = 5.0


class ForkedProcess:
    """A forked kernel: its process, and the line by which it is told whose page it is for."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, line: socket.socket) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._line = line
        self._handle = os.pidfd_open(pid)

    async def assign(self, place: bytes, seconds: float = PATIENCE) -> None:
        """Give it an environment and a folder, and wait until it has them.

        Raises OSError when it has ended, TimeoutError (which is one) when it has not answered within so many seconds.
        """
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(seconds):
            await loop.sock_sendall(self._line, place)
            if await loop.sock_recv(self._line, LARGEST) != GO:
                raise ConnectionResetError("the kernel has ended")

    def poll(self) -> int | None:
        """Return None while it runs; its exit code is known to its parent only, so 0 stands for any."""
        if self.returncode is None:
            poller = select.poll()
            poller.register(self._handle, select.POLLIN)
            if poller.poll(0):
                self.returncode = 0
                self.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        end = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired("kernel", timeout or 0)
            time.sleep(0.01)
        return 0

    def send_signal(self, number: int) -> None:
        """Send a signal, if it still runs."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def close(self) -> None:
        """Let go of the process; a kernel that still runs ends by itself when its line is cut."""
        self._line.close()
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
            if self.returncode is None:
                self.returncode = 0
