"""Records of a sample school as they are written, register by register: on school days, about children who were there."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from guanai.server.sample.days import Window
from guanai.server.sample.families import IN_CARE, Household, in_register
from guanai.server.sample.materials import Dice, sentences
from guanai.server.sample.people import People

__all__ = ["Entries"]

Record = dict[str, Any]


class Entries:
    """The registers of a sample as they fill: chance falls for each register by itself."""

    def __init__(self, people: People, window: Window, seed: int) -> None:
        self.people, self.window, self.seed = people, window, seed
        self.records: dict[str, list[Record]] = {}
        self.dice = Dice(seed, "entries")
        self.homes: list[Household] = [home for home in people.households if home.kind in IN_CARE]
        self.children = [child for home in self.homes for child in home.children]
        self.days = [day for week in window.weeks() for day in week]

    def start(self, form: str) -> Dice:
        """Begin a register: what comes next falls alike whatever other registers there are."""
        self.records.setdefault(form, [])
        self.dice = Dice(self.seed, f"register {form}")
        return self.dice

    def add(self, form: str, day: date, **answers: Any) -> Record:
        """Write a record; answers that are None are not given."""
        record = {"id": self.dice.identifier(day)}
        record |= {name: value for name, value in answers.items() if value is not None}
        record["date"] = day.isoformat()
        self.records[form].append(record)
        return record

    def day(self, place: float) -> date:
        """Return the school day at a place between the first (0) and the last (1)."""
        return self.days[min(int(place * len(self.days)), len(self.days) - 1)]

    def around(self, place: float) -> date:
        """Return a school day not far from a place."""
        return self.day(max(0.0, min(0.999, place + self.dice.uniform(-0.06, 0.06))))

    def later(self, day: date, days: int) -> date:
        """Return a day so many days later, at the latest the last one told about."""
        return min(day + timedelta(days=days), self.window.on)

    def there(self, day: date, children: Iterable[Record] | None = None) -> list[Record]:
        """Return the children in care who were in the register on a day."""
        given = self.children if children is None else children
        return [child for child in given if in_register(child, day, self.window)]

    def child(self, day: date) -> Record:
        """Return one of the children who were there on a day."""
        return self.dice.choice(self.there(day))

    def some(self, day: date, number: int) -> list[Record]:
        """Return some of the children who were there on a day, all where there are fewer."""
        there = self.there(day)
        return self.dice.sample(there, min(number, len(there)))

    def of_class(self, name: str, day: date) -> list[Record]:
        """Return the children of a class who were there on a day."""
        return self.there(day, [child for child in self.children if child["class"] == name])

    def staff(self, role: str) -> str:
        """Return the id of the first of the staff with a role."""
        return str(next(person["id"] for person in self.people.staff if person["role"] == role))

    def anybody(self, roles: Sequence[str] = ("homeroom", "subject")) -> str:
        """Return the id of one of the staff."""
        return str(
            self.dice.choice([person["id"] for person in self.people.staff if person["role"] in roles])
        )

    def says(self, kind: str) -> str:
        """Return a sentence of a kind."""
        return self.dice.choice(sentences()[kind]) + "。"

    @staticmethod
    def at(day: date, hour: int, minute: int = 0) -> str:
        """Return a moment of a day as a form keeps it."""
        return datetime.combine(day, time(hour, minute)).isoformat(timespec="minutes")
