r"""What may stand in a cell of a spreadsheet: never a text that the spreadsheet would run as a formula.

A text that begins like a formula gets an apostrophe before it, in a workbook and in a CSV file alike, and
loses that one apostrophe again when the file is read back, so that an export comes back as it was.

>>> safe_cell("=1+1")
"'=1+1"
>>> plain_cell("'=1+1")
'=1+1'
>>> safe_cell("二(1)班"), safe_cell(-3)
('二(1)班', -3)
"""

import math
import re
from datetime import date, datetime, time
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["UNWRITABLE", "CellValue", "plain_cell", "safe_cell"]

CellValue = str | int | float | date | time | None  # a datetime is a date, a bool an int

# Full-width signs are in: an East Asian Excel reads them as their half-width ones (OWASP, CSV injection).
# Blanks before the sign do not help, because some spreadsheets drop them first; nor does an apostrophe that
# was typed, because it is taken as the mark of a text and dropped.
RUNS = re.compile(r"'*\s*[=+\-@＝＋－＠\t\r\n\0]")
MARKED = re.compile(r"'+\s*[=+\-@＝＋－＠\t\r\n]")

# XML, and so a workbook, cannot hold these at all.
UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def safe_cell(value: Any) -> CellValue:
    """Return a value as it may stand in a cell: numbers, days and times as they are, everything else as safe text.

    A text that a spreadsheet would run (it begins with ``=``, ``+``, ``-``, ``@``, a tab or a line break) gets an
    apostrophe before it; characters that no workbook can hold are dropped. Not-a-number, infinity and no-day are
    an empty cell, a list is its items with ``、`` between them, a moment with a time zone is ISO text.
    """
    plain = value.item() if isinstance(value, np.generic) else value
    if pd.api.types.is_scalar(plain) and pd.isna(plain):
        return None
    if isinstance(plain, float):
        return plain if math.isfinite(plain) else None
    if isinstance(plain, datetime | time) and plain.tzinfo is not None:
        return plain.isoformat()
    if isinstance(plain, bool | int | date | time):
        return plain
    text = "、".join(str(item) for item in plain) if isinstance(plain, list | tuple) else str(plain)
    text = UNWRITABLE.sub("", text)
    return f"'{text}" if RUNS.match(text) else text


def plain_cell(value: object) -> object:
    """Return what was in a cell before `safe_cell` made it safe; anything else is returned as it is."""
    return value[1:] if isinstance(value, str) and MARKED.match(value) else value
