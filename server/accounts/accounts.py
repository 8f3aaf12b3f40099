"""Who may sign in: accounts are rows of the school's own records, beside the registers and in none of them.

An account's name is the person that saves carry. It may be tied to a row of the staff register. Its roles are its own and
follow from no record that its holder can write. Every change is noted with who made it.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from tinydb import where
from tinydb.table import Document
from uuid_utils import uuid7

from guanai.care.errors import ConflictError, GuanaiError
from guanai.server.accounts.account_links import LINK_DAYS, link_fingerprint, new_key
from guanai.server.accounts.account_names import check_name, stored_name
from guanai.server.accounts.passwords import NO_PASSWORD, hash_password, validate_password
from guanai.storage.database.record_table import RecordTable
from guanai.storage.records.records import NOBODY, Identity, Records

__all__ = ["ACCOUNT_TABLE", "SAMPLE_MARK", "Account", "AccountChange", "Accounts"]

ACCOUNT_TABLE = "account"
#: A file in a sample school's folder: only there one click signs in, and somebody may have the trainer's role.
SAMPLE_MARK = "sample"
#: Who changed which account, when and how: it has no form, so that no page, frame or export shows it.
CHANGE_TABLE = "account_change"
# What a note of a change holds: nothing by which anybody could sign in.
NOTED = ("roles", "staff", "locked", "left", "link_until")


@dataclass(frozen=True)
class Account:
    """One person's account.

    ``password`` is a hash, empty when nobody can sign in by typing one; ``link`` that of the key of a one-time link, with
    ``link_until``. ``valid_since``: sessions begun before it are no longer valid. ``locked`` and ``left`` say since when
    nobody comes in by it: for a while, or because the person has left. Times are ISO 8601 in UTC, empty for never.
    ``staff`` is the id of the person's row in the register of staff; ``revision`` counts the changes that people make.
    """

    name: str
    password: str = NO_PASSWORD
    roles: tuple[str, ...] = ()
    staff: str = ""
    created_at: str = ""
    valid_since: str = ""
    locked: str = ""
    left: str = ""
    link: str = ""
    link_until: str = ""
    revision: int | None = None

    @property
    def identity(self) -> Identity:
        """Who opens the school when this account is signed in: never its owner."""
        return Identity(self.name, self.staff, tuple(self.roles))

    @property
    def valid_since_seconds(self) -> float:
        """``valid_since`` in seconds of the epoch."""
        return datetime.fromisoformat(self.valid_since).timestamp()

    @property
    def is_open(self) -> bool:
        """Whether its person may come in."""
        return not self.locked and not self.left

    @property
    def has_link(self) -> bool:
        """Whether a one-time link can be used now."""
        return bool(self.link) and self.is_open and self.link_until > now()

    @property
    def state(self) -> str:
        """What can be done with it: ``left``, ``locked``, ``link`` (to be used), ``link_over``, ``active``."""
        if not self.is_open:
            return "left" if self.left else "locked"
        if self.link:
            return "link" if self.has_link else "link_over"
        return "active"


@dataclass(frozen=True)
class AccountChange:
    """One change of an account: when (ISO 8601, UTC), by whom, what (``account.act.…``), and what was and is."""

    at: str
    by: str
    account: str
    act: str
    before: dict[str, Any]
    after: dict[str, Any]


class Accounts:
    """The accounts of a school that was opened by its owner: the only way in which a row of them is changed.

    ``by`` names whoever makes a change; without it that is whoever works in the folder itself.
    """

    def __init__(self, records: Records) -> None:
        self._records = records
        self._table: RecordTable = records.table(ACCOUNT_TABLE)

    def __len__(self) -> int:
        return len(self._table)

    @property
    def _school_name(self) -> str:
        return str(getattr(self._records, "name", ""))

    def __iter__(self) -> Iterator[Account]:
        return iter(sorted((_account(row) for row in self._table.rows()), key=lambda account: account.name))

    @property
    def can_sign_in(self) -> bool:
        """Whether anybody can come in by a password; else the first account has to be made."""
        return any(account.password and account.is_open for account in self)

    def names(self) -> list[str]:
        """Return the names of all accounts, also of those who have left: no other person may get one of them."""
        return [account.name for account in self]

    def find(self, name: str) -> Account | None:
        """Return the account of that name, if there is one."""
        row = self._row(name)
        return None if row is None else _account(row)

    def get(self, name: str) -> Account:
        """Return the account of that name. Raises GuanaiError when there is none."""
        account = self.find(name)
        if account is None:
            raise GuanaiError("account.unknown", name=stored_name(name))
        return account

    def of_staff(self, staff: str) -> Account | None:
        """Return the account that is tied to a row of the register of staff, not counting who has left."""
        return next((account for account in self if account.staff == staff and not account.left), None)

    def changes(self, name: str = "") -> list[AccountChange]:
        """Return the changes of an account, or of all of them, the newest first."""
        rows = self._records.table(CHANGE_TABLE).rows()
        noted = [
            AccountChange(*(row[field.name] for field in fields(AccountChange)))
            for row in rows
            if not name or row["account"] == name
        ]
        return noted[::-1]

    @property
    def in_sample(self) -> bool:
        """Whether this is a sample school, in which nobody is real."""
        return (self._records.folder.internal / SAMPLE_MARK).exists()

    def _check_roles(self, roles: Iterable[str]) -> None:
        """Raise GuanaiError for the trainer's role where children are real: it opens everything."""
        if "trainer" in roles and not self.in_sample:
            raise GuanaiError("account.trainer")

    def transaction(self) -> AbstractContextManager[None]:
        """Make every change within the block one: all of them are written, or none."""
        return self._records.transaction()

    # Making

    def check_new(self, name: str) -> str:
        """Return a name for a new account as it is stored; raise GuanaiError as `account_names.check_name` does."""
        return check_name(name, self.names())

    def add(
        self, name: str, password: str, *, roles: Iterable[str] = (), staff: str = "", by: str = NOBODY
    ) -> Account:
        """Make an account with a password. Raises GuanaiError for a name that will not do, and for a poor password."""
        name = self.check_new(name)
        hashed = hash_password(validate_password(password, name, self._school_name))
        return self._insert(Account(name, hashed, tuple(roles), staff), by)

    def add_without_password(
        self, name: str, *, roles: Iterable[str] = (), staff: str = "", by: str = NOBODY
    ) -> Account:
        """Make an account that nobody can sign in to by typing a password (a workshop's, or before its link is used)."""
        return self._insert(Account(self.check_new(name), NO_PASSWORD, tuple(roles), staff), by)

    def _insert(self, account: Account, by: str) -> Account:
        self._check_roles(account.roles)
        with self._records.transaction():
            if account.staff and (other := self.of_staff(account.staff)):
                raise GuanaiError("account.staff_taken", name=other.name)
            moment = now()
            row = asdict(account) | {"created_at": moment, "valid_since": moment, "revision": 1}
            self._table.insert(row | {"roles": list(account.roles), "updated_by": by})
            made = self.get(account.name)
            self._note("added", by, None, made)
        return made

    # Changing

    def change(
        self, name: str, act: str, *, by: str = NOBODY, revision: int | None = None, **values: Any
    ) -> Account:
        """Change fields of an account and note the change; return it as it then is.

        ``revision`` is that of the account which the person saw. Raises ConflictError where somebody has changed it
        since, and GuanaiError where there is none.
        """
        self._check_roles(values.get("roles", ()))
        with self._records.transaction():
            row = self._row(name)
            if row is None:
                raise GuanaiError("account.unknown", name=stored_name(name))
            before = _account(row)
            if revision is not None and revision != before.revision:
                author = str(row.get("updated_by") or NOBODY)
                raise ConflictError("account.conflict", values, row, name=before.name, by=author)
            later = values | {"revision": (before.revision or 0) + 1, "updated_by": by}
            written = {
                key: list(value) if isinstance(value, tuple) else value for key, value in later.items()
            }
            self._table.update({"roles": list(before.roles), **written}, doc_ids=[row.doc_id])
            after = self.get(before.name)
            self._note(act, by, before, after)
        return after

    def set_password(self, name: str, password: str, *, by: str = NOBODY) -> None:
        """Change a password, which signs the person out everywhere. Raises GuanaiError for an unknown name."""
        account = self.get(name)
        hashed = hash_password(validate_password(password, account.name, self._school_name))
        self.change(
            account.name, "password", by=by, password=hashed, valid_since=now(), link="", link_until=""
        )

    def renew_hash(self, name: str, password: str) -> None:
        """Store the same password hashed at today's cost; nobody is signed out."""
        self._table.update({"password": hash_password(password)}, where("name") == self.get(name).name)

    def remove(self, name: str, *, by: str = NOBODY) -> None:
        """Take an account away; what the person saved stays. Raises GuanaiError for an unknown name."""
        account = self.get(name)
        with self._records.transaction():
            self._table.remove(where("name") == account.name)
            self._note("removed", by, account, None)

    # One-time links

    def make_link(self, name: str, *, by: str = NOBODY, revision: int | None = None) -> str:
        """Return the key of a new one-time link.

        An older link and the password are no longer valid then, and the person is signed out everywhere.
        """
        key, until = new_key(), datetime.now(UTC) + timedelta(days=LINK_DAYS)
        fields = {"link": link_fingerprint(key), "link_until": until.isoformat()}
        account = self.get(name)
        self.change(
            account.name, "link", by=by, revision=revision, password=NO_PASSWORD, valid_since=now(), **fields
        )
        return key

    def of_link(self, key: str) -> Account | None:
        """Return the account whose one-time link this is the key of, None where it is used, too old or wrong."""
        mark = link_fingerprint(key)
        row = self._table.get(where("link") == mark) if mark else None
        account = _account(row) if isinstance(row, Document) else None
        return account if account is not None and account.has_link else None

    def use_link(self, key: str, password: str) -> Account:
        """Give the account of a link its password; the link is used then.

        Raises GuanaiError for a link that cannot be used (any more) and for a poor password.
        """
        account = self.of_link(key)
        if account is None:
            raise GuanaiError("account.link_over")
        hashed = hash_password(validate_password(password, account.name, self._school_name))
        with self._records.transaction():
            if self.of_link(key) is None:  # used meanwhile, while the password was hashed
                raise GuanaiError("account.link_over")
            return self.change(
                account.name,
                "link_used",
                by=account.name,
                password=hashed,
                valid_since=now(),
                link="",
                link_until="",
            )

    # From before accounts had roles

    def take_over_roles(self, roles_of: Callable[[str], tuple[str, ...]]) -> list[Account]:
        """Give each account from before there were roles its own, once; return those that got some.

        An old ``role`` is one role. An account without one gets ``roles_of(staff id)``, as the register of staff is now.
        """
        upgraded = []
        for row in self._table.rows():
            if "roles" not in row:
                account = _account(row)
                roles = account.roles or (roles_of(account.staff) if account.staff else ())
                changed = self.change(account.name, "upgraded", roles=roles)
                if roles != account.roles:
                    upgraded.append(changed)
        return upgraded

    def _row(self, name: str) -> Document | None:
        row = self._table.get(where("name") == stored_name(name))
        return row if isinstance(row, Document) else None

    def _note(self, act: str, by: str, before: Account | None, after: Account | None) -> None:
        account = after or before
        note = {
            "id": str(uuid7()),
            "at": now(),
            "by": by,
            "account": account.name if account else "",
            "act": act,
            "before": _noted(before),
            "after": _noted(after),
        }
        self._records.table(CHANGE_TABLE).insert(note)


def now() -> str:
    """Return this moment as the records write it: ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat()


def _noted(account: Account | None) -> dict[str, Any]:
    values = asdict(account) if account else {}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if name in NOTED
    }


def _account(row: Any) -> Account:
    roles = row["roles"] if "roles" in row else [row["role"]] if row.get("role") else []
    texts = {
        field.name: str(row.get(field.name) or "") for field in fields(Account) if field.type in (str, "str")
    }
    return Account(**texts, roles=tuple(map(str, roles)), revision=cast("int | None", row.get("revision")))
