"""The register 变动, made from the history of the dossiers: what changed on which day, and who was the guardian when.

Nothing is stored for it. The history of the dossiers that were ever changed is read once in a process, afterwards
only what is new in it; for a dossier that was saved only once no history is read but its last change.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from weakref import WeakKeyDictionary

import pandas as pd
import sqlalchemy as sa

from guanai.care.children.changes import CHANGE, COLUMNS, moves, with_care_days
from guanai.care.children.eligibility import Criterion
from guanai.storage.database.databases import Database
from guanai.storage.database.documents import parse_documents
from guanai.storage.database.driver import Row
from guanai.storage.database.history import Change
from guanai.storage.database.record_storage import end_of_day
from guanai.storage.database.schemas import history, records
from guanai.storage.forms import SYSTEM_FIELDS

__all__ = ["change_register_until", "guardian_on", "with_change_register"]

CHILD = "child"
GUARDIANS = "guardians"

_last = (
    sa.select(history.c.seq, history.c.prior)
    .join(records, records.c.seq == history.c.seq)
    .where(records.c.number == sa.bindparam("number"), history.c.prior.is_not(None))
    .cte(recursive=True)
)
_walk = _last.union_all(sa.select(history.c.seq, history.c.prior).where(history.c.seq == _last.c.prior))
_COLUMNS = (
    history.c.seq,
    history.c.at,
    history.c.author,
    history.c.record_id,
    history.c.before,
    history.c.after,
)
_updated = history.c.kind == sa.literal_column("'update'")
_EVER = sa.select(*_COLUMNS).join(_walk, _walk.c.seq == history.c.seq).where(_updated).order_by(history.c.seq)
_SINCE = (
    sa.select(*_COLUMNS)
    .where(history.c.seq > sa.bindparam("seq"), history.c.table_name == sa.bindparam("table_name"), _updated)
    .order_by(history.c.seq)
)
_UNTIL = (
    sa.select(*_COLUMNS)
    .where(history.c.at < sa.bindparam("end"), history.c.table_name == sa.bindparam("table_name"), _updated)
    .order_by(history.c.seq)
)


class _Changes:
    """The changes of the dossiers of one database, as far as this process has read them."""

    def __init__(self) -> None:
        self.seq = 0
        self.rows: list[tuple[Any, ...]] = []
        self.cached: tuple[object, pd.DataFrame, pd.DataFrame] | None = None

    def catch_up(self, database: Database, today: date) -> None:
        """Read what is new since the last time; no change is dated after today, which a trainer may have set back."""
        newest, number = database.sequence(), database.table_number(CHILD)
        if newest == self.seq or number is None:
            return
        if newest < self.seq:  # the file was replaced by an older one
            self.seq, self.rows = 0, []
        if self.seq:
            rows = database.run(_SINCE, seq=self.seq, table_name=CHILD)
        else:
            rows = database.run(_EVER, number=number)
        self.rows += _rows_of(rows, today.isoformat())
        self.seq = newest


_by_database: "WeakKeyDictionary[Database, _Changes]" = WeakKeyDictionary()


def with_change_register(
    database: Database, frames: Mapping[str, pd.DataFrame], criterion: Criterion, today: date
) -> dict[str, pd.DataFrame]:
    """Return registers with the register ``change``, and the dossiers with the days of their last time in care.

    ``change``: columns of `guanai.care.children.changes.COLUMNS`, one row per changed answer or move;
    ``date`` is the day that the dossier gives for a new status, else the day on which it was written. The dossiers
    as in `guanai.care.children.changes.with_care_days`.
    """
    changes = _by_database.setdefault(database, _Changes())
    changes.catch_up(database, today)
    rows = database.rows(CHILD)
    state = (rows.version, len(rows.documents), len(changes.rows), criterion, len(frames[CHILD].columns))
    if changes.cached is None or changes.cached[0] != state:
        children, both = _with_moves(frames[CHILD], changes.rows, criterion)
        days = children.set_index("id")[["left_behind_from", "left_behind_until"]]
        changes.cached = (state, both, days)
    _, register, days = changes.cached
    own_days = days.reindex(frames[CHILD]["id"])  # by id: another may have been saved in between
    children = frames[CHILD].assign(**{name: own_days[name].to_numpy() for name in days.columns})
    return {**frames, CHILD: children, CHANGE: register.copy()}


def change_register_until(
    database: Database, dossiers: pd.DataFrame, criterion: Criterion, day: date
) -> dict[str, pd.DataFrame]:
    """Return the dossiers and the register ``change`` as `with_change_register` does, as they were known on a past day.

    ``dossiers`` are those of that day; what was written after it is left out.
    """
    rows = database.run(_UNTIL, end=end_of_day(day), table_name=CHILD)
    children, register = _with_moves(dossiers, _rows_of(rows, day.isoformat()), criterion)
    return {CHILD: children, CHANGE: register}


def _with_moves(
    dossiers: pd.DataFrame, rows: Sequence[tuple[Any, ...]], criterion: Criterion
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the dossiers with the days of their last time in care, and 变动: the changed answers and the moves."""
    columns = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
    by_name = {
        name: pd.Series(list(values), dtype=object) for name, values in zip(COLUMNS, columns, strict=True)
    }
    by_name["date"] = pd.to_datetime(by_name["date"], format="%Y-%m-%d", errors="coerce").astype(
        "datetime64[ns]"
    )
    answers = pd.DataFrame(by_name)
    children = with_care_days(dossiers, answers, criterion.definition)
    return children, pd.concat([answers, moves(children, criterion.age_limit)], ignore_index=True)


def _rows_of(changes: Sequence[Row], today: str) -> list[tuple[Any, ...]]:
    befores, afters = (parse_documents(row[place] for row in changes) for place in (4, 5))
    rows = []
    for (seq, at, author, child, _, _), before, after in zip(changes, befores, afters, strict=True):
        day = min(day_of(at), today)
        for name in {**before, **after}:
            old, new = before.get(name), after.get(name)
            if old == new or name in SYSTEM_FIELDS:
                continue
            if name == GUARDIANS:
                old, new = _name(old), _name(new)
                if old == new:
                    continue
            when = str(after.get("status_since") or day) if name == "status" else day
            rows.append((f"{seq}.{name}", child, when, author, name, old, new))
    return rows


def day_of(at: str) -> str:
    """Return the day of a stored moment (ISO 8601, UTC) in the local time zone."""
    return datetime.fromisoformat(at).astimezone().date().isoformat()


def _name(guardians: Any) -> str | None:
    """Return the name of the main guardian: the first."""
    rows = guardians if isinstance(guardians, list) else []
    return next((str(row["name"]) for row in rows if isinstance(row, dict) and row.get("name")), None)


def guardian_on(changes: Sequence[Change], day: date) -> dict[str, Any] | None:
    """Return who was a child's main guardian on a day, as the dossier gave them; None if there was none.

    ``changes`` is the history of the dossier. A new guardian counts from the day given in 自哪天起, else from the day
    on which they were written down; the first guardian of a dossier counts from the beginning.
    """
    guardian: dict[str, Any] | None = None
    current: str | None = None
    versions = [change for change in changes if change.kind != "delete"]
    for number, change in enumerate(versions):
        rows = (change.after or {}).get(GUARDIANS)
        main = next((row for row in rows or () if isinstance(row, dict) and row.get("name")), None)
        name = (main or {}).get("name")
        if number and name == current:  # the same person, described better
            guardian = main if (guardian or {}).get("name") == name else guardian
            continue
        current = name
        since = str((main or {}).get("since") or day_of(change.at))
        if not number or since <= day.isoformat():
            guardian = main
    return guardian
