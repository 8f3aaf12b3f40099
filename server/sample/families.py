"""The families of a sample school: parents, guardians and children, as they would stand in the register."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from guanai.care.children.id_number import sample_identity
from guanai.server.sample.days import Window
from guanai.server.sample.materials import Dice, Names, parts

__all__ = ["IN_CARE", "LEFT", "Household", "Register", "in_register"]

Record = dict[str, Any]

# Families whose child is in care, by guardian type, and those whose child was until this term.
IN_CARE = frozenset({"grandparent", "foster", "none"})
LEFT = frozenset({"returned", "transferred"})
# What dossiers lack: one family in so many, and which; by number, so that the smallest sample has each gap too.
LACKS = {
    "father_phone": (12, 3),
    "mother_phone": (15, 7),
    "father_work_place": (11, 5),
    "mother_work_place": (10, 8),
    "guardian_phone": (5, 4),  # many a grandparent has no telephone
    "id_number": (16, 9),
    "card_given_on": (9, 6),
}


@dataclass
class Household:
    """A family: its children share parents, guardians and address."""

    surname: str
    answers: Record
    kind: str  # a guardian type, or why its child is not in care
    children: list[Record] = field(default_factory=list)


class Register:
    """The register of children as it fills."""

    def __init__(self, classes: Sequence[Record], names: Names, window: Window, dice: Dice) -> None:
        self.names, self.window, self.dice = names, window, dice
        self.classes = {group["name"]: group for group in classes}
        self.room = {group["name"]: group["pupils"] // 3 for group in classes}
        self.houses = 0
        self.numbers = 0

    def household(self, kind: str, size: int, namesake: Record | None = None) -> Household:
        """Return a new family with that many children in the register.

        ``namesake`` is a child of another family in the same class whose name this one's child has too.
        """
        surname = namesake["name"][0] if namesake else self.names.surname()
        village = self.dice.choice(parts("places")["village"])
        self.houses += 1
        address = f"{parts('places')['town'][0]}{village}{self.dice.randint(1, 9)}组{self.houses}号"
        home = Household(surname, {"village": village, "address": address}, kind)
        home.answers |= self._parents(home)
        groups = [self.classes[namesake["class"]]] if namesake else [self._class(kind) for _ in range(size)]
        registered = max(self._registered(group) for group in groups)
        home.answers |= self._guardians(home, registered)
        home.children = [self._child(home, group, registered, namesake) for group in groups]
        return home

    def _class(self, kind: str) -> Record:
        """Return a class with room; a child living alone and one over sixteen are in the highest ones."""
        highest = max(group["grade"] for group in self.classes.values())
        old = kind in {"none", "over_16"}
        fitting = [name for name, group in self.classes.items() if group["grade"] >= old * highest]
        open_ = [name for name in fitting if self.room[name] > 0] or fitting
        name = self.dice.choice(open_)
        self.room[name] -= 1
        return self.classes[name]

    def _registered(self, group: Record) -> date:
        """Return the day a child came into the register: in this term, or in the census of an earlier school year."""
        window, dice = self.window, self.dice
        if dice.often(0.12):
            return dice.day(window.first, min(window.first + timedelta(days=20), window.last))
        entered = window.school_year - (group["grade"] - 1)
        year = dice.randint(entered, max(entered, window.school_year - 1))
        return min(dice.day(date(year, 9, 3), date(year, 9, 15)), window.last)

    def _parents(self, home: Household) -> Record:
        """Return what is known of father and mother; some of it is still missing."""
        kind = home.kind
        answers: Record = {}
        city = self.dice.choice(parts("places")["city"])
        for parent, sex in (("father", "male"), ("mother", "female")):
            at_home = kind == "none_away" or (kind == "one_away" and parent == "mother")
            at_home = at_home or (kind == "returned" and parent == "father")
            if kind == "unclear" and parent == "mother":
                answers["mother_name"] = self.names.adult(sex)
                continue
            answers[f"{parent}_name"] = self.names.adult(sex, home.surname if parent == "father" else "")
            answers[f"{parent}_status"] = "home" if at_home else "away"
            if not self._lacks(f"{parent}_phone"):
                answers[f"{parent}_phone"] = self.dice.phone()
            if not at_home and not self._lacks(f"{parent}_work_place"):
                place = city if self.dice.often(0.7) else self.dice.choice(parts("places")["city"])
                answers[f"{parent}_work_place"] = place
                if self.dice.often(0.85):
                    answers[f"{parent}_employer"] = self.dice.choice(parts("places")["employer"])
        return answers

    def _guardians(self, home: Household, registered: date) -> Record:
        """Return the guardians, the guardian type that follows from them, and whom to call."""
        kind = home.kind
        if kind == "none":
            phone = home.answers.get("mother_phone")
            return {"guardian_type": "none"} | (
                {"contact_person": home.answers["mother_name"]} if phone else {}
            )
        if kind in {"one_away", "none_away", "returned"}:
            parent = "father" if kind == "returned" else "mother"
            guardians = [self._guardian(parent, home, registered)]
            type_ = "parent"
        elif kind == "foster":
            relation = self.dice.weighted({"relative": 0.8, "neighbour": 0.12, "teacher": 0.08})
            guardians, type_ = [self._guardian(relation, home, registered)], "foster"
        else:
            side = "" if self.dice.often(0.8) else "maternal_"
            relations = self.dice.choice([("grandmother",), ("grandfather",), ("grandfather", "grandmother")])
            guardians = [self._guardian(side + relation, home, registered) for relation in relations]
            type_ = "grandparent"
        answers: Record = {
            "guardians": guardians,
            "guardian_type": type_,
            "contact_person": guardians[0]["name"],
        }
        phone = next((person["phone"] for person in guardians if "phone" in person), None)
        return answers | ({"contact_phone": phone} if phone else {})

    def _guardian(self, relation: str, home: Household, registered: date) -> Record:
        dice = self.dice
        old = "grand" in relation
        man = relation in {"grandfather", "maternal_grandfather", "father"} or (not old and dice.often(0.3))
        sex = "male" if man else "female"
        if relation in {"father", "mother"}:
            name = home.answers[f"{relation}_name"]
        else:
            name = self.names.adult(sex, home.surname if relation == "grandfather" else "")
        guardian: Record = {"name": name, "relation": relation}
        if relation in {"father", "mother"}:
            guardian |= {"phone": phone} if (phone := home.answers.get(f"{relation}_phone")) else {}
        elif not (old and self._lacks("guardian_phone")):
            guardian["phone"] = dice.phone()
        guardian["age"] = dice.randint(56, 79) if old else dice.randint(30, 52)
        guardian["occupation"] = (
            "教师"
            if relation == "teacher"
            else dice.choice(parts("people")["old_job" if old else "foster_job"])
        )
        guardian["health"] = dice.weighted(
            {"good": 0.4, "fair": 0.38, "ill": 0.18, "disabled": 0.04}
            if old
            else {"good": 0.85, "fair": 0.15}
        )
        guardian["address"] = home.answers["address"]
        guardian["entrusted"] = "yes" if relation not in {"father", "mother"} and dice.often(0.7) else "no"
        guardian["since"] = (registered - timedelta(days=dice.randint(5, 400))).isoformat()
        return guardian

    def _child(self, home: Household, group: Record, registered: date, namesake: Record | None) -> Record:
        dice, window = self.dice, self.window
        sex = dice.weighted({"male": 0.53, "female": 0.47}) if not namesake else namesake["sex"]
        birth = self._birth(home.kind, group["grade"])
        self.numbers += 1
        child: Record = {
            "id": dice.identifier(registered),
            "name": namesake["name"] if namesake else self.names.child(home.surname, sex),
            "sex": sex,
            "birth_date": birth.isoformat(),
            "ethnic": dice.weighted({"汉族": 0.9, "土家族": 0.05, "苗族": 0.05}),
            "class": group["name"],
            "number": f"{window.school_year - (group['grade'] - 1)}{self.numbers:04d}",
            "boarding": "yes" if dice.often(0.15 + 0.4 * (group["grade"] > 6)) else "no",
            "status": home.kind if home.kind in {"returned", "transferred"} else "enrolled",
            "registered_on": registered.isoformat(),
        }
        if not self._lacks("id_number"):
            child["id_number"] = sample_identity(birth, sex, self.numbers)
        if group["grade"] >= 7 and dice.often(0.4):
            child["phone"] = dice.phone()
        if child["status"] != "enrolled":
            child["status_since"] = dice.day(max(window.first, registered), window.last).isoformat()
        if groups := self._special_groups():
            child["special_groups"] = groups
        if not self._lacks("card_given_on"):
            child["card_given_on"] = dice.day(
                registered, min(registered + timedelta(days=30), window.last)
            ).isoformat()
        child |= home.answers
        if "guardians" in home.answers:
            child["guardians"] = [dict(person) for person in home.answers["guardians"]]
        return child

    def _lacks(self, name: str) -> bool:
        """Whether this family is one of those whose dossier lacks something."""
        every, which = LACKS[name]
        return self.houses % every == which

    def _special_groups(self) -> list[str]:
        shares = {
            "single_parent": 0.08,
            "lifted_poverty": 0.12,
            "minimum_living": 0.06,
            "extreme_poverty": 0.01,
        }
        shares |= {
            "disabled": 0.015,
            "learning_difficulty": 0.1,
            "psychological": 0.04,
            "dropout_risk": 0.015,
        }
        return [name for name, share in shares.items() if self.dice.often(share)]

    def _birth(self, kind: str, grade: int) -> date:
        """Return a birth date that fits the grade: six by the September in which school began."""
        first = date(self.window.school_year - grade - 6, 9, 1)
        if kind == "over_16":
            return self.window.on.replace(year=self.window.on.year - 16, day=1) - timedelta(
                days=self.dice.randint(31, 200)
            )
        return self.dice.day(first, first.replace(year=first.year + 1) - timedelta(days=1))


def in_register(child: Record, day: date, window: Window) -> bool:
    """Whether a child was in the register on a day, and that day has come."""
    gone = child.get("status_since", "9999-12-31")
    return child["registered_on"] < day.isoformat() < gone and day <= window.last
