"""What a service needs of a school's forms and records, as one person sees them.

`guanai.storage.records.registers.Registers` and the `School` over it are such. Imports, exports, prints and the services
of a school ask for this and not for the whole `School`, so that none of them has to be imported by another.
"""

import time
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from guanai.care.children.eligibility import Criterion
from guanai.storage.database.history import Change
from guanai.storage.database.record_table import RecordTable
from guanai.storage.files.school_folder import SchoolFolder
from guanai.storage.form_files.versions import Versions
from guanai.storage.forms import Form, FormSession

__all__ = ["NOBODY", "OWNER", "Identity", "Record", "Records", "SaveCheck"]

Record = dict[str, Any]
#: What a save is signed with where nobody has signed in: the command line, JupyterLab.
NOBODY = "guanai"


@dataclass(frozen=True)
class Identity:
    """Who has opened the school: a name, the record in the register of staff if there is one, and the roles of the account.

    The ``owner`` works in the school's folder itself (command line, JupyterLab) and may do everything; no account is the
    owner. Nobody else has a right but by ``roles`` (names of `guanai.care.rights.rights.ROLES`). The server says by
    ``confirmed_until`` (seconds of the epoch) that the password was typed within the last ten minutes.
    """

    person: str = NOBODY
    staff_id: str = ""
    roles: tuple[str, ...] = ()
    owner: bool = False
    confirmed_until: float = field(default=0.0, compare=False)

    @property
    def is_confirmed(self) -> bool:
        """Whether it is sure enough who sits there for what reaches far; the owner is never asked."""
        return self.owner or time.time() < self.confirmed_until


class SaveCheck(Protocol):
    """Raises AccessError where a change may not be made; called within its transaction, once it is written."""

    def __call__(
        self, form: str, before: Mapping[str, Any] | None, after: Mapping[str, Any], *, entity: bool
    ) -> None:
        """Check one record; ``entity`` says that it is another register's, changed by what a form says."""


#: Who works in the school's folder itself.
OWNER = Identity(owner=True)


class Records(Protocol):
    """The forms and records of a school, read and changed in the name of one person."""

    folder: SchoolFolder

    @property
    def versions(self) -> Versions:
        """The versions of the forms: who published which."""

    @property
    def person(self) -> str:
        """Who is signed in: every change carries this name."""

    @property
    def staff_id(self) -> str:
        """The person's record in the register of staff, empty without one."""

    @property
    def identity(self) -> Identity:
        """Who has opened the school."""

    def today(self) -> date:
        """Return the day that counts as today."""

    def now(self) -> datetime:
        """Return this moment, on the day that counts as today."""

    # Forms

    def forms(self) -> list[str]:
        """Return the names of all forms."""

    def form(self, name: str) -> Form:
        """Return the form in use. Raises GuanaiError for an unknown name."""

    def all_forms(self) -> Mapping[str, Form]:
        """Return every form by its name."""

    def own_form_file(self, name: str) -> Path | None:
        """Return the school's own file of a form, None where the shipped one is in use."""

    def check_open(self, form: str) -> None:
        """Raise GuanaiError for a register that is closed."""

    def session(
        self,
        form: str | Form,
        record: Mapping[str, Any] | None = None,
        language: str | None = None,
        *,
        defaults: bool | None = None,
    ) -> FormSession:
        """Return a form being filled in, with a record's answers or empty."""

    def instances(self, name: str) -> list[dict[str, str]]:
        """Return the rows that a form's choices or look-ups read."""

    def form_mistakes(self) -> list[str]:
        """Return what is wrong with the school's own forms, in words."""

    def with_current_names(self, form: str, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return answers under the names that their questions have now."""

    # Reading

    def table(self, name: str) -> RecordTable:
        """Return a register as a TinyDB table; what is written to it is not checked by the form."""

    def frame(self, name: str, *, retired: bool = False) -> pd.DataFrame:
        """Return a register as a frame of the caller's own, one row per record."""

    def shared_frame(self, name: str) -> pd.DataFrame:
        """Return the frame of a register that all readers share: never to be changed."""

    def record(self, form: str, record_id: str) -> Record | None:
        """Return one record, or None."""

    def documents(self, form: str, act: str = "see") -> list[Record]:
        """Return the records of a register on which an act is allowed, each the caller's own."""

    def search(self, form: str, question: str, value: str) -> list[Record]:
        """Return the records of a register that answer a question so."""

    def labels(self, form: str) -> dict[str, str]:
        """Return the label of each record of a form, by its id."""

    def history(self, form: str, record_id: str) -> list[Change]:
        """Return every change of a record, the earliest first."""

    def deletions(self, form: str) -> list[Change]:
        """Return the deletions of a register, the last first; ``before`` is the record as it was."""

    def sequence(self) -> int:
        """Return a number that stays the same while no record changes."""

    def changes(self, first: int, last: int) -> list[Change]:
        """Return the changes of all registers from one number of `sequence` to another."""

    def with_change_register(
        self, frames: Mapping[str, pd.DataFrame], criterion: Criterion
    ) -> dict[str, pd.DataFrame]:
        """Return frames with the register 变动, the dossiers with the days of their last time in care."""

    def frames_known_on(self, day: date, criterion: Criterion) -> Mapping[str, pd.DataFrame]:
        """Return every register and 变动 as they were known at the end of a day."""

    # Writing

    def transaction(self) -> AbstractContextManager[None]:
        """Make every change within the block one: all of them are written, or none."""

    def signature(self, at: str | None = None) -> dict[str, str]:
        """Return ``updated_at`` and ``updated_by`` of a change that the person makes now."""

    def save(self, form: str, record: Mapping[str, Any], token: str | None = None, key: str = "") -> Record:
        """Check a record by its form and save it; return it as saved."""

    def amend(self, form: str, record_id: str, answers: Mapping[str, Any]) -> Record:
        """Change some answers of a record without checking them by the form."""

    def insert_many(
        self,
        form: str,
        records: Iterable[Mapping[str, Any]],
        *,
        at: str | None = None,
        follows: bool = True,
    ) -> int:
        """Insert records that have been checked already, all or none; return how many."""

    def restore(self, form: str, record_id: str) -> Record:
        """Restore a deleted record."""
