"""``guanai user``: accounts by whoever works in the folder, who needs no account: added, listed, changed, removed."""

import getpass
import sys
from argparse import Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from guanai.care.errors import GuanaiError
from guanai.server.commands.console_output import print_line
from guanai.server.commands.school_commands import opened
from guanai.templates.wording import say

if TYPE_CHECKING:
    from guanai.server.accounts.accounts import Accounts
    from guanai.storage.school.school import School

__all__ = ["USER_ACTIONS", "user"]


def user(options: Namespace) -> None:
    """Do one thing with an account, or list them."""
    from guanai.server.accounts.accounts import Accounts  # `guanai --help` need not wait for pandas
    from guanai.server.accounts.roles import read_roles

    roles = read_roles("、".join(options.role))
    with opened(options.folder) as school:
        if options.staff and school.record("staff", options.staff) is None:
            raise GuanaiError("account.no_staff", id=options.staff)
        USER_ACTIONS[options.action](school, Accounts(school), options, roles)


def _add(school: "School", accounts: "Accounts", options: Namespace, roles: tuple[str, ...]) -> None:
    from guanai.server.accounts.roles import role_labels, roles_of_staff

    name = accounts.check_new(options.name)
    staff = options.staff or ("" if options.no_staff else _same_name(school, accounts, name))
    row: Mapping[str, Any] = school.record("staff", staff) or {} if staff else {}
    roles = roles or (roles_of_staff(str(row.get("role") or "")) if row else ())
    account = accounts.add(name, _password(options), roles=roles, staff=staff)
    print_line(say("account.added", name=account.name))
    if roles:
        print_line(say("account.has_roles", roles=role_labels(roles)))
    else:
        print_line(say("account.has_no_roles", name=account.name))


def _same_name(school: "School", accounts: "Accounts", name: str) -> str:
    """Return the id of the one person of that name in the register of staff, asked about where somebody can answer."""
    from guanai.server.accounts.account_names import stored_name

    same = [
        row
        for row in school.table("staff").all()
        if stored_name(str(row.get("name") or "")) == name and not accounts.of_staff(row["id"])
    ]
    if len(same) > 1:
        raise GuanaiError("account.staff_choose", name=name, ids="、".join(row["id"] for row in same))
    if not same:
        return ""
    if sys.stdin.isatty() and input(say("account.ask_staff", name=name)).strip().casefold() in (
        "n",
        "no",
        "否",
    ):
        return ""
    print_line(say("account.tied", name=name, id=same[0]["id"]))
    return str(same[0]["id"])


def _list(school: "School", accounts: "Accounts", _options: Namespace, _roles: tuple[str, ...]) -> None:
    from guanai.server.accounts.roles import role_labels

    for account in accounts:
        staff = school.record("staff", account.staff) if account.staff else None
        state = "" if account.state == "active" else say(f"account.state.{account.state}")
        columns = (
            account.name,
            role_labels(account.roles),
            str((staff or {}).get("name") or ""),
            account.created_at[:10],
            state,
        )
        print_line("\t".join(columns).rstrip())
    if not len(accounts):
        print_line(say("account.none"))


def _set_password(
    _school: "School", accounts: "Accounts", options: Namespace, _roles: tuple[str, ...]
) -> None:
    name = accounts.get(options.name).name
    accounts.set_password(name, _password(options))
    print_line(say("account.changed", name=name))


def _set_roles(_school: "School", accounts: "Accounts", options: Namespace, roles: tuple[str, ...]) -> None:
    from guanai.server.accounts.roles import role_labels

    account = accounts.get(options.name)
    values: dict[str, Any] = {"roles": roles} if roles else {}
    if options.staff or options.no_staff:
        values["staff"] = options.staff
    if not values:
        raise GuanaiError("account.what_roles", name=account.name)
    changed = accounts.change(account.name, "roles", **values)
    print_line(say("account.has_roles", roles=role_labels(changed.roles)))


def _make_link(_school: "School", accounts: "Accounts", options: Namespace, _roles: tuple[str, ...]) -> None:
    account = accounts.get(options.name)
    key = accounts.make_link(account.name)
    until = accounts.get(account.name).link_until[:10]
    print_line(say("account.link_made", name=account.name, key=key, until=until))


def _lock(_school: "School", accounts: "Accounts", options: Namespace, _roles: tuple[str, ...]) -> None:
    from guanai.server.accounts.accounts import now

    account = accounts.change(accounts.get(options.name).name, "locked", locked=now(), valid_since=now())
    print_line(say("account.locked", name=account.name))


def _unlock(_school: "School", accounts: "Accounts", options: Namespace, _roles: tuple[str, ...]) -> None:
    account = accounts.change(accounts.get(options.name).name, "unlocked", locked="", left="")
    print_line(say("account.unlocked", name=account.name))


def _remove(_school: "School", accounts: "Accounts", options: Namespace, _roles: tuple[str, ...]) -> None:
    accounts.remove(options.name)
    print_line(say("account.removed", name=options.name))


USER_ACTIONS = {
    "add": _add,
    "list": _list,
    "password": _set_password,
    "roles": _set_roles,
    "link": _make_link,
    "lock": _lock,
    "unlock": _unlock,
    "remove": _remove,
}


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
