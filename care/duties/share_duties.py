"""Shares of a group against their targets: a line for the whole school while a target is missed."""

from math import ceil

import numpy as np

from guanai.care.duties.context import Facts, Truths
from guanai.care.duties.explanations import source
from guanai.care.duties.lines import Lines, lines, no_lines
from guanai.care.duties.subjects import number_of
from guanai.care.duties.visit_coverage import own_figure, visit_figures
from guanai.care.figures import NEARLY, Figure
from guanai.care.policy.duty import Duty
from guanai.templates.wording import say

__all__ = ["shares"]


def shares(duty: Duty, facts: Facts, asked: Truths, by: tuple[str, ...]) -> Lines:
    """Return the line of a duty of the kind share: due by the end of the term, for the school."""
    if facts.term is None:
        return no_lines()
    figure = _figure(duty, _summed_up(facts))
    if figure is None or not figure.denominator or duty.target is None or (figure.met and not facts.done):
        return no_lines()
    need = ceil(duty.target * figure.denominator - NEARLY * figure.denominator)
    why = say(
        "why.share", source=source(duty), label=figure.label, target=f"{duty.target:.0%}",
        need=need, have=figure.numerator, whole=figure.denominator,
    )  # fmt: skip
    return lines(
        code=np.array([0]),
        since=np.array([number_of(facts.term.start)]),
        due=np.array([number_of(facts.term.end)]),
        need=np.array([need]),
        have=np.array([figure.numerator]),
        fine=np.array([bool(figure.met)]),
        period=[facts.term.name],
        why=[why],
        counted=[list(figure.ids)],
    )


def _summed_up(facts: Facts) -> Facts:
    """Return the facts as of the term's last day once it is over, as `guanai.care.duties.visit_coverage` sums it up."""
    if facts.term is None or facts.on <= facts.term.end:
        return facts
    last = facts.term.end
    return facts.once(
        ("summed up",), lambda: Facts(facts.policy, facts.frames, last, done=facts.done, began=facts.began)
    )


def _figure(duty: Duty, facts: Facts) -> Figure | None:
    if not duty.content:
        return own_figure(duty, facts) if duty.records else None
    if facts.policy.target(duty.content[0]) != duty:  # a second row for a figure sets no target
        return None
    figures = facts.once(("figures",), lambda: visit_figures(facts))
    return next((figure for figure in figures if figure.key in duty.content), None)
