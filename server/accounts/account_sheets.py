"""Many accounts in one step: from the register of staff, or from a sheet of names and roles that was pasted or uploaded."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from typing import Any

from guanai.care.errors import GuanaiError, PlacedError, SeveralErrors
from guanai.server.accounts.account_administration import NewAccount
from guanai.server.accounts.account_names import look_alike, stored_name, unique_name
from guanai.server.accounts.accounts import Accounts
from guanai.server.accounts.roles import read_roles, roles_of_staff
from guanai.storage.files.csv_reader import delimiter_of
from guanai.templates.wording import LANGUAGES, say

__all__ = ["StaffWithoutAccount", "cells_of", "read_account_sheet", "staff_without_account"]

COLUMNS = ("name", "roles", "staff")
Staff = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class StaffWithoutAccount:
    """Somebody of the register of staff who has no account: the one that is proposed, the post, the own name.

    ``same_name`` is an account of that name that is tied to nobody: it is probably theirs.
    """

    proposed: NewAccount
    post: str
    person: str
    same_name: str = ""


def staff_without_account(staff: Staff, accounts: Accounts) -> list[StaffWithoutAccount]:
    """Return those who work at the school and have no account, each with a name of its own and roles by the post."""
    tied = {account.staff for account in accounts if not account.left}
    untied = {account.name for account in accounts if not account.staff and not account.left}
    names, found = accounts.names(), []
    for row in sorted(staff, key=lambda row: str(row.get("name") or "")):
        person = stored_name(str(row.get("name") or ""))
        if not person or row["id"] in tied or row.get("active") == "no":
            continue
        post = str(row.get("role") or "")
        name = unique_name(person, names)
        found.append(
            StaffWithoutAccount(
                NewAccount(name, roles_of_staff(post), str(row["id"])),
                post,
                person,
                person if person in untied else "",
            )
        )
        names.append(name)
    return found


def cells_of(text: str) -> list[list[str]]:
    r"""Return the cells of a pasted text: columns by tab as from a spreadsheet, by comma, or by spaces.

    >>> cells_of("张伟\t班主任\n\n李娜 帮扶教师")
    [['张伟', '班主任'], [], ['李娜', '帮扶教师']]
    """
    delimiter = "\t" if "\t" in text else delimiter_of(text)
    rows = []
    for line in text.splitlines():
        cells = (
            next(csv.reader(StringIO(line), delimiter=delimiter), []) if delimiter in line else line.split()
        )
        rows.append([cell.strip() for cell in cells])
    return rows


def read_account_sheet(
    rows: Iterable[tuple[int, Sequence[str]]], staff: Staff, accounts: Accounts
) -> list[NewAccount]:
    """Return the accounts that a sheet asks for; ``rows`` are numbered from 1 as the person sees them.

    The columns are 姓名, 角色 and, where several of the staff have a name, 编号, under headings or in this order. Without a
    role those of the post, or helper. Raises SeveralErrors, a `PlacedError` for each cell that will not do.
    """
    filled = [(number, list(cells)) for number, cells in rows if any(cell.strip() for cell in cells)]
    order = _headings(filled[0][1]) if filled else None
    columns = order or {name: place for place, name in enumerate(COLUMNS)}
    found: list[NewAccount] = []
    problems: list[GuanaiError] = []
    for number, cells in filled[1:] if order else filled:
        values = {name: cells[place].strip() if place < len(cells) else "" for name, place in columns.items()}
        try:
            found.append(_read_row(number, values, staff, accounts, found))
        except GuanaiError as error:
            problems.append(error)
    if problems:
        raise SeveralErrors(problems)
    if not found:
        raise GuanaiError("account.sheet_empty")
    return found


def _headings(cells: Sequence[str]) -> dict[str, int] | None:
    """Return at which place each column is, None where the first row is no heading."""
    words = {
        word.strip().casefold(): name
        for name in COLUMNS
        for language in LANGUAGES
        for word in say(f"account.column.{name}", language).split("、")
    }
    places = {
        words[cell.strip().casefold()]: place
        for place, cell in enumerate(cells)
        if cell.strip().casefold() in words
    }
    return places if "name" in places else None


def _read_row(
    number: int, values: Mapping[str, str], staff: Staff, accounts: Accounts, before: Sequence[NewAccount]
) -> NewAccount:
    def placed(error: GuanaiError, column: str) -> PlacedError:
        values: dict[str, Any] = error.values
        return PlacedError(
            error.key, row=number, column=say(f"account.column.{column}").partition("、")[0], **values
        )

    try:
        name = accounts.check_new(values["name"])
    except GuanaiError as error:
        raise placed(error, "name") from error
    if any(look_alike(one.name) == look_alike(name) for one in before):
        raise placed(GuanaiError("account.twice", name=name), "name")
    try:
        roles = read_roles(values.get("roles", ""))
    except GuanaiError as error:
        raise placed(error, "roles") from error
    try:
        row = _of_staff(values, name, staff, accounts, before)
    except GuanaiError as error:
        raise placed(error, "staff") from error
    new = NewAccount(name, roles, str(row["id"]) if row else "")
    return new if roles else replace(new, roles=roles_of_staff(str(row.get("role") or "") if row else ""))


def _of_staff(
    values: Mapping[str, str], name: str, staff: Staff, accounts: Accounts, before: Sequence[NewAccount]
) -> Mapping[str, Any] | None:
    """Return the row of the register of staff that an account is of, None where the person is not in it."""
    wanted = values.get("staff", "")
    tied = {account.staff: account.name for account in accounts if not account.left}
    tied |= {one.staff: one.name for one in before}
    if wanted:
        row = next((row for row in staff if row["id"] == wanted), None)
        if row is None:
            raise GuanaiError("account.no_staff_row", id=wanted)
        if wanted in tied:
            raise GuanaiError("account.staff_taken", name=tied[wanted])
        return row
    same = [row for row in staff if stored_name(str(row.get("name") or "")) == name and row["id"] not in tied]
    if len(same) > 1:
        raise GuanaiError("account.staff_several", name=name, count=len(same))
    return same[0] if same else None
