"""Change single rows of a workbook; formats, widths and the school's own columns are not changed.

The file is exchanged in one step, and a copy of what it was goes to the other backups. An edit that was made on an older
state of the file than the one on the disk is refused.
"""

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl.worksheet.worksheet import Worksheet

from guanai.care.errors import GuanaiError
from guanai.care.policy.workbook_rows import ROW
from guanai.storage.files.cell_escaping import escape_cell
from guanai.storage.files.file_access import atomic_write
from guanai.storage.files.office_files import checked_workbook
from guanai.storage.school.workbooks import Sheets

__all__ = ["Edit", "apply_edits", "digest_of", "write_edits"]


@dataclass(frozen=True)
class Edit:
    """A change of one row: ``row`` is its number in the sheet, None a new row at the end; ``cells`` by heading.

    With ``remove`` the row is deleted.
    """

    sheet: str
    row: int | None
    cells: Mapping[str, Any] = field(default_factory=dict)
    remove: bool = False


def digest_of(path: Path) -> str:
    """Return the hash of a file's content; "" where there is no file."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def apply_edits(sheets: Sheets, edits: Sequence[Edit]) -> Sheets:
    """Return the sheets as they would be read back after the edits; rows keep their numbers."""
    edited = {title: [dict(row) for row in rows] for title, rows in sheets.items()}
    for edit in edits:
        rows = edited.setdefault(edit.sheet, [])
        if edit.row is None:
            rows.append({ROW: max((row[ROW] for row in rows), default=1) + 1, **edit.cells})
        elif edit.remove:
            edited[edit.sheet] = [row for row in rows if row[ROW] != edit.row]
        else:
            for row in rows:
                if row[ROW] == edit.row:
                    row.update(edit.cells)
    return edited


def write_edits(path: Path, edits: Sequence[Edit], expected: str, backups: Path) -> Path:
    """Change rows of a workbook, all or none; return the path of the copy of the file as it was.

    ``expected`` is `digest_of` the file on which the edits were made. Raises GuanaiError where it is another by now, or
    cannot be written (it is open in a program that locks it, the disk is full).
    """
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != expected:
        raise GuanaiError("settings.newer", file=path.name)
    book = checked_workbook(content)
    _keep_results(book, content)
    # From below: a row that is removed moves those below it.
    for edit in sorted(edits, key=lambda edit: -(edit.row or 0)):
        _apply(_page(book, edit.sheet), edit)
    try:
        backups.mkdir(parents=True, exist_ok=True)
        backup = _free(backups, path)
        shutil.copy2(path, backup)
        with atomic_write(path) as fresh:
            book.save(fresh)
            if digest_of(path) != expected:
                raise GuanaiError("settings.newer", file=path.name)
    except OSError as error:
        raise GuanaiError("settings.unwritable", file=path.name, reason=error.strerror or error) from error
    return backup


def _keep_results(book: Any, content: bytes) -> None:
    """Replace formulas by their results, in the columns with a heading: those that the rules read.

    Saved without a spreadsheet program a formula has no result, and the rule would be read as an empty cell.
    """
    formulas = [
        (page.title, cell)
        for page in book.worksheets
        for row in page.iter_rows(min_row=2)
        for cell in row
        if cell.data_type == "f" and page.cell(1, cell.column).value not in (None, "")
    ]
    if not formulas:
        return
    results = checked_workbook(content, data_only=True)
    for title, cell in formulas:
        result = results[title][cell.coordinate].value
        if result is not None:
            cell.value = result


def _free(backups: Path, path: Path) -> Path:
    """Return a name for the copy that is not taken: two edits may fall into one second."""
    stem = f"{path.stem}-{datetime.now():%Y%m%d-%H%M%S}"
    names = (backups / f"{stem}{f'-{number}' if number else ''}{path.suffix}" for number in range(1000))
    return next(name for name in names if not name.exists())


def _page(book: Any, title: str) -> Worksheet:
    pages = [page for page in book.worksheets if page.title.strip() == title]
    page: Worksheet = pages[0] if pages else book.create_sheet(title)
    return page


def _apply(page: Worksheet, edit: Edit) -> None:
    if edit.remove and edit.row is not None:
        page.delete_rows(edit.row)
        return
    columns = {str(cell.value or "").strip(): place for place, cell in enumerate(page[1], 1)}
    for heading in edit.cells:
        if heading not in columns:  # such as 启用, which a preset leaves out
            columns[heading] = _add_column(page, heading)
    row = edit.row or _below(page)
    for heading, value in edit.cells.items():
        cell = page.cell(row, columns[heading])
        if edit.row is None and row > 2:
            _copy_format(page.cell(row - 1, columns[heading]), cell)
        written = escape_cell(value) if value not in ("", None) else None
        if isinstance(written, str) and isinstance(cell.value, int) and written.isdecimal():
            written = int(written)
        if isinstance(written, date):
            cell.number_format = "yyyy-mm-dd"
        cell.value = written


def _below(page: Worksheet) -> int:
    """Return the number of the row after the last one with anything in it."""
    filled = [
        row for row in range(1, page.max_row + 1) if any(cell.value not in (None, "") for cell in page[row])
    ]
    return max(filled, default=1) + 1


def _add_column(page: Worksheet, heading: str) -> int:
    last = max((int(cell.column or 0) for cell in page[1] if cell.value not in (None, "")), default=0)
    cell = page.cell(1, last + 1, heading)
    if last:
        _copy_format(page.cell(1, last), cell)
    return last + 1


def _copy_format(source: Any, target: Any) -> None:
    """Format a cell as another one."""
    if source.has_style:
        target.font, target.fill, target.border = copy(source.font), copy(source.fill), copy(source.border)
        target.alignment, target.number_format = copy(source.alignment), source.number_format
