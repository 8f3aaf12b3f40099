"""A row of the sheet 职责 read as a duty, and every mistake in it with its place and what to do."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import NamedTuple

from guanai.care.errors import PolicyError
from guanai.care.frames import AUTHOR_FIELDS
from guanai.care.policy.conditions import Clause, clauses_of, lookup_field, lookup_name
from guanai.care.policy.duty import ALL_CHILDREN, EACH, ESCALATE, KINDS, OFTEN, Duty, Trigger
from guanai.care.policy.workbook_rows import MAX_DAYS, Row, register_label, register_labels
from guanai.templates.wording import catalogue, say

__all__ = [
    "CLASS_FIELDS",
    "DERIVED",
    "REGISTER_OF_SUBJECT",
    "KnownForms",
    "expand_face_to_face",
    "read_duty",
]

# Registers that no duty counts, except 名额, which counts pairings.
UNCOUNTED = frozenset({"child", "class", "deferral", "pairing", "staff"})
DERIVED = frozenset({"change"})  # computed from the history, so it has no form
# The register in which the condition on a subject is looked up.
REGISTER_OF_SUBJECT = dict.fromkeys(ALL_CHILDREN, "child") | {
    "class": "class",
    "teacher": "staff",
    "helper": "staff",
    "staff": "staff",
    "school": "school",
}
REQUIRED_CELLS = {
    "count": ("record",),
    "hours": ("record",),
    "interval": ("record", "limit"),
    "event": ("record", "trigger"),
    "state": ("trigger", "content"),
    "open": ("trigger", "content", "at_most"),
    "complete": ("content",),
    "share": ("target",),
}
ALLOWED_SUBJECTS = {
    "helper": ("child",),
    "quota": ("child", "class", "helper", "teacher", "staff", "school"),
    "complete": ("child", "class", "teacher", "helper", "staff"),
}
SUMMED = re.compile(r"(?:合计|sum of|sum)[\s:：]*(?P<field>\S.*)", re.IGNORECASE)
TIME_TYPES = ("date", "datetime", "text")  # a calculated answer may be stored as text
COUNTING = tuple(
    kind for kind in KINDS if kind != "quota"
)  # kinds of which a register of people is no record
MAX_PERIODS = 99  # missed in a row
CLASS_FIELDS = ("grade", "level")  # fields of the class that a condition on a child may name


class KnownForms(NamedTuple):
    """What a row may name: the modes of meeting face to face, the questions of each form, the school's own kinds."""

    modes: tuple[str, ...]
    columns: Mapping[str, Collection[str]] | None = None
    own_kinds: Collection[str] = ()

    @property
    def registers(self) -> tuple[str, ...]:
        """Every register that is known."""
        if self.columns is not None:
            return (*self.columns, *sorted(DERIVED - set(self.columns)))
        return tuple(key.removeprefix("record.") for key in catalogue() if key.startswith("record."))

    def name_of(self, written: str) -> str:
        """Return the register that is meant: the one of that name, else the one with that word."""
        bare = written.strip()
        return bare if bare in self.registers else lookup_name("record", bare) or bare


def read_duty(row: Row, forms: KnownForms) -> Duty:
    """Return the duty of a row; raises PolicyError with the row, the column and what to do.

    A row that is not in force may name forms that do not exist yet.
    """
    in_force = row.choice("in_force", "yes_no", "yes") == "yes"
    if not in_force:
        forms = forms._replace(columns=None)
    kind = _read_kind(row, forms.own_kinds, in_force=in_force)
    for heading in REQUIRED_CELLS.get(kind, ()):
        row.required(heading)
    records = tuple(_read_record(row, written, kind, forms) for written in row.several("record"))
    trigger = _read_trigger(row, forms)
    of = [trigger.record] if trigger else []
    clauses = row.condition("record_condition", records or (("pairing",) if kind == "quota" else ()))
    subject = row.choice("subject", "duty.subject", "child")
    duty = Duty(
        name=row.required("name"),
        kind=kind,
        subject=subject,
        subject_condition=row.condition("subject_condition", [REGISTER_OF_SUBJECT[subject]]),
        records=records,
        condition=tuple(
            expand_face_to_face(clause, forms.modes) for clause in clauses if clause.field != "by"
        ),
        by=_read_by(row, clauses),
        at_least=row.whole_number("at_least", _default_at_least(row, kind)) or 0,
        at_most=row.whole_number("at_most", None),
        target=row.share("target"),
        per=row.choice("per", "duty.per", "term"),
        trigger=trigger,
        trigger_condition=tuple(
            expand_face_to_face(clause, forms.modes) for clause in row.condition("trigger_condition", of)
        ),
        limit=row.limit("limit"),
        who=row.choices("who", "duty.who"),
        grace_days=row.whole_number("grace_days", 0, most=MAX_DAYS) or 0,
        in_force=in_force,
        source=row.text("source"),
        after=row.choice("after", "duty.after", ""),
        weight=row.choice("weight", "duty.weight", ""),
        escalate=_read_escalate(row),
    )
    duty = _read_content(row, duty, of)
    _check(row, duty)
    if forms.columns is not None:
        _check_fields(row, duty, forms.columns)
    return duty


