"""A form written as a workbook for WPS or Excel: Chinese headings and types, ready to be changed and read back."""

from collections.abc import Iterable
from pathlib import Path
from unicodedata import east_asian_width

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from guanai.storage.forms.xlsform.headings import SHEETS, TYPES, write_cell, write_heading, write_type
from guanai.storage.forms.xlsform.sheets import FormSheets, Sheet
from guanai.templates.wording import catalogue, say

__all__ = ["write_xlsx"]

_NARROWEST, _WIDEST = 8, 44
_ROWS_AHEAD = 200  # rows below the last one that have the list of types ready too
_HEAD = PatternFill("solid", fgColor="DCE6F1")
_BANDS = {"begin_group": "EDF3E6", "end_group": "EDF3E6", "begin_repeat": "FBF0DC", "end_repeat": "FBF0DC"}
_TOP = Alignment(vertical="top", wrap_text=True)


def write_xlsx(sheets: FormSheets, path: Path) -> None:
    """Write a form as an .xlsx; `read_sheets` takes the same form back.

    The headings are frozen, columns are as wide as their text, groups are coloured, and types can be picked
    from a list, which a sheet of its own explains.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    for name in SHEETS:
        if name in sheets.sheets:
            _write(book.create_sheet(SHEETS[name]), sheets.sheets[name])
    _explain(book.create_sheet(say("form.types_sheet", "zh")))
    survey = book[SHEETS["survey"]]
    _offer(survey, list(sheets.sheets["survey"].headings))
    book.save(path)


def _write(target: Worksheet, sheet: Sheet) -> None:
    headings = list(sheet.headings)
    _heading_row(target, [write_heading(heading) for heading in headings])
    for number, row in enumerate(sheet.rows, start=2):
        _row(target, number, [write_cell(heading, row.cells.get(heading, "")) for heading in headings])
        band = _BANDS.get(row.get("type")) if sheet.name == "survey" else None
        if band:
            for cell in target[number]:
                cell.fill = PatternFill("solid", fgColor=band)
    target.freeze_panes = "C2"
    _fit(target)


def _heading_row(target: Worksheet, texts: Iterable[str]) -> None:
    _row(target, 1, texts)
    for cell in target[1]:
        cell.font, cell.fill = Font(bold=True), _HEAD


def _row(target: Worksheet, number: int, texts: Iterable[str]) -> None:
    """Write texts as texts: a condition that begins with ``=`` is none of the spreadsheet's formulas."""
    for column, text in enumerate(texts, start=1):
        cell = target.cell(number, column)
        cell.number_format, cell.alignment = "@", _TOP
        if text:
            cell.value = text
            cell.data_type = "s"


def _fit(target: Worksheet) -> None:
    for number, column in enumerate(target.iter_cols(values_only=True), start=1):
        longest = max(_width(line) for text in column for line in str(text or "").split("\n"))
        target.column_dimensions[get_column_letter(number)].width = min(max(longest + 2, _NARROWEST), _WIDEST)


def _width(text: str) -> int:
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def _explain(target: Worksheet) -> None:
    """List the types with what each is for; the list of types to pick from points here."""
    _heading_row(target, [say("form.types_head", "zh"), "XLSForm", say("form.types_use", "zh")])
    explained = [name for name in TYPES if f"form.type.{name}" in catalogue()]
    for number, name in enumerate(explained, start=2):
        _row(target, number, [write_type(name), name, say(f"form.type.{name}", "zh")])
    target.freeze_panes = "A2"
    _fit(target)


def _offer(survey: Worksheet, headings: list[str]) -> None:
    """Let types and yes or no be picked; anything else may be typed all the same, such as 单选 with its list."""
    last = survey.max_row + _ROWS_AHEAD
    explained = sum(key.startswith("form.type.") for key in catalogue())
    sheet = say("form.types_sheet", "zh")
    lists = {
        "type": f"'{sheet}'!$A$2:$A${explained + 1}",
        **dict.fromkeys(("required", "read_only", "guanai::sensitive", "guanai::own"), '"是,否"'),
    }
    for column, heading in enumerate(headings, start=1):
        if heading in lists:
            offer = DataValidation(
                type="list", formula1=lists[heading], allow_blank=True, showErrorMessage=False
            )
            letter = get_column_letter(column)
            offer.add(f"{letter}2:{letter}{last}")
            survey.add_data_validation(offer)
