"""Answers that move with their question: a record's answers under other names, none lost and none overwritten.

A path is a field of a record (``phone``) or of each row of a repeat (``guardians/phone``).

>>> moved({"tel": "139", "kin": [{"who": "奶奶"}]}, {"tel": "phone", "kin/who": "kin/name"})
{'phone': '139', 'kin': [{'name': '奶奶'}]}
>>> moved({"tel": "139", "phone": "138"}, {"tel": "phone"})
{'tel': '139', 'phone': '138'}
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

__all__ = ["changed", "composed", "inverse", "moved", "renamed_path", "values_at"]

Answers = Mapping[str, Any]
Renames = Mapping[str, str]

_EMPTY: tuple[Any, ...] = (None, "", [])


def moved(record: Answers, renames: Renames) -> dict[str, Any]:
    """Return a record with each answer under its new name, in its place; one whose new name is taken stays.

    A name that others wait for is left first.

    >>> moved({"home": "甲", "phone": "乙"}, {"home": "phone", "phone": "tel"})
    {'phone': '甲', 'tel': '乙'}
    """
    answers = dict(record)
    waiting = dict(renames)
    while waiting:
        free = [old for old, new in waiting.items() if new not in waiting] or list(waiting)
        for old in free:
            answers = _moved(answers, old, waiting.pop(old))
    return answers


def _moved(record: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    if old in record:
        if record[old] in _EMPTY or record.get(new) not in _EMPTY:
            return record
        return {new if key == old else key: value for key, value in record.items() if key != new}
    repeat, _, rest = old.partition("/")
    rows = record.get(repeat)
    if rest and new.startswith(f"{repeat}/") and isinstance(rows, list):
        inner = new.removeprefix(f"{repeat}/")
        return {
            **record,
            repeat: [_moved(dict(row), rest, inner) if isinstance(row, Mapping) else row for row in rows],
        }
    return record


def values_at(record: Answers, path: str) -> Iterator[Any]:
    """Yield the answers at a path: one, none, or one of each row of a repeat."""
    if path in record:
        if record[path] not in _EMPTY:
            yield record[path]
        return
    repeat, _, rest = path.partition("/")
    rows = record.get(repeat)
    if rest and isinstance(rows, list):
        for row in rows:
            if isinstance(row, Mapping):
                yield from values_at(row, rest)


def changed(record: Answers, path: str, make: Callable[[Any], Mapping[str, Any]]) -> dict[str, Any]:
    """Return a record whose answers at a path are replaced by what ``make(answer)`` gives: fields of the same row."""
    answers: dict[str, Any] = {}
    repeat, _, rest = path.partition("/")
    for key, value in record.items():
        if key == path:
            answers |= make(value) if value not in _EMPTY else {key: value}
        elif rest and key == repeat and isinstance(value, list):
            answers[key] = [changed(row, rest, make) if isinstance(row, Mapping) else row for row in value]
        else:
            answers[key] = value
    return answers


def renamed_path(renames: Renames, path: str) -> str:
    """Return a path's new name: its own, or that of the repeat in which it stands."""
    if path in renames:
        return renames[path]
    repeat, mark, rest = path.rpartition("/")
    return f"{renamed_path(renames, repeat)}/{rest}" if mark else path


def composed(steps: Iterable[Renames]) -> dict[str, str]:
    """Return the renames of several steps as one: from every name there was to the one it has now.

    A name that came back is no old name any more.
    """
    active: dict[str, str] = {}
    for step in steps:
        active = {old: renamed_path(step, new) for old, new in active.items()} | dict(step)
        for back in step.values():
            active.pop(back, None)
    return {old: new for old, new in active.items() if old != new}


def inverse(renames: Renames) -> dict[str, str]:
    """Return the renames that take these back."""
    return {new: old for old, new in renames.items()}
