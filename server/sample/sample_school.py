"""A sample school while it is made: its days, staff, classes, families, and the records so far."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from guanai.server.sample.days import SampleDays
from guanai.server.sample.seeded_random import Names, SeededRandom

__all__ = ["IN_CARE", "Family", "Record", "SampleSchool"]

Record = dict[str, Any]

# Families whose child is in care, by guardian type.
IN_CARE = frozenset({"grandparent", "foster", "none"})


@dataclass
class Family:
    """Children who share parents, guardians and address."""

    kind: str  # a guardian type, or why its child is not in care
    house: int  # families are numbered as they come into the register
    answers: Record  # what the dossiers of its children have in common
    children: list[Record] = field(default_factory=list)
    visited: str = ""  # "never", or "afar" when nobody came to the door


class SampleSchool:
    """Everybody in a sample school and what is recorded of them, by form."""

    def __init__(self, days: SampleDays, seed: int) -> None:
        self.days, self.seed = days, seed
        self.names = Names(SeededRandom(seed, "names"))
        self.staff: list[Record] = []
        self.classes: dict[str, Record] = {}  # by name
        self.families: list[Family] = []
        self.records: dict[str, list[Record]] = {}
        self._registered: dict[date, list[Record]] = {}

    @property
    def children(self) -> list[Record]:
        """Every child in the register."""
        return [child for family in self.families for child in family.children]

    @property
    def in_care(self) -> list[Record]:
        """Every child in care on the last day."""
        return [child for family in self.families if family.kind in IN_CARE for child in family.children]

    def is_registered(self, child: Record, day: date) -> bool:
        """Whether a child was in the register on a day, and that day has come."""
        left = child.get("status_since", "9999-12-31")
        return bool(child["registered_on"] < day.isoformat() < left and day <= self.days.last)

    def registered(self, day: date) -> list[Record]:
        """Return the children in care who were in the register on a day, once all families are there."""
        if day not in self._registered:
            self._registered[day] = [child for child in self.in_care if self.is_registered(child, day)]
        return self._registered[day]
