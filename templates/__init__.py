"""What a coordinator edits: forms, policies, reports, the theme, sample data and wording, as data files.

The little code here serves every room: it reads the catalogue of wording (`wording`), speaks from it (`errors`), and
imports libraries without what they can spare (`sparing`).
"""

from importlib.resources import files
from pathlib import Path

__all__ = ["template"]


def template(name: str) -> Path:
    """Return the shipped file or folder of that name, such as ``forms/child.md``."""
    return Path(str(files("guanai.templates"))) / name
