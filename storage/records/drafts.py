"""What people have typed and not saved yet: stored beside the registers, so that nothing typed is lost.

A draft is no record: it is in no register, no frame, no export and no history, and is deleted when its record is saved.
Only the person who typed it gets it back. A draft is deleted sixty days after it was typed or two weeks after it
was first offered to its person, whichever is later; one that was never offered stays.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.schema import CreateTable

from guanai.storage.database.databases import Database
from guanai.storage.database.record_storage import utc_now
from guanai.storage.vault.protocol import DraftRow, DraftRows

__all__ = ["Draft", "Drafts", "InVault", "draft_texts"]

Answers = Mapping[str, Any]

#: A draft stays at least this long after it was typed, and this long after it was first offered to its person.
KEEP_FOR, KEEP_AFTER_OFFER = timedelta(days=60), timedelta(days=14)

# Not among the tables of `schemas`: a records file made before there were drafts gets this one on first use.
_table = sa.Table(
    "unsaved",
    sa.MetaData(),
    sa.Column("token", sa.Text, primary_key=True),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("form", sa.Text, nullable=False),
    sa.Column("record_id", sa.Text, nullable=False),  # empty: of a record that nobody has saved yet
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
)

_MAKE = CreateTable(_table, if_not_exists=True)
_of_person = _table.c.person == bindparam("of")
_FIND = sa.select(_table).where(_of_person).order_by(_table.c.at.desc())
_DROP = sa.delete(_table).where(_of_person, _table.c.token == bindparam("key"))
_ADD = sa.insert(_table).values({column.name: bindparam(column.name) for column in _table.c})


@dataclass(frozen=True)
class Draft:
    """Answers typed into a form and not saved: in which form and version, about which record, when (ISO 8601, UTC).

    ``answers`` is everything in the form, unreadable text as typed; ``touched`` the paths of the questions that the
    person has visited; ``base`` the record as it was opened. ``token`` is that of the later save; ``offered`` is
    when it was first offered to the person, empty before.
    """

    token: str
    form: str
    record_id: str
    version: str
    at: str
    answers: Answers
    touched: tuple[str, ...] = ()
    base: Answers | None = None
    offered: str = ""

    @property
    def until(self) -> str:
        """The moment after which it is deleted (ISO 8601, UTC); empty before it has been offered."""
        if not self.offered:
            return ""
        typed, offered = datetime.fromisoformat(self.at), datetime.fromisoformat(self.offered)
        return max(typed + KEEP_FOR, offered + KEEP_AFTER_OFFER).isoformat()


class InVault(NamedTuple):
    """Where drafts of restricted forms are stored, and which forms these are."""

    rows: Callable[[], DraftRows]
    restricted: Callable[[str], bool]


class Drafts:
    """One person's drafts: of one form, or of all without a name. ``version`` is that of the form in use.

    ``shows`` says which are offered: not what is about a record that the person no longer sees. ``in_vault`` is where those
    of restricted forms are stored.
    """

    def __init__(
        self,
        database: Database,
        person: str,
        form: str = "",
        version: str = "",
        shows: Callable[[Draft], bool] | None = None,
        in_vault: InVault | None = None,
    ) -> None:
        self._shows = shows
        self.form = form
        self.version = version
        self._person = person
        self._stored = StoredDrafts(database, person)
        self._in_vault = in_vault

    def all(self, record_id: str | None = None) -> list[Draft]:
        """Return the drafts, the latest first; of one record with its id, of new records with an empty one."""
        drafts = [_read(row) for store in self._stores() for row in store.rows()]
        now = utc_now()
        for old in [draft for draft in drafts if draft.until and draft.until < now]:
            drafts.remove(old)
            self._store(old.form).drop(old.token)
        return [
            draft
            for draft in sorted(drafts, key=lambda draft: draft.at, reverse=True)
            if self.form in ("", draft.form)
            and record_id in (None, draft.record_id)
            and (self._shows is None or self._shows(draft))
        ]

    def save(
        self, token: str, answers: Answers, *, touched: Iterable[str] = (), base: Answers | None = None
    ) -> None:
        """Store what is in the form, instead of what was stored under this token before.

        The record is that of the ``id`` in ``base``. Raises StorageError where it cannot be written.
        """
        self._store(self.form).put(
            {
                "token": token,
                "person": self._person,
                "form": self.form,
                "record_id": str((base or {}).get("id", "")),
                "version": self.version,
                "at": utc_now(),
                "content": _content(answers, touched, base),
            }
        )

    def mark_offered(self, drafts: Iterable[Draft]) -> None:
        """Note that these have now been offered to the person, those that have not been before."""
        for draft in drafts:
            if not draft.offered:
                row = {name: getattr(draft, name) for name in ("token", "form", "record_id", "version", "at")}
                content = _content(draft.answers, draft.touched, draft.base, utc_now())
                self._store(draft.form).put({**row, "person": self._person, "content": content})

    def discard(self, token: str | None) -> None:
        """Delete a draft; one that is not there is no error."""
        if token:
            for store in self._stores():
                store.drop(token)

    def _store(self, form: str) -> DraftRows:
        """Return where the drafts of a form are stored."""
        in_vault = self._in_vault
        return in_vault.rows() if in_vault is not None and in_vault.restricted(form) else self._stored

    def _stores(self) -> list[DraftRows]:
        """Return where drafts of this form, or of any, are stored."""
        if self.form:
            return [self._store(self.form)]
        return [self._stored, *([self._in_vault.rows()] if self._in_vault else [])]


class StoredDrafts:
    """One person's drafts in the records' file."""

    def __init__(self, database: Database, person: str) -> None:
        self._database = database
        self._person = person
        self._there = False

    def rows(self) -> list[DraftRow]:
        """Return the person's drafts."""
        if not self._make():
            return []
        names = [column.name for column in _table.c]
        return [dict(zip(names, row, strict=True)) for row in self._database.run(_FIND, of=self._person)]

    def put(self, row: DraftRow) -> None:
        """Write a draft in place of what was stored under its token."""
        self._make()
        with self._database.transaction():
            self._database.run(_DROP, of=self._person, key=row["token"])
            self._database.run(_ADD, **{column.name: row[column.name] for column in _table.c})

    def drop(self, token: str) -> None:
        """Remove a draft; one that is not there is no error."""
        if self._make():
            self._database.run(_DROP, of=self._person, key=token)

    def _make(self) -> bool:
        """Return whether there is a table of drafts; it is made if the database may be written."""
        if not self._there and not self._database.read_only:
            self._database.define(_MAKE)
            self._there = True
        return self._there


def draft_texts(database: Database) -> list[str]:
    """Return what everybody has typed and not saved, as it is stored; nothing where nobody ever has."""
    if not database.read_only:
        database.define(_MAKE)
    return [str(row[0]) for row in database.run(sa.select(_table.c.content))]


def _content(answers: Answers, touched: Iterable[str], base: Answers | None, offered: str = "") -> str:
    inside = {
        "answers": dict(answers),
        "touched": sorted(touched),
        "base": dict(base or {}),
        **({"offered": offered} if offered else {}),
    }
    return json.dumps(inside, ensure_ascii=False)


def _read(row: DraftRow) -> Draft:
    inside: dict[str, Any] = json.loads(row["content"])
    touched: Collection[str] = inside["touched"]
    return Draft(
        row["token"],
        row["form"],
        row["record_id"],
        row["version"],
        row["at"],
        inside["answers"],
        tuple(touched),
        inside["base"] or None,
        inside.get("offered", ""),
    )
