"""The people of a sample school: its staff, its classes, and the families in its register."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from guanai.server.sample.records import fill_part
from guanai.server.sample.sample_school import IN_CARE, Family, Record, SampleSchool
from guanai.server.sample.seeded_random import SeededRandom
from guanai.templates import template
from guanai.templates.wording import markdown_rows

__all__ = ["Size", "add_people", "size_of"]

NUMERALS = "零一二三四五六七八九"
# How many children of an age the register has in one family.
SIBLINGS = {"1": 0.8, "2": 0.17, "3": 0.03}


@dataclass(frozen=True)
class Size:
    """The numbers of a sample school, from the table ``sizes.md``."""

    pupils: int
    classes: dict[int, int]  # classes of each grade
    roles: dict[str, int]  # staff of each role beside one homeroom teacher for each class
    guardians: dict[str, int]  # left-behind children by guardian type
    others: dict[str, int]  # children in the register who are not, or no longer, in care, by why

    @property
    def left_behind(self) -> int:
        """How many children are in care."""
        return sum(self.guardians.values())


@cache
def size_of(name: str) -> Size:
    """Return the numbers of the ``small`` or the ``full`` school."""
    head, *rows = markdown_rows((template("sample") / "sizes.md").read_text(encoding="utf-8"))
    column = head.index(name)
    numbers: dict[str, dict[str, int]] = {}
    for row in rows:
        if row[column]:
            numbers.setdefault(row[0], {})[row[1]] = int(row[column])
    grades = {int(grade): number for grade, number in numbers["classes of grade"].items()}
    return Size(numbers["pupils"][""], grades, numbers["staff"], numbers["guardian"], numbers["not in care"])


def add_people(school: SampleSchool, numbers: Size) -> None:
    """Add staff, classes and families."""
    _add_staff(school, numbers)
    _add_classes(school, numbers)
    _FamilyRegister(school, SeededRandom(school.seed, "families")).add(numbers)
    _leave_some_unvisited(school)


def _add_staff(school: SampleSchool, numbers: Size) -> None:
    random, day = SeededRandom(school.seed, "staff"), date(school.days.school_year, 8, 25)
    for role, number in (numbers.roles | {"homeroom": sum(numbers.classes.values())}).items():
        for _ in range(number):
            person = {"id": random.identifier(day)} | fill_part(school, "staff", random, day, role=role)
            school.staff.append(person)


def _add_classes(school: SampleSchool, numbers: Size) -> None:
    random, day = SeededRandom(school.seed, "classes"), date(school.days.school_year, 8, 25)
    grades = [(grade, place) for grade, count in numbers.classes.items() for place in range(1, count + 1)]
    base, more = divmod(numbers.pupils, len(grades))
    sizes = [base + (place < more) for place in range(len(grades))]
    for _ in range(3 * len(grades)):  # single pupils change the class, so that the total stays
        smaller, larger = random.sample(range(len(grades)), 2)
        if sizes[smaller] > base - 4 and sizes[larger] < base + 4:
            sizes[smaller] -= 1
            sizes[larger] += 1
    teachers = [person["id"] for person in school.staff if person["role"] == "homeroom"]
    for (grade, place), pupils, teacher in zip(grades, sizes, teachers, strict=True):
        name, level = f"{NUMERALS[grade]}年级{place}班", "primary" if grade <= 6 else "junior"
        school.classes[name] = {
            "id": random.identifier(day), "name": name, "grade": grade, "level": level,
            "homeroom": teacher, "pupils": pupils,
        }  # fmt: skip


class _FamilyRegister:
    """The families as they come into the register, one after the other."""

    def __init__(self, school: SampleSchool, random: SeededRandom) -> None:
        self.school, self.days, self.random = school, school.days, random
        self.room = {name: group["pupils"] // 3 for name, group in school.classes.items()}
        self.pupils = 0

    def add(self, numbers: Size) -> None:
        """Add those whose children are in care, by guardian type, then the others.

        The second family's child has the name of the first one's in the same class: so the sample has a pair that
        only their addresses and birth dates tell apart.
        """
        first = self._family(next(iter(numbers.guardians)), 1)
        self._family(first.kind, 1, first.children[0])
        for kind, number in numbers.guardians.items():
            left = number - (2 if kind == first.kind else 0)
            while left:
                size = 1 if kind == "none" else min(left, int(self.random.weighted(SIBLINGS)))
                self._family(kind, size)
                left -= size
        for kind, number in numbers.others.items():
            for _ in range(number):
                self._family(kind, 1)

    def _family(self, kind: str, size: int, namesake: Record | None = None) -> Family:
        school, random, house = self.school, self.random, len(self.school.families) + 1
        surname = namesake["name"][0] if namesake else school.names.surname()
        classes = [namesake["class"]] if namesake else [self._class(kind) for _ in range(size)]
        day = max(self._registered(school.classes[name]["grade"]) for name in classes)
        names: Record = {"kind": kind, "house": house, "surname": surname, "registered_on": day.isoformat()}
        answers = fill_part(school, "family", random, day, **names)
        relations = fill_part(school, "relations", random, day, **names)
        guardians = [
            fill_part(school, "guardian", random, day, **names, relation=relation, family=answers)
            for relation in relations.values()
        ]
        if guardians:
            answers["guardians"] = guardians
        answers |= fill_part(school, "contact", random, day, kind=kind, family=answers)
        family = Family(kind, house, answers)
        for name in classes:
            family.children.append(
                self._child(family, school.classes[name], day, names | {"namesake": namesake})
            )
        school.families.append(family)
        return family

    def _child(self, family: Family, group: Record, day: date, names: Record) -> Record:
        random, days = self.random, self.days
        self.pupils += 1
        names = names | {"birth": self._birth(group["grade"]), "grade": group["grade"]}
        child = {
            "id": random.identifier(day),
            "class": group["name"],
            "number": f"{days.school_year - group['grade'] + 1}{self.pupils:04d}",
            "registered_on": day.isoformat(),
        } | fill_part(self.school, "child", random, day, pupil=self.pupils, **names)
        if child["status"] != "enrolled":
            child["status_since"] = random.day(max(days.first, day), days.last).isoformat()
        child |= family.answers
        if "guardians" in child:
            child["guardians"] = [dict(guardian) for guardian in child["guardians"]]
        return child

    def _class(self, kind: str) -> str:
        """Return a class with room; a child living alone is in one of the highest."""
        classes = self.school.classes
        highest = max(group["grade"] for group in classes.values())
        lowest = highest if kind == "none" else 0
        fitting = [name for name, group in classes.items() if group["grade"] >= lowest]
        name = self.random.choice([name for name in fitting if self.room[name] > 0] or fitting)
        self.room[name] -= 1
        return name

    def _registered(self, grade: int) -> date:
        """Return the day a child came into the register: in this term, or in the census of an earlier school year."""
        days, random = self.days, self.random
        if random.happens(0.12):
            return random.day(days.first, min(days.first + timedelta(days=20), days.last))
        entered = days.school_year - (grade - 1)
        year = random.randint(entered, max(entered, days.school_year - 1))
        return min(random.day(date(year, 9, 3), date(year, 9, 15)), days.last)

    def _birth(self, grade: int) -> date:
        """Return a birth date that fits the grade: six by the September in which school began."""
        first = date(self.days.school_year - grade - 6, 9, 1)
        return self.random.day(first, first.replace(year=first.year + 1) - timedelta(days=1))


def _leave_some_unvisited(school: SampleSchool) -> None:
    """Choose the families that nobody visits, and those that are only telephoned."""
    families = [family for family in school.families if family.kind in IN_CARE]
    SeededRandom(school.seed, "visited").shuffle(families)
    never, afar = max(1, len(families) // 25), max(2, len(families) // 12)
    for number, family in enumerate(families[: never + afar]):
        family.visited = "never" if number < never else "afar"
