"""What others save between the look at an import and its confirmation, and who may import.

Requirement: one file for each child, also when two people save at once (R1; 7.6, 7.11, 7.12).
"""

import pytest
from support.signed_in import signed_in

from guanai.care.errors import AccessError, ConflictError
from guanai.storage.imports.run import Choices
from guanai.templates.wording import say

CLASS = {"name": "三年级1班", "grade": 3, "level": "primary", "pupils": 42}
CHILD = {"name": "林小雨", "sex": "female", "birth_date": "2016-05-04", "class": CLASS["name"]}
ROWS = "姓名,性别,出生日期,班级\n林小雨,女,2016-05-04,三年级1班\n周小河,男,2015-03-08,三年级1班\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def refused(school, preview):
    with pytest.raises(ConflictError) as error:
        school.imports.apply(preview)
    assert error.value.key == "import.meanwhile"
    assert not school.imports.completed()
    return str(error.value)


@pytest.mark.parametrize(
    ("saved", "why"),
    [
        (CHILD, "name_day"),
        (CHILD | {"name": "林晓雨"}, "sound"),
        (CHILD | {"birth_date": "2016-04-05"}, "name"),
    ],
)
def test_a_child_saved_meanwhile_who_looks_like_a_new_one(ready, file, saved, why):
    preview = ready.imports.preview("child", file)
    theirs = ready.as_user("张老师").save("child", saved)
    said = refused(ready, preview)
    assert "第 2 行 林小雨" in said
    assert "张老师" in said
    assert say(f"alike.{why}") in said
    assert len(ready.table("child")) == 1
    again = ready.imports.preview("child", file)
    assert [row.state for row in again.rows] == ["alike", "new"]
    assert again.rows[0].like == (theirs["id"],)
    ready.imports.apply(ready.imports.preview("child", file, Choices(others=[2])))
    assert len(ready.table("child")) == 3


def test_a_child_who_looks_like_nobody_stops_nothing(ready, file):
    preview = ready.imports.preview("child", file)
    ready.as_user("张老师").save("child", CHILD | {"name": "洪晓溪", "birth_date": "2014-01-09"})
    assert ready.imports.apply(preview).new == 2


def test_the_same_file_imported_by_two(ready, file):
    mine, theirs = ready.imports.preview("child", file), ready.imports.preview("child", file)
    ready.imports.apply(theirs)
    with pytest.raises(ConflictError, match="2 行"):
        ready.imports.apply(mine)
    assert len(ready.table("child")) == 2


def test_a_record_of_another_register_saved_meanwhile(ready, tmp_path):
    path = tmp_path / "staff.csv"
    path.write_text("name,sex,role,active\n宋老师,female,homeroom,yes\n", encoding="utf-8")
    preview = ready.imports.preview("staff", path)
    ready.save("staff", {"name": "宋老师", "sex": "female", "role": "homeroom", "active": "yes"})
    assert say("import.there") in refused(ready, preview)


def test_a_record_that_was_binned_meanwhile(ready, tmp_path):
    child = ready.save("child", CHILD)
    path = tmp_path / "in.csv"
    path.write_text(
        f"id,姓名,性别,出生日期,班级\n{child['id']},林小雨,男,2016-05-04,三年级1班\n", encoding="utf-8"
    )
    preview = ready.imports.preview("child", path)
    ready.as_user("张老师").delete("child", child["id"])
    said = refused(ready, preview)
    assert say("import.now_binned", row=2, record="林小雨", by="张老师") in said


class TestWhoMay:
    @pytest.mark.parametrize("roles", [["homeroom"], ["file_officer"], []])
    def test_a_teacher_may_neither_look_nor_import_nor_undo(self, ready, file, roles):
        preview = ready.imports.preview("child", file)
        done = ready.imports.apply(preview)
        teacher = signed_in(ready, "张老师", *roles)
        for act in (
            lambda: teacher.imports.preview("child", file),
            lambda: teacher.imports.apply(preview),
            lambda: teacher.imports.undo(done.id),
        ):
            with pytest.raises(AccessError) as error:
                act()
            assert error.value.key == "import.not_allowed"
        assert teacher.imports.completed() == []
        assert len(ready.table("child")) == 2
        assert signed_in(ready, "德老师", "coordinator").imports.undo(done.id) == (2, 0)

    def test_who_may_import_does_so_only_into_registers_of_which_they_see_all(self, ready, file):
        file.write_text("学生,咨询日期\n林小雨,2026-11-19\n", encoding="utf-8")
        with pytest.raises(AccessError) as error:
            signed_in(ready, "德老师", "coordinator").imports.preview("counselling", file)
        assert error.value.key == "rights.refused"

    def test_whoever_works_in_the_folder_itself_may(self, ready, file):
        assert ready.as_user("guanai").imports.apply(ready.imports.preview("child", file)).new == 2

    def test_an_account_with_the_name_of_the_program_may_not(self, ready, file):
        assert not signed_in(ready, "guanai").imports.allowed
