"""Every role of the shipped sheet 权限, every register, every act, and whose record it is: School against the sheet.

Requirement: roles and confidentiality (requirements 3).

What the sheet says is read here a second time, plainly: the widest scope of the rows that name the register for the role,
else of its rows 其余; never of a restricted register.
"""

from collections import defaultdict

import pytest
from support.signed_in import signed_in

from guanai.care.rights.rights import ACTS, ROLES, SCOPES
from guanai.storage import AccessError
from guanai.storage.records.access import fields_of
from guanai.templates import template
from guanai.templates.wording import catalogue, markdown_rows

ME = "s-me"
#: A child, a class and a staff record by the narrowest scope that reaches it for whoever is ``s-me``.
CHILD = {"own": "c-own", "class": "c-class", "grade": "c-grade", "school": "c-school"}
CLASS = {"class": "三1", "grade": "三2", "school": "四1"}
STAFF = {"own": ME, "school": "s-other"}


def plain_sheet(titles):
    """Return for each role the scope of each act on each register, as the shipped table says it in words."""
    lines = template("rights.md").read_text(encoding="utf-8").split("## 权限")[1]
    head, *rows = markdown_rows(lines)
    word = {
        texts["zh"]: key.rpartition(".")[2] for key, texts in catalogue().items() if key.startswith("right.")
    }
    scopes = defaultdict(dict)
    named = defaultdict(set)
    cells = [dict(zip(head, row, strict=False)) for row in rows]
    for cell in cells:
        for role in cell["角色"].split("、"):
            named[word[role]] |= {titles.get(one, one) for one in cell["登记册"].split("、")}
    for cell in cells:
        totals = cell["范围"] == "只看合计"
        scope = "school" if totals else word[cell["范围"]]
        acts = ACTS if cell["操作"] == "全部" else [word[act] for act in cell["操作"].split("、")]
        for role in map(word.get, cell["角色"].split("、")):
            for written in cell["登记册"].split("、"):
                registers = {titles.get(written, written)}
                if written == "其余":
                    registers = set(titles.values()) - named[role] - {"counselling", "guidance"}
                for register in registers:
                    for act in ["count"] if totals else acts:
                        before = scopes[role].get((act, register))
                        wider = max(filter(None, (before, scope)), key=SCOPES.index)
                        scopes[role][act, register] = wider
    return scopes


def record_of(form, whose):
    """Return a record of a form that is somebody's, None where the form can have none."""
    fields = fields_of(form)
    if form.name == "child":
        return {"id": CHILD[whose], "class": CLASS.get(whose, "四1")}
    for question, kind in fields.children.items():
        inner = next(iter(fields.inner.get(question, ())), "")
        value = {"one": CHILD[whose], "several": [CHILD[whose]], "rows": [{inner: CHILD[whose]}]}[kind]
        return {question: value}
    if form.name == "class":
        return {"id": f"k-{whose}", "name": CLASS[whose]} if whose in CLASS else None
    if fields.classes and form.name != "staff":
        question, kind = next(iter(fields.classes.items()))
        return (
            None if whose not in CLASS else {question: [CLASS[whose]] if kind == "several" else CLASS[whose]}
        )
    if whose not in STAFF:
        return None
    if form.name == "staff":
        return {"id": STAFF[whose]}
    question, kind = next(iter(fields.staff.items()), ("created_by", "one"))
    return {question: [STAFF[whose]] if kind == "several" else STAFF[whose]}


@pytest.fixture
def filled_registers(school):
    """One record of each register for everybody whose it can be, with its id made of both."""
    school.insert_many("staff", [{"id": one, "name": one, "role": "subject"} for one in STAFF.values()])
    homerooms = {"三1": ME, "三2": "s-other", "四1": "s-other"}
    school.insert_many("class", [
        {"id": f"k-{whose}", "name": name, "grade": int("三四".index(name[0])) + 3, "homeroom": homerooms[name]}
        for whose, name in CLASS.items()
    ])  # fmt: skip
    school.insert_many("child", [
        {"id": child, "name": child, "class": CLASS.get(whose, "四1")} for whose, child in CHILD.items()
    ])  # fmt: skip
    pairing = {"role": "helper", "helper": ME, "start": "2026-09-01"}
    school.insert_many("pairing", [{"id": "pairing own", "child": CHILD["own"], **pairing}])
    others = [
        {"id": f"pairing {whose}", "child": CHILD[whose], "role": "peer"} for whose in CHILD if whose != "own"
    ]
    school.insert_many("pairing", others)
    for name, form in school.all_forms().items():
        if name not in ("staff", "class", "child", "pairing"):
            records = [(whose, record_of(form, whose)) for whose in SCOPES]
            school.insert_many(
                name,
                [{"id": f"{name} {whose}", **record} for whose, record in records if record is not None],
                follows=False,
            )
    return school


@pytest.mark.parametrize("role", ROLES)
def test_the_school_does_what_the_sheet_says(filled_registers, role):
    owner = filled_registers
    titles = {form.title("zh"): name for name, form in owner.all_forms().items()}
    sheet = plain_sheet(titles)[role]
    person = signed_in(owner, "我", role, staff=ME)
    person._whole._vault = owner._whole.vault  # a page has it by the server
    allowed = 0
    for name, form in owner.all_forms().items():
        for whose in SCOPES:
            record = record_of(form, whose)
            if record is None:
                continue
            for act in ACTS:
                scope = sheet.get((act, name))
                may = scope is not None and SCOPES.index(whose) <= SCOPES.index(scope)
                assert person.access.allows(act, name, record) is may, (name, whose, act)
                allowed += may
                if not may:
                    with pytest.raises(AccessError):
                        person.access.check(act, name, record)
        seen = {row["id"] for row in person.documents(name)}
        assert set(person.frame(name)["id"]) == seen
        stored = owner.documents(name)
        frame = owner.frame(name)
        for act in ACTS:
            rows = person.access.mask_of(act, name, frame)
            expected = [person.access.allows(act, name, record) for record in stored]
            assert rows.tolist() == expected, (name, act)
        assert seen == {record["id"] for record in stored if person.access.allows("see", name, record)}
        assert seen == {record["id"] for record in stored if person.record(name, record["id"]) is not None}
    assert allowed, role


def test_the_counsellor_alone_reads_what_is_restricted():
    """But for the trainer, in a sample school."""
    sheet = plain_sheet({})
    assert {role for role in ROLES if ("see", "咨询记录卡") in sheet[role]} == {"counsellor", "trainer"}


def test_what_grants_rights_is_for_who_answers_for_the_school():
    sheet = plain_sheet({})
    for matter in ("权限", "class.homeroom", "child.class", "staff.role"):
        roles = {role for role in ROLES if ("change", matter) in sheet[role]}
        assert roles <= {"headmaster", "deputy", "coordinator", "trainer"}, matter
    assert {role for role in ROLES if ("add", "结对帮扶") in sheet[role]} == set()
