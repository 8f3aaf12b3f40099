"""Which records count at all: those with a day, and a mode where the register has one.

Requirements 7.14: a visit with no date or mode does not count.
"""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from guanai.care.frames import moment, register

__all__ = ["MODED", "dated"]

MODED = frozenset({"home_visit"})  # registers in which a record without a mode is not evidence


def dated(frames: Mapping[str, pd.DataFrame], name: str, first: date, last: date) -> pd.DataFrame:
    """Return a register's records of some days, both included, that count at all."""
    records = register(frames, name)
    kept = records["date"].between(moment(first), moment(last)) & records["child"].notna()
    if name in MODED:
        kept &= records["mode"].notna() & (records["mode"] != "")
    return records[kept]
