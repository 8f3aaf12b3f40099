"""What one row of the sheet 职责 says: a rule of the school, as plain values."""

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from guanai.care.policy.conditions import Clause

__all__ = [
    "AFTER",
    "ALL_CHILDREN",
    "EACH",
    "ESCALATE",
    "KINDS",
    "MINUTE_UNITS",
    "OFTEN",
    "STAFF_KINDS",
    "WEIGHTS",
    "Duty",
    "Limit",
    "Trigger",
]

KINDS = (
    "count", "hours", "interval", "event", "state", "open", "helper", "quota", "complete", "share",
)  # fmt: skip
ALL_CHILDREN = ("child", "guardian", "parent")  # subjects of which there is one line per child
EACH = "each"  # as ``by``: each responsible role has a line of its own
OFTEN = "often"  # as ``per``: the document gives no number (经常), so records are only counted
MINUTE_UNITS = ("minute", "hour")
STAFF_KINDS = (
    "helper",
    "teacher",
    "staff",
)  # subjects that are members of staff, so that they may owe it themselves
AFTER = (
    "missed",
    "standing",
)  # what becomes of a line that was not met in time: over, or still to be made good
WEIGHTS = ("protect", "harm", "promise", "important", "ordinary", "minor")  # what stands in the list first
ESCALATE = 3


class Limit(NamedTuple):
    """How long after an event, or until which day of a year: ``unit`` minute, hour, day or date.

    A ``date`` is a month and a day, as 100 * month + day (6月1日 is 601).
    """

    number: int
    unit: str = "day"

    @property
    def momentary(self) -> bool:
        """Whether minutes and hours count, so that a step is on the countdown."""
        return self.unit in MINUTE_UNITS

    @property
    def span(self) -> timedelta:
        """The limit as a length of time; a limit by date has none."""
        return timedelta(**{f"{self.unit}s": self.number}) if self.unit != "date" else timedelta()


class Trigger(NamedTuple):
    """The register whose records start a duty, and its question that holds the moment."""

    record: str
    moment: str = "date"


@dataclass(frozen=True)
class Duty:
    """One rule of the school.

    ``count``: so many records of each subject and period. ``hours``: the sum of a field in a period, between
    ``at_least`` and ``at_most``. ``interval``: never more days apart than ``limit``. ``event``: each record of
    the trigger requires records within the limit. ``state``: each record of the trigger must itself be
    brought to a state (fields of ``content`` filled, clauses of ``state`` true) within the limit. ``open``:
    at most so many such records open at a time. ``helper``: so many helpers for every child. ``quota``: pairings
    between a least and a most. ``complete``: fields that may not be empty. ``share``: a target for a share.

    ``summed`` (of ``open``) is the field whose numbers are added up instead of counting the records (册数 of a loan).
    ``by`` is whose records count (roles; `EACH`: those of each role of ``who``, apart; empty: anybody's).
    ``kind`` may also be the name of a rule of the school's own (`guanai.care.policy.policy.Policy.own_kinds`).
    ``after`` (of `AFTER`) and ``weight`` (of `WEIGHTS`) are "" where the row leaves them to its kind. After ``escalate``
    periods missed in a row the line also goes to the homeroom teacher, after twice as many to the coordinator; None: never.
    """

    name: str
    kind: str = "count"
    subject: str = "child"
    subject_condition: tuple[Clause, ...] = ()
    records: tuple[str, ...] = ()
    condition: tuple[Clause, ...] = ()
    by: tuple[str, ...] = ()
    content: tuple[str, ...] = ()
    state: tuple[Clause, ...] = ()
    at_least: int = 1
    at_most: int | None = None
    target: float | None = None
    per: str = "term"
    trigger: Trigger | None = None
    trigger_condition: tuple[Clause, ...] = ()
    limit: Limit | None = None
    who: tuple[str, ...] = ()
    grace_days: int = 0
    in_force: bool = True
    source: str = ""
    summed: str = ""
    after: str = ""
    weight: str = ""
    escalate: int | None = ESCALATE

    def __post_init__(self) -> None:
        """Accept a single role as plain text: in code that is the usual case."""
        for name in ("by", "who"):
            value = getattr(self, name)
            if isinstance(value, str):
                object.__setattr__(self, name, (value,) if value else ())

    @property
    def record(self) -> str:
        """The form to fill in for this duty, "" if there is none."""
        if self.kind in ("state", "open") and self.trigger:
            return self.trigger.record
        return self.records[0] if self.records else ""

    @property
    def kind_of_lines(self) -> str:
        """The kind of subject that its lines are about: a share is one line for the school, whosever records it counts."""
        return "school" if self.kind == "share" else self.subject

    @property
    def registers(self) -> frozenset[str]:
        """The registers whose records it counts, starts from or is filled in in."""
        if self.kind in ("helper", "quota") and not self.records:
            return frozenset({"pairing"})
        return frozenset({*self.records, *((self.trigger.record,) if self.trigger else ())})

    @property
    def after_or_default(self) -> str:
        """What becomes of a line that was not met in time, one of `AFTER`.

        Nobody can hold last week's talk; a dossier, a follow-up or a book can still be made good.
        """
        periodic = self.kind in ("count", "hours", "share") or (
            self.kind == "quota" and bool(set(self.records) - {"pairing"})
        )
        return self.after or ("missed" if periodic else "standing")

    @property
    def weight_or_default(self) -> str:
        """How heavy a line is, one of `WEIGHTS`: what has to be done within minutes or hours protects a child."""
        if self.weight:
            return self.weight
        if self.limit is not None and self.limit.momentary:
            return "protect"
        return "important" if self.kind == "helper" else "ordinary"

    @property
    def roles(self) -> tuple[tuple[str, ...], ...]:
        """The groups of responsible roles, each with lines of its own: usually one group."""
        return tuple((role,) for role in self.who) if self.by == (EACH,) else (self.who,)
