"""The three database tables that keep everything, and the statements that every read and write uses.

``records`` holds each document as it is now, ``history`` each change that made it so. The number of a change
(``seq``) only grows, so "what is new since my last read" is one question to ``history``.
"""

import sqlalchemy as sa
from sqlalchemy import bindparam

__all__ = [
    "ALL_RECORDS",
    "CHANGES_SINCE",
    "COUNT_RECORDS",
    "DELETE_RECORD",
    "FIND_RECORD",
    "FIND_TABLE",
    "FIND_TOKEN",
    "INSERT_CHANGE",
    "INSERT_RECORD",
    "INSERT_TABLE",
    "LAST_CHANGE",
    "MAX_DOC_ID",
    "ONE_RECORD",
    "SET_LISTED",
    "SET_NEXT_ID",
    "TABLE_NAMES",
    "TABLE_STATE",
    "UPDATE_RECORD",
    "doc_id_of",
    "history",
    "key_range",
    "metadata",
    "record_key",
    "records",
    "tables",
]

metadata = sa.MetaData()

# A record's key is its register's number and its doc_id in one integer, so that a register's records lie together in
# the order of doc_id and a new one is written at the end of them: one page, where a key of two columns takes two.
_DOC_ID_BITS = 40
#: The greatest doc_id that a table can hold.
MAX_DOC_ID = (1 << _DOC_ID_BITS) - 1

tables = sa.Table(
    "tables",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),  # for ever this name's
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("next_id", sa.Integer, nullable=False),  # above the doc_id of every document that was removed
    sa.Column("listed", sa.Boolean, nullable=False),  # False: dropped
)

records = sa.Table(
    "records",
    metadata,
    sa.Column(
        "place",
        sa.BigInteger().with_variant(sa.Integer, "sqlite"),
        key="record_key",
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("record_id", sa.Text),
    sa.Column("seq", sa.Integer, nullable=False),  # its last change
    sa.Column("plain", sa.Boolean, nullable=False),  # see documents.is_plain
    sa.Column("document", sa.Text, nullable=False),
    sa.Index("records_record_id", "number", "record_id"),
)

history = sa.Table(
    "history",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("prior", sa.Integer),  # the change of the same record before this one
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("table_name", sa.Text, nullable=False),
    sa.Column("doc_id", sa.BigInteger, nullable=False),
    sa.Column("record_id", sa.Text),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("before", sa.Text),
    sa.Column("after", sa.Text),
    sa.Column("token", sa.Text),
)

_odd = ~records.c.plain
sa.Index("records_odd", records.c.number, sqlite_where=_odd, postgresql_where=_odd)

# Each of these holds few rows, so that an ordinary save does not pay for it.
for _name, _columns, _rows in (
    ("history_token", ("table_name", "token"), history.c.token.is_not(None)),
    ("history_bin_record_id", ("table_name", "record_id"), history.c.kind == "delete"),
    ("history_bin_doc_id", ("table_name", "doc_id"), history.c.kind == "delete"),
    ("history_restored", ("prior",), history.c.kind == "restore"),
):
    sa.Index(
        _name,
        *(history.c[column] for column in _columns),
        unique=_name == "history_token",
        sqlite_where=_rows,
        postgresql_where=_rows,
    )


def record_key(number: int, doc_id: int) -> int:
    """Return the key of one document of the table with that number."""
    return number << _DOC_ID_BITS | doc_id


def key_range(number: int) -> dict[str, int]:
    """Return the first and the last key that documents of that table can have."""
    return {"first": record_key(number, 0), "last": record_key(number, MAX_DOC_ID)}


def doc_id_of(key: int) -> int:
    """Return the doc_id in a document's key."""
    return key & MAX_DOC_ID


_this_table = records.c.record_key.between(bindparam("first"), bindparam("last"))
_this_record = records.c.record_key == bindparam("record_key")

LAST_CHANGE = sa.select(sa.func.max(history.c.seq))
CHANGES_SINCE = (
    sa.select(history.c.seq, history.c.doc_id, history.c.after)
    .where(history.c.table_name == bindparam("table_name"), history.c.seq > bindparam("seq"))
    .order_by(history.c.seq)
)
ALL_RECORDS = (
    sa.select(records.c.record_key, records.c.document, records.c.seq)
    .where(_this_table)
    .order_by(records.c.record_key)
)
ONE_RECORD = sa.select(records.c.document, records.c.seq).where(_this_record)
FIND_RECORD = (
    sa.select(records.c.record_key, records.c.document)
    .where(records.c.number == bindparam("number"), records.c.record_id == bindparam("record_id"))
    .order_by(records.c.record_key)
    .limit(1)
)
COUNT_RECORDS = sa.select(sa.func.count()).where(records.c.number == bindparam("number"))
FIND_TOKEN = sa.select(history.c.doc_id, history.c.after).where(
    history.c.table_name == bindparam("table_name"), history.c.token == bindparam("token")
)

TABLE_NAMES = sa.select(tables.c.name).where(tables.c.listed)
FIND_TABLE = sa.select(tables.c.number).where(tables.c.name == bindparam("table_name"))
# Everything that a write must know about its table first, in one question.
TABLE_STATE = sa.select(
    tables.c.next_id,
    tables.c.listed,
    sa.select(sa.func.max(records.c.record_key)).where(_this_table).scalar_subquery(),
    sa.select(sa.func.max(history.c.seq)).scalar_subquery(),
).where(tables.c.number == bindparam("number"))

INSERT_TABLE = sa.insert(tables).values(name=bindparam("table_name"), next_id=1, listed=True)
# SQLAlchemy reserves an UPDATE's column names for the new values, hence another name for what is searched for.
SET_LISTED = sa.update(tables).where(tables.c.number == bindparam("key")).values(listed=bindparam("listed"))
SET_NEXT_ID = (
    sa.update(tables).where(tables.c.number == bindparam("key")).values(next_id=bindparam("next_id"))
)
INSERT_RECORD = sa.insert(records).values({column.key: bindparam(column.key) for column in records.c})
UPDATE_RECORD = (
    sa.update(records)
    .where(records.c.record_key == bindparam("key"))
    .values({name: bindparam(name) for name in ("record_id", "seq", "plain", "document")})
)
DELETE_RECORD = sa.delete(records).where(_this_record)
INSERT_CHANGE = sa.insert(history).values({column.name: bindparam(column.name) for column in history.c})
