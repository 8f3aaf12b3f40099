"""The pages of a school: one per notebook in its folder, titled by the notebook's first heading."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

__all__ = ["Page", "heading", "heading_in", "pages"]

# The day's work first; a school's own pages follow by name.
ORDER = (
    "home",
    "day",
    "child",
    "home_visit",
    "pairing",
    "checklist",
    "coverage",
    "summary",
    "register",
    "matrix",
    "emergency",
    "deferral",
    "same_child",
    "bin",
    "exchange",
    "designer",
    "settings",
    "tutorial",
)
HEADING = re.compile(r"^#\s+(.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """A page: its name in the URL, its whole heading, and whether it is in the navigation bar or behind 更多."""

    name: str
    heading: str
    in_bar: bool = True

    def title(self, language: str) -> str:
        """Return the title in a language."""
        return heading_in(self.heading, language)


def heading_in(text: str, language: str) -> str:
    """Return the Chinese or the English part of ``中文 / English``; the whole text where there is one part.

    >>> heading_in("家访 / Home visits", "en")
    'Home visits'
    >>> heading_in("我们的活动", "en")
    '我们的活动'
    """
    chinese, _, english = text.partition(" / ")
    return english.strip() if language == "en" and english.strip() else chinese.strip()


def heading(sources: Iterable[str]) -> str:
    """Return the first heading in the Markdown cells of a notebook, empty without one."""
    return next((match[1] for source in sources if (match := HEADING.search(source))), "")


def pages(folder: Path) -> list[Page]:
    """Return the pages in the order of the navigation bar; a name that begins with ``_`` is not among them.

    One that says ``"guanai": {"bar": false}`` in its metadata is behind 更多: not for every day.
    """
    names = {path.stem: path for path in folder.glob("*.ipynb") if not path.stem.startswith(("_", "."))}
    ordered = sorted(names, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))
    read = {name: _read_cached(names[name], names[name].stat().st_mtime_ns) for name in ordered}
    return [Page(name, title or name, in_bar) for name, (title, in_bar) in read.items()]


@lru_cache(maxsize=256)
def _read_cached(path: Path, _modified: int) -> tuple[str, bool]:
    """Return the heading of a notebook, and whether it is in the bar."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        title = heading(
            "".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown"
        )
        return title, notebook.get("metadata", {}).get("guanai", {}).get("bar", True) is not False
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return "", True
