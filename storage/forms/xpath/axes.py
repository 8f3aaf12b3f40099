"""The thirteen axes of XPath: from a node to its candidates, nearest first."""

from collections.abc import Callable, Iterable, Iterator

from guanai.storage.forms.xpath.node_tree import Node

__all__ = ["AXES", "REVERSE_AXES"]


def _nothing(node: Node) -> Iterable[Node]:
    """Answers and choices have neither attributes nor namespaces."""
    return ()


def _ancestor_or_self(node: Node) -> Iterator[Node]:
    yield node
    yield from node.ancestors()


def _descendant_or_self(node: Node) -> Iterator[Node]:
    yield node
    yield from node.descendants()


def _siblings(node: Node) -> tuple[list[Node], list[Node]]:
    """Return the siblings before and after a node."""
    if node.parent is None or node.kind == "attribute":
        return [], []
    siblings = node.parent.content
    place = next(place for place, sibling in enumerate(siblings) if sibling is node)
    return siblings[:place], siblings[place + 1 :]


def _following(node: Node) -> Iterator[Node]:
    for upper in _ancestor_or_self(node):
        for sibling in _siblings(upper)[1]:
            yield from _descendant_or_self(sibling)


def _preceding(node: Node) -> Iterator[Node]:
    for upper in _ancestor_or_self(node):
        for sibling in reversed(_siblings(upper)[0]):
            yield from reversed(list(_descendant_or_self(sibling)))


AXES: dict[str, Callable[[Node], Iterable[Node]]] = {
    "ancestor": Node.ancestors,
    "ancestor-or-self": _ancestor_or_self,
    "attribute": _nothing,
    "child": lambda node: node.content,
    "descendant": Node.descendants,
    "descendant-or-self": _descendant_or_self,
    "following": _following,
    "following-sibling": lambda node: _siblings(node)[1],
    "namespace": _nothing,
    "parent": lambda node: () if node.parent is None else (node.parent,),
    "preceding": _preceding,
    "preceding-sibling": lambda node: reversed(_siblings(node)[0]),
    "self": lambda node: (node,),
}
REVERSE_AXES = frozenset({"ancestor", "ancestor-or-self", "preceding", "preceding-sibling"})
