"""After a change: which expressions run again, in which order, until everything that depends on it is settled."""

import math
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from heapq import heappop, heappush

from guanai.storage.forms.session.answer_tree import AnswerNode, FormNode, InstanceNode, RepeatNode
from guanai.storage.forms.xlsform.definitions import Form
from guanai.storage.forms.xlsform.dependency_order import Rule
from guanai.storage.forms.xpath.contexts import Environment

__all__ = ["Recalculation"]

_INSTANCES_AT_MOST = 1000


class Recalculation:
    """The live tree of a session with its nodes by address and by path, kept computed through every change."""

    def __init__(self, form: Form, root: FormNode, environment: Environment) -> None:
        self.order = form.order
        self.environment = environment
        self.root = root
        self.by_address: dict[str, FormNode] = {}
        self.by_path: dict[str, list[FormNode]] = {}

    def index(self) -> None:
        """Give every cell its address; those behind an instance that was removed move up."""
        self.by_address = {}
        self.by_path = defaultdict(list)
        for cell in self.root.children:
            self._address(cell, "")

    def start(self, place: FormNode, *, defaults: bool) -> None:
        """Give defaults below a place that is new, and compute everything there."""
        answers = [cell for cell in place.walk() if isinstance(cell, AnswerNode)]
        if defaults:
            for cell in answers:
                if cell.empty and cell.item.default:
                    cell.take(cell.item.default)
                if cell.empty and cell.item.own:
                    cell.take(self.environment.person)
                if cell.empty and cell.item.preload:
                    cell.take(_preloaded(cell.item.preload, self.environment.now()))
        self.reshaped(place)
        if defaults:
            for cell in answers:
                if cell.empty and cell.item.default_expression:
                    cell.work_out(cell.item.default_expression.evaluate(self.environment, cell.node))
                    self.settle((cell.item.path,))

    def reshaped(self, place: FormNode) -> None:
        """Compute everything at and below a place, and all that reads it: an instance came or went."""
        self.index()
        below = self.order.below(place.item.path) if place is not self.root else tuple(self.order.items)
        own = set(below)
        self._run([rule for rule in self.order.rules if rule.item.path in own], below)

    def answered(self, cell: AnswerNode) -> None:
        """Settle what follows from a person's answer: first all that reads it, then what it triggers."""
        self.settle((cell.item.path,))
        for item in self.order.triggered.get(cell.item.path, ()):
            for target in tuple(self.by_path[item.path]):
                if isinstance(target, AnswerNode) and _side_by_side(cell, target):
                    worked_out = item.triggered
                    if target.work_out(
                        worked_out.evaluate(self.environment, target.node) if worked_out else ""
                    ):
                        self.settle((item.path,))

    def settle(self, changed: Iterable[str]) -> None:
        """Run the rules that read what changed at these paths, and those that read what they change in turn."""
        self._run((), changed)

    def _run(self, rules: Iterable[Rule], changed: Iterable[str]) -> None:
        waiting: list[int] = []
        queued: set[int] = set()

        def wait(rule: Rule) -> None:
            if rule.index not in queued:
                queued.add(rule.index)
                heappush(waiting, rule.index)

        for rule in rules:
            wait(rule)
        for path in changed:
            for rule in self.order.readers.get(path, ()):
                wait(rule)
        while waiting:
            rule = self.order.rules[heappop(waiting)]
            queued.discard(rule.index)
            for path in self._apply(rule):
                for reader in self.order.readers.get(path, ()):
                    if reader is not rule:
                        wait(reader)

    def _apply(self, rule: Rule) -> tuple[str, ...]:
        """Run a rule at every cell of its item; return the paths that changed by it."""
        path = rule.item.path
        if rule.decides == "count":
            return self._count(rule)
        changed = [self._decide(rule, cell) for cell in tuple(self.by_path[path])]
        if not any(changed):
            return ()
        return (path,) if rule.decides == "calculate" else self.order.below(path)

    def _decide(self, rule: Rule, cell: FormNode) -> bool:
        if rule.decides == "relevant":
            return cell.decide(rule.expression.boolean(self.environment, cell.node))
        return isinstance(cell, AnswerNode) and cell.work_out(
            rule.expression.evaluate(self.environment, cell.node)
        )

    def _count(self, rule: Rule) -> tuple[str, ...]:
        """Give a repeat as many instances as its count says; those too many are kept for when it says more."""
        changed = False
        for series in tuple(self.by_path[rule.item.path]):
            if not isinstance(series, RepeatNode):
                continue
            number = rule.expression.number(self.environment, series.node)
            wanted = 0 if math.isnan(number) else int(min(max(0, number), _INSTANCES_AT_MOST))
            changed |= wanted != len(series.children)
            while len(series.children) > wanted:
                series.take_out(len(series.children) - 1)
            while len(series.children) < wanted:
                if series.removed:
                    series.put_back()
                else:
                    self.start(series.add(), defaults=True)
        if changed:
            self.index()
        return self.order.below(rule.item.path) if changed else ()

    def _address(self, cell: FormNode, prefix: str) -> None:
        group = not isinstance(cell, AnswerNode | RepeatNode)
        cell.address = f"{prefix}@{cell.item.key}" if group else f"{prefix}{cell.item.key}"
        self._note(cell)
        for index, child in enumerate(cell.children):
            if isinstance(child, InstanceNode):
                child.address = f"{cell.address}/{index}"
                self._note(child)
                for inner in child.children:
                    self._address(inner, f"{child.address}/")
            else:
                self._address(child, prefix)

    def _note(self, cell: FormNode) -> None:
        self.by_address[cell.address] = cell
        self.by_path[cell.item.path].append(cell)


def _side_by_side(cell: FormNode, other: FormNode) -> bool:
    """Whether two cells stand in the same instance of every repeat that both are in."""
    mine, theirs = _instances(cell), _instances(other)
    return all(theirs.get(path, instance) is instance for path, instance in mine.items())


def _instances(cell: FormNode) -> dict[str, FormNode]:
    found: dict[str, FormNode] = {}
    above = cell.parent
    while above is not None:
        if isinstance(above, InstanceNode):
            found[above.item.path] = above
        above = above.parent
    return found


def _preloaded(what: str, now: datetime) -> str:
    """Return what a question such as ``today`` or ``start`` is filled with; who and on what is kept elsewhere."""
    if what == "today":
        return now.date().isoformat()
    return now.isoformat(timespec="seconds") if what in ("start", "end") else ""
