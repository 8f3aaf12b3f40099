"""What stays of a record when somebody saves it who does not see all of it."""

from collections.abc import Mapping
from typing import Any

from guanai.care.rights.record_scope import RecordFields, without_outside
from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS
from guanai.storage.records.access import Cover
from guanai.storage.records.records import Record

__all__ = ["with_kept_answers"]


def with_kept_answers(
    cover: Cover | None, fields: RecordFields, answers: Mapping[str, Any], stored: Mapping[str, Any]
) -> Record:
    """Return answers with those that the person could not see as they are stored.

    That are hidden and masked questions, answers that the form no longer asks, and the children that are outside: among
    several they stay beside those that were chosen, and so do rows of a repeat that are about them. Without a cover,
    for who may change a record and not see it, only what is given anew changes.
    """
    kept = dict(answers)
    if cover is None:
        return {**{name: value for name, value in stored.items() if name not in SYSTEM_FIELDS}, **kept}
    if not cover.whole:
        unseen = {
            name
            for name in {*stored, *answers} - {*SYSTEM_FIELDS}
            if name in cover.hidden or name in cover.masked or name not in cover.columns
        }
        for name in unseen:
            kept.pop(name, None)
            if name in stored:
                kept[name] = stored[name]
    if cover.children is None:
        return kept
    shown = without_outside(fields, stored, cover.children)
    for question, kind in fields.children.items():
        if question not in stored or shown.get(question) == stored[question]:
            continue
        if kind == "one":
            kept[question] = kept.get(question) or stored[question]
        else:
            outside = [one for one in stored[question] if one not in (shown[question] or ())]
            chosen = [one for one in kept.get(question) or () if one not in outside]
            kept[question] = [*chosen, *outside]
    return kept
