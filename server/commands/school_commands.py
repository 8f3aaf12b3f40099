"""Commands that make and keep a school's folder: init, eject, update, user."""

import getpass
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from guanai.care.errors import GuanaiError
from guanai.server.commands.console import tell
from guanai.templates.wording import say

if TYPE_CHECKING:
    from guanai.server.accounts.accounts import Accounts
    from guanai.storage.school.school import School

__all__ = ["USER_ACTIONS", "eject", "init", "opened", "update", "user"]


@contextmanager
def opened(path: Path) -> Iterator["School"]:
    """Open the school of a folder. Raises GuanaiError for a folder that is none, and makes nothing in it."""
    from guanai.storage import open_school
    from guanai.storage.files.school_folder import Folder  # `guanai --help` need not wait for pandas

    if not Folder(path).is_school:
        raise GuanaiError("school.no_folder", path=path)
    school = open_school(path)
    try:
        yield school
    finally:
        school.close()


def init(chosen: Namespace) -> None:
    """Make a school in a folder, with its workbook and pages."""
    from guanai.server.shipped_pages import renew
    from guanai.storage import create_school
    from guanai.storage.school.policy_in_use import DEFAULT_POLICY

    school = create_school(
        chosen.folder, policy=chosen.policy or DEFAULT_POLICY, name=chosen.name, began=date.today()
    )
    renew(school.folder.notebooks)
    school.close()
    tell(say("init.done", folder=chosen.folder))


def update(chosen: Namespace) -> None:
    """Renew the pages that nobody changed, and say which were kept."""
    from guanai.server.shipped_pages import renew

    with opened(chosen.folder) as school:
        done = renew(school.folder.notebooks)
    for became in ("added", "renewed", "kept"):
        if names := getattr(done, became):
            tell(say(f"update.{became}", names="、".join(names)))
    if not (done.added or done.renewed):
        tell(say("update.nothing"))


def eject(chosen: Namespace) -> None:
    """Take a shipped form or report into the folder, to be changed there."""
    from guanai.storage.form_files.eject import eject as taken_out

    with opened(chosen.folder) as school:
        tell(say("eject.done", path=taken_out(school.folder, chosen.what)))


def user(chosen: Namespace) -> None:
    """Add, list or remove an account, or set its password."""
    from guanai.server.accounts.accounts import ACCOUNT_TABLE, Accounts

    with opened(chosen.folder) as school:
        if chosen.staff and school.record("staff", chosen.staff) is None:
            raise GuanaiError("account.no_staff", id=chosen.staff)
        USER_ACTIONS[chosen.action](Accounts(school.table(ACCOUNT_TABLE)), chosen)


def _add(accounts: "Accounts", chosen: Namespace) -> None:
    accounts.check_new(chosen.name)
    made = accounts.add(chosen.name, _password(chosen), role=chosen.role, staff=chosen.staff)
    tell(say("account.added", name=made.name))


def _list(accounts: "Accounts", chosen: Namespace) -> None:
    for account in accounts:
        tell("\t".join((account.name, account.role, account.created_at[:10])))
    if not len(accounts):
        tell(say("account.none"))


def _set_password(accounts: "Accounts", chosen: Namespace) -> None:
    name = accounts.known(chosen.name).name
    accounts.set_password(name, _password(chosen))
    tell(say("account.changed", name=name))


def _remove(accounts: "Accounts", chosen: Namespace) -> None:
    accounts.remove(chosen.name)
    tell(say("account.removed", name=chosen.name))


USER_ACTIONS = {"add": _add, "list": _list, "password": _set_password, "remove": _remove}


def _password(chosen: Namespace) -> str:
    """Return the password typed twice without being shown, or the first line of standard input."""
    if chosen.password_stdin or not sys.stdin.isatty():
        typed = sys.stdin.readline().rstrip("\r\n")
    else:
        typed = getpass.getpass(say("account.ask", name=chosen.name))
        if typed and getpass.getpass(say("account.ask_again")) != typed:
            raise GuanaiError("password.differs")
    if not typed:
        raise GuanaiError("password.none")
    return typed
