r"""A form being filled in, without a screen: what is asked now, what may be chosen, what is wrong, and the record.

>>> from guanai.storage.forms.xlsform.loading import form_of
>>> form = form_of("| survey | type | name | label |\n| | integer | age | 年龄 |")
>>> session = FormSession(form)
>>> session.set("age", "１５")
{'age'}
>>> session.record()
{'age': 15}
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from guanai.care.errors import FormError
from guanai.storage.forms.session.answer_tree import AnswerNode, FormNode, RepeatNode, build_tree
from guanai.storage.forms.session.choices import Choice, ChoiceLists, fill_in
from guanai.storage.forms.session.entities import EntityChange, changes_of
from guanai.storage.forms.session.evaluation import evaluated, filled_in
from guanai.storage.forms.session.recalculation import Recalculation
from guanai.storage.forms.session.states import FieldState, error_of, fault_of, state_of
from guanai.storage.forms.xlsform.definitions import Form, Instances
from guanai.storage.forms.xlsform.items import Item, Question
from guanai.storage.forms.xlsform.markdown import to_plain
from guanai.storage.forms.xpath.contexts import Environment
from guanai.storage.forms.xpath.node_tree import Node

__all__ = ["Branch", "Choice", "FieldState", "FormSession", "Problem"]


@dataclass(frozen=True)
class Problem:
    """One thing that must be mended before the record can be saved."""

    path: str
    label: str
    message: str


@dataclass(frozen=True)
class Branch:
    """One item of the page with its path and the branches below; below a repeat are its instances."""

    path: str
    item: Item
    children: tuple["Branch", ...]


class FormSession:
    """One record being filled in. Paths: ``mode``, ``guardians/0/name``; groups ``@basics``, repeats ``guardians``.

    Opened on a new record, or with the answers of one to be changed. ``today`` does not change while the session is open;
    without it the form's clock gives the day. ``instances(name)`` gives the rows of a list that is kept elsewhere, such
    as ``child`` for ``child.csv``; without it the form's own are read. ``defaults`` says whether empty questions get
    their defaults: without a word they do, unless the answers hold the ``id`` of a saved record. ``person`` is who
    fills the form in, an id in the register of staff, for questions that ask for that (本人).
    """

    def __init__(
        self,
        form: Form,
        answers: Mapping[str, Any] | None = None,
        *,
        language: str = "zh",
        today: date | None = None,
        instances: Instances | None = None,
        defaults: bool | None = None,
        person: str = "",
    ) -> None:
        self.form = form
        self.touched = False
        answers = answers or {}
        day = today or (form.clock() if form.clock else None)
        self._checked = False
        root = build_tree(form)
        self._lists = ChoiceLists(form, root.xpath_node, instances or form.instances)
        self._environment = Environment(
            now=lambda: _now(day),
            instances=self._lists,
            language=language,
            choice_label=self._choice_label,
            itext=self._itext,
            version=form.version,
            person=person,
        )
        self._states: dict[str, FieldState] = {}
        self._root = root
        self._recalculation = Recalculation(form, root, self._environment)
        self._work = self._environment.work
        with self._work.answer():
            self._other_answers = self._load(root, answers)
            self._recalculation.start(root, defaults="id" not in answers if defaults is None else defaults)

    @property
    def language(self) -> str:
        """The language in which labels, hints and messages are read."""
        return self._environment.language

    @language.setter
    def language(self, code: str) -> None:
        with self._work.answer():
            self._environment.language = code
            self._states.clear()

    def set(self, path: str, raw: object) -> set[str]:
        """Answer a question with typed text or a value; return the paths whose state changed.

        What cannot be read is kept as typed, with its error. A choice may be given by name or by label. A
        question that is read only keeps its answer.
        """
        node = self._recalculation.by_address[path]
        if not isinstance(node, AnswerNode):
            raise TypeError(f"{path} is no question")
        with self._work.answer():
            if self.state(path).read_only:
                return set()
            before = {at.address: self.state(at.address) for at in self._affected_nodes(node)}
            node.touched = self.touched = True
            if node.set_value(self._named(node, raw)):
                self._recalculation.answered(node)
            after = {at.address for at in self._affected_nodes(node)}
            for address in before.keys() | after:
                self._states.pop(address, None)
            changed = {address for address in after if self.state(address) != before.get(address)}
            return changed | before.keys() - after

    def state(self, path: str) -> FieldState:
        """Return the state of a question, group or repeat now."""
        if path not in self._states:
            node = self._recalculation.by_address[path]
            self._states[path] = state_of(node, self._environment, self._lists, checked=self._checked)
        return self._states[path]

    def labels(self, path: str) -> Mapping[str, str]:
        """Return the label of each choice of a question by its name, whether or not it is offered now."""
        item = self._recalculation.by_address[path].item
        with self._work.answer():
            return self._lists.labels(getattr(item, "choices", None), self._environment)

    def tree(self) -> list[Branch]:
        """Return the page: every item in its place, a repeat with a branch for each of its instances."""
        return [_branch(node) for node in self._root.children]

    def add(self, path: str) -> int:
        """Add an instance to a repeat; return its index."""
        repeat = self._repeat(path)
        with self._work.answer():
            self._recalculation.start(repeat.add(), defaults=True)
        self.touched = True
        self._states.clear()
        return len(repeat.children) - 1

    def remove(self, path: str, index: int) -> None:
        """Remove an instance of a repeat; `restore` adds it again with its answers."""
        repeat = self._repeat(path)
        repeat.remove_instance(index)
        self._structure_changed(repeat)

    def restore(self, path: str) -> int:
        """Restore the instance of a repeat that was removed last; return its index."""
        repeat = self._repeat(path)
        index = repeat.restore_instance()
        self._structure_changed(repeat)
        return index

    def count(self, path: str) -> int:
        """Return how many instances a repeat has."""
        return len(self._repeat(path).children)

    def choice_label(self, question: Question, name: str) -> str:
        """Return the label of a choice, its name when no list has it (any more)."""
        with self._work.answer():
            return self._lists.label(question, name, self._environment)

    def choice_name(self, question: Question, text: str) -> str:
        """Return the name of a choice that is given by its label in any language; a text that is none stays."""
        if question.choices is None or not self._lists.is_known(question.choices):
            return text
        with self._work.answer():
            return self._lists.name_of(question, text, self._environment)

    def all_choices(self, question: Question) -> tuple[Choice, ...]:
        """Return the choices of a question whatever has been answered, no filter applied."""
        itemset = question.choices
        if itemset is None or not itemset.instance or not self._lists.is_known(itemset):
            return ()
        with self._work.answer():
            return self._lists.all(itemset, self._environment)

    def check(self) -> list[Problem]:
        """Return what must be mended before the record can be saved, in page order."""
        self._checked = True
        self._states.clear()
        problems = []
        with self._work.answer():
            for node in self._root.walk():
                if isinstance(node, AnswerNode):
                    message = error_of(node, self._environment, self._lists, checked=True)
                else:  # a group that stands in another with a fault says nothing of its own
                    message = fault_of(node, self._environment) if node.faults and node.relevant else None
                if message:
                    label = to_plain(filled_in(node, "label", node.item.label, self._environment))
                    problems.append(Problem(node.address, label or node.item.name, message))
        return problems

    def faults(self) -> list[tuple[Item, FormError]]:
        """Return what could not be evaluated when everything in the form is looked at, with its item, in page order.

        Conditions on answers are looked at too, though nothing is answered.
        """
        self._states.clear()
        with self._work.answer():
            for address in self._recalculation.by_address:
                self.state(address)
            for node in self._root.walk():
                if isinstance(node, AnswerNode) and node.item.constraint:
                    evaluated(node, "constraint", node.item.constraint, self._environment)
        return [(node.item, fault) for node in self._root.walk() for fault in node.faults.values()]

    def record(self) -> dict[str, Any]:
        """Return the record as it would be saved.

        Only relevant answers, as JSON values: text, numbers, days and times as ISO text, several choices as a list
        of names, a repeat as a list of dicts; groups lie flat and empty answers are left out. What came with the
        record and is no question of the form (any more) is returned unchanged.
        """
        return {**self._other_answers, **self._root.record()}

    def written(self) -> dict[str, Any]:
        """Return everything that was entered, to go on with later: also what cannot be read or is not asked now.

        ``FormSession(form, answers, defaults=False)`` opens the form with exactly these answers.
        """
        return {**self._other_answers, **self._root.written()}

    def entities(self) -> list[EntityChange]:
        """Return what a save would change in other registers, by the form's sheet ``entities``."""
        with self._work.answer():
            return list(changes_of(self.form, self._recalculation.by_path, self._root, self._environment))

    def _load(self, place: FormNode, answers: Mapping[str, Any]) -> dict[str, Any]:
        """Answer the questions of one level of the record; return what is no question there."""
        left = dict(answers)
        for node in place.level():
            key = node.item.key
            if isinstance(node, AnswerNode):
                if key in left and node.item.kind != "note":
                    node.set_value(self._named(node, left.pop(key)))
            elif isinstance(left.get(key), list):
                for inner in left.pop(key):
                    instance = node.add()
                    instance.other_answers = self._load(instance, inner)
        return left

    def _named(self, node: AnswerNode, raw: object) -> object:
        """Return an answer with each choice that was given by its label as its name."""
        return self.choice_name(node.item, raw) if isinstance(raw, str) else raw

    def _affected_nodes(self, node: AnswerNode) -> list[FormNode]:
        paths = self.form.order.affected_by(node.item.path)
        return [other for path in paths for other in self._recalculation.by_path.get(path, ())]

    def _repeat(self, path: str) -> RepeatNode:
        node = self._recalculation.by_address[path]
        if not isinstance(node, RepeatNode):
            raise TypeError(f"{path} is no repeat")
        return node

    def _structure_changed(self, repeat: RepeatNode) -> None:
        with self._work.answer():
            self._recalculation.structure_changed(repeat)
        self.touched = True
        self._states.clear()

    def _choice_label(self, path: str, value: str, node: Node) -> str:
        item = self.form.order.items.get(path)
        return self.choice_label(item, value) if isinstance(item, Question) else value

    def _itext(self, key: str) -> str:
        return fill_in(self.form.wordings[key], self._root.xpath_node, self._environment)


def _branch(node: FormNode) -> Branch:
    return Branch(node.address, node.item, tuple(_branch(child) for child in node.children))


def _now(today: date | None) -> datetime:
    """Return this moment, on the session's day."""
    now = datetime.now().astimezone()
    return now if today is None else now.replace(year=today.year, month=today.month, day=today.day)
