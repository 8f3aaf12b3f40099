"""A class copy filled elsewhere, brought back: what was changed in it and what was changed here meanwhile.

An export carries each record's id and revision. Where the record has a later revision by now, the version that was
exported is in its history, and the two are merged answer by answer; what both changed waits for a choice.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from guanai.care.children.merging import Conflict, flatten, merge_three_way, unflatten
from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS
from guanai.storage.records.records import Records

__all__ = ["FILE", "SCHOOL", "brought_together", "exported_version"]

Answers = Mapping[str, Any]

#: Which of two answers is taken: the copy's, or the one that the school has.
FILE, SCHOOL = "file", "school"


def exported_version(school: Records, form: str, record_id: str, revision: int) -> dict[str, Any] | None:
    """Return a record as it was at a revision, None where the history has no such version."""
    for change in school.history(form, record_id):
        if change.after is not None and change.after.get("revision") == revision:
            return dict(change.after)
    return None


def brought_together(
    base: Answers, copy: Answers, now: Answers, keys: Iterable[str], choices: Mapping[str, str]
) -> tuple[dict[str, Any], list[Conflict]]:
    """Return a record with what a copy of an earlier version changed, and every answer that both changed.

    ``choices`` says by path which is taken, `FILE` or `SCHOOL`; without a choice it is the school's.
    """
    merged, clashes = merge_three_way(base, copy, now, [key for key in keys if key not in SYSTEM_FIELDS])
    for clash in clashes:
        if choices.get(clash.path, choices.get("*")) == FILE:
            merged = _with(merged, clash.path, clash.mine)
    return merged, clashes


def _with(answers: Answers, path: str, value: Any) -> dict[str, Any]:
    """Return answers with one of them, given by its path, changed."""
    if "/" not in path:
        return {**answers, path: value}
    return unflatten({**flatten(answers), path: value})
