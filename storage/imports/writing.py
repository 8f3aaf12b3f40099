"""Write the rows of an import into the records, if nothing has changed since its preview.

All of it runs within the import's own transaction, so nothing can change between the check and the writing.
"""

import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from guanai.care.errors import ConflictError
from guanai.storage.database.history import Change
from guanai.storage.imports.duplicates import duplicate_finder
from guanai.storage.imports.odk_submissions import with_files
from guanai.storage.imports.preview import ImportedRow, ImportPreview
from guanai.storage.records.attachments import Attachments
from guanai.storage.records.entity_updates import apply_entity_changes
from guanai.storage.records.registers import Registers
from guanai.templates.wording import say

__all__ = ["PROGRESS_STEP", "Progress", "check_unchanged_since_preview", "write_previews"]

Record = Mapping[str, Any]
#: Called now and then with how many rows are done, and of how many.
Progress = Callable[[int, int], None]

PROGRESS_STEP = 100  # rows between two calls of `Progress`
_BATCH = 500  # new records in one insert
_MAX_NAMED = 5  # rows that a conflict names; the next preview shows them all


# -- what has changed since the preview


def check_unchanged_since_preview(records: Registers, previews: Sequence[ImportPreview]) -> None:
    """Raise ConflictError, with words for what changed, where a row would not do any more what its preview said.

    That is a record that somebody has saved, deleted or imported since, and a new record that looks like one which
    somebody has saved since.
    """
    sequence = records.sequence()
    conflicts = [
        conflict
        for preview in previews
        if preview.sequence < sequence
        for conflict in _conflicts(preview, _last_changes(records, preview, sequence))
    ]
    if not conflicts:
        return
    named = "；".join(text for _, _, text in conflicts[:_MAX_NAMED])
    rest = len(conflicts) - _MAX_NAMED
    more = say("import.meanwhile_more", count=rest) if rest > 0 else ""
    row, theirs, _ = conflicts[0]
    by = theirs.get("updated_by") or say("storage.somebody")
    raise ConflictError(
        "import.meanwhile", row.record, theirs, by=by, rows=named + more, count=len(conflicts)
    )


def _last_changes(records: Registers, preview: ImportPreview, sequence: int) -> dict[str, Change]:
    """Return the last change of every record of a register that changed since the preview, by its id."""
    changes = records.changes(preview.sequence + 1, sequence)
    return {
        str(change.record_id): change
        for change in changes
        if change.table == preview.form and change.record_id
    }


def _conflicts(
    preview: ImportPreview, changes: Mapping[str, Change]
) -> Iterator[tuple[ImportedRow, Record, str]]:
    """Yield each row that would do something else now, the record that is the reason, and the message."""
    if not changes:
        return
    find_duplicate = duplicate_finder(
        preview.form, [change.after for change in changes.values() if change.after is not None]
    )
    for row in preview.rows:
        if row.state not in ("new", "changed"):
            continue
        change = changes.get(str(row.record.get("id") or ""))
        if change is not None:
            record: Record = change.after or change.before or {}
            key = "import.now_other" if change.after else "import.now_binned"
            yield row, record, _message(row, key, change.by)
        elif row.state == "new" and (match := find_duplicate(row.record)):
            record, why = match
            yield row, record, _message(row, "import.now_alike", str(record.get("updated_by") or ""), why=why)


def _message(row: ImportedRow, key: str, by: str, **values: object) -> str:
    return say(key, row=row.number, record=row.label, by=by or say("storage.somebody"), **values)


# -- writing


def write_previews(records: Registers, previews: Sequence[ImportPreview], progress: Progress | None) -> None:
    """Write every new and changed row, with the pictures and files that came with it."""
    counter = _ProgressCounter(progress, sum(len(preview.written) for preview in previews))
    for preview in previews:
        _write(records, preview, counter)


def _write(records: Registers, preview: ImportPreview, counter: "_ProgressCounter") -> None:
    new = [row.record for row in preview.rows if row.state == "new"]
    changed = [row.record for row in preview.rows if row.state == "changed"]
    _copy_attachments(records, preview, [*new, *changed])
    if preview.files is not None:
        attachments = Attachments(records.folder.attachments)
        items = records.form(preview.form).items
        new = [with_files(items, record, preview.files, attachments) for record in new]
    for start in range(0, len(new), _BATCH):
        batch = new[start : start + _BATCH]
        records.insert_many(preview.form, batch, follows=not preview.from_school)
        counter.add(len(batch))
    for record in changed:
        _replace(records, preview, record)
        counter.add(1)


def _replace(records: Registers, preview: ImportPreview, record: Record) -> None:
    form = records.form(preview.form)
    before = records.record(preview.form, record["id"])
    signed = {**record, "version": form.version, **records.signature()}
    signed["revision"] = int(record["revision"]) + 1
    after = records.table(preview.form).replace(record["id"], signed, expected_revision=record["revision"])
    if form.entities and not preview.from_school:
        apply_entity_changes(records, records.session(preview.form, after), after, before)


def _copy_attachments(records: Registers, preview: ImportPreview, rows: Sequence[Record]) -> None:
    """Copy the pictures and files of another school's records into this school's folder."""
    if preview.attachments is None:
        return
    questions = records.form(preview.form).questions()
    keys = [item.key for item in questions if item.kind in ("image", "file")]
    target = records.folder.attachments
    target.mkdir(parents=True, exist_ok=True)
    for name in {str(name) for row in rows for name in _values(row, keys)}:
        source = preview.attachments / Path(name).name
        if source.is_file() and not source.is_symlink() and not (target / source.name).exists():
            shutil.copyfile(source, target / source.name)


def _values(value: Any, keys: Collection[str]) -> Iterator[Any]:
    """Yield the answers under some keys, at any depth of a record."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in keys and isinstance(inner, str):
                yield inner
            else:
                yield from _values(inner, keys)
    elif isinstance(value, list):
        for inner in value:
            yield from _values(inner, keys)


class _ProgressCounter:
    """Counts written records and reports every `PROGRESS_STEP` of them."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._done, self._total = progress, 0, total

    def add(self, count: int) -> None:
        """Count some records that are written."""
        before, self._done = self._done, self._done + count
        step = before // PROGRESS_STEP != self._done // PROGRESS_STEP
        if self._progress and (step or self._done == self._total):
            self._progress(self._done, self._total)
