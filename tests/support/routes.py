"""Addresses by the dozen: one for each pattern of a list of routes, whoever has written it."""

import importlib
import re
from re import _parser

import voila.app
from jupyter_server.serverapp import JUPYTER_SERVICE_HANDLERS

__all__ = ["METHODS", "example", "foreign_routes"]

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
KERNEL = "01234567-89ab-cdef-0123-456789abcdef"
# What Jupyter's server has beside its services (`ServerWebApplication.init_handlers`), and its usual extensions.
OTHERS = (
    "/static/style/style.min.css", "/custom/custom.css", "/kernelspecs/python3/logo.svg", "/favicon.ico", "/api",
    "/nbconvert/html/home.ipynb", "/files/home.ipynb", "/view/home.ipynb", "/tree", "/edit/x", "/notebooks/home.ipynb",
    "/lab", "/lab/api/settings", "/lab/api/workspaces/x", "/lab/extensions/x", "/terminals/1", "/api/terminals",
    "/terminals/websocket/1", "/lsp/status", "/metrics", "/api/contents", "/api/contents/home.ipynb", "/api/security/csp-report",
    "/api/kernels", "/api/sessions", "/api/status", "/api/shutdown", "/api/me", "/api/nbconvert", "/api/events",
    "/api/spec.yaml", "/api/config/common", "/api/kernelspecs", "/voila", "/voila/static/main.js",
)  # fmt: skip


def example(pattern):
    """Return an address that a pattern matches: each repeated part as short as it may be, the first of each choice."""
    named = re.sub(r"\(\?P<kernel_id>[^)]*\)", KERNEL, pattern)
    return "".join(_texts(_parser.parse(named))).rstrip("$")


def _texts(parsed):
    for kind, value in parsed:
        name = str(kind)
        if name == "LITERAL":
            yield chr(value)
        elif name in ("MAX_REPEAT", "MIN_REPEAT"):
            least, _, inner = value
            yield "".join(_texts(inner)) * max(least, 1)
        elif name == "SUBPATTERN":
            yield "".join(_texts(value[3]))
        elif name == "BRANCH":
            yield "".join(_texts(value[1][0]))
        elif name == "IN":
            yield "a"
        elif name in ("ANY", "NOT_LITERAL", "CATEGORY"):
            yield "x"


def foreign_routes(server):
    """Return an address for each route that Jupyter's server and Voila would have, were they served as they come."""
    patterns = [route[0] for route in voila.app.Voila.init_handlers(server)]
    for service in JUPYTER_SERVICE_HANDLERS.values():
        for module in service or ():
            patterns += [route[0] for route in importlib.import_module(module).default_handlers]
    return sorted({example(pattern) for pattern in patterns} | set(OTHERS))
