"""Errors that a person brings about, each with its place and its remedy in both languages.

Promise: errors say where and what to do: file, sheet, row, column, remedy.

What the tests of a module provoke anyway stands there; here is the rest, by room. `test_error_catalogue` holds that none is left out.
"""

import asyncio
import json
import re
import shutil
import string
import threading
import zipfile
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest
from openpyxl import Workbook, load_workbook
from support.days import TODAY

from guanai.server.accounts.accounts import Accounts
from guanai.server.accounts.served_school import ServedSchool
from guanai.server.commands import demo_check, user_commands
from guanai.server.commands.cli import parser
from guanai.server.sample.make import make_sample
from guanai.server.sample.tables import read_tables
from guanai.storage import GuanaiError, create_school, open_school
from guanai.storage.exports.export import write_export
from guanai.storage.files import xlsx_reader
from guanai.storage.form_files.form_catalogue import eject
from guanai.storage.forms import form_of
from guanai.storage.imports.run import Choices
from guanai.storage.imports.sources import read_source
from guanai.storage.records.records import Identity
from guanai.storage.school.workbook_edits import digest_of, write_edits
from guanai.storage.school.workbooks import read_workbook
from guanai.templates.wording import catalogue, say
from guanai.widgets import Form

pytestmark = pytest.mark.slow

ON = date(2026, 11, 23)
CLASS = {"name": "三年级1班", "grade": 3, "level": "primary", "pupils": 42}
CHILD = {
    "name": "林小雨",
    "sex": "female",
    "birth_date": "2016-05-04",
    "class": "三年级1班",
    "phone": "10012345678",
    "father_status": "away",
    "mother_status": "away",
    "registered_on": "2026-09-01",
}
FILLED = re.compile(r"\{\w*\}|None|<[^>]+ object")


def check_message(error, key, place, zh, en):
    """Check an error: its key, and that the message in each language names the place and the remedy."""
    assert error.key == key
    for language, remedy in (("zh", zh), ("en", en)):
        message = error.message(language)
        assert place in message
        assert remedy in message
        assert not FILLED.search(message), message
        given = {name for _, name, *_ in string.Formatter().parse(catalogue()[key][language]) if name}
        assert given <= error.values.keys()


def check(provoke, desk, key, place, zh, en):
    with pytest.raises(GuanaiError) as refused:
        provoke(desk)
    check_message(refused.value, key, place, zh, en)


