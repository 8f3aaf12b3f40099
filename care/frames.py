"""Registers in the form that the rules read: every column is present, every date is a date.

A frame may come from the records, from a spreadsheet or from a test: dates as datetime64, Python dates
or ISO text, lists as lists or as text with spaces between (as in XForms). Only this module converts them.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype

__all__ = [
    "AUTHOR_FIELDS",
    "COLUMNS",
    "NormalizedFrames",
    "as_list",
    "as_strings",
    "as_timestamps",
    "is_empty",
    "map_distinct",
    "normalized_frame",
    "normalized_frames",
    "object_array",
    "object_column",
    "timestamp",
]

# The columns that the rules read, by register: the least that a frame has after `normalized_frame`.
COLUMNS: dict[str, tuple[str, ...]] = {
    "child": (
        "id", "name", "sex", "birth_date", "class", "status", "status_since", "registered_on",
        "special_groups", "father_status", "mother_status", "guardians", "guardian_type", "eligible",
    ),
    "home_visit": ("id", "child", "date", "mode", "visitors", "problems", "follow_up", "follow_up_what"),
    "pairing": ("id", "child", "role", "helper", "start", "end", "key_help"),
    "staff": ("id", "name", "role", "active"),
    "class": ("id", "name", "grade", "homeroom", "pupils"),
    "talk": ("id", "child", "date", "by"),
    "call": ("id", "child", "date", "by", "parent"),
    "change": ("id", "child", "date", "field", "before", "after"),
    "deferral": (
        "id", "kind", "duty", "subject_kind", "child", "subject", "role", "since", "until", "reason", "date", "by", "created_by",
    ),
}  # fmt: skip
DATE_COLUMNS = frozenset(
    {"birth_date", "date", "end", "follow_up", "registered_on", "since", "start", "status_since", "until"}
)
TIME_ZONE = re.compile(r"(?<=\d)(Z|[+-]\d\d:?\d\d)$")
# The question that names who did it, by register; ``by`` in any other.
AUTHOR_FIELDS = {"home_visit": "visitors"}


class NormalizedFrames(dict[str, pd.DataFrame]):
    """Registers that are normalized once, on first use, for rules that read them many times."""

    def __init__(self, frames: Mapping[str, pd.DataFrame]) -> None:
        super().__init__()
        self._frames = frames

    @property
    def raw(self) -> Mapping[str, pd.DataFrame]:
        """The frames as they came."""
        return self._frames

    def __missing__(self, name: str) -> pd.DataFrame:
        self[name] = normalized_frame(self._frames, name)
        return self[name]

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in self._frames

    def get(self, name: str, default: Any = None) -> Any:
        """Return a normalized register by its name, the default where there is none."""
        return self[name] if name in self else default

    def with_frame(self, name: str, frame: pd.DataFrame) -> "NormalizedFrames":
        """Return the same registers with one of them replaced."""
        other = NormalizedFrames(self._frames)
        other.update(self)
        other[name] = frame
        return other


def normalized_frames(frames: Mapping[str, pd.DataFrame]) -> NormalizedFrames:
    """Return frames as registers that are normalized once, on first use."""
    return frames if isinstance(frames, NormalizedFrames) else NormalizedFrames(frames)


def normalized_frame(frames: Mapping[str, pd.DataFrame], name: str) -> pd.DataFrame:
    """Return a register with at least its columns in `COLUMNS`, dates as datetime64[ns] at midnight.

    A register that is missing altogether is an empty one. The frame given is left as it was; the rows are
    numbered anew.
    """
    if isinstance(frames, NormalizedFrames):
        return frames[name]
    frame = frames[name].reset_index(drop=True) if name in frames else pd.DataFrame()
    columns: dict[str, Any] = {}
    for column, values in frame.items():
        if column in DATE_COLUMNS:
            values = as_dates(values)
        elif values.dtype.kind not in "OM":
            # Everything but days and times as objects: text, lists and empty answers then compare and merge in the same
            # way, in an empty register as in a full one and with either of pandas' types of text.
            values = values.astype(object)
        columns[str(column)] = values
    for column in COLUMNS.get(name, ("id", "child", "date", "by")):
        dtype = "datetime64[ns]" if column in DATE_COLUMNS else "object"
        columns.setdefault(column, np.full(len(frame), None, dtype=dtype))
    return pd.DataFrame(columns, index=frame.index, copy=False)


def as_dates(values: "pd.Series[Any]") -> "pd.Series[pd.Timestamp]":
    """Return dates without time and zone; what cannot be read as one is no date."""
    if values.dtype == "datetime64[ns]":  # nearly every one is
        days: Any = values.to_numpy().astype("datetime64[D]").astype("datetime64[ns]")
        return pd.Series(days, index=values.index)
    if not pd.api.types.is_datetime64_any_dtype(values):
        values = pd.to_datetime(values, errors="coerce", format="ISO8601")
    if values.dt.tz is not None:
        values = values.dt.tz_localize(None)
    return values.astype("datetime64[ns]").dt.normalize()


def as_timestamps(values: "pd.Series[Any]") -> "pd.Series[pd.Timestamp]":
    """Return days and times of day in local time: a time zone that is written with one is left out."""
    if values.dtype == "datetime64[ns]":
        return values
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.dt.tz_localize(None).astype("datetime64[ns]")
    plain = values.map(lambda value: None if is_empty(value) else TIME_ZONE.sub("", str(value)))
    return pd.to_datetime(plain, errors="coerce", format="ISO8601").astype("datetime64[ns]")


def is_empty(value: object) -> bool:
    """Say whether an answer is empty."""
    return (
        value is None
        or value is pd.NA  # an integer question left empty
        or value == ""
        or (isinstance(value, list | tuple | str) and not value)
        or (
            not isinstance(value, list | tuple | str) and bool(pd.isna(value))  # type: ignore[call-overload]
        )
    )


def map_distinct(values: "pd.Series[Any]", test: Callable[[Any], bool]) -> "pd.Series[bool]":
    """Return the result of a test for each value; where values have a hash it runs once for each different one."""
    try:
        codes, different = pd.factorize(values, use_na_sentinel=True)
    except TypeError:  # lists have no hash
        return pd.Series([test(value) for value in values], index=values.index, dtype=bool)
    answers = np.array([*(test(value) for value in different), test(None)], dtype=bool)
    return pd.Series(answers[codes], index=values.index)


def as_list(value: object) -> list[str]:
    """Return a question's several answers as a list: of a list, of text with spaces between, of nothing."""
    if isinstance(value, str):
        return value.split()
    return [str(item) for item in value] if isinstance(value, list | tuple) else []


def object_column(values: Iterable[object], index: pd.Index) -> "pd.Series[Any]":
    """Return a column that holds anything, such as lists, also when it is empty."""
    return pd.Series(list(values), index=index, dtype=object)


def object_array(values: Iterable[object]) -> "np.ndarray[Any, np.dtype[np.object_]]":
    """Return an array that holds anything, such as lists."""
    return np.fromiter(values, dtype=object)


def as_strings(values: "pd.Series[Any]") -> "pd.Series[str]":
    """Return text, as objects, with "" for nothing."""
    if infer_dtype(values, skipna=False) in ("string", "empty") and values.dtype == object:
        return values  # nearly every column is text already
    plain = values.astype(object).where(values.notna(), "")
    if infer_dtype(plain, skipna=False) in ("string", "empty"):
        return plain
    return plain.map(str).astype(object)


def timestamp(day: date) -> pd.Timestamp:
    """Return a day as the frames hold it."""
    return pd.Timestamp(day).as_unit("ns")
