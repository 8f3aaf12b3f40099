"""The pages of a school over real HTTP: what a page is given, what is closed, and what becomes of its kernel."""

import asyncio
import html
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import psutil
import pytest
import tornado.httpclient
import tornado.websocket
import voila
import voila.app
from support.servers import NAME, PAGES, PASSWORD, is_kernel, start, wait_until, write_page

from guanai.server.commands.http_probe import HttpProbe
from guanai.server.kernels.kernel_extension import FAULT
from guanai.server.pages.voila_overrides import BUNDLE, SchoolServer
from guanai.server.web.navigation import Page, heading, pages
from guanai.templates import template
from guanai.templates.wording import say

OUTSIDE = re.compile(r"(?:https?:)?//(?!www\.w3\.org/|127\.0\.0\.1)[\w-]+\.[\w.-]+", re.IGNORECASE)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with start(tmp_path_factory.mktemp("served") / "school") as served:
        yield served


@pytest.fixture(scope="module")
def probe(server):
    return server.signed_in()


def test_each_method_of_voila_that_is_overridden_still_exists():
    for name in ("load_config_file", "setup_template_dirs", "init_settings", "init_handlers", "listen"):
        assert callable(getattr(voila.app.Voila, name))
        assert name in vars(SchoolServer)


class TestPage:
    def test_renders_with_its_widgets_and_without_its_source(self, probe):
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

    def test_a_page_not_for_every_day_stands_behind_more(self, server, probe):
        write_page(server.folder / "notebooks", "rare", ["# 少用 / Rare"], {"bar": False})
        bar, more = probe.get("/who").text.split('<details class="bar-more">')
        assert "<summary>更多</summary>" in more
        assert '<a href="/rare">少用</a>' in more.split("</details>")[0]
        assert "少用" not in bar
        assert "<summary>少用</summary>" in probe.get("/rare").text

    def test_in_english(self, server):
        reader = server.signed_in()
        reader.get("/language?to=en&next=/theme/icon.svg")
        text = reader.get("/who").text
        assert '<a href="/who" aria-current="page">Who am I</a>' in text
        assert "GUANAI_LANGUAGE en" in text
        assert say("page.sign_out", "en") in text

    def test_the_kernel_knows_whose_page_it_is_and_what_was_asked(self, server, probe):
        text = probe.get("/who?child=0190&class=一班").text
        assert f"PERSON {NAME}\nSTAFF staff-1\nROLE coordinator" in text
        assert "QUERY_STRING child=0190&amp;class=%E4%B8%80%E7%8F%AD" in text
        assert "&lt;script&gt;printed" in text
        assert f"GUANAI_SCHOOL {server.folder.resolve()}" in text

    @pytest.mark.parametrize(
        "name", ["X-Guanai-Person", "x-guanai-person", "X-GUANAI-STAFF", "X-Guanai-Role", "X_Guanai_Person"]
    )
    def test_a_forged_header_is_ignored(self, probe, name):
        text = probe.get("/who", **{name: "forger"}).text
        assert f"PERSON {NAME}\nSTAFF staff-1\nROLE coordinator" in text
        assert "forger" not in text

    def test_a_page_of_the_schools_own_in_chinese(self, probe):
        answer = probe.get("/自己的页")
        probe.close(answer)
        assert answer.renders

    def test_the_address_that_voila_gives_leads_to_the_pages_own(self, server):
        probe = server.signed_in()
        answer = probe.get("/voila/render/who.ipynb?a=1&b=2")
        assert answer.url.endswith("/who?a=1&b=2")

    def test_a_page_that_is_not_there_says_so(self, probe):
        answer = probe.get("/nosuch")
        assert answer.status == 404
        assert say("error.404.head") in answer.text


