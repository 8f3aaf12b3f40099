"""The home visits of a sample school, with realistic gaps.

A few families were never visited or only called; some problems are to be looked at again, some should have been.
"""

from datetime import date, timedelta
from typing import Any

from guanai.care.calendar.school_calendar import Term
from guanai.server.sample.days import Window
from guanai.server.sample.families import IN_CARE, LEFT, Household, in_register
from guanai.server.sample.materials import Dice, sentences
from guanai.server.sample.people import People

__all__ = ["home_visits"]

Record = dict[str, Any]

# What a visit talked about (004 三), and how often.
CONTENT = {
    "family": 0.8,
    "environment": 0.5,
    "thoughts": 0.6,
    "study": 0.85,
    "habits": 0.6,
    "expectations": 0.4,
    "guidance": 0.5,
    "plan": 0.15,
    "law_safety": 0.55,
    "policy": 0.3,
    "school_ideas": 0.1,
    "results": 0.1,
    "opinions": 0.5,
}
PROBLEMS = {
    "study": 0.28,
    "life": 0.12,
    "mind": 0.14,
    "conduct": 0.1,
    "safety": 0.12,
    "family_education": 0.12,
    "guardianship": 0.05,
    "affection": 0.07,
}
# How a family was reached: in person, or by the other means where nobody came to the door.
BY_DOOR = {"door": 0.78, "school": 0.06, "phone": 0.08, "video": 0.03, "wechat": 0.05}
FROM_AFAR = {"phone": 0.6, "wechat": 0.25, "video": 0.15}
# What was found so shortly before the last day is often still to be looked at again.
LATELY = timedelta(days=35)
# Whose work keeps them at school while others visit.
NOT_ALONG = frozenset({"counsellor", "life", "logistics"})
# Visits that a family got in a term that is over.
VISITS = {"1": 0.33, "2": 0.52, "3": 0.15}


def home_visits(people: People, window: Window, seed: int) -> list[Record]:
    """Return home visits: whoever visits a family sees every child of it on one day."""
    dice = Dice(seed, "visits")
    homes = [home for home in people.households if home.kind in IN_CARE | LEFT]
    dice.shuffle(homes)
    never = max(1, len(homes) // 25)
    afar = max(2, len(homes) // 12)
    records = []
    for place, home in enumerate(homes[never:]):
        for term in window.terms:
            for day in _visit_days(term, dice):
                mode = dice.weighted(FROM_AFAR if place < afar else BY_DOOR)
                format_ = dice.weighted({"individual": 0.75, "group": 0.15, "team": 0.1})
                seen = (child for child in home.children if in_register(child, day, window))
                records += [_visit(child, home, day, mode, format_, people, window, dice) for child in seen]
    return _with_follow_ups(records, window, dice)


def _visit_days(term: Term, dice: Dice) -> list[date]:
    """Return the days of a family's visits in a term, spread over it: half-way about half of them are done."""
    number = int(dice.weighted(VISITS))
    length = (term.end - term.start).days * 17 // (20 * number)
    return [term.start + timedelta(days=length * part + dice.randrange(length)) for part in range(number)]


def _with_follow_ups(visits: list[Record], window: Window, dice: Dice) -> list[Record]:
    """See to it that in the smallest sample too some follow-ups are overdue and some lie ahead."""
    visits = sorted(visits, key=lambda visit: (visit["date"], visit["id"]))
    latest = list(
        {visit["child"]: visit for visit in visits}.values()
    )  # a later visit would answer the question
    latest.sort(key=lambda visit: visit["date"])
    asked = [(visit, window.on + timedelta(days=9)) for visit in latest[-2:]]
    asked += [(visit, date.fromisoformat(visit["date"]) + timedelta(days=10)) for visit in latest[:2]]
    for visit, day in asked:
        if "problems" not in visit:
            kind = dice.weighted(PROBLEMS)
            visit |= {
                "problems": [kind],
                "problem_detail": dice.choice(sentences()[f"problem.{kind}"]) + "。",
            }
        visit |= {
            "follow_up": day.isoformat(),
            "follow_up_what": dice.choice(sentences()["follow_up_what"]) + "。",
        }
    return visits


def _visit(
    child: Record,
    home: Household,
    day: date,
    mode: str,
    format_: str,
    people: People,
    window: Window,
    dice: Dice,
) -> Record:
    """Return one visit."""
    visitors = [people.homeroom(child)]
    if format_ != "individual":
        others = [
            person["id"] for person in people.staff
            if person["id"] not in visitors and person["role"] not in NOT_ALONG
        ]  # fmt: skip
        visitors += dice.sample(others, 1 if format_ == "group" else 2)
    leader = next(person["name"] for person in people.staff if person["role"] == "headmaster")
    visit: Record = {
        "id": dice.identifier(day),
        "child": child["id"],
        "date": day.isoformat(),
        "slot": _slot(day, window, dice),
        "mode": mode,
        "format": format_,
        "visitors": visitors,
    }
    if mode == "door" and dice.often(0.1):
        visit["accompanied_by"] = leader
    visit |= _met(home, mode, dice)
    visit["content"] = [name for name, share in CONTENT.items() if dice.often(share)] or ["study"]
    visit["school_report"] = dice.choice(sentences()["school_report"]) + "。"
    visit["merits"] = "；".join(dice.sample(sentences()["merit"], dice.randint(1, 2))) + "。"
    if dice.often(0.6):
        visit["guardian_opinion"] = dice.choice(sentences()["guardian_opinion"]) + "。"
        if dice.often(0.7):
            visit["answer_given"] = dice.choice(sentences()["answer_given"]) + "。"
    visit["situation"] = "；".join(dice.sample(sentences()["situation"], 2)) + "。"
    return visit | _problems(day, window, dice)


def _slot(day: date, window: Window, dice: Dice) -> str:
    if window.is_holiday(day):
        return "holiday"
    if day.weekday() >= 5:
        return "weekend"
    return dice.weighted({"evening": 0.7, "noon": 0.25, "other": 0.05})


def _met(home: Household, mode: str, dice: Dice) -> Record:
    """Return who was met: a parent by telephone, otherwise whoever looks after the child."""
    parent = dice.choice(["father", "mother"])
    guardians = home.answers.get("guardians", [])
    if mode in FROM_AFAR:
        return {"person_met": parent, "person_met_name": home.answers[f"{parent}_name"]}
    if home.kind in LEFT or not guardians or dice.often(0.06):
        return {"person_met": "child_only"}
    met = {"grandparent": "grandparent", "foster": "entrusted_guardian"}[home.kind]
    return {"person_met": met, "person_met_name": guardians[0]["name"]}


def _problems(day: date, window: Window, dice: Dice) -> Record:
    """Return the problems found, in a third of visits, and the day agreed for looking again."""
    if not dice.often(0.36):
        return {}
    kinds = (
        {dice.weighted(PROBLEMS), dice.weighted(PROBLEMS)} if dice.often(0.3) else {dice.weighted(PROBLEMS)}
    )
    found = [kind for kind in PROBLEMS if kind in kinds]
    detail = "；".join(dice.choice(sentences()[f"problem.{kind}"]) for kind in found) + "。"
    problems: Record = {"problems": found, "problem_detail": detail}
    if dice.often(0.7):
        after = window.on if window.last - day < LATELY and dice.often(0.6) else day
        problems |= {
            "follow_up": (after + timedelta(days=dice.randint(5, 28))).isoformat(),
            "follow_up_what": dice.choice(sentences()["follow_up_what"]) + "。",
        }
    return problems
