"""Take a shipped form or report into the school's folder, to be changed there in WPS, Excel or Word."""

import shutil
from pathlib import Path

from guanai.care.errors import GuanaiError
from guanai.storage.files.school_folder import SchoolFolder
from guanai.storage.form_files.form_catalogue import shipped_forms
from guanai.storage.forms.xlsform.sheets import read_sheets
from guanai.storage.forms.xlsform.workbooks import write_xlsx
from guanai.templates import template

__all__ = ["eject", "ejectable"]


def ejectable() -> dict[str, Path]:
    """Return what can be taken out: ``forms/home_visit`` and the like, with its shipped file."""
    forms = {f"forms/{name}": path for name, path in shipped_forms().items()}
    reports = {f"reports/{path.stem}": path for path in sorted(template("reports").glob("*.docx"))}
    return forms | reports


def eject(folder: SchoolFolder, name: str) -> Path:
    """Write the shipped form or report of that name into the folder and return where it lies.

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
