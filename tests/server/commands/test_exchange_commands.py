"""`guanai import` and `guanai export`: their options, what they say row by row, and how an import is taken back.

Requirement: rolls and registers in and out as spreadsheets, sensitive answers left out (R5, R35; W10; 7.8).
"""

import re

import pytest
from tinydb import TinyDB

from guanai.server.commands.cli import main
from guanai.templates.wording import say

CLASS = "三年级1班"
ROWS = "学生名字,性别,出生日期,班级,备注栏\n周小河,男,2015-3-8,三年级1班,x\n洪晓溪,女,2016-3-8,三年级1班,\n"


@pytest.fixture
def ready(school):
    school.save("class", {"name": CLASS, "grade": 3, "level": "primary", "pupils": 42})
    return school


@pytest.fixture
def folder(ready):
    return str(ready.folder.path)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(ROWS, encoding="utf-8")
    return str(path)


def test_an_unknown_column_stops_the_import_and_is_named(folder, file, ready, capsys):
    assert main(["import", folder, "child", file]) == 2
    said = capsys.readouterr().err
    assert "学生名字" in said
    assert "--map" in said
    assert not ready.table("child").rows()


def test_a_dry_run_prints_each_row_and_writes_nothing(folder, file, ready, capsys):
    mapped = ["--map", "学生名字=name", "备注栏="]
    assert main(["import", folder, "child", file, "--dry-run", *mapped]) == 0
    said = capsys.readouterr().out
    assert "周小河" in said
    assert "洪晓溪" in said
    assert say("import.column_out", letter="E", head="备注栏") in said
    assert say("import.would", new=2, changed=0, same=0, bad=0) in said
    assert not ready.table("child").rows()


def test_an_import_is_listed_and_undone(folder, file, ready, capsys):
    assert main(["import", folder, "child", file, "--map", "学生名字=姓名", "--map", "备注栏="]) == 0
    assert len(ready.table("child").rows()) == 2
    import_id = re.search(r"--undo (\S+)", capsys.readouterr().out)[1]
    assert main(["import", folder, "--undo"]) == 0
    assert import_id in capsys.readouterr().out
    assert main(["import", folder, "--undo", import_id]) == 0
    assert say("import.undone", back=2) in capsys.readouterr().out
    assert not ready.table("child").rows()
    assert main(["import", folder, "--undo", import_id]) == 2
    assert main(["import", folder, "--undo"]) == 0
    assert say("import.none_done") in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--map", "name"], ["--map", "=name"]])
def test_a_map_without_a_question_is_refused(folder, file, arguments, capsys):
    assert main(["import", folder, "child", file, *arguments]) == 2
    assert "--map" in capsys.readouterr().err


def test_nothing_to_import_says_what_is_missing(folder, capsys):
    assert main(["import", folder]) == 2
    assert say("import.needs") in capsys.readouterr().err


def test_conflicts_need_a_decision(folder, ready, tmp_path, capsys):
    child = ready.save(
        "child",
        {
            "name": "林小雨",
            "sex": "female",
            "birth_date": "2016-05-04",
            "class": CLASS,
            "phone": "10012345678",
        },
    )
    path = tmp_path / "copy.csv"
    assert main(["export", folder, "child", str(path)]) == 0
    text = path.read_text(encoding="utf-8-sig").replace("10012345678", "10087654321")
    path.write_text(text, encoding="utf-8-sig")
    ready.save("child", {**child, "phone": "10011112222"})
    assert main(["import", folder, "child", str(path)]) == 2
    assert "--conflicts" in capsys.readouterr().err
    assert main(["import", folder, "child", str(path), "--conflicts", "file"]) == 0
    assert ready.record("child", child["id"])["phone"] == "10087654321"


def test_a_submission_can_be_undone_too(folder, ready, tmp_path, capsys):
    path = tmp_path / "odk.csv"
    path.write_text("name,sex,role,active,KEY\n宋老师,female,homeroom,yes,uuid:1\n", encoding="utf-8")
    assert main(["import", folder, "staff", str(path)]) == 0
    import_id = re.search(r"--undo (\S+)", capsys.readouterr().out)[1]
    assert len(ready.table("staff").rows()) == 1
    assert main(["import", folder, "--undo", import_id]) == 0
    assert not ready.table("staff").rows()


def test_an_export_has_the_format_of_the_option(folder, ready, tmp_path, capsys):
    path = tmp_path / "class.data"
    assert main(["export", folder, "class", str(path)]) == 2
    assert main(["export", folder, "class", str(path), "--format", "tinydb"]) == 0
    with TinyDB(path) as db:
        assert [record["name"] for record in db.table("class")] == [CLASS]


def test_an_export_leaves_out_what_is_sensitive(folder, ready, tmp_path, capsys):
    (ready.folder.forms / "card.md").write_text(
        "| survey | type | name | label | 保密 |\n| | text | name | 姓名 | |\n| | text | phone | 电话 | 是 |\n",
        encoding="utf-8",
    )
    ready.save("card", {"name": "林小雨", "phone": "10012345678"})
    path = tmp_path / "card.csv"
    assert main(["export", folder, "card", str(path), "--without-sensitive"]) == 0
    assert "10012345678" not in path.read_text(encoding="utf-8-sig")
    assert "林小雨" in path.read_text(encoding="utf-8-sig")
