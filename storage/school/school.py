"""The one door to a school: its forms and records, its rules, what is due and what the term came to.

Open it with `guanai.storage.open_school`, and hand pages only `School.as_user`: every save then carries
who and when.
"""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from guanai.care.calendar.school_calendar import Term
from guanai.care.errors import GuanaiError
from guanai.care.policy.policy import Policy
from guanai.care.summary.term_summary import Summary, summary
from guanai.storage.database.databases import Database
from guanai.storage.files.school_folder import Folder
from guanai.storage.imports.run import Imports
from guanai.storage.records.change_register import guardian_on, with_change_register
from guanai.storage.records.child_records import records_naming
from guanai.storage.records.deleted import DeletedRecords, title_of
from guanai.storage.records.frames import within
from guanai.storage.records.registers import NOBODY, Record, Registers
from guanai.storage.records.roles import COORDINATING_ROLES
from guanai.storage.school.due_service import DutyService
from guanai.storage.school.duplicate_service import Duplicates
from guanai.storage.school.form_publishing import FormPublishing
from guanai.storage.school.list_periods import periods_of
from guanai.storage.school.pairing_service import PairingService
from guanai.storage.school.permissions import check_deferral
from guanai.storage.school.policy_in_use import calendar_over, current_policy
from guanai.storage.school.workbook_service import WorkbookService
from guanai.templates import template
from guanai.templates.wording import say, spoken

__all__ = ["School"]

DEFERRAL = "deferral"


