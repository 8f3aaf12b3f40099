"""Who is responsible: the helper by the pairings, the homeroom teacher by the class, others by their post."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from guanai.care.frames import as_strings, moment, register
from guanai.care.policy.duty import ALL_CHILDREN
from guanai.templates.wording import say

if TYPE_CHECKING:
    from guanai.care.duties.context import Facts

__all__ = ["agreed", "answering", "by_post", "class_names", "responsible", "running"]


def running(pairings: pd.DataFrame, on: date) -> pd.DataFrame:
    """Return the pairings with a helper that run on a day, its first and last day included.

    A pairing without a start does not run: it has not been agreed when it begins.
    """
    day = moment(on)
    return pairings[
        (pairings["role"] == "helper")
        & pairings["helper"].notna()
        & (pairings["start"] <= day)
        & (pairings["end"].isna() | (day <= pairings["end"]))
    ]


def agreed(pairings: pd.DataFrame, on: date) -> pd.DataFrame:
    """Return the pairings with a helper that hold from a day on, as far as it is agreed.

    Of a child with pairings that begin later those that run once the last of them has begun; else those that run on
    the day. So a child whose helper begins next week has one, and one that is handed over next week has its next one.
    """
    day = moment(on)
    kept = pairings[
        (pairings["role"] == "helper")
        & pairings["helper"].notna()
        & pairings["start"].notna()
        & (pairings["end"].isna() | (day <= pairings["end"]))
    ]
    starts = kept["start"].where(kept["start"] > day)
    then = starts.groupby(kept["child"]).transform("max").fillna(day)
    return kept[(kept["start"] <= then) & (kept["end"].isna() | (then <= kept["end"]))]


def class_names(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return the name of each class by its id and by its name: a child's dossier may hold either."""
    classes = register(frames, "class")
    names = as_strings(classes["name"])
    return dict(zip(names, names, strict=True)) | dict(zip(as_strings(classes["id"]), names, strict=True))


def responsible(facts: "Facts", kind: str, roles: tuple[str, ...]) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Return for each subject of a kind the names of those who carry the roles on the day, "" for nobody.

    Several names are joined in the order of the staff, each once. Helper: of a child the helpers of its
    running pairings. Homeroom: of a child or class its class teacher. Self: the teacher or helper themselves,
    also where a duty of theirs names nobody. Any other role, and these where they cannot be told: everybody of the
    active staff who has it.
    """
    roles = _named(kind, roles)
    return facts.once(("responsible", kind, roles), lambda: _joined(facts, kind, roles))


def answering(
    facts: "Facts", kind: str, roles: tuple[str, ...], person: int
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which subjects of a kind one of the staff (a place in the register) is among the `responsible` of."""
    mine = np.zeros(len(facts.subjects(kind)), dtype=bool)
    for role in _named(kind, roles):
        for layer in _layers(facts, kind, role):
            mine |= layer == person
    return mine | by_post(facts, kind, roles, person)


def by_post(facts: "Facts", kind: str, roles: tuple[str, ...], person: int) -> bool:
    """Say whether one of the staff is responsible for every subject of a kind, by a post and not for some of them."""
    return any(person in _everybody(facts, kind, role) for role in _named(kind, roles))


def _named(kind: str, roles: tuple[str, ...]) -> tuple[str, ...]:
    return ("self",) if not roles and kind in ("teacher", "helper") else roles


def _joined(facts: "Facts", kind: str, roles: tuple[str, ...]) -> np.ndarray[Any, np.dtype[np.object_]]:
    size, comma = len(facts.subjects(kind)), say("policy.comma")
    names = as_strings(facts.frames["staff"].drop_duplicates("id")["name"]).to_list()
    layers = [layer for role in roles for layer in _layers(facts, kind, role)]
    everybody = sorted({person for role in roles for person in _everybody(facts, kind, role)})
    if not layers:
        return np.array([comma.join(names[person] for person in everybody)] * size, dtype=object)
    if len(layers) == 1 and not everybody:
        return np.array([*names, ""], dtype=object)[layers[0]]
    return np.array(
        [
            comma.join(names[one] for one in sorted({*everybody, *(one for one in people if one >= 0)}))
            for people in zip(*(layer.tolist() for layer in layers), strict=True)
        ],
        dtype=object,
    )


def _layers(facts: "Facts", kind: str, role: str) -> list[np.ndarray[Any, np.dtype[np.int64]]]:
    """Return the people of a role towards each subject, as places among the staff (-1: nobody), one layer each."""
    if role == "helper" and kind in ALL_CHILDREN:
        day = facts.day
        return [
            np.where((first <= day) & (day <= last), helper, -1)
            for helper, first, last in facts.helpers(kind)
        ] or [np.full(len(facts.subjects(kind)), -1)]
    if role == "homeroom" and kind in (*ALL_CHILDREN, "class"):
        return [facts.homeroom(kind)]
    if role == "self" and kind in ("teacher", "helper"):
        return [facts.staff.get_indexer(facts.subjects(kind).index)]
    return []


def _everybody(facts: "Facts", kind: str, role: str) -> list[int]:
    """Return all of the active staff who have a role, where it is not one towards a subject."""
    if role == "self" or (role in ("helper", "homeroom") and kind in (*ALL_CHILDREN, "class")):
        return []

    def make() -> list[int]:
        staff = facts.frames["staff"].drop_duplicates("id")
        holders = (as_strings(staff["role"]) == role) & (as_strings(staff["active"]) != "no")
        return [int(place) for place in np.flatnonzero(holders.to_numpy(bool))]

    return facts.once(("post", role), make)
