"""The parents of the pages' kernels, as the server sees them: started, asked to fork, renewed, let go.

There is one parent at a time that forks; where the code, a form or the workbook has changed since it was started,
it is retired (it ends with the last of its kernels) and another takes its place. Where there is no fork, or no
parent can be started, ``fork`` returns None and pages get ordinary kernels, which the log says once.
"""

import asyncio
import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from guanai.server.kernels.file_watch import Watch
from guanai.server.kernels.foreign_process import ForkedProcess
from guanai.server.kernels.fork_server import LARGEST, RETIRE

__all__ = ["CAN_FORK", "ForkServers"]

log = logging.getLogger("guanai.server")

#: macOS can fork, but its own libraries cannot be used afterwards; pidfd needs Linux 5.3.
CAN_FORK = sys.platform == "linux" and hasattr(os, "pidfd_open")
# A parent has imported within this time, on the slowest machine; one that has forked before answers sooner: seconds.
PATIENCE, PATIENCE_LATER = 90.0, 20.0
# A parent that several times ends without a kernel is not started again until something has changed.
TRIES = 3
# One thread each: a parent must not have threads, and a page's sums are small.
SETTINGS = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
# No remark of the debugger's in the log at each start.
SETTINGS["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
# Who rehearses the pages: somebody who sees every part of them and has typed nothing, so that nobody's draft counts as
# offered. A kernel is told the environment of its own request.
SETTINGS |= {"HTTP_X_GUANAI_PERSON": "-", "HTTP_X_GUANAI_ROLE": "coordinator"}


class ForkServer:
    """One process that kernels are forked from."""

    def __init__(self, environment: Mapping[str, str], output: IO[bytes] | None) -> None:
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.useful = False
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
    def lives(self) -> bool:
        """Whether the process runs."""
        return self.process.poll() is None

    async def fork(self, arguments: list[str], place: bytes) -> ForkedProcess:
        """Return a kernel that is ready.

        Raises OSError when it or the parent has ended before it was, TimeoutError when the parent does not answer.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        loop = asyncio.get_running_loop()
        try:
            with theirs:
                socket.send_fds(self.socket, [json.dumps(arguments).encode()], [theirs.fileno()])
            async with asyncio.timeout(PATIENCE_LATER if self.useful else PATIENCE):
                child = await loop.sock_recv(ours, LARGEST)
            if not child:
                raise ConnectionResetError("the parent of the kernels has ended")  # noqa: TRY301
            process = ForkedProcess(int(child), ours)  # it waits for its place, so it cannot have ended
        except BaseException:
            ours.close()
            raise
        try:
            await process.assign(place, PATIENCE_LATER)
        except BaseException:
            process.kill()
            process.close()
            raise
        self.useful = True
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
        if self.lives:
            self.process.kill()
            self.process.wait()


class ForkServers:
    """The parent that forks now, and those that have been retired but still have kernels."""

    def __init__(
        self, environment: Mapping[str, str], output: IO[bytes] | None, watch: Watch, *, able: bool = CAN_FORK
    ) -> None:
        self._environment = dict(environment)
        self._output = output
        self._watch = watch
        self._able = able
        self._current: ForkServer | None = None
        self._retired: list[ForkServer] = []
        self._failures = 0
        self._told = False

    @property
    def processes(self) -> list[int]:
        """The process ids of all parents that run."""
        both = [*self._retired, *([self._current] if self._current else [])]
        return [parent.process.pid for parent in both if parent.lives]

    def start(self) -> None:
        """Have a parent that forks; it imports while the server goes on."""
        if not self._able:
            self._tell("this system cannot fork")
            return
        if self._current is not None and not self._current.lives:
            self._bury(self._current)
        if self._current is None and self._failures < TRIES:
            try:
                self._current = ForkServer(self._environment, self._output)
            except OSError as error:
                self._failures = TRIES
                self._tell(str(error))

    def renew(self) -> bool:
        """Retire the parent if anything that it has read has changed; say whether that was so."""
        self._retired = [parent for parent in self._retired if parent.lives]
        if not self._watch.has_changed():
            return False
        self._failures, self._told = 0, False
        if self._current is not None:
            log.info("Something has changed: renewing the parent of the kernels.")
            self._current.retire()
            self._retired.append(self._current)
            self._current = None
        return True

    async def fork(
        self, arguments: list[str], environment: Mapping[str, str], folder: str
    ) -> ForkedProcess | None:
        """Return a kernel that is ready, in that environment and folder; None where none can be forked."""
        place = json.dumps({"env": dict(environment), "cwd": folder}).encode()
        for _ in range(TRIES):
            self.start()
            parent = self._current
            if parent is None:
                break
            try:
                return await parent.fork(arguments, place)
            except TimeoutError:
                self._give_up(parent)
                return None
            except OSError as error:
                log.warning("A kernel could not be forked: %s.", error)
        self._tell("no kernel could be forked")
        return None

    def close(self) -> None:
        """End all parents."""
        for parent in [*self._retired, *([self._current] if self._current else [])]:
            parent.close()
        self._retired, self._current, self._able = [], None, False

    def _bury(self, parent: ForkServer) -> None:
        log.warning("The parent of the kernels has ended (%s).", parent.process.returncode)
        self._failures = 0 if parent.useful else self._failures + 1
        parent.close()
        self._current = None

    def _give_up(self, parent: ForkServer) -> None:
        """Fork from another one than a parent that hangs; the pages of its kernels stay open."""
        if parent is self._current:
            log.warning("The parent of the kernels does not answer.")
            self._failures += 1
            self._retired.append(parent)
            self._current = None

    def _tell(self, reason: str) -> None:
        if not self._told:
            log.warning("Pages get ordinary kernels, which start more slowly: %s.", reason)
            self._told = True
