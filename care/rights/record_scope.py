"""Whose a record is: that of the child it names, else of the class, else of the one of the staff, else of who made it.

A record that names several children is whose any of them is; the others are left out of what is shown. To add or delete
one, all of them must be within reach. What ended is no longer one's own, whoever wrote it: what names a child or a class
goes with them, and not with its author.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from guanai.care.rights.reach import Reach

__all__ = ["RecordFields", "is_within", "mask_within", "names_in", "without_outside"]

Record = Mapping[str, Any]
#: The questions of a form that name records of a register, each with its kind: one, several, or rows of a repeat.
Naming = Mapping[str, str]


@dataclass(frozen=True)
class RecordFields:
    """Which questions of a register name children, classes and staff.

    ``inner`` are the questions in the rows of a repeat that name a child, by the repeat.
    """

    register: str
    children: Naming = field(default_factory=dict)
    classes: Naming = field(default_factory=dict)
    staff: Naming = field(default_factory=dict)
    inner: Mapping[str, frozenset[str]] = field(default_factory=dict)


def is_within(reach: Reach, scope: str, fields: RecordFields, record: Record, *, whole: bool = False) -> bool:
    """Whether a record is within a scope of somebody's reach; ``whole``: with all children and classes that it names."""
    if scope == "school":
        return True
    return _test(reach, scope, fields, whole=whole)(record)


def mask_within(
    reach: Reach, scope: str, fields: RecordFields, records: Iterable[Record], *, whole: bool = False
) -> list[bool]:
    """Return for each of some records whether it is within a scope."""
    if scope == "school":
        return [True for _ in records]
    return list(map(_test(reach, scope, fields, whole=whole), records))


def _test(reach: Reach, scope: str, fields: RecordFields, *, whole: bool) -> Callable[[Record], bool]:
    """Return the test of one record: what does not depend on it is looked up once."""
    children, keys = reach.children(scope) or frozenset(), reach.class_keys(scope) or frozenset()
    own = reach.children("own") or frozenset()
    staff_id, person, register, enough = reach.staff_id, reach.person, fields.register, all if whole else any
    only = next(iter(fields.children)) if list(fields.children.values()) == ["one"] else ""

    def within(record: Record) -> bool:
        if (
            register == "child"
        ):  # by the class that it names: so a new dossier has its place, and one that is moved
            return record.get("class") in keys or record.get("id") in own
        if only and is_there(record.get(only)):
            return record[only] in children
        if named := set(names_in(record, fields.children, fields.inner)):
            return enough(child in children for child in named)
        if register == "class":
            return record.get("id") in keys or record.get("name") in keys
        if named := set(names_in(record, fields.classes)):
            return enough(group in keys for group in named)
        if register == "staff":
            return bool(staff_id) and record.get("id") == staff_id
        if staff_id and any(name == staff_id for name in names_in(record, fields.staff)):
            return True
        return bool(person) and record.get("created_by") == person

    return within


def is_there(value: Any) -> bool:
    """Whether there is an answer; NaN, an empty cell of a frame, is not itself."""
    return bool(value) and bool(value == value)


def names_in(
    record: Record, naming: Naming, inner: Mapping[str, frozenset[str]] | None = None
) -> Iterator[str]:
    """Yield the ids (of classes the names) that some questions of a record name."""
    for question, kind in naming.items():
        value = record.get(question)
        if not is_there(value):
            continue
        if kind == "one":
            yield str(value)
        elif kind == "several":
            yield from (str(one) for one in (value if isinstance(value, list | tuple) else [value]))
        else:
            yield from _in_rows(value, (inner or {}).get(question, frozenset()))


def _in_rows(value: Any, questions: frozenset[str]) -> Iterator[str]:
    """Yield what some questions name in the rows of a repeat, at any depth."""
    for row in value if isinstance(value, list | tuple) else [value]:
        if isinstance(row, Mapping):
            for question, answer in row.items():
                if question in questions:
                    yield from map(
                        str, answer if isinstance(answer, list | tuple) else [answer] if answer else []
                    )
                elif isinstance(answer, list | tuple | Mapping):
                    yield from _in_rows(answer, questions)


def without_outside(fields: RecordFields, record: Record, children: frozenset[str] | None) -> dict[str, Any]:
    """Return a record without the children that are outside: None reaches all of them."""
    shown = dict(record)
    if children is None or fields.register == "child":
        return shown
    for question, kind in fields.children.items():
        value = shown.get(question)
        if not is_there(value):
            continue
        if kind == "one":
            if value not in children:
                shown[question] = None
        elif kind == "several":
            shown[question] = [
                one for one in (value if isinstance(value, list | tuple) else [value]) if one in children
            ]
        else:
            rows: Sequence[Any] = value if isinstance(value, list | tuple) else [value]
            inner = fields.inner.get(question, frozenset())
            shown[question] = [row for row in rows if children.issuperset(_in_rows(row, inner))]
    return shown
