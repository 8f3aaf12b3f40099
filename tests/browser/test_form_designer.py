"""The form designer in Chromium: out, changed with openpyxl, in again, compared, published, filled in, taken back.

Requirement: the documents print no form layout, so a school makes its own (requirements 1, 7.4, 7.15).
"""

import os
import re

import pytest
from support.browsers import SIZES, Person
from support.form_designs import edited
from support.servers import demo_served as served

from guanai.storage import open_school

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

CHECKED = "检查过了"


@pytest.fixture
def zhou(chromium, folder, port):
    with served(folder, port):
        person = Person(chromium, f"http://127.0.0.1:{port}")
        person.page.on("dialog", lambda dialog: dialog.accept())
        person.folder = folder
        yield person
        person.context.close()


def look(person, name):
    if os.environ.get("GUANAI_LOOK"):
        person.page.screenshot(path=f"{os.environ['GUANAI_LOOK']}/{name}-{person.size}.png", full_page=True)


def downloaded(person, path):
    """Press the button and return what the browser has saved."""
    with person.page.expect_download() as waiting:
        person.page.get_by_role("button", name="下载工作簿").click()
    waiting.value.save_as(path)
    return path.read_bytes()


def sent(person, path):
    """Choose a file on the page, as its button does."""
    with person.page.expect_file_chooser() as waiting:
        person.page.get_by_role("button", name="上传改好的工作簿").click()
    waiting.value.set_files(path)


def publish(person, said):
    person.page.get_by_role("button", name="发布", exact=True).click()
    person.page.get_by_text(re.compile(said)).wait_for()


def fill_talk(person, **answers):
    """Record a talk with the first child of the list."""
    for label in ("学生", "谈心教师"):
        field = person.page.get_by_label(re.compile(f"^{label}")).first
        if field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(index=1)
        else:
            field.fill(
                open_school(person.folder).instances("child" if label == "学生" else "staff")[0]["label"]
            )
            field.press("Tab")
    person.fill(**answers)
    person.page.get_by_role("button", name="保存", exact=True).click()
    person.page.locator(".guanai-notice.guanai-good").wait_for(timeout=30_000)


def test_a_question_added_answered_and_taken_back(zhou, tmp_path):
    page = zhou.open("designer?form=talk")
    content = downloaded(zhou, tmp_path / "talk.xlsx")
    look(zhou, "designer-open")
    changed = tmp_path / "谈心（改）.xlsx"
    changed.write_bytes(edited(content, add=[("mood", "文本", "心情")]))
    sent(zhou, changed)
    page.get_by_text(CHECKED).wait_for()
    page.get_by_text("新增问题“心情”（mood）").wait_for()
    question = page.get_by_label(re.compile("^心情"))
    studied = page.get_by_role("textbox", name=re.compile("^学习"))
    playwright.expect(question, "only the changed form asks it").to_have_count(1)
    playwright.expect(studied, "both stand side by side").to_have_count(2)
    look(zhou, "designer-checked")
    publish(zhou, "已发布，是第 1 版")
    look(zhou, "designer-published")

    zhou.open("register?form=talk&new=1")
    fill_talk(zhou, 心情="开朗")
    frame = open_school(zhou.folder).frame("talk")
    record = frame[frame["mood"] == "开朗"].iloc[0]

    page = zhou.open("designer?form=talk")
    page.get_by_role("button", name="恢复自带的表").click()
    page.get_by_text("删去问题“心情”（mood）").wait_for()
    page.get_by_text("有 1 条回答，留在各自的记录里").wait_for()
    publish(zhou, "恢复成软件自带的表")
    page = zhou.open(f"register?form=talk&id={record['id']}")
    page.get_by_text("本表已删除的问题").first.wait_for()
    page.get_by_text("开朗").first.wait_for()
    look(zhou, "record-retired")
    page = zhou.open(f"child?id={record['child']}")
    page.get_by_text("本表已删除的问题").first.wait_for(state="attached")
    assert "mood" not in open_school(zhou.folder).form("talk").columns
    assert open_school(zhou.folder).record("talk", record["id"])["mood"] == "开朗"
    assert zhou.outside == []


def test_a_new_register_is_in_the_navigation_and_works(zhou, tmp_path):
    page = zhou.open("designer")
    path = tmp_path / "送鞋.xlsx"
    path.write_bytes(edited(downloaded(zhou, path), add=[("size", "整数", "鞋码")]))
    sent(zhou, path)
    page.get_by_text("新登记表“新登记表”，6 个问题").wait_for()
    look(zhou, "designer-new")
    publish(zhou, "已发布")
    page.get_by_role("link", name="打开 新登记表").click()
    page.get_by_role("heading", name="新登记表").first.wait_for(timeout=60_000)
    zhou.open("register?form=送鞋&new=1")
    page.get_by_label(re.compile("^鞋码")).first.wait_for(timeout=60_000)
    zhou.open("register")
    page.get_by_role("link", name="新登记表").first.wait_for()


def test_what_is_wrong_is_said_and_the_page_goes_on(zhou, tmp_path):
    page = zhou.open("designer?form=talk")
    content = downloaded(zhou, tmp_path / "talk.xlsx")
    wrong = tmp_path / "坏.xlsx"
    for body, said in (
        (b"hello", "不是 .xlsx 工作簿"),
        (b"x" * (6 * 1024 * 1024), "这个文件太大"),
        (edited(content, life__类型="文木"), "没有“文木”这种类型"),
        (edited(content, add=[("mood", "文本", "心情")]), CHECKED),
    ):
        wrong.write_bytes(body)
        sent(zhou, wrong)
        page.get_by_text(re.compile(said)).first.wait_for()
    page.get_by_role("button", name="先不发布").click()
    page.get_by_text("新增问题“心情”").wait_for(state="detached")
    assert open_school(zhou.folder).publishing.versions("talk") == []


@pytest.mark.parametrize("size", SIZES)
def test_the_page_fits_the_window(chromium, folder, port, size, tmp_path):
    with served(folder, port):
        zhou = Person(chromium, f"http://127.0.0.1:{port}", size)
        page = zhou.open("designer?form=home_visit")
        path = tmp_path / "home_visit.xlsx"
        content = downloaded(zhou, path)
        path.write_bytes(edited(content, drop=["situation"], add=[("weather", "文本", "天气")]))
        sent(zhou, path)
        page.get_by_text(CHECKED).wait_for()
        look(zhou, "designer-visit")
        assert zhou.overflow() <= 0
