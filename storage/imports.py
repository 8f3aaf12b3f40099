"""Imports: seen row by row before anything is written, written all or nothing, taken back as a whole.

A `Plan` is what an import would do. Carried out, it is one transaction of which is noted where in the history it
begins and ends; from there it is undone, whatever was written since.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uuid_utils import uuid7

from guanai.care.merging import reverted
from guanai.storage.entities import follow
from guanai.storage.forms.definitions import SYSTEM_FIELDS, Form
from guanai.storage.frames import retired_fields
from guanai.storage.grids import Source
from guanai.storage.import_columns import Column, lay_out
from guanai.storage.import_doubles import compared
from guanai.storage.import_rows import Judge, Raw, Row
from guanai.storage.import_sources import read_source
from guanai.storage.import_tables import rows_of_records, rows_of_tables
from guanai.templates.errors import ExchangeError, GuanaiError
from guanai.templates.wording import say

if TYPE_CHECKING:
    from guanai.storage.schools import School

__all__ = ["STATES", "Choices", "Import", "Imports", "Plan"]

#: What a row can be, in the order in which a person wants to see them.
STATES = ("bad", "conflict", "alike", "changed", "new", "same")
#: The register of imports: no form asks for it, so that no page, frame or export shows it.
NOTES = "import_note"

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Choices:
    """What a person has decided about an import.

    ``columns``: heading to question, empty for one that is left out. ``sheet``: which sheet. ``others``: rows that are
    new though they look like a record that is there. ``same``: row to the id of the record that it is. ``clashes``:
    row and path to `FILE` or `SCHOOL`, row 0 and path ``*`` for all.
    """

    columns: Mapping[str, str]
    sheet: str = ""
    others: Collection[int] = ()
    same: Mapping[int, str] | None = None
    clashes: Mapping[tuple[int, str], str] | None = None


@dataclass(frozen=True)
class Plan:
    """What an import would do: its columns, its rows, and what a person should know of the file as a whole."""

    form: str
    file: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notices: tuple[str, ...] = ()
    attachments: Path | None = None

    @property
    def counts(self) -> dict[str, int]:
        """How many rows there are of each state."""
        states = Counter(row.state for row in self.rows)
        return {state: states[state] for state in STATES}

    @property
    def undecided(self) -> list[Column]:
        """The columns of which a person must say what they mean."""
        return [column for column in self.columns if column.undecided]

    def refusal(self) -> ExchangeError:
        """Return the error that names the columns of which nobody has said what they mean."""
        return _unknown(self.form, Source(self.file), self.undecided)

    @property
    def ready(self) -> bool:
        """Whether it can be carried out: nothing is bad, open or undecided, and there is something to write."""
        counts = self.counts
        return not (counts["bad"] or counts["conflict"] or self.undecided) and bool(
            counts["new"] or counts["changed"]
        )


@dataclass(frozen=True)
class Import:
    """An import that was carried out: of which form and file, by whom and when, how many records, and if undone."""

    id: str
    form: str
    file: str
    by: str
    at: str
    new: int
    changed: int
    undone: bool


class Imports:
    """The imports of one school."""

    def __init__(self, school: "School") -> None:
        self._school = school

    # -- before

    def plan(
        self,
        form: str,
        source: Source | Path,
        choices: Choices | None = None,
        progress: Progress | None = None,
    ) -> Plan:
        """Return what an import would do, row by row, and write nothing. Raises ExchangeError for what cannot be read."""
        school, decided = self._school, choices or Choices({})
        read = read_source(source) if isinstance(source, Path) else source
        definition = school.form(form)
        columns, notices, raws, lost = self._raws(definition, read, decided)
        judge = Judge(school, form, decided.clashes, read.versions)
        rows = [judge.row(raw) for raw in lost]
        for done, raw in enumerate(raws):
            if progress is not None and done % 100 == 0:
                progress(done, len(raws))
            if decided.same and raw.number in decided.same:
                raw = replace(raw, record_id=decided.same[raw.number], revision=None)
            rows.append(judge.row(raw))
        if progress is not None:
            progress(len(raws), len(raws))
        rows = list(compared(school, form, rows, decided.others))
        if not rows:
            raise ExchangeError("exchange.no_rows", file=read.name)
        return Plan(form, read.name, columns, tuple(rows), tuple(notices), read.attachments)

    def _raws(
        self, form: Form, source: Source, choices: Choices
    ) -> tuple[tuple[Column, ...], list[str], list[Raw], list[Raw]]:
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
            raise _unknown(form.name, source, [one for one in columns if one.how != "left_out"])
        used = {layout.grid.title for layout in layouts}
        notices = [
            say("import.sheet_unused", sheet=grid.title)
            for grid in source.grids
            if grid.rows and grid.title not in used and not _is_labels(grid.title)
        ]
        raws, lost = rows_of_tables(self._school.session(form.name), layouts)
        return columns, notices, raws, lost

    def _of_records(
        self, form: Form, source: Source, choices: Choices
    ) -> tuple[tuple[Column, ...], list[str], list[Raw], list[Raw]]:
        raws = rows_of_records(form, source, choices.columns)
        names = dict.fromkeys(key for raw in raws for key in raw.answers)
        strange = [name for name in names if name not in form.columns and name not in SYSTEM_FIELDS]
        if source.own:
            notices = [say("import.kept", names="、".join(strange))] if strange else []
            return (), notices, raws, []
        columns = tuple(Column(place, name, "unknown") for place, name in enumerate(strange))
        if len(strange) == len(names):
            raise _unknown(form.name, source, columns)
        return columns, [], raws, []

    # -- doing and undoing

    def carry_out(self, plan: Plan, progress: Progress | None = None) -> Import | None:
        """Write every new and changed row, all or none; return the import as it is noted, None for nothing to write.

        Raises ExchangeError while a row is bad or in conflict or a column undecided, and ConflictError where somebody has saved one of the
        records since the plan was made.
        """
        if plan.undecided:
            raise plan.refusal()
        if plan.counts["bad"]:
            raise ExchangeError("import.refused", **plan.counts)
        if plan.counts["conflict"]:
            raise ExchangeError("import.conflicts", count=plan.counts["conflict"])
        new = [row.record for row in plan.rows if row.state == "new"]
        changed = [row.record for row in plan.rows if row.state == "changed"]
        if not new and not changed:
            return None
        self._fetch(plan, [*new, *changed])
        with self.noted(plan.form, plan.file, len(new), len(changed)) as note:
            self._add(plan.form, new, progress, len(new) + len(changed))
            for done, record in enumerate(changed):
                self._replace(plan.form, record)
                if progress is not None and done % 100 == 0:
                    progress(len(new) + done, len(new) + len(changed))
        return _import(note)

    @contextmanager
    def noted(self, form: str, file: str, new: int, changed: int) -> Iterator[dict[str, Any]]:
        """Make everything that is written within the block one import, which can be undone as a whole."""
        school = self._school
        signed = school.signature()
        note: dict[str, Any] = {
            "id": str(uuid7()),
            "form": form,
            "file": file,
            "new": new,
            "changed": changed,
            "revision": 1,
            "created_at": signed["updated_at"],
            "created_by": signed["updated_by"],
            **signed,
        }
        with school.transaction():
            note["first"] = school.sequence() + 1
            yield note
            note["last"] = school.sequence()
            if note["last"] >= note["first"]:
                school.table(NOTES).insert_once(note)

    def _add(
        self, form: str, records: Sequence[Mapping[str, Any]], progress: Progress | None, total: int
    ) -> None:
        for start in range(0, len(records), 500):
            self._school.load(form, records[start : start + 500])
            if progress is not None:
                progress(min(start + 500, len(records)), total)

    def _replace(self, form: str, record: Mapping[str, Any]) -> None:
        school = self._school
        before = school.record(form, record["id"])
        signed = {**record, "version": school.form(form).version, **school.signature()}
        signed["revision"] = int(record["revision"]) + 1
        kept = school.table(form).replace(record["id"], signed, expected_revision=record["revision"])
        if school.form(form).entities:
            follow(school, school.session(form, kept), kept, before)

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

    def undo(self, import_id: str) -> tuple[int, int]:
        """Take an import back; return how many records are as before, and how many stay since somebody changed them.

        What an import added goes to the bin; what it changed is as before, but for what was changed again since. Raises
        GuanaiError where that import is not there, or undone.
        """
        school = self._school
        with school.transaction():
            note = school.record(NOTES, import_id)
            if note is None or note.get("undone"):
                raise GuanaiError("import.gone")
            changes = school.changes(note["first"], note["last"])
            added: dict[str, list[int]] = {}
            back = stay = 0
            for change in reversed(changes):
                now = school.table(change.table).record(change.record_id or change.doc_id)
                if now is None or change.table == NOTES or change.after is None:
                    continue
                if change.before is None:
                    if now == change.after:
                        added.setdefault(change.table, []).append(now.doc_id)
                        back += 1
                    else:
                        stay += 1
                    continue
                answers = reverted(_answers(now), _answers(change.before), _answers(change.after))
                system = {key: value for key, value in now.items() if key in SYSTEM_FIELDS}
                signed = {**answers, **system, **school.signature(), "revision": int(now["revision"]) + 1}
                school.table(change.table).replace(str(now["id"]), signed, expected_revision=now["revision"])
                back += 1
            for table, doc_ids in added.items():
                school.table(table).remove(doc_ids=doc_ids)
            done = {**note, "undone": "yes", "revision": note["revision"] + 1, **school.signature()}
            school.table(NOTES).replace(note["id"], done, expected_revision=note["revision"])
        return back, stay

    def done(self, form: str | None = None) -> list[Import]:
        """Return the imports, the latest first; those of one form with its name."""
        found = [_import(note) for note in self._school.table(NOTES).rows()]
        mine = [one for one in found if form in (None, one.form)]
        return sorted(mine, key=lambda one: (one.at, one.id), reverse=True)


def _unknown(form: str, source: Source, columns: Sequence[Column]) -> ExchangeError:
    names = "、".join(
        say("import.guess", head=column.head, label=column.header.label)
        if column.how == "guessed" and column.header
        else column.head
        for column in columns
    )
    sheets = "、".join(grid.title for grid in source.grids if grid.title)
    return ExchangeError(
        "exchange.unknown_columns", file=source.name, columns=names or "—", form=form, sheets=sheets or "—"
    )


def _is_labels(title: str) -> bool:
    return title in {say("exchange.labels_sheet", code) for code in ("zh", "en")}


def _import(note: Mapping[str, Any]) -> Import:
    return Import(
        note["id"],
        note["form"],
        note["file"],
        note["created_by"],
        note["created_at"],
        note["new"],
        note["changed"],
        bool(note.get("undone")),
    )


def _answers(record: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in SYSTEM_FIELDS}


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