def _default_at_least(row: Row, kind: str) -> int:
    """Return the number where none is written: none of a quota that has a most, and where it is only 经常."""
    often = row.choice("per", "duty.per", "term") == OFTEN
    return 0 if often or (kind in ("quota", "hours") and row.text("at_most")) else 1


def _read_kind(row: Row, own_kinds: Collection[str], *, in_force: bool) -> str:
    """Return a kind by its word or name, or the name of a rule of the school's own.

    A row that is not in force may name a rule that does not exist yet.
    """
    written = unicodedata.normalize("NFKC", row.required("kind"))
    kind = lookup_name("duty.kind", written)
    if kind or written in own_kinds or (not in_force and written.isidentifier()):
        return kind or written
    words = [say(f"duty.kind.{name}") for name in KINDS]
    near = get_close_matches(written, [*words, *own_kinds], n=1, cutoff=0.5)
    raise row.error(
        "policy.kind", "kind", value=written, near=say("policy.near", value=near[0]) if near else "",
        choices=say("policy.comma").join(words), own=say("policy.comma").join(own_kinds) or say("policy.none"),
    )  # fmt: skip


def _read_escalate(row: Row) -> int | None:
    """Return after how many periods missed in a row a line goes to the next person, None for never."""
    if lookup_name("duty.escalate", row.text("escalate")) == "no":
        return None
    try:
        return row.whole_number("escalate", ESCALATE, least=1, most=MAX_PERIODS)
    except PolicyError as error:
        if error.key == "policy.number":
            raise row.error("policy.escalate", "escalate", value=row.text("escalate")) from None
        raise


def _read_content(row: Row, duty: Duty, of: list[str]) -> Duty:
    """Read 内容: a figure, fields (``合计 册数`` one to be added up), or (for a state) a condition that must come true."""
    text = row.text("content")
    if duty.kind == "share":
        return replace(duty, content=(row.choice("content", "duty.figure"),) if text else ())
    if duty.kind in ("state", "open") and re.search(r"[=＝≠<>≥≤]|是", text):
        return replace(duty, state=row.condition("content", of))
    registers = of or duty.records or (REGISTER_OF_SUBJECT[duty.subject],)
    parts = row.several("content")
    if duty.kind == "open":
        sums = [match["field"] for part in parts if (match := SUMMED.fullmatch(part))]
        parts = [part for part in parts if not SUMMED.fullmatch(part)]
        if len(sums) > 1 or not parts:
            raise row.error("policy.summed", "content", value=text)
        duty = replace(duty, summed=_read_field(sums[0], registers) if sums else "")
    return replace(duty, content=tuple(_read_field(part, registers) for part in parts))


def _check(row: Row, duty: Duty) -> None:
    """Refuse a row whose cells contradict each other."""
    kind, limit = duty.kind, duty.limit
    if duty.subject not in ALLOWED_SUBJECTS.get(kind, (duty.subject,)):
        choices = say("policy.comma").join(say(f"duty.subject.{name}") for name in ALLOWED_SUBJECTS[kind])
        raise row.error("policy.subject", "subject", value=row.text("subject"), choices=choices)
    if duty.at_most is not None and duty.at_most < duty.at_least and kind != "open":
        raise row.error("policy.at_most", "at_most", least=duty.at_least, most=duty.at_most)
    if duty.by == (EACH,) and len(duty.who) < 1:
        raise row.error("policy.each", "who")
    if kind == "share" and duty.by == (EACH,):  # a share is one figure for all roles
        raise row.error("policy.by", "record_condition")
    if kind == "share" and not duty.content:
        row.required("record")
    if kind == "quota" and duty.subject == "school" and set(duty.records) <= {"pairing"}:
        raise row.error("policy.school_quota", "record")
    if limit is None or kind not in KINDS:
        return
    dated = limit.unit == "date"
    if dated and not (kind in ("count", "hours") and duty.per in ("year", "school_year", "term")):
        raise row.error("policy.limit_date", "limit", value=row.text("limit"))
    if limit.momentary and kind not in ("event", "state"):
        raise row.error("policy.limit_days", "limit", value=row.text("limit"))
    if kind == "interval" and limit.number < 1:
        raise row.error("policy.limit_days", "limit", value=row.text("limit"))
    if duty.per == OFTEN and kind == "count":
        raise row.error("policy.limit_often", "limit", value=row.text("limit"))


