"""Commands that make a school's folder and change what is in it: init, eject, update, user; and form check."""

import getpass
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from guanai.care.errors import GuanaiError, SeveralErrors
from guanai.server.commands.console_output import print_line
from guanai.templates.wording import say

if TYPE_CHECKING:
    from guanai.server.accounts.accounts import Accounts
    from guanai.storage.school.school import School

__all__ = ["USER_ACTIONS", "eject", "form_check", "init", "opened", "update", "user"]


@contextmanager
def opened(path: Path, *, serving: bool = False) -> Iterator["School"]:
    """Open the school of a folder. Raises GuanaiError for a folder that is none, and makes nothing in it.

    No command answers by the last good workbook where the school's own has a mistake: PolicyError says where. What is
    wrong with a rule of the school's own is raised at the end, when the rest has been answered. With ``serving`` the
    pages say so, and go on.
    """
    from guanai.storage import open_school
    from guanai.storage.files.school_folder import SchoolFolder  # `guanai --help` need not wait for pandas

    if not SchoolFolder(path).is_school:
        raise GuanaiError("school.no_folder", path=path)
    school = open_school(path)
    if not serving:
        school.refuse_mistakes()
    try:
        yield school
        if not serving and (problems := school.own_rule_problems()):
            raise SeveralErrors(problems)
    finally:
        school.close()


def init(options: Namespace) -> None:
    """Make a school in a folder, with its workbook and pages."""
    from guanai.server.shipped_pages import renew
    from guanai.storage import create_school
    from guanai.storage.school.policy_in_use import DEFAULT_POLICY

    school = create_school(
        options.folder, policy=options.policy or DEFAULT_POLICY, name=options.name, began=date.today()
    )
    renew(school.folder.notebooks)
    _print_duties(school)
    school.close()
    print_line(say("init.done", folder=options.folder))


def _print_duties(school: "School") -> None:
    """Print what each row of the preset asks, with its source, and how many lines it makes of what the school has now."""
    for name, preview in school.settings.previews(school.settings.read()).items():
        lines = say(f"settings.lines_{'now' if preview.in_force else 'then'}", count=preview.lines)
        text = say("init.duty", name=name, sentence=preview.sentence)
        print_line(f"{text} {lines}" if preview.lines else text)
    print_line(say("init.lines_later"))


def update(options: Namespace) -> None:
    """Renew the pages that nobody changed, and say which were kept."""
    from guanai.server.shipped_pages import renew

    with opened(options.folder) as school:
        done = renew(school.folder.notebooks)
    for outcome in ("added", "renewed", "kept"):
        if done[outcome]:
            print_line(say(f"update.{outcome}", names="、".join(done[outcome])))
    if not (done["added"] or done["renewed"]):
        print_line(say("update.nothing"))


def eject(options: Namespace) -> None:
    """Take a shipped form or report into the folder, to be changed there."""
    from guanai.storage.form_files.form_catalogue import eject as eject_form

    with opened(options.folder) as school:
        print_line(say("eject.done", path=eject_form(school.folder, options.what)))


def form_check(options: Namespace) -> None:
    """Say whether a form can be used, and if not, where it is wrong."""
    from guanai.storage.forms.xlsform.loading import load_form

    form = load_form(options.file)
    title, count = form.title("zh"), len(list(form.questions()))
    print_line(say("form.fine", file=options.file.name, title=title, count=count))


def user(options: Namespace) -> None:
    """Add, list or remove an account, or set its password."""
    from guanai.server.accounts.accounts import ACCOUNT_TABLE, Accounts

    with opened(options.folder) as school:
        if options.staff and school.record("staff", options.staff) is None:
            raise GuanaiError("account.no_staff", id=options.staff)
        USER_ACTIONS[options.action](Accounts(school.table(ACCOUNT_TABLE)), options)


def _add(accounts: "Accounts", options: Namespace) -> None:
    accounts.check_new(options.name)
    account = accounts.add(options.name, _password(options), role=options.role, staff=options.staff)
    print_line(say("account.added", name=account.name))


def _list(accounts: "Accounts", options: Namespace) -> None:
    for account in accounts:
        print_line("\t".join((account.name, account.role, account.created_at[:10])))
    if not len(accounts):
        print_line(say("account.none"))


def _set_password(accounts: "Accounts", options: Namespace) -> None:
    name = accounts.get(options.name).name
    accounts.set_password(name, _password(options))
    print_line(say("account.changed", name=name))


def _remove(accounts: "Accounts", options: Namespace) -> None:
    accounts.remove(options.name)
    print_line(say("account.removed", name=options.name))


USER_ACTIONS = {"add": _add, "list": _list, "password": _set_password, "remove": _remove}


def _password(options: Namespace) -> str:
    """Return the password typed twice without being shown, or the first line of standard input."""
    if options.password_stdin or not sys.stdin.isatty():
        typed = sys.stdin.readline().rstrip("\r\n")
    else:
        typed = getpass.getpass(say("account.ask", name=options.name))
        if typed and getpass.getpass(say("account.ask_again")) != typed:
            raise GuanaiError("password.differs")
    if not typed:
        raise GuanaiError("password.none")
    return typed
