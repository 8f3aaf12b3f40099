"""Everything about one child in the registers: the records that name it, in any of their questions."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from guanai.storage.forms.xlsform.definitions import Form
from guanai.storage.forms.xlsform.items import Question, Repeat
from guanai.storage.records.records import Record, Records

__all__ = [
    "CLOSING",
    "DATED",
    "day_of",
    "naming_fields",
    "naming_inside",
    "open_records",
    "records_naming",
    "without_other_children",
]

#: Questions whose answer says that a matter is settled; a record that leaves it empty is open (R27: 问题台账).
CLOSING = ("closed_on", "answered_on", "returned_on")
#: The questions that say on which day a record was, the first that is answered.
DATED = ("date", "start")


def naming_fields(form: Form, register: str = "child") -> dict[str, str]:
    """Return the fields of a form that name a record of a register, each with its kind: one, several or rows.

    A question names one where its choices are the records of the register; a repeat where a question in it does.
    """
    fields: dict[str, str] = {}
    for item in form.walk():
        if isinstance(item, Repeat):
            if item.key in form.columns and any(_names(inner, register) for inner in _inside(item)):
                fields[item.key] = "rows"
        elif _names(item, register) and item.key in form.columns and fields.get(item.key) != "rows":
            kind = form.columns[item.key]
            fields.setdefault(item.key, "several" if kind == "select_multiple" else "one")
    return fields


def naming_inside(form: Form, repeat: str, register: str = "child") -> frozenset[str]:
    """Return the questions in the rows of a repeat that name a record of a register."""
    repeats = (item for item in form.walk() if isinstance(item, Repeat) and item.key == repeat)
    return frozenset(inner.key for item in repeats for inner in _inside(item) if _names(inner, register))


def _names(item: Any, register: str) -> bool:
    return isinstance(item, Question) and item.choices is not None and item.choices.instance == register


def _inside(item: Any) -> Iterator[Any]:
    for inner in item.items:
        yield inner
        if hasattr(inner, "items"):
            yield from _inside(inner)


def records_naming(records: Records, record_id: str, register: str = "child") -> dict[str, list[Record]]:
    """Return by form the records that name a child (or a record of another register); also forms of which no record does."""
    naming: dict[str, list[Record]] = {}
    for name, form in records.all_forms().items():
        fields = naming_fields(form, register)
        if not fields or name == register:
            continue
        if set(fields.values()) == {"one"} and len(fields) == 1:
            naming[name] = records.search(name, next(iter(fields)), record_id)
        else:
            naming[name] = [
                record for record in records.documents(name) if _mentions(record, fields, record_id)
            ]
    return naming


def without_other_children(form: Form, record: Mapping[str, Any], child_id: str) -> Record:
    """Return a record about several children as it is about one of them: the others, and their rows, are left out."""
    alone = dict(record)
    for field, kind in naming_fields(form).items():
        value = alone.get(field)
        if kind == "one":
            alone[field] = value if value == child_id else None
        elif kind == "several":
            alone[field] = None
        elif isinstance(value, list):
            inner = naming_inside(form, field)
            alone[field] = [row for row in value if {row.get(name) for name in inner} <= {child_id, None, ""}]
    return alone


def _mentions(record: Mapping[str, Any], fields: Iterable[str], record_id: str) -> bool:
    return any(_holds(record.get(field), record_id) for field in fields)


def _holds(value: Any, record_id: str) -> bool:
    if isinstance(value, Mapping):
        return any(_holds(inner, record_id) for inner in value.values())
    if isinstance(value, list | tuple):
        return any(_holds(inner, record_id) for inner in value)
    return bool(value == record_id)


def open_records(
    forms: Mapping[str, Form], records: Mapping[str, Iterable[Record]]
) -> list[tuple[str, Record]]:
    """Return the records of matters that nobody has settled yet, as form and record, the oldest first."""
    unsettled = []
    for name, rows in records.items():
        closing = next((field for field in CLOSING if field in forms[name].columns), None)
        unsettled += [(name, row) for row in rows if closing and not row.get(closing)]
    return sorted(unsettled, key=lambda matter: day_of(matter[1]))


def day_of(record: Mapping[str, Any]) -> str:
    """Return the day that a record is about, as ISO text; that on which it was made where it has none."""
    for field in DATED:
        if isinstance(record.get(field), str):
            return str(record[field])[:10]
    return str(record.get("created_at") or "")[:10]
