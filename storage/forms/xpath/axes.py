"""The thirteen axes of XPath: from a node to its candidates, nearest first."""

from collections.abc import Callable, Iterable, Iterator

from guanai.storage.forms.xpath.node_tree import Node

__all__ = ["AXES", "REVERSE_AXES"]


def _self(node: Node) -> Iterable[Node]:
    return (node,)


def _parent(node: Node) -> Iterable[Node]:
    return () if node.parent is None else (node.parent,)


def _child(node: Node) -> Iterable[Node]:
    return node.content


def _attribute(node: Node) -> Iterable[Node]:
    return node.attributes


def _namespace(node: Node) -> Iterable[Node]:
    return node.scope_nodes() if node.kind == "element" else ()


def _ancestor(node: Node) -> Iterable[Node]:
    return node.ancestors()


def _ancestor_or_self(node: Node) -> Iterator[Node]:
    yield node
    yield from node.ancestors()


def _descendant(node: Node) -> Iterable[Node]:
    return node.descendants()


def _descendant_or_self(node: Node) -> Iterator[Node]:
    yield node
    yield from node.descendants()


def _siblings(node: Node) -> tuple[list[Node], int] | None:
    if node.parent is None or node.kind in ("attribute", "namespace"):
        return None
    siblings = node.parent.content
    return siblings, next(place for place, sibling in enumerate(siblings) if sibling is node)


def _following_sibling(node: Node) -> Iterable[Node]:
    found = _siblings(node)
    return found[0][found[1] + 1 :] if found else ()


def _preceding_sibling(node: Node) -> Iterable[Node]:
    found = _siblings(node)
    return reversed(found[0][: found[1]]) if found else ()


def _following(node: Node) -> Iterator[Node]:
    if node.kind in ("attribute", "namespace") and node.parent is not None:
        yield from node.parent.descendants()
        node = node.parent
    for upper in _ancestor_or_self(node):
        for sibling in _following_sibling(upper):
            yield from _descendant_or_self(sibling)


def _preceding(node: Node) -> Iterator[Node]:
    if node.kind in ("attribute", "namespace") and node.parent is not None:
        node = node.parent
    for upper in _ancestor_or_self(node):
        for sibling in _preceding_sibling(upper):
            yield from reversed(list(_descendant_or_self(sibling)))


AXES: dict[str, Callable[[Node], Iterable[Node]]] = {
    "ancestor": _ancestor,
    "ancestor-or-self": _ancestor_or_self,
    "attribute": _attribute,
    "child": _child,
    "descendant": _descendant,
    "descendant-or-self": _descendant_or_self,
    "following": _following,
    "following-sibling": _following_sibling,
    "namespace": _namespace,
    "parent": _parent,
    "preceding": _preceding,
    "preceding-sibling": _preceding_sibling,
    "self": _self,
}
REVERSE_AXES = frozenset({"ancestor", "ancestor-or-self", "preceding", "preceding-sibling"})
