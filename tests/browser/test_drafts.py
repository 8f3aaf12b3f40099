"""Nothing typed is lost in Chromium: the page reloaded or closed, the kernel killed, the server killed.

Promise: nothing is lost. What is typed survives a reload, a killed kernel and a killed server (7.12).
"""

import os
import re
import signal
import time

import psutil
import pytest
from support.browsers import KEPT_WITHIN, SAVED, SIZES, Person
from support.servers import demo_served as served
from support.servers import is_kernel, wait_until

from guanai.storage import open_school

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

NAME, HALF_A_DATE = "试小禾", "2017-2-30"
OFFER = ".guanai-unsaved"


@pytest.fixture
def li(chromium, folder, port):
    with served(folder, port) as server:
        person = Person(chromium, f"http://127.0.0.1:{port}")
        person.page.on("dialog", lambda dialog: dialog.accept())
        person.server, person.folder, person.port = server, folder, port
        yield person
        person.context.close()


def drafts(person):
    return open_school(person.folder).as_user(person.name).drafts("child").all()


def is_kept(person):
    """Whether what was typed is in the draft within the promised time, without a click on anything."""
    return wait_until(
        lambda: any(draft.answers.get("birth_date") == HALF_A_DATE for draft in drafts(person)), KEPT_WITHIN
    )


def type_into(person):
    """Type into a form and leave the fields."""
    person.open("child?new=1")
    person.fill(姓名=NAME, 出生日期=HALF_A_DATE)
    assert is_kept(person)


def go_on(person):
    """Come back to the page and go on with what was typed."""
    person.open("child?new=1")
    person.page.locator(OFFER).get_by_text(NAME).wait_for()
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d", person.page.locator(OFFER).inner_text()), "when it was"
    person.page.get_by_role("button", name="继续填写").click()
    person.page.get_by_text("已接着").wait_for()
    for label, typed in (("姓名", NAME), ("出生日期", HALF_A_DATE)):
        playwright.expect(person.page.get_by_label(re.compile(f"^{label}")).first).to_have_value(typed)
    person.page.locator(OFFER).wait_for(state="detached")


def finish(person):
    """Mend the date, answer the rest, save: one child, and nothing is offered any more."""
    person.fill(出生日期="2017-5-4")
    person.page.get_by_label("女", exact=True).first.check()
    field = person.page.get_by_label(re.compile("^班级")).first
    group = open_school(person.folder).classes()[0]
    if field.evaluate("element => element.tagName") == "SELECT":
        field.select_option(label=group)
    else:
        field.fill(group)
        field.press("Tab")
    person.save()
    children = open_school(person.folder).frame("child")
    assert list(children["name"]).count(NAME) == 1
    person.open("child?new=1")
    person.page.get_by_label(re.compile("^姓名")).first.wait_for()
    assert person.page.locator(OFFER).count() == 0


def kernels(server):
    return [process for process in psutil.Process(server.pid).children(recursive=True) if is_kernel(process)]


def test_the_page_reloaded(li):
    type_into(li)
    li.page.reload()
    go_on(li)
    finish(li)


def test_the_field_under_the_cursor_when_the_page_is_left(li):
    li.open("child?new=1")
    li.fill(姓名=NAME)
    li.page.get_by_label(re.compile("^村组")).first.press_sequentially("柳溪")
    li.page.goto(f"{li.base}/home")
    li.open("child?new=1")
    li.page.locator(OFFER).get_by_text("柳溪").wait_for()


def test_the_browser_closed(li, chromium):
    type_into(li)
    li.page.close(run_before_unload=False)
    li.page = li.context.new_page()
    go_on(li)


def test_the_network_lost(li):
    """What is typed while the line is down is said to wait, and is kept as soon as it is back."""
    li.open("child?new=1")
    li.fill(姓名=NAME)
    li.context.set_offline(True)
    li.page.get_by_text("正在自动重连").wait_for(timeout=60_000)
    li.fill(出生日期=HALF_A_DATE)
    li.context.set_offline(False)
    li.page.get_by_text("重新连上了").wait_for(timeout=60_000)
    assert is_kept(li)
    li.page.reload()
    go_on(li)


def test_the_kernel_killed(li):
    type_into(li)
    for kernel in kernels(li.server):
        kernel.kill()
    li.page.locator("#lost").wait_for(timeout=60_000)
    go_on(li)
    finish(li)


def test_the_server_killed(li):
    type_into(li)
    family = psutil.Process(li.server.pid).children(recursive=True)
    li.server.send_signal(signal.SIGKILL)
    li.server.wait()
    for kernel in family:
        if kernel.is_running():
            kernel.kill()
    li.page.locator("#lost").wait_for(timeout=60_000)
    with served(li.folder, li.port) as li.server:
        go_on(li)
        finish(li)


def test_a_save_during_a_lost_connection_is_kept_once(li):
    """The line is cut, the person saves, the line comes back: one child."""
    li.open("child?new=1")
    li.fill(姓名=NAME, 出生日期="2017-5-4")
    li.page.get_by_label("女", exact=True).first.check()
    li.page.get_by_label(re.compile("^班级")).first.select_option(index=1)
    li.page.wait_for_timeout(500)
    stopped = psutil.Process(li.server.pid)
    stopped.suspend()  # the server hears nothing for a while
    li.page.get_by_role("button", name="保存", exact=True).click()
    li.page.get_by_role("button", name="保存", exact=True).click()
    time.sleep(3)
    stopped.resume()
    li.page.locator(SAVED).wait_for(timeout=30_000)
    children = open_school(li.folder).frame("child")
    assert list(children["name"]).count(NAME) == 1


@pytest.mark.parametrize("size", SIZES)
def test_the_offer_fits_the_window(chromium, folder, port, size):
    with served(folder, port):
        li = Person(chromium, f"http://127.0.0.1:{port}", size)
        li.folder = folder
        type_into(li)
        li.page.on("dialog", lambda dialog: dialog.accept())
        li.open("child?new=1")
        li.page.locator(OFFER).wait_for()
        assert li.overflow() <= 0
        if os.environ.get("GUANAI_LOOK"):
            li.page.screenshot(path=f"{os.environ['GUANAI_LOOK']}/offer-{size}.png")
        li.page.get_by_role("button", name="不要了").click()
        li.page.locator(OFFER).wait_for(state="detached")
        assert wait_until(lambda: not drafts(li))
