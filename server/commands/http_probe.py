"""A client that asks a served school for pages as a browser does: for ``guanai demo --check`` and tests."""

import html
import re
from dataclasses import dataclass
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, Request, build_opener

from guanai.server.kernels.kernel_extension import FAULT

__all__ = ["HttpProbe", "ProbeResponse"]

WIDGET = "application/vnd.jupyter.widget-view+json"
KERNEL = re.compile(r'"kernelId": ?"([\w-]+)"')
ONE_CLICK = re.compile(r'name="workshop" value="([^"]+)"')
TOKEN = re.compile(r'name="_xsrf" value="([^"]+)"')


@dataclass(frozen=True)
class ProbeResponse:
    """What the server responded."""

    status: int
    url: str
    text: str
    headers: Any

    @property
    def kernel(self) -> str:
        """The id of the page's kernel, empty if it has none."""
        match = KERNEL.search(self.text)
        return match[1] if match else ""

    @property
    def renders(self) -> bool:
        """Whether this is a page with widgets that came to its end with nothing gone wrong."""
        whole = self.text.rstrip().endswith("</html>")
        return self.status == 200 and whole and WIDGET in self.text and FAULT not in self.text


class _NoRedirects(HTTPRedirectHandler):
    """Returns a redirection instead of following it."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class HttpProbe:
    """One browser's cookies, and the requests that it sends."""

    def __init__(self, base: str, *, follow: bool = True, timeout: float = 120) -> None:
        self.base = base.rstrip("/")
        self.cookies = CookieJar()
        self._timeout = timeout
        handlers: list[Any] = [HTTPCookieProcessor(self.cookies)]
        self._opener = build_opener(*handlers, *([] if follow else [_NoRedirects()]))

    def get(self, path: str, **headers: str) -> ProbeResponse:
        """Request an address."""
        return self._send(path, headers)

    def post(self, path: str, form: dict[str, str], **headers: str) -> ProbeResponse:
        """Send a form, without the token against cross-site requests unless that is in it."""
        return self._send(path, headers, urlencode(form).encode())

    def submit(self, path: str, **fields: str) -> ProbeResponse:
        """Open a page with a form and send it filled in, as a person would."""
        match = TOKEN.search(self.get(path).text)
        return self.post(path, {"_xsrf": match[1] if match else "", **fields})

    def sign_in(self, name: str, password: str) -> ProbeResponse:
        """Sign in."""
        return self.submit("/login", name=name, password=password)

    def one_click(self, person: str = "", **fields: str) -> ProbeResponse:
        """Sign in to a demonstration as somebody by one click, without a name as the first whom it offers."""
        offered = ONE_CLICK.search(self.get("/login").text)
        name = person or (html.unescape(offered[1]) if offered else "")
        return self.submit("/login", workshop=name, **fields)

    def close(self, page: ProbeResponse) -> ProbeResponse:
        """Close a page that was opened: its kernel ends."""
        return self.post(f"/voila/api/shutdown/{page.kernel}", {"_xsrf": self.xsrf_token})

    @property
    def xsrf_token(self) -> str:
        """The token against cross-site requests that the server has set, empty before any page was opened."""
        return next((cookie.value or "" for cookie in self.cookies if cookie.name == "_xsrf"), "")

    def _send(self, path: str, headers: dict[str, str], body: bytes | None = None) -> ProbeResponse:
        request = Request(self.base + quote(path, safe="/?&=%:#"), data=body, headers=headers)  # noqa: S310
        try:
            response: HTTPResponse | HTTPError = self._opener.open(request, timeout=self._timeout)
        except HTTPError as error:
            response = error
        with response:
            return ProbeResponse(
                response.status or 0,
                response.url,
                response.read().decode("utf-8", "replace"),
                response.headers,
            )
