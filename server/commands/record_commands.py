"""Commands about forms and figures: form check, summary. They print what the pages show."""

from argparse import Namespace

from guanai.server.commands.console import print_line
from guanai.server.commands.school_commands import opened
from guanai.templates.wording import say

__all__ = ["form_check", "summary"]

FIGURE_COLUMNS = ("key", "label", "numerator", "denominator", "share", "target", "met", "basis")


def summary(options: Namespace) -> None:
    """Print the figures of a term."""
    from guanai.server.commands.output_tables import listing

    with opened(options.folder) as school:
        rows = school.summary(options.term).as_records()
    print_line(listing(rows, FIGURE_COLUMNS, options.format))


def form_check(options: Namespace) -> None:
    """Say whether a form can be used, and if not, where it is to be mended."""
    from guanai.storage.forms.xlsform.loading import load_form

    form = load_form(options.file)
    print_line(
        say("form.fine", file=options.file.name, title=form.title("zh"), count=len(list(form.questions())))
    )
