"""Numbers that name nobody: of a summary for who may count but not see, what could point at single children is left out.

A number from 1 to 4 is left out; where it could be worked out from its column's sum, the next smallest of the column is too.
What is told class by class is no total and is left out whole. Reference: requirements 3, rule 1 (small counts suppressed).
"""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from guanai.care.figures import Figure
from guanai.care.summary.term_summary import Summary

__all__ = ["FEWEST", "only_totals"]

#: Fewer than so many are not told.
FEWEST = 5
#: Tables that go class by class, or record by record.
NO_TOTALS = ("by_class", "visits_by_class", "problems_by_class", "duties_by_class", "follow_ups")
#: The column of numbers by which the numbers beside it stand in a row of a table, by the table.
KEYS: Mapping[str, str] = {"by_guardian_type": "guardian_type"}


def only_totals(summary: Summary) -> Summary:
    """Return a summary without ids, without what goes class by class, and without small numbers (None, NA)."""
    tables = {
        name: table.iloc[:0] if name in NO_TOTALS else _without_few(table)
        for name, table in summary.tables.items()
    }
    guardians = tables.get("by_guardian_type", pd.DataFrame(columns=["guardian_type", "children"]))
    untold = set(guardians.loc[guardians["children"].isna(), "guardian_type"])
    figures = []
    for figure in summary.figures:
        few = _is_few(figure.numerator) or _is_few((figure.denominator or 0) - (figure.numerator or 0))
        few |= figure.key.removeprefix("guardian_") in untold and figure.key.startswith("guardian_")
        figures.append(_untold(figure) if few else replace(figure, ids=(), missing=()))
    return replace(summary, figures=tuple(figures), tables=tables)


def _is_few(number: object) -> bool:
    return isinstance(number, int) and 0 < number < FEWEST


def _untold(figure: Figure) -> Figure:
    return replace(figure, numerator=None, share=None, met=None, ids=(), missing=())


def _without_few(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its small numbers, and the shares in their rows, left out."""
    numbers = [
        name
        for name in table.columns
        if pd.api.types.is_integer_dtype(table[name]) and name not in ("grade", "pupils")
    ]
    few = pd.DataFrame({name: _few_in(table[name].astype("Int64")) for name in numbers}, index=table.index)
    shown = table.assign(**{name: table[name].astype("Int64").mask(few[name]) for name in numbers})
    if "share" in shown and numbers:
        shown["share"] = shown["share"].mask(few.any(axis=1))
    return shown


def _few_in(column: "pd.Series[int]") -> "pd.Series[bool]":
    few = column.between(1, FEWEST - 1).fillna(False).astype(bool)
    if few.sum() == 1:  # what is left over of the sum would tell it
        others = column[~few & (column > 0)]
        if len(others):
            few = few | (column.index == others.idxmin())
    return few
