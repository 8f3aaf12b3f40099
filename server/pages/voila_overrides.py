"""Voila with a school in it. Everything that reaches into parts of Voila which it does not document stands here.

Holds for the Voila versions of `HOLDS_FOR`; tests/server/pages/test_pages.py says when another one is installed.
What it reaches into: the methods of `voila.app.Voila` that are overridden below, the names of the
handlers in `init_handlers`, and the page-config key ``fullStaticUrl`` by which the bundle finds itself; of
jupyter_server, what `PageConnection` overrides and `PageSocket` asks of it, and what `guanai.server.kernels.page_kernels` does
(`_kernel_connections`, `_handle_kernel_died`); in templates/theme/, what index.html.j2 asks of the
renderer and page.js of the bundle. Our own pages (server/pages/lean_pages.py) need none of this.
"""

import asyncio
import signal
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, ClassVar
from weakref import WeakSet

import voila.app
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.handlers import KernelHandler
from jupyterlab_server.themes_handler import ThemesHandler
from tornado import ioloop, web
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from traitlets.config import Config
from voila.static_file_handler import MultiStaticFileHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from guanai.care.errors import GuanaiError
from guanai.server.accounts.served_school import ServedSchool
from guanai.server.addresses import is_loopback
from guanai.server.kernels.kernel_settings import kernel_settings
from guanai.server.kernels.page_kernels import PageKernels, SingleKernelSpec
from guanai.server.kernels.widget_states import STATES
from guanai.server.pages.attachment_files import MESSAGE_LIMIT, AttachmentFile
from guanai.server.pages.emergency_bar import IncidentCache, StepDone
from guanai.server.pages.page_handlers import (
    ForbiddenPath,
    KernelState,
    PageClosing,
    SchoolPage,
    VoilaRedirect,
    add_page_context,
)
from guanai.server.pages.print_page import PrintPage
from guanai.server.web.handlers import ApiHandler, theme_environment
from guanai.server.web.own_password import OwnPassword
from guanai.server.web.sign_in import IDENTITY_HEADERS, KernelAuthorizer, SchoolIdentity
from guanai.server.web.theme_files import THEME_NAME, ThemeFiles
from guanai.templates import template

__all__ = ["HOLDS_FOR", "JUPYTER_SERVER", "PageConnection", "PageSocket", "SchoolServer", "school_config"]

HOLDS_FOR = ("0.5.8", "0.5.13")
JUPYTER_SERVER = ("2.21", "2.22")

# A browser that has lost its power says nothing: for so many milliseconds it may leave a ping unanswered. Together with
# what `PageKernels` waits for it to come back, the kernel of its page is gone within a minute.
PING_TIMEOUT_MS = 10_000
PING = "ping"
BAD_MESSAGE = 1003  # RFC 6455, 7.4.1: data of a kind that cannot be accepted
STATES_BEGIN = STATES.encode()
KERNEL_ID = r"(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"
# The bundle's files change only with these packages, so their versions stand in for each file's hash.
BUNDLE = "-".join(version(name) for name in ("voila", "jupyterlab-widgets"))
# Extensions of JupyterLab that a whole page has no use for; each costs a load of its own.
UNUSED = ["jupyterlab_pygments", "@voila-dashboards/jupyterlab-preview", "@jupyter-notebook/lab-extension"]


class BundleFiles(MultiStaticFileHandler):
    """Voila's own scripts and styles, kept by browsers for good: their address carries the versions."""

    def get_cache_time(self, path: str, modified: Any, mime_type: str) -> int:
        """Return how long a browser may keep a file, in seconds."""
        return 365 * 24 * 60 * 60

    def set_extra_headers(self, path: str) -> None:
        """Spare the browser even the question whether a file has changed."""
        self.set_header("Cache-Control", f"public, max-age={self.get_cache_time(path, None, '')}, immutable")


class ReadOnlyKernel(KernelHandler):
    """What the bundle asks about the page's kernel; it can be asked about, not ended, by this address."""

    async def delete(self, kernel_id: str) -> None:
        """Refuse: a page ends its kernel by `PageClosing`."""
        raise web.HTTPError(405)


