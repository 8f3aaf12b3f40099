"""An import in Chromium (issue 3 section 6): a bad row, a heading corrected by choosing, the confirm, the undo; an export."""

import os
import re

import pytest
from openpyxl import Workbook, load_workbook
from test_browser import SIZES, Person, chromium, folder, port, served

from guanai.storage import open_school

__all__ = ["chromium", "folder", "port"]

pytestmark = pytest.mark.browser


def look(person, name):
    assert person.overflow() <= 0
    if os.environ.get("GUANAI_LOOK"):
        person.page.screenshot(path=f"{os.environ['GUANAI_LOOK']}/{name}-{person.size}.png", full_page=True)


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
        look(li, "exchange")

        choose(li, bad)
        li.page.get_by_text("有 2 列不知道是哪个问题的答案").wait_for(timeout=30_000)
        assert li.page.get_by_role("button", name=re.compile("^确认导入")).is_disabled()
        look(li, "columns")
        li.page.get_by_label(re.compile("学生名字")).select_option(label="姓名")
        li.page.get_by_text("有 1 列不知道是哪个问题的答案").wait_for()
        li.page.get_by_label(re.compile("备注栏")).select_option(label="不导入这一列")
        li.page.get_by_text("不知道是哪个问题的答案").wait_for(state="hidden")
        li.page.get_by_text("2016年2月30日").first.wait_for()
        assert li.page.get_by_role("button", name=re.compile("^确认导入")).is_disabled()
        look(li, "bad-row")

        li.page.get_by_role("button", name="换一个文件").click()
        choose(li, good)
        li.page.get_by_label(re.compile("学生名字")).select_option(label="姓名")
        li.page.get_by_label(re.compile("备注栏")).select_option(label="不导入这一列")
        li.page.get_by_role("button", name="确认导入 2 条").click()
        li.page.get_by_text("已导入 花名册2.xlsx").wait_for(timeout=30_000)
        look(li, "imported")
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
        look(li, "too-large")
        choose(li, sheet(tmp_path / "x.xlsx", ["鞋码"], [36]))
        li.page.get_by_text("表单“child”不认识的列").wait_for(timeout=30_000)
