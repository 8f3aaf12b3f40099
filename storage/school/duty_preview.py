"""What each row of 职责 asks, in a sentence with its source, and how many lines it would make: before it is switched on."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from guanai.care.duties.due import due
from guanai.care.policy.duty_rows import DERIVED
from guanai.care.policy.policy import Policy
from guanai.care.policy.sentences import sentence

__all__ = ["DutyPreview", "duty_previews", "line_counts"]


@dataclass(frozen=True)
class DutyPreview:
    """A row of 职责 in a sentence, its source in it.

    ``lines`` is how many lines it makes by the last day of the term, done or not, with the records that there are today;
    None where the school has no register of the row.
    """

    sentence: str
    in_force: bool
    lines: int | None


def line_counts(
    policy: Policy, frames: Mapping[str, pd.DataFrame], on: date, registers: Collection[str]
) -> pd.DataFrame:
    """Return how many lines each duty of a policy makes this term if it is in force: columns duty and lines.

    A duty on a register that is not among those of the school (``registers``) has no row. The term is that of the day, else
    the last one before it.
    """
    term = policy.calendar.current_or_last(on)
    countable = [duty for duty in policy.duties if duty.registers <= {*registers, *DERIVED}]
    switched_on = replace(policy, duties=tuple(replace(duty, in_force=True) for duty in countable))
    lines = due(switched_on, frames, term.end if term else on, done=True, known=on)
    names = [duty.name for duty in countable]
    numbers = lines["duty"].value_counts().reindex(names, fill_value=0)
    return pd.DataFrame({"duty": pd.Series(names, dtype=object), "lines": numbers.to_numpy("int64")})


def duty_previews(policy: Policy, counts: pd.DataFrame, titles: Mapping[str, str]) -> dict[str, DutyPreview]:
    """Return a preview of each duty of a policy by its name, those that are not in force too.

    ``counts`` are its `line_counts`, ``titles`` those of the school's registers by name.
    """
    numbers = dict(zip(counts["duty"], counts["lines"].tolist(), strict=True))
    return {
        duty.name: DutyPreview(sentence(duty, policy, titles=titles), duty.in_force, numbers.get(duty.name))
        for duty in policy.duties
    }
