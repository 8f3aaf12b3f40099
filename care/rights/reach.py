"""Whose records a person's are on a day: the children, classes and staff that each scope reaches.

"Own" are the children of the pairings that run with this helper on the day, so it begins and ends with them; the classes
are those whose homeroom teacher the person is or that the register of staff has them teach; the grades are those of these
classes. Who has left the school (在岗: 否) reaches nobody.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

__all__ = ["Documents", "Reach"]

#: Returns the documents of the registers child, class, pairing and staff.
Documents = Callable[[str], Sequence[Mapping[str, Any]]]

NOBODY: frozenset[str] = frozenset()
#: The question that names who carries the child, by the role of the pairing.
CARER_OF_ROLE = {"helper": "helper", "social": "carer"}


class Reach:
    """The reach of one person on one day; worked out when it is first asked for, and then the same."""

    def __init__(self, documents: Documents, staff_id: str, person: str, day: date) -> None:
        self.staff_id, self.person, self.day = staff_id, person, day
        self._documents = documents
        self.children = cache(self._children)
        self.class_keys = cache(self._class_keys)
        self._own = cache(self._own_children)

    # ``children`` and ``class_keys`` are looked up for each record: each scope is worked out once.
    children: Callable[[str], frozenset[str] | None]
    class_keys: Callable[[str], frozenset[str] | None]

    def classes(self, scope: str) -> frozenset[str] | None:
        """Return the names of the classes within a scope; None for all."""
        if scope == "school":
            return None
        return frozenset(str(group["name"]) for group in self._classes(scope) if group.get("name"))

    def staff(self, scope: str) -> frozenset[str] | None:
        """Return the ids of the staff within a scope: the person alone, or None for all."""
        if scope == "school":
            return None
        return frozenset({self.staff_id}) if self.staff_id else NOBODY

    def _children(self, scope: str) -> frozenset[str] | None:
        """Return the ids of the children within a scope; None for all."""
        if scope == "school":
            return None
        own = self._own()
        keys = self.class_keys(scope)
        if not keys:
            return own
        return own.union(str(child["id"]) for child in self._documents("child") if child.get("class") in keys)

    def _class_keys(self, scope: str) -> frozenset[str] | None:
        """Return the names and ids of the classes within a scope, as records name a class by either; None for all."""
        if scope == "school":
            return None
        groups = self._classes(scope)
        return frozenset(str(group[key]) for group in groups for key in ("id", "name") if group.get(key))

    def _classes(self, scope: str) -> list[Mapping[str, Any]]:
        if scope == "own" or not self.is_active:
            return []
        every = self._documents("class")
        taught = _texts(self._staff_record.get("teaches"))
        mine = [
            group
            for group in every
            if group.get("homeroom") == self.staff_id or taught & {group.get("id"), group.get("name")}
        ]
        if scope == "class":
            return mine
        grades = {group.get("grade") for group in mine} - {None, ""}
        return [group for group in every if group in mine or group.get("grade") in grades]

    def _own_children(self) -> frozenset[str]:
        if not self.is_active:
            return NOBODY
        return frozenset(
            str(pairing["child"])
            for pairing in self._documents("pairing")
            if pairing.get("child")
            and pairing.get(CARER_OF_ROLE.get(str(pairing.get("role")), "")) == self.staff_id
            and runs_on(pairing, self.day)
        )

    @property
    def is_active(self) -> bool:
        """Whether the person is known by an id and has not left the school."""
        return bool(self.staff_id) and self._staff_record.get("active") != "no"

    @property
    def _staff_record(self) -> Mapping[str, Any]:
        return next((one for one in self._documents("staff") if one.get("id") == self.staff_id), {})


def runs_on(pairing: Mapping[str, Any], day: date) -> bool:
    """Whether a pairing runs on a day, its first and last day included; one without a start has not begun."""
    start, end, on = str(pairing.get("start") or ""), str(pairing.get("end") or ""), day.isoformat()
    return bool(start) and start[:10] <= on and (not end or on <= end[:10])


def _texts(value: Any) -> set[str]:
    parts: Iterable[Any] = value if isinstance(value, list | tuple) else str(value or "").split()
    return {str(part) for part in parts}
