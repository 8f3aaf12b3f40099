"""The pages of a school over real HTTP: what a page is given, what is shown, and what is closed.

Promise: children's data stays here. A page is given to whom it belongs, loads nothing from elsewhere, shows no source
(7.11).
"""

import html
import os
import re
import subprocess
import sys

import pytest
import voila
import voila.app
from support.browsers import CHROMIUM, QUIET
from support.servers import NAME, PASSWORD, wait_until, write_page

from guanai.server.commands.http_probe import HttpProbe
from guanai.server.kernels.kernel_extension import FAULT
from guanai.server.pages.voila_overrides import BUNDLE, SchoolServer
from guanai.templates import template
from guanai.templates.wording import say

OUTSIDE = re.compile(r"(?:https?:)?//(?!www\.w3\.org/|127\.0\.0\.1)[\w-]+\.[\w.-]+", re.IGNORECASE)


def test_each_method_of_voila_that_is_overridden_still_exists():
    for name in ("load_config_file", "setup_template_dirs", "init_settings", "init_handlers", "listen"):
        assert callable(getattr(voila.app.Voila, name))
        assert name in vars(SchoolServer)


class TestPage:
    def test_it_has_its_widgets_and_not_its_source(self, probe):
        answer = probe.get("/")
        probe.close(answer)
        assert answer.renders
        assert "import ipywidgets" not in answer.text

    def test_the_bar_names_school_person_and_page(self, probe):
        text = probe.get("/who").text
        assert "青山 &lt;b&gt;小学&lt;/b&gt;" in text
        assert "<b>小学" not in text
        assert re.search(f'class="bar-name"[^>]*>{NAME}<', text)
        assert '<a href="/who" aria-current="page">我是谁</a>' in text
        assert text.count("aria-current") == 1
        assert re.search("<h1[^>]*>我是谁", html.unescape(text))
        assert "&lt;i&gt;自己的&lt;/i&gt;页" in text

    def test_a_page_not_for_every_day_is_in_the_menu_more(self, server, probe):
        write_page(server.folder / "notebooks", "rare", ["# 少用 / Rare"], {"bar": False})
        bar, more = probe.get("/who").text.split('<details class="bar-more">')
        assert "<summary>更多</summary>" in more
        assert '<a href="/rare">少用</a>' in more.split("</details>")[0]
        assert "少用" not in bar
        assert "<summary>少用</summary>" in probe.get("/rare").text

    def test_headings_and_bar_in_english(self, server):
        reader = server.signed_in()
        reader.get("/language?to=en&next=/theme/icon.svg")
        text = reader.get("/who").text
        assert '<a href="/who" aria-current="page">Who am I</a>' in text
        assert "GUANAI_LANGUAGE en" in text
        assert say("page.sign_out", "en") in text

    def test_the_kernel_gets_the_person_and_the_query(self, server, probe):
        text = probe.get("/who?child=0190&class=一班").text
        assert f"PERSON {NAME}\nSTAFF staff-1\nROLES coordinator" in text
        assert "QUERY_STRING child=0190&amp;class=%E4%B8%80%E7%8F%AD" in text
        assert "&lt;script&gt;printed" in text
        assert f"GUANAI_SCHOOL {server.folder.resolve()}" in text

    @pytest.mark.parametrize(
        "name", ["X-Guanai-Person", "x-guanai-person", "X-GUANAI-STAFF", "X-Guanai-Roles", "X_Guanai_Person"]
    )
    def test_a_forged_header_is_ignored(self, probe, name):
        text = probe.get("/who", **{name: "forger"}).text
        assert f"PERSON {NAME}\nSTAFF staff-1\nROLES coordinator" in text
        assert "forger" not in text

    def test_a_page_of_the_schools_own_in_chinese(self, probe):
        answer = probe.get("/自己的页")
        probe.close(answer)
        assert answer.renders

    def test_the_address_that_voila_gives_redirects_to_the_pages_own(self, server):
        probe = server.signed_in()
        answer = probe.get("/voila/render/who.ipynb?a=1&b=2")
        assert answer.url.endswith("/who?a=1&b=2")

    def test_a_page_that_is_not_there_says_so(self, probe):
        answer = probe.get("/nosuch")
        assert answer.status == 404
        assert say("error.404.head") in answer.text


