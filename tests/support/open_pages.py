"""A page that is open, without a browser: its widgets are typed into and clicked by the messages that our page's script sends.

Nothing here waits for good: a wait that is too long is a `StuckError` that says for what, and what was heard instead.
"""

import asyncio
import json
import re
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
    """A page that a probe has got (`HttpProbe.get`), and its line to its kernel."""

    def __init__(self, probe, answer, patience=20.0):
        self.probe, self.answer, self.patience = probe, answer, patience
        self.session = uuid4().hex
        self.line = self.reading = None
        self.heard = deque(maxlen=5)
        self.states = {}
        for text in STATES.findall(answer.text):
            self.states.update({model: one["state"] for model, one in json.loads(text).items()})

    def widget(self, kind, *, label="", dressed=""):
        """Return the id of the page's only or first widget of a kind, by how its label begins or what dresses it."""
        for model, state in self.states.items():
            if (
                state.get("_model_name") == f"{kind}Model"
                and state.get("description", "").startswith(label)
                and (not dressed or dressed in state.get("_dom_classes", ()))
            ):
                return model
        raise LookupError(f"no {kind} {label or dressed} on {self.answer.url}")

    async def connect(self):
        """Open the line and make sure that the kernel is heard, as the page does (templates/theme/js/kernel.js)."""
        cookies = "; ".join(f"{one.name}={one.value}" for one in self.probe.cookies)
        address = f"{self.probe.base.replace('http', 'ws', 1)}/api/kernels/{self.answer.kernel}/channels"
        request = HTTPRequest(
            f"{address}?greets=1&session_id={self.session}",
            headers={"Cookie": cookies, "Origin": self.probe.base},
            connect_timeout=self.patience,
            request_timeout=self.patience,
        )
        self.line = await websocket_connect(request, subprotocols=[PROTOCOL])
        greetings = set()
        until = time.monotonic() + self.patience
        while time.monotonic() < until:
            greetings.add(await self._say("control", "kernel_info_request", {}))
            try:
                async for message in self._hear("an answer to the greeting", 0.5):
                    if is_done(message, greetings):
                        return
            except StuckError:
                continue
        raise StuckError(f"no answer to {len(greetings)} greetings; heard {list(self.heard)}")

    async def enter(self, model, **state):
        """Change what a widget holds, and wait until the kernel has dealt with it."""
        sent = await self._tell(model, {"method": "update", "state": state, "buffer_paths": []})
        async for message in self._hear(f"the end of entering {state}"):
            if is_done(message, {sent}):
                return

    async def click(self, button, notice):
        """Click a button; return what the notice said last, and the seconds until it said so, once the kernel has done."""
        begun = time.perf_counter()
        sent = await self._tell(button, {"method": "custom", "content": {"event": "click"}})
        said, took = "", 0.0
        async for message in self._hear("the end of a click"):
            told = message["content"].get("data", {}) if message["type"] == "comm_msg" else {}
            if told.get("method") == "update" and message["content"]["comm_id"] == notice:
                said, took = told["state"].get("value", said), time.perf_counter() - begun
            if is_done(message, {sent}):
                break
        return said, took

    def close(self):
        """Hang up; the kernel lives on until the page is closed."""
        if self.reading is not None:
            self.reading.cancel()
        if self.line is not None:
            self.line.close()

    async def _tell(self, model, data):
        return await self._say("shell", "comm_msg", {"comm_id": model, "data": data})

    async def _say(self, channel, kind, content):
        header = {
            "msg_id": uuid4().hex,
            "session": self.session,
            "username": "",
            "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "msg_type": kind,
            "version": "5.3",
        }
        parts = [json.dumps(part).encode() for part in (header, {}, {}, content)]
        await self.line.write_message(serialize_msg_to_ws_v1(parts, channel), binary=True)
        return header["msg_id"]

    async def _hear(self, what, patience=None):
        """Yield each message; too long for all of them together is an error that says ``what`` was waited for."""
        patience = self.patience if patience is None else patience
        until = time.monotonic() + patience
        while True:
            # A reading that was waited for too long goes on, so that nothing is read and thrown away.
            self.reading = self.reading or asyncio.ensure_future(self._read())
            done, _ = await asyncio.wait({self.reading}, timeout=max(0.0, until - time.monotonic()))
            if not done:
                raise StuckError(f"waited {patience:g} s for {what}; heard last {list(self.heard)}")
            raw, self.reading = self.reading.result(), None
            if raw is None:
                raise StuckError(f"the line was cut before {what}; heard last {list(self.heard)}")
            _channel, parts = deserialize_msg_from_ws_v1(raw)
            header, parent, _metadata, content = map(json.loads, parts[:4])
            self.heard.append(f"{header['msg_type']} {content.get('execution_state', '')}".strip())
            yield {"type": header["msg_type"], "about": parent.get("msg_id"), "content": content}

    async def _read(self):
        return await self.line.read_message()


def is_done(message, sent):
    """Whether a message says that the kernel has dealt with one of these."""
    done = message["type"] == "status" and message["content"]["execution_state"] == "idle"
    return done and message["about"] in sent
