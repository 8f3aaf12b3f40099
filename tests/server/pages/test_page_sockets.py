"""The websocket between an open page and its kernel, without a browser: what the server does with what comes in.

Promise: nothing is lost. No message between a page and its kernel is dropped, and a page runs no code (7.11, 7.12).
"""

import asyncio
import gc
import json
import time

import pytest
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from support.open_pages import OpenPage, is_done, open_socket
from support.servers import start, write_page
from tornado.websocket import WebSocketClosedError
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from guanai.server.network.message_rate import MOST_MESSAGES
from guanai.server.pages.page_sockets import TOO_MANY, PageConnection, PageSocket

MANY = """
import ipywidgets
go, said = ipywidgets.Button(description="做"), ipywidgets.Label("0")

def count(_):
    for number in range(6001):
        said.value = str(number)

go.on_click(count)
ipywidgets.VBox([go, said])
"""
BOX = """
import ipywidgets
box, go, said = ipywidgets.Text(), ipywidgets.Button(description="做"), ipywidgets.Label("")
go.on_click(lambda _: setattr(said, "value", "有：" + box.value))
ipywidgets.VBox([box, go, said])
"""
FAULTY = """
import sys, warnings
import ipywidgets
box, go = ipywidgets.IntText(), ipywidgets.Button(description="做")

def fail(_):
    sys.stderr.write("sesame on stderr\\n")
    {}["sesame"]

go.on_click(fail)
ipywidgets.VBox([box, go])
"""
QUICK = '{"alone_seconds": 6.0, "sweep_seconds": 0.3, "waiting": 0}'


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with start(tmp_path_factory.mktemp("websockets") / "school", kernels=QUICK) as served:
        for name, cell in (("many", MANY), ("box", BOX), ("faulty", FAULTY)):
            write_page(served.folder / "notebooks", name, [f"# {name}", cell])
        yield served


@pytest.fixture
def probe(server):
    return server.signed_in()


def on_page(probe, name, scenario):
    """Open a page and run a scenario on it."""
    answer = probe.get(f"/{name}")
    page = OpenPage(probe, answer)

    async def go():
        await page.connect()
        try:
            return await scenario(page)
        finally:
            page.close()

    try:
        return asyncio.run(go())
    finally:
        probe.close(answer)


def test_a_ping_is_answered(probe):
    async def scenario(page):
        await page.websocket.write_message("ping")
        while (message := await asyncio.wait_for(page.websocket.read_message(), 20)) != "ping":
            assert isinstance(message, bytes)
        return True

    assert on_page(probe, "box", scenario)


def test_no_message_of_a_kernel_is_dropped_however_many_there_are(probe):
    """Jupyter would drop what a cell says faster than a person can read, and so the last of it too."""

    async def scenario(page):
        said, _ = await page.click(page.widget("Button"), page.widget("Label"))
        return said

    assert on_page(probe, "many", scenario) == "6000"


def test_a_page_may_use_its_widgets_and_run_no_code(probe, server):
    """Whoever has signed in could else read anything from the page's kernel, past every question of who may."""

    async def scenario(page):
        file = server.folder / "written"
        code = f"open({str(file)!r}, 'w').write('x')"
        content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}}
        for channel in ("shell", "control"):
            await page.send(channel, "execute_request", content)
        await page.enter(page.widget("Text"), value="after")
        return file.exists()

    assert on_page(probe, "box", scenario) is False


def test_no_traceback_path_or_word_of_an_error_goes_to_the_browser(probe, server):
    """A bad value of a trait and a callback that fails: the log has the words, the browser that there was an error."""

    async def scenario(page):
        contents = []
        for content in (
            {"method": "update", "state": {"value": "no number"}, "buffer_paths": []},
            {"method": "update", "state": {"layout": "IPY_MODEL_nowhere"}, "buffer_paths": []},
        ):
            sent = await page.send_to_widget(page.widget("IntText"), content)
            async for message in page.messages("an answer"):
                contents.append((message["type"], json.dumps(message["content"])))
                if is_done(message, {sent}):
                    break
        click = {"method": "custom", "content": {"event": "click"}}
        sent = await page.send_to_widget(page.widget("Button"), click)
        async for message in page.messages("an answer to a click"):
            contents.append((message["type"], json.dumps(message["content"])))
            if is_done(message, {sent}):
                break
        return contents

    contents = on_page(probe, "faulty", scenario)
    assert contents
    for kind, text in contents:
        for word in ("Traceback", "site-packages", "sesame", "KeyError", "TraitError", "no number", ".py"):
            assert word not in text, (kind, text)
    assert "sesame" in server.log()


