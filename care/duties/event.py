"""Event (事件): each record of the trigger asks for records of the same subject, within a limit.

An observation asks for a visit (五必访), the promised day of a follow-up for the follow-up. A record answers on the day of
the trigger or later, however late; one of the trigger's own register only on a later day. It is due with the limit after the
moment that the trigger names (without one in the row with that of the school, 默认时限), and stands until it is answered, in
whichever term. It applies to subjects that are present on the day of the trigger and on the day due.

Sources: requirements 2C; 000-8 L138 (五必访), W4 (follow-ups).
Takes `trigger_records` and `matching_records`; gives one line per trigger and subject.
Reference: tests/care/duties/test_plain_duties.py::test_the_rules_and_the_plain_loops_give_the_same_lines
"""

from bisect import bisect_left
from datetime import date
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from guanai.care.duties.day_frames import DAY, Columns
from guanai.care.duties.explanations import (
    date_text,
    distinct_texts,
    record_words,
    source,
    trigger_words,
    within_words,
)
from guanai.care.duties.facts import Facts
from guanai.care.duties.records import dates, matching_records, record_ids, trigger_records
from guanai.care.frames import object_array
from guanai.care.policy.duty import Duty
from guanai.templates.wording import say

__all__ = ["explained", "lines"]


def lines(duty: Duty, facts: Facts) -> pd.DataFrame:
    """Return the lines of a duty of the kind event."""
    table, subjects = trigger_records(duty, facts), facts.subjects(duty.subject)
    first, last = (subjects[name].to_numpy()[table["position"]] for name in ("first", "last"))
    present = (first <= table["day"]) & (table["day"] <= last) & (table["due"] < last + DAY)
    table = table[present]
    answers_of = _answers(duty, facts)
    taken = []
    for position, day in zip(table["position"].tolist(), dates(table["day"]), strict=True):
        answers = answers_of.get(position, [])
        from_day_on = islice(answers, bisect_left(answers, (day,)), None)
        in_order = (answer for answer in from_day_on if answer[0] > day or not answer[2])
        taken.append(list(islice(in_order, duty.at_least)))
    return table.assign(
        since=table["day"],
        closed_on=last[present],
        need=duty.at_least,
        have=np.array(list(map(len, taken)), dtype=np.int64),
        counted=object_array([record for _, record, _ in some] for some in taken),
        met_at=np.array([some[-1][0] if some else None for some in taken], dtype="datetime64[ns]"),
    )


def _answers(duty: Duty, facts: Facts) -> dict[int, list[tuple[date, str, bool]]]:
    """Return the records that can answer by the position of their subject, oldest first and then by id.

    Of each its day, its id, and whether it is of the trigger's own register: such a one answers only from the day after.
    """
    records = matching_records(duty, facts)
    own = np.array([duty.trigger is not None and name == duty.trigger.record for name in duty.records])[
        records.register
    ]
    ids = record_ids(records.row, records.register, duty.records, facts)
    answers: dict[int, list[tuple[date, str, bool]]] = {}
    for position, *answer in zip(
        records.position.tolist(), dates(records.day), ids, own.tolist(), strict=True
    ):
        answers.setdefault(position, []).append(tuple(answer))
    return {position: sorted(some) for position, some in answers.items()}


def explained(duty: Duty, facts: Facts, shown: Columns) -> dict[str, Any]:
    """Return why lines are there; counted and met_at, the day of the last answer, they have."""
    what, trigger = record_words(duty), trigger_words(duty)
    within = within_words(duty, duty.limit or facts.policy.default_limit)

    def why(day: date, have: int) -> str:
        return say(
            "why.event", source=source(duty), day=date_text(day), trigger=trigger, within=within, what=what,
            need=duty.at_least, have=have,
        )  # fmt: skip

    days = dates(shown["day"])
    return {
        "period": distinct_texts(date_text, days),
        "why": distinct_texts(why, days, shown["have"].tolist()),
    }
