"""Why a line is on the checklist, in words: the source of the rule, what it requires, what was counted."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pandas as pd

from guanai.care.calendar.periods import IN_TERM
from guanai.care.children.required_fields import field_label
from guanai.care.frames import object_column
from guanai.care.policy.conditions import Clause
from guanai.care.policy.duty import EACH, OFTEN, Duty, Limit
from guanai.templates.wording import catalogue, say

__all__ = [
    "count_words",
    "date_text",
    "distinct_texts",
    "limit_words",
    "number_words",
    "open_words",
    "part_words",
    "range_words",
    "record_words",
    "source",
    "trigger_words",
    "within_words",
]


def distinct_texts(
    lines: pd.DataFrame, columns: Sequence[Any], words: Callable[..., str]
) -> "pd.Series[str]":
    """Return a text for each line, given the values of some columns; made once for each different combination."""
    texts: dict[tuple[Any, ...], str] = {}
    rows = list(zip(*(lines[column] for column in columns), strict=True))
    for row in rows:
        if row not in texts:
            texts[row] = words(*row)
    return object_column((texts[row] for row in rows), lines.index)


def date_text(day: date) -> str:
    """Return a day as it is written in a reason and as the name of an event's period."""
    return f"{day:%Y-%m-%d}"


def count_words(duty: Duty) -> Callable[..., str]:
    """Return the reason of a line that counts records or adds up numbers in a period, given its numbers.

    ``days`` of ``whole`` are the days (of school, or all) on which the subject was present in the whole period.
    """
    what, around = record_words(duty), range_words(duty)
    if duty.kind != "count":
        key = "why.hours"
    elif duty.per == OFTEN:
        key = "why.often"
    else:
        key = "why.count_limit" if duty.limit else ""
    part = "why.count_part" if duty.per in IN_TERM else "why.count_part_days"

    def words(period: str, limit: date, need: int, have: int, days: int, whole: int) -> str:
        return say(
            key or ("why.count" if days == whole else part), source=source(duty), what=what, period=period,
            range=around, need=need, have=have, days=days, whole=whole, full=duty.at_least, limit=date_text(limit),
        )  # fmt: skip

    return words


def number_words(key: str, duty: Duty) -> Callable[..., str]:
    """Return the reason of a line without a period, given its numbers and the words for what is missing."""

    def words(need: int, have: int, missing: str = "") -> str:
        done = f"{key}_done" if have >= need else key
        return say(done, source=source(duty), need=need, have=have, missing=missing)

    return words


def source(duty: Duty) -> str:
    """Return the document that a duty is taken from."""
    return duty.source or say("why.own_rule")


def range_words(duty: Duty) -> str:
    """Say between what a number may lie."""
    if duty.at_most is None:
        return say("why.at_least", least=duty.at_least)
    return say("why.range" if duty.at_least else "why.at_most", least=duty.at_least, most=duty.at_most)


def limit_words(limit: Limit) -> str:
    """Say how long a limit is."""
    return say(f"span.{limit.unit}", number=limit.number)


def within_words(limit: Limit) -> str:
    """Say within which time."""
    return say(
        "within.at_once" if limit.momentary and not limit.number else f"within.{limit.unit}",
        number=limit.number,
    )


def record_words(duty: Duty) -> str:
    """Say which records count: their names, whose, and with which values."""
    by_register = {
        name: [clause for clause in duty.condition if clause.register == name] for name in duty.records
    }
    what = say("policy.or").join(
        _with_clauses(_word_or_name(f"record.{name}", name), clauses, (name,))
        for name, clauses in by_register.items()
    )
    if duty.by and duty.by != (EACH,):
        what = say("why.by", what=what, who=say("policy.or").join(say(f"word.{role}") for role in duty.by))
    return _with_clauses(what, [clause for clause in duty.condition if not clause.register], duty.records)


def trigger_words(duty: Duty) -> str:
    """Say which records start the duty."""
    if duty.trigger is None:
        return ""
    name = duty.trigger.record
    return _with_clauses(_word_or_name(f"record.{name}", name), duty.trigger_condition, (name,))


def open_words(duty: Duty) -> Callable[[int], str]:
    """Return the reason of a line that has too many records open, or too much in them, given the number."""
    registers = (duty.trigger.record,) if duty.trigger else ()
    key, field = ("why.open_sum", _field(duty.summed, registers)) if duty.summed else ("why.open", "")

    def words(number: int) -> str:
        return say(
            key, source=source(duty), what=trigger_words(duty), field=field, most=duty.at_most, have=number
        )

    return words


def part_words(duty: Duty) -> list[str]:
    """Return the words for the fields or clauses of which a state is made up, in their order."""
    registers = (duty.trigger.record,) if duty.trigger else ()
    if duty.state:
        return [_with_clauses("", (clause,), registers).strip() for clause in duty.state]
    return [
        say("policy.or").join(_field(name, registers) for name in field.split("/")) for field in duty.content
    ]


def _with_clauses(what: str, clauses: Sequence[Clause], registers: tuple[str, ...]) -> str:
    for clause in clauses:
        values = say("policy.comma").join(_value(value, clause.field, registers) for value in clause.values)
        key = "why.unlike" if clause.negated else "why.like"
        field = _field(clause.field, registers)
        what = say(key, what=what, field=field, values=f"{clause.order} {values}".strip())
    return what


def _field(name: str, registers: tuple[str, ...]) -> str:
    own = (f"field.{register}.{name}" for register in registers)
    return next((say(key) for key in own if key in catalogue()), None) or field_label(name)


def _value(value: str, field: str, registers: tuple[str, ...]) -> str:
    own = (f"value.{register}.{field}.{value}" for register in registers)
    word = next((say(key) for key in own if key in catalogue()), None)
    return word or _word_or_name(f"choice.{field}.{value}", value) if value else say("why.nothing")


def _word_or_name(key: str, name: str) -> str:
    return say(key) if key in catalogue() else name
