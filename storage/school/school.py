"""A school as a notebook opens it: its forms and records, its rules, what is due and the summary of a term.

Open it with `guanai.storage.open_school`. A page has it as the account that is signed in: what that may not see is not
there, what it may not do is refused, and every save carries who and when.
"""

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from guanai.care.errors import AccessError, GuanaiError
from guanai.care.policy.policy import Policy
from guanai.care.summary.term_summary import Summary
from guanai.storage.database.databases import Database
from guanai.storage.files.school_folder import SchoolFolder
from guanai.storage.imports.run import Imports
from guanai.storage.records.access import Access
from guanai.storage.records.attachment_names import AttachmentNames, file_names, remove_unused
from guanai.storage.records.attachments import Attachments
from guanai.storage.records.change_register import guardian_on
from guanai.storage.records.child_records import records_naming
from guanai.storage.records.frames import within
from guanai.storage.records.permitted_registers import PermittedRegisters
from guanai.storage.records.records import Identity, Record
from guanai.storage.records.registers import Registers
from guanai.storage.school.coverage_lists import counted_list
from guanai.storage.school.deleted_records import DeletedRecords, title_of
from guanai.storage.school.due_service import DutyService
from guanai.storage.school.duplicate_service import Duplicates
from guanai.storage.school.duty_view import DutyView
from guanai.storage.school.form_publishing import FormPublishing
from guanai.storage.school.pairing_service import PairingService
from guanai.storage.school.permissions import COORDINATING_ROLES, check_deferral, is_coordinator
from guanai.storage.school.policy_in_use import PolicyInUse, periods_of
from guanai.storage.school.workbook_service import WorkbookService
from guanai.templates import template
from guanai.templates.wording import say, spoken

__all__ = ["School"]

DEFERRAL = "deferral"
#: The list of the school's own settings that a form may read.
PROFILE = "school"
#: Kinds of question whose answers name files.


