"""Why a line is on the checklist, in words: the source of the rule, what it requires, what was counted."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from guanai.care.calendar.periods import IN_TERM
from guanai.care.duties.day_frames import Periods
from guanai.care.policy.duty import EACH, OFTEN, Duty, Limit
from guanai.care.policy.rule_words import RuleWords
from guanai.templates.wording import say

__all__ = [
    "RULE_WORDS",
    "count_words",
    "date_text",
    "distinct_texts",
    "number_words",
    "open_words",
    "pairing_words",
    "part_words",
    "range_words",
    "record_words",
    "source",
    "trigger_words",
    "within_words",
]

RULE_WORDS = RuleWords()


def distinct_texts(words: Callable[..., str], *columns: Iterable[Any]) -> list[str]:
    """Return a text for each line, given some of its values; made once for each different combination."""
    rows = list(zip(*columns, strict=True))
    texts = {row: words(*row) for row in dict.fromkeys(rows)}
    return [texts[row] for row in rows]


def date_text(day: date) -> str:
    """Return a day as it is written in a reason and as the name of an event's period."""
    return f"{day:%Y-%m-%d}"


def count_words(duty: Duty, periods: Periods) -> Callable[..., str]:
    """Return the reason of a line that counts records or adds up numbers, given the number of its period and its numbers.

    ``days`` are those (of school, or all) on which the subject is present in the period.
    """
    what, around, document = record_words(duty), range_words(duty), source(duty)
    part = "why.count_part" if duty.per in IN_TERM else "why.count_part_days"

    def words(number: int, need: int, have: int, days: int) -> str:
        if duty.kind != "count":
            key = "why.none_at_all" if duty.at_most == 0 else "why.hours"
        elif duty.per == OFTEN:
            key = "why.often"
        else:
            key = "why.count_limit" if duty.limit else "why.count" if days == periods.whole[number] else part
        return say(
            key, source=document, what=what, period=periods.names[number], range=around, need=need, have=have, days=days,
            whole=periods.whole[number], full=duty.at_least, limit=periods.limit[number].astype("datetime64[D]"),
        )  # fmt: skip

    return words


def number_words(key: str, duty: Duty) -> Callable[..., str]:
    """Return the reason of a line without a period, given its numbers and the words for what is missing."""

    def words(need: int, have: int, missing: str = "") -> str:
        done = f"{key}_done" if have >= need else key
        return say(done, source=source(duty), need=need, have=have, missing=missing)

    return words


def open_words(duty: Duty) -> Callable[[int], str]:
    """Return the reason of a line that has too many records open, or too much in them, given the number."""
    what, field = trigger_words(duty), RULE_WORDS.field(duty.summed, _trigger(duty))
    key = "why.open_sum" if duty.summed else "why.open"
    return lambda number: say(
        key, source=source(duty), what=what, field=field, most=duty.at_most, have=number
    )


def source(duty: Duty) -> str:
    """Return the document that a duty is taken from."""
    return duty.source or say("why.own_rule")


def range_words(duty: Duty) -> str:
    """Say between what a number may lie."""
    if duty.at_most is None:
        return say("why.at_least", least=duty.at_least)
    if duty.at_least == duty.at_most:  # 002-8 L517: each carries one
        return str(duty.at_least)
    return say("why.range" if duty.at_least else "why.at_most", least=duty.at_least, most=duty.at_most)


def within_words(duty: Duty, limit: Limit) -> str:
    """Say within which time: of the trigger's record, or of the day or moment in another of its questions."""
    if duty.trigger and duty.trigger.moment != "date":
        return RULE_WORDS.within(limit, RULE_WORDS.field(duty.trigger.moment, _trigger(duty)))
    unit = "at_once" if limit.momentary and not limit.number else limit.unit
    return say(f"within.{unit}", number=limit.number)


def record_words(duty: Duty) -> str:
    """Say which records count: their names, with which values, and whose."""
    what = RULE_WORDS.records(duty)
    if duty.by and duty.by != (EACH,):
        what = say("why.by", what=what, who=RULE_WORDS.any_of(map(RULE_WORDS.role, duty.by)))
    return what


def pairing_words(duty: Duty) -> str:
    """Say which pairings count."""
    return RULE_WORDS.with_clauses(say("rule.pairing"), duty.condition, ("pairing",))


def trigger_words(duty: Duty) -> str:
    """Say which records start the duty."""
    return RULE_WORDS.trigger(duty)


def part_words(duty: Duty) -> list[str]:
    """Return the words for the fields or clauses of which a state is made up, in their order."""
    registers = _trigger(duty)
    if duty.state:
        return [RULE_WORDS.clause(clause, registers) for clause in duty.state]
    return [RULE_WORDS.field(name, registers) for name in duty.content]


def _trigger(duty: Duty) -> tuple[str, ...]:
    return (duty.trigger.record,) if duty.trigger else ()
