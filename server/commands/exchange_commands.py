"""Commands that move records in and out: import with its dry run and its undo, and export."""

import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from guanai.care.errors import ExchangeError
from guanai.server.commands.console_output import print_line
from guanai.server.commands.school_commands import opened
from guanai.templates.wording import say

if TYPE_CHECKING:
    from guanai.storage.imports.preview import ImportPreview
    from guanai.storage.school.school import School

__all__ = ["export", "import_"]

_BAR = 40  # characters of the progress bar


def export(options: Namespace) -> None:
    """Write a register to a file."""
    from guanai.storage.exports.export import write_export

    with opened(options.folder) as school:
        count = write_export(
            school,
            options.form,
            options.file,
            format=options.format,
            without_sensitive=options.without_sensitive,
        )
        print_line(say("export.done", count=count, file=options.file))


def import_(options: Namespace) -> None:
    """Import records from a file and print row by row what becomes of them, or undo an import."""
    if options.undo is not None:
        with opened(options.folder) as school:
            _undo(school, options.undo, options.form)
        return
    _fill_in_arguments(options)
    if options.file is None:
        raise ExchangeError("import.needs_whole" if options.whole else "import.needs")
    with opened(options.folder) as school:
        previews = _previews(school, options)
        for preview in previews:
            _print_preview(school, preview, titled=options.whole)
            if preview.undecided:
                raise preview.refusal()
        _apply(school, previews, options)


def _fill_in_arguments(options: Namespace) -> None:
    """Fill in arguments that were left out: the folder is by default this one, and a whole school needs no form."""
    if options.whole:
        given = [
            str(argument) for argument in (options.folder, options.form, options.file) if argument is not None
        ]
        if len(given) == 1 and given != ["."]:
            given.insert(0, ".")
        options.folder, options.form = Path(given[0]), None
        options.file = Path(given[1]) if len(given) > 1 else None
    elif options.file is None and options.form is not None:
        options.folder, options.form, options.file = Path(), str(options.folder), Path(options.form)


def _previews(school: "School", options: Namespace) -> "tuple[ImportPreview, ...]":
    from guanai.storage.imports.run import Choices

    clashes = {(0, "*"): options.conflicts} if options.conflicts else None
    if not options.whole:
        choices = Choices(_mapped(options.map), options.sheet, others=options.others, clashes=clashes)
        return (school.imports.preview(options.form, options.file, choices, _progress),)
    # Only children are compared by more than their id: the rows that are others are rows of theirs.
    each = {form: Choices(_mapped(options.map), clashes=clashes) for form in school.forms()}
    each["child"] = replace(each["child"], others=options.others)
    return school.imports.preview_all(options.file, each, _progress)


def _print_preview(school: "School", preview: "ImportPreview", *, titled: bool) -> None:
    if titled:
        print_line(say("import.register", title=school.form(preview.form).title(), form=preview.form))
    for column in preview.columns:
        if column.how in ("chosen", "guessed") and column.target:
            print_line(
                say("import.column", letter=column.letter, head=column.heading, label=column.target.label)
            )
        elif column.how == "left_out":
            print_line(say("import.column_out", letter=column.letter, head=column.heading))
    for notice in preview.notices:
        print_line(notice)
    for row in preview.rows:
        tips = [say("alike.row_id", id=key) for key in row.like if preview.form == "child"]
        words = "；".join([*row.messages, *tips])
        print_line(
            say("import.row", row=row.number, state=say(f"import.{row.state}"), label=row.label, words=words)
        )


def _apply(school: "School", previews: "tuple[ImportPreview, ...]", options: Namespace) -> None:
    from guanai.storage.imports.preview import counts_of

    counts = counts_of(previews)
    if options.dry_run:
        _print_left_out(previews)
        print_line(say("import.would", **counts))
        return
    done = school.imports.apply(*previews, progress=_progress)
    _print_left_out(previews)
    print_line(say("import.done", **counts))
    if done is not None:
        print_line(say("import.note", folder=options.folder, id=done.id))


def _undo(school: "School", import_id: str, form: str | None) -> None:
    if not import_id:
        imports = [done for done in school.imports.completed(form) if not done.undone]
        for done in imports:
            print_line(say("import.listed", **{**vars(done), "at": done.at[:16]}))
        if not imports:
            print_line(say("import.none_done"))
        return
    back, stay = school.imports.undo(import_id)
    print_line(say("import.undone_but" if stay else "import.undone", back=back, stay=stay))


def _mapped(pairs: list[str]) -> dict[str, str]:
    """Return which question each column answers, from HEADING=QUESTION."""
    questions = {}
    for pair in pairs:
        head, separator, name = pair.rpartition("=")
        if not separator or not head.strip():
            raise ExchangeError("exchange.bad_map", text=pair)
        questions[head.strip()] = name.strip()
    return questions


def _print_left_out(previews: "tuple[ImportPreview, ...]") -> None:
    alike = [str(row.number) for preview in previews for row in preview.rows if row.state == "alike"]
    if alike:
        print_line(say("import.left_out", count=len(alike), rows=" ".join(alike)))
    waits = sum(row.state == "waits" for preview in previews for row in preview.rows)
    if waits:
        print_line(say("import.waiting", count=waits))


def _progress(done: int, total: int) -> None:
    """Draw a progress bar, where standard error is a terminal."""
    if sys.stderr.isatty() and total:
        filled = _BAR * done // total
        end = "\n" if done >= total else ""
        sys.stderr.write(f"\r[{'█' * filled}{'·' * (_BAR - filled)}] {done}/{total}{end}")
        sys.stderr.flush()
