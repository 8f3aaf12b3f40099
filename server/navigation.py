"""The pages of a school: one per notebook in its folder, titled by the notebook's first heading."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

__all__ = ["Page", "half", "heading", "pages"]

# The day's work first; a school's own pages follow by name.
ORDER = (
    "home",
    "child",
    "home_visit",
    "pairing",
    "checklist",
    "summary",
    "register",
    "same_child",
    "designer",
)
HEADING = re.compile(r"^#\s+(.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """A page: its name in the URL and its whole heading."""

    name: str
    heading: str

    def title(self, language: str) -> str:
        """Return the title in a language."""
        return half(self.heading, language)


def half(text: str, language: str) -> str:
    """Return the Chinese or the English half of ``中文 / English``; the whole text where there is one half.

    >>> half("家访 / Home visits", "en")
    'Home visits'
    >>> half("我们的活动", "en")
    '我们的活动'
    """
    chinese, _, english = text.partition(" / ")
    return english.strip() if language == "en" and english.strip() else chinese.strip()


def heading(sources: Iterable[str]) -> str:
    """Return the first heading in the Markdown cells of a notebook, empty without one."""
    return next((found[1] for source in sources if (found := HEADING.search(source))), "")


def pages(folder: Path) -> list[Page]:
    """Return the pages in the order of the navigation bar; a name that begins with ``_`` is not in it."""
    names = {path.stem: path for path in folder.glob("*.ipynb") if not path.stem.startswith(("_", "."))}
    ranked = sorted(names, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))
    return [Page(name, _heading_of(names[name], names[name].stat().st_mtime_ns) or name) for name in ranked]


@lru_cache(maxsize=256)
def _heading_of(path: Path, _changed: int) -> str:
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return heading("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    except (OSError, ValueError, KeyError, TypeError):
        return ""
