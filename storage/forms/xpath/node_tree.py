"""The light tree that expressions read: answers of a session, items of a secondary instance, or any XML document.

One class serves every kind of XPath node. A question is a node with a ``value``; a group, a repeat's instance
and the root have ``children``. Children are found by name through an index that is built when first asked for,
so a step such as ``/data/birth_date`` costs the same in a form of 3 and of 300 questions.

>>> data = Node("data")
>>> data.add("name", "Li", type="string").path
'/data/name'
"""

from collections.abc import Iterator
from typing import Literal

__all__ = ["PLAIN", "Kind", "Node", "document_order", "in_document_order"]

Kind = Literal["root", "element", "attribute", "text", "comment", "processing-instruction", "namespace"]

PLAIN = "xml"  # the type of a root whose tree is an XML document and no form


class Node:
    """One node: an element unless ``kind`` says otherwise.

    ``type`` is the bind type of a question (``int``, ``decimal``, ``date``, ``dateTime``, ``time``, ``string`` …);
    None for what has none: groups, secondary instances, plain XML. ``relevant`` is set by the session, for a
    group's descendants too: paths do not find what is not relevant. ``repeat`` marks each instance of a repeat.
    """

    __slots__ = (
        "_by_name",
        "_content",
        "_document",
        "_scope_nodes",
        "attributes",
        "children",
        "kind",
        "name",
        "namespaces",
        "parent",
        "prefix",
        "relevant",
        "repeat",
        "type",
        "uri",
        "value",
    )

    def __init__(
        self,
        name: str = "",
        value: str = "",
        *,
        type: str | None = None,
        kind: Kind = "element",
        uri: str = "",
        prefix: str = "",
        repeat: bool = False,
    ) -> None:
        self.name = name
        self.value = value
        self.type = type
        self.kind: Kind = kind
        self.uri = uri
        self.prefix = prefix
        self.repeat = repeat
        self.relevant = True
        self.parent: Node | None = None
        self.children: list[Node] = []
        self.attributes: list[Node] = []
        self.namespaces: dict[str, str] = {}
        self._by_name: dict[str, list[Node]] | None = None
        self._content: Node | None = None
        self._document: Node | None = None
        self._scope_nodes: list[Node] | None = None

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

    def set(self, name: str, value: str, *, uri: str = "", prefix: str = "") -> "Node":
        """Append an attribute and return it."""
        attribute = Node(name, value, kind="attribute", uri=uri, prefix=prefix)
        attribute.parent = self
        self.attributes.append(attribute)
        return attribute

    def named(self, name: str) -> list["Node"]:
        """Return the child elements of a name, in order; ``{uri}name`` for those in a namespace."""
        index = self._by_name
        if index is None:
            index = {}
            for child in self.children:
                if child.kind == "element":
                    index.setdefault(child.full_name, []).append(child)
            self._by_name = index
        return index.get(name, [])

    @property
    def full_name(self) -> str:
        """The name as `named` knows it: ``name`` or ``{uri}name``."""
        return f"{{{self.uri}}}{self.name}" if self.uri else self.name

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
    def qualified_name(self) -> str:
        """The name with its prefix as it was written."""
        return f"{self.prefix}:{self.name}" if self.prefix else self.name

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
        return next(place for place, node in enumerate(self.parent.named(self.full_name), 1) if node is self)

    def ancestors(self) -> Iterator["Node"]:
        """Yield parent, grandparent, … up to the top."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def descendants(self) -> Iterator["Node"]:
        """Yield everything below in document order, text nodes included, attributes not."""
        for child in self.content:
            yield child
            yield from child.descendants()

    def scope(self) -> dict[str, str]:
        """Return the XML namespaces in scope by prefix, the nearest first, ``xml`` last."""
        declared: dict[str, str] = {}
        for node in [self, *self.ancestors()]:
            declared = {
                **declared,
                **{prefix: node.namespaces[prefix] for prefix in node.namespaces.keys() - declared},
            }
        declared.setdefault("xml", "http://www.w3.org/XML/1998/namespace")
        return {prefix: uri for prefix, uri in declared.items() if uri}

    def scope_nodes(self) -> list["Node"]:
        """Return the namespaces in scope as nodes, the same ones at each call."""
        if self._scope_nodes is None:
            self._scope_nodes = [Node(prefix, uri, kind="namespace") for prefix, uri in self.scope().items()]
            for node in self._scope_nodes:
                node.parent = self
        return self._scope_nodes


def document_order(node: Node) -> tuple[tuple[int, int], ...]:
    """Return a key that sorts nodes of one tree in document order: an element, its attributes, its children."""
    steps = []
    while node.parent is not None:
        parent = node.parent
        if node.kind == "namespace":
            steps.append((-2, parent.scope_nodes().index(node)))
        elif node.kind == "attribute":
            steps.append((-1, parent.attributes.index(node)))
        else:
            steps.append((0, parent.content.index(node)))
        node = parent
    return tuple(reversed(steps))


def in_document_order(nodes: list[Node]) -> list[Node]:
    """Return the nodes without doubles in document order."""
    unique = list(dict.fromkeys(nodes))
    return sorted(unique, key=document_order) if len(unique) > 1 else unique
