"""What a value is worth as text, as a number and as true or false, and how two values compare.

Values are str, float, bool or a list of nodes. A date is its ISO text; in arithmetic and comparison it counts
as whole days since 1970-01-01 (`guanai.storage.forms.xpath.dates`), and so does a date-time. Only where two date-times
are compared does their time of day matter too: one compares at the precision that both have.

Two worlds meet here:

- A question of a form has a bind type and counts as JavaRosa unpacks it: an empty answer is false, an int of 0
  is false, an int 7 equals a decimal 7.0, a node that is missing or not relevant equals the empty text.
- A node without a type (an item of a secondary instance) follows XPath 1.0.
"""

import math
import operator
import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from guanai.storage.forms.xpath.dates import days_of, days_of_time
from guanai.storage.forms.xpath.node_tree import Node

__all__ = ["INVALID_DATE", "Value", "compare", "equals", "to_boolean", "to_number", "to_string"]

Value = str | float | bool | list[Node]


class InvalidDate(str):
    """The text that ``date()`` gives for what is no date: it counts as false and as NaN."""

    __slots__ = ()


INVALID_DATE = InvalidDate("Invalid Date")
NUMBER = re.compile(r"-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
NUMERIC_TYPES = frozenset({"int", "integer", "long", "decimal", "double", "time"})
NOTHING = ("",)
CLOSE = 1e-12  # JavaRosa: 6.1 - 7.8 = -1.7


def to_string(value: Value) -> str:
    """Return the text of a value: 3 and not 3.0, ``NaN``, ``true``, the text of the first node."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number_text(value)
    return value[0].text if value else ""


def _number_text(number: float) -> str:
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == int(number):
        return str(int(number))
    return format(Decimal(repr(number)), "f")


def to_number(value: Value) -> float:
    """Return the number a value stands for, NaN if it is none; a date gives its days since 1970-01-01."""
    if isinstance(value, float):
        return value
    if isinstance(value, bool):
        return 1.0 if value else 0.0
    if isinstance(value, str):
        return _text_number(value)
    return _node_number(value[0]) if value else math.nan


def _text_number(text: str) -> float:
    text = text.strip()
    if NUMBER.fullmatch(text):
        return float(text)
    return days_of(text, whole=True) if _looks_dated(text) else math.nan


def _node_number(node: Node) -> float:
    return days_of_time(node.text) if node.type == "time" else _text_number(node.text)


def to_boolean(value: Value) -> bool:
    """Return whether a value counts as true."""
    if isinstance(value, bool):
        return value
    if isinstance(value, float):
        return value != 0 and not math.isnan(value)
    if isinstance(value, str):
        return value != "" and not isinstance(value, InvalidDate)
    if len(value) == 1 and value[0].type is not None:
        return _answer_boolean(value[0])
    return bool(value)


def _answer_boolean(node: Node) -> bool:
    text = node.text
    if node.type == "boolean":
        return text in ("true", "1")
    if node.type in ("int", "integer", "long", "decimal", "double"):
        return to_boolean(_text_number(text))
    return text != ""


def equals(left: Value, right: Value, *, unequal: bool = False) -> bool:
    """Return ``left = right``, or ``left != right``: for nodes, whether any of them makes it true.

    A missing answer compares as the empty text, as in JavaRosa.
    """
    if isinstance(left, bool) or isinstance(right, bool):
        return (to_boolean(left) == to_boolean(right)) != unequal
    others = _candidates(right)
    for value in _candidates(left):  # not any(…): a filter over 1,349 items compares each of them
        for other in others:
            if _same(value, other) != unequal:
                return True
    return False


def _candidates(value: Value) -> Sequence[Node | str | float]:
    if isinstance(value, list):
        return value or NOTHING
    return (value,)


def _same(left: Node | str | float, right: Node | str | float) -> bool:
    if isinstance(left, float) or isinstance(right, float) or _both_numeric(left, right):
        number, other = _number(left), _number(right)
        return number == other or abs(number - other) < CLOSE
    one_text, other_text = _text(left), _text(right)
    if one_text == other_text:
        return True
    if not isinstance(left, Node) and not isinstance(right, Node):
        return False
    # An answer may be the same moment written in another way: 2018-06-25T00:00:00.000+08:00.
    if not (_looks_dated(one_text) and _looks_dated(other_text)):
        return False
    whole = not (_has_time(one_text) and _has_time(other_text))
    return days_of(one_text, whole=whole) == days_of(other_text, whole=whole)


def _both_numeric(left: Node | str | float, right: Node | str | float) -> bool:
    return (
        isinstance(left, Node)
        and isinstance(right, Node)
        and left.type in NUMERIC_TYPES
        and right.type in NUMERIC_TYPES
        and left.text != ""
        and right.text != ""
    )


def _looks_dated(text: str) -> bool:
    return text[4:5] == "-" and text[:4].isdecimal()


def _has_time(text: str) -> bool:
    return "T" in text and _looks_dated(text)


def _text(value: Node | str | float) -> str:
    return value.text if isinstance(value, Node) else to_string(value)


def _number(value: Node | str | float) -> float:
    return _node_number(value) if isinstance(value, Node) else to_number(value)


RELATIONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compare(relation: str, left: Value, right: Value) -> bool:
    """Return ``left < right`` and the like: always by number, for nodes whether any of them makes it true."""
    holds = RELATIONS[relation]
    numbers = _moments if _is_moment(left) and _is_moment(right) else _numbers
    others = numbers(right)
    return any(holds(number, other) for number in numbers(left) for other in others)


def _is_moment(value: Value) -> bool:
    return isinstance(value, str | list) and _has_time(to_string(value))


def _moments(value: Value) -> list[float]:
    texts = [node.text for node in value] if isinstance(value, list) else [to_string(value)]
    return [days_of(text) for text in texts]


def _numbers(value: Value) -> list[float]:
    if isinstance(value, list):
        return [_node_number(node) for node in value]
    return [to_number(value)]
