"""What a cell of the sample's tables means: `templates/sample/README.md` shows every rule with an example.

A cell is read once into a function of a `Context`, which gives the answer for one record, or None for no answer.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from guanai.care.children.id_number import sample_identity
from guanai.server.sample.sample_school import Record, SampleSchool
from guanai.server.sample.seeded_random import SeededRandom, sentences, words

__all__ = ["RULES", "Condition", "Context", "Rule", "condition", "options", "rule"]


@dataclass
class Context:
    """What the rules of one record may refer to."""

    school: SampleSchool
    random: SeededRandom
    day: date
    names: Record = field(default_factory=dict)  # whom the record is about: child, class, helper …
    drawn: Record = field(default_factory=dict)  # what `per` has drawn, for all records of one table
    record: Record = field(default_factory=dict)  # the answers so far
    fields: frozenset[str] = frozenset()  # the fields of the table, whether answered or not

    def find(self, path: str) -> Any:
        """Return what a path such as ``child.guardians.1.name`` leads to: a name, or an answer so far; None if nothing.

        Raises ValueError for a first part that is neither a name here nor a field of the table.
        """
        first, _, rest = path.partition(".")
        if first not in self.names and first not in self.fields:
            raise ValueError(first)
        value = self.names[first] if first in self.names else self.record.get(first)
        for part in rest.split(".") if rest else ():
            if isinstance(value, list):
                value = value[int(part) - 1] if int(part) <= len(value) else None
            elif value is not None:
                value = value.get(part)
        return value


Rule = Callable[[Context], Any]
Condition = Callable[[Context], bool]
RULES: list[tuple[re.Pattern[str], Callable[..., Any]]] = []  # in the order in which they are tried
PATH = r"[\w.]+"
NUMBER = r"-?\d+(?:\.\d+)?"
COMPARE: dict[str | None, Callable[[Any, str], bool]] = {
    None: lambda value, _: value not in (None, [], ""),
    "=": lambda value, text: str(value) in text.split("/"),
    "<": lambda value, text: float(value) < float(text),
    ">=": lambda value, text: float(value) >= float(text),
}


def rule(cell: str) -> Rule:
    """Read a value: a text, a rule behind ``=``, or several of them between ``/``, taken in turn.

    Raises ValueError when no rule is written like that.
    """
    choices = [_single(part.strip()) for part in re.split(r"\s/(?=\s)", f" {cell} ")]
    if len(choices) == 1:
        return choices[0]
    return lambda context: choices[context.names["number"] % len(choices)](context)


@cache
def _single(text: str) -> Rule:
    if not text.startswith("="):
        return lambda _: text or None
    for pattern, answer in RULES:
        if match := pattern.fullmatch(text[1:]):
            groups = match.groups()
            return lambda context: answer(context, *groups)
    raise ValueError(text)


def condition(cell: str) -> Condition | None:
    """Read a condition: parts between commas that must all be true; None for an empty cell.

    Raises ValueError for a part that is not understood.
    """
    if not cell:
        return None
    parts = [_part(part) for part in cell.split(", ")]
    return parts[0] if len(parts) == 1 else lambda context: all(part(context) for part in parts)


def _part(text: str) -> Condition:
    match = re.fullmatch(rf"(not )?({PATH})(?:%(\d+))?(?:(=|<|>=)(\S+))?", text)
    if not match:
        raise ValueError(text)
    negated, path, every, sign, operand = match.groups()

    def holds(context: Context) -> bool:
        value = context.find(path)
        if every:
            value %= int(every)
        return (value is not None and COMPARE[sign](value, operand)) != bool(negated)

    return holds


@cache
def options(text: str) -> Mapping[str, float]:
    """Read ``phone 0.6, video 0.4``: each option with its weight, 1 where none is given."""
    pairs = [re.fullmatch(rf"(.+?)(?: ({NUMBER}))?", part) for part in text.split(", ")]
    return {pair[1]: float(pair[2] or 1) for pair in pairs if pair}


def _written(pattern: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a function the rule that is written like a pattern: it takes the context and the pattern's groups."""

    def register(answer: Callable[..., Any]) -> Callable[..., Any]:
        RULES.append((re.compile(pattern), answer))
        return answer

    return register


@_written(r"one of (.+)")
def _one_of(context: Context, text: str) -> str:
    return context.random.weighted(options(text))


@_written(r"(\d+)(?: to (\d+))? of (.+)")
def _some_of(context: Context, least: str, most: str | None, text: str) -> list[str]:
    number = context.random.randint(int(least), int(most or least))
    drawn = {context.random.weighted(options(text)) for _ in range(number)}
    return [name for name in options(text) if name in drawn]


@_written(r"any of (.+)")
def _any_of(context: Context, text: str) -> list[str] | None:
    return [name for name, share in options(text).items() if context.random.happens(share)] or None


@_written(rf"per ({PATH}) (.+)")
def _per(context: Context, path: str, text: str) -> str:
    key = f"{path} {context.find(path)} {text}"
    if key not in context.drawn:
        context.drawn[key] = context.random.weighted(options(text))
    return str(context.drawn[key])


@_written(r"list (.+)")
def _list(context: Context, text: str) -> list[Any] | None:
    values = [_single(part)(context) for part in text.split(", ")]
    return [value for value in values if value is not None] or None


