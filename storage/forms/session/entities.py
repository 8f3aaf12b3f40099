"""What a record being filled in would change in another register: the ``entities`` sheet of its form.

An answer in a column ``save_to`` goes to that field of the other record. An empty answer changes nothing there: what
a visitor leaves blank shall not empty a dossier.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from guanai.storage.forms.session.answer_tree import AnswerNode, FormNode
from guanai.storage.forms.xlsform.definitions import Entity, Form
from guanai.storage.forms.xpath.contexts import Environment
from guanai.storage.forms.xpath.node_tree import Node

__all__ = ["EntityChange", "changes_of"]


@dataclass(frozen=True)
class EntityChange:
    """One record of another register to be made or changed: its register, id, what a new one is called, the values.

    ``place`` is the address of the repeat's instance that says so, empty for the form itself; ``id`` may be empty
    for one that is to be made.
    """

    place: str
    register: str
    id: str
    create: bool
    update: bool
    label: str
    values: Mapping[str, Any]


def changes_of(
    form: Form, nodes: Mapping[str, list[FormNode]], root: FormNode, environment: Environment
) -> Iterator[EntityChange]:
    """Yield what the answers would change now, in the order of the form."""
    for entity in form.entities:
        places = [root] if entity.place == root.item.path else nodes.get(entity.place, [])
        for node in places:
            if node.relevant and (node is root or node.xpath_node.repeat):
                change = _change(entity, node, environment)
                if change.create or change.update:
                    yield change


def _change(entity: Entity, node: FormNode, environment: Environment) -> EntityChange:
    expressions = entity.expressions
    nodes = _nodes(node.xpath_node)

    def decided(part: str, otherwise: bool) -> bool:
        return otherwise and (part not in expressions or expressions[part].boolean(environment, nodes[part]))

    def text(part: str) -> str:
        return expressions[part].string(environment, nodes[part]).strip() if part in expressions else ""

    values = {
        entity.saves[answer.item.path]: answer.value
        for answer in node.walk()
        if isinstance(answer, AnswerNode)
        and answer.item.path in entity.saves
        and answer.relevant
        and not answer.empty
    }
    return EntityChange(
        place=node.address,
        register=entity.register,
        id=text("id"),
        create=decided("create", entity.creates),
        update=decided("update", entity.updates),
        label=text("label"),
        values=values,
    )


def _nodes(place: Node) -> dict[str, Node]:
    """Return stand-ins for the nodes that the expressions are written for: they have parents, and are nobody's children."""
    meta = Node("meta")
    meta.parent = place
    entity = Node("entity")
    entity.parent = meta
    stand_ins = {}
    for part in ("create", "update", "id", "label"):
        node = Node(part, kind="element" if part == "label" else "attribute")
        node.parent = entity
        stand_ins[part] = node
    return stand_ins
