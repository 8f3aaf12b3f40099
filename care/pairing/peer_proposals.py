"""Friends of the same class (R30, 002-7a L409: at least one each): children without one, and proposals.

Candidates are the pupils of the class who are in the register; those who are not left-behind come first, as the
documents want the others to take part. A class of which only one child is in the register asks for a name by hand.
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from guanai.care.children.eligibility import left_behind
from guanai.care.duties.subjects import with_class_fields
from guanai.care.frames import as_strings, normalized_frame, timestamp
from guanai.care.pairing.helper_proposals import in_class_order
from guanai.care.pairing.min_cost_flow import UNLIMITED
from guanai.care.pairing.proposals import Mask, Numbers, Proposal, best_pairs, empty_rows
from guanai.care.pairing.quotas import needs
from guanai.care.policy.policy import Policy

__all__ = ["PEER_WEIGHTS", "PeerMatching", "propose_peers", "without_peer"]

Frames = Mapping[str, pd.DataFrame]

PEER_WEIGHTS = {"mutual": 50, "village": 40, "at_home": 30, "same_sex": 10}


class PeerMatching:
    """Which reasons there are for each pair of a child and a classmate; both are rows, numbered anew."""

    weights = PEER_WEIGHTS

    def __init__(self, children: pd.DataFrame, mates: pd.DataFrame, in_care: pd.Index, pairs: pd.DataFrame):
        self._mates = len(mates)
        positions = pd.Index(mates["id"], dtype=object)
        self._self = positions.get_indexer(pd.Index(children["id"], dtype=object))
        groups = pd.Index(mates["class"].unique(), dtype=object)
        self._class = groups.get_indexer(pd.Index(children["class"], dtype=object))
        self._group = groups.get_indexer(pd.Index(mates["class"], dtype=object))
        villages = pd.Index([*{*_texts(mates, "village")} - {""}], dtype=object)
        self._village, self._home = (
            villages.get_indexer(pd.Index(_texts(frame, "village"), dtype=object))
            for frame in (children, mates)
        )
        sexes = pd.Index(["male", "female"], dtype=object)
        self._sex, self._own = (
            sexes.get_indexer(pd.Index(_texts(frame, "sex"), dtype=object)) for frame in (children, mates)
        )
        self._at_home = ~mates["id"].isin(in_care).to_numpy(bool)
        # A friend is recorded by name: it means the child of that name in the same class.
        names = {
            (row["class"], row["name"]): position for position, row in enumerate(mates.to_dict("records"))
        }
        group_of = dict(zip(mates["id"], mates["class"], strict=True))
        child_index = pd.Index(children["id"], dtype=object)
        now, back = [], []
        for child, name in zip(pairs["child"], as_strings(pairs["peer_name"]), strict=True):
            mate = names.get((group_of.get(child), name), -1)
            if mate < 0:
                continue
            if (position := child_index.get_indexer([child])[0]) >= 0:
                now.append(position * self._mates + mate)
            friend = child_index.get_indexer([positions[mate]])[0]
            if friend >= 0 and (other := positions.get_indexer([child])[0]) >= 0:
                back.append(friend * self._mates + other)
        self._now, self._back = np.array(now, dtype=np.int64), np.array(back, dtype=np.int64)

    def after_pairing(self, child: Numbers, carer: Numbers, *, gather: bool = False) -> "PeerMatching":
        """Return the same matching: a friend is each child's own."""
        return self

    def possible(self, child: Numbers, carer: Numbers) -> Mask:
        """Return which pairs may be made: of one class, not with oneself, not existing yet."""
        same = (self._class[child] == self._group[carer]) & (self._self[child] != carer)
        return same & ~np.isin(child * self._mates + carer, self._now)

    def reasons(self, child: Numbers, carer: Numbers) -> dict[str, Mask]:
        """Return for each pair of places which of the reasons in `PEER_WEIGHTS` it has."""
        village, sex = self._village[child], self._sex[child]
        return {
            "mutual": np.isin(child * self._mates + carer, self._back),
            "village": (village >= 0) & (village == self._home[carer]),
            "at_home": np.broadcast_to(self._at_home[carer], np.broadcast_shapes(child.shape, carer.shape)),
            "same_sex": (sex >= 0) & (sex == self._own[carer]),
        }


