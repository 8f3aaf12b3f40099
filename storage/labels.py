"""How a record is called where people choose or read it: a child by name and class, a visit by day and child."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from guanai.templates.wording import say

__all__ = ["labels_of", "options_of"]

Documents = Sequence[Mapping[str, Any]]

# Of two with one name in one class, the first of these answers that they have tells them apart.
TELLS_APART = ("number", "birth_date", "village", "phone", "role")
# A record with such an answer is no longer in use: it stays readable but comes last, marked.
NO_LONGER = {("status", "transferred"), ("status", "graduated"), ("status", "returned"), ("active", "no")}


def labels_of(documents: Documents, language: str | None = None) -> dict[str, str]:
    """Return the label of each record by its id; no two are the same where their answers differ."""
    plain = {document["id"]: _label(document, language) for document in documents}
    often = Counter(plain.values())
    return {
        document["id"]: _told_apart(plain[document["id"]], document) if often[plain[document["id"]]] > 1
        else plain[document["id"]]
        for document in documents
    }  # fmt: skip


def options_of(documents: Documents, language: str | None = None) -> list[dict[str, str]]:
    """Return records as choices: id, label and every simple answer as text; those in use first, by label."""
    labels = labels_of(documents, language)
    in_use: list[dict[str, str]] = []
    others: list[dict[str, str]] = []
    for document in documents:
        option = {
            name: str(value) for name, value in document.items() if isinstance(value, str | int | float)
        }
        option["label"] = labels[document["id"]]
        state = next((pair for pair in NO_LONGER if document.get(pair[0]) == pair[1]), None)
        if state:
            option["label"] = say(f"label.{state[1]}", language, label=option["label"])
        (others if state else in_use).append(option)
    return sorted(in_use, key=_by_label) + sorted(others, key=_by_label)


def _by_label(option: Mapping[str, str]) -> tuple[str, str]:
    return option.get("class", ""), option["label"]


def _label(document: Mapping[str, Any], language: str | None) -> str:
    name = document.get("name")
    if not name:
        return str(document.get("date") or document.get("start") or document["id"])
    if document.get("class"):
        return say("label.in_class", language, name=name, group=document["class"])
    return str(name)


def _told_apart(label: str, document: Mapping[str, Any]) -> str:
    mark = next((document[name] for name in TELLS_APART if document.get(name)), str(document["id"])[-4:])
    return f"{label} [{mark}]"
