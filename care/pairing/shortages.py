"""What a proposal lacks: which quota cannot be met, by how much, and for children of which class.

The text gives numbers that add up: 40 children, 12 helpers with room for 36: 4 places short.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from guanai.care.pairing.min_cost_flow import UNLIMITED
from guanai.care.pairing.proposals import Proposal
from guanai.care.pairing.quotas import range_words
from guanai.templates.wording import say

__all__ = ["Shortage", "shortages"]

_FEW = 6  # people named one by one; more are counted


class Shortage(NamedTuple):
    """One thing that a proposal lacks: ``kind`` (see `shortages`), whose, how many, and the whole in words."""

    kind: str
    subject: str
    number: int
    text: str


def shortages(proposal: Proposal) -> list[Shortage]:
    """Return what a proposal lacks, the gravest first.

    Kinds: ``places`` (all helpers are full), ``nobody`` (no one can be chosen), ``class_full`` (the class has put
    forward as many as it may), ``class_least``, ``least`` (a helper with too few), ``over`` (one with too many).
    """
    return [*_unplaced(proposal), *_classes(proposal), *_carers(proposal)]


def _unplaced(proposal: Proposal) -> list[Shortage]:
    left = proposal.pairs[proposal.pairs["carer"] == ""]
    if left.empty:
        return []
    after = _paired(proposal)
    lacks = []
    full = [
        row
        for row in _groups(proposal)
        if row["most"] < UNLIMITED and after.get(row["name"], 0) >= row["most"]
    ]
    for row in full:
        name, number = row["name"], int((left["class"] == row["name"]).sum())
        if number:
            text = say(
                "lack.class_full", group=name, most=row["most"], have=after.get(name, 0), number=number,
                source=row["source"],
            )  # fmt: skip
            lacks.append(Shortage("class_full", str(name), number, text))
    left = left[~left["class"].isin([row["name"] for row in full])]
    if left.empty:
        return lacks
    number, needed = len(left), len(proposal.pairs) - sum(lack.number for lack in lacks)
    comma = say("policy.comma")
    counts = left["class"].value_counts(sort=False)
    by_class = comma.join(
        say("lack.of_class", group=name or say("lack.no_class"), number=count)
        for name, count in counts.items()
    )
    carers = proposal.carers
    room = np.clip(carers["most"] - carers["carried"], 0, None)
    if proposal.role == "peer" or int(room.sum()) >= needed:
        text = say(f"lack.nobody_{proposal.role}", number=number, groups=by_class)
        return [Shortage("nobody", "", number, text), *lacks]
    sources = comma.join(dict.fromkeys(filter(None, carers["source"])))
    own = int(carers["own"].sum())
    text = say(
        "lack.places", asked=needed, carers=len(carers), room=int(room.sum()), number=number, groups=by_class,
        quota=_quota(carers), source=sources or say("lack.own_limits"),
    )  # fmt: skip
    if own and sources:
        text += say("lack.own", number=own)
    return [Shortage("places", "", number, text), *lacks]


def _classes(proposal: Proposal) -> list[Shortage]:
    after, lacks = _paired(proposal), []
    for row in _groups(proposal):
        name, have = row["name"], after.get(row["name"], 0)
        if have < row["least"]:
            short = int(row["least"] - have)
            text = say(
                "lack.class_least", group=name, range=range_words(row["least"], row["most"]), have=have,
                number=short, source=row["source"],
            )  # fmt: skip
            lacks.append(Shortage("class_least", str(name), short, text))
    return lacks


def _carers(proposal: Proposal) -> list[Shortage]:
    loads = proposal.loads
    under = loads[(loads["load"] > 0) & (loads["load"] < loads["least"])]
    over = loads[loads["load"] > loads["most"]]
    lacks = [
        _of_carer("over", row, row["load"] - row["most"], row["most"]) for row in over.to_dict("records")
    ]
    if len(under) <= _FEW:
        return lacks + [
            _of_carer("least", row, row["least"] - row["load"], row["least"])
            for row in under.to_dict("records")
        ]
    number = int((under["least"] - under["load"]).sum())
    text = say("lack.least_many", carers=len(under), number=number, source=under["source"].iloc[0])
    return [*lacks, Shortage("least", "", number, text)]


def _of_carer(kind: str, row: Mapping[Any, Any], number: int, limit: int) -> Shortage:
    text = say(
        f"lack.{kind}", name=row["name"], load=row["load"], limit=limit, number=number,
        source=row["source"] or say("lack.own_limits"),
    )  # fmt: skip
    return Shortage(kind, str(row["id"]), int(number), text)


def _paired(proposal: Proposal) -> dict[str, int]:
    """Return how many children of each class with a quota are paired once the proposal is accepted."""
    newly_paired = proposal.with_carers.drop_duplicates("child")["class"].value_counts()
    return {row["name"]: int(row["have"] + newly_paired.get(row["name"], 0)) for row in _groups(proposal)}


def _groups(proposal: Proposal) -> list[dict[Any, Any]]:
    """Return the classes with a quota, each with its name."""
    return proposal.groups.rename_axis("name").reset_index().to_dict("records")


def _quota(carers: pd.DataFrame) -> str:
    """Return the commonest quota in words."""
    both = list(zip(carers["least"], carers["most"], strict=True))
    least, most = max(set(both), key=both.count) if both else (0, UNLIMITED)
    return range_words(int(least), int(most))
