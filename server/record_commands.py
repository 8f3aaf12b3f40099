"""Commands about records: import, export, form check; and the figures of a term. They print what the pages show."""

from argparse import Namespace
from collections import Counter

from guanai.server.console import tell
from guanai.server.school_commands import opened
from guanai.templates.errors import ExchangeError
from guanai.templates.wording import say

__all__ = ["export", "form_check", "import_", "summary"]

FIGURE_COLUMNS = ("key", "label", "numerator", "denominator", "share", "target", "met", "basis")


def summary(chosen: Namespace) -> None:
    """Print the figures of a term."""
    from guanai.server.listings import listing

    with opened(chosen.folder) as school:
        rows = school.summary(chosen.term).as_records()
    tell(listing(rows, FIGURE_COLUMNS, chosen.format))


def export(chosen: Namespace) -> None:
    """Write a register to a spreadsheet."""
    from guanai.storage.exchange import export_records

    with opened(chosen.folder) as school:
        count = export_records(school, chosen.form, chosen.file)
    tell(say("export.done", count=count, file=chosen.file))


def import_(chosen: Namespace) -> None:
    """Read records from a spreadsheet, or from what ODK or Kobo gives out, and say row by row what becomes of them."""
    from guanai.storage.exchange import import_records
    from guanai.storage.submissions import import_submissions, is_submissions

    take = import_submissions if is_submissions(chosen.file) else import_records
    with opened(chosen.folder) as school:
        rows = take(school, chosen.form, chosen.file, dry_run=chosen.dry_run, others=chosen.others)
    for row in rows:
        words = "；".join(row.messages)
        tell(say("import.row", row=row.row, state=say(f"import.{row.state}"), label=row.label, words=words))
    states = Counter(row.state for row in rows)
    counts = {state: states[state] for state in ("new", "changed", "same", "bad")}
    if states["bad"] and not chosen.dry_run:
        raise ExchangeError("import.refused", **counts)
    if states["alike"]:
        numbers = " ".join(str(row.row) for row in rows if row.state == "alike")
        tell(say("import.left_out", count=states["alike"], rows=numbers))
    tell(say("import.would" if chosen.dry_run else "import.done", **counts))


def form_check(chosen: Namespace) -> None:
    """Say whether a form can be used, and if not, where it is to be mended."""
    from guanai.storage.forms.loading import load_form

    form = load_form(chosen.file)
    tell(say("form.fine", file=chosen.file.name, title=form.title("zh"), count=len(list(form.questions()))))
