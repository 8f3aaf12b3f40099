"""Our own page behind a proxy (HTTPS, a path of the host), in Firefox as in Chromium, under its policy.

Promise: children's data stays here. Pages work behind an HTTPS proxy and load nothing from another host.
"""

import re
import shutil
from urllib.parse import urlsplit

import pytest
from support.browsers import CHROMIUM, QUIET
from support.firefox import FIREFOX, firefox
from support.lean_page import CHART, FORTY, drop, is_live
from support.proxies import proxied
from support.servers import NAME, PASSWORD, start, write_page

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl to make a certificate with"),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Yield the address of a school behind a proxy."""
    folder = tmp_path_factory.mktemp("proxy")
    with start(folder / "school", base_url="/school/guanai/", proxies=["127.0.0.1"]) as served:
        write_page(served.folder / "notebooks", "forty", ["# 四十栏", FORTY])
        write_page(served.folder / "notebooks", "chart", ["# 图", CHART])
        parts = urlsplit(served.base)
        with proxied(f"{parts.scheme}://{parts.netloc}", folder) as address:
            yield address + parts.path


def test_chromium_behind_a_proxy(place):
    """Signing in, typing, saving, a lost connection, another page and signing out, all below the path."""
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        context = browser.new_context(locale="zh-CN", ignore_https_errors=True)
        page, requested, refused = context.new_page(), [], []
        context.on("request", lambda request: requested.append(request.url))
        page.on("websocket", lambda socket: requested.append(socket.url.replace("wss:", "https:")))
        page.on(
            "console",
            lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None,
        )
        page.goto(f"{place}/forty")
        page.get_by_label("姓名").fill(NAME)
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.get_by_label("栏0", exact=True).fill("代理后面")
        page.get_by_role("button", name="保存", exact=True).click()
        page.get_by_text("已保存 1 次：代理后面").wait_for()
        drop(page)
        page.locator("html[data-connection=back]").wait_for()
        page.get_by_role("button", name="保存", exact=True).click()
        page.get_by_text("已保存 2 次").wait_for()
        page.get_by_role("link", name="图", exact=True).click()
        page.locator(".chart svg").get_by_text("裸的图").wait_for()
        is_live(page)
        page.get_by_role("button", name=re.compile("退出")).click()
        page.get_by_label("密码").wait_for()
        assert urlsplit(page.url).path.startswith("/school/guanai/")
        browser.close()
    assert not [
        url for url in requested if not url.startswith(f"{place}/") and urlsplit(url).scheme != "data"
    ]
    assert not refused


@pytest.mark.skipif(not FIREFOX, reason="no Firefox here")
def test_firefox_behind_a_proxy(place):
    """The same path in the other browser: typing, saving, a lost connection, a chart."""
    with firefox() as page:
        page.open(f"{place}/forty")
        page.run(
            f"document.getElementById('name').value = {NAME!r}; document.getElementById('password').value = {PASSWORD!r};"
            "document.querySelector('form').requestSubmit()"
        )
        page.wait_for("document.querySelectorAll('.widget-text input').length === 40")
        page.run("document.querySelector('.widget-text input').focus()")
        page.press("Xiaohe\ue004")
        save = "[...document.querySelectorAll('button')].find((one) => one.textContent === '保存').click()"
        page.run(save)
        page.wait_for("document.body.innerText.includes('已保存 1 次：Xiaohe')")
        page.wait_for("document.documentElement.dataset.connection === 'live'")
        page.run("guanai.manager.kernel.socket.close()")
        page.wait_for("document.documentElement.dataset.connection === 'back'")
        page.run(save)
        page.wait_for("document.body.innerText.includes('已保存 2 次：Xiaohe')")
        page.open(f"{place}/chart")
        page.wait_for("document.querySelector('.chart svg')?.textContent.includes('裸的图')")
