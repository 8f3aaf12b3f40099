"""Functions of expressions that work on numbers, and those of true and false."""

import math
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

from guanai.storage.forms.xpath.contexts import Context
from guanai.storage.forms.xpath.conversions import Value, to_boolean, to_number, to_string
from guanai.storage.forms.xpath.signatures import Call, Function, booleans, first, numbers

__all__ = ["NUMBER_FUNCTIONS"]


def each(values: tuple[Value, ...]) -> list[Value]:
    """Return the values with each node of a path as a value of its own, by its type if it has one."""
    each_value: list[Value] = []
    for value in values:
        if isinstance(value, list):
            each_value.extend([node] if node.type else node.text for node in value)
        else:
            each_value.append(value)
    return each_value


def number(context: Context, *values: Value) -> float:
    """Convert to a number."""
    return to_number(first(context, values))


def whole(drop: Callable[[float], float]) -> Call:
    """Return a function to a whole number that leaves NaN and Infinity as they are."""
    return numbers(lambda value: drop(value) if math.isfinite(value) else value)


def rounded(value: float, places: float = 0.0) -> float:
    """Round halves away from zero, to so many decimal places (negative: before the point)."""
    if not math.isfinite(value):
        return value
    if not math.isfinite(places) or abs(places) > 30:
        return math.nan
    return float(
        Decimal(repr(value)).scaleb(int(places)).to_integral_value(ROUND_HALF_UP).scaleb(-int(places))
    )


def total(context: Context, nodes: Value) -> float:
    """Add up the answers; one that is no number makes the sum NaN, an empty one counts nothing."""
    return sum(_answered((nodes,)), 0.0)


def _answered(values: tuple[Value, ...]) -> list[float]:
    """Leave out answers not given: in a repeat, a row not filled in yet must not spoil the sum (JavaRosa)."""
    return [to_number(value) for value in each(values) if to_string(value).strip() != ""]


def extreme(choose: Callable[[list[float]], float]) -> Call:
    """Return ``max`` or ``min`` of numbers: NaN if there is none or if something is no number."""

    def call(context: Context, *values: Value) -> float:
        answers = _answered(values)
        return math.nan if not answers or any(map(math.isnan, answers)) else choose(answers)

    return call


def power(base: float, exponent: float) -> float:
    """Raise to a power as IEEE 754 has it."""
    if base == 0 and exponent < 0:
        return math.inf
    return math.pow(base, exponent)


def logarithm(value: float) -> float:
    """Return the natural logarithm, -Infinity for 0."""
    return -math.inf if value == 0 else math.log(value)


def logarithm_of_ten(value: float) -> float:
    """Return the logarithm to base ten, -Infinity for 0."""
    return -math.inf if value == 0 else math.log10(value)


def chance(context: Context) -> float:
    """Return a random number from 0 to below 1."""
    return context.environment.chance.random()


def boolean_from_string(context: Context, value: Value) -> bool:
    """Return true for the texts ``true`` and ``1``."""
    return to_string(value) in ("true", "1")


def checklist(context: Context, lowest: Value, highest: Value, *factors: Value) -> bool:
    """Return whether the number of true factors lies between two bounds; -1 is no bound."""
    return _within(lowest, highest, sum(map(to_boolean, each(factors))))


def weighted_checklist(context: Context, lowest: Value, highest: Value, *pairs: Value) -> bool:
    """Return whether the weights of the true factors add up to between two bounds."""
    sum_of_weights = 0.0
    for factors, weights in zip(pairs[::2], pairs[1::2], strict=True):
        for factor, weight in zip(each((factors,)), each((weights,)), strict=False):
            if to_boolean(factor):
                sum_of_weights += to_number(weight)
    return _within(lowest, highest, sum_of_weights)


def _within(lowest: Value, highest: Value, count: float) -> bool:
    low, high = to_number(lowest), to_number(highest)
    return (low < 0 or count >= low) and (high < 0 or count <= high)


NUMBER_FUNCTIONS = (
    Function("abs", 1, 1, numbers(abs)),
    Function("acos", 1, 1, numbers(math.acos)),
    Function("asin", 1, 1, numbers(math.asin)),
    Function("atan", 1, 1, numbers(math.atan)),
    Function("atan2", 2, 2, numbers(math.atan2)),
    Function("boolean", 1, 1, booleans(bool)),
    Function("boolean-from-string", 1, 1, boolean_from_string),
    Function("ceiling", 1, 1, whole(math.ceil)),
    Function("checklist", 2, None, checklist),
    Function("cos", 1, 1, numbers(math.cos)),
    Function("exp", 1, 1, numbers(math.exp)),
    Function("exp10", 1, 1, numbers(lambda value: math.pow(10, value))),
    Function("false", 0, 0, lambda context: False),
    Function("floor", 1, 1, whole(math.floor)),
    Function("int", 1, 1, whole(math.trunc)),
    Function("log", 1, 1, numbers(logarithm)),
    Function("log10", 1, 1, numbers(logarithm_of_ten)),
    Function("max", 1, None, extreme(max)),
    Function("min", 1, None, extreme(min)),
    Function("not", 1, 1, booleans(lambda value: not value)),
    Function("number", 0, 1, number),
    Function("pi", 0, 0, lambda context: math.pi),
    Function("pow", 2, 2, numbers(power)),
    Function("random", 0, 0, chance),
    Function("round", 1, 2, numbers(rounded)),
    Function("sin", 1, 1, numbers(math.sin)),
    Function("sqrt", 1, 1, numbers(math.sqrt)),
    Function("sum", 1, 1, total, paths=(0,)),
    Function("tan", 1, 1, numbers(math.tan)),
    Function("true", 0, 0, lambda context: True),
    Function("weighted-checklist", 2, None, weighted_checklist, step=2),
)
