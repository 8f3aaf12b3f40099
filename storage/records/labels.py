"""The label of a record where people choose or read it: a child by name and class, a visit by day and child."""

from collections.abc import Mapping, Sequence
from typing import Any

from guanai.templates.wording import say

__all__ = ["label_of", "labels_of", "options_of"]

Documents = Sequence[Mapping[str, Any]]

# Records with the same name and class are distinguished by the first of these answers that differs in all of them.
TELLS_APART = ("number", "birth_date", "village", "phone", "role")
# A record with such an answer is no longer in use: it stays readable but comes last, marked.
NO_LONGER = {("status", "transferred"), ("status", "graduated"), ("status", "returned"), ("active", "no")}


def labels_of(documents: Documents, language: str | None = None) -> dict[str, str]:
    """Return the label of each record by its id; no two are the same."""
    alike: dict[str, list[Mapping[str, Any]]] = {}
    for document in documents:
        alike.setdefault(_label(document, language), []).append(document)
    marks = {label: _telling(some) for label, some in alike.items() if len(some) > 1}
    labels = {
        document["id"]: f"{label} [{document[marks[label]]}]" if label in marks else label
        for label, some in alike.items()
        for document in some
    }
    return {document["id"]: labels[document["id"]] for document in documents}


def label_of(document: Mapping[str, Any], documents: Documents, language: str | None = None) -> str:
    """Return the label of one record among all, reading only those with the same name and class."""
    wanted = _name_and_class(document)
    return labels_of([each for each in documents if _name_and_class(each) == wanted], language)[
        document["id"]
    ]


def _name_and_class(document: Mapping[str, Any]) -> tuple[Any, Any]:
    return document.get("name") or None, document.get("class") or None


def _telling(alike: Documents) -> str:
    """Return the first answer that is another one in each of these records, their ids if there is none."""
    telling = (
        name for name in TELLS_APART if len({document.get(name) for document in alike} - {None}) == len(alike)
    )
    return next(telling, "id")


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
