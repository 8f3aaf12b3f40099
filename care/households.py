"""Which children live together: one way to one home serves them all.

Of one household are children with the same address who share a guardian or a parent, by name or by telephone. The address
alone is not enough: in a village it is often the same for everybody.
"""

import re
import unicodedata
from typing import Any

import pandas as pd

from guanai.care.frames import is_nothing

__all__ = ["households"]

TELEPHONES = ("phone", "contact_phone", "father_phone", "mother_phone")
PEOPLE = ("father_name", "mother_name", "contact_person")


def households(children: pd.DataFrame) -> dict[str, str]:
    """Return for each child (id) its household: the id of the first child of it in the register.

    A child without an address, or of whom nobody is known, is a household of its own.
    """
    home: dict[str, str] = {}
    first: dict[tuple[str, str], str] = {}
    asked = ["id", "address", "guardians", *PEOPLE, *TELEPHONES]
    for row in children[[name for name in asked if name in children]].to_dict("records"):
        child = str(row["id"])
        place = _plain(row.get("address"))
        shared = [(place, one) for one in sorted(_people(row))] if place else []
        known = dict.fromkeys(_root(home, first[key]) for key in shared if key in first)
        home[child] = next(iter(known), child)
        for other in known:
            home[other] = home[child]
        for key in shared:
            first.setdefault(key, child)
    return {child: _root(home, child) for child in home}


def _root(home: dict[str, str], child: str) -> str:
    while home[child] != child:
        child = home[child]
    return child


def _people(row: dict[Any, Any]) -> set[str]:
    guardians = row.get("guardians")
    rows = [one for one in guardians if isinstance(one, dict)] if isinstance(guardians, list) else []
    names = [row.get(name) for name in PEOPLE] + [one.get("name") for one in rows]
    numbers = [row.get(name) for name in TELEPHONES] + [one.get("phone") for one in rows]
    found = {_plain(one) for one in names} | {re.sub(r"\D", "", _plain(one)) for one in numbers}
    return found - {""}


def _plain(text: object) -> str:
    return "" if is_nothing(text) else re.sub(r"\s+", "", unicodedata.normalize("NFKC", str(text)))
