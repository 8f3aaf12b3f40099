"""Share (比例): shares of a group against the school's targets: the figures of a term's visits, and their due lines.

The targets of 004 (F17) are rows of the policy of this kind; a school without such a row sees the same figures without a
target. Visits at the door and visits by any mode are shown apart (W3): a telephone visit covers a child but is not face to
face (requirements 7.14). A row that names none of these figures is a figure of its own: of its subjects, those with so
many of its records. As a duty a share is one line for the school while its target is missed: due by the end of the term,
missed once it is over.

Takes ``facts.present`` and `matching_records`; gives one line for the school.
Reference: tests/care/duties/test_plain_duties.py::test_the_rules_and_the_plain_loops_give_the_same_lines
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from math import ceil
from typing import Any

import numpy as np
import pandas as pd

from guanai.care.calendar.school_calendar import Term
from guanai.care.duties.day_frames import Columns
from guanai.care.duties.explanations import record_words, source
from guanai.care.duties.facts import Facts
from guanai.care.duties.records import matching_records
from guanai.care.figures import NEARLY, Figure, rate
from guanai.care.frames import object_array, timestamp
from guanai.care.policy.conditions import Clause
from guanai.care.policy.duty import Duty
from guanai.care.policy.policy import Policy
from guanai.templates.wording import say

__all__ = ["coverage", "explained", "lines", "summary_day"]

ANY_VISIT = Duty(name="", kind="share", records=("home_visit",))


def lines(duty: Duty, facts: Facts) -> pd.DataFrame:
    """Return the line of a duty of the kind share."""
    figure = _figure_of(duty, facts)
    if facts.term is None or duty.target is None or figure is None or not figure.denominator:
        return pd.DataFrame()
    end = timestamp(facts.term.end)
    line = {
        "position": 0, "since": timestamp(facts.term.start), "due": end, "closed_on": end,
        "need": ceil(duty.target * figure.denominator - NEARLY * figure.denominator), "have": figure.numerator,
        "met": bool(figure.met),
    }  # fmt: skip
    return pd.DataFrame([line])


def explained(duty: Duty, facts: Facts, shown: Columns) -> dict[str, Any]:
    """Return why the line is there and the ids of those who are in the share."""
    figure = _figure_of(duty, facts)
    assert facts.term and figure and duty.target is not None  # noqa: S101 - else it has no line
    why = say(
        "why.share", source=source(duty), label=figure.label, target=f"{duty.target:.0%}", need=shown["need"][0],
        have=figure.numerator, whole=figure.denominator,
    )  # fmt: skip
    counted = object_array([list(figure.ids)])
    return {"period": [facts.term.name], "why": [why], "counted": counted}


def _figure_of(duty: Duty, facts: Facts) -> Figure | None:
    """Return the figure of a row as of the day, once the term is over as of its last day."""
    if facts.term is not None and facts.on > facts.term.end:
        last = facts.term.end
        facts = facts.cached("summed up", lambda: facts.at(last))
    if not duty.content:
        return own_figure(duty, facts) if duty.records else None
    if facts.policy.target(duty.content[0]) != duty:  # a second row for a figure sets no target
        return None
    figures = facts.cached("figures", lambda: visit_figures(facts))
    return next((figure for figure in figures if figure.key in duty.content), None)


def summary_day(term: Term, on: date) -> date:
    """Return the day as of which a term is summed up: the day given, at the latest the term's last day."""
    return min(on, term.end)


def coverage(
    policy: Policy, frames: Mapping[str, pd.DataFrame], term: Term, on: date, known: date | None = None
) -> tuple[Figure, ...]:
    """Return the figures of a term up to a day: those of its visits, then those of the school's own 比例 rows.

    ``coverage``: children in care with a visit of any mode. ``door``: with one at the door.
    ``face_to_face``: of the **covered** children (004: "of the covered pupils"), those met face to face.
    ``participation``: of the active teaching staff, those who made a visit. With a row of the policy:
    ``away_contacts`` (children with so many contacts with the parents) and ``special_face_to_face`` (of
    the special groups, those met face to face). Children are those in care on the day. The key of a row of
    the school's own is ``share:`` and its name. ``known`` is the day of knowing, ``on`` without one.
    """
    facts = Facts(policy, frames, summary_day(term, on), known=known or on, term=term)
    own = [duty for duty in policy.of_kind("share") if not duty.content and duty.records]
    return (*visit_figures(facts), *(own_figure(duty, facts) for duty in own))


def visit_figures(facts: Facts) -> tuple[Figure, ...]:
    """Return the figures of the visits of the term up to the day."""
    policy = facts.policy
    face_to_face = Clause("mode", policy.face_to_face)

    def reached(key: str, *clauses: Clause) -> tuple[Duty, pd.Index, pd.Index]:
        row = policy.target(key) or ANY_VISIT
        return row, *_reached(row, facts, *clauses)

    row, group, covered = reached("coverage")
    figures = [rate("coverage", covered, group, row.target)]
    row, group, ids = reached("door", Clause("mode", ("door",)))
    figures.append(rate("door", ids, group, row.target))
    row, group, ids = reached("face_to_face", face_to_face)
    figures.append(rate("face_to_face", ids, group[group.isin(covered)], row.target))
    row = policy.target("participation") or ANY_VISIT
    teaching = Duty(name="", kind="share", subject="teacher", records=("home_visit",), at_least=row.at_least)
    group, ids = _reached(teaching, facts)
    figures.append(rate("participation", ids, group, row.target))
    if policy.target("away_contacts"):
        row, group, ids = reached("away_contacts")
        figures.append(rate("away_contacts", ids, group, row.target, count=row.at_least))
    if policy.target("special_face_to_face"):
        row, group, ids = reached("special_face_to_face", face_to_face)
        figures.append(rate("special_face_to_face", ids, group, row.target))
    return tuple(figures)


def own_figure(duty: Duty, facts: Facts) -> Figure:
    """Return the share that a row of the school's own defines: of its subjects, those with so many records."""
    group, ids = _reached(duty, facts)
    basis = say(
        "basis.own", whole=say(f"duty.subject.{duty.subject}"), what=record_words(duty), count=duty.at_least
    )
    return replace(
        rate("coverage", ids, group, duty.target), key=f"share:{duty.name}", label=duty.name, basis=basis
    )


def _reached(duty: Duty, facts: Facts, *clauses: Clause) -> tuple[pd.Index, pd.Index]:
    """Return the ids of the duty's subjects that are present on the day, and of those with enough records in the term."""
    group = facts.present(duty).index
    if facts.term is None:
        return group, group[:0]
    duty = replace(duty, records=duty.records or ANY_VISIT.records, condition=(*duty.condition, *clauses))
    records = matching_records(duty, facts)
    subjects = facts.subjects(duty.subject).index
    in_term = records.day >= timestamp(facts.term.start).to_datetime64()
    times = np.bincount(records.position[in_term], minlength=len(subjects))
    return group, group[group.isin(subjects[times >= max(duty.at_least, 1)])]
