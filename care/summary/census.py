"""How many children are in care, by class, grade, sex and guardian, and out of how many pupils (R5, F1, F7)."""

from collections.abc import Mapping

import pandas as pd

from guanai.care.children.eligibility import Criterion
from guanai.care.duties.record_rules import class_names
from guanai.care.figures import Figure
from guanai.care.frames import as_strings, normalized_frame
from guanai.care.policy.conditions import names_by_spelling
from guanai.templates.wording import say

__all__ = ["breakdown", "by_class", "by_grade", "headcount"]


def headcount(children: pd.DataFrame, frames: Mapping[str, pd.DataFrame], criterion: Criterion) -> Figure:
    """Return the left-behind children as a share of all pupils, the definition stated (F7: 277 of 1,349).

    The pupils are the sum of those that the classes state; without any there is no share.
    """
    pupils = int(_numbers(normalized_frame(frames, "class")["pupils"]).sum())
    ids = tuple(as_strings(children["id"]))
    basis = say("basis.children", definition=criterion.clause)
    share = len(ids) / pupils if pupils else None
    return Figure("children", say("figure.children"), len(ids), pupils or None, share, ids=ids, basis=basis)


def breakdown(children: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the children by the value of a select question: the value, ``label``, ``children``, ``share``.

    Every value that the catalogue knows has a row, others follow, and "" (not stated) if there are
    any, so that the rows sum to the children (requirements 7.16).
    """
    values = as_strings(children[column])
    usual = list(dict.fromkeys(names_by_spelling(f"choice.{column}").values()))
    others = sorted(set(values) - set(usual))
    numbers = values.value_counts().reindex([*usual, *others], fill_value=0).astype("int64")
    labels = [
        say(f"choice.{column}.{value}") if value in usual else value or say("choice.unstated")
        for value in numbers.index
    ]
    return pd.DataFrame(
        {
            column: pd.Series(numbers.index, dtype=object),
            "label": pd.Series(labels, dtype=object),
            "children": numbers.to_numpy(),
            "share": _shares(numbers.reset_index(drop=True), len(values)),
        }
    )


def by_class(children: pd.DataFrame, frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the children by class: ``class``, ``grade``, ``children``, ``pupils``, ``share`` of the pupils.

    In the order of the grades; a class that has no record of its own follows, without grade and pupils.
    """
    classes = normalized_frame(frames, "class")
    names = class_names(frames)
    values = as_strings(children["class"]).map(lambda name: names.get(name, name)).astype(object)
    rows = pd.DataFrame(
        {
            "class": as_strings(classes["name"]).astype(object),
            "grade": pd.to_numeric(classes["grade"], errors="coerce").astype("Int64"),
            "pupils": _numbers(classes["pupils"]),
        }
    ).sort_values(["grade", "class"], kind="stable")
    others = pd.DataFrame({"class": sorted(set(values) - set(rows["class"])), "pupils": 0})
    rows = pd.concat([rows, others], ignore_index=True) if len(others) else rows.reset_index(drop=True)
    numbers = rows["class"].map(values.value_counts()).fillna(0).astype("int64")
    table = rows.assign(children=numbers, share=_ratio(numbers, rows["pupils"]))
    return table[["class", "grade", "children", "pupils", "share"]]


def by_grade(table: pd.DataFrame) -> pd.DataFrame:
    """Return `by_class` summed over the grades: ``grade``, ``children``, ``pupils``, ``share``."""
    sums = table.groupby("grade", dropna=False, as_index=False)[["children", "pupils"]].sum()
    return sums.assign(share=_ratio(sums["children"], sums["pupils"]))


def _numbers(values: "pd.Series[int]") -> "pd.Series[int]":
    return pd.to_numeric(values, errors="coerce").fillna(0).astype("int64")


def _shares(numbers: "pd.Series[int]", whole: int) -> "pd.Series[float]":
    return _ratio(numbers, pd.Series(whole, index=numbers.index))


def _ratio(above: "pd.Series[int]", below: "pd.Series[int]") -> "pd.Series[float]":
    """Return quotients, None where there is nothing to divide by."""
    pairs = zip(above, below, strict=True)
    return pd.Series(
        [number / whole if whole else None for number, whole in pairs], index=above.index, dtype=object
    )
