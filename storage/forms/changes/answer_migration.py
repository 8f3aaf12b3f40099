"""What becomes of saved answers when a form is changed: moved, put aside, kept without a question.

Worked out from two forms and the records, nothing written: `AnswerMigration.of` gives each record as it then stands. What can
be read as the new type becomes it (the text 12 the number 12, one choice a list of one, a choice its label where free
text is asked now); what cannot is no answer to the new question and is put aside.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, count
from typing import Any

from guanai.storage.forms.changes.differences import fields_of, title_of
from guanai.storage.forms.changes.renames import changed, moved, renamed_path, values_at
from guanai.storage.forms.session.answer_tree import AnswerNode
from guanai.storage.forms.xlsform.author_words import choices_of, plain_text
from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS, Form, Retired
from guanai.storage.forms.xlsform.headings import write_type
from guanai.storage.forms.xlsform.items import Item, Question, Repeat, stored_kind, walk
from guanai.storage.forms.xpath.node_tree import Node
from guanai.templates.wording import LANGUAGES, say

__all__ = ["AffectedAnswers", "AnswerMigration", "migration_of"]

Records = Sequence[Mapping[str, Any]]

_CHOSEN = ("select_one", "select_multiple")


class AnswerConversion:
    """Answers of one kind asked by a question: ``conversion.read(value)`` gives the new answer, or None for one that does not fit.

    ``kind`` is the kind of answer before, ``labels`` what its choices were called. ``changes`` tells whether a stored
    answer may have to become another one.
    """

    def __init__(
        self, kind: str, labels: Mapping[str, str], after: Form, now: Question, language: str = "zh"
    ) -> None:
        self.kind, self._kind_now = kind, stored_kind(now)
        self.changes = self.kind != self._kind_now
        self._now = now
        self._labels = labels
        self._choices = choices_of(after, now.choices, language) if now.choices else {}
        self._elsewhere = now.choices is not None and now.choices.instance in after.external

    def read(self, value: Any) -> Any:
        """Return the answer as the question after takes it, None for one that does not fit."""
        if not self.changes:
            return value
        if isinstance(value, list) and any(isinstance(part, Mapping) for part in value):
            return None
        parts = [str(part) for part in value] if isinstance(value, list) else [value]
        if self._kind_now in _CHOSEN:
            return self._chosen(parts)
        if self.kind in _CHOSEN and self._kind_now == "text":
            return "、".join(self._labels.get(str(part), str(part)) for part in parts)
        return self._read(parts[0]) if len(parts) == 1 else None

    def _chosen(self, parts: list[Any]) -> Any:
        if self._elsewhere or self._now.kind == "rank":
            return None
        names = {label: name for name, label in self._choices.items()}
        names |= {name: name for name in self._choices}
        chosen = [names.get(text) or names.get(self._labels.get(text, text)) for text in map(str, parts)]
        if None in chosen or (self._kind_now == "select_one" and len(chosen) != 1):
            return None
        return chosen[0] if self._kind_now == "select_one" else chosen

    def _read(self, value: Any) -> Any:
        node = AnswerNode(self._now, Node(self._now.name), None)  # type: ignore[arg-type]
        node.set_value(value)
        return node.value

    def offers(self, value: Any) -> bool:
        """Whether an answer is among the choices of the question after; true where it has none of its own."""
        if not self._choices or self._elsewhere:
            return True
        return all(str(part) in self._choices for part in (value if isinstance(value, list) else [value]))


@dataclass(frozen=True)
class AffectedAnswers:
    """The saved answers of one question that a change touches: how many there are, and how many of them do not fit.

    ``kind``: removed (the question goes, they stay in their records), renamed (``misfits`` had an answer under the
    new name already), type (``misfits`` cannot be read as the new type and are put aside), choices (``misfits``
    chose what is no choice any more), orphan (no question asks them now).
    """

    kind: str
    path: str
    label: str
    answers: int
    misfits: int = 0

    def text(self, language: str | None = None) -> str:
        """Return it as a sentence."""
        kind = f"{self.kind}_{'some' if self.misfits else 'all'}" if self.kind != "removed" else self.kind
        return say(
            f"stored.{kind}", language, question=self.label, answers=self.answers, misfits=self.misfits
        )


@dataclass(frozen=True)
class AnswerMigration:
    """What publishing a form does to its register.

    ``renames`` gives new paths by old ones, ``asides`` the field beside a question that takes what does not fit its
    new type, ``retired`` what is to be description of questions and choices that go.
    """

    stored: tuple[AffectedAnswers, ...] = ()
    orphans: tuple[AffectedAnswers, ...] = ()
    renames: Mapping[str, str] = field(default_factory=dict)
    asides: Mapping[str, str] = field(default_factory=dict)
    retired: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    conversions: Mapping[str, AnswerConversion] = field(default_factory=dict)

    @property
    def moves(self) -> bool:
        """Whether any record may have to be written."""
        return bool(self.renames or self.conversions)

    def of(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return a record's answers as they stand after the change."""
        answers = moved(record, self.renames)
        for path, conversion in self.conversions.items():
            name, aside = path.rpartition("/")[2], self.asides[path].rpartition("/")[2]
            answers = changed(answers, path, partial(_converted, conversion, name, aside))
        return answers


