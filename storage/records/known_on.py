"""The registers as they were known on a past day: whatever was written later is taken back, by the history.

An answer that was changed later is what it was, a record that was deleted later is there, one that was entered later is
not. What counts is the day on which something was written, in local time. A record that came with a moment of its own
(from another school, or invented for a sample) was known from its ``created_at`` on, as it came.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import pandas as pd
import sqlalchemy as sa

from guanai.care.children.changes import CHANGE
from guanai.care.children.eligibility import Criterion
from guanai.storage.database.databases import Database
from guanai.storage.database.documents import Json, parse_documents
from guanai.storage.database.record_storage import end_of_day
from guanai.storage.database.schemas import history
from guanai.storage.form_files.versions import Versions
from guanai.storage.forms import Form
from guanai.storage.records.change_register import change_register_until
from guanai.storage.records.frames import frame_of, with_children

__all__ = ["PastFrames", "PastRecords"]

CHILD = "child"

_first_later_changes = (
    sa.select(sa.func.min(history.c.seq))
    .where(history.c.at >= sa.bindparam("end"))
    .group_by(history.c.table_name, history.c.doc_id)
)
_deletion = history.alias("deletion")
# The words stand in the text itself, as only then the index of deletions is known to serve.
_was_deleted_before = sa.exists().where(
    _deletion.c.kind == sa.literal_column("'delete'"),
    _deletion.c.table_name == history.c.table_name,
    _deletion.c.record_id == history.c.record_id,
    _deletion.c.seq < history.c.seq,
)
_LATER = sa.select(
    history.c.table_name,
    history.c.doc_id,
    history.c.before,
    sa.case(
        (sa.and_(history.c.kind == sa.literal_column("'insert'"), ~_was_deleted_before), history.c.after)
    ),
).where(history.c.seq.in_(_first_later_changes))


class _LaterChange(NamedTuple):
    """The first change of a document after the day, with the document before it and, of a new record, as it came."""

    doc_id: int
    before: str | None
    inserted: str | None


class PastRecords:
    """The documents of a database as they were at the end of a day."""

    def __init__(self, database: Database, day: date) -> None:
        self.database, self.day = database, day
        self.end = end_of_day(day)

    @cached_property
    def _later_changes(self) -> Mapping[str, list[_LaterChange]]:
        """The first later change of each document by table; the history is read once for all of them."""
        changes: dict[str, list[_LaterChange]] = defaultdict(list)
        for table, *change in self.database.run(_LATER, end=self.end):
            changes[table].append(_LaterChange(*change))
        return changes

    def documents(self, table: str) -> list[Json]:
        """Return the documents of a table as they were, in the order of doc_id. They are shared: do not change them."""
        changes = self._later_changes.get(table, [])
        before = _parsed({change.doc_id: change.before for change in changes})
        inserted = _parsed({change.doc_id: change.inserted for change in changes})
        came = {
            doc_id: one
            for doc_id, one in inserted.items()
            if "" < str(one.get("created_at") or "") < self.end
        }
        changed = {change.doc_id for change in changes}
        now = self.database.rows(table).documents
        documents = {doc_id: one for doc_id, one in now.items() if doc_id not in changed} | before | came
        return [documents[doc_id] for doc_id in sorted(documents)]


def _parsed(texts: Mapping[int, str | None]) -> dict[int, Json]:
    stored = {doc_id: text for doc_id, text in texts.items() if text is not None}
    return dict(zip(stored, parse_documents(stored.values()), strict=True))


class ReadRecords(Protocol):
    """What is needed of the registers as they are now."""

    @property
    def versions(self) -> Versions:
        """The versions of the forms."""

    def forms(self) -> list[str]:
        """Return the names of all forms."""

    def form(self, name: str) -> Form:
        """Return a form."""

    def with_current_names(self, form: str, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return answers under the names that their questions have now."""


class PastFrames(Mapping[str, pd.DataFrame]):
    """Every register, and 变动, as frames of what was known at the end of a day: columns as in `Registers.frame`.

    Each is made when it is first used. ``criterion`` says who is in care by the school's own rules.
    """

    def __init__(self, records: ReadRecords, past: PastRecords, criterion: Criterion) -> None:
        self._records, self._past, self._criterion = records, past, criterion
        self._names = (*records.forms(), CHANGE)
        self._frames: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._frames:
            if name in (CHILD, CHANGE):
                self._frames |= change_register_until(
                    self._past.database, self._frame(CHILD), self._criterion, self._past.day
                )
            else:
                self._frames[name] = with_children(self._frame(name), self._past.documents(CHILD))
        return self._frames[name]

    def _frame(self, name: str) -> pd.DataFrame:
        documents: Sequence[Mapping[str, Any]] = self._past.documents(name)
        if self._records.versions.renames(name):  # the answers of that day stand under the names of that day
            documents = [self._records.with_current_names(name, document) for document in documents]
        return frame_of(documents, self._records.form(name).columns)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
