"""What others have saved between the look at an import and its confirmation, as far as a row would now do otherwise.

Only what changed since is looked at, within the import's own transaction: nothing can come in between any more.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from guanai.care.errors import ConflictError
from guanai.storage.database.history import Change
from guanai.storage.imports.duplicates import double_of
from guanai.storage.imports.preview import Plan
from guanai.storage.imports.row_check import Row
from guanai.storage.records.records import Records
from guanai.templates.wording import say

__all__ = ["check_meanwhile"]

_SAID = 5  # rows that are named; the next look at the file shows them all


def check_meanwhile(school: Records, plans: Sequence[Plan]) -> None:
    """Raise ConflictError, with words for what changed, where a row would not do any more what was seen of it.

    That is a record that somebody has saved, binned or imported since, and a new record that looks like one which
    somebody has saved since.
    """
    now = school.sequence()
    found = [one for plan in plans if plan.seen < now for one in _of_plan(plan, _since(school, plan, now))]
    if not found:
        return
    said = "；".join(text for _, _, text in found[:_SAID])
    more = say("import.meanwhile_more", count=len(found) - _SAID) if len(found) > _SAID else ""
    row, theirs, _ = found[0]
    by = theirs.get("updated_by") or say("storage.somebody")
    raise ConflictError("import.meanwhile", row.record, theirs, by=by, rows=said + more, count=len(found))


def _since(school: Records, plan: Plan, now: int) -> dict[str, Change]:
    """Return the last change of every record of a register that changed since a plan was made, by its id."""
    changes = school.changes(plan.seen + 1, now)
    return {str(one.record_id): one for one in changes if one.table == plan.form and one.record_id}


def _of_plan(plan: Plan, since: Mapping[str, Change]) -> Iterator[tuple[Row, Mapping[str, Any], str]]:
    """Yield each row that would do otherwise now, the record that is why, and what to say."""
    if not since:
        return
    saved = [change.after for change in since.values() if change.after is not None]
    like = double_of(plan.form, saved)
    for row in plan.rows:
        if row.state not in ("new", "changed"):
            continue
        change = since.get(str(row.record.get("id") or ""))
        if change is not None:
            kept: Mapping[str, Any] = change.after or change.before or {}
            key = "import.now_other" if change.after else "import.now_binned"
            yield row, kept, _said(row, key, change.by)
        elif row.state == "new" and (found := like(row.record)):
            record, why = found
            by = str(record.get("updated_by") or say("storage.somebody"))
            yield row, record, _said(row, "import.now_alike", by, why=why)


def _said(row: Row, key: str, by: str, **values: object) -> str:
    return say(key, row=row.row, record=row.label, by=by or say("storage.somebody"), **values)
