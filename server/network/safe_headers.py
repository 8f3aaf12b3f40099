"""What every answer carries, whichever handler made it: pages, errors, files, and what Jupyter's own handlers send.

A handler's own headers stay where they say more, such as the content policy of a page. Sources: OWASP ASVS 4.0.3,
14.4 (headers) and 5.1.5 (redirects); RFC 6797 (HSTS, which a browser ignores over plain HTTP).
"""

from tornado import web
from tornado.httputil import HTTPHeaders, HTTPServerRequest

__all__ = ["FILE_POLICY", "SafeHeaders", "is_local"]

#: The content policy of an answer that is no page: shown by itself, it loads and runs nothing.
FILE_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
_FRAMES = "frame-ancestors 'self'"
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_WHERE_MISSING = {"Referrer-Policy": "same-origin", "Cache-Control": "no-store"}


class SafeHeaders(web.OutputTransform):
    """Completes the headers of an answer, and lets no redirect lead to another site.

    ``base_url`` is where a redirect to elsewhere ends; ``hsts_seconds`` is how long a browser that has come by HTTPS
    comes by nothing else.
    """

    def __init__(self, request: HTTPServerRequest, *, base_url: str, hsts_seconds: int) -> None:
        self._request = request
        self._base_url = base_url
        self._hsts_seconds = hsts_seconds

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Return the answer's begin with its headers completed."""
        headers.pop("Server", None)
        for name, value in _ALWAYS.items():
            headers[name] = value
        for name, value in _WHERE_MISSING.items():
            headers.setdefault(name, value)
        policy = headers.get("Content-Security-Policy", "")
        if "default-src" not in policy or "report-uri" in policy:
            headers["Content-Security-Policy"] = FILE_POLICY
        elif "frame-ancestors" not in policy:
            headers["Content-Security-Policy"] = f"{policy}; {_FRAMES}"
        if self._request.protocol == "https":
            headers["Strict-Transport-Security"] = f"max-age={self._hsts_seconds}"
        if "Location" in headers and not is_local(headers["Location"], self._base_url):
            headers["Location"] = self._base_url
        return status_code, headers, chunk


def is_local(url: str, base_url: str) -> bool:
    r"""Whether an address is a path on this server below ``base_url``, whatever a browser makes of it.

    >>> [is_local(url, "/") for url in ("/child?id=1", "//evil.example", "https://evil.example", "/\\evil.example")]
    [True, False, False, False]
    """
    stays = url.startswith(base_url) and not url.startswith(("//", "/\\"))
    return stays and all(letter > " " and letter not in "\\\x7f" for letter in url)
