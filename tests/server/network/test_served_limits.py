"""What a server says no to before anybody has signed in, and what every answer carries.

Promise: server/README.md, limits, and what every answer carries (7.11, 7.12).


Each of these was found on a running school: about 1,100 half-open connections stopped it, a body of 90 MB was read whole,
``/voila/render//evil.example`` led away, ``%00`` and long names gave 500, errors and files had no policy.
"""

import http.client
import re
import socket
from contextlib import ExitStack
from typing import ClassVar
from urllib.parse import urlsplit

import pytest
from support.routes import METHODS, example, foreign_routes
from support.servers import NAME, PASSWORD, start, wait_until

from guanai.server.accounts.served_school import ServedSchool
from guanai.server.commands.http_probe import HttpProbe
from guanai.server.pages.voila_overrides import SchoolServer, school_config
from guanai.storage import open_school

pytestmark = pytest.mark.slow

ODD = [
    "/%00", "/who%00", "/attachment/%00", "/theme/%00.css", "/voila/render/%00", "/voila/api/themes/%00",
    "/" + "a" * 300, "/attachment/" + "a" * 300 + ".jpg", "/theme/" + "a" * 300 + ".css", "/voila/render/" + "a" * 300,
    "/voila/api/themes/" + "a" * 300, "/%ff%fe", "/%c0%ae%c0%ae/x", "/attachment/%ff", "/..%2f..%2fetc%2fpasswd",
    "/attachment/..%2frecords.db", "/voila/api/themes/..%2f..%2fx", "/%2e%2e/%2e%2e/x", "/\\..\\x", "/who?x=%00",
    "/print?form=%00&id=%00", "/print?what=%ff", "/print?form=" + "a" * 300, "/print?id=" + "b" * 3000, "/a%0d%0ab",
    "/language?to=%00", "/login?next=%00", "/first?key=%ff", "/" + "x/" * 1500, "/?" + "q" * 9000,
]  # fmt: skip
LEADING_AWAY = [
    "/voila/render//evil.example", "/voila/render/%2Fevil.example", "/voila/render/%5Cevil.example",
    "/voila/render/%2F%2Fevil.example", "/voila/render/\\evil.example", "/voila/render/%09//evil.example",
    "/voila/render///evil.example/..", "/voila/render/https://evil.example", "//evil.example", "//evil.example/%2e%2e",
    "/language?to=zh&next=//evil.example", "/language?to=zh&next=https://evil.example", "/language?to=zh&next=/%5Cevil.example",
    "/login?next=//evil.example", "/voila/api/themes//evil.example/..", "/logout?next=//evil.example", "/theme//evil.example",
]  # fmt: skip


def asked(server, target, method="GET", body=None, headers=None):
    """Return the answer to a request that is sent as it stands; its connection is its own."""
    parts = urlsplit(server.base)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    connection._validate_path = lambda url: None  # as somebody who does not care would send it
    connection.request(method, target, body, headers or {})
    answer = connection.getresponse()
    answer.text = answer.read().decode("utf-8", "replace")
    connection.close()
    return answer


def cookies(probe):
    return {"Cookie": "; ".join(f"{cookie.name}={cookie.value}" for cookie in probe.cookies)}


@pytest.fixture(scope="module")
def helper(server):
    """The headers of somebody with the lowest role."""
    server.school_accounts().add("帮扶老师", PASSWORD, roles=("helper",))
    probe = HttpProbe(server.base)
    probe.submit("/login", name="帮扶老师", password=PASSWORD, next="/theme/icon.svg")
    return cookies(probe)


@pytest.fixture(scope="module")
def unstarted(server):
    """The same school's server in this process, which does not listen: to read its routes."""
    served = ServedSchool(open_school(server.folder))
    unstarted = SchoolServer(served, lambda: None, config=school_config(served, "127.0.0.1", 1))
    unstarted.initialize([])
    unstarted.init_settings()
    return unstarted


