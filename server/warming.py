"""What the parent of the kernels does once, so that no kernel needs to: classes set up, texts and forms read."""

import os
from contextlib import suppress
from pathlib import Path

import ipywidgets

from guanai.storage.warm_starts import get_warm
from guanai.templates import wording
from guanai.templates.errors import GuanaiError

__all__ = ["read_school", "warm_up"]


def warm_up() -> None:
    """Use each part once."""
    wording.say("page.pages")
    use_widgets()
    read_school()


def use_widgets() -> None:
    """Make one widget of each common kind: traitlets sets a class up when its first object is made."""
    kinds = (ipywidgets.Text, ipywidgets.Textarea, ipywidgets.Dropdown, ipywidgets.Button, ipywidgets.HTML)
    ipywidgets.VBox([kind() for kind in kinds])
    ipywidgets.Widget.close_all()


def read_school() -> None:
    """Read the school, or what is new in it. One that cannot be read is still served: its pages say what is wrong."""
    folder = os.environ.get("GUANAI_SCHOOL")
    if folder:
        with suppress(GuanaiError, OSError):
            get_warm(Path(folder))
