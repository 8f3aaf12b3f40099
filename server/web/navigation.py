"""The pages of a school: one per notebook in its folder, titled by the notebook's first heading."""

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from guanai.care.rights.rights import MATTER_SIGN, OTHERS, Rights

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
    "trail",
    "tutorial",
)
HEADING = re.compile(r"^#\s+(.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """A page: its name in the URL, its whole heading, and whether it is in the navigation bar or behind 更多.

    ``needs`` are rights, of which whoever uses the page has at least one: ``see child``, ``export *`` (of any register),
    ``change @imports`` (a matter). Without any the page is for everybody.
    """

    name: str
    heading: str
    in_bar: bool = True
    needs: tuple[str, ...] = ()

    def title(self, language: str) -> str:
        """Return the title in a language."""
        return heading_in(self.heading, language)

    def is_for(self, rights: Rights, registers: Collection[str]) -> bool:
        """Whether somebody with these rights can use the page, in a school that has these registers."""
        return not self.needs or any(_meets(rights, need, registers) for need in self.needs)


def _meets(rights: Rights, need: str, registers: Collection[str]) -> bool:
    act, _, register = need.partition(" ")
    if register == OTHERS:
        return any(rights.scope(act, name) for name in registers)
    if register.startswith(MATTER_SIGN):
        return rights.may(register.removeprefix(MATTER_SIGN), act)
    return rights.scope(act, register) is not None


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

    One that says ``"guanai": {"bar": false}`` in its metadata is behind 更多: not for every day. ``"needs"`` there is a list
    of rights, see `Page`. What the page shows and lets somebody do is not decided here, but where records are kept.
    """
    names = {path.stem: path for path in folder.glob("*.ipynb") if not path.stem.startswith(("_", "."))}
    ordered = sorted(names, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))
    read = {name: _read_cached(names[name], names[name].stat().st_mtime_ns) for name in ordered}
    return [Page(name, title or name, in_bar, needs) for name, (title, in_bar, needs) in read.items()]


@lru_cache(maxsize=256)
def _read_cached(path: Path, _modified: int) -> tuple[str, bool, tuple[str, ...]]:
    """Return the heading of a notebook, whether it is in the bar, and which rights it needs."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        title = heading(
            "".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown"
        )
        asks = notebook.get("metadata", {}).get("guanai", {})
        return title, asks.get("bar", True) is not False, tuple(map(str, asks.get("needs", ())))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return "", True, ()
