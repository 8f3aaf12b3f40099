"""How far the visits of a term reach: children, teachers, face to face, against the school's targets.

The targets of 004 (F17) are rows of the policy of the kind 比例; a school without such a row sees the
same figures without a target. Visits at the door and visits by any mode are shown apart (W3): a
telephone visit covers a child but is not face to face (requirements 7.14).
"""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from guanai.care.calendars import Term
from guanai.care.conditions import Clause, holds
from guanai.care.eligibility import left_behind
from guanai.care.evidence import authors, dated, evidence
from guanai.care.figures import Figure, rate
from guanai.care.frames import as_strings, register
from guanai.care.policies import Duty, Policy

__all__ = ["coverage", "reckoning_day", "teachers"]

# 004 二(四): headmaster, leaders, class teachers and every subject teacher visit; logistics staff do not teach.
NOT_TEACHING = ["logistics"]
ANY = Duty(name="", kind="share", records=("home_visit",))


def reckoning_day(term: Term, on: date) -> date:
    """Return the day as of which a term is summed up: the day asked, at the latest the term's last day."""
    return min(on, term.end)


def teachers(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the active teaching staff: everybody who is not marked as gone and is not of logistics."""
    staff = register(frames, "staff")
    return staff[(as_strings(staff["active"]) != "no") & ~as_strings(staff["role"]).isin(NOT_TEACHING)]


def coverage(policy: Policy, frames: Mapping[str, pd.DataFrame], term: Term, on: date) -> tuple[Figure, ...]:
    """Return the figures of the visits of a term up to a day.

    ``coverage``: children in care with a visit of any mode. ``door``: with one at the door.
    ``face_to_face``: of the **covered** children (004: "of the covered pupils"), those met face to face.
    ``participation``: of the active teaching staff, those who made a visit. With a row of the policy:
    ``away_contacts`` (children with so many contacts with the parents) and ``special_face_to_face`` (of
    the special groups, those met face to face). Children are those in care on the day.
    """
    day = reckoning_day(term, on)
    children = left_behind(register(frames, "child"), day, policy.definition)
    face_to_face = Clause("mode", policy.face_to_face)

    def reached(key: str, *clauses: Clause) -> tuple[Duty, pd.DataFrame, list[str]]:
        row = policy.target(key) or ANY
        asked = children[holds(row.subject_condition, children)]
        found = evidence(
            frames, asked, row.records or ANY.records, term.start, day, (*row.condition, *clauses), row.by
        )
        times = found.groupby("child").size()
        return row, asked, list(times[times >= max(row.at_least, 1)].index)

    row, asked, covered = reached("coverage")
    figures = [rate("coverage", covered, asked["id"], row.target)]
    row, asked, ids = reached("door", Clause("mode", ("door",)))
    figures.append(rate("door", ids, asked["id"], row.target))
    row, asked, ids = reached("face_to_face", face_to_face)
    figures.append(rate("face_to_face", ids, asked.loc[asked["id"].isin(covered), "id"], row.target))
    figures.append(_participation(policy, frames, term, day))
    if policy.target("away_contacts"):
        row, asked, ids = reached("away_contacts")
        figures.append(rate("away_contacts", ids, asked["id"], row.target, count=row.at_least))
    if policy.target("special_face_to_face"):
        row, asked, ids = reached("special_face_to_face", face_to_face)
        figures.append(rate("special_face_to_face", ids, asked["id"], row.target))
    return tuple(figures)


def _participation(policy: Policy, frames: Mapping[str, pd.DataFrame], term: Term, day: date) -> Figure:
    row = policy.target("participation") or ANY
    visitors = authors(dated(frames, "home_visit", term.start, day), "home_visit")
    times = visitors.drop_duplicates(["id", "staff"]).groupby("staff").size()
    enough = times[times >= max(row.at_least, 1)].index
    return rate("participation", list(enough), teachers(frames)["id"], row.target)
