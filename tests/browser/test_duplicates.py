"""The right child in Chromium: asked before saving; two dossiers made one and taken apart again.

Requirement: one file for each child, whoever writes it (R1, R60; 7.6).
"""

import re

import pytest
from support.browsers import SAVED, SIZES, Person
from support.servers import demo_served as served

from guanai.storage import open_school

pytestmark = pytest.mark.browser


def type_a_child(person, child):
    person.open("child?new=1")
    person.fill(姓名=child["name"], 出生日期=child["birth_date"], 联系电话="10012345678")
    person.page.get_by_label("女" if child["sex"] == "female" else "男", exact=True).first.check()
    person.page.get_by_label(re.compile("^班级")).first.select_option(label=child["class"])
    person.page.get_by_role("button", name="保存", exact=True).click()
    person.page.get_by_text("还没有保存：").wait_for(timeout=30_000)


@pytest.mark.parametrize("size", SIZES)
def test_which_child_is_it(chromium, folder, port, size):
    school = open_school(folder)
    child = next(record for record in school.table("child").rows() if record.get("class"))
    count = len(school.frame("child"))
    with served(folder, port):
        li = Person(chromium, f"http://127.0.0.1:{port}", size)
        li.page.on("dialog", lambda dialog: dialog.accept())
        type_a_child(li, child)
        li.look("which-child")
        li.page.get_by_role("button", name=re.compile("^就是这名儿童")).first.click()
        li.page.get_by_text("您填的已放进来").wait_for()
        li.look("review")
        li.save()
        assert len(school.frame("child")) == count
        assert school.record("child", child["id"])["phone"] == "10012345678"

        type_a_child(li, child)
        li.page.get_by_role("button", name="是另一名儿童，保存").click()
        li.page.locator(SAVED).wait_for(timeout=30_000)
        assert len(school.frame("child")) == count + 1

        li.open("same_child")
        li.page.get_by_role("link", name=child["name"]).first.wait_for()
        li.look("pairs")
        li.page.get_by_role("link", name=child["name"]).first.click()
        li.page.get_by_role("button", name="合并成一份").click()
        li.page.get_by_text("已合并").wait_for()
        li.look("merged")
        assert len(school.frame("child")) == count
        li.open("same_child")
        li.page.get_by_role("button", name="撤销合并").click()
        li.page.get_by_text("已撤销").wait_for()
        assert len(school.frame("child")) == count + 1
