"""The registers of a school as the rules read them: what was recorded until a day, each register read when it is needed."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from functools import cached_property

import pandas as pd

from guanai.care.children.changes import CHANGE
from guanai.care.children.eligibility import Criterion
from guanai.storage.records.frames import frame_of
from guanai.storage.records.records import Records

__all__ = ["RuleFrames"]

CHILD = "child"
#: Whether a record was known is settled here; without this column the rules need not ask again.
RECORDED = "created_at"


class RuleFrames(Mapping[str, pd.DataFrame]):
    """Every register by name, 变动 among them, shared and so never changed: as they are now, or were on a ``past`` day.

    ``criterion`` says who is in care by the school's own rules. Those of the ``empty`` registers have no row: what is in a
    restricted register counts in nobody's numbers.
    """

    def __init__(
        self,
        records: Records,
        criterion: Criterion,
        past: date | None = None,
        empty: Collection[str] = (),
    ) -> None:
        self._records = records
        self._empty = frozenset(empty)
        self._criterion = criterion
        self._past = None if past is None else records.frames_known_on(past, criterion)
        self._names = {*records.forms(), CHANGE}

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._names:
            raise KeyError(name)
        return self._frame(name).drop(columns=RECORDED, errors="ignore")

    def _frame(self, name: str) -> pd.DataFrame:
        if name in self._empty:
            return frame_of([], self._records.form(name).columns)
        if self._past is not None:
            return self._past[name]
        return self._with_changes[name] if name in (CHILD, CHANGE) else self._records.shared_frame(name)

    @cached_property
    def _with_changes(self) -> dict[str, pd.DataFrame]:
        """The dossiers with the days of their last time in care, and the register 变动."""
        dossiers = {CHILD: self._records.shared_frame(CHILD)}
        return self._records.with_change_register(dossiers, self._criterion)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
