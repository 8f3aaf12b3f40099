"""The expressions of a form (relevant, constraint, calculate, choice_filter …), compiled once and evaluated often.

>>> from guanai.storage.forms.xpath.node_tree import Node
>>> data = Node("data")
>>> age = data.add("age", "17", type="int")
>>> compile_expression(". >= 16 and . < 18").evaluate(Environment(), age)
True

The grammar is XPath 1.0's, the functions are those of the ODK XForms specification (`guanai.storage.forms.xpath.functions`),
and values compare as in JavaRosa (`guanai.storage.forms.xpath.conversions`). A text becomes a tree (syntax), the tree one
Python function (compiling).

Why an evaluator of our own. Measured with elementpath 5.1.4 on Python 3.11: a compound expression (seven comparisons
joined by and/or) takes 0.087 ms there and 0.015 ms here, a choice filter over 1,349 items 13.3 ms there and 2.2 ms here,
and both run after every answer. More than the time counts that its nodes know no bind type and no relevance: JavaRosa's
rules for empty answers, dates and repeats would replace most of its operators.

What a caller needs:

- ``compile_expression(text, place=None) -> Expression`` (cached). Raises FormError, with the place given,
  for a syntax error, an unknown or refused function, a wrong number of arguments, an unknown axis.
- ``Expression.evaluate(environment, node) -> str | float | bool | list[Node]``; beside it ``.string``,
  ``.number``, ``.boolean`` and ``.nodes`` with the same arguments, which convert as XPath and JavaRosa do.
  ``node`` is the context: the question's own node, or for a choice the item.
- ``Expression.references(at) -> frozenset[str]``: the absolute paths that it reads when it stands at the
  path ``at`` (``/data/grp/name``; no positions in them). A path ending in ``/*`` or ``//*`` stands for all
  children or descendants; ``/`` alone means that it may read anything.
- ``Expression.instances``: ids of the secondary instances that it reads; ``Expression.volatile``: whether it
  uses the clock or chance, so that the same answers can give another value; ``Expression.numeric``: whether it can
  only give a number or nothing.
- In the tree, a repeat's instances are siblings with ``repeat = True``. An absolute path that leads through a repeat
  means, inside it, the same instance (``/data/child/name``), and all instances from outside; ``${rep}`` itself counts all.
- What is not relevant is not found: set ``node.relevant`` on a group's descendants too.
- ``Environment``: the clock (``now``), secondary instances by id, language and the look-ups of labels. One per session.
- ``Node`` (guanai.storage.forms.xpath.node_tree): ``Node(name, value, type=…)``, ``parent.add(name, value, type=…)``,
  ``parent.insert(index, child)``, ``parent.remove(child)``, ``node.value = "text"``, ``node.relevant``,
  ``node.repeat = True`` on each instance of a repeat. Give each question of the form its bind type.
"""

from collections.abc import Mapping
from functools import lru_cache

from guanai.care.errors import FormError
from guanai.storage.forms.xpath.compiling import compile_tree
from guanai.storage.forms.xpath.contexts import Context, Environment
from guanai.storage.forms.xpath.conversions import Value, to_boolean, to_number, to_string
from guanai.storage.forms.xpath.node_tree import Node
from guanai.storage.forms.xpath.paths import Compiled
from guanai.storage.forms.xpath.references import (
    grows,
    instances_of,
    is_numeric,
    is_volatile,
    parts_of,
    references_of,
)
from guanai.storage.forms.xpath.syntax import parse
from guanai.storage.forms.xpath.trees import ExpressionError, Tree

__all__ = ["Environment", "Expression", "compile_expression"]

MOST_SHOWN = 200  # characters of an expression in a message
MOST_WRITTEN = 200_000  # characters of an expression; a cell of a workbook holds 32,767
Place = Mapping[str, object]


class Expression:
    """One expression, ready to be evaluated for any node."""

    def __init__(self, text: str, tree: Tree, compiled: Compiled, place: Place) -> None:
        self.text = text
        self.instances = instances_of(tree)
        self.volatile = is_volatile(tree)
        self.numeric = is_numeric(tree)
        self._tree = tree
        self._compiled = compiled
        self._place = place
        self._parts = sum(1 for _ in parts_of(tree))

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def grows(self, at: str) -> bool:
        """Return whether it adds to its own answer when it stands at a path, so that it never settles."""
        return grows(self._tree, at)

    def references(self, at: str) -> frozenset[str]:
        """Return the absolute paths that it reads when it stands at a path."""
        return references_of(self._tree, at)

    def evaluate(self, environment: Environment, node: Node, current: Node | None = None) -> Value:
        """Return the value for a context node.

        ``current`` is the question's node where that is another one: for the label of a choice, ``node`` is the
        item and ``current`` the question. Raises FormError for what only shows now, such as a missing instance, or
        more work than an expression may make (`guanai.storage.forms.xpath.work`).
        """
        work = environment.work
        try:
            before = work.begin(self._parts)
            try:
                return self._compiled(Context(environment, node, current or node))
            finally:
                work.end(before)
        except (ExpressionError, RecursionError) as error:
            raise _form_error(error, self.text, self._place) from error

    def string(self, environment: Environment, node: Node, current: Node | None = None) -> str:
        """Return the value as text, as it is stored in a calculated answer."""
        return to_string(self.evaluate(environment, node, current))

    def number(self, environment: Environment, node: Node, current: Node | None = None) -> float:
        """Return the value as a number."""
        return to_number(self.evaluate(environment, node, current))

    def boolean(self, environment: Environment, node: Node, current: Node | None = None) -> bool:
        """Return whether it holds: relevant, constraint, required, read_only."""
        return to_boolean(self.evaluate(environment, node, current))

    def nodes(self, environment: Environment, node: Node, current: Node | None = None) -> list[Node]:
        """Return the nodes it finds: the items of a choice list; none if it is no path."""
        value = self.evaluate(environment, node, current)
        return value if isinstance(value, list) else []


@lru_cache(maxsize=20_000)
def _compiled(text: str) -> tuple[Tree, Compiled]:
    if len(text) > MOST_WRITTEN:
        raise ExpressionError("expression.too_long", most=MOST_WRITTEN)
    tree = parse(text)
    return tree, compile_tree(tree)


def compile_expression(text: str, place: Place | None = None) -> Expression:
    """Return an expression ready for use; FormError, with the place (file, sheet, row, column), if it cannot be."""
    try:
        tree, compiled = _compiled(text)
    except (ExpressionError, RecursionError) as error:
        raise _form_error(error, text, place or {}) from error
    return Expression(text, tree, compiled, place or {})


def _form_error(error: ExpressionError | RecursionError, text: str, place: Place) -> FormError:
    if isinstance(error, RecursionError):
        error = ExpressionError("expression.too_deep")
    return FormError(error.key, **{**error.values, "text": _shortened(text), **place})  # type: ignore[arg-type]


def _shortened(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"
