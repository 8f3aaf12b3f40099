"""Due lines in the form that each kind of duty returns: columns of numbers and texts, without names and order."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from guanai.care.duties.context import MatchedRecords, Numbers, Objects

__all__ = [
    "DutyLines",
    "as_dates",
    "counted_ids",
    "distinct_rows",
    "duty_lines",
    "garbage_collection_paused",
    "no_lines",
    "order_by",
    "texts_by_row",
]

# The columns of a line: the subject's position, from when and until when (without the days of grace), how many
# are needed and how many there are, whether that is enough, the period and the reason in words, the ids counted.
DTYPES = {
    "code": "int64", "since": "datetime64[ns]", "due": "datetime64[ns]", "need": "int64", "have": "int64",
    "met": "bool", "period": "object", "why": "object", "counted": "object",
}  # fmt: skip
DutyLines = dict[str, np.ndarray[Any, np.dtype[Any]]]


def duty_lines(**columns: Any) -> DutyLines:
    """Return lines of the columns in `DTYPES`; ``since`` and ``due`` as numbers of days or as moments."""
    arrays = {}
    for name, kind in DTYPES.items():
        values = columns[name]
        if kind == "object":
            arrays[name] = np.empty(len(values), dtype=object)
            arrays[name][:] = values
        elif kind.startswith("datetime64") and np.asarray(values).dtype.kind == "i":
            arrays[name] = as_dates(values)
        else:
            arrays[name] = np.asarray(values).astype(kind)
    return arrays


def no_lines() -> DutyLines:
    """Return no lines, with the columns that all lines have."""
    return {name: np.empty(0, dtype=kind) for name, kind in DTYPES.items()}


def texts_by_row(words: Callable[..., str], *columns: Numbers) -> Objects:
    """Return a text for each row of some columns of numbers, computed once for each different row."""
    rows, which = distinct_rows(*columns)
    texts = np.array([words(*row) for row in rows] + [""], dtype=object)
    return texts[which]


@contextmanager
def garbage_collection_paused() -> Iterator[None]:
    """Stop the garbage collector while lines are computed.

    Hundreds of thousands of new lists of ids make it run again and again, and it finds nothing to free. With it running
    the lines of 10,000 children take 1.3 times as long, with the fulfilled ones 1.7 times (tests/bench/duties.py).
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def as_dates(numbers: Numbers) -> np.ndarray[Any, np.dtype[np.datetime64]]:
    """Return numbers of days as datetime64; `NO_DAY` becomes NaT."""
    return numbers.astype("datetime64[D]").astype("datetime64[ns]")


def counted_ids(line_of_record: Numbers, records: MatchedRecords, count: int) -> list[list[str]]:
    """Return for each of ``count`` lines the ids of its records, oldest first and then by id.

    ``line_of_record`` gives the line of each record, -1 for none.
    """
    lists: list[list[str]] = [[] for _ in range(count)]
    in_a_line = np.flatnonzero(line_of_record >= 0)
    if not len(in_a_line):
        return lists
    order = in_a_line[order_by(records.ids[in_a_line], records.days[in_a_line], line_of_record[in_a_line])]
    ids, line = records.ids[order].tolist(), line_of_record[order]
    starts = np.flatnonzero(np.append(True, line[1:] != line[:-1]))
    ends = np.append(starts[1:], len(order))
    for number, start, end in zip(line[starts].tolist(), starts.tolist(), ends.tolist(), strict=True):
        lists[number] = ids[start:end]
    return lists


def order_by(ids: Objects, *keys: Numbers) -> Numbers:
    """Return the order by some keys (the last one first, as `numpy.lexsort`) and then by id."""
    ranks = pd.factorize(ids, sort=True)[0]
    return np.lexsort((ranks, *keys))


def distinct_rows(*columns: Numbers) -> tuple[list[tuple[int, ...]], Numbers]:
    """Return the different rows of some columns of numbers, and for each row which of them it is."""
    if not len(columns[0]):
        return [], np.empty(0, dtype=np.int64)
    codes = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        values, different = pd.factorize(column)
        codes = codes * len(different) + values
        codes = pd.factorize(codes)[0]  # so that the product never overflows
    firsts = np.empty(codes.max() + 1, dtype=np.int64)
    firsts[codes[::-1]] = np.arange(len(codes))[::-1]
    return [tuple(int(column[first]) for column in columns) for first in firsts], codes
