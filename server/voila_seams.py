"""Voila with a school in it. Everything that reaches into parts of Voila which it does not document stands here.

Holds for the Voila versions of `HOLDS_FOR`; tests/test_voila.py says when another one is installed.
What it reaches into: the methods of `voila.app.Voila` that are overridden below, the names of the
handlers in `init_handlers`, and the page-config key ``fullStaticUrl`` by which the bundle finds itself;
in templates/theme/, what index.html.j2 asks of the renderer and page.js of the bundle.
"""

import signal
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import voila.app
from jupyter_server.services.kernels.handlers import KernelHandler
from jupyterlab_server.themes_handler import ThemesHandler
from tornado import ioloop, web
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from traitlets.config import Config
from voila.static_file_handler import MultiStaticFileHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from guanai.server.addresses import is_loopback
from guanai.server.attachments import MESSAGE_LIMIT, AttachmentFile
from guanai.server.kernels import OwnKernelSpec, PageKernels
from guanai.server.logs import log_file
from guanai.server.office import Office
from guanai.server.pages import ClosedDoor, PageClosing, SchoolPage, VoilaAddress, dress
from guanai.server.screens import ThemeFiles, theme_environment
from guanai.server.sign_in import IDENTITY_HEADERS, KernelOwner, SchoolIdentity
from guanai.templates import template
from guanai.templates.errors import GuanaiError

__all__ = ["HOLDS_FOR", "SchoolServer", "school_config"]

HOLDS_FOR = ("0.5.8", "0.5.13")

KERNEL_ID = r"(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"
# The bundle's files change only with these packages, so their versions stand in for each file's hash.
BUNDLE = "-".join(version(name) for name in ("voila", "jupyterlab-widgets"))
# Extensions of JupyterLab that a page has no use for; each costs a load of its own.
UNUSED = ["jupyterlab_pygments", "@voila-dashboards/jupyterlab-preview", "@jupyter-notebook/lab-extension"]


class BundleFiles(MultiStaticFileHandler):
    """Voila's own scripts and styles, kept by browsers for good: their address carries the versions."""

    def get_cache_time(self, path: str, modified: Any, mime_type: str) -> int:
        """Return how long a browser may keep a file, in seconds."""
        return 365 * 24 * 60 * 60

    def set_extra_headers(self, path: str) -> None:
        """Spare the browser even the question whether a file has changed."""
        self.set_header("Cache-Control", f"public, max-age={self.get_cache_time(path, None, '')}, immutable")


class OwnKernel(KernelHandler):
    """What the bundle asks about the page's kernel; it can be asked about, not ended, by this address."""

    async def delete(self, kernel_id: str) -> None:
        """Refuse: a page ends its kernel by `PageClosing`."""
        raise web.HTTPError(405)


class PageSocket(VoilaKernelWebsocketHandler):
    """A page's line to its kernel, which is cut when the kernel ends, so that the page can say so."""

    async def open(self, kernel_id: str) -> None:
        """Take up the line."""
        self.settings["kernel_manager"].lines[kernel_id].add(self)
        await super().open(kernel_id)

    def on_close(self) -> None:
        """Let go of the line."""
        self.settings["kernel_manager"].lines.get(self.kernel_id, set()).discard(self)
        super().on_close()


class SchoolServer(voila.app.Voila):
    """Voila serving the pages of one school, to those who have signed in."""

    def __init__(self, office: Office, started: Callable[[], None], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.office = office
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
        self.kernel_manager.still_signed_in = self.office.is_in_use
        return {
            **settings,
            "office": self.office,
            "jinja2_env": theme_environment(),
            "compress_response": True,
            "allow_remote_access": not self.office.workshop,
            "local_hostnames": ["localhost"],
            "xsrf_cookie_kwargs": {"samesite": "Lax"},
            "log_function": lambda handler: None,
            "websocket_max_message_size": MESSAGE_LIMIT,
            "websocket_ping_interval": 30,
            "websocket_ping_timeout": 30,
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
            (rf"{base}theme/(.+\.(?:css|js|svg|png|ico))", ThemeFiles, {"path": str(template("theme"))}),
            (rf"{base}attachment/([^/]+)", AttachmentFile),
            (rf"{base}voila/bundle-{BUNDLE}/(.*)", BundleFiles, bundle),
            (rf"{base}voila/api/themes/(.*)", ThemesHandler, themes),
            (rf"{base}voila/api/shutdown/{KERNEL_ID}", PageClosing),
            (rf"{base}voila/render/(.*)", VoilaAddress),
            (rf"{base}api/kernels/{KERNEL_ID}", OwnKernel),
            (rf"{base}api/kernels/{KERNEL_ID}/channels", PageSocket),
            (rf"{base}((?:voila|api|theme|files|terminals|tree)(?:/.*)?)", ClosedDoor),
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
        self.ioloop.add_callback(self.started)
        try:
            self.ioloop.start()
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        finally:
            server.stop()
            self.stop()


def school_config(office: Office, host: str, port: int) -> Config:
    """Return the settings that Voila documents, for one school."""

    def own_bundle(page_config: dict[str, Any], base_url: str, **_: Any) -> dict[str, Any]:
        address = f"{base_url}voila/bundle-{BUNDLE}"
        return {**page_config, "fullStaticUrl": address, "fullLabextensionsUrl": address}

    return Config(
        {
            "Voila": {
                "ip": host,
                "port": port,
                "open_browser": False,
                "root_dir": str(office.school.folder.notebooks),
                "identity_provider_class": SchoolIdentity,
                "authorizer_class": KernelOwner,
                "cookie_secret": office.cookie_secret(),
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
                "prelaunch_hook": dress,
                "page_config_hook": own_bundle,
                "extension_denylist": UNUSED,
                "multi_kernel_manager_class": PageKernels,
                "kernel_spec_manager_class": OwnKernelSpec,
            },
            "PageKernels": {
                "extra_env": {"GUANAI_SCHOOL": str(office.folder)},
                "output": str(log_file(office.folder)),
            },
            # A kernel started again would know nothing of the page; that it died is to be said.
            "KernelRestarter": {"restart_limit": 0},
            # Where there are Unix sockets, no other user of the machine can listen to what a page says.
            "KernelManager": {"transport": "ipc" if sys.platform == "linux" else "tcp"},
        }
    )
