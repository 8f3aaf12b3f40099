"""An import in Chromium: a bad row, a heading corrected by choosing, the confirm, the undo; an export.

Requirement: rolls come in and go out as spreadsheets; registers of a school can be joined (R5; W1, W10; 7.8).
"""

import re
import zipfile

import pytest
from openpyxl import Workbook, load_workbook
from support.browsers import SIZES, Person
from support.servers import demo_served as served

from guanai.storage import create_school, open_school

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser


def sheet(path, *rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def choose(person, path):
    with person.page.expect_file_chooser() as chooser:
        person.page.get_by_role("button", name="选择要导入的文件").click()
    chooser.value.set_files(path)


@pytest.mark.parametrize("size", SIZES)
def test_an_import_is_seen_corrected_confirmed_and_taken_back(chromium, folder, port, tmp_path, size):
    school = open_school(folder)
    group = school.classes()[0]
    count = len(school.table("child"))
    heads = ["学生名字", "性别", "出生日期", "班级", "备注栏"]
    bad = sheet(
        tmp_path / "花名册.xlsx",
        heads,
        ["周小河", "男", "2016年2月30日", group, "x"],
        ["洪晓溪", "女", "2016-03-08", group, None],
    )
    good = sheet(
        tmp_path / "花名册2.xlsx",
        heads,
        ["周小河", "男", "2016年2月28日", group, "x"],
        ["洪晓溪", "女", "2016-03-08", group, None],
    )
    with served(folder, port):
        li = Person(chromium, f"http://127.0.0.1:{port}", size)
        li.open("exchange?form=child")
        li.look("exchange")

        choose(li, bad)
        li.page.get_by_text("有 2 列不知道是哪个问题的答案").wait_for(timeout=30_000)
        playwright.expect(li.page.get_by_role("button", name=re.compile("^确认导入"))).to_be_disabled()
        li.look("columns")
        li.page.get_by_label(re.compile("学生名字")).select_option(label="姓名")
        li.page.get_by_text("有 1 列不知道是哪个问题的答案").wait_for()
        li.page.get_by_label(re.compile("备注栏")).select_option(label="不导入这一列")
        li.page.get_by_text("不知道是哪个问题的答案").wait_for(state="hidden")
        li.page.get_by_text("2016年2月30日").first.wait_for()
        playwright.expect(li.page.get_by_role("button", name=re.compile("^确认导入"))).to_be_disabled()
        li.look("bad-row")

        li.page.get_by_role("button", name="换一个文件").click()
        choose(li, good)
        li.page.get_by_label(re.compile("学生名字")).select_option(label="姓名")
        li.page.get_by_label(re.compile("备注栏")).select_option(label="不导入这一列")
        li.page.get_by_role("button", name="确认导入 2 条").click()
        li.page.get_by_text("已导入 花名册2.xlsx").wait_for(timeout=30_000)
        li.look("imported")
        assert len(school.table("child")) == count + 2

        li.page.get_by_role("button", name="撤销这次导入").click()
        li.page.get_by_text("已撤销：2 条记录").wait_for()
        assert len(school.table("child")) == count

        with li.page.expect_download() as download:
            li.page.get_by_role("button", name="下载").click()
        download.value.save_as(tmp_path / "out.xlsx")
        assert load_workbook(tmp_path / "out.xlsx").worksheets[0].max_row == count + 1
        assert not li.outside


def test_a_file_that_cannot_be_sent_is_refused_before_it_is(chromium, folder, port, tmp_path):
    path = tmp_path / "很大.csv"
    with path.open("wb") as file:
        file.truncate(21 * 1024 * 1024)
    with served(folder, port):
        li = Person(chromium, f"http://127.0.0.1:{port}", "narrow")
        li.open("exchange?form=child")
        choose(li, path)
        li.page.get_by_text("很大.csv 太大（21.0 MB）").wait_for()
        li.look("too-large")
        choose(li, sheet(tmp_path / "x.xlsx", ["鞋码"], [36]))
        li.page.get_by_text("表单“child”不认识的列").wait_for(timeout=30_000)


@pytest.mark.parametrize("size", SIZES)
def test_another_school_comes_whole(chromium, folder, port, tmp_path, size):
    """All registers of a records.db in one preview; who is here already is asked about, and what is theirs waits."""
    other = create_school(tmp_path / "other", name="月河小学")
    school = open_school(folder)
    there = school.table("child").rows()[0]
    other.insert_many("class", school.table("class").rows()[:1])
    alike = {key: there[key] for key in ("name", "sex", "birth_date")}
    group = other.table("class").rows()[0]["name"]
    twin = other.save("child", {**alike, "class": group})
    other.save("child", {"name": "周小河", "sex": "male", "birth_date": "2015-03-08", "class": group})
    teacher = other.save("staff", {"name": "宋晓月", "sex": "female", "role": "homeroom", "active": "yes"})
    talk = {"child": twin["id"], "date": "2026-11-02", "by": teacher["id"], "study": "认真"}
    other.save("talk", talk)
    other.close()
    count = len(school.table("child"))
    with served(folder, port):
        li = Person(chromium, f"http://127.0.0.1:{port}", size)
        li.open("exchange?form=child")
        choose(li, tmp_path / "other" / "records.db")
        li.page.get_by_role("button", name="全部 4 张登记册").wait_for(timeout=30_000)
        li.page.get_by_role("button", name="等待 1").wait_for()
        li.look("whole")
        li.page.get_by_role("button", name="等待 1").click()
        li.page.get_by_text(re.compile("^它属于")).wait_for()
        li.look("whole-waits")
        li.page.get_by_label(re.compile(there["name"])).select_option(index=1)
        li.page.get_by_role("button", name="按选择重新检查").click()
        li.page.get_by_role("button", name="等待 1").wait_for(state="hidden")
        li.page.get_by_role("button", name=re.compile("^确认导入")).click()
        li.page.get_by_text("已导入 records.db").wait_for(timeout=30_000)
        li.look("whole-done")
        assert len(school.table("child")) == count + 1
        assert [record["child"] for record in school.table("talk").rows() if record.get("study") == "认真"][
            -1:
        ] == [there["id"]]
        li.page.get_by_role("button", name="撤销这次导入").first.click()
        li.page.get_by_text(re.compile("^已撤销")).wait_for()
        assert len(school.table("child")) == count
        assert not li.outside


def test_what_a_telephone_gave_is_chosen_together(chromium, folder, port, tmp_path):
    (folder / "forms" / "phone.md").write_text(
        "| survey | type | name | label |\n| | text | name | 姓名 |\n| | begin_repeat | kin | 家人 |\n"
        "| | text | who | 谁 |\n| | end_repeat | | |\n",
        encoding="utf-8",
    )
    files = {
        "phone.csv": "name,KEY,SET-OF-kin\n林小雨,uuid:1,x\n",
        "phone-kin.csv": "who,PARENT_KEY,KEY\n奶奶,uuid:1,uuid:1/kin[1]\n爷爷,uuid:1,uuid:1/kin[2]\n",
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "phone.zip", "w") as archive:
        for number in (2, 3):
            archive.writestr(
                f"instances/{number}/submission.xml",
                f"<data><name>周小河{number}</name><meta><instanceID>uuid:{number}</instanceID></meta></data>",
            )
    with served(folder, port):
        li = Person(chromium, f"http://127.0.0.1:{port}", "wide")
        li.open("exchange?form=phone")
        for chosen, count in (([tmp_path / name for name in files], 1), ([tmp_path / "phone.zip"], 2)):
            choose(li, chosen)
            li.page.get_by_role("button", name=f"确认导入 {count} 条").click(timeout=30_000)
            li.page.get_by_text(re.compile(f"^已导入 .*新增 {count} 条")).wait_for(timeout=30_000)
            li.look(f"phone-{count}")
        rows = open_school(folder).table("phone").rows()
        assert sorted(len(row.get("kin", [])) for row in rows) == [0, 0, 2]

        li.open("designer?form=phone")
        li.page.get_by_role("button", name="停用这张登记表").click()
        li.page.get_by_text("已停用。").wait_for()
        li.look("closed")
        li.open("register")
        li.page.get_by_text("停用的登记册（1）").click()
        li.look("closed-register")
        li.page.get_by_role("link", name=re.compile("phone")).click()
        li.page.get_by_text("周小河2").wait_for()
        playwright.expect(li.page.get_by_role("link", name=re.compile("新增"))).to_have_count(0)
