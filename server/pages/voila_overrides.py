"""Voila serving a school: what is overridden of it, its settings, and which handler answers which address.

Everything that reaches into undocumented parts of Voila is here, but for websockets (`guanai.server.pages.page_sockets`).
`guanai.server.tested_versions` says for which versions it has been tested. What it reaches into: the methods of
`voila.app.Voila` that are overridden below, the names of the handlers in `init_handlers`, and the page-config key
``fullStaticUrl`` by which the bundle finds itself; of jupyter_server, what `guanai.server.kernels.page_kernels` uses
(`_kernel_connections`, `_handle_kernel_died`); in templates/theme/, what index.html.j2 asks of the renderer and page.js
of the bundle. Lean pages (`guanai.server.pages.lean_pages`) need none of this.
"""

import re
import signal
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from ssl import SSLContext
from typing import Any

import voila.app
from jupyter_server.services.kernels.handlers import KernelHandler
from jupyterlab_server.themes_handler import ThemesHandler
from tornado import ioloop, web
from tornado.httputil import HTTPServerRequest
from tornado.netutil import bind_sockets
from traitlets.config import Config
from voila.static_file_handler import MultiStaticFileHandler

from guanai.care.errors import GuanaiError
from guanai.server.accounts.served_school import ServedSchool
from guanai.server.kernels.kernel_settings import kernel_settings
from guanai.server.kernels.limited_tasks import LimitedTasks
from guanai.server.kernels.page_kernels import PageKernels, SingleKernelSpec
from guanai.server.logs import rotate
from guanai.server.network.connections import Connections, raise_open_files
from guanai.server.network.http_server import LimitedServer, Requests
from guanai.server.network.proxies import Proxies
from guanai.server.network.safe_headers import SafeHeaders
from guanai.server.pages.attachment_files import MESSAGE_LIMIT, AttachmentFile, AttachmentSweep
from guanai.server.pages.emergency_bar import IncidentCache, StepDone
from guanai.server.pages.page_handlers import (
    ForbiddenPath,
    KernelState,
    PageClosing,
    SchoolPage,
    VoilaRedirect,
    add_page_context,
)
from guanai.server.pages.page_sockets import PageConnection, PageSocket
from guanai.server.pages.print_page import PrintPage
from guanai.server.vault.vault_process import VaultProcess
from guanai.server.web.handlers import NothingHere, RefusedRequest, theme_environment
from guanai.server.web.office import OFFICE_HANDLERS
from guanai.server.web.own_password import OwnPassword
from guanai.server.web.sign_in import IDENTITY_HEADERS, KernelAuthorizer, SchoolIdentity, session_key
from guanai.server.web.theme_files import THEME_NAME, ThemeFiles
from guanai.templates import template

__all__ = ["BUNDLE", "SchoolServer", "school_config"]

# A browser that has lost its power sends nothing: for so many milliseconds it may leave a ping unanswered. With
# ``alone_seconds`` of `PageKernels` after that, the kernel of its page has ended within a minute.
PING_TIMEOUT_MS = 10_000
# How often the size of the log is looked at.
LOG_CHECK_MS = 5_000
# How long a browser that has come by HTTPS comes by nothing else, in seconds: a year; a day where the certificate is one
# that the server has made itself and may have to make again.
HSTS_SECONDS, HSTS_SECONDS_SELF_MADE = 365 * 24 * 60 * 60, 24 * 60 * 60
KERNEL_ID = r"(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"
# The bundle's files change only with these packages, so their versions serve as the hash of each file.
BUNDLE = "-".join(version(name) for name in ("voila", "jupyterlab-widgets"))
# Extensions of JupyterLab that a page of Voila's has no use for; each costs a request of its own.
UNUSED_EXTENSIONS = [
    "jupyterlab_pygments",
    "@voila-dashboards/jupyterlab-preview",
    "@jupyter-notebook/lab-extension",
]


class BundleFiles(MultiStaticFileHandler):
    """Voila's own scripts and styles, which browsers cache for a year: their address carries the versions."""

    def get_cache_time(self, path: str, modified: Any, mime_type: str) -> int:
        """Return how long a browser may keep a file, in seconds."""
        return 365 * 24 * 60 * 60

    def set_extra_headers(self, path: str) -> None:
        """Let the browser not even ask whether a file has changed."""
        self.set_header("Cache-Control", f"public, max-age={self.get_cache_time(path, None, '')}, immutable")


class ReadOnlyKernel(KernelHandler):
    """Answers Voila's scripts about the page's kernel; nothing can end a kernel by this address."""

    async def delete(self, kernel_id: str) -> None:
        """Refuse: a page ends its kernel by `PageClosing`."""
        raise web.HTTPError(405)

    def options(self, *_args: str, **_kwargs: str) -> None:
        """Refuse: nothing on another site may ask."""
        raise web.HTTPError(405)


