"""Who counts as left-behind, by the school's own definition, and who is in care on a day.

Schools count differently (requirements 2A): both parents away (000-7, 002-6), one or both (000-4), or
国发〔2016〕13号: both away, or one away and the other unable to care, under sixteen. The situation of a
family is one of `REASONS`; the definition's row in `COUNTED` says which of them count (by ``listed`` whoever has a dossier,
002-2 L157). Only the national definition names
an age (`AGE_LIMITS`): 000-2 is a vocational school with pupils of seventeen. A school sets another limit, or none, in
its workbook (年龄上限).
"""

from collections.abc import Set
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from guanai.care.frames import as_strings, normalized_frame, timestamp
from guanai.templates.wording import say

__all__ = [
    "AGE_LIMITS",
    "COUNTED",
    "DEFINITIONS",
    "REASONS",
    "Criterion",
    "Eligibility",
    "age",
    "care_spans",
    "eligibility",
    "family_reason",
    "left_behind",
]

AGE_LIMITS = {"13": 16}  # 不满十六周岁
ALWAYS, FOREVER = date(1900, 1, 1), date(2200, 1, 1)
DEFINITIONS = ("both", "one", "13", "listed")
REASONS = (
    "both_away",
    "one_away_other_unable",
    "one_away",
    "none_away",
    "no_parent",
    "over_16",  # whatever the age limit is: stored in dossiers
    "unknown",
)
COUNTED = {
    "both": frozenset({"both_away"}),
    "one": frozenset({"both_away", "one_away", "one_away_other_unable"}),
    "13": frozenset({"both_away", "one_away_other_unable"}),
    "listed": frozenset(REASONS) - {"over_16"},  # 002-2: pupils in difficulty, wherever their parents are
}
GONE = frozenset({"deceased", "lost"})
STATUSES = frozenset({"home", "away", "unable"}) | GONE


class Criterion(NamedTuple):
    """Who is in care: by which definition (of `DEFINITIONS`), until which age (None: whatever it is).

    ``last_days`` are those of the terms: who leaves on such a day has been there until the term's end.
    """

    definition: str
    age_limit: int | None
    last_days: Set[date] = frozenset()

    @property
    def clause(self) -> str:
        """The criterion in words, with its age."""
        age = say("eligible.age", age=self.age_limit) if self.age_limit else ""
        return say(f"eligible.{self.definition}", age=age)


class Eligibility(NamedTuple):
    """Whether a child counts (yes, no, unclear), why (one of `REASONS`), and the clause that says so."""

    answer: str
    reason: str
    clause: str


def age(birth_date: date, on: date) -> int:
    """Return the full years of age on a day; who was born on 29 February is a year older on 1 March."""
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))


def family_reason(father: str | None, mother: str | None) -> str:
    """Return the reason code of the parents' status alone, without regard to age.

    Each status is home, away, unable, deceased, lost, or nothing where it is not known.
    """
    if father not in STATUSES or mother not in STATUSES:
        return "unknown"
    away = (father == "away") + (mother == "away")
    if away == 2:
        return "both_away"
    if away == 0:
        return "no_parent" if father in GONE and mother in GONE else "none_away"
    return "one_away" if "home" in (father, mother) else "one_away_other_unable"


def eligibility(
    father: str | None, mother: str | None, birth_date: date | None, on: date, criterion: Criterion
) -> Eligibility:
    """Say whether a child is left-behind on a day, and why.

    Who reaches the age limit that day no longer is; without a birth date or a parent's status it is unclear.
    The form ``child`` works out the same codes by its own expressions.
    """
    if birth_date is None:
        reason = "unknown"
    elif criterion.age_limit is not None and age(birth_date, on) >= criterion.age_limit:
        reason = "over_16"
    else:
        reason = family_reason(father, mother)
    if reason in COUNTED[criterion.definition]:
        answer = "yes"
    else:
        answer = "unclear" if reason == "unknown" else "no"
    return Eligibility(answer, reason, criterion.clause)


def care_spans(children: pd.DataFrame, criterion: Criterion) -> pd.DataFrame:
    """Return the children that are or were in care, with ``care_from`` and ``care_until`` (the first day out).

    ``children`` is the register as `guanai.care.frames.normalized_frame` returns it.
    In care: left-behind, from the day of registration until the day on which the child's status is no
    longer enrolled (the day after, if that is the last of a term) or the child reaches the age limit. The parents' status
    decides (so that a changed definition, or a dossier edited after the sixteenth birthday, is decided by the facts);
    where none is known, the stored ``eligible``. A child without a day of
    registration is in care from the beginning: a missing date hides nobody. One that has left on an
    unknown day is not in care at all, nor is one whose parents are back, unless the days are known from the
    history: ``left_behind_from`` and ``left_behind_until`` (`guanai.care.children.changes.with_care_days`) then hold.
    """
    left = ~as_strings(children["status"]).isin(["", "enrolled"])
    began, ended = (_days_from_history(children, name) for name in ("left_behind_from", "left_behind_until"))
    since = children["status_since"].fillna(ended)
    to_the_end = since.isin([timestamp(day) for day in criterion.last_days])
    since = since.mask(to_the_end, since + pd.Timedelta(days=1))
    until = pd.Series(timestamp(FOREVER), index=children.index)
    if criterion.age_limit is not None:
        until = (children["birth_date"] + pd.DateOffset(years=criterion.age_limit)).fillna(until)
    counts = _counts(children, criterion.definition)
    care_from = np.fmax(children["registered_on"].fillna(timestamp(ALWAYS)), began)
    # Whose parents are back was in care until the day on which they came back.
    care_until = np.fmin(np.fmin(until, since.where(left)), ended.mask(counts))
    in_care = (counts | ended.notna()) & ~(left & since.isna())
    return children.assign(care_from=care_from, care_until=care_until)[in_care]


def left_behind(children: pd.DataFrame, on: date, criterion: Criterion) -> pd.DataFrame:
    """Return the rows of the children in care on a day, with the columns of `care_spans`.

    Reaching the age limit that day, or leaving that day before the last of a term, is no longer in care.
    """
    spans = care_spans(normalized_frame({"child": children}, "child"), criterion)
    day = timestamp(on)
    return spans[(spans["care_from"] <= day) & (day < spans["care_until"])]


def _days_from_history(children: pd.DataFrame, name: str) -> "pd.Series[pd.Timestamp]":
    """Return days from the history, none where the history has not been read."""
    if name in children.columns:
        return children[name].astype("datetime64[ns]")
    return pd.Series(pd.NaT, index=children.index, dtype="datetime64[ns]")


def _counts(children: pd.DataFrame, definition: str) -> "pd.Series[bool]":
    stored = as_strings(children["eligible"]) == "yes"
    fathers, mothers = as_strings(children["father_status"]), as_strings(children["mother_status"])
    pairs = list(zip(fathers, mothers, strict=True))
    counted = {pair: family_reason(*pair) in COUNTED[definition] for pair in set(pairs)}
    by_family = pd.Series([counted[pair] for pair in pairs], index=children.index, dtype=bool)
    return by_family | ((fathers == "") & (mothers == "") & stored)