class TestFault:
    """A cell that fails: words and a number on the page, the traceback in the log."""

    def test_an_unexpected_error_shows_a_reference_number_that_is_in_the_log(self, server, probe):
        answer = probe.get("/broken")
        probe.close(answer)
        assert FAULT in answer.text
        assert "ZeroDivisionError" not in answer.text
        assert "Traceback" not in answer.text
        assert "sesame" not in answer.text
        assert "not reached" not in answer.text
        reference = re.search(r"\b[0-9A-F]{6}\b", answer.text.split(FAULT)[1])[0]
        assert say("fault.text", reference=reference) in answer.text
        assert "ZeroDivisionError" in server.log().split(reference)[1]

    def test_a_guanai_error_shows_its_own_message(self, probe):
        answer = probe.get("/known")
        probe.close(answer)
        assert say("school.no_terms") in answer.text
        assert say("fault.head_known") in answer.text
        assert "not reached" not in answer.text

    def test_a_cell_that_is_not_python(self, probe):
        answer = probe.get("/syntax")
        probe.close(answer)
        assert FAULT in answer.text
        assert "SyntaxError" not in answer.text
        assert "这不是" not in answer.text

    def test_a_kernel_that_dies_is_said_on_the_page(self, probe):
        answer = probe.get("/dead")
        assert say("fault.head") in answer.text
        assert answer.text.rstrip().endswith("</html>")


class TestClosed:
    """Nothing of the school's folder or of Jupyter's interface is served beside the pages."""

    @pytest.mark.parametrize(
        "path",
        [
            "/voila/files/home.ipynb",
            "/voila/files/../records.db",
            "/voila/tree",
            "/voila/api/contents/home.ipynb",
            "/voila/static/voila.js",
            "/voila/templates/lab/static/voila.js",
            "/api/contents",
            "/api/kernels",
            "/api/sessions",
            "/api/terminals",
            "/files/home.ipynb",
            "/tree",
            "/terminals/1",
            "/theme/index.html.j2",
        ],
    )
    def test_what_jupyter_offers_is_refused(self, probe, path):
        assert probe.get(path).status == 403

    @pytest.mark.parametrize(
        "path",
        [
            "/home.ipynb",
            "/records.db",
            "/..%2Frecords.db",
            "/%2e%2e/school.xlsx",
            "/.shipped.json",
            "/../notebooks/home",
            "/attachment/nosuch.png",
            "/attachment/..%2Frecords.db",
            "/attachment/%2e%2e",
            "/attachment/.hidden",
        ],
    )
    def test_what_does_not_exist_is_not_found(self, probe, path):
        assert probe.get(path).status == 404

    @pytest.mark.parametrize(("is_signed_in", "status"), [(True, 404), (False, 401)])
    def test_a_page_that_asks_for_an_ended_kernel_gets_a_status_only(self, server, is_signed_in, status):
        """Every page asks so whose kernel has ended: the log is for what went wrong."""
        log_before = len(server.log())
        probe = server.signed_in() if is_signed_in else HttpProbe(server.base)
        answer = probe.get("/voila/api/kernel/00000000-0000-0000-0000-000000000000")
        assert (answer.status, answer.text) == (status, "")
        assert "ERROR" not in server.log()[log_before:]

    @pytest.mark.parametrize(
        "path",
        [
            "/theme/../words/server.md",
            "/theme/..%2Fwords%2Fserver.css",
            f"/voila/bundle-{BUNDLE}/../../../../../etc/passwd",
            f"/voila/bundle-{BUNDLE}/%2e%2e%2findex.html.j2",
            f"/voila/bundle-{BUNDLE}/%2Fetc%2Fpasswd",
        ],
    )
    def test_no_path_leads_out_of_the_folders(self, probe, path):
        assert probe.get(path).status in {403, 404}

    def test_kernels_cannot_be_started_by_their_interface(self, probe):
        assert probe.post("/api/kernels", {"_xsrf": probe.xsrf_token}).status == 403


