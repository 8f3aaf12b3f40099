"""Masks: what is shown of an identity number, a telephone number or a name in place of it."""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

__all__ = ["NUMBER_QUESTIONS", "is_number_question", "mask", "masked_in", "masked_numbers"]

SHORT = 7  # of fewer characters nothing is shown
IDENTITY_LENGTH = 15  # identity numbers have 15 or 18 figures, telephone numbers at most 14
#: Questions that hold an identity number; a telephone number is one whose name says so.
NUMBER_QUESTIONS = ("id_number", "phone", "telephone", "mobile")


def mask(value: Any) -> Any:
    """Return a value with its middle covered; a short one whole, so that nothing is left to guess. Nothing stays nothing.

    >>> mask("13800001234"), mask("52272620140304123X"), mask("张三"), mask(7), mask(None)
    ('138****1234', '5227**********123X', '**', '**', None)
    """
    if value is None or value == "":
        return value
    text = str(value).strip()
    if len(text) < SHORT or isinstance(value, (list, tuple, dict)):
        return "**"
    first = 4 if len(text) >= IDENTITY_LENGTH else 3
    return text[:first] + "*" * (len(text) - first - 4) + text[-4:]


@cache
def is_number_question(name: str) -> bool:
    """Whether a question holds an identity or telephone number, by its name (``father_phone``, ``id_number``)."""
    return any(name == one or name.endswith(f"_{one}") for one in NUMBER_QUESTIONS)


def masked_in(answers: Mapping[str, Any], questions: Collection[str]) -> dict[str, Any]:
    """Return answers with some questions masked."""
    return {name: mask(value) if name in questions else value for name, value in answers.items()}


def masked_numbers(value: Any, name: str = "") -> Any:
    """Return an answer with the identity and telephone numbers in it masked, those in the rows of a repeat too."""
    if isinstance(value, str):
        return mask(value) if is_number_question(name) else value
    if isinstance(value, dict):
        return {key: masked_numbers(inner, key) for key, inner in value.items()}
    return [masked_numbers(inner, name) for inner in value] if isinstance(value, (list, tuple)) else value
