"""Imports: seen row by row before anything is written, written all or nothing, taken back as a whole.

A `Plan` is what an import would do to one register. Several plans, of another school's whole folder or of a TinyDB file
with several tables, are one import as well: one transaction, one note, one undo.
"""

import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from guanai.care.errors import ExchangeError
from guanai.storage.files.sheet import Source
from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS, Form
from guanai.storage.imports.columns import Column, lay_out
from guanai.storage.imports.duplicates import compared
from guanai.storage.imports.links import Links
from guanai.storage.imports.log import NOTES, Import, ImportNotes, import_of
from guanai.storage.imports.preview import STATES, Choices, Plan, counts_of, unknown_columns
from guanai.storage.imports.row_check import Judge, Raw, Row
from guanai.storage.imports.rows import rows_of_records, rows_of_tables
from guanai.storage.imports.sources import read_source
from guanai.storage.imports.stale_check import check_meanwhile
from guanai.storage.imports.submissions import rows_of_submissions, with_files
from guanai.storage.records.attachments import Attachments
from guanai.storage.records.entity_updates import apply_entity_changes
from guanai.storage.records.frames import retired_fields
from guanai.templates.wording import say

__all__ = ["NOTES", "STATES", "Choices", "Import", "Imports", "Plan"]

Progress = Callable[[int, int], None]
_STEP = 100  # rows between two words about how far it is


@dataclass
class _Reading:
    """What a source says of one register before its rows are judged; ``lost`` go nowhere."""

    columns: tuple[Column, ...]
    raws: list[Raw]
    notices: tuple[str, ...] = ()
    lost: Sequence[Raw] = ()


class Imports(ImportNotes):
    """The imports of one school."""

    # -- before

    def plan(
        self,
        form: str,
        source: Source | Path,
        choices: Choices | None = None,
        progress: Progress | None = None,
    ) -> Plan:
        """Return what an import would do, row by row, and write nothing. Raises ExchangeError for what cannot be read."""
        school, decided = self._school, choices or Choices()
        read = read_source(source) if isinstance(source, Path) else source
        seen = school.sequence()
        if read.bundle is not None:
            rows, columns = rows_of_submissions(school, form, read.bundle, read.submissions, decided.columns)
            reading = _Reading(columns, [])
        else:
            reading = self._reading(school.form(form), read, decided)
            judge = Judge(school, school.form(form), decided.clashes, read.versions)
            rows = [judge.row(raw) for raw in reading.lost]
            rows += [judge.row(raw) for raw in _told(_decided(reading.raws, decided), progress)]
        rows = list(compared(school, form, rows, decided.others))
        if not rows:
            raise ExchangeError("exchange.no_rows", file=read.name)
        return Plan(
            form,
            read.name,
            reading.columns,
            tuple(rows),
            reading.notices,
            seen,
            read.attachments,
            read.bundle,
            read.versions is not None,
        )

    def plan_whole(
        self,
        source: Source | Path,
        choices: Mapping[str, Choices] | None = None,
        progress: Progress | None = None,
    ) -> tuple[Plan, ...]:
        """Return what an import of all registers in a source would do, a plan for each that holds records, and write nothing.

        ``choices`` are by form. Records keep the ids under which they name each other, or get some. Raises
        ExchangeError for a source without a register of this school.
        """
        school, decided = self._school, choices or {}
        read = read_source(source) if isinstance(source, Path) else source
        seen = school.sequence()
        names = registers_in(read, school.forms())
        if not names:
            tables = "、".join(read.records or ()) or "—"
            raise ExchangeError("exchange.no_registers", file=read.name, tables=tables)
        readings = {
            name: self._reading(school.form(name), read, decided.get(name, Choices())) for name in names
        }
        links = Links(school, {name: one.raws for name, one in readings.items()}, decided)
        count = sum(len(one.raws) for one in readings.values())
        rows: dict[str, Sequence[Row]] = {}
        for name, reading in readings.items():
            chosen = decided.get(name, Choices())
            judge = Judge(school, links.form(name), chosen.clashes, read.versions)
            done = sum(map(len, rows.values()))
            found = [
                links.there_already(name, raw) or judge.row(raw)
                for raw in _told(_decided(reading.raws, chosen), progress, done, count)
            ]
            rows[name] = [links.with_id(name, row) for row in compared(school, name, found, chosen.others)]
        return tuple(
            Plan(
                name,
                read.name,
                readings[name].columns,
                tuple(some),
                (*readings[name].notices, *(_left_out(read, names) if name == names[0] else ())),
                seen,
                read.attachments,
                own=read.versions is not None,
            )
            for name, some in links.waiting(rows).items()
        )

    def registers(self, source: Source) -> list[str]:
        """Return the registers of this school of which a source holds records."""
        return registers_in(source, self._school.forms())

    def _reading(self, form: Form, source: Source, choices: Choices) -> _Reading:
        if source.records is not None:
            return self._of_records(form, source, choices)
        documents = self._school.table(form.name).rows()
        layouts = lay_out(
            form,
            source.grids,
            source.name,
            chosen=choices.columns,
            sheet=choices.sheet,
            documents=documents,
            kept=retired_fields(documents, form.columns),
        )
        columns = tuple(column for layout in layouts for column in layout.columns)
        known = [one for one in columns if one.header is not None and one.how in ("matched", "chosen")]
        if not known and not any(one.how == "guessed" for one in columns):
            raise unknown_columns(form.name, source, [one for one in columns if one.how != "left_out"])
        used = {layout.grid.title for layout in layouts}
        notices = tuple(
            say("import.sheet_unused", sheet=grid.title)
            for grid in source.grids
            if grid.rows and grid.title not in used and not _is_labels(grid.title)
        )
        raws, lost = rows_of_tables(self._school.session(form), layouts)
        return _Reading(columns, raws, notices, lost)

    def _of_records(self, form: Form, source: Source, choices: Choices) -> _Reading:
        raws = rows_of_records(form, source, choices.columns)
        names = dict.fromkeys(key for raw in raws for key in raw.answers)
        strange = [name for name in names if name not in form.columns and name not in SYSTEM_FIELDS]
        if source.own:
            notices = (say("import.kept", names="、".join(strange)),) if strange else ()
            return _Reading((), raws, notices)
        columns = tuple(Column(place, name, "unknown") for place, name in enumerate(strange))
        if len(strange) == len(names):
            raise unknown_columns(form.name, source, columns)
        return _Reading(columns, raws)

    # -- doing

    def carry_out(self, *plans: Plan, progress: Progress | None = None) -> Import | None:
        """Write every new and changed row, all or none; return the import as it is noted, None for nothing to write.

        Raises AccessError for somebody who may not, ExchangeError while a row is bad or in conflict or a column
        undecided, and ConflictError, with words for what changed, where a row would not do any more what was seen of it.
        """
        self.check_allowed()
        counts = counts_of(plans)
        for plan in plans:
            if plan.counts["new"]:
                self._school.check_open(plan.form)
            if plan.undecided:
                raise plan.refusal()
        if counts["bad"]:
            raise ExchangeError("import.refused", **counts)
        if counts["conflict"]:
            raise ExchangeError("import.conflicts", count=counts["conflict"])
        new, changed = counts["new"], counts["changed"]
        if not new and not changed:
            return None
        form = plans[0].form if len(plans) == 1 else ""
        told = _Told(progress, new + changed)
        with self.noted(form, plans[0].file, new, changed) as note:
            check_meanwhile(self._school, plans)
            for plan in plans:
                self._write(plan, told)
        return import_of(note)

    def _write(self, plan: Plan, told: "_Told") -> None:
        new = [row.record for row in plan.rows if row.state == "new"]
        changed = [row.record for row in plan.rows if row.state == "changed"]
        self._fetch(plan, [*new, *changed])
        if plan.bundle is not None:
            shelf = Attachments(self._school.folder.attachments)
            items = self._school.form(plan.form).items
            new = [with_files(items, record, plan.bundle, shelf) for record in new]
        for start in range(0, len(new), 500):
            self._school.insert_many(plan.form, new[start : start + 500], follows=not plan.own)
            told.more(len(new[start : start + 500]))
        for record in changed:
            self._replace(plan, record)
            told.more(1)

    def _replace(self, plan: Plan, record: Mapping[str, Any]) -> None:
        school = self._school
        before = school.record(plan.form, record["id"])
        signed = {**record, "version": school.form(plan.form).version, **school.signature()}
        signed["revision"] = int(record["revision"]) + 1
        kept = school.table(plan.form).replace(record["id"], signed, expected_revision=record["revision"])
        if school.form(plan.form).entities and not plan.own:
            apply_entity_changes(school, school.session(plan.form, kept), kept, before)

    def _fetch(self, plan: Plan, records: Sequence[Mapping[str, Any]]) -> None:
        """Copy the pictures and files of another school's records into this school's folder."""
        if plan.attachments is None:
            return
        form = self._school.form(plan.form)
        keys = [item.key for item in form.questions() if item.kind in ("image", "file")]
        into = self._school.folder.attachments
        into.mkdir(parents=True, exist_ok=True)
        for name in {str(name) for record in records for name in _values(record, keys)}:
            there = plan.attachments / Path(name).name
            if there.is_file() and not there.is_symlink() and not (into / there.name).exists():
                shutil.copyfile(there, into / there.name)


