"""Registers that come together: another school's folder, a TinyDB file with several tables.

Requirement: files are handed over and reported from school to school (R60; W10; 7.6, 7.8).

WH1 one preview, one note, one undo · WH2 ids and links are kept · WH3 a child who is here already is one person
WH4 what belongs to a child who is left out waits · WH5 somebody's own TinyDB file finds its links · WH6 all or nothing
"""

import json
import shutil

import pytest
from support.days import TODAY
from tinydb import TinyDB

from guanai.care.errors import ExchangeError
from guanai.server.commands.cli import main
from guanai.storage import create_school, open_school
from guanai.storage.imports.run import Choices
from guanai.templates.wording import say

pytestmark = pytest.mark.slow

CLASS = {"name": "三年级1班", "grade": 3, "level": "primary", "pupils": 42}
CHILD = {"name": "林小雨", "sex": "female", "birth_date": "2016-05-04", "class": CLASS["name"]}
VISITED = {
    "date": "2026-11-02",
    "slot": "evening",
    "mode": "door",
    "format": "individual",
    "person_met": "grandparent",
    "content": ["study"],
    "merits": "爱笑",
}


def states(previews):
    return {preview.form: sorted({row.state for row in preview.rows}) for preview in previews}


@pytest.fixture
def empty(tmp_path):
    made = create_school(tmp_path / "empty", name="月河小学", on=TODAY)
    yield made.as_user("测试老师")
    made.close()


@pytest.fixture
def two(school, tmp_path):
    """Two schools with a class and a child each; the other one has a visit and a teacher too."""
    other = create_school(tmp_path / "other", policy="002-1", name="月河小学", on=TODAY)
    for each in (school, other):
        each.save("class", CLASS)
    teacher = other.save("staff", {"name": "宋老师", "sex": "female", "role": "homeroom", "active": "yes"})
    child = other.save("child", CHILD)
    other.save("talk", {"child": child["id"], "date": "2026-11-02", "by": teacher["id"], "study": "认真"})
    yield school, other, child
    other.close()


