"""What the fork server does once, so that no kernel needs to: it reads texts and forms, and runs the shipped pages.

Running a page there shows nothing to anybody and changes no record. It is done so that all that a page needs is
imported, its classes are set up and its code has been run once (Python specializes code as it runs, which writes to
it): a page's kernel is then quicker and shares more of its memory with the others.
"""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import ipywidgets
import pandas as pd

from guanai.care.errors import GuanaiError
from guanai.server.kernels.school_cache import preload_school, sign_in_from_headers
from guanai.server.shipped_pages import shipped_pages
from guanai.templates import wording
from guanai.widgets.lists.charts import bar_chart

__all__ = ["preload_steps", "read_school", "run_page_once"]


def preload_steps() -> Iterator[None]:
    """Use each part once, step by step."""
    sign_in_from_headers()
    wording.say("page.pages")
    yield from read_school()
    for page in shipped_pages().values():
        run_page_once(page)
        yield
    draw_chart()
    yield


def draw_chart() -> None:
    """Make a chart, as far as a page's kernel makes it: what that imports takes half a second."""
    with suppress(ImportError):
        bar_chart(pd.DataFrame({"label": ["1"], "value": [1]}), "label", "value", title="1")


def run_page_once(page: Path) -> None:
    """Run the cells of a page, and close the widgets that they made.

    Only shipped pages are run: what a school has written itself may do anything. What goes wrong is shown by the page
    itself, when somebody opens it.
    """
    notebook = json.loads(page.read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    with suppress(Exception):
        exec(compile("\n\n".join(cells), page.name, "exec"), {"__name__": "__main__"})  # noqa: S102  # our own pages
    ipywidgets.Widget.close_all()


def read_school() -> Iterator[None]:
    """Read the school, or what is new in it, step by step. One that cannot be read is still served: its pages say why."""
    folder = os.environ.get("GUANAI_SCHOOL")
    if folder:
        with suppress(GuanaiError, OSError):
            yield from preload_school(Path(folder))
