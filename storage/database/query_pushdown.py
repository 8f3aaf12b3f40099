"""Which documents a TinyDB query may match, asked of the database; the query itself then looks at those alone.

SQL never has the last word. For every query there are conditions that cover each document for which it may say yes,
may say no, or may raise an error (`guanai.storage.database.query_bounds`); the database gives the documents covered by yes or error,
in the order of the table, and the query itself decides on them. The answer is the same by construction as long as
the conditions cover enough, which `tests/storage/database/test_query_pushdown.py` tries with random documents and queries.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from tinydb.queries import QueryInstance

from guanai.storage.database import schemas
from guanai.storage.database.query_bounds import (
    ANY,
    COMPARISONS,
    NEVER,
    Condition,
    QueryBounds,
    is_indexable,
    is_json_path,
    value_at,
)
from guanai.storage.database.schemas import records

__all__ = ["PushedQuery", "index_on", "is_cacheable", "push_down"]


@dataclass(frozen=True)
class PushedQuery:
    """The documents that a query need look at."""

    number: int  # of the table
    condition: Condition
    selective: bool  # likely to leave out most documents
    indexed: bool  # an index leads to them
    values: Mapping[str, Any] = field(default_factory=dict)  # for the condition's parameters
    prepared: sa.CompoundSelect[Any] | None = None

    @property
    def statement(self) -> sa.CompoundSelect[Any]:
        """Ask for the key and the text of each, in the order of the table."""
        return (
            _statement(self.number, self.condition, self.indexed) if self.prepared is None else self.prepared
        )


def push_down(query: object, number: int, indexed: frozenset[str] = frozenset()) -> PushedQuery:
    """Return how to find a query's documents in the table of that number.

    ``indexed`` names the fields on which there is an index.
    """
    match getattr(query, "_hash", None):
        case ("==", (str(name),), wanted) if name in indexed and is_indexable(wanted):
            asked = _one_value(number, name)  # by far the most frequent question
            return replace(asked, values={"wanted": wanted})
    bounds = _bounds_of(query, indexed)
    return PushedQuery(number, bounds.hit, bounds.selective, bounds.indexed)


@lru_cache(maxsize=256)
def _one_value(number: int, name: str) -> PushedQuery:
    condition = value_at((name,)) == sa.bindparam("wanted")
    return PushedQuery(number, condition, True, True, prepared=_statement(number, condition, indexed=True))


def _statement(number: int, condition: Condition, indexed: bool) -> sa.CompoundSelect[Any]:
    columns = (records.c.record_key, records.c.document)
    keys = schemas.key_range(number)
    # The number stands in the text itself, as only then an index on some rows is known to hold these.
    ours = records.c.number == sa.literal_column(str(number))
    odd = sa.select(*columns).where(ours, ~records.c.plain)
    found = sa.select(*columns).where(
        records.c.record_key.between(keys["first"], keys["last"]), records.c.plain, condition
    )
    if indexed:
        found = found.where(ours)
    return sa.union_all(odd, found).order_by("record_key")


def index_on(number: int, name: str) -> sa.Index:
    """Return the index that finds one value of a field in the table of that number."""
    # An index enters itself in its table's description, where it would be made in every new file.
    table = records.to_metadata(sa.MetaData())
    rows = table.c.number == number
    value = value_at((name,), table)
    return sa.Index(f"records_{number}_{name}", value, sqlite_where=rows, postgresql_where=rows)


def is_cacheable(query: object) -> bool:
    """Say whether a query's answer may be remembered under TinyDB's description of the query.

    The description leaves out a pattern's flags and a fragment's path, so two such questions can look alike.
    """
    cacheable = getattr(query, "is_cacheable", None)
    return (cacheable is None or cacheable()) and not _is_ambiguous(getattr(query, "_hash", ()))


def _is_ambiguous(meaning: object) -> bool:
    if isinstance(meaning, QueryInstance):  # within any and all
        return _is_ambiguous(meaning._hash)
    if isinstance(meaning, frozenset):
        return any(_is_ambiguous(part) for part in meaning)
    if not isinstance(meaning, tuple) or not meaning:
        return False
    return meaning[0] in ("matches", "search", "fragment") or (
        meaning[0] in ("and", "or", "not", "any", "all") and any(_is_ambiguous(part) for part in meaning[1:])
    )


def _bounds_of(query: object, indexed: frozenset[str]) -> QueryBounds:
    meaning = getattr(query, "_hash", None)  # TinyDB's own description of what a query asks
    if not isinstance(query, QueryInstance) or not meaning:
        return ANY
    if meaning[0] in _COMBINED:
        parts = [_bounds_of(part, indexed) for part in _parts(query, meaning[0])]
        return _COMBINED[meaning[0]](parts) if parts else ANY
    compare = COMPARISONS.get(meaning[0])
    if compare is None or not is_json_path(meaning[1]):
        return ANY
    path = meaning[1]
    bounds = compare(path, *meaning[2:])
    return replace(bounds, indexed=bounds.indexed and len(path) == 1 and path[0] in indexed)


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

    The order decides which error is raised and which is never met. TinyDB's description of a query leaves it
    out; the test that TinyDB made for the query has it. Where the two do not agree, nothing is returned.
    """
    operator, described = query._hash or (None, None)
    made_of = inspect.getclosurevars(query._test).nonlocals
    found = [made_of[name] for name in ("self", "other") if isinstance(made_of.get(name), QueryInstance)]
    meanings = [operand._hash for operand in found]
    same = meanings == [described] if operator == "not" else frozenset(meanings) == described
    return found if same else []


def _and(parts: list[QueryBounds]) -> QueryBounds:
    *before, bounds = parts
    for first in reversed(before):
        # The second is looked at only where the first says yes, so an index on the first serves its errors too.
        bounds = QueryBounds(
            yes=sa.and_(first.yes, bounds.yes),
            no=sa.or_(first.no, bounds.no),
            error=sa.or_(first.error, sa.and_(first.yes, bounds.error)),
            hit=sa.or_(first.error, sa.and_(first.yes, bounds.hit)),
            selective=first.selective or bounds.selective,
            indexed=first.error is NEVER and (first.indexed or bounds.indexed),
        )
    return bounds


def _or(parts: list[QueryBounds]) -> QueryBounds:
    *before, bounds = parts
    for first in reversed(before):
        bounds = QueryBounds(
            yes=sa.or_(first.yes, bounds.yes),
            no=sa.and_(first.no, bounds.no),
            error=sa.or_(first.error, sa.and_(first.no, bounds.error)),
            hit=sa.or_(first.hit, bounds.hit),
            selective=first.selective and bounds.selective,
            indexed=first.indexed and bounds.indexed,
        )
    return bounds


def _not(parts: list[QueryBounds]) -> QueryBounds:
    (inner,) = parts
    return QueryBounds(yes=inner.no, no=inner.yes, error=inner.error, hit=sa.or_(inner.no, inner.error))


_COMBINED: dict[str, Callable[[list[QueryBounds]], QueryBounds]] = {"and": _and, "or": _or, "not": _not}
