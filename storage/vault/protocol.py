"""What can be asked of a vault, by whoever has opened the school: the same of the vault itself, a page's connection, and none.

Whose the answer is, is not asked: the vault knows it. What a person may not see is not in an answer, what they may not do
raises AccessError. Where there is no vault, restricted registers are empty and cannot be written to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from guanai.storage.database.record_storage import Clock
from guanai.storage.database.record_table import RecordTable
from guanai.storage.vault.trail import Trail

__all__ = ["FEW", "Count", "DraftRow", "DraftRows", "EmergencyAccess", "Flag", "Vault"]

#: Numbers below this are not told: whoever knows the class would know the child.
FEW = 5

#: A draft as it is stored: token, person, form, record_id, version, at, content.
DraftRow = Mapping[str, Any]


@dataclass(frozen=True)
class Flag:
    """The one thing that leaves a counselling card: a child is in danger (requirements 3, rule 2; 002-1 L95).

    ``child`` is the id of the child, ``since`` a moment (ISO 8601), ``told`` the names of the choices of who was told.
    """

    child: str
    since: str
    told: tuple[str, ...] = ()


@dataclass(frozen=True)
class Count:
    """How many records a register has of some days, about how many children; None: some, but fewer than `FEW`."""

    records: int | None
    children: int | None


@dataclass(frozen=True)
class EmergencyAccess:
    """Access beyond somebody's roles: to all registers that are not restricted, of the whole school, for a reason and a time.

    ``begun`` and ``until`` are moments (ISO 8601, UTC).
    """

    person: str
    reason: str
    begun: str
    until: str


class DraftRows(Protocol):
    """Where one person's drafts are stored."""

    def rows(self) -> list[DraftRow]:
        """Return the person's drafts."""

    def put(self, row: DraftRow) -> None:
        """Write a draft in place of what was stored under its token."""

    def drop(self, token: str) -> None:
        """Remove a draft; one that is not there is no error."""


class Vault(Protocol):
    """A vault as one person asks it."""

    @property
    def is_open(self) -> bool:
        """Whether there is a vault that answers."""

    @property
    def trail(self) -> Trail:
        """Who looked at what."""

    def table(self, name: str, clock: Clock) -> RecordTable:
        """Return a restricted register as a table of records."""

    def sequence(self) -> int:
        """Return a number that stays the same while nothing changes in what the person may see of the vault."""

    def drafts(self) -> DraftRows:
        """Return where the person's drafts of restricted forms are stored."""

    def flags(self) -> list[Flag]:
        """Return the dangers that the person must know of, the latest first."""

    def count(self, register: str, first: date, last: date) -> Count:
        """Return how many records there are of whole months; see `Count`. Raises AccessError."""

    def begin_emergency_access(self, reason: str, minutes: int) -> EmergencyAccess:
        """Let the person see, for at most an hour, what is not restricted. Raises GuanaiError without a reason."""

    def emergency_accesses(self) -> list[EmergencyAccess]:
        """Return the person's own that runs; for whoever may see the trail those of all people of the last week."""

    def close(self) -> None:
        """Close it for this process."""
