"""What SQL can say about one comparison of a TinyDB query: for which documents it may say yes, no, or be an error.

SQL and Python differ at the edges: what a missing field is, whether true is 1, which comparison is an error. So
`QueryBounds` promises less than an answer: no document outside ``yes`` is matched, and none outside ``error`` raises.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from guanai.storage.database.schemas import records

__all__ = [
    "ANY",
    "COMPARISONS",
    "NEVER",
    "Condition",
    "Path",
    "QueryBounds",
    "is_indexable",
    "is_json_path",
    "value_at",
]

Condition = ColumnElement[bool]
Path = tuple[str, ...]

_NUMBERS = ("integer", "real", "true", "false")
_LISTS = ("array", "object")
# Whole numbers up to here are exact in every column type; others are compared with some slack.
_EXACT = 2**53
# Longer lists are looked through in Python: a statement has room for so many values only.
_MOST_ITEMS = 200


@dataclass(frozen=True)
class QueryBounds:
    """Conditions that cover every document for which a query may say yes, may say no, may raise an error."""

    yes: Condition
    no: Condition
    error: Condition
    hit: Condition  # yes or error, put so that one index can serve both
    selective: bool = False  # likely to leave out most documents
    indexed: bool = False  # an index on the field would lead to them


NEVER: Condition = sa.false()


def _bounds(yes: Condition, no: Condition, error: Condition = NEVER, **how: bool) -> QueryBounds:
    return QueryBounds(yes, no, error, sa.or_(yes, error), **how)


#: Says nothing: every document has to be looked at.
ANY = _bounds(sa.true(), sa.true(), sa.true())


# --- a field in SQL ---


def value_at(path: Path, table: sa.Table = records) -> ColumnElement[Any]:
    """Return the value at a path of each document."""
    return _json("json_extract", path, table)


def _type_at(path: Path) -> ColumnElement[Any]:
    """Return the JSON type of the value at a path of each document, NULL where there is none."""
    return _json("json_type", path, records)


def _json(function: str, path: Path, table: sa.Table) -> ColumnElement[Any]:
    # An index is on an expression with this very text, so the path is no parameter; `is_json_path` keeps it harmless.
    way = "$" + "".join(f'."{key}"' for key in path).replace("'", "''")
    read = getattr(sa.func, function)(table.c.document, sa.literal_column(f"'{way}'"))
    return sa.case((table.c.plain, read))  # a document that is not plain may not be JSON at all


def is_json_path(path: object) -> bool:
    """Say whether every key of a path means the same key in a JSON path."""
    return isinstance(path, tuple) and all(
        isinstance(key, str) and key.isprintable() and key and not set(key) & set('"\\') for key in path
    )


def _not_surely(condition: Condition) -> Condition:
    """Return where a condition is false, a missing field included: SQL alone would call that unknown."""
    return sa.not_(sa.func.coalesce(condition, sa.false()))


# --- values to compare with ---


def _is_json(value: object) -> bool:
    """Say whether comparing with a value goes by JSON's own rules; a subclass may have rules of its own."""
    if isinstance(value, tuple):
        return all(_is_json(item) for item in value)
    if isinstance(value, Mapping):
        return all(_is_json(item) for item in value.values())
    return value is None or type(value) in (str, bool, int, float)


def _is_storable(text: str) -> bool:
    """Say whether a text can be handed to the database; no plain document holds another."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _around(number: float) -> tuple[float, float] | None:
    """Return a little less and a little more than a number, as decimals are not read alike to the last digit."""
    try:
        exact = float(number)
    except OverflowError:
        return None
    slack = abs(exact) * 1e-9 + 1e-300
    return (exact - slack, exact + slack) if math.isfinite(exact) else None


def _equality(path: Path, wanted: object) -> tuple[Condition, Condition]:
    """Return a condition that holds wherever the field equals a value, and one that holds only there."""
    value, kind = value_at(path), _type_at(path)
    if not _is_json(wanted):
        return kind.is_not(None), NEVER
    if wanted is None:
        return kind == "null", kind == "null"
    if isinstance(wanted, str):
        equal = value == wanted  # a list's own text may be the same
        return (equal, sa.and_(kind == "text", equal)) if _is_storable(wanted) else (NEVER, NEVER)
    if _is_exact(wanted):
        equal = value == int(wanted)  # type: ignore[call-overload]
        return equal, sa.and_(kind.in_(("integer", "true", "false")), equal)
    if isinstance(wanted, (int, float)):
        bounds = _around(wanted)
        return (kind.in_(_NUMBERS) if bounds is None else value.between(*bounds)), NEVER
    return kind.in_(_LISTS), NEVER


def _is_exact(value: object) -> bool:
    return isinstance(value, int) and abs(value) <= _EXACT


def is_indexable(value: object) -> bool:
    """Say whether SQL's ``=`` alone finds a value, so that an index does."""
    return _is_json(value) and (_is_exact(value) or (isinstance(value, str) and _is_storable(value)))


