"""The school that a server serves: its name, its accounts, and who is signed in."""

import asyncio
import logging
import os
import secrets
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from guanai.care.errors import AccessError
from guanai.care.rights.rights import Rights
from guanai.server.accounts.account_administration import AccountAdministration
from guanai.server.accounts.account_links import LinksToHandOut
from guanai.server.accounts.account_names import stored_name
from guanai.server.accounts.accounts import Account, Accounts, now
from guanai.server.accounts.last_sign_ins import LastSignIns
from guanai.server.accounts.login_sessions import Invitation, Sessions
from guanai.server.accounts.login_throttle import LoginThrottle
from guanai.server.accounts.passwords import NO_PASSWORD, is_right, needs_rehash
from guanai.server.accounts.roles import role_labels, roles_of_staff
from guanai.server.accounts.served_trail import ServedTrail
from guanai.server.network.proxies import address_group
from guanai.storage.records.records import Identity

if TYPE_CHECKING:
    from guanai.storage.school.school import School

#: For so many people the school as they see it is remembered.
MOST_SEEN = 100

__all__ = ["STRANGERS_WAITING", "ServedSchool", "TooSoonError"]

_log = logging.getLogger(__name__)

#: So many passwords of browsers that are not known may wait to be looked at; the next has to come again.
STRANGERS_WAITING = 40
_COME_AGAIN_SECONDS = 5

#: The files that the rules are read from, with their times, and the day.
Version = tuple[tuple[tuple[str, int], ...], date]


class TooSoonError(AccessError):
    """After failed attempts the next one has to wait."""


