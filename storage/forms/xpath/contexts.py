"""Where an expression is evaluated: the environment of a session, and the place in the tree at one moment."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from guanai.storage.forms.xpath.node_tree import Node
from guanai.storage.forms.xpath.work import Work

__all__ = ["Context", "Environment"]


def _this_moment() -> datetime:
    return datetime.now().astimezone()


def _no_label(key: str) -> str:
    return key


def _no_choice_label(path: str, value: str, node: Node) -> str:
    return value


@dataclass(slots=True)
class Environment:
    """What a session gives its expressions.

    ``instances`` gives a secondary instance by its id: a node whose child is ``root`` with the ``item`` elements,
    so that ``instance('x')/root/item`` finds them. ``now`` is the clock. ``choice_label(path, value, node)`` is
    the label of a choice of the question at a path, ``itext(id)`` a text of the form, both in the session's
    language; ``person`` is who fills the form in; ``work`` counts what its expressions do.
    """

    now: Callable[[], datetime] = _this_moment
    instances: Mapping[str, Node] = field(default_factory=dict)
    language: str = "zh"
    choice_label: Callable[[str, str, Node], str] = _no_choice_label
    itext: Callable[[str], str] = _no_label
    version: str = ""
    person: str = ""
    chance: random.Random = field(default_factory=random.SystemRandom)
    work: Work = field(default_factory=Work)


class Context:
    """The context node with its position among the nodes of a predicate; ``current`` is the question's node."""

    __slots__ = (
        "_repeats",
        "current",
        "environment",
        "memory",
        "node",
        "position",
        "size",
        "top",
    )

    def __init__(self, environment: Environment, node: Node, current: Node) -> None:
        self.environment = environment
        self.node = node
        self.current = current
        self.top = current.document
        self.position = 1
        self.size = 1
        self.memory: dict[int, object] | None = None
        self._repeats: list[Node] | None = None

    def among(self, size: int) -> "Context":
        """Return a context for a predicate over so many nodes, still of the same question.

        Its ``memory`` keeps what is the same for all of them.
        """
        inner = Context.__new__(Context)
        inner.environment, inner.node = self.environment, self.node
        inner.current, inner.top = self.current, self.top
        inner.position, inner.size = 1, size
        inner.memory = {}
        inner._repeats = self._repeats
        return inner

    @property
    def repeats(self) -> list[Node]:
        """The instances of repeats that the question stands in."""
        if self._repeats is None:
            self._repeats = [node for node in (self.current, *self.current.ancestors()) if node.repeat]
        return self._repeats
