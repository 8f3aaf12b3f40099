r"""The few marks of Markdown that labels and hints of XLSForm may hold, as HTML or taken away.

``**bold**``, ``*italics*`` and ``_italics_``, ``# headings``, lists with ``-`` or ``*``, ``[links](…)``, of which only
the text is shown, since a page leads to no other host. Everything else is text and is escaped.

>>> to_html("**姓名** <b>"), to_plain("**姓名** [说明](https://example.org)"), to_html(r"2 * 3 * 4, my_own_name, \*")
('<strong>姓名</strong> &lt;b&gt;', '姓名 说明', '2 * 3 * 4, my_own_name, *')
"""

import re
from html import escape

__all__ = ["to_html", "to_plain"]

_MARKS = re.compile(
    r"\\(?P<plain>[\\*_#\[\]()-])"
    r"|\*\*(?P<strong>[^\s*](?:[^*\n]*[^\s*])?)\*\*"
    r"|__(?P<strong2>[^\s_](?:[^\n]*?[^\s_])?)__(?!\w)"
    r"|\*(?P<em>[^\s*](?:[^*\n]*[^\s*])?)\*"
    r"|(?<!\w)_(?P<em2>[^\s_](?:[^_\n]*[^\s_])?)_(?!\w)"
    r"|\[(?P<link>[^\]\n]+)\]\([^)\s]*\)"
)
_LINE = re.compile(r"^(?P<mark>#{1,6}|[-*])\s+(?P<text>.+)$")
MOST_MARKED = (
    5_000  # characters of a text whose marks are looked for: marks that do not close cost the square of it
)
_ANY = re.compile(r"[*_#\[\\\n]|^-\s", re.MULTILINE)


def to_html(text: str) -> str:
    """Return a text as HTML, escaped, its marks shown; lines stay lines."""
    if len(text) > MOST_MARKED or not _ANY.search(text):
        return escape(text)
    lines: list[str] = []
    for line in text.split("\n"):
        match = _LINE.match(line.strip())
        inner = _inline(match["text"] if match else line)
        if match and match["mark"].startswith("#"):
            lines.append(f'<span class="guanai-mark-head">{inner}</span>')
        elif match:
            lines.append(f'<span class="guanai-mark-item">• {inner}</span>')
        else:
            lines.append(inner)
    return "<br>".join(lines)


def to_plain(text: str) -> str:
    """Return a text without its marks, for headings of tables and for messages."""
    if len(text) > MOST_MARKED or not _ANY.search(text):
        return text
    lines = (_LINE.match(line.strip()) or line for line in text.split("\n"))
    return "\n".join(
        _MARKS.sub(lambda match: to_plain(_inside(match)), line if isinstance(line, str) else line["text"])
        for line in lines
    )


def _inline(text: str) -> str:
    parts, at = [], 0
    for match in _MARKS.finditer(text):
        parts += [escape(text[at : match.start()]), _shown(match)]
        at = match.end()
    return "".join([*parts, escape(text[at:])])


def _shown(match: re.Match[str]) -> str:
    inside = _inside(match)
    if match["plain"]:
        return escape(inside)
    if match["link"]:
        return _inline(inside)
    tag = "strong" if match["strong"] or match["strong2"] else "em"
    return f"<{tag}>{_inline(inside)}</{tag}>"


def _inside(match: re.Match[str]) -> str:
    return next(text for text in match.groups() if text is not None)
