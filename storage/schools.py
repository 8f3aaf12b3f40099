"""The one door to a school: its forms, records, rules, what is due and what the term came to.

Open it with `guanai.storage.open_school`, and hand pages only `School.as_user`: every save then carries
who and when.
"""

import os
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, cast

import pandas as pd
from uuid_utils import uuid7

from guanai.care.calendars import Term
from guanai.care.duties import due
from guanai.care.policies import Policy
from guanai.care.summaries import Summary, summary
from guanai.storage.attachments import Attachments
from guanai.storage.databases import Database
from guanai.storage.doubles import Doubles
from guanai.storage.entities import follow
from guanai.storage.folders import Folder
from guanai.storage.forms import SYSTEM_FIELDS, Form, Session
from guanai.storage.frames import frame_of, with_children, within
from guanai.storage.histories import Change
from guanai.storage.labels import labels_of, options_of
from guanai.storage.lists import list_rows
from guanai.storage.policies import current_policy
from guanai.storage.shelves import Shelf
from guanai.storage.tables import RecordDB, RecordTable
from guanai.storage.unsaved import Drafts
from guanai.templates import template
from guanai.templates.errors import GuanaiError, RecordError
from guanai.templates.wording import say

__all__ = ["NOBODY", "School"]

Record = dict[str, Any]

# What a save is signed with where nobody has signed in: the command line, JupyterLab.
NOBODY = "guanai"
# Who answers for the whole school and so sees every line (requirements 3: 校长, 副校长, 德育处/团少部).
COORDINATING = ("headmaster", "deputy", "coordinator")


