"""What somebody might try who has a low role: each way that was open once, and is closed below the page.

Requirement: who may see and do what follows from the account, and is held where records are kept (requirements 3, 7.11).
"""

import pytest
from support.signed_in import signed_in

from guanai.storage import AccessError, export_bytes
from guanai.storage.school.open_school import open_as_owner

CHILDREN = {"c3": "三年级1班", "c4": "四年级1班"}


@pytest.fixture
def staff(school):
    """Two classes with a homeroom teacher and a child each; a subject teacher who helps ``c3`` and teaches nobody."""
    people = {
        "三班": "homeroom",
        "四班": "homeroom",
        "科": "subject",
        "德": "coordinator",
        "心": "counsellor",
    }
    ids = {
        name: school.save("staff", {"name": name, "role": role, "active": "yes", "phone": "13800001234"})[
            "id"
        ]
        for name, role in people.items()
    }
    for child, name in CHILDREN.items():
        school.save(
            "class",
            {"name": name, "grade": int(child[1]), "homeroom": ids[f"{name[0]}班"]},
            key=f"k{child[1]}",
        )
        answers = {"name": f"童{child[1]}", "class": name, "sex": "male", "birth_date": "2016-05-01", "phone": "13900005678",
                   "id_number": "522726201605010014"}  # fmt: skip
        school.insert_many("child", [{"id": child, "status": "enrolled", **answers}])
    pair = {"child": "c3", "role": "helper", "helper": ids["科"], "kind": "one_to_one", "start": "2026-09-01"}
    school.insert_many("pairing", [{"id": "p3", **pair}])
    return ids


@pytest.fixture
def doors(school, staff):
    roles = {
        "三班": ["homeroom"],
        "四班": ["homeroom"],
        "科": ["subject", "helper"],
        "德": ["coordinator"],
        "心": ["counsellor"],
    }
    people = {name: signed_in(school, name, *roles[name], staff=staff_id) for name, staff_id in staff.items()}
    people["心"]._whole._vault = school._whole.vault  # a page of theirs has it by the server
    return people


def refused(act):
    with pytest.raises(AccessError) as error:
        act()
    assert error.value.message("zh") != error.value.message("en")
    return error.value.key


def test_a_record_of_staff_gives_no_rights(school, staff, doors):
    school.amend("staff", staff["科"], {"role": "coordinator"})
    teacher = signed_in(school, "科", "subject", staff=staff["科"])
    assert not teacher.is_coordinator
    assert not teacher.publishing.allowed
    assert not teacher.imports.allowed
    assert not teacher.settings.may_change


@pytest.mark.parametrize(("name", "question", "matches"), [
    ("三班", "id_number", 1), ("科", "id_number", 0), ("心", "id_number", 0), ("心", "name", 1), ("四班", "name", 0),
])  # fmt: skip
def test_a_search_does_not_tell_whether_a_guess_at_a_hidden_answer_is_right(doors, name, question, matches):
    value = {"id_number": "522726201605010014", "name": "童3"}[question]
    records = [record for record in doors[name].search("child", question, value) if record["id"] == "c3"]
    assert len(records) == matches


@pytest.mark.parametrize("name", ["科", "三班", "心"])
def test_nobody_makes_himself_or_another_anything_in_the_register_of_staff(doors, staff, name):
    row = doors["德"].record("staff", staff["德"])
    own = doors["德"].record("staff", staff[name])
    assert refused(lambda: doors[name].save("staff", {**row, "role": "subject"})) == "rights.refused_all"
    assert refused(lambda: doors[name].save("staff", {**own, "role": "coordinator"})) == "rights.refused_all"
    assert (
        refused(lambda: doors[name].amend("staff", staff[name], {"teaches": ["四年级1班"]}))
        == "rights.refused"
    )
    assert doors["德"].save("staff", {**row, "phone": ""})["role"] == "coordinator"


