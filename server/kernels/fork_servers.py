"""The fork servers as the server sees them: started, asked to fork, retired and replaced, ended.

One fork server at a time forks. Where the code, a form or the workbook has changed since it was started, it is
retired (it ends with the last of its kernels) and another takes over. Where there is no fork, or no fork server can be
started, ``fork`` returns None and pages get ordinary kernels, which the log says once.
"""

import asyncio
import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from guanai.server.kernels.file_watch import FileWatch
from guanai.server.kernels.fork_protocol import MAX_MESSAGE, READY, RETIRE, page_environment

__all__ = ["CAN_FORK", "SETTINGS", "ForkServers", "ForkedProcess"]

log = logging.getLogger("guanai.server")

#: macOS can fork, but its own libraries cannot be used afterwards; pidfd needs Linux 5.3.
CAN_FORK = sys.platform == "linux" and hasattr(os, "pidfd_open")
# Seconds in which a fork server has imported on the slowest machine, and in which it forks after that.
START_TIMEOUT, FORK_TIMEOUT = 90.0, 20.0
# Seconds in which an idle kernel answers, on a machine that is short of memory.
ASSIGN_TIMEOUT = 5.0
# Bytes of an answer to a task.
MAX_ANSWER = 32 << 20
# A fork server that several times ends without a kernel is not started again until a file has changed.
MAX_FAILURES = 3
# One thread each: a process that forks must not have threads, and a page's sums are small.
SETTINGS = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
# No remark of the debugger in the log at each start.
SETTINGS["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
# For whom the fork server runs the shipped pages: somebody who sees every part of them and has no drafts, so that
# nobody's draft counts as offered. A kernel gets the environment of its own request.
SETTINGS |= {"HTTP_X_GUANAI_PERSON": "-", "HTTP_X_GUANAI_ROLES": "coordinator"}


class ForkedProcess:
    """A forked kernel: its process and the socket over which it is assigned to a page.

    The process is not this one's child, so it has, by a pidfd, what jupyter_client needs of a `subprocess.Popen`.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int, channel: socket.socket) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._channel = channel
        self._pidfd = os.pidfd_open(pid)

    async def assign(
        self, environment: bytes, seconds: float = ASSIGN_TIMEOUT, vault: int | None = None
    ) -> None:
        """Send it the environment of a page (see `page_environment`), and wait until it has taken it over.

        ``vault`` is the descriptor of the page's connection to the vault: whose it is, the vault knows. Raises OSError when it has ended, TimeoutError (an OSError) when it has not answered within so many seconds.
        """
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(seconds):
            if vault is None:
                await loop.sock_sendall(self._channel, environment)
            else:  # a kernel that waits has read all that was sent before, so there is room
                socket.send_fds(self._channel, [environment], [vault])
            if await loop.sock_recv(self._channel, MAX_MESSAGE) != READY:
                raise ConnectionResetError("the kernel has ended")

    async def answer(self, seconds: float) -> bytes:
        """Return what it sends until it ends. Raises TimeoutError, ConnectionError, or OSError for too much."""
        loop = asyncio.get_running_loop()
        content = bytearray()
        async with asyncio.timeout(seconds):
            while chunk := await loop.sock_recv(self._channel, MAX_MESSAGE):
                content += chunk
                if len(content) > MAX_ANSWER:
                    raise OSError("an answer of more than can be")
        return bytes(content)

    def poll(self) -> int | None:
        """Return None while it runs. Only its parent gets its exit code, so 0 stands for any."""
        if self.returncode is None:
            poller = select.poll()
            poller.register(self._pidfd, select.POLLIN)
            if poller.poll(0):
                self.returncode = 0
                self.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("kernel", timeout or 0)
            time.sleep(0.01)
        return 0

    def send_signal(self, number: int) -> None:
        """Send a signal, if it still runs."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def close(self) -> None:
        """Close the socket and the pidfd; a kernel that still runs ends by itself when its socket is closed."""
        self._channel.close()
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1
            if self.returncode is None:
                self.returncode = 0


class ForkServer:
    """One process that kernels are forked from."""

    def __init__(self, environment: Mapping[str, str], output: IO[bytes] | None) -> None:
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.has_forked = False
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603  # our own Python
                [sys.executable, "-m", "guanai.server.kernels.fork_server", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env={**environment, **SETTINGS},
                cwd=Path(sys.executable).anchor,
                stdin=subprocess.DEVNULL,
                stdout=output or subprocess.DEVNULL,
                stderr=output or subprocess.DEVNULL,
                start_new_session=True,
            )

    @property
    def is_running(self) -> bool:
        """Whether the process runs."""
        return self.process.poll() is None

    async def fork(
        self, arguments: list[str] | str, environment: bytes, vault: int | None = None
    ) -> ForkedProcess:
        """Return a kernel that is ready, or with the name of a task a process that is about to do it.

        Raises OSError when it or the fork server has ended before, TimeoutError when the fork server does not answer.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        loop = asyncio.get_running_loop()
        try:
            with theirs:
                socket.send_fds(self.socket, [json.dumps(arguments).encode()], [theirs.fileno()])
            async with asyncio.timeout(FORK_TIMEOUT if self.has_forked else START_TIMEOUT):
                pid = await loop.sock_recv(ours, MAX_MESSAGE)
            if not pid:
                raise ConnectionResetError("the fork server has ended")  # noqa: TRY301
            process = ForkedProcess(int(pid), ours)  # it waits for its environment, so it cannot have ended
        except BaseException:
            ours.close()
            raise
        try:
            await process.assign(environment, FORK_TIMEOUT, vault)
        except BaseException:
            process.kill()
            process.close()
            raise
        self.has_forked = True
        return process

    def retire(self) -> None:
        """Let it end with the last of its kernels."""
        try:
            self.socket.send(RETIRE)
        except OSError:
            self.close()

    def close(self) -> None:
        """End it at once, even if it hangs; its kernels notice within a second."""
        self.socket.close()
        if self.is_running:
            self.process.kill()
            self.process.wait()


class ForkServers:
    """The fork server that forks now, and those that have been retired but still have kernels."""

    def __init__(
        self,
        environment: Mapping[str, str],
        output: IO[bytes] | None,
        watch: FileWatch,
        *,
        can_fork: bool = CAN_FORK,
    ) -> None:
        self._environment = dict(environment)
        self._output = output
        self._watch = watch
        self._can_fork = can_fork
        self._current: ForkServer | None = None
        self._retired: list[ForkServer] = []
        self._failures = 0
        self._has_warned = False

    @property
    def processes(self) -> list[int]:
        """The process ids of all fork servers that run."""
        return [server.process.pid for server in self._all() if server.is_running]

    def start(self) -> None:
        """Have a fork server that forks; it imports while the server goes on."""
        if not self._can_fork:
            self._warn_once("this system cannot fork")
            return
        if self._current is not None and not self._current.is_running:
            self._forget_ended(self._current)
        if self._current is None and self._failures < MAX_FAILURES:
            try:
                self._current = ForkServer(self._environment, self._output)
            except OSError as error:
                self._failures = MAX_FAILURES
                self._warn_once(str(error))

    def replace_if_changed(self) -> bool:
        """Retire the fork server if a file that it has read has changed; return whether that was so."""
        self._retired = [server for server in self._retired if server.is_running]
        if not self._watch.has_changed():
            return False
        self._failures, self._has_warned = 0, False
        if self._current is not None:
            log.info("A file has changed: replacing the fork server.")
            self._current.retire()
            self._retired.append(self._current)
            self._current = None
        return True

    async def fork(
        self, arguments: list[str], environment: Mapping[str, str], folder: str
    ) -> ForkedProcess | None:
        """Return a kernel that is ready, in that environment and folder; None where none can be forked."""
        return await self._fork(arguments, page_environment(environment, folder))

    async def fork_task(self, name: str, message: bytes, vault: int | None = None) -> ForkedProcess | None:
        """Return a process that does a task (`limited_process.TASKS`) with a message; None where none can be forked.

        ``vault`` is the descriptor of its connection to the vault.
        """
        return await self._fork(name, message, vault)

    async def _fork(
        self, arguments: list[str] | str, message: bytes, vault: int | None = None
    ) -> ForkedProcess | None:
        for _ in range(MAX_FAILURES):
            self.start()
            fork_server = self._current
            if fork_server is None:
                break
            try:
                return await fork_server.fork(arguments, message, vault)
            except TimeoutError:
                self._abandon(fork_server)
                return None
            except OSError as error:
                log.warning("A kernel could not be forked: %s.", error)
        self._warn_once("no kernel could be forked")
        return None

    def close(self) -> None:
        """End all fork servers."""
        for fork_server in self._all():
            fork_server.close()
        self._retired, self._current, self._can_fork = [], None, False

    def _all(self) -> list[ForkServer]:
        return [*self._retired, *([self._current] if self._current else [])]

    def _forget_ended(self, fork_server: ForkServer) -> None:
        log.warning("The fork server has ended (%s).", fork_server.process.returncode)
        self._failures = 0 if fork_server.has_forked else self._failures + 1
        fork_server.close()
        self._current = None

    def _abandon(self, fork_server: ForkServer) -> None:
        """Fork from another fork server than one that hangs; the pages of its kernels stay open."""
        if fork_server is self._current:
            log.warning("The fork server does not answer.")
            self._failures += 1
            self._retired.append(fork_server)
            self._current = None

    def _warn_once(self, reason: str) -> None:
        if not self._has_warned:
            log.warning("Pages get ordinary kernels, which start more slowly: %s.", reason)
            self._has_warned = True
