"""Which file a form is read from: the school's own copy first, then the shipped one.

Where the copy has a mistake, the last good version stays in use, and `FormCatalogue.notices` says what is wrong. `eject`
makes the school's own copy of a shipped form or report, to be changed in WPS, Excel or Word.
"""

import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType

from guanai.care.errors import FormError, GuanaiError
from guanai.storage.files.school_folder import SchoolFolder
from guanai.storage.forms import Form, last_good_form, load_form
from guanai.storage.forms.xlsform.sheets import read_sheets
from guanai.storage.forms.xlsform.workbooks import write_xlsx
from guanai.templates import template
from guanai.templates.wording import say

__all__ = ["FormCatalogue", "eject", "ejectable", "shipped_form", "shipped_forms"]

ENDINGS = (".md", ".xlsx")


@cache
def shipped_forms() -> Mapping[str, Path]:
    """Return the forms that ship, by name."""
    return MappingProxyType({path.stem: path for path in sorted(template("forms").glob("*.md"))})


@lru_cache(maxsize=512)
def shipped_form(path: Path, name: str, cache: Path) -> Form:
    """Return a form that ships, read once: it cannot change while this process runs."""
    return load_form(path, name, cache=cache, shared=True)


@lru_cache(maxsize=64)
def as_restricted(form: Form) -> Form:
    """Return a form whose records are kept in the vault: what ships so stays so in a copy that does not say it."""
    return form if form.restricted else replace(form, restricted=True)


class FormCatalogue:
    """The forms of one school."""

    def __init__(self, folder: SchoolFolder) -> None:
        self._folder = folder
        self._cache = folder.internal / "forms"

    def names(self) -> list[str]:
        """Return the names of all forms: the shipped ones, then the school's own."""
        return list(dict.fromkeys([*shipped_forms(), *sorted(self._own())]))

    def _own(self) -> dict[str, Path]:
        """Return the school's own files by form, an .xlsx before an .md; lock files of a spreadsheet program are none."""
        try:
            names = sorted(os.listdir(self._folder.forms))
        except FileNotFoundError:
            return {}
        return {
            name.removesuffix(ending): self._folder.forms / name
            for ending in ENDINGS
            for name in names
            if name.endswith(ending) and not name.startswith(("~$", "."))
        }

    def own(self, name: str) -> Path | None:
        """Return the school's own file of a form, None where the shipped one is in use."""
        return self._own().get(name)

    def form(self, name: str) -> Form:
        """Return a form by name; see `School.form`."""
        return self._form(name)[0]

    def is_restricted(self, name: str) -> bool:
        """Whether the records of a form are kept in the vault; one that cannot be read is taken for restricted.

        What ships so stays so, whatever the school's own copy says.
        """
        if name not in shipped_forms() and name not in self._own():
            return False
        try:
            return self.form(name).restricted
        except GuanaiError:
            return True

    def notices(self) -> list[str]:
        """Return what is wrong with the school's own forms, a sentence each."""
        mistakes = []
        for name in self._own():
            try:
                mistake = self._form(name)[1]
            except FormError as error:
                mistake = error
            if mistake:
                mistakes.append(say("school.form_kept", error=mistake))
        return mistakes

    def _form(self, name: str) -> tuple[Form, FormError | None]:
        """Return the form in use, and the mistake in the school's copy if that is why it is not that copy."""
        own, shipped = self._own().get(name), shipped_forms().get(name)
        mistake = None
        if own is not None:
            try:
                form, problem = last_good_form(own, name, cache=self._cache)
                ships_restricted = shipped is not None and shipped_form(shipped, name, self._cache).restricted
                return (as_restricted(form) if ships_restricted else form), problem
            except FormError as error:
                mistake = error
        if shipped is not None:
            return shipped_form(shipped, name, self._cache), mistake
        raise mistake or GuanaiError("school.no_form", name=name, names="、".join(self.names()))


def ejectable() -> dict[str, Path]:
    """Return what can be taken out: ``forms/home_visit`` and the like, with its shipped file."""
    forms = {f"forms/{name}": path for name, path in shipped_forms().items()}
    reports = {f"reports/{path.stem}": path for path in sorted(template("reports").glob("*.docx"))}
    return forms | reports


def eject(folder: SchoolFolder, name: str) -> Path:
    """Write the shipped form or report of that name into the folder and return its path.

    A form becomes an .xlsx with Chinese headings. Raises GuanaiError when there is nothing of that
    name, or when the folder has it already.
    """
    source = ejectable().get(name.removesuffix(".xlsx").removesuffix(".docx").removesuffix(".md"))
    if source is None:
        raise GuanaiError("eject.unknown", name=name, names="、".join(ejectable()))
    room = folder.forms if source.suffix == ".md" else folder.reports
    target = room / (source.stem + (".xlsx" if source.suffix == ".md" else source.suffix))
    if target.exists():
        raise GuanaiError("eject.exists", path=target)
    room.mkdir(parents=True, exist_ok=True)
    if source.suffix == ".md":
        write_xlsx(read_sheets(source), target)
    else:
        shutil.copy2(source, target)
    return target
