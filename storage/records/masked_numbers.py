"""A register's frame with identity and telephone numbers masked, as lists show it to everybody but the owner."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from guanai.care.rights.masking import is_number_question, mask, masked_numbers

__all__ = ["with_masked_numbers"]


def with_masked_numbers(frame: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Return a frame in which the numbers are masked, those in the rows of repeats too.

    ``columns`` are the form's questions and their kinds. Columns without a number are shared with the given frame.
    """
    masked: dict[str, pd.Series[Any]] = {}
    for name, kind in columns.items():
        if name not in frame or frame[name].dtype != object:
            continue
        if kind == "repeat":
            values = [_row(value) if value.__class__ is list else value for value in frame[name].tolist()]
        elif is_number_question(name):
            values = [mask(value) if value.__class__ is str else value for value in frame[name].tolist()]
        else:
            continue
        masked[name] = pd.Series(values, index=frame.index, dtype=object)
    return frame.assign(**masked) if masked else frame


def _row(rows: list[Any]) -> list[Any]:
    """Return the rows of a repeat, those without a number as they are."""
    return [
        masked_numbers(row)
        if row.__class__ is dict and any(value and (is_number_question(key) or value.__class__ is list) for key, value in row.items())
        else row
        for row in rows
    ]  # fmt: skip
