"""Who is signed in, and the one-time link by which the first coordinator makes an account.

Sessions are stored on the server: a browser has only a random token, the server only its hash. A session ends by
signing out, after an idle time, and after its longest time however busy it was. The file lets people stay signed in
while the server is started again.
"""

import hashlib
import hmac
import json
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["Invitation", "Session", "Sessions", "fingerprint"]

IDLE_SECONDS = 60 * 60
LONGEST_SECONDS = 12 * 60 * 60
# How long a password that was typed confirms who sits there.
CONFIRMED_SECONDS = 10 * 60
# A session's last use is written to the file no more often than this.
WRITE_EVERY = 60
# How long the first coordinator's link can be used, in seconds.
INVITATION_SECONDS = 60 * 60


@dataclass
class Session:
    """One browser signed in: as whom, since when, last used when, when the password was last typed (seconds of the epoch)."""

    person: str
    started: float
    seen: float
    confirmed_at: float = 0.0


class Sessions:
    """The sessions of one server, by the fingerprint of their token."""

    def __init__(self, file: Path, clock: Callable[[], float] = time.time) -> None:
        self.idle: float = IDLE_SECONDS
        self.confirmed: float = CONFIRMED_SECONDS
        self._file = file
        self._clock = clock
        self._written = 0.0
        self._sessions = _read(file)

    def begin(self, person: str, *, confirmed: bool = False) -> str:
        """Return the token of a new session of a person; ``confirmed`` where a password was typed for it."""
        token = secrets.token_urlsafe(32)
        moment = self._clock()
        self._sessions[fingerprint(token)] = Session(person, moment, moment, moment if confirmed else 0.0)
        self._write()
        return token

    def find(self, key: str) -> Session | None:
        """Return the session of a token's fingerprint, None once it has ended."""
        session = self._sessions.get(key)
        if session is None:
            return None
        moment = self._clock()
        if moment - session.seen > self.idle or moment - session.started > LONGEST_SECONDS:
            self.end(key)
            return None
        return session

    def mark_used(self, key: str, seen: float | None = None) -> None:
        """Record that a session is in use."""
        session = self._sessions.get(key)
        if session is None:
            return
        session.seen = max(session.seen, self._clock() if seen is None else seen)
        if session.seen - self._written > WRITE_EVERY:
            self._write()

    def end(self, key: str) -> None:
        """End a session; its token is no longer valid."""
        if self._sessions.pop(key, None):
            self._write()

    def confirm(self, key: str) -> None:
        """Record that the person of a session has just typed the password."""
        session = self._sessions.get(key)
        if session is not None:
            session.confirmed_at = self._clock()
            self._write()

    def confirmed_until(self, key: str) -> float:
        """Return until when it is sure enough who sits there, in seconds of the epoch; 0 where it is not now."""
        session = self._sessions.get(key)
        until = session.confirmed_at + self.confirmed if session else 0.0
        return until if until > self._clock() else 0.0

    def of(self, person: str) -> list[str]:
        """Return the fingerprints of all sessions of a person."""
        return [key for key, session in self._sessions.items() if session.person == person]

    def end_all(self, person: str) -> list[str]:
        """End all sessions of a person; return their fingerprints."""
        ended = self.of(person)
        for key in ended:
            self.end(key)
        return ended

    def _write(self) -> None:
        moment = self._written = self._clock()
        self._sessions = {
            key: session for key, session in self._sessions.items() if moment - session.seen <= self.idle
        }
        new_file = self._file.with_suffix(".writing")
        descriptor = os.open(new_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump({key: asdict(session) for key, session in self._sessions.items()}, file)
        new_file.replace(self._file)


class Invitation:
    """The key of a one-time link, valid for an hour."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self.key = secrets.token_urlsafe(24)
        self._until = clock() + INVITATION_SECONDS

    def is_valid(self, key: str) -> bool:
        """Whether this is the key, and still valid."""
        same = hmac.compare_digest(fingerprint(key), fingerprint(self.key))
        return same and self._clock() < self._until

    def use(self) -> None:
        """Make the key invalid, once somebody has used it."""
        self._until = 0.0


def fingerprint(token: str) -> str:
    """Return the hash by which the server recognizes a token; nobody can sign in with it."""
    return hashlib.sha256(token.encode()).hexdigest()


def _read(file: Path) -> dict[str, Session]:
    """Return the sessions of the file; none if it is missing or damaged, so that people sign in again."""
    try:
        return {
            key: Session(**fields) for key, fields in json.loads(file.read_text(encoding="utf-8")).items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
