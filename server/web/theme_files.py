"""The files of the theme as browsers get them: joined, packed once, kept for good under the hash of their content."""

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path

from tornado import web

from guanai.templates import template

__all__ = ["THEME_NAME", "ThemeFiles", "theme_url"]

# A name without a slash: no file outside of the theme's folder can be meant.
THEME_NAME = r"[\w-]+\.(?:css|js|svg|png|ico)"
# What a page loads in one piece, of several files of the theme.
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
PACKED_ALREADY = (TYPES["png"],)


class ThemeFiles(web.RequestHandler):
    """The style sheets, scripts and pictures of the theme, packed once, kept by browsers for good under their hash."""

    def get(self, name: str) -> None:
        """Send a file, packed for whoever can unpack it."""
        if not all(path.is_file() for path in theme_parts(name)):
            raise web.HTTPError(404)
        changed = theme_changed(name)
        known = self.get_argument("v", "") == theme_hash(name, changed)
        kept = f"public, max-age={YEAR}, immutable" if known else "no-cache"
        kind = TYPES[name.rpartition(".")[2]]
        self.set_header("Content-Type", kind)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", kept)
        self.set_header("Vary", "Accept-Encoding")
        if "gzip" in self.request.headers.get("Accept-Encoding", "") and kind not in PACKED_ALREADY:
            self.set_header("Content-Encoding", "gzip")
            self.finish(theme_packed(name, changed))
        else:
            self.finish(theme_content(name, changed))

    head = get


def theme_url(base_url: str, name: str) -> str:
    """Return the address of a file of the theme, with the hash of what is in it."""
    return f"{base_url}theme/{name}?v={theme_hash(name, theme_changed(name))}"


def theme_parts(name: str) -> list[Path]:
    """Return the files of which one that is served consists."""
    return [template("theme") / part for part in JOINED.get(name, (name,))]


def theme_changed(name: str) -> int:
    """Return a number that grows when the file changes."""
    return sum(path.stat().st_mtime_ns for path in theme_parts(name) if path.is_file())


@lru_cache(maxsize=64)
def theme_content(name: str, _changed: int) -> bytes:
    """Return what is served under a name."""
    return b"\n".join(path.read_bytes() for path in theme_parts(name) if path.is_file())


@lru_cache(maxsize=64)
def theme_packed(name: str, changed: int) -> bytes:
    """Return the same, compressed as far as it goes."""
    return gzip.compress(theme_content(name, changed), 9, mtime=0)


@lru_cache(maxsize=64)
def theme_hash(name: str, changed: int) -> str:
    """Return what stands in the address for the content."""
    return hashlib.sha256(theme_content(name, changed)).hexdigest()[:12]
