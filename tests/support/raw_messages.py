"""A page driven by raw messages of its websocket: every widget is clicked, changed and abused, also those that are not shown."""

import json
import time
from uuid import uuid4

from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1

from support.open_pages import OpenPage, StuckError, is_done
from support.planted_school import readable, unpacked

#: How many messages are sent before the kernel's answers are waited for.
TOGETHER = 40
#: What a person changes of a widget, each with other answers than it has.
CHANGED = ("value", "index", "selected_index", "date")
OTHERS = {
    bool: (True, False), int: (0, 1, 2, 9999), str: ("x", "2026-11-02"), list: (["x"], [0, 1]), type(None): (0, "2026-11-02", "x"),
}  # fmt: skip
#: What no trait of any widget can be.
NONSENSE = [{"x": [1]}, [[None]], 1e308, "\x00'\"<script>", -1]
METHODS = (
    {"event": "click"},
    {"event": "submit"},
    {"event": "no such event"},
    {},
    [],
    None,
    "click",
)


class RawPage(OpenPage):
    """A page, and all that it was sent."""

    def __init__(self, probe, response, timeout=60.0):
        super().__init__(probe, response, timeout)
        self.frames = []
        self.sent_to = ""

    async def _read(self):
        frame = await super()._read()
        if frame is not None:
            self.frames.append(frame)
        return frame

    def received(self):
        """Return the text of each message that came, files in it unpacked."""
        texts = []
        for frame in self.frames:
            if isinstance(frame, bytes):
                _, parts = deserialize_msg_from_ws_v1(frame)
                said = [json.loads(bytes(part)) for part in parts[:4]]
                texts.append("\n".join([readable(str(said)), *(unpacked(bytes(part)) for part in parts[4:])]))
        return texts

    async def attack(self):
        """Send to every widget what a page's script never would; also to those that appear meanwhile."""
        await self.ask_for_all_states()
        driven = set()
        for _ in range(2):
            models = [
                model for model, state in self.states.items() if model not in driven and not is_look(state)
            ]
            if not models:
                break
            driven.update(models)
            for messages in (self.clicks, self.changes, self.submits, self.uploads, self.abuses):
                await self.send_all(models, messages)
        await self.open_widgets()

    async def send_all(self, models, messages):
        """Send messages to some widgets, a few at a time."""
        sent = []
        for model in models:
            for data, buffers in messages(self.states[model]):
                self.sent_to = f"{self.states[model].get('_model_name')} {model}: {str(data)[:80]}"
                sent.append(await self.send_raw(model, data, buffers))
                if len(sent) >= TOGETHER:
                    await self.wait_for(sent.pop())
                    sent = []
        if sent:
            await self.wait_for(sent.pop())

    def clicks(self, state):
        """Click, submit, and call what there is not."""
        for content in METHODS if is_control(state) else METHODS[:1]:
            yield {"method": "custom", "content": content}, ()
        yield {"method": "no_such_method"}, ()

    def submits(self, state):
        """Click and submit, now that everything has another answer."""
        if is_control(state):
            for content in METHODS[:2]:
                yield {"method": "custom", "content": content}, ()

    def changes(self, state):
        """Give a widget other answers than it has."""
        for trait in CHANGED if is_control(state) else ():
            for value in OTHERS.get(type(state[trait]), ()) if trait in state else ():
                if value != state[trait]:
                    yield {"method": "update", "state": {trait: value}, "buffer_paths": []}, ()

    def uploads(self, state):
        """Upload a file where there is anything that a file can be uploaded to."""
        if "Upload" in str(state.get("_model_name")):
            for name, content in (
                ("../../a.xlsx", b"PK\x03\x04"),
                ("a.csv", "姓名\n甲".encode()),
                ("a.html", b"<script>"),
            ):
                file = {"name": name, "type": "text/csv", "size": len(content), "last_modified": 1}
                yield (
                    {
                        "method": "update",
                        "state": {"value": [file]},
                        "buffer_paths": [["value", 0, "content"]],
                    },
                    (content,),
                )

    def abuses(self, state):
        """Give every trait what it cannot be, all at once and what a person changes by itself too."""
        for nonsense in NONSENSE if is_control(state) else NONSENSE[:1]:
            every = dict.fromkeys(state, nonsense)
            yield {"method": "update", "state": every, "buffer_paths": []}, ()
        for trait in CHANGED if is_control(state) else ():
            yield {"method": "update", "state": {trait: NONSENSE[0]}, "buffer_paths": [["x", 0]]}, ()
            yield "no message", ()

    async def ask_for_all_states(self):
        """Ask for the state of every widget there is, also of those that the page does not show."""
        for version in ("", "9", "1.0.0"):
            comm = uuid4().hex
            content = {"comm_id": comm, "target_name": "jupyter.widget.control", "data": {}}
            await self.send("shell", "comm_open", content, {"version": version})
            await self.wait_for(await self.send_raw(comm, {"method": "request_states"}))
        for data in ({}, None, {"method": "no such"}):
            await self.wait_for(await self.send_raw(comm, data))

    async def open_widgets(self):
        """Make widgets of one's own in the kernel, ask about its comms, and close those that there are."""
        for name in ("ButtonModel", "OutputModel", "FileUploadModel"):
            state = {
                "_model_name": name,
                "_model_module": "@jupyter-widgets/controls",
                "_model_module_version": "2.0.0",
            }
            data = {"state": state, "buffer_paths": []}
            content = {"comm_id": uuid4().hex, "target_name": "jupyter.widget", "data": data}
            for version in ("1.0.0", "2.1.0"):
                await self.wait_for(await self.send("shell", "comm_open", content, {"version": version}))
        await self.wait_for(
            await self.send("shell", "comm_open", {"comm_id": "x", "target_name": "x", "data": {}})
        )
        await self.wait_for(await self.send("shell", "comm_info_request", {}))
        for model in list(self.states)[:3]:
            await self.send("shell", "comm_close", {"comm_id": model, "data": {}})

    async def send_raw(self, model, data, buffers=()):
        """Send a message to a widget, with files behind it."""
        return await self.send("shell", "comm_msg", {"comm_id": model, "data": data}, buffers=buffers)

    async def send(self, channel, kind, content, metadata=None, buffers=()):
        """Send a message with files behind it."""
        header = {
            "msg_id": uuid4().hex,
            "session": self.session,
            "username": "",
            "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "msg_type": kind,
            "version": "5.3",
        }
        parts = [json.dumps(part).encode() for part in (header, {}, metadata or {}, content)]
        message = serialize_msg_to_ws_v1([*parts, *buffers], channel)
        await self.websocket.write_message(message, binary=True)
        return header["msg_id"]

    async def wait_for(self, request):
        """Wait until the kernel has dealt with a message; remember the widgets that it has made meanwhile."""
        async for message in self.messages(f"the end of {self.sent_to or request}"):
            content = message["content"]
            state = content.get("data", {}).get("state") if message["type"] == "comm_open" else None
            if state is not None:
                self.states.setdefault(content["comm_id"], state)
            if message["type"] == "display_data":
                for text in content.get("data", {}).values():
                    self.add_states(text)
            if is_done(message, {request}):
                return

    def add_states(self, text):
        """Add the states of widgets that came as an output."""
        try:
            widgets = json.loads(text) if isinstance(text, str) and text.startswith("{") else {}
        except ValueError:
            return
        for model, widget in widgets.items():
            if isinstance(widget, dict) and isinstance(widget.get("state"), dict):
                self.states.setdefault(model, widget["state"])


def is_look(state):
    """Whether a widget only says how another one looks: nothing listens to it."""
    return str(state.get("_model_name")).endswith(("LayoutModel", "StyleModel"))


def is_control(state):
    """Whether something is done with a widget, or entered into it."""
    name = str(state.get("_model_name"))
    return name not in ("HTMLModel", "LabelModel", "HTMLMathModel") and (
        "Button" in name or any(trait in state for trait in CHANGED)
    )


__all__ = ["RawPage", "StuckError"]
