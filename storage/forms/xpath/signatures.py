"""One row of the table of functions, and the adapters that let a row hold a plain Python function."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from guanai.storage.forms.xpath.contexts import Context
from guanai.storage.forms.xpath.conversions import Value, to_boolean, to_number, to_string
from guanai.storage.forms.xpath.node_tree import Node
from guanai.storage.forms.xpath.work import checked_text

__all__ = ["Call", "Function", "booleans", "each_string", "first", "numbers", "strings"]

Call = Callable[..., Value]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of expressions: its name, how many arguments it takes (``most`` None: any), what it does.

    ``call`` gets the context and the values of the arguments. ``paths`` are the places of arguments that
    must be paths; ``step`` 2 means that arguments come in pairs; ``check`` looks at the second argument, where
    that is written out, while the form is loaded, and raises ExpressionError.
    """

    name: str
    least: int
    most: int | None
    call: Call
    paths: tuple[int, ...] = ()
    step: int = 1
    check: Callable[[str], object] | None = None

    def takes(self, count: int) -> bool:
        """Return whether so many arguments are right."""
        return (
            self.least <= count
            and (self.most is None or count <= self.most)
            and (count - self.least) % self.step == 0
        )

    @property
    def wanted(self) -> str:
        """The number of arguments in figures: ``2``, ``1–2``, ``2+``; ``3, 5, 7 …`` where they come in pairs."""
        if self.step == 2:
            return f"{self.least}, {self.least + 2}, {self.least + 4} …"
        if self.most is None:
            return f"{self.least}+"
        return str(self.least) if self.least == self.most else f"{self.least}–{self.most}"


def strings(function: Callable[..., Value]) -> Call:
    """Let a function of texts be called with any values."""

    def call(context: Context, *values: Value) -> Value:
        texts = [to_string(value) for value in values]
        context.environment.work.add_text(len(texts[0]))
        return function(*texts)

    return call


def booleans(function: Callable[..., Value]) -> Call:
    """Let a function of true and false be called with any values."""
    return lambda context, *values: function(*map(to_boolean, values))


def numbers(function: Callable[..., float]) -> Call:
    """Let a function of numbers be called with any values; outside its domain it gives NaN."""

    def call(context: Context, *values: Value) -> float:
        try:
            return float(function(*map(to_number, values)))
        except ValueError:
            return math.nan
        except OverflowError:
            return math.inf

    return call


def first(context: Context, values: tuple[Value, ...]) -> Value:
    """Return the only argument, the context node where it is left out."""
    return values[0] if values else [context.node]


def each_string(values: tuple[Value, ...], separator: str = "") -> list[str]:
    """Return every text among the values, that of each node of a path.

    Raises ExpressionError where they are, with a separator between, longer than a text may be.
    """
    texts: list[str] = []
    length = 0
    for value in values:
        for one in value if isinstance(value, list) else (value,):
            texts.append(one.text if isinstance(one, Node) else to_string(one))
            length += len(texts[-1]) + len(separator)
            checked_text(length)
    return texts
