"""Imports: previewed row by row before anything is written, written all or nothing, taken back as a whole.

An `ImportPreview` is what an import would do to one register. Several previews, of another school's whole folder or of a
TinyDB file with several tables, are one import as well: one transaction, one log entry, one undo.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from guanai.care.errors import ExchangeError
from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS, Form
from guanai.storage.imports.column_matching import FileColumn, match_sheets
from guanai.storage.imports.duplicates import mark_duplicates
from guanai.storage.imports.import_log import IMPORT_REGISTER, CompletedImport, ImportLog, completed_import
from guanai.storage.imports.odk_submissions import rows_of_submissions
from guanai.storage.imports.preview import (
    STATES,
    Choices,
    ImportedRow,
    ImportPreview,
    ImportSource,
    RawRow,
    counts_of,
    unknown_columns,
)
from guanai.storage.imports.raw_rows import raw_rows_of_records, raw_rows_of_sheets
from guanai.storage.imports.references import References
from guanai.storage.imports.row_check import RowChecker
from guanai.storage.imports.sources import read_source
from guanai.storage.imports.writing import (
    PROGRESS_STEP,
    Progress,
    check_unchanged_since_preview,
    write_previews,
)
from guanai.storage.records.frames import retired_fields
from guanai.templates.wording import LANGUAGES, say

__all__ = ["IMPORT_REGISTER", "STATES", "Choices", "CompletedImport", "ImportPreview", "Imports"]


@dataclass
class _Reading:
    """What a source holds for one register; ``unplaced`` are rows of repeats that belong to no record."""

    columns: tuple[FileColumn, ...]
    raws: list[RawRow]
    notices: tuple[str, ...] = ()
    unplaced: Sequence[RawRow] = ()


class Imports(ImportLog):
    """The imports of one school: preview, apply, undo."""

    # -- preview

    def preview(
        self,
        form: str,
        source: ImportSource | Path,
        choices: Choices | None = None,
        progress: Progress | None = None,
    ) -> ImportPreview:
        """Return what an import would do, row by row, and write nothing. Raises ExchangeError for a file it cannot read."""
        self.check_allowed(form)
        records, chosen = self._records, choices or Choices()
        content = read_source(source) if isinstance(source, Path) else source
        sequence = records.sequence()
        if content.files is not None:
            rows, columns = rows_of_submissions(
                records, form, content.files, content.submissions, chosen.columns
            )
            reading = _Reading(columns, [])
        else:
            reading = self._read(records.form(form), content, chosen)
            checker = RowChecker(records, records.form(form), chosen.clashes, content.versions)
            rows = [checker.check(raw) for raw in reading.unplaced]
            rows += [
                checker.check(raw) for raw in _with_progress(_identified(reading.raws, chosen), progress)
            ]
        rows = list(mark_duplicates(records, form, rows, chosen.others))
        if not rows:
            raise ExchangeError("exchange.no_rows", file=content.name)
        return ImportPreview(
            form,
            content.name,
            reading.columns,
            tuple(rows),
            reading.notices,
            sequence,
            content.attachments,
            content.files,
            content.versions is not None,
        )

    def preview_all(
        self,
        source: ImportSource | Path,
        choices: Mapping[str, Choices] | None = None,
        progress: Progress | None = None,
    ) -> tuple[ImportPreview, ...]:
        """Return what an import of all registers in a source would do, one preview for each, and write nothing.

        ``choices`` are by form. Records keep the ids under which they name each other, or get some. Raises
        ExchangeError for a source without a register of this school.
        """
        records, chosen = self._records, choices or {}
        content = read_source(source) if isinstance(source, Path) else source
        sequence = records.sequence()
        names = self.registers_in(content)
        self.check_allowed(*names)
        if not names:
            tables = "、".join(content.records or ()) or "—"
            raise ExchangeError("exchange.no_registers", file=content.name, tables=tables)
        readings = {
            name: self._read(records.form(name), content, chosen.get(name, Choices())) for name in names
        }
        references = References(records, {name: reading.raws for name, reading in readings.items()}, chosen)
        total = sum(len(reading.raws) for reading in readings.values())
        rows: dict[str, Sequence[ImportedRow]] = {}
        for name, reading in readings.items():
            of_form = chosen.get(name, Choices())
            checker = RowChecker(records, references.form(name), of_form.clashes, content.versions)
            done = sum(map(len, rows.values()))
            checked = [
                references.existing_by_name(name, raw) or checker.check(raw)
                for raw in _with_progress(_identified(reading.raws, of_form), progress, done, total)
            ]
            marked = mark_duplicates(records, name, checked, of_form.others)
            rows[name] = [references.with_new_id(name, row) for row in marked]
        unused = tuple(_unused_tables(content, names))
        return tuple(
            ImportPreview(
                name,
                content.name,
                readings[name].columns,
                tuple(of_register),
                (*readings[name].notices, *(unused if name == names[0] else ())),
                sequence,
                content.attachments,
                from_school=content.versions is not None,
            )
            for name, of_register in references.with_waiting_rows(rows).items()
        )

    def registers_in(self, source: ImportSource) -> list[str]:
        """Return the registers of this school of which a source holds records, in the order of the forms."""
        return [name for name in self._records.forms() if (source.records or {}).get(name)]

    def _read(self, form: Form, source: ImportSource, choices: Choices) -> _Reading:
        return (
            self._read_sheets(form, source, choices)
            if source.records is None
            else self._read_records(form, source, choices)
        )

    def _read_sheets(self, form: Form, source: ImportSource, choices: Choices) -> _Reading:
        documents = self._records.table(form.name).rows()
        matched = match_sheets(
            form,
            source.sheets,
            source.name,
            chosen=choices.columns,
            sheet=choices.sheet,
            documents=documents,
            retired=retired_fields(documents, form.columns),
        )
        columns = tuple(column for sheet in matched for column in sheet.columns)
        if not any(
            column.target is not None and column.how in ("matched", "chosen", "guessed") for column in columns
        ):
            raise unknown_columns(
                form.name, source, [column for column in columns if column.how != "left_out"]
            )
        used = {match.sheet.title for match in matched} | {
            say("exchange.labels_sheet", code) for code in LANGUAGES
        }
        notices = tuple(
            say("import.sheet_unused", sheet=sheet.title)
            for sheet in source.sheets
            if sheet.rows and sheet.title not in used
        )
        raws, unplaced = raw_rows_of_sheets(self._records.session(form), matched)
        return _Reading(columns, raws, notices, unplaced)

    def _read_records(self, form: Form, source: ImportSource, choices: Choices) -> _Reading:
        raws = raw_rows_of_records(form, source, choices.columns)
        names = dict.fromkeys(key for raw in raws for key in raw.answers)
        unknown = [name for name in names if name not in form.columns and name not in SYSTEM_FIELDS]
        if source.from_guanai:
            notices = (say("import.kept", names="、".join(unknown)),) if unknown else ()
            return _Reading((), raws, notices)
        columns = tuple(FileColumn(index, name, "unknown") for index, name in enumerate(unknown))
        if len(unknown) == len(names):
            raise unknown_columns(form.name, source, columns)
        return _Reading(columns, raws)

    # -- apply

    def apply(self, *previews: ImportPreview, progress: Progress | None = None) -> CompletedImport | None:
        """Write every new and changed row, all or none; return the import as it is logged, None for nothing to write.

        Raises AccessError for somebody who may not, ExchangeError while a row is bad or in conflict or a column
        undecided, and ConflictError, with words for what changed, where a row would not do any more what its preview
        said.
        """
        self.check_allowed(*(preview.form for preview in previews))
        counts = counts_of(previews)
        for preview in previews:
            if preview.counts["new"]:
                self._records.check_open(preview.form)
            if preview.undecided:
                raise preview.refusal()
        if counts["bad"]:
            raise ExchangeError("import.refused", **counts)
        if counts["conflict"]:
            raise ExchangeError("import.conflicts", count=counts["conflict"])
        new, changed = counts["new"], counts["changed"]
        if not new and not changed:
            return None
        form = previews[0].form if len(previews) == 1 else ""
        with self.logged(form, previews[0].file, new, changed) as entry:
            check_unchanged_since_preview(self._records, previews)
            write_previews(self._records, previews, progress)
        return completed_import(entry)


def _with_progress(
    raws: Sequence[RawRow], progress: Progress | None, before: int = 0, total: int | None = None
) -> Iterator[RawRow]:
    """Yield rows and report progress now and then; ``before`` is how many rows of other registers came first."""
    whole = len(raws) if total is None else total
    for done, raw in enumerate(raws):
        if progress is not None and done % PROGRESS_STEP == 0:
            progress(before + done, whole)
        yield raw
    if progress is not None:
        progress(before + len(raws), whole)


def _identified(raws: Sequence[RawRow], choices: Choices) -> list[RawRow]:
    """Return rows, with the record's id where a person has said which record a row is."""
    same = choices.same or {}
    return [
        replace(raw, record_id=same[raw.number], revision=None) if raw.number in same else raw for raw in raws
    ]


def _unused_tables(source: ImportSource, names: Collection[str]) -> Iterator[str]:
    """Yield a notice of the tables that are not registers of this school."""
    tables = [name for name, documents in (source.records or {}).items() if documents and name not in names]
    if tables:
        yield say("import.tables_unused", tables="、".join(tables))