@_written(rf"number ({NUMBER}(?: or {NUMBER})*)")
def _number(context: Context, text: str) -> float:
    number = context.random.choice(text.split(" or "))
    return float(number) if "." in number else int(number)


@_written(rf"number (-?\d+) to (-?\d+)(?: \+ (\d+) x ({PATH}))?")
def _number_between(context: Context, least: str, most: str, factor: str | None, path: str) -> int:
    number = context.random.randint(int(least), int(most))
    return number + int(factor) * int(context.find(path)) if factor else number


@_written(r"(?:(\d+)(?: to (\d+))? )?sentences? ([\w.]+)(?:\{(\w+)\})?")
def _sentence(context: Context, least: str | None, most: str | None, kind: str, path: str | None) -> str:
    if not path and not least:
        return context.random.choice(sentences()[kind]) + "。"
    answer = context.find(path) if path else ""
    kinds = [kind + value for value in (answer if isinstance(answer, list) else [answer])]
    number = context.random.randint(int(least or 1), int(most or least or 1))
    return "；".join(text for key in kinds for text in context.random.sample(sentences()[key], number)) + "。"


@_written(r"text (.+)")
def _text(context: Context, text: str) -> str:
    return re.sub(rf"\{{({PATH})\}}", lambda match: str(context.find(match[1])), text)


@_written(r"word (\w+)")
def _word(context: Context, kind: str) -> str:
    return context.random.choice(words()[kind])


@_written(rf"name (man|woman|boy|girl)(?: ({PATH}))?")
def _name(context: Context, kind: str, surname: str | None) -> str:
    return context.school.names.new(kind, context.find(surname) if surname else "")


@_written("phone")
def _phone(context: Context) -> str:
    return context.random.phone()


@_written(rf"identity number ({PATH})")
def _identity(context: Context, path: str) -> str:
    birth = date.fromisoformat(context.record["birth_date"])
    return sample_identity(birth, context.record["sex"], context.find(path))


@_written("body mass index")
def _body_mass_index(context: Context) -> float:
    """As the form of the health check works it out: rounded half up."""
    return round(context.record["weight"] / (context.record["height"] ** 2 / 10000) + 1e-9, 1)


@_written(rf"in (-?\d+)(?: to (-?\d+))? days(?: from ({PATH}))?( or today)?")
def _in_days(context: Context, least: str, most: str | None, path: str | None, capped: str | None) -> date:
    start = context.find(path) if path else context.day
    start = date.fromisoformat(start) if isinstance(start, str) else start
    day: date = start + timedelta(days=context.random.randint(int(least), int(most or least)))
    return min(day, context.school.days.on) if capped else day


@_written(rf"(day|near) ({NUMBER})")
def _place(context: Context, how: str, place: str) -> date:
    off = context.random.uniform(-0.06, 0.06) if how == "near" else 0
    return context.school.days.at(float(place) + off)


@_written(r"(any|first) day")
def _day_of_period(context: Context, which: str) -> date:
    days: list[date] = context.names["period"]
    return days[0] if which == "first" else context.random.choice(days)


@_written(r"tuesday")
def _tuesday(context: Context) -> date | None:
    return next((day for day in context.names["period"] if day.weekday() == 1), None)


@_written(r"time (\d\d:\d\d)")
def _time(context: Context, text: str) -> str:
    return datetime.combine(context.day, time.fromisoformat(text)).isoformat(timespec="minutes")


@_written(r"staff (\w+)(?:\.(\w+))?")
def _staff(context: Context, role: str, name: str | None) -> str | None:
    return next((person[name or "id"] for person in context.school.staff if person["role"] == role), None)


@_written(r"anybody (.+)")
def _anybody(context: Context, roles: str) -> str:
    staff = [person["id"] for person in context.school.staff if person["role"] in roles.split(", ")]
    return str(context.random.choice(staff))


@_written(rf"team ({PATH}) \+ (\d+) (.+)")
def _team(context: Context, path: str, number: str, roles: str) -> list[str]:
    first, wanted = context.find(path), roles.split(", ")
    others = [
        person["id"] for person in context.school.staff if person["role"] in wanted and person["id"] != first
    ]
    return [first, *context.random.sample(others, int(number))]


@_written(r"(?:(\d+) )?children( of class)?(?: in care of (\w+))?")
def _children(context: Context, number: str | None, of_class: str | None, guardian: str | None) -> Any:
    there = [
        child["id"]
        for child in context.school.registered(context.day)
        if not (of_class and child["class"] != context.names["class"]["name"])
        and not (guardian and child["guardian_type"] != guardian)
    ]
    return (context.random.sample(there, min(int(number), len(there))) if number else there) or None


@_written(rf"(?:({NUMBER}) of )?count ({PATH})")
def _count(context: Context, share: str | None, path: str) -> int:
    return int(float(share or 1) * len(context.find(path) or ()))


@_written(r"record (\w+)(?: (\d+)\.(\w+))?")
def _record(context: Context, form: str, number: str | None, name: str) -> Any:
    records = context.school.records.get(form, [])
    if number is None:
        return context.random.choice(records)["id"]
    return records[int(number) - 1].get(name) if len(records) >= int(number) else None


@_written(rf"({PATH})")
def _reference(context: Context, path: str) -> Any:
    return context.find(path)  # the last rule: a path such as child.id is written like no other
