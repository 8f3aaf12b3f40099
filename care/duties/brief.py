"""The first lines of a day: what a home page shows of all that is to be done, at most twenty lines.

A person reads five lines of one duty as five children, and sixty as a wall: from five on, the rows of one duty, status and
person become one line that says how many (家访：63 名学生还没做，其中 12 名以前错过). What is due this week stays apart from
what has time.
"""

from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from guanai.care.duties.to_do import one_row
from guanai.care.duties.to_do_words import group_text, people_text
from guanai.care.frames import object_column
from guanai.templates.wording import say

__all__ = ["brief"]

SEVERAL = 5  # rows of one duty, status and person from which on they are one line
REST_TIER = 9


def brief(rows: pd.DataFrame, most: int = 20, *, who: str | None = None) -> pd.DataFrame:
    """Return the first rows of what is to be done, in the columns of `guanai.care.duties.to_do.to_do`.

    ``rows`` are those of `guanai.care.duties.to_do.to_do`, and keep their order; what has time until after Sunday comes last.
    Five or more of one duty and status, alike in that, that have the same people responsible (or have risen to the same) are
    one row: subject and subject_id are "", members are all its subjects, lines, need, have, periods and missed the sums, due
    and since the earliest, run the least. ``who`` is the id of whose page it is: what they owe is one row, to whomever it has
    risen as well, and what others owe one row, whoever they are. At most ``most`` rows: if there are more, the last one
    (cause ``rest``, tier 9) says how many are not shown.
    """
    rows = rows.iloc[np.argsort(~rows["soon"].to_numpy(bool), kind="stable")]
    people = [_person_key(*pair, who) for pair in zip(rows["who_ids"], rows["raised_ids"], strict=True)]
    keys = rows[["cause", "duty", "status", "kind", "soon"]].assign(person=object_column(people, rows.index))
    # A cause is one row already, and so is each of the few.
    group = keys.groupby([*keys.columns], sort=False).ngroup().to_numpy()
    sizes = np.bincount(group, minlength=1)
    merges = (sizes[group] >= SEVERAL) & (keys["cause"] == "").to_numpy(bool)
    is_first = ~pd.Series(group).duplicated().to_numpy()
    shown = np.flatnonzero(~merges | is_first)
    counts = np.where(merges, sizes[group], 1)[shown]
    cut = len(shown) > most
    keep = shown[: most - 1] if cut else shown
    parts = [
        _merged(rows[group == group[place]], who) if merges[place] else rows.iloc[[place]] for place in keep
    ]
    if cut:
        rest = int(counts[most - 1 :].sum())
        parts.append(one_row(tier=REST_TIER, cause="rest", lines=rest, text=say("to_do.rest", count=rest)))
    return pd.concat(parts, ignore_index=True) if parts else rows.iloc[:0]


def _person_key(people: list[str], risen: list[str], who: str | None) -> tuple[Any, ...]:
    if who is not None and who in people:
        return ("own",)
    if who is not None:
        return ("risen",) if who in risen else ("others",)
    return ("risen", *risen) if risen else ("own", *people)


def _merged(rows: pd.DataFrame, who: str | None) -> pd.DataFrame:
    """Return several rows of one duty and status as one."""
    first = {str(name): value for name, value in rows.iloc[0].items()}
    people = list(zip(rows["who_ids"], rows["raised_ids"], strict=True))
    risen = all(ids and (who is None or (who in ids and who not in own)) for own, ids in people)
    members = list(dict.fromkeys(chain.from_iterable(rows["members"])))
    run, missed_before = int(rows["run"].min()), int((rows["missed"] > 0).sum())
    same = {
        name: rows[name].iat[0] if rows[name].nunique() == 1 else ""
        for name in ("class", "village", "period", "raised")
    }
    same["who"] = people_text(rows["who"])
    sums = {name: int(rows[name].sum()) for name in ("lines", "need", "have", "periods", "missed")}
    lists = {name: list(dict.fromkeys(chain.from_iterable(rows[name]))) for name in ("who_ids", "raised_ids")}
    nothing = {"subject": "", "subject_id": "", "why": "", "deferral": "", "record": "", "counted": []}
    days = {"due": rows["due"].min(), "since": rows["since"].min(), "last": rows["last"].max()}
    text = group_text(first, len(members), missed_before, run if risen else 0)
    return one_row(
        **first | nothing | same | sums | lists | days | {"run": run, "members": members, "text": text}
    )
