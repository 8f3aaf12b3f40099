"""A long form step by step: which questions are on which step, and the bar to go from one to the next.

A page of three hundred controls is slow to open and hard to read. So a form of more than sixty questions shows one
group at a time, and only the controls of that group exist.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape

import ipywidgets as ipw

from guanai.storage.forms.session.form_session import Branch
from guanai.storage.forms.xlsform.items import Question, Repeat
from guanai.storage.forms.xlsform.markdown import to_plain
from guanai.templates.wording import say
from guanai.widgets.base.boxes import TraitChange, button, control, hbox, html

__all__ = ["LONG", "Step", "StepBar", "is_shown_question", "questions_of", "steps_of"]

LONG = 60  # questions on one page; a form of more is shown step by step
_TOGETHER = 20  # questions outside of any group on one step
_HIDDEN = frozenset({"calculate", "hidden", "metadata"})


@dataclass(frozen=True)
class Step:
    """One step: the path of its group ("" outside of any), the paths that it shows, and how many questions they have."""

    heading: str
    paths: tuple[str, ...]
    questions: int


def is_shown_question(node: Branch) -> bool:
    """Whether a node of the form is a question that is shown on the screen."""
    return isinstance(node.item, Question) and node.item.kind not in _HIDDEN


def questions_of(nodes: Iterable[Branch]) -> Iterator[Branch]:
    """Yield every question among and below these nodes that is shown, in page order."""
    for node in nodes:
        if is_shown_question(node):
            yield node
        yield from questions_of(node.children)


def steps_of(nodes: Iterable[Branch], heading: str = "") -> tuple[Step, ...]:
    """Return the steps of a form: each group, each repeat, and the questions outside of any, twenty at a time."""
    steps: list[Step] = []
    loose: list[Branch] = []

    def close_step() -> None:
        if loose:
            steps.append(Step(heading, tuple(question.path for question in loose), len(loose)))
            loose.clear()

    for node in nodes:
        if isinstance(node.item, Question):
            if is_shown_question(node):
                loose.append(node)
            if len(loose) == _TOGETHER:
                close_step()
            continue
        close_step()
        count = len(list(questions_of([node])))
        # With a field-list the form's author wants it on one page.
        most = 2 * LONG if "field-list" in node.item.appearance else LONG
        if count > most and not isinstance(node.item, Repeat):
            steps.extend(steps_of(node.children, node.path))
        else:
            steps.append(Step(node.path, (node.path,), count))
    close_step()
    return tuple(steps)


class StepBar:
    """Back, next, and a list of the steps; ``view`` is the widget on the page."""

    def __init__(self, show_step: Callable[[int], object]) -> None:
        self._show_step = show_step
        self._muted = False
        self.position = html("", "guanai-step-place")
        self.choice = control(ipw.Dropdown, "guanai-field", description=say("steps.choose"))
        self.back = button(say("steps.back"), lambda: self._go(-1), "guanai-small")
        self.next = button(say("steps.next"), lambda: self._go(1))
        self.choice.observe(self._on_choice, "value")
        self.view = hbox([self.back, self.choice, self.next, self.position], "guanai-steps")
        self._numbers: list[int] = []
        self.at = 0

    def offer(self, titles: Mapping[int, str], errors: Mapping[int, int], at: int) -> None:
        """Show these steps by their numbers, each with the number of its answers that have an error."""
        self._numbers, self.at = list(titles), at
        options = tuple(
            (
                f"{position}. {to_plain(title)}" + (f"  ⚠ {errors[number]}" if errors.get(number) else ""),
                number,
            )
            for position, (number, title) in enumerate(titles.items(), start=1)
        )
        self._muted = True
        try:
            self.choice.options = options
            self.choice.value = at if at in titles else None
        finally:
            self._muted = False
        position = self._numbers.index(at) + 1 if at in titles else 0
        self.position.value = f'<span role="status">{escape(f"{position} / {len(titles)}")}</span>'
        self.back.disabled, self.next.disabled = position <= 1, position == len(titles)

    def _on_choice(self, change: TraitChange) -> None:
        if not self._muted and change["new"] is not None:
            self._show_step(change["new"])

    def _go(self, by: int) -> None:
        index = self._numbers.index(self.at) + by if self.at in self._numbers else 0
        if 0 <= index < len(self._numbers):
            self._show_step(self._numbers[index])