class School(PermittedRegisters):
    """A school as one person sees it: the registers, and the rules and services over them.

    What belongs to one task is a service of its own: ``duties``, ``duplicates``, ``pairings``, ``settings``, ``imports``,
    ``publishing``, ``deleted``. What the person may do of it ``access`` says; without an identity that is nothing.
    `as_identity` gives the same school as somebody else sees it; both share the records.
    """

    def __init__(self, folder: SchoolFolder, database: Database, identity: Identity | None = None) -> None:
        whole = Registers(folder, database, identity)
        whole.lists[PROFILE] = self._profile
        self._language = spoken()
        self._rules = PolicyInUse(whole)
        super().__init__(whole, Access(whole, lambda: self._rules.rights))
        self._attachment_names = AttachmentNames(whole)
        # For everybody: only what checks rights itself may ask it.
        self._engine = DutyService(whole, self._rules, self._seen_restricted())
        #: What the rules say of a day, as the person may know it: due lines, fulfilment, emergencies, gaps, deferrals.
        self.duties = self._engine if self.identity.owner else DutyView(self._engine, self, self._rules)
        #: Dossiers that may be of one child: detected, merged, separated again.
        self.duplicates = Duplicates(self, whole)
        #: Pairings proposed, accepted and undone as a whole.
        self.pairings = PairingService(whole, self._engine, self.access)
        #: The school's workbook, changed row by row.
        self.settings = WorkbookService(whole, self._engine, self._rules, self.access)
        #: Records from files: previewed before they are written, and undone as a whole.
        self.imports = Imports(whole, self.access)
        #: Forms as a coordinator changes them: checked, compared, published, reverted.
        self.publishing = FormPublishing(whole, self._rules, self.access)
        #: Deleted records, and how they are restored.
        self.deleted = DeletedRecords(self, self.duplicates)

    def _seen_restricted(self) -> list[str] | None:
        """Return the restricted registers about which there are lines for the person, None for all."""
        if self.identity.owner:
            return None
        return [name for name in self.access.restricted if self.access.may("see", name)]

    def as_user(self, person: str, staff_id: str = "") -> "School":
        """Return the school as its owner signs for that person: what is saved carries their name.

        ``staff_id`` is the person's own record in the register of staff, where there is one. Raises AccessError for whoever
        is not the owner: they see the school in their own name only.
        """
        if self.identity.owner:
            return self.as_identity(Identity(person, staff_id, owner=True))
        if person != self.person:
            raise AccessError("rights.refused_person", person=self.person)
        return self.as_identity(self.identity)

    def as_identity(self, identity: Identity) -> "School":
        """Return the school as an account sees it, with its roles: for whoever knows who has signed in."""
        school = School(self.folder, self._whole.database, identity)
        if self._whole.vault_is_closed:
            school.close_vault()
        return school

    def close_vault(self) -> None:
        """Open no restricted register from now on, in nobody's name: a server holds none in its memory."""
        self._whole.close_vault()

    def reuse_cache_of(self, other: "School") -> "School":
        """Use what another one has read of the same school, and worked out in the same language; return this one."""
        self._whole.reuse_cache_of(other._whole)
        if self._language == other._language:  # due lines and figures contain texts
            self._rules.reuse(other._rules)
            self._engine.reuse_cache_of(other._engine)
        return self

    # Its rules

    @property
    def policy(self) -> Policy:
        """The school's rules in use: profile, calendar, duties, categories, wording."""
        return self._rules.policy

    @property
    def name(self) -> str:
        """The school's name as its workbook gives it."""
        return self.policy.profile.get("name") or say("school.name")

    @property
    def notices(self) -> list[str]:
        """What is wrong with the workbook or a changed form, in words; the last good one is in use.

        Also that the calendar has run out: without a term nothing of the new year would ever be due.
        """
        asked = [str(problem) for problem in self._engine.own_problems]
        return list(dict.fromkeys([*self._rules.notices(), *asked]))

    def refuse_mistakes(self) -> None:
        """From now on raise what is wrong with the workbook instead of answering by the last good one: for a command."""
        self._rules.refuse_mistakes()

    def rule_mistakes(self) -> list[str]:
        """Return what is wrong with the workbook, the school's own rules or a changed form, in words."""
        return self._rules.mistakes()

    def own_rule_problems(self) -> tuple[GuanaiError, ...]:
        """Return what is wrong with the school's own rules (``rules/*.py``), as far as they were read and asked."""
        problems = (*self._rules.own_problems(), *self._engine.own_problems)
        return tuple({str(problem): problem for problem in problems}.values())

    @property
    def is_coordinator(self) -> bool:
        """Whether the account is one of who is responsible for the whole school, or the person works in the folder itself."""
        return is_coordinator(self)

    def report(self, name: str) -> Path:
        """Return the template of a report: the school's own, else the shipped one. Raises GuanaiError for neither."""
        for folder in (self.folder.reports, template("reports")):
            if (folder / f"{name}.docx").exists():
                return folder / f"{name}.docx"
        raise GuanaiError("school.no_report", name=name)

    def terms(self) -> list[str]:
        """Return the names of the terms in the school's calendar, the earliest first."""
        return self._rules.term_names()

    def term(self, day: date | None = None) -> str:
        """Return the name of the term that a day falls into, or else of the last one before it.

        Raises GuanaiError when the calendar has no term at all.
        """
        return self._rules.term(None, day or self.today()).name

    def periods(self) -> dict[str, tuple[date, date]]:
        """Return the times by which a list is narrowed down: first and last day by name."""
        return periods_of(self.policy.calendar.terms, self.today())

    # Its records, seen by its rules

    def save(self, form: str, record: Mapping[str, Any], token: str | None = None, key: str = "") -> Record:
        """Check a record by its form and save it, as `Registers.save` does.

        Raises AccessError too, for a postponement or an excuse that the person may not decide on.
        """
        if form == DEFERRAL:
            check_deferral(self._whole, self._engine, record)
            if record.get("id"):
                check_deferral(
                    self._whole, self._engine, self._whole.record(form, str(record["id"])) or record
                )
        return super().save(form, record, token, key)

    def delete(self, form: str, record_id: str) -> None:
        """Delete a record, so that it can be restored; AccessError for a decision that the person could not have made."""
        if form == DEFERRAL:
            check_deferral(self._whole, self._engine, self._whole.record(form, record_id) or {})
        super().delete(form, record_id)

    def restore(self, form: str, record_id: str) -> Record:
        """Restore a deleted record; AccessError for a decision that the person could not have made."""
        if form == DEFERRAL and (deleted := self.deleted.find(form, record_id)) is not None:
            check_deferral(self._whole, self._engine, deleted.record)
        return super().restore(form, record_id)

    def counts(self) -> dict[str, int]:
        """Return how many records of each register the person sees, or may count; no register of which neither holds."""
        return {name: self._count(name) for name in self.forms() if self._counting(name)}

    def _counting(self, name: str) -> str:
        """Return by which act a register is counted, empty for none: what is kept apart is counted by who sees it."""
        acts = ("see",) if name in self.access.restricted else ("see", "count")
        return next((act for act in acts if self.access.may(act, name)), "")

    def _count(self, name: str) -> int:
        act = self._counting(name)
        if any(grant.scope == "school" for grant in self.access.rights.grants(act, name)):
            return len(self._whole.table(name))
        return sum(
            cover is not None for cover in self.access.covers_of(name, self._whole.table(name).rows(), act)
        )

    def attachment(self, name: str) -> Path | None:
        """Return the file of an attachment, for who sees a record that names it; None for anybody else and where there is none."""
        path = Attachments(self.folder.attachments).path(name)
        return path if path is not None and self._names_file(name) else None

    def remove_unused_attachments(self) -> list[str]:
        """Remove the attachments that nothing names any more, for the owner; return their names (`remove_unused`)."""
        if not self.access.owner:
            raise AccessError("rights.refused_person", person=self.person)
        forms = self._whole.all_forms().values()
        return remove_unused(self.folder.attachments, self._whole.database, forms)

    def _names_file(self, name: str) -> bool:
        """Whether a record that the person sees names an attachment in a question that they see, or a draft of theirs."""
        forms = [form for form in self._whole.forms() if self.access.may("see", form)]
        for form, record in self._attachment_names.naming(name, forms):
            shown = self.access.visible(form, record)
            if shown is not None and name in file_names(self._whole.form(form).items, shown):
                return True
        typed = self._whole.drafts().all()
        drafts = [draft for draft in typed if draft.form in self._whole.forms()]
        return any(name in file_names(self._whole.form(one.form).items, one.answers) for one in drafts)

    def title_of(self, form: str, record: Mapping[str, Any]) -> str:
        """Return the title of a record that is shown by itself: a name, or its day and its child."""
        return title_of(self, form, record)

    def _profile(self) -> list[dict[str, str]]:
        """Return the school's profile as a form reads it: rows of name and value."""
        return [{"name": key, "value": str(value)} for key, value in self.policy.profile.items()]

    def frame(self, name: str, term: str | None = None, *, retired: bool = False) -> pd.DataFrame:
        """Return a register as a frame (columns as in `Registers.frame`), or only what belongs to a term.

        That is what is dated in the term; a pairing belongs to every term in which it runs. Raises
        GuanaiError for an unknown form or term.
        """
        frame = super().frame(name, retired=retired)
        if term is None:
            return frame
        chosen = self._rules.term(term, self.today())
        return within(frame, chosen.start, chosen.end)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return every register as a frame, by its name; with them 变动 (``change``), the changes of the dossiers.

        ``change`` has the columns of `guanai.care.children.changes.COLUMNS`, one row per changed answer.
        """
        return self.with_change_register(super().frames(), self.policy.criterion)

    def children(self, on: date | None = None) -> pd.DataFrame:
        """Return the left-behind children in care on a day, by the school's definition: rows of ``frame("child")``."""
        return self.duties.in_care(on or self.today())

    def unpaired(self, on: date | None = None) -> pd.DataFrame:
        """Return those of the `children` in care on a day who have no helper that day (`guanai.care.unpaired`)."""
        return self.duties.unpaired(on or self.today())

    def without_peer(self, on: date | None = None) -> pd.DataFrame:
        """Return those of the `children` in care on a day who have no friend at their side (手拉手)."""
        return self.duties.without_peer(on or self.today())

    def loads(self, on: date | None = None) -> pd.DataFrame:
        """Return how many children each of the staff carries on a day (`guanai.care.pairing.helper_loads.loads`)."""
        return self.duties.loads(on or self.today())

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
        ``on`` this day, ``counted`` which records count for a line; ``reveal`` shows a masked number, ``looked`` is who looked
        at the dossier, None for who may not know. That the dossier was opened is written into the trail.
        """
        looks = self.access.may_matter("trail", "see")
        looked = self.trail.of_record("child", child_id) if looks else None
        self.note_view("child", child_id)
        return {
            "forms": self.all_forms(),
            "records": records_naming(self, child_id),
            "history": self.duplicates.history(child_id),
            "due": self.duties.of_children([child_id]),
            "counted": self.duties.counted,
            "on": self.today(),
            "reveal": partial(self.reveal, "child", child_id),
            "looked": looked,
        }

    # What is due, and the summary of a term

    @property
    def own_id(self) -> str | None:
        """Whose lines to show a person first: their id in the register of staff, None for all lines.

        Somebody who is not in the register of staff, or whose account coordinates, answers for all.
        """
        staff = self._whole.record("staff", self.staff_id) if self.staff_id else None
        coordinates = set(self.identity.roles) & set(COORDINATING_ROLES)
        return None if staff is None or coordinates else self.staff_id

    def due(
        self,
        on: date | None = None,
        *,
        done: bool = False,
        now: datetime | None = None,
        who: str | None = None,
        known: date | None = None,
    ) -> pd.DataFrame:
        """Return what is due on a day, one row per duty, subject and period; columns as in `care.duties.due`.

        ``done`` adds what is done or excused; ``who`` (`own_id`, or an id of the staff) leaves out what others owe. Only
        what was recorded by that day counts, or by the day ``known``: for a term that is over as it is known today.
        """
        return self.duties.due(on, done=done, now=now, who=who, known=known)

    def to_do(
        self, on: date | None = None, who: str | None = None, known: date | None = None
    ) -> pd.DataFrame:
        """Return what is to be done on a day, the most urgent first: one row per subject and duty, one row per cause.

        Columns as in `care.duties.to_do`. With ``who`` (an id of the staff) what they owe, and what has risen to them.
        ``known`` as in `due`.
        """
        return self.duties.to_do(on, who, known)

    def brief(self, on: date | None = None, who: str | None = None) -> pd.DataFrame:
        """Return what a home page shows of `to_do`: at most twenty rows, five or more of a kind as one."""
        return self.duties.brief(on, who)

    def closing_list(self, term: str | None = None) -> pd.DataFrame:
        """Return what a term leaves: one row per duty and subject of which something was missed or stands over.

        Columns as in `care.duties.fulfilment.closing_list`. Raises GuanaiError for an unknown term.
        """
        return self.duties.closing_list(term)

    def coverage(self, term: str | None = None, on: date | None = None) -> pd.DataFrame:
        """Return how far every duty of a term is fulfilled, one row per duty and subject (child, helper, class …).

        Columns as in `care.duties.fulfilment`: duty, kind, subject_id, subject, class, village, who, need, have,
        periods, done, late, to_do, standing, missed, postponed, excused, share, late_share, met. Raises GuanaiError for an
        unknown term.
        """
        return self.duties.fulfilment(term, on)

    def counted_list(
        self, of: str, name: str, part: str = "", term: str | None = None
    ) -> tuple[str, pd.DataFrame]:
        """Return who or what a number of the coverage page counts: a title, and a frame of form, id, name, class.

        ``of`` says what was counted (``figure``, ``field``, ``duty``, ``who``), ``name`` which one, ``part`` which part of it;
        see `guanai.storage.school.coverage_lists`. Raises KeyError for anything else.
        """
        return counted_list(self, self.duties, of, name, part, term)

    def emergencies(self, now: datetime | None = None, *, finished: bool = False) -> pd.DataFrame:
        """Return the steps of the emergencies, what is late first; columns as in `care.duties.emergencies`."""
        return self.duties.emergencies(now, finished=finished)

    def summary(self, term: str | None = None, on: date | None = None) -> Summary:
        """Return the summary of a term: figures against their targets, and tables (F1, F17).

        Without a term that of the day, without a day today. Raises GuanaiError for an unknown term.
        """
        return self.duties.summary(term, on)
