"""Changes of children, from their history: who came, left, reached the age limit, became left-behind or no longer is.

The register 变动 has one row per changed answer of a dossier (``field`` is its name), and one per move (``field`` is
`MOVE`, ``after`` one of `MOVES`). It has no form: it is computed from the history and the dates of the dossiers.

The history gives the days on which a child was left-behind, so that only this part of a period is due: for a child
whose father came home on 1 March nothing is due from that day on, but the weeks before still count. An answer that
was empty and is filled in says nothing about when. Neither does one that is corrected within `CORRECTION_DAYS` days.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from guanai.care.children.eligibility import COUNTED, family_reason
from guanai.care.frames import as_strings

__all__ = [
    "CHANGE",
    "COLUMNS",
    "DECIDING",
    "MOVE",
    "MOVES",
    "CareDays",
    "care_days",
    "moves",
    "with_care_days",
]

CHANGE, MOVE = "change", "move"
COLUMNS = ("id", "child", "date", "by", "field", "before", "after")
MOVES = ("arrived", "transferred", "graduated", "returned", "left_behind", "not_left_behind", "age_limit")
DECIDING = ("father_status", "mother_status", "status")
CORRECTION_DAYS = 7
ENROLLED = ("", "enrolled")


class CareDays(NamedTuple):
    """Since when a child is left-behind and until when it was (the first day on which it is not), as far as known."""

    began: date | None
    ended: date | None


def care_days(changes: Iterable[Mapping[Any, Any]], definition: str) -> CareDays:
    """Return the days of a child's last time in care, by the changes of `DECIDING` in the order of their days.

    A change is a mapping with ``date``, ``field``, ``before`` and ``after``.
    """
    ordered = list(changes)
    state: dict[str, str] = {}
    for change in reversed(ordered):
        state[change["field"]] = str(change["before"] or "")
    runs: list[tuple[date | None, bool | None]] = [(None, _counts(state, definition))]
    for change in ordered:
        state[change["field"]] = str(change["after"] or "")
        runs.append((change["date"], _counts(state, definition)))
    return _last_run(_without_corrections(runs))


def _counts(state: Mapping[str, str], definition: str) -> bool | None:
    """Return whether a child counts, as far as these answers say: None where they do not."""
    if state.get("status", "") not in ENROLLED:
        return False
    parents = [state[name] for name in DECIDING[:2] if name in state]
    if not parents:
        return True
    if len(parents) < 2 or "" in parents:
        return None
    reason = family_reason(*parents)
    return None if reason == "unknown" else reason in COUNTED[definition]


def _without_corrections(runs: list[tuple[date | None, bool | None]]) -> list[tuple[date | None, bool]]:
    """Return when it changed whether the child counts: no unknown answers, no slips that were put right."""
    certain: list[tuple[date | None, bool]] = []
    for day, counts in runs:
        if counts is None:
            continue
        if not certain:  # the first certain answer holds from the beginning
            certain.append((None, counts))
        elif certain[-1][1] != counts:
            certain.append((day, counts))
    position = 1
    while position + 1 < len(certain):
        first, last = certain[position][0], certain[position + 1][0]
        if first is not None and last is not None and last - first < timedelta(days=CORRECTION_DAYS):
            del certain[position : position + 2]
        else:
            position += 1
    return certain


def _last_run(runs: list[tuple[date | None, bool]]) -> CareDays:
    if not runs:
        return CareDays(None, None)
    if runs[-1][1]:
        return CareDays(runs[-1][0], None)
    for (began, counts), (ended, _) in reversed(list(pairwise(runs))):
        if counts:
            return CareDays(began, ended)
    return CareDays(None, None)


def with_care_days(children: pd.DataFrame, changes: pd.DataFrame, definition: str) -> pd.DataFrame:
    """Return the dossiers with ``left_behind_from`` and ``left_behind_until`` where the history knows them.

    ``changes`` are rows of the register 变动; a parent's status that never changed is that of the dossier.
    """
    changes_of: dict[str, list[dict[str, Any]]] = {}
    deciding = changes[changes["field"].isin(DECIDING)].sort_values(["date", "id"], kind="stable")
    columns = [deciding[name].tolist() for name in ("child", "date", "field", "before", "after")]
    for child, day, *answers in zip(*columns, strict=True):
        changes_of.setdefault(child, []).append(_change(day.date(), *answers))
    days: dict[str, dict[str, date]] = {"left_behind_from": {}, "left_behind_until": {}}
    now = _current_answers(children, changes_of)
    for child, rows in changes_of.items():
        if child in now:
            seen = {row["field"] for row in rows}
            fixed = [
                _change(date.min, name, value, value)
                for name, value in now[child].items()
                if name not in seen
            ]
            for name, day in zip(days, care_days([*fixed, *rows], definition), strict=True):
                if day is not None:
                    days[name][child] = day
    return children.assign(
        **{
            name: pd.to_datetime(children["id"].map(certain), errors="coerce").astype("datetime64[ns]")
            for name, certain in days.items()
        }
    )


def _current_answers(children: pd.DataFrame, ids: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what the dossiers of some children say now, by their ids."""
    rows = children[children["id"].isin(list(ids))]
    values = [rows[name].tolist() for name in DECIDING]
    pairs = zip(rows["id"].tolist(), zip(*values, strict=True), strict=True)
    return {child: dict(zip(DECIDING, answers, strict=True)) for child, answers in pairs}


def _change(day: date, field: str, before: Any, after: Any) -> dict[str, Any]:
    return {"date": day, "field": field, "before": _text(before), "after": _text(after)}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def moves(children: pd.DataFrame, age_limit: int | None) -> pd.DataFrame:
    """Return the moves of children, one row each with the columns of 变动, in no order.

    ``children`` as `with_care_days` gives them: came (登记日期), left (状态 and its day), reached the age limit, is left-behind
    since a day, or is not any more. A day may lie in the future.
    """
    status, since = as_strings(children["status"]), children["status_since"]
    gone = {name: since.where(status == name) for name in ("transferred", "graduated", "returned")}
    days = {"arrived": children["registered_on"], **gone}
    if age_limit is not None:
        days["age_limit"] = children["birth_date"] + pd.DateOffset(years=age_limit)
    if "left_behind_from" in children.columns:
        days |= {
            "left_behind": children["left_behind_from"],
            "not_left_behind": children["left_behind_until"],
        }
    ids = children["id"].to_numpy(object)
    rows: dict[str, list[Any]] = {name: [] for name in ("id", "child", "after")}
    dates = []
    for move, values in days.items():
        day = pd.to_datetime(values, errors="coerce").astype("datetime64[ns]").to_numpy()
        dated = ~np.isnat(day)
        dates.append(day[dated])
        rows["child"] += ids[dated].tolist()
        rows["id"] += [f"{child}.{move}" for child in ids[dated]]
        rows["after"] += [move] * int(dated.sum())
    columns = {name: pd.Series(values, dtype=object) for name, values in rows.items()}
    empty = pd.Series([None] * len(rows["id"]), dtype=object)
    return pd.DataFrame(
        {
            "id": columns["id"],
            "child": columns["child"],
            "date": pd.Series(np.concatenate(dates)),
            "by": empty,
            "field": pd.Series([MOVE] * len(empty), dtype=object),
            "before": empty,
            "after": columns["after"],
        }
    )
