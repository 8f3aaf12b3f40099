"""A person's path in Chromium: propose, change one by hand, accept, see the loads, undo; a rule changed on its page (W6)."""

import re

import pytest
from support.browsers import Person
from support.servers import demo_served as served

from guanai.storage import open_school

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser


@pytest.fixture(params=["wide", "narrow"])
def li(request, chromium, folder, port):
    with served(folder, port):
        yield Person(chromium, f"http://127.0.0.1:{port}", request.param)


def helpers_of(folder):
    school = open_school(folder)
    frame = school.frame("pairing")
    school.close()
    running = frame[(frame["role"] == "helper") & frame["end"].isna()]
    return set(zip(running["child"], running["helper"], strict=True))


def test_propose_change_accept_see_the_loads_undo(li, folder):
    before = helpers_of(folder)
    page = li.open("pairing")
    page.get_by_role("button", name="提出方案", exact=True).first.click()
    page.locator(".guanai-proposals .guanai-main:visible").first.click()
    page.get_by_text(re.compile("要结对 2 名，方案结对 2 名")).wait_for()
    rows = page.locator(".guanai-pair:visible")
    playwright.expect(rows).to_have_count(2)  # those left over are hidden a moment later
    chosen = rows.first.locator("select")
    chosen.select_option(index=0)
    page.get_by_text(re.compile("没有排上 1 名")).wait_for()
    chosen.select_option(index=3)
    page.get_by_text(re.compile("没有排上 0 名")).wait_for()
    other = chosen.evaluate("list => list.selectedOptions[0].text")
    playwright.expect(rows.first).to_contain_text("手工选定")
    load = page.locator(".guanai-proposals tr", has_text=other.split()[0]).first
    playwright.expect(load.locator("td").nth(3)).not_to_have_text("0")  # they come after the head
    assert helpers_of(folder) == before
    page.get_by_role("button", name="接受整个方案").click()
    page.get_by_text("已保存 2 个结对").wait_for()
    assert len(helpers_of(folder) - before) == 2
    page.get_by_role("button", name="整个撤销").click()
    page.get_by_text("已整个撤销").wait_for()
    assert helpers_of(folder) == before
    assert li.outside == []
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0, "nothing sticks out sideways"


def test_a_rule_is_changed_on_its_page_and_holds_on_the_next(li, folder):
    page = li.open("settings")
    row = page.locator(".guanai-setting", has_text="每名教职工帮扶人数")
    row.get_by_role("button", name="修改").click()
    box = page.get_by_label(re.compile("^至少"))
    box.fill("六名")
    box.press("Enter")
    page.locator(".guanai-error", has_text="整数").first.wait_for()
    box.fill("2")
    box.press("Enter")
    page.get_by_role("button", name="保存到 school.xlsx").click()
    page.get_by_text(re.compile("已保存：每名教职工帮扶人数")).wait_for()
    page = li.open("pairing")
    page.get_by_text("≥2").first.wait_for()
    assert list((folder / "backups").glob("school-*.xlsx"))
    assert li.outside == []
