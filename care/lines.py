"""The lines of a checklist as the kinds of duties make them, before names and order are put to them."""

from typing import Any

import numpy as np
import pandas as pd

from guanai.care.facts import Found, Numbers, Objects, Truths
from guanai.care.frames import objects

__all__ = ["as_days", "counted_lists", "lines", "no_lines"]

# What a kind says of each line: the subject's place, from when and until when (the days of grace apart), how
# many are needed and there are, whether that is enough, and in words which period and why.
KINDS_OF = {
    "code": "int64", "since": "datetime64[ns]", "due": "datetime64[ns]", "need": "int64", "have": "int64",
    "fine": "bool", "period": "object", "why": "object", "counted": "object",
}  # fmt: skip


def lines(**columns: Any) -> pd.DataFrame:
    """Return lines of the columns in `KINDS_OF`; ``since`` and ``due`` as numbers of days or as moments."""
    made = {}
    for name, kind in KINDS_OF.items():
        values = columns[name]
        if kind == "object":
            values = objects(values, pd.RangeIndex(len(values))).to_numpy()
        elif kind.startswith("datetime64") and np.asarray(values).dtype.kind == "i":
            values = as_days(values)
        made[name] = pd.Series(values).astype(kind)
    return pd.DataFrame(made)


def no_lines() -> pd.DataFrame:
    """Return no lines, with the columns that all lines have."""
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in KINDS_OF.items()})


def as_days(numbers: Numbers) -> np.ndarray[Any, np.dtype[np.datetime64]]:
    """Return numbers of days as the frames hold days; the least number is no day."""
    return numbers.astype("datetime64[D]").astype("datetime64[ns]")


def counted_lists(places: Numbers, found: Found, count: int) -> list[list[str]]:
    """Return for each of ``count`` lines the ids of the records at its place, oldest first and then by id.

    ``places`` gives the line of each record, -1 for none.
    """
    lists: list[list[str]] = [[] for _ in range(count)]
    kept = np.flatnonzero(places >= 0)
    if not len(kept):
        return lists
    order = kept[np.lexsort((ranks(found.ids[kept]), found.days[kept], places[kept]))]
    ids, sorted_places = found.ids[order].tolist(), places[order]
    starts = np.flatnonzero(np.append(True, sorted_places[1:] != sorted_places[:-1]))
    ends = np.append(starts[1:], len(order))
    for place, start, end in zip(sorted_places[starts].tolist(), starts.tolist(), ends.tolist(), strict=True):
        lists[place] = ids[start:end]
    return lists


def ranks(ids: Objects) -> Numbers:
    """Return the place of each id in their order as texts."""
    return pd.factorize(ids, sort=True)[0].astype(np.int64)


def distinct(*columns: Numbers | Truths) -> tuple[list[tuple[int, ...]], Numbers]:
    """Return the different rows of some columns of numbers, and for each row which of them it is."""
    if not len(columns[0]):
        return [], np.empty(0, dtype=np.int64)
    frame = pd.DataFrame(dict(enumerate(columns)))
    codes = frame.groupby(list(frame.columns), sort=False).ngroup().to_numpy(np.int64)
    firsts = np.zeros(codes.max() + 1, dtype=np.int64)
    firsts[codes[::-1]] = np.arange(len(codes))[::-1]
    return [tuple(map(int, row)) for row in frame.to_numpy()[firsts]], codes
