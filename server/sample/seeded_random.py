"""Chance that falls alike for a seed, on every machine, and the word lists of templates/sample/ to choose from."""

import random
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache

from guanai.templates import template
from guanai.templates.wording import markdown_rows

__all__ = ["Names", "SeededRandom", "sentences", "words"]


@cache
def words() -> dict[str, list[str]]:
    """Return the words of ``people.md`` and ``places.md`` by kind."""
    rows = [
        row
        for name in ("people", "places")
        for row in markdown_rows((template("sample") / f"{name}.md").read_text(encoding="utf-8"))[1:]
    ]
    return {kind: values.split() for kind, values in rows}


@cache
def sentences() -> dict[str, list[str]]:
    """Return what teachers write, by kind, without the full stop."""
    kinds: dict[str, list[str]] = {}
    for kind, text in markdown_rows((template("sample") / "sentences.md").read_text(encoding="utf-8"))[1:]:
        kinds.setdefault(kind, []).append(text)
    return kinds


class SeededRandom(random.Random):
    """Chance that falls alike for a seed and a topic, on every machine and Python."""

    def __init__(self, seed: int, topic: str) -> None:
        super().__init__(f"{seed} {topic}")

    def happens(self, share: float) -> bool:
        """Return True in that share of cases."""
        return self.random() < share

    def weighted(self, weights: Mapping[str, float]) -> str:
        """Return one of the keys, in proportion to its weight."""
        return self.choices(list(weights), list(weights.values()))[0]

    def day(self, first: date, last: date) -> date:
        """Return a day from first to last, both included; the last where it comes before the first."""
        return first + timedelta(days=self.randrange((last - first).days + 1)) if first < last else last

    def phone(self) -> str:
        """Return a mobile number of the right length under 1000, which no operator has."""
        return f"1000{self.randrange(10**7):07d}"

    def identifier(self, day: date) -> str:
        """Return a record id in the form of a uuid7 of that day."""
        milliseconds = (day - date(1970, 1, 1)).days * 86_400_000
        bits = milliseconds << 80 | 7 << 76 | self.getrandbits(12) << 64 | 2 << 62 | self.getrandbits(62)
        digits = f"{bits:032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


class Names:
    """Names put together by chance, no two alike."""

    def __init__(self, random: SeededRandom) -> None:
        self.random = random
        self.used: set[str] = set()

    def surname(self) -> str:
        """Return a common surname; the first ones of the list are the most common."""
        surnames = words()["surname"]
        return self.random.choices(surnames, range(len(surnames) + 10, 10, -1))[0]

    def new(self, kind: str, surname: str = "") -> str:
        """Return a name that nobody has yet; the kind is ``man``, ``woman``, ``boy`` or ``girl``."""
        lists, surname = words(), surname or self.surname()
        while True:
            if self.random.happens(0.15) and f"{kind}_single" in lists:
                given = self.random.choice(lists[f"{kind}_single"])
            else:
                given = self.random.choice(lists[f"{kind}_first"]) + self.random.choice(lists[f"{kind}_last"])
            doubled = len(given) == 2 and given[0] == given[1]
            if surname + given not in self.used and not doubled:
                self.used.add(surname + given)
                return surname + given
