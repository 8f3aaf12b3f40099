"""Who coordinates, and who postpones or excuses a line of the checklist: what else is allowed the sheet 权限 says.

Whoever is responsible for the whole school may postpone and excuse every line (校长, 副校长, 德育处/团少部), a class teacher those
of the own class. Whoever is responsible for a line may also postpone it, with the reason, but not excuse it.
"""

from collections.abc import Collection, Mapping
from typing import Any

from guanai.care.duties.record_rules import class_names
from guanai.care.errors import AccessError
from guanai.care.policy.duty import ALL_CHILDREN
from guanai.storage.records.records import Records
from guanai.storage.school.due_service import DutyService
from guanai.templates.wording import say

__all__ = ["COORDINATING_ROLES", "check_deferral", "is_coordinator", "own_classes"]

#: Who is responsible for the whole school (requirements 3: 校长, 副校长, 德育处/团少部), and who shows it in a sample school.
COORDINATING_ROLES = ("headmaster", "deputy", "coordinator", "trainer")


def is_coordinator(records: Records) -> bool:
    """Whether the account is of one who is responsible for the whole school, or the person owns the folder.

    The register of staff is not asked: whoever may write in it could make himself one.
    """
    return records.identity.owner or bool(set(records.identity.roles) & set(COORDINATING_ROLES))


def own_classes(records: Records, duties: DutyService) -> set[str]:
    """Return the names of the classes whose class teacher the person is."""
    classes = duties.frames["class"]
    return set(classes["name"][classes["homeroom"] == records.staff_id]) if records.staff_id else set()


def check_deferral(records: Records, duties: DutyService, answers: Mapping[str, Any]) -> None:
    """Raise AccessError where the person may not postpone or excuse the line that a record of ``deferral`` is about."""
    if is_coordinator(records):
        return
    child, kind = str(answers.get("child") or ""), answers.get("subject_kind") or "child"
    if kind in ALL_CHILDREN and child and _all_own(records, duties, [child]):
        return
    if kind == "class" and _class_of(duties, str(answers.get("subject") or "")) in own_classes(
        records, duties
    ):
        return
    if answers.get("kind") == "postpone" and _answers_for(records, duties, answers):
        return
    raise AccessError("permission.excuse" if answers.get("kind") == "excuse" else "permission.postpone")


def _all_own(records: Records, duties: DutyService, children: Collection[str]) -> bool:
    """Whether all of some children are of classes whose class teacher the person is."""
    own = own_classes(records, duties)
    if not own:
        return False
    frame, names = duties.frames["child"], class_names(duties.frames)
    classes = frame["class"][frame["id"].isin(list(children))]
    return len(classes) > 0 and all(names.get(str(name), str(name)) in own for name in classes)


def _class_of(duties: DutyService, class_id: str) -> str:
    classes = duties.frames["class"]
    return next((str(name) for name in classes["name"][classes["id"] == class_id]), "")


def _answers_for(records: Records, duties: DutyService, answers: Mapping[str, Any]) -> bool:
    """Whether the person is among the responsible of the line."""
    subject = str(answers.get("child") or answers.get("subject") or "")
    line = duties.line(
        str(answers.get("duty") or ""), str(answers.get("subject_kind") or "child"), subject,
        str(answers.get("since") or ""), str(answers.get("role") or ""),
    )  # fmt: skip
    staff = records.record("staff", records.staff_id) if records.staff_id else None
    return bool(line and staff and staff.get("name") in str(line["who"]).split(say("policy.comma")))
