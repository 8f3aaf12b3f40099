"""A condition on a record's fields, as a coordinator writes it in one cell of the workbook.

``方式 = 走进家庭, 家长到校；记录人 = 帮扶教师`` or ``mode in door, school; by = helper``: clauses parted by
a semicolon or 且, all of which must hold; a clause names a field and the values that it may have. A
field with several answers holds a value if one of them is it. ``年级 >= 7`` compares numbers and dates;
``归还日期 = 空`` holds where nothing is filled in. Fields and values may be given by their names in the form
or by the words of the catalogue, those of the register first.

Where a duty counts several registers, a clause may say of which it speaks, before a colon or a point:
``书信：方向 = 孩子给家长；亲情通话：通话对象 = 父亲, 母亲``. It then says nothing about the others; a clause without a
register is about all of them.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from typing import Any, NamedTuple

import pandas as pd

from guanai.care.frames import as_list, is_empty, map_distinct
from guanai.templates.wording import catalogue

__all__ = [
    "Clause",
    "UnknownRegisterError",
    "clauses_of",
    "holds",
    "lookup_field",
    "lookup_name",
    "names_by_spelling",
    "parse_condition",
]

CLAUSES = re.compile(r"[;；\n]|\s且\s?|\sand\s")
FIELD, VALUE = r"(?P<field>[^\s=＝≠!<>≥≤]+?)", r"(?P<values>.+)"
WORDS = r"(?P<sign>\bnot in\b|\bin\b|不是|是)"
# Signs first and words with spaces around them next: a field may have 是 in its own name (午餐是否在校 = 是).
PATTERNS = tuple(
    re.compile(form, re.DOTALL)
    for form in (
        rf"{FIELD}\s*(?P<sign>!=|≠|>=|<=|≥|≤|=|＝|>|<)\s*{VALUE}",
        rf"{FIELD}\s+{WORDS}\s+{VALUE}",
        rf"{FIELD}\s*{WORDS}\s*{VALUE}",
    )
)
SIGNS = re.compile(r"[=＝≠<>≥≤]")
REGISTER = re.compile(r"(?P<register>[^\s=＝≠!<>≥≤:：.．]+)\s*(?P<mark>[:：.．])\s*(?P<clause>.+)", re.DOTALL)
COLONS = frozenset(":：")
DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
VALUES = re.compile(r"[,，、]")
NEGATED = frozenset({"!=", "≠", "not in", "不是"})
ORDERS = {"≥": ">=", "≤": "<=", ">=": ">=", "<=": "<=", ">": ">", "<": "<"}
EMPTY = frozenset({"空", "empty"})


class Clause(NamedTuple):
    """A field and the values of which it must have one (or, negated, none), or an order that it must have.

    The value "" is an empty field; ``order`` (``>=``, ``<=``, ``>``, ``<``) compares with the only value.
    ``register`` is the one of whose records it speaks, "" for those of every register of the row.
    """

    field: str
    values: tuple[str, ...]
    negated: bool = False
    order: str = ""
    register: str = ""


class UnknownRegisterError(ValueError):
    """A clause that speaks of a register which the duty does not count; the argument is how it is written."""


@cache
def names_by_spelling(prefix: str) -> dict[str, str]:
    """Return the names that the catalogue holds below a prefix, by every way in which they may be written."""
    names: dict[str, str] = {}
    for key, texts in catalogue().items():
        name = key.removeprefix(f"{prefix}.")
        if name != key:
            names |= dict.fromkeys((name.casefold(), *(text.casefold() for text in texts.values())), name)
    return names


def lookup_name(prefix: str, written: str) -> str | None:
    """Return the name meant by a word or a name, None if the catalogue knows neither."""
    return names_by_spelling(prefix).get(written.strip().casefold())


def lookup_field(written: str, registers: Iterable[str] = ()) -> str:
    """Return the name of a question by its word in one of the registers, else anywhere, else as it is written."""
    own = (lookup_name(f"field.{register}", written) for register in registers)
    return next((name for name in own if name), None) or lookup_name("question", written) or written.strip()


def parse_condition(text: str, registers: Iterable[str] = ()) -> tuple[Clause, ...]:
    """Return the clauses of a condition on some registers; raises ValueError with the part that cannot be read."""
    names = tuple(registers)
    return tuple(_read_clause(part.strip(), names) for part in CLAUSES.split(text) if part.strip())


def clauses_of(clauses: Iterable[Clause], register: str) -> tuple[Clause, ...]:
    """Return the clauses that speak of the records of a register: its own, and those of every register."""
    return tuple(clause for clause in clauses if clause.register in ("", register))


def _read_clause(text: str, registers: tuple[str, ...]) -> Clause:
    """Return a clause, with the register that it speaks of where one is written before it."""
    match = REGISTER.fullmatch(text)
    if match is None:
        return _clause(text, registers)
    written = match["register"]
    register = written if written in registers else lookup_name("record", written)
    if register in registers:
        return _clause(match["clause"], (str(register),))._replace(register=str(register))
    if match["mark"] in COLONS:
        raise UnknownRegisterError(written)
    return _clause(text, registers)  # a field of a repeat: guardians.name


def _clause(text: str, registers: tuple[str, ...]) -> Clause:
    match = next((attempt for form in PATTERNS if (attempt := form.fullmatch(text))), None)
    if match is None or SIGNS.search(match["values"]):  # two clauses with nothing between
        raise ValueError(text)
    field = lookup_field(match["field"], registers)
    values = [_iso_day(value.strip()) for value in VALUES.split(match["values"]) if value.strip()]
    if order := ORDERS.get(match["sign"]):
        if len(values) != 1 or _comparable(values[0]) is None:
            raise ValueError(match["values"])
        return Clause(field, (values[0],), order=order)
    names = tuple(_value_name(value, field, registers) for value in values)
    return Clause(field, names, match["sign"] in NEGATED)


def _iso_day(written: str) -> str:
    """Return a day such as 2026年9月1日 as the records hold it, anything else as it is."""
    if (match := DAY.fullmatch(written)) is None:
        return written
    year, month, day = map(int, match.groups())
    return f"{year:04}-{month:02}-{day:02}"


def _value_name(written: str, field: str, registers: tuple[str, ...]) -> str:
    """Return the name of a value; raises ValueError if the field has only certain values and this is none."""
    if written in EMPTY:
        return ""
    names: dict[str, str] = {}
    for register in registers:
        names |= names_by_spelling(f"value.{register}.{field}")
    names = names or names_by_spelling(f"choice.{field}")
    if names and written.casefold() not in names:
        raise ValueError(written)
    return names.get(written.casefold(), written)


def holds(clauses: Iterable[Clause], frame: pd.DataFrame) -> "pd.Series[bool]":
    """Return which rows of a frame meet every clause; a column that is not there has no value."""
    all_hold = pd.Series(True, index=frame.index)
    for clause in clauses:
        all_hold &= _matches(frame, clause)
    return all_hold


def _matches(frame: pd.DataFrame, clause: Clause) -> "pd.Series[bool]":
    test = _test_of(clause)
    if clause.field not in frame.columns:
        return pd.Series(test(None), index=frame.index)
    return map_distinct(frame[clause.field], test)


def _test_of(clause: Clause) -> Callable[[Any], bool]:
    """Return the test of a single answer."""
    if clause.order:
        least = _comparable(clause.values[0])
        return lambda value: _in_order(_comparable(value), clause.order, least)
    wanted = frozenset(clause.values)

    def has_value(value: Any) -> bool:
        if is_empty(value):
            return "" in wanted
        return _written(value) in wanted or not wanted.isdisjoint(as_list(value))

    return (lambda value: not has_value(value)) if clause.negated else has_value


def _written(value: Any) -> str:
    """Return an answer as it is written in a condition: a day without its time, a whole number without its point."""
    if isinstance(value, date):
        return value.isoformat()[:10]
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def _comparable(value: Any) -> tuple[int, float | str] | None:
    """Return something that can be compared: a number, or a day as ISO text; None for anything else."""
    if is_empty(value) or isinstance(value, list | tuple):
        return None
    text = str(value).strip()
    try:
        return 0, float(text)
    except ValueError:
        return (1, text[:10]) if re.match(r"\d{4}-\d\d-\d\d", text) else None


def _in_order(value: tuple[int, Any] | None, order: str, other: tuple[int, Any] | None) -> bool:
    if value is None or other is None or value[0] != other[0]:
        return False
    return {">=": value >= other, "<=": value <= other, ">": value > other, "<": value < other}[order]
