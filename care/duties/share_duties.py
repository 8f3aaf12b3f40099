"""Shares of a group against the school's targets (比例): the figures of a term's visits, and their due lines.

The targets of 004 (F17) are rows of the policy of the kind 比例; a school without such a row sees the
same figures without a target. Visits at the door and visits by any mode are shown apart (W3): a
telephone visit covers a child but is not face to face (requirements 7.14). A row of that kind that names
none of these figures is a figure of its own: of its subjects, those with so many of its records.

As a duty a share is one line for the whole school while its target is missed, due by the end of the term.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from math import ceil

import numpy as np
import pandas as pd

from guanai.care.calendar.school_calendar import Term
from guanai.care.duties.context import DutyContext, Mask, Objects
from guanai.care.duties.explanations import record_words, source
from guanai.care.duties.lines import DutyLines, duty_lines, no_lines
from guanai.care.duties.subjects import day_number
from guanai.care.figures import NEARLY, Figure, rate
from guanai.care.policy.conditions import Clause
from guanai.care.policy.duty import Duty
from guanai.care.policy.policy import Policy
from guanai.templates.wording import say

__all__ = ["coverage", "share_lines", "summary_day"]

ANY_VISIT = Duty(name="", kind="share", records=("home_visit",))


def share_lines(duty: Duty, context: DutyContext, applies: Mask, by: tuple[str, ...]) -> DutyLines:
    """Return the line of a duty of the kind share: due by the end of the term, for the school."""
    if context.term is None:
        return no_lines()
    figure = _figure_of(duty, _at_term_end(context))
    if figure is None or not figure.denominator or duty.target is None or (figure.met and not context.done):
        return no_lines()
    need = ceil(duty.target * figure.denominator - NEARLY * figure.denominator)
    why = say(
        "why.share", source=source(duty), label=figure.label, target=f"{duty.target:.0%}",
        need=need, have=figure.numerator, whole=figure.denominator,
    )  # fmt: skip
    return duty_lines(
        code=np.array([0]),
        since=np.array([day_number(context.term.start)]),
        due=np.array([day_number(context.term.end)]),
        need=np.array([need]),
        have=np.array([figure.numerator]),
        met=np.array([bool(figure.met)]),
        period=[context.term.name],
        why=[why],
        counted=[list(figure.ids)],
    )


def _at_term_end(context: DutyContext) -> DutyContext:
    """Return the context as of the term's last day once it is over, as `coverage` sums it up."""
    if context.term is None or context.on <= context.term.end:
        return context
    last = context.term.end
    return context.cached(
        ("summed up",),
        lambda: DutyContext(context.policy, context.frames, last, done=context.done, began=context.began),
    )


def _figure_of(duty: Duty, context: DutyContext) -> Figure | None:
    if not duty.content:
        return own_figure(duty, context) if duty.records else None
    if context.policy.target(duty.content[0]) != duty:  # a second row for a figure sets no target
        return None
    figures = context.cached(("figures",), lambda: visit_figures(context))
    return next((figure for figure in figures if figure.key in duty.content), None)


def summary_day(term: Term, on: date) -> date:
    """Return the day as of which a term is summed up: the day given, at the latest the term's last day."""
    return min(on, term.end)


def coverage(policy: Policy, frames: Mapping[str, pd.DataFrame], term: Term, on: date) -> tuple[Figure, ...]:
    """Return the figures of a term up to a day: those of its visits, then those of the school's own 比例 rows.

    ``coverage``: children in care with a visit of any mode. ``door``: with one at the door.
    ``face_to_face``: of the **covered** children (004: "of the covered pupils"), those met face to face.
    ``participation``: of the active teaching staff, those who made a visit. With a row of the policy:
    ``away_contacts`` (children with so many contacts with the parents) and ``special_face_to_face`` (of
    the special groups, those met face to face). Children are those in care on the day. The key of a row of
    the school's own is ``share:`` and its name.
    """
    context = DutyContext(policy, frames, summary_day(term, on))
    context.term = term
    own = [duty for duty in policy.of_kind("share") if not duty.content and duty.records]
    return (*visit_figures(context), *(own_figure(duty, context) for duty in own))


def visit_figures(context: DutyContext) -> tuple[Figure, ...]:
    """Return the figures of the visits of the context's term up to its day."""
    policy = context.policy
    face_to_face = Clause("mode", policy.face_to_face)

    def reached(key: str, *clauses: Clause) -> tuple[Duty, Objects, Objects]:
        row = policy.target(key) or ANY_VISIT
        group, ids = _reached(row, context, *clauses)
        return row, group, ids

    row, group, covered = reached("coverage")
    figures = [rate("coverage", covered, group, row.target)]
    row, group, ids = reached("door", Clause("mode", ("door",)))
    figures.append(rate("door", ids, group, row.target))
    row, group, ids = reached("face_to_face", face_to_face)
    covered_ids = set(covered)
    figures.append(rate("face_to_face", ids, [one for one in group if one in covered_ids], row.target))
    row = policy.target("participation") or ANY_VISIT
    teaching = Duty(name="", kind="share", subject="teacher", records=("home_visit",), at_least=row.at_least)
    group, ids = _reached(teaching, context)
    figures.append(rate("participation", ids, group, row.target))
    if policy.target("away_contacts"):
        row, group, ids = reached("away_contacts")
        figures.append(rate("away_contacts", ids, group, row.target, count=row.at_least))
    if policy.target("special_face_to_face"):
        row, group, ids = reached("special_face_to_face", face_to_face)
        figures.append(rate("special_face_to_face", ids, group, row.target))
    return tuple(figures)


def own_figure(duty: Duty, context: DutyContext) -> Figure:
    """Return the share that a row of the school's own defines: of its subjects, those with so many records."""
    group, ids = _reached(duty, context)
    basis = say(
        "basis.own", whole=say(f"duty.subject.{duty.subject}"), what=record_words(duty), count=duty.at_least
    )
    return replace(
        rate("coverage", ids, group, duty.target), key=f"share:{duty.name}", label=duty.name, basis=basis
    )


def _reached(duty: Duty, context: DutyContext, *clauses: Clause) -> tuple[Objects, Objects]:
    """Return the ids of the subjects that the duty applies to and that are present on the day, and of those with enough records in the term."""
    subjects = context.subjects(duty.subject)
    group = subjects.matching(duty.subject_condition)
    group &= (subjects.first <= context.day) & (context.day <= subjects.last)
    duty = replace(duty, records=duty.records or ANY_VISIT.records, condition=(*duty.condition, *clauses))
    if context.term is None:
        return subjects.ids[group], subjects.ids[:0]
    records = context.matching_records(duty, duty.by)
    records = records.select(records.days >= day_number(context.term.start))
    times = np.bincount(records.codes, minlength=len(subjects))
    return subjects.ids[group], subjects.ids[group & (times >= max(duty.at_least, 1))]
