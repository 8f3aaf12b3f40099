"""Which dossiers may be of the same child: checked before a new child is saved, and for every row of an import.

A Chinese name has two or three characters, so an edit distance of two or three would match everybody. A similar
name alone is therefore never enough: without the same identity number or name, the birth date must be the same.

The reasons, the strongest first (R1; CHT #9601):

- ``identity``: the same identity number.
- ``name_day``: the same name and birth date.
- ``name``: the same name, and birth dates that one slip explains: one of them missing, one figure another, day and
  month exchanged, or the farmers' calendar for the official one (18 to 52 days earlier).
- ``sound``: the same birth date, and names that sound alike character by character (章小莹 for 张小英).
- ``character``: the same birth date, and a name of which one character is another or missing. In a name of two
  characters that is half of it: there a telephone number or the name of a parent must be the same, too.

The last two do not apply where the sex differs, or two identity numbers that no slip explains: those are twins.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple

from guanai.care.children.pinyin import sounds

__all__ = ["REASONS", "DuplicateIndex", "duplicate_reason", "possible_duplicates"]

Child = Mapping[str, Any]

REASONS = ("identity", "name_day", "name", "sound", "character")

_PARENTS = ("father_name", "mother_name")
_PHONES = ("phone", "father_phone", "mother_phone", "contact_phone")
_LUNAR_DAYS_BEHIND = range(18, 53)  # days by which the farmers' calendar is behind
_NOT_NAME = re.compile(r"[\s·•・.]")


class MatchKey(NamedTuple):
    """What of a child is compared."""

    id: str
    name: str
    day: str  # ISO, empty where unknown
    number: str
    sex: str
    child: Child


def _match_key(child: Child) -> MatchKey:
    return MatchKey(
        _text(child.get("id")),
        _name(_text(child.get("name"))),
        _text(child.get("birth_date"))[:10],
        _text(child.get("id_number")).upper(),
        _text(child.get("sex")),
        child,
    )


@cache
def _name(text: str) -> str:
    return _NOT_NAME.sub("", text)


def _family_details(child: Child) -> set[str]:
    """Return telephone numbers and parents' names: what ties a child to a family."""
    telephones = {_digits(child.get(key)) for key in _PHONES}
    parents = {f"{key} {_text(child.get(key))}" for key in _PARENTS if _text(child.get(key))}
    guardians = child.get("guardians")
    for guardian in guardians if isinstance(guardians, list) else []:
        telephones.add(_digits(guardian.get("phone")))
    return (telephones | parents) - {""}


def _text(value: object) -> str:
    if type(value) is not str:
        if value is None or value != value or isinstance(value, list):  # NaN and NaT differ from themselves
            return ""
        value = str(value)
    return (value if value.isascii() else unicodedata.normalize("NFKC", value)).strip()


def _digits(value: object) -> str:
    return re.sub(r"\D", "", _text(value)).removeprefix("86")


def duplicate_reason(child: Child, other: Child) -> str | None:
    """Return why two may be the same child, one of `REASONS`; None where nothing speaks for it."""
    return _reason_of(_match_key(child), _match_key(other))


def _reason_of(key: MatchKey, other: MatchKey) -> str | None:
    if key.number and key.number == other.number:
        return "identity"
    if not key.name or not other.name:
        return None
    if key.name == other.name:
        if key.day and key.day == other.day:
            return "name_day"
        return "name" if _date_typo(key.day, other.day) else None
    if not key.day or key.day != other.day or _differ_clearly(key, other):
        return None
    if _sound_alike(key.name, other.name):
        return "sound"
    return "character" if _one_character(key, other) else None


def _differ_clearly(key: MatchKey, other: MatchKey) -> bool:
    if key.sex and other.sex and key.sex != other.sex:
        return True
    return bool(key.number and other.number) and not _one_typo(key.number, other.number)


def _sound_alike(name: str, other: str) -> bool:
    return len(name) == len(other) and all(
        first == second or sounds(first) & sounds(second) for first, second in zip(name, other, strict=True)
    )


def _one_character(key: MatchKey, other: MatchKey) -> bool:
    short, long = sorted((key.name, other.name), key=len)
    if len(long) - len(short) > 1:
        return False
    if len(short) == len(long):
        alike = sum(first != second for first, second in zip(short, long, strict=True)) == 1
    else:
        alike = any(long[:position] + long[position + 1 :] == short for position in range(len(long)))
    return alike and (len(long) > 2 or bool(_family_details(key.child) & _family_details(other.child)))


def _one_typo(text: str, other: str) -> bool:
    """Say whether one text is the other with one sign changed, or with two neighbours exchanged."""
    if len(text) != len(other):
        return False
    positions = [position for position, (a, b) in enumerate(zip(text, other, strict=True)) if a != b]
    if len(positions) == 2 and positions[1] - positions[0] == 1:
        first, second = positions
        return text[first] == other[second] and text[second] == other[first]
    return len(positions) <= 1


def _date_typo(day: str, other: str) -> bool:
    if not day or not other:
        return True
    if _one_typo(day, other) or day == f"{other[:4]}-{other[8:10]}-{other[5:7]}":
        return True
    try:
        apart = abs(date.fromisoformat(day) - date.fromisoformat(other))
    except ValueError:
        return False
    return apart // timedelta(days=1) in _LUNAR_DAYS_BEHIND


class DuplicateIndex:
    """Children to compare with, indexed so that another one is compared only with the few that can match.

    Made of records (``id``, ``name``, ``birth_date``, ``id_number``, ``sex``, telephones,
    parents' names).
    """

    def __init__(self, children: Iterable[Child] = ()) -> None:
        self._by: dict[str, list[MatchKey]] = defaultdict(list)
        for child in children:
            self.add(child)

    def add(self, child: Child) -> None:
        """Compare with this one too from now on."""
        identity = _match_key(child)
        for key in _keys(identity):
            self._by[key].append(identity)

    def matches(self, child: Child) -> list[tuple[str, str]]:
        """Return id and reason of those who may be the same child, the strongest reason first; never itself."""
        identity = _match_key(child)
        near = {other.id: other for key in _keys(identity) for other in self._by.get(key, ())}
        reasons_by_id = [
            (key, _reason_of(identity, other)) for key, other in sorted(near.items()) if key != identity.id
        ]
        alike = [(key, why) for key, why in reasons_by_id if why]
        return sorted(alike, key=lambda pair: REASONS.index(pair[1]))


def _keys(key: MatchKey) -> list[str]:
    """Return the answers of which two children who are alike share one."""
    return [answer for answer in (key.number, key.name, key.day) if answer]


def possible_duplicates(children: Iterable[Child], child: Child) -> list[tuple[str, str]]:
    """Return id and reason of those records that may be of the same child as this one, the strongest reason first.

    For one child among many: `DuplicateIndex` pays only for many of them.
    """
    key = _match_key(child)
    near = [
        record
        for record in children
        if (key.day and _text(record.get("birth_date"))[:10] == key.day)
        or (key.name and _name(_text(record.get("name"))) == key.name)
        or (key.number and _text(record.get("id_number")).upper() == key.number)
    ]
    return DuplicateIndex(near).matches(child)
