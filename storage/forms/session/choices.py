"""The choices of a select: from the form's own lists, or from rows that are kept elsewhere, such as ``child.csv``."""

import re
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, partial
from random import Random, getrandbits
from typing import Any, cast

from guanai.storage.forms.xlsform.definitions import Form, Instances
from guanai.storage.forms.xlsform.items import ItemSet, Question, Wording
from guanai.storage.forms.xpath.contexts import Environment
from guanai.storage.forms.xpath.node_tree import Node
from guanai.templates.wording import LANGUAGES, say

__all__ = ["Choice", "ChoiceLists", "cache_choices", "fill_in"]

_BETWEEN = re.compile(r"[\s、，,；;]+")


@dataclass(frozen=True)
class Choice:
    """One thing that can be chosen: the name that is stored and the label that is read."""

    name: str
    label: str


@dataclass
class _CachedChoices:
    """The choices of a list, cached by the cells that are name and label and by language."""

    choices: dict[tuple[str, ...], tuple[Choice, ...]] = field(default_factory=dict)
    labels: dict[tuple[str, ...], dict[str, str]] = field(default_factory=dict)
    names: dict[tuple[str, ...], dict[str, set[str]]] = field(default_factory=dict)

    def add(self, key: tuple[str, ...], choices: Iterable[Choice]) -> None:
        self.choices[key] = tuple(choices)
        self.labels[key] = {choice.name: choice.label for choice in self.choices[key]}


@dataclass
class _ChoiceTable:
    """A list as a form reads it: its choices, and the tree that expressions read, made when one does.

    ``common`` are the choices that every form makes alike of these rows, ``own`` those whose labels are the form's.
    """

    make_tree: Callable[[], Node]
    rows: list[dict[str, Any]] | None = None
    common: _CachedChoices = field(default_factory=_CachedChoices)
    own: _CachedChoices = field(default_factory=_CachedChoices)

    @cached_property
    def tree(self) -> Node:
        return self.make_tree()

    def pairs(self, value: str, label: str) -> list[tuple[str, str]]:
        """Return two cells of each row, for which ten thousand children need no tree."""
        if self.rows is None:
            return [(item.text_of(value), item.text_of(label)) for item in self.tree.items()]
        return [(_text(row.get(value)), _text(row.get(label))) for row in self.rows]


class ChoiceLists(Mapping[str, Node]):
    """The secondary instances of one session, by id: the form's own at once, others when first read."""

    def __init__(self, form: Form, root: Node, instances: Instances | None) -> None:
        self._form = form
        self._instances = instances
        self._root = root
        self._seed = getrandbits(64)
        self._tables = {name: _own(tree) for name, tree in form.lists.items()}

    def __getitem__(self, name: str) -> Node:
        return self._table(name).tree

    def __iter__(self) -> Iterator[str]:
        return iter({**self._form.lists, **dict.fromkeys(self._form.external)})

    def __len__(self) -> int:
        return len(self._form.lists) + len(self._form.external)

    def is_known(self, itemset: ItemSet) -> bool:
        """Whether it is known what can be chosen: not for a list kept elsewhere in a session without one."""
        return self._instances is not None or itemset.instance not in self._form.external

    def offered(self, question: Question, node: Node, environment: Environment) -> tuple[Choice, ...]:
        """Return the choices of a question where it stands, its filter applied."""
        itemset = question.choices
        if itemset is None:
            return ()
        if not itemset.filtered:
            return self.all(itemset, environment)
        # The same shuffle each time while the form is open: choices must not move under the mouse.
        if itemset.items.volatile:
            environment = replace(environment, chance=Random(f"{self._seed} {node.path}"))  # noqa: S311 - no secret
        items = itemset.items.nodes(environment, node)
        return tuple(self._choice(itemset, item, environment) for item in items)

    def offered_names(self, question: Question, node: Node, environment: Environment) -> Collection[str]:
        """Return the names that a question offers where it stands; of a list without a filter none is made for it."""
        itemset = question.choices
        if itemset is None or (itemset.instance and not itemset.filtered):
            return self.labels(itemset, environment).keys() if itemset else ()
        return {choice.name for choice in self.offered(question, node, environment)}

    def label(self, question: Question, value: str, environment: Environment) -> str:
        """Return the label of a choice whether or not the filter offers it now; the value itself if unknown."""
        itemset = question.choices
        return self.labels(itemset, environment).get(value, value)

    def name_of(self, question: Question, typed: str, environment: Environment) -> str:
        """Return the name of a choice that was given by its label in any language; what is unknown stays.

        A record of a register may be given by its bare name too, as a list on paper has it. Several choices may be
        parted by spaces or by 、，,；;. What two choices share names neither.
        """
        itemset = question.choices
        if not itemset or not typed or typed in self.labels(itemset, environment):
            return typed
        names = self._names(itemset, environment)
        whole = _only(names, typed.strip())
        if question.kind == "select_one" or whole != typed.strip():
            return whole
        return " ".join(_only(names, part) for part in _BETWEEN.split(typed) if part)

    def labels_meant(self, question: Question, typed: str, environment: Environment) -> list[str]:
        """Return the labels of the choices that a text may stand for; none where it is one's, or nobody's."""
        if not question.choices:
            return []
        names = self._names(question.choices, environment)
        labels = {self.label(question, name, environment) for name in _matches(names, typed)}
        return sorted(labels) if len(labels) > 1 else []

    def _table(self, name: str) -> _ChoiceTable:
        if name not in self._tables:
            if name not in self._form.external:
                raise KeyError(name)
            self._tables[name] = _shared(self._form, name, self._instances(name) if self._instances else [])
        return self._tables[name]

    def all(self, itemset: ItemSet, environment: Environment) -> tuple[Choice, ...]:
        """Return every choice of a list; those whose label can change with the answers are built anew each time."""
        table, cache = self._cache(itemset)
        key = _key(itemset, environment)
        if key not in cache.choices or itemset.label_expressions:
            if itemset.has_own_labels:
                cache.add(key, (self._choice(itemset, item, environment) for item in table.tree.items()))
            else:
                cache.add(key, _plain(table, itemset))
        return cache.choices[key]

    def labels(self, itemset: ItemSet | None, environment: Environment) -> Mapping[str, str]:
        """Return the label of every choice of a list by its name: to be read, never to be changed."""
        if itemset is None or not itemset.instance:
            return {}
        self.all(itemset, environment)
        return self._cache(itemset)[1].labels[_key(itemset, environment)]

    def _cache(self, itemset: ItemSet) -> tuple[_ChoiceTable, _CachedChoices]:
        table = self._table(itemset.instance)
        return table, table.own if itemset.has_own_labels else table.common

    def _names(self, itemset: ItemSet, environment: Environment) -> Mapping[str, set[str]]:
        """Return the names that each label, in any language, and each name can stand for."""
        if not itemset.instance:
            return {}
        table, cache = self._cache(itemset)
        languages = self._form.languages if itemset.translated else (environment.language,)
        key = (itemset.value, itemset.label, *languages)
        if key not in cache.names or itemset.label_expressions:
            names: dict[str, set[str]] = defaultdict(set)
            by_bare_name: dict[str, set[str]] = defaultdict(set)
            for language in languages:
                for name, label in self.labels(itemset, replace(environment, language=language)).items():
                    names[label].add(name)
                    names[name] = {name}
            for row in table.rows or ():  # 林小雨, where the label is 林小雨（三年级1班）
                bare = _bare(_text(row.get("name")))
                if bare and not names.get(bare, set()) - by_bare_name[bare]:
                    by_bare_name[bare].add(_text(row.get(itemset.value)))
                    names[bare] = by_bare_name[bare]
            cache.names[key] = dict(names)
        return cache.names[key]

    def _choice(self, itemset: ItemSet, item: Node, environment: Environment) -> Choice:
        name, label = item.text_of(itemset.value), item.text_of(itemset.label)
        if itemset.translated:
            label = fill_in(self._form.wordings.get(label, Wording()), item, environment, self._root)
        elif itemset.other and (name, label) == ("other", "Other"):
            label = say("form.other", environment.language if environment.language in LANGUAGES else None)
        return Choice(name, label or name)