class ServedSchool:
    """The school, its accounts, and the sessions of this server.

    ``workshop`` names the accounts that one click signs in to, on a demonstration server only.
    """

    def __init__(self, school: "School", *, workshop: Sequence[str] = ()) -> None:
        school.close_vault()  # a process that answers requests holds no record of a restricted register
        self.school = school
        self.folder: Path = school.folder.path
        self.accounts = Accounts(school)
        self.sessions = Sessions(school.folder.internal / "sessions.json")
        self.last_sign_ins = LastSignIns(school.folder.internal / "sign_ins.json")
        self.links_to_hand_out = LinksToHandOut()
        self.throttle = LoginThrottle()
        #: Who signed in, failed to, was refused: see `ServedTrail.append`.
        self.trail = ServedTrail()
        self.workshop = tuple(workshop)
        self.invitation: Invitation | None = None
        # Two at a time, since a hash takes 64 MiB and a flood of attempts must leave room for pages; one of the two
        # for browsers that are known, so that strangers cannot keep them waiting.
        self._hashing = {
            known: ThreadPoolExecutor(1, thread_name_prefix="password") for known in (True, False)
        }
        self._strangers = 0
        self._cached_rights: tuple[Version | None, dict[frozenset[str], Rights]] = None, {}
        self._cached_profile: tuple[Version, str, list[str]] | None = None
        self._current = school
        # By whom it is seen: the school of which it is a view, and the view.
        self._seen: dict[Identity, tuple[School, School]] = {}
        self._take_over_roles()

    def _take_over_roles(self) -> None:
        """Give accounts from before accounts had roles those that follow from the register of staff, once, and log it."""

        def roles_of(staff: str) -> tuple[str, ...]:
            row = self.school.record("staff", staff)
            return roles_of_staff(str(row.get("role") or "")) if row else ()

        for account in self.accounts.take_over_roles(roles_of):
            _log.warning("Account %s has now the roles: %s", account.name, role_labels(account.roles, "en"))

    def may(self, roles: Collection[str], matter: str) -> bool:
        """Whether roles give the right to an office matter (``accounts``, ``rights``)."""
        return self.rights_of(roles).may(matter)

    def rights_of(self, roles: Collection[str]) -> Rights:
        """Return what the sheet 权限 gives to some roles, as it is now."""
        version = self._profile()[0]
        key = frozenset(roles)
        if self._cached_rights[0] != version:
            self._cached_rights = version, {}
        rights = self._cached_rights[1]
        if key not in rights:
            rights[key] = self._current.as_identity(Identity(roles=tuple(sorted(key)))).access.rights
        return rights[key]

    def administration(self, doer: Account) -> AccountAdministration:
        """Return the accounts as one of them may change them."""
        return AccountAdministration(self.accounts, doer, self.may)

    @property
    def name(self) -> str:
        """The school's name, as its workbook gives it now."""
        return self._profile()[1]

    @property
    def notices(self) -> list[str]:
        """What is wrong with the workbook, in words."""
        return self._profile()[2]

    @property
    def current(self) -> "School":
        """The school by its workbook as it is now: for reading, in the name of nobody."""
        self._profile()
        return self._current

    def seen_by(self, account: Account) -> "School":
        """Return the school as an account sees it, by its workbook as it is now."""
        current = self.current
        identity = account.identity
        cached = self._seen.get(identity)
        if cached is None or cached[0] is not current:
            if len(self._seen) >= MOST_SEEN:
                self._seen.clear()
            cached = self._seen[identity] = (current, current.as_identity(identity).reuse_cache_of(current))
        return cached[1]

    def _profile(self) -> tuple[Version, str, list[str]]:
        folder = self.school.folder
        files = [path for path in (folder.workbook, *folder.rule_files) if path.exists()]
        version = (tuple((path.name, path.stat().st_mtime_ns) for path in files), self.school.today())
        if self._cached_profile is None or self._cached_profile[0] != version:
            reread = self.school.as_user(self.school.person)
            self._cached_profile = version, reread.name, reread.notices
            self._current = reread
        return self._cached_profile

    def cookie_secret(self) -> bytes:
        """Return the key that cookies are signed with; made once, readable only to whoever serves."""
        path = self.school.folder.internal / "cookie.key"
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(descriptor, "wb") as file:
                file.write(secrets.token_bytes(32))
        return path.read_bytes()

    def invite(self) -> Invitation | None:
        """Return a fresh one-time link while nobody can sign in, else None."""
        nobody = not self.workshop and not self.accounts.can_sign_in
        self.invitation = Invitation() if nobody else None
        return self.invitation

    async def check_password(self, name: str, password: str, address: str, device: str | None) -> Account:
        """Return the account if the password is right.

        ``device`` is this browser's own mark if it has signed in to the account before. Raises
        TooSoonError when the attempt has to wait, AccessError when name or password is wrong; which
        of the two is not said, and cannot be seen from the time it takes.
        """
        counted = stored_name(name), address_group(address), device
        if device is None and self._strangers >= STRANGERS_WAITING:
            raise TooSoonError("sign_in.wait", seconds=_COME_AGAIN_SECONDS)
        wait = self.throttle.attempt(*counted)
        if wait:
            raise TooSoonError("sign_in.wait", seconds=max(1, round(wait)))
        account = self.accounts.find(name)
        if not await self._is_right(account, password, is_known=device is not None) or account is None:
            # A name that nobody has may be a password typed into the wrong field: it is written nowhere.
            self.trail.append(account.name if account else "", "sign_in_failed", address=address)
            raise AccessError("sign_in.wrong")
        self.throttle.forget(*counted)
        if not account.is_open:  # said only to whoever has the password
            raise AccessError("sign_in.closed")
        if needs_rehash(account.password):
            self.accounts.renew_hash(account.name, password)
        return account

    async def _is_right(self, account: Account | None, password: str, *, is_known: bool) -> bool:
        """Return whether a password is right; without an account that takes as long."""
        stored = account.password if account else NO_PASSWORD
        self._strangers += not is_known
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._hashing[is_known], is_right, stored, password
            )
        finally:
            self._strangers -= not is_known

    def account_of(self, key: str) -> Account | None:
        """Return the account of a session; None if the session has ended, the account is gone, closed or was signed out."""
        session = self.sessions.find(key)
        account = self.accounts.find(session.person) if session else None
        if session is None or account is None or session.started < account.valid_since_seconds:
            return None
        return account if account.is_open else None

    def begin_session(self, account: Account, *, confirmed: bool) -> str:
        """Return the token of a new session; ``confirmed`` where the person has just typed the password."""
        self.last_sign_ins.note(account.name, now())
        return self.sessions.begin(account.name, confirmed=confirmed)

    def identity_of(self, key: str) -> Identity | None:
        """Return who is signed in by a session as the vault is told; None for nobody."""
        account = self.account_of(key)
        return None if account is None else Identity(account.name, account.staff, account.roles)

    def is_signed_in(self, key: str, active: float) -> bool:
        """Whether a session is valid. Work in an open page, last at ``active``, keeps it from becoming idle."""
        if self.account_of(key) is None:
            return False
        self.sessions.mark_used(key, active)
        return True
