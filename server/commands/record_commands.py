"""Commands about forms and figures: form check, summary. They print what the pages show."""

from argparse import Namespace

from guanai.server.commands.console import tell
from guanai.server.commands.school_commands import opened
from guanai.templates.wording import say

__all__ = ["form_check", "summary"]

FIGURE_COLUMNS = ("key", "label", "numerator", "denominator", "share", "target", "met", "basis")


def summary(chosen: Namespace) -> None:
    """Print the figures of a term."""
    from guanai.server.commands.output_tables import listing

    with opened(chosen.folder) as school:
        rows = school.summary(chosen.term).as_records()
    tell(listing(rows, FIGURE_COLUMNS, chosen.format))


def form_check(chosen: Namespace) -> None:
    """Say whether a form can be used, and if not, where it is to be mended."""
    from guanai.storage.forms.xlsform.loading import load_form

    form = load_form(chosen.file)
    tell(say("form.fine", file=chosen.file.name, title=form.title("zh"), count=len(list(form.questions()))))
