"""Which documents a TinyDB query may match, asked of the database; the query itself then looks at those alone.

SQL and Python differ at the edges: what a missing field is, whether true is 1, which comparison is an error. So SQL
never has the last word. For every query this module makes conditions that cover each document for which the query
may say yes, may say no, or may raise an error; the database gives the documents covered by yes or error, in the
order of the table, and the query itself decides on them. The answer is the same by construction as long as the
conditions cover enough, which `tests/test_queries.py` tries with random documents and queries.
"""

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from tinydb.queries import QueryInstance

from guanai.storage import schemas
from guanai.storage.schemas import records

__all__ = ["Narrowed", "index_on", "is_memorable", "narrowed"]

Condition = ColumnElement[bool]
Path = tuple[str, ...]

_NUMBERS = ("integer", "real", "true", "false")
_LISTS = ("array", "object")
# Whole numbers up to here are exact in every column type; others are compared with some slack.
_EXACT = 2**53
# Longer lists are looked through in Python: a statement has room for so many values only.
_MOST_ITEMS = 200


@dataclass(frozen=True)
class Narrowed:
    """The documents that a query need look at."""

    number: int  # of the table
    condition: Condition
    selective: bool  # likely to leave out most documents
    indexed: bool  # an index leads to them

    @property
    def statement(self) -> sa.CompoundSelect[Any]:
        """Ask for the key and the text of each, in the order of the table."""
        columns = (records.c.place, records.c.document)
        span = records.c.place.between(*schemas.span(self.number).values())
        # The number stands in the text itself, as only then an index on some rows is known to hold these.
        ours = records.c.number == sa.literal_column(str(self.number))
        odd = sa.select(*columns).where(ours, ~records.c.plain)
        found = sa.select(*columns).where(span, records.c.plain, self.condition)
        if self.indexed:
            found = found.where(ours)
        return sa.union_all(odd, found).order_by("place")


@dataclass(frozen=True)
class _Cover:
    """Conditions that cover every document for which a query may say yes, may say no, may raise an error."""

    yes: Condition
    no: Condition
    error: Condition
    hit: Condition  # yes or error, put so that an index can serve both
    selective: bool = False  # likely to leave out most documents
    indexed: bool = False


def narrowed(query: object, number: int, indexed: frozenset[str] = frozenset()) -> Narrowed:
    """Return how to find a query's documents in the table of that number.

    ``indexed`` names the fields on which there is an index.
    """
    cover = _cover(query, indexed)
    return Narrowed(number, cover.hit, cover.selective, cover.indexed)


def is_memorable(query: object) -> bool:
    """Say whether a query's answer may be remembered under TinyDB's description of the query.

    The description leaves out a pattern's flags and a fragment's path, so two such questions can look alike.
    """
    cacheable = getattr(query, "is_cacheable", None)
    return (cacheable is None or cacheable()) and not _is_vague(getattr(query, "_hash", ()))


def _is_vague(meaning: object) -> bool:
    if isinstance(meaning, QueryInstance):  # within any and all
        return _is_vague(meaning._hash)
    if isinstance(meaning, frozenset):
        return any(_is_vague(part) for part in meaning)
    if not isinstance(meaning, tuple) or not meaning:
        return False
    return meaning[0] in ("matches", "search", "fragment") or (
        meaning[0] in ("and", "or", "not", "any", "all") and any(_is_vague(part) for part in meaning[1:])
    )


def index_on(number: int, field: str) -> sa.Index:
    """Return the index that finds one value of a field in the table of that number."""
    table = records.to_metadata(
        sa.MetaData()
    )  # an index belongs to its table's description; this one to none
    return sa.Index(
        f"records_{number}_{field}",
        _value((field,), table),
        sqlite_where=table.c.number == number,
        postgresql_where=table.c.number == number,
    )


# --- a field in SQL ---


def _json(function: str, path: Path, table: sa.Table) -> ColumnElement[Any]:
    """Apply one of the database's JSON functions to the value at a path; NULL for a document that is not plain."""
    way = "".join(f'."{key}"' for key in path).replace("'", "''")
    # An index is on an expression with this very text, so the path is no parameter; `_reachable` keeps it harmless.
    return sa.case(
        (table.c.plain, getattr(sa.func, function)(table.c.document, sa.literal_column(f"'${way}'")))
    )


def _value(path: Path, table: sa.Table = records) -> ColumnElement[Any]:
    return _json("json_extract", path, table)


def _type(path: Path) -> ColumnElement[Any]:
    return _json("json_type", path, records)


