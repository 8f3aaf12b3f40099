"""The records behind due lines: which were counted for a line, and on which days."""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import pandas as pd

from guanai.care.policy.policy import Policy
from guanai.storage.records.child_records import DATED
from guanai.storage.records.records import Records
from guanai.templates.wording import say

__all__ = ["CountedRecord", "counted_records", "with_counted_days"]

PAIRING = "pairing"


class CountedRecord(NamedTuple):
    """A record that was counted for a due line."""

    form: str
    id: str
    day: str


def counted_records(records: Records, policy: Policy, line: Mapping[Any, Any]) -> list[CountedRecord]:
    """Return the records that were counted for a line, in its order: form, id and the day of each.

    Empty for a share, whose people are on the page of coverage, and for the fields of a dossier.
    """
    registers = _counting(records, policy, line["duty"])
    counted = []
    for record_id in line["counted"]:
        for name in registers:
            record = records.record(name, record_id)
            if record is not None:
                day = str(record.get("date") or record.get("start") or "")[:10]
                counted.append(CountedRecord(name, record_id, day))
                break
    return counted


def with_counted_days(records: Records, policy: Policy, lines: pd.DataFrame) -> pd.DataFrame:
    """Return due lines with a column ``counted_on``: the days of the records counted for each, as one text.

    For a list on paper or in a workbook; empty where `counted_records` names none.
    """
    dated = lines.assign(counted_on="").reset_index(drop=True)
    days_of = cache(lambda form: _days(records, form))  # several duties count the records of one register
    for duty, part in dated.groupby("duty")["counted"]:
        ids = part.explode().dropna()
        registers = _counting(records, policy, str(duty)) if len(ids) else []
        days = [ids.map(days_of(form)) for form in registers]
        sorted_days = pd.concat([ids.iloc[:0], *days]).dropna().sort_values(kind="stable")
        for position, texts in sorted_days.groupby(level=0):
            dated.at[position, "counted_on"] = say("policy.comma").join(texts)
    return dated.set_index(lines.index)


def _counting(records: Records, policy: Policy, duty: str) -> list[str]:
    """Return the registers whose records count for a duty, by its name."""
    rule = next((rule for rule in policy.duties if rule.name == duty), None)
    if rule is None or rule.kind in ("share", "complete"):
        return []
    registers = [rule.record] if rule.kind in ("state", "open") else rule.records or (PAIRING,)
    return [name for name in registers if name in records.forms()]


def _days(records: Records, form: str) -> pd.Series:
    """Return the day of each record of a register (YYYY-MM-DD), by its id."""
    frame = records.shared_frame(form).set_index("id")
    days = [frame[name] for name in DATED if name in frame]
    return days[0].combine_first(days[-1]).dt.strftime("%Y-%m-%d") if days else pd.Series(dtype=object)
