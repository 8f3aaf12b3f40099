"""The answers of a session as a tree: a node for every question, group and repeat.

Beside each stands its node in the tree that expressions read (``xpath_node``). A node keeps what was typed, readable or
not, and keeps it while the question is not relevant; only `record` leaves it out.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from guanai.care.errors import FormError
from guanai.storage.forms.session.parsers import (
    READERS,
    UnreadableError,
    read_decimal,
    read_month,
    read_text,
    read_tick,
)
from guanai.storage.forms.xlsform.definitions import Form
from guanai.storage.forms.xlsform.items import Group, Item, Question, Repeat, stored_kind
from guanai.storage.forms.xpath.conversions import to_string
from guanai.storage.forms.xpath.node_tree import Node

__all__ = ["AnswerNode", "FormNode", "InstanceNode", "RepeatNode", "build_tree"]

_COARSE = frozenset({"month-year", "year"})


class FormNode:
    """One item where it stands: ``address`` is its path in the session (``guardians/0/name``, ``@basics``)."""

    def __init__(self, item: Item, node: Node, parent: "FormNode | None") -> None:
        self.item = item
        self.xpath_node = node
        self.parent = parent
        self.children: list[FormNode] = []
        # What the item's own condition says; `relevant` counts the conditions of all above it too.
        self.condition = True
        self.address = ""
        # What could not be evaluated, by what it was for (`guanai.storage.forms.session.evaluation`).
        self.faults: dict[str, FormError] = {}

    @property
    def fault(self) -> FormError | None:
        """What could not be evaluated of the item, or else of what it stands in; None for nothing."""
        if self.faults:
            return next(iter(self.faults.values()))
        return self.parent.fault if self.parent else None

    @property
    def relevant(self) -> bool:
        """Whether the item is asked here, by its own condition and those of all that it stands in."""
        return self.xpath_node.relevant

    def set_condition(self, holds: bool) -> bool:
        """Set what the item's own condition says; return whether relevance changed by it."""
        self.condition = holds
        before = self.relevant
        self.update_relevance()
        return before != self.relevant

    def update_relevance(self) -> None:
        """Compute relevance here and below from the node above."""
        self.xpath_node.relevant = self.condition and (self.parent is None or self.parent.relevant)
        for child in self.children:
            child.update_relevance()

    def walk(self) -> Iterator["FormNode"]:
        """Yield this node and all below it in page order."""
        yield self
        for child in self.children:
            yield from child.walk()

    def level(self) -> Iterator["AnswerNode | RepeatNode"]:
        """Yield what is answered at this level of the record: those inside groups too, those inside repeats not."""
        for child in self.children:
            if isinstance(child, AnswerNode | RepeatNode):
                yield child
            else:
                yield from child.level()

    def record(self) -> dict[str, Any]:
        """Return the relevant answers at this level by key, repeats as lists of the same; empty ones left out."""
        answers: dict[str, Any] = {}
        for node in self.level():
            if not node.relevant:
                continue
            value = node.records() if isinstance(node, RepeatNode) else node.value
            if value not in (None, "", []):
                answers[node.item.key] = value
        return answers

    def written(self) -> dict[str, Any]:
        """Return everything answered at this level by key, relevant or not; what cannot be read as it was typed."""
        answers: dict[str, Any] = {}
        for node in self.level():
            if isinstance(node, RepeatNode):
                value: Any = [{**instance.other_answers, **instance.written()} for instance in node.children]
            else:
                value = node.typed or node.value
            if value not in (None, "", []):
                answers[node.item.key] = value
        return answers


class AnswerNode(FormNode):
    """A question where it stands, its value, and what was typed if that could not be read."""

    item: Question

    def __init__(self, item: Question, node: Node, parent: FormNode) -> None:
        super().__init__(item, node, parent)
        self.value: Any = None
        self.read_error: UnreadableError | None = None
        self.typed = ""
        self.touched = False

    def set_value(self, raw: object) -> bool:
        """Set typed text or a value; return whether the answer changed. What cannot be read is kept as typed."""
        before = self.value, self.typed
        self.read_error, self.typed = None, ""
        if _empty(raw) or raw is False:  # a box that is not ticked
            self.value = None
        else:
            try:
                self.value = self._read(raw)
            except UnreadableError as error:
                self.value, self.read_error, self.typed = None, error, str(raw)
        self.xpath_node.value = self._text()
        return before != (self.value, self.typed)

    def set_result(self, result: object) -> bool:
        """Take the result of a calculation; return whether the answer changed."""
        if isinstance(result, list):
            numeric = bool(result) and result[0].type in ("int", "decimal")
            text = to_string(result)
            result = float(text) if numeric and text else text
        if isinstance(result, bool):
            result = to_string(result)
        if isinstance(result, float) and not math.isfinite(result):  # something was divided by nought
            result = ""
        if isinstance(result, float) and result.is_integer():
            result = int(result)
        return self.set_value(result)

    @property
    def empty(self) -> bool:
        """Whether nothing is answered, not even something that cannot be read."""
        return self.value in (None, []) and not self.typed

    def _read(self, raw: object) -> Any:
        kind = stored_kind(self.item)
        if kind == "select_multiple":
            parts = raw if isinstance(raw, list | tuple | set | frozenset) else str(raw).split()
            return [read_text(part) for part in parts] or None
        if self.item.kind == "calculate" and self.item.type == "string":
            return self._result(raw)
        if self.item.kind in ("hidden", "metadata") and kind == "text":
            return str(raw)
        if self.item.kind == "acknowledge":
            return read_tick(raw)
        if kind == "date" and self.item.appearance & _COARSE:
            return read_month(raw)
        return READERS.get(kind, read_text)(raw)

    def _result(self, raw: object) -> str | int | float:
        """Return a calculation's result: a number stays one, though ``once(…)`` gives it back as text."""
        if isinstance(raw, int | float):
            return raw
        number = read_decimal(raw) if self.item.numeric else None
        if number is None:
            return str(raw)
        return int(number) if number.is_integer() else number

    def _text(self) -> str:
        if self.value is None:
            return ""
        if isinstance(self.value, list):
            return " ".join(self.value)
        return to_string(float(self.value)) if isinstance(self.value, int | float) else str(self.value)


