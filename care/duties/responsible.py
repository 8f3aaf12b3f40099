"""Who is responsible: the helper by the pairings, the homeroom teacher by the class, others by their post.

Of a child the helpers of its running pairings, of a child or class its class teacher, a teacher or helper themselves for
what names nobody else; any other role, and these where they are not towards a subject: everybody of the active staff
who has it. Those of the day asked count.
"""

from typing import Any

import pandas as pd

from guanai.care.duties.facts import Facts
from guanai.care.duties.records import class_teachers, helpers
from guanai.care.frames import as_strings, object_column
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
    return any(person in _post_holders(facts, kind, role) for role in _with_self(kind, roles))


def _with_self(kind: str, roles: tuple[str, ...]) -> tuple[str, ...]:
    return ("self",) if not roles and kind in STAFF_KINDS else roles


def _responsible(facts: Facts, kind: str, roles: tuple[str, ...]) -> pd.DataFrame:
    subjects, comma = facts.subjects(kind).index, say("policy.comma")
    everybody = {person for role in roles for person in _post_holders(facts, kind, role)}
    people: dict[str, set[str]] = {}
    for role in roles:
        for subject, person in _towards_subjects(facts, kind, role):
            people.setdefault(subject, set(everybody)).add(person)
    position = {person: number for number, person in enumerate(facts.staff.index)}
    combinations = {frozenset(some) for some in people.values()} | {frozenset(everybody)}
    lists = {some: sorted(some, key=position.__getitem__) for some in combinations}
    names = {some: comma.join(facts.staff[person] for person in ids) for some, ids in lists.items()}
    of_subject = [frozenset(people.get(subject, everybody)) for subject in subjects]
    return pd.DataFrame(
        {
            "who": object_column((names[some] for some in of_subject), subjects),
            "who_ids": object_column((lists[some] for some in of_subject), subjects),
            "nobody": object_column(("" if some else "".join(roles[:1]) for some in of_subject), subjects),
        }
    )


def _towards_subjects(facts: Facts, kind: str, role: str) -> "zip[tuple[Any, Any]]":
    """Return the subjects and people of a role that is towards a subject; a subject may have none or several."""
    subjects = facts.subjects(kind)
    pairs = pd.DataFrame({"subject": [], "person": []}, dtype=object)
    if role == "helper" and kind in ALL_CHILDREN:
        running = helpers(facts)
        running = running[(running["start"] <= facts.day) & (facts.day <= running["end"])]
        pairs = running.rename(columns={"child": "subject", "helper": "person"})
    elif role == "homeroom" and kind in (*ALL_CHILDREN, "class"):
        pairs = subjects["class"].map(class_teachers(facts)).rename("person").dropna().reset_index()
    elif role == "self" and kind in STAFF_KINDS:
        own = subjects.index[subjects.index.isin(facts.staff.index)]
        pairs = pd.DataFrame({"subject": own, "person": own})
    return zip(pairs["subject"], pairs["person"], strict=True)


def _post_holders(facts: Facts, kind: str, role: str) -> list[str]:
    """Return the ids of the active staff who have a role, where it is not one towards a subject."""
    if role == "self" or (role in ("helper", "homeroom") and kind in (*ALL_CHILDREN, "class")):
        return []

    def make() -> list[str]:
        staff = facts.frame("staff").drop_duplicates("id")
        holds = (as_strings(staff["role"]) == role) & (as_strings(staff["active"]) != "no")
        return list(staff.loc[holds, "id"])

    return facts.cached(("post", role), make)
