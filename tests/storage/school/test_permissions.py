"""Who may decide on proposals of pairings, and put off or excuse a line of the checklist: held below the page, told in words.

Requirement: the roles of the app (requirements 3, 7.11; R29; W6).
"""

from datetime import date

import pytest
from support.signed_in import signed_in

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
    roles = {"三班": ["homeroom"], "四班": ["homeroom"], "帮": ["subject", "helper"], "德": ["coordinator"]}
    doors = {
        name: signed_in(school, name, *roles[name], staff=person_id) for name, person_id in staff.items()
    }
    return doors | {"来客": signed_in(school, "来客")}


@pytest.mark.parametrize("name", ["四班", "三班", "帮", "来客"])
def test_a_proposal_is_accepted_by_who_coordinates_alone(people, name):
    proposal = people["德"].pairings.propose(classes=["四年级1班"])
    with pytest.raises(AccessError, match="德育负责人") as refused:
        people[name].pairings.accept(proposal, START)
    assert refused.value.key == "rights.refused_matter"
    assert len(people["德"].frame("pairing")) == 1
    done = people["德"].pairings.accept(proposal, START)
    with pytest.raises(AccessError):
        people[name].pairings.undo(done.id)
    people["德"].pairings.undo(done.id)


@pytest.mark.parametrize(("name", "children"), [("四班", {"c4"}), ("三班", {"c3"}), ("德", {"c3", "c4"})])
def test_a_homeroom_teacher_proposes_for_the_own_class(people, name, children):
    for classes in (None, list(CLASSES)):
        proposal = people[name].pairings.propose("renewal", classes=classes)
        assert set(proposal.pairs["child"]) <= children
    assert people[name].pairings.accepted() == []


@pytest.mark.parametrize("name", ["帮", "来客"])
def test_nobody_else_sees_a_proposal(people, name):
    with pytest.raises(AccessError):
        people[name].pairings.propose()
    assert people[name].pairings.leavers().empty


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
        answers = decision(people["德"], kind)
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
            with pytest.raises(AccessError) as refused:
                people[name].save("deferral", answers)
            key = {"postpone": "permission.postpone", "excuse": "permission.excuse"}[kind]
            assert (
                refused.value.key == key
                if name == "帮"
                else refused.value.key.startswith(("rights.", "permission."))
            )
    assert people["德"].frame("deferral").empty
