"""The lines of a school's duties once more, as plain loops over records: an independent reading of the rules' words.

Written from the meaning of "to do", "missed", "standing" and "late" and not from `guanai.care.duties`, with which nothing is
shared but what a policy and a calendar say (`Duty`, `Calendar`, `periods`). Each rule stands under the sentence it is.
`plain_due` gives the lines of a day; `support.plain_to_do` what people read of them.
"""

from datetime import date

import pandas as pd

from support.plain_periods import after_of, count, interval, share
from support.plain_school import DAY, PlainSchool, midnight
from support.plain_states import complete, event, helper, open_, quota, state

# "Statuses (STATUSES order): standing, to_do, postponed, excused, missed, late, done"
STATUSES = ("standing", "to_do", "postponed", "excused", "missed", "late", "done")
OPEN = STATUSES[:3]  # "OPEN_STATUSES = standing, to_do, postponed"
LINE = (
    "duty", "kind", "subject_id", "who", "who_ids", "since", "due", "status", "period", "need", "have", "counted", "class",
    "role", "weight", "met_at", "nobody",
)  # fmt: skip
KINDS = {
    "count": count, "hours": count, "interval": interval, "event": event, "state": state, "open": open_,
    "helper": helper, "quota": quota, "complete": complete, "share": share,
}  # fmt: skip


def plain_due(policy, registers, on, done=False, now=None, known=None):
    """Return the lines of a day as dicts of `LINE`, in no order."""
    school = PlainSchool(policy, registers, on, now, known)
    lines = []
    for duty in policy.duties:
        if not duty.in_force:
            continue
        for roles in [(role,) for role in duty.who] if duty.by == ("each",) else [duty.who]:
            by = roles if duty.by == ("each",) else duty.by
            lines += [line_of(school, duty, roles, **facts) for facts in KINDS[duty.kind](school, duty, by)]
    # "Without done: OPEN_STATUSES only; with done all."
    return [line for line in lines if line is not None and (done or line["status"] in OPEN)]


def line_of(
    school, duty, roles, *, subject, room, since, due, need, have, met, counted, period="", kind=None,
    met_at=None, closes=None, left=False, shown=True,
):  # fmt: skip
    """Return one line; None where there is none to be shown.

    ``due`` is without grace, ``closes`` the last day on which it can be made good (None: it never closes), ``left``
    whether its subject is gone, ``shown`` whether it is still listed once nothing can be done about it.
    """
    kind = kind or duty.subject
    limit = duty.limit or (school.policy.default_limit if duty.kind in ("event", "state") else None)
    momentary = limit is not None and limit.momentary
    now = school.now if momentary else midnight(school.on)
    grace = duty.grace_days * DAY
    decision = None if momentary else school.decided(duty, kind, roles, subject, since)
    # "due = end or limit + grace days, or the day of a deferral if later."
    if due is not None:
        due = midnight(due) + grace
        if decision and decision["kind"] == "postpone":
            due = max(due, midnight(decision["until"]))
    if met:
        # 1. "met: late if met_at > due, else done (day compared with day; with a limit in minutes moment with moment;
        # unknown = done)."
        if momentary:
            late = None not in (met_at, due) and midnight(met_at) > due
        else:
            late = None not in (met_at, due) and midnight(met_at).date() > due.date()
        status = "late" if late else "done"
    elif decision and decision["kind"] == "excuse":
        status = "excused"  # 2. "not met and excused by a deferral: excused."
    elif due is None or due >= now:
        # 3. "not met, due >= now (or NaT): postponed if a deferral runs, else to_do."
        status = "postponed" if decision and school.on < decision["until"] else "to_do"
    else:
        # 4. "not met, due < now: missed if after is missed, or if it cannot be made good (closed); else standing."
        # closed: "its period is over with grace, or the subject has left"
        closed = left or (closes is not None and midnight(closes) + grace < midnight(school.on))
        status = "missed" if closed or missed_when_due(duty) else "standing"
    # "Never an open line about a child who has left, except state and open."
    # What is excused stays in sight, as what is open does.
    if (left and status in OPEN) or (status in ("done", "late", "missed") and not shown):
        return None
    people = school.responsible(kind, subject, roles)
    return {
        "duty": duty.name, "kind": kind, "subject_id": subject, "who_ids": tuple(people),
        "who": "、".join(school.staff[person]["name"] for person in people), "since": since, "due": due,
        "status": status, "period": period, "need": need, "have": have, "counted": tuple(counted), "class": room,
        "role": roles[0] if duty.by == ("each",) else "", "weight": weight_of(duty),
        "met_at": None if met_at is None or not met else midnight(met_at), "nobody": school.why_nobody(roles, people),
    }  # fmt: skip


def missed_when_due(duty):
    """Say whether a line is missed the day after it was due.

    Of a count only if its row says so: by default it is missed "for every period once it is over", and "between a limit and
    the period's end an unmet line is standing".
    """
    return duty.after == "missed" or (after_of(duty) == "missed" and duty.kind == "share")


def weight_of(duty):
    """Return how much a line weighs.

    "Empty: protect where the limit is in minutes/hours (or 立即), important for kind helper, else ordinary."
    """
    if duty.weight:
        return duty.weight
    if duty.limit and duty.limit.unit in ("minute", "hour"):
        return "protect"
    return "important" if duty.kind == "helper" else "ordinary"


# The same lines on both sides

DATES = (
    "date", "start", "end", "follow_up", "closed_on", "since", "until", "left_behind_from", "left_behind_until",
)  # fmt: skip


def as_frames(registers):
    """Return the registers as the School hands them out: dates as datetime64, everything else as it is."""
    frames = {}
    for name, rows in registers.items():
        frame = pd.DataFrame(rows)
        for column in frame.columns:
            if any(isinstance(row[column], date) for row in rows):
                frame[column] = pd.to_datetime(frame[column]).astype("datetime64[ns]")
            elif column in DATES:
                frame[column] = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[ns]")
            else:
                frame[column] = pd.Series([row[column] for row in rows], dtype=object)
        frames[name] = frame
    return frames


def as_plain(frame):
    """Return the lines of the rules as `plain_due` gives them."""
    return [
        {name: plain_value(name, row[name]) for name in LINE} for row in frame[list(LINE)].to_dict("records")
    ]


def plain_value(name, value):
    if isinstance(value, list):
        return tuple(value)
    if name in ("since", "due", "met_at"):
        moment = None if pd.isna(value) else value.to_pydatetime()
        return moment.date() if moment and name == "since" else moment
    return value


def in_order(lines):
    """Return lines as text, in an order of their own, so that they can be compared."""
    return sorted(str([line[name] for name in LINE]) for line in lines)
