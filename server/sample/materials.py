"""What a sample school is made of: the parts in templates/sample/, dice that always fall alike, and names."""

import random
from datetime import date, datetime, timedelta
from functools import cache
from uuid import UUID

from guanai.templates import template
from guanai.templates.wording import markdown_rows

__all__ = ["Dice", "Names", "parts", "sentences"]


@cache
def parts(name: str) -> dict[str, list[str]]:
    """Return the values of each kind in a file such as ``people``: kind to the words beside it."""
    rows = markdown_rows((template("sample") / f"{name}.md").read_text(encoding="utf-8"))
    return {kind: values.split() for kind, values in rows[1:]}


@cache
def sentences() -> dict[str, list[str]]:
    """Return what teachers write: kind to its sentences."""
    kinds: dict[str, list[str]] = {}
    for kind, text in markdown_rows((template("sample") / "sentences.md").read_text(encoding="utf-8"))[1:]:
        kinds.setdefault(kind, []).append(text)
    return kinds


class Dice(random.Random):
    """Chance that falls alike for a seed and a topic, on every machine and Python."""

    def __init__(self, seed: int, topic: str) -> None:
        super().__init__(f"{seed} {topic}")

    def often(self, share: float) -> bool:
        """Return True in that share of cases."""
        return self.random() < share

    def weighted(self, weights: dict[str, float]) -> str:
        """Return one of the keys, in proportion to its weight."""
        return self.choices(list(weights), list(weights.values()))[0]

    def day(self, first: date, last: date) -> date:
        """Return a day from first to last, both included; the last where they have changed places."""
        return first + timedelta(days=self.randrange((last - first).days + 1)) if first < last else last

    def phone(self) -> str:
        """Return a mobile number of the right length under 1000, which no operator has."""
        return f"1000{self.randrange(10**7):07d}"

    def identifier(self, day: date) -> str:
        """Return a record id in the form of a uuid7 of that day."""
        moment = int(
            (datetime.combine(day, datetime.min.time()) - datetime(1970, 1, 1)).total_seconds() * 1000
        )
        bits = moment << 80 | 7 << 76 | self.getrandbits(12) << 64 | 2 << 62 | self.getrandbits(62)
        return str(UUID(int=bits))


class Names:
    """Names put together by chance, no two alike."""

    def __init__(self, dice: Dice) -> None:
        self.dice = dice
        self.taken: set[str] = set()

    def surname(self) -> str:
        """Return a common surname; the first ones of the list are the most common."""
        surnames = parts("people")["surname"]
        return self.dice.choices(surnames, range(len(surnames) + 10, 10, -1))[0]

    def child(self, surname: str, sex: str) -> str:
        """Return a child's name of that surname."""
        return self._free(surname, "boy" if sex == "male" else "girl")

    def adult(self, sex: str, surname: str = "") -> str:
        """Return a grown-up's name."""
        return self._free(surname or self.surname(), "man" if sex == "male" else "woman")

    def _free(self, surname: str, kind: str) -> str:
        syllables = parts("people")
        while True:
            if self.dice.often(0.15) and f"{kind}_single" in syllables:
                given = self.dice.choice(syllables[f"{kind}_single"])
            else:
                given = self.dice.choice(syllables[f"{kind}_first"]) + self.dice.choice(
                    syllables[f"{kind}_last"]
                )
            name = surname + given
            if name not in self.taken and given[0] != given[-1:] * (len(given) - 1):
                self.taken.add(name)
                return name
