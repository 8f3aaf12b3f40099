"""A row of an import and the record that the school has: which version the row was made from, and the two merged.

An export carries each record's id and revision. Where the record has a later revision by now, the exported version is in
its history, and the two are merged answer by answer; an answer that both changed is a clash, which a person decides.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from guanai.care.children.merging import Conflict, flatten, merge_three_way, unflatten
from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS
from guanai.storage.imports.preview import RawRow
from guanai.storage.records.records import Records

__all__ = ["TAKE_FILE", "TAKE_SCHOOL", "base_version", "merged_with_copy", "record_with_row", "same_answer"]

Answers = Mapping[str, Any]
#: Every version of a record by form and id, the earliest first, as another school has them.
Versions = Callable[[str, str], Sequence[Answers]]

#: Which of two answers is taken: the file's, or the one that the school has.
TAKE_FILE, TAKE_SCHOOL = "file", "school"


def base_version(
    records: Records, form: str, row: RawRow, record: Answers, versions: Versions | None
) -> Answers | None:
    """Return the version that a row and the school's record both come from, empty for none; None to overwrite the record.

    ``versions`` are those of another school's copy: the last version that both have is the base.
    """
    revision = int(record.get("revision") or 0)
    if row.revision is None:
        return None
    if not row.from_guanai:
        if row.revision == revision:
            return None
        if row.revision > revision:
            return {}
        versions_here = (change.after for change in records.history(form, row.record_id))
        return next(
            (version for version in versions_here if version and version.get("revision") == row.revision),
            None,
        )
    if _version(row.answers) == _version(record):
        return None
    theirs = versions(form, row.record_id) if versions else [row.answers]
    ours = {
        _version(change.after): change.after
        for change in records.history(form, row.record_id)
        if change.after
    }
    return next((ours[_version(version)] for version in reversed(theirs) if _version(version) in ours), {})


def _version(record: Answers) -> tuple[Any, ...]:
    return record.get("revision"), record.get("updated_at"), record.get("updated_by")


def merged_with_copy(
    base: Answers, copy: Answers, now: Answers, keys: Iterable[str], choices: Mapping[str, str]
) -> tuple[dict[str, Any], list[Conflict]]:
    """Return a record with what a copy of an earlier version changed, and every answer that both changed.

    ``choices`` says by path which is taken, `TAKE_FILE` or `TAKE_SCHOOL`; without a choice it is the school's.
    """
    merged, clashes = merge_three_way(base, copy, now, [key for key in keys if key not in SYSTEM_FIELDS])
    for clash in clashes:
        if choices.get(clash.path, choices.get("*")) == TAKE_FILE:
            merged = _with_answer(merged, clash.path, clash.mine)
    return merged, clashes


def _with_answer(answers: Answers, path: str, value: Any) -> dict[str, Any]:
    if "/" not in path:
        return {**answers, path: value}
    return unflatten({**flatten(answers), path: value})


def record_with_row(record: Answers, row: RawRow) -> dict[str, Any]:
    """Return a record's answers with those of a row put over them, answers within a repeat one by one."""
    whole = {path: value for path, value in row.answers.items() if "/" not in path}
    parts = {path: value for path, value in row.answers.items() if "/" in path}
    for key, columns in row.repeat_columns.items():
        if whole.get(key):
            whole[key] = _completed(whole[key], record.get(key) or [], columns)
    merged = {**record, **whole}
    if parts:
        repeats = {
            key: record.get(key, []) for key in dict.fromkeys(path.partition("/")[0] for path in parts)
        }
        joined = unflatten({**flatten(repeats), **parts})
        for key in repeats:
            rows = [_without_empty(joined_row) for joined_row in joined.get(key, [])]
            merged[key] = [joined_row for joined_row in rows if joined_row]
    return merged


def _completed(
    given: Sequence[Answers], recorded: Sequence[Answers], columns: Collection[str]
) -> list[dict[str, Any]]:
    """Return a repeat's rows with the answers for which a file has no column, such as sensitive ones left out of it.

    Rows are matched by their number where both have as many, else by the first answer.
    """
    unmatched = list(recorded)
    rows = []
    for index, row in enumerate(given):
        first = next(iter(row.items()), None)
        if len(given) == len(recorded):
            same: Answers = recorded[index]
        else:
            same = next(
                (
                    candidate
                    for candidate in unmatched
                    if first and same_answer(candidate.get(first[0]), first[1])
                ),
                {},
            )
            unmatched = [candidate for candidate in unmatched if candidate is not same]
        rows.append({**{key: value for key, value in same.items() if key not in columns}, **row})
    return rows


def _without_empty(row: Answers) -> dict[str, Any]:
    return {key: value for key, value in row.items() if value not in (None, "", [])}


def same_answer(recorded: Any, given: Any) -> bool:
    """Whether two answers are the same, one as it is recorded and one as it may have been typed."""
    if given in (None, "", []) or recorded in (None, "", []):
        return (given in (None, "", [])) and (recorded in (None, "", []))
    if isinstance(recorded, list) and isinstance(given, list):
        return len(recorded) == len(given) and all(map(same_answer, recorded, given))
    if isinstance(recorded, Mapping) and isinstance(given, Mapping):
        return all(same_answer(recorded.get(key), given.get(key)) for key in {*recorded, *given})
    if isinstance(recorded, int | float) and isinstance(given, int | float):
        return math.isclose(recorded, given, rel_tol=1e-13)  # a spreadsheet keeps fifteen digits
    return str(recorded) == str(given)