class TestAnotherSchool:
    def test_comes_whole_and_goes_whole(self, filled, empty):
        """WH1, WH2: every register as it is there, one note, one undo."""
        previews = empty.imports.preview_all(filled.folder.path)
        names = [preview.form for preview in previews]
        assert {"class", "staff", "child", "home_visit", "pairing"} <= set(names)
        assert names == [name for name in empty.forms() if name in names]
        assert states(previews) == {name: ["new"] for name in names}
        assert not empty.table("child").rows()
        done = empty.imports.apply(*previews)
        for name in names:
            assert empty.table(name).rows() == filled.table(name).rows(), name
        assert (done.form, done.new, done.changed) == ("", sum(len(preview.rows) for preview in previews), 0)
        assert [done_import.id for done_import in empty.imports.completed()] == [done.id]
        again = empty.imports.preview_all(filled.folder.path)
        assert states(again) == {name: ["same"] for name in names}
        assert empty.imports.apply(*again) is None
        assert empty.imports.undo(done.id) == (done.new, 0)
        assert not any(empty.table(name).rows() for name in names)

    def test_a_child_who_is_here_already_is_asked_about_and_takes_the_records_along(self, two):
        """WH3, WH4"""
        school, other, _ = two
        mine = school.save("child", CHILD | {"village": "东村"})
        previews = school.imports.preview_all(other.folder.path)
        assert states(previews) == {
            "child": ["alike"],
            "talk": ["waits"],
            "staff": ["new"],
            "class": ["same"],
        }
        (talk,) = next(preview.rows for preview in previews if preview.form == "talk")
        assert "林小雨" in talk.messages[0]
        (child,) = next(preview.rows for preview in previews if preview.form == "child")
        assert child.like == (mine["id"],)
        left_out = school.imports.apply(*previews)
        assert (left_out.new, len(school.table("talk"))) == (1, 0)
        school.imports.undo(left_out.id)
        for staff in school.table("staff").bin():
            school.restore("staff", staff.before["id"])
        previews = school.imports.preview_all(
            other.folder.path, {"child": Choices(same={child.number: mine["id"]})}
        )
        assert states(previews)["talk"] == ["new"]
        school.imports.apply(*previews)
        (talk,) = school.table("talk").rows()
        assert talk["child"] == mine["id"]
        assert len(school.table("child")) == 1
        assert school.record("child", mine["id"])["village"] == "东村"

    def test_another_child_brings_its_records_under_its_own_id(self, two):
        school, other, theirs = two
        school.save("child", CHILD)
        (row,) = school.imports.preview("child", other.folder.path).rows
        previews = school.imports.preview_all(other.folder.path, {"child": Choices(others=[row.number])})
        school.imports.apply(*previews)
        assert [talk["child"] for talk in school.table("talk").rows()] == [theirs["id"]]
        assert len(school.table("child")) == 2

    def test_a_class_of_the_same_name_is_the_one_that_is_here(self, two):
        school, other, _ = two
        (row,) = next(
            preview.rows
            for preview in school.imports.preview_all(other.folder.path)
            if preview.form == "class"
        )
        assert row.messages == (say("import.by_name"),)

    def test_nothing_is_written_while_one_row_of_one_register_is_bad(self, two):
        """WH6"""
        school, other, child = two
        other.insert_many("talk", [{"child": child["id"], "date": "gestern"}])
        previews = school.imports.preview_all(other.folder.path)
        assert states(previews)["talk"] == ["bad", "new"]
        with pytest.raises(ExchangeError) as refused:
            school.imports.apply(*previews)
        assert refused.value.key == "import.refused"
        assert not school.table("child").rows()
        assert not school.imports.completed()

    def test_registers_that_this_school_lacks_are_said(self, two):
        school, other, _ = two
        (other.folder.forms / "shoe.md").write_text(
            "| survey | type | name | label |\n| | text | size | 鞋码 |\n", encoding="utf-8"
        )
        other.save("shoe", {"size": "36"})
        previews = school.imports.preview_all(other.folder.path)
        assert "shoe" not in states(previews)
        assert any("shoe" in notice for preview in previews for notice in preview.notices)
        assert not any("import_note" in notice for preview in previews for notice in preview.notices)

    def test_two_copies_of_one_school_are_merged_in_every_register(self, filled, tmp_path):
        shutil.copytree(filled.folder.path, tmp_path / "stick")
        stick = open_school(tmp_path / "stick").as_user("张老师")
        child, visit = stick.table("child").rows()[0], stick.table("home_visit").rows()[0]
        stick.save("child", {**child, "address": "西村2号"})
        stick.save("home_visit", {**visit, "merits": "懂事"})
        filled.save("child", {**child, "phone": "10011112222"})
        stick.close()
        previews = filled.imports.preview_all(tmp_path / "stick")
        assert {
            name: "changed" in state for name, state in states(previews).items() if "changed" in state
        } == {
            "child": True,
            "home_visit": True,
        }
        filled.imports.apply(*previews)
        now = filled.record("child", child["id"])
        assert (now["address"], now["phone"]) == ("西村2号", "10011112222")
        assert filled.record("home_visit", visit["id"])["merits"] == "懂事"

    def test_what_a_record_told_its_dossier_there_is_not_told_again(self, two):
        """A visit of last year brings no old telephone number back: the dossier that comes along has the later one."""
        school, other, child = two
        news = (
            "| survey | type | name | label | save_to |\n| | text | who | 谁 | |\n| | text | tel | 电话 | phone |\n"
            "| entities | list_name | entity_id |\n| | child | ${who} |\n"
        )
        for each in (school, other):
            (each.folder.forms / "news.md").write_text(news, encoding="utf-8")
        other.save("news", {"who": child["id"], "tel": "10011112222"})
        other.save("child", {**other.record("child", child["id"]), "phone": "10033334444"})
        school.imports.apply(*school.imports.preview_all(other.folder.path))
        assert school.record("child", child["id"])["phone"] == "10033334444"
        assert len(school.table("news")) == 1

    def test_the_command_takes_a_folder_whole(self, two, capsys):
        school, other, _ = two
        here = str(school.folder.path)
        assert main(["import", here, str(other.folder.path), "--whole", "--dry-run"]) == 0
        assert "talk" in capsys.readouterr().out
        assert not school.table("talk").rows()
        assert main(["import", here, str(other.folder.path), "--whole"]) == 0
        assert len(school.table("talk").rows()) == 1
        assert len(school.imports.completed()) == 1
        capsys.readouterr()
        assert main(["import", "--whole"]) == 2
        assert str(ExchangeError("import.needs_whole")) in capsys.readouterr().err


