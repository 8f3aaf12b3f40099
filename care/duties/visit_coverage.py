"""How far the visits of a term reach: children, teachers, face to face, against the school's targets.

The targets of 004 (F17) are rows of the policy of the kind 比例; a school without such a row sees the
same figures without a target. Visits at the door and visits by any mode are shown apart (W3): a
telephone visit covers a child but is not face to face (requirements 7.14). A row of that kind that names
none of these figures is a figure of its own: of its subjects, those with so many of its records.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from guanai.care.calendar.school_calendar import Term
from guanai.care.duties.context import Facts, Objects
from guanai.care.duties.explanations import record_words
from guanai.care.duties.subjects import number_of
from guanai.care.figures import Figure, rate
from guanai.care.policy.conditions import Clause
from guanai.care.policy.duty import Duty
from guanai.care.policy.policy import Policy
from guanai.templates.wording import say

__all__ = ["coverage", "own_figure", "reckoning_day", "visit_figures"]

ANY = Duty(name="", kind="share", records=("home_visit",))


def reckoning_day(term: Term, on: date) -> date:
    """Return the day as of which a term is summed up: the day asked, at the latest the term's last day."""
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
    facts = Facts(policy, frames, reckoning_day(term, on))
    facts.term = term
    own = [duty for duty in policy.of_kind("share") if not duty.content and duty.records]
    return (*visit_figures(facts), *(own_figure(duty, facts) for duty in own))


def visit_figures(facts: Facts) -> tuple[Figure, ...]:
    """Return the figures of the visits of a question's term up to its day."""
    policy = facts.policy
    face_to_face = Clause("mode", policy.face_to_face)

    def reached(key: str, *clauses: Clause) -> tuple[Duty, Objects, Objects]:
        row = policy.target(key) or ANY
        asked, ids = _reached(row, facts, *clauses)
        return row, asked, ids

    row, asked, covered = reached("coverage")
    figures = [rate("coverage", covered, asked, row.target)]
    row, asked, ids = reached("door", Clause("mode", ("door",)))
    figures.append(rate("door", ids, asked, row.target))
    row, asked, ids = reached("face_to_face", face_to_face)
    known = set(covered)
    figures.append(rate("face_to_face", ids, [one for one in asked if one in known], row.target))
    row = policy.target("participation") or ANY
    teaching = Duty(name="", kind="share", subject="teacher", records=("home_visit",), at_least=row.at_least)
    asked, ids = _reached(teaching, facts)
    figures.append(rate("participation", ids, asked, row.target))
    if policy.target("away_contacts"):
        row, asked, ids = reached("away_contacts")
        figures.append(rate("away_contacts", ids, asked, row.target, count=row.at_least))
    if policy.target("special_face_to_face"):
        row, asked, ids = reached("special_face_to_face", face_to_face)
        figures.append(rate("special_face_to_face", ids, asked, row.target))
    return tuple(figures)


def own_figure(duty: Duty, facts: Facts) -> Figure:
    """Return the share that a row of the school's own asks for: of its subjects, those with so many records."""
    asked, ids = _reached(duty, facts)
    basis = say(
        "basis.own", whole=say(f"duty.subject.{duty.subject}"), what=record_words(duty), count=duty.at_least
    )
    return replace(
        rate("coverage", ids, asked, duty.target), key=f"share:{duty.name}", label=duty.name, basis=basis
    )


def _reached(duty: Duty, facts: Facts, *clauses: Clause) -> tuple[Objects, Objects]:
    """Return the ids of the subjects asked that are there on the day, and of those with enough records in the term."""
    subjects = facts.subjects(duty.subject)
    asked = subjects.meeting(duty.subject_condition)
    asked &= (subjects.first <= facts.day) & (facts.day <= subjects.last)
    duty = replace(duty, records=duty.records or ANY.records, condition=(*duty.condition, *clauses))
    if facts.term is None:
        return subjects.ids[asked], subjects.ids[:0]
    found = facts.found(duty, duty.by)
    found = found.only(found.days >= number_of(facts.term.start))
    times = np.bincount(found.codes, minlength=len(subjects))
    return subjects.ids[asked], subjects.ids[asked & (times >= max(duty.at_least, 1))]
