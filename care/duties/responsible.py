"""Who is responsible: the helper by the pairings, the homeroom teacher by the class, others by their post."""

from typing import Any

import numpy as np

from guanai.care.duties.context import DutyContext
from guanai.care.frames import as_strings
from guanai.care.policy.duty import ALL_CHILDREN
from guanai.templates.wording import say

__all__ = ["holds_post", "is_responsible", "responsible"]


def responsible(
    context: DutyContext, kind: str, roles: tuple[str, ...]
) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Return for each subject of a kind the names of those who carry the roles on the day, "" for nobody.

    Several names are joined in the order of the staff, each once. Helper: of a child the helpers of its
    running pairings. Homeroom: of a child or class its class teacher. Self: the teacher or helper themselves,
    also where a duty of theirs names nobody. Any other role, and these where they are not towards a subject:
    everybody of the active staff who has it.
    """
    roles = _with_self(kind, roles)
    return context.cached(("responsible", kind, roles), lambda: _joined_names(context, kind, roles))


def is_responsible(
    context: DutyContext, kind: str, roles: tuple[str, ...], person: int
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which subjects of a kind one of the staff (a place in the register) is among the `responsible` of."""
    among = np.zeros(len(context.subjects(kind)), dtype=bool)
    for role in _with_self(kind, roles):
        for layer in _people_layers(context, kind, role):
            among |= layer == person
    return among | holds_post(context, kind, roles, person)


def holds_post(context: DutyContext, kind: str, roles: tuple[str, ...], person: int) -> bool:
    """Say whether one of the staff is responsible for every subject of a kind, by a post and not for some of them."""
    return any(person in _post_holders(context, kind, role) for role in _with_self(kind, roles))


def _with_self(kind: str, roles: tuple[str, ...]) -> tuple[str, ...]:
    return ("self",) if not roles and kind in ("teacher", "helper") else roles


def _joined_names(
    context: DutyContext, kind: str, roles: tuple[str, ...]
) -> np.ndarray[Any, np.dtype[np.object_]]:
    size, comma = len(context.subjects(kind)), say("policy.comma")
    names = as_strings(context.frames["staff"].drop_duplicates("id")["name"]).to_list()
    layers = [layer for role in roles for layer in _people_layers(context, kind, role)]
    everybody = sorted({person for role in roles for person in _post_holders(context, kind, role)})
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


def _people_layers(context: DutyContext, kind: str, role: str) -> list[np.ndarray[Any, np.dtype[np.int64]]]:
    """Return the people of a role towards each subject, as places among the staff (-1: nobody), one layer each."""
    if role == "helper" and kind in ALL_CHILDREN:
        day = context.day
        return [
            np.where((first <= day) & (day <= last), helper, -1)
            for helper, first, last in context.helper_layers(kind)
        ] or [np.full(len(context.subjects(kind)), -1)]
    if role == "homeroom" and kind in (*ALL_CHILDREN, "class"):
        return [context.class_teachers(kind)]
    if role == "self" and kind in ("teacher", "helper"):
        return [context.staff.get_indexer(context.subjects(kind).index)]
    return []


def _post_holders(context: DutyContext, kind: str, role: str) -> list[int]:
    """Return all of the active staff who have a role, where it is not one towards a subject."""
    if role == "self" or (role in ("helper", "homeroom") and kind in (*ALL_CHILDREN, "class")):
        return []

    def make() -> list[int]:
        staff = context.frames["staff"].drop_duplicates("id")
        holders = (as_strings(staff["role"]) == role) & (as_strings(staff["active"]) != "no")
        return [int(position) for position in np.flatnonzero(holders.to_numpy(bool))]

    return context.cached(("post", role), make)
