"""The summary of a term as one person has it counted: the school's figures, or those of the person's own children.

The scope is that of ``count`` on the dossiers. A figure that is counted from other records too (visits, pairings) or by a
question (by whom children are looked after) is given only where the person's scope for these is as wide: with less of them
it would be wrong. Who may count but not see gets totals (`guanai.care.summary.small_counts`).
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

import pandas as pd

from guanai.care.duties.duty_questions import questions_of
from guanai.care.duties.person_scope import FramesOfChildren
from guanai.care.policy.duty import STAFF_KINDS
from guanai.care.policy.policy import Policy
from guanai.care.summary.duty_tables import DUTY_FIGURES, with_duties
from guanai.care.summary.small_counts import only_totals
from guanai.care.summary.term_summary import Summary, summary
from guanai.storage.school.line_scope import LineScope

__all__ = ["SummaryScope"]

Needs = Mapping[str, Collection[str]]  # registers, each with the questions that are counted by

CHILDREN: Needs = {"child": ("eligible",)}
VISITS: Needs = {"child": ("eligible",), "home_visit": ("mode",)}
#: What a figure (by its key) or a table (by its name) is counted from beside the children.
TABLES: Mapping[str, Needs] = {
    "by_class": {"child": ("class",)},
    "by_grade": {"child": ("class",)},
    "by_sex": {"child": ("sex",)},
    "by_guardian_type": {"child": ("guardian_type",)},
    "visits_by_mode": VISITS,
    "visits_by_class": VISITS,
    "problems": {"home_visit": ("problems",)},
    "problems_by_class": {"home_visit": ("problems",)},
    "follow_ups": {"home_visit": ("follow_up",)},
}
FIGURES: Mapping[str, Needs] = {
    "children": CHILDREN,
    "visits": VISITS,
    "coverage": VISITS,
    "door": VISITS,
    "face_to_face": VISITS,
    "special_face_to_face": {"child": ("special_groups",), "home_visit": ("mode",)},
    "helped": {"pairing": ("helper",)},
    "follow_ups": {"home_visit": ("follow_up",)},
}
#: Figures about the staff: for who has the whole school counted.
OF_STAFF = ("participation",)


class SummaryScope:
    """How far one person has the figures of the school counted."""

    def __init__(self, policy: Policy, lines: LineScope) -> None:
        self._policy = policy
        self._lines = lines

    @property
    def scope(self) -> str | None:
        """The scope of the figures, None where the person has nothing counted."""
        return self._lines.scope("count", "child", ("eligible",))

    def of(
        self,
        counted: Summary,
        frames: Mapping[str, pd.DataFrame],
        lines: pd.DataFrame,
        whole: int,
    ) -> Summary:
        """Return the summary of the person, given that of the school and the school's registers as of its day.

        ``lines`` are those of the term that count for the person, ``whole`` is how many the school has.
        """
        scope = self.scope
        if scope is None:
            return replace(counted, figures=(), tables=_empty(counted.tables), checks=())
        if scope != "school":
            counted = self._of_own(counted, frames, lines, scope)
        elif len(lines) < whole:
            plain = tuple(figure for figure in counted.figures if figure.key not in DUTY_FIGURES)
            counted = with_duties(replace(counted, figures=plain), self._policy, lines)
        needs = {figure.key: self._needs(figure.key) for figure in counted.figures}
        figures = tuple(figure for figure in counted.figures if self._reaches(scope, needs[figure.key]))
        hidden = {name for name, need in TABLES.items() if not self._reaches(scope, need)}
        tables = {name: table.iloc[:0] if name in hidden else table for name, table in counted.tables.items()}
        shown = replace(counted, figures=figures, tables=tables)
        kept = [needs[figure.key] for figure in figures if needs[figure.key]]
        seen = {register: () for need in kept for register in need or ()}
        return shown if self._covers("see", scope, seen) else only_totals(shown)

    def _of_own(
        self, counted: Summary, frames: Mapping[str, pd.DataFrame], lines: pd.DataFrame, scope: str
    ) -> Summary:
        """Return the summary of the children within a scope, as of a school that has only these."""
        children = self._lines.subjects(scope, "child") or frozenset()
        classes = self._lines.subjects(scope, "class") or frozenset()
        own = FramesOfChildren(frames, children, classes)
        result = with_duties(summary(self._policy, own, counted.term, counted.on), self._policy, lines)
        head = result.figure("children")
        if not set(own["child"]["class"]) <= classes:  # the pupils of only some of their classes are known
            head = replace(head, denominator=None, share=None)
        return replace(result, figures=(head, *(one for one in result.figures if one.key != "children")))

    def _needs(self, figure: str) -> Needs | None:
        """Return what a figure is counted from, None for one that is for the whole school only."""
        if figure.startswith("guardian_"):
            return TABLES["by_guardian_type"]
        if figure in OF_STAFF:
            return None
        duty = self._policy.target(figure) if figure == "away_contacts" else None
        own = figure.removeprefix("share:")
        if own != figure:
            duty = next((one for one in self._policy.duties if one.name == own), None)
        if duty is None:
            return FIGURES.get(figure, {})
        return None if duty.subject in STAFF_KINDS else questions_of(duty)

    def _reaches(self, scope: str, needs: Needs | None) -> bool:
        """Whether all that is needed is counted for the person of every child that counts."""
        if needs is None:
            return scope == "school" and self._covers("count", scope, {"staff": (), "home_visit": ()})
        return self._covers("count", scope, needs)

    def _covers(self, act: str, scope: str, needs: Needs) -> bool:
        """Whether an act reaches, in each of some registers, every child within a scope."""
        children = self._lines.subjects(scope, "child")
        for register, questions in needs.items():
            reached = self._lines.subjects(self._lines.scope(act, register, questions), "child")
            if reached is not None and (children is None or not children <= reached):
                return False
        return True


def _empty(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    return {name: table.iloc[:0] for name, table in tables.items()}
