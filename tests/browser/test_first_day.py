"""A person's path in Chromium, wide and narrow: the main job, two browsers at once, a killed server (W1, W4, W6).

``GUANAI_PICTURES=1`` also renews the pictures of the README.
"""

import re
import signal
import zipfile
from pathlib import Path

import pytest
from openpyxl import load_workbook
from support.browsers import SIZES, Person, choose
from support.servers import demo_served as served

from guanai.storage import open_school

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

PAGES = sorted(path.stem for path in (Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
PICTURED = {"home", "day", "child", "home_visit", "pairing", "checklist", "matrix", "summary", "register"}


def register(person, name):
    person.open("child?new=1")
    person.fill(姓名=name, 出生日期="2017-5-4")
    person.page.get_by_label("女", exact=True).first.check()
    first_class = open_school(person.folder).classes()[0]
    choose(person, "班级", first_class)
    for parent in ("父亲", "母亲"):
        choose(person, f"{parent}状况", "外出务工")
    person.save()
    return f"{name}（{first_class}）"


def test_the_main_job(chromium, folder, port):
    base = f"http://127.0.0.1:{port}"
    with served(folder, port) as server:
        li, wang = Person(chromium, base), Person(chromium, base, "narrow")
        li.folder = folder
        label = register(li, "试小禾")

        wang.open("child")
        wang.page.get_by_label(re.compile("^查找")).fill("shixh")
        wang.page.get_by_label(re.compile("^查找")).press("Tab")
        wang.page.get_by_role("link", name="试小禾").wait_for()

        school = open_school(folder)
        child = school.frame("child").set_index("name").loc["试小禾"]
        assert child["eligible"] == "yes"
        assert child["created_by"] != "guanai"
        before = len(school.due())

        li.open(f"pairing?child={child['id']}")
        helper = school.instances("staff")[0]["label"]
        choose(li, "帮扶教师", helper)
        li.save()

        wang.open("home_visit")
        choose(wang, "学生", label)
        wang.page.get_by_label("走进家庭", exact=True).check()
        wang.fill(讲到的优点="主动帮奶奶做家务")
        wang.save()

        after = school.due()
        assert len(after) < before + 3
        assert "落实帮扶教师" not in set(after[after["subject_id"] == child["id"]]["duty"])

        server.send_signal(signal.SIGKILL)
        server.wait()
    with served(folder, port):
        li.open(f"child?id={child['id']}")
        li.page.get_by_text("主动帮奶奶做家务").first.wait_for()
        li.page.get_by_text(helper).first.wait_for()
        li.open("summary")
        with li.page.expect_download() as word:
            li.page.get_by_role("button", name=re.compile("Word")).click()
        with zipfile.ZipFile(word.value.path()) as document:
            assert school.name in document.read("word/document.xml").decode()
        with li.page.expect_download() as excel:
            li.page.get_by_role("button", name=re.compile("Excel")).click()
        excel.value.save_as(folder / "summary.xlsx")
        assert load_workbook(folder / "summary.xlsx").sheetnames
        assert not li.outside + wang.outside


def test_a_refused_save_shows_the_error_beside_the_field_and_keeps_what_was_typed(chromium, folder, port):
    with served(folder, port):
        li = Person(chromium, f"http://127.0.0.1:{port}", "narrow")
        li.open("child?new=1")
        li.fill(姓名="试小禾", 出生日期="2017-2-30")
        li.page.get_by_text("2017-2-30").or_(
            li.page.get_by_text(re.compile("没有这一天|不存在"))
        ).first.wait_for()
        li.page.get_by_role("button", name="保存", exact=True).click()
        li.page.get_by_text(re.compile("处需要")).wait_for()
        for label, typed in (("姓名", "试小禾"), ("出生日期", "2017-2-30")):
            playwright.expect(li.page.get_by_label(re.compile(f"^{label}")).first).to_have_value(typed)
        li.page.locator(".guanai-field :focus").wait_for()


@pytest.mark.parametrize("size", SIZES)
def test_every_page_fits_the_window_and_asks_no_other_host(chromium, folder, port, size):
    with served(folder, port):
        li = Person(chromium, f"http://127.0.0.1:{port}", size)
        for page in PAGES:
            li.open(page)
            li.page.wait_for_timeout(3_000 if page == "summary" else 500)
            assert li.overflow() <= 0, page
            if page in PICTURED:
                li.picture(page)
        more = li.page.locator(".bar-more:not(.bar-account)")
        more.locator("summary").click()
        more.get_by_role("link", name="学校设置").wait_for()
        li.page.mouse.click(5, 600)  # elsewhere
        more.get_by_role("link", name="学校设置").wait_for(state="hidden")
        more.locator("summary").click()
        more.get_by_role("link", name="学校设置").click()
        li.page.wait_for_url("**/settings")
        assert not li.outside
