"""Move the records of one form in and out of a file: the two calls that the command line and a notebook make.

A column stands for a question and is headed by its label; where two questions have the same label, by
label and name. Choices and persons are written as people read them. The columns ``id`` and ``revision`` tie a
row to its record: keep them and the row changes that record, leave them empty and the row is a new one.
"""

from collections.abc import Callable, Collection
from pathlib import Path

from guanai.storage.exports.export import write_export
from guanai.storage.imports.preview import Choices, ImportedRow
from guanai.storage.school.school import School

__all__ = ["ImportedRow", "export_records", "import_records"]


def export_records(
    school: School, form: str, path: str | Path, *, format: str = "", without_sensitive: bool = False
) -> int:
    """Write every record of a form to a file and return how many.

    ``format`` is xlsx, csv, jsonl or tinydb; without one the file's ending says it. In a workbook identity and
    telephone numbers are text cells, days are days, and each repeat has a sheet. No cell is run as a formula, and a
    CSV begins with a byte-order mark. Answers to questions that the form no longer has stand in the last columns.
    With ``without_sensitive`` what the form marks as sensitive is left out. Raises ExchangeError for another ending or
    a file that cannot be written.
    """
    return write_export(school, form, Path(path), format=format, without_sensitive=without_sensitive)


def import_records(
    school: School,
    form: str,
    path: str | Path,
    *,
    dry_run: bool = False,
    others: Collection[int] = (),
    choices: Choices | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[ImportedRow]:
    """Read a file's rows as records of a form; return what became of each, in the file's order.

    Each row is filled in as a person would, so that it gets the form's own messages. Nothing is
    written while one row is bad or in conflict, and nothing at all with ``dry_run``; otherwise all rows are written
    in one transaction, but for those that look like a record that is there: such a row is written as
    another one only where its number is among ``others``. Raises ExchangeError for a file that cannot be read or has a
    column that nobody has decided about, AccessError for somebody who may not import, and ConflictError when somebody
    else has saved one of the records, or one that looks like a new one, meanwhile. Submissions of ODK and Kobo (an XML,
    a CSV with those of its repeats beside it, a folder or a zip of them) are records too: imported twice they are kept once.
    """
    plan = school.imports.preview(form, Path(path), choices or Choices({}, others=others), progress)
    if plan.undecided:
        raise plan.refusal()
    if not dry_run and plan.ready:
        school.imports.apply(plan, progress=progress)
    return list(plan.rows)
