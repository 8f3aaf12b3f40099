"""The one door: saving by the form, who and when, locking, the bin, frames (R1, R16; 7.6, 7.12)."""

import pandas as pd
import pytest

from guanai.storage import (
    AccessError,
    ConflictError,
    GuanaiError,
    RecordError,
    create_school,
    open_school,
)
from guanai.storage.records.records import OWNER, Identity
from guanai.storage.school import open_school as opening

CHILD = {"name": "林小雨", "sex": "female", "birth_date": "2016-05-04", "class": "三年级1班"}
CLASS = {"name": "三年级1班", "grade": 3, "level": "primary", "pupils": 42}


@pytest.fixture
def with_class(school):
    school.save("class", CLASS)
    return school


def test_a_save_carries_who_when_and_which_form(with_class):
    child = with_class.save("child", CHILD)
    assert child["form"] == "child"
    assert child["version"] == with_class.form("child").version
    assert child["revision"] == 1
    assert child["created_by"] == child["updated_by"] == "测试老师"
    assert child["created_at"] == child["updated_at"]
    assert with_class.record("child", child["id"]) == child


def test_another_person_sees_it_at_once_and_signs_their_own_change(with_class):
    child = with_class.save("child", CHILD)
    other = with_class.as_user("李老师")
    assert other.record("child", child["id"]) == child
    changed = other.save("child", child | {"village": "柳溪村"})
    assert (changed["created_by"], changed["updated_by"], changed["revision"]) == ("测试老师", "李老师", 2)
    assert with_class.frame("child")["village"].tolist() == ["柳溪村"]


def test_a_form_refuses_what_is_wrong_by_field(with_class):
    with pytest.raises(RecordError) as refused:
        with_class.save("child", CHILD | {"name": "", "birth_date": "2016-02-30"})
    assert set(refused.value.fields) == {"name", "birth_date"}
    assert with_class.frame("child").empty


def test_a_save_over_a_newer_save_shows_both(with_class):
    child = with_class.save("child", CHILD)
    with_class.save("child", child | {"village": "柳溪村"})
    with pytest.raises(ConflictError) as conflict:
        with_class.save("child", child | {"village": "石桥村"})
    assert conflict.value.mine["village"] == "石桥村"
    assert conflict.value.theirs["village"] == "柳溪村"
    assert with_class.record("child", child["id"])["village"] == "柳溪村"


def test_the_same_save_sent_twice_is_kept_once(with_class):
    first = with_class.save("child", CHILD, token="t1")
    again = with_class.save("child", CHILD, token="t1")
    assert first["id"] == again["id"]
    assert len(with_class.frame("child")) == 1


def test_history_and_bin_keep_what_an_edit_replaced(with_class):
    child = with_class.save("child", CHILD)
    with_class.save("child", child | {"village": "柳溪村"})
    with_class.delete("child", child["id"])
    assert with_class.record("child", child["id"]) is None
    assert [change.kind for change in with_class.history("child", child["id"])] == [
        "insert",
        "update",
        "delete",
    ]
    assert [change.before["name"] for change in with_class.deletions("child")] == ["林小雨"]
    assert with_class.restore("child", child["id"])["village"] == "柳溪村"
    assert with_class.deletions("child") == []


def test_saving_a_deleted_record_says_so(with_class):
    child = with_class.save("child", CHILD)
    with_class.delete("child", child["id"])
    with pytest.raises(GuanaiError, match="回收站"):
        with_class.save("child", child)


@pytest.mark.parametrize("form", ["child", "home_visit", "pairing", "staff", "class", "talk", "call"])
def test_an_empty_register_has_its_columns(school, form):
    frame = school.frame(form)
    assert len(frame) == 0
    assert set(school.form(form).columns) < set(frame.columns)
    assert frame.dtypes.to_dict() == school.frame(form, school.term()).dtypes.to_dict()


def test_a_frame_has_the_forms_types(with_class):
    with_class.save(
        "child", CHILD | {"guardians": [{"name": "林大山", "relation": "grandfather", "age": 66}]}
    )
    frame = with_class.frame("child")
    assert pd.api.types.is_datetime64_any_dtype(frame["birth_date"])
    assert frame.loc[0, "guardians"][0]["age"] == 66
    assert str(with_class.frame("class")["pupils"].dtype) == "Int64"


