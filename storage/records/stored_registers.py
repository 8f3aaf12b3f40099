"""The forms and records of a school, whole, as they are read: forms bound to the records, tables, frames, labels, history."""

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

import pandas as pd
from tinydb import where

from guanai.care.children.eligibility import Criterion
from guanai.care.errors import GuanaiError
from guanai.storage.database.databases import Database
from guanai.storage.database.history import Change, changes_between
from guanai.storage.database.record_db import RecordDB
from guanai.storage.database.record_storage import stored_moment
from guanai.storage.database.record_table import RecordTable
from guanai.storage.files.school_folder import SchoolFolder
from guanai.storage.form_files.form_catalogue import FormCatalogue
from guanai.storage.form_files.versions import VERSIONS, Versions
from guanai.storage.forms import Form, FormSession
from guanai.storage.forms.changes.renames import moved
from guanai.storage.records.attachments import Attachments
from guanai.storage.records.change_register import with_change_register
from guanai.storage.records.drafts import Draft, Drafts, InVault
from guanai.storage.records.frames import (
    CachedFrame,
    Frames,
    frame_of,
    lazy_copy,
    updated_frame,
    with_children,
)
from guanai.storage.records.known_on import PastFrames, PastRecords
from guanai.storage.records.labels import label_of, labels_of, options_of
from guanai.storage.records.list_files import list_rows
from guanai.storage.records.masked_numbers import with_masked_numbers
from guanai.storage.records.records import Identity, Record
from guanai.storage.records.school_form import SchoolForm
from guanai.storage.vault.closed import ClosedVault
from guanai.storage.vault.moving import move_registers
from guanai.storage.vault.own import OwnVault
from guanai.storage.vault.process_vault import vault_of
from guanai.storage.vault.protocol import Vault
from guanai.storage.vault.trail import Trail
from guanai.templates.wording import spoken

__all__ = ["StoredRegisters"]


