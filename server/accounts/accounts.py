"""Who may sign in: accounts are rows of the school's own records, beside the registers and in none of them.

An account's name is the person that saves carry. It may be tied to a row of the staff register.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from tinydb import where
from tinydb.table import Document, Table

from guanai.care.errors import GuanaiError
from guanai.server.accounts.passwords import NO_PASSWORD, hash_password, validate_password

__all__ = ["ACCOUNT_TABLE", "Account", "Accounts"]

ACCOUNT_TABLE = "account"
LONGEST_NAME = 60


@dataclass(frozen=True)
class Account:
    """One person's account.

    ``password`` is a hash, empty when nobody can sign in by typing one. ``valid_since`` is a time in UTC: sessions
    begun before it are no longer valid, so that a new password signs the person out everywhere.
    """

    name: str
    password: str
    role: str = ""
    staff: str = ""
    created_at: str = ""
    valid_since: str = ""

    @property
    def valid_since_seconds(self) -> float:
        """``valid_since`` in seconds of the epoch."""
        return datetime.fromisoformat(self.valid_since).timestamp()


class Accounts:
    """The accounts of a school, in a TinyDB table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def __len__(self) -> int:
        return len(self._table)

    def __iter__(self) -> Iterator[Account]:
        return iter(sorted((_account(row) for row in self._table.all()), key=lambda account: account.name))

    @property
    def can_sign_in(self) -> bool:
        """Whether anybody has a password; else the first account has to be made."""
        return any(account.password for account in self)

    def find(self, name: str) -> Account | None:
        """Return the account of that name, if there is one."""
        row = self._table.get(where("name") == stored_name(name))
        return _account(row) if isinstance(row, Document) else None

    def add(self, name: str, password: str, *, role: str = "", staff: str = "") -> Account:
        """Make an account. Raises GuanaiError for a name that is taken or no name, and for a poor password."""
        name = self.check_new(name)
        return self._insert(name, hash_password(validate_password(password, name)), role, staff)

    def add_without_password(self, name: str, *, role: str = "", staff: str = "") -> Account:
        """Make an account that nobody can sign in to by typing a password (a workshop's)."""
        return self._insert(self.check_new(name), NO_PASSWORD, role, staff)

    def check_new(self, name: str) -> str:
        """Return a name for a new account as it is stored. Raises GuanaiError for no name and one that is taken."""
        stored = stored_name(name)
        if not 0 < len(stored) <= LONGEST_NAME or not stored.isprintable():
            raise GuanaiError("account.name", most=LONGEST_NAME)
        if self.find(stored):
            raise GuanaiError("account.taken", name=stored)
        return stored

    def _insert(self, name: str, password: str, role: str, staff: str) -> Account:
        account = Account(name, password, role, staff, now(), now())
        self._table.insert(dict(vars(account)))
        return account

    def set_password(self, name: str, password: str) -> None:
        """Change a password, which signs the person out everywhere. Raises GuanaiError for an unknown name."""
        account = self.get(name)
        validate_password(password, account.name)
        self._update(account, password=hash_password(password), valid_since=now())

    def renew_hash(self, name: str, password: str) -> None:
        """Store the same password hashed at today's cost; nobody is signed out."""
        self._update(self.get(name), password=hash_password(password))

    def remove(self, name: str) -> None:
        """Take an account away; what the person saved stays. Raises GuanaiError for an unknown name."""
        self._table.remove(where("name") == self.get(name).name)

    def get(self, name: str) -> Account:
        """Return the account of that name. Raises GuanaiError when there is none."""
        account = self.find(name)
        if account is None:
            raise GuanaiError("account.unknown", name=stored_name(name))
        return account

    def _update(self, account: Account, **fields: str) -> None:
        self._table.update(fields, where("name") == account.name)


def stored_name(name: str) -> str:
    """Return a name as it is stored: full-width letters and extra spaces do not make another person."""
    return " ".join(unicodedata.normalize("NFKC", name).split())


def now() -> str:
    """Return this moment as the records write it: ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat()


def _account(row: Document) -> Account:
    return Account(**{field: str(row.get(field, "")) for field in Account.__dataclass_fields__})
