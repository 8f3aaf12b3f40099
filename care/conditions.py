"""A condition on a record's fields, as a coordinator writes it in one cell of the workbook.

``方式 = 走进家庭, 家长到校；记录人 = 帮扶教师`` or ``mode in door, school; by = helper``: clauses parted by
a semicolon or 且, all of which must hold; a clause names a field and the values that it may have. A
field with several answers holds a value if one of them is it. Fields and values may be given by their
names in the form or by the words of the catalogue.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import pandas as pd

from guanai.care.frames import as_list, as_strings
from guanai.templates.wording import catalogue

__all__ = ["Clause", "holds", "parse_condition", "spell", "spellings"]

CLAUSES = re.compile(r"[;；\n]|\s且\s?|\sand\s")
CLAUSE = re.compile(
    r"(?P<field>[^\s=≠!]+?)\s*(?P<sign>!=|≠|=|＝|\bnot in\b|\bin\b|不是|是)\s*(?P<values>.+)", re.DOTALL
)
VALUES = re.compile(r"[,，、]")
UNLIKE = frozenset({"!=", "≠", "not in", "不是"})


class Clause(NamedTuple):
    """A field and the values of which it must have one (or, negated, none)."""

    field: str
    values: tuple[str, ...]
    negated: bool = False


@cache
def spellings(prefix: str) -> dict[str, str]:
    """Return the names that the catalogue holds below a prefix, by every way in which they may be written."""
    names: dict[str, str] = {}
    for key, texts in catalogue().items():
        name = key.removeprefix(f"{prefix}.")
        if name != key:
            names |= dict.fromkeys((name.casefold(), *(text.casefold() for text in texts.values())), name)
    return names


def spell(prefix: str, written: str) -> str | None:
    """Return the name meant by a word or a name, None if the catalogue knows neither."""
    return spellings(prefix).get(written.strip().casefold())


def parse_condition(text: str) -> tuple[Clause, ...]:
    """Return the clauses of a condition; raises ValueError with the part that cannot be read."""
    return tuple(_clause(part.strip()) for part in CLAUSES.split(text) if part.strip())


def _clause(text: str) -> Clause:
    match = CLAUSE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    field = spell("question", match["field"]) or match["field"]
    values = [value.strip() for value in VALUES.split(match["values"]) if value.strip()]
    known = spellings(f"choice.{field}")
    names = [known.get(value.casefold(), None if known else value) for value in values]
    for value, name in zip(values, names, strict=True):
        if name is None:
            raise ValueError(value)
    return Clause(field, tuple(name for name in names if name is not None), match["sign"] in UNLIKE)


def holds(clauses: Iterable[Clause], frame: pd.DataFrame) -> "pd.Series[bool]":
    """Return which rows of a frame meet every clause; a column that is not there has no value."""
    kept = pd.Series(True, index=frame.index)
    for clause in clauses:
        found = _found(frame, clause.field, frozenset(clause.values))
        kept &= ~found if clause.negated else found
    return kept


def _found(frame: pd.DataFrame, field: str, wanted: frozenset[str]) -> "pd.Series[bool]":
    if field not in frame.columns:
        return pd.Series(False, index=frame.index)
    plain = as_strings(frame[field]).isin(list(wanted))
    several = [not wanted.isdisjoint(as_list(value)) for value in frame[field]]
    return plain | pd.Series(several, index=frame.index, dtype=bool)
