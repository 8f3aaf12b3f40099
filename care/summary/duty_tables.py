"""What became of a term's duties, for its summary: how much was done in time, late, missed, and what stands over (F17).

All of it is added up from the lines of `guanai.care.duties.due`, so it says what the checklist and the coverage say.
"""

from dataclasses import replace

import pandas as pd

from guanai.care.duties.fulfilment import by_duty, closing_list, fulfilment
from guanai.care.figures import Figure
from guanai.care.policy.duty import OFTEN
from guanai.care.policy.policy import Policy
from guanai.care.summary.term_summary import Summary
from guanai.templates.wording import say

__all__ = ["DUTY_FIGURES", "numbered_lines", "with_duties"]

#: The figures about the duties, by the status of the lines that each counts.
DUTY_FIGURES = {f"duties_{status}": status for status in ("done", "late", "missed", "standing")}
COUNTED = ["periods", *DUTY_FIGURES.values()]


def with_duties(summary: Summary, policy: Policy, lines: pd.DataFrame) -> Summary:
    """Return the summary of a term with what became of its duties.

    ``lines`` are those of `guanai.care.duties.due.due` with ``done`` as of a day by which the term's days of grace are past,
    of a running term as of today. Figures: one for each of `DUTY_FIGURES`, out of all lines that are not excused. Tables:
    ``duties`` (by duty) and ``duties_by_class``: persons, periods, done, late, missed, standing and share; ``closing``, what
    the term leaves, by duty: missed and standing, with of how many persons each. No table names a child.
    """
    coverage = fulfilment(policy, lines)
    tables = {
        "duties": by_duty(coverage)[["duty", "persons", *COUNTED, "share"]],
        "duties_by_class": _by_class(coverage, summary),
        "closing": _closing(closing_list(lines, summary.term)),
    }
    counted = numbered_lines(policy, lines)
    figures = [_figure(key, counted) for key in DUTY_FIGURES]
    return replace(summary, figures=(*summary.figures, *figures), tables={**summary.tables, **tables})


def numbered_lines(policy: Policy, lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of which a share can be given: neither excused, nor of a duty that only counts (经常)."""
    counting = [duty.name for duty in policy.duties if duty.per == OFTEN]
    return lines[~lines["duty"].isin(counting) & (lines["status"] != "excused")]


def _figure(key: str, lines: pd.DataFrame) -> Figure:
    number, whole = int((lines["status"] == DUTY_FIGURES[key]).sum()), len(lines)
    share = number / whole if whole else None
    return Figure(key, say(f"figure.{key}"), number, whole, share, basis=say("basis.duties"))


def _by_class(coverage: pd.DataFrame, summary: Summary) -> pd.DataFrame:
    """Return what became of the duties for the children of each class and the class itself, in the order of the grades."""
    rows = coverage[(coverage["class"] != "") & coverage["share"].notna()]
    groups = rows.groupby("class", sort=True)
    table = groups[[*COUNTED, "excused"]].sum().astype("int64")
    table.insert(0, "persons", groups["subject_id"].nunique())
    owed = (table["periods"] - table["excused"]).astype("Float64")
    shares = (table["done"] / owed.where(owed > 0)).astype("Float64")
    in_order = summary.tables.get("by_class", pd.DataFrame({"class": []}))["class"]
    names = [name for name in dict.fromkeys([*in_order, *table.index]) if name in table.index]
    return table.drop(columns="excused").assign(share=shares).loc[names].reset_index()


def _closing(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what a term leaves by duty, in the order of the duties."""
    persons = {f"{name}_persons": rows[name] > 0 for name in ("missed", "standing")}
    columns = ["missed", "missed_persons", "standing", "standing_persons"]
    sums = rows.assign(**persons).groupby("duty", sort=False)[columns].sum().astype("int64")
    return sums.reset_index()
