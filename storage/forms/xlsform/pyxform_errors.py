"""What pyxform refuses, told as a `FormError`: with the place in the author's own file, and in Chinese where known.

pyxform counts rows from the head of the sheet that it was given; here that becomes the row of the file. A text
that is not known here is carried word for word in a Chinese frame, never swallowed.
"""

import re

from guanai.care.errors import FormError
from guanai.storage.forms.xlsform.headings import read_heading
from guanai.storage.forms.xlsform.sheets import FormSheets

__all__ = ["refusal"]

_ROW = re.compile(r"\[row : (\d+)\]\s*")
_SHEET = re.compile(r"(?:[Oo]n the|for sheet:) '(\w+)'")
_COLUMN = re.compile(r"the '([\w:-]+)[^']*' value")
_LEARN_MORE = re.compile(r"\s*Learn more: \S+|\[row : \w+\]\s*")
_KNOWN = (
    ("must be in the form of 'key1=value1", "form.bad_parameters"),
    ("accepted parameter keys", "form.unknown_parameter"),
    ("different names for the same column", "form.headings_alike"),
    ("Reference variables names must be unique", "form.reference_twice"),
)
_GIVEN = re.compile(r"The name '([^']*)'")


def refusal(error: Exception, sheets: FormSheets) -> FormError:
    """Return what pyxform said about these sheets as an error with place, wrong and remedy."""
    said = str(error) or type(error).__name__
    row, sheet, column = _ROW.search(said), _SHEET.search(said), _COLUMN.search(said)
    name = sheet[1] if sheet and sheet[1] in sheets.sheets else "survey"
    number = _number(sheets, name, int(row[1])) if row else None
    place = sheets.place(name, number, read_heading(column[1]) if column else "")
    given = _GIVEN.search(said)
    key = next((key for words, key in _KNOWN if words in said), "form.refused")
    return FormError(key, **place, said=_LEARN_MORE.sub("", said), given=given[1] if given else "")


def _number(sheets: FormSheets, name: str, counted: int) -> int | None:
    """Return the row of the file for a row as pyxform counts: the head is 1, empty rows were not given to it."""
    rows = sheets.rows(name)
    return rows[counted - 2].number if 2 <= counted < len(rows) + 2 else None
