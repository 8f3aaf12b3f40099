"""A proposal of pairings: the carer for each child, why, and what was given up for the quotas.

A proposal is a value: changing one pair by hand gives another proposal, with loads and reasons computed
again. Nothing of it is stored until it is accepted (`guanai.storage.school.pairing_service`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd

from guanai.care.frames import as_strings, object_column
from guanai.care.pairing.min_cost_flow import UNLIMITED, AssignmentProblem, assign
from guanai.templates.wording import say

__all__ = ["BY_HAND", "COLUMNS", "CarerChoice", "Matching", "Proposal", "best_pairs", "empty_rows"]

Numbers = np.ndarray[Any, np.dtype[Any]]  # whole numbers
Mask = np.ndarray[Any, np.dtype[np.bool_]]

COLUMNS = (
    "child", "name", "class", "village", "carer", "carer_name", "why", "traded", "ends", "was", "by_hand",
)  # fmt: skip
BY_HAND = "yes"
DENSE = (
    400_000  # up to so many pairs each of them is weighed; beyond, the best of each child and some in turn
)
BEST_OF, IN_TURN, AT_A_TIME = 40, 20, 500


class Matching(Protocol):
    """How well children and carers go together: `guanai.care.pairing.match_scores.HelperMatching`, `guanai.care.pairing.peer_proposals.PeerMatching`."""

    @property
    def weights(self) -> Mapping[str, int]:
        """What each reason weighs, the weightiest first."""

    def reasons(self, child: Numbers, carer: Numbers) -> dict[str, Mask]:
        """Return which reasons each pair of positions has."""

    def possible(self, child: Numbers, carer: Numbers) -> Mask:
        """Return which pairs may be made."""

    def after_pairing(self, child: Numbers, carer: Numbers, *, gather: bool = False) -> "Matching":
        """Return the matching once these pairs are made; with ``gather`` one that keeps households together."""


class CarerChoice(NamedTuple):
    """A carer who could be chosen for a child: with how many children then, and why."""

    carer: str
    name: str
    load: int
    most: int
    why: str


@dataclass(frozen=True)
class Proposal:
    """Pairings that are proposed: ``pairs``, one row per child and carer that it needs, in the order of the classes.

    Columns of ``pairs``: `COLUMNS`; ``carer`` is "" where nobody is free, ``ends`` the id of the pairing that this
    one takes over, and ``was`` its carer: where that is the carer too, nothing changes. ``carers``: one row each with id, name, role, carried (before), least, most, own, source.
    ``groups``: the classes with a quota, by name: least, most, source, have (paired before).
    """

    role: str
    pairs: pd.DataFrame
    carers: pd.DataFrame
    groups: pd.DataFrame
    matching: Matching = field(compare=False)
    child_positions: "pd.Series[int]" = field(
        compare=False
    )  # of each row: its child's position in the matching
    reason: str = ""  # why pairings are taken over: left, renewed
    seen: Any = field(default=None, compare=False)  # the state of the registers when it was made

    @cached_property
    def carer_index(self) -> pd.Index:
        """The ids of the carers, to look up positions."""
        return pd.Index(self.carers["id"], dtype=object)

    @cached_property
    def loads(self) -> pd.DataFrame:
        """The carers with ``new`` (pairs of this proposal) and ``load`` (children then), in their own order."""
        new = self.carers["id"].map(self.pairs["carer"].value_counts()).fillna(0).astype("int64")
        return self.carers.assign(new=new, load=self.carers["carried"] + new)

    @property
    def with_carers(self) -> pd.DataFrame:
        """The rows with a carer."""
        return self.pairs[self.pairs["carer"] != ""]

    @property
    def new_pairs(self) -> pd.DataFrame:
        """The rows with a carer whom the child does not have yet: what accepting it would make."""
        return self.with_carers[self.with_carers["carer"] != self.with_carers["was"]]

    def with_carer(self, row: int, carer: str) -> "Proposal":
        """Return the proposal with another carer in a row ("" for nobody), chosen by hand."""
        pairs = self.pairs.copy()
        pairs.loc[row, ["carer", "by_hand"]] = [carer, BY_HAND]
        return replace(self, pairs=pairs).with_reasons()

    def options(self, row: int) -> list[CarerChoice]:
        """Return everybody who could be chosen in a row, the best match first."""
        carers = np.arange(len(self.carers), dtype=np.int64)
        child = np.full(len(carers), self.child_positions[row])
        reasons = self._matching_without(row).reasons(child, carers)
        score = _score(reasons, self.matching.weights, child.shape)
        allowed = np.flatnonzero(self.matching.possible(child, carers))
        words = self._words(reasons, np.full(len(carers), row))
        loads, most = self.loads["load"].to_numpy(), self.carers["most"].to_numpy()
        free = loads < most
        order = allowed[np.lexsort((loads[allowed], -score[allowed], ~free[allowed]))]
        ids, names = self.carers["id"].to_list(), self.carers["name"].to_list()
        return [
            CarerChoice(
                ids[position], names[position], int(loads[position]), int(most[position]), words[position]
            )
            for position in order
        ]

    def _matching_without(self, row: int | None = None) -> Matching:
        """Return the matching with the other rows' pairs made: a household's other carers then count."""
        positions = self.carer_index.get_indexer(pd.Index(self.pairs["carer"], dtype=object)).astype(np.int64)
        has_carer = (positions >= 0) & (self.pairs.index != row).astype(bool)
        return self.matching.after_pairing(
            self.child_positions.to_numpy(np.int64)[has_carer], positions[has_carer]
        )

    def with_reasons(self) -> "Proposal":
        """Return the proposal with its reasons in words: why each, and what was traded."""
        pairs = self.pairs.copy()
        positions = self.carer_index.get_indexer(pd.Index(pairs["carer"], dtype=object)).astype(np.int64)
        rows = np.flatnonzero(positions >= 0)
        why, traded = [""] * len(pairs), [""] * len(pairs)
        if len(rows):
            matching = self._matching_without()
            reasons = matching.reasons(self.child_positions.to_numpy(np.int64)[rows], positions[rows])
            words = self._words(reasons, rows)
            for row, text in zip(rows.tolist(), words, strict=True):
                why[row] = text
            own = _score(reasons, self.matching.weights, (len(rows),))
            for row, text in self._trades(matching, rows, positions[rows], own).items():
                traded[row] = text
        by_hand_rows = (pairs["by_hand"] == BY_HAND).to_numpy(bool)
        by_hand = say("pair.by_hand")
        names = dict(zip(self.carers["id"], self.carers["name"], strict=True))
        pairs["carer_name"] = object_column(
            (names.get(carer, carer) for carer in pairs["carer"]), pairs.index
        )
        pairs["why"] = object_column(why, pairs.index)
        texts = (by_hand if chosen else text for chosen, text in zip(by_hand_rows, traded, strict=True))
        pairs["traded"] = object_column(texts, pairs.index)
        return replace(self, pairs=pairs)

    def _words(self, reasons: Mapping[str, Mask], rows: Numbers) -> list[str]:
        """Return the reasons of pairs in words, the weightiest first."""
        villages, groups = self.pairs["village"].to_list(), self.pairs["class"].to_list()
        names = [name for name in self.matching.weights if name in reasons]
        table = np.array([reasons[name] for name in names]).T
        comma, even = say("policy.comma"), say("pair.why.even")
        texts = []
        for row, line in zip(rows, table, strict=True):
            about = {"village": villages[row], "group": groups[row]}
            said = [
                say(f"pair.why.{name}", **about) for name, there in zip(names, line, strict=True) if there
            ]
            texts.append(comma.join(said) or even)
        return texts

    def _trades(
        self, matching: Matching, rows: Numbers, carers: Numbers, own_scores: Numbers
    ) -> dict[int, str]:
        """Return for each row that did not get its best match why not, in words."""
        texts: dict[int, str] = {}
        loads, child_of_row = self.loads, self.child_positions.to_numpy(np.int64)
        load, most, least = (loads[name].to_numpy() for name in ("load", "most", "least"))
        names, everybody = loads["name"].to_list(), np.arange(len(loads), dtype=np.int64)
        for first in range(0, len(rows), AT_A_TIME):
            part = slice(first, first + AT_A_TIME)
            child = child_of_row[rows[part]][:, None]
            reasons = matching.reasons(child, everybody[None, :])
            scores = _score(reasons, self.matching.weights, (len(child), len(everybody)))
            scores = np.where(self.matching.possible(child, everybody[None, :]), scores, -1)
            best = scores.argmax(axis=1)
            better = np.flatnonzero(scores[np.arange(len(best)), best] > own_scores[part])
            best_reasons = {
                name: values[better, best[better]]
                for name, values in _broadcast(reasons, scores.shape).items()
            }
            for number, why in zip(better, self._words(best_reasons, rows[part][better]), strict=True):
                other, own_carer = best[number], carers[part][number]
                key = "even" if load[own_carer] > least[own_carer] else "least"
                key = "full" if load[other] >= most[other] else key
                texts[int(rows[part][number])] = say(
                    f"pair.traded.{key}", name=names[other], why=why, load=load[other], most=most[other],
                    carer=names[own_carer], least=least[own_carer],
                )  # fmt: skip
        return texts


def best_pairs(
    matching: Matching,
    need: Numbers,
    carers: pd.DataFrame,
    group: Numbers,
    groups: pd.DataFrame,
    blocks: "list[tuple[Numbers, Numbers]] | None" = None,
) -> tuple[Numbers, Numbers]:
    """Return the best pairs as positions of children and of carers.

    ``need`` per child, ``carers`` with carried, least and most, ``group`` the position of each child's class in ``groups``
    (-1 without a quota). ``blocks`` are children and carers between whom pairs may be made; without it all may.
    """
    top = sum(matching.weights.values())
    most = np.minimum(carers["most"].to_numpy(np.int64), UNLIMITED)
    have = groups["have"].to_numpy(np.int64) if len(groups) else np.empty(0, dtype=np.int64)
    group_most = np.clip(groups["most"].to_numpy(np.int64) - have, 0, len(need)) if len(groups) else have
    group_least = np.clip(groups["least"].to_numpy(np.int64) - have, 0, None) if len(groups) else have
    carried, least = (carers[name].to_numpy(np.int64) for name in ("carried", "least"))

    def best(matching: Matching) -> tuple[Numbers, Numbers]:
        child, carer = _pairs_of(matching, len(need), len(carers), blocks)
        cost = top - _score(matching.reasons(child, carer), matching.weights, child.shape)
        chosen = assign(
            AssignmentProblem(child, carer, cost, need, carried, least, most, group, group_least, group_most)
        ).pairs
        return child[chosen], carer[chosen]

    first = best(matching)
    # Whether a household has one carer is known only after a first run: run again, with siblings counted for the carer
    # who has most of the household.
    gathered = matching.after_pairing(*first, gather=True)
    return first if gathered is matching else best(gathered)


def _pairs_of(
    matching: Matching, children: int, carers: int, blocks: "list[tuple[Numbers, Numbers]] | None"
) -> tuple[Numbers, Numbers]:
    """Return the pairs that are weighed: all, or of each child the best and some others in turn."""
    if blocks is None:
        blocks = [
            (np.arange(first, min(first + AT_A_TIME, children)), np.arange(carers))
            for first in range(0, children, AT_A_TIME)
        ]
    few = children * carers > DENSE
    parts = []
    for some, others in blocks:
        rows, columns = some[:, None], others[None, :]
        allowed = np.broadcast_to(matching.possible(rows, columns), (len(some), len(others)))
        if few and len(others) > BEST_OF + IN_TURN:
            scores = _score(matching.reasons(rows, columns), matching.weights, allowed.shape)
            best = np.argpartition(-np.where(allowed, scores, -1), BEST_OF, axis=1)[:, :BEST_OF]
            turn = (rows * 7 + np.arange(IN_TURN) * (len(others) // IN_TURN)) % len(others)
            weighed = np.zeros(allowed.shape, dtype=bool)
            np.put_along_axis(weighed, best, True, axis=1)
            np.put_along_axis(weighed, turn, True, axis=1)
            allowed = allowed & weighed
        row, column = np.nonzero(allowed)
        parts.append((some[row], others[column]))
    if not parts:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    return np.concatenate([child for child, _ in parts]), np.concatenate([carer for _, carer in parts])


def _score(reasons: Mapping[str, Mask], weights: Mapping[str, int], shape: tuple[int, ...]) -> Numbers:
    total = np.zeros(shape, dtype=np.int64)
    for name, there in reasons.items():
        total += np.where(there, weights[name], 0)
    return total


def _broadcast(reasons: Mapping[str, Mask], shape: tuple[int, ...]) -> dict[str, Mask]:
    return {name: np.broadcast_to(values, shape) for name, values in reasons.items()}


def empty_rows(children: pd.DataFrame, need: Numbers) -> tuple[pd.DataFrame, "pd.Series[int]"]:
    """Return one row per child and carer that it needs, and the child's position for each row."""
    positions = np.repeat(np.arange(len(children)), need)
    village = as_strings(children["village"]) if "village" in children.columns else ""
    rows = children[["id", "name", "class"]].assign(village=village).iloc[positions].reset_index(drop=True)
    rows = rows.rename(columns={"id": "child"})
    empty = dict.fromkeys(("carer", "carer_name", "why", "traded", "ends", "was", "by_hand"), "")
    rows = rows.assign(**empty)[list(COLUMNS)].astype(object)
    return rows, pd.Series(positions, index=rows.index, dtype="int64")
