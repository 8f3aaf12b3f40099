"""What a sample school did for its children: pairings, talks and calls, with realistic gaps.

Some children have no helper, some helpers too many children; some talks and calls were left out.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from guanai.server.sample.days import Window
from guanai.server.sample.families import IN_CARE, LEFT, Household, in_register
from guanai.server.sample.materials import Dice, sentences
from guanai.server.sample.people import People

__all__ = ["calls", "pairings", "talks"]

Record = dict[str, Any]


def pairings(people: People, window: Window, seed: int) -> list[Record]:
    """Return helpers and peers: most children have both, a few neither, two helpers carry too many."""
    dice = Dice(seed, "pairings")
    children = [child for home in people.households if home.kind in IN_CARE for child in home.children]
    dice.shuffle(children)
    alone = max(2, len(children) // 16)
    helpers = _helpers(people.staff, len(children) - alone, dice)
    records = []
    for number, child in enumerate(children):
        start = date.fromisoformat(child["registered_on"]) + timedelta(days=dice.randint(1, 8))
        start = min(start, window.last)
        if number >= alone:
            records.append(_helper(child, helpers.pop(), start, dice))
            if dice.often(0.03):
                records.append(
                    _helper(child, dice.choice(people.staff)["id"], start, dice) | {"kind": "many_to_one"}
                )
        if dice.often(0.75):
            records.append(_peer(child, children, start, dice))
    gone = (home for home in people.households if home.kind in LEFT)
    return records + [_ended(home, people, window, dice) for home in gone]


def _helpers(staff: Sequence[Record], number: int, dice: Dice) -> list[str]:
    """Return a helper's id for each child to be paired: loads even but for two too high and three low ones."""
    ids = [person["id"] for person in staff]
    dice.shuffle(ids)
    most = number // len(ids) + 5
    helpers = ids[:1] * most + ids[1:2] * (most - 1) + ids[2:3] * 2 + ids[3:4]
    even = ids[5:]  # the fifth is new and has nobody yet
    helpers += [even[place % len(even)] for place in range(number - len(helpers))]
    dice.shuffle(helpers)
    return helpers


def _helper(child: Record, helper: str, start: date, dice: Dice) -> Record:
    return {
        "id": dice.identifier(start),
        "child": child["id"],
        "role": "helper",
        "helper": helper,
        "kind": dice.weighted({"one_to_one": 0.9, "grade_group": 0.1}),
        "start": start.isoformat(),
        "key_help": "yes" if dice.often(0.12) else "no",
    }


def _peer(child: Record, children: Sequence[Record], start: date, dice: Dice) -> Record:
    others = [
        other["name"]
        for other in children
        if other["class"] == child["class"] and other["name"] != child["name"]
    ]
    return {
        "id": dice.identifier(start),
        "child": child["id"],
        "role": "peer",
        "peer_name": dice.choice(others) if others else child["name"][0] + "晓禾",
        "kind": "one_to_one",
        "start": start.isoformat(),
    }


def _ended(home: Household, people: People, window: Window, dice: Dice) -> Record:
    """Return the pairing of a child that has left care: it ended on the day the child left."""
    (child,) = home.children
    pairing = _helper(
        child, dice.choice(people.staff)["id"], date.fromisoformat(child["registered_on"]), dice
    )
    reasons = sentences()["end_reason"]
    return pairing | {
        "end": child["status_since"],
        "end_reason": reasons[-1 if home.kind == "returned" else 0],
    }


def talks(people: People, paired: Sequence[Record], window: Window, seed: int) -> list[Record]:
    """Return talks: each helper's with each child about weekly, some helpers less careful than others."""
    dice = Dice(seed, "talks")
    care = {
        person["id"]: float(dice.weighted({"0.99": 0.5, "0.93": 0.4, "0.7": 0.1})) for person in people.staff
    }
    records = []
    for pairing, days in _weeks(paired, window):
        if dice.often(care[pairing["helper"]]):
            days = [
                day for day in days if pairing["start"] < day.isoformat() < pairing.get("end", "9999-12-31")
            ]
            if days:
                records.append(_talk(pairing, dice.choice(days), dice))
    return records


def _weeks(paired: Sequence[Record], window: Window) -> Iterator[tuple[Record, Sequence[date]]]:
    """Yield each helper's pairing with the school days of each week."""
    weeks = list(window.weeks())
    for pairing in paired:
        if pairing["role"] == "helper" and pairing["kind"] != "many_to_one":
            for days in weeks:
                yield pairing, days


def _talk(pairing: Record, day: date, dice: Dice) -> Record:
    talk = {
        "id": dice.identifier(day),
        "child": pairing["child"],
        "date": day.isoformat(),
        "by": pairing["helper"],
    }
    for part, share in (("study", 0.9), ("life", 0.8), ("thoughts", 0.7), ("action", 0.8)):
        if part == "study" or dice.often(share):
            talk[part] = dice.choice(sentences()[f"talk.{part}"]) + "。"
    return talk


def calls(people: People, window: Window, seed: int) -> list[Record]:
    """Return calls: the homeroom teacher's with each child's parents about monthly."""
    dice = Dice(seed, "calls")
    months = window.months()
    records = []
    for home in people.households:
        if home.kind not in IN_CARE:
            continue
        reached = {parent: 0.45 for parent in ("father", "mother") if f"{parent}_phone" in home.answers}
        reached |= {"guardian": 0.1} if "contact_phone" in home.answers else {}
        for child in home.children:
            for days in months:
                day = dice.choice(days)
                if reached and dice.often(0.93) and in_register(child, day, window):
                    records.append(
                        {
                            "id": dice.identifier(day),
                            "child": child["id"],
                            "date": day.isoformat(),
                            "by": people.homeroom(child),
                            "parent": dice.weighted(reached),
                            "told": dice.choice(sentences()["call.told"]) + "。",
                            "response": dice.choice(sentences()["call.response"]) + "。",
                        }
                    )
    return records
