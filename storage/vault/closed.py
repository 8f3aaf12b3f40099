"""No vault: a fork server, a process that nobody has signed in to, a school whose key is not here. It fails closed."""

from datetime import date
from typing import Any, cast

from guanai.care.errors import AccessError, GuanaiError
from guanai.storage.database.record_storage import Clock
from guanai.storage.database.record_table import RecordTable
from guanai.storage.vault.protocol import Count, DraftRow, EmergencyAccess, Flag
from guanai.storage.vault.table import Register, VaultTable
from guanai.storage.vault.trail import NoTrail

__all__ = ["ClosedVault", "NoDrafts"]

#: What is answered to a request that only reads.
_NOTHING: dict[str, Any] = {
    "rows": {"version": 0, "rows": []},
    "version": 0,
    "record": None,
    "history": [],
    "bin": [],
    "sequence": 0,
    "drafts": [],
    "flags": [],
    "emergency_accesses": [],
    "draft_drop": None,
}


class ClosedVault:
    """Restricted registers are empty here and refuse to be written to; ``reason`` is raised where something is asked.

    ``for_good``: those who open the same school from this one have none either.
    """

    is_open = False

    def __init__(self, reason: GuanaiError | None = None, *, for_good: bool = False) -> None:
        self.reason = reason or AccessError("vault.closed")
        self.for_good = for_good
        self.trail = NoTrail()

    def ask(self, request: str, **values: Any) -> Any:
        """Return that there is nothing; raise the reason for what cannot be done."""
        if request in _NOTHING:
            return _NOTHING[request]
        raise self.reason

    def table(self, name: str, clock: Clock) -> RecordTable:
        """Return a register without a record."""
        return cast(RecordTable, VaultTable(name, self.ask, Register()))

    def sequence(self) -> int:
        """Return 0: nothing is seen of it."""
        return 0

    def drafts(self) -> "NoDrafts":
        """Return where no draft is."""
        return NoDrafts(self.reason)

    def flags(self) -> list[Flag]:
        """Return no flag."""
        return []

    def count(self, register: str, first: date, last: date) -> Count:
        """Raise the reason."""
        raise self.reason

    def begin_emergency_access(self, reason: str, minutes: int) -> EmergencyAccess:
        """Raise the reason: what nobody would write down is not allowed."""
        raise self.reason

    def emergency_accesses(self) -> list[EmergencyAccess]:
        """Return none."""
        return []

    def close(self) -> None:
        """Do nothing."""


class NoDrafts:
    """No drafts, and no place for one."""

    def __init__(self, reason: GuanaiError) -> None:
        self._reason = reason

    def rows(self) -> list[DraftRow]:
        """Return none."""
        return []

    def put(self, row: DraftRow) -> None:
        """Raise the reason."""
        raise self._reason

    def drop(self, token: str) -> None:
        """Do nothing."""