def _key(itemset: ItemSet, environment: Environment) -> tuple[str, ...]:
    return itemset.value, itemset.label, environment.language if itemset.has_own_labels else ""


def fill_in(wording: Wording, node: Node, environment: Environment, current: Node | None = None) -> str:
    """Return a text in the session's language with the values of its expressions filled in.

    ``current`` is a node of the answers where the text itself stands elsewhere, as a choice's label does.
    """
    parts = wording.parts(environment.language)
    return "".join(
        part if isinstance(part, str) else part.string(environment, node, current) for part in parts
    )


class _LatestCache(OrderedDict[Any, tuple[list[dict[str, Any]], Any]]):
    """A cache of what is computed from the rows of a list, by any key: valid while the rows are the same object.

    An import opens a session for each of ten thousand rows; each reads the same lists of thousands of children.
    """

    at_most = 32

    def of(self, key: Any, rows: list[dict[str, Any]], make: Callable[[], Any]) -> Any:
        if key not in self or self[key][0] is not rows:
            self[key] = (rows, make())
            self.move_to_end(key)
            while len(self) > self.at_most:
                self.popitem(last=False)
        return self[key][1]


_common, _tables = _LatestCache(), _LatestCache()


def _shared(form: Form, name: str, rows: list[dict[str, Any]]) -> _ChoiceTable:
    """Return rows as a table, one for all sessions of a form (an import opens many); its choices are one for all forms."""

    def make() -> _ChoiceTable:
        return _ChoiceTable(partial(_tree, rows, form.names), rows, _common.of(name, rows, _CachedChoices))

    return cast(_ChoiceTable, _tables.of((form.source, name), rows, make))


def cache_choices(forms: Iterable[Form], instances: Instances) -> None:
    """Cache the choices that forms take from registers before one is opened; lists with a filter are left out."""
    for form in forms:
        for itemset in filter(None, (question.choices for question in form.questions())):
            if itemset.instance in form.external and not itemset.filtered and not itemset.has_own_labels:
                table = _shared(form, itemset.instance, instances(itemset.instance))
                key = (itemset.value, itemset.label, "")
                if key not in table.common.choices:
                    table.common.add(key, _plain(table, itemset))


def _plain(table: _ChoiceTable, itemset: ItemSet) -> Iterator[Choice]:
    """Yield the choices of a list that says their labels itself."""
    return (Choice(value, label or value) for value, label in table.pairs(itemset.value, itemset.label))


@lru_cache(maxsize=1000)
def _own(tree: Node) -> _ChoiceTable:
    """Return a form's own list as a table, one for all sessions; labels that can change are computed each time."""
    return _ChoiceTable(lambda: tree)


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


def _bare(text: str) -> str:
    """Return a text without spaces: lists set 张 三 as wide as names of three characters."""
    return "".join(text.split())


def _only(names: Mapping[str, set[str]], typed: str) -> str:
    matches = _matches(names, typed)
    return next(iter(matches)) if len(matches) == 1 else typed


def _matches(names: Mapping[str, set[str]], typed: str) -> set[str]:
    return names.get(typed) or names.get(_bare(typed), set())


def _text(value: object) -> str:
    if value is None or value != value:  # NaN differs from itself
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list | tuple):
        return " ".join(str(part) for part in value)
    return str(value)
