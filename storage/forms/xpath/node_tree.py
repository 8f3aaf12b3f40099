"""The light tree that expressions read: answers of a session, or items of a secondary instance.

A question is a node with a ``value``; a group, a repeat's instance
and the root have ``children``. Children are found by name through an index that is built when first asked for,
so a step such as ``/data/birth_date`` costs the same in a form of 3 and of 300 questions.

>>> data = Node("data")
>>> data.add("name", "Li", type="string").path
'/data/name'
"""

from collections.abc import Iterator
from typing import Literal

__all__ = ["Kind", "Node", "in_document_order"]

Kind = Literal["root", "element", "attribute", "text"]


class Node:
    """One node: an element unless ``kind`` says otherwise.

    ``type`` is the bind type of a question (``int``, ``decimal``, ``date``, ``dateTime``, ``time``, ``string`` …);
    None for what has none: groups, secondary instances. ``relevant`` is set by the session, for a
    group's descendants too: paths do not find what is not relevant. ``repeat`` marks each instance of a repeat.
    """

    __slots__ = (
        "_by_name",
        "_content",
        "_document",
        "children",
        "kind",
        "name",
        "parent",
        "relevant",
        "repeat",
        "type",
        "value",
    )

    def __init__(
        self,
        name: str = "",
        value: str = "",
        *,
        type: str | None = None,
        kind: Kind = "element",
        repeat: bool = False,
    ) -> None:
        self.name = name
        self.value = value
        self.type = type
        self.kind: Kind = kind
        self.repeat = repeat
        self.relevant = True
        self.parent: Node | None = None
        self.children: list[Node] = []
        self._by_name: dict[str, list[Node]] | None = None
        self._content: Node | None = None
        self._document: Node | None = None

    def __repr__(self) -> str:
        return f"Node({self.path or self.kind!r}, {self.text!r})"

    def add(self, name: str, value: str = "", *, type: str | None = None, repeat: bool = False) -> "Node":
        """Append an element and return it."""
        return self.insert(len(self.children), Node(name, value, type=type, repeat=repeat))

    def insert(self, index: int, child: "Node") -> "Node":
        """Put a node among the children and return it."""
        child.parent = self
        self.children.insert(index, child)
        self._by_name = None
        return child

    def remove(self, child: "Node") -> None:
        """Take a child out."""
        self.children.remove(child)
        child.parent = None
        self._by_name = None

    def named(self, name: str) -> list["Node"]:
        """Return the child elements of a name, in order."""
        index = self._by_name
        if index is None:
            index = {}
            for child in self.children:
                if child.kind == "element":
                    index.setdefault(child.name, []).append(child)
            self._by_name = index
        return index.get(name, [])

    def items(self) -> list["Node"]:
        """Return the items of a secondary instance: ``instance('x')/root/item``."""
        return [item for root in self.named("root") for item in root.named("item")]

    def text_of(self, name: str) -> str:
        """Return the text of the first child of a name, empty when there is none."""
        children = self.named(name)
        return children[0].text if children else ""

    @property
    def text(self) -> str:
        """The string value as XPath has it: own text, or that of all elements below in order."""
        if not self.children:
            return self.value
        return "".join(child.text for child in self.children if child.kind in ("element", "text"))

    @property
    def content(self) -> list["Node"]:
        """The children with text nodes; the text of a question has its node made when first asked for."""
        if self.children or not self.value or self.kind not in ("element", "root"):
            return self.children
        if self._content is None:
            self._content = Node(kind="text")
            self._content.parent = self
        self._content.value = self.value
        return [self._content]

    @property
    def path(self) -> str:
        """The absolute path of names, without positions: ``/data/guardians/name``."""
        if self.kind == "root":
            return ""
        step = f"@{self.name}" if self.kind == "attribute" else self.name
        return f"{self.parent.path if self.parent else ''}/{step}"

    @property
    def top(self) -> "Node":
        """The uppermost node of the tree."""
        node = self
        while node.parent is not None:
            node = node.parent
        return node

    @property
    def document(self) -> "Node":
        """The root above the uppermost element, where absolute paths start."""
        top = self.top
        if top.kind == "root":
            return top
        if top._document is None:
            top._document = Node(kind="root")
            top._document.children = [top]
        return top._document

    @property
    def place(self) -> int:
        """The position among the siblings of the same name, from 1."""
        if self.parent is None:
            return 1
        return next(place for place, node in enumerate(self.parent.named(self.name), 1) if node is self)

    def ancestors(self) -> Iterator["Node"]:
        """Yield parent, grandparent, … up to the top."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def descendants(self) -> Iterator["Node"]:
        """Yield everything below in document order, text nodes included."""
        for child in self.content:
            yield child
            yield from child.descendants()


def in_document_order(nodes: list[Node]) -> list[Node]:
    """Return the nodes without duplicates in document order."""
    unique = list(dict.fromkeys(nodes))
    if len(unique) < 2:
        return unique
    places: dict[
        Node, dict[Node, int]
    ] = {}  # of the children of each node, so that many nodes cost no square

    def steps_to(node: Node) -> tuple[int, ...]:
        steps = []
        while (parent := node.parent) is not None:
            if parent not in places:
                places[parent] = {child: place for place, child in enumerate(parent.content)}
            steps.append(places[parent][node])
            node = parent
        return tuple(reversed(steps))

    return sorted(unique, key=steps_to)
