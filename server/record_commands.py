"""Commands about records and rules: due, summary, form check. They print what the pages show."""

from argparse import Namespace

from guanai.server.console import tell
from guanai.server.school_commands import opened
from guanai.templates.wording import say

__all__ = ["due", "form_check", "summary"]

DUE_COLUMNS = (
    "duty",
    "subject",
    "subject_id",
    "class",
    "who",
    "due",
    "since",
    "status",
    "why",
    "period",
    "need",
    "have",
)
DUE_ON_PAPER = ("status", "due", "since", "duty", "subject", "class", "who", "why")
FIGURE_COLUMNS = ("key", "label", "numerator", "denominator", "share", "target", "met", "basis")


def due(chosen: Namespace) -> None:
    """Print what is due on a day."""
    from guanai.server.listings import listing

    with opened(chosen.folder) as school:
        rows = school.due(chosen.on).to_dict("records")
    columns = DUE_ON_PAPER if chosen.format == "table" else DUE_COLUMNS
    tell(listing([{str(name): value for name, value in row.items()} for row in rows], columns, chosen.format))


def summary(chosen: Namespace) -> None:
    """Print the figures of a term."""
    from guanai.server.listings import listing

    with opened(chosen.folder) as school:
        rows = school.summary(chosen.term).as_records()
    tell(listing(rows, FIGURE_COLUMNS, chosen.format))


def form_check(chosen: Namespace) -> None:
    """Say whether a form can be used, and if not, where it is to be mended."""
    from guanai.storage.forms.loading import load_form

    form = load_form(chosen.file)
    tell(say("form.fine", file=chosen.file.name, title=form.title("zh"), count=len(list(form.questions()))))
