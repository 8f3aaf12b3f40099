"""Who may decide on pairings, and put off or excuse a line of the checklist: held below the page, told in words.

Requirement: the roles of the app (requirements 3, 7.11; R29; W6).
"""

from datetime import date

import pytest

from guanai.storage import AccessError

START = date(2026, 11, 23)
CLASSES = {"三年级1班": 3, "四年级1班": 4}


@pytest.fixture
def people(school):
    """A school of two classes, each with a class teacher and a child, a coordinator and a helper; by name their doors."""
    staff = {
        name: school.save("staff", {"name": name, "role": role, "active": "yes"})["id"]
        for name, role in {
            "三班": "homeroom",
            "四班": "homeroom",
            "帮": "subject",
            "德": "coordinator",
        }.items()
    }
    school.insert_many("class", [
        {"id": f"k{grade}", "name": name, "grade": grade, "homeroom": staff[f"{name[0]}班"]} for name, grade in CLASSES.items()
    ])  # fmt: skip
    school.insert_many("child", [
        {"id": f"c{grade}", "name": f"童{grade}", "class": name, "status": "enrolled", "registered_on": "2026-09-01",
         "birth_date": "2016-05-01", "father_status": "away", "mother_status": "away", "eligible": "yes"}
        for name, grade in CLASSES.items()
    ])  # fmt: skip
    school.insert_many("pairing", [
        {"id": "p3", "child": "c3", "role": "helper", "helper": staff["帮"], "kind": "one_to_one", "start": "2026-09-01"}
    ])  # fmt: skip
    return {name: school.as_user(name, person) for name, person in staff.items()} | {
        "来客": school.as_user("来客")
    }


@pytest.mark.parametrize(
    ("name", "classes", "may"),
    [
        ("德", None, True),
        ("四班", ["四年级1班"], True),
        ("三班", ["四年级1班"], False),
        ("帮", ["四年级1班"], False),
        ("来客", None, False),
    ],
)
def test_a_proposal_is_accepted_by_who_coordinates_or_teaches_the_class(people, name, classes, may):
    proposal = people[name].pairings.propose(classes=classes)
    if may:
        done = people[name].pairings.accept(proposal, START)
        for other in {"三班", "帮"} - {name}:
            with pytest.raises(AccessError):
                people[other].pairings.undo(done.id)
        people[name].pairings.undo(done.id)
        return
    with pytest.raises(AccessError, match="班主任可以决定本班孩子的") as refused:
        people[name].pairings.accept(proposal, START)
    assert refused.value.key == "permission.pairings"
    assert len(people["德"].frame("pairing")) == 1


def decision(door, kind, child="c3"):
    lines = door.due()
    line = next(
        row for row in lines.to_dict("records") if row["subject_id"] == child and row["duty"] == "谈心"
    )
    answers = door.duties.deferral_of(line) | {
        "kind": kind,
        "reason": "孩子住院",
        "date": door.today().isoformat(),
    }
    return answers | ({"until": "2099-01-01"} if kind == "postpone" else {})


@pytest.mark.parametrize(
    ("name", "postpone", "excuse"),
    [
        ("德", True, True),
        ("三班", True, True),  # its class teacher
        ("帮", True, False),  # who answers for it
        ("四班", False, False),
        ("来客", False, False),
    ],
)
def test_who_may_put_off_and_who_may_excuse(people, name, postpone, excuse, monkeypatch):
    monkeypatch.setenv("GUANAI_TODAY", "2026-11-20")
    for kind, may in (("postpone", postpone), ("excuse", excuse)):
        answers = decision(people[name], kind)
        if may:
            stored = people[name].save("deferral", answers)
            with pytest.raises(AccessError):  # nor is it taken back by somebody else
                people["四班"].delete("deferral", stored["id"])
            people[name].delete("deferral", stored["id"])
            with pytest.raises(AccessError):
                people["四班"].deleted.restore("deferral", stored["id"])
            assert people[name].deleted.restore("deferral", stored["id"])["id"] == stored["id"]
            people[name].delete("deferral", stored["id"])
        else:
            with pytest.raises(AccessError, match="班主任") as refused:
                people[name].save("deferral", answers)
            key = {"postpone": "permission.postpone", "excuse": "permission.excuse"}[kind]
            assert refused.value.key == key
    assert people["德"].frame("deferral").empty
