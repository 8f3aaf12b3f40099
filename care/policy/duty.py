"""What one row of the sheet 职责 says: a rule of the school, as plain values."""

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from guanai.care.policy.conditions import Clause

__all__ = ["ALL_CHILDREN", "EACH", "KINDS", "MINUTE_UNITS", "OFTEN", "Duty", "Limit", "Trigger"]

KINDS = (
    "count", "hours", "interval", "event", "state", "open", "helper", "quota", "complete", "share",
)  # fmt: skip
ALL_CHILDREN = ("child", "guardian", "parent")  # subjects of which there is one line per child
EACH = "each"  # as ``by``: each responsible role has a line of its own
OFTEN = "often"  # as ``per``: the document gives no number (经常), so records are only counted
MINUTE_UNITS = ("minute", "hour")


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
    def roles(self) -> tuple[tuple[str, ...], ...]:
        """The groups of responsible roles, each with lines of its own: usually one group."""
        return tuple((role,) for role in self.who) if self.by == (EACH,) else (self.who,)

    def by_of(self, roles: tuple[str, ...]) -> tuple[str, ...]:
        """Return whose records count for one of the groups of `roles`."""
        return roles if self.by == (EACH,) else self.by
