"""A coordinator makes accounts for the staff, prints slips; a teacher uses one and is locked (requirements 3, 7.11)."""

import re
import shutil

import pytest
from playwright.sync_api import expect
from support.browsers import SIZES, Person
from support.servers import demo_served, own_port

from guanai.templates.wording import say

pytestmark = pytest.mark.browser

PASSWORD = "青山常在-2026"


@pytest.fixture(scope="module")
def base(demo, tmp_path_factory):
    folder = shutil.copytree(demo, tmp_path_factory.mktemp("accounts") / "school")
    port = own_port(26_000)
    with demo_served(folder, port):
        yield f"http://127.0.0.1:{port}"


def test_from_the_register_to_a_teacher_at_work_and_out_again(chromium, base):
    coordinator = Person(chromium, base)
    page = coordinator.page
    page.goto(f"{base}/accounts")
    page.get_by_role("link", name=re.compile(say("account.from_staff"))).click()
    page.get_by_role("button", name=say("account.make_many")).click()
    slips = page.locator(".slip")
    assert slips.count() >= 6
    assert page.locator(".slip svg").count() == slips.count()
    assert len(page.pdf(prefer_css_page_size=True)) > 10_000
    name, code = slips.first.locator(".who").inner_text(), slips.first.locator(".code").inner_text()

    teacher = chromium.new_context(viewport=dict(zip(("width", "height"), SIZES["narrow"], strict=True)))
    phone = teacher.new_page()
    phone.goto(f"{base}/login")
    phone.get_by_role("link", name=say("sign_in.have_code")).click()
    phone.get_by_label(say("account_link.code")).fill(code.lower())
    phone.get_by_role("button", name=say("account_link.code_button")).click()
    expect(phone.get_by_text(name).first).to_be_visible()
    phone.locator("#password").fill(PASSWORD)
    phone.locator("#again").fill(PASSWORD)
    phone.get_by_role("button", name=say("account_link.button")).click()
    expect(phone.locator(".bar-name")).to_have_text(name)
    phone.locator(".widget-box, .jupyter-widgets").first.wait_for(timeout=60_000)

    page.goto(f"{base}/accounts")
    page.get_by_role("link", name=name, exact=True).click()
    page.get_by_role("button", name=say("account.do.lock"), exact=True).click()
    expect(page.locator(".state")).to_have_text(say("account.state.locked"))
    phone.goto(f"{base}/child")
    expect(phone.get_by_role("heading", name=say("sign_in.title"))).to_be_visible()
    phone.get_by_label(say("sign_in.name")).fill(name)
    phone.get_by_label(say("sign_in.password")).fill(PASSWORD)
    phone.get_by_role("button", name=say("sign_in.button"), exact=True).click()
    expect(phone.get_by_role("alert")).to_have_text(say("sign_in.closed"))
    assert coordinator.outside == []
    teacher.close()
