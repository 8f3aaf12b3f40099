"""The server's side of the vault: the process is started, told whose each page's connection is, and started again if it ends.

A connection is a pair of sockets: one end goes to the vault together with the account's name, row of the staff and roles, the
other to the kernel of the page. When the page ends, its person signs out or their roles change, the vault's end is closed.
"""

import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import IO, Any

from guanai.care.errors import GuanaiError, StorageError
from guanai.storage.records.records import Identity
from guanai.storage.vault.messages import error_of

__all__ = ["IdentityOf", "VaultProcess"]

log = logging.getLogger("guanai.server")

#: Returns who is signed in by a session, None once nobody is.
IdentityOf = Callable[[str], Identity | None]

START_SECONDS = 120.0  # the first start may move the records of restricted registers
MAX_FAILURES = 5
ANSWER_BYTES = 1 << 16


@dataclass(frozen=True)
class _Page:
    """Whose a connection is: the session, who that was when it was opened, where the request came from."""

    number: int
    session: str
    identity: Identity
    address: str


class VaultProcess:
    """The process of one school's vault, and the connections of its pages by their kernel."""

    def __init__(
        self, folder: Path, identity_of: IdentityOf, output: IO[bytes] | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:  # fmt: skip
        self._folder = folder
        self._identity_of = identity_of
        self._output = output
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._numbers = count(1)
        self._pages: dict[str, _Page] = {}
        self._failures = 0
        #: Why it cannot be opened, where it cannot.
        self.problem: GuanaiError | None = None
        #: Where its key lies.
        self.key_file = ""

    @property
    def pid(self) -> int | None:
        """The id of the process, None while there is none."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def begin(self) -> None:
        """Start it; `wait` until it answers."""
        if self._control is not None:
            self._control.close()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  # our own Python
                [sys.executable, "-m", "guanai.server.vault", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env={**self._environment, "GUANAI_SCHOOL": str(self._folder)},
                cwd=Path(sys.executable).anchor,
                stdin=subprocess.DEVNULL,
                stdout=self._output or subprocess.DEVNULL,
                stderr=self._output or subprocess.DEVNULL,
                start_new_session=True,
            )
        self._control = ours

    def wait(self) -> None:
        """Wait until it answers; where it cannot be opened `problem` says why, and pages go on without it."""
        if self._control is None:
            return
        self._control.settimeout(START_SECONDS)
        try:
            answer = json.loads(self._control.recv(ANSWER_BYTES) or b"{}")
        except (OSError, ValueError):
            answer = {}
        self._control.setblocking(False)
        self.key_file = str(answer.get("key") or "")
        self.problem = None
        if not answer.get("ready"):
            self.problem = error_of(answer["error"]) if "error" in answer else StorageError("vault.away")
            log.error("The vault could not be opened: %s", self.problem.message("en"))

    def ensure(self) -> bool:
        """Start it again if it has ended; return whether that was so, and pages need new connections."""
        if self.pid is not None or self._process is None or self._failures >= MAX_FAILURES:
            return False
        log.warning("The vault has ended; it is started again.")
        self._failures += 1
        self.begin()
        self.wait()
        return self.problem is None

    def open(self, kernel_id: str, session: str, address: str) -> int | None:
        """Return the descriptor of a new connection for a page, which the caller closes; None where there is none.

        Who it is, is looked up by the session: nothing that a page says counts.
        """
        identity = self._identity_of(session)
        if identity is None or self.problem is not None or self.pid is None:
            return None
        page = _Page(next(self._numbers), session, identity, address)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        order = {
            "order": "open",
            "number": page.number,
            "person": identity.person,
            "staff": identity.staff_id,
            "roles": list(identity.roles),
            "source": f"{address} {session[:8]}".strip(),
        }
        with ours:
            if not self._send(order, [ours.fileno()]):
                theirs.close()
                return None
        self._pages[kernel_id] = page
        return theirs.detach()

    def reopen(self, kernel_id: str) -> int | None:
        """Return the descriptor of another connection for the same page: the process has been started again."""
        page = self._pages.pop(kernel_id, None)
        return None if page is None else self.open(kernel_id, page.session, page.address)

    def close_page(self, kernel_id: str) -> None:
        """Close the connection of a page; one that has none is no error."""
        page = self._pages.pop(kernel_id, None)
        if page is not None:
            self._send({"order": "close", "number": page.number})

    def close_changed(self) -> None:
        """Close the connections of whoever is signed out, has other roles by now, or another row of the staff."""
        for kernel_id, page in list(self._pages.items()):
            if self._identity_of(page.session) != page.identity:
                log.info(
                    "Closing the vault to the page of %s: signed out, or other roles.", page.identity.person
                )
                self.close_page(kernel_id)

    def write_trail(self, entry: Mapping[str, Any]) -> None:
        """Write what the server itself has seen into the trail. Raises OSError where the vault is away."""
        if not self._send({"order": "trail", "entry": dict(entry)}):
            raise ConnectionError("the vault is away")

    def _send(self, order: Mapping[str, Any], descriptors: list[int] | None = None) -> bool:
        if self._control is None:
            return False
        message = json.dumps(order).encode()
        try:
            socket.send_fds(self._control, [message], descriptors or [])
        except OSError as error:
            log.warning("The vault does not take an order: %s.", error)
            return False
        return True

    def close(self) -> None:
        """End the process; it writes first what waits to be written."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._pages.clear()
