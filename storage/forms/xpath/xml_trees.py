"""Any XML text as a tree of nodes: a secondary instance, a submission, the instance of an XForm.

Elements of the XForms namespace count as having none, as expressions name them without a prefix.
"""

from xml.parsers import expat

from guanai.care.errors import FormError
from guanai.storage.forms.xpath.node_tree import PLAIN, Node

__all__ = ["parse_document"]

XFORMS = "http://www.w3.org/2002/xforms"
XML = "http://www.w3.org/XML/1998/namespace"


class Builder:
    """Builds nodes from the events of expat."""

    def __init__(self) -> None:
        self.root = Node(kind="root", type=PLAIN)
        self.node = self.root
        self.pieces: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.flush()
        element = Node()
        self.node.insert(len(self.node.children), element)
        for key, value in attributes.items():
            if key == "xmlns" or key.startswith("xmlns:"):
                element.namespaces[key.partition(":")[2]] = value
        scope = element.scope()
        element.prefix, element.name, element.uri = self._name(name, scope, scope.get("", ""))
        for key, value in attributes.items():
            if key != "xmlns" and not key.startswith("xmlns:"):
                prefix, local, uri = self._name(key, scope, "")
                element.set(local, value, uri=uri, prefix=prefix)
        self.node = element

    def _name(self, name: str, scope: dict[str, str], otherwise: str) -> tuple[str, str, str]:
        prefix, _, local = name.rpartition(":")
        uri = scope.get(prefix, "") if prefix else otherwise
        return prefix, local, "" if uri == XFORMS else uri

    def end(self, name: str) -> None:
        self.flush()
        node = self.node
        # A question's text is its value; only mixed content needs text nodes of its own.
        if [child.kind for child in node.children] == ["text"]:
            node.value = node.children[0].value
            node.remove(node.children[0])
        self.node = node.parent or self.root

    def flush(self) -> None:
        if self.pieces and self.node is not self.root:
            self._leaf("text", "", "".join(self.pieces))
        self.pieces.clear()

    def comment(self, text: str) -> None:
        self.flush()
        self._leaf("comment", "", text)

    def instruction(self, target: str, text: str) -> None:
        self.flush()
        self._leaf("processing-instruction", target, text)

    def _leaf(self, kind: str, name: str, text: str) -> None:
        self.node.insert(len(self.node.children), Node(name, text, kind=kind))  # type: ignore[arg-type]


def parse_document(text: str, file: str = "") -> Node:
    """Return the root of an XML text; FormError, naming the file, for what is no XML or declares entities."""

    def no_entities(*_: object) -> None:
        raise FormError("expression.entities", file=file)

    builder = Builder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.pieces.append
    parser.CommentHandler = builder.comment
    parser.ProcessingInstructionHandler = builder.instruction
    parser.EntityDeclHandler = no_entities
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise FormError("expression.xml", file=file, why=str(error)) from error
    return builder.root
