"""A long form step by step: which questions stand on which step, and the bar that leads from one to the next.

A page of three hundred controls is slow to open and hard to read, so a form of more than sixty questions shows one
group at a time; only that group's controls exist.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import ipywidgets as ipw

from guanai.storage.forms.xlsform.markdown import to_plain
from guanai.templates.wording import say
from guanai.widgets.base.boxes import button, html
from guanai.widgets.base.layouts import plain, style_of

__all__ = ["LONG", "Step", "StepBar", "is_shown_question", "questions_of", "steps_of"]

LONG = 60  # questions on one page; a form of more is shown step by step
_TOGETHER = 20  # questions on one step that stand in no group
_UNSEEN = frozenset({"calculate", "hidden", "metadata"})


@dataclass(frozen=True)
class Step:
    """What stands together: the path of the group that it is (a part of), and the paths of what is shown."""

    heading: str
    paths: tuple[str, ...]
    questions: int


def is_shown_question(node: Any) -> bool:
    """Whether a place of the form is a question that somebody sees."""
    return getattr(node.item, "kind", "hidden") not in _UNSEEN


def questions_of(nodes: Iterable[Any]) -> Iterator[Any]:
    """Yield every question below these places that somebody sees, in page order."""
    for node in nodes:
        if is_shown_question(node):
            yield node
        yield from questions_of(node.children)


def steps_of(nodes: Iterable[Any], heading: str = "") -> tuple[Step, ...]:
    """Return the steps of a form: each group, each repeat, and what stands outside of any, twenty at a time."""
    steps: list[Step] = []
    loose: list[Any] = []

    def gather() -> None:
        if loose:
            steps.append(Step(heading, tuple(one.path for one in loose), len(loose)))
            loose.clear()

    for node in nodes:
        if hasattr(node.item, "kind"):
            if is_shown_question(node):
                loose.append(node)
            if len(loose) == _TOGETHER:
                gather()
            continue
        gather()
        count = len(list(questions_of([node])))
        most = 2 * LONG if "field-list" in node.item.appearance else LONG  # its author wants it on one page
        if count > most and not hasattr(node.item, "count"):
            steps.extend(steps_of(node.children, node.path))
        else:
            steps.append(Step(node.path, (node.path,), count))
    gather()
    return tuple(steps)


class StepBar:
    """Back, next, and a list of the steps; ``view`` is what stands on the page."""

    def __init__(self, turn: Callable[[int], object], language: str | None = None) -> None:
        self._turn, self._language = turn, language
        self._muted = False
        self.place = html("", "guanai-step-place")
        self.choice = ipw.Dropdown(
            description=say("steps.choose", language),
            layout=plain(),
            style=style_of(ipw.Dropdown),
            _dom_classes=("guanai-field",),
        )
        self.back = button(say("steps.back", language), lambda: self._by(-1), "guanai-small")
        self.next = button(say("steps.next", language), lambda: self._by(1))
        self.choice.observe(self._chosen, "value")
        self.view = ipw.HBox(
            [self.back, self.choice, self.next, self.place], layout=plain(), _dom_classes=("guanai-steps",)
        )
        self._open: list[int] = []
        self.at = 0

    def offer(self, titles: Mapping[int, str], wrong: Mapping[int, int], at: int) -> None:
        """Show these steps by their numbers, with how many answers on each are to be put right."""
        self._open, self.at = list(titles), at
        options = tuple(
            (f"{place}. {to_plain(title)}" + (f"  ⚠ {wrong[number]}" if wrong.get(number) else ""), number)
            for place, (number, title) in enumerate(titles.items(), start=1)
        )
        self._muted = True
        try:
            if tuple(self.choice.options) != options:
                self.choice.options = options
            self.choice.value = at if at in titles else None
        finally:
            self._muted = False
        place = self._open.index(at) + 1 if at in titles else 0
        self.place.value = f'<span role="status">{escape(f"{place} / {len(titles)}")}</span>'
        self.back.disabled, self.next.disabled = place <= 1, place == len(titles)

    def _chosen(self, change: dict[str, Any]) -> None:
        if not self._muted and change["new"] is not None:
            self._turn(change["new"])

    def _by(self, by: int) -> None:
        place = self._open.index(self.at) + by if self.at in self._open else 0
        if 0 <= place < len(self._open):
            self._turn(self._open[place])