# --- comparisons ---


def _equal(path: Path, wanted: object) -> QueryBounds:
    yes, surely = _equality(path, wanted)
    error = NEVER if _is_json(wanted) else yes
    return _bounds(yes, _not_surely(surely), error, selective=True, indexed=is_indexable(wanted))


def _unequal(path: Path, unwanted: object) -> QueryBounds:
    there = _type_at(path).is_not(None)
    equal, surely = _equality(path, unwanted)
    error = NEVER if _is_json(unwanted) else there
    return _bounds(sa.and_(there, _not_surely(surely)), sa.or_(sa.not_(there), equal), error)


def _one_of(path: Path, items: object) -> QueryBounds:
    if not isinstance(items, (tuple, frozenset)) or len(items) > _MOST_ITEMS or not _is_json(tuple(items)):
        return ANY
    simple = [item for item in items if is_indexable(item)]
    others = [_equality(path, item)[0] for item in items if not is_indexable(item)]
    surely = [_equality(path, item)[1] for item in items]
    # A set asks for a hash, which a list has not.
    error = _type_at(path).in_(_LISTS) if isinstance(items, frozenset) else NEVER
    return _bounds(
        sa.or_(value_at(path).in_(simple) if simple else NEVER, *others),
        _not_surely(sa.or_(NEVER, *surely)),
        error,
        selective=True,
        indexed=not others and error is NEVER,
    )


def _ordered(symbol: str) -> Callable[[Path, object], QueryBounds]:
    """Return the comparison ``<``, ``<=``, ``>`` or ``>=``."""

    def compare(path: Path, limit: object) -> QueryBounds:
        value, kind = value_at(path), _type_at(path)
        if not _is_json(limit) or not isinstance(limit, (str, int, float)):
            there = kind.is_not(None)
            return _bounds(there, sa.true(), there)
        comparable = kind == "text" if isinstance(limit, str) else kind.in_(_NUMBERS)
        least: Condition = sa.true()  # may be so
        most: Condition = NEVER  # is so
        if isinstance(limit, str):
            if _is_storable(limit):
                least = most = value.op(symbol)(limit)
        elif bounds := _around(limit):
            low, high = bounds
            below = symbol.startswith("<")
            least = value <= high if below else value >= low
            most = value < low if below else value > high
        yes, surely = sa.and_(comparable, least), sa.and_(comparable, most)
        return _bounds(yes, _not_surely(surely), sa.not_(comparable), selective=True)

    return compare


def _exists(path: Path) -> QueryBounds:
    there = _type_at(path).is_not(None)
    return _bounds(there, sa.not_(there))


def _pattern(path: Path, *_: object) -> QueryBounds:
    is_text = _type_at(path) == "text"
    return _bounds(is_text, sa.true(), is_text)  # the pattern itself may be wrong


def _tested(path: Path, *_: object) -> QueryBounds:
    there = _type_at(path).is_not(None)
    return _bounds(there, sa.true(), there)


#: The comparisons of TinyDB by the name that it gives them, each from a path and what TinyDB says beside it.
COMPARISONS: dict[str, Callable[..., QueryBounds]] = {
    "==": _equal,
    "!=": _unequal,
    "one_of": _one_of,
    "exists": _exists,
    "matches": _pattern,
    "search": _pattern,
    "test": _tested,
    "any": _tested,
    "all": _tested,
    **{symbol: _ordered(symbol) for symbol in ("<", "<=", ">", ">=")},
}
