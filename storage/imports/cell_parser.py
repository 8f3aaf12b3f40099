"""Turn a cell of a sheet into the answer that a person would have typed."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

from guanai.storage.exports.question_columns import QuestionColumn
from guanai.storage.files.sheet import UnreadableCell
from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.forms.xlsform.items import Question

__all__ = ["CellParser"]

_CHOICES = re.compile(r"[；;]")
_OTHER_SEPARATORS = re.compile(r"[，,、\n]")
# A day as a spreadsheet counts it, of the years in which somebody at a school can have been born or visited.
_DAY_NUMBERS = range(5_000, 80_000)


class CellParser:
    """Parses cells by the questions of one form; choices and persons may be written by label or by name."""

    def __init__(self, session: FormSession, *, from_1904: bool = False) -> None:
        self._session = session
        self._epoch = CALENDAR_MAC_1904 if from_1904 else CALENDAR_WINDOWS_1900
        self._names: dict[tuple[str, str], str] = {}

    def parse(self, column: QuestionColumn, cell: Any) -> Any:
        """Return the answer as a person would have typed it, None for an empty cell; an `UnreadableCell` stays one."""
        if cell is None or isinstance(cell, UnreadableCell):
            return cell
        if column.kind == "select_multiple":
            return self._several(column.question, cell)
        if column.question.choices is not None:
            return self._name(column.question, self._yes(column.question, cell))
        if column.question.kind == "acknowledge":
            return cell
        return self._plain(column.kind, cell)

    def _plain(self, kind: str, cell: Any) -> Any:
        if kind in ("date", "datetime"):
            cell = self._day(kind, cell)
        if isinstance(cell, datetime):
            day = cell.date().isoformat()
            return f"{day}T{cell:%H:%M}" if kind != "date" else day
        if isinstance(cell, date | time):
            return cell.isoformat()
        if kind == "time" and isinstance(cell, float) and 0 <= cell < 1:
            part_of_day = timedelta(minutes=round(cell * 24 * 60))
            return (datetime.min + part_of_day).time().isoformat("minutes")
        if isinstance(cell, bool):
            return str(cell).lower()
        return cell if kind in ("integer", "decimal") else str(cell)

    def _day(self, kind: str, cell: Any) -> Any:
        """Return a number that can only be a spreadsheet's day number as that day."""
        number = int(cell) if isinstance(cell, str) and len(cell) == 5 and cell.isdecimal() else cell
        if isinstance(number, bool) or not isinstance(number, int | float) or int(number) not in _DAY_NUMBERS:
            return cell
        moment = from_excel(number, self._epoch)
        return moment.date() if kind == "date" and isinstance(moment, datetime) else moment

    def _yes(self, question: Question, cell: Any) -> str:
        if isinstance(cell, bool):
            text = "yes" if cell else "no"
            return text if self._session.choice_label(question, text) != text else str(cell)
        return str(cell)

    def _several(self, question: Question, cell: Any) -> list[str]:
        if isinstance(cell, list | tuple):
            return [self._name(question, str(item)) for item in cell]
        names: list[str] = []
        for part in _CHOICES.split(str(cell)):
            whole = self._name(question, part.strip())
            is_choice = self._session.choice_label(question, whole) != whole
            parts = [part] if is_choice else _OTHER_SEPARATORS.split(part)
            if not is_choice and len(parts) == 1:
                parts = part.split()  # ODK separates choices with spaces
            names += [self._name(question, piece.strip()) for piece in parts if piece.strip()]
        return list(dict.fromkeys(names))

    def _name(self, question: Question, text: str) -> str:
        key = (question.path, text)
        if key not in self._names:
            self._names[key] = self._session.choice_name(question, text)
        return self._names[key]
