"""Imports that are seen first, written all or nothing, merged with what others did, and taken back.

Requirement: registers go out as spreadsheets and come back, and no change of another person is lost (R5; W10; 7.6, 7.8,
7.12).
"""

import json
import re
import shutil

import pytest
from openpyxl import load_workbook
from support.days import TODAY
from support.register_files import import_records
from tinydb import TinyDB

from guanai.storage import ConflictError, ExchangeError, GuanaiError, create_school, open_school
from guanai.storage.exports.export import write_export
from guanai.storage.imports.row_check import RowChecker
from guanai.storage.imports.run import Choices
from guanai.templates.wording import say

pytestmark = pytest.mark.slow

CLASS = "三年级1班"
CHILD = {"name": "林小雨", "sex": "female", "birth_date": "2016-05-04", "class": CLASS}
CARD = """
| survey | type | name | label | 保密 |
| | text | name | 姓名 | |
| | text | phone | 联系电话 | 是 |
| | begin_repeat | people | 家人 | |
| | text | name | 称呼 | |
| | text | mobile | 手机 | 是 |
| | end_repeat | | | |
"""
SHARED_NAMES = """
| survey | type | name | label |
| | text | name | 姓名 |
| | begin_group | father | 父亲 |
| | text | phone | 电话 |
| | end_group | | |
| | begin_group | b | 别人 |
| | begin_group | c | 亲戚 |
| | text | phone | 电话 |
| | end_group | | |
| | end_group | | |
| | begin_repeat | kin | 家人 |
| | text | who | 谁 |
| | begin_group | a | 甲 |
| | integer | n | 数 |
| | end_group | | |
| | begin_group | b | 乙 |
| | integer | n | 数 |
| | end_group | | |
| | end_repeat | | |
"""
GUARDIANS = [
    {"name": "林大山", "relation": "grandfather", "age": 66},
    {"name": "周桂香", "relation": "grandmother"},
]


@pytest.fixture
def child(ready):
    return ready.save("child", CHILD | {"phone": "10012345678", "guardians": GUARDIANS})


def edit(path, sheet, change):
    book = load_workbook(path)
    page = book[sheet] if sheet else book.worksheets[0]
    heads = [cell.value for cell in page[1]]
    change(page, lambda head: heads.index(head) + 1)
    book.save(path)


def copy_of(school, tmp_path, **answers):
    """Export the children and change answers of the first one in the file, by heading."""
    path = tmp_path / "copy.xlsx"
    write_export(school, "child", path)

    def change(page, column):
        for head, value in answers.items():
            page.cell(2, column(head)).value = value

    edit(path, "", change)
    return path


def plan_of(school, path, **choices):
    return school.imports.preview("child", path, Choices(**({"columns": {}} | choices)))


class TestRepeats:
    def test_have_a_sheet_of_their_own(self, ready, child, tmp_path):
        path = copy_of(ready, tmp_path)
        book = load_workbook(path)
        assert book.sheetnames[0] == ready.form("child").title()
        assert say("exchange.labels_sheet") in book.sheetnames
        page = book["监护人"]
        rows = list(page.iter_rows(min_row=2, values_only=True))
        assert [row[0] for row in rows] == [child["id"]] * 2
        assert [row[2] for row in rows] == ["林大山", "周桂香"]
        assert not any("监护人1" in str(cell.value) for cell in book.worksheets[0][1])

    def test_come_back_changed(self, ready, child, tmp_path):
        path = copy_of(ready, tmp_path)

        def change(page, column):
            page.delete_rows(3)
            page.append([child["id"], None, "林小山"])
            page.cell(3, column("与学生关系")).value = "relative"

        edit(path, "监护人", change)
        preview = plan_of(ready, path)
        assert [row.state for row in preview.rows] == ["changed"], preview.rows
        ready.imports.apply(preview)
        names = [guardian["name"] for guardian in ready.record("child", child["id"])["guardians"]]
        assert names == ["林大山", "林小山"]

    @pytest.mark.parametrize("by_hand", [False, True])
    def test_that_are_gone_from_the_sheet_are_gone(self, ready, child, tmp_path, monkeypatch, by_hand):
        """Also where a form looks at what a person changes, and is filled in answer by answer."""
        monkeypatch.setattr(RowChecker, "_reacts_to_changes", lambda checker: by_hand)
        path = copy_of(ready, tmp_path, 联系电话="10087654321")
        edit(path, "监护人", lambda page, column: page.delete_rows(2, 2))
        (row,) = plan_of(ready, path).rows
        assert row.state == "changed"
        assert "guardians" not in row.record
        assert row.record["phone"] == "10087654321"

    def test_without_a_record_say_so(self, ready, child, tmp_path):
        path = copy_of(ready, tmp_path)
        edit(path, "监护人", lambda page, column: page.append(["nobody", None, "林小山"]))
        preview = plan_of(ready, path)
        assert [row.state for row in preview.rows] == ["bad", "same"]
        assert "nobody" in preview.rows[0].messages[0]


