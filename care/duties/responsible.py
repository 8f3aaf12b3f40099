"""Who is responsible: the helper by the pairings, the homeroom teacher by the class, others by their post.

Of a child the helpers of its running pairings, of a child or class its class teacher, a teacher or helper themselves for
what names nobody else; any other role, and these where they are not towards a subject: everybody of the staff who has
it. Those of the day asked count. Who has left the school (not active) is responsible for nothing, whatever still names them.
"""

from collections.abc import Iterable

import pandas as pd

from guanai.care.duties.facts import Facts
from guanai.care.duties.records import class_teachers, helpers
from guanai.care.frames import object_column
from guanai.care.policy.duty import ALL_CHILDREN, STAFF_KINDS
from guanai.templates.wording import say

__all__ = ["holds_post", "responsible"]


def responsible(facts: Facts, kind: str, roles: tuple[str, ...]) -> pd.DataFrame:
    """Return for each subject of a kind (by its id) who carries the roles: who, who_ids, nobody.

    ``who_ids`` is a list of ids in the order of the staff, ``who`` their names joined, "" for nobody. ``nobody`` is "" or the
    first of the roles where nobody has one.
    """
    roles = _with_self(kind, roles)
    return facts.cached(("responsible", kind, roles), lambda: _responsible(facts, kind, roles))


def holds_post(facts: Facts, kind: str, roles: tuple[str, ...], person: str) -> bool:
    """Say whether one of the staff is responsible for every subject of a kind, by a post and not for some of them."""
    held = {place for role in _with_self(kind, roles) for place in _post_holders(facts, kind, role)}
    return person in facts.staff.index[list(held)]


def _with_self(kind: str, roles: tuple[str, ...]) -> tuple[str, ...]:
    return ("self",) if not roles and kind in STAFF_KINDS else roles


def _responsible(facts: Facts, kind: str, roles: tuple[str, ...]) -> pd.DataFrame:
    subjects, comma, active = facts.subjects(kind).index, say("policy.comma"), facts.staff["active"].to_list()
    everybody = frozenset(place for role in roles for place in _post_holders(facts, kind, role))
    people = [everybody] * len(subjects)
    for role in roles:
        for position, place in _towards_subjects(facts, kind, role):
            if active[place]:
                people[position] |= {place}
    staff_ids, staff_names = facts.staff.index.to_list(), facts.staff["name"].to_list()
    ids = {places: [staff_ids[place] for place in sorted(places)] for places in {*people}}
    names = {places: comma.join(staff_names[place] for place in sorted(places)) for places in ids}
    vacant = roles[0] if roles and roles[0] != "self" else ""  # oneself is no post that could be filled
    return pd.DataFrame(
        {
            "who": object_column((names[places] for places in people), subjects),
            "who_ids": object_column((ids[places] for places in people), subjects),
            "nobody": object_column(("" if places else vacant for places in people), subjects),
        }
    )


def _towards_subjects(facts: Facts, kind: str, role: str) -> Iterable[tuple[int, int]]:
    """Return the positions of subjects and of staff for a role that is towards a subject; there may be none or several."""
    if role == "helper" and kind in ALL_CHILDREN:
        pairings, day = helpers(facts, kind), facts.day.to_datetime64()
        running = (pairings.start <= day) & (day <= pairings.end)
        return zip(pairings.position[running].tolist(), pairings.staff[running].tolist(), strict=True)
    places: Iterable[int] = ()
    if role == "homeroom" and kind in (*ALL_CHILDREN, "class"):
        places = class_teachers(facts, kind).tolist()
    elif role == "self" and kind in STAFF_KINDS:
        places = facts.staff.index.get_indexer(facts.subjects(kind).index).tolist()
    return [(position, place) for position, place in enumerate(places) if place >= 0]


def _post_holders(facts: Facts, kind: str, role: str) -> list[int]:
    """Return all of the active staff who have a role (their positions), where it is not one towards a subject."""
    if role == "self" or (role in ("helper", "homeroom") and kind in (*ALL_CHILDREN, "class")):
        return []
    holders = facts.staff["active"] & (facts.staff["role"] == role)
    return holders.to_numpy(bool).nonzero()[0].tolist()