def _converted(conversion: AnswerConversion, name: str, aside: str, value: Any) -> dict[str, Any]:
    read = conversion.read(value)
    return {aside: value} if read is None else {name: read}


def migration_of(
    before: Form, after: Form, renames: Mapping[str, str], rows: Records, earlier: Mapping[str, Retired]
) -> AnswerMigration:
    """Return what becomes of the answers in ``rows``; ``earlier`` are the questions that went before."""
    old, new = fields_of(before), fields_of(after)
    taken = {*old, *new, *earlier, *(key for row in rows for key in row)}
    stored: list[AffectedAnswers] = []
    asides: dict[str, str] = {}
    retired: dict[str, dict[str, Any]] = {}
    conversions: dict[str, AnswerConversion] = {}
    for path in dict.fromkeys([*old, *renames]):
        item, item_now = old.get(path), new.get(renamed_path(renames, path))
        now = renamed_path(renames, path)
        description = _description(before, item) if item else _description_of_retired(earlier.get(path))
        if item_now is None:
            retired[renamed_path(renames, path)] = description
            if "/" not in path or path.rpartition("/")[0] in new:
                stored.append(
                    AffectedAnswers("removed", path, title_of(item) if item else path, _count(rows, path))
                )
            continue
        if path in renames:
            clash = sum(_holds(row, path) and _holds(row, now) for row in rows)
            stored.append(AffectedAnswers("renamed", path, title_of(item_now), _count(rows, path), clash))
        if not isinstance(item_now, Question) or description["kind"] == "repeat":
            continue
        conversion = AnswerConversion(description["kind"], description["choices"], after, item_now)
        values = [value for row in rows for value in values_at(row, path)]
        if conversion.changes and now not in conversions:
            conversions[now] = conversion
            asides[now] = _free(f"{now}~{conversion.kind}", taken)
            bad = sum(conversion.read(value) is None for value in values)
            stored.append(AffectedAnswers("type", now, title_of(item_now), len(values), bad))
            retired[asides[now]] = _aside_description(description, now)
        elif not conversion.changes:
            bad = sum(not conversion.offers(value) for value in values)
            gone = _choices_gone(description["choices"], after, item_now)
            if gone:
                retired[now] = {"choices": gone}
            if bad:
                stored.append(AffectedAnswers("choices", now, title_of(item_now), len(values), bad))
    return AnswerMigration(
        stored=tuple(affected for affected in stored if affected.answers),
        orphans=tuple(_orphans(before, rows, earlier)),
        renames=dict(renames),
        asides=asides,
        retired=retired,
        conversions=conversions,
    )


def _holds(row: Mapping[str, Any], path: str) -> bool:
    return any(True for _ in values_at(row, path))


def _count(rows: Records, path: str) -> int:
    return sum(1 for row in rows for _ in values_at(row, path))


def _free(name: str, taken: set[str]) -> str:
    names = chain([name], (f"{name}{number}" for number in count(2)))
    return next(free for free in names if free not in taken)


def _description(form: Form, item: Item) -> dict[str, Any]:
    """Return what a version keeps of a question that goes."""
    kind, choices = "repeat", None
    if isinstance(item, Question):
        kind, choices = stored_kind(item), item.choices
    return {
        "labels": {language: plain_text(item.label, language) for language in item.label.texts},
        "kind": kind,
        "choices": choices_of(form, choices, LANGUAGES[0]) if choices else {},
    }


def _description_of_retired(retired: Retired | None) -> dict[str, Any]:
    """Return the same of a question that went earlier; free text, where nobody wrote down what it was."""
    question = retired or Retired()
    return {"labels": dict(question.labels), "kind": question.kind, "choices": dict(question.choices)}


def _aside_description(description: Mapping[str, Any], path: str) -> dict[str, Any]:
    words = {"zh": write_type(description["kind"]), "en": description["kind"]}
    before = Retired(description["labels"])
    labels = {
        language: say("designer.aside", language, label=before.label(language, path), type=words[language])
        for language in LANGUAGES
    }
    return {**description, "labels": labels}


def _choices_gone(before: Mapping[str, str], after: Form, now: Question) -> dict[str, str]:
    if not before or now.choices is None:
        return {}
    left = choices_of(after, now.choices, LANGUAGES[0])
    return {name: label for name, label in before.items() if name not in left}


def _orphans(form: Form, rows: Records, earlier: Mapping[str, Retired]) -> Iterator[AffectedAnswers]:
    """Yield the answers that no question of a form asks."""
    current = {*fields_of(form), *SYSTEM_FIELDS}
    answers: Counter[str] = Counter()
    repeats = [item.key for item in walk(form.items) if isinstance(item, Repeat)]
    for row in rows:
        answers.update(row.keys())
        for repeat in repeats:
            inner = row.get(repeat)
            for instance in inner if isinstance(inner, list) else []:
                answers.update(
                    f"{repeat}/{key}" for key in (instance if isinstance(instance, Mapping) else ())
                )
    for path, number in answers.items():
        if path not in current:
            label = earlier[path].label(LANGUAGES[0], path) if path in earlier else path
            yield AffectedAnswers("orphan", path, label, number)
