"""What is due, for whom, by whom, since when and why: computed from the records each time, never stored.

Each kind of duty makes its lines in a module of its own (`count_duties`, `event_duties`, `state_duties`,
`share_duties`). These rules hold for all kinds:

* **What counts.** Records up to the day of the question that have a date, and a mode if it is a visit, that meet the
  duty's condition (requirements 7.14), and that were made by somebody in the role that the duty names.
* **Who.** The responsible are those of the day of the question. A duty of 各责任人 has one line for each of the roles.
* **From when.** Nothing is due from before the school began with its rows (启用日期 of the sheet 学校, written by
  ``guanai init``): a class, a teacher and the school are present from that day on, a child from the later of it and
  its registration. Each needs its share of the period that runs then. What is open since before (a book, an issue)
  stays open; records from before still count in their period. Without that day everybody is present from the beginning.
* **Overdue.** The days of grace, which are for writing the record up, are added to the day due; a line is
  overdue from the day after. Where minutes or hours are the limit it is overdue from the moment itself.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime

import numpy as np
import pandas as pd

from guanai.care.duties.context import DutyContext, Mask
from guanai.care.duties.count_duties import count_lines
from guanai.care.duties.deferrals import deferrals_of
from guanai.care.duties.due_table import COLUMNS, STATUSES, LineBlock, as_of, due_frame
from guanai.care.duties.event_duties import event_lines, interval_lines, open_record_lines, state_lines
from guanai.care.duties.lines import DutyLines, as_dates, garbage_collection_paused
from guanai.care.duties.person_scope import person_scope
from guanai.care.duties.share_duties import share_lines
from guanai.care.duties.state_duties import complete_lines, helper_lines, quota_lines
from guanai.care.duties.subjects import NO_DAY
from guanai.care.frames import timestamp
from guanai.care.policy.duty import Duty
from guanai.care.policy.policy import Policy

__all__ = ["COLUMNS", "STATUSES", "Duty", "as_of", "due", "due_lines"]

OPEN_STATUSES = 3  # the first so many of `STATUSES` are of lines that still have to be done

LineMaker = Callable[[Duty, DutyContext, Mask, tuple[str, ...]], DutyLines]


def due(
    policy: Policy,
    frames: Mapping[str, pd.DataFrame],
    on: date,
    *,
    done: bool = False,
    now: datetime | None = None,
    who: str | None = None,
) -> pd.DataFrame:
    """Return what is due on a day, one row per duty, subject and period or event: overdue first, then by day due.

    Columns: duty, subject (a child's name, or whoever the duty is for), subject_id (its id; of a guardian or
    parent the child's, of the school ""), who (names of the responsible, "" if nobody is), due and since
    (datetime64: until when, and from which day on; no due where a duty only counts), status (overdue,
    due, postponed; with ``done`` also excused and done), why (with the source of the rule, and why it was postponed
    or excused), period (its name, or the day of the event), need and have (numbers), counted (ids of the records),
    class, village, form (to fill in), kind (of subject: child, guardian, parent, helper, class, teacher, school),
    role (where each responsible role has a line of its own, else ""), deferral (id of what postponed or excused it, else "").
    Same columns when empty. ``now`` is the time of day, for limits in minutes and hours; without it that of the
    day's first moment. ``who`` is the id of one of the staff: then only the lines for which they are
    responsible are computed.
    """
    return due_lines(DutyContext(policy, frames, on, done=done, moment=now, began=policy.began), who)


def due_lines(context: DutyContext, who: str | None = None) -> pd.DataFrame:
    """Return what is due by the context of a day, in the columns of `due`; the context's cache is used again."""
    parts, narrowed = [], person_scope(context, who)
    with garbage_collection_paused():
        for position, duty in enumerate(context.policy.duties):
            if not duty.in_force:
                continue
            subject = "school" if duty.kind == "share" else duty.subject
            for roles in duty.roles:
                person_part = narrowed.context_of(duty, subject, roles) if narrowed else (context, None)
                if person_part is None:
                    continue
                narrowed_context, of_person = person_part
                applies = narrowed_context.subjects(duty.subject).matching(duty.subject_condition)
                if of_person is not None and subject == duty.subject:
                    applies &= of_person
                lines = KINDS[duty.kind](duty, narrowed_context, applies, duty.by_of(roles))
                if len(lines["code"]):
                    parts.append(_line_block(duty, position, narrowed_context, subject, roles, lines))
        return due_frame(parts)


def _quota_lines(duty: Duty, context: DutyContext, applies: Mask, by: tuple[str, ...]) -> DutyLines:
    """Return the lines of a quota: of pairings, or of the records of another register in a period."""
    of_pairings = not duty.records or duty.records == ("pairing",)
    return (quota_lines if of_pairings and duty.subject != "school" else count_lines)(
        duty, context, applies, by
    )


KINDS: dict[str, LineMaker] = {
    "count": count_lines,
    "hours": count_lines,
    "interval": interval_lines,
    "event": event_lines,
    "state": state_lines,
    "open": open_record_lines,
    "helper": helper_lines,
    "complete": complete_lines,
    "quota": _quota_lines,
    "share": share_lines,
}


def _line_block(
    duty: Duty, place: int, context: DutyContext, kind: str, roles: tuple[str, ...], lines: DutyLines
) -> LineBlock:
    """Complete the lines of a duty: the day due with the days of grace, the deferral, the status."""
    ends = lines["due"] + np.timedelta64(duty.grace_days, "D")
    now = context.moment if duty.limit and duty.limit.momentary else timestamp(context.on)
    deferrals = deferrals_of(duty, context, kind, roles, lines)
    columns = lines | {"deferral": np.full(len(ends), "", dtype=object)}
    postponed = excused = np.zeros(len(ends), dtype=bool)
    if deferrals:
        until = as_dates(np.where(lines["met"], NO_DAY, deferrals.until))
        ends, postponed, excused = np.fmax(ends, until), deferrals.until > context.day, deferrals.excused
        columns |= {"deferral": deferrals.ids, "why": lines["why"] + deferrals.words}
    ranks = np.select([lines["met"], excused, ends < now.to_datetime64(), postponed], [4, 3, 0, 2], 1)
    columns["due"] = ends
    if not context.done and (ranks >= OPEN_STATUSES).any():
        is_open = ranks < OPEN_STATUSES
        ranks, columns = ranks[is_open], {name: column[is_open] for name, column in columns.items()}
    return LineBlock(duty, place, context, kind, roles, columns, ranks)