class School(Registers):
    """A school as one person sees it.

    `as_user` gives the same school as somebody else sees it; both share the records.
    """

    def __init__(self, folder: Folder, database: Database, person: str = NOBODY, staff_id: str = "") -> None:
        super().__init__(folder, database, person, staff_id)
        self._language = spoken()
        self._summaries: dict[tuple[str, date], tuple[int, Summary]] = {}
        self._policy: tuple[Policy, str | None] | None = None
        #: Dossiers that may be of one child: found, made one, taken apart again.
        self.duplicates = Duplicates(self)
        #: PairingService proposed, accepted and undone as a whole.
        self.pairings = PairingService(self)
        #: The workbook, as a page changes it.
        self.settings = WorkbookService(self)
        #: What comes from files: seen before it is written, and taken back as a whole.
        self.imports = Imports(self)
        #: Forms as a coordinator changes them: checked, compared, published, taken back.
        self.publishing = FormPublishing(self)
        #: What the rules say of a day, behind `due`, `coverage` and `emergencies`.
        self.duties = DutyService(self)
        #: What was deleted, and how it comes back.
        self.deleted = DeletedRecords(self)

    def as_user(self, person: str, staff_id: str = "") -> "School":
        """Return the door as that person sees it: what they save carries their name.

        ``staff_id`` is the person's own record in the register of staff, where there is one.
        """
        return School(self.folder, self._database, person, staff_id)

    def reuse_cache_of(self, other: "School") -> "School":
        """Take over what the other has read of the same school, and reckoned in the same language; return this one."""
        self._frames, self._options = dict(other._frames), dict(other._options)
        if self._language == other._language:  # due lines and figures hold words
            self._policy = other._policy
            self._summaries = dict(other._summaries)
            self.duties.reuse_cache_of(other.duties)
        return self

    # Its rules

    @property
    def policy(self) -> Policy:
        """The school's rules in use: profile, calendar, duties, categories, wording."""
        if self._policy is None:
            columns = {name: self.form(name).columns for name in self.forms()}
            self._policy = current_policy(self.folder, self.today(), columns)
        return self._policy[0]

    def reload_rules(self) -> None:
        """Read the workbook again when the rules are next asked for."""
        self._policy = None
        self._summaries = {}
        self.duties.clear_cache()

    @property
    def name(self) -> str:
        """The school's name as its workbook gives it."""
        return self.policy.profile.get("name") or say("school.name")

    @property
    def notices(self) -> list[str]:
        """What is wrong with the workbook or a changed form, in words; the last good one is in use.

        Also that the calendar has run out: without a term nothing of the new year would ever be due.
        """
        over = calendar_over(self.policy, self.today())
        return [*self.mistakes, *([over] if over else [])]

    @property
    def mistakes(self) -> list[str]:
        """What is wrong with the workbook or a changed form, in words."""
        notice = self.policy and self._policy and self._policy[1]
        return [*([notice] if notice else []), *self._catalogue.notices()]

    def report(self, name: str) -> Path:
        """Return the template of a report: the school's own, else the shipped one. Raises GuanaiError for neither."""
        for place in (self.folder.reports, template("reports")):
            if (place / f"{name}.docx").exists():
                return place / f"{name}.docx"
        raise GuanaiError("school.no_report", name=name)

    def terms(self) -> list[str]:
        """Return the names of the terms in the school's calendar, the earliest first."""
        return [term.name for term in self.policy.calendar.terms]

    def term(self, day: date | None = None) -> str:
        """Return the name of the term that a day falls into, or else of the last one before it.

        Raises GuanaiError when the calendar has no term at all.
        """
        return self._term_by_day(day or self.today()).name

    def _term_by_day(self, day: date) -> Term:
        terms = self.policy.calendar.terms
        if not terms:
            raise GuanaiError("school.no_terms")
        begun = [term for term in terms if term.start <= day]
        return begun[-1] if begun else terms[0]

    def _term_by_name(self, name: str) -> Term:
        for term in self.policy.calendar.terms:
            if term.name == name:
                return term
        raise GuanaiError("school.no_term", name=name, names="、".join(self.terms()))

    def periods(self) -> dict[str, tuple[date, date]]:
        """Return the times by which a list is narrowed down: first and last day by name."""
        return periods_of(self.policy.calendar.terms, self.today())

    # Its records, seen by its rules

    def save(self, form: str, record: Mapping[str, Any], token: str | None = None, key: str = "") -> Record:
        """Check a record by its form and keep it, as `Registers.save` does; AccessError for who may not decide that."""
        if form == DEFERRAL:
            check_deferral(self, record)
            if record.get("id"):
                check_deferral(self, self.record(form, str(record["id"])) or record)
        return super().save(form, record, token, key)

    def delete(self, form: str, record_id: str) -> None:
        """Put a record into the bin; AccessError for a decision that the person could not have made."""
        if form == DEFERRAL:
            check_deferral(self, self.record(form, record_id) or {})
        super().delete(form, record_id)

    def restore(self, form: str, record_id: str) -> Record:
        """Take a record out of the bin; AccessError for a decision that the person could not have made."""
        if form == DEFERRAL and (deleted := self.deleted.find(form, record_id)) is not None:
            check_deferral(self, deleted.record)
        return super().restore(form, record_id)

    def counts(self) -> dict[str, int]:
        """Return how many records each register has."""
        return {name: len(self.table(name)) for name in self.forms()}

    def title_of(self, form: str, record: Mapping[str, Any]) -> str:
        """Return how a record is called where it stands by itself: a name, or its day and its child."""
        return title_of(self, form, record)

    def instances(self, name: str) -> list[dict[str, str]]:
        """Return the rows of a register or a file as in `Registers.instances`, or the profile as name and value."""
        if name == "school":
            return [{"name": key, "value": str(value)} for key, value in self.policy.profile.items()]
        return super().instances(name)

    def frame(self, name: str, term: str | None = None, *, retired: bool = False) -> pd.DataFrame:
        """Return a register as a frame (columns as in `Registers.frame`), or only what belongs to a term.

        That is what is dated in the term; a pairing belongs to every term in which it runs. Raises
        GuanaiError for an unknown form or term.
        """
        frame = super().frame(name, retired=retired)
        if term is None:
            return frame
        chosen = self._term_by_name(term)
        return within(frame, chosen.start, chosen.end)

    def children(self, on: date | None = None) -> pd.DataFrame:
        """Return the left-behind children in care on a day, by the school's definition: rows of ``frame("child")``."""
        return self.duties.in_care(on or self.today())

    def unpaired(self, on: date | None = None) -> pd.DataFrame:
        """Return those of the `children` in care on a day who have no helper that day (`care.pairing.unpaired`)."""
        return self.duties.unpaired(on or self.today())

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return every register as a frame, by its name; with them 变动, as `guanai.storage.records.change_register.with_change_register` makes it."""
        return self.with_change_register(super().frames())

    def with_change_register(self, frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        """Return registers (dossiers among them) with 变动, the dossiers with the days of their last time in care."""
        return with_change_register(self._database, frames, self.policy.definition, self.today())

    def guardian(self, child_id: str, on: date) -> dict[str, Any] | None:
        """Return who was the main guardian of a child on a day, as the dossier gave them; None if nobody was (R2, 7.6)."""
        return guardian_on(self.duplicates.history(child_id), on)

    def classes(self) -> list[str]:
        """Return the names of the classes, in the order of the grades."""
        frame = self.frame("class").sort_values(["grade", "name"])
        return list(dict.fromkeys(frame["name"].dropna()))

    def about(self, child_id: str) -> dict[str, Any]:
        """Return everything about a child, as a dossier shows it.

        ``records``: by form name every register's records that name the child, in whatever question; ``forms`` by
        name; ``history``: the changes of the child's own record, and of one merged into it; ``due``: its due lines
        ``on`` this day, ``counted`` which records count for a line.
        """
        return {
            "forms": self.all_forms(),
            "records": records_naming(self, child_id),
            "history": self.duplicates.history(child_id),
            "due": self.duties.of_children([child_id]),
            "counted": self.duties.counted,
            "on": self.today(),
        }

    def due(
        self,
        on: date | None = None,
        *,
        done: bool = False,
        now: datetime | None = None,
        who: str | None = None,
    ) -> pd.DataFrame:
        """Return what is due on a day, one row per duty, subject and period; columns as in `care.duties.due`.

        ``done`` adds what is done or excused; ``who`` (`own_id`, or an id of the staff) leaves out what others owe.
        """
        return self.duties.due(on, done=done, now=now, who=who)

    @property
    def own_id(self) -> str | None:
        """Whose lines to show a person first: their id in the register of staff, None for all lines.

        Somebody who is not in the register of staff, or who coordinates, answers for all.
        """
        staff = self.record("staff", self.staff_id) if self.staff_id else None
        return None if staff is None or staff.get("role") in COORDINATING_ROLES else self.staff_id

    def coverage(self, term: str | None = None, on: date | None = None) -> pd.DataFrame:
        """Return how far every duty of a term is fulfilled, one row per duty and subject (child, helper, class …).

        Columns as in `care.fulfilment.fulfilment`: duty, kind, subject_id, subject, class, village, who, need, have,
        periods, done, open, overdue, postponed, excused, share, met.
        """
        return self.duties.fulfilment(term, on)

    def emergencies(self, now: datetime | None = None, *, finished: bool = False) -> pd.DataFrame:
        """Return the steps of the emergencies, what is late first; columns as in `care.emergencies.countdown`."""
        return self.duties.emergencies(now, finished=finished)

    def chosen_term(self, name: str | None, day: date) -> Term:
        """Return the term of a name, without one that of a day. Raises GuanaiError for neither."""
        return self._term_by_name(name) if name else self._term_by_day(day)

    def summary(self, term: str | None = None, on: date | None = None) -> Summary:
        """Return what a term came to: figures against their targets, and tables (F1, F17)."""
        day = on or self.today()
        chosen = self.chosen_term(term, day)
        sequence = self._database.sequence()
        known = self._summaries.get((chosen.name, day))
        if known is None or known[0] != sequence:
            known = (sequence, summary(self.policy, self.duties.frames, chosen, day))
            current = {key: one for key, one in self._summaries.items() if one[0] == sequence}
            self._summaries = {**current, (chosen.name, day): known}
        return known[1]