def _reachable(path: object) -> bool:
    """Say whether every key of a path means the same key in a JSON path."""
    return isinstance(path, tuple) and all(
        isinstance(key, str) and key.isprintable() and key and not set(key) & set('"\\') for key in path
    )


def _surely(condition: Condition) -> Condition:
    """Return a condition that is false, and not unknown, where the field is missing."""
    return sa.func.coalesce(condition, sa.false())


# --- queries ---

_NEVER: Condition = sa.false()


def _made(yes: Condition, no: Condition, error: Condition = _NEVER, **how: bool) -> _Cover:
    return _Cover(yes, no, error, sa.or_(yes, error), **how)


_ANY = _made(sa.true(), sa.true(), sa.true())


def _cover(query: object, indexed: frozenset[str]) -> _Cover:
    meaning = getattr(query, "_hash", None)  # TinyDB's own description of what a query asks
    if not isinstance(query, QueryInstance) or not meaning:
        return _ANY
    if meaning[0] in _COMBINED:
        parts = [_cover(part, indexed) for part in _parts(query, meaning[0])]
        return _COMBINED[meaning[0]](parts) if parts else _ANY
    compare = _COMPARED.get(meaning[0])
    if compare is None or not _reachable(meaning[1]):
        return _ANY
    path = meaning[1]
    cover = compare(path, *meaning[2:])
    return replace(cover, indexed=cover.indexed and len(path) == 1 and path[0] in indexed)


def _parts(query: QueryInstance, operator: str) -> list[QueryInstance]:
    """Return a chain's parts in one row: ``(a & b) & c`` is looked at just as ``a & (b & c)``."""
    parts = []
    for operand in _operands(query):
        meaning = operand._hash
        chained = operator != "not" and meaning and meaning[0] == operator
        parts += _parts(operand, operator) if chained else [operand]
    return parts


def _operands(query: QueryInstance) -> list[QueryInstance]:
    """Return what an and, or, not is made of, in the order in which Python looks at it.

    The order decides which error is raised and which is never met; TinyDB's description of a query leaves it
    out, its test has it.
    """
    inner = inspect.getclosurevars(query._test).nonlocals
    found = [inner[name] for name in ("self", "other") if name in inner]
    described = query._hash[1] if query._hash else None
    seen: object = frozenset(getattr(part, "_hash", None) for part in found)
    if query._hash and query._hash[0] == "not":
        seen = getattr(found[0], "_hash", None) if found else None
    return found if seen == described and all(isinstance(part, QueryInstance) for part in found) else []


def _and(parts: list[_Cover]) -> _Cover:
    *before, cover = parts
    for first in reversed(before):
        # The second is looked at only where the first says yes, so an index on the first serves its errors too.
        cover = _Cover(
            yes=sa.and_(first.yes, cover.yes),
            no=sa.or_(first.no, cover.no),
            error=sa.or_(first.error, sa.and_(first.yes, cover.error)),
            hit=sa.or_(first.error, sa.and_(first.yes, cover.hit)),
            selective=first.selective or cover.selective,
            indexed=first.error is _NEVER and (first.indexed or cover.indexed),
        )
    return cover


def _or(parts: list[_Cover]) -> _Cover:
    *before, cover = parts
    for first in reversed(before):
        cover = _Cover(
            yes=sa.or_(first.yes, cover.yes),
            no=sa.and_(first.no, cover.no),
            error=sa.or_(first.error, sa.and_(first.no, cover.error)),
            hit=sa.or_(first.hit, cover.hit),
            selective=first.selective and cover.selective,
            indexed=first.indexed and cover.indexed,
        )
    return cover


def _not(parts: list[_Cover]) -> _Cover:
    inner = parts[0]
    return _made(inner.no, inner.yes, inner.error)


_COMBINED: dict[str, Callable[[list[_Cover]], _Cover]] = {"and": _and, "or": _or, "not": _not}


# --- comparisons with a value ---


def _same(path: Path, wanted: object) -> tuple[Condition, Condition]:
    """Return conditions that hold at least where the field equals a value, and at most there."""
    value, kind = _value(path), _type(path)
    if wanted is None:
        return kind == "null", kind == "null"
    if isinstance(wanted, str) and type(wanted) is str:
        equal = value == wanted
        # No plain document holds a text that SQL cannot hold.
        return (equal, sa.and_(kind == "text", equal)) if _sayable(wanted) else (_NEVER, _NEVER)
    if type(wanted) in (bool, int) and abs(wanted) <= _EXACT:  # type: ignore[arg-type]
        equal = value == int(wanted)  # type: ignore[call-overload]
        return equal, sa.and_(kind.in_(("integer", "true", "false")), equal)
    if type(wanted) in (int, float):
        low, high = _around(wanted)  # type: ignore[arg-type]
        return (value.between(low, high) if low <= high else kind.in_(_NUMBERS)), _NEVER
    if isinstance(wanted, (tuple, dict)):
        return kind.in_(_LISTS), _NEVER
    return kind.is_not(None), _NEVER  # an object with an idea of its own of what equals it


