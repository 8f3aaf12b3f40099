"""A school's rules in two: those for everybody, and those about restricted registers (counselling), for who may see these.

The lines for everybody are worked out once, in the process that all pages are forked from, which holds no record of a
restricted register. Who may see one has its lines beside the others; they are worked out in the person's own process.
"""

from collections.abc import Collection

from guanai.care.duties.restricted import only_restricted, shown_rules, without_restricted
from guanai.care.frames import NormalizedFrames
from guanai.care.policy.policy import Policy
from guanai.storage.records.frames import Frames
from guanai.storage.records.records import Records
from guanai.storage.school.rule_frames import RECORDED

__all__ = ["RestrictedLines", "restricted_registers"]


def restricted_registers(records: Records) -> frozenset[str]:
    """Return the registers that only few may see, by the setting 保密 of their forms."""
    return frozenset(name for name in records.forms() if records.form(name).restricted)


class RestrictedLines:
    """Which duties of a school are about restricted registers; of those in ``seen`` there are lines, None: of all."""

    def __init__(self, records: Records, seen: Collection[str] | None = None) -> None:
        self._records = records
        self._seen = seen
        self._parts: tuple[Policy, frozenset[str], Policy, Policy, Policy] | None = None

    def registers(self, policy: Policy) -> frozenset[str]:
        """Return the restricted registers of the school, as they were when its rules were read."""
        return self._split(policy)[1]

    def of_everybody(self, policy: Policy) -> Policy:
        """Return the rules without those about restricted registers; these count in none of them."""
        return self._split(policy)[2]

    def apart(self, policy: Policy) -> Policy:
        """Return the rules about restricted registers that are seen."""
        return self._split(policy)[3]

    def shown(self, policy: Policy) -> Policy:
        """Return the rules of both parts, in the order of the sheet."""
        return self._split(policy)[4]

    def names(self, policy: Policy) -> frozenset[str]:
        """Return the names of the duties of `apart` that are in force."""
        return frozenset(duty.name for duty in self.apart(policy).duties if duty.in_force)

    def state(self, policy: Policy) -> tuple[int, ...]:
        """Return numbers that differ once a register of these duties has changed."""
        return tuple(self._records.table(name).version for name in self._read(policy))

    def frames(self, policy: Policy, others: NormalizedFrames, *, past: bool) -> NormalizedFrames:
        """Return the registers with the restricted ones that are seen; with ``past`` these say when each record came."""
        own = {}
        for name in self._read(policy):
            frame = self._records.shared_frame(name)
            own[name] = frame if past else frame.drop(columns=RECORDED, errors="ignore")
        raw = others.raw
        joined = NormalizedFrames(Frames(raw, lambda name: own[name] if name in own else raw[name]))
        joined.update({name: frame for name, frame in others.items() if name not in own})
        return joined

    def _read(self, policy: Policy) -> list[str]:
        wanted = {name for duty in self.apart(policy).duties if duty.in_force for name in duty.registers}
        return sorted(wanted & self.registers(policy))

    def _split(self, policy: Policy) -> tuple[Policy, frozenset[str], Policy, Policy, Policy]:
        if (
            self._parts is None or self._parts[0] is not policy
        ):  # to look at all forms takes some milliseconds
            registers = restricted_registers(self._records)
            seen = registers if self._seen is None else self._seen
            everybody = without_restricted(policy, registers)
            apart = only_restricted(policy, registers, seen)
            self._parts = (policy, registers, everybody, apart, shown_rules(policy, registers, seen))
        return self._parts
