"""Every change of every record: who, when, before and after; and the deletions that can be undone."""

import json
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from guanai.storage.database import schemas
from guanai.storage.database.databases import Database
from guanai.storage.database.documents import Json
from guanai.storage.database.driver import Row
from guanai.storage.database.schemas import history as changes
from guanai.storage.database.schemas import records

__all__ = ["Change", "Kind", "bin_of", "changes_between", "history_of"]

Kind = Literal["insert", "update", "delete", "restore"]

_COLUMNS = (
    changes.c.seq,
    changes.c.at,
    changes.c.author,
    changes.c.table_name,
    changes.c.doc_id,
    changes.c.record_id,
    changes.c.kind,
    changes.c.before,
    changes.c.after,
)
_this_table = changes.c.table_name == sa.bindparam("table_name")
# The words stand in the text itself, as only then the index of these few rows is known to serve.
_deleted = changes.c.kind == sa.literal_column("'delete'")

# Every change points to the one before it: a record's history is a walk from its last change back.
_walk = (
    sa.select(changes.c.seq, changes.c.prior).where(changes.c.seq == sa.bindparam("seq")).cte(recursive=True)
)
_walk = _walk.union_all(sa.select(changes.c.seq, changes.c.prior).where(changes.c.seq == _walk.c.prior))
_LIFE = sa.select(*_COLUMNS).join(_walk, _walk.c.seq == changes.c.seq).order_by(changes.c.seq)

_LAST_OF_RECORD = sa.select(records.c.seq).where(records.c.record_key == sa.bindparam("record_key"))
_LAST_DELETED = {
    column: sa.select(sa.func.max(changes.c.seq)).where(
        _this_table, _deleted, changes.c[column] == sa.bindparam("key")
    )
    for column in ("record_id", "doc_id")
}

_restored = changes.alias("restored")
_BIN = (
    sa.select(*_COLUMNS)
    .where(
        _this_table,
        _deleted,
        ~sa.exists().where(
            _restored.c.kind == sa.literal_column("'restore'"), _restored.c.prior == changes.c.seq
        ),
    )
    .order_by(changes.c.seq.desc())
)


_BETWEEN = (
    sa.select(*_COLUMNS)
    .where(changes.c.seq.between(sa.bindparam("first"), sa.bindparam("last")))
    .order_by(changes.c.seq)
)


@dataclass(frozen=True)
class Change:
    """One change of one record; ``before`` is None for a new record, ``after`` for a deleted one.

    ``seq`` numbers all changes of the database in the order in which they were made; ``at`` is ISO 8601, UTC.
    """

    seq: int
    at: str
    by: str
    table: str
    doc_id: int
    record_id: str | None
    kind: Kind
    before: Json | None
    after: Json | None


def _change(row: Row) -> Change:
    *columns, before, after = row
    return Change(*columns, *(None if text is None else json.loads(text) for text in (before, after)))


def history_of(database: Database, table: str, key: int | str) -> list[Change]:
    """Return every change of one record, the earliest first.

    The key is a record's ``id`` or a doc_id; that of a deleted record finds the last one deleted under it.
    """
    number = database.table_number(table)
    if number is None:
        return []
    if isinstance(key, str):
        rows = database.run(schemas.FIND_RECORD, number=number, record_id=key)
        record_key: int | None = rows[0][0] if rows else None
    else:
        record_key = schemas.record_key(number, key)
    last = [] if record_key is None else database.run(_LAST_OF_RECORD, record_key=record_key)
    if not last:
        column = "record_id" if isinstance(key, str) else "doc_id"
        last = database.run(_LAST_DELETED[column], table_name=table, key=key)
    return [_change(row) for row in database.run(_LIFE, seq=last[0][0])]


def bin_of(database: Database, table: str) -> list[Change]:
    """Return the deletions that have not been undone, the latest first."""
    return [_change(row) for row in database.run(_BIN, table_name=table)]


def changes_between(database: Database, first: int, last: int) -> list[Change]:
    """Return the changes from one number to another, both among them, in the order in which they were made."""
    return [_change(row) for row in database.run(_BETWEEN, first=first, last=last)]
