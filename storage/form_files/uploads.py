"""Uploads and downloads of a form: what is checked before and after an upload is read, and the workbook to begin with."""

import re
import tempfile
from collections.abc import Container
from pathlib import Path

from guanai.care.errors import FormError, GuanaiError
from guanai.storage.files.file_access import READ_ERRORS
from guanai.storage.files.office_files import UnsafeFileError, check_office_file
from guanai.storage.files.xlsx_reader import ENCRYPTED, OLE_SIGNATURE
from guanai.storage.forms.xlsform.definitions import Form
from guanai.storage.forms.xlsform.sheets import LARGEST, FormSheets, read_sheets, sheets_of, too_large
from guanai.storage.forms.xlsform.workbooks import write_xlsx
from guanai.templates import template

__all__ = [
    "LARGEST",
    "REQUIRED_QUESTIONS",
    "blank_workbook",
    "check_required_questions",
    "checked_name",
    "checked_upload",
    "workbook_of",
]

_ENDINGS = (".xlsx", ".xlsm", ".md")
_NAME = re.compile(r"^[^\W\d][\w-]{0,39}$")
# Tables that are no registers, lists that are none, and what Windows calls its devices.
_TAKEN = frozenset({"account", "merge", "form_version", "unsaved", "school", "con", "prn", "aux", "nul"})

#: By form: the questions without which a page, a rule or the summary cannot work.
REQUIRED_QUESTIONS: dict[str, tuple[str, ...]] = {
    "child": ("name", "class", "birth_date", "status"),
    "class": ("name", "grade"),
    "staff": ("name", "role", "active"),
    "home_visit": ("child", "date", "mode"),
    "pairing": ("child", "role", "helper", "start", "end"),
    "talk": ("child", "date"),
    "call": ("child", "date"),
}


def checked_upload(file: str, content: bytes) -> bytes:
    """Return an uploaded form as the content of an .xlsx.

    Raises `FormError` for what is empty, enormous, locked by a password, of before 2007, or no workbook at all;
    mistakes inside it are found by `guanai.storage.forms.xlsform.loading`.
    """
    if not content:
        raise FormError("designer.empty_file", file=file)
    if len(content) > LARGEST:
        raise too_large(file, len(content))
    ending = Path(file).suffix.lower()
    if content.startswith(OLE_SIGNATURE):
        raise FormError("designer.password" if ENCRYPTED in content else "designer.old_xls", file=file)
    if ending not in _ENDINGS:
        raise FormError("form.file_kind", file=file)
    if ending == ".md":
        return _written(sheets_of(content, file))
    _check_unpacked(file, content)
    return content if ending == ".xlsx" else _written(sheets_of(content, file))


def _check_unpacked(file: str, content: bytes) -> None:
    """Refuse a file that is small and unpacks into an enormous one, or could do other harm."""
    try:
        check_office_file(content)
    except UnsafeFileError as error:
        if error.unpacked:
            raise too_large(file, error.unpacked) from error
        raise FormError("form.not_workbook", file=file) from error
    except READ_ERRORS as error:
        raise FormError("form.not_workbook", file=file) from error


def checked_name(name: str, existing: list[str]) -> str:
    """Return the name of a new form: of its file, its table, its page's address.

    Raises GuanaiError for one that cannot be, that the software uses, or that a form has already.
    """
    chosen = name.strip()
    if not _NAME.match(chosen):
        raise GuanaiError("designer.bad_name", name=chosen)
    if chosen.casefold() in _TAKEN:
        raise GuanaiError("designer.reserved", name=chosen)
    if chosen.casefold() in {other.casefold() for other in existing}:
        raise GuanaiError("designer.taken", name=chosen)
    return chosen


def check_required_questions(name: str, form: Form, shipped: Container[str]) -> None:
    """Raise FormError where a shipped form has lost a question that the software reads."""
    if name not in shipped:
        return
    missing = [key for key in REQUIRED_QUESTIONS.get(name, ()) if key not in form.columns]
    if missing:
        raise FormError("designer.needed", file=f"{name}.xlsx", names="、".join(missing))


def workbook_of(path: Path) -> bytes:
    """Return a form file as the content of an .xlsx: as it lies there, or written from its Markdown."""
    return path.read_bytes() if path.suffix == ".xlsx" else _written(read_sheets(path))


def blank_workbook(title: str = "") -> bytes:
    """Return the workbook that a new register begins with: every heading, some questions to go on from, and its title."""
    sheets = read_sheets(template("starters/register.md"))
    for row in sheets.rows("settings") if title else ():
        row.cells.update((key, title) for key in row.cells if key.startswith("form_title"))
    return _written(sheets)


def _written(sheets: FormSheets) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "form.xlsx"
        write_xlsx(sheets, path)
        return path.read_bytes()
