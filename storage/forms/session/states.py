"""The state of one field: its text, its choices, and what is wrong with the answer."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from guanai.storage.forms.session.answer_tree import AnswerNode, FormNode, RepeatNode
from guanai.storage.forms.session.choices import Choice, ChoiceLists, fill_in
from guanai.storage.forms.xlsform.items import Question
from guanai.storage.forms.xpath.contexts import Environment
from guanai.templates.wording import LANGUAGES, say

__all__ = ["FieldState", "error_of", "range_of", "state_of"]


@dataclass(frozen=True)
class FieldState:
    """The state of one question, group or repeat now.

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


def state_of(node: FormNode, environment: Environment, lists: ChoiceLists, *, checked: bool) -> FieldState:
    """Return the state of a node; with ``checked`` a missing answer is an error even before the question was visited."""
    label = fill_in(node.item.label, node.xpath_node, environment)
    hint = fill_in(node.item.hint, node.xpath_node, environment)
    if not isinstance(node, AnswerNode):
        value = node.records() if isinstance(node, RepeatNode) else None
        return FieldState(value, "", node.relevant, False, False, label, hint, (), None)
    question = node.item
    choices = lists.offered(question, node.xpath_node, environment)
    filtered = question.choices is not None and question.choices.filtered
    offered = {choice.name for choice in choices} if filtered else None
    return FieldState(
        value=node.value,
        text=_text(node, environment, lists),
        relevant=node.relevant,
        required=_required(node, environment),
        read_only=_read_only(node, environment),
        label=label,
        hint=hint,
        choices=choices,
        error=error_of(node, environment, lists, offered, checked=checked),
    )


def error_of(
    node: AnswerNode,
    environment: Environment,
    lists: ChoiceLists,
    offered: Collection[str] | None = None,
    *,
    checked: bool,
) -> str | None:
    """Return what is wrong with an answer, None for nothing; ``offered`` are the choices there, where they are known."""
    question = node.item
    if not (node.relevant and question.asked):
        return None
    language = environment.language if environment.language in LANGUAGES else None
    if node.read_error:
        return node.read_error.message(language)
    if node.empty:
        if not (checked or node.touched) or _read_only(node, environment) or not _required(node, environment):
            return None
        return fill_in(question.required_message, node.xpath_node, environment) or say(
            "answer.required", language
        )
    if question.choices and lists.is_known(question.choices):
        if offered is None:
            offered = lists.offered_names(question, node.xpath_node, environment)
        unknown = [name for name in _chosen_names(node) if name not in offered]
        for name in unknown:
            if several := lists.labels_meant(question, name, environment):
                return say("answer.several", language, given=name, choices="、".join(several[:_NAMED]))
        if unknown:
            labels = "、".join(lists.label(question, name, environment) for name in unknown)
            return say("answer.not_offered", language, given=labels)
    if question.kind == "range" and not _in_range(node.value, question):
        return say("answer.range", language, **range_of(question))
    if question.constraint and not question.constraint.boolean(environment, node.xpath_node):
        return fill_in(question.constraint_message, node.xpath_node, environment) or say(
            "answer.constraint", language
        )
    return None


_NAMED = 5  # choices of the same label that a message names


def _required(node: AnswerNode, environment: Environment) -> bool:
    condition = node.item.required
    return condition is not None and condition.boolean(environment, node.xpath_node)


def _read_only(node: AnswerNode, environment: Environment) -> bool:
    question = node.item
    if question.calculate is not None or not question.asked or question.kind == "phone":
        return True
    return question.read_only is not None and question.read_only.boolean(environment, node.xpath_node)


def range_of(question: Question) -> dict[str, float]:
    """Return ``start``, ``end`` and ``step`` of a range; XLSForm's own are 1, 10 and 1."""
    parameters = question.parameters
    ends = [_number(parameters.get("start"), 1), _number(parameters.get("end"), 10)]
    step = abs(_number(parameters.get("step"), 1)) or 1
    return {"start": min(ends), "end": max(ends), "step": step}


def _number(text: str | None, otherwise: int) -> float:
    number = float(text) if text else otherwise
    return int(number) if float(number).is_integer() else number


def _in_range(value: float, question: Question) -> bool:
    limits = range_of(question)
    steps = (value - limits["start"]) / limits["step"]
    return limits["start"] <= value <= limits["end"] and abs(steps - round(steps)) < 1e-6


def _text(node: AnswerNode, environment: Environment, lists: ChoiceLists) -> str:
    if node.typed:
        return node.typed
    if node.item.choices and node.value is not None:
        return "、".join(lists.label(node.item, name, environment) for name in _chosen_names(node))
    return node.xpath_node.value


def _chosen_names(node: AnswerNode) -> list[str]:
    return node.value if isinstance(node.value, list) else [str(node.value)]
