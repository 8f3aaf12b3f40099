"""Which fields of a child's dossier are still empty (requirements 7.3, R1-R4).

A field is named as in the form; ``guardians.phone`` is met when one guardian has a telephone number, and
``father_phone/mother_phone`` when one of the two is filled. No field is required of a parent who is
deceased or lost, and a place of work only of one who is away.
"""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from guanai.care.frames import as_strings, is_empty, map_distinct
from guanai.templates.wording import catalogue, say

__all__ = ["field_label", "is_filled", "missing_fields"]

ABSENT = ["deceased", "lost"]
AWAY_ONLY = ("work_place", "employer")


def missing_fields(children: pd.DataFrame, fields: Iterable[str]) -> "pd.Series[list[str]]":
    """Return for each child (by the frame's index) the list of the fields that are still empty."""
    wanted = list(fields)
    empty = {field: (~_met(children, field)).to_list() for field in wanted}
    lists = [[field for field in wanted if empty[field][position]] for position in range(len(children))]
    return pd.Series(lists, index=children.index, dtype=object)


def field_label(field: str) -> str:
    """Return the words for a field or for several of which one is enough; the bare name if it has none."""
    words = catalogue()
    labels = [say(f"question.{name}") if f"question.{name}" in words else name for name in field.split("/")]
    return say("policy.or").join(labels)


def _met(children: pd.DataFrame, field: str) -> "pd.Series[bool]":
    """Say where one of the alternatives is filled, or where none of them is required."""
    met = pd.Series(False, index=children.index)
    required = pd.Series(False, index=children.index)
    for name in field.split("/"):
        applies = _applies(children, name)
        met |= applies & is_filled(children, name)
        required |= applies
    return met | ~required


def _applies(children: pd.DataFrame, name: str) -> "pd.Series[bool]":
    parent, _, rest = name.partition("_")
    if parent not in ("father", "mother") or rest == "status":
        return pd.Series(True, index=children.index)
    status = as_strings(children[f"{parent}_status"])
    return status == "away" if rest in AWAY_ONLY else ~status.isin(ABSENT)


def is_filled(records: pd.DataFrame, name: str) -> "pd.Series[bool]":
    """Say where a field (``guardians.phone``: that of one of a list of rows) is filled in."""
    column, _, part = name.partition(".")
    if column not in records.columns:
        return pd.Series(False, index=records.index)
    return map_distinct(records[column], lambda value: _holds_something(value, part))


def _holds_something(value: Any, part: str) -> bool:
    if isinstance(value, list):
        return any(bool(row.get(part)) if part and isinstance(row, dict) else bool(row) for row in value)
    return not part and not is_empty(value)
