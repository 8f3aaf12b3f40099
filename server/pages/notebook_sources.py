"""The notebooks that pages are made of: read once for as long as their files stay as they are."""

from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.filters.markdown_mistune import MarkdownWithMath
from nbformat import NotebookNode
from voila.exporter import VoilaMarkdownRenderer

from guanai.server.web.navigation import HEADING, half

__all__ = ["markdown", "notebook_at", "wants_voila_page", "with_headings"]


def notebook_at(path: Path) -> NotebookNode:
    """Return a notebook without what it showed when it was last run, for the caller to change."""
    return deepcopy(_read(path, path.stat().st_mtime_ns))


def wants_voila_page(path: Path) -> bool:
    """Whether a notebook asks for Voila's own page: ``"guanai": {"page": "full"}`` in its metadata."""
    try:
        asked = _read(path, path.stat().st_mtime_ns).metadata["guanai"]["page"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return bool(asked == "full")


def with_headings(notebook: NotebookNode, language: str) -> NotebookNode:
    """Let the headings of a notebook be in one language; return it."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = HEADING.sub(lambda found: f"# {half(found[1], language)}", cell.source)
    return notebook


def markdown(cell: NotebookNode, contents: Any) -> str:
    """Return a cell of Markdown as HTML; ``contents`` (Jupyter's contents manager) has the pictures that it shows."""
    if "![" in cell.source or cell.get("attachments"):
        return _converted(cell.source, cell.get("attachments", {}), contents)
    return _plain(cell.source)


@lru_cache(maxsize=256)
def _plain(source: str) -> str:
    return _converted(source, {}, None)


def _converted(source: str, attachments: Any, contents: Any) -> str:
    renderer = VoilaMarkdownRenderer(
        escape=False, attachments=attachments, contents_manager=contents, anchor_link_text="¶"
    )
    return str(MarkdownWithMath(renderer=renderer).render(source))


@lru_cache(maxsize=256)
def _read(path: Path, _changed: int) -> NotebookNode:
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook
