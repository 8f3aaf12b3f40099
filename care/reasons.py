"""Why a line is on the checklist, in words: the source of the rule, what it asks, what was counted."""

from collections.abc import Callable

import pandas as pd

from guanai.care.dossiers import field_label
from guanai.care.policies import Duty
from guanai.templates.wording import catalogue, say

__all__ = ["count_words", "each", "plain_words"]


def each(lines: pd.DataFrame, columns: list[str], words: Callable[..., str]) -> "pd.Series[str]":
    """Return a text for each line, made once for each set of values that occurs in the columns."""
    if lines.empty:
        return pd.Series(index=lines.index, dtype=object)
    groups = lines.groupby(columns, sort=False, dropna=False)
    texts = [words(*values) for values in groups.size().index]
    return groups.ngroup().map(dict(enumerate(texts))).astype(object)


def count_words(duty: Duty) -> Callable[..., str]:
    """Return the reason of a line that counts records in a period, given its numbers.

    ``days`` of ``whole`` are the days of school on which the child was in care in the period.
    """
    what = _what(duty)

    def words(period: str, need: int, have: int, days: int, whole: int) -> str:
        key = "why.count" if days == whole else "why.count_part"
        return say(
            key, source=_source(duty), what=what, period=period, need=need, have=have,
            days=days, whole=whole, full=duty.at_least,
        )  # fmt: skip

    return words


def plain_words(key: str, duty: Duty) -> Callable[..., str]:
    """Return the reason of a line without a period, given its numbers and the words for what is missing."""

    def words(need: int, have: int, missing: str = "") -> str:
        done = f"{key}_done" if have >= need else key
        return say(done, source=_source(duty), need=need, have=have, missing=missing)

    return words


def _source(duty: Duty) -> str:
    return duty.source or say("why.own_rule")


def _what(duty: Duty) -> str:
    """Say which records count: their names, whose, and with which values."""
    what = say("policy.or").join(_known(f"record.{name}", name) for name in duty.records)
    if duty.by:
        what = say("why.by", what=what, who=say(f"word.{duty.by}"))
    for clause in duty.condition:
        values = say("policy.comma").join(
            _known(f"choice.{clause.field}.{value}", value) for value in clause.values
        )
        key = "why.unlike" if clause.negated else "why.like"
        what = say(key, what=what, field=field_label(clause.field), values=values)
    return what


def _known(key: str, name: str) -> str:
    return say(key) if key in catalogue() else name