class TestSomebodysOwnFile:
    """WH5"""

    def file(self, tmp_path, **tables):
        with TinyDB(tmp_path / "db.json") as db:
            for name, rows in tables.items():
                for row in rows:
                    db.table(name).insert(row)
        return tmp_path / "db.json"

    @pytest.mark.parametrize("name_of", [{}, {"id": "S-07"}], ids=["by number", "by an id of its own"])
    def test_records_find_each_other(self, school, tmp_path, name_of):
        path = self.file(
            tmp_path,
            **{
                "class": [CLASS],
                "child": [{**CHILD, "name": "周小河", "sex": "male"}, {**CHILD, **name_of}],
                "home_visit": [{**VISITED, "child": name_of.get("id", 2)}],
            },
        )
        previews = school.imports.preview_all(path)
        assert states(previews) == {"class": ["new"], "child": ["new"], "home_visit": ["new"]}, [
            preview.rows for preview in previews
        ]
        school.imports.apply(*previews)
        (visit,) = school.table("home_visit").rows()
        assert school.record("child", visit["child"])["name"] == "林小雨"
        assert school.record("child", visit["child"])["registered_on"] == TODAY.isoformat()  # a default

    def test_a_name_is_found_too(self, school, tmp_path):
        path = self.file(tmp_path, **{"class": [CLASS], "child": [CHILD]})
        rows = json.loads(path.read_text(encoding="utf-8"))
        label = say("label.in_class", name="林小雨", group=CLASS["name"])
        rows["home_visit"] = {"1": {**VISITED, "child": label}}
        path.write_text(json.dumps(rows), encoding="utf-8")
        previews = school.imports.preview_all(path)
        school.imports.apply(*previews)
        (visit,) = school.table("home_visit").rows()
        assert school.record("child", visit["child"])["name"] == "林小雨"

    def test_a_link_that_leads_nowhere_is_bad(self, school, tmp_path):
        path = self.file(
            tmp_path, **{"class": [CLASS], "child": [CHILD], "home_visit": [{**VISITED, "child": 9}]}
        )
        assert states(school.imports.preview_all(path))["home_visit"] == ["bad"]

    def test_strange_fields_are_chosen_for_each_table(self, school, tmp_path):
        path = self.file(tmp_path, **{"class": [{**CLASS, "备注": "x"}], "child": [{**CHILD, "备注": "12"}]})
        previews = school.imports.preview_all(path)
        assert [[column.heading for column in preview.undecided] for preview in previews] == [
            ["备注"],
            ["备注"],
        ]
        with pytest.raises(ExchangeError, match="备注"):
            school.imports.apply(*previews)
        choices = {"class": Choices({"备注": ""}), "child": Choices({"备注": "village"})}
        school.imports.apply(*school.imports.preview_all(path, choices))
        assert school.table("child").rows()[0]["village"] == "12"

    def test_tables_that_are_no_registers_are_refused(self, school, tmp_path):
        with pytest.raises(ExchangeError, match="shoes") as refused:
            school.imports.preview_all(self.file(tmp_path, shoes=[{"size": 36}]))
        assert refused.value.key == "exchange.no_registers"