def propose_peers(
    policy: Policy, frames: Frames, on: date, *, classes: Collection[str] | None = None
) -> Proposal:
    """Propose friends for the children in care who have too few, of some classes or of the whole school (R30).

    A classmate who is a friend of many already comes after the others.
    """
    children = in_class_order(left_behind(normalized_frame(frames, "child"), on, policy.criterion), frames)
    pairs = _peers(frames, on, later=True)
    have = children["id"].map(pairs.drop_duplicates(["child", "peer_name"]).groupby("child").size())
    need = np.maximum(
        needs(policy, with_class_fields(children, frames), "peer").to_numpy(np.int64)
        - have.fillna(0).to_numpy(np.int64),
        0,
    )
    if classes is not None:
        need[~children["class"].isin(list(classes)).to_numpy(bool)] = 0
    mates = in_class_order(_enrolled(frames), frames)
    wanted = np.flatnonzero(need)
    in_care = pd.Index(children["id"], dtype=object)
    children, need = children.iloc[wanted].reset_index(drop=True), need[wanted]
    matching = PeerMatching(children, mates, in_care, pairs)
    friends = as_strings(pairs["child"].map(dict(zip(mates["id"], mates["class"], strict=True))))
    named = list(zip(friends, as_strings(pairs["peer_name"]), strict=True))
    carried = pd.Series(named, dtype=object).value_counts()
    people = mates[["id", "name"]].assign(
        role=mates["class"],
        carried=[int(carried.get(mate, 0)) for mate in zip(mates["class"], mates["name"], strict=True)],
        least=0,
        most=UNLIMITED,
        own=False,
        source="",
    )
    groups = pd.DataFrame(columns=["least", "most", "source", "have"])
    group = np.full(len(children), -1)
    child, mate = best_pairs(matching, need, people, group, groups, _by_class(children, mates))
    rows, child_positions = empty_rows(children, need)
    order = np.argsort(child, kind="stable")
    child, mate = child[order], mate[order]
    first = np.concatenate([[0], np.cumsum(need)[:-1]]) if len(need) else need
    rows.loc[first[child] + np.arange(len(child)) - np.searchsorted(child, child), "carer"] = people[
        "id"
    ].to_numpy(object)[mate]
    return Proposal("peer", rows, people, groups, matching, child_positions).with_reasons()


def without_peer(policy: Policy, frames: Frames, on: date) -> pd.DataFrame:
    """Return the rows of the children in care on a day who have no friend of their class that day."""
    children = left_behind(normalized_frame(frames, "child"), on, policy.criterion)
    return children[~children["id"].isin(_peers(frames, on)["child"])]


def _by_class(children: pd.DataFrame, mates: pd.DataFrame) -> list[tuple[Numbers, Numbers]]:
    mates_of: dict[Any, Any] = mates.groupby("class", sort=False).indices
    own: dict[Any, Any] = children.groupby("class", sort=False).indices
    return [(positions, mates_of[name]) for name, positions in own.items() if name in mates_of]


def _enrolled(frames: Frames) -> pd.DataFrame:
    children = normalized_frame(frames, "child")
    return children[as_strings(children["status"]).isin(["", "enrolled", "returned"])]


def _peers(frames: Frames, on: date, *, later: bool = False) -> pd.DataFrame:
    """Return the friendships that run on a day, with ``later`` also those that have been agreed and begin after it."""
    pairs, day = normalized_frame(frames, "pairing"), timestamp(on)
    if "peer_name" not in pairs.columns:
        pairs = pairs.assign(peer_name=None)
    return pairs[
        (pairs["role"] == "peer")
        & pairs["peer_name"].notna()
        & (pairs["start"].notna() if later else pairs["start"] <= day)
        & (pairs["end"].isna() | (day <= pairs["end"]))
    ]


def _texts(frame: pd.DataFrame, name: str) -> list[str]:
    return [text.strip() for text in as_strings(frame[name])] if name in frame.columns else [""] * len(frame)
