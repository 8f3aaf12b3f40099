"""Kernels and their pages in Chromium: a browser that is killed, a phone that is asleep for long, a server that is full.

Promise: nothing is lost. A page that slept or was killed leaves no kernel behind and no answer out (7.12).
"""

import json
import os
import signal
import subprocess
import time

import psutil
import pytest
from support.browsers import CHROMIUM, KEPT_WITHIN, QUIET
from support.servers import NAME, PASSWORD, own_port, start, wait_until, write_page

from guanai.storage import open_school

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

DRAFT = """
from guanai.storage import open_school
from guanai.widgets import Form
school = open_school()
form = Form(school.form("child"), on_save=lambda record, token=None: ("saved", record))
form
"""
SETTINGS = {
    "waiting": 0,
    "alone_seconds": 8,
    "sweep_seconds": 0.5,
    "max_people": 1,
    "seat_seconds": 1,
    "retry_seconds": 2,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("left") / "school"
    with start(folder, kernels=json.dumps(SETTINGS)) as served:
        write_page(folder / "notebooks", "draft", ["# 草稿 / Draft", DRAFT])
        yield served


@pytest.fixture(scope="module")
def driver():
    with playwright.sync_playwright() as started:
        yield started


@pytest.fixture
def browser(driver, tmp_path):
    """A Chromium whose processes can be killed: (browser, its first process)."""
    port = own_port(27_000)
    command = [
        CHROMIUM,
        "--headless",
        f"--remote-debugging-port={port}",
        f"--user-data-dir={tmp_path / 'me'}",
    ]
    process = subprocess.Popen([*command, *QUIET], stderr=subprocess.DEVNULL, start_new_session=True)
    for _ in range(100):
        try:
            opened = driver.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
            break
        except playwright.Error:
            time.sleep(0.2)
    yield opened, process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def signed_in(browser, server, device=None):
    """Return a page of somebody who has signed in, in a browser profile of their own."""
    page = browser.new_context(**(device or {})).new_page()
    page.goto(f"{server.base}/login?next=/theme/icon.svg")
    page.locator("[name=name]").fill(NAME)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url("**/icon.svg*")
    return page


def works(page, address):
    """Open a page and wait until its kernel answers."""
    page.goto(address)
    page.get_by_role("button", name="保存").click(timeout=60_000)
    page.get_by_text("已保存").wait_for()


def none_left(server):
    return wait_until(lambda: not server.kernels(), seconds=60)


def test_the_kernels_of_a_browser_that_was_killed_end(browser, server):
    opened, process = browser
    page = signed_in(opened, server)
    works(page, f"{server.base}/home")
    time.sleep(2 * SETTINGS["alone_seconds"])
    assert server.kernels(), "a page that is open keeps its kernel"
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    for member in family:
        member.kill()
    assert none_left(server)


def test_a_phone_that_was_asleep_for_long_comes_back_with_what_was_typed(browser, server, driver):
    phone = driver.devices["Pixel 5"]
    page = signed_in(browser[0], server, {key: phone[key] for key in ("viewport", "user_agent", "has_touch")})
    page.goto(f"{server.base}/draft")
    name = page.locator("input[type=text]").first
    name.fill("试小禾", timeout=60_000)
    name.press("Tab")
    mine = open_school(server.folder).as_user(NAME).drafts("child")
    assert wait_until(
        lambda: any(draft.answers["name"] == "试小禾" for draft in mine.all()), seconds=KEPT_WITHIN
    )
    asleep = page.context.new_cdp_session(page)
    asleep.send("Page.setWebLifecycleState", {"state": "frozen"})
    page.context.set_offline(True)
    for kernel in server.kernels():  # asleep it answers nobody, so its kernel is culled in the end
        kernel.terminate()
    assert none_left(server)
    page.context.set_offline(False)
    asleep.send("Page.setWebLifecycleState", {"state": "active"})
    page.reload()
    page.get_by_role("button", name="继续填写").click(timeout=60_000)
    page.get_by_text("已接着").wait_for()
    playwright.expect(page.locator("input[type=text]").first).to_have_value("试小禾")
    page.close()
    assert none_left(server)


def test_whoever_finds_no_place_is_told_and_let_in_without_doing_anything(browser, server):
    first, second = (signed_in(browser[0], server) for _ in range(2))
    works(first, f"{server.base}/home")
    second.goto(f"{server.base}/home")
    second.get_by_role("status").get_by_text("1 位老师").wait_for()
    playwright.expect(second.get_by_role("link", name="现在再试")).to_have_count(1)
    first.close()
    second.get_by_role("button", name="保存").click(timeout=60_000)
    second.get_by_text("已保存").wait_for()
    second.close()
    assert none_left(server)
