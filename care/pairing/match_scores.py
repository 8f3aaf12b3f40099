"""How well a helper and a child match, and why: earlier pairings, class, village, kind of help.

Each reason has its weight. Children of one household get the same carer where possible: one visit to one home
serves them all. Same village and grade count more than the role (which staff role fits which help: 000-8 L134:
专职 study, 政教 mind, 后勤 life); an earlier pairing with the child counts most.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from guanai.care.children.households import households
from guanai.care.duties.record_rules import agreed_pairings, class_names, current_pairings
from guanai.care.frames import as_list, as_strings, is_empty, normalized_frame, timestamp

__all__ = ["WEIGHTS", "HelperMatching", "needed_help"]

Numbers = np.ndarray[Any, np.dtype[np.int64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]

WEIGHTS = {
    "before": 60,
    "siblings": 50,
    "village": 40,
    "homeroom": 35,
    "teaches": 30,
    "grade": 20,
    "help": 15,
    "near": 10,
}
HELPS = {"homeroom": "study", "subject": "study", "coordinator": "mind", "counsellor": "mind"}
HELPS |= {"life": "life", "logistics": "life"}
KINDS = ("study", "mind", "life")
# Which special group of a dossier, and which problem found on a visit, needs which help (requirements 6).
GROUPS = {
    "learning_difficulty": "study", "psychological": "mind", "single_parent": "mind", "disabled": "life",
    "minimum_living": "life", "extreme_poverty": "life",
}  # fmt: skip
PROBLEMS = {"study": "study", "mind": "mind", "affection": "mind", "conduct": "mind", "life": "life"}
CONTINUITY_DAYS = 400  # a pairing that ended longer ago is no continuity any more
VISIT_DAYS = 365


class HelperMatching:
    """The reasons for each pair of a child and one of the staff.

    ``children`` and ``staff`` are rows of their registers, numbered anew: a pair is two positions in them.
    """

    weights = WEIGHTS

    def __init__(
        self, frames: Mapping[str, pd.DataFrame], children: pd.DataFrame, staff: pd.DataFrame, on: date
    ) -> None:
        self._carers = len(staff)
        ids, people = pd.Index(children["id"], dtype=object), pd.Index(staff["id"], dtype=object)
        class_name_of = class_names(frames)
        classes = normalized_frame(frames, "class").drop_duplicates("name")
        own = as_strings(children["class"]).map(lambda name: class_name_of.get(name, name))
        names = pd.Index(as_strings(classes["name"]), dtype=object)
        self._class = names.get_indexer(pd.Index(own, dtype=object))
        homerooms = people.get_indexer(pd.Index(classes["homeroom"], dtype=object))
        self._homeroom = np.append(homerooms, -1)
        self._teaches = np.zeros((len(staff), len(names) + 1), dtype=bool)
        for position, value in enumerate(_column(staff, "teaches")):
            taught = names.get_indexer(
                pd.Index([class_name_of.get(name, name) for name in as_list(value)], dtype=object)
            )
            self._teaches[position, taught[taught >= 0]] = True
        grades = [None if is_empty(grade) else int(grade) for grade in classes["grade"]]
        self._grade, self._grades = self._by_grade(grades, homerooms)
        villages = as_strings(_column(children, "village")).map(str.strip)
        self._village, positions = pd.factorize(villages.where(villages != ""), use_na_sentinel=True)
        homes = as_strings(_column(staff, "village")).map(str.strip)
        self._home = pd.Index(positions, dtype=object).get_indexer(pd.Index(homes, dtype=object))
        self._near = self._carrying(frames, people, pd.Index(positions, dtype=object), on)
        help_ = needed_help(frames, children, on)
        self._need = np.array([[kind in needs for kind in KINDS] for needs in help_], dtype=bool).reshape(
            len(children), 3
        )
        fits = [HELPS.get(role) for role in as_strings(staff["role"])]
        self._fits = np.array([[kind == helps for kind in KINDS] for helps in fits], dtype=bool).reshape(
            len(staff), 3
        )
        self._before, self._now = _pair_numbers(frames, ids, people, on)
        pairs = current_pairings(normalized_frame(frames, "pairing"), on)
        dossiers = normalized_frame(frames, "child")
        home = households(dossiers[dossiers["id"].isin([*children["id"], *pairs["child"]])])
        houses = pd.Index(dict.fromkeys(home.values()), dtype=object)
        self._house = houses.get_indexer(
            pd.Index([home.get(child_id, child_id) for child_id in ids], dtype=object)
        )
        others = pairs[~pairs["child"].isin(ids)]
        living = houses.get_indexer(
            pd.Index([home.get(child_id, child_id) for child_id in others["child"]], dtype=object)
        )
        carer = people.get_indexer(pd.Index(others["helper"], dtype=object))
        self._kin = self._at_home(living[carer >= 0], carer[carer >= 0])
        child, helper = np.divmod(self._now, max(self._carers, 1))
        self._kin = self.after_pairing(child, helper)._kin

    def after_pairing(self, child: Numbers, carer: Numbers, *, gather: bool = False) -> "HelperMatching":
        """Return the matching after these pairs are made: each child's housemates then have a sibling with its carer.

        With ``gather`` all children of a household count as siblings for the one carer who has most of them.
        """
        pairs_made = pd.DataFrame({"house": self._house[child], "carer": carer, "child": child})
        if gather:
            several = np.flatnonzero(np.bincount(self._house[self._house >= 0]) > 1)
            number = (
                pairs_made[pairs_made["house"].isin(several)]
                .groupby(["house", "carer"])
                .size()
                .reset_index(name="size")
            )
            pairs_made = number.sort_values(["house", "size"], ascending=[True, False], kind="stable")
            pairs_made = pairs_made.drop_duplicates("house").assign(child=-1)
        other = copy(self)
        columns = (pairs_made[name].to_numpy(np.int64) for name in ("house", "carer", "child"))
        other._kin = np.union1d(self._kin, self._at_home(*columns))
        return other

    def _at_home(self, house: Numbers, carer: Numbers, but: Numbers | None = None) -> Numbers:
        """Return the pairs of every child of a house with the house's carer, except for certain children."""
        housemates = pd.DataFrame({"house": self._house, "one": np.arange(len(self._house))})
        given = pd.DataFrame({"house": house, "carer": carer, "but": -1 if but is None else but})
        both = given[given["house"] >= 0].merge(housemates, on="house")
        both = both[both["one"] != both["but"]]
        pair_numbers: Numbers = (both["one"] * self._carers + both["carer"]).to_numpy(np.int64)
        return np.unique(pair_numbers)

    def reasons(self, child: Numbers, carer: Numbers) -> dict[str, Mask]:
        """Return for each pair of positions which of the reasons in `WEIGHTS` it has."""
        group = self._class[child]
        homeroom = (self._homeroom[group] == carer) & (group >= 0)
        teaches = self._teaches[carer, group] & ~homeroom
        grade, village = self._grade[group], self._village[child]
        home = (village >= 0) & (self._home[carer] == village)
        return {
            "before": np.isin(child * self._carers + carer, self._before),
            "siblings": np.isin(child * self._carers + carer, self._kin),
            "village": home,
            "homeroom": homeroom,
            "teaches": teaches,
            "grade": self._grades[carer, grade] & (grade >= 0) & ~homeroom & ~teaches,
            "help": (self._need[child] & self._fits[carer]).any(axis=-1),
            "near": self._near[carer, village] & (village >= 0) & ~home,
        }

    def possible(self, child: Numbers, carer: Numbers) -> Mask:
        """Return which pairs may be made: those that do not exist yet."""
        return ~np.isin(child * self._carers + carer, self._now)

    def _by_grade(self, grades: Sequence[int | None], homerooms: Numbers) -> tuple[Numbers, Mask]:
        """Return the grade of each class and in which grades each of the staff works, as positions."""
        positions = {
            grade: position
            for position, grade in enumerate(sorted({grade for grade in grades if grade is not None}))
        }
        of_class = np.array([*(positions.get(grade, -1) for grade in grades), -1])  # type: ignore[arg-type]
        works = np.zeros((self._carers, len(positions) + 1), dtype=bool)
        for position, (grade, teacher) in enumerate(zip(of_class[:-1], homerooms, strict=True)):
            if grade >= 0:
                works[self._teaches[:, position], grade] = True
                if teacher >= 0:
                    works[teacher, grade] = True
        return of_class, works

    def _carrying(
        self, frames: Mapping[str, pd.DataFrame], people: pd.Index, villages: pd.Index, on: date
    ) -> Mask:
        """Return in which villages each of the staff helps a child already."""
        near = np.zeros((self._carers, len(villages) + 1), dtype=bool)
        pairs, children = (
            current_pairings(normalized_frame(frames, "pairing"), on),
            normalized_frame(frames, "child"),
        )
        homes = dict(
            zip(children["id"], as_strings(_column(children, "village")).map(str.strip), strict=True)
        )
        carer = people.get_indexer(pd.Index(pairs["helper"], dtype=object))
        village = villages.get_indexer(
            pd.Index([homes.get(child, "") for child in pairs["child"]], dtype=object)
        )
        both = (carer >= 0) & (village >= 0)
        near[carer[both], village[both]] = True
        return near


