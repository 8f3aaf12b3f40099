"""Commands that move records in and out: import with its dry run and its undo, and export."""

import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from guanai.care.errors import ExchangeError
from guanai.server.commands.console import tell
from guanai.server.commands.school_commands import opened
from guanai.templates.wording import say

if TYPE_CHECKING:
    from guanai.storage.imports.preview import Plan
    from guanai.storage.school.school import School

__all__ = ["export", "import_"]

_BAR = 40  # characters of the progress bar


def export(chosen: Namespace) -> None:
    """Write a register to a file."""
    from guanai.storage.school.file_api import export_records

    with opened(chosen.folder) as school:
        count = export_records(
            school,
            chosen.form,
            chosen.file,
            format=chosen.format,
            without_sensitive=chosen.without_sensitive,
        )
    tell(say("export.done", count=count, file=chosen.file))


def import_(chosen: Namespace) -> None:
    """Read records from a file and say row by row what becomes of them, or take an import back."""
    if chosen.undo is not None:
        with opened(chosen.folder) as school:
            _undo(school, chosen.undo, chosen.form)
        return
    _name_places(chosen)
    if chosen.file is None:
        raise ExchangeError("import.needs_whole" if chosen.whole else "import.needs")
    with opened(chosen.folder) as school:
        plans = _plans(school, chosen)
        for plan in plans:
            _tell_plan(school, plan, titled=chosen.whole)
            if plan.undecided:
                raise plan.refusal()
        _carry_out(school, plans, chosen)


def _name_places(chosen: Namespace) -> None:
    """Find out what was left out: without a school's folder it is this one, and a whole school needs no form."""
    if chosen.whole:
        places = [str(place) for place in (chosen.folder, chosen.form, chosen.file) if place is not None]
        if len(places) == 1 and places != ["."]:
            places.insert(0, ".")
        chosen.folder, chosen.form = Path(places[0]), None
        chosen.file = Path(places[1]) if len(places) > 1 else None
    elif chosen.file is None and chosen.form is not None:
        chosen.folder, chosen.form, chosen.file = Path(), str(chosen.folder), Path(chosen.form)


def _plans(school: "School", chosen: Namespace) -> "tuple[Plan, ...]":
    from guanai.storage.imports.run import Choices

    clashes = {(0, "*"): chosen.conflicts} if chosen.conflicts else None
    if not chosen.whole:
        choices = Choices(_mapped(chosen.map), chosen.sheet, others=chosen.others, clashes=clashes)
        return (school.imports.plan(chosen.form, chosen.file, choices, _progress),)
    # Only children are compared by more than their id: the rows that are others are rows of theirs.
    each = {form: Choices(_mapped(chosen.map), clashes=clashes) for form in school.forms()}
    each["child"] = replace(each["child"], others=chosen.others)
    return school.imports.plan_whole(chosen.file, each, _progress)


def _tell_plan(school: "School", plan: "Plan", *, titled: bool) -> None:
    if titled:
        tell(say("import.register", title=school.form(plan.form).title(), form=plan.form))
    for column in plan.columns:
        if column.how in ("chosen", "guessed") and column.header:
            tell(say("import.column", letter=column.letter, head=column.head, label=column.header.label))
        elif column.how == "left_out":
            tell(say("import.column_out", letter=column.letter, head=column.head))
    for notice in plan.notices:
        tell(notice)
    for row in plan.rows:
        tips = [say("alike.row_id", id=key) for key in row.like if plan.form == "child"]
        words = "；".join([*row.messages, *tips])
        tell(say("import.row", row=row.row, state=say(f"import.{row.state}"), label=row.label, words=words))


def _carry_out(school: "School", plans: "tuple[Plan, ...]", chosen: Namespace) -> None:
    from guanai.storage.imports.preview import counts_of

    counts = counts_of(plans)
    if chosen.dry_run:
        _tell_left_out(plans)
        tell(say("import.would", **counts))
        return
    done = school.imports.carry_out(*plans, progress=_progress)
    _tell_left_out(plans)
    tell(say("import.done", **counts))
    if done is not None:
        tell(say("import.note", folder=chosen.folder, id=done.id))


def _undo(school: "School", import_id: str, form: str | None) -> None:
    if not import_id:
        found = [one for one in school.imports.done(form) if not one.undone]
        for one in found:
            tell(
                say(
                    "import.listed",
                    id=one.id,
                    at=one.at[:16],
                    by=one.by,
                    form=one.form,
                    file=one.file,
                    new=one.new,
                    changed=one.changed,
                )
            )
        if not found:
            tell(say("import.none_done"))
        return
    back, stay = school.imports.undo(import_id)
    tell(say("import.undone_but" if stay else "import.undone", back=back, stay=stay))


def _mapped(pairs: list[str]) -> dict[str, str]:
    """Return which question each column answers, from HEADING=QUESTION."""
    mapped = {}
    for pair in pairs:
        head, between, name = pair.rpartition("=")
        if not between or not head.strip():
            raise ExchangeError("exchange.bad_map", text=pair)
        mapped[head.strip()] = name.strip()
    return mapped


def _tell_left_out(plans: "tuple[Plan, ...]") -> None:
    alike = [str(row.row) for plan in plans for row in plan.rows if row.state == "alike"]
    if alike:
        tell(say("import.left_out", count=len(alike), rows=" ".join(alike)))
    waits = sum(row.state == "waits" for plan in plans for row in plan.rows)
    if waits:
        tell(say("import.waiting", count=waits))


def _progress(done: int, total: int) -> None:
    """Draw how far it is, where somebody looks at it."""
    if sys.stderr.isatty() and total:
        filled = _BAR * done // total
        end = "\n" if done >= total else ""
        sys.stderr.write(f"\r[{'█' * filled}{'·' * (_BAR - filled)}] {done}/{total}{end}")
        sys.stderr.flush()
