"""From when until when a child was left-behind, as the history of its dossier tells it (变动).

What a parent's status was on a day is what the next change after that day says it was before; where no later change
says so, it is what the dossier says now. A change from an empty answer tells nothing: then something became known, it
did not change. On the day of a change the new status holds.

A child that was left-behind, was not, and is again, is owed for its last stretch alone: the one before is closed.
"""

from collections.abc import Callable, Iterable
from datetime import date

import pandas as pd

from guanai.care.frames import as_strings

__all__ = ["PARENTS", "last_stretch", "stretches"]

PARENTS = ("father_status", "mother_status")
Status = tuple[str, str]
Steps = list[tuple[date, str, str]]  # day, field, what it was before


def stretches(
    children: pd.DataFrame, changes: pd.DataFrame, counts: Callable[[Status], bool]
) -> pd.DataFrame:
    """Return the last stretch of every child whose parents' status has changed, by the child's place in the frame.

    ``changes`` has one row per child and field that changed (child, date, field, before). Columns: ``since`` (the
    day from which it was left-behind, NaT if always) and ``until`` (the first day on which it no longer was, NaT if
    it still is). Children that never were left-behind are not in it.
    """
    kept = changes["field"].isin(PARENTS) & changes["date"].notna() & (as_strings(changes["before"]) != "")
    steps: dict[str, Steps] = {}
    rows = changes.loc[kept, ["child", "date", "field", "before"]]
    for child, day, field, before in rows.itertuples(index=False, name=None):
        steps.setdefault(str(child), []).append((day.date(), field, str(before)))
    own = children[children["id"].isin(list(steps))]
    found = {}
    now = zip(own.index, own["id"], *(as_strings(own[name]) for name in PARENTS), strict=True)
    for place, child, father, mother in now:
        stretch = last_stretch(steps[child], (father, mother), counts)
        if stretch is not None:
            found[place] = stretch
    columns = {"since": [one[0] for one in found.values()], "until": [one[1] for one in found.values()]}
    return pd.DataFrame(
        {name: pd.Series(days, index=list(found), dtype="datetime64[ns]") for name, days in columns.items()}
    )


def last_stretch(
    steps: Iterable[tuple[date, str, str]], now: Status, counts: Callable[[Status], bool]
) -> tuple[date | None, date | None] | None:
    """Return since when a child was left-behind and from which day on not, for the last time; None for never.

    >>> last_stretch([(date(2026, 10, 5), "father_status", "away")], ("home", "away"), lambda both: "home" not in both)
    (None, datetime.date(2026, 10, 5))
    """
    before = dict(zip(PARENTS, now, strict=True))
    late: date | None = None  # the day on which what is known now began not to count
    since: date | None = None
    within = False
    by_day: dict[date, list[tuple[str, str]]] = {}
    for day, field, old in steps:
        by_day.setdefault(day, []).append((field, old))
    for day in sorted(by_day, reverse=True):
        if counts((before[PARENTS[0]], before[PARENTS[1]])):
            within, since = True, day
        elif within:
            return since, late
        else:
            late = day
        before |= dict(reversed(by_day[day]))  # the first change of a day says what was before it
    if counts((before[PARENTS[0]], before[PARENTS[1]])):
        return None, late
    return (since, late) if within else None
