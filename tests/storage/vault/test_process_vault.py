"""Which vault a process has: the owner's is the vault itself, a person without one has none, and nothing fails open.

Issue 13, section 3; requirements 3, rule 1; R35.
"""

import pytest

from guanai.care.errors import AccessError, GuanaiError
from guanai.storage import open_school
from guanai.storage.database.databases import Database
from guanai.storage.database.record_db import RecordDB
from guanai.storage.records.records import Identity

PLANTED = "她说的话只有老师知道"


@pytest.fixture
def card(school):
    school.save("class", {"name": "三年级1班", "grade": 3, "level": "primary", "pupils": 40})
    answers = {"name": "林小雨", "sex": "female", "birth_date": "2016-05-04", "class": "三年级1班"}
    child = school.save("child", answers)["id"]
    by = school.save("staff", {"name": "何老师", "role": "counsellor", "active": "yes"})["id"]
    return {"child": child, "date": "2026-11-18", "by": by, "told": PLANTED, "risk": "no"}


def test_a_restricted_record_lies_in_the_vault_and_in_no_other_file(school, card):
    saved = school.save("counselling", card, "token")
    assert school.record("counselling", saved["id"])["told"] == PLANTED
    assert len(school.frame("counselling")) == 1
    draft = {"told": PLANTED + "草稿"}
    school.form("counselling").drafts.save("t2", draft)
    assert [one.answers for one in school.drafts().all()] == [draft]
    changed = school.save("counselling", {**saved, "minutes": 40})
    school.delete("counselling", changed["id"])
    assert [one.record["told"] for one in school.deleted.all("counselling")] == [PLANTED]
    school.restore("counselling", changed["id"])
    assert [change.kind for change in school.history("counselling", saved["id"])] == [
        "insert", "update", "delete", "restore",
    ]  # fmt: skip
    content = b"".join(file.read_bytes() for file in school.folder.path.rglob("*") if file.is_file())
    assert PLANTED.encode() not in content


def test_a_draft_goes_with_its_save_and_stays_where_it_was_refused(school, card):
    drafts = school.form("counselling").drafts
    drafts.save("t1", card)
    with pytest.raises(GuanaiError):
        school.save("counselling", {**card, "minutes": 999}, "t1")
    assert [draft.token for draft in school.drafts().all()] == ["t1"]
    school.save("counselling", card, "t1")
    assert school.drafts().all() == []


def test_who_has_no_connection_to_the_vault_sees_and_saves_nothing_restricted(school, card):
    school.save("counselling", card)
    person = school.as_identity(Identity("何老师", card["by"], ("counsellor",)))
    assert len(person.documents("counselling")) == 0
    assert person.vault.flags() == []
    with pytest.raises(AccessError) as error:
        person.save("counselling", card)
    assert error.value.key == "vault.closed"
    with pytest.raises(AccessError):
        person.emergency_access("孩子走失需要电话", 30)


def test_a_served_school_opens_no_vault_in_any_name(school, card):
    school.save("counselling", card)
    served = open_school(school.folder.path)
    served.close_vault()
    assert [len(one.documents("counselling")) for one in (served, served.as_user("何老师"))] == [0, 0]
    served.close()


def test_who_works_in_the_folder_needs_no_access_in_an_emergency(school):
    with pytest.raises(GuanaiError) as error:
        school.emergency_access("孩子走失需要电话", 30)
    assert error.value.key == "vault.emergency_not_needed"


def test_a_folder_copied_without_its_key_opens_and_its_restricted_registers_say_so(
    school, card, monkeypatch, tmp_path
):
    school.save("counselling", card)
    monkeypatch.setenv("GUANAI_KEY", str(tmp_path / "none.key"))
    copied = open_school(school.folder.path)
    copied = copied.as_identity(copied.identity)
    from guanai.storage.vault import process_vault

    monkeypatch.setattr(process_vault, "_stores", {})
    assert len(copied.frame("child")) == 1
    assert len(copied.frame("counselling")) == 0
    with pytest.raises(GuanaiError) as error:
        copied.save("counselling", card)
    assert error.value.key == "vault.no_key"


def test_records_from_before_there_was_a_vault_move_at_the_first_opening(school, card):
    with RecordDB(Database.open(school.folder.records), author="何老师") as db:
        db.table("counselling").insert_once({**card, "id": "old", "revision": 1})
    opened = open_school(school.folder.path)
    assert [row["id"] for row in opened.documents("counselling")] == ["old"]
    content = b"".join(file.read_bytes() for file in school.folder.path.glob("records.db*"))
    assert PLANTED.encode() not in content
    opened.close()


def test_a_schools_own_copy_of_a_restricted_form_stays_restricted(school):
    from guanai.storage.form_files.form_catalogue import eject, shipped_forms

    eject(school.folder, "forms/counselling")
    text = (
        shipped_forms()["counselling"]
        .read_text(encoding="utf-8")
        .replace(" | wellbeing | yes |", " | wellbeing | no |")
    )
    (school.folder.forms / "counselling.xlsx").unlink()
    (school.folder.forms / "counselling.md").write_text(text, encoding="utf-8")
    opened = open_school(school.folder.path)
    assert opened.form("counselling").restricted
    opened.close()


def test_opening_a_dossier_and_exporting_a_register_are_in_the_trail(school, card, tmp_path):
    from guanai.storage.exports.export import write_export

    school.about(card["child"])
    write_export(school, "child", tmp_path / "child.csv")
    trail = school.trail.all()
    assert trail[["person", "act", "form"]].values.tolist() == [
        ["测试老师", "export", "child"], ["测试老师", "view", "child"],
    ]  # fmt: skip
    assert school.trail.of_record("child", card["child"])["act"].tolist() == ["view"]