class StoredRegisters:
    """Every form of a school with all its records, read in the name of one person."""

    def __init__(
        self,
        folder: SchoolFolder,
        database: Database,
        identity: Identity | None = None,
        vault: Vault | None = None,
    ) -> None:
        self.folder = folder
        self._vault = vault
        self.identity = identity or Identity()
        self._database = database
        self._db = RecordDB(database, author=self.identity.person, clock=lambda: stored_moment(self.now()))
        self._catalogue = FormCatalogue(folder)
        #: Who published which version of a form, and which of its questions were renamed or retired.
        self.versions = Versions(folder, self.table(VERSIONS))
        self._bound: dict[str, tuple[Form, SchoolForm]] = {}
        self._frames: dict[str, CachedFrame] = {}
        self._masked: dict[str, tuple[pd.DataFrame, pd.DataFrame]] = {}
        self._options: dict[str, tuple[int, list[dict[str, str]]]] = {}
        #: Lists that are no register, by name: what a form reads of the school itself.
        self.lists: dict[str, Callable[[], list[dict[str, str]]]] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.folder.path)!r}, person={self.person!r})"

    def close(self) -> None:
        """Close the records."""
        self._database.close()
        if self._vault is not None and self.identity.owner:
            self._vault.close()

    @property
    def person(self) -> str:
        """Who is signed in: every change carries this name."""
        return self.identity.person

    @property
    def staff_id(self) -> str:
        """The person's record in the register of staff, empty without one."""
        return self.identity.staff_id

    @property
    def database(self) -> Database:
        """Where the records are."""
        return self._database

    def reuse_cache_of(self, other: "StoredRegisters") -> None:
        """Use what another one has read of the same school."""
        self._frames, self._options = dict(other._frames), dict(other._options)
        self._masked = dict(other._masked)

    def today(self) -> date:
        """Return the day that counts as today: the clock's, or ``GUANAI_TODAY`` where a trainer sets it."""
        fixed = os.environ.get("GUANAI_TODAY")
        return date.fromisoformat(fixed) if fixed else date.today()

    def now(self) -> datetime:
        """Return the time of day by the clock, on the day that counts as `today`."""
        clock = datetime.now()
        return datetime.combine(self.today(), clock.time()) if os.environ.get("GUANAI_TODAY") else clock

    # Forms

    def forms(self) -> list[str]:
        """Return the names of all forms, the school's own among them."""
        return self._catalogue.names()

    def form(self, name: str) -> SchoolForm:
        """Return a form: the school's own copy, else the shipped one; its choices come from the records.

        A copy with a mistake leaves the last good version in use and says so in `notices`. Raises
        GuanaiError when there is no form of that name.
        """
        form = self._catalogue.form(name)
        bound = self._bound.get(name)
        if bound is None or bound[0] is not form:
            retired = self.versions.retired(name)
            with_records = replace(
                form, instances=self.instances, clock=self.today, retired=retired, person=self.staff_id
            )
            drafts = self._drafts(name, form.version)
            school_form = SchoolForm.of(with_records, Attachments(self.folder.attachments), drafts)
            bound = self._bound[name] = (form, school_form)
        return bound[1]

    def own_form_file(self, name: str) -> Path | None:
        """Return the school's own file of a form, None where the shipped one is in use."""
        return self._catalogue.own(name)

    def form_mistakes(self) -> list[str]:
        """Return what is wrong with the school's own forms, in words; their last good version is in use."""
        return self._catalogue.notices()

    @property
    def closed(self) -> frozenset[str]:
        """The registers that a coordinator has closed: their records stay, and none is added."""
        return self.versions.closed()

    def check_open(self, form: str) -> None:
        """Raise GuanaiError for a register that is closed."""
        if form in self.closed:
            raise GuanaiError("register.closed", title=self.form(form).title())

    def all_forms(self) -> dict[str, SchoolForm]:
        """Return every form by its name."""
        return {name: self.form(name) for name in self.forms()}

    def session(
        self,
        form: str | Form,
        record: Mapping[str, Any] | None = None,
        language: str | None = None,
        *,
        defaults: bool | None = None,
    ) -> FormSession:
        """Return a form being filled in, with a record's answers or empty, its choices from the records.

        ``defaults`` says whether empty answers get their defaults; without it those of a new record do. To open
        thousands, pass the form itself, so that it is looked up once.
        """
        definition = form if isinstance(form, Form) else self.form(form)
        return FormSession(definition, record, language=spoken(language), defaults=defaults)

    def instances(self, name: str) -> list[dict[str, str]]:
        """Return the rows that a form's choices or look-ups read: of a register, or of a file beside the forms.

        One row per record with id, label and its simple answers; of a file its own columns.
        """
        if name in self.lists:
            return self.lists[name]()
        if name not in self.forms() and (rows := list_rows(self.folder.forms, name)) is not None:
            return rows
        state = self.state(name)
        cached = self._options.get(name)
        if cached is None or cached[0] != state:
            cached = self._options[name] = (state, options_of(self.table(name).rows()))
        return cached[1]

    def drafts(self, form: str = "", shows: Callable[[Draft], bool] | None = None) -> Drafts:
        """Return what the person has typed into a form (into all without a name) and not saved yet.

        ``shows`` says which of them may be offered.
        """
        version = self.form(form).version if form else ""
        return self._drafts(form, version, shows)

    def _drafts(self, form: str, version: str, shows: Callable[[Draft], bool] | None = None) -> Drafts:
        in_vault = InVault(lambda: self.vault.drafts(), self.is_restricted)
        return Drafts(self._database, self.person, form, version, shows, in_vault)

    # Reading

    def table(self, name: str) -> RecordTable:
        """Return a register as a TinyDB table; what is written to it is not checked by the form."""
        if self.is_restricted(name):
            return self.vault.table(name, self._db.clock)
        return cast(RecordTable, self._db.table(name))

    def is_restricted(self, name: str) -> bool:
        """Whether the records of a register lie in the vault and nowhere else."""
        return self._catalogue.is_restricted(name)

    @property
    def vault(self) -> Vault:
        """The vault as the person asks it; see `guanai.storage.vault.process_vault` for which one."""
        if self._vault is None:
            self._vault = vault_of(self.folder.vault, self.person, owner=self.identity.owner)
            self._move_restricted()
        return self._vault

    @property
    def vault_is_closed(self) -> bool:
        """Whether restricted registers are not to be opened, whoever asks."""
        return isinstance(self._vault, ClosedVault) and self._vault.for_good

    def close_vault(self) -> None:
        """Open no restricted register from now on."""
        self._vault = ClosedVault(for_good=True)

    def _move_restricted(self) -> None:
        """Move what lies with the other records and has become restricted, where this process has the vault itself."""
        if isinstance(self._vault, OwnVault) and not self._database.in_transaction and self._database.path:
            restricted = [name for name in self.forms() if self.is_restricted(name)]
            move_registers(self._database.path, self._vault.store, restricted)

    @property
    def trail(self) -> Trail:
        """Who looked at what, searched, exported, was refused."""
        return self.vault.trail

    def frame(self, name: str, *, retired: bool = False) -> pd.DataFrame:
        """Return a register as a frame: one row per record.

        Columns are the form's questions (see `frame_of` for their types), for a register about children
        also ``child_name`` and ``class``, then the system fields; the same when there is no record. With
        ``retired`` the answers to questions that the form no longer has are the last columns. Raises GuanaiError
        for an unknown form.
        """
        if retired:
            columns = self.form(name).columns
            return self._with_children(name, frame_of(self.table(name).rows(), columns, retired=True))
        return lazy_copy(self.shared_frame(name))

    def shared_frame(self, name: str) -> pd.DataFrame:
        """Return the frame of a register that all readers share: to be read, never to be changed."""
        columns = self.form(name).columns
        state = (self.form(name).source, self.state(name), self.state("child"))
        cached = self._frames.get(name)
        if cached is None or cached.state != state:
            cached = self._frames[name] = self._cached_frame(name, columns, state, cached)
        return cached.whole

    def masked_frame(self, name: str) -> pd.DataFrame:
        """Return the frame that all readers share with identity and telephone numbers masked: never to be changed."""
        whole = self.shared_frame(name)
        entry = self._masked.get(name)
        if entry is None or entry[0] is not whole:
            entry = self._masked[name] = (whole, with_masked_numbers(whole, self.form(name).columns))
        return entry[1]

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """Return every register as a frame, by its name; each is read when it is first used."""
        return Frames(self.forms(), self.frame)

    def with_change_register(
        self, frames: Mapping[str, pd.DataFrame], criterion: Criterion
    ) -> dict[str, pd.DataFrame]:
        """Return frames (dossiers among them) with 变动, as `change_register.with_change_register` makes them.

        ``criterion`` says who is in care by the school's own rules.
        """
        return with_change_register(self._database, frames, criterion, self.today())

    def frames_known_on(self, day: date, criterion: Criterion) -> Mapping[str, pd.DataFrame]:
        """Return every register and 变动 as they were known at the end of a day (`guanai.storage.records.known_on`)."""
        return PastFrames(self, PastRecords(self._database, day), criterion)

    def _cached_frame(
        self, name: str, columns: Mapping[str, str], state: tuple[object, ...], before: CachedFrame | None
    ) -> CachedFrame:
        documents = self.table(name).rows()
        if before is not None and before.state[0] == state[0]:
            own = updated_frame(before.own, before.documents, documents, columns)
        else:
            own = frame_of(documents, columns).copy()  # a copy is contiguous in memory
        return CachedFrame(state, documents, own, self._with_children(name, own))

    def _with_children(self, name: str, frame: pd.DataFrame) -> pd.DataFrame:
        if name == "child":
            return frame
        return with_children(lazy_copy(frame), self.table("child").rows()).copy()

    def state(self, name: str) -> int:
        """Return a number that differs once a register has changed."""
        return self.table(name).version

    def record(self, form: str, record_id: str) -> Record | None:
        """Return one record, or None when there is none of that id."""
        document = self.table(form).by_id(record_id)
        return None if document is None else dict(document)

    def documents(self, form: str, act: str = "see") -> list[Record]:
        """Return the records of a register, each the caller's own; ``act`` says for what (`Access`)."""
        return [dict(document) for document in self.table(form).rows()]

    def search(self, form: str, question: str, value: str) -> list[Record]:
        """Return the records of a register that answer a question so."""
        return [dict(document) for document in self.table(form).search(where(question) == value)]

    def labels(self, form: str) -> dict[str, str]:
        """Return the label of each record of a form, by its id."""
        return labels_of(self.table(form).rows())

    def label(self, form: str, record_id: str) -> str:
        """Return the label of a record; its id when it is deleted."""
        record = self.record(form, record_id)
        return record_id if record is None else label_of(record, self.table(form).rows())

    def note_view(self, form: str, record_id: str) -> None:
        """Write into the trail that the person has opened a record."""
        self.trail.append("view", form, record_id)

    def history(self, form: str, record_id: str) -> list[Change]:
        """Return every change of a record, the earliest first: who, when, before and after."""
        return self.table(form).history(record_id)

    def deletions(self, form: str) -> list[Change]:
        """Return the deletions of a register, the last first; ``before`` is the record as it was."""
        return self.table(form).bin()

    def with_current_names(self, form: str, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return answers that were given while questions had other names under the names they have now."""
        columns = self.form(form).columns
        renames = self.versions.renames(form)
        now = {
            old: new
            for old, new in renames.items()
            if old not in columns and new.partition("/")[0] in columns
        }
        return moved(record, now) if now else record

    def sequence(self) -> int:
        """Return a number that stays the same while no record changes."""
        return self._database.sequence()

    def changes(self, first: int, last: int) -> list[Change]:
        """Return the changes of all registers from one number of `sequence` to another."""
        return changes_between(self._database, first, last)

    def transaction(self) -> AbstractContextManager[None]:
        """Make every save within the block one: all of them are written, or none."""
        return self._db.transaction()

    def signature(self, at: str | None = None) -> dict[str, str]:
        """Return who changes a record, and when: now, without another moment."""
        return {"updated_at": at or self._db.clock(), "updated_by": self.person}
