"""Which questions of which registers a duty turns on: who may not see one of them must not read its answer from a line."""

from collections.abc import Iterable, Mapping

from guanai.care.policy.conditions import Clause
from guanai.care.policy.duty import ALL_CHILDREN, STAFF_KINDS, Duty

__all__ = ["SUBJECT_REGISTERS", "parts_of", "questions_of"]

#: The register of a duty's subjects, by their kind; the school itself is in none.
SUBJECT_REGISTERS: Mapping[str, str] = {
    **dict.fromkeys(ALL_CHILDREN, "child"),
    **dict.fromkeys(STAFF_KINDS, "staff"),
    "class": "class",
}


def questions_of(duty: Duty) -> dict[str, frozenset[str]]:
    """Return by register the questions by which a duty is asked or done; every register of the duty has an entry.

    Names are top-level questions, in a condition also what follows from one (``grade``, who made the record).
    """
    trigger = duty.trigger.record if duty.trigger else ""
    subject = SUBJECT_REGISTERS.get(duty.subject, "")
    found: dict[str, set[str]] = {name: set() for name in duty.registers}

    def add(registers: Iterable[str], names: Iterable[str]) -> None:
        for register in registers:
            if register:
                found.setdefault(register, set()).update(names)

    add([subject], _fields(duty.subject_condition))
    for clause in duty.condition:
        add([clause.register] if clause.register else duty.records, [clause.field])
    if duty.trigger:
        add([trigger], [duty.trigger.moment, *_fields(duty.trigger_condition), *_fields(duty.state)])
    if duty.kind != "share":  # the content of a share names figures
        content = {part for field in (*duty.content, duty.summed) for part in parts_of(field)}
        add([subject] if duty.kind == "complete" else [trigger] if trigger else duty.records, content)
    return {register: frozenset(names) for register, names in found.items()}


def parts_of(field: str) -> frozenset[str]:
    """Return the questions that a field names.

    >>> sorted(parts_of("father_phone/mother_phone")), sorted(parts_of("guardians.phone"))
    (['father_phone', 'mother_phone'], ['guardians'])
    """
    return frozenset(part.partition(".")[0] for part in field.split("/") if part)


def _fields(clauses: Iterable[Clause]) -> list[str]:
    return [clause.field for clause in clauses]
