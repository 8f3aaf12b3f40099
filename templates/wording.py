"""The one catalogue of everything a person reads: a key, the Chinese, the English beside it.

The catalogue is the Markdown tables in ``templates/words/``, a file per topic, with the columns
``key | zh | en``. A text may hold ``{name}`` places that the caller fills.

>>> say("language.name")
'简体中文'
>>> say("language.name", "en")
'English'
"""

import os
from functools import cache

from guanai.templates import template

__all__ = ["LANGUAGES", "catalogue", "markdown_rows", "say", "spoken"]

LANGUAGES = ("zh", "en")


def markdown_rows(text: str) -> list[list[str]]:
    r"""Return the cells of the first table in a Markdown text, its head first, without the rule below it.

    ``\|`` in a cell is a bar, ``<br>`` a new line and ``&#32;`` a space, which would else be cut off at its ends.

    >>> markdown_rows("| a | b |\n|---|---|\n| 1 | x \\| y |")
    [['a', 'b'], ['1', 'x | y']]
    """
    rows: list[list[str]] = []
    for line in text.splitlines():
        if not line.lstrip().startswith("|"):
            if rows:
                break
            continue
        bare = (
            line.strip().strip("|").replace("\\|", "\0") if line.strip().endswith("|") else line.strip()[1:]
        )
        cells = [
            cell.strip().replace("\0", "|").replace("<br>", "\n").replace("&#32;", " ")
            for cell in bare.split("|")
        ]
        if not all(set(cell) <= set("-: ") and cell for cell in cells):
            rows.append(cells)
    return rows


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Return every text by key and language: ``{"language.name": {"zh": …, "en": …}}``."""
    texts: dict[str, dict[str, str]] = {}
    for file in sorted(template("words").glob("*.md")):
        head, *rows = markdown_rows(file.read_text(encoding="utf-8"))
        for row in rows:
            entry = dict(zip(head, row, strict=True))
            key = entry.pop("key")
            if key in texts:
                raise ValueError(f"{file.name}: {key} stands twice in the catalogue")
            texts[key] = entry
    return texts


def say(key: str, language: str | None = None, /, **values: object) -> str:
    """Return the catalogue's text for a key, its places filled.

    Without a language it is the one `spoken` in the process.
    Raises KeyError for a key that the catalogue does not hold: a text is never made up.
    """
    entry = catalogue()[key]
    return entry.get(spoken(language), entry["zh"]).format(**values)


def spoken(language: str | None = None) -> str:
    """Return the language asked for, or that of the process (``GUANAI_LANGUAGE``), Simplified Chinese if unset."""
    return language or os.environ.get("GUANAI_LANGUAGE", "zh")