class TestPlan:
    def test_says_what_changes_from_what_to_what(self, ready, child, tmp_path):
        path = copy_of(ready, tmp_path, 性别="男", 联系电话="10087654321")
        (row,) = plan_of(ready, path).rows
        said = {difference.path: (difference.old, difference.new) for difference in row.differences}
        assert said["sex"] == ("女", "男")
        assert said["phone"] == ("10012345678", "10087654321")
        assert ready.record("child", child["id"])["revision"] == 1

    def test_an_id_stands_once(self, ready, child, tmp_path):
        path = copy_of(ready, tmp_path)
        edit(path, "", lambda page, column: page.append([child["id"], 1, "林小雨", "女"]))
        assert [row.state for row in plan_of(ready, path).rows] == ["same", "bad"]

    def test_a_record_in_the_bin_is_not_made_again(self, ready, child, tmp_path):
        path = copy_of(ready, tmp_path)
        ready.delete("child", child["id"])
        assert [row.state for row in plan_of(ready, path).rows] == ["bad"]

    def test_a_look_alike_can_be_the_one(self, ready, child, tmp_path):
        path = copy_of(ready, tmp_path, id=None, revision=None, 联系电话="10087654321")
        (row,) = plan_of(ready, path).rows
        assert (row.state, row.like) == ("alike", (child["id"],))
        preview = plan_of(ready, path, same={row.number: child["id"]})
        assert preview.rows[0].state == "changed"
        ready.imports.apply(preview)
        assert len(ready.table("child")) == 1
        assert ready.record("child", child["id"])["phone"] == "10087654321"

    def test_a_file_imported_twice_is_there_already(self, ready, child, tmp_path):
        path = tmp_path / "calls.csv"
        path.write_text("name,sex,role,active\n宋老师,female,homeroom,yes\n", encoding="utf-8")
        import_records(ready, "staff", path)
        again = import_records(ready, "staff", path)
        assert [row.state for row in again] == ["alike"]
        assert len(ready.table("staff")) == 1

    def test_somebody_saves_between_the_look_and_the_import(self, ready, child, tmp_path):
        preview = plan_of(ready, copy_of(ready, tmp_path, 联系电话="10087654321"))
        ready.save("child", {**child, "village": "东村"})
        with pytest.raises(ConflictError):
            ready.imports.apply(preview)
        assert ready.record("child", child["id"])["phone"] == "10012345678"
        assert not ready.imports.completed()

    def test_tells_how_far_it_is(self, ready, child, tmp_path):
        progress = []
        ready.imports.preview("child", copy_of(ready, tmp_path), progress=lambda *pair: progress.append(pair))
        assert progress[-1] == (1, 1)


