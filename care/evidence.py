"""Which records count: those with a day (and a mode, where the register has one), by the right person.

Requirements 7.14: a visit with no date or mode does not count.
"""

from collections.abc import Iterable, Mapping
from datetime import date

import pandas as pd

from guanai.care.conditions import Clause, holds
from guanai.care.frames import PEOPLE, as_list, moment, objects, register
from guanai.care.people import carers

__all__ = ["authors", "dated", "evidence"]

MODED = frozenset({"home_visit"})  # registers in which a record without a mode is not evidence


def dated(frames: Mapping[str, pd.DataFrame], name: str, first: date, last: date) -> pd.DataFrame:
    """Return a register's records of some days, both included, that count at all."""
    records = register(frames, name)
    kept = records["date"].between(moment(first), moment(last)) & records["child"].notna()
    if name in MODED:
        kept &= records["mode"].notna() & (records["mode"] != "")
    return records[kept]


def authors(records: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return who made each record: ``id``, ``child``, ``date``, ``staff``, one row per person."""
    people = PEOPLE.get(name, "by")
    if people == "by":
        return records[["id", "child", "date", "by"]].rename(columns={"by": "staff"}).dropna(subset="staff")
    lists = objects(map(as_list, records[people]), records.index)
    return records[["id", "child", "date"]].assign(staff=lists).explode("staff").dropna(subset="staff")


def evidence(
    frames: Mapping[str, pd.DataFrame],
    children: pd.DataFrame,
    names: Iterable[str],
    first: date,
    last: date,
    condition: Iterable[Clause] = (),
    by: str = "",
) -> pd.DataFrame:
    """Return the records that count for a duty: ``id``, ``child``, ``date``, oldest first.

    Of the registers in ``names``, dated from the first to the last day, meeting the condition; with
    ``by`` (helper, homeroom) only those of whom the child's own made, on the day of the record.
    """
    clauses = tuple(condition)
    found = []
    for name in names:
        records = dated(frames, name, first, last)
        records = records[holds(clauses, records)]
        if by:
            mine = authors(records, name).merge(carers(frames, children, by), on=["child", "staff"])
            mine = mine[(mine["start"] <= mine["date"]) & (mine["date"] <= mine["end"])]
            records = records[records["id"].isin(mine["id"])]
        found.append(records[["id", "child", "date"]])
    return pd.concat(found, ignore_index=True).sort_values(["date", "id"], kind="stable", ignore_index=True)
