"""The words of a duty's parts: registers, questions, values, conditions, roles, limits, in either language."""

from collections.abc import Iterable, Mapping, Sequence

from guanai.care.policy.conditions import Clause, clauses_of
from guanai.care.policy.duty import Duty, Limit
from guanai.templates.wording import catalogue, say, spoken

__all__ = ["RuleWords"]


class RuleWords:
    """Words for the parts of a duty in a language.

    ``own_words`` are the school's own for roles (``helper`` … by name), ``titles`` those of registers of its own, for
    which the catalogue has no word.
    """

    def __init__(
        self,
        language: str | None = None,
        own_words: Mapping[str, str] | None = None,
        titles: Mapping[str, str] | None = None,
    ) -> None:
        self.language, self._own, self._titles = language, own_words or {}, titles or {}

    def say(self, key: str, **values: object) -> str:
        """Return a text of the catalogue in this language."""
        return say(key, self.language, **values)

    def any_of(self, words: Iterable[str]) -> str:
        """Join words of which one is enough."""
        return self.say("policy.or").join(dict.fromkeys(words))

    def all_of(self, words: Iterable[str]) -> str:
        """Join words that are all meant."""
        return self.say("rule.and").join(dict.fromkeys(words))

    def role(self, name: str) -> str:
        """Return the school's own word for a role, a child or a guardian, the usual one if it has none."""
        own, usual = self._own.get(name), f"word.{name}"
        return own if own and own != say(usual, "zh") else self.say(usual)

    def register(self, name: str) -> str:
        """Return the word for a register, its title in the school, or its bare name."""
        return self._titles.get(name) or self._first(f"record.{name}") or name

    def field(self, name: str, registers: Iterable[str] = ()) -> str:
        """Return the word for a question, for several of which one is enough (``father_phone/mother_phone``)."""
        own = tuple(registers)
        return self.any_of(
            self._first(
                *(f"field.{register}.{part}" for register in own), f"question.{part}", f"column.{part}"
            )
            or part
            for part in name.split("/")
        )

    def value(self, value: str, field: str, registers: Iterable[str] = ()) -> str:
        """Return the word for an answer, the bare one if there is none."""
        if not value:
            return self.say("why.nothing")
        own = (f"value.{register}.{field}.{value}" for register in registers)
        return self._first(*own, f"choice.{field}.{value}") or value

    def clause(self, clause: Clause, registers: Sequence[str] = ()) -> str:
        """Say what a clause asks."""
        field = self.field(clause.field, registers)
        if clause.values == ("",):
            return self.say(f"rule.clause.{'filled' if clause.negated else 'empty'}", field=field)
        values = self.any_of(self.value(value, clause.field, registers) for value in clause.values)
        key = clause.order or ("not" if clause.negated else "is")
        return self.say(f"rule.clause.{key}", field=field, values=values)

    def with_clauses(self, what: str, clauses: Iterable[Clause], registers: Sequence[str] = ()) -> str:
        """Return words with what a condition asks of them in brackets."""
        parts = [self.clause(clause, registers) for clause in clauses]
        joined = self.say("rule.clause.join").join(parts)
        return self.say("rule.clauses", what=what, clauses=joined) if parts else what

    def records(self, duty: Duty) -> str:
        """Say which records count for a duty: the registers, each with its own conditions."""
        names = duty.records
        if len(names) > 1 and any(clause.register for clause in duty.condition):
            return self.any_of(
                self.with_clauses(self.register(name), clauses_of(duty.condition, name), (name,))
                for name in names
            )
        return self.with_clauses(self.any_of(map(self.register, names)), duty.condition, names)

    def trigger(self, duty: Duty) -> str:
        """Say which records start a duty."""
        if duty.trigger is None:
            return ""
        name = duty.trigger.record
        return self.with_clauses(self.register(name), duty.trigger_condition, (name,))

    def span(self, limit: Limit) -> str:
        """Say how long a limit is."""
        return self.say(f"span.{limit.unit}", number=limit.number)

    def within(self, limit: Limit, field: str) -> str:
        """Say within which time of a day or moment: at once, on the same day, or so long."""
        unit = limit.unit if limit.number else "at_once" if limit.momentary else "same_day"
        return self.say(f"rule.within.{unit}", number=limit.number, field=field)

    def numbers(self, duty: Duty) -> str:
        """Say between what a number lies; in Chinese a number has a space before it."""
        least, most = duty.at_least, duty.at_most
        if most is None:
            key = "least"
        elif most == least:
            key = "exact"
        else:
            key = "both" if least else "most"
        text = self.say(f"rule.range.{key}", least=least, most=most)
        return f" {text}" if text[0].isdecimal() and spoken(self.language) == "zh" else text

    def _first(self, *keys: str) -> str | None:
        return next((self.say(key) for key in keys if key in catalogue()), None)