class TestTargets:
    @pytest.mark.parametrize("target", ODD, ids=range(len(ODD)))
    def test_an_odd_address_is_never_an_error_of_the_server(self, server, helper, target):
        for headers in ({}, helper):
            answer = asked(server, target, headers=headers)
            assert answer.status in (200, 302, 400, 403, 404, 410, 414), target
            assert "Traceback" not in answer.text

    @pytest.mark.parametrize("target", LEADING_AWAY)
    def test_no_redirect_leads_to_another_site(self, server, helper, target):
        for headers in ({}, helper):
            location = asked(server, target, headers=headers).getheader("Location", "/")
            assert location.startswith("/")
            assert not location.startswith(("//", "/\\"))
            assert "\\" not in location


class TestRoutes:
    def test_no_route_of_jupyter_is_answered(self, server, helper, unstarted):
        """A page needs the state and the websocket of its own kernel: for anybody else these are refused too."""
        ours = re.compile(
            r"/|/api/kernels/[\w-]+(/channels)?|/voila/api/(themes|shutdown)/.*|/log(in|out)|/first|/language|/voila/render/.*"
        )
        for route in foreign_routes(unstarted):
            for method in METHODS if not ours.fullmatch(route) else ():
                nobody, somebody = (asked(server, route, method, headers=who) for who in ({}, helper))
                assert nobody.status in (302, 403, 404, 405), (method, route, nobody.status)
                assert somebody.status in (403, 404, 405), (method, route, somebody.status)

    def test_a_kernel_is_nobody_elses(self, server, helper):
        page = server.signed_in().get("/who")
        for route in (f"/api/kernels/{page.kernel}", f"/api/kernels/{page.kernel}/channels"):
            for method in METHODS:
                for headers in ({}, helper):
                    assert asked(server, route, method, headers=headers).status in (400, 403, 404, 405), (
                        method,
                        route,
                    )

    def test_each_route_of_ours_asks_for_a_sign_in(self, server, unstarted):
        open_to_all = {"/login", "/logout", "/first", "/link", "/language"}
        for route, handler, *_ in unstarted.init_handlers():
            target = example(route)
            files = handler.__name__ in ("ThemeFiles", "BundleFiles", "ThemesHandler")
            if target in open_to_all or files:
                continue
            for method in METHODS:
                answer = asked(server, target, method)
                assert answer.status in (302, 401, 403, 404, 405), (method, target, answer.status)
                if answer.status == 302:
                    assert urlsplit(answer.getheader("Location")).path == "/login"

    def test_every_answer_carries_the_headers_that_keep_a_browser_safe(self, server, helper, unstarted):
        targets = [example(route) for route, *_ in unstarted.init_handlers()]
        page = server.signed_in()
        own = page.get("/who")
        targets += [
            "/who",
            "/theme/pages.css",
            "/theme/icon.svg",
            "/nosuch",
            "/%00",
            "/" + "a" * 300,
            f"/api/kernels/{own.kernel}",
        ]
        for target in targets:
            for method in ("GET", "HEAD", "POST", "DELETE"):
                for headers in ({}, helper, cookies(page)):
                    answer = asked(server, target, method, headers=headers)
                    where = (method, target, answer.status)
                    assert answer.getheader("Server") is None, where
                    assert answer.getheader("X-Content-Type-Options") == "nosniff", where
                    policy = answer.getheader("Content-Security-Policy", "")
                    assert "default-src" in policy, where
                    assert "frame-ancestors 'self'" in policy, where
                    assert answer.getheader("Referrer-Policy"), where
                    assert answer.getheader("Permissions-Policy"), where
                    assert answer.getheader("Cache-Control"), where
                    assert answer.getheader("Strict-Transport-Security") is None, where
        page.close(own)