def test_nobody_takes_a_class(doors, staff):
    theirs, other = doors["德"].record("class", "k3"), doors["德"].record("class", "k4")
    assert (
        refused(lambda: doors["科"].save("class", {**theirs, "homeroom": staff["科"]}))
        == "rights.refused_all"
    )
    assert (
        refused(lambda: doors["三班"].save("class", {**other, "homeroom": staff["三班"]})) == "rights.refused"
    )
    assert (
        refused(lambda: doors["三班"].save("class", {**theirs, "homeroom": staff["科"]}))
        == "rights.refused_question"
    )
    assert doors["三班"].save("class", {**theirs, "hotline": "0851-1234"})["hotline"] == "0851-1234"
    assert (
        doors["德"].save("class", {**doors["德"].record("class", "k3"), "homeroom": staff["科"]})["homeroom"]
        == staff["科"]
    )


def test_nobody_takes_a_child_by_its_class(doors):
    mine = doors["三班"].record("child", "c3")
    assert refused(lambda: doors["三班"].save("child", {**mine, "class": "四年级1班"})) == "rights.refused"
    other = {"id": "c4", "name": "童4", "sex": "male", "birth_date": "2016-05-01", "class": "三年级1班"}
    assert refused(lambda: doors["三班"].save("child", other)) == "rights.refused"
    new = {"name": "童9", "sex": "male", "birth_date": "2016-05-01"}
    assert refused(lambda: doors["三班"].save("child", {**new, "class": "四年级1班"})) == "rights.refused"
    assert doors["三班"].save("child", {**new, "class": "三年级1班"})["class"] == "三年级1班"


@pytest.mark.parametrize("name", ["科", "三班", "心"])
def test_nobody_pairs_himself_with_a_child(doors, staff, name):
    pair = {
        "child": "c4",
        "role": "helper",
        "helper": staff[name],
        "kind": "one_to_one",
        "start": "2026-09-01",
    }
    assert refused(lambda: doors[name].save("pairing", pair)) == "rights.refused_all"
    assert refused(lambda: doors[name].delete("pairing", "p3")) == "rights.refused_all"
    assert refused(lambda: doors[name].insert_many("pairing", [pair])) == "rights.refused_all"
    assert doors["德"].save("pairing", pair)["child"] == "c4"


@pytest.mark.parametrize("name", ["科", "三班", "德"])
def test_what_is_said_in_counselling_is_read_by_the_counsellor_alone(doors, staff, name):
    answers = {"child": "c3", "date": "2026-09-02", "by": staff["心"], "told": "很想妈妈", "risk": "no"}
    card = doors["心"].save("counselling", answers)
    other = doors[name]
    assert doors["心"].record("counselling", card["id"])["told"] == "很想妈妈"
    assert other.record("counselling", card["id"]) is None
    assert other.frame("counselling").empty
    assert other.frames()["counselling"].empty
    assert other.history("counselling", card["id"]) == []
    assert other.instances("counselling") == []
    assert other.labels("counselling") == {}
    assert other.search("counselling", "child", "c3") == []
    assert other.about("c3")["records"]["counselling"] == []
    assert "counselling" not in other.counts()
    assert not [change for change in other.changes(0, other.sequence()) if change.table == "counselling"]
    for act in (
        lambda: other.table("counselling"),
        lambda: export_bytes(other, "counselling", "csv"),
        lambda: other.delete("counselling", card["id"]),
        lambda: other.amend("counselling", card["id"], {"told": ""}),
        lambda: other.save("counselling", answers),
    ):
        assert refused(act).startswith("rights.")


def test_the_counsellor_sees_of_a_child_its_name_and_class(doors):
    shown = doors["心"].record("child", "c3")
    assert {name for name in shown if name not in ("id", "form", "version", "revision")} <= {
        "name", "sex", "class", "created_at", "created_by", "updated_at", "updated_by"
    }  # fmt: skip
    assert doors["心"].frame("child")["id_number"].isna().all()
    assert set(doors["心"].labels("child").values()) == {"童3（三年级1班）", "童4（四年级1班）"}


