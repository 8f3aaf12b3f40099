"""Paths compiled to plain functions: from a context to the nodes that a path finds, in document order."""

from collections.abc import Callable, Sequence

from guanai.storage.forms.xpath.axes import AXES, REVERSE_AXES
from guanai.storage.forms.xpath.contexts import Context
from guanai.storage.forms.xpath.conversions import Value, to_boolean
from guanai.storage.forms.xpath.node_tree import Node, in_document_order
from guanai.storage.forms.xpath.trees import KindTest, NameTest, Step

__all__ = ["Compiled", "compile_path", "compile_predicates"]

Compiled = Callable[[Context], Value]
Walk = Callable[[Context, list[Node]], list[Node]]
LEVEL_AXES = frozenset({"child", "attribute", "self", "parent"})


def compile_path(
    absolute: bool, start: Compiled | None, single: bool, steps: Sequence[tuple[Step, Sequence[Compiled]]]
) -> Compiled:
    """Return a function that walks a path.

    ``start`` gives the first nodes of a path that begins with an expression; ``single`` says that it gives one
    node only (``current()``, ``instance(…)``). Each step comes with its compiled predicates.
    """
    walks = _walks(steps, single or start is None)
    if absolute:
        return _absolute(walks, [not predicates for _, predicates in steps])
    return _relative(walks) if start is None else _from(start, walks)


def _relative(walks: list[Walk]) -> Compiled:
    def walk(context: Context) -> Value:
        nodes = [context.node]
        for step in walks:
            nodes = step(context, nodes)
        return _relevant(context, nodes)

    return walk


def _from(start: Compiled, walks: list[Walk]) -> Compiled:
    def walk(context: Context) -> Value:
        nodes = start(context)
        if not isinstance(nodes, list):
            return []
        for step in walks:
            nodes = step(context, nodes)
        return _relevant(context, nodes)

    return walk


def _walks(steps: Sequence[tuple[Step, Sequence[Compiled]]], one_level: bool) -> list[Walk]:
    """While all nodes are of one level, each step keeps them in document order by itself."""
    walks = []
    for step, predicates in steps:
        walks.append(_walk(step, predicates, one_level))
        one_level = one_level and step.axis in LEVEL_AXES
    return walks


def _relevant(context: Context, nodes: list[Node]) -> list[Node]:
    """Leave out what is not relevant: it has no answer (JavaRosa)."""
    if len(nodes) > 1:
        context.environment.work.add(len(nodes))
    for node in nodes:
        if not node.relevant:
            return [other for other in nodes if other.relevant]
    return nodes


def _absolute(walks: list[Walk], free: list[bool]) -> Compiled:
    last = len(walks) - 1

    def walk(context: Context) -> Value:
        nodes = [context.top]
        repeats = context.repeats
        for place, step in enumerate(walks):
            nodes = step(context, nodes)
            # Inside a repeat, /data/child/name means the name in the same instance, as in JavaRosa and Enketo.
            if repeats and place < last and free[place]:
                nodes = [node for node in nodes if node in repeats] or nodes
        return _relevant(context, nodes)

    return walk


def _walk(step: Step, predicates: Sequence[Compiled], one_level: bool) -> Walk:
    filter_nodes = compile_predicates(predicates)
    if (
        step.axis == "child"
        and isinstance(step.test, NameTest)
        and step.test.prefix is None
        and step.test.name != "*"
    ):
        return _children(step.test.name, filter_nodes if predicates else None, one_level)
    candidates = AXES[step.axis]
    matches = _test(step)
    reverse = step.axis in REVERSE_AXES
    in_order = one_level and step.axis in ("child", "attribute", "self")

    def walk(context: Context, nodes: list[Node]) -> list[Node]:
        result: list[Node] = []
        for node in nodes:
            others = list(candidates(node))
            context.environment.work.add(len(others))
            matching = filter_nodes(context, [other for other in others if matches(other)])
            result.extend(reversed(matching) if reverse else matching)
        return result if in_order or len(nodes) == 1 else in_document_order(result)

    return walk


def _children(name: str, filter_nodes: Walk | None, one_level: bool) -> Walk:
    """Make the most frequent step, which goes by the index of names."""

    def walk(context: Context, nodes: list[Node]) -> list[Node]:
        if len(nodes) == 1:
            result = nodes[0].named(name)
            return result if filter_nodes is None else filter_nodes(context, result)
        result = []
        context.environment.work.add(len(nodes))
        for node in nodes:
            result.extend(
                node.named(name) if filter_nodes is None else filter_nodes(context, node.named(name))
            )
        return result if one_level else in_document_order(result)

    return walk


def _test(step: Step) -> Callable[[Node], bool]:
    """Return the test of a step; no node of a form has a prefix."""
    test = step.test
    if isinstance(test, KindTest):
        return lambda node: test.kind in ("node", node.kind)
    return lambda node: node.kind == "element" and test.prefix is None and test.name in ("*", node.name)


def compile_predicates(predicates: Sequence[Compiled]) -> Walk:
    """Return a function that keeps the nodes for which every predicate holds; a number is a position."""
    if not predicates:
        return lambda context, nodes: nodes

    def filter_nodes(context: Context, nodes: list[Node]) -> list[Node]:
        for holds in predicates:
            nodes = _matching(holds, context.among(len(nodes)), nodes)
        return nodes

    return filter_nodes


def _matching(holds: Compiled, inner: Context, nodes: list[Node]) -> list[Node]:
    result = []
    inner.environment.work.add(len(nodes))
    for place, node in enumerate(nodes, 1):
        inner.node, inner.position = node, place
        value = holds(inner)
        if value is True or (value == place if isinstance(value, float) else to_boolean(value)):
            result.append(node)
    return result
