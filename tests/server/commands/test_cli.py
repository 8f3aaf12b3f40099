"""The `guanai` command: exit status 0, or 2 with one clear line; what it prints and makes.

Promise: the commands of server/README.md do what they say, and errors say what to do; what they print is 7.2 and 7.8.
"""

import csv
import io
import json
import os
import subprocess
import sys
from datetime import date

import pytest
from support.days import TODAY

from guanai.care.duties.statuses import OPEN_STATUSES
from guanai.care.errors import GuanaiError
from guanai.server.commands import report_commands, serve_commands
from guanai.server.commands.cli import main, parser
from guanai.server.commands.demo_check import check_demo
from guanai.server.commands.school_commands import opened
from guanai.templates.wording import catalogue, say

pytestmark = pytest.mark.slow

COMMANDS = (
    "init",
    "demo",
    "serve",
    "lab",
    "eject",
    "update",
    "due",
    "summary",
    "import",
    "export",
    "form",
    "user",
)


def run(*arguments, stdin=""):
    """Run the command as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "guanai.server", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1", "GUANAI_TODAY": TODAY.isoformat()},
        check=False,
    )


def run_here(*arguments):
    try:
        return main([str(argument) for argument in arguments])
    except SystemExit as ended:
        return ended.code


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_in_both_languages(name, capsys):
    with pytest.raises(SystemExit) as ended:
        parser().parse_args([name, "--help"])
    assert ended.value.code == 0
    said = "".join(capsys.readouterr().out.split())
    for language in ("zh", "en"):
        assert "".join(catalogue()[f"command.{name}"][language].split()) in said


def test_help_imports_nothing_heavy():
    """Help and mistakes in a command are answered before pandas, Voila and the records are loaded."""
    code = "import sys; from guanai.server.commands.cli import parser; parser(); print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not [name for name in ("pandas", "voila", "tinydb", "sqlalchemy") if f"'{name}'" in loaded]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nonsense",),
        ("due", "{none}"),
        ("due", "{school}", "--on", "2026-13-01"),
        ("due", "{school}", "--format", "xml"),
        ("summary", "{school}", "--term", "没有这学期"),
        ("summary", "{none}"),
        ("serve", "{none}"),
        ("lab", "{none}"),
        ("update", "{none}"),
        ("eject", "{school}", "forms/nothing"),
        ("eject", "{school}"),
        ("export", "{school}", "child", "{none}/x.pdf"),
        ("export", "{school}", "nothing", "{none}.csv"),
        ("import", "{school}", "child", "{none}.csv"),
        ("form", "check", "{none}.xlsx"),
        ("form", "mend", "x.xlsx"),
        ("init", "{school}"),
        ("init", "{none}", "--policy", "999"),
        ("demo", "{school}", "--no-browser"),
        ("user", "{school}", "password", "没有此人"),
        ("user", "{school}", "remove", "没有此人"),
        ("user", "{school}", "add", "陈老师", "--staff", "none"),
        ("user", "{none}", "list"),
    ],
    ids=lambda arguments: " ".join(arguments),
)
def test_a_wrong_command_is_one_line_and_status_2(school, tmp_path, capsys, arguments):
    places = {"none": tmp_path / "none", "school": school.folder.path}
    assert run_here(*(argument.format(**places) for argument in arguments)) == 2
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 1
    assert "Traceback" not in said.err
    assert not (tmp_path / "none").exists()


def test_status_and_streams_as_a_process(school, tmp_path):
    good = run("due", school.folder.path, "--format", "json")
    assert (good.returncode, good.stderr) == (0, "")
    assert {row["subject_id"] for row in json.loads(good.stdout)} == {
        ""
    }  # of the school itself: nobody is in it yet
    bad = run("due", tmp_path / "none")
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr.strip() == say("school.no_folder", path=tmp_path / "none")


def test_an_unexpected_error_has_a_number_that_is_in_the_log(school, monkeypatch, capsys):
    monkeypatch.setattr(report_commands, "opened", lambda path: 1 / 0)
    assert main(["summary", str(school.folder.path)]) == 2
    line = capsys.readouterr().err
    reference = line.split("编号 ")[1][:6]
    log = (school.folder.path / "logs" / "guanai.log").read_text(encoding="utf-8")
    assert "ZeroDivisionError" in log.split(reference)[1]


class TestDueAndSummary:
    def test_due_prints_what_is_to_be_done_as_a_sentence_each(self, sample_folder, capsys):
        rows = self.printed(capsys, "due", sample_folder, "--on", TODAY)
        for row in rows:
            assert set(row) >= {
                "tier",
                "cause",
                "duty",
                "subject",
                "subject_id",
                "who",
                "due",
                "status",
                "text",
                "missed",
            }
            assert row["text"] and row["status"] in OPEN_STATUSES
            assert row["due"] is None or date.fromisoformat(row["due"])  # not every rule has a limit
        with opened(sample_folder) as school:
            assert [row["text"] for row in rows] == school.to_do(TODAY)["text"].tolist()
        main(["due", str(sample_folder)])
        assert rows[0]["text"] in capsys.readouterr().out

    @pytest.mark.parametrize("done", [False, True])
    def test_due_prints_bare_lines_where_they_are_asked_for(self, sample_folder, capsys, done):
        """What is done is no row of what is to be done, so --done asks for lines by itself."""
        rows = self.printed(capsys, "due", sample_folder, "--on", TODAY, "--done" if done else "--lines")
        with opened(sample_folder) as school:
            lines = school.due(TODAY, done=done)
        assert [(row["subject_id"], row["status"], row["why"]) for row in rows] == list(
            zip(lines["subject_id"], lines["status"], lines["why"], strict=True)
        )
        assert ("done" in {row["status"] for row in rows}) is done

    def test_coverage_prints_late_missed_and_standing_and_what_the_term_leaves(self, sample_folder, capsys):
        table = self.printed(capsys, "coverage", sample_folder)
        closing = self.printed(capsys, "coverage", sample_folder, "--closing")
        for name in ("late", "missed", "standing"):
            assert sum(row[name] for row in table) > 0
        for name in ("missed", "standing"):
            assert sum(row[name] for row in closing) == sum(row[name] for row in table)
        assert all(row["text"] for row in closing)
        main(["coverage", str(sample_folder)])
        assert {"late", "to_do", "standing", "missed", "late_share"} <= set(capsys.readouterr().out.split())

    def printed(self, capsys, *arguments):
        """The rows that a command prints as JSON."""
        assert main([*map(str, arguments), "--format", "json"]) == 0
        return json.loads(capsys.readouterr().out)

    def test_due_on_another_day_is_another_list(self, sample_folder, capsys):
        counts = []
        for on in ("2026-09-01", TODAY.isoformat()):
            main(["due", str(sample_folder), "--on", on, "--format", "json"])
            counts.append(len(json.loads(capsys.readouterr().out)))
        assert counts[0] != counts[1]

    def test_due_as_csv_and_table_have_the_same_rows(self, sample_folder, capsys):
        main(["due", str(sample_folder), "--format", "csv"])
        rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out.removeprefix("\ufeff"))))
        main(["due", str(sample_folder), "--format", "table"])
        lines = capsys.readouterr().out.splitlines()
        assert len(rows) == len(lines) - 1

    def test_summary_has_numerator_denominator_and_share(self, sample_folder, capsys):
        with opened(sample_folder) as school:
            term = school.term()
            figures = school.summary(term).as_records()
        assert main(["summary", str(sample_folder), "--term", term, "--format", "json"]) == 0
        said = json.loads(capsys.readouterr().out)
        assert [row["key"] for row in said] == [figure["key"] for figure in figures]
        rates = [row for row in said if row["denominator"]]
        assert rates
        for row in rates:
            assert row["share"] == pytest.approx(row["numerator"] / row["denominator"])


class TestExchange:
    @pytest.mark.parametrize("ending", ["csv", "xlsx"])
    def test_an_export_can_be_imported_again_unchanged(self, sample_folder, tmp_path, capsys, ending):
        file = tmp_path / f"children.{ending}"
        assert main(["export", str(sample_folder), "child", str(file)]) == 0
        assert main(["import", str(sample_folder), "child", str(file), "--dry-run"]) == 0
        with opened(sample_folder) as school:
            count = len(school.table("child"))
        assert say("import.would", new=0, changed=0, same=count, bad=0) in capsys.readouterr().out

    def test_an_import_with_bad_rows_writes_nothing(self, filled, tmp_path, capsys):
        file = tmp_path / "children.csv"
        main(["export", str(filled.folder.path), "child", str(file)])
        rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
        file.write_text(
            "\n".join(
                [
                    ",".join(rows[0]),
                    "," * (len(rows[0]) - 1) + "x",
                    "," + "空行的人" + "," * (len(rows[0]) - 2),
                ]
            ),
            encoding="utf-8-sig",
        )
        before = len(filled.table("child"))
        assert main(["import", str(filled.folder.path), "child", str(file)]) == 2
        said = capsys.readouterr()
        assert say("import.bad") in said.out
        assert len(said.err.splitlines()) == 1
        assert len(filled.table("child")) == before


class TestUser:
    def test_add_list_password_remove(self, school, monkeypatch, capsys):
        folder = str(school.folder.path)
        for action, name, typed in (
            ("add", "陈老师", "第一个密码-01"),
            ("password", "陈老师", "第二个密码-02"),
        ):
            monkeypatch.setattr("sys.stdin", io.StringIO(typed + "\n"))
            assert main(["user", folder, action, name, "--password-stdin", "--role", "coordinator"]) == 0
        assert main(["user", folder, "list"]) == 0
        assert f"陈老师\t{say('right.role.coordinator')}" in capsys.readouterr().out
        assert main(["user", folder, "remove", "陈老师"]) == 0
        capsys.readouterr()
        main(["user", folder, "list"])
        assert capsys.readouterr().out.strip() == say("account.none")

    @pytest.mark.parametrize(("typed", "key"), [("", "password.none"), ("short\n", "password.length")])
    def test_no_account_without_a_good_password(self, school, monkeypatch, capsys, typed, key):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        assert main(["user", str(school.folder.path), "add", "陈老师"]) == 2
        assert capsys.readouterr().err.strip() == say(key, least=8, most=128)
        assert len(school.table("account")) == 0


class TestSchool:
    def test_init_makes_a_school_with_its_pages(self, tmp_path, capsys):
        assert main(["init", str(tmp_path / "new"), "--policy", "004", "--name", "星光小学"]) == 0
        with opened(tmp_path / "new") as school:
            assert school.name == "星光小学"
            assert school.policy.name
            duties = school.policy.duties
        assert (tmp_path / "new" / "notebooks" / "home.ipynb").exists()
        printed = capsys.readouterr().out
        for duty in duties:  # what each row asks, and where the document says so
            assert f"{duty.name}：" in printed and duty.source in printed

    def test_eject_writes_the_form_once(self, school):
        folder = str(school.folder.path)
        assert main(["eject", folder, "forms/home_visit"]) == 0
        made = school.folder.forms / "home_visit.xlsx"
        content = made.read_bytes()
        assert main(["form", "check", str(made)]) == 0
        assert main(["eject", folder, "forms/home_visit"]) == 2
        assert made.read_bytes() == content

    def test_the_folder_may_be_left_out(self, school, monkeypatch, capsys):
        monkeypatch.chdir(school.folder.path)
        assert main(["due", "--format", "json"]) == 0
        assert main(["eject", "forms/pairing"]) == 0


def test_a_demonstration_is_made_once_and_never_of_a_real_school(tmp_path, school, capsys):
    folder = tmp_path / "demo"
    assert main(["demo", str(folder), "--size", "small", "--make-only"]) == 0
    with opened(folder) as made:
        children = len(made.table("child"))
        accounts = made.table("account").all()
    assert children >= 30
    assert {account["password"] for account in accounts} == {""}
    assert all(account["staff"] for account in accounts)
    roles = {role for account in accounts for role in account["roles"]}
    assert roles == {"coordinator", "headmaster", "homeroom", "helper", "counsellor"}
    assert main(["demo", str(folder), "--make-only"]) == 0
    with opened(folder) as made:
        assert len(made.table("child")) == children
    with pytest.raises(GuanaiError) as refused:
        serve_commands.make_demo(school.folder.path, "small")
    assert refused.value.key == "demo.not_sample"


@pytest.mark.slow
def test_the_demonstration_checks_itself(capsys):
    check_demo()
    assert "ok" in capsys.readouterr().out
