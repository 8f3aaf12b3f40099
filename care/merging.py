"""Two sets of answers about one child made one, with nothing thrown away that the other does not have."""

from collections.abc import Collection, Mapping
from typing import Any

__all__ = ["combined", "reverted", "with_reference"]

Answers = Mapping[str, Any]


def combined(kept: Answers, other: Answers, *, newer: Collection[str] = ()) -> dict[str, Any]:
    """Return the kept answers, filled where they are empty; those in ``newer`` are the other's where it has them.

    A repeat keeps all its rows: the other's row with the same first answer completes one, any other is added; of
    several choices all stay.

    >>> combined({"name": "林小雨", "village": "东村"}, {"name": "林晓雨", "phone": "1"}, newer=["name"])
    {'name': '林晓雨', 'village': '东村', 'phone': '1'}
    """
    result = dict(kept)
    for key, value in other.items():
        if value in (None, "", []):
            continue
        mine = result.get(key)
        if isinstance(mine, list) and isinstance(value, list):
            result[key] = _joined(mine, value, newer=key in newer)
        elif mine in (None, "", []) or key in newer:
            result[key] = value
    return result


def _joined(mine: list[Any], theirs: list[Any], *, newer: bool) -> list[Any]:
    rows = list(mine)
    for row in theirs:
        if not isinstance(row, Mapping):
            if row not in rows:
                rows.append(row)
            continue
        first = next(iter(row.values()), None)
        same = next(
            (place for place, one in enumerate(rows) if first in list(one.values())[:1]),
            None,
        )
        if same is None:
            rows.append(dict(row))
        else:
            rows[same] = combined(rows[same], row, newer=list(row) if newer else ())
    return rows


def with_reference(value: Any, old: str, new: str) -> Any:
    """Return a record, or a part of one, with every mention of one id as another; a list names nobody twice.

    >>> with_reference({"child": "b", "present": ["a", "b"], "note": "b c"}, "b", "a")
    {'child': 'a', 'present': ['a'], 'note': 'b c'}
    """
    if isinstance(value, Mapping):
        return {key: with_reference(inner, old, new) for key, inner in value.items()}
    if isinstance(value, list):
        changed = [with_reference(inner, old, new) for inner in value]
        return (
            [one for place, one in enumerate(changed) if one not in changed[:place]]
            if old in value
            else changed
        )
    return new if value == old else value


def reverted(now: Answers, before: Answers, after: Answers) -> dict[str, Any]:
    """Return a record without one earlier change of it: what was changed again since then stays.

    ``before`` and ``after`` are the record around that change.

    >>> reverted({"child": "a", "note": "later"}, {"child": "b"}, {"child": "a"})
    {'child': 'b', 'note': 'later'}
    """
    result = dict(now)
    absent = object()
    for key in {**before, **after}:
        old, new = before.get(key, absent), after.get(key, absent)
        if old == new or result.get(key, absent) != new:
            continue
        if old is absent:
            result.pop(key, None)
        else:
            result[key] = old
    return result
