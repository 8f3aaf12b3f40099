"""Interval (间隔): within a term never more days without a record than the limit.

An interval begins with a record, the first one on the first day of the term or of the subject. The one that runs is due
after the limit, if that day is still in the term and before the subject's last day; then it stands until the next record
ends it, and is missed once the term is over. One that ended is late if the record came after the limit.

Sources: requirements 2A; documents that say 至少每 N 天 or 不超过 N 天.
Takes ``facts.subjects`` and `matching_records`; gives the running interval of each subject and those that ended.
Reference: tests/care/duties/test_plain_duties.py::test_the_rules_and_the_plain_loops_give_the_same_lines
"""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from guanai.care.duties.day_frames import Columns
from guanai.care.duties.explanations import RULE_WORDS, date_text, distinct_texts, record_words, source
from guanai.care.duties.facts import Facts
from guanai.care.duties.records import dates, ids_by_line, matching_records, record_ids
from guanai.care.policy.duty import Duty
from guanai.templates.wording import say

__all__ = ["explained", "lines"]

KEYS = ["why.interval", "why.interval_first", "why.interval_done"]


def lines(duty: Duty, facts: Facts) -> pd.DataFrame:
    """Return the lines of a duty of the kind interval."""
    if facts.term is None or duty.limit is None:
        return pd.DataFrame()
    first, last = facts.first_and_last(duty.subject)
    first = np.maximum(first, np.datetime64(facts.term.start))
    last = np.minimum(last, np.datetime64(facts.term.end))
    listed = facts.applies(duty) & (first <= last) & (first <= facts.day.to_datetime64())
    records = matching_records(duty, facts)
    of, day = records.position, records.day
    days = pd.DataFrame({"position": of, "day": day})[listed[of] & (first[of] <= day) & (day <= last[of])]
    days = days.drop_duplicates().sort_values(["position", "day"])
    ended, day = days["position"].to_numpy(), days["day"].to_numpy()
    begins = ended != np.append(-1, ended[:-1])
    since = np.where(begins, first[ended], np.append(day[:1], day[:-1]))
    latest, has_record = first.copy(), np.isin(np.arange(len(first)), ended)
    latest[ended] = day  # in their order, so the last one of each subject stays
    limit = np.timedelta64(duty.limit.span)
    running = (listed & (latest + limit <= last)).nonzero()[0]
    position, since = np.append(ended, running), np.append(since, latest[running])
    return pd.DataFrame(
        {
            "position": position, "since": since, "due": since + limit, "closed_on": last[position], "need": 1,
            "have": np.repeat([1, 0], [len(ended), len(running)]),
            "day": np.append(day, np.full(len(running), np.datetime64("NaT"))),
            "key": np.append(np.full(len(ended), 2), np.where(has_record[running], 0, 1)),
        }
    )  # fmt: skip


def explained(duty: Duty, facts: Facts, shown: Columns) -> dict[str, Any]:
    """Return why lines are there and, of an interval that ended, the records of its last day."""
    assert duty.limit is not None  # noqa: S101 - a row of this kind has one
    what, limit = record_words(duty), RULE_WORDS.span(duty.limit)

    def why(key: int, since: date) -> str:
        return say(KEYS[key], source=source(duty), what=what, limit=limit, last=date_text(since))

    ended = pd.DataFrame({"position": shown["position"], "day": shown["day"]})
    ended = ended.assign(line=ended.index)
    records = matching_records(duty, facts).frame().merge(ended, on=["position", "day"])
    ids = record_ids(records["row"], records["register"], duty.records, facts)
    return {
        "why": distinct_texts(why, shown["key"].tolist(), dates(shown["since"])),
        "counted": ids_by_line(records["line"], records["day"], ids, len(shown["position"])),
        "met_at": shown["day"],
    }
