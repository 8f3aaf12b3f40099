"""Proposals of helpers: for the children of a class or the school who lack one, and for those of somebody who leaves."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from guanai.care.children.eligibility import left_behind
from guanai.care.duties.record_rules import agreed_pairings, class_names, current_pairings
from guanai.care.duties.subjects import with_class_fields
from guanai.care.frames import as_strings, normalized_frame, normalized_frames, timestamp
from guanai.care.pairing.match_scores import HelperMatching
from guanai.care.pairing.proposals import Numbers, Proposal, best_pairs, empty_rows
from guanai.care.pairing.quotas import class_quotas, helper_quotas, needs
from guanai.care.policy.policy import Policy

__all__ = ["in_class_order", "leavers", "propose_helpers", "propose_renewal", "propose_successors"]

Frames = Mapping[str, pd.DataFrame]


def propose_helpers(
    policy: Policy,
    frames: Frames,
    on: date,
    *,
    classes: Collection[str] | None = None,
    carers: Collection[str] | None = None,
    fewest: Mapping[str, int] | None = None,
) -> Proposal:
    """Propose helpers for the children in care who have too few, of some classes or of the whole school (R29, W6).

    Within the quotas of the school's 名额 rows and the helpers' own limits; ``carers`` are the ids of possible helpers
    (without it all active staff), ``fewest`` how many helpers certain children need at least. Nobody gets a helper twice.
    """
    children = in_class_order(left_behind(normalized_frame(frames, "child"), on, policy.criterion), frames)
    pairs = _agreed_pairs(frames, on, children)
    have = children["id"].map(pairs.groupby("child").size()).fillna(0).to_numpy(np.int64)
    wanted = needs(policy, with_class_fields(children, frames), "helper").to_numpy(np.int64)
    if fewest:
        wanted = np.maximum(wanted, children["id"].map(fewest).fillna(0).to_numpy(np.int64))
    need = np.maximum(wanted - have, 0)
    if classes is not None:
        need[~children["class"].isin(list(classes)).to_numpy(bool)] = 0
    groups = class_quotas(policy, frames, on)
    paired = children[have > 0]["class"].value_counts()
    groups = groups.assign(have=[int(paired.get(name, 0)) for name in groups.index])
    if classes is not None:
        groups = groups[groups.index.isin(list(classes))]
    # A class puts each child forward once: further helpers of a paired child do not count.
    group = np.where(have == 0, groups.index.get_indexer(pd.Index(children["class"], dtype=object)), -1)
    need[group >= 0] = np.minimum(need[group >= 0], 1)
    wanted = np.flatnonzero(need)
    children = children.iloc[wanted].reset_index(drop=True)
    return _propose(policy, frames, on, children, need[wanted], (group[wanted], groups), carers)


def propose_renewal(
    policy: Policy, frames: Frames, on: date, *, classes: Collection[str] | None = None
) -> Proposal:
    """Propose helpers for all children in care anew, as at the beginning of a term: who helps already comes first.

    One row per child and helper, with the pairing that it would end and whose that was; where nobody else is proposed
    nothing changes. A child keeps as many helpers as it has. Quotas as in `propose_helpers`.
    """
    children = in_class_order(left_behind(normalized_frame(frames, "child"), on, policy.criterion), frames)
    if classes is not None:
        children = children[children["class"].isin(list(classes))]
    now = _current_pairs(frames, on, children)
    pairings = normalized_frame(frames, "pairing")
    over = pairings["end"].where(~pairings["id"].isin(now["id"]), timestamp(on - timedelta(days=1)))
    free = normalized_frames(frames).with_frame("pairing", pairings.assign(end=over))
    several = {str(child): int(count) for child, count in now["child"].value_counts().items()}
    proposal = propose_helpers(policy, free, on, classes=classes, fewest=several)
    rows = proposal.pairs
    running: dict[str, dict[str, str]] = {}
    for child, helper, key in zip(now["child"], now["helper"], now["id"], strict=True):
        running.setdefault(child, {})[helper] = key
    positions = list(zip(rows.index, rows["child"], rows["carer"], strict=True))
    for same in (
        True,
        False,
    ):  # first the helpers who stay; then the others take over the remaining pairings
        for row, child, carer in positions:
            own = running.get(child, {})
            if own and not rows.at[row, "ends"] and (carer in own or not same):
                was = carer if same else next(iter(own))
                rows.loc[row, ["ends", "was"]] = [own.pop(was), was]
    return replace(proposal, pairs=rows, reason="renewed")


def propose_successors(policy: Policy, frames: Frames, on: date, leaving: str) -> Proposal:
    """Propose who takes over the children of a helper who leaves: one row per pairing, which ends with it.

    ``on`` is the first day of the successors. Quotas and matches as in `propose_helpers`; the class quotas do not
    matter, as the children are paired already.
    """
    children = in_class_order(left_behind(normalized_frame(frames, "child"), on, policy.criterion), frames)
    theirs = _current_pairs(frames, on, children)
    theirs = theirs[theirs["helper"] == leaving].drop_duplicates("child")
    ends = dict(zip(theirs["child"], theirs["id"], strict=True))
    children = children[children["id"].isin(list(ends))].reset_index(drop=True)
    staff = normalized_frame(frames, "staff")
    others = [person for person in staff["id"][as_strings(staff["active"]) != "no"] if person != leaving]
    none = (np.full(len(children), -1), pd.DataFrame(columns=["least", "most", "source", "have"]))
    need = np.ones(len(children), dtype=np.int64)
    proposal = _propose(policy, frames, on, children, need, none, others)
    proposal.pairs["ends"] = proposal.pairs["child"].map(ends)
    return replace(proposal, reason="left")


def leavers(policy: Policy, frames: Frames, on: date) -> pd.DataFrame:
    """Return who has left (在岗: 否) and still carries children in care: id, name, role, children (their number)."""
    children = left_behind(normalized_frame(frames, "child"), on, policy.criterion)
    numbers = _current_pairs(frames, on, children).groupby("helper").size()
    staff = normalized_frame(frames, "staff")
    gone = staff[(as_strings(staff["active"]) == "no") & staff["id"].isin(numbers.index)]
    return gone[["id", "name", "role"]].assign(children=gone["id"].map(numbers)).reset_index(drop=True)


def _propose(
    policy: Policy,
    frames: Frames,
    on: date,
    children: pd.DataFrame,
    need: Numbers,
    group: tuple[Numbers, pd.DataFrame],
    carers: Collection[str] | None,
) -> Proposal:
    staff = normalized_frame(frames, "staff").drop_duplicates("id")
    wanted = as_strings(staff["active"]) != "no"
    if carers is not None:
        wanted &= staff["id"].isin(list(carers))
    staff = staff[wanted].reset_index(drop=True)
    in_care = left_behind(normalized_frame(frames, "child"), on, policy.criterion)
    carried = staff["id"].map(_agreed_pairs(frames, on, in_care).groupby("helper").size())
    people = staff[["id", "name", "role"]].assign(carried=carried.fillna(0).astype("int64"))
    people = people.join(helper_quotas(policy, staff))
    matching = HelperMatching(frames, children, staff, on)
    child, carer = best_pairs(matching, need, people, *group)
    rows, child_positions = empty_rows(children, need)
    order = np.argsort(child, kind="stable")
    child, carer = child[order], carer[order]
    # The rows of a child follow each other: its first carer goes into its first row, and so on.
    first = np.concatenate([[0], np.cumsum(need)[:-1]]) if len(need) else need
    nth = np.arange(len(child)) - np.searchsorted(child, child)
    rows.loc[first[child] + nth, "carer"] = people["id"].to_numpy(object)[carer]
    return Proposal("helper", rows, people, group[1], matching, child_positions).with_reasons()


def in_class_order(children: pd.DataFrame, frames: Frames) -> pd.DataFrame:
    """Return children with the name of their class, by grade, class and name."""
    classes, class_name_of = normalized_frame(frames, "class").drop_duplicates("name"), class_names(frames)
    grades = pd.to_numeric(classes["grade"], errors="coerce").fillna(99)
    grade = dict(zip(as_strings(classes["name"]), grades, strict=True))
    names = as_strings(children["class"]).map(lambda name: class_name_of.get(name, name)).astype(object)
    children = children.assign(grade_=[grade.get(name, 99) for name in names])
    children["class"] = names
    return children.sort_values(["grade_", "class", "name", "id"], kind="stable").reset_index(drop=True)


def _agreed_pairs(frames: Frames, on: date, children: pd.DataFrame) -> pd.DataFrame:
    """Return one row per child in care and helper from a day on, those who begin later among them."""
    pairs = agreed_pairings(normalized_frame(frames, "pairing"), on)
    return pairs[pairs["child"].isin(children["id"])].drop_duplicates(["child", "helper"])


def _current_pairs(frames: Frames, on: date, children: pd.DataFrame) -> pd.DataFrame:
    """Return one row per child in care and helper on a day."""
    pairs = current_pairings(normalized_frame(frames, "pairing"), on)
    return pairs[pairs["child"].isin(children["id"])].drop_duplicates(["child", "helper"])
