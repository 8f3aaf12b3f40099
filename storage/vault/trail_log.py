"""The trail as it lies in a vault: entries one after the other, each with a mark that vouches for all before it.

A mark is an HMAC-SHA256, under a key that is only in the vault's process, of the mark before it and the entry. The last mark
is kept sealed as well, so that entries cut off at the end are missed. Who puts back an older copy of the whole file is found
out only by a mark that was written down elsewhere: the server's log has one for each start.

Size: at most `MOST` entries (about 400 bytes each: 200 MB); beyond it the oldest tenth goes. Of one person at most
`MOST_A_DAY` entries a day are written one by one, then one that says that there are more: nobody can push out what was
written before by looking again and again.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from hmac import compare_digest, digest
from typing import Any

from guanai.storage.database.record_storage import end_of_day, stored_moment
from guanai.storage.vault.trail import Entry
from guanai.storage.vault.vault_file import VaultFile

__all__ = ["MOST", "MOST_A_DAY", "TrailLog", "Verdict"]

MOST, MOST_A_DAY = 500_000, 5_000
EMERGENCY, MOST_EMERGENCIES = "emergency_access", 200
LONGEST = 2_000  # characters of a detail
NO_MARK = b"\0" * 32
_AT_ONCE = 500
_BEFORE = "SELECT number, content FROM trail WHERE number <= ? ORDER BY number DESC LIMIT ?"


@dataclass(frozen=True)
class Verdict:
    """What a look at the whole chain has shown: how many entries, the last with its mark, and the first that is wrong.

    ``problem`` is a key of `templates/words/trail.md`, empty where nothing is wrong; ``number`` where it is.
    """

    entries: int
    last: int
    mark: str
    problem: str = ""
    number: int = 0


class TrailLog:
    """The trail of one vault."""

    def __init__(self, file: VaultFile, *, most: int = MOST, most_a_day: int = MOST_A_DAY) -> None:
        self._file = file
        self._most, self._most_a_day = most, most_a_day
        self._day = ""
        self._written_today: dict[str, int] = defaultdict(int)

    def append(self, entries: Iterable[Entry]) -> None:
        """Write entries at the end, all in one change; each gets its number and, without one, this moment."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        with self._file.change(durable=False):
            number, mark = self._end()
            for entry in self._within_limit(entries, now):
                number += 1
                whole = {**entry, "number": number, "at": entry.get("at") or now}
                mark = self._write(whole, mark)
                if whole["act"] == EMERGENCY:
                    self._file.put_sealed_meta(EMERGENCY, [whole, *self.emergencies()][:MOST_EMERGENCIES])
            self._file.put_sealed_meta("trail end", [number, mark.hex()])
            self._trim(number)

    def _write(self, entry: Mapping[str, Any], before: bytes) -> bytes:
        content = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        number, mark = entry["number"], self._mark(before, content)
        keys = [
            self._file.search_key(*words) if words[-1] else None
            for words in (
                ("record", str(entry.get("form") or ""), str(entry.get("record") or "")),
                ("child", str(entry.get("about") or "")),
            )
        ]
        sealed = self._file.keys.seal(content, f"trail {number}")
        self._file.run("INSERT INTO trail VALUES (?, ?, ?, ?, ?)", number, *keys, sealed, mark)
        return mark

    def _mark(self, before: bytes, content: bytes) -> bytes:
        return digest(self._file.keys.chain, before + content, sha256)

    def _within_limit(self, entries: Iterable[Entry], now: str) -> Iterator[dict[str, Any]]:
        if now[:10] != self._day:
            self._day = now[:10]
            self._written_today.clear()
        for entry in entries:
            person = str(entry.get("person") or "")
            self._written_today[person] += 1
            if self._written_today[person] < self._most_a_day:
                yield {**entry, "detail": str(entry.get("detail") or "")[:LONGEST]}
            elif self._written_today[person] == self._most_a_day:
                yield {**entry, "form": "", "record": "", "about": "", "detail": "limit"}

    def _end(self) -> tuple[int, bytes]:
        """Return number and mark of the last entry."""
        rows = self._file.run("SELECT number, mark FROM trail ORDER BY number DESC LIMIT 1")
        if rows:
            return rows[0][0], rows[0][1]
        number, mark = self._begin()
        return number, mark

    def _begin(self) -> tuple[int, bytes]:
        """Return number and mark of the last entry that has gone because of the limit."""
        number, mark = self._file.sealed_meta("trail begin") or (0, NO_MARK.hex())
        return number, bytes.fromhex(mark)

    def _trim(self, number: int) -> None:
        first, _ = self._begin()
        if number - first <= self._most:
            return
        last = number - self._most * 9 // 10
        ((mark,),) = self._file.run("SELECT mark FROM trail WHERE number = ?", last)
        self._file.put_sealed_meta("trail begin", [last, mark.hex()])
        self._file.run("DELETE FROM trail WHERE number <= ?", last)

    # --- reading ---

    def of_record(self, form: str, record_id: str) -> list[dict[str, Any]]:
        """Return what was done with a record, the latest first; of a dossier also with records about the child."""
        if not self._file.is_there:
            return []
        found_by = self._file.search_key("record", form, record_id)
        child = self._file.search_key("child", record_id) if form == "child" else b""
        rows = self._file.run(
            "SELECT number, content FROM trail WHERE record = ? OR child = ? ORDER BY number DESC",
            found_by,
            child,
        )
        return [self._opened(*row) for row in rows]

    def all(
        self, first: date | None = None, last: date | None = None, person: str = "", act: str = ""
    ) -> list[dict[str, Any]]:
        """Return the entries of some days (of local time), the latest first; of one person, of one act."""
        since = stored_moment(datetime.combine(first, datetime.min.time())) if first else ""
        until = end_of_day(last) if last else ""
        chosen = []
        for entry in self._backwards():
            if entry["at"] < since:
                break
            if (
                (not until or entry["at"] < until)
                and person in ("", entry["person"])
                and act in ("", entry["act"])
            ):
                chosen.append(entry)
        return chosen

    def emergencies(self) -> list[dict[str, Any]]:
        """Return the last entries of access in an emergency, the latest first; asked for often, so they lie apart too."""
        entries: list[dict[str, Any]] = self._file.sealed_meta(EMERGENCY) or []
        return entries

    def _backwards(self) -> Iterator[dict[str, Any]]:
        """Yield the entries, the latest first, a few hundred at a time."""
        if not self._file.is_there:
            return
        number, _ = self._end()
        while rows := self._file.run(_BEFORE, number, _AT_ONCE):
            for row in rows:
                yield self._opened(*row)
            number = rows[-1][0] - 1

    def _opened(self, number: int, sealed: bytes) -> dict[str, Any]:
        entry: dict[str, Any] = json.loads(self._file.keys.open(sealed, f"trail {number}"))
        return entry

    def end(self) -> tuple[int, str]:
        """Return the number and the mark of the last entry: written down elsewhere, they show later what was put back."""
        number, mark = self._end() if self._file.is_there else (0, NO_MARK)
        return number, mark.hex()

    def verify(self) -> Verdict:
        """Read the whole chain and say whether an entry was altered, moved, put in, taken out or cut off."""
        number, mark = self._begin()
        entries = 0
        if not self._file.is_there:
            return Verdict(0, 0, mark.hex())
        for at, sealed, stored in self._file.run("SELECT number, content, mark FROM trail ORDER BY number"):
            if at != number + 1:
                return Verdict(entries, number, mark.hex(), "audit.missing", number + 1)
            try:
                content = self._file.keys.open(sealed, f"trail {at}")
            except Exception:  # whatever was written there, it was not this vault that wrote it
                return Verdict(entries, number, mark.hex(), "audit.altered", at)
            if not compare_digest(self._mark(mark, content), stored):
                return Verdict(entries, number, mark.hex(), "audit.altered", at)
            number, mark, entries = at, stored, entries + 1
        end = self._file.sealed_meta("trail end")
        if end is not None and end != [number, mark.hex()]:
            return Verdict(entries, number, mark.hex(), "audit.cut_off", end[0])
        return Verdict(entries, number, mark.hex())
