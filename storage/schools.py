"""The one door to a school: its forms, records, rules, what is due and what the term came to.

Open it with `guanai.storage.open_school`, and hand pages only `School.as_user`: every save then carries
who and when.
"""

import os
from collections.abc import Iterable, Mapping
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
from guanai.storage.databases import Database
from guanai.storage.folders import Folder
from guanai.storage.forms import SYSTEM_FIELDS, Form, Session
from guanai.storage.frames import frame_of
from guanai.storage.histories import Change
from guanai.storage.labels import labels_of, options_of
from guanai.storage.policies import current_policy
from guanai.storage.shelves import Shelf
from guanai.storage.tables import RecordDB, RecordTable
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
        self._due: dict[tuple[date, bool], tuple[int, pd.DataFrame]] = {}
        self._policy: tuple[Policy, str | None] | None = None

    def __repr__(self) -> str:
        return f"School({str(self.folder.path)!r}, person={self.person!r})"

    def as_user(self, person: str, staff_id: str = "") -> "School":
        """Return the door as that person sees it: what they save carries their name.

        ``staff_id`` is the person's own record in the register of staff, where there is one.
        """
        return School(self.folder, self._database, person, staff_id)

    def start_from(self, other: "School") -> "School":
        """Take over what the other has read of the same school; return this one."""
        self._policy = other._policy
        self._frames, self._options = dict(other._frames), dict(other._options)
        self._summaries, self._due = dict(other._summaries), dict(other._due)
        return self

    def sequence(self) -> int:
        """Return the number of the last change in the records."""
        return self._database.sequence()

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
            bound = self._bound[name] = (form, replace(form, instances=self.instances, clock=self.today))
        return bound[1]

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
        """Return the rows that a form's choices or look-ups read: a register's records, or ``school``.

        One row per record with id, label and its simple answers; for ``school`` one row per line of
        the profile with name and value.
        """
        if name == "school":
            return [{"name": key, "value": str(value)} for key, value in self.policy.profile.items()]
        sequence = self._database.sequence()
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
            return self._with_children(name, frame_of(self.table(name).rows(), columns, retired=True))
        sequence = self._database.sequence()
        cached = self._frames.get(name)
        if cached is None or cached[0] != sequence:
            frame = self._with_children(name, frame_of(self.table(name).rows(), columns))
            cached = self._frames[name] = (sequence, frame)
        frame = cached[1]
        if term is not None:
            frame = self._within(frame, self._term_by_name(term))
        return frame.copy()

    def _with_children(self, name: str, frame: pd.DataFrame) -> pd.DataFrame:
        """Add the child's name and class to a register that is about children."""
        if name == "child" or "child" not in frame:
            return frame
        children = {child["id"]: child for child in self.table("child").rows()}
        place = list(frame.columns).index("child") + 1
        for offset, (column, field) in enumerate((("child_name", "name"), ("class", "class"))):
            if column not in frame:
                values = [children.get(child, {}).get(field) for child in frame["child"]]
                frame.insert(place + offset, column, pd.Series(values, index=frame.index, dtype=object))
        return frame

    @staticmethod
    def _within(frame: pd.DataFrame, term: Term) -> pd.DataFrame:
        start, end = pd.Timestamp(term.start), pd.Timestamp(term.end)
        if "date" in frame:
            return frame[frame["date"].between(start, end)]
        if {"start", "end"} <= set(frame):
            return frame[(frame["start"] <= end) & ~(frame["end"] < start)]
        return frame

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

    def save(self, form: str, record: Mapping[str, Any], token: str | None = None) -> Record:
        """Check a record by its form and keep it; return it as it now stands.

        A record with an ``id`` replaces the one kept under it, any other is new. ``token`` names
        this one save: the same token sent twice is kept once. Raises RecordError with the form's
        message for each field, ConflictError with both versions when somebody else has saved the
        record since it was read.
        """
        session = self.session(form, record)
        problems = session.check()
        if problems:
            fields = {problem.path: problem.message for problem in problems}
            first = f"{problems[0].label}: {problems[0].message}"
            raise RecordError("school.refused", fields, count=len(problems), first=first)
        answers = {key: value for key, value in session.record().items() if key not in SYSTEM_FIELDS}
        if record.get("id"):
            return self._replace(form, answers, record)
        stamped = self._stamped(form, answers)
        return dict(self.table(form).insert_once(stamped, token))

    def save_many(self, form: str, records: Iterable[Mapping[str, Any]]) -> int:
        """Save several records in one transaction, all or none; return how many. Raises what `save` does."""
        with self._db.transaction():
            return len([self.save(form, record) for record in records])

    def _stamped(self, form: str, answers: Record, made_at: str | None = None) -> Record:
        """Return a new record: its id, form, version, who and when, then its answers."""
        at = made_at or self._db.clock()
        return {
            "id": str(uuid7()),
            **answers,
            "form": form,
            "version": self.form(form).version,
            "revision": 1,
            "created_at": at,
            "created_by": self.person,
            "updated_at": at,
            "updated_by": self.person,
        }

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
            "updated_at": self._db.clock(),
            "updated_by": self.person,
        }
        return dict(self.table(form).replace(record_id, changed, expected_revision=expected))

    def load(self, form: str, records: Iterable[Mapping[str, Any]], *, at: str | None = None) -> int:
        """Keep many records in one transaction, as they stand; return how many.

        For records that have been checked already: a sample school, an import after its dry run.
        """
        stamped = [self._stamped(form, {}, at) | dict(record) for record in records]
        self.table(form).insert_multiple(stamped)
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
        ``history``: the changes of the child's own record; ``due``: its due lines ``on`` this day.
        """
        forms = self.all_forms()
        frames = {name: self.frame(name) for name, form in forms.items() if "child" in form.columns}
        lines = self.due()
        return {
            "forms": forms,
            "records": {name: frame[frame["child"] == child_id] for name, frame in frames.items()},
            "history": self.history("child", child_id),
            "due": lines[lines["subject_id"] == child_id],
            "on": self.today(),
        }

    def due(self, on: date | None = None, *, done: bool = False) -> pd.DataFrame:
        """Return what is due on a day, one row per duty, subject and period; columns as in `care.duties.due`."""
        asked = (on or self.today(), done)
        sequence = self._database.sequence()
        known = self._due.get(asked)
        if known is None or known[0] != sequence:
            known = self._due[asked] = (sequence, due(self.policy, self.frames(), asked[0], done=done))
        return known[1].copy()

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
