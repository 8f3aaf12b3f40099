"""Rules about single registers: which records can count, which pairings run on a day, the name of a class.

A record counts if it has a day, and a mode where the register has one (requirements 7.14: a visit with no date
or mode does not count).
"""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from guanai.care.frames import as_strings, normalized_frame, timestamp

__all__ = ["MODE_REQUIRED", "agreed_pairings", "class_names", "countable_records", "current_pairings"]

MODE_REQUIRED = frozenset({"home_visit"})  # registers in which a record without a mode is not evidence


def countable_records(frames: Mapping[str, pd.DataFrame], name: str, first: date, last: date) -> pd.DataFrame:
    """Return a register's records of some days, both included, that count at all."""
    records = normalized_frame(frames, name)
    counts = records["date"].between(timestamp(first), timestamp(last)) & records["child"].notna()
    if name in MODE_REQUIRED:
        counts &= records["mode"].notna() & (records["mode"] != "")
    return records[counts]


def current_pairings(pairings: pd.DataFrame, on: date) -> pd.DataFrame:
    """Return the pairings with a helper that run on a day, its first and last day included.

    A pairing without a start does not run: its beginning has not been agreed yet.
    """
    day = timestamp(on)
    return pairings[
        (pairings["role"] == "helper")
        & pairings["helper"].notna()
        & (pairings["start"] <= day)
        & (pairings["end"].isna() | (day <= pairings["end"]))
    ]


def agreed_pairings(pairings: pd.DataFrame, on: date) -> pd.DataFrame:
    """Return the pairings with a helper that hold from a day on, as far as it is agreed.

    If a child has pairings that begin later: those that run once the last of them has begun. Else: those that run on
    the day. So a child whose helper begins next week has a helper, and after a handover next week it is the next one.
    """
    day = timestamp(on)
    not_ended = pairings[
        (pairings["role"] == "helper")
        & pairings["helper"].notna()
        & pairings["start"].notna()
        & (pairings["end"].isna() | (day <= pairings["end"]))
    ]
    starts = not_ended["start"].where(not_ended["start"] > day)
    then = starts.groupby(not_ended["child"]).transform("max").fillna(day)
    return not_ended[(not_ended["start"] <= then) & (not_ended["end"].isna() | (then <= not_ended["end"]))]


def class_names(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return the name of each class by its id and by its name: a child's dossier may hold either."""
    classes = normalized_frame(frames, "class")
    names = as_strings(classes["name"])
    return dict(zip(names, names, strict=True)) | dict(zip(as_strings(classes["id"]), names, strict=True))