class PageConnection(ZMQChannelsWebsocketConnection):
    """A page's connection to its kernel, open as soon as the kernel is there.

    Jupyter waits until the kernel has answered on its shell channel, and so for a cell that runs, before a websocket
    opens. Our own page makes sure of its channels by itself and says so in the address.
    """

    has_begun = has_ended = False

    @property
    def greets(self) -> bool:
        """Whether the page makes sure by itself that it hears the kernel."""
        return bool(self.websocket_handler.get_argument("greets", ""))

    async def prepare(self) -> None:
        """Get ready without asking the kernel anything."""
        if not self.greets:
            await super().prepare()  # type: ignore[no-untyped-call]
            return
        await self._register_session()  # type: ignore[no-untyped-call]
        self.session.key = self.kernel_manager.session.key

    def connect(self) -> asyncio.Future[None] | None:  # type: ignore[override]  # as the base class has it
        """Speak to the kernel, unless this line has been hung up already."""
        if self.has_ended:
            return None
        self.has_begun = True
        return super().connect()

    def disconnect(self) -> None:  # type: ignore[override]  # as the base class has it
        """Let go of the kernel once: told twice, Jupyter would count a page that is connected as gone."""
        if self.has_begun and not self.has_ended:
            super().disconnect()  # type: ignore[no-untyped-call]
        self.has_ended = True

    def nudge(self) -> asyncio.Future[None]:
        """Return at once for a page that makes sure by itself."""
        if not self.greets:
            return super().nudge()
        done: asyncio.Future[None] = asyncio.Future()
        done.set_result(None)
        return done

    def _on_zmq_reply(self, stream: Any, msg_list: Any) -> None:
        """Send a message on to the page, but for the states of widgets: they stand in the page itself."""
        if not (self.greets and is_states(msg_list)):
            super()._on_zmq_reply(stream, msg_list)  # type: ignore[no-untyped-call]


def is_states(parts: Any) -> bool:
    """Whether a message (header, parent, metadata, content) is the output by which a cell's states come."""
    return (
        isinstance(parts, list)
        and len(parts) > 3
        and STATES_BEGIN in bytes(parts[3][: 2 * len(STATES_BEGIN)])
    )


def is_message(sent: str | bytes, protocol: str | None) -> bool:
    """Whether something is in the line's protocol, and long enough for as many parts as its head says.

    Jupyter believes the head, and would hold up every page of the school while it counts to billions.
    """
    if protocol is None or isinstance(sent, str):
        return protocol is None and isinstance(sent, str)
    return 3 < int.from_bytes(sent[:8], "little") < len(sent) // 8


