"""The choices of a select: from the form's own lists, or from rows that are kept elsewhere, such as ``child.csv``."""

import re
from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from guanai.storage.forms.contexts import Environment
from guanai.storage.forms.definitions import Form, Instances, ItemSet, Question, Wording
from guanai.storage.forms.nodes import Node

__all__ = ["Choice", "Lists", "filled"]


@dataclass(frozen=True)
class Choice:
    """One thing that can be chosen: the name that is stored and the label that is read."""

    name: str
    label: str


class Lists(Mapping[str, Node]):
    """The secondary instances of one session, by id: the form's own at once, others when first asked for."""

    def __init__(self, form: Form, instances: Instances | None) -> None:
        self._form = form
        self._instances = instances
        self._found: dict[str, Node] = dict(form.lists)
        self._labels: dict[tuple[str, str, str, str], dict[str, str]] = {}

    def __getitem__(self, name: str) -> Node:
        if name not in self._found:
            if name not in self._form.external:
                raise KeyError(name)
            self._found[name] = _tree_of(self._form, name, self._instances(name) if self._instances else [])
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._form.lists, **dict.fromkeys(self._form.external)})

    def __len__(self) -> int:
        return len(self._form.lists) + len(self._form.external)

    def known(self, itemset: ItemSet) -> bool:
        """Whether it is known what can be chosen: not for a list kept elsewhere in a session without one."""
        return self._instances is not None or itemset.instance not in self._form.external

    def offered(self, question: Question, node: Node, environment: Environment) -> tuple[Choice, ...]:
        """Return the choices of a question where it stands, its filter applied."""
        itemset = question.choices
        if itemset is None:
            return ()
        items = itemset.items.nodes(environment, node)
        return tuple(self._choice(itemset, item, environment) for item in items)

    def label(self, question: Question, value: str, environment: Environment) -> str:
        """Return the label of a choice whether or not the filter offers it now; the value itself if unknown."""
        itemset = question.choices
        return self._labelled(itemset, environment).get(value, value) if itemset else value

    def named(self, question: Question, typed: str, environment: Environment) -> str:
        """Return the name of a choice that was given by its label in any language; what is unknown stays.

        Several choices may be parted by spaces or by 、，,；;. A label that two choices share names neither.
        """
        itemset = question.choices
        if not itemset:
            return typed
        names = self._labelled(itemset, environment)
        if typed in names:
            return typed
        found: dict[str, set[str]] = defaultdict(set)
        for language in self._form.languages:
            for name, label in self._labelled(itemset, replace(environment, language=language)).items():
                found[label].add(name)

        def name_of(part: str) -> str:
            alike = found.get(part, set())
            return part if part in names or len(alike) != 1 else next(iter(alike))

        whole = name_of(typed.strip())
        if question.kind == "select_one" or whole != typed.strip():
            return whole
        return " ".join(name_of(part) for part in re.split(r"[\s、，,；;]+", typed) if part)

    def _labelled(self, itemset: ItemSet, environment: Environment) -> dict[str, str]:
        """Return the labels of a whole list by name, in the session's language."""
        key = (itemset.instance, itemset.value, itemset.label, environment.language)
        if itemset.instance and key not in self._labels:
            found = (self._choice(itemset, item, environment) for item in self._all(itemset.instance))
            self._labels[key] = {choice.name: choice.label for choice in found}
        return self._labels.get(key, {})

    def _all(self, name: str) -> list[Node]:
        return [item for root in self[name].named("root") for item in root.named("item")]

    def _choice(self, itemset: ItemSet, item: Node, environment: Environment) -> Choice:
        name, label = _part(item, itemset.value), _part(item, itemset.label)
        if itemset.translated:
            label = filled(self._form.wordings.get(label, Wording()), item, environment)
        return Choice(name, label or name)


def filled(wording: Wording, node: Node, environment: Environment) -> str:
    """Return a text in the session's language with the values of its expressions filled in."""
    parts = wording.parts(environment.language)
    return "".join(part if isinstance(part, str) else part.string(environment, node) for part in parts)


def _part(item: Node, name: str) -> str:
    found = item.named(name)
    return found[0].text if found else ""


_trees: OrderedDict[tuple[str, str], tuple[list[dict[str, Any]], Node]] = OrderedDict()
_TREES_AT_MOST = 32


def _tree_of(form: Form, name: str, rows: list[dict[str, Any]]) -> Node:
    """Return rows as nodes; while a list is the same object, sessions share one tree of it (an import opens many)."""
    key = (form.source, name)
    if key not in _trees or _trees[key][0] is not rows:
        _trees[key] = (rows, _tree(rows, form.names))
        _trees.move_to_end(key)
        while len(_trees) > _TREES_AT_MOST:
            _trees.popitem(last=False)
    return _trees[key][1]


def _tree(rows: list[dict[str, Any]], names: frozenset[str]) -> Node:
    """Return rows as nodes, of their cells only those that the form can be asking for: of 40 often two or three."""
    instance = Node("instance")
    root = instance.add("root")
    for row in rows:
        item = root.add("item")
        for name, value in row.items():
            if name in names or "*" in names:
                item.add(name, _text(value))
    return instance


def _text(value: object) -> str:
    if value is None or value != value:  # NaN differs from itself
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list | tuple):
        return " ".join(str(part) for part in value)
    return str(value)
