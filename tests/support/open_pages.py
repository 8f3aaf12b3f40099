"""A page that is open, without a browser: its widgets are typed into and clicked by the messages that our page's script sends.

No wait here is endless: one that is too long is a `StuckError` that says for what, and which messages came instead.
"""

import asyncio
import json
import re
import socket
import time
from collections import deque
from uuid import uuid4

from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

PROTOCOL = "v1.kernel.websocket.jupyter.org"
STATES = re.compile(r'<script type="application/json" class="states">(.*?)</script>', re.DOTALL)


class StuckError(Exception):
    """Something was waited for too long."""


class OpenPage:
    """A page that a probe has got (`HttpProbe.get`), and its websocket to its kernel."""

    def __init__(self, probe, response, timeout=20.0):
        self.probe, self.response, self.timeout = probe, response, timeout
        self.session = uuid4().hex
        self.websocket = self.pending_read = None
        self.recent_messages = deque(maxlen=5)
        self.states = {}
        for text in STATES.findall(response.text):
            self.states.update({model: widget["state"] for model, widget in json.loads(text).items()})

    def widget(self, kind, *, label="", css_class=""):
        """Return the id of the page's only or first widget of a kind, by how its label begins or its CSS class."""
        for model, state in self.states.items():
            if (
                state.get("_model_name") == f"{kind}Model"
                and state.get("description", "").startswith(label)
                and (not css_class or css_class in state.get("_dom_classes", ()))
            ):
                return model
        raise LookupError(f"no {kind} {label or css_class} on {self.response.url}")

    async def connect(self):
        """Open the websocket and make sure that the kernel answers, as the page does (templates/theme/js/kernel.js)."""
        address = f"{self.probe.base.replace('http', 'ws', 1)}/api/kernels/{self.response.kernel}/channels"
        request = HTTPRequest(
            f"{address}?greets=1&session_id={self.session}",
            headers={"Cookie": cookie_header(self.probe), "Origin": self.probe.base},
            connect_timeout=self.timeout,
            request_timeout=self.timeout,
        )
        self.websocket = await websocket_connect(request, subprotocols=[PROTOCOL])
        requests = set()
        until = time.monotonic() + self.timeout
        while time.monotonic() < until:
            requests.add(await self.send("control", "kernel_info_request", {}))
            try:
                async for message in self.messages("an answer to a request", 0.5):
                    if is_done(message, requests):
                        return
            except StuckError:
                continue
        raise StuckError(
            f"no answer to {len(requests)} requests; last messages: {list(self.recent_messages)}"
        )

    async def enter(self, model, **state):
        """Change what a widget holds, and wait until the kernel has dealt with it."""
        sent = await self.send_to_widget(model, {"method": "update", "state": state, "buffer_paths": []})
        async for message in self.messages(f"the end of entering {state}"):
            if is_done(message, {sent}):
                return

    async def click(self, button, notice):
        """Click a button; return the notice's last text and the seconds until it came, once the kernel has done."""
        begun = time.perf_counter()
        sent = await self.send_to_widget(button, {"method": "custom", "content": {"event": "click"}})
        text, seconds = "", 0.0
        async for message in self.messages("the end of a click"):
            data = message["content"].get("data", {}) if message["type"] == "comm_msg" else {}
            if data.get("method") == "update" and message["content"]["comm_id"] == notice:
                text, seconds = data["state"].get("value", text), time.perf_counter() - begun
            if is_done(message, {sent}):
                break
        return text, seconds

    def close(self):
        """Close the websocket; the kernel runs on until the page is closed."""
        if self.pending_read is not None:
            self.pending_read.cancel()
        if self.websocket is not None:
            self.websocket.close()

    async def send_to_widget(self, model, data):
        return await self.send("shell", "comm_msg", {"comm_id": model, "data": data})

    async def send(self, channel, kind, content):
        header = {
            "msg_id": uuid4().hex,
            "session": self.session,
            "username": "",
            "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "msg_type": kind,
            "version": "5.3",
        }
        parts = [json.dumps(part).encode() for part in (header, {}, {}, content)]
        await self.websocket.write_message(serialize_msg_to_ws_v1(parts, channel), binary=True)
        return header["msg_id"]

    async def messages(self, what, timeout=None):
        """Yield each message; too long for all of them together is an error that says ``what`` was waited for."""
        timeout = self.timeout if timeout is None else timeout
        until = time.monotonic() + timeout
        while True:
            # A read that was waited for too long goes on, so that nothing is read and thrown away.
            self.pending_read = self.pending_read or asyncio.ensure_future(self._read())
            done, _ = await asyncio.wait({self.pending_read}, timeout=max(0.0, until - time.monotonic()))
            if not done:
                raise StuckError(
                    f"waited {timeout:g} s for {what}; last messages: {list(self.recent_messages)}"
                )
            raw, self.pending_read = self.pending_read.result(), None
            if raw is None:
                raise StuckError(
                    f"the websocket was closed before {what}; last messages: {list(self.recent_messages)}"
                )
            _channel, parts = deserialize_msg_from_ws_v1(raw)
            header, parent, _metadata, content = map(json.loads, parts[:4])
            self.recent_messages.append(f"{header['msg_type']} {content.get('execution_state', '')}".strip())
            yield {"type": header["msg_type"], "request": parent.get("msg_id"), "content": content}

    async def _read(self):
        return await self.websocket.read_message()


def is_done(message, requests):
    """Whether a message says that the kernel has dealt with one of these requests."""
    done = message["type"] == "status" and message["content"]["execution_state"] == "idle"
    return done and message["request"] in requests


def cookie_header(probe):
    """Return a probe's cookies as a browser sends them."""
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in probe.cookies)


def open_socket(probe, kernel, session):
    """Return the socket of a page's websocket to its kernel, opened by hand: it sends nothing more, not even pongs."""
    host, _, port = probe.base.rpartition("//")[2].partition(":")
    request = [
        f"GET /api/kernels/{kernel}/channels?greets=1&session_id={session} HTTP/1.1",
        f"Host: {host}:{port}",
        f"Cookie: {cookie_header(probe)}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: c2lsZW5jZS1pcy1nb2xkZW4=",
        f"Sec-WebSocket-Protocol: {PROTOCOL}",
    ]
    connection = socket.create_connection((host, int(port)))
    connection.sendall("\r\n".join([*request, "", ""]).encode())
    assert b" 101 " in connection.recv(4096)
    return connection
