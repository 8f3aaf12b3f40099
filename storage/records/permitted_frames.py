"""Frames as one person may see them: rows outside are left out, hidden answers empty, numbers and masked answers masked."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from guanai.care.rights.masking import is_number_question, mask
from guanai.care.rights.record_scope import without_outside
from guanai.storage.records.access import Cover
from guanai.storage.records.masked_numbers import with_masked_numbers

__all__ = ["permitted_changes", "permitted_frame"]

CHILD = "child"
#: Beside the child of a record: its name and class, from its dossier.
BESIDE_CHILD = ("child_name", "class")


def permitted_frame(
    frame: pd.DataFrame, covers: Sequence[Cover | None], columns: Mapping[str, str], *, numbers: bool = False
) -> pd.DataFrame:
    """Return the rows of a register's frame that have a cover, each with what its cover leaves.

    ``columns`` are the form's questions and their kinds. Without ``numbers`` identity and telephone numbers are masked.
    """
    inside = [cover is not None for cover in covers]
    shown = frame if all(inside) else frame[inside].reset_index(drop=True)
    left = [cover for cover in covers if cover is not None]
    changed: dict[str, pd.Series[Any]] = {}
    for cover in dict.fromkeys(left):
        rows = [place for place, other in enumerate(left) if other is cover]
        if not cover.whole:
            for name in [*cover.hidden, *([] if CHILD not in cover.hidden else BESIDE_CHILD)]:
                if name in shown and name not in ("id",):
                    changed[name] = _emptied(changed.get(name, shown[name]), rows)
            for name in cover.masked & set(shown.columns):
                changed[name] = _mapped(changed.get(name, shown[name]), rows, mask)
        if cover.children is not None and cover.fields.register != CHILD and cover.fields.children:
            _leave_out_children(shown, changed, cover, rows)
    shown = shown.assign(**changed) if changed else shown
    return shown if numbers else with_masked_numbers(shown, columns)


def permitted_changes(
    register: pd.DataFrame, covers: Mapping[str, Cover | None], *, numbers: bool = False
) -> pd.DataFrame:
    """Return the rows of 变动 about children who have a cover, without those of hidden questions; masked as the dossiers are."""
    keep, before, after = [], [], []
    columns = (register[name].tolist() for name in ("child", "field", "before", "after"))
    for child, field, old, new in zip(*columns, strict=True):
        cover = covers.get(child)
        shows = cover is not None and (cover.whole or field not in cover.hidden)
        covered = cover is not None and not cover.whole and field in cover.masked
        number = not numbers and is_number_question(str(field))
        keep.append(shows)
        before.append(mask(old) if covered or number else old)
        after.append(mask(new) if covered or number else new)
    shown = register.assign(
        before=pd.Series(before, index=register.index, dtype=object),
        after=pd.Series(after, index=register.index, dtype=object),
    )
    return shown[pd.Series(keep, index=register.index, dtype=bool)].reset_index(drop=True)


def _leave_out_children(
    shown: pd.DataFrame, changed: "dict[str, pd.Series[Any]]", cover: Cover, rows: Collection[int]
) -> None:
    names = [name for name in cover.fields.children if name in shown]
    columns = {name: changed.get(name, shown[name]).copy() for name in names}
    emptied = []
    for place in rows:
        before = {name: columns[name].iat[place] for name in names}
        after = without_outside(cover.fields, before, cover.children)
        for name in names:
            if after[name] is not before[name] and after[name] != before[name]:
                columns[name].iat[place] = after[name]
                if name == CHILD:
                    emptied.append(place)
    changed |= columns
    for name in BESIDE_CHILD if emptied else ():
        if name in shown:
            changed[name] = _emptied(changed.get(name, shown[name]), emptied)


def _emptied(column: "pd.Series[Any]", rows: Sequence[int]) -> "pd.Series[Any]":
    """Return a column without the answers of some rows."""
    if column.dtype != object:
        empty = column.copy()
        empty.iloc[list(rows)] = pd.NaT if column.dtype.kind == "M" else None
        return empty
    return _mapped(column, rows, lambda _: None)


def _mapped(column: "pd.Series[Any]", rows: Collection[int], change: Any) -> "pd.Series[Any]":
    values = column.tolist()
    for place in rows:
        values[place] = change(values[place])
    return pd.Series(values, index=column.index, dtype=object)
