"""The `guanai` command: exit status 0, or 2 with one clear line (issue 2, section 6); what it prints and makes."""

import csv
import io
import json
import os
import subprocess
import sys
from datetime import date, datetime, timedelta

import pandas as pd
import pytest
from support.days import TODAY

from guanai.care.errors import GuanaiError
from guanai.server.commands import report_commands, serve_commands
from guanai.server.commands.cli import main, parser
from guanai.server.commands.console_output import listing, plain_value
from guanai.server.commands.demo_check import check_demo
from guanai.server.commands.school_commands import opened
from guanai.server.shipped_pages import renew
from guanai.templates.wording import catalogue, say

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


def test_help_waits_for_nothing_heavy():
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
def test_a_mistake_is_one_line_and_status_2(school, tmp_path, capsys, arguments):
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


def test_the_unexpected_has_a_number_and_stands_in_the_log(school, monkeypatch, capsys):
    monkeypatch.setattr(report_commands, "opened", lambda path: 1 / 0)
    assert main(["summary", str(school.folder.path)]) == 2
    line = capsys.readouterr().err
    reference = line.split("编号 ")[1][:6]
    log = (school.folder.path / "logs" / "guanai.log").read_text(encoding="utf-8")
    assert "ZeroDivisionError" in log.split(reference)[1]


class TestDueAndSummary:
    def test_due_as_json(self, sample_folder, capsys):
        assert main(["due", str(sample_folder), "--on", TODAY.isoformat(), "--format", "json"]) == 0
        rows = json.loads(capsys.readouterr().out)
        assert rows
        for row in rows:
            assert set(row) >= {"duty", "subject", "subject_id", "who", "due", "since", "status", "why"}
            assert row["due"] is None or date.fromisoformat(row["due"])  # not every rule has a limit
        with opened(sample_folder) as school:
            assert len(rows) == len(school.due(TODAY))

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
    def test_out_and_in_again_is_the_same(self, sample_folder, tmp_path, capsys, ending):
        file = tmp_path / f"children.{ending}"
        assert main(["export", str(sample_folder), "child", str(file)]) == 0
        assert main(["import", str(sample_folder), "child", str(file), "--dry-run"]) == 0
        with opened(sample_folder) as school:
            count = len(school.table("child"))
        assert say("import.would", new=0, changed=0, same=count, bad=0) in capsys.readouterr().out

    def test_bad_rows_write_nothing(self, filled, tmp_path, capsys):
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
        assert "陈老师\tcoordinator" in capsys.readouterr().out
        assert main(["user", folder, "remove", "陈老师"]) == 0
        capsys.readouterr()
        main(["user", folder, "list"])
        assert capsys.readouterr().out.strip() == say("account.none")

    @pytest.mark.parametrize(("typed", "key"), [("", "password.none"), ("short\n", "password.length")])
    def test_no_account_without_a_good_password(self, school, monkeypatch, capsys, typed, key):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        assert main(["user", str(school.folder.path), "add", "陈老师"]) == 2
        assert capsys.readouterr().err.strip() == say(key, least=8, most=200)
        assert len(school.table("account")) == 0


class TestSchool:
    def test_init_makes_a_school_with_its_pages(self, tmp_path, capsys):
        assert main(["init", str(tmp_path / "new"), "--policy", "004", "--name", "星光小学"]) == 0
        with opened(tmp_path / "new") as school:
            assert school.name == "星光小学"
            assert school.policy.name
        assert (tmp_path / "new" / "notebooks" / "home.ipynb").exists()

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


def notebook(path, source, **about):
    cell = {"cell_type": "code", "source": source, "outputs": [], "execution_count": None, **about}
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(json.dumps({"cells": [cell], "metadata": about}))


class TestRenewal:
    """Pages that nobody changed are renewed, changed ones are kept (design: a school is a folder)."""

    @pytest.fixture
    def copied(self, tmp_path):
        shipped, folder = tmp_path / "shipped", tmp_path / "notebooks"
        for name in ("untouched", "opened", "changed", "deleted"):
            notebook(shipped / f"{name}.ipynb", f"{name} = 1")
        pages = {path.name: path for path in sorted(shipped.iterdir())}
        first = renew(folder, pages)
        assert first.added == ("changed.ipynb", "deleted.ipynb", "opened.ipynb", "untouched.ipynb")
        notebook(folder / "opened.ipynb", "opened = 1", execution_count=3)  # JupyterLab's own notes
        notebook(folder / "changed.ipynb", "changed = 'by the school'")
        (folder / "deleted.ipynb").unlink()
        return folder, pages

    def test_nothing_new_changes_nothing(self, copied):
        folder, pages = copied
        done = renew(folder, pages)
        assert done.renewed == ()
        assert done.kept == ("changed.ipynb", "deleted.ipynb")
        assert not (folder / "deleted.ipynb").exists()

    def test_a_new_version(self, copied, tmp_path):
        folder, pages = copied
        for path in pages.values():
            notebook(path, f"{path.stem} = 2")
        notebook(tmp_path / "shipped" / "fresh.ipynb", "fresh = 2")
        done = renew(folder, {**pages, "fresh.ipynb": tmp_path / "shipped" / "fresh.ipynb"})
        assert done.renewed == ("opened.ipynb", "untouched.ipynb")
        assert done.kept == ("changed.ipynb", "deleted.ipynb")
        assert done.added == ("fresh.ipynb",)
        assert "by the school" in (folder / "changed.ipynb").read_text()
        assert "untouched = 2" in (folder / "untouched.ipynb").read_text()

    def test_a_lost_manifest_keeps_what_is_there(self, copied):
        folder, pages = copied
        (folder / ".shipped.json").write_text("{")
        for path in pages.values():
            notebook(path, f"{path.stem} = 2")
        assert renew(folder, pages).kept == ("changed.ipynb", "opened.ipynb", "untouched.ipynb")


class TestListing:
    @pytest.mark.parametrize(
        ("value", "plain"),
        [
            (date(2026, 11, 20), "2026-11-20"),
            (datetime(2026, 11, 20), "2026-11-20"),
            (datetime(2026, 11, 20, 9, 30), "2026-11-20T09:30"),
            (timedelta(minutes=-5), -5),
            (pd.Timestamp("2026-11-20"), "2026-11-20"),
            (pd.NaT, None),
            (float("nan"), None),
            (pd.Series([3])[0], 3),
            (["a", pd.Timestamp("2026-11-20")], ["a", "2026-11-20"]),
            (None, None),
            ("文字", "文字"),
        ],
    )
    def test_values(self, value, plain):
        assert plain_value(value) == plain
        json.dumps(plain_value(value))

    def test_a_table_is_straight_in_chinese(self):
        lines = listing([{"a": "家访", "b": 1}, {"a": "ab", "b": 22}], ("a", "b"), "table").splitlines()
        assert lines == ["a     b", "家访  1", "ab    22"]

    def test_csv_has_no_formula(self):
        said = listing([{"a": "=1+1"}], ("a",), "csv")
        assert not said.splitlines()[1].startswith("=")


def test_a_demonstration_is_made_once_and_never_of_a_real_school(tmp_path, school, capsys):
    folder = tmp_path / "demo"
    assert main(["demo", str(folder), "--size", "small", "--make-only"]) == 0
    with opened(folder) as made:
        children = len(made.table("child"))
        accounts = made.table("account").all()
    assert children >= 30
    assert [account["password"] for account in accounts] == [""]
    assert accounts[0]["staff"]
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
