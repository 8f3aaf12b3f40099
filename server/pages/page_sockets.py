"""The websocket between an open page and its kernel: opened at once, closed once, and strict about what comes in.

This reaches into parts of jupyter_server that it does not document: what `PageConnection` overrides and `PageSocket`
calls. `guanai.server.tested_versions` says for which versions that has been tested.
"""

import asyncio
import json
from typing import Any, ClassVar
from weakref import WeakSet

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from guanai.server.kernels.widget_states import STATES
from guanai.server.network.message_rate import MessageRate
from guanai.server.web.handlers import ApiHandler

__all__ = ["PageConnection", "PageSocket"]

PING = "ping"
BAD_MESSAGE = 1003  # RFC 6455, 7.4.1: data of a kind that cannot be accepted
TOO_MANY = 1008  # the same: a message that breaks a rule of the server's
STATES_BEGIN = STATES.encode()
# What a browser gets of an error: that there was one. Its words may hold paths, code and other people's data.
SAID_OF_ERROR = json.dumps({"ename": "Error", "evalue": "", "traceback": []}).encode()


class PageConnection(ZMQChannelsWebsocketConnection):
    """A page's connection to its kernel, open as soon as the kernel is there.

    Before a websocket opens, Jupyter waits until the kernel has answered on its shell channel, and so for a cell that
    runs. A lean page checks its channels itself, and says so in the address: ``greets=1``.
    """

    is_connected = is_closed = False

    @property
    def page_checks_channels(self) -> bool:
        """Whether the page itself checks that it gets the kernel's messages."""
        return bool(self.websocket_handler.get_argument("greets", ""))

    async def prepare(self) -> None:
        """Prepare without asking the kernel anything."""
        if not self.page_checks_channels:
            await super().prepare()  # type: ignore[no-untyped-call]
            return
        await self._register_session()  # type: ignore[no-untyped-call]
        self.session.key = self.kernel_manager.session.key

    def connect(self) -> asyncio.Future[None] | None:  # type: ignore[override]  # as the base class has it
        """Connect to the kernel, unless this websocket has been closed already."""
        if self.is_closed:
            return None
        self.is_connected = True
        return super().connect()

    def disconnect(self) -> None:  # type: ignore[override]  # as the base class has it
        """Disconnect from the kernel, once: Jupyter counts connections, and would miss another page's after a second time."""
        if self.is_connected and not self.is_closed:
            super().disconnect()  # type: ignore[no-untyped-call]
        self.is_closed = True

    def nudge(self) -> asyncio.Future[None]:
        """Return at once for a page that checks its channels itself."""
        if not self.page_checks_channels:
            return super().nudge()
        done: asyncio.Future[None] = asyncio.Future()
        done.set_result(None)
        return done

    def _on_zmq_reply(self, stream: Any, msg_list: Any) -> None:
        """Send a message on to the page, except the states of widgets, which are in its HTML, and what errors say."""
        if self.page_checks_channels and is_states(msg_list):
            return
        kind = message_kind(msg_list)
        if kind == "error":
            self.log.error("A page's kernel: %s", bytes(msg_list[3]).decode("utf-8", "replace"))
            msg_list = [*msg_list[:3], SAID_OF_ERROR]
        elif kind == "stream" and b'"stderr"' in bytes(msg_list[3]):
            self.log.warning("A page's kernel: %s", bytes(msg_list[3]).decode("utf-8", "replace"))
            return
        super()._on_zmq_reply(stream, msg_list)  # type: ignore[no-untyped-call]


def is_states(parts: Any) -> bool:
    """Whether a message (header, parent, metadata, content) is the output with the states of a cell's widgets."""
    return (
        isinstance(parts, list)
        and len(parts) > 3
        and STATES_BEGIN in bytes(parts[3][: 2 * len(STATES_BEGIN)])
    )


def message_kind(parts: Any) -> str:
    """Return the type of a message (header, parent, metadata, content), empty for what is none."""
    try:
        return str(json.loads(bytes(parts[0]))["msg_type"])
    except (LookupError, TypeError, ValueError):
        return ""


def is_message(data: str | bytes, protocol: str | None) -> bool:
    """Whether data is in the websocket's protocol, and long enough for as many parts as its first bytes say.

    Jupyter does not check that number, and would block every page of the school while it counts to billions.
    """
    if protocol is None or isinstance(data, str):
        return protocol is None and isinstance(data, str)
    return 3 < int.from_bytes(data[:8], "little") < len(data) // 8


class PageSocket(ApiHandler, VoilaKernelWebsocketHandler):
    """The websocket of a page; it is closed when the page's kernel has ended, so that the page can say so."""

    sockets: ClassVar[dict[str, "WeakSet[PageSocket]"]] = {}

    async def open(self, kernel_id: str) -> None:
        """Remember which kernel this websocket is for."""
        self.rate = MessageRate()
        self.sockets.setdefault(kernel_id, WeakSet()).add(self)
        await super().open(kernel_id)

    def on_message(self, ws_message: Any) -> None:
        """Answer a ping, by which a page finds out whether its connection still works; pass the rest on to the kernel.

        What comes after the websocket was closed is ignored, and data that is no message closes it.
        """
        if self.connection is None or self.connection.is_closed:
            return
        if not self.rate.allows(len(ws_message)):
            self.log.warning("Too many messages came from %s.", self.request.path)
            self.close(TOO_MANY)
        elif ws_message == PING:
            self.write_message(PING)
        elif is_message(ws_message, self.selected_subprotocol):
            super().on_message(ws_message)
        else:
            self.log.warning("Data that is no message came from %s.", self.request.path)
            self.close(BAD_MESSAGE)

    def write_message(self, message: str | bytes | dict[str, Any], binary: bool = False) -> Any:
        """Send a message; it is no error if the page closes meanwhile."""
        future = super().write_message(message, binary)
        if future is not None:
            future.add_done_callback(lambda future: future.cancelled() or future.exception())
        return future

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Close the websocket and release the kernel, without waiting for the browser, which may have lost its power.

        Jupyter closes a websocket that answers no ping, and the older one when a page opens a second.
        """
        if self.connection is not None:
            self.connection.disconnect()
        super().close(code, reason)

    @classmethod
    def close_all(cls, kernel_id: str) -> None:
        """Close the websockets to a kernel that has ended."""
        for socket in list(cls.sockets.pop(kernel_id, ())):
            socket.close()
