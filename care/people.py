"""Who is responsible for a child: the helper by the pairings, the homeroom teacher by the class."""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from guanai.care.frames import as_strings, moment, register
from guanai.templates.wording import say

__all__ = ["carers", "class_names", "responsible", "running"]

ALWAYS, FOREVER = moment(date(1900, 1, 1)), moment(date(2200, 1, 1))


def running(pairings: pd.DataFrame, on: date) -> pd.DataFrame:
    """Return the pairings with a helper that run on a day, its first and last day included.

    A pairing without a start does not run: it has not been agreed when it begins.
    """
    day = moment(on)
    return pairings[
        (pairings["role"] == "helper")
        & pairings["helper"].notna()
        & (pairings["start"] <= day)
        & (pairings["end"].isna() | (day <= pairings["end"]))
    ]


def class_names(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return the name of each class by its id and by its name: a child's dossier may hold either."""
    classes = register(frames, "class")
    names = as_strings(classes["name"])
    return dict(zip(names, names, strict=True)) | dict(zip(as_strings(classes["id"]), names, strict=True))


def carers(frames: Mapping[str, pd.DataFrame], children: pd.DataFrame, role: str) -> pd.DataFrame:
    """Return who carries a role for whom: ``child``, ``staff`` (ids), ``start``, ``end``, one row each.

    ``helper`` by the pairings and their days; ``homeroom`` by the class as it is now (its record has no
    days, so a visit by an earlier class teacher is not known as one).
    """
    if role == "helper":
        pairings = register(frames, "pairing")
        pairings = pairings[
            (pairings["role"] == "helper") & pairings["helper"].notna() & pairings["start"].notna()
        ]
        found = pairings[["child", "helper", "start", "end"]].rename(columns={"helper": "staff"})
        return found.assign(end=found["end"].fillna(FOREVER))
    classes = register(frames, "class")
    names = class_names(frames)
    teachers = dict(zip(as_strings(classes["name"]), as_strings(classes["homeroom"]), strict=True))
    staff = as_strings(children["class"]).map(lambda name: teachers.get(names.get(name, ""), ""))
    found = pd.DataFrame({"child": children["id"], "staff": staff, "start": ALWAYS, "end": FOREVER})
    return found[found["staff"] != ""]


def responsible(
    frames: Mapping[str, pd.DataFrame], children: pd.DataFrame, who: str, on: date
) -> dict[str, str]:
    """Return by child id the names of those who carry a role on a day; a child with nobody is left out.

    Several names are joined in the order of the staff; any other role (coordinator, counsellor …) is
    everybody of the active staff who has it.
    """
    staff = register(frames, "staff")
    names = dict(zip(as_strings(staff["id"]), as_strings(staff["name"]), strict=True))
    if who not in ("helper", "homeroom"):
        active = staff[(as_strings(staff["role"]) == who) & (as_strings(staff["active"]) != "no")]
        everybody = say("policy.comma").join(active["name"])
        return dict.fromkeys(children["id"], everybody) if who and everybody else {}
    found, day = carers(frames, children, who), moment(on)
    found = found[(found["start"] <= day) & (day <= found["end"])].drop_duplicates(["child", "staff"])
    order = {person: place for place, person in enumerate(names)}
    found = (
        found.assign(order=found["staff"].map(order))
        .dropna(subset="order")
        .sort_values("order", kind="stable")
    )
    answer: dict[str, list[str]] = {}
    for child, person in zip(found["child"], found["staff"], strict=True):
        answer.setdefault(child, []).append(names[person])
    comma = say("policy.comma")
    return {child: comma.join(people) for child, people in answer.items()}