@pytest.mark.parametrize("name", ["科", "三班", "心"])
def test_nobody_deletes_restores_or_merges_dossiers(doors, name):
    other = doors[name]
    assert refused(lambda: other.delete("child", "c3")) == "rights.refused_all"
    assert refused(lambda: other.duplicates.merge("c3", "c4")) == "rights.refused_matter"
    merge = doors["德"].duplicates.merge("c3", "c4")
    assert refused(lambda: other.duplicates.undo(merge.id)) == "rights.refused_matter"
    doors["德"].duplicates.undo(merge.id)
    doors["德"].delete("child", "c3")
    assert other.deleted.all() == []
    assert refused(lambda: other.restore("child", "c3")) == "rights.refused_all"
    assert doors["德"].deleted.restore("child", "c3")["id"] == "c3"


def test_a_child_of_another_class_is_nowhere(doors):
    other = doors["四班"]
    assert other.record("child", "c3") is None
    assert other.frame("child")["id"].tolist() == ["c4"]
    assert other.labels("child") == {"c4": "童4（四年级1班）"}
    assert other.label("child", "c3") == "c3"
    assert [row["id"] for row in other.instances("child")] == ["c4"]
    assert other.history("child", "c3") == []
    assert other.counts()["child"] == 1
    assert other.duplicates.like({"name": "童3", "birth_date": "2016-05-01", "class": "三年级1班"}) == []
    assert other.guardian("c3", other.today()) is None
    talk = {"child": "c3", "date": "2026-09-02", "by": other.staff_id}
    assert refused(lambda: other.save("talk", talk)) == "rights.refused"


def test_own_ends_with_the_pairing(school, doors, staff):
    talk = {"child": "c3", "date": "2026-09-02", "by": staff["科"]}
    helper = doors["科"]
    stored = helper.save("talk", talk)
    assert helper.record("talk", stored["id"]) is not None
    school.amend("pairing", "p3", {"end": "2026-09-01"})
    assert helper.record("talk", stored["id"]) is None, "whoever wrote it"
    assert helper.frame("talk").empty
    assert helper.record("child", "c3") is None
    assert doors["三班"].record("talk", stored["id"]) is not None, "it went with the child"
    assert refused(lambda: helper.save("talk", {**stored, "date": "2026-09-01"})) == "rights.refused"


def test_an_incident_of_another_child_is_not_ticked(school, doors):
    incident = {"child": "c4", "found_at": "2026-09-02T08:00", "date": "2026-09-02"}
    school.insert_many("incident", [{"id": "i4", **incident}])
    for name in ("科", "三班", "心"):
        assert refused(
            lambda name=name: doors[name].amend("incident", "i4", {"told_police_at": "x"})
        ).startswith("rights.")
    assert school.record("incident", "i4").get("told_police_at") is None


@pytest.mark.parametrize(
    ("name", "form", "may"), [("德", "child", True), ("三班", "child", False), ("科", "talk", False)]
)
def test_export_is_a_right_of_its_own(doors, name, form, may):
    if may:
        assert "童3" in export_bytes(doors[name], form, "csv").decode("utf-8-sig")
    else:
        assert refused(lambda: export_bytes(doors[name], form, "csv")) == "rights.refused_all"


def test_the_file_officer_exports_dossiers(school, doors):
    officer = signed_in(school, "档", "file_officer")
    assert "522726201605010014" in export_bytes(officer, "child", "csv").decode("utf-8-sig")
    assert refused(lambda: export_bytes(officer, "talk", "csv")) == "rights.refused_all"


def test_lists_mask_numbers_and_one_record_does_not(doors):
    assert doors["三班"].frame("child")["phone"].tolist() == ["139****5678"]
    assert doors["三班"].frame("child")["id_number"].tolist() == ["5227**********0014"]
    assert doors["三班"].record("child", "c3")["phone"] == "13900005678"