class School:
    """A school as one person sees it.

    `as_user` gives the same school as somebody else sees it; both share the records.
    """

    def __init__(self, folder: Folder, database: Database, person: str = NOBODY, staff_id: str = "") -> None:
        self.folder = folder
        self.person = person
        self.staff_id = staff_id
        self._database = database
        self._db = RecordDB(database, author=person)
        self._shelf = Shelf(folder)
        self._bound: dict[str, tuple[Form, Form]] = {}
        self._frames: dict[str, tuple[int, pd.DataFrame]] = {}
        self._options: dict[str, tuple[int, list[dict[str, str]]]] = {}
        self._summaries: dict[tuple[str, date], tuple[int, Summary]] = {}
        self._policy: tuple[Policy, str | None] | None = None
        #: Dossiers that may be of one child: found, made one, taken apart again.
        self.doubles = Doubles(self)

    def __repr__(self) -> str:
        return f"School({str(self.folder.path)!r}, person={self.person!r})"

    def as_user(self, person: str, staff_id: str = "") -> "School":
        """Return the door as that person sees it: what they save carries their name.

        ``staff_id`` is the person's own record in the register of staff, where there is one.
        """
        return School(self.folder, self._database, person, staff_id)

    def close(self) -> None:
        """Close the records."""
        self._database.close()

    # What the school has written down: forms and rules

    @property
    def policy(self) -> Policy:
        """The school's rules in use: profile, calendar, duties, categories, wording."""
        if self._policy is None:
            columns = {name: self.form(name).columns for name in self.forms()}
            self._policy = current_policy(self.folder, self.today(), columns)
        return self._policy[0]

    @property
    def name(self) -> str:
        """The school's name as its workbook gives it."""
        return self.policy.profile.get("name") or say("school.name")

    @property
    def notices(self) -> list[str]:
        """What is wrong with the workbook or a changed form, in words; the last good one is in use."""
        notice = self.policy and self._policy and self._policy[1]
        return [*([notice] if notice else []), *self._shelf.notices()]

    def today(self) -> date:
        """Return the day that counts as today: the clock's, or ``GUANAI_TODAY`` where a trainer sets it."""
        fixed = os.environ.get("GUANAI_TODAY")
        return date.fromisoformat(fixed) if fixed else date.today()

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

    def forms(self) -> list[str]:
        """Return the names of all forms, the school's own among them."""
        return self._shelf.names()

    def form(self, name: str) -> Form:
        """Return a form: the school's own copy, else the shipped one; its choices come from the records.

        A copy with a mistake leaves the last good version in use and says so in `notices`. Raises
        GuanaiError when there is no form of that name.
        """
        form = self._shelf.form(name)
        bound = self._bound.get(name)
        if bound is None or bound[0] is not form:
            drafts = Drafts(self._database, self.person, name, form.version)
            kept = Attachments(self.folder.attachments)
            mine = replace(form, instances=self.instances, clock=self.today, drafts=drafts, attachments=kept)
            bound = self._bound[name] = (form, mine)
        return bound[1]

    def drafts(self, form: str = "") -> Drafts:
        """Return what the person has typed into a form (into all without a name) and not saved yet."""
        return cast(Drafts, self.form(form).drafts) if form else Drafts(self._database, self.person)

    def all_forms(self) -> dict[str, Form]:
        """Return every form by its name."""
        return {name: self.form(name) for name in self.forms()}

    def report(self, name: str) -> Path:
        """Return the template of a report: the school's own, else the shipped one. Raises GuanaiError for neither."""
        for place in (self.folder.reports, template("reports")):
            if (place / f"{name}.docx").exists():
                return place / f"{name}.docx"
        raise GuanaiError("school.no_report", name=name)

    def session(
        self, form: str, record: Mapping[str, Any] | None = None, language: str | None = None
    ) -> Session:
        """Return a form being filled in, with a record's answers or empty, its choices from the records."""
        return self.form(form).session(
            record,
            language=language or os.environ.get("GUANAI_LANGUAGE", "zh"),
        )

    def instances(self, name: str) -> list[dict[str, str]]:
        """Return the rows that a form's choices or look-ups read: a register's records, a file beside the forms, or ``school``.

        One row per record with id, label and its simple answers; for ``school`` one row per line of
        the profile with name and value.
        """
        if name == "school":
            return [{"name": key, "value": str(value)} for key, value in self.policy.profile.items()]
        sequence = self._database.sequence()
        if name not in self.forms() and (rows := list_rows(self.folder.forms, name)) is not None:
            return rows
        known = self._options.get(name)
        if known is None or known[0] != sequence:
            known = self._options[name] = (sequence, options_of(self.table(name).rows()))
        return known[1]

    def classes(self) -> list[str]:
        """Return the names of the classes, in the order of the grades."""
        frame = self.frame("class").sort_values(["grade", "name"])
        return list(dict.fromkeys(frame["name"].dropna()))

    # Records

    def table(self, name: str) -> RecordTable:
        """Return a register as a TinyDB table; what is written to it is not checked by the form."""
        return cast(RecordTable, self._db.table(name))

    def frame(self, name: str, term: str | None = None, *, retired: bool = False) -> pd.DataFrame:
        """Return a register as a frame, or that of one term: one row per record.

        Columns are the form's questions (see `frame_of` for their types), for a register about
        children also ``child_name`` and ``class``, then the system fields. The same columns stand
        when there is no record. A term keeps the records dated in it; a pairing belongs to every
        term in which it runs. Raises GuanaiError for an unknown form or term.
        """
        columns = self.form(name).columns
        if retired:
            return self._framed(name, columns, retired=True)
        sequence = self._database.sequence()
        cached = self._frames.get(name)
        if cached is None or cached[0] != sequence:
            frame = self._framed(name, columns)
            cached = self._frames[name] = (sequence, frame)
        frame = cached[1]
        if term is not None:
            chosen = self._term_by_name(term)
            frame = within(frame, chosen.start, chosen.end)
        return frame.copy()

    def _framed(self, name: str, columns: Mapping[str, str], *, retired: bool = False) -> pd.DataFrame:
        frame = frame_of(self.table(name).rows(), columns, retired=retired)
        return frame if name == "child" else with_children(frame, self.table("child").rows())

    def record(self, form: str, record_id: str) -> Record | None:
        """Return one record, or None when there is none of that id."""
        document = self.table(form).by_id(record_id)
        return None if document is None else dict(document)

    def labels(self, form: str) -> dict[str, str]:
        """Return how each record of a form is called, by its id."""
        return labels_of(self.table(form).rows())

    def label(self, form: str, record_id: str) -> str:
        """Return how a record is called where people read it; its id when it is gone."""
        return self.labels(form).get(record_id, record_id)

    def save(self, form: str, record: Mapping[str, Any], token: str | None = None, key: str = "") -> Record:
        """Check a record by its form and keep it; return it as it now stands.

        A record with an ``id`` replaces the one kept under it, any other is new (``key`` is its id). The same
        ``token`` sent twice is kept once, with what was changed before the second time, and the draft kept
        under it goes. What the form's sheet ``entities`` says is changed in other registers in the same step.
        Raises RecordError with the form's message for each field, ConflictError with both versions when
        somebody else has saved the record since it was read.
        """
        session = self.session(form, record)
        problems = session.check()
        if problems:
            fields = {problem.path: problem.message for problem in problems}
            first = f"{problems[0].label}: {problems[0].message}"
            raise RecordError("school.refused", fields, count=len(problems), first=first)
        answers = {key: value for key, value in session.record().items() if key not in SYSTEM_FIELDS}
        with self.transaction():
            self.drafts().drop(token)
            before = self.record(form, str(record["id"])) if record.get("id") else None
            kept = self._keep(form, answers, record, token, key)
            follow(self, session, kept, before)
            return kept

    def _keep(
        self, form: str, answers: Record, record: Mapping[str, Any], token: str | None, key: str
    ) -> Record:
        if record.get("id"):
            return self._replace(form, answers, record)
        stamped = self._stamped(form, answers)
        stamped["id"] = key or stamped["id"]
        kept = dict(self.table(form).insert_once(stamped, token))
        if any(kept.get(key) != stamped.get(key) for key in {*kept, *answers} - {*SYSTEM_FIELDS}):
            # Saved before without the person hearing of it, who went on and has sent it again.
            return self._replace(form, answers, {"id": kept["id"], "revision": 1})
        return kept

    def save_many(self, form: str, records: Iterable[Mapping[str, Any]]) -> int:
        """Save several records in one transaction, all or none; return how many. Raises what `save` does."""
        with self.transaction():
            return len([self.save(form, record) for record in records])

    def _stamped(self, form: str, answers: Record, made_at: str | None = None) -> Record:
        """Return a new record: its id, form, version, who and when, then its answers."""
        signed = self.signature(made_at)
        return {
            "id": str(uuid7()),
            **answers,
            "form": form,
            "version": self.form(form).version,
            "revision": 1,
            "created_at": signed["updated_at"],
            "created_by": signed["updated_by"],
            **signed,
        }

    def signature(self, at: str | None = None) -> dict[str, str]:
        """Return who changes a record, and when: now, without another moment."""
        return {"updated_at": at or self._db.clock(), "updated_by": self.person}

    def sequence(self) -> int:
        """Return a number that stays the same while no record changes."""
        return self._database.sequence()

    def transaction(self) -> AbstractContextManager[None]:
        """Make every save within the block one: all of them are kept, or none."""
        return self._db.transaction()

    def _replace(self, form: str, answers: Record, record: Mapping[str, Any]) -> Record:
        record_id = str(record["id"])
        kept = self.table(form).by_id(record_id)
        if kept is None:
            raise GuanaiError("school.no_record", id=record_id, form=form)
        expected = int(record.get("revision") or kept["revision"])
        changed = {
            **answers,
            **{name: kept[name] for name in SYSTEM_FIELDS if name in kept},
            "version": self.form(form).version,
            "revision": expected + 1,
            **self.signature(),
        }
        return dict(self.table(form).replace(record_id, changed, expected_revision=expected))

    def load(self, form: str, records: Iterable[Mapping[str, Any]], *, at: str | None = None) -> int:
        """Keep many records that have been checked already, all or none and as they stand; return how many."""
        stamped = [self._stamped(form, {}, at) | dict(record) for record in records]
        with self._db.transaction():
            self.table(form).insert_multiple(stamped)
            for record in stamped if self.form(form).entities else ():
                follow(self, self.session(form, record), record, None)
        return len(stamped)

    def delete(self, form: str, record_id: str) -> None:
        """Put a record into the bin."""
        self.table(form).to_bin(record_id)

    def restore(self, form: str, record_id: str) -> Record:
        """Take a record out of the bin."""
        return dict(self.table(form).restore(record_id))

    def bin(self, form: str) -> list[Change]:
        """Return what lies in the bin, the last deleted first; ``before`` is the record as it was."""
        return self.table(form).bin()

    def history(self, form: str, record_id: str) -> list[Change]:
        """Return every change of a record, the earliest first: who, when, before and after."""
        return self.table(form).history(record_id)

    # What the rules say

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return every register as a frame, by its name."""
        return {name: self.frame(name) for name in self.forms()}

    def about(self, child_id: str) -> dict[str, Any]:
        """Return everything about a child, as a dossier shows it.

        ``records``: every register's records of the child by form name, frames as in `frame`; ``forms`` by name;
        ``history``: the changes of the child's own record, and of one merged into it; ``due``: its due lines ``on`` this day.
        """
        forms = self.all_forms()
        frames = {name: self.frame(name) for name, form in forms.items() if "child" in form.columns}
        lines = self.due()
        return {
            "forms": forms,
            "records": {name: frame[frame["child"] == child_id] for name, frame in frames.items()},
            "history": self.doubles.history(child_id),
            "due": lines[lines["subject_id"] == child_id],
            "on": self.today(),
        }

    def due(self, on: date | None = None, *, done: bool = False) -> pd.DataFrame:
        """Return what is due on a day, one row per duty, subject and period; columns as in `care.duties.due`."""
        return due(self.policy, self.frames(), on or self.today(), done=done)

    def mine(self, lines: pd.DataFrame) -> pd.DataFrame:
        """Return the due lines that the signed-in person answers for.

        Somebody who is not in the register of staff, or who coordinates, answers for all.
        """
        staff = self.record("staff", self.staff_id) if self.staff_id else None
        if staff is None or staff.get("role") in COORDINATING:
            return lines
        return lines[[staff["name"] in str(who).split(say("policy.comma")) for who in lines["who"]]]

    def summary(self, term: str | None = None, on: date | None = None) -> Summary:
        """Return what a term came to: figures against their targets, and tables (F1, F17)."""
        day = on or self.today()
        chosen = self._term_by_name(term) if term else self._term_by_day(day)
        sequence = self._database.sequence()
        known = self._summaries.get((chosen.name, day))
        if known is None or known[0] != sequence:
            known = (sequence, summary(self.policy, self.frames(), chosen, day))
            self._summaries[chosen.name, day] = known
        return known[1]