class TestFault:
    """A cell that fails: words and a number on the page, the traceback in the log."""

    def test_unexpected(self, server, probe):
        answer = probe.get("/broken")
        probe.close(answer)
        assert FAULT in answer.text
        assert "ZeroDivisionError" not in answer.text
        assert "Traceback" not in answer.text
        assert "sesame" not in answer.text
        assert "not reached" not in answer.text
        reference = re.search(r"\b[0-9A-F]{6}\b", answer.text.split(FAULT)[1])[0]
        assert say("fault.text", reference=reference) in answer.text
        log = (server.folder / "logs" / "guanai.log").read_text(encoding="utf-8")
        assert "ZeroDivisionError" in log.split(reference)[1]

    def test_known_errors_bring_their_own_words(self, probe):
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

    def test_a_kernel_that_dies(self, probe):
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
    def test_refused(self, probe, path):
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
    def test_not_there(self, probe, path):
        assert probe.get(path).status == 404

    @pytest.mark.parametrize(("known", "status"), [(True, 404), (False, 401)])
    def test_a_page_that_asks_for_a_kernel_that_is_gone_is_answered_shortly(self, server, known, status):
        """Every page asks so whose kernel has ended: the log is for what went wrong."""
        log = server.folder / "logs" / "guanai.log"
        told = log.stat().st_size
        asking = server.signed_in() if known else HttpProbe(server.base)
        answer = asking.get("/voila/api/kernel/00000000-0000-0000-0000-000000000000")
        assert (answer.status, answer.text) == (status, "")
        assert "ERROR" not in log.read_bytes()[told:].decode()

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
    def test_open_folders_lead_nowhere_else(self, probe, path):
        assert probe.get(path).status in {403, 404}

    def test_kernels_cannot_be_started_by_their_interface(self, probe):
        token = next(cookie.value for cookie in probe.cookies if cookie.name == "_xsrf")
        assert probe.post("/api/kernels", {"_xsrf": token}).status == 403


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


def test_voilas_bundle_is_kept_by_browsers_and_packed(probe):
    answer = probe.get(f"/voila/bundle-{BUNDLE}/voila.js", **{"Accept-Encoding": "gzip"})
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Cache-Control" in probe.get("/login").headers
    assert probe.get("/login").headers["Cache-Control"].endswith("must-revalidate")


class TestKernel:
    def test_closing_the_page_ends_it(self, server, probe):
        answer = probe.get("/home")
        assert probe.get(f"/api/kernels/{answer.kernel}").status == 200
        assert probe.close(answer).status == 204
        assert probe.get(f"/api/kernels/{answer.kernel}").status in {403, 404}
        assert probe.close(answer).status == 204  # a page may say so twice

    def test_a_request_from_elsewhere_does_not_end_it(self, probe):
        answer = probe.get("/home")
        assert probe.post(f"/voila/api/shutdown/{answer.kernel}", {}).status == 403
        assert probe.get(f"/api/kernels/{answer.kernel}").status == 200
        probe.close(answer)

    def test_it_serves_nobody_else(self, server, probe):
        answer = probe.get("/home")
        other = server.signed_in()
        other.get("/known")
        assert other.get(f"/api/kernels/{answer.kernel}").status == 403
        other.close(answer)
        assert probe.get(f"/api/kernels/{answer.kernel}").status == 200
        assert connect(server, answer.kernel, other) == 403
        assert connect(server, answer.kernel, HttpProbe(server.base)) == 403
        assert connect(server, answer.kernel, probe, origin="http://evil.example") == 403
        assert connect(server, answer.kernel, probe) == 101
        probe.close(answer)

    def test_signing_out_ends_it(self, server):
        probe = server.signed_in()
        kernels = len(server.kernels())
        probe.get("/home")
        assert len(server.kernels()) == kernels + 1
        token = next(cookie.value for cookie in probe.cookies if cookie.name == "_xsrf")
        probe.post("/logout", {"_xsrf": token})
        assert wait_until(lambda: len(server.kernels()) == kernels)

    def test_it_ends_when_nobody_is_connected_and_with_a_killed_server(self, tmp_path):
        """A browser that is killed says nothing; a server that is killed neither."""
        quick = json.dumps({"alone_seconds": 2.0, "sweep_seconds": 0.5, "waiting": 0})
        with start(tmp_path / "school", kernels=quick) as server:
            probe = server.signed_in()
            assert probe.get("/home").renders
            assert len(server.kernels()) == 1
            assert wait_until(lambda: not server.kernels())
            probe.get("/home")
            orphans = server.kernels()
            assert orphans
            server.process.send_signal(signal.SIGKILL)
            assert wait_until(lambda: not any(one.is_running() and is_kernel(one) for one in orphans))

    @pytest.mark.slow
    def test_it_ends_within_a_minute_of_a_power_loss(self, tmp_path):
        """With the settings of every school: a browser without power leaves its connection open and answers nothing."""
        with start(tmp_path / "school", kernels='{"waiting": 0}') as server:
            probe = server.signed_in()
            answer = probe.get("/home")
            with silent_socket(server, answer.kernel, probe):
                begun = time.monotonic()
                assert wait_until(lambda: not server.kernels(), seconds=90)
                assert 30 < time.monotonic() - begun < 60

    def test_the_server_takes_them_along_when_it_is_told_to_stop(self, tmp_path):
        with start(tmp_path / "school") as server:
            server.signed_in().get("/home")
            kernels = server.kernels()
            assert kernels
            server.process.terminate()
            assert server.process.wait(30) == 0
            assert not psutil.wait_procs(kernels, timeout=5)[1]


