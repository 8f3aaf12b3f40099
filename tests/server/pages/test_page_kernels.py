"""The kernel of an open page, over real HTTP: who may use it, and when it ends.

Promise: children's data stays here. Only the person of a page uses its kernel, and it ends with the page (7.11).
"""

import asyncio
import json
import signal
import time

import psutil
import pytest
import tornado.httpclient
import tornado.websocket
from support.open_pages import cookie_header, open_socket
from support.servers import is_kernel, start, wait_until

from guanai.server.commands.http_probe import HttpProbe


def test_closing_the_page_ends_its_kernel(server, probe):
    answer = probe.get("/home")
    assert probe.get(f"/api/kernels/{answer.kernel}").status == 200
    assert probe.close(answer).status == 204
    assert probe.get(f"/api/kernels/{answer.kernel}").status in {403, 404}
    assert probe.close(answer).status == 204  # a page may send this twice


def test_a_request_of_another_site_does_not_end_it(probe):
    answer = probe.get("/home")
    assert probe.post(f"/voila/api/shutdown/{answer.kernel}", {}).status == 403
    assert probe.get(f"/api/kernels/{answer.kernel}").status == 200
    probe.close(answer)


def test_nobody_else_can_connect_to_it(server, probe):
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


def test_signing_out_ends_the_kernels_of_all_pages(server):
    probe = server.signed_in()
    kernels = len(server.kernels())
    probe.get("/home")
    assert len(server.kernels()) == kernels + 1
    probe.post("/logout", {"_xsrf": probe.xsrf_token})
    assert wait_until(lambda: len(server.kernels()) == kernels)


def test_it_ends_when_nothing_is_connected_and_with_a_killed_server(tmp_path):
    """A browser that is killed sends nothing, nor does a server."""
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
        assert wait_until(lambda: not any(process.is_running() and is_kernel(process) for process in orphans))


@pytest.mark.slow
def test_it_ends_within_a_minute_of_a_power_loss(tmp_path):
    """With the settings of every school: a browser without power leaves its connection open and answers nothing."""
    with start(tmp_path / "school", kernels='{"waiting": 0}') as server:
        probe = server.signed_in()
        answer = probe.get("/home")
        with open_socket(probe, answer.kernel, "s"):
            begun = time.monotonic()
            assert wait_until(lambda: not server.kernels(), seconds=90)
            assert 30 < time.monotonic() - begun < 60


def test_a_server_that_stops_ends_its_kernels(tmp_path):
    with start(tmp_path / "school") as server:
        server.signed_in().get("/home")
        kernels = server.kernels()
        assert kernels
        server.process.terminate()
        assert server.process.wait(30) == 0
        assert not psutil.wait_procs(kernels, timeout=5)[1]


def connect(server, kernel, probe, origin=None):
    """Return the status with which a page's websocket is answered."""
    headers = {"Cookie": cookie_header(probe), **({"Origin": origin} if origin else {})}
    url = f"{server.base.replace('http', 'ws')}/api/kernels/{kernel}/channels?session_id=s"

    async def attempt():
        try:
            websocket = await tornado.websocket.websocket_connect(
                tornado.httpclient.HTTPRequest(url, headers=headers)
            )
        except tornado.httpclient.HTTPClientError as error:
            return error.code
        websocket.close()
        return 101

    return asyncio.run(attempt())
