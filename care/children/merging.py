"""Merge two sets of answers about one child, without losing what only one of them has."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = [
    "Conflict",
    "combine",
    "flatten",
    "merge_three_way",
    "replace_reference",
    "revert_change",
    "unflatten",
]

Answers = Mapping[str, Any]


def combine(answers: Answers, other: Answers, *, newer: Collection[str] = ()) -> dict[str, Any]:
    """Return answers, filled from others where they are empty; those in ``newer`` are replaced where the other has them.

    A repeat keeps all its rows: the other's row with the same first answer completes one, any other is added; of
    several choices all stay.

    >>> combine({"name": "林小雨", "village": "东村"}, {"name": "林晓雨", "phone": "1"}, newer=["name"])
    {'name': '林晓雨', 'village': '东村', 'phone': '1'}
    """
    combined = dict(answers)
    for key, value in other.items():
        if value in (None, "", []):
            continue
        own = combined.get(key)
        if isinstance(own, list) and isinstance(value, list):
            combined[key] = _joined(own, value, newer=key in newer)
        elif own in (None, "", []) or key in newer:
            combined[key] = value
    return combined


def _joined(own: list[Any], other: list[Any], *, newer: bool) -> list[Any]:
    rows = list(own)
    for row in other:
        if not isinstance(row, Mapping):
            if row not in rows:
                rows.append(row)
            continue
        first = next(iter(row.values()), None)
        same = next(
            (position for position, own_row in enumerate(rows) if first in list(own_row.values())[:1]),
            None,
        )
        if same is None:
            rows.append(dict(row))
        else:
            rows[same] = combine(rows[same], row, newer=list(row) if newer else ())
    return rows


def replace_reference(value: Any, old: str, new: str) -> Any:
    """Return a record, or a part of one, with every mention of one id as another; a list names nobody twice.

    >>> replace_reference({"child": "b", "present": ["a", "b"], "note": "b c"}, "b", "a")
    {'child': 'a', 'present': ['a'], 'note': 'b c'}
    """
    if isinstance(value, Mapping):
        return {key: replace_reference(inner, old, new) for key, inner in value.items()}
    if isinstance(value, list):
        changed = [replace_reference(inner, old, new) for inner in value]
        return (
            [item for position, item in enumerate(changed) if item not in changed[:position]]
            if old in value
            else changed
        )
    return new if value == old else value


def revert_change(now: Answers, before: Answers, after: Answers) -> dict[str, Any]:
    """Return a record without one earlier change of it: what was changed again since then stays.

    ``before`` and ``after`` are the record around that change.

    >>> revert_change({"child": "a", "note": "later"}, {"child": "b"}, {"child": "a"})
    {'child': 'b', 'note': 'later'}
    """
    reverted = dict(now)
    absent = object()
    for key in {**before, **after}:
        old, new = before.get(key, absent), after.get(key, absent)
        if old == new or reverted.get(key, absent) != new:
            continue
        if old is absent:
            reverted.pop(key, None)
        else:
            reverted[key] = old
    return reverted


@dataclass(frozen=True)
class Conflict:
    """One answer that two people changed to different ones: where, as it was, as the one and the other has it."""

    path: str
    base: Any
    mine: Any
    theirs: Any


def flatten(answers: Answers) -> dict[str, Any]:
    """Return answers by path, the rows of a repeat one by one; empty answers left out.

    >>> flatten({"name": "林小雨", "guardians": [{"name": "林大山"}, {"name": ""}]})
    {'name': '林小雨', 'guardians/0/name': '林大山'}
    """
    by_path: dict[str, Any] = {}
    for key, value in answers.items():
        if isinstance(value, list) and any(isinstance(row, Mapping) for row in value):
            for position, row in enumerate(value):
                by_path |= {f"{key}/{position}/{inner}": answer for inner, answer in flatten(row).items()}
        elif value not in (None, "", []):
            by_path[key] = value
    return by_path


def unflatten(paths: Answers) -> dict[str, Any]:
    """Return answers by key from answers by path; empty rows of a repeat are removed.

    >>> unflatten({"name": "林小雨", "guardians/0/name": "林大山", "guardians/2/name": "周桂香"})
    {'name': '林小雨', 'guardians': [{'name': '林大山'}, {'name': '周桂香'}]}
    """
    answers: dict[str, Any] = {}
    repeats: dict[str, dict[int, dict[str, Any]]] = {}
    for path, value in paths.items():
        key, _, rest = path.partition("/")
        position, _, inner = rest.partition("/")
        if not inner:
            answers[path] = value
            continue
        answers.setdefault(key, [])  # in the order of its first answer
        repeats.setdefault(key, {}).setdefault(int(position), {})[inner] = value
    for key, rows in repeats.items():
        answers[key] = [unflatten(rows[position]) for position in sorted(rows)]
    return answers


def merge_three_way(
    base: Answers, mine: Answers, theirs: Answers, keys: Iterable[str]
) -> tuple[dict[str, Any], list[Conflict]]:
    """Return two changed copies of one base merged, and where both changed the same answer differently.

    Answer by answer: what only one changed is as that one has it; where both did, it stays as in ``theirs`` and is a
    `Conflict`. ``keys`` are those that ``mine`` can have. A repeat is looked at row by row while all three have as
    many rows, else as a whole.

    >>> merge_three_way({"a": 1, "b": 1, "c": 1}, {"a": 2, "b": 1, "c": 2}, {"a": 1, "b": 3, "c": 3}, "abc")
    ({'a': 2, 'b': 3, 'c': 3}, [Conflict(path='c', base=1, mine=2, theirs=3)])
    """
    merged, conflicts = dict(theirs), []
    for key in keys:
        old, new, now = base.get(key), mine.get(key), theirs.get(key)
        if _is_repeat(old) and _is_repeat(new) and _is_repeat(now) and len(old) == len(new) == len(now):  # type: ignore[arg-type]
            rows = []
            for position, (old_row, new_row, row_now) in enumerate(zip(old, new, now, strict=True)):  # type: ignore[arg-type]
                row, inner = merge_three_way(
                    old_row, new_row, row_now, dict.fromkeys([*old_row, *new_row, *row_now])
                )
                rows.append(row)
                conflicts += [
                    Conflict(
                        f"{key}/{position}/{conflict.path}", conflict.base, conflict.mine, conflict.theirs
                    )
                    for conflict in inner
                ]
            merged[key] = rows
        elif _same(new, old) or _same(new, now):
            continue
        elif _same(now, old):
            merged[key] = new
        else:
            conflicts.append(Conflict(key, old, new, now))
    return {key: value for key, value in merged.items() if value not in (None, "", [])}, conflicts


def _is_repeat(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) for row in value)


def _same(value: Any, other: Any) -> bool:
    return value == other or (value in (None, "", []) and other in (None, "", []))
