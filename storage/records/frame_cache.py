"""A register's frame brought up to date with the few records that have changed, instead of made anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from guanai.storage.records.frames import frame_of

__all__ = ["CachedFrame", "updated_frame"]

# Of more changes than this the frame is made anew: an import, a copy put back.
FEW = 500


@dataclass(frozen=True)
class CachedFrame:
    """A frame as it was made: of which documents, in which state of the school, and with the children's names."""

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
    if len(now) < len(before) or len(changed) + len(now) - len(before) > FEW:
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