class PageSocket(ApiHandler, VoilaKernelWebsocketHandler):
    """The websocket of a page; it is closed when the page's kernel has ended, so that the page can say so."""

    sockets: ClassVar[dict[str, "WeakSet[PageSocket]"]] = {}

    async def open(self, kernel_id: str) -> None:
        """Remember which kernel this is for."""
        self.sockets.setdefault(kernel_id, WeakSet()).add(self)
        await super().open(kernel_id)

    def on_message(self, ws_message: Any) -> None:
        """Answer a ping, by which a page finds out whether its line still works; pass on the rest to the kernel.

        What comes on a line that has been hung up counts for nothing, and what is no message ends the line.
        """
        if self.connection is None or self.connection.has_ended:
            return
        if ws_message == PING:
            self.write_message(PING)
        elif is_message(ws_message, self.selected_subprotocol):
            super().on_message(ws_message)
        else:
            self.log.warning("What page %s sent is no message.", self.request.path)
            self.close(BAD_MESSAGE)

    def write_message(self, message: str | bytes | dict[str, Any], binary: bool = False) -> Any:
        """Send a message; that the page went away while it was on its way is no fault."""
        sent = super().write_message(message, binary)
        if sent is not None:
            sent.add_done_callback(lambda done: done.cancelled() or done.exception())
        return sent

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Hang up, and let go of the kernel at once: a browser without power would not answer for seconds more.

        Jupyter hangs up on a line that answers no ping, and on one whose place the page's next line takes.
        """
        if self.connection is not None:
            self.connection.disconnect()
        super().close(code, reason)

    @classmethod
    def close_all(cls, kernel_id: str) -> None:
        """Close what is connected to a kernel that has ended."""
        for socket in list(cls.sockets.pop(kernel_id, ())):
            socket.close()


class ServedKernels(PageKernels):
    """The kernels of pages, whose websockets end with them."""

    async def end(self, kernel_id: str) -> None:
        """End a kernel and what is connected to it."""
        await super().end(kernel_id)
        PageSocket.close_all(kernel_id)


class SchoolServer(voila.app.Voila):
    """Voila serving the pages of one school, to those who have signed in."""

    def __init__(self, served: ServedSchool, started: Callable[[], None], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.served = served
        self.started = started

    def load_config_file(self, *args: Any, **kwargs: Any) -> None:
        """Take no settings from files that happen to lie on the machine."""

    def setup_template_dirs(self) -> None:
        """Look for templates in the theme first."""
        super().setup_template_dirs()
        self.template_paths: list[str] = [str(template("theme")), *self.template_paths]

    def init_settings(self) -> dict[str, Any]:
        """Add what the school's own pages need to the settings of the application."""
        settings = super().init_settings()
        self.kernel_manager.still_signed_in = self.served.is_in_use
        return {
            **settings,
            "served_school": self.served,
            "emergencies": IncidentCache(),
            "jinja2_env": theme_environment(),
            "compress_response": True,
            "allow_remote_access": not self.served.workshop,
            "local_hostnames": ["localhost"],
            "xsrf_cookie_kwargs": {"samesite": "Lax"},
            "log_function": lambda handler: None,
            "websocket_max_message_size": MESSAGE_LIMIT,
            "ws_ping_interval": 8_000,
            "ws_ping_timeout": PING_TIMEOUT_MS,
        }

    def init_handlers(self) -> list[Any]:
        """Open what a page needs and close the rest."""
        base = self.server_url
        bundle = {"paths": [*self.static_paths, *self.labextensions_path]}
        themes = {"themes_url": f"{base}voila/api/themes", "path": self.themes_dir, "labextensions_path": []}
        page = {
            "template_paths": self.template_paths,
            "config": self.config,
            "voila_configuration": self.voila_configuration,
        }
        return [
            *(
                (base.rstrip("/") + route, handler)
                for route, handler in self.identity_provider.get_handlers()
            ),
            (rf"{base}theme/({THEME_NAME})", ThemeFiles),
            (rf"{base}attachment/([^/]+)", AttachmentFile),
            (rf"{base}emergency-step", StepDone),
            (rf"{base}print", PrintPage),
            (rf"{base}password", OwnPassword),
            (rf"{base}voila/bundle-{BUNDLE}/(.*)", BundleFiles, bundle),
            (rf"{base}voila/api/themes/(.*)", ThemesHandler, themes),
            (rf"{base}voila/api/shutdown/{KERNEL_ID}", PageClosing),
            (rf"{base}voila/api/kernel/{KERNEL_ID}", KernelState),
            (rf"{base}voila/render/(.*)", VoilaRedirect),
            (rf"{base}api/kernels/{KERNEL_ID}", ReadOnlyKernel),
            (rf"{base}api/kernels/{KERNEL_ID}/channels", PageSocket),
            (rf"{base}((?:voila|api|theme|files|terminals|tree)(?:/.*)?)", ForbiddenPath),
            (rf"{base}(.*)", SchoolPage, page),
        ]

    def listen(self) -> None:
        """Serve on the one port asked for until told to stop."""
        try:
            sockets = bind_sockets(self.port, self.ip or None)
        except OSError as error:
            raise GuanaiError("serve.port_taken", port=self.port, next=self.port + 1) from error
        # A proxy on this machine may say on whose behalf it asks; from elsewhere anybody could say so.
        server = HTTPServer(self.app, xheaders=is_loopback(self.ip))
        server.add_sockets(sockets)
        self.ioloop = ioloop.IOLoop.current()
        self.ioloop.add_callback(self.kernel_manager.open)
        self.ioloop.add_callback(self.started)
        try:
            self.ioloop.start()
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        finally:
            server.stop()
            self.stop()


def school_config(served: ServedSchool, host: str, port: int, base_url: str = "/") -> Config:
    """Return the settings that Voila documents, for one school."""

    def own_bundle(page_config: dict[str, Any], base_url: str, **_: Any) -> dict[str, Any]:
        address = f"{base_url}voila/bundle-{BUNDLE}"
        return {**page_config, "fullStaticUrl": address, "fullLabextensionsUrl": address}

    return Config(
        {
            "Voila": {
                "ip": host,
                "port": port,
                "base_url": base_url,
                "open_browser": False,
                "root_dir": str(served.school.folder.notebooks),
                "identity_provider_class": SchoolIdentity,
                "authorizer_class": KernelAuthorizer,
                "kernel_websocket_connection_class": PageConnection,
                "cookie_secret": served.cookie_secret(),
                "log_level": "INFO",
            },
            "VoilaConfiguration": {
                "template": "lab",
                "theme": "light",
                "allow_template_override": "NO",
                "allow_theme_override": "NO",
                "strip_sources": True,
                "show_tracebacks": False,
                "file_allowlist": [],
                "http_header_envs": list(IDENTITY_HEADERS),
                "http_keep_alive_timeout": 5,
                "prelaunch_hook": add_page_context,
                "page_config_hook": own_bundle,
                "extension_denylist": UNUSED,
                "multi_kernel_manager_class": ServedKernels,
                "kernel_spec_manager_class": SingleKernelSpec,
            },
            # What a page's widgets say is not for reading as it goes by: without its last word a page would be wrong.
            "PageConnection": {"iopub_msg_rate_limit": 0},
            **kernel_settings(served),
        }
    )