def test_a_websocket_that_sends_without_end_is_closed(probe):
    async def scenario(page):
        for _ in range(int(MOST_MESSAGES) + 2000):
            page.websocket.write_message("ping")
        while (message := await asyncio.wait_for(page.websocket.read_message(), 60)) is not None:
            assert message is not None
        return page.websocket.close_code

    assert on_page(probe, "box", scenario) == TOO_MANY


class SilentSocket:
    """The websocket of a page whose network has gone: what was on its way arrives late, and it receives nothing."""

    def __init__(self, page):
        self.socket = open_socket(page.probe, page.response.kernel, page.session)

    async def write_message(self, message, binary):
        assert binary
        head = bytes([0x82, 0x80 | 126]) + len(message).to_bytes(2, "big") + bytes(4)
        await asyncio.to_thread(self.socket.sendall, head + message)


def test_a_new_websocket_replaces_a_silent_one_whose_late_messages_are_ignored(probe, server):
    async def scenario(page):
        page.websocket.close()
        await asyncio.sleep(0.5)
        page.pending_read = None
        silent = await asyncio.to_thread(SilentSocket, page)
        await page.connect()
        text, websocket = page.widget("Text"), page.websocket
        for number in range(40):  # two websockets with one identity at the kernel would lose some of them
            await page.enter(text, value=str(number))
            await asyncio.sleep(0.05)
        await page.enter(text, value="new")
        page.websocket = silent
        await page.send_to_widget(text, {"method": "update", "state": {"value": "late"}, "buffer_paths": []})
        page.websocket = websocket
        await asyncio.sleep(0.5)
        silent.socket.close()
        begun = time.monotonic()
        while time.monotonic() - begun < 9:  # longer than a kernel lives that nobody is connected to
            answer = await asyncio.to_thread(probe.get, f"/voila/api/kernel/{page.response.kernel}")
            assert answer.status == 200
            await asyncio.sleep(0.5)
        said, _ = await page.click(page.widget("Button"), page.widget("Label"))
        return said

    before = len(server.log())
    assert on_page(probe, "box", scenario) == "有：new"
    log = server.log()[before:]
    assert "Uncaught" not in log, "what came late was misread, and delayed everybody"
    assert "WARNING \n" not in log, "messages still went to the silent websocket"


@pytest.mark.parametrize(
    ("sent", "binary"),
    [
        (b"\xff" * 64, True),  # by its head of 2**64 parts
        ((2**40).to_bytes(8, "little") + bytes(64), True),
        (bytes(64), True),
        (b"", True),
        ("{}", False),
    ],
)
def test_data_that_is_no_message_closes_the_websocket_and_delays_nobody(probe, sent, binary):
    async def scenario(page):
        await page.websocket.write_message(sent, binary=binary)
        while await asyncio.wait_for(page.websocket.read_message(), 20) is not None:
            pass
        assert page.websocket.close_code == 1003
        await page.connect()
        await page.enter(page.widget("Text"), value="后来")
        said, _ = await page.click(page.widget("Button"), page.widget("Label"))
        return said

    assert on_page(probe, "box", scenario) == "有：后来"


def test_what_the_kernel_sends_between_two_connections_comes_on_the_second(probe):
    async def scenario(page):
        page.websocket.close()
        await asyncio.sleep(0.5)
        page.pending_read = None
        await page.connect()
        sent = await page.send("shell", "kernel_info_request", {})
        async for message in page.messages("an answer"):
            if is_done(message, {sent}):
                return json.dumps(message["content"])

    assert "idle" in on_page(probe, "box", scenario)


@pytest.mark.parametrize(
    ("steps", "calls"),
    [
        (["connect", "disconnect", "disconnect"], ["connect", "disconnect"]),
        (["disconnect", "connect", "disconnect"], []),  # another took its place before it had begun
    ],
)
def test_a_websocket_disconnects_from_its_kernel_once(monkeypatch, steps, calls):
    done = []
    for name in ("connect", "disconnect"):
        monkeypatch.setattr(ZMQChannelsWebsocketConnection, name, lambda _, name=name: done.append(name))
    connection = PageConnection.__new__(PageConnection)
    for step in steps:
        getattr(connection, step)()
    assert done == calls


def test_a_message_to_a_page_that_closes_meanwhile_is_no_error(monkeypatch):
    async def breaks_off():
        raise WebSocketClosedError

    async def go():
        faults = []
        asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))
        monkeypatch.setattr(
            VoilaKernelWebsocketHandler, "write_message", lambda *_: asyncio.ensure_future(breaks_off())
        )
        PageSocket.write_message(PageSocket.__new__(PageSocket), b"")
        for _ in range(3):
            await asyncio.sleep(0)
        gc.collect()
        return faults

    assert asyncio.run(go()) == []
