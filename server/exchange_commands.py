"""Commands that move records in and out: import with its dry run and its undo, and export."""

import sys
from argparse import Namespace
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from guanai.server.console import tell
from guanai.server.school_commands import opened
from guanai.templates.errors import ExchangeError
from guanai.templates.wording import say

if TYPE_CHECKING:
    from guanai.storage.import_rows import Row
    from guanai.storage.schools import School

__all__ = ["export", "import_"]

_BAR = 40  # characters of the progress bar


def export(chosen: Namespace) -> None:
    """Write a register to a file."""
    from guanai.storage.exchange import export_records

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
    if chosen.file is None and chosen.form is not None:  # the folder was left out: it is this one
        chosen.folder, chosen.form, chosen.file = Path(), str(chosen.folder), Path(chosen.form)
    if chosen.file is None:
        raise ExchangeError("import.needs")
    from guanai.storage.submissions import is_submissions

    with opened(chosen.folder) as school:
        (_submissions if is_submissions(chosen.file) else _records)(school, chosen)


def _records(school: "School", chosen: Namespace) -> None:
    from guanai.storage.imports import Choices

    clashes = {(0, "*"): chosen.conflicts} if chosen.conflicts else None
    choices = Choices(_mapped(chosen.map), chosen.sheet, others=chosen.others, clashes=clashes)
    plan = school.imports.plan(chosen.form, chosen.file, choices, _progress)
    for column in plan.columns:
        if column.how in ("chosen", "guessed") and column.header:
            tell(say("import.column", letter=column.letter, head=column.head, label=column.header.label))
        elif column.how == "left_out":
            tell(say("import.column_out", letter=column.letter, head=column.head))
    for notice in plan.notices:
        tell(notice)
    _tell_rows(plan.rows)
    if plan.undecided:
        raise plan.refusal()
    counts = plan.counts
    if chosen.dry_run:
        _tell_alike(plan.rows)
        tell(say("import.would", **counts))
        return
    done = school.imports.carry_out(plan, _progress)
    _tell_alike(plan.rows)
    tell(say("import.done", **counts))
    if done is not None:
        tell(say("import.note", folder=chosen.folder, id=done.id))


def _submissions(school: "School", chosen: Namespace) -> None:
    from guanai.storage.submissions import import_submissions

    rows = import_submissions(school, chosen.form, chosen.file, dry_run=True, others=chosen.others)
    _tell_rows(rows)
    states = Counter(row.state for row in rows)
    counts = {state: states[state] for state in ("new", "changed", "same", "bad")}
    if chosen.dry_run:
        _tell_alike(rows)
        tell(say("import.would", **counts))
        return
    if counts["bad"]:
        raise ExchangeError("import.refused", **counts)
    with school.imports.noted(chosen.form, chosen.file.name, counts["new"], 0) as note:
        import_submissions(school, chosen.form, chosen.file, others=chosen.others)
    _tell_alike(rows)
    tell(say("import.done", **counts))
    if counts["new"]:
        tell(say("import.note", folder=chosen.folder, id=note["id"]))


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


def _tell_rows(rows: "tuple[Row, ...] | list[Row]") -> None:
    for row in rows:
        words = "；".join(row.messages)
        tell(say("import.row", row=row.row, state=say(f"import.{row.state}"), label=row.label, words=words))


def _tell_alike(rows: "tuple[Row, ...] | list[Row]") -> None:
    alike = [str(row.row) for row in rows if row.state == "alike"]
    if alike:
        tell(say("import.left_out", count=len(alike), rows=" ".join(alike)))


def _progress(done: int, total: int) -> None:
    """Draw how far it is, where somebody looks at it."""
    if sys.stderr.isatty() and total:
        filled = _BAR * done // total
        end = "\n" if done >= total else ""
        sys.stderr.write(f"\r[{'█' * filled}{'·' * (_BAR - filled)}] {done}/{total}{end}")
        sys.stderr.flush()