def test_what_a_helper_does_not_see_stays_as_it_is(school, doors, staff):
    row = doors["科"].record("staff", staff["德"])
    assert row["phone"] == "138****1234", "masked for who only looks for people"
    helper = signed_in(school, "档", "file_officer", staff=staff["科"])
    stored = school.record("child", "c3")
    saved = helper.save("child", {**helper.record("child", "c3"), "village": "上坪村"})
    assert saved["village"] == "上坪村"
    assert school.record("child", "c3")["id_number"] == stored["id_number"]


@pytest.mark.parametrize("name", ["guanai", "德", ""])
def test_a_name_gives_no_rights(school, doors, name):
    other = signed_in(school, name)
    assert other.forms()
    assert other.frame("child").empty
    assert other.counts() == {}
    assert not other.is_coordinator
    assert not other.settings.may_change
    assert refused(lambda: other.table("child")) == "rights.refused_all"
    assert refused(lambda: other.save("talk", {"child": "c3"})) == "rights.refused_all"


def test_nobody_opens_the_school_in_another_name(school, doors):
    assert refused(lambda: doors["科"].as_user("德")) == "rights.refused_person"
    assert doors["科"].as_user("科").identity == doors["科"].identity
    assert school.as_user("德").identity.owner


def test_the_owner_is_who_opens_the_folder(school):
    owner = open_as_owner(school.folder.path)
    assert owner.identity.owner
    assert owner.table("account") is not None
    owner.close()


def test_tables_beside_the_registers_are_for_the_owner(doors):
    for table in ("account", "merge", "setting", "pairing_proposal", "form_version"):
        assert refused(lambda table=table: doors["德"].table(table)) == "rights.refused_folder"
        assert doors["德"].record(table, "x") is None
    assert refused(lambda: doors["三班"].versions) == "rights.refused_matter"


def test_an_attachment_is_for_who_sees_a_record_that_names_it(school, doors):
    question = next(
        (form, item.key)
        for form, definition in school.all_forms().items()
        for item in definition.questions()
        if item.kind == "image" and "child" in definition.columns and item.key in definition.columns
    )
    school.folder.attachments.mkdir(exist_ok=True)
    (school.folder.attachments / "a-1.jpg").write_bytes(b"x")
    assert doors["德"].attachment("a-1.jpg") is None, "no record names it"
    school.insert_many(
        question[0], [{"id": "f1", "child": "c3", "date": "2026-09-02", question[1]: "a-1.jpg"}]
    )
    assert doors["德"].attachment("a-1.jpg") == school.folder.attachments / "a-1.jpg"
    assert doors["三班"].attachment("a-1.jpg") is not None
    assert doors["四班"].attachment("a-1.jpg") is None
    assert doors["德"].attachment("../records.db") is None


def test_children_that_are_outside_stay_in_a_record_that_names_several(school, doors):
    answers = {"name": "游戏", "date": "2026-09-02", "children": ["c3", "c4"]}
    school.insert_many("activity", [{"id": "a1", **answers}])
    shown = doors["三班"].record("activity", "a1")
    assert shown["children"] == ["c3"]
    assert doors["三班"].frame("activity")["children"].tolist() == [["c3"]]
    doors["三班"].amend("activity", "a1", {**shown, "name": "拔河"})
    stored = school.record("activity", "a1")
    assert (stored["children"], stored["name"]) == (["c3", "c4"], "拔河")
    assert refused(lambda: doors["三班"].amend("activity", "a1", {"children": []})) == "rights.refused"
    assert refused(lambda: doors["三班"].delete("activity", "a1")) == "rights.refused"


def test_a_masked_number_is_shown_by_a_click_to_who_sees_it_in_the_record(doors, staff):
    assert doors["三班"].reveal("child", "c3", "phone") == "13900005678"
    assert refused(lambda: doors["四班"].reveal("child", "c3", "phone")) == "rights.refused"
    assert refused(lambda: doors["科"].reveal("child", "c3", "id_number")) == "rights.refused_answer"
    assert refused(lambda: doors["科"].reveal("staff", staff["德"], "phone")) == "rights.refused_answer"
