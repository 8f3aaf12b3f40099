"""The notebooks that pages are made of, cached until their files change; and their Markdown as HTML."""

from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.filters.markdown_mistune import MarkdownWithMath
from nbformat import NotebookNode
from voila.exporter import VoilaMarkdownRenderer

from guanai.server.web.navigation import HEADING, heading_in

__all__ = ["markdown", "notebook_at", "wants_voila_page", "with_headings"]


def notebook_at(path: Path) -> NotebookNode:
    """Return a notebook without stored outputs, for the caller to change."""
    return deepcopy(_read_cached(path, path.stat().st_mtime_ns))


def wants_voila_page(path: Path) -> bool:
    """Whether a notebook asks for Voila's own page, with all of JupyterLab's widgets: ``"guanai": {"page": "full"}`` in its metadata."""
    try:
        page = _read_cached(path, path.stat().st_mtime_ns).metadata["guanai"]["page"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return bool(page == "full")


def with_headings(notebook: NotebookNode, language: str) -> NotebookNode:
    """Put the headings of a notebook into one language; return the notebook."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = HEADING.sub(lambda match: f"# {heading_in(match[1], language)}", cell.source)
    return notebook


def markdown(cell: NotebookNode, contents: Any) -> str:
    """Return a cell of Markdown as HTML; ``contents`` (Jupyter's contents manager) reads the pictures in it."""
    if "![" in cell.source or cell.get("attachments"):
        return _rendered(cell.source, cell.get("attachments", {}), contents)
    return _cached_rendered(cell.source)


@lru_cache(maxsize=256)
def _cached_rendered(source: str) -> str:
    return _rendered(source, {}, None)


def _rendered(source: str, attachments: Any, contents: Any) -> str:
    renderer = VoilaMarkdownRenderer(
        escape=False, attachments=attachments, contents_manager=contents, anchor_link_text="¶"
    )
    return str(MarkdownWithMath(renderer=renderer).render(source))


@lru_cache(maxsize=256)
def _read_cached(path: Path, _modified: int) -> NotebookNode:
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook
