"""The state of one field: its text, its choices, and what is wrong with the answer."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from guanai.care.errors import FormError
from guanai.storage.forms.session.answer_tree import AnswerNode, FormNode, RepeatNode
from guanai.storage.forms.session.choices import Choice, ChoiceLists
from guanai.storage.forms.session.evaluation import evaluated, filled_in
from guanai.storage.forms.xlsform.items import Question
from guanai.storage.forms.xpath.contexts import Environment
from guanai.storage.forms.xpath.conversions import to_boolean
from guanai.templates.wording import LANGUAGES, say

__all__ = ["FieldState", "error_of", "fault_of", "range_of", "state_of"]


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
    label = filled_in(node, "label", node.item.label, environment)
    hint = filled_in(node, "hint", node.item.hint, environment)
    if not isinstance(node, AnswerNode):
        value = node.records() if isinstance(node, RepeatNode) else None
        error = fault_of(node, environment) if node.relevant else None
        return FieldState(value, "", node.relevant, False, False, label, hint, (), error)
    question = node.item
    choices = _offered(node, environment, lists)
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
    if not node.relevant:
        return None
    error = _error_of_answer(node, environment, lists, offered, checked=checked) if question.asked else None
    return fault_of(node, environment) or error


def fault_of(node: FormNode, environment: Environment) -> str | None:
    """Return what could not be evaluated of an item, or of what it stands in."""
    return node.fault.message(_language(environment)) if node.fault else None


def _language(environment: Environment) -> str | None:
    return environment.language if environment.language in LANGUAGES else None


def _error_of_answer(
    node: AnswerNode,
    environment: Environment,
    lists: ChoiceLists,
    offered: Collection[str] | None,
    *,
    checked: bool,
) -> str | None:
    question, language = node.item, _language(environment)
    if node.read_error:
        return node.read_error.message(language)
    if node.empty:
        if not (checked or node.touched) or _read_only(node, environment) or not _required(node, environment):
            return None
        required = filled_in(node, "required_message", question.required_message, environment)
        return required or say("answer.required", language)
    if question.choices and lists.is_known(question.choices):
        if offered is None:
            offered = _offered_names(node, environment, lists)
        unknown = [name for name in _chosen_names(node) if name not in offered]
        for name in unknown:
            if several := lists.labels_meant(question, name, environment):
                return say("answer.several", language, given=name, choices="、".join(several[:_NAMED]))
        if unknown:
            labels = "、".join(lists.label(question, name, environment) for name in unknown)
            return say("answer.not_offered", language, given=labels)
    if question.kind == "range" and not _in_range(node.value, question):
        return say("answer.range", language, **range_of(question))
    if question.constraint and not to_boolean(
        evaluated(node, "constraint", question.constraint, environment, otherwise=True)
    ):
        constraint = filled_in(node, "constraint_message", question.constraint_message, environment)
        return constraint or say("answer.constraint", language)
    return None


def _offered(node: AnswerNode, environment: Environment, lists: ChoiceLists) -> tuple[Choice, ...]:
    """Return the choices of a question where it stands; none where its filter cannot be evaluated."""
    try:
        choices = lists.offered(node.item, node.xpath_node, environment)
    except FormError as error:
        node.faults["items"] = error
        return ()
    node.faults.pop("items", None)
    return choices


def _offered_names(node: AnswerNode, environment: Environment, lists: ChoiceLists) -> Collection[str]:
    itemset = node.item.choices
    if itemset is not None and itemset.filtered:
        return {choice.name for choice in _offered(node, environment, lists)}
    return lists.offered_names(node.item, node.xpath_node, environment)


_NAMED = 5  # choices of the same label that a message names


def _required(node: AnswerNode, environment: Environment) -> bool:
    condition = node.item.required
    return condition is not None and to_boolean(
        evaluated(node, "required", condition, environment, otherwise=False)
    )


def _read_only(node: AnswerNode, environment: Environment) -> bool:
    question = node.item
    if question.calculate is not None or not question.asked or question.kind == "phone":
        return True
    return question.read_only is not None and to_boolean(
        evaluated(node, "read_only", question.read_only, environment, otherwise=False)
    )


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
