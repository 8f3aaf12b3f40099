"""A school's own kinds of duty (``rules/*.py``): their lines are checked, and a mistake is told with file and line.

A rule is a function of a duty and the facts of a day that returns a frame of lines: subject (an id), since and due (days or
moments, due without the days of grace), need and have (numbers), why (text). It may give period, met, met_at, closed_on and
counted too. Whatever is wrong with it, the page and the other duties go on.
"""

import inspect
import traceback
from collections.abc import Callable
from types import CodeType
from typing import Any

import pandas as pd

from guanai.care.duties.facts import Facts
from guanai.care.errors import OwnRuleError
from guanai.care.frames import as_strings, as_timestamps, is_empty, object_column
from guanai.care.policy.duty import Duty
from guanai.templates.wording import say

__all__ = ["own_lines"]

REQUIRED = ("subject", "since", "due", "need", "have", "why")
LARGEST = 1e9  # a larger number is a mistake
DAYS = ("since", "due", "met_at", "closed_on")


class OwnFacts(Facts):
    """The facts as a rule of the school's own gets them: frames that it may change."""

    def __init__(self, facts: Facts) -> None:
        self.__dict__.update(facts.__dict__)

    def frame(self, register: str) -> pd.DataFrame:
        """Return a copy of a register."""
        return super().frame(register).copy()

    def subjects(self, kind: str) -> pd.DataFrame:
        """Return a copy of the subjects of a kind."""
        return super().subjects(kind).copy()

    def present(self, duty: Duty) -> pd.DataFrame:
        """Return a copy of the subjects that are present on the day."""
        return super().present(duty).copy()


def own_lines(rule: Callable[..., Any] | None, duty: Duty, facts: Facts) -> pd.DataFrame:
    """Return the lines that a rule of the school's own gives, completed; raises OwnRuleError with file and line."""
    if rule is None:
        raise OwnRuleError("own_rule.missing", duty=duty.name, rule=duty.kind)
    try:
        return _completed(rule, duty, facts, rule(duty, OwnFacts(facts)))
    except OwnRuleError:
        raise
    except (Exception, SystemExit) as error:
        raise _error(rule, duty, f"{type(error).__name__}: {error}", _line_of(rule, error)) from error


def _completed(rule: Callable[..., Any], duty: Duty, facts: Facts, lines: Any) -> pd.DataFrame:
    """Return the lines with every column, after checking what each means."""
    if not isinstance(lines, pd.DataFrame):
        raise _error(rule, duty, say("own_rule.no_frame", value=type(lines).__name__))
    if missing := [name for name in REQUIRED if name not in lines.columns]:
        raise _error(rule, duty, say("own_rule.no_column", value=", ".join(missing)))
    lines = lines.reset_index(drop=True)
    subjects = facts.subjects(duty.subject).index
    if strangers := [str(subject) for subject in lines["subject"] if subject not in subjects]:
        raise _error(rule, duty, say("own_rule.subject", value=strangers[0]))
    days = {name: _days(rule, duty, lines, name) for name in DAYS}
    numbers = {name: _numbers(rule, duty, lines, name) for name in ("need", "have")}
    texts = {name: as_strings(lines[name]) if name in lines else "" for name in ("why", "period")}
    counted = lines["counted"] if "counted" in lines else [None] * len(lines)
    lists = object_column((ids if isinstance(ids, list) else [] for ids in counted), lines.index)
    completed = pd.DataFrame(
        {
            "position": subjects.get_indexer(pd.Index(lines["subject"])),
            **days,
            **numbers,
            **texts,
            "counted": lists,
        }
    )
    return completed.assign(met=lines["met"].eq(True)) if "met" in lines else completed


def _days(rule: Callable[..., Any], duty: Duty, lines: pd.DataFrame, name: str) -> "pd.Series[pd.Timestamp]":
    if name not in lines:
        return pd.Series(pd.NaT, index=lines.index, dtype="datetime64[ns]")
    days = as_timestamps(lines[name])
    wrong = days.isna() & ~lines[name].map(is_empty).astype(bool)
    if name == "since":
        wrong = days.isna()
    if wrong.any():
        raise _error(rule, duty, say("own_rule.day", column=name, value=lines.loc[wrong, name].iloc[0]))
    return days


def _numbers(rule: Callable[..., Any], duty: Duty, lines: pd.DataFrame, name: str) -> "pd.Series[int]":
    numbers = pd.to_numeric(lines[name], errors="coerce")
    numbers = numbers.where(numbers.abs() < LARGEST)
    if numbers.isna().any():
        raise _error(
            rule, duty, say("own_rule.number", column=name, value=lines.loc[numbers.isna(), name].iloc[0])
        )
    return numbers.astype("float64").astype("int64")


def _error(rule: Callable[..., Any], duty: Duty, problem: str, line: int | None = None) -> OwnRuleError:
    code = _code(rule)
    file, first = (code.co_filename, code.co_firstlineno) if code else ("", None)
    return OwnRuleError(
        "own_rule.failed", file=file, row=line or first, duty=duty.name, rule=duty.kind, problem=problem
    )


def _line_of(rule: Callable[..., Any], error: BaseException) -> int | None:
    """Return the last line of the rule's own file that was running."""
    code = _code(rule)
    frames = traceback.extract_tb(error.__traceback__)
    return next(
        (frame.lineno for frame in reversed(frames) if code and frame.filename == code.co_filename), None
    )


def _code(rule: Callable[..., Any]) -> CodeType | None:
    return getattr(inspect.unwrap(rule), "__code__", None)
