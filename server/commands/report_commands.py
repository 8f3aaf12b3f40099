"""Commands that print what the pages show, by the same functions: due, coverage, emergencies, summary."""

from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from guanai.care.errors import GuanaiError
from guanai.server.commands.console_output import listing, print_line
from guanai.server.commands.school_commands import opened

if TYPE_CHECKING:
    import pandas as pd

    from guanai.storage.school.school import School

__all__ = ["coverage", "due", "emergencies", "summary"]

TO_DO_TABLE_COLUMNS = ("status", "due", "subject", "class", "who", "text")
DUE_COLUMNS = (
    "duty", "subject", "subject_id", "class", "village", "who", "due", "since", "status", "why", "period", "need", "have",
    "counted", "kind", "role", "deferral", "weight", "met_at", "nobody",
)  # fmt: skip
DUE_TABLE_COLUMNS = ("status", "due", "since", "duty", "subject", "class", "who", "why")
COVERAGE_TABLE_COLUMNS = (
    "duty", "persons", "periods", "done", "late", "to_do", "standing", "missed", "postponed", "excused", "share", "late_share",
)  # fmt: skip
CLOSING_TABLE_COLUMNS = ("duty", "subject", "class", "who", "missed", "standing", "text")
STEP_COLUMNS = (
    "status", "duty", "subject", "class", "who", "started", "due", "done_at", "left", "source", "form", "record",
)  # fmt: skip
FIGURE_COLUMNS = ("key", "label", "numerator", "denominator", "share", "target", "met", "basis")


def due(options: Namespace) -> None:
    """Print what is to be done on a day, of everybody or of one of the staff; with ``lines`` or ``done`` the bare due lines."""
    bare = options.lines or options.done
    with opened(options.folder) as school:
        who = _person(school, options.who)
        if bare:
            rows = school.due(options.on, done=options.done, who=who)
        else:
            rows = school.to_do(options.on, who)
        if options.format == "table":
            _print_rows(rows, DUE_TABLE_COLUMNS if bare else TO_DO_TABLE_COLUMNS, options.format)
        else:
            _print_rows(rows, DUE_COLUMNS if bare else tuple(rows.columns), options.format)


def coverage(options: Namespace) -> None:
    """Print how far every duty of a term is fulfilled: by duty as a table, else child by child; or what the term leaves."""
    from guanai.care.duties.fulfilment import by_duty

    with opened(options.folder) as school:
        table = school.closing_list(options.term) if options.closing else school.coverage(options.term)
        columns = tuple(table.columns)
        if options.format == "table":
            table = table if options.closing else by_duty(table)
            columns = CLOSING_TABLE_COLUMNS if options.closing else COVERAGE_TABLE_COLUMNS
        _print_rows(table, columns, options.format)


def emergencies(options: Namespace) -> None:
    """Print the steps of the emergencies; ``left`` is in minutes, below zero once a step is late."""
    with opened(options.folder) as school:
        steps = school.emergencies(finished=options.done)
        _print_rows(steps, STEP_COLUMNS, options.format)


def summary(options: Namespace) -> None:
    """Print the figures of a term."""
    with opened(options.folder) as school:
        rows = school.summary(options.term).as_records()
        print_line(listing(rows, FIGURE_COLUMNS, options.format))


def _person(school: "School", name: str) -> str | None:
    """Return the id of one of the staff by id or name. Raises GuanaiError for nobody, or several of that name."""
    if not name:
        return None
    staff = school.frame("staff")
    ids = staff.loc[(staff["id"] == name) | (staff["name"] == name), "id"].to_list()
    if len(ids) != 1:
        raise GuanaiError("due.nobody" if not ids else "due.several", name=name, ids="、".join(ids))
    return str(ids[0])


def _print_rows(rows: "pd.DataFrame", columns: Sequence[str], layout: str) -> None:
    print_line(listing(rows.to_dict("records"), columns, layout))