class TestBodies:
    def test_a_body_that_is_too_long_is_refused_before_it_is_read(self, server):
        for body in (65 * 1024, 90_000_000, 10**15):
            answer = asked(server, "/login", "POST", None, {"Content-Length": str(body)})
            assert answer.status == 413
            assert "default-src" in answer.getheader("Content-Security-Policy")

    def test_one_without_a_length_is_not_read_whole_either(self, server):
        host, port = urlsplit(server.base).hostname, urlsplit(server.base).port
        with socket.create_connection((host, port), timeout=60) as connection:
            connection.sendall(b"POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            sent = 0
            try:
                while sent < 5_000_000:
                    connection.sendall(b"10000\r\n" + b"a" * 0x10000 + b"\r\n")
                    sent += 0x10000
            except OSError:
                pass
            assert sent < 5_000_000

    def test_signing_in_still_works(self, server):
        assert HttpProbe(server.base, follow=False).sign_in(NAME, PASSWORD).status == 302


def test_half_open_connections_stop_nobody_and_fill_no_log(tmp_path):
    """1,100 of them, some with half a head, at a process of 1,024 files: pages open meanwhile, the log stays as it is."""
    with start(tmp_path / "school", open_files=1024) as server, ExitStack() as stack:
        host, port = urlsplit(server.base).hostname, urlsplit(server.base).port
        before = len(server.log())
        for number in range(1100):
            connection = stack.enter_context(socket.create_connection((host, port), timeout=60))
            if number % 2:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        probe = HttpProbe(server.base)
        assert probe.submit("/login", name=NAME, password=PASSWORD, next="/theme/icon.svg").status == 200
        page = probe.get("/who")
        assert NAME in page.text
        probe.close(page)
        assert len(server.log()) - before < 20_000


def test_a_head_that_does_not_come_ends_its_connection(server):
    host, port = urlsplit(server.base).hostname, urlsplit(server.base).port
    with socket.create_connection((host, port), timeout=60) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        assert connection.recv(100) == b""


class TestProxies:
    """A school behind a proxy that is named by address, and one behind none."""

    CLAIM: ClassVar = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "10.1.2.3", "X-Real-Ip": "10.9.9.9"}

    @pytest.fixture(scope="class")
    def behind(self, tmp_path_factory):
        with start(tmp_path_factory.mktemp("behind") / "school", proxies=["127.0.0.1"]) as served:
            yield served

    def signed_in(self, server):
        probe = HttpProbe(server.base, follow=False)
        page = probe.get("/login", **self.CLAIM)
        token = page.text.split('name="_xsrf" value="')[1].split('"')[0]
        cookie = next(line for line in page.headers.get_all("Set-Cookie") if line.startswith("_xsrf="))
        headers = {**self.CLAIM, "Cookie": cookie.partition(";")[0]}
        form = {"_xsrf": token, "name": NAME, "password": PASSWORD}
        return page, probe.post("/login", form, **headers)

    def test_nobody_else_is_believed(self, server):
        page, answer = self.signed_in(server)
        assert answer.status == 302
        for line in (*page.headers.get_all("Set-Cookie"), *answer.headers.get_all("Set-Cookie")):
            assert "Secure" not in line
            assert "__Host-" not in line
        assert answer.headers.get("Strict-Transport-Security") is None

    def test_by_https_every_cookie_is_for_https_and_this_host_only(self, behind):
        page, answer = self.signed_in(behind)
        assert answer.status == 302
        lines = [*page.headers.get_all("Set-Cookie"), *answer.headers.get_all("Set-Cookie")]
        assert len(lines) >= 3
        for line in lines:
            assert "Secure" in line
            assert line.startswith(("__Host-guanai", "_xsrf="))
            assert "Path=/" in re.split(r"; ?", line)
            assert "SameSite=Lax" in line
        assert int(answer.headers["Strict-Transport-Security"].partition("=")[2]) >= 31_536_000


def test_below_a_path_of_the_host_nothing_outside_of_it_is_answered(tmp_path):
    with start(tmp_path / "school", base_url="/school/") as served:
        root = served.base.removesuffix("/school")
        for path in ("/", "/login", "//evil.example", "/schools"):
            answer = HttpProbe(root, follow=False).get(path)
            assert answer.status == 404
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers.get("Server") is None
        assert HttpProbe(root).get("/school/login").status == 200


def test_the_server_comes_up_again_after_all_that(server):
    assert wait_until(lambda: HttpProbe(server.base).get("/login").status == 200)
