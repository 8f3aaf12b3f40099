"""The syntax tree of an expression, and the error for one that cannot be parsed."""

from dataclasses import dataclass

__all__ = [
    "Binary",
    "Call",
    "ExpressionError",
    "Filter",
    "KindTest",
    "Literal",
    "NameTest",
    "Negation",
    "Path",
    "Step",
    "Tree",
    "inner_parts",
]


class ExpressionError(Exception):
    """A mistake in an expression: the catalogue's key and the values of its message."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values


@dataclass(frozen=True, slots=True)
class Literal:
    """A text or a number as written."""

    value: str | float


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    name: str
    arguments: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands with an operator between them: ``or and = != < <= > >= + - * div mod |``.

    A chain of one operator (a + b + c) is one node with many operands, so that a long one needs no deep stack.
    """

    operator: str
    operands: tuple["Tree", ...]

    @classmethod
    def of(cls, operator: str, left: "Tree", right: "Tree") -> "Binary":
        """Return the two operands joined, joined to the left one if the operator is the same."""
        if isinstance(left, Binary) and left.operator == operator:
            return cls(operator, (*left.operands, right))
        return cls(operator, (left, right))


@dataclass(frozen=True, slots=True)
class Negation:
    """A minus sign before an operand."""

    operand: "Tree"


@dataclass(frozen=True, slots=True)
class NameTest:
    """Matches by name; ``*`` for any name, the prefix None where none is written."""

    prefix: str | None
    name: str


@dataclass(frozen=True, slots=True)
class KindTest:
    """Matches by kind: ``node()``, ``text()``; no form has the nodes of ``comment()`` and the like."""

    kind: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: an axis, a test and the predicates in brackets."""

    axis: str
    test: NameTest | KindTest
    predicates: tuple["Tree", ...] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """Nodes from any expression, filtered by predicates: ``instance('x')[…]``, ``(a | b)[1]``."""

    start: "Tree"
    predicates: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Path:
    """Steps from the root (``absolute``), from the nodes of another expression, or from the context node."""

    absolute: bool
    start: "Tree | None"
    steps: tuple[Step, ...]


Tree = Literal | Call | Binary | Negation | Filter | Path


def inner_parts(tree: Tree) -> tuple[Tree, ...]:
    """Return what a tree consists of directly, predicates too."""
    if isinstance(tree, Call):
        return tree.arguments
    if isinstance(tree, Binary):
        return tree.operands
    if isinstance(tree, Negation):
        return (tree.operand,)
    if isinstance(tree, Filter):
        return (tree.start, *tree.predicates)
    if isinstance(tree, Path):
        predicates = [one for step in tree.steps for one in step.predicates]
        return (*((tree.start,) if tree.start else ()), *predicates)
    return ()
