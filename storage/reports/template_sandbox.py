"""What a report template may do: put values and pictures into the text, choose, and go through lists. Nothing else.

A template is a file that somebody hands on. What it is given are texts, numbers, lists and names with values; a picture
is a number of which only `TemplateSandbox` knows the picture. There is no attribute to walk along, nothing to call and
nothing to import, so that no list of what is forbidden has to be complete.
"""

import math
from collections.abc import Callable, Mapping
from datetime import date
from numbers import Real
from typing import Any

from jinja2 import StrictUndefined, Undefined, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from guanai.storage.files.cell_escaping import XML_FORBIDDEN

__all__ = ["Picture", "TemplateSandbox", "plain_values"]

FILTERS = frozenset(
    "abs batch capitalize count d default dictsort e escape first float int items join last length list lower max min "
    "replace reverse round slice sort string sum title trim truncate unique upper wordcount".split()
)
#: What a loop says of itself.
LOOP = frozenset("index index0 revindex revindex0 first last length depth depth0 previtem nextitem".split())
#: What may be called, of a text alone.
TEXT_METHODS = frozenset({"startswith", "endswith", "strip", "upper", "lower"})
FORBIDDEN = (nodes.Import, nodes.FromImport, nodes.Include, nodes.Extends, nodes.CallBlock)
LONGEST_RANGE = 1_000
LONGEST_TEXT = 1_000_000  # characters or entries that an operator makes


class Picture:
    """Stands for a picture in a template's values: it has nothing but its number."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number

    def __repr__(self) -> str:
        return ""


def plain_values(value: Any) -> Any:
    """Return a template's values as texts, numbers, days, lists and mappings of their own; anything else as its text.

    Texts are without the control characters that Word cannot hold.
    """
    if isinstance(value, Mapping):
        return {str(key): plain_values(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain_values(inner) for inner in value]
    if value is None or isinstance(value, bool | Picture) or type(value) is date:
        return value
    if isinstance(value, Real):
        number = float(value)
        return int(number) if number.is_integer() else number
    return XML_FORBIDDEN.sub("", str(value))


class TemplateSandbox(SandboxedEnvironment):
    """Jinja without attributes, calls and imports; ``picture`` gives the XML of a picture where a template puts it."""

    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def __init__(self, picture: Callable[[Picture], str]) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=True, finalize=self._shown)
        self._picture = picture
        self.filters = {name: self.filters[name] for name in FILTERS}
        self.globals = {"range": _short_range}

    def _shown(self, value: Any) -> Any:
        return Markup(self._picture(value)) if isinstance(value, Picture) else value  # noqa: S704 - our own XML

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for node in tree.find_all(nodes.Node):
            _check(node)
        return tree

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return what a mapping has under a name, or what a loop says of itself; a text has a few methods."""
        if type(obj) is str and attribute in TEXT_METHODS:
            return getattr(obj, attribute)
        if isinstance(obj, LoopContext):
            if attribute in LOOP:
                return getattr(obj, attribute)
            raise SecurityError(f"loop.{attribute}")
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return what a mapping has under a name, or the entry of a list or the letter of a text at a place."""
        if isinstance(obj, Undefined):
            str(obj)  # a StrictUndefined says by its error which name there is not
        if isinstance(obj, Mapping) and isinstance(argument, str):
            return obj[argument] if argument in obj else self.undefined(obj=obj, name=argument)
        if isinstance(obj, list | tuple | str) and type(argument) in (int, slice):
            try:
                return obj[argument]
            except IndexError:
                return self.undefined(obj=obj, name=argument)
        if isinstance(obj, Mapping | list | tuple) and not str(argument).startswith("_"):
            return self.undefined(obj=obj, name=argument)
        raise SecurityError(str(argument))

    def is_safe_callable(self, obj: Any) -> bool:
        """Whether something may be called: the bounded ``range``, and `TEXT_METHODS` of a text."""
        own_text = type(getattr(obj, "__self__", None)) is str
        return obj is _short_range or (own_text and getattr(obj, "__name__", "") in TEXT_METHODS)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Work out an operator on numbers, or join two texts; a text is not multiplied or used as a format."""
        numbers = isinstance(left, Real) and isinstance(right, Real)
        if operator == "+" and not numbers:
            if len(left) + len(right) > LONGEST_TEXT:
                raise SecurityError(operator)
        elif not numbers or (operator == "**" and not _is_small_power(left, right)):
            raise SecurityError(operator)
        return super().call_binop(context, operator, left, right)


def _check(node: nodes.Node) -> None:
    """Raise SecurityError for what no report needs, wherever in the template it stands."""
    if isinstance(node, FORBIDDEN):
        raise SecurityError(type(node).__name__.lower())
    if isinstance(node, nodes.Call):
        called = node.node
        name = called.name if isinstance(called, nodes.Name) else getattr(called, "attr", "…")
        if name not in ("range", *TEXT_METHODS):
            raise SecurityError(f"{name}()")
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        raise SecurityError(node.attr)


def _short_range(*numbers: int) -> range:
    chosen = range(*numbers)
    if len(chosen) > LONGEST_RANGE:
        raise SecurityError("range()")
    return chosen


def _is_small_power(base: Any, exponent: Any) -> bool:
    return bool(base == 0 or abs(exponent) * max(1.0, math.log10(abs(base) + 1)) < 300)
