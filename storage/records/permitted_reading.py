"""The forms and records of a school as one person may see them: what is outside is not there.

No row, no choice, no label and no count of it; hidden answers are left out of a record and empty in a frame.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from tinydb import where

from guanai.care.children.changes import CHANGE
from guanai.care.children.eligibility import Criterion
from guanai.care.errors import AccessError
from guanai.storage.database.history import Change
from guanai.storage.database.record_table import RecordTable
from guanai.storage.files.school_folder import SchoolFolder
from guanai.storage.form_files.versions import Versions
from guanai.storage.forms import Form, FormSession
from guanai.storage.records.access import Access
from guanai.storage.records.drafts import Draft, Drafts
from guanai.storage.records.frames import Frames, lazy_copy
from guanai.storage.records.labels import label_of, labels_of, options_of
from guanai.storage.records.permitted_frames import permitted_changes, permitted_frame
from guanai.storage.records.records import Identity, Record
from guanai.storage.records.registers import Registers
from guanai.storage.records.school_form import SchoolForm
from guanai.storage.vault.protocol import EmergencyAccess, Vault
from guanai.storage.vault.trail import Trail
from guanai.templates.wording import spoken

__all__ = ["PermittedReading"]

CHILD = "child"


class PermittedReading:
    """The registers of a school as one person sees them; ``access`` says what they may do."""

    def __init__(self, whole: Registers, access: Access) -> None:
        self._whole = whole
        #: What the person may do.
        self.access = access
        self.folder: SchoolFolder = whole.folder
        self._bound: dict[str, tuple[SchoolForm, SchoolForm]] = {}
        self._permitted: dict[tuple[str, str], tuple[object, Any]] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.folder.path)!r}, person={self.person!r})"

    def close(self) -> None:
        """Close the records."""
        self._whole.close()

    # Who and when

    @property
    def identity(self) -> Identity:
        """Who has opened the school."""
        return self._whole.identity

    @property
    def person(self) -> str:
        """Who is signed in: every change carries this name."""
        return self._whole.person

    @property
    def staff_id(self) -> str:
        """The person's record in the register of staff, empty without one."""
        return self._whole.staff_id

    def today(self) -> date:
        """Return the day that counts as today."""
        return self._whole.today()

    def now(self) -> datetime:
        """Return this moment, on the day that counts as today."""
        return self._whole.now()

    # Forms

    @property
    def versions(self) -> Versions:
        """The versions of the forms. Raises AccessError for who may not publish."""
        self.access.check_matter("forms")
        return self._whole.versions

    @property
    def closed(self) -> frozenset[str]:
        """The registers that a coordinator has closed: their records stay, and none is added."""
        return self._whole.closed

    def forms(self) -> list[str]:
        """Return the names of all forms: what a school writes down is no secret, who is in it is."""
        return self._whole.forms()

    def form(self, name: str) -> SchoolForm:
        """Return a form; its choices are the records that the person may see. Raises GuanaiError for an unknown name."""
        whole = self._whole.form(name)
        if self.access.owner:
            return whole
        bound = self._bound.get(name)
        if bound is None or bound[0] is not whole:
            permitted = replace(
                whole,
                instances=self.instances,
                drafts=self.drafts(name),
                covered=partial(self.access.covered, name),
            )
            bound = self._bound[name] = (whole, permitted)
        return bound[1]

    def all_forms(self) -> dict[str, SchoolForm]:
        """Return every form by its name."""
        return {name: self.form(name) for name in self.forms()}

    def own_form_file(self, name: str) -> Path | None:
        """Return the school's own file of a form, None where the shipped one is in use."""
        return self._whole.own_form_file(name)

    def form_mistakes(self) -> list[str]:
        """Return what is wrong with the school's own forms, in words."""
        return self._whole.form_mistakes()

    def check_open(self, form: str) -> None:
        """Raise GuanaiError for a register that is closed."""
        self._whole.check_open(form)

    def with_current_names(self, form: str, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return answers under the names that their questions have now."""
        return self._whole.with_current_names(form, record)

    def session(
        self,
        form: str | Form,
        record: Mapping[str, Any] | None = None,
        language: str | None = None,
        *,
        defaults: bool | None = None,
    ) -> FormSession:
        """Return a form being filled in, with a record's answers or empty, its choices those that the person may see."""
        definition = form if isinstance(form, Form) else self.form(form)
        return FormSession(definition, record, language=spoken(language), defaults=defaults)

    def instances(self, name: str) -> list[dict[str, str]]:
        """Return the rows that a form's choices or look-ups read: of a register those that the person may see."""
        if name not in self.forms() or self._sees_all(name):
            return self._whole.instances(name)
        options: list[dict[str, str]] = self._kept("options", name, lambda: options_of(self._documents(name)))
        return options

    def drafts(self, form: str = "") -> Drafts:
        """Return what the person has typed into a form (into all without a name) and not saved yet."""
        return self._whole.drafts(form, None if self.access.owner else self._shows_draft)

    def _shows_draft(self, draft: Draft) -> bool:
        if draft.form not in self.forms():
            return False
        if not draft.record_id:
            return self.access.may("add", draft.form)
        stored = self._whole.record(draft.form, draft.record_id)
        return stored is None or self.access.cover(draft.form, stored) is not None

    # Reading

    @property
    def trail(self) -> Trail:
        """Who looked at what, searched, exported, was refused."""
        return self._whole.trail

    @property
    def vault(self) -> Vault:
        """What of the vault concerns the person: dangers, numbers, access in an emergency; its registers are `documents`."""
        return self._whole.vault

    def emergency_access(self, reason: str, minutes: int = 60) -> EmergencyAccess:
        """Let the person see for a time all that is not restricted: written down, and told to who watches over it.

        Raises GuanaiError without a reason or for more than an hour, AccessError for who does not belong to the staff.
        """
        access = self._whole.vault.begin_emergency_access(reason, minutes)
        self.access.forget_emergency()
        return access

    def note_view(self, form: str, record_id: str) -> None:
        """Write into the trail that the person has opened a record."""
        self._whole.note_view(form, record_id)

    def table(self, name: str) -> RecordTable:
        """Return a register as a TinyDB table, for who may do everything with all of its records.

        What is written to it is checked neither by the form nor by anything else. Raises AccessError for others.
        """
        access = self.access
        if not access.owner:
            if name not in self.forms():
                raise AccessError("rights.refused_folder")
            for act in ("see", "add", "change", "delete"):
                if not access.is_whole(act, name):
                    access.check(act, name)
                    raise AccessError("rights.refused_folder")
            for granting in access.granting_of(name):
                access.check_matter(granting)
        return self._whole.table(name)

    def frame(self, name: str, *, retired: bool = False) -> pd.DataFrame:
        """Return a register as a frame of the caller's own: one row per record that the person may see.

        Columns as in `guanai.storage.records.stored_registers.StoredRegisters.frame`. Hidden answers are empty, masked ones
        masked, and so are identity and telephone numbers (`record` has them). ``retired`` is for who sees all of it.
        """
        if self.access.owner or (retired and self._sees_all(name)):
            return self._whole.frame(name, retired=retired)
        return lazy_copy(self.shared_frame(name))

    def shared_frame(self, name: str) -> pd.DataFrame:
        """Return the frame of a register that all readers share: to be read, never to be changed."""
        if self.access.owner:
            return self._whole.shared_frame(name)
        frame: pd.DataFrame = self._kept("frame", name, lambda: self._permitted_frame(name))
        return frame

    def preload(self, name: str) -> None:
        """Read a register for whoever opens the school from what this one has read."""
        self._whole.masked_frame(name)
        self._whole.instances(name)

    def _permitted_frame(self, name: str) -> pd.DataFrame:
        if self._sees_all(name):
            return self._whole.masked_frame(name)
        frame = self._whole.shared_frame(name)
        return permitted_frame(frame, self.access.covers(name, frame), self._whole.form(name).columns)

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """Return every register as a frame, by its name; each is read when it is first used."""
        return Frames(self.forms(), self.frame)

    def with_change_register(
        self, frames: Mapping[str, pd.DataFrame], criterion: Criterion
    ) -> dict[str, pd.DataFrame]:
        """Return frames with the register 变动 about the children that the person may see."""
        if self.access.owner:
            return self._whole.with_change_register(frames, criterion)
        dossiers = self._whole.shared_frame(CHILD)
        both = self._whole.with_change_register({CHILD: dossiers}, criterion)
        days = both[CHILD][["id", "left_behind_from", "left_behind_until"]].set_index("id")
        seen = frames[CHILD]
        own_days = days.reindex(seen["id"])
        children = seen.assign(**{name: own_days[name].to_numpy() for name in days.columns})
        covers = dict(zip(dossiers["id"].tolist(), self.access.covers(CHILD, dossiers), strict=True))
        return {**frames, CHILD: children, CHANGE: permitted_changes(both[CHANGE], covers)}

    def frames_known_on(self, day: date, criterion: Criterion) -> Mapping[str, pd.DataFrame]:
        """Return every register and 变动 as they were known at the end of a day, for the owner."""
        if not self.access.owner:
            raise AccessError("rights.refused_folder")
        return self._whole.frames_known_on(day, criterion)

    def record(self, form: str, record_id: str) -> Record | None:
        """Return one record as the person sees it, or None."""
        if form not in self.forms() and not self.access.owner:
            return None
        stored = self._whole.record(form, record_id)
        return stored if stored is None or self.access.owner else self.access.visible(form, stored)

    def reveal(self, form: str, record_id: str, question: str) -> str:
        """Return an answer that a list shows masked, for who sees it in the record itself, and write that into the trail.

        ``question`` may be a path into a repeat, such as ``guardians/0/phone``. Raises AccessError for who does not.
        """
        stored = self._whole.record(form, record_id) or {}
        cover = self.access.cover(form, stored)
        name, *path = question.split("/")
        if not self.access.owner and (cover is None or name in cover.hidden | cover.masked):
            self.access.check("see", form, stored)
            raise AccessError("rights.refused_answer", who=self.access.who_can("see", form))
        value: Any = stored.get(name) if self.access.owner or cover is None else cover.apply(stored).get(name)
        for part in path:
            value = (
                value[int(part)] if part.isdecimal() and isinstance(value, list) else (value or {}).get(part)
            )
        self.trail.append("reveal", form, record_id, question)
        return "" if value is None else str(value)

    def documents(self, form: str, act: str = "see") -> list[Record]:
        """Return the records of a register on which an act is allowed, as the person sees them: not masked as in a frame."""
        if self.access.owner:
            return self._whole.documents(form)
        return [dict(document) for document in self._documents(form, act)]

    def search(self, form: str, question: str, value: str) -> list[Record]:
        """Return the records of a register that answer a question so, as the person sees them; none by what they do not see.

        Otherwise whoever guesses an identity number would learn whether it is right.
        """
        if self.access.owner:
            return self._whole.search(form, question, value)
        stored = self._whole.table(form).search(where(question) == value)
        seen = [self.access.visible(form, record) for record in stored]
        return [record for record in seen if record is not None and record.get(question) == value]

    def labels(self, form: str) -> dict[str, str]:
        """Return the label of each record of a form that the person may see, by its id."""
        if self._sees_all(form):
            return self._whole.labels(form)
        labels: dict[str, str] = self._kept("labels", form, lambda: labels_of(self._documents(form)))
        return labels

    def label(self, form: str, record_id: str) -> str:
        """Return the label of a record; its id when it is deleted or outside."""
        if self._sees_all(form):
            return self._whole.label(form, record_id)
        record = self.record(form, record_id)
        return record_id if record is None else label_of(record, self._documents(form))

    def history(self, form: str, record_id: str) -> list[Change]:
        """Return every change of a record, the earliest first; of one that the person does not see none."""
        return self.history_as(form, record_id, record_id)

    def history_as(self, form: str, record_id: str, seen_id: str) -> list[Change]:
        """Return every change of a record as far as the person sees another one: that into which it was merged."""
        changes = self._whole.history(form, record_id)
        if self.access.owner or not changes or form not in self.forms():
            return changes if self.access.owner else []
        stored = self._whole.record(form, seen_id)
        if stored is None and not self.access.allows("delete", form, changes[-1].before or {}):
            return []
        return [self._shown_change(form, change, stored or changes[-1].before or {}) for change in changes
                if self.access.cover(form, stored or changes[-1].before or {}) is not None]  # fmt: skip

    def deletions(self, form: str) -> list[Change]:
        """Return the deletions of a register, the last first, of records that the person may delete and so restore."""
        deletions = self._whole.deletions(form)
        if self.access.owner:
            return deletions
        access = self.access
        return [
            self._shown_change(form, change, change.before)
            for change in deletions
            if change.before
            and access.allows("delete", form, change.before)
            and access.cover(form, change.before) is not None
        ]

    def _shown_change(self, form: str, change: Change, record: Mapping[str, Any]) -> Change:
        """Return a change as whoever sees the record now may read it."""
        cover = self.access.cover(form, record)
        if cover is None:
            return replace(change, before=None, after=None)
        before, after = (None if one is None else cover.apply(one) for one in (change.before, change.after))
        return replace(change, before=before, after=after)

    def sequence(self) -> int:
        """Return a number that stays the same while no record changes."""
        return self._whole.sequence()

    def changes(self, first: int, last: int) -> list[Change]:
        """Return the changes of the records that the person sees, from one number of `sequence` to another."""
        changes = self._whole.changes(first, last)
        if self.access.owner:
            return changes
        forms = set(self.forms())
        return [
            self._shown_change(change.table, change, change.after or change.before or {})
            for change in changes
            if change.table in forms
            and self.access.cover(change.table, change.after or change.before or {}) is not None
        ]

    # What is seen of a register, until something changes

    def _sees_all(self, form: str) -> bool:
        return self.access.owner or (form in self.forms() and self.access.is_whole("see", form))

    def _documents(self, form: str, act: str = "see") -> list[Record]:
        """Return the records as the person sees them: shared, never to be changed."""

        def documents() -> list[Record]:
            rows = self._whole.table(form).rows()
            covers = self.access.covers_of(form, rows, act)
            return [cover.apply(row) for row, cover in zip(rows, covers, strict=True) if cover is not None]

        rows: list[Record] = self._kept(f"documents {act}", form, documents)
        return rows

    def _kept(self, what: str, form: str, make: Any) -> Any:
        """Return what was made of a register, made again once it or somebody's reach has changed."""
        whole = self._whole
        state = (whole.form(form).source, whole.state(form), self.access.state, id(self.access.rights))
        entry = self._permitted.get((what, form))
        if entry is None or entry[0] != state:
            entry = self._permitted[what, form] = (state, make())
        return entry[1]