class TestNothingFromOutside:
    @pytest.mark.parametrize("path", ["/login", "/", "/nosuch", "/broken"])
    def test_pages(self, probe, path):
        answer = probe.get(path)
        assert not OUTSIDE.findall(answer.text)
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]

    @pytest.mark.parametrize("path", sorted(template("theme").glob("*.*")), ids=lambda path: path.name)
    def test_theme(self, path):
        assert not OUTSIDE.findall(path.read_text(encoding="utf-8"))

    def test_every_address_on_a_page_is_served_here(self, probe):
        text = probe.get("/").text
        for address in set(re.findall(r'<(?:script|link)[^>]* (?:src|href)="([^"]+)"', text)):
            assert address.startswith("/")
            assert probe.get(address).status == 200, address


def test_voilas_bundle_is_cached_by_browsers_and_compressed(probe):
    answer = probe.get(f"/voila/bundle-{BUNDLE}/voila.js", **{"Accept-Encoding": "gzip"})
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Cache-Control" in probe.get("/login").headers
    assert probe.get("/login").headers["Cache-Control"].endswith("must-revalidate")


@pytest.mark.browser
class TestInBrowser:
    """What only a browser shows."""

    @pytest.fixture(scope="class")
    @classmethod
    def chromium(cls):
        playwright = pytest.importorskip("playwright.sync_api")
        with playwright.sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
            yield browser
            browser.close()

    @pytest.fixture(params=[(1366, 768), (390, 844)], ids=["wide", "narrow"])
    def page(self, request, chromium, server):
        context = chromium.new_context(viewport=dict(zip(("width", "height"), request.param, strict=True)))
        page = context.new_page()
        outside = []
        page.on("request", lambda sent: outside.append(sent.url) if is_outside(sent.url) else None)
        page.goto(f"{server.base}/")
        page.get_by_label("姓名").fill(NAME)
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.get_by_role("button", name="保存").wait_for()
        yield page
        context.close()
        assert not outside

    def save(self, page, name):
        page.get_by_label("姓名").fill(name)
        page.get_by_role("button", name="保存").click()
        page.get_by_text(f"已保存 {name}").wait_for()

    def test_a_page_answers_and_fits(self, page):
        self.save(page, "张三")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.locator("#lost").is_hidden()

    def test_staying_on_the_page_keeps_it_alive(self, page):
        """ "Leave this page?" answered with no: what has been typed can still be saved."""
        self.save(page, "张三")
        form = "<div class='guanai-form guanai-dirty'></div>"
        page.evaluate("form => document.body.insertAdjacentHTML('beforeend', form)", form)
        dialogs = []
        page.once("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.dismiss()))
        page.evaluate("setTimeout(() => { location.href = '/who' })")
        assert wait_until(lambda: page.evaluate("1") and dialogs)
        assert dialogs == ["beforeunload"]
        self.save(page, "李四")

    def test_leaving_ends_the_kernel(self, page, server):
        kernels = {kernel.pid for kernel in server.kernels()}
        page.goto(f"{server.base}/nosuch")
        assert wait_until(lambda: len({kernel.pid for kernel in server.kernels()} & kernels) < len(kernels))

    def test_a_lost_connection_is_said_in_words(self, page, server):
        """Signed out in another window: this page can save no more, and says so."""
        token = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "_xsrf")
        page.context.request.post(f"{server.base}/logout", form={"_xsrf": token})
        page.get_by_text(say("page.refused")).wait_for(timeout=60_000)

    def test_a_kernel_that_died_is_said_in_words(self, page, server):
        for kernel in server.kernels():
            kernel.kill()
        page.get_by_text(say("page.gone")).wait_for(timeout=60_000)

    def test_the_bar_in_english(self, page, server):
        page.get_by_role("link", name="English").click()
        page.get_by_role("button", name="保存").wait_for()
        page.locator("[aria-current]", has_text="Home").wait_for()


def is_outside(url):
    return not url.startswith(("http://127.0.0.1:", "data:", "blob:"))


def test_a_port_that_is_taken_is_said_in_one_line(server):
    port = server.base.rsplit(":", 1)[1]
    command = [
        sys.executable,
        "-m",
        "guanai.server",
        "serve",
        str(server.folder),
        "--port",
        port,
        "--no-browser",
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PYTHONUTF8": "1"}, check=False
    )
    assert done.returncode == 2
    assert done.stderr.strip() == say("serve.port_taken", port=port, next=int(port) + 1)
