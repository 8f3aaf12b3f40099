"""Opening the `School` of a folder, or creating a new one."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from guanai.care.errors import AccessError, GuanaiError
from guanai.care.policy.policy import DEFAULT_LIMIT, NO_CONTACT_WEEKS
from guanai.storage.database.databases import Database
from guanai.storage.files.school_folder import SchoolFolder
from guanai.storage.form_files.form_catalogue import FormCatalogue
from guanai.storage.records.records import OWNER, Identity
from guanai.storage.records.registers import Registers
from guanai.storage.school.policy_in_use import DEFAULT_POLICY, preset_sheets
from guanai.storage.school.school import School
from guanai.storage.school.workbooks import write_workbook
from guanai.templates.wording import say

__all__ = [
    "SERVED",
    "Preloaded",
    "create_school",
    "open_as_owner",
    "open_school",
    "sign_in",
    "use_preloaded",
]

#: The environment variable that the server sets for each kernel of a page: there, somebody has to be signed in.
SERVED = "GUANAI_SERVED"

#: Returns a school that has been read already, None where there is none or it is outdated.
Preloaded = Callable[[SchoolFolder, Identity], School | None]

# Registers in which the records of one child are often searched for.
ABOUT_CHILDREN = ("home_visit", "pairing", "talk", "call")


@dataclass
class _Page:
    """For whom `open_school` opens the school without a path, and where it finds one that has been read already."""

    identity: Identity | None = None  # None: nobody has called `sign_in`
    preloaded: Preloaded | None = None


_page = _Page()


def sign_in(identity: Identity | None) -> None:
    """Say for whom this process opens the school from now on; the server does when it hands a kernel to a page.

    With None it opens none any more. A page is never opened as the owner.
    """
    _page.identity = None if identity is None else replace(identity, owner=False)


def use_preloaded(find: Preloaded | None) -> None:
    """Say where this process finds a school that has been read already."""
    _page.preloaded = find


def open_school(path: str | Path | None = None) -> School:
    """Open a school: that of a folder, or without one that which the page is served from.

    Without a path, ``GUANAI_SCHOOL`` names the folder. In the kernel of a served page the school is as the person that
    `sign_in` named sees it, whatever the path; on the command line and in JupyterLab, where whoever works can read the
    files themselves, it is opened as its owner. Raises StorageError when the records cannot be opened, GuanaiError when
    no folder is named, and AccessError in the kernel of a served page that does not know its person.
    """
    if _page.identity is None and os.environ.get(SERVED):
        raise AccessError("school.not_signed_in")
    named = path or os.environ.get("GUANAI_SCHOOL") or "."
    folder = SchoolFolder(Path(named).resolve())
    if path is None and not folder.is_school:
        raise GuanaiError("school.no_folder", path=named)
    identity = _page.identity or OWNER
    if _page.preloaded and (school := _page.preloaded(folder, identity)):
        return school
    return _open(folder, identity)


def open_as_owner(path: str | Path) -> School:
    """Open the school of a folder with every right: for the server itself, which gives each page only what is the person's."""
    return _open(SchoolFolder(Path(path).resolve()), OWNER)


def _open(folder: SchoolFolder, identity: Identity) -> School:
    folder.create()
    database = Database.open(folder.records)
    whole = Registers(folder, database)
    for register in ABOUT_CHILDREN:
        whole.table(register).ensure_index("child")
    return School(folder, database, identity)


def create_school(
    path: str | Path,
    *,
    policy: str = DEFAULT_POLICY,
    name: str = "",
    on: date | None = None,
    began: date | None = None,
) -> School:
    """Make a school in a folder that has none: its workbook from a preset, and no record yet.

    ``began`` is the day from which on something is owed (启用日期), without it since ever.
    Raises GuanaiError when the folder already holds a school or the preset is unknown.
    """
    folder = SchoolFolder(Path(path).resolve())
    if folder.is_school:
        raise GuanaiError("school.exists", path=path)
    day, called = on or date.today(), name or say("school.name")
    preset_sheets(policy, day)  # refuses an unknown preset before anything is written
    catalogue = FormCatalogue(folder)
    columns = {form: catalogue.form(form).columns for form in catalogue.names()}
    sheets = preset_sheets(policy, day, called, columns)
    items = {
        "default_limit": say("span.day", "zh", number=DEFAULT_LIMIT.number),
        "no_contact_weeks": NO_CONTACT_WEEKS,
    }
    written = {row["项目"] for row in sheets["学校"]}
    for item, value in (items | {"age_limit": "", "began": began}).items():
        if value is not None and say(f"profile.{item}", "zh") not in written:
            # As text: a column with one day in it would show every number as a day.
            row = {"项目": say(f"profile.{item}", "zh"), "值": str(value), "备注": say(f"init.{item}", "zh")}
            sheets["学校"] = [*sheets["学校"], row]
    folder.create()
    write_workbook(folder.workbook, sheets)
    return open_as_owner(folder.path)
