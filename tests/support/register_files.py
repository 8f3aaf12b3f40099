"""A file's rows imported into a register, as the page and the command do it: previewed, then written."""

from guanai.storage.imports.preview import Choices


def import_records(school, form, path, *, dry_run=False, others=(), choices=None):
    """Return what became of each row; nothing is written while one is bad or in conflict, or with ``dry_run``."""
    preview = school.imports.preview(form, path, choices or Choices({}, others=others))
    if preview.undecided:
        raise preview.refusal()
    if not dry_run and preview.ready:
        school.imports.apply(preview)
    return list(preview.rows)
