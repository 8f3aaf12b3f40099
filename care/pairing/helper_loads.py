"""Which children have no helper, and how many children each of the staff carries (R29, requirements 7.7)."""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from guanai.care.children.eligibility import left_behind
from guanai.care.duties.record_rules import current_pairings
from guanai.care.figures import Figure, rate
from guanai.care.frames import as_strings, normalized_frame, object_column
from guanai.care.pairing.quotas import helper_quotas, range_words
from guanai.care.policy.policy import Policy

__all__ = ["helped", "loads", "unpaired"]


def unpaired(policy: Policy, frames: Mapping[str, pd.DataFrame], on: date) -> pd.DataFrame:
    """Return the rows of the children in care on a day who have no helper that day."""
    children = _children(policy, frames, on)
    return children[~children["id"].isin(_current_pairs(frames, on, children)["child"])]


def loads(policy: Policy, frames: Mapping[str, pd.DataFrame], on: date) -> pd.DataFrame:
    """Return how many children in care each of the staff carries: one row per active person.

    Columns: ``id``, ``name``, ``role``, ``children``, ``key_help`` (of them in 重点帮扶), ``child_ids``,
    ``quota`` in figures, and ``load``: none, under, fit or over, by the 名额 rows of the policy that are for the
    person and by their own limit (002-1: at least 6). Who carries nobody is no helper and so never under.
    Somebody who has left but still carries a child is in the list too.
    """
    pairs = _current_pairs(frames, on, _children(policy, frames, on))
    staff = normalized_frame(frames, "staff")
    staff = staff[(as_strings(staff["active"]) != "no") | staff["id"].isin(pairs["helper"])]
    key_help = pairs[as_strings(pairs["key_help"]) == "yes"]
    carried = pairs.groupby("helper")["child"].agg(list).to_dict()
    numbers = staff["id"].map(pairs.groupby("helper").size()).fillna(0).astype("int64")
    quotas = helper_quotas(policy, staff)
    limits = list(zip(quotas["least"], quotas["most"], strict=True))
    return pd.DataFrame(
        {
            "id": staff["id"],
            "name": staff["name"],
            "role": staff["role"],
            "children": numbers,
            "key_help": staff["id"].map(key_help.groupby("helper").size()).fillna(0).astype("int64"),
            "child_ids": pd.Series(
                [carried.get(person, []) for person in staff["id"]], index=staff.index, dtype=object
            ),
            "quota": object_column((range_words(*limit) for limit in limits), staff.index),
            "load": object_column(
                (_load(number, *limit) for number, limit in zip(numbers, limits, strict=True)), staff.index
            ),
        }
    ).reset_index(drop=True)


def helped(policy: Policy, frames: Mapping[str, pd.DataFrame], on: date) -> Figure:
    """Return the share of the children in care who have a helper."""
    children = _children(policy, frames, on)
    return rate("helped", _current_pairs(frames, on, children)["child"], children["id"])


def _load(number: int, least: int, most: int) -> str:
    if number == 0:
        return "none"
    if number < least:
        return "under"
    return "over" if number > most else "fit"


def _children(policy: Policy, frames: Mapping[str, pd.DataFrame], on: date) -> pd.DataFrame:
    return left_behind(normalized_frame(frames, "child"), on, policy.criterion)


def _current_pairs(frames: Mapping[str, pd.DataFrame], on: date, children: pd.DataFrame) -> pd.DataFrame:
    """Return one row per child in care and helper on a day, key help first."""
    pairs = current_pairings(normalized_frame(frames, "pairing"), on)
    pairs = pairs[pairs["child"].isin(children["id"])]
    key_first = pairs.assign(order=as_strings(pairs["key_help"]) != "yes").sort_values("order", kind="stable")
    return key_first.drop_duplicates(["child", "helper"])
