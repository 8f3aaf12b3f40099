"""The due lines of all duties as one frame, in order: by status, day due, duty, class, name and day since.

The lines stay numbers until they are in order. Only then each column of texts is looked up once, in a table with one
row per subject: a checklist has many more lines than subjects.
"""

from collections.abc import Callable, Hashable, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd

from guanai.care.duties.context import DutyContext, Numbers, Objects
from guanai.care.duties.deferrals import role_of
from guanai.care.duties.lines import DTYPES, DutyLines
from guanai.care.duties.responsible import responsible
from guanai.care.policy.duty import Duty
from guanai.care.policy.policy import Policy

__all__ = ["COLUMNS", "STATUSES", "LineBlock", "as_of", "due_frame"]

COLUMNS = (
    "duty", "subject", "subject_id", "who", "due", "since", "status", "why", "period", "need", "have",
    "counted", "class", "village", "form", "kind", "role", "deferral",
)  # fmt: skip
STATUSES = ("overdue", "due", "postponed", "excused", "done")
FORMS = {
    "helper": "pairing",
    "quota": "pairing",
    "complete": "child",
}  # for the kinds of duty that name none


class LineBlock(NamedTuple):
    """The lines of a duty (and of one group of responsible roles), due with the days of grace, and the status of each."""

    duty: Duty
    place: int  # of the duty in the sheet
    context: DutyContext
    kind: str
    roles: tuple[str, ...]
    lines: DutyLines
    ranks: Numbers  # positions in `STATUSES`


def due_frame(parts: Sequence[LineBlock]) -> pd.DataFrame:
    """Return the lines in the columns of `COLUMNS`: by status, day due, duty, class, name and day since."""
    if not parts:
        return _no_lines()
    names = [*DTYPES, "deferral"]
    joined = {name: np.concatenate([part.lines[name] for part in parts]) for name in names}
    which = np.repeat(np.arange(len(parts)), [len(part.ranks) for part in parts])
    ranks = np.concatenate([part.ranks for part in parts])
    positions = [part.context.subjects(part.kind).order[part.lines["code"]] for part in parts]
    duties = np.array([part.place for part in parts])[which]
    # By status, day due (what is never due comes last: NaT), duty, subject and day since.
    order = np.lexsort((joined["since"], np.concatenate(positions), duties, joined["due"], ranks))
    which, codes = which[order], joined["code"][order]

    def by_part(text: Callable[[LineBlock], str]) -> Objects:
        return np.array([text(part) for part in parts], dtype=object)[which]

    subject = _SubjectColumns(parts, which, codes, lambda part: (id(part.context), part.kind))
    people = _SubjectColumns(parts, which, codes, lambda part: (id(part.context), part.kind, part.roles))
    columns = {
        "duty": by_part(lambda part: part.duty.name),
        "subject": subject.column(lambda part: part.context.subjects(part.kind).names.to_numpy(object)),
        "subject_id": subject.column(lambda part: part.context.subjects(part.kind).ids),
        "who": people.column(lambda part: responsible(part.context, part.kind, part.roles)),
        "status": np.array(STATUSES, dtype=object)[ranks[order]],
        "class": subject.column(lambda part: part.context.subjects(part.kind).classes.to_numpy(object)),
        "village": subject.column(lambda part: part.context.subjects(part.kind).villages),
        "form": by_part(lambda part: part.duty.record or FORMS.get(part.duty.kind, "")),
        "kind": by_part(lambda part: part.kind),
        "role": by_part(lambda part: role_of(part.duty, part.roles)),
    }
    columns |= {name: joined[name][order] for name in COLUMNS if name in joined}
    return _frame(columns)


def as_of(policy: Policy, lines: pd.DataFrame, now: datetime) -> pd.DataFrame:
    """Return the lines of a day as of a time on it: a step with a limit in minutes may be overdue by then."""
    by_the_minute = [duty.name for duty in policy.duties if duty.limit and duty.limit.momentary]
    late = (lines["due"] < pd.Timestamp(now).tz_localize(None)) & (lines["status"] == "due")
    late &= lines["duty"].isin(by_the_minute)
    if not late.any():
        return lines
    status = lines["status"].mask(late, "overdue")
    positions = {name: rank for rank, name in enumerate(STATUSES)}
    ranks = np.array([positions[one] for one in status], dtype=np.int64)
    order = np.lexsort((lines["due"].to_numpy(), ranks))
    return lines.assign(status=status).iloc[order].reset_index(drop=True)


class _SubjectColumns:
    """Columns of texts that are looked up by the subjects' positions, in one table for all parts of a kind."""

    def __init__(
        self, parts: Sequence[LineBlock], which: Numbers, codes: Numbers, key: Callable[[LineBlock], Hashable]
    ) -> None:
        self._parts = {key(part): part for part in reversed(parts)}
        sizes = [len(part.context.subjects(part.kind)) for part in self._parts.values()]
        starts = dict(zip(self._parts, np.cumsum([0, *sizes[:-1]]).tolist(), strict=True))
        self._places = np.array([starts[key(part)] for part in parts])[which] + codes

    def column(self, table: Callable[[LineBlock], Objects]) -> Objects:
        """Return a column, given the texts of a part's subjects in their order."""
        column: Objects = np.concatenate([table(part) for part in self._parts.values()])[self._places]
        return column


def _no_lines() -> pd.DataFrame:
    kinds = {"need": "int64", "have": "int64", "due": "datetime64[ns]", "since": "datetime64[ns]"}
    return _frame({name: np.empty(0, dtype=kinds.get(name, "object")) for name in COLUMNS})


def _frame(columns: DutyLines) -> pd.DataFrame:
    # Each column as it is: combining them into blocks would copy them all once more.
    return pd.DataFrame(
        {name: pd.Series(columns[name], dtype=columns[name].dtype, copy=False) for name in COLUMNS},
        copy=False,
    )