@contextmanager
def silent_socket(server, kernel, probe):
    """Open a page's websocket by hand, and say nothing more on it."""
    host, _, port = server.base.rpartition("//")[2].partition(":")
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in probe.cookies)
    lines = [
        f"GET /api/kernels/{kernel}/channels?greets=1&session_id=s HTTP/1.1",
        f"Host: {host}:{port}",
        f"Cookie: {cookies}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: c2lsZW5jZS1pcy1nb2xkZW4=",
        "",
        "",
    ]
    with socket.create_connection((host, int(port))) as line:
        line.sendall("\r\n".join(lines).encode())
        assert b" 101 " in line.recv(4096)
        yield


def connect(server, kernel, probe, origin=None):
    """Return the status with which a page's websocket is answered."""
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in probe.cookies)
    headers = {"Cookie": cookies, **({"Origin": origin} if origin else {})}
    url = f"{server.base.replace('http', 'ws')}/api/kernels/{kernel}/channels?session_id=s"

    async def attempt():
        try:
            socket = await tornado.websocket.websocket_connect(
                tornado.httpclient.HTTPRequest(url, headers=headers)
            )
        except tornado.httpclient.HTTPClientError as error:
            return error.code
        socket.close()
        return 101

    return asyncio.run(attempt())


@pytest.mark.browser
class TestInBrowser:
    """What only a browser shows."""

    @pytest.fixture(scope="class")
    @classmethod
    def chromium(cls):
        playwright = pytest.importorskip("playwright.sync_api")
        quiet = [
            "--no-sandbox",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ]
        with playwright.sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=quiet)
            yield browser
            browser.close()

    @pytest.fixture(params=[(1366, 768), (390, 844)], ids=["wide", "narrow"])
    def page(self, request, chromium, server):
        context = chromium.new_context(viewport=dict(zip(("width", "height"), request.param, strict=True)))
        page = context.new_page()
        outside = []
        page.on("request", lambda asked: outside.append(asked.url) if is_outside(asked.url) else None)
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
        asked = []
        page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
        page.evaluate("setTimeout(() => { location.href = '/who' })")
        assert wait_until(lambda: page.evaluate("1") and asked)
        assert asked == ["beforeunload"]
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


def test_pages_stand_in_the_order_of_the_days_work(tmp_path):
    for name in ("summary", "自己的", "home", "_draft", "child", "activities"):
        cell = {"cell_type": "markdown", "source": [f"# 题{name} / {name.title()}\n", "more"]}
        (tmp_path / f"{name}.ipynb").write_text(json.dumps({"cells": [cell]}))
    found = pages(tmp_path)
    assert [page.name for page in found] == ["home", "child", "summary", "activities", "自己的"]
    assert found[1].title("zh") == "题child"
    assert found[1].title("en") == "Child"


def test_a_page_may_stay_out_of_the_bar(tmp_path):
    for name, asked in (("matrix", {"bar": False}), ("day", {"bar": True}), ("home", {})):
        (tmp_path / f"{name}.ipynb").write_text(json.dumps({"cells": [], "metadata": {"guanai": asked}}))
    assert [(page.name, page.in_bar) for page in pages(tmp_path)] == [
        ("home", True), ("day", True), ("matrix", False),
    ]  # fmt: skip


@pytest.mark.parametrize("content", ["", "{", "{}", '{"cells": 1}', '{"cells": [{}]}'])
def test_a_damaged_notebook_is_in_the_bar_by_its_name(tmp_path, content):
    (tmp_path / "odd.ipynb").write_text(content)
    assert pages(tmp_path) == [Page("odd", "odd")]


def test_the_first_heading_is_the_title():
    assert heading(["no heading", "text\n# 家访 / Home visits\n# second"]) == "家访 / Home visits"
    assert set(PAGES) >= {"home"}
