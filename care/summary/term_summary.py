"""A term summed up: figures with their denominators, tables, and the checks that they add up.

Everything is as of a day, at the latest the term's last; children are those in care on that day.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from guanai.care.calendar.school_calendar import Term
from guanai.care.children.eligibility import left_behind
from guanai.care.children.required_fields import missing_fields
from guanai.care.duties.record_rules import class_names, countable_records
from guanai.care.duties.share import coverage, summary_day
from guanai.care.figures import Figure, count, rate
from guanai.care.frames import NormalizedFrames, as_strings, normalized_frame
from guanai.care.pairing.helper_loads import helped
from guanai.care.policy.conditions import names_by_spelling
from guanai.care.policy.policy import Policy
from guanai.care.summary.census import breakdown, by_class, by_grade, headcount
from guanai.care.summary.problems import by_category, by_category_and_class, open_follow_ups, visit_problems
from guanai.templates.wording import catalogue, say

__all__ = ["Check", "Figure", "Summary", "labelled", "summary"]

FIGURE_COLUMNS = ("key", "label", "numerator", "denominator", "share", "target", "met", "basis")


@dataclass(frozen=True)
class Check:
    """Two numbers that must agree (requirements 7.16), and whether they do."""

    key: str
    label: str
    ok: bool


@dataclass(frozen=True)
class Summary:
    """The summary of a term as of a day."""

    term: Term
    on: date
    figures: tuple[Figure, ...]
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()

    def figure(self, key: str) -> Figure:
        """Return the figure with a key; raises KeyError."""
        for figure in self.figures:
            if figure.key == key:
                return figure
        raise KeyError(key)

    def as_records(self) -> list[dict[str, object]]:
        """Return every figure as plain values: key, label, numerator, denominator, share, target, met, basis."""
        return [figure.as_record() for figure in self.figures]

    def figures_table(self) -> pd.DataFrame:
        """Return one row per figure: key, label, numerator, denominator, share, target, met (in a word), basis."""
        table = pd.DataFrame(self.as_records(), columns=list(FIGURE_COLUMNS))
        table["met"] = pd.Series(
            [
                None if figure.met is None else say(f"met.{'yes' if figure.met else 'no'}")
                for figure in self.figures
            ],
            dtype=object,
        )
        return table.astype({"numerator": "Int64", "denominator": "Int64"})

    def figures_with_missing(self) -> pd.DataFrame:
        """Return `figures_table` with ``missing``: how many of the denominator are not in the numerator.

        None where nothing is aimed at, or where nobody knows by name who is missing.
        """
        missing = [
            None
            if one.target is None
            or one.numerator is None
            or one.numerator + len(one.missing) != one.denominator
            else len(one.missing)
            for one in self.figures
        ]
        return self.figures_table().assign(missing=pd.array(missing, dtype="Int64"))


def labelled(table: pd.DataFrame, language: str | None = None) -> pd.DataFrame:
    """Return a table of a summary with its headings in words, the names of values behind a label left out."""
    words = catalogue()
    hidden = [name for name in table.columns[:1] if "label" in table.columns]
    titles = {name: say(f"column.{name}", language) for name in table.columns if f"column.{name}" in words}
    return table.drop(columns=hidden).rename(columns=titles)


def summary(policy: Policy, frames: Mapping[str, pd.DataFrame], term: Term, on: date) -> Summary:
    """Sum up a term as of a day.

    Tables: by_class, by_grade, by_sex, by_guardian_type, visits_by_mode, visits_by_class, problems,
    problems_by_class, follow_ups. An empty school gives zeros, and None for a share of nothing.
    """
    frames, day = NormalizedFrames(frames), summary_day(term, on)
    children = left_behind(normalized_frame(frames, "child"), day, policy.criterion)
    visits = countable_records(frames, "home_visit", term.start, day)
    problems = visit_problems(frames, term, day)
    follow_ups = open_follow_ups(policy, frames, day)
    classes, guardians = by_class(children, frames), breakdown(children, "guardian_type")
    tables = {
        "by_class": classes,
        "by_grade": by_grade(classes),
        "by_sex": breakdown(children, "sex"),
        "by_guardian_type": guardians,
        "visits_by_mode": _visits_by_mode(policy, visits),
        "visits_by_class": _visits_by_class(children, visits, classes, frames),
        "problems": by_category(policy, problems),
        "problems_by_class": by_category_and_class(policy, problems),
        "follow_ups": follow_ups,
    }
    figures = (
        headcount(children, frames, policy.criterion),
        *_guardian_figures(children, guardians),
        count("visits", visits["id"]),
        *coverage(policy, frames, term, day),
        helped(policy, frames, day),
        *_dossiers(policy, children),
        count("follow_ups", follow_ups["visit"]),
    )
    return Summary(term, day, figures, tables, _checks(children, visits, tables))


def _guardian_figures(children: pd.DataFrame, guardians: pd.DataFrame) -> list[Figure]:
    """Return the share of each type of guardian (F1), as the table has them."""
    values, everyone = as_strings(children["guardian_type"]), as_strings(children["id"])
    figures = []
    for name in guardians["guardian_type"]:
        figure = rate("guardian", everyone[values == name], everyone)
        label = say("figure.guardian_of", kind=guardians.set_index("guardian_type").at[name, "label"])
        figures.append(_renamed(figure, f"guardian_{name or 'unstated'}", label))
    return figures


def _renamed(figure: Figure, key: str, label: str) -> Figure:
    return Figure(
        key,
        label,
        figure.numerator,
        figure.denominator,
        figure.share,
        ids=figure.ids,
        missing=figure.missing,
        basis=figure.basis,
    )


def _dossiers(policy: Policy, children: pd.DataFrame) -> list[Figure]:
    """Return the share of complete dossiers by each 档案 row of the policy (F16: 建档 100 %)."""
    figures = []
    for number, duty in enumerate(policy.of_kind("complete"), start=1):
        complete = missing_fields(children, duty.content).map(len) == 0
        figure = rate("dossiers", children.loc[complete.astype(bool), "id"], children["id"], duty.target)
        figures.append(figure if number == 1 else _renamed(figure, f"dossiers_{number}", duty.name))
    return figures


def _visits_by_mode(policy: Policy, visits: pd.DataFrame) -> pd.DataFrame:
    """Return ``mode``, ``label``, ``visits``, ``children`` (distinct), a row for every mode."""
    modes = as_strings(visits["mode"])
    usual = [
        mode for mode in dict.fromkeys(names_by_spelling("choice.mode").values()) if mode != "face_to_face"
    ]
    names = [*usual, *sorted(set(modes) - set(usual))]
    groups = visits.assign(mode=modes).groupby("mode")["child"]
    return pd.DataFrame(
        {
            "mode": pd.Series(names, dtype=object),
            "label": pd.Series([policy.label("mode", name) for name in names], dtype=object),
            "visits": groups.size().reindex(names).fillna(0).astype("int64").to_numpy(),
            "children": groups.nunique().reindex(names).fillna(0).astype("int64").to_numpy(),
        }
    )


def _visits_by_class(
    children: pd.DataFrame, visits: pd.DataFrame, classes: pd.DataFrame, frames: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Return ``class``, ``children`` in care, ``visits`` to them, ``visited`` (distinct), ``share`` visited."""
    names = class_names(frames)
    own = as_strings(children["class"]).map(lambda name: names.get(name, name))
    class_of_visit = visits["child"].map(dict(zip(children["id"], own, strict=True)))
    groups = visits.assign(**{"class": class_of_visit}).dropna(subset="class").groupby("class")["child"]
    table = classes[["class", "children"]].copy()
    for column, numbers in (("visits", groups.size()), ("visited", groups.nunique())):
        table[column] = table["class"].map(numbers).fillna(0).astype("int64")
    pairs = zip(table["visited"], table["children"], strict=True)
    return table.assign(
        share=pd.Series([done / all_ if all_ else None for done, all_ in pairs], dtype=object)
    )


def _checks(
    children: pd.DataFrame, visits: pd.DataFrame, tables: Mapping[str, pd.DataFrame]
) -> tuple[Check, ...]:
    types, modes = tables["by_guardian_type"], tables["visits_by_mode"]
    shares = types["share"].dropna()
    results = {
        "types_sum": int(types["children"].sum()) == len(children),
        "classes_sum": int(tables["by_class"]["children"].sum()) == len(children),
        "shares_sum": shares.empty or abs(float(shares.sum()) - 1) < 1e-9,
        "visits_reach": int(modes["visits"].sum()) >= visits["child"].nunique(),
    }
    return tuple(Check(key, say(f"check.{key}"), ok) for key, ok in results.items())
