"""What leaves a restricted register: the flag that a child is in danger, and numbers of records.

A card of counselling with ``risk`` answered yes raises the flag (requirements 3, rule 2; 002-1 L95). It stands until a later
card of the same child says no, or the card itself does.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from guanai.care.errors import GuanaiError
from guanai.storage.vault.protocol import FEW, Count, Flag

__all__ = ["count_of", "danger_flags", "whole_months"]

RISK, TOLD_TO, TOLD_AT = "risk", "told_to", "told_at"


def danger_flags(documents: Iterable[Mapping[str, Any]]) -> list[Flag]:
    """Return the flags that the cards of one register raise, the latest first: one for each child."""
    latest: dict[str, Mapping[str, Any]] = {}
    for document in sorted(documents, key=_moment):
        if document.get("child") and document.get(RISK):
            latest[str(document["child"])] = document
    flags = [
        Flag(child, str(card.get(TOLD_AT) or card.get("created_at") or card.get("date") or ""), _told(card))
        for child, card in latest.items()
        if card[RISK] == "yes"
    ]
    return sorted(flags, key=lambda flag: flag.since, reverse=True)


def _moment(card: Mapping[str, Any]) -> tuple[str, str]:
    return str(card.get("date") or ""), str(card.get("created_at") or "")


def _told(card: Mapping[str, Any]) -> tuple[str, ...]:
    told = card.get(TOLD_TO) or ()
    return tuple(told.split()) if isinstance(told, str) else tuple(str(name) for name in told)


def whole_months(first: date, last: date) -> tuple[date, date]:
    """Return the days of whole months around some days: two questions that differ by a day would tell of one record.

    Raises GuanaiError where the last day is before the first.
    """
    if last < first:
        raise GuanaiError("vault.days", first=first, last=last)
    next_month = (last.replace(day=28) + timedelta(days=4)).replace(day=1)
    return first.replace(day=1), next_month - timedelta(days=1)


def count_of(documents: Iterable[Mapping[str, Any]], first: date, last: date) -> Count:
    """Return how many records there are of some days, about how many children; a few are not told."""
    start, end = (day.isoformat() for day in whole_months(first, last))
    dated = [
        document
        for document in documents
        if start
        <= str(document.get("date") or document.get("start") or document.get("created_at"))[:10]
        <= end
    ]
    children = {str(document["child"]) for document in dated if document.get("child")}
    return Count(_told_number(len(dated)), _told_number(len(children)))


def _told_number(number: int) -> int | None:
    return number if number == 0 or number >= FEW else None
