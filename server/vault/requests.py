"""What one person may ask of the vault, each request checked by the sheet 权限 and written into the trail.

The person's rights are asked for as everywhere (`guanai.storage.records.access`), here in a process that the person's own
cannot reach. Who changes a record and when is set here, whatever is sent.
"""

import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from guanai.care.errors import AccessError, GuanaiError
from guanai.server.vault.vault_records import VaultRecords
from guanai.storage.database.documents import Json
from guanai.storage.database.history import Change
from guanai.storage.database.record_storage import stored_moment
from guanai.storage.records.access import Access
from guanai.storage.records.kept_answers import with_kept_answers
from guanai.storage.records.permitted_registers import PermittedRegisters
from guanai.storage.records.records import Identity
from guanai.storage.vault.danger import danger_flags
from guanai.storage.vault.messages import change_values
from guanai.storage.vault.own import OwnVault, new_emergency

__all__ = ["PersonRequests"]

#: Who hears of every danger at once (requirements 3, rule 2); others if the card says that they were told.
TOLD_OF_DANGER = frozenset({"headmaster", "deputy", "coordinator"})
#: Who belongs to no staff of the school and gets no access in an emergency.
NO_EMERGENCY = frozenset({"town", "social_carer"})
SAME_SECONDS = 30.0
#: What a page may say that its person did; all else is written by who saw it.
PAGE_ACTS = frozenset(
    {"view", "search", "export", "print", "report", "reveal", "refused", "account", "rights", "removed"}
)


