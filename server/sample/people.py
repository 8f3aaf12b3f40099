"""The people of a sample school: its staff, its classes, and the families in its register."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from guanai.server.sample.days import Window
from guanai.server.sample.families import Household, Register
from guanai.server.sample.materials import Dice, Names

__all__ = ["People", "Shape", "people"]

Record = dict[str, Any]

LEVELS = {grade: "primary" if grade <= 6 else "junior" for grade in range(1, 10)}
NUMERALS = "零一二三四五六七八九"


@dataclass(frozen=True)
class Shape:
    """The numbers of a sample school."""

    pupils: int
    classes: dict[int, int]  # classes of each grade
    roles: dict[str, int]  # staff of each role beside one homeroom teacher for each class
    guardians: dict[str, int]  # left-behind children by guardian type
    others: tuple[str, ...]  # children in the register who are not, or no longer, in care, and why

    @property
    def left_behind(self) -> int:
        """How many children are in care."""
        return sum(self.guardians.values())


@dataclass(frozen=True)
class People:
    """Everybody in a sample school."""

    staff: list[Record]
    classes: list[Record]
    households: list[Household]

    @property
    def children(self) -> list[Record]:
        """Every child in the register."""
        return [child for household in self.households for child in household.children]

    def homeroom(self, child: Record) -> str:
        """Return the id of a child's homeroom teacher."""
        return next(group["homeroom"] for group in self.classes if group["name"] == child["class"])


def people(shape: Shape, window: Window, seed: int) -> People:
    """Return the people of a sample school, alike for a seed and a window."""
    names = Names(Dice(seed, "names"))
    staff = _staff(shape, names, window, Dice(seed, "staff"))
    classes = _classes(shape, staff, window, Dice(seed, "classes"))
    households = list(_households(shape, classes, names, window, Dice(seed, "households")))
    return People(staff, classes, households)


def _staff(shape: Shape, names: Names, window: Window, dice: Dice) -> list[Record]:
    roles = [role for role, number in shape.roles.items() for _ in range(number)]
    roles += ["homeroom"] * sum(shape.classes.values())
    staff = []
    for role in roles:
        sex = dice.weighted(
            {"female": 0.35 if role in {"headmaster", "deputy", "logistics"} else 0.62, "male": 0.4}
        )
        staff.append(
            {
                "id": dice.identifier(date(window.school_year, 8, 25)),
                "name": names.adult(sex),
                "sex": sex,
                "role": role,
                "phone": dice.phone(),
                "active": "yes",
            }
        )
    return staff


def _classes(shape: Shape, staff: Sequence[Record], window: Window, dice: Dice) -> list[Record]:
    places = [(grade, number) for grade, count in shape.classes.items() for number in range(1, count + 1)]
    base, more = divmod(shape.pupils, len(places))
    sizes = [base + (place < more) for place in range(len(places))]
    for _ in range(3 * len(places)):  # move single pupils about, so that the total stays
        one, other = dice.sample(range(len(places)), 2)
        if sizes[one] > base - 4 and sizes[other] < base + 4:
            sizes[one] -= 1
            sizes[other] += 1
    teachers = [person["id"] for person in staff if person["role"] == "homeroom"]
    return [
        {
            "id": dice.identifier(date(window.school_year, 8, 25)),
            "name": f"{NUMERALS[grade]}年级{number}班",
            "grade": grade,
            "level": LEVELS[grade],
            "homeroom": teacher,
            "pupils": size,
        }
        for (grade, number), size, teacher in zip(places, sizes, teachers, strict=True)
    ]


def _households(
    shape: Shape, classes: Sequence[Record], names: Names, window: Window, dice: Dice
) -> Iterator[Household]:
    """Yield families: those whose children are in care, by guardian type, then the others."""
    register = Register(classes, names, window, dice)
    first = register.household(next(iter(shape.guardians)), 1)
    yield first
    yield register.household(first.kind, 1, namesake=first.children[0])
    for kind, number in shape.guardians.items():
        left = number - (2 if kind == first.kind else 0)
        while left:
            size = 1 if kind == "none" else min(left, int(dice.weighted({"1": 0.8, "2": 0.17, "3": 0.03})))
            yield register.household(kind, size)
            left -= size
    for kind in shape.others:
        yield register.household(kind, 1)
