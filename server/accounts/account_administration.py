"""What those who look after accounts may do with them, and what nobody may: rise by one's own hand, or leave nobody in charge."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from guanai.care.errors import AccessError, GuanaiError
from guanai.server.accounts.account_links import HandedLink
from guanai.server.accounts.accounts import Account, Accounts, now
from guanai.server.accounts.passwords import NO_PASSWORD

__all__ = ["OFFICE_MATTERS", "AccountAdministration", "NewAccount"]

#: The office matters by which somebody can give rights to others: some account must always keep each.
OFFICE_MATTERS = ("accounts", "rights")


@dataclass(frozen=True)
class NewAccount:
    """An account to be made: its name, its roles, and the id of the person's row in the register of staff."""

    name: str
    roles: tuple[str, ...] = ()
    staff: str = ""


class AccountAdministration:
    """The accounts of a school as one account may change them.

    ``may(roles, matter)`` says whether roles give the right to an office matter. ``revision`` in the methods is that of
    the account as the person saw it: ConflictError where somebody else has changed it since.
    """

    def __init__(
        self, accounts: Accounts, doer: Account, may: Callable[[Collection[str], str], bool]
    ) -> None:
        self._accounts, self._doer, self._may = accounts, doer, may

    def check(self) -> None:
        """Raise AccessError for whoever does not look after accounts."""
        if not self._may(self._doer.roles, "accounts"):
            raise AccessError("account.not_you")

    def add(self, new: Iterable[NewAccount]) -> list[HandedLink]:
        """Make accounts, all or none, each with a one-time link. Raises GuanaiError for a name that will not do."""
        self.check()
        links = []
        with self._accounts.transaction():
            for one in new:
                self._check_giving(one.roles)
                made = self._accounts.add_without_password(
                    one.name, roles=one.roles, staff=one.staff, by=self._doer.name
                )
                links.append(self._link(made.name))
        return links

    def reset(self, name: str, revision: int | None = None) -> HandedLink:
        """Give an account a new one-time link in place of its password."""
        account = self._other(name)
        if not account.is_open:
            raise GuanaiError("account.closed", name=account.name)
        return self._link(account.name, revision)

    def lock(self, name: str, revision: int | None = None) -> None:
        """Let nobody come in by an account, until it is unlocked."""
        account = self._other(name)
        self._check_last(account, ())
        self._change(account, "locked", revision, locked=now(), valid_since=now())

    def unlock(self, name: str, revision: int | None = None) -> None:
        """Let the person of a locked account come in again, by the same password."""
        self._change(self._other(name), "unlocked", revision, locked="")

    def leave(self, name: str, revision: int | None = None) -> None:
        """Close the account of somebody who has left: password and link are gone, the name stays theirs."""
        account = self._other(name)
        self._check_last(account, ())
        gone = {"password": NO_PASSWORD, "link": "", "link_until": "", "valid_since": now()}
        self._change(account, "left", revision, left=now(), **gone)

    def come_back(self, name: str, revision: int | None = None) -> HandedLink:
        """Open the account of somebody who has come back, by a one-time link."""
        account = self._other(name)
        with self._accounts.transaction():
            self._change(account, "back", revision, left="", locked="")
            return self._link(account.name)

    def set_roles(self, name: str, roles: Sequence[str], revision: int | None = None) -> None:
        """Give an account other roles. Nobody gives more to the own one, and some account keeps each office matter."""
        self.check()
        account = self._accounts.get(name)
        if account.name == self._doer.name:
            if set(roles) - set(account.roles):
                raise AccessError("account.own_roles")
        else:
            self._check_above(account)
            self._check_giving(roles)
        self._check_last(account, roles)
        self._change(account, "roles", revision, roles=tuple(roles))

    def set_staff(self, name: str, staff: str, revision: int | None = None) -> None:
        """Tie an account to a row of the register of staff, or to none. Raises GuanaiError where another one is."""
        self.check()
        account = self._accounts.get(name)
        self._check_above(account)
        other = self._accounts.of_staff(staff) if staff else None
        if other and other.name != account.name:
            raise GuanaiError("account.staff_taken", name=other.name)
        self._change(account, "staff", revision, staff=staff)

    def sign_out(self, name: str) -> None:
        """End every session of an account; its password stays."""
        self._change(self._other(name), "signed_out", None, valid_since=now())

    def _link(self, name: str, revision: int | None = None) -> HandedLink:
        key = self._accounts.make_link(name, by=self._doer.name, revision=revision)
        return HandedLink(name, key, self._accounts.get(name).link_until)

    def _other(self, name: str) -> Account:
        """Return an account that the person may change, and is not the own one."""
        self.check()
        account = self._accounts.get(name)
        if account.name == self._doer.name:
            raise AccessError("account.own")
        self._check_above(account)
        return account

    def _check_above(self, account: Account) -> None:
        """Raise AccessError for an account that could give its own rights to the person."""
        if account.name != self._doer.name:
            self._check_giving(account.roles, "account.above")

    def _check_giving(self, roles: Collection[str], key: str = "account.above_roles") -> None:
        """Raise AccessError for roles with an office matter that the person has not."""
        for matter in OFFICE_MATTERS:
            if self._may(roles, matter) and not self._may(self._doer.roles, matter):
                raise AccessError(key)

    def _check_last(self, account: Account, roles: Collection[str]) -> None:
        """Raise GuanaiError where nobody would be left to look after accounts or the sheet 权限."""
        others = [one for one in self._accounts if one.name != account.name and one.is_open]
        for matter in OFFICE_MATTERS:
            had, keeps = (self._may(some, matter) for some in (account.roles, roles))
            if had and not keeps and not any(one.password and self._may(one.roles, matter) for one in others):
                raise GuanaiError("account.last", name=account.name)

    def _change(self, account: Account, act: str, revision: int | None, **values: Any) -> None:
        self._accounts.change(account.name, act, by=self._doer.name, revision=revision, **values)
