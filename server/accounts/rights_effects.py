"""What a change of the sheet 权限 changes: for which accounts, on which registers and matters; and whether somebody stays in charge."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from guanai.care.errors import GuanaiError
from guanai.care.rights.rights import ACTS, GRANTING, MATTER_SIGN, MATTERS, RightRow, Rights
from guanai.server.accounts.account_administration import OFFICE_MATTERS
from guanai.server.accounts.accounts import Account

__all__ = ["Difference", "check_somebody_stays", "differences"]


@dataclass(frozen=True)
class Difference:
    """One act on a register (or matter, or granting question) that has another scope, or shows other questions.

    ``before`` and ``after`` are scopes, None for not at all; ``accounts`` are the names of those for whom it changes.
    """

    act: str
    register: str
    before: str | None
    after: str | None
    accounts: tuple[str, ...]


def differences(
    before: Sequence[RightRow],
    after: Sequence[RightRow],
    restricted: Collection[str],
    registers: Iterable[str],
    accounts: Iterable[Account],
) -> list[Difference]:
    """Return what is different after a change of the sheet for the accounts that can be used, by act and register."""
    names = [*registers, *(MATTER_SIGN + matter for matter in MATTERS), *GRANTING]
    changed: dict[tuple[str, str, str | None, str | None], list[str]] = {}
    for account in accounts:
        if account.is_open:
            rights = [Rights.of(rows, account.roles, restricted) for rows in (before, after)]
            for difference in _of_account(rights[0], rights[1], names):
                changed.setdefault(difference, []).append(account.name)
    return [Difference(*key, accounts=tuple(names)) for key, names in changed.items()]


def _of_account(
    before: Rights, after: Rights, registers: Sequence[str]
) -> Iterator[tuple[str, str, str | None, str | None]]:
    for register in registers:
        for act in ACTS:
            if set(before.grants(act, register)) != set(after.grants(act, register)):
                yield act, register, before.scope(act, register), after.scope(act, register)


def check_somebody_stays(
    after: Sequence[RightRow], restricted: Collection[str], accounts: Iterable[Account]
) -> None:
    """Raise GuanaiError where after a change nobody who can sign in could look after accounts, or after the sheet."""
    able = [account for account in accounts if account.is_open and account.password]
    for matter in OFFICE_MATTERS:
        if able and not any(Rights.of(after, account.roles, restricted).may(matter) for account in able):
            raise GuanaiError("rights_page.nobody_left", matter=matter)
