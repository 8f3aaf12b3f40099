"""Records as pandas frames: the form gives the columns and their types, so an empty register has them too."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS

__all__ = [
    "CachedFrame",
    "Frames",
    "frame_of",
    "lazy_copy",
    "retired_fields",
    "updated_frame",
    "with_children",
    "within",
]

# Of more changed records than this (an import, a backup that was restored) the frame is made anew.
MAX_CHANGED = 500
# From pandas 3 on a copy shares its data until one side changes: a page's kernel then shares them with all others.
_LAZY = int(pd.__version__.partition(".")[0]) >= 3


def lazy_copy(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame that may be changed while the given one stays as it is."""
    return frame.copy(deep=not _LAZY)


def retired_fields(documents: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> list[str]:
    """Return the names of answers whose question the form no longer has, in the order they are met."""
    names = dict.fromkeys(name for document in documents for name in document)
    return [name for name in names if name not in columns and name not in SYSTEM_FIELDS]


def frame_of(
    documents: Sequence[Mapping[str, Any]], columns: Mapping[str, str], *, retired: bool = False
) -> pd.DataFrame:
    """Return one row per document, a column per question of the form, then the system fields.

    Dates are ``datetime64``, integers ``Int64``, decimals ``float``; a choice is its name, several
    choices a list of names, a repeat a list of dicts; anything else is text. No answer is None (NaT,
    NA). With ``retired`` the answers to questions that the form no longer has are the last columns.
    """
    kinds = dict(columns)
    if retired:
        kinds |= dict.fromkeys(retired_fields(documents, columns), "text")
    kinds |= {name: "integer" if name == "revision" else "text" for name in SYSTEM_FIELDS}
    return pd.DataFrame(
        {name: _column([document.get(name) for document in documents], kind) for name, kind in kinds.items()}
    )


def _column(values: list[Any], kind: str) -> pd.Series:
    """Return one typed column; a value that does not fit its type is read as missing, never as an error."""
    if kind == "date":
        return pd.to_datetime(pd.Series(values, dtype=object), format="%Y-%m-%d", errors="coerce").astype(
            "datetime64[ns]"
        )
    if kind == "integer":
        numbers = pd.to_numeric(pd.Series(values, dtype=object), errors="coerce").astype("Float64")
        return numbers.where(numbers == numbers.round()).astype("Int64")
    if kind == "decimal":
        return pd.to_numeric(pd.Series(values, dtype=object), errors="coerce").astype("float64")
    return pd.Series(values, dtype=object)


def with_children(frame: pd.DataFrame, children: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Add ``child_name`` and ``class`` to a register that is about children."""
    if "child" not in frame:
        return frame
    place = list(frame.columns).index("child") + 1
    for offset, (column, field) in enumerate((("child_name", "name"), ("class", "class"))):
        if column not in frame:
            values_by_child = {child["id"]: child.get(field) for child in children} if len(frame) else {}
            values = [values_by_child.get(child) for child in frame["child"].tolist()]
            frame.insert(place + offset, column, pd.Series(values, index=frame.index, dtype=object))
    return frame


def within(frame: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    """Return the records dated from the first to the last day, or that ran on one of these days."""
    start, end = pd.Timestamp(first), pd.Timestamp(last)
    if "date" in frame:
        return frame[frame["date"].between(start, end)]
    if {"start", "end"} <= set(frame):
        return frame[(frame["start"] <= end) & ~(frame["end"] < start)]
    return frame


@dataclass(frozen=True)
class CachedFrame:
    """A register's frame, with the documents and the state of the school that it was made of.

    ``own`` has the columns of the form, ``whole`` also the children's names and classes.
    """

    state: tuple[object, ...]
    documents: Sequence[Mapping[str, Any]]
    own: pd.DataFrame
    whole: pd.DataFrame


def updated_frame(
    frame: pd.DataFrame,
    before: Sequence[Mapping[str, Any]],
    now: Sequence[Mapping[str, Any]],
    columns: Mapping[str, str],
) -> pd.DataFrame:
    """Return `frame_of` the documents now, from the frame of those before; a document that is the same object is unchanged."""
    changed = [place for place, (old, new) in enumerate(zip(before, now, strict=False)) if old is not new]
    if len(now) < len(before) or len(changed) + len(now) - len(before) > MAX_CHANGED:
        return frame_of(now, columns)
    if changed:
        fresh = frame_of([now[place] for place in changed], columns)
        frame = pd.DataFrame({name: _replaced(frame[name], changed, fresh[name]) for name in frame})
    if len(now) > len(before):
        frame = pd.concat([frame, frame_of(now[len(before) :], columns)], ignore_index=True)
    return frame


def _replaced(column: "pd.Series[Any]", places: Sequence[int], fresh: "pd.Series[Any]") -> "pd.Series[Any]":
    values = column.array.copy()
    if column.dtype == object:  # one by one: an answer may be a list
        for place, value in zip(places, fresh, strict=True):
            values[place] = value
    else:
        values[list(places)] = fresh.array
    return pd.Series(values, dtype=column.dtype)


class Frames(Mapping[str, pd.DataFrame]):
    """Registers as frames by their name, each read when it is first used: a rule needs a few of sixty."""

    def __init__(self, names: Iterable[str], read: Callable[[str], pd.DataFrame]) -> None:
        self._names = tuple(names)
        self._read = read
        self._frames: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._frames:
            self._frames[name] = self._read(name)
        return self._frames[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __len__(self) -> int:
        return len(self._names)
