"""After a change: which expressions run again, in which order, until everything that depends on it is settled."""

import math
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from heapq import heappop, heappush

from guanai.care.errors import FormError
from guanai.storage.forms.session.answer_tree import AnswerNode, FormNode, InstanceNode, RepeatNode
from guanai.storage.forms.session.evaluation import evaluated
from guanai.storage.forms.xlsform.definitions import Form
from guanai.storage.forms.xlsform.dependency_order import Rule
from guanai.storage.forms.xpath.contexts import Environment
from guanai.storage.forms.xpath.conversions import to_boolean, to_number, to_string

__all__ = ["Recalculation"]

MOST_INSTANCES = 1000  # that a repeat's count makes
MOST_NODES = 50_000  # of one form being filled in, with all instances of its repeats


class Recalculation:
    """The answer tree of a session, its nodes by address and by path, recalculated after every change."""

    def __init__(self, form: Form, root: FormNode, environment: Environment) -> None:
        self.order = form.order
        self.environment = environment
        self.root = root
        self.by_address: dict[str, FormNode] = {}
        self.by_path: dict[str, list[FormNode]] = {}

    def index(self) -> None:
        """Give every node its address; those after a removed instance move up."""
        self.by_address = {}
        self.by_path = defaultdict(list)
        for node in self.root.children:
            self._address(node, "")

    def start(self, place: FormNode, *, defaults: bool) -> None:
        """Set the defaults below a new place, and compute everything there."""
        if defaults:
            self._set_defaults([place])
        self.structure_changed(place)
        if defaults:
            self._compute_defaults([place])

    def _set_defaults(self, places: Iterable[FormNode]) -> None:
        """Set the defaults that need no expression."""
        for node in _answers(places):
            if node.empty and node.item.default:
                node.set_value(node.item.default)
            if node.empty and node.item.own:
                node.set_value(self.environment.person)
            if node.empty and node.item.preload:
                node.set_value(_preloaded(node.item.preload, self.environment.now()))

    def _compute_defaults(self, places: Iterable[FormNode]) -> None:
        """Compute the defaults that are expressions, question by question in page order."""
        by_path: dict[str, list[AnswerNode]] = defaultdict(list)
        for node in _answers(places):
            if node.item.default_expression:
                by_path[node.item.path].append(node)
        for path, nodes in by_path.items():
            empty = [node for node in nodes if node.empty]
            for node in empty:
                if expression := node.item.default_expression:
                    node.set_result(evaluated(node, "default", expression, self.environment))
            if empty:
                self.settle(path)

    def structure_changed(self, place: FormNode) -> None:
        """Compute everything at and below a place, and all that reads it: an instance came or went."""
        self.index()
        below = self.order.below(place.item.path) if place is not self.root else tuple(self.order.items)
        at_or_below = set(below)
        self._run([rule for rule in self.order.rules if rule.item.path in at_or_below], below)

    def answered(self, node: AnswerNode) -> None:
        """Recalculate after a person's answer: first all that reads it, then what it triggers."""
        self.settle(node.item.path)
        for item in self.order.triggered.get(node.item.path, ()):
            for target in tuple(self.by_path[item.path]):
                if isinstance(target, AnswerNode) and _in_same_instances(node, target):
                    expression = item.triggered
                    result = (
                        evaluated(target, "triggered", expression, self.environment) if expression else ""
                    )
                    if target.set_result(result):
                        self.settle(item.path)

    def settle(self, path: str) -> None:
        """Run the rules that read what changed at a path, and those that read what they change in turn."""
        self._run((), (path,))

    def _run(self, rules: Iterable[Rule], changed: Iterable[str]) -> None:
        readers = self.order.readers
        queued = {rule.index for rule in rules}
        queued.update(rule.index for path in changed for rule in readers.get(path, ()))
        queue = sorted(queued)
        while queue:
            rule = self.order.rules[heappop(queue)]
            queued.discard(rule.index)
            for path in self._apply(rule):
                for reader in readers.get(path, ()):
                    if reader is not rule and reader.index not in queued:
                        queued.add(reader.index)
                        heappush(queue, reader.index)

    def _apply(self, rule: Rule) -> tuple[str, ...]:
        """Run a rule at every node of its item; return the paths that changed by it."""
        path = rule.item.path
        if rule.decides == "count":
            return self._count(rule)
        changed = [self._decide(rule, node) for node in tuple(self.by_path[path])]
        if not any(changed):
            return ()
        return (path,) if rule.decides == "calculate" else self.order.below(path)

    def _decide(self, rule: Rule, node: FormNode) -> bool:
        if rule.decides == "relevant":
            # What cannot be evaluated hides nothing.
            holds = evaluated(node, rule.decides, rule.expression, self.environment, otherwise=True)
            return node.set_condition(to_boolean(holds))
        return isinstance(node, AnswerNode) and node.set_result(
            evaluated(node, rule.decides, rule.expression, self.environment)
        )

    def _count(self, rule: Rule) -> tuple[str, ...]:
        """Give a repeat as many instances as its count says; surplus ones are kept, to be restored when it says more."""
        changed = False
        added: list[FormNode] = []
        room = (MOST_NODES - len(self.by_address)) // len(self.order.below(rule.item.path))
        for repeat in tuple(self.by_path[rule.item.path]):
            if not isinstance(repeat, RepeatNode):
                continue
            target = self._counted(rule, repeat, room - len(added))
            changed |= target != len(repeat.children)
            while len(repeat.children) > target:
                repeat.remove_instance(len(repeat.children) - 1)
            while len(repeat.children) < target:
                if repeat.removed:
                    repeat.restore_instance()
                else:
                    added.append(repeat.add())
        if not changed:
            return ()
        below = self.order.below(rule.item.path)
        self._set_defaults(added)
        self.index()
        if added:
            # Without the count itself: it has been computed, and would be once more for each instance.
            inside = set(below)
            self._run([one for one in self.order.rules if one.item.path in inside and one is not rule], ())
            self._compute_defaults(added)
        return below

    def _counted(self, rule: Rule, repeat: RepeatNode, room: int) -> int:
        """Return how many instances a repeat gets; where its count says more than can be, that is its error."""
        value = evaluated(repeat, "count", rule.expression, self.environment, float(len(repeat.children)))
        number = to_number(value)
        wanted = 0.0 if math.isnan(number) else max(0.0, number)
        most = min(MOST_INSTANCES, len(repeat.children) + max(0, room))
        if wanted > most:
            repeat.faults["count"] = FormError(
                "answer.too_many_rows", wanted=to_string(float(math.floor(min(wanted, 1e15)))), most=most
            )
            return len(repeat.children) if len(repeat.children) > most else most
        return int(wanted)

    def _address(self, node: FormNode, prefix: str) -> None:
        group = not isinstance(node, AnswerNode | RepeatNode)
        node.address = f"{prefix}@{node.item.key}" if group else f"{prefix}{node.item.key}"
        self._register(node)
        for index, child in enumerate(node.children):
            if isinstance(child, InstanceNode):
                child.address = f"{node.address}/{index}"
                self._register(child)
                for inner in child.children:
                    self._address(inner, f"{child.address}/")
            else:
                self._address(child, prefix)

    def _register(self, node: FormNode) -> None:
        self.by_address[node.address] = node
        self.by_path[node.item.path].append(node)


def _answers(places: Iterable[FormNode]) -> list[AnswerNode]:
    return [node for place in places for node in place.walk() if isinstance(node, AnswerNode)]


def _in_same_instances(node: FormNode, other: FormNode) -> bool:
    """Whether two nodes stand in the same instance of every repeat that both are in."""
    others = _instances(other)
    return all(others.get(path, instance) is instance for path, instance in _instances(node).items())


def _instances(node: FormNode) -> dict[str, FormNode]:
    instances: dict[str, FormNode] = {}
    above = node.parent
    while above is not None:
        if isinstance(above, InstanceNode):
            instances[above.item.path] = above
        above = above.parent
    return instances


def _preloaded(what: str, now: datetime) -> str:
    """Return what a question such as ``today`` or ``start`` is filled with; who fills it in and on which device is not known here."""
    if what == "today":
        return now.date().isoformat()
    return now.isoformat(timespec="seconds") if what in ("start", "end") else ""
