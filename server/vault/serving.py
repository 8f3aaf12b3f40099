"""What runs in the vault's process: one loop over all connections; whose each is, the server says over a socket of its own.

``python -m guanai.server.vault FD`` with the folder in ``GUANAI_SCHOOL``. Nothing that comes over a connection changes whose it is.
The process lets no other one of its user read its memory, and ends with the server.
"""

import ctypes
import json
import logging
import os
import selectors
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from guanai.care.errors import GuanaiError
from guanai.server.logs import log_to
from guanai.server.vault.requests import PersonRequests
from guanai.server.vault.vault_records import VaultRecords
from guanai.storage.records.records import Identity
from guanai.storage.vault.keys import key_file
from guanai.storage.vault.messages import LONGEST_MESSAGE, as_line, error_values

__all__ = ["main", "serve_vault"]

log = logging.getLogger("guanai.vault")

CONTROL_BYTES = 1 << 16
# Entries of the trail that nobody waits for are written at the latest so many seconds after they came.
TRAIL_SECONDS, SYNC_SECONDS = 0.05, 0.5
PR_SET_DUMPABLE = 4


def main() -> None:
    """Open the vault and answer until the server ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    hide_memory()
    control = socket.socket(fileno=int(sys.argv[1]))
    folder = Path(os.environ["GUANAI_SCHOOL"])
    log_to(folder, "guanai")
    try:
        records = VaultRecords(folder)
    except GuanaiError as error:
        control.send(json.dumps({"error": error_values(error)}).encode())
        sys.exit(2)
    log.info("The vault is open; the trail ends with entry %s, mark %s.", *records.store.log.end())
    control.send(json.dumps({"ready": True, "key": str(key_file(records.store.file.school))}).encode())
    serve_vault(records, control)


def hide_memory() -> None:
    """Let no other process of this user read this one's memory or its files in /proc, where Linux can do that."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


class _Connection:
    """One page's connection: its requests, what was received of a line, and what is still to be sent."""

    def __init__(self, connection: socket.socket, requests: PersonRequests) -> None:
        connection.setblocking(False)
        self.socket = connection
        self.requests = requests
        self.received = bytearray()
        self.to_send = bytearray()

    def receive(self) -> list[bytes] | None:
        """Return the lines that have come; None once the page has gone."""
        try:
            part = self.socket.recv(1 << 18)
        except BlockingIOError:
            return []
        except OSError:
            return None
        self.received += part
        if not part or len(self.received) > LONGEST_MESSAGE:
            return None
        *lines, rest = bytes(self.received).split(b"\n")
        self.received = bytearray(rest)
        return lines

    def send(self) -> bool:
        """Send what the socket takes; return whether the page is still there."""
        try:
            while self.to_send:
                sent = self.socket.send(self.to_send)
                del self.to_send[:sent]
        except BlockingIOError:
            return True
        except OSError:
            return False
        return True


class VaultServer:
    """All connections of one vault."""

    def __init__(self, records: VaultRecords, control: socket.socket) -> None:
        self._records = records
        self._control = control
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ)
        self._connections: dict[int, _Connection] = {}

    def run(self) -> None:
        """Answer until the server ends."""
        while True:
            events = self._selector.select(self._patience())
            if not events:
                if self._records.waiting:
                    self._records.write_waiting()
                else:
                    self._records.sync()
            for key, mask in events:
                if key.fileobj is self._control:
                    if not self._take_order():
                        self._records.write_waiting()
                        return
                elif key.data in self._connections:
                    self._serve(key.data, mask)

    def _patience(self) -> float | None:
        """Return how long to wait for a request before the trail is written, then synced; None: as long as it takes."""
        if self._records.waiting:
            return TRAIL_SECONDS
        return None if self._records.is_synced else SYNC_SECONDS

    def _take_order(self) -> bool:
        """Do what the server says; return False once it has ended."""
        try:
            message, descriptors, _, _ = socket.recv_fds(self._control, CONTROL_BYTES, 1)
        except OSError:
            return False
        if not message:
            return False
        order = json.loads(message)
        if order["order"] == "open":
            self._open(order, descriptors)
        elif order["order"] == "close":
            self._close(order["number"])
        elif order["order"] == "trail":
            self._records.later([order["entry"]])
        return True

    def _open(self, order: dict[str, Any], descriptors: list[int]) -> None:
        identity = Identity(order["person"], order["staff"], tuple(order["roles"]))
        requests = PersonRequests(self._records, identity, order["source"])
        connection = _Connection(socket.socket(fileno=descriptors[0]), requests)
        self._records.move_restricted()
        self._connections[order["number"]] = connection
        self._selector.register(connection.socket, selectors.EVENT_READ, order["number"])

    def _close(self, number: int) -> None:
        connection = self._connections.pop(number, None)
        if connection is not None:
            self._selector.unregister(connection.socket)
            connection.socket.close()

    def _serve(self, number: int, mask: int) -> None:
        connection = self._connections[number]
        if mask & selectors.EVENT_READ:
            lines = connection.receive()
            if lines is None:
                self._close(number)
                return
            for line in lines:
                connection.to_send += self._answer(connection, line)
        if not connection.send():
            self._close(number)
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.to_send else 0)
        self._selector.modify(connection.socket, wanted, number)

    def _answer(self, connection: _Connection, line: bytes) -> bytes:
        """Return the answer to a line, empty to one that wants none. What was written of the trail is on the disk before it."""
        try:
            message = json.loads(line)
            request = message.pop("request")
            if request == "trail":
                connection.requests.trail(**message)
                return b""
            answer: dict[str, Any] = {"answer": connection.requests.answer(request, message)}
        except GuanaiError as error:
            answer = {"error": error_values(error)}
        except Exception:  # a request that is none: the page learns nothing, the log all
            log.exception("A request to the vault could not be answered.")
            answer = {"error": error_values(GuanaiError("vault.no_request"))}
        self._records.write_waiting()
        return as_line(answer)


def serve_vault(records: VaultRecords, control: socket.socket) -> None:
    """Answer requests over all connections that the server opens, until it ends."""
    try:
        VaultServer(records, control).run()
    finally:
        records.close()