class InstanceNode(FormNode):
    """One of a repeat: the first guardian, the second. ``other_answers`` are answers that the form no longer asks."""

    item: Repeat
    other_answers: Mapping[str, Any]

    def __init__(self, item: Repeat, node: Node, parent: FormNode) -> None:
        super().__init__(item, node, parent)
        self.other_answers = {}

    def update_relevance(self) -> None:
        """Work out relevance from what the whole repeat stands in: the repeat's condition is asked of each."""
        above = self.parent.parent if self.parent else None
        self.xpath_node.relevant = self.condition and (above is None or above.relevant)
        for child in self.children:
            child.update_relevance()


class RepeatNode(FormNode):
    """A repeat: its instances, and those removed, which can be restored.

    Its ``xpath_node`` is a stand-in beside those of the instances, so that the repeat's conditions can be evaluated
    while it has no instance.
    """

    item: Repeat
    children: list[InstanceNode]  # type: ignore[assignment]

    def __init__(self, item: Repeat, node: Node, parent: FormNode) -> None:
        super().__init__(item, node, parent)
        self.removed: list[tuple[int, InstanceNode]] = []

    def records(self) -> list[dict[str, Any]]:
        """Return the record of each relevant instance, with the answers that the form no longer asks."""
        return [{**node.other_answers, **node.record()} for node in self.children if node.relevant]

    def add(self, index: int | None = None) -> InstanceNode:
        """Add an instance with its static defaults, at the end or at an index."""
        node = InstanceNode(self.item, Node(self.item.name, repeat=True), self)
        _build(self.item.items, node)
        self._insert(len(self.children) if index is None else index, node)
        return node

    def remove_instance(self, index: int) -> None:
        """Remove an instance and keep it for `restore_instance`."""
        node = self.children.pop(index)
        _parent(self.xpath_node).remove(node.xpath_node)
        self.removed.append((index, node))

    def restore_instance(self) -> int:
        """Restore the instance that was removed last; return its index."""
        index, node = self.removed.pop()
        index = min(index, len(self.children))
        self._insert(index, node)
        return index

    def _insert(self, index: int, node: InstanceNode) -> None:
        parent = _parent(self.xpath_node)
        if index < len(self.children):
            place = parent.children.index(self.children[index].xpath_node)
        elif self.children:
            place = parent.children.index(self.children[-1].xpath_node) + 1
        else:
            place = self._first_place(parent)
        parent.insert(place, node.xpath_node)
        self.children.insert(index, node)
        node.update_relevance()

    def _first_place(self, parent: Node) -> int:
        """Return where the first instance belongs: after the nodes of all that stands before the repeat."""
        siblings = self.parent.children if self.parent else []
        before = {
            xpath_node for node in siblings[: siblings.index(self)] for xpath_node in _xpath_nodes(node)
        }
        return sum(child in before for child in parent.children)


def _build(items: Sequence[Item], parent: FormNode) -> None:
    """Make the nodes of these items below a node, with static defaults and no instance of any repeat."""
    for item in items:
        if isinstance(item, Repeat):
            stand_in = Node(item.name)
            stand_in.parent = parent.xpath_node
            parent.children.append(RepeatNode(item, stand_in, parent))
        elif isinstance(item, Group):
            node = FormNode(item, parent.xpath_node.add(item.name), parent)
            parent.children.append(node)
            _build(item.items, node)
        elif isinstance(item, Question):
            answer = AnswerNode(item, parent.xpath_node.add(item.name, type=item.type), parent)
            parent.children.append(answer)


def build_tree(form: Form) -> FormNode:
    """Return the node of a whole form, its address empty."""
    root = FormNode(
        Group(key="", name=form.root, path=f"/{form.root}", items=form.items), Node(form.root), None
    )
    _build(form.items, root)
    return root


def _xpath_nodes(node: FormNode) -> list[Node]:
    return (
        [child.xpath_node for child in node.children] if isinstance(node, RepeatNode) else [node.xpath_node]
    )


def _parent(node: Node) -> Node:
    if node.parent is None:
        raise ValueError(f"{node.name} stands in no instance")
    return node.parent


def _empty(raw: object) -> bool:
    """Whether a value is what spreadsheets, frames and boxes give for nothing: None, NaN, NaT, only spaces."""
    if isinstance(raw, str):
        return not raw.strip()
    if isinstance(raw, list | tuple | set | frozenset):
        return not raw
    return raw is None or raw != raw  # NaN and NaT differ from themselves
