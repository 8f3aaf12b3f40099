"""Which file a form is read from: the school's own copy first, then the shipped one.

A copy with a mistake never stops anybody: the last good version stays in use, and the shelf says what
is wrong where.
"""

import shutil
from pathlib import Path

from guanai.storage.folders import Folder
from guanai.storage.forms.definitions import Form
from guanai.storage.forms.loading import load_form
from guanai.templates import template
from guanai.templates.errors import FormError, GuanaiError
from guanai.templates.wording import say

__all__ = ["Shelf", "shipped_forms"]

ENDINGS = (".xlsx", ".md")


def shipped_forms() -> dict[str, Path]:
    """Return the forms that ship, by name."""
    return {path.stem: path for path in sorted(template("forms").glob("*.md"))}


class Shelf:
    """The forms of one school."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._kept = folder.kept / "forms"
        self._notices: dict[str, str] = {}

    def names(self) -> list[str]:
        """Return the names of all forms: the shipped ones, then the school's own."""
        return list(dict.fromkeys([*shipped_forms(), *sorted(self._own())]))

    def _own(self) -> dict[str, Path]:
        """Return the school's own files by form; a spreadsheet program's lock files are none."""
        found = {}
        for ending in reversed(ENDINGS):
            for path in self._folder.forms.glob(f"*{ending}"):
                if not path.name.startswith(("~$", ".")):
                    found[path.stem] = path
        return found

    def form(self, name: str) -> Form:
        """Return a form by name; see `School.form`."""
        own = self._own().get(name)
        if own is not None:
            form = self._own_form(name, own)
            if form is not None:
                return form
        shipped = shipped_forms().get(name)
        if shipped is None:
            raise GuanaiError("school.no_form", name=name, names="、".join(self.names()))
        return load_form(shipped, name, cache=self._folder.kept)

    def _own_form(self, name: str, path: Path) -> Form | None:
        """Return the school's copy, or its last good version, or None when there never was a good one."""
        kept = self._kept / path.name
        try:
            form = load_form(path, name, cache=self._folder.kept)
        except FormError as error:
            self._notices[name] = say("school.form_kept", error=error)
            if kept.exists():
                return load_form(kept, name, cache=self._folder.kept)
            if name in shipped_forms():
                return None
            raise
        self._notices.pop(name, None)
        if not kept.exists() or kept.read_bytes() != path.read_bytes():
            self._kept.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, kept)
        return form

    def notices(self) -> list[str]:
        """Return what is wrong with the school's own forms, a sentence each."""
        for name in self._own():
            try:
                self.form(name)
            except FormError as error:
                self._notices[name] = str(error)
        return [self._notices[name] for name in sorted(self._notices)]
