"""Who may decide: accept or undo a proposal of pairings, put a line of the checklist off, excuse it.

Whoever answers for the whole school may (校长, 副校长, 德育处/团少部), and a class teacher for the own class. What somebody
answers for they may also put off, with the reason; to excuse it is for the others to say.
"""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from guanai.care.duties.responsible import class_names
from guanai.care.errors import AccessError
from guanai.care.policy.duty import ALL_CHILDREN
from guanai.storage.records.roles import is_coordinator
from guanai.templates.wording import say

if TYPE_CHECKING:
    from guanai.storage.school.school import School

__all__ = ["check_deferral", "check_pairings", "own_classes"]


def own_classes(school: "School") -> set[str]:
    """Return the names of the classes whose class teacher the person is."""
    classes = school.duties.frames["class"]
    return set(classes["name"][classes["homeroom"] == school.staff_id]) if school.staff_id else set()


def check_pairings(school: "School", children: Collection[str]) -> None:
    """Raise AccessError where the person may not decide on the pairings of some children (ids)."""
    if not is_coordinator(school) and not _all_own(school, children):
        raise AccessError("permission.pairings")


def check_deferral(school: "School", answers: Mapping[str, Any]) -> None:
    """Raise AccessError where the person may not put off or excuse the line that a record of ``deferral`` is about."""
    if is_coordinator(school):
        return
    child, kind = str(answers.get("child") or ""), answers.get("subject_kind") or "child"
    if kind in ALL_CHILDREN and child and _all_own(school, [child]):
        return
    if kind == "class" and _class_of(school, str(answers.get("subject") or "")) in own_classes(school):
        return
    if answers.get("kind") == "postpone" and _answers_for(school, answers):
        return
    raise AccessError("permission.excuse" if answers.get("kind") == "excuse" else "permission.postpone")


def _all_own(school: "School", children: Collection[str]) -> bool:
    """Whether all of some children are of classes whose class teacher the person is."""
    mine = own_classes(school)
    if not mine:
        return False
    frame, known = school.duties.frames["child"], class_names(school.duties.frames)
    classes = frame["class"][frame["id"].isin(list(children))]
    return len(classes) > 0 and all(known.get(str(name), str(name)) in mine for name in classes)


def _class_of(school: "School", class_id: str) -> str:
    classes = school.duties.frames["class"]
    return next((str(name) for name in classes["name"][classes["id"] == class_id]), "")


def _answers_for(school: "School", answers: Mapping[str, Any]) -> bool:
    """Whether the person is among the responsible of the line."""
    subject = str(answers.get("child") or answers.get("subject") or "")
    line = school.duties.line(
        str(answers.get("duty") or ""), str(answers.get("subject_kind") or "child"), subject,
        str(answers.get("since") or ""), str(answers.get("role") or ""),
    )  # fmt: skip
    staff = school.record("staff", school.staff_id) if school.staff_id else None
    return bool(line and staff and staff.get("name") in str(line["who"]).split(say("policy.comma")))
