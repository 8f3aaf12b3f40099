"""Which children live together, so that one visit to one home serves them all.

Of one household are children with the same address who share a guardian or a parent, by name or by telephone. The address
alone is not enough: in a village it is often the same for everybody.
"""

import unicodedata
from functools import lru_cache
from typing import Any

import pandas as pd

from guanai.care.frames import is_empty

__all__ = ["households"]

PHONES = ("phone", "contact_phone", "father_phone", "mother_phone")
PEOPLE = ("father_name", "mother_name", "contact_person")


def households(children: pd.DataFrame) -> dict[str, str]:
    """Return for each child (id) its household: the id of the first child of it in the register.

    A child without an address, or without the name or telephone number of anybody, is a household of its own.
    """
    home: dict[str, str] = {}
    first: dict[tuple[str, str], str] = {}
    ids = [str(child_id) for child_id in children["id"]]
    addresses = [_plain(address) for address in _column(children, "address")]
    named = {question: _column(children, question) for question in PEOPLE}
    numbers = {question: _column(children, question) for question in PHONES}
    guardians = _column(children, "guardians")
    for row, (child, address) in enumerate(zip(ids, addresses, strict=True)):
        home[child] = child
        if not address:
            continue
        guardian_rows = (
            [guardian for guardian in guardians[row] if isinstance(guardian, dict)]
            if isinstance(guardians[row], list)
            else []
        )
        people = {_plain(column[row]) for column in named.values()} | {
            _plain(guardian.get("name")) for guardian in guardian_rows
        }
        people |= {_digits(column[row]) for column in numbers.values()}
        people |= {_digits(guardian.get("phone")) for guardian in guardian_rows}
        shared = [(address, contact) for contact in sorted(people - {""})]
        others = dict.fromkeys(_household_of(home, first[key]) for key in shared if key in first)
        home[child] = next(iter(others), child)
        for other in others:
            home[other] = home[child]
        for key in shared:
            first.setdefault(key, child)
    return {child: _household_of(home, child) for child in home}


def _household_of(home: dict[str, str], child: str) -> str:
    while home[child] != child:
        child = home[child]
    return child


def _column(children: pd.DataFrame, name: str) -> list[Any]:
    return children[name].tolist() if name in children else [None] * len(children)


def _digits(number: object) -> str:
    """Return a telephone number without what is written between its digits."""
    text = number if isinstance(number, str) else _plain(number)
    if text.isdecimal() and text.isascii():
        return text
    return "".join(sign for sign in _plain(text) if sign.isdecimal())


def _plain(text: object) -> str:
    if isinstance(text, str):
        return _normalized(text) if text else ""
    return "" if is_empty(text) else _normalized(str(text))


@lru_cache(maxsize=4096)  # an address is that of many children
def _normalized(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())
