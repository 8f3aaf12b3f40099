"""Whether an answer that was given to a question fits it after its type or its choices were changed.

What can be read as the new type becomes it (the text 12 the number 12, one choice a list of one, a choice its label
where free text is asked now); what cannot is no answer to the new question and must be kept elsewhere.
"""

from collections.abc import Mapping
from typing import Any

from guanai.storage.forms.session.answer_tree import AnswerNode
from guanai.storage.forms.xlsform.author_words import choices_of
from guanai.storage.forms.xlsform.definitions import Form
from guanai.storage.forms.xlsform.items import Question, stored_kind
from guanai.storage.forms.xpath.node_tree import Node

__all__ = ["Fit"]

_CHOSEN = ("select_one", "select_multiple")


class Fit:
    """Answers of one kind asked by a question: ``fit.read(value)`` gives the new answer, or None for one that does not fit.

    ``kind`` is the kind of answer before, ``labels`` what its choices were called. ``changes`` tells whether a stored
    answer may have to become another one.
    """

    def __init__(
        self, kind: str, labels: Mapping[str, str], after: Form, now: Question, language: str = "zh"
    ) -> None:
        self.kind, self._wanted = kind, stored_kind(now)
        self.changes = self.kind != self._wanted
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
        if self._wanted in _CHOSEN:
            return self._chosen(parts)
        if self.kind in _CHOSEN and self._wanted == "text":
            return "、".join(self._labels.get(str(part), str(part)) for part in parts)
        return self._read(parts[0]) if len(parts) == 1 else None

    def _chosen(self, parts: list[Any]) -> Any:
        names = {label: name for name, label in self._choices.items()} | {
            name: name for name in self._choices
        }
        told = [self._labels.get(str(part), str(part)) for part in parts]
        chosen = [names.get(str(part)) or names.get(label) for part, label in zip(parts, told, strict=True)]
        if self._elsewhere or self._now.kind == "rank":
            return None
        if None in chosen or (self._wanted == "select_one" and len(chosen) != 1):
            return None
        return chosen[0] if self._wanted == "select_one" else chosen

    def _read(self, value: Any) -> Any:
        cell = AnswerNode(self._now, Node(self._now.name), None)  # type: ignore[arg-type]
        cell.take(value)
        return cell.value

    def offers(self, value: Any) -> bool:
        """Whether an answer is among the choices of the question after; true where it has none of its own."""
        if not self._choices or self._elsewhere:
            return True
        return all(str(part) in self._choices for part in (value if isinstance(value, list) else [value]))
