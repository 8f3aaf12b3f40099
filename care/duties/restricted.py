"""The duties about restricted registers, apart from all others: what counselling did shows in no other line or number.

Whoever may not see a register must not infer it either: not from a duty that its records have done, nor from a child that is
missing in a list of children whom nobody has met. So everybody's lines are worked out as if a restricted register were empty,
and a duty whose records are all in such registers, or whose trigger is, is worked out apart, for who may see them.
"""

from collections.abc import Collection
from dataclasses import replace

from guanai.care.policy.duty import Duty
from guanai.care.policy.policy import Policy

__all__ = ["is_restricted", "only_restricted", "shown_rules", "without_restricted"]


def is_restricted(duty: Duty, restricted: Collection[str]) -> bool:
    """Whether a duty is about restricted registers only: its trigger is one, or all of its records are."""
    if duty.trigger is not None and duty.trigger.record in restricted:
        return True
    return bool(duty.records) and all(name in restricted for name in duty.records)


def without_restricted(policy: Policy, restricted: Collection[str]) -> Policy:
    """Return the rules for everybody: without the duties about restricted registers, and without these in any other."""
    duties = (duty for duty in policy.duties if not is_restricted(duty, restricted))
    return replace(policy, duties=tuple(_counting_without(duty, restricted) for duty in duties))


def only_restricted(policy: Policy, restricted: Collection[str], seen: Collection[str]) -> Policy:
    """Return the rules with only the duties about restricted registers, as far as all of these are ``seen``."""
    duties = (duty for duty in policy.duties if is_restricted(duty, restricted))
    return replace(policy, duties=tuple(duty for duty in duties if duty.registers & {*restricted} <= {*seen}))


def shown_rules(policy: Policy, restricted: Collection[str], seen: Collection[str]) -> Policy:
    """Return the rules of both parts in the order of the sheet: those for everybody, and those that are ``seen``."""
    apart = {duty.name for duty in only_restricted(policy, restricted, seen).duties}
    duties = (
        duty if duty.name in apart else _counting_without(duty, restricted)
        for duty in policy.duties
        if duty.name in apart or not is_restricted(duty, restricted)
    )
    return replace(policy, duties=tuple(duties))


def _counting_without(duty: Duty, restricted: Collection[str]) -> Duty:
    open_registers = tuple(name for name in duty.records if name not in restricted)
    return duty if open_registers == duty.records else replace(duty, records=open_registers)
