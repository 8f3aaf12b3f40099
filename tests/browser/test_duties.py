"""The duties in Chromium: an emergency counted down and recorded by one click, a line put off, a matrix, a printed list.

Requirement: the due list, its matrix and an emergency by the clock (R52; W8; 7.2, 7.8; 002-3 L217).
"""

import os
import re
from datetime import datetime, timedelta

import pytest
from support.browsers import SIZES
from support.emergency_form import FORM
from support.servers import demo_served as served

from guanai.storage import open_school
from guanai.storage.school.policy_in_use import preset_sheets
from guanai.storage.school.workbooks import write_workbook

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def emergency(folder, monkeypatch):
    """The sample school by 002-3, with an incident found ten minutes ago."""
    monkeypatch.delenv("GUANAI_TODAY", raising=False)
    (folder / "forms" / "incident.md").write_text(FORM, encoding="utf-8")
    school = open_school(folder)
    columns = {name: school.form(name).columns for name in school.forms()}
    write_workbook(
        school.folder.workbook, preset_sheets("002-3", school.today(), "星光小学", columns=columns)
    )
    child = school.frame("child").iloc[0]
    found_at = datetime.now() - timedelta(minutes=10)
    incident = {"id": "i1", "child": child["id"], "date": found_at.date().isoformat(), "kind": "illness"}
    school.table("incident").truncate()  # those of the sample are of other days
    school.insert_many("incident", [incident | {"found_at": found_at.isoformat()}])
    school.close()
    return folder


@pytest.fixture
def page(chromium, emergency, port):
    with served(emergency, port):
        context = chromium.new_context(
            viewport=dict(zip(("width", "height"), SIZES["wide"], strict=True)), locale="zh-CN"
        )
        opened = context.new_page()
        opened.base = f"http://127.0.0.1:{port}/"
        opened.goto(opened.base)
        opened.locator("form button").first.click()
        yield opened
        context.close()


def ready(page):
    page.locator("#loading").wait_for(state="detached")
    page.locator(".guanai").first.wait_for()


def open_page(page, address):
    page.goto(page.base + address)
    ready(page)


def until(page, expression):
    """Wait for a script's answer; the page's rules for scripts allow no waiting inside of it."""
    for _ in range(100):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(expression)


def test_an_emergency_is_counted_down_and_recorded_by_one_click(page, emergency):
    open_page(page, "day")
    box = page.locator("#emergencies")
    left = box.locator(".step-left").first
    playwright.expect(left).to_have_text(re.compile(r"^还有 \d+ 分 \d+ 秒$"))
    first = left.inner_text()
    kernels = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: kernels.append(frame)))
    until(page, f"document.querySelector('.step-left').textContent !== {first!r}")
    page.evaluate("document.getElementById('emergencies').dataset.now = Date.now() + 3600000")
    page.wait_for_selector(".step-late .step-left")
    playwright.expect(left).to_contain_text("已超")
    assert not kernels
    with page.expect_navigation():
        box.locator("button").first.click()
    assert page.url.endswith("/day")
    playwright.expect(box.locator(".step-done")).to_have_count(1)
    school = open_school(emergency)
    record = school.record("incident", "i1")
    by = school.history("incident", "i1")[-1].by
    school.close()
    assert record["guardian_told_at"] and by
    assert box.locator("button").count() == 3


def test_a_step_is_recorded_by_whoever_has_signed_in_and_from_this_site_only(page, emergency):
    fields = {"form": "incident", "record": "i1", "duty": "突发事件告知监护人", "next": "/"}
    answer = page.request.post(page.base + "emergency-step", form=fields)
    assert answer.status == 403
    stranger = page.context.browser.new_context()
    answer = stranger.request.post(page.base + "emergency-step", form=fields, max_redirects=0)
    assert answer.status in (302, 403)
    stranger.close()
    school = open_school(emergency)
    assert not school.record("incident", "i1").get("guardian_told_at")
    school.close()


@pytest.mark.parametrize("size", SIZES)
def test_the_pages_fit_the_screen(page, size):
    page.set_viewport_size(dict(zip(("width", "height"), SIZES[size], strict=True)))
    for name in ("day", "matrix", "coverage", "checklist", "emergency", "deferral", "tutorial"):
        open_page(page, name)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert not page.locator(".guanai-bad, .guanai-fault").count(), name


def test_a_line_is_put_off_and_taken_back_and_the_lists_say_so(page):
    open_page(page, "checklist?status=standing")
    count = int(re.search(r"\d+", page.get_by_text(re.compile(r"^补办 \d+$")).first.inner_text())[0])
    page.locator("a.guanai-defer").first.click()
    ready(page)
    page.get_by_label("理由").fill("孩子住院")
    day = (datetime.now() + timedelta(days=9)).date().isoformat()
    page.get_by_label(re.compile("^推迟到")).first.fill(day)
    page.get_by_label(re.compile("^推迟到")).first.press("Tab")
    page.get_by_role("button", name="保存").click()
    page.get_by_text("已记下").wait_for()
    open_page(page, "checklist?status=postponed")
    playwright.expect(page.locator(".guanai-line")).to_have_count(1)
    playwright.expect(page.locator(".guanai-line")).to_contain_text("孩子住院")
    page.locator("a.guanai-defer").click()
    ready(page)
    page.get_by_role("button", name="撤销").click()
    page.get_by_text("已撤销").wait_for()
    open_page(page, "checklist?status=overdue")  # an old link
    page.get_by_text(f"补办 {count}", exact=True).first.wait_for()


def test_heads_of_the_matrix_stay_and_a_cell_opens_its_lines(page):
    open_page(page, "matrix")
    scroll = page.locator(".guanai-matrix-scroll")
    before = scroll.locator("thead th").nth(1).bounding_box()["y"]
    scroll.evaluate("box => { box.scrollTop = 200 }")
    assert abs(scroll.locator("thead th").nth(1).bounding_box()["y"] - before) < 60
    cell = page.locator("td.guanai-cell-standing a, td.guanai-cell-missed a, td.guanai-cell-to_do a").first
    words = cell.locator(".guanai-unseen").text_content()
    cell.click()
    ready(page)
    status = {"补办": "standing", "错过": "missed", "待办": "to_do"}[words.split()[0]]
    opened = page.locator(f".guanai-line.guanai-{status}")
    playwright.expect(opened).to_have_count(int(re.search(r"\d+", words)[0]))


def test_a_list_is_printed_as_a_whole_by_one_click(page):
    page.add_init_script("window.print = () => { window.printed = true }")
    open_page(page, "checklist")
    page.get_by_role("button", name="打印这张清单").click()
    until(page, "window.printed")
    page.emulate_media(media="print")
    playwright.expect(page.locator(".guanai-paper")).to_be_visible()
    playwright.expect(page.locator(".guanai-lines").first).to_be_hidden()
    playwright.expect(page.locator("#emergencies")).to_be_hidden()
    total = int(re.search(r"（(\d+) 条）", page.locator(".guanai-paper caption").inner_text())[1])
    playwright.expect(page.locator(".guanai-paper .guanai-box")).to_have_count(total)
    if os.environ.get("GUANAI_PICTURES"):
        page.pdf(path="checklist.pdf", prefer_css_page_size=True)
