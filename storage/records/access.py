"""What the person who has opened the school may do with which record: the one place where it is asked.

The rights come from the sheet 权限 by the roles of the account (`guanai.care.rights`), whose a record is from the register of
children, classes, pairings and staff as they are on the day. The owner, who works in the school's folder, may do all.
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import pandas as pd

from guanai.care.errors import AccessError
from guanai.care.rights.masking import mask
from guanai.care.rights.reach import Reach
from guanai.care.rights.record_scope import RecordFields, is_within, mask_within, without_outside
from guanai.care.rights.rights import ACTS, GRANTING, OTHERS, OWNER_RIGHTS, Grant, RightRow, Rights
from guanai.storage.database.record_storage import stored_moment
from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS, Form
from guanai.storage.records.child_records import naming_fields, naming_inside
from guanai.storage.records.records import Record
from guanai.storage.records.registers import Registers
from guanai.templates.wording import say

__all__ = ["Access", "Cover", "fields_of"]

#: An act that needs every child of a record within reach, not only one of them.
WHOLE_RECORD = frozenset({"add", "delete"})
#: Who is named as able to help, in this order.
HELPERS = ("homeroom", "coordinator", "headmaster", "counsellor")
#: Access beyond one's roles in an emergency: to see all that is not restricted. The vault says who has it, and until when.
EMERGENCY = "@emergency"
EMERGENCY_ROW = RightRow((EMERGENCY,), (OTHERS,), ("see",), "school")
EMERGENCY_SECONDS = 3.0
_REACHING = ("child", "class", "pairing", "staff")


def fields_of(form: Form) -> RecordFields:
    """Return which questions of a form name children, classes and staff.

    A question ``child`` names one even where its form does not ask for it (推迟或免办).
    """
    children = naming_fields(form)
    if form.columns.get("child") == "text":
        children = {"child": "one"} | children
    return RecordFields(
        form.name,
        children,
        naming_fields(form, "class"),
        naming_fields(form, "staff"),
        {repeat: naming_inside(form, repeat) for repeat, kind in children.items() if kind == "rows"},
    )


@dataclass(frozen=True, eq=False)
class Cover:
    """What is left out of a record for one person: every question that all of some grants hide or mask.

    ``children`` are those that may be named, None for all.
    """

    grants: tuple[Grant, ...]
    fields: RecordFields
    children: frozenset[str] | None
    columns: Collection[str]

    @cached_property
    def whole(self) -> bool:
        """Whether every question is shown as it is."""
        return any(grant.whole for grant in self.grants)

    @cached_property
    def hidden(self) -> frozenset[str]:
        """The questions that are hidden."""
        return frozenset(name for name in self.columns if all(grant.hides(name) for grant in self.grants))

    @cached_property
    def masked(self) -> frozenset[str]:
        """The questions that are masked."""
        showing = {name: [g for g in self.grants if not g.hides(name)] for name in self.columns}
        return frozenset(
            name for name, some in showing.items() if some and all(name in grant.masked for grant in some)
        )

    @cached_property
    def _shown(self) -> tuple[str, ...]:
        return tuple(name for name in (*self.columns, *SYSTEM_FIELDS) if name not in self.hidden)

    def apply(self, record: Mapping[str, Any]) -> Record:
        """Return a record as it is shown; of a cover that hides anything also without what the form does not ask."""
        if self.whole:
            shown = dict(record)
        else:
            shown = {name: record[name] for name in self._shown if name in record}
            shown |= {name: mask(shown[name]) for name in self.masked if name in shown}
        return without_outside(self.fields, shown, self.children) if self.children is not None else shown


class Access:
    """What one person may do with the records of some registers; ``rows`` gives the rows of the sheet in use."""

    def __init__(self, whole: Registers, rows: Callable[[], Sequence[RightRow]]) -> None:
        self.identity = whole.identity
        self._rows = rows
        self._whole = whole
        self._rights: tuple[Sequence[RightRow], bool, Rights] | None = None
        self._emergency: tuple[float, bool] | None = None
        self._reach: tuple[tuple[object, ...], Reach] | None = None
        self._fields: dict[str, tuple[Form, RecordFields]] = {}
        self._covers: dict[tuple[object, ...], Cover] = {}

    # What it follows from

    @property
    def owner(self) -> bool:
        """Whether the person works in the school's folder itself."""
        return self.identity.owner

    @property
    def rights(self) -> Rights:
        """What the person may do by the sheet in use."""
        if self.identity.owner:
            return OWNER_RIGHTS
        rows, emergency = self._rows(), self.in_emergency
        if self._rights is None or self._rights[0] is not rows or self._rights[1] != emergency:
            more, roles = ((EMERGENCY_ROW,), (EMERGENCY,)) if emergency else ((), ())
            rights = Rights.of([*rows, *more], [*self.identity.roles, *roles], self.restricted)
            self._rights = (rows, emergency, rights)
            self._covers.clear()
        return self._rights[2]

    @property
    def in_emergency(self) -> bool:
        """Whether the person may see for a time all that is not restricted; asked for every few seconds."""
        moment = time.monotonic()
        if self._emergency is None or moment > self._emergency[0]:
            now = stored_moment(datetime.now(UTC))
            accesses = self._whole.vault.emergency_accesses()
            running = any(one.person == self.identity.person and one.until > now for one in accesses)
            self._emergency = (moment + EMERGENCY_SECONDS, running)
        return self._emergency[1]

    def forget_emergency(self) -> None:
        """Ask the vault again: access in an emergency has just begun."""
        self._emergency = None

    @property
    def reach(self) -> Reach:
        """Whose records are theirs, as the registers are now."""
        state = self.state
        if self._reach is None or self._reach[0] != state:
            documents = {name: self._whole.table(name).rows() for name in _REACHING}
            self._reach = (
                state,
                Reach(
                    documents.__getitem__, self.identity.staff_id, self.identity.person, self._whole.today()
                ),
            )
            self._covers.clear()
        return self._reach[1]

    @property
    def state(self) -> tuple[object, ...]:
        """A value that differs once somebody's reach may have changed."""
        if self.identity.owner:
            return ()
        return (self._whole.today(), *(self._whole.table(name).version for name in _REACHING))

    @property
    def restricted(self) -> frozenset[str]:
        """The registers that are kept apart."""
        return frozenset(name for name, form in self._whole.all_forms().items() if form.restricted)

    def fields(self, form: str) -> RecordFields:
        """Return which questions of a register name children, classes and staff."""
        definition = self._whole.form(form)
        entry = self._fields.get(form)
        if entry is None or entry[0] is not definition:
            entry = self._fields[form] = (definition, fields_of(definition))
        return entry[1]

    # What is asked

    def may(self, act: str, form: str) -> bool:
        """Whether an act is allowed on any record of a register at all."""
        return self.rights.scope(act, form) is not None

    def registers(self, act: str) -> list[str]:
        """Return the names of the registers of which an act is allowed on some record."""
        return [name for name in self._whole.forms() if self.may(act, name)]

    def acts(self, form: str, record_id: str | None = None) -> frozenset[str]:
        """Return which acts are allowed on some record of a register, or on one record: none where there is none."""
        if record_id is None:
            return frozenset(act for act in ACTS if self.may(act, form))
        stored = self._whole.record(form, record_id) if form in self._whole.forms() else None
        return frozenset(act for act in ACTS if stored is not None and self.allows(act, form, stored))

    def addable_to(self, child_id: str) -> list[str]:
        """Return the open registers that ask for a child, to which the person may add a record about one child."""
        return [
            name
            for name, form in self._whole.all_forms().items()
            if "child" in form.columns
            and name not in self._whole.closed
            and self.allows("add", name, {"child": child_id})
        ]

    def is_whole(self, act: str, form: str) -> bool:
        """Whether an act is allowed on every record of a register, with every question of it and every child it names."""
        rights = self.rights
        names = form == "child" or not self.fields(form).children or rights.scope("see", "child") == "school"
        return rights.is_whole(act, form) and names

    def allows(self, act: str, form: str, record: Mapping[str, Any], reach: Reach | None = None) -> bool:
        """Whether an act is allowed on one record; ``reach`` is what the person reached before a change of it."""
        fields, reached = self.fields(form), reach or self.reach
        return any(
            is_within(reached, grant.scope, fields, record, whole=act in WHOLE_RECORD)
            for grant in self.rights.grants(act, form)
        )

    def check_confirmed(self, act: str, form: str) -> None:
        """Raise AccessError where an act on a whole or a restricted register needs the password typed again first."""
        far = form in self.restricted or self.rights.scope(act, form) == "school"
        if far and not self.identity.is_confirmed:
            raise AccessError("confirm.first")

    def mask_of(self, act: str, form: str, frame: pd.DataFrame) -> "pd.Series[bool]":
        """Return on which rows of a register's frame an act is allowed."""
        grants = self.rights.grants(act, form)
        if any(grant.scope == "school" for grant in grants):
            return pd.Series(True, index=frame.index, dtype=bool)
        rows = self._rows_of(form, frame) if grants else []
        allowed = [False] * len(frame)
        for grant in grants:
            within = mask_within(self.reach, grant.scope, self.fields(form), rows, whole=act in WHOLE_RECORD)
            allowed = [one or other for one, other in zip(allowed, within, strict=True)]
        return pd.Series(allowed, index=frame.index, dtype=bool)

    def check(
        self, act: str, form: str, record: Mapping[str, Any] | None = None, reach: Reach | None = None
    ) -> None:
        """Raise AccessError, which says who can help, where an act is not allowed on a record (or on any)."""
        allowed = self.may(act, form) if record is None else self.allows(act, form, record, reach)
        if not allowed:
            self._whole.trail.append("refused", form, str((record or {}).get("id") or ""), act)
            raise self._refusal(act, form, "rights.refused_all" if record is None else "rights.refused")

    def sentence(self, act: str, form: str) -> str:
        """Return what a page says to whoever may not do something with a register: one sentence, with who can help."""
        return self._refusal(act, form, "rights.refused_all").message()

    def _refusal(self, act: str, form: str, key: str) -> AccessError:
        title, who = self._whole.form(form).title(), self.who_can(act, form)
        return AccessError(key, act=say(f"right.act.{act}"), title=title, who=who)

    def may_matter(self, matter: str, act: str = "change") -> bool:
        """Whether the person may do something that is no register, or answer a question that grants rights."""
        return self.rights.may(matter, act)

    def check_matter(self, matter: str, act: str = "change") -> None:
        """Raise AccessError where the person may not."""
        if not self.may_matter(matter, act):
            self._whole.trail.append("refused", detail=f"{matter} {act}")
            raise self._matter_refusal(matter, act)

    def matter_sentence(self, matter: str, act: str = "change") -> str:
        """Return what a page says to whoever may not do something that is no register: one sentence, with who can help."""
        return self._matter_refusal(matter, act).message()

    def _matter_refusal(self, matter: str, act: str) -> AccessError:
        roles = [role for role in HELPERS if self._rights_of(role).may(matter, act)]
        return AccessError("rights.refused_matter", title=say(f"right.matter.{matter}"), who=_words(roles))

    def check_granting(self, form: str, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> None:
        """Raise AccessError where a change answers a question that grants rights, for who may not.

        The class of a new child is checked by its scope alone: whoever adds one adds it to a class within reach.
        """
        for granting in GRANTING:
            register, _, question = granting.partition(".")
            if register != form or (before is None and granting == "child.class"):
                continue
            old, new = (before or {}).get(question) or None, after.get(question) or None
            if (
                old != new
                and not self.may_matter(granting)
                and not (before is None and granting == "staff.active")
            ):
                roles = [role for role in HELPERS if self._rights_of(role).may(granting)]
                self._whole.trail.append("refused", form, str(after.get("id") or ""), granting)
                raise AccessError(
                    "rights.refused_question", question=self._label(form, question), who=_words(roles)
                )

    def granting_of(self, form: str) -> list[str]:
        """Return the questions of a register that grant rights."""
        return [granting for granting in GRANTING if granting.partition(".")[0] == form]

    def children(self, act: str = "see") -> frozenset[str] | None:
        """Return the ids of the children on whose dossiers an act is allowed; None for all."""
        reached: frozenset[str] = frozenset()
        for grant in self.rights.grants(act, "child"):
            ids = self.reach.children(grant.scope)
            if ids is None:
                return None
            reached |= ids
        return reached

    # What is shown

    def visible(self, form: str, record: Mapping[str, Any], act: str = "see") -> Record | None:
        """Return a record as the person sees it, None where it is outside: hidden answers left out, masked ones masked."""
        cover = self.cover(form, record, act)
        return None if cover is None else cover.apply(record)

    def cover(self, form: str, record: Mapping[str, Any], act: str = "see") -> Cover | None:
        """Return what is left out of a record, None where the person may not see it at all."""
        grants = self.rights.grants(act, form)
        fields = self.fields(form)
        within = tuple(
            number
            for number, grant in enumerate(grants)
            if is_within(self.reach, grant.scope, fields, record)
        )
        return self._cover(form, act, within)

    def covered(self, form: str, record_id: str) -> frozenset[str]:
        """Return the questions of a record, or of a new one (""), that the person does not see as they are."""
        stored = self._whole.record(form, record_id) if record_id else None
        cover = self.cover(form, stored) if stored is not None else None
        return self.rights.hidden(form) if cover is None else cover.hidden | cover.masked

    def covers(self, form: str, frame: pd.DataFrame, act: str = "see") -> list[Cover | None]:
        """Return what is left out of each row of a register's frame."""
        return self.covers_of(form, self._rows_of(form, frame), act)

    def covers_of(self, form: str, rows: Sequence[Mapping[str, Any]], act: str = "see") -> list[Cover | None]:
        """Return what is left out of each of some records."""
        grants, fields = self.rights.grants(act, form), self.fields(form)
        if not grants:
            return [None] * len(rows)
        columns = [mask_within(self.reach, grant.scope, fields, rows) for grant in grants]
        patterns: dict[tuple[bool, ...], Cover | None] = {}
        covers = []
        for pattern in zip(*columns, strict=True):
            if pattern not in patterns:
                within = tuple(number for number, inside in enumerate(pattern) if inside)
                patterns[pattern] = self._cover(form, act, within)
            covers.append(patterns[pattern])
        return covers

    def _cover(self, form: str, act: str, within: tuple[int, ...]) -> Cover | None:
        if not within:
            return None
        grants = tuple(self.rights.grants(act, form)[number] for number in within)
        reach, columns = self.reach, self._whole.form(form).columns
        key = (form, act, grants, id(columns))
        if key not in self._covers:
            allowed = self.children("see")
            for grant in grants:
                ids = reach.children(grant.scope)
                if ids is None:
                    break
            else:
                ids = frozenset().union(*(reach.children(grant.scope) or () for grant in grants))
            inside = allowed if ids is None else ids if allowed is None else ids & allowed
            self._covers[key] = Cover(grants, self.fields(form), inside, columns)
        return self._covers[key]

    def _rows_of(self, form: str, frame: pd.DataFrame) -> list[dict[str, Any]]:
        """Return of each row of a frame what says whose it is."""
        fields = self.fields(form)
        wanted = ("id", "name", "class", "created_by", *fields.children, *fields.classes, *fields.staff)
        names = [name for name in dict.fromkeys(wanted) if name in frame]
        lists = [frame[name].tolist() for name in names]
        return [dict(zip(names, values, strict=True)) for values in zip(*lists, strict=True)]

    def _rights_of(self, role: str) -> Rights:
        return Rights.of(self._rows(), (role,), self.restricted)

    def who_can(self, act: str, form: str) -> str:
        """Return in words who may do an act on a register: one or two roles."""
        return _words([role for role in HELPERS if self._rights_of(role).scope(act, form)])

    def _label(self, form: str, question: str) -> str:
        state = self._whole.session(form).state(question)
        return state.label or question


def _words(roles: Iterable[str]) -> str:
    """Return one or two roles in words."""
    words = [say(f"right.role.{role}") for role in roles][:2]
    return say("policy.or").join(words) or say("rights.nobody")