def _sayable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _around(number: float) -> tuple[float, float]:
    """Return a little less and a little more than a number; the wrong way round where that cannot be said."""
    try:
        exact = float(number)
    except OverflowError:
        return 1, -1
    if not math.isfinite(exact):
        return 1, -1
    slack = abs(exact) * 1e-9 + 1e-300
    return exact - slack, exact + slack


def _equal(path: Path, wanted: object) -> _Cover:
    yes, sure = _same(path, wanted)
    simple = type(wanted) in (str, bool, int)
    return _made(yes, sa.not_(_surely(sure)), _foreign(path, wanted), selective=True, indexed=simple)


def _unequal(path: Path, unwanted: object) -> _Cover:
    kind = _type(path)
    yes, sure = _same(path, unwanted)
    differs = sa.and_(kind.is_not(None), sa.not_(_surely(sure)))
    return _made(differs, sa.or_(kind.is_(None), yes), _foreign(path, unwanted))


def _foreign(path: Path, value: object) -> Condition:
    """Cover the errors that comparing with a value may raise: none with a value that JSON knows."""
    known = value is None or type(value) in (str, bool, int, float) or _is_json(value)
    return _NEVER if known else _type(path).is_not(None)


def _is_json(value: object) -> bool:
    if isinstance(value, tuple):
        return all(_is_json(item) for item in value)
    if isinstance(value, dict):
        return all(_is_json(item) for item in value.values())
    return value is None or type(value) in (str, bool, int, float)


def _one_of(path: Path, items: object) -> _Cover:
    kind = _type(path)
    if not isinstance(items, (tuple, frozenset)) or len(items) > _MOST_ITEMS or not _is_json(tuple(items)):
        return _ANY
    simple = [item for item in items if type(item) in (str, bool, int) and _is_short(item)]
    pairs = [_same(path, item) for item in items]
    others = [_same(path, item)[0] for item in items if item not in simple]
    yes = sa.or_(_value(path).in_(simple) if simple else _NEVER, *others)
    # A set asks for a hash, which a list has not.
    error = kind.in_(_LISTS) if isinstance(items, frozenset) else _NEVER
    no = sa.not_(_surely(sa.or_(_NEVER, *(sure for _, sure in pairs))))
    return _made(yes, no, error, selective=True, indexed=not others and error is _NEVER)


def _is_short(item: object) -> bool:
    return _sayable(item) if isinstance(item, str) else abs(item) <= _EXACT  # type: ignore[arg-type]


def _ordered(symbol: str) -> Callable[[Path, object], _Cover]:
    """Return the cover of ``<``, ``<=``, ``>`` or ``>=``."""

    def compare(path: Path, limit: object) -> _Cover:
        value, kind = _value(path), _type(path)
        if type(limit) is str:
            comparable = kind == "text"
            yes = sure = sa.and_(comparable, value.op(symbol)(limit)) if _sayable(limit) else comparable
            sure = sure if _sayable(limit) else _NEVER
        elif type(limit) in (bool, int, float):
            comparable = kind.in_(_NUMBERS)
            low, high = _around(limit)  # type: ignore[arg-type]
            if low > high:
                yes, sure = comparable, _NEVER
            elif symbol.startswith("<"):
                yes, sure = sa.and_(comparable, value <= high), sa.and_(comparable, value < low)
            else:
                yes, sure = sa.and_(comparable, value >= low), sa.and_(comparable, value > high)
        else:
            there = kind.is_not(None)
            return _made(there, sa.true(), there)
        return _made(yes, sa.not_(_surely(sure)), sa.not_(comparable), selective=True)

    return compare


def _exists(path: Path) -> _Cover:
    kind = _type(path)
    return _made(kind.is_not(None), kind.is_(None))


def _pattern(path: Path, *_: object) -> _Cover:
    is_text = _type(path) == "text"
    return _made(is_text, sa.true(), is_text)


def _tested(path: Path, *_: object) -> _Cover:
    there = _type(path).is_not(None)
    return _made(there, sa.true(), there)


_COMPARED: dict[str, Callable[..., _Cover]] = {
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
