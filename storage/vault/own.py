"""The vault as whoever has its key asks it: who works in the school's folder, and the vault's own process for a person."""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from guanai.care.errors import GuanaiError, StorageError
from guanai.storage.database.record_db import RecordDB
from guanai.storage.database.record_storage import Clock, stored_moment
from guanai.storage.database.record_table import RecordTable
from guanai.storage.vault.danger import count_of, danger_flags
from guanai.storage.vault.protocol import Count, DraftRow, EmergencyAccess, Flag
from guanai.storage.vault.store import VaultStore
from guanai.storage.vault.trail import trail_frame

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LONGEST_EMERGENCY", "OwnDrafts", "OwnTrail", "OwnVault", "emergency_of", "new_emergency"]

log = logging.getLogger("guanai.storage")

#: Minutes that access in an emergency lasts at most, and days for which those who watch over it are told of it.
LONGEST_EMERGENCY, TOLD_DAYS = 60, 7


class OwnVault:
    """All of a vault, in the name of one person."""

    is_open = True

    def __init__(self, store: VaultStore, person: str, roles: Sequence[str] = (), source: str = "") -> None:
        self.store = store
        self.person = person
        self.roles, self.source = tuple(roles), source

    @property
    def trail(self) -> "OwnTrail":
        """Who looked at what."""
        return OwnTrail(self.store, self.person, self.roles, self.source)

    def table(self, name: str, clock: Clock) -> RecordTable:
        """Return a restricted register as a table of records."""
        return cast(RecordTable, RecordDB(self.store.database, author=self.person, clock=clock).table(name))

    def sequence(self) -> int:
        """Return a number that stays the same while nothing changes."""
        return self.store.database.sequence()

    def drafts(self) -> "OwnDrafts":
        """Return where the person's drafts of restricted forms are stored."""
        return OwnDrafts(self.store, self.person)

    def flags(self) -> list[Flag]:
        """Return the dangers, the latest first."""
        registers = self.store.registers()
        flags = [
            flag
            for name in registers
            for flag in danger_flags(self.store.database.rows(name).documents.values())
        ]
        return sorted(flags, key=lambda flag: flag.since, reverse=True)

    def count(self, register: str, first: date, last: date) -> Count:
        """Return how many records there are of whole months."""
        return count_of(self.store.database.rows(register).documents.values(), first, last)

    def begin_emergency_access(self, reason: str, minutes: int) -> EmergencyAccess:
        """Refuse: who works in the school's folder sees everything anyway."""
        raise GuanaiError("vault.emergency_not_needed")

    def emergency_accesses(self) -> list[EmergencyAccess]:
        """Return those of all people of the last week, the latest first."""
        since = stored_moment(datetime.now(UTC) - timedelta(days=TOLD_DAYS))
        return [emergency_of(entry) for entry in self.store.log.emergencies() if entry["at"] >= since]

    def close(self) -> None:
        """Close the vault's file; whoever else in this process has the same school open opens it again."""
        self.store.release()


def new_emergency(person: str, reason: str, minutes: int) -> EmergencyAccess:
    """Return access in an emergency that begins now. Raises GuanaiError without a reason, and for more than an hour."""
    reason = " ".join(reason.split())
    if len(reason) < 5:
        raise GuanaiError("vault.emergency_reason")
    if not 0 < minutes <= LONGEST_EMERGENCY:
        raise GuanaiError("vault.emergency_minutes", most=LONGEST_EMERGENCY)
    now = datetime.now(UTC)
    return EmergencyAccess(
        person, reason, stored_moment(now), stored_moment(now + timedelta(minutes=minutes))
    )


def emergency_of(entry: Mapping[str, Any]) -> EmergencyAccess:
    """Return the access in an emergency that an entry of the trail is about."""
    until, _, reason = str(entry["detail"]).partition(" ")
    return EmergencyAccess(str(entry["person"]), reason, str(entry["at"]), until)


class OwnTrail:
    """The trail, written in the name of one person."""

    def __init__(self, store: VaultStore, person: str, roles: Sequence[str], source: str) -> None:
        self._store = store
        self._entry = {"person": person, "roles": list(roles), "source": source}

    def entry(
        self, act: str, form: str = "", record: str = "", detail: str = "", about: str = ""
    ) -> dict[str, Any]:
        """Return an entry as it is written."""
        about = about or (record if form == "child" else "")
        return {**self._entry, "act": act, "form": form, "record": record, "about": about, "detail": detail}

    def append(
        self, act: str, form: str = "", record: str = "", detail: str = "", *, about: str = ""
    ) -> None:
        """Write that the person did something with a record; what cannot be written stands in the log."""
        try:
            self._store.log.append([self.entry(act, form, record, detail, about)])
        except StorageError as error:
            log.error("The trail was not written (%s): %s.", error, act)  # noqa: TRY400  # no traceback for each

    def of_record(self, form: str, record_id: str) -> "pd.DataFrame":
        """Return who did what with a record, the latest first."""
        return trail_frame(self._store.log.of_record(form, record_id))

    def all(
        self, first: date | None = None, last: date | None = None, person: str = "", act: str = ""
    ) -> "pd.DataFrame":
        """Return the entries of some days, the latest first."""
        return trail_frame(self._store.log.all(first, last, person, act))


class OwnDrafts:
    """One person's drafts in the vault."""

    def __init__(self, store: VaultStore, person: str) -> None:
        self._file, self._person = store.file, person

    def rows(self) -> list[DraftRow]:
        """Return the person's drafts."""
        return [row for row in self._file.drafts() if row["person"] == self._person]

    def put(self, row: DraftRow) -> None:
        """Write a draft in place of what was stored under its token."""
        with self._file.change():
            self._file.put_draft(self._person, str(row["token"]), {**row, "person": self._person})

    def drop(self, token: str) -> None:
        """Remove a draft; one that is not there is no error."""
        if self._file.is_there:
            self._file.drop_draft(self._person, token)