class TestClassCopy:
    """A copy that a class teacher filled in while others changed the school's records."""

    def test_both_changes_are_kept(self, ready, child, tmp_path):
        path = copy_of(ready, tmp_path, 联系电话="10087654321")
        ready.save("child", {**child, "sex": "male", "guardians": [GUARDIANS[0] | {"age": 67}, GUARDIANS[1]]})
        preview = plan_of(ready, path)
        assert [row.state for row in preview.rows] == ["changed"]
        assert [difference.path for difference in preview.rows[0].differences] == ["phone"]
        ready.imports.apply(preview)
        now = ready.record("child", child["id"])
        assert (now["phone"], now["sex"], now["guardians"][0]["age"]) == ("10087654321", "male", 67)

    def test_what_both_changed_waits_for_a_choice(self, ready, child, tmp_path):
        path = copy_of(ready, tmp_path, 联系电话="10087654321", 性别="男")
        ready.save("child", {**child, "phone": "10011112222"})
        preview = plan_of(ready, path)
        (row,) = preview.rows
        assert row.state == "conflict"
        assert [(clash.path, clash.old, clash.new) for clash in row.clashes] == [
            ("phone", "10011112222", "10087654321")
        ]
        with pytest.raises(ExchangeError):
            ready.imports.apply(preview)
        for side, phone in (("school", "10011112222"), ("file", "10087654321")):
            chosen = plan_of(ready, path, clashes={(2, "phone"): side})
            assert (chosen.rows[0].state, chosen.rows[0].record["phone"]) == ("changed", phone)
            assert chosen.rows[0].record["sex"] == "male"
        assert plan_of(ready, path, clashes={(0, "*"): "file"}).ready

    def test_a_guardian_that_both_changed(self, ready, child, tmp_path):
        path = copy_of(ready, tmp_path)
        edit(path, "监护人", lambda page, column: setattr(page.cell(2, column("年龄")), "value", 70))
        ready.save("child", {**child, "guardians": [GUARDIANS[0] | {"age": 67}, GUARDIANS[1] | {"age": 60}]})
        (row,) = plan_of(ready, path).rows
        assert [clash.path for clash in row.clashes] == ["guardians/0/age"]
        (row,) = plan_of(ready, path, clashes={(2, "guardians/0/age"): "file"}).rows
        assert [guardian.get("age") for guardian in row.record["guardians"]] == [70, 60]

    def test_what_nobody_changed_in_the_copy_stays_as_it_is_now(self, ready, child, tmp_path):
        path = copy_of(ready, tmp_path)
        ready.save("child", {**child, "phone": "10011112222", "guardians": GUARDIANS[:1]})
        assert [row.state for row in plan_of(ready, path).rows] == ["same"]


class TestUndo:
    def test_takes_back_what_was_added_and_what_was_changed(self, ready, child, tmp_path):
        path = copy_of(ready, tmp_path, 联系电话="10087654321")
        edit(path, "", lambda page, column: page.append([None, None, "周小河", "男", "2015-3-8"]))
        edit(path, "", lambda page, column: setattr(page.cell(3, column("班级")), "value", CLASS))
        done = ready.imports.apply(plan_of(ready, path))
        assert (done.new, done.changed) == (1, 1)
        assert ready.imports.undo(done.id) == (2, 0)
        assert [record["name"] for record in ready.table("child").rows()] == ["林小雨"]
        assert ready.record("child", child["id"])["phone"] == "10012345678"
        assert [change.before["name"] for change in ready.deletions("child")] == ["周小河"]
        assert ready.imports.completed()[0].undone
        with pytest.raises(GuanaiError):
            ready.imports.undo(done.id)

    def test_what_was_changed_since_stays(self, ready, child, tmp_path):
        path = copy_of(ready, tmp_path, 联系电话="10087654321")
        edit(path, "", lambda page, column: page.append([None, None, "周小河", "男", "2015-3-8"]))
        edit(path, "", lambda page, column: setattr(page.cell(3, column("班级")), "value", CLASS))
        done = ready.imports.apply(plan_of(ready, path))
        for row in ready.table("child").rows():
            ready.save("child", {**row, "address": "东村1号"})
        assert ready.imports.undo(done.id) == (1, 1)
        now = ready.record("child", child["id"])
        assert (now["phone"], now["address"]) == ("10012345678", "东村1号")
        assert len(ready.table("child")) == 2

    def test_a_child_of_whom_there_is_a_record_since_stays(self, ready, tmp_path):
        """In the bin it would leave that record with a child that nobody finds."""
        rows = "姓名,性别,出生日期,班级\n" + "".join(
            f"{name},女,2016-0{number}-04,{CLASS}\n" for number, name in enumerate(("周小河", "赵小山"), 1)
        )
        (tmp_path / "class.csv").write_text(rows, encoding="utf-8")
        done = ready.imports.apply(plan_of(ready, tmp_path / "class.csv"))
        first = ready.table("child").rows()[0]
        teacher = ready.save("staff", {"name": "周老师", "role": "homeroom", "active": "yes"})
        ready.save("talk", {"child": first["id"], "date": "2026-11-19", "by": teacher["id"]})
        assert ready.imports.undo(done.id) == (1, 1)
        assert [record["id"] for record in ready.table("child").rows()] == [first["id"]]

    def test_nothing_is_noted_where_nothing_was_written(self, ready, child, tmp_path):
        assert ready.imports.apply(plan_of(ready, copy_of(ready, tmp_path))) is None
        assert not ready.imports.completed()