def test_a_visit_knows_its_childs_name_and_class(filled):
    visits = filled.frame("home_visit")
    children = filled.frame("child").set_index("id")
    for _, visit in visits.head(20).iterrows():
        assert visit["child_name"] == children.loc[visit["child"], "name"]
        assert visit["class"] == children.loc[visit["child"], "class"]


def test_everything_is_there_after_opening_again(with_class):
    child = with_class.save("child", CHILD)
    again = open_school(with_class.folder.path)
    assert again.record("child", child["id"]) == child
    assert again.name == "星光小学"
    again.close()


def test_a_school_is_not_made_over_another(with_class):
    with pytest.raises(GuanaiError, match="已经有一所学校"):
        create_school(with_class.folder.path)


def test_a_broken_workbook_keeps_the_last_good_one(school):
    terms = school.terms()
    school.folder.workbook.write_bytes(b"not a workbook")
    again = open_school(school.folder.path)
    assert again.terms() == terms
    assert len(again.notices) == 1
    assert "上一个正确的" in again.notices[0]
    again.close()


def test_two_children_of_one_name_in_one_class_are_told_apart(with_class):
    for village in ("柳溪村", "石桥村"):
        with_class.save("child", CHILD | {"birth_date": f"2016-05-0{len(village) + (village == '柳溪村')}"})
    labels = set(with_class.labels("child").values())
    assert len(labels) == 2
    assert all(label.startswith("林小雨（三年级1班）") for label in labels)


def test_an_edit_sent_twice_is_made_once(with_class):
    child = with_class.save("child", CHILD)
    once = with_class.save("child", child | {"village": "柳溪村"}, token="t2")
    assert with_class.save("child", child | {"village": "柳溪村"}, token="t2") == once
    assert len(with_class.history("child", child["id"])) == 2


def test_a_childs_new_class_shows_in_the_registers_at_once(filled):
    visit = filled.frame("home_visit").iloc[0]
    child = filled.record("child", visit["child"])
    other = next(name for name in filled.classes() if name != child["class"])
    filled.save("child", child | {"class": other})
    assert filled.frame("home_visit").set_index("id").loc[visit["id"], "class"] == other


def test_a_default_that_a_person_cleared_stays_empty(with_class):
    assert with_class.save("child", CHILD)["ethnic"] == "汉族"
    assert "ethnic" not in with_class.save("child", CHILD | {"birth_date": "2016-06-04"}, token="t3")
    with_class.save("child", CHILD | {"birth_date": "2016-07-04"}, token="t1")
    assert with_class.frame("child")["ethnic"].tolist() == ["汉族", None, None]


class TestServedProcess:
    """A process that the server has marked as a page's kernel."""

    @pytest.fixture
    def folder(self, school, monkeypatch):
        monkeypatch.setattr(opening._page, "identity", None)
        monkeypatch.setattr(opening._page, "preloaded", None)
        monkeypatch.setenv("GUANAI_SCHOOL", str(school.folder.path))
        monkeypatch.setenv(opening.SERVED, "1")
        return school.folder.path

    def test_it_opens_no_school_while_nobody_is_signed_in(self, folder):
        with pytest.raises(AccessError) as refused:
            open_school()
        assert refused.value.key == "school.not_signed_in"

    def test_it_opens_the_school_for_whoever_is_signed_in(self, folder):
        opening.sign_in(Identity("李老师", "s1"))
        opened = open_school()
        assert (opened.person, opened.staff_id) == ("李老师", "s1")
        opened.close()

    def test_a_folder_that_is_named_is_opened_for_the_same_person(self, folder):
        with pytest.raises(AccessError) as refused:
            open_school(folder)
        assert refused.value.key == "school.not_signed_in"
        opening.sign_in(Identity("李老师", "s1", ("homeroom",), owner=True))
        opened = open_school(folder)
        assert opened.identity == Identity("李老师", "s1", ("homeroom",)), "no page has it as its owner"
        opened.close()

    def test_a_process_that_is_not_marked_works_as_the_owner_of_the_folder(self, folder, monkeypatch):
        monkeypatch.delenv(opening.SERVED)
        opened = open_school()
        assert opened.identity == OWNER
        opened.close()
