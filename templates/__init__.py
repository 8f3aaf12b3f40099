"""What a coordinator edits: forms, policies, reports, the theme, sample data and wording, as data files.

The only code here reads the catalogue of wording (`wording`) and speaks from it (`errors`).
"""

from importlib.resources import files
from pathlib import Path

__all__ = ["template"]


def template(name: str) -> Path:
    """Return the shipped file or folder of that name, such as ``forms/child.md``."""
    return Path(str(files("guanai.templates"))) / name