def _check_fields(row: Row, duty: Duty, columns: Mapping[str, Collection[str]]) -> None:
    """Refuse a field that its form does not have, as far as the forms are known."""
    of, trigger = REGISTER_OF_SUBJECT[duty.subject], duty.trigger
    named = [("subject_condition", of, clause.field) for clause in duty.subject_condition]
    named += [
        ("record_condition", register, clause.field)
        for register in duty.records
        for clause in clauses_of(duty.condition, register)
    ]
    named += [
        ("record_condition", register, AUTHOR_FIELDS.get(register, "by"))
        for register in duty.records
        if duty.by
    ]
    if trigger:
        named += [("trigger", trigger.record, trigger.moment)]
        named += [("trigger_condition", trigger.record, clause.field) for clause in duty.trigger_condition]
        named += [("content", trigger.record, clause.field) for clause in duty.state]
    if (
        duty.kind != "share" and duty.kind in KINDS
    ):  # what the content means to a rule of its own only that rule knows
        registers = [trigger.record] if trigger else duty.records or (of,)
        fields = [
            part.partition(".")[0]
            for path in (*duty.content, duty.summed)
            for part in path.split("/")
            if part
        ]
        named += [("content", register, name) for register in registers for name in fields]
    for heading, record, name in named:
        joined = record == "child" and name in CLASS_FIELDS
        if record in columns and name not in columns[record] and not joined:
            raise row.error("policy.field", heading, value=name, record=register_label(record))
    if trigger and not _can_hold_time(columns.get(trigger.record, ()), trigger.moment):
        raise row.error("policy.moment", "trigger", value=row.text("trigger"))


def _can_hold_time(questions: Collection[str], name: str) -> bool:
    """Say whether a question can hold a day or a moment, as far as its kind is known."""
    kind = questions.get(name) if isinstance(questions, Mapping) else None
    return kind is None or kind.casefold() in TIME_TYPES


def _read_by(row: Row, clauses: tuple[Clause, ...]) -> tuple[str, ...]:
    """Return whose records count, of the clause on 记录人."""
    people = [clause for clause in clauses if clause.field == "by"]
    if not people:
        return ()
    values = people[0].values
    whole = not (people[0].negated or people[0].order or people[0].register)
    if len(people) > 1 or not whole or (EACH in values and len(values) > 1):
        raise row.error("policy.by", "record_condition")
    return values


def _read_record(row: Row, written: str, kind: str, forms: KnownForms, heading: str = "record") -> str:
    name = forms.name_of(written)
    countable = [
        register for register in forms.registers if register not in UNCOUNTED or kind not in COUNTING
    ]
    if name not in countable:
        raise row.error("policy.record", heading, value=written, choices=register_labels(countable))
    if forms.columns is not None and kind in KINDS and name not in DERIVED | UNCOUNTED:
        subject = row.choice("subject", "duty.subject", "child")
        needed = [("date",), ("child", "children")] if subject in ALL_CHILDREN else [("date",)]
        if not all(set(names) & set(forms.columns[name]) for names in needed):
            raise row.error("policy.record_fields", heading, value=written)
    return name


def _read_trigger(row: Row, forms: KnownForms) -> Trigger | None:
    if not row.text("trigger"):
        return None
    written, _, question = row.text("trigger").partition(".")
    name = forms.name_of(written)
    if name not in forms.registers:
        raise row.error("policy.record", "trigger", value=written, choices=register_labels(forms.registers))
    return Trigger(name, _read_field(question, [name]) if question else "date")


def _read_field(part: str, registers: Collection[str]) -> str:
    """Return the names of fields of which one is enough, with a slash between."""
    return "/".join(lookup_field(name, registers) for name in part.split("/"))


def expand_face_to_face(clause: Clause, modes: tuple[str, ...]) -> Clause:
    """Put the school's own modes in the place of 面对面."""
    values = [mode for value in clause.values for mode in (modes if value == "face_to_face" else (value,))]
    return clause._replace(values=tuple(dict.fromkeys(values)))