class TestElsewhere:
    @pytest.mark.parametrize("ending", [".xlsx", ".csv", ".jsonl", ".json"])
    def test_every_format_comes_back_the_same(self, filled, tmp_path, ending):
        for form in ("child", "home_visit"):
            path = tmp_path / f"{form}{ending}"
            assert write_export(filled, form, path) == len(filled.table(form))
            assert {row.state for row in import_records(filled, form, path)} == {"same"}

    def test_tinydb_opens_its_file(self, filled, tmp_path):
        write_export(filled, "child", tmp_path / "child.json", format="tinydb")
        with TinyDB(tmp_path / "child.json") as db:
            assert [dict(record) for record in db.table("child")] == list(filled.table("child").rows())

    @pytest.mark.parametrize("ending", ["xlsx", "csv"])
    def test_a_number_with_more_figures_than_a_spreadsheet_keeps_is_the_same(self, ready, tmp_path, ending):
        form = "| survey | type | name | label |\n| | text | name | 名称 |\n| | decimal | share | 份额 |\n"
        (ready.folder.forms / "part.md").write_text(form, encoding="utf-8")
        ready.save("part", {"name": "甲", "share": 0.1 + 0.2})
        ready.save("part", {"name": "乙", "share": 1 / 3})
        write_export(ready, "part", tmp_path / f"copy.{ending}")
        assert ready.imports.preview("part", tmp_path / f"copy.{ending}").counts["same"] == 2

    def test_a_child_is_named_as_lists_on_paper_do(self, child, ready, tmp_path):
        """By the bare name, also one set wide; where two are called so the row says which there are."""
        twins = [
            ready.save("child", CHILD | {"name": "周河", "birth_date": f"201{year}-03-08"}) for year in "45"
        ]
        teacher = ready.save("staff", {"name": "周老师", "role": "homeroom", "active": "yes"})
        rows = ["学生,谈心日期,谈心教师"] + [
            f"{name},2026-11-19,周老师" for name in ("林小雨", "林　小 雨", "周　河", "林小雪")
        ]
        (tmp_path / "talks.csv").write_text("\n".join(rows), encoding="utf-8")
        preview = ready.imports.preview("talk", tmp_path / "talks.csv")
        assert [row.state for row in preview.rows] == ["new", "new", "bad", "bad"]
        assert [row.record.get("child") for row in preview.rows[:2]] == [child["id"]] * 2
        assert preview.rows[0].record["by"] == teacher["id"]
        labels = ready.labels("child")
        assert all(labels[twin["id"]] in preview.rows[2].messages[0] for twin in twins)
        assert "不在可选的范围里" in preview.rows[3].messages[0]

    @pytest.mark.parametrize(
        ("answers", "label"),
        [
            ({"guardians": ["林大山"]}, "监护人"),
            ({"guardians": "林大山"}, "监护人"),
            ({"guardians": {"name": "林大山"}}, "监护人"),
            ({"guardians": [{"name": ["林大山"]}]}, "姓名"),
            ({"village": ["东村"]}, "村"),
            ({"village": {"name": "东村"}}, "村"),
        ],
    )
    def test_a_record_of_another_shape_is_bad_and_says_where(self, ready, tmp_path, answers, label):
        """Somebody's own file: read as text it would be nonsense that looks like an answer."""
        lines = [json.dumps({**CHILD, **more}) for more in (answers, {"guardians": None, "name": "周小河"})]
        (tmp_path / "own.jsonl").write_text("\n".join(lines), encoding="utf-8")
        first, second = plan_of(ready, tmp_path / "own.jsonl").rows
        assert first.state == "bad"
        assert label in first.messages[0]
        assert second.state == "new"

    @pytest.mark.parametrize("ending", ["xlsx", "csv", "jsonl", "json"])
    def test_one_name_in_two_groups(self, ready, tmp_path, ending):
        (ready.folder.forms / "family.md").write_text(SHARED_NAMES, encoding="utf-8")
        answers = {"name": "林", "father-phone": "10012345678", "b-c-phone": "10012345679"}
        kin = [{"who": "奶奶", "a-n": 1, "b-n": 2}, {"who": "叔叔", "b-n": 3}]
        family = ready.save("family", {**answers, "kin": kin})
        write_export(ready, "family", tmp_path / f"copy.{ending}")
        assert ready.imports.preview("family", tmp_path / f"copy.{ending}").counts["same"] == 1
        (tmp_path / "kobo.csv").write_text(f"id,father/phone,b/c/phone\n{family['id']},10000000001,\n")
        ready.imports.apply(ready.imports.preview("family", tmp_path / "kobo.csv"))
        now = ready.record("family", family["id"])
        assert (now["father-phone"], now.get("b-c-phone"), now["kin"]) == ("10000000001", None, kin)

    def test_a_tinydb_file_of_somebody_else(self, ready, tmp_path):
        with TinyDB(tmp_path / "db.json") as db:
            db.table("child").insert({**CHILD, "鞋码": 36})
        preview = plan_of(ready, tmp_path / "db.json")
        assert [column.heading for column in preview.undecided] == ["鞋码"]
        done = ready.imports.apply(plan_of(ready, tmp_path / "db.json", columns={"鞋码": ""}))
        assert done.new == 1
        assert ready.table("child").rows()[0]["name"] == "林小雨"

    def test_another_schools_folder(self, filled, tmp_path):
        other = create_school(tmp_path / "other", on=TODAY)
        for form in ("staff", "class", "child", "home_visit", "pairing"):
            states = {row.state for row in import_records(other, form, filled.folder.path)}
            assert states == {"new"}, form
        assert other.table("child").rows() == filled.table("child").rows()
        assert len(other.imports.completed()) == 5
        other.close()

    def test_a_folder_that_went_its_own_way(self, filled, tmp_path):
        """Two copies of one school, both changed: merged from the last version that both had."""
        shutil.copytree(filled.folder.path, tmp_path / "stick")
        first, second = filled.table("child").rows()[:2]
        stick = open_school(tmp_path / "stick").as_user("张老师")
        stick.save("child", {**first, "address": "西村2号"})
        stick.save("child", {**second, "address": "西村3号"})
        filled.save("child", {**first, "phone": "10011112222"})
        filled.save("child", {**second, "address": "东村3号"})
        stick.close()
        preview = plan_of(filled, tmp_path / "stick")
        changed = {row.record["id"]: row for row in preview.rows if row.state != "same"}
        assert [difference.path for difference in changed[first["id"]].differences] == ["address"]
        assert changed[first["id"]].record["phone"] == "10011112222"
        assert [clash.path for clash in changed[second["id"]].clashes] == ["address"]
        assert len(changed) == 2

    def test_a_folder_that_is_no_school(self, ready, tmp_path):
        (tmp_path / "nothing").mkdir()
        with pytest.raises(ExchangeError) as refused:
            plan_of(ready, tmp_path / "nothing")
        assert refused.value.key == "exchange.no_school"

    def test_pictures_come_along(self, ready, tmp_path):
        (ready.folder.forms / "photo.md").write_text(
            "| survey | type | name | label |\n| | text | name | 名 |\n| | image | face | 照片 |\n",
            encoding="utf-8",
        )
        other = create_school(tmp_path / "other", on=TODAY)
        shutil.copy(ready.folder.forms / "photo.md", other.folder.forms)
        (other.folder.attachments / "a-1.png").write_bytes(b"picture")
        other.save("photo", {"name": "x", "face": "a-1.png"})
        other.close()
        import_records(ready, "photo", tmp_path / "other")
        assert (ready.folder.attachments / "a-1.png").read_bytes() == b"picture"


