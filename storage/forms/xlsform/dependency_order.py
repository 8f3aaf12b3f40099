"""In which order a form's expressions are computed, and what has to be computed again after a change.

A rule is one expression that changes what others read: whether something is relevant, a calculation, the number
of a repeat's instances. Rules are sorted once per form so that each runs after all it reads; a form in which that
cannot be done has a circular dependency and is refused.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import Literal, TypeVar

from guanai.care.errors import FormError
from guanai.storage.forms.xlsform.items import Item, Question, Repeat, walk
from guanai.storage.forms.xlsform.sheets import FormSheets, Place
from guanai.storage.forms.xpath.expressions import Expression

__all__ = ["DependencyOrder", "Rule"]

T = TypeVar("T")
MOST_READ = 200_000  # answers that the expressions of a form read, all counted


@dataclass(frozen=True, eq=False)
class Rule:
    """One expression, what it decides of which item, and its place in the order."""

    item: Item
    decides: Literal["relevant", "calculate", "count"]
    expression: Expression
    index: int = 0


class DependencyOrder:
    """The rules of a form in the order in which they run, with their readers by path.

    ``readers[path]`` are the rules to run again when something at that path has changed; ``viewers[path]`` the
    paths of the items that then are shown differently though nothing of theirs was computed: labels with a value in
    them, conditions on being required, choices.
    """

    def __init__(self, items: tuple[Item, ...], sheets: FormSheets | None = None) -> None:
        self.items = {item.path: item for item in walk(items)}
        self._paths_below: dict[str, tuple[str, ...]] = {
            path: tuple(inner.path for inner in walk((item,))) for path, item in self.items.items()
        }
        self._read = 0
        self._affected: dict[str, tuple[str, ...]] = {}
        self.triggered: dict[str, list[Question]] = defaultdict(list)  # by the path of what triggers
        for item in self.items.values():
            if isinstance(item, Question):
                for path in item.triggers:
                    self.triggered[path].append(item)
        self._sheets = sheets
        self.rules = self._sorted(tuple(self._rules()), sheets)
        self.readers = self._by_path((rule.item, rule.expression, rule) for rule in self.rules)
        self.viewers = self._by_path(
            (item, expression, item.path) for item in self.items.values() for expression in _shown(item)
        )
        self._sheets = None  # they are needed for messages only

    def below(self, path: str) -> tuple[str, ...]:
        """Return a path and all paths below it."""
        return self._paths_below[path]

    def affected_by(self, path: str) -> tuple[str, ...]:
        """Return the paths of all whose state may differ after an answer at a path has changed, itself too."""
        if path not in self._affected:
            affected = {path: None}
            waiting = [path]
            while waiting:
                at = waiting.pop()
                changes = [self._changed_by(rule) for rule in self.readers.get(at, ())]
                changes += [(item.path,) for item in self.triggered.get(at, ())]
                for inner in [inner for paths in changes for inner in paths if inner not in affected]:
                    affected[inner] = None
                    waiting.append(inner)
            viewers = dict.fromkeys(viewer for at in affected for viewer in self.viewers.get(at, ()))
            self._affected[path] = tuple({**affected, **viewers, **self._above(affected)})
        return self._affected[path]

    def _above(self, paths: Iterable[str]) -> dict[str, None]:
        """Return the repeats around these paths: their state holds the answers inside."""
        steps = (path.split("/") for path in paths)
        around = ("/".join(parts[:depth]) for parts in steps for depth in range(2, len(parts)))
        return {path: None for path in around if isinstance(self.items.get(path), Repeat)}

    def _changed_by(self, rule: Rule) -> tuple[str, ...]:
        return (rule.item.path,) if rule.decides == "calculate" else self._paths_below[rule.item.path]

    def reads(self, expression: Expression, at: str) -> Iterator[str]:
        """Yield the form's paths that an expression reads when it stands at a path.

        Raises FormError where the expressions of the form, all counted, read more than `MOST_READ`.
        """
        for reference in expression.references(at):
            paths = self._paths_of(reference)
            self._read += len(paths)
            if self._read > MOST_READ:
                raise FormError("form.too_linked", **self._place(self.items[at]))
            yield from paths

    def _paths_of(self, reference: str) -> Collection[str]:
        if reference == "/":
            return self.items
        if reference.endswith("//*"):
            return tuple(self._under(reference.removesuffix("//*")))
        if reference.endswith("/*"):
            parent = reference.removesuffix("/*")
            return tuple(path for path in self._under(parent) if path.rpartition("/")[0] == parent)
        return (reference,) if reference in self.items else ()

    def _place(self, item: Item, column: str = "") -> Place:
        return self._sheets.place("survey", item.row, column) if self._sheets else Place()

    def _under(self, path: str) -> Iterator[str]:
        return (inner for inner in self.items if inner.startswith(f"{path}/"))

    def _rules(self) -> Iterator[Rule]:
        for item in self.items.values():
            if item.relevant:
                yield Rule(item, "relevant", item.relevant)
            if isinstance(item, Repeat) and item.count:
                yield Rule(item, "count", item.count)
            if isinstance(item, Question) and item.calculate:
                yield Rule(item, "calculate", item.calculate)

    def _sorted(self, rules: tuple[Rule, ...], sheets: FormSheets | None) -> tuple[Rule, ...]:
        makers: dict[str, list[Rule]] = defaultdict(list)
        for rule in rules:
            for path in self._changed_by(rule):
                makers[path].append(rule)
        sorter: TopologicalSorter[Rule] = TopologicalSorter()
        for rule in rules:
            paths = self.reads(rule.expression, rule.item.path)
            read = dict.fromkeys(maker for path in paths for maker in makers[path])
            if rule.decides == "calculate" and rule.expression.grows(rule.item.path):
                raise FormError(
                    "form.circle",
                    **self._place(rule.item, "calculation"),
                    names=f"{rule.item.name} → {rule.item.name}",
                )
            if rule.decides == "calculate":  # "if(. = '', …, .)" keeps what it once computed
                read.pop(rule, None)
            sorter.add(rule, *read)
        try:
            ordered = tuple(sorter.static_order())
        except CycleError as error:
            raise _cycle_error(error.args[1], sheets) from error
        return tuple(replace(rule, index=index) for index, rule in enumerate(ordered))

    def _by_path(self, readers: Iterable[tuple[Item, Expression, T]]) -> dict[str, tuple[T, ...]]:
        by_path: dict[str, dict[T, None]] = defaultdict(dict)
        for item, expression, reader in readers:
            for path in self.reads(expression, item.path):
                by_path[path][reader] = None
        return {path: tuple(by) for path, by in by_path.items()}


def _shown(item: Item) -> Iterator[Expression]:
    """Yield the expressions that decide how an item looks and nothing else."""
    yield from item.label.expressions()
    yield from item.hint.expressions()
    if isinstance(item, Question):
        yield from item.required_message.expressions()
        yield from item.constraint_message.expressions()
        for expression in (item.required, item.constraint, item.read_only):
            if expression:
                yield expression
        if item.choices:
            yield item.choices.items
            yield from item.choices.label_expressions


def _cycle_error(rules: list[Rule], sheets: FormSheets | None) -> FormError:
    first = min(rules, key=lambda rule: rule.item.row or 0)
    column = {"relevant": "relevant", "calculate": "calculation", "count": "repeat_count"}[first.decides]
    place = sheets.place("survey", first.item.row, column) if sheets else {}
    names = " → ".join(dict.fromkeys(rule.item.name for rule in reversed(rules)))
    return FormError("form.circle", **place, names=names)
