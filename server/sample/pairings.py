"""The pairings of a sample school: most children have a helper and a peer, a few neither, two helpers carry too many."""

from datetime import date, timedelta

from guanai.server.sample.records import fill_part
from guanai.server.sample.sample_school import IN_CARE, Record, SampleSchool
from guanai.server.sample.seeded_random import SeededRandom

__all__ = ["make_pairings"]


def make_pairings(school: SampleSchool) -> list[Record]:
    """Return helpers and peers of the children in care, and the ended pairings of those who have left."""
    random = SeededRandom(school.seed, "pairings")
    children = school.in_care
    random.shuffle(children)
    alone = max(2, len(children) // 16)
    staff = [person["id"] for person in school.staff]
    random.shuffle(staff)
    staff.pop()  # somebody new, who has no child yet
    helpers = _helpers(staff, len(children) - alone, random)
    records = []
    for number, child in enumerate(children):
        registered = date.fromisoformat(child["registered_on"])
        start = min(registered + timedelta(days=random.randint(1, 8)), school.days.last)
        if number >= alone:
            records.append(_paired(school, "helper", child, start, random, helper=helpers.pop()))
            if random.happens(0.03):
                second = random.choice(staff)
                pairing = _paired(school, "helper", child, start, random, helper=second)
                records.append(pairing | {"kind": "many_to_one"})
        if random.happens(0.75):
            mates = [mate["name"] for mate in children if mate["class"] == child["class"]]
            others = [name for name in mates if name != child["name"]] or [f"{child['name'][0]}晓禾"]
            records.append(_paired(school, "peer", child, start, random, peer_name=random.choice(others)))
    return records + _ended(school, random)


def _helpers(staff: list[str], number: int, random: SeededRandom) -> list[str]:
    """Return a helper's id for each child to be paired: loads even but for two too high and two low ones."""
    most = number // len(staff) + 5
    helpers = staff[:1] * most + staff[1:2] * (most - 1) + staff[2:3] * 2 + staff[3:4]
    even = staff[4:]
    helpers += [even[place % len(even)] for place in range(number - len(helpers))]
    random.shuffle(helpers)
    return helpers


def _paired(
    school: SampleSchool, role: str, child: Record, start: date, random: SeededRandom, **partner: str
) -> Record:
    first = {"id": random.identifier(start), "child": child["id"], "role": role} | partner
    return first | fill_part(school, "pairing", random, start, role=role)


def _ended(school: SampleSchool, random: SeededRandom) -> list[Record]:
    """Return the pairings of children no longer in care: each ended on the day the child left."""
    records = []
    for family in school.families:
        child = family.children[0]
        if family.kind not in IN_CARE and "status_since" in child:
            start = date.fromisoformat(child["registered_on"])
            helper = random.choice(school.staff)["id"]
            end = fill_part(school, "pairing_end", random, start, child=child)
            records.append(_paired(school, "helper", child, start, random, helper=helper) | end)
    return records
