"""The sheet 权限 of a school: its own, or the one that ships, read with the names of the school's registers and questions."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from guanai.care.errors import PolicyError
from guanai.care.policy.workbook_rows import Row, has_sheet, rows_of, sheets_from_markdown
from guanai.care.rights.rights import RightRow
from guanai.care.rights.rights_rows import CLOSED, KnownRegisters, read_rights, usable_rights
from guanai.storage.exports.question_columns import item_label
from guanai.storage.form_files.form_catalogue import shipped_form, shipped_forms
from guanai.storage.forms import Form
from guanai.storage.forms.xlsform.items import Group, Item, Question, Repeat
from guanai.storage.records.records import Records
from guanai.storage.school.workbooks import Sheets
from guanai.templates import template
from guanai.templates.wording import LANGUAGES

__all__ = ["check_rights", "rights_in_use", "rights_rows", "shipped_rights"]

FILE = "rights.md"


def shipped_rights() -> list[dict[str, Any]]:
    """Return the rows of the sheet 权限 that ships, as cells by heading."""
    (rows,) = (
        rows for sheet, rows in sheets_from_markdown(template(FILE).read_text(encoding="utf-8")).items()
    )
    return rows


def rights_rows(sheets: Sheets, file: str) -> tuple[Row, ...] | None:
    """Return the rows of the sheet 权限 of a workbook, None where it has no such sheet. Raises PolicyError."""
    alone = {title: rows for title, rows in sheets.items() if has_sheet({title: rows}, "rights")}
    if not alone:
        return None
    return tuple(rows_of({"学校": [], "职责": [], **alone}, file)["rights"])


def check_rights(records: Records, sheets: Sheets, file: str) -> None:
    """Raise PolicyError for what is wrong in the sheet 权限 of a workbook."""
    rows = rights_rows(sheets, file)
    if rows is not None:
        read_rights(rows, _known(records))


def rights_in_use(records: Records, rows: tuple[Row, ...] | None) -> tuple[RightRow, ...]:
    """Return the rights of a school: those of the rows of its workbook, without such a sheet those that ship.

    Where the rows have a mistake the roles that it is about have no rights, and where nothing can be read nobody has
    but who may mend the sheet.
    """
    known = _known(records)
    if rows is None:
        return read_rights(rows_of({"学校": [], "职责": [], "权限": shipped_rights()}, FILE)["rights"], known)
    try:
        return read_rights(rows, known)
    except PolicyError:
        return usable_rights(rows, known) if rows else CLOSED


def _known(records: Records) -> KnownRegisters:
    """Return the registers by name and title and their questions by name and label, in every language.

    A school's own copy of a form may say otherwise: what the shipped one says is understood too.
    """
    names: dict[str, str] = {}
    for name in records.forms():
        for form in _forms(records, name):
            names |= {title: name for title in form.titles.values() if title not in names}
    return KnownRegisters(names | {name: name for name in records.forms()}, cache(_questions_of(records)))


def _forms(records: Records, name: str) -> list[Form]:
    """Return the form in use, and the one that ships where the school has its own copy of it."""
    ships = shipped_forms().get(name) if records.own_form_file(name) else None
    shipped = [shipped_form(ships, name, records.folder.internal / "forms")] if ships else []
    return [records.form(name), *shipped]


def _questions_of(records: Records) -> Callable[[str], Mapping[str, str]]:
    def questions(register: str) -> Mapping[str, str]:
        spellings: dict[str, str] = {}
        for form in reversed(_forms(records, register)):
            for item in _top(form.items):
                spellings |= {item_label(item, code): item.key for code in LANGUAGES}
        for form in reversed(_forms(records, register)):
            spellings |= {name: name for name in form.columns}
        return spellings

    return questions


def _top(items: Iterable[Item]) -> Iterator[Item]:
    """Yield the questions of the record itself and its repeats, those of groups too."""
    for item in items:
        if isinstance(item, Group):
            yield from _top(item.items)
        elif isinstance(item, Question | Repeat):
            yield item
