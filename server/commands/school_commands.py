"""Commands that make a school's folder and change what is in it: init, eject, update; and form check."""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from guanai.care.errors import FormError, GuanaiError, SeveralErrors
from guanai.server.commands.console_output import print_line, print_warning
from guanai.server.private_files import tighten
from guanai.templates.wording import say

if TYPE_CHECKING:
    from guanai.storage.school.school import School

__all__ = ["eject", "form_check", "init", "opened", "update"]


@contextmanager
def opened(path: Path, *, serving: bool = False) -> Iterator["School"]:
    """Open the school of a folder. Raises GuanaiError for a folder that is none, and makes nothing in it.

    No command answers by the last good workbook where the school's own has a mistake: PolicyError says where. What is
    wrong with a rule of the school's own is raised at the end, when the rest has been answered. With ``serving`` the
    pages say so, and go on.
    """
    from guanai.storage.files.school_folder import SchoolFolder  # `guanai --help` need not wait for pandas
    from guanai.storage.school.open_school import open_as_owner

    if not SchoolFolder(path).is_school:
        raise GuanaiError("school.no_folder", path=path)
    if others := tighten(path):
        print_warning(say("school.open_to_others", path=others[0], count=len(others)))
    school = open_as_owner(path)
    if not serving:
        school.refuse_mistakes()
    try:
        yield school
        if not serving and (problems := school.own_rule_problems()):
            raise SeveralErrors(problems)
    finally:
        school.close()


def init(options: Namespace) -> None:
    """Make a school in a folder, with its workbook and pages."""
    from guanai.server.shipped_pages import renew
    from guanai.storage import create_school
    from guanai.storage.school.policy_in_use import DEFAULT_POLICY
    from guanai.storage.vault.process_vault import open_store

    school = create_school(
        options.folder, policy=options.policy or DEFAULT_POLICY, name=options.name, began=date.today()
    )
    renew(school.folder.notebooks)
    _print_duties(school)
    print_line(say("vault.key_at", path=open_store(school.folder.vault).made_key()))
    school.close()
    print_line(say("init.done", folder=options.folder))


def _print_duties(school: "School") -> None:
    """Print what each row of the preset asks, with its source, and how many lines it makes of what the school has now."""
    for name, preview in school.settings.previews(school.settings.read()).items():
        lines = say(f"settings.lines_{'now' if preview.in_force else 'then'}", count=preview.lines)
        text = say("init.duty", name=name, sentence=preview.sentence)
        print_line(f"{text} {lines}" if preview.lines else text)
    print_line(say("init.lines_later"))


def update(options: Namespace) -> None:
    """Renew the pages that nobody changed, and say which were kept."""
    from guanai.server.shipped_pages import renew

    with opened(options.folder) as school:
        done = renew(school.folder.notebooks)
    for outcome in ("added", "renewed", "kept"):
        if done[outcome]:
            print_line(say(f"update.{outcome}", names="、".join(done[outcome])))
    if not (done["added"] or done["renewed"]):
        print_line(say("update.nothing"))


def eject(options: Namespace) -> None:
    """Take a shipped form or report into the folder, to be changed there."""
    from guanai.storage.form_files.form_catalogue import eject as eject_form

    with opened(options.folder) as school:
        print_line(say("eject.done", path=eject_form(school.folder, options.what)))


def form_check(options: Namespace) -> None:
    """Say whether a form can be used, and if not, where it is wrong."""
    from guanai.storage.form_files.form_catalogue import shipped_forms
    from guanai.storage.forms.session.trial import try_form
    from guanai.storage.forms.xlsform.loading import load_form
    from guanai.storage.records.list_files import list_rows

    form = load_form(options.file)
    folder, lists = (
        options.file.parent,
        {name: list_rows(options.file.parent, name) for name in form.external},
    )
    for name, rows in lists.items():
        is_form = name in shipped_forms() or any(
            (folder / f"{name}{end}").exists() for end in (".md", ".xlsx")
        )
        if rows is None and not is_form and name != "school":
            raise FormError("form.no_list", file=options.file.name, row=form.row_of_list(name), list=name)
    try_form(form, options.file.name, lambda name: lists.get(name) or [])
    title, count = form.title("zh"), len(list(form.questions()))
    print_line(say("form.fine", file=options.file.name, title=title, count=count))
