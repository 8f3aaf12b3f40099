r"""Cell values for spreadsheets, escaped so that no text is run as a formula.

A text that begins like a formula gets an apostrophe before it, in a workbook and in a CSV file alike, and loses it
again when the file is read back, so that an export comes back as it was.

>>> escape_cell("=1+1")
"'=1+1"
>>> unescape_cell("'=1+1")
'=1+1'
>>> escape_cell("二(1)班"), escape_cell(-3)
('二(1)班', -3)
"""

import math
import re
from datetime import date, datetime, time
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["XML_FORBIDDEN", "CellValue", "escape_cell", "unescape_cell"]

CellValue = str | int | float | date | time | None  # a datetime is a date, a bool an int

# Full-width signs count too: an East Asian Excel reads them as the half-width ones (OWASP, CSV injection). So do signs
# after blanks, which some spreadsheets drop, and after a typed apostrophe, which is taken as the text mark and dropped.
_FORMULA = re.compile(r"'*\s*[=+\-@＝＋－＠\t\r\n\0]")
_ESCAPED = re.compile(r"'+\s*[=+\-@＝＋－＠\t\r\n]")

#: Characters that XML, and so a workbook or a Word document, cannot hold.
XML_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def escape_cell(value: Any) -> CellValue:
    """Return a value to be written into a cell: numbers, days and times as they are, everything else as escaped text.

    A text that a spreadsheet would run (it begins with ``=``, ``+``, ``-``, ``@``, a tab or a line break) gets an
    apostrophe before it; characters that no workbook can hold are dropped. Not-a-number, infinity and NaT are
    an empty cell, a list is its items with ``、`` between them, a datetime with a time zone is ISO text.
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
    text = XML_FORBIDDEN.sub("", text)
    return f"'{text}" if _FORMULA.match(text) else text


def unescape_cell(value: object) -> object:
    """Return a cell's value without the apostrophe that `escape_cell` added; any other value as it is."""
    return value[1:] if isinstance(value, str) and _ESCAPED.match(value) else value
