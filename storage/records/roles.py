"""Who may do what: the role that the signed-in person has in the register of staff, or with the account."""

import os
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from guanai.storage.records.registers import Registers

__all__ = ["COORDINATING_ROLES", "is_coordinator", "role_of"]

#: Who answers for the whole school (requirements 3: 校长, 副校长, 德育处/团少部).
COORDINATING_ROLES = ("headmaster", "deputy", "coordinator")


def role_of(school: "Registers") -> str:
    """Return the person's role by the register of staff, else by the account that is signed in; empty without one."""
    staff = school.record("staff", school.staff_id) if school.staff_id else None
    if staff is not None:
        return str(staff.get("role") or "")
    signed_in = unquote(os.environ.get("HTTP_X_GUANAI_PERSON", ""))
    return os.environ.get("HTTP_X_GUANAI_ROLE", "") if signed_in and signed_in == school.person else ""


def is_coordinator(school: "Registers") -> bool:
    """Whether the person answers for the whole school; so does whoever works in the folder itself, signed in nowhere."""
    from guanai.storage.records.registers import NOBODY

    return school.person == NOBODY or role_of(school) in COORDINATING_ROLES