class ServedKernels(PageKernels):
    """The kernels of pages; a kernel's websockets are closed when it ends."""

    async def end(self, kernel_id: str) -> None:
        """End a kernel and close its websockets."""
        await super().end(kernel_id)
        PageSocket.close_all(kernel_id)


class SchoolServer(voila.app.Voila):
    """Voila serving the pages of one school, to those who have signed in."""

    def __init__(
        self,
        served: ServedSchool,
        started: Callable[[], None],
        *,
        proxies: Sequence[str] = (),
        tls: SSLContext | None = None,
        self_made: bool = False,
        **kwargs: Any,
    ) -> None:
        """Serve a school.

        ``started`` is called once it answers, ``proxies`` are the addresses of those that are believed, ``tls`` holds
        the certificate to serve HTTPS with, which is ``self_made`` where nobody else has signed it.
        """
        super().__init__(**kwargs)
        self.served = served
        self.started = started
        #: The process that keeps the restricted registers; without one pages have none.
        self.vault: VaultProcess | None = None
        self.proxies = Proxies(proxies)
        self.tls = tls
        self.hsts_seconds = HSTS_SECONDS_SELF_MADE if self_made else HSTS_SECONDS

    def load_config_file(self, *args: Any, **kwargs: Any) -> None:
        """Take no settings from files that happen to be on the machine."""

    def setup_template_dirs(self) -> None:
        """Look for templates in the theme first."""
        super().setup_template_dirs()
        self.template_paths: list[str] = [str(template("theme")), *self.template_paths]

    def init_settings(self) -> dict[str, Any]:
        """Add what the school's own pages need to the settings of the application."""
        settings = super().init_settings()
        self.kernel_manager.still_signed_in = self.served.is_signed_in
        self.kernel_manager.vault = self.vault
        return {
            **settings,
            "served_school": self.served,
            "emergencies": IncidentCache(),
            "tasks": LimitedTasks(self.kernel_manager.fork_servers, self.kernel_manager.extra_env),
            "jinja2_env": theme_environment(),
            "transforms": [
                web.GZipContentEncoding,
                partial(SafeHeaders, base_url=self.base_url, hsts_seconds=self.hsts_seconds),
            ],
            "default_handler_class": NothingHere,
            "allow_remote_access": not self.served.workshop,
            "local_hostnames": ["localhost"],
            "xsrf_cookie_kwargs": {"samesite": "Lax"},
            "log_function": lambda handler: None,
            "websocket_max_message_size": MESSAGE_LIMIT,
            "ws_ping_interval": 8_000,
            "ws_ping_timeout": PING_TIMEOUT_MS,
        }

    def init_handlers(self) -> list[Any]:
        """Return which handler answers which address: what a page needs, and a refusal for the rest."""
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
            *((rf"{base}{address}", handler) for address, handler in OFFICE_HANDLERS),
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
        most = raise_open_files()
        server = LimitedServer(
            Requests(self.app, RefusedRequest, self._is_signed_in, self._body_limits()),
            Connections(most, most // 4, self.proxies.__contains__),
            self.proxies,
            ssl_options=self.tls,
        )
        server.add_sockets(sockets)
        self.ioloop = ioloop.IOLoop.current()
        rotating = ioloop.PeriodicCallback(partial(rotate, self.served.folder), LOG_CHECK_MS)
        self.ioloop.add_callback(rotating.start)
        self.ioloop.add_callback(server.start_sweeping)
        self.ioloop.add_callback(self.kernel_manager.open)
        self.ioloop.add_callback(AttachmentSweep(self.served).start)
        self.ioloop.add_callback(self.started)
        try:
            self.ioloop.start()
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        finally:
            server.stop()
            self.stop()

    def _is_signed_in(self, request: HTTPServerRequest) -> bool:
        return self.served.account_of(session_key(request, self.base_url)) is not None

    def _body_limits(self) -> list[tuple[re.Pattern[str], int]]:
        """Return the routes whose handlers take longer bodies, by their attribute ``body_limit`` (bytes)."""
        return [
            (re.compile(pattern), handler.body_limit)
            for pattern, handler, *_ in self.init_handlers()
            if hasattr(handler, "body_limit")
        ]


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
                "extension_denylist": UNUSED_EXTENSIONS,
                "multi_kernel_manager_class": ServedKernels,
                "kernel_spec_manager_class": SingleKernelSpec,
            },
            # No limit on messages: without the last of its widgets' messages a page would show something wrong.
            "PageConnection": {"iopub_msg_rate_limit": 0},
            **kernel_settings(served),
        }
    )
