"""What browsers get of the theme: one script and one style sheet, packed, kept for good; the built files are fresh.

Promise: children's data stays here. No page loads anything from another host (7.12).
"""

import gzip
import hashlib
import re
import shutil
import subprocess

import pytest
import tornado.testing
import tornado.web

from guanai.server.web.theme_files import THEME_NAME, ThemeFiles, theme_url
from guanai.templates import template

SOURCES = template("theme") / "js"
BUILT = ("lean.js", "vega.js", "controls.css")
FIRST_LOAD = 130 * 1024  # bytes that a page's script and style may come to, packed


def source_hash():
    names = sorted(
        path.name for path in SOURCES.iterdir() if path.suffix == ".js" or path.name == "package.json"
    )
    texts = ((SOURCES / name).read_text(encoding="utf-8") for name in names)
    return hashlib.sha256("".join(texts).encode()).hexdigest()


@pytest.mark.parametrize("name", BUILT)
def test_the_built_file_is_made_of_the_sources(name):
    with (template("theme") / name).open(encoding="utf-8") as file:
        mark = re.search(r"sources ([0-9a-f]{64})", file.readline())
    assert mark, f"{name} does not say what it was built of"
    assert mark[1] == source_hash(), "build it anew: see templates/theme/js/build.js"


@pytest.mark.skipif(
    not (SOURCES / "node_modules").exists(), reason="no Node packages here: nothing to build with"
)
def test_building_again_gives_the_same(tmp_path):
    command = [shutil.which("node"), "--preserve-symlinks", str(SOURCES / "build.js"), str(tmp_path)]
    subprocess.run(command, check=True)
    for name in BUILT:
        assert (tmp_path / name).read_bytes() == (template("theme") / name).read_bytes()


def test_every_package_that_is_bundled_has_its_licence_here():
    licences = (SOURCES / "licences.md").read_text(encoding="utf-8")
    for name in (
        "@jupyter-widgets/base",
        "@jupyter-widgets/controls",
        "@lumino/widgets",
        "anywidget",
        "backbone",
        "vega",
        "vega-lite",
        "d3-scale",
    ):
        part = licences.partition(f"## {name} ")[2]
        assert re.search("copyright", part[:600], re.IGNORECASE), name


def test_the_theme_loads_nothing_from_another_host():
    """The names of namespaces are no addresses that anything is fetched from."""
    for name in BUILT:
        text = (template("theme") / name).read_text(encoding="utf-8")
        assert set(re.findall(r"https?://([^/\s\"'`)]+)", text)) <= {"www.w3.org"}, name


def test_no_registry_is_named():
    assert not list(SOURCES.glob("*lock*"))
    assert "://" not in (SOURCES / "package.json").read_text(encoding="utf-8")


class TestOverHttp(tornado.testing.AsyncHTTPTestCase):
    """The handler by itself."""

    def get_app(self):
        return tornado.web.Application([(rf"/theme/({THEME_NAME})", ThemeFiles)])

    def ask(self, path, **headers):
        return self.fetch(path, headers=headers, decompress_response=False)

    def test_the_script_and_the_style_sheet_are_small_and_cached_for_a_year(self):
        size = 0
        for name in ("pages.js", "pages.css"):
            answer = self.ask(theme_url("/", name), **{"Accept-Encoding": "gzip, br"})
            assert answer.headers["Content-Encoding"] == "gzip"
            assert answer.headers["Cache-Control"].endswith("immutable")
            size += len(answer.body)
            for part in ("lean.js", "widgets.js") if name == "pages.js" else ("page.css", "widgets.css"):
                assert (template("theme") / part).read_bytes() in gzip.decompress(answer.body)
        assert size < FIRST_LOAD

    def test_a_browser_without_gzip_gets_it_uncompressed(self):
        answer = self.ask(theme_url("/", "widgets.css"))
        assert "Content-Encoding" not in answer.headers
        assert answer.body == (template("theme") / "widgets.css").read_bytes()

    def test_an_address_of_an_older_version_is_not_cached(self):
        assert self.ask("/theme/pages.css?v=000000000000").headers["Cache-Control"] == "no-cache"

    def test_no_other_file_is_served(self):
        for path in (
            "/theme/index.html.j2",
            "/theme/js/page.js",
            "/theme/..%2Fwords.css",
            "/theme/nosuch.js",
        ):
            assert self.ask(path).code == 404