def command(*arguments):
    """Run a command without what turns its error into a line."""
    chosen = parser().parse_args([str(argument) for argument in arguments])
    chosen.run(chosen)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A school with a class, one of the staff and a child, made once."""
    path = tmp_path_factory.mktemp("desk") / "school"
    school = create_school(path, policy="002-1", name="星光小学", on=TODAY)
    school.save("class", CLASS)
    school.save("staff", {"name": "宋老师", "role": "subject", "active": "yes"})
    school.save("child", CHILD)
    school.close()
    return path


@pytest.fixture
def desk(folder, tmp_path, monkeypatch):
    """A copy of that school which a test may change, and room for files."""
    path = tmp_path / "school"
    shutil.copytree(folder, path)
    opened = open_school(path)
    school = opened.as_user("测试老师")
    (staff,), (child,) = (school.table(form).rows() for form in ("staff", "child"))
    yield SimpleNamespace(
        school=school, staff=dict(staff), child=dict(child), tmp=tmp_path, path=path, patch=monkeypatch
    )
    opened.close()


# -- files in and out


def text(desk, content, name="in.csv"):
    path = desk.tmp / name
    path.write_text(content, encoding="utf-8")
    return path


def book(desk, *rows):
    made = Workbook()
    for row in rows:
        made.active.append(row)
    made.save(desk.tmp / "in.xlsx")
    return desk.tmp / "in.xlsx"


def copy(desk, form="child", name="copy.xlsx"):
    write_export(desk.school, form, desk.tmp / name)
    return desk.tmp / name


def long_book(desk):
    desk.patch.setattr(xlsx_reader, "MAX_ROWS", 3)
    read_source(book(desk, *[["姓名"]] * 40))


def half_a_sheet(desk):
    whole, broken = book(desk, ["姓名"], *[["林小雨"]] * 99), desk.tmp / "broken.xlsx"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(broken, "w") as new:
        for part in old.namelist():
            content = old.read(part)
            new.writestr(part, content[:-200] if "sheet1" in part else content)
    read_source(broken)


def guardians_of_nobody(desk):
    desk.school.save("child", {**desk.child, "guardians": [{"name": "林大山", "relation": "grandfather"}]})
    path = copy(desk)
    made = load_workbook(path)
    made["监护人"].delete_cols(1, 2)
    made.save(path)
    desk.school.imports.preview("child", path)


def no_records_there(desk):
    (desk.tmp / "other").mkdir()
    (desk.tmp / "other" / "records.db").write_bytes(b"no database" * 999)
    read_source(desk.tmp / "other")


def endless_answer(desk):
    desk.school.insert_many("child", [{**CHILD, "village": "长" * 33_000}])
    copy(desk)


def bad_row(desk):
    path = text(desk, "姓名,性别,出生日期,班级\n周小河,不清楚,2015-3-8,三年级1班\n")
    desk.school.imports.apply(desk.school.imports.preview("child", path, Choices({})))


def clashing(desk):
    path = copy(desk, name="copy.csv")
    path.write_text(path.read_text(encoding="utf-8-sig").replace("10012345678", "10087654321"), "utf-8-sig")
    desk.school.save("child", {**desk.child, "phone": "10011112222"})
    return path


def both_changed(desk):
    command("import", desk.path, "child", clashing(desk))


def both_changed_on_the_page(desk):
    desk.school.imports.apply(desk.school.imports.preview("child", clashing(desk)))


RECORDS = json.dumps([{"name": "林小雨"}] * 50_001)
FILES = [
    ("exchange.too_long", lambda desk: read_source(text(desk, "a\n" * 50_002)), "in.csv", "分成几个文件", "several files"),
    ("exchange.too_long", lambda desk: read_source(text(desk, RECORDS, "in.json")), "in.json", "分成几个", "several files"),
    ("exchange.too_long", long_book, "in.xlsx", "分成几个文件", "several files"),
    ("exchange.too_wide", lambda desk: read_source(text(desk, "a," * 501 + "a")), "in.csv", "请删掉", "Remove"),
    ("exchange.too_wide", lambda desk: read_source(book(desk, ["a"] * 501)), "in.xlsx", "请删掉", "Remove"),
    ("exchange.damaged", half_a_sheet, "broken.xlsx", "另存为", "save it as"),
    ("exchange.no_parent_column", guardians_of_nobody, "监护人", "请加上这一列", "Add it"),
    ("exchange.other_school", no_records_there, "other", "备份", "backup"),
    ("exchange.too_long_text", endless_answer, "", "请导出为 csv", "Export it as csv"),
    (
        "exchange.unwritable",
        lambda desk: write_export(desk.school, "child", desk.tmp / "none" / "a.csv"),
        "a.csv",
        "请检查文件夹",
        "Check that the folder",
    ),
    (
        "exchange.bad_map",
        lambda desk: command("import", desk.path, "child", text(desk, "姓名\n林"), "--map", "name"),
        "“name”",
        "写成",
        "takes HEADING=QUESTION",
    ),
    ("import.refused", bad_row, "1", "改好再导入", "Mend them"),
    ("import.conflicts", both_changed, "1", "--conflicts file", "--conflicts file"),
    ("import.conflicts", both_changed_on_the_page, "1", "逐项选择", "choose one by one"),
    ("import.gone", lambda desk: desk.school.imports.undo("none"), "--undo", "请刷新", "Reload"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "provoke", "place", "zh", "en"), FILES)
def test_files_in_and_out(desk, key, provoke, place, zh, en):
    check(provoke, desk, key, place, zh, en)


# -- records, rules and pairings


def merged_away(desk):
    other = desk.school.save("child", {**CHILD, "name": "林小语"})
    desk.school.duplicates.merge(desk.child["id"], other["id"])
    desk.school.deleted.restore("child", other["id"])


def nothing_to_pair(desk):
    proposal = desk.school.pairings.propose()
    desk.school.pairings.accept(replace(proposal, pairs=proposal.pairs.iloc[:0]), ON)


def pairing_in_between(desk):
    proposal = desk.school.pairings.propose()
    desk.school.save("staff", {"name": "李老师", "role": "subject", "active": "yes"})
    desk.school.pairings.accept(proposal, ON)


def undone_twice(desk):
    done = desk.school.pairings.accept(desk.school.pairings.propose(), ON)
    desk.school.pairings.undo(done.id)
    desk.school.pairings.undo(done.id)


def pairing_touched(desk):
    school = desk.school
    done = school.pairings.accept(school.pairings.propose(), ON)
    (pairing,) = school.table("pairing").rows()
    school.save("pairing", {**pairing, "end": "2026-12-24"})
    school.pairings.undo(done.id)


def refused_pairing(desk):
    proposal = desk.school.pairings.propose()
    pairs = proposal.pairs.assign(carer="nobody")
    desk.school.pairings.accept(replace(proposal, pairs=pairs), ON)


def saved_in_between(desk):
    desk.school.as_user("李老师").save("child", {**desk.child, "phone": "10011112222"})
    desk.school.save("child", desk.child)


def binned_in_between(desk):
    table = desk.school.table("child")
    desk.school.as_user("李老师").delete("child", desk.child["id"])
    table.replace(desk.child["id"], desk.child, 1)


RECORDS_AND_PAIRINGS = [
    ("bin.merged", merged_away, "林小语", "撤销合并", "undo the merge"),
    ("pairing.nothing", nothing_to_pair, "", "请先登记", "Enter staff"),
    ("pairing.stale", pairing_in_between, "", "请重新提出", "Propose again"),
    ("pairing.gone", undone_twice, "", "请刷新", "Reload"),
    ("pairing.touched", pairing_touched, "林小雨", "请逐个修改", "change them one by one"),
    ("school.refused", refused_pairing, "1", "改正", "attention"),
    ("school.no_record", lambda desk: desk.school.amend("child", "gone", {}), "gone", "到回收站", "look in the bin"),
    ("school.no_record", lambda desk: desk.school.save("child", {**CHILD, "id": "gone"}), "gone", "回收站", "the bin"),
    ("school.no_record", lambda desk: desk.school.duties.step_done("child", "gone", "x"), "gone", "回收站", "the bin"),
    ("storage.conflict", saved_in_between, "李老师", "请对照", "Compare"),
    ("storage.conflict.deleted", binned_in_between, "李老师", "先从回收站恢复", "Restore it"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "provoke", "place", "zh", "en"), RECORDS_AND_PAIRINGS)
def test_records_and_pairings(desk, key, provoke, place, zh, en):
    check(provoke, desk, key, place, zh, en)


# -- the school's folder, its workbook and settings


def edited(desk, expected=None, backups=None):
    path = desk.school.folder.workbook
    write_edits(path, [], expected or digest_of(path), backups or desk.tmp / "backups")


def edited_while_saving(desk):
    """Somebody saves in WPS after the file was read and before the new one takes its place."""
    path = desk.school.folder.workbook
    real = Workbook.save

    def save(self, into):
        path.write_bytes(path.read_bytes() + b"\0")
        real(self, into)

    desk.patch.setattr(Workbook, "save", save)
    edited(desk)


def without_workbook(desk):
    desk.school.folder.workbook.unlink()
    desk.school.settings.read()


def set_by_a_teacher(desk):
    book = desk.school.as_identity(Identity("宋老师", desk.staff["id"], ("homeroom",))).settings
    book.change(book.read(), [])


SCHOOL = [
    ("school.exists", lambda desk: create_school(desk.path), "school", "换一个文件夹", "Name another folder"),
    ("school.exists", lambda desk: make_sample(desk.path, "small", ON), "school", "换一个文件夹", "Name another"),
    (
        "sample.cell",
        lambda desk: read_tables(text(desk, "# A\n\n## a\n| field | value | when | share |\n| b | =c d | | |", "a.md")),
        "a.md",
        "README.md",
        "README.md",
    ),
    ("school.no_policy", lambda desk: create_school(desk.tmp / "x", policy="001-9"), "001-9", "可选：", "Choose one of"),
    (
        "school.no_policy",
        lambda desk: desk.school.settings.suggestions("001-9", desk.school.settings.read()),
        "001-9",
        "可选：",
        "Choose one of",
    ),
    ("school.no_report", lambda desk: desk.school.report("nothing"), "nothing.docx", "请把", "Put"),
    ("school.no_term", lambda desk: desk.school.coverage("十年前"), "十年前", "校历", "Add it on the sheet"),
    ("school.workbook_unreadable", lambda desk: read_workbook(text(desk, "x", "a.xlsx")), "a.xlsx", "保存为", "Save it again"),
    ("settings.newer", lambda desk: edited(desk, "another"), "school.xlsx", "请刷新", "Reload"),
    ("settings.newer", edited_while_saving, "school.xlsx", "请刷新", "Reload"),
    ("settings.unwritable", lambda desk: edited(desk, backups=text(desk, "", "file")), "school.xlsx", "请先关闭", "Close it"),
    ("settings.none", without_workbook, "school.xlsx", "放回来", "Put a backup"),
    ("settings.not_you", set_by_a_teacher, "", "德育负责人", "the coordinator"),
    ("eject.exists", lambda desk: [eject(desk.school.folder, "forms/talk") for _ in "12"], "talk.xlsx", "改名", "rename"),
    ("eject.unknown", lambda desk: eject(desk.school.folder, "forms/x"), "forms/x", "可以写", "You can name"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "provoke", "place", "zh", "en"), SCHOOL)
def test_the_schools_folder(desk, key, provoke, place, zh, en):
    check(provoke, desk, key, place, zh, en)


# -- accounts and commands


def accounts(desk):
    return Accounts(desk.school)


def taken(desk):
    accounts(desk).add_without_password("宋老师")
    accounts(desk).check_new(" 宋老师")


def typed_differently(desk):
    answers = iter(["青山常在-2026", "青山长在-2026"])
    desk.patch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    desk.patch.setattr(user_commands.getpass, "getpass", lambda _: next(answers))
    command("user", desk.path, "add", "王敏")


def guessed_too_often(desk):
    served = ServedSchool(desk.school)
    for _ in range(5):
        served.throttle.attempt("王敏", "10.0.0.1")
    asyncio.run(served.check_password("王敏", "x", "10.0.0.1", None))


def two_of_a_name(desk):
    desk.school.save("staff", {"name": "宋老师", "role": "homeroom", "active": "yes"})
    command("due", desk.path, "--who", "宋老师")


def lab_that_fails(desk):
    text(desk, "raise SystemExit(3)", "jupyterlab.py")
    desk.patch.setenv("PYTHONPATH", str(desk.tmp))
    command("lab", desk.path)


ACCOUNTS = [
    ("account.taken", taken, "宋老师", "换一个名字", "Choose another name"),
    ("account.unknown", lambda desk: accounts(desk).get("王敏"), "王敏", "guanai user", "guanai user"),
    (
        "account.no_staff",
        lambda desk: command("user", desk.path, "add", "王敏", "--staff", "s99"),
        "s99",
        "核对编号",
        "Look it up",
    ),
    ("password.differs", typed_differently, "", "请重新输入", "type them again"),
    ("sign_in.wait", guessed_too_often, "", "秒再试", "try again"),
    (
        "due.nobody",
        lambda desk: command("due", desk.path, "--who", "王敏"),
        "王敏",
        "请用姓名或编号",
        "Use a name",
    ),
    ("due.several", two_of_a_name, "宋老师", "请用编号", "use an id"),
    ("lab.failed", lab_that_fails, "JupyterLab", "看上面的提示", "see what it says"),
]


@pytest.mark.parametrize(("key", "provoke", "place", "zh", "en"), ACCOUNTS)
def test_accounts_and_commands(desk, key, provoke, place, zh, en):
    check(provoke, desk, key, place, zh, en)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("key", "arguments", "given"),
    [
        ("command.bad_count", ["serve", ".", "--max-people", "0"], "0"),
        ("command.bad_day", ["due", ".", "--on", "20.11."], "20.11."),
    ],
)
def test_an_option_that_cannot_be_read(monkeypatch, capsys, language, key, arguments, given):
    monkeypatch.setenv("GUANAI_LANGUAGE", language)
    with pytest.raises(SystemExit):
        parser().parse_args(arguments)
    assert say(key, language, text=given) in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["file", "image"])
@pytest.mark.parametrize(
    ("language", "remedy"), [("zh", "请从学校的页面打开"), ("en", "Open the form from a page")]
)
def test_a_file_for_a_form_without_a_folder(monkeypatch, kind, language, remedy):
    monkeypatch.setenv("GUANAI_LANGUAGE", language)
    text = f"| survey | type | name | label |\n| | {kind} | letter | 承诺书 |"
    form = Form(form_of(text), str)
    field = form.fields["letter"]
    field.enter(("a.pdf", b"%PDF"))
    assert field.own_error == say("attachment.nowhere")
    assert remedy in field.own_error


# -- the demonstration's check of itself


class Closed(BaseHTTPRequestHandler):
    """A server that lets nobody in and shows no page."""

    def do_GET(self):
        self.send_error(404 if self.path == "/login" else 500)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_error(403)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def closed():
    served = HTTPServer(("127.0.0.1", 0), Closed)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{served.server_port}"
    served.shutdown()
    served.server_close()


@pytest.mark.parametrize(
    ("key", "page", "zh", "en"),
    [
        ("check.no_pages", "", "请重新安装", "Install guanai again"),
        ("check.no_sign_in", "home", "请运行 guanai demo", "Run guanai demo"),
    ],
)
def test_a_demonstration_that_does_not_come_up(monkeypatch, closed, key, page, zh, en):
    @contextmanager
    def served(_, folder, *__):
        if page:
            notebooks = demo_check.Path(folder) / "notebooks"
            notebooks.mkdir(parents=True)
            (notebooks / f"{page}.ipynb").write_text('{"cells": [], "metadata": {}}', encoding="utf-8")
        yield closed

    monkeypatch.setattr(demo_check, "served", served)
    with pytest.raises(GuanaiError) as refused:
        demo_check.check_demo()
    check_message(refused.value, key, "", zh, en)


def test_a_page_that_does_not_open(closed):
    with pytest.raises(GuanaiError) as refused:
        demo_check._open_once(demo_check.HttpProbe(closed), "home_visit")
    check_message(refused.value, "check.page", "home_visit", "请运行 guanai demo", "Run guanai demo")
    assert "500" in refused.value.message()


@pytest.mark.parametrize("patience", [None, 0])
def test_a_server_that_does_not_start(monkeypatch, tmp_path, patience):
    if patience is not None:
        monkeypatch.setattr(demo_check, "STARTING_SECONDS", patience)
    with pytest.raises(GuanaiError) as refused, demo_check.served("serve", str(tmp_path / "none")):
        pass
    check_message(refused.value, "check.not_serving", "", "请运行 guanai demo", "Run guanai demo")
    assert ("0 s" if patience == 0 else "none") in refused.value.message()
