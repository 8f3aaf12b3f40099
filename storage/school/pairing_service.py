"""Pairings proposed, accepted as a whole and undone as a whole: one transaction each, noted with what it changed.

An accepted proposal ends the pairings that it takes over (with the day and the reason) and starts the new ones; the
history then shows both. It is refused where pairings or staff have changed since it was proposed.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
from uuid_utils import uuid7

from guanai.care.errors import GuanaiError, RecordError
from guanai.care.pairing.helper_proposals import leavers, propose_helpers, propose_renewal, propose_successors
from guanai.care.pairing.peer_proposals import propose_peers
from guanai.care.pairing.proposals import Proposal
from guanai.storage.records.access import Access
from guanai.storage.records.registers import Registers
from guanai.storage.school.due_service import DutyService
from guanai.templates.wording import say

__all__ = ["Acceptance", "PairingService"]

Record = Mapping[str, Any]

PAIRING = "pairing"
#: The register of accepted proposals: it has no form, so that no page, frame or export shows it.
PROPOSALS = "pairing_proposal"
ROLES = {"left": "successor", "renewed": "renewal"}  # of a note, by why pairings were taken over
_FEW = 5  # names named when an undo is refused


@dataclass(frozen=True)
class Acceptance:
    """A proposal that was accepted: of which kind, by whom and when, how many pairings it started and ended."""

    id: str
    role: str
    by: str
    at: str
    started: int
    ended: int
    start: str
    undone: bool


class PairingService:
    """The proposals of one school."""

    def __init__(self, records: Registers, duties: DutyService, access: Access) -> None:
        self._records = records
        self._duties = duties
        self._access = access

    def propose(
        self,
        role: str = "helper",
        *,
        classes: Collection[str] | None = None,
        leaving: str = "",
        start: date | None = None,
    ) -> Proposal:
        """Propose helpers or peers, for some classes or all; with ``leaving`` the successors of one of the staff.

        The role ``renewal`` proposes helpers for all children anew. Somebody who may look at proposals of some classes gets
        one for those alone; to accept it is for who may decide. Raises AccessError for anybody else.
        """
        classes = self._within(classes)
        on = start or self._records.today()
        seen = self._seen()
        policy, frames = self._duties.policy, self._duties.frames
        if role == "renewal":
            proposal = propose_renewal(policy, frames, on, classes=classes)
        elif leaving:
            self._access.check_matter("proposals")
            proposal = propose_successors(policy, frames, on, leaving)
        elif role == "peer":
            proposal = propose_peers(policy, frames, on, classes=classes)
        else:
            proposal = propose_helpers(policy, frames, on, classes=classes)
        return replace(proposal, seen=seen)

    def leavers(self) -> pd.DataFrame:
        """Return which staff have left and still have children assigned; columns as in `care.helping.leavers`.

        Of the whole school, so for who decides on proposals: nobody for anybody else.
        """
        if not self._access.may_matter("proposals"):
            return leavers(self._duties.policy, self._duties.frames, self._records.today()).iloc[:0]
        return leavers(self._duties.policy, self._duties.frames, self._records.today())

    def accept(self, proposal: Proposal, start: date) -> Acceptance:
        """Save every pairing of a proposal, all or none, from a day on; `undo` removes all of them.

        A pairing that is taken over ends on the day before (on its own first day, if it is no older; as planned, if
        that is earlier). Raises
        GuanaiError where nothing is proposed or something changed in between, RecordError where the form refuses, and
        AccessError where the person may not decide on proposals.
        """
        records, pairs = self._records, proposal.new_pairs
        if pairs.empty:
            raise GuanaiError("pairing.nothing")
        self._access.check_matter("proposals")
        with records.transaction():
            if proposal.seen is not None and proposal.seen != self._seen():
                raise GuanaiError("pairing.stale")
            new = [_record(proposal.role, row, start) for row in pairs.to_dict("records")]
            self._check(new)
            records.insert_many(PAIRING, new)
            last = start - timedelta(days=1)
            results = [self._end(key, last, proposal.reason) for key in pairs["ends"].unique() if key]
            ended = [result for result in results if result is not None]
            signed = records.signature()
            note = {
                "id": str(uuid7()),
                "role": ROLES.get(proposal.reason, proposal.role),
                "start": start.isoformat(),
                "made": [record["id"] for record in new],
                "ended": ended,
                "revision": 1,
                "created_at": signed["updated_at"],
                "created_by": signed["updated_by"],
                **signed,
            }
            return _acceptance(records.table(PROPOSALS).insert_once(note))

    def undo(self, proposal_id: str) -> None:
        """Undo an accepted proposal, all or nothing: its pairings are deleted, those that it ended are open again.

        Raises GuanaiError where somebody has changed one of them since: that would be lost.
        """
        records = self._records
        self._access.check_matter("proposals")
        with records.transaction():
            note = records.record(PROPOSALS, proposal_id)
            if note is None or note.get("undone"):
                raise GuanaiError("pairing.gone")
            table = records.table(PAIRING)
            wanted = [(key, 1) for key in note["made"]] + [
                (key, revision) for key, revision, *_ in note["ended"]
            ]
            now = {key: records.record(PAIRING, key) for key, _ in wanted}
            changed = [key for key, revision in wanted if (now[key] or {}).get("revision") != revision]
            if changed:
                names = say("policy.comma").join(self._child_names(changed[:_FEW], now))
                raise GuanaiError("pairing.touched", count=len(changed), names=names)
            for key in note["made"]:
                table.to_bin(key)
            for key, revision, *was in note["ended"]:
                pairing = dict(now[key] or {})
                pairing.pop("end", None)
                pairing.pop("end_reason", None)
                pairing |= was[0] if was else {}
                table.replace(key, {**pairing, "revision": revision + 1, **records.signature()}, revision)
            signed = {**note, "undone": "yes", "revision": note["revision"] + 1, **records.signature()}
            records.table(PROPOSALS).replace(proposal_id, signed, note["revision"])

    def accepted(self) -> list[Acceptance]:
        """Return the accepted proposals, the latest first; none to who may not look at those of the whole school."""
        if self._access.rights.matter_scope("proposals", "see") != "school":
            return []
        accepted = [_acceptance(note) for note in self._records.table(PROPOSALS).rows()]
        return sorted(accepted, key=lambda acceptance: (acceptance.at, acceptance.id), reverse=True)

    def _within(self, classes: Collection[str] | None) -> Collection[str] | None:
        """Return the classes for which the person may see a proposal, of some or of all of them."""
        self._access.check_matter("proposals", "see")
        own = self._access.reach.classes(self._access.rights.matter_scope("proposals", "see") or "own")
        if own is None:
            return classes
        return sorted(own if classes is None else own.intersection(classes))

    def _check(self, records: Sequence[Record]) -> None:
        """Refuse what the form refuses; of records with the same questions only the first is checked."""
        for record in {tuple(record): record for record in reversed(records)}.values():
            session = self._records.session(PAIRING, record, defaults=False)
            if problems := session.check():
                fields = {problem.path: problem.message for problem in problems}
                first = f"{problems[0].label}: {problems[0].message}"
                raise RecordError("school.refused", fields, count=len(problems), first=first)

    def _end(self, key: str, last: date, reason: str) -> list[Any] | None:
        """End a pairing; return its id, its revision then and the end that was planned. None where it is over by then."""
        pairing = self._records.record(PAIRING, key)
        if pairing is None:
            raise GuanaiError("pairing.stale")
        end = max(last.isoformat(), str(pairing.get("start") or ""))
        if pairing.get("end") and str(pairing["end"]) <= end:
            return None
        planned = {name: pairing[name] for name in ("end", "end_reason") if pairing.get(name)}
        revision = int(pairing["revision"])
        answers = {"end": end, "end_reason": say(f"pairing.{reason}"), "revision": revision + 1}
        self._records.table(PAIRING).replace(
            key, {**pairing, **answers, **self._records.signature()}, revision
        )
        return [key, revision + 1, planned]

    def _seen(self) -> tuple[Any, ...]:
        """Return a value that differs once a pairing, a helper or a child's record has changed."""
        registers = [self._records.table(name).rows() for name in (PAIRING, "staff", "child")]
        return tuple(
            (
                len(rows),
                sum(int(row.get("revision") or 0) for row in rows),
                max((str(row.get("updated_at")) for row in rows), default=""),
            )
            for rows in registers
        )

    def _child_names(self, keys: Sequence[str], now: Mapping[str, Record | None]) -> list[str]:
        names = {row["id"]: str(row.get("name")) for row in self._records.table("child").rows()}
        records = [now[key] or self._last(key) for key in keys]
        return [names.get(str(record.get("child")), "?") for record in records]

    def _last(self, key: str) -> Record:
        changes = self._records.history(PAIRING, key)
        return (changes[-1].before or {}) if changes else {}


def _record(role: str, row: Mapping[Any, Any], start: date) -> dict[str, Any]:
    record: dict[str, Any] = {"id": str(uuid7()), "child": row["child"], "role": role}
    if role == "peer":
        return {**record, "peer_name": row["carer_name"], "kind": "one_to_one", "start": start.isoformat()}
    return {
        **record, "helper": row["carer"], "kind": "one_to_one", "start": start.isoformat(), "key_help": "no"
    }  # fmt: skip


def _acceptance(note: Record) -> Acceptance:
    return Acceptance(
        note["id"], note["role"], note["created_by"], note["created_at"], len(note["made"]), len(note["ended"]),
        note["start"], bool(note.get("undone")),
    )  # fmt: skip