class PersonRequests:
    """The requests of one person, by their name: each takes the values of the message and returns what JSON can say."""

    def __init__(self, records: VaultRecords, identity: Identity, source: str) -> None:
        self._records = records
        self._identity = identity
        self._whole = records.registers_of(identity, source)
        self._vault = OwnVault(records.store, identity.person, identity.roles, source)
        self._access = Access(self._whole, records.rights)
        self._seen = PermittedRegisters(self._whole, self._access)
        self._last_noted: tuple[object, float] = ((), 0.0)
        self._versions: dict[str, tuple[object, int]] = {}
        self._requests: dict[str, Callable[..., Any]] = {
            name: getattr(self, name)
            for name in (
                "version", "rows", "record", "history", "bin", "insert", "insert_many", "replace", "delete", "restore",
                "sequence", "drafts", "draft_put", "draft_drop", "flags", "count",
                "begin_emergency_access", "emergency_accesses", "trail_of", "trail_all",
            )
        }  # fmt: skip

    def answer(self, request: str, values: Mapping[str, Any]) -> Any:
        """Return the answer to a request; what is refused is written into the trail. Raises GuanaiError."""
        if request not in self._requests:
            raise GuanaiError("vault.no_request")
        try:
            return self._requests[request](**values)
        except AccessError as error:
            if not error.key.startswith("rights."):  # those are written where they are refused
                self._note("refused", str(values.get("register") or ""), "", error.key)
            raise

    def _note(self, act: str, form: str = "", record: str = "", detail: str = "", about: str = "") -> None:
        self._records.later([self._vault.trail.entry(act, form, record, detail, about)])

    def _check_restricted(self, register: str) -> None:
        if not self._whole.is_restricted(register):
            raise GuanaiError("vault.no_request")

    # --- reading ---

    def version(self, register: str) -> int:
        """Return a number that differs once what the person sees of a register has changed; 0 for nothing at all."""
        self._check_restricted(register)
        if not self._access.may("see", register):
            return 0
        form, access = self._whole.form(register), self._access
        state = (form.source, self._whole.table(register).version, access.state, id(access.rights))
        known = self._versions.get(register)
        if known is None or known[0] != state:
            # Not from 1 on: after a new start of the vault a number must not mean something else.
            number = known[1] + 1 if known else secrets.randbits(40) + 1
            self._versions[register] = (state, number)
        return self._versions[register][1]

    def rows(self, register: str, known: int) -> dict[str, Any]:
        """Return the documents of a register that the person sees, with their doc_ids; none if they are ``known``."""
        version = self.version(register)
        if version in (0, known):
            return {"version": version, "rows": []}
        table = self._whole.table(register)
        documents = {document["id"]: document for document in self._seen.documents(register)}
        rows = [(row.doc_id, documents[row["id"]]) for row in table if row["id"] in documents]
        self._note("view", register, detail=f"{len(rows)}")
        return {"version": version, "rows": rows}

    def record(self, register: str, id: str) -> list[Any] | None:  # as it is called in the message
        """Return a record by its id with its doc_id, or None."""
        self._check_restricted(register)
        stored = self._whole.table(register).by_id(id)
        seen = None if stored is None else self._access.visible(register, stored)
        if stored is None or seen is None:
            return None
        self._note("view", register, id, about=str(seen.get("child") or ""))
        return [stored.doc_id, seen]

    def history(self, register: str, key: int | str) -> list[dict[str, Any]]:
        """Return the changes of a record that the person sees."""
        self._check_restricted(register)
        return self._changes(self._seen.history(register, self._id(register, key)))

    def bin(self, register: str) -> list[dict[str, Any]]:
        """Return the deletions of records that the person may restore."""
        self._check_restricted(register)
        return self._changes(self._seen.deletions(register))

    def _changes(self, changes: list[Change]) -> list[dict[str, Any]]:
        return [change_values(change) for change in changes]

    def _id(self, register: str, key: int | str) -> str:
        if isinstance(key, str):
            return key
        record = self._whole.table(register).record(key)
        return "" if record is None else str(record["id"])

    def sequence(self) -> int:
        """Return a number that stays the same while nothing changes in the registers that the person may see."""
        return sum(self.version(name) for name in self._records.store.registers())

    # --- writing ---

    def insert(self, register: str, document: Json, token: str | None) -> list[Any]:
        """Store a new record."""
        self._check_restricted(register)
        signed = self._new(register, document)
        saved = self._whole.table(register).insert_once(signed, token)
        if saved.get("created_by") != self._identity.person:  # somebody else's token
            raise AccessError("vault.token")
        self._note("write", register, str(saved["id"]), about=str(saved.get("child") or ""))
        return [saved.doc_id, self._shown(register, saved)]

    def insert_many(self, register: str, documents: list[Json]) -> list[int]:
        """Store several new records, all or none."""
        self._check_restricted(register)
        doc_ids = self._whole.table(register).insert_multiple(
            [self._new(register, document) for document in documents]
        )
        self._note("write", register, detail=f"{len(doc_ids)}")
        return doc_ids

    def _new(self, register: str, document: Json) -> Json:
        self._access.check("add", register, document)
        hidden = self._access.rights.hidden(register)
        kept = {name: value for name, value in document.items() if name not in hidden}
        return kept | {**self._signature(), **self._signature("created"), "form": register, "revision": 1}

    def _signature(self, what: str = "updated") -> dict[str, str]:
        return {f"{what}_by": self._identity.person, f"{what}_at": stored_moment(self._whole.now())}

    def replace(
        self, register: str, key: int | str, document: Json, revision: int | None, token: str | None
    ) -> list[Any]:
        """Put a new version in the place of a record; what the person does not see stays as it is."""
        self._check_restricted(register)
        table = self._whole.table(register)
        stored = table.record(key)
        if stored is None:
            self._access.check("change", register)
        else:
            self._access.check("change", register, stored)
            cover = self._access.cover(register, stored)
            document = with_kept_answers(cover, self._access.fields(register), document, stored)
            document |= {name: stored[name] for name in ("id", "created_by", "created_at") if name in stored}
        document |= self._signature()
        self._access.check("change", register, document)
        saved = table.replace(key, document, revision, token)
        self._note("write", register, str(saved["id"]), about=str(saved.get("child") or ""))
        return [saved.doc_id, self._shown(register, saved)]

    def delete(self, register: str, key: int | str, revision: int | None) -> list[Any]:
        """Delete a record, so that it can be restored."""
        self._check_restricted(register)
        table = self._whole.table(register)
        stored = table.record(key)
        self._access.check("delete", register, stored)
        saved = table.to_bin(key, revision)
        self._note("delete", register, str(saved["id"]), about=str(saved.get("child") or ""))
        return [saved.doc_id, self._shown(register, saved)]

    def restore(self, register: str, key: int | str) -> list[Any]:
        """Restore a deleted record."""
        self._check_restricted(register)
        table = self._whole.table(register)
        deleted = next((one for one in table.bin() if key in (one.record_id, one.doc_id)), None)
        self._access.check("delete", register, deleted.before if deleted else None)
        saved = table.restore(key)
        self._note("restore", register, str(saved["id"]), about=str(saved.get("child") or ""))
        return [saved.doc_id, self._shown(register, saved)]

    def _shown(self, register: str, saved: Mapping[str, Any]) -> Json:
        """Return a record that was just written as the person sees it; of one that they do not see its id and revision."""
        seen = self._access.visible(register, saved)
        return {name: saved[name] for name in ("id", "revision")} if seen is None else seen

    # --- drafts ---

    def drafts(self) -> list[Any]:
        """Return the person's drafts."""
        return [dict(row) for row in self._vault.drafts().rows()]

    def draft_put(self, row: Json) -> None:
        """Write a draft."""
        self._check_restricted(str(row.get("form") or ""))
        self._vault.drafts().put(row)

    def draft_drop(self, token: str) -> None:
        """Remove a draft."""
        self._vault.drafts().drop(token)

    # --- what leaves a restricted register ---

    def flags(self) -> list[Any]:
        """Return the dangers that the person must know of: all for who leads the school, else where they were told."""
        leads = bool(TOLD_OF_DANGER & set(self._identity.roles))
        homeroom = "homeroom" in self._identity.roles
        own = self._access.reach.children("class") if homeroom and not leads else frozenset()
        flags = [
            flag
            for name in self._records.store.registers()
            for flag in danger_flags(self._whole.table(name).rows())
            if leads
            or self._access.may("see", name)
            or ("homeroom" in flag.told and own is not None and flag.child in own)
        ]
        flags.sort(key=lambda flag: flag.since, reverse=True)
        return [[flag.child, flag.since, list(flag.told)] for flag in flags]

    def count(self, register: str, first: str, last: str) -> list[Any]:
        """Return how many records there are of whole months, for who may count those of the whole school."""
        self._check_restricted(register)
        if self._access.rights.scope("count", register) != "school":
            self._access.check("count", register)
            raise AccessError("vault.count")
        count = self._vault.count(register, date.fromisoformat(first), date.fromisoformat(last))
        return [count.records, count.children]

    # --- beyond one's role, in an emergency ---

    def begin_emergency_access(self, reason: str, minutes: int) -> dict[str, Any]:
        """Write who needs to see more, why and how long; the vault's answer to `emergency_accesses` gives the right."""
        roles = set(self._identity.roles)
        if not self._identity.staff_id or not roles - NO_EMERGENCY:
            raise AccessError("vault.emergency_refused")
        access = new_emergency(self._identity.person, reason, minutes)
        self._note("emergency_access", detail=f"{access.until} {access.reason}")
        self._records.write_waiting()
        return vars(access)

    def emergency_accesses(self) -> list[dict[str, Any]]:
        """Return the person's own that runs; for whoever may see the trail those of all people of the last week."""
        every = self._vault.emergency_accesses()
        now = stored_moment(datetime.now(UTC))
        if not self._access.may_matter("trail", "see"):
            every = [one for one in every if one.person == self._identity.person and one.until > now]
        return [vars(one) for one in every]

    # --- the trail ---

    def trail(self, act: str, form: str = "", record: str = "", detail: str = "", about: str = "") -> None:
        """Write what the person's page says they did; who it was is set here."""
        if act not in PAGE_ACTS:
            return
        same, now = (act, form, record, detail), time.monotonic()
        if self._last_noted[0] == same and now < self._last_noted[1] + SAME_SECONDS:
            return  # a page that shows a record in two places has opened it once
        self._last_noted = (same, now)
        about = about or (self._records.child_of(form, record) if record else "")
        self._note(str(act), str(form), str(record), str(detail), str(about))

    def trail_of(self, form: str, id: str) -> list[Any]:  # as it is called in the message
        """Return who did what with a record."""
        self._access.check_matter("trail", "see")
        return self._records.store.log.of_record(form, id)

    def trail_all(self, first: str, last: str, person: str, act: str) -> list[Any]:
        """Return the entries of some days."""
        self._access.check_matter("trail", "see")
        self._records.write_waiting()
        begin, end = (date.fromisoformat(day) if day else None for day in (first, last))
        return self._records.store.log.all(begin, end, person, act)