def needed_help(frames: Mapping[str, pd.DataFrame], children: pd.DataFrame, on: date) -> list[set[str]]:
    """Return which kinds of help each child needs: study, mind, life.

    By the special groups of its dossier, by boarding, and by the problems found on visits of the last year.
    """
    kinds_of_child = [
        {GROUPS[group] for group in as_list(groups) if group in GROUPS}
        for groups in _column(children, "special_groups")
    ]
    for kinds, boarding in zip(kinds_of_child, as_strings(_column(children, "boarding")), strict=True):
        kinds |= {"life"} if boarding == "yes" else set()
    visits = normalized_frame(frames, "home_visit")
    recent = visits[
        (visits["date"] > timestamp(on - timedelta(VISIT_DAYS))) & (visits["date"] <= timestamp(on))
    ]
    positions = {child: position for position, child in enumerate(children["id"])}
    for child, problems in zip(recent["child"], recent["problems"], strict=True):
        if child in positions:
            kinds_of_child[positions[child]] |= {
                PROBLEMS[problem] for problem in as_list(problems) if problem in PROBLEMS
            }
    return kinds_of_child


def _pair_numbers(
    frames: Mapping[str, pd.DataFrame], children: pd.Index, people: pd.Index, on: date
) -> tuple[Numbers, Numbers]:
    """Return which pairs were before (ended not long ago), and which are now, as one number each."""
    pairings = normalized_frame(frames, "pairing")
    now = pd.concat([current_pairings(pairings, on), agreed_pairings(pairings, on)])
    ended = pairings[
        (pairings["role"] == "helper")
        & (pairings["end"] < timestamp(on))
        & (pairings["end"] >= timestamp(on - timedelta(CONTINUITY_DAYS)))
    ]

    def numbers(pairs: pd.DataFrame) -> Numbers:
        child = children.get_indexer(pd.Index(pairs["child"], dtype=object))
        carer = people.get_indexer(pd.Index(pairs["helper"], dtype=object))
        known_both = (child >= 0) & (carer >= 0)
        pair_numbers: Numbers = child[known_both].astype(np.int64) * len(people) + carer[known_both]
        return pair_numbers

    return numbers(ended), numbers(now)


def _column(frame: pd.DataFrame, name: str) -> "pd.Series[Any]":
    """Return a column, empty where a school's own form has no such question."""
    if name in frame.columns:
        return frame[name]
    return pd.Series([None] * len(frame), index=frame.index, dtype=object)