class TestExport:
    @pytest.mark.parametrize("ending", [".xlsx", ".csv", ".jsonl", ".json"])
    def test_can_leave_out_what_is_sensitive(self, ready, tmp_path, ending):
        (ready.folder.forms / "card.md").write_text(CARD, encoding="utf-8")
        ready.save(
            "card",
            {
                "name": "林小雨",
                "phone": "10012345678",
                "people": [{"name": "林大山", "mobile": "10099998888"}],
            },
        )
        path = tmp_path / f"out{ending}"
        write_export(ready, "card", path)
        assert {"10012345678", "10099998888"} <= set(re.findall(r"\d{11}", shown(path)))
        write_export(ready, "card", path, without_sensitive=True)
        assert "林小雨" in shown(path)
        assert "林大山" in shown(path)
        assert "10012345678" not in shown(path)
        assert "10099998888" not in shown(path)
        assert "联系电话" not in shown(path)
        # Brought back, what was left out stays as it is.
        assert {row.state for row in import_records(ready, "card", path)} == {"same"}

    def test_the_labels_sheet_tells_names_and_choices(self, ready, child, tmp_path):
        write_export(ready, "child", tmp_path / "out.xlsx")
        page = load_workbook(tmp_path / "out.xlsx")[say("exchange.labels_sheet")]
        rows = list(page.iter_rows(min_row=2, values_only=True))
        sex = next(row for row in rows if row[2] == "sex")
        assert sex[1] == "性别"
        assert "Sex" in sex
        assert "female=女" in sex[-1]
        assert any(row[0] == "监护人" for row in rows)

    @pytest.mark.parametrize("ending", [".xlsx", ".csv"])
    def test_answers_that_nobody_asks_for_stand_last_and_come_back(self, ready, tmp_path, ending):
        ready.insert_many("child", [{**CHILD, "鞋码": "36", "旧的": ["a", "b"]}])
        path = tmp_path / f"out{ending}"
        write_export(ready, "child", path)
        assert "36" in shown(path)
        assert [row.state for row in import_records(ready, "child", path)] == ["same"]

    def test_no_cell_runs(self, ready, tmp_path):
        formula = '=HYPERLINK("x")'
        ready.save(
            "child", CHILD | {"address": formula, "guardians": [{"name": "@a", "relation": "grandfather"}]}
        )
        write_export(ready, "child", tmp_path / "out.xlsx")
        book = load_workbook(tmp_path / "out.xlsx")
        assert not [
            cell for page in book for row in page.iter_rows() for cell in row if cell.data_type == "f"
        ]
        assert [row.state for row in import_records(ready, "child", tmp_path / "out.xlsx")] == ["same"]
        assert ready.table("child").rows()[0]["address"] == formula

    def test_json_lines_are_records(self, ready, child, tmp_path):
        write_export(ready, "child", tmp_path / "out.jsonl")
        (line,) = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
        assert json.loads(line) == ready.record("child", child["id"])


def shown(path):
    if path.suffix == ".xlsx":
        book = load_workbook(path)
        return "\n".join(str(cell.value) for page in book for row in page.iter_rows() for cell in row)
    return path.read_text(encoding="utf-8-sig")
