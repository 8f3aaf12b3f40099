"""How one place of a form stands: what is read, what may be chosen, and what is wrong with the answer."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from guanai.storage.forms.session.answer_tree import AnswerNode, FormNode, RepeatNode
from guanai.storage.forms.session.choices import Choice, Lists, filled
from guanai.storage.forms.xlsform.items import Question
from guanai.storage.forms.xpath.contexts import Environment
from guanai.templates.wording import LANGUAGES, say

__all__ = ["FieldState", "error_of", "range_of", "state_of"]


@dataclass(frozen=True)
class FieldState:
    """How one question, group or repeat stands now.

    ``value`` is what the record would hold, ``text`` what a person reads or typed. ``error`` is what is wrong
    with the answer; that it is missing counts only once the question was left empty or the form was checked.
    """

    value: Any
    text: str
    relevant: bool
    required: bool
    read_only: bool
    label: str
    hint: str
    choices: tuple[Choice, ...]
    error: str | None


def state_of(cell: FormNode, environment: Environment, lists: Lists, *, checked: bool) -> FieldState:
    """Return how a cell stands; with ``checked`` a missing answer is an error though nobody was there yet."""
    label = filled(cell.item.label, cell.node, environment)
    hint = filled(cell.item.hint, cell.node, environment)
    if not isinstance(cell, AnswerNode):
        value = cell.records() if isinstance(cell, RepeatNode) else None
        return FieldState(value, "", cell.relevant, False, False, label, hint, (), None)
    question = cell.item
    choices = lists.offered(question, cell.node, environment)
    filtered = question.choices is not None and question.choices.filtered
    offered = {choice.name for choice in choices} if filtered else None
    return FieldState(
        value=cell.value,
        text=_text(cell, environment, lists),
        relevant=cell.relevant,
        required=_required(cell, environment),
        read_only=_read_only(cell, environment),
        label=label,
        hint=hint,
        choices=choices,
        error=error_of(cell, environment, lists, offered, checked=checked),
    )


def error_of(
    cell: AnswerNode,
    environment: Environment,
    lists: Lists,
    offered: Collection[str] | None = None,
    *,
    checked: bool,
) -> str | None:
    """Return what is wrong with an answer, None for nothing; ``offered`` are the choices there, where they are known."""
    question = cell.item
    if not (cell.relevant and question.asked):
        return None
    language = environment.language if environment.language in LANGUAGES else None
    if cell.unread:
        return cell.unread.message(language)
    if cell.empty:
        if not (checked or cell.touched) or _read_only(cell, environment) or not _required(cell, environment):
            return None
        return filled(question.required_message, cell.node, environment) or say("answer.required", language)
    if question.choices and lists.known(question.choices):
        if offered is None:
            offered = lists.offers(question, cell.node, environment)
        chosen = cell.value if isinstance(cell.value, list) else [str(cell.value)]
        strange = [name for name in chosen if name not in offered]
        if strange:
            for name in strange:
                if several := lists.several(question, name, environment):
                    some = "、".join(several[:_NAMED])
                    return say("answer.several", language, given=name, choices=some)
            labels = "、".join(lists.label(question, name, environment) for name in strange)
            return say("answer.not_offered", language, given=labels)
    if question.kind == "range" and not _in_range(cell.value, question):
        return say("answer.range", language, **range_of(question))
    if question.constraint and not question.constraint.boolean(environment, cell.node):
        return filled(question.constraint_message, cell.node, environment) or say(
            "answer.constraint", language
        )
    return None


_NAMED = 5  # of those who are called alike


def _required(cell: AnswerNode, environment: Environment) -> bool:
    wanted = cell.item.required
    return wanted is not None and wanted.boolean(environment, cell.node)


def _read_only(cell: AnswerNode, environment: Environment) -> bool:
    question = cell.item
    if question.calculate is not None or not question.asked or question.kind == "phone":
        return True
    return question.read_only is not None and question.read_only.boolean(environment, cell.node)


def range_of(question: Question) -> dict[str, float]:
    """Return ``start``, ``end`` and ``step`` of a range; XLSForm's own are 1, 10 and 1."""
    told = question.parameters
    ends = [_number(told.get("start"), 1), _number(told.get("end"), 10)]
    step = abs(_number(told.get("step"), 1)) or 1
    return {"start": min(ends), "end": max(ends), "step": step}


def _number(text: str | None, otherwise: int) -> float:
    number = float(text) if text else otherwise
    return int(number) if float(number).is_integer() else number


def _in_range(value: float, question: Question) -> bool:
    told = range_of(question)
    steps = (value - told["start"]) / told["step"]
    return told["start"] <= value <= told["end"] and abs(steps - round(steps)) < 1e-6


def _text(cell: AnswerNode, environment: Environment, lists: Lists) -> str:
    if cell.typed:
        return cell.typed
    if cell.item.choices and cell.value is not None:
        names = cell.value if isinstance(cell.value, list) else [str(cell.value)]
        return "、".join(lists.label(cell.item, name, environment) for name in names)
    return cell.node.value
