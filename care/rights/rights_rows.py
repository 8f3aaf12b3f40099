"""The sheet 权限 read as rows of rights, and every mistake in it with its place and what to do."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import NamedTuple

from guanai.care.errors import PolicyError
from guanai.care.policy.conditions import lookup_field, lookup_name
from guanai.care.policy.workbook_rows import Row
from guanai.care.rights.rights import ACTS, GRANTING, MATTER_SIGN, MATTERS, OTHERS, RightRow
from guanai.templates.wording import say

__all__ = ["CLOSED", "KnownRegisters", "read_rights", "usable_rights"]

#: Around the questions that are shown where all others are hidden: 除姓名、班级外.
ONLY = (("除", "外"), ("all but ", ""))
#: What is left where the sheet cannot be used: who answers for the school may mend it, nobody may do anything else.
CLOSED = (
    RightRow(
        ("headmaster", "coordinator"),
        tuple(MATTER_SIGN + matter for matter in ("settings", "rights", "accounts")),
        ("change",),
        "school",
    ),
)


class KnownRegisters(NamedTuple):
    """The registers that a row may name, by every spelling; and the questions of each, by every spelling.

    Without ``questions`` a question is taken as it is written: to hide one that is not there does no harm.
    """

    names: Mapping[str, str]
    questions: Callable[[str], Mapping[str, str]] | None = None


def read_rights(rows: Sequence[Row], known: KnownRegisters) -> tuple[RightRow, ...]:
    """Return the rows of the sheet. Raises PolicyError with file, sheet, row, column and what to do.

    The mistakes of other rows are its ``others``. A sheet by which nobody may change the sheet is refused too: it would
    shut everybody out.
    """
    read: list[RightRow] = []
    mistakes: list[PolicyError] = []
    for row in rows:
        try:
            read.append(_read_row(row, known))
        except PolicyError as error:
            mistakes.append(error)
    if not mistakes and not any(
        MATTER_SIGN + "rights" in row.registers and "change" in row.acts for row in read
    ):
        file, sheet = (rows[0].file, rows[0].sheet) if rows else ("", say("sheet.rights"))
        mistakes.append(PolicyError("rights.locked_out", file=file, sheet=sheet))
    if mistakes:
        mistakes[0].others = tuple(mistakes[1:])
        raise mistakes[0]
    return tuple(read)


def usable_rights(rows: Sequence[Row], known: KnownRegisters) -> tuple[RightRow, ...]:
    """Return the rights of the roles that have no row with a mistake, and what mends the sheet (`CLOSED`).

    For a sheet that was good until a form lost a question. What a role lost by the row could be a question that it hides,
    so nothing of that role is used.
    """
    read: list[RightRow] = []
    wrong: set[str] = set()
    for row in rows:
        try:
            read.append(_read_row(row, known))
        except PolicyError:
            try:
                wrong.update(row.choices("right_role", "right.role"))
            except PolicyError:
                return CLOSED
    roles = ((row, tuple(role for role in row.roles if role not in wrong)) for row in read)
    return (*(replace(row, roles=left) for row, left in roles if left), *CLOSED)


def _read_row(row: Row, known: KnownRegisters) -> RightRow:
    row.required("right_role")
    row.required("right_acts")
    registers = tuple(_register(row, written, known) for written in _required(row, "right_register"))
    hidden, only = _questions(row, "right_hidden", registers, known)
    masked, all_but = _questions(row, "right_masked", registers, known)
    if all_but is not None:
        raise row.error("rights.only_hidden", "right_masked", value=row.text("right_masked"))
    acts, scope = _acts(row), row.choice("right_scope", "right.scope", "school")
    return RightRow(
        roles=row.choices("right_role", "right.role"),
        registers=registers,
        acts=("count",) if scope == "totals" else acts,
        scope="school" if scope == "totals" else scope,
        hidden=hidden,
        masked=masked,
        told=row.choice("right_told", "right.told", "nothing") == "exists",
        only=only,
    )


def _required(row: Row, heading: str) -> list[str]:
    row.required(heading)
    return row.several(heading)


def _acts(row: Row) -> tuple[str, ...]:
    names = row.choices("right_acts", "right.act")
    return ACTS if "all" in names else tuple(act for act in ACTS if act in names)


def _register(row: Row, written: str, known: KnownRegisters) -> str:
    """Return the register, matter or granting question that is meant: a register by its name comes first."""
    if written in known.names:
        return known.names[written]
    if lookup_name("right.others", written):
        return OTHERS
    if matter := lookup_name("right.matter", written):
        return MATTER_SIGN + matter
    register, point, question = written.replace("．", ".").partition(".")
    if point and register.strip() in known.names:
        name = known.names[register.strip()]
        spellings = known.questions(name) if known.questions else {}
        granting = f"{name}.{spellings.get(question.strip(), question.strip())}"
        if granting in GRANTING:
            return granting
    register = lookup_name("record", written) or ""
    if register in known.names.values():
        return register
    words = [*known.names, *(say(f"right.matter.{matter}") for matter in MATTERS)]
    near = get_close_matches(written, words, n=1, cutoff=0.5)
    raise row.error(
        "rights.register", "right_register", value=written,
        near=say("policy.near", value=near[0]) if near else "",
        matters=say("policy.comma").join(say(f"right.matter.{matter}") for matter in MATTERS),
        granting=say("policy.comma").join(GRANTING),
    )  # fmt: skip


def _questions(
    row: Row, heading: str, registers: Iterable[str], known: KnownRegisters
) -> tuple[frozenset[str], frozenset[str] | None]:
    """Return the questions of a cell, and those that alone are shown where it says 除…外."""
    text = row.text(heading)
    bounds = next(
        ((first, last) for first, last in ONLY if text.startswith(first) and text.endswith(last)), None
    )
    if bounds:
        row = replace(row, cells={heading: text[len(bounds[0]) : len(text) - len(bounds[1])]})
    names: set[str] = set()
    every: set[str] = set()
    for register in registers:
        spellings = known.questions(register) if known.questions and _is_register(register) else None
        every.update((spellings or {}).values())
        for written in row.several(heading):
            name = written if spellings is None else _question(written, register, spellings)
            if name is None:
                raise row.error("policy.field", heading, value=written, record=_word_of(register, known))
            names.add(name)
    if bounds is None:
        return frozenset(names), None
    return frozenset(every - names), frozenset(names)


def _question(written: str, register: str, spellings: Mapping[str, str]) -> str | None:
    """Return the question that is meant, by its label in the form or by the catalogue's word for it."""
    name = spellings.get(written) or lookup_field(written, (register,))
    return name if name in spellings.values() else None


def _is_register(name: str) -> bool:
    return name != OTHERS and name[:1] != MATTER_SIGN and name not in GRANTING


def _word_of(register: str, known: KnownRegisters) -> str:
    """Return how a register is called in the sheet: the first of its spellings that is not its name."""
    spellings: Collection[str] = [one for one, name in known.names.items() if name == register]
    return next((one for one in spellings if one != register), register)
