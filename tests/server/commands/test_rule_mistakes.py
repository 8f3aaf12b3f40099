"""A mistake in the workbook or in a rule of the school's own, by every command: told on standard error, status 2.

Requirement: the rules are the school's own, and a number always is of the rules as written (requirements 2A, 7.4).

No command answers by the last good workbook: its numbers would be taken for those of the rules as they are written.
"""

import json

import pytest
from openpyxl import load_workbook

from guanai.server.commands import serve_commands
from guanai.server.commands.cli import main
from guanai.storage import open_school
from guanai.templates.wording import say

pytestmark = pytest.mark.slow

RULE = "def call_home(duty, facts):\n    return 1 / 0\n"
READING = [
    ("due",),
    ("due", "--format", "json", "--done"),
    ("due", "--on", "2026-10-20"),
    ("coverage",),
    ("coverage", "--format", "csv"),
    ("summary",),
    ("emergencies",),
    ("import", "child", "{file}"),
    ("import", "child", "{file}", "--dry-run"),
]
NOT_READING = [("update",), ("eject", "forms/talk"), ("user", "list")]


def run(school, tmp_path, arguments):
    file = tmp_path / "children.csv"
    file.write_text("姓名,性别\n甲,男\n", encoding="utf-8-sig")
    command, *rest = (argument.format(file=file) for argument in arguments)
    return main([command, str(school.folder.path), *rest])


def change(school, *cells):
    """Write cells of the sheet 职责: row, heading, value."""
    book = load_workbook(school.folder.workbook)
    page = book["职责"]
    heads = [cell.value for cell in page[1]]
    for row, heading, value in cells:
        page.cell(row, heads.index(heading) + 1).value = value
    book.save(school.folder.workbook)


@pytest.fixture
def broken(school):
    """A school whose workbook was good once and has two bad rows now."""
    assert school.policy.duties  # read once: the last good one is there
    change(school, (3, "种类", "次书"), (5, "至少", "两次"))
    return school


@pytest.mark.parametrize("arguments", READING, ids=" ".join)
def test_a_command_that_reads_a_broken_workbook_says_each_bad_row_and_answers_nothing(
    broken, tmp_path, capsys, arguments
):
    assert run(broken, tmp_path, arguments) == 2
    said = capsys.readouterr()
    first, second = said.err.splitlines()
    assert "school.xlsx，工作表“职责”，第 3 行，“种类”列" in first and "是不是“次数”" in first
    assert "第 5 行，“至少”列" in second and "两次" in second
    assert said.out == ""
    assert not broken.table("child").all()


@pytest.mark.parametrize("arguments", NOT_READING, ids=" ".join)
def test_a_command_that_does_not_need_the_rules_works_on(broken, tmp_path, capsys, arguments):
    assert run(broken, tmp_path, arguments) == 0
    assert capsys.readouterr().err == ""


def test_an_export_of_records_needs_no_rules(broken, tmp_path, capsys):
    assert main(["export", str(broken.folder.path), "talk", str(tmp_path / "talk.csv")]) == 0
    assert capsys.readouterr().err == ""


def test_a_workbook_that_is_gone_is_a_mistake_too(school, tmp_path, capsys):
    assert school.policy.duties
    school.folder.workbook.unlink()
    assert run(school, tmp_path, ("due",)) == 2
    said = capsys.readouterr()
    assert said.err.strip() == say("school.workbook_gone", file="school.xlsx") and said.out == ""


def test_a_server_says_it_and_serves_on_with_the_last_good_rules(broken, monkeypatch, capsys):
    served = []
    monkeypatch.setattr(
        serve_commands, "import_serving", lambda: lambda school, **_: served.append(school.school)
    )
    assert main(["serve", str(broken.folder.path), "--no-browser"]) == 0
    assert served[0].policy.duties and "第 3 行" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", READING[:5], ids=" ".join)
def test_a_rule_of_the_schools_own_that_fails_leaves_the_answer_of_the_rest(
    school, tmp_path, capsys, arguments
):
    school.folder.rules.mkdir()
    (school.folder.rules / "home.py").write_text(RULE, encoding="utf-8")
    change(school, (3, "种类", "call_home"))
    assert run(school, tmp_path, arguments) == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert "rules/home.py，第 2 行" in said.err and "ZeroDivisionError" in said.err
    assert said.out.strip()
    if "json" in arguments:
        assert json.loads(said.out)


def test_a_file_of_rules_that_cannot_be_read_is_told_even_if_no_row_names_it(school, tmp_path, capsys):
    school.folder.rules.mkdir()
    (school.folder.rules / "home.py").write_text("def f(", encoding="utf-8")
    assert run(school, tmp_path, ("summary", "--format", "json")) == 2
    said = capsys.readouterr()
    assert "rules/home.py，第 1 行" in said.err and json.loads(said.out)


def test_the_mistakes_are_told_in_english_too(broken, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("GUANAI_LANGUAGE", "en")
    assert run(broken, tmp_path, ("due",)) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert "row 3" in first and "kind" in first and "row 5" in second


def test_the_page_shows_each_bad_row(broken):
    again = open_school(broken.folder.path)
    assert sum("第 3 行" in notice or "第 5 行" in notice for notice in again.notices) == 2
    again.close()
