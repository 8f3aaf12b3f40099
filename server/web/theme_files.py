"""The files of the theme as browsers get them: joined, compressed once, cached for ever under their hash."""

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path

from tornado import web

from guanai.templates import template

__all__ = ["THEME_NAME", "ThemeFiles", "theme_url"]

# A name without a slash: no file outside of the theme's folder can be meant.
THEME_NAME = r"[\w-]+\.(?:css|js|svg|png|ico)"
# Files that are served as one, so that a page loads them with one request.
JOINED = {
    "pages.css": ("controls.css", "page.css", "emergencies.css", "widgets.css"),
    "pages.js": ("widgets.js", "attachments.js", "countdown.js", "lean.js"),
}
YEAR = 365 * 24 * 60 * 60
TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "ico": "image/x-icon",
}
COMPRESSED_TYPES = (TYPES["png"],)


class ThemeFiles(web.RequestHandler):
    """Answers with a style sheet, script or picture of the theme; a browser caches it for a year under its hash."""

    def get(self, name: str) -> None:
        """Send a file, compressed where the browser accepts that."""
        if not all(path.is_file() for path in theme_parts(name)):
            raise web.HTTPError(404)
        version = theme_version(name)
        is_current = self.get_argument("v", "") == theme_hash(name, version)
        caching = f"public, max-age={YEAR}, immutable" if is_current else "no-cache"
        kind = TYPES[name.rpartition(".")[2]]
        self.set_header("Content-Type", kind)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", caching)
        self.set_header("Vary", "Accept-Encoding")
        if "gzip" in self.request.headers.get("Accept-Encoding", "") and kind not in COMPRESSED_TYPES:
            self.set_header("Content-Encoding", "gzip")
            self.finish(theme_compressed(name, version))
        else:
            self.finish(theme_content(name, version))

    head = get


def theme_url(base_url: str, name: str) -> str:
    """Return the address of a file of the theme, with the hash of what is in it."""
    return f"{base_url}theme/{name}?v={theme_hash(name, theme_version(name))}"


def theme_parts(name: str) -> list[Path]:
    """Return the files that a served file is made of."""
    return [template("theme") / part for part in JOINED.get(name, (name,))]


def theme_version(name: str) -> int:
    """Return a number that grows when the file changes."""
    return sum(path.stat().st_mtime_ns for path in theme_parts(name) if path.is_file())


@lru_cache(maxsize=64)
def theme_content(name: str, _version: int) -> bytes:
    """Return what is served under a name."""
    return b"\n".join(path.read_bytes() for path in theme_parts(name) if path.is_file())


@lru_cache(maxsize=64)
def theme_compressed(name: str, version: int) -> bytes:
    """Return the same, compressed with gzip."""
    return gzip.compress(theme_content(name, version), 9, mtime=0)


@lru_cache(maxsize=64)
def theme_hash(name: str, version: int) -> str:
    """Return the hash of the content as it is in the address."""
    return hashlib.sha256(theme_content(name, version)).hexdigest()[:12]