class _Told:
    """How far the writing is, said now and then."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._done, self._total = progress, 0, total

    def more(self, count: int) -> None:
        """Count some records that are written."""
        before, self._done = self._done, self._done + count
        if self._progress and (before // _STEP != self._done // _STEP or self._done == self._total):
            self._progress(self._done, self._total)


def _told(
    raws: Sequence[Raw], progress: Progress | None, before: int = 0, total: int | None = None
) -> Iterator[Raw]:
    """Yield rows, and say now and then how far it is; ``before`` is how many others came first."""
    whole = len(raws) if total is None else total
    for done, raw in enumerate(raws):
        if progress is not None and done % _STEP == 0:
            progress(before + done, whole)
        yield raw
    if progress is not None:
        progress(before + len(raws), whole)


def _decided(raws: Sequence[Raw], choices: Choices) -> list[Raw]:
    """Return rows, those of which a person said whose record they are with its id."""
    same = choices.same or {}
    return [
        replace(raw, record_id=same[raw.number], revision=None) if raw.number in same else raw for raw in raws
    ]


def registers_in(source: Source, forms: Collection[str]) -> list[str]:
    """Return which of some forms a source has records of, in the order of the forms."""
    return [name for name in forms if (source.records or {}).get(name)]


def _left_out(source: Source, names: Collection[str]) -> Iterator[str]:
    """Yield what to say of the tables that are registers elsewhere and none here."""
    tables = [name for name, some in (source.records or {}).items() if some and name not in names]
    if tables:
        yield say("import.tables_unused", tables="、".join(tables))


def _is_labels(title: str) -> bool:
    return title in {say("exchange.labels_sheet", code) for code in ("zh", "en")}


def _values(value: Any, keys: Collection[str]) -> Iterator[Any]:
    """Yield the answers under some keys, wherever in a record they stand."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in keys and isinstance(inner, str):
                yield inner
            else:
                yield from _values(inner, keys)
    elif isinstance(value, list):
        for inner in value:
            yield from _values(inner, keys)
