"""A page's connection to the vault: over a socket that the server gave to its kernel, and by which the vault knows whose it is."""

import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from guanai.care.errors import StorageError
from guanai.storage.database.record_storage import Clock
from guanai.storage.database.record_table import RecordTable
from guanai.storage.vault.closed import ClosedVault
from guanai.storage.vault.messages import LONGEST_MESSAGE, as_line, error_of
from guanai.storage.vault.protocol import Count, DraftRow, EmergencyAccess, Flag
from guanai.storage.vault.table import Ask, Register, VaultTable
from guanai.storage.vault.trail import trail_frame

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ClientDrafts", "ClientTrail", "VaultClient"]

SECONDS = 10.0


class VaultClient:
    """A vault as the person asks it whose page this is. Where it does not answer nothing is seen of it, and nothing saved."""

    def __init__(self, connection: socket.socket, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._registers: dict[str, Register] = {}
        self._received = bytearray()
        self._connection: socket.socket | None = None
        #: Why the vault has not answered the last time, where it has not.
        self.problem: StorageError | None = None
        self.connect(connection)

    def connect(self, connection: socket.socket) -> None:
        """Speak over another socket from now on: the vault has been started anew."""
        with self._lock:
            self._disconnect()
            connection.settimeout(self._seconds)
            self._connection = connection

    @property
    def is_open(self) -> bool:
        """Whether there is a vault that has not gone away."""
        return self._connection is not None

    def ask(self, request: str, **values: Any) -> Any:
        """Return the vault's answer."""
        with self._lock:
            try:
                self._send(request, values)
                answer = self._receive()
            except (OSError, ValueError):
                self._disconnect()
                self.problem = StorageError("vault.away")
                return ClosedVault(self.problem).ask(request, **values)
        if "error" not in answer:
            self.problem = None
            return answer["answer"]
        error = error_of(answer["error"])
        if not isinstance(error, StorageError):
            raise error
        self.problem = error
        return ClosedVault(error).ask(request, **values)

    def tell(self, request: str, **values: Any) -> None:
        """Send what needs no answer. What cannot be sent is lost: the vault has gone, and with it what could be looked at."""
        with self._lock, suppress(OSError):
            self._send(request, values)

    def _send(self, request: str, values: dict[str, Any]) -> None:
        if self._connection is None:
            raise ConnectionError("no vault")
        self._connection.sendall(as_line({"request": request, **values}))

    def _receive(self) -> dict[str, Any]:
        connection = self._connection
        if connection is None:
            raise ConnectionError("no vault")
        while (end := self._received.find(b"\n")) < 0:
            part = connection.recv(1 << 16)
            if not part or len(self._received) > LONGEST_MESSAGE:
                raise ConnectionError("the vault has gone")
            self._received += part
        line = bytes(self._received[:end])
        del self._received[: end + 1]
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _disconnect(self) -> None:
        self._received.clear()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    # --- what is asked ---

    @property
    def trail(self) -> "ClientTrail":
        """Who looked at what."""
        return ClientTrail(self.ask, self.tell)

    def table(self, name: str, clock: Clock) -> RecordTable:
        """Return a restricted register; who writes and when, the vault knows by itself."""
        table = VaultTable(name, self.ask, self._registers.setdefault(name, Register()))
        return cast(RecordTable, table)

    def sequence(self) -> int:
        """Return a number that stays the same while nothing changes in what the person may see; 0 for nothing."""
        return int(self.ask("sequence")) if self.is_open else 0

    def drafts(self) -> "ClientDrafts":
        """Return where the person's drafts of restricted forms are stored."""
        return ClientDrafts(self.ask)

    def flags(self) -> list[Flag]:
        """Return the dangers that the person must know of, the latest first."""
        return [Flag(child, since, tuple(told)) for child, since, told in self.ask("flags")]

    def count(self, register: str, first: date, last: date) -> Count:
        """Return how many records there are of whole months."""
        return Count(*self.ask("count", register=register, first=first.isoformat(), last=last.isoformat()))

    def begin_emergency_access(self, reason: str, minutes: int) -> EmergencyAccess:
        """Let the person see, for at most an hour, what is not restricted."""
        return EmergencyAccess(**self.ask("begin_emergency_access", reason=reason, minutes=minutes))

    def emergency_accesses(self) -> list[EmergencyAccess]:
        """Return the person's own that runs; for whoever may see the trail those of all people of the last week."""
        return [EmergencyAccess(**one) for one in self.ask("emergency_accesses")]

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._disconnect()


class ClientTrail:
    """The trail over a connection."""

    def __init__(self, ask: Ask, tell: Callable[..., None]) -> None:
        self._ask, self._tell = ask, tell

    def append(
        self, act: str, form: str = "", record: str = "", detail: str = "", *, about: str = ""
    ) -> None:
        """Write that the person did something with a record."""
        self._tell("trail", act=act, form=form, record=record, detail=detail, about=about)

    def of_record(self, form: str, record_id: str) -> "pd.DataFrame":
        """Return who did what with a record, the latest first."""
        return trail_frame(self._ask("trail_of", form=form, id=record_id))

    def all(
        self, first: date | None = None, last: date | None = None, person: str = "", act: str = ""
    ) -> "pd.DataFrame":
        """Return the entries of some days, the latest first."""
        days = {name: day.isoformat() if day else "" for name, day in (("first", first), ("last", last))}
        return trail_frame(self._ask("trail_all", **days, person=person, act=act))


class ClientDrafts:
    """One person's drafts over a connection."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def rows(self) -> list[DraftRow]:
        """Return the person's drafts."""
        rows: list[DraftRow] = self._ask("drafts")
        return rows

    def put(self, row: DraftRow) -> None:
        """Write a draft in place of what was stored under its token."""
        self._ask("draft_put", row=dict(row))

    def drop(self, token: str) -> None:
        """Remove a draft; one that is not there is no error."""
        self._ask("draft_drop", token=token)
