"""The duties of periods as plain loops: counts and hours, intervals between records, shares.

Each function of a kind is a generator of what `support.plain_duties.line_of` takes; each rule stands under the sentence it is.
"""

from fractions import Fraction
from math import ceil, floor

from guanai.care.calendar.periods import IN_TERM, periods
from support.plain_school import DAY, every


def after_of(duty):
    """Return what becomes of a line when its time is over: what its row says, else what is usual for its kind."""
    by_kind = "missed" if duty.kind in ("count", "hours", "share") or counts_periods(duty) else "standing"
    return duty.after or by_kind


def counts_periods(duty):
    """Say whether a quota is one of records in periods and not of pairings."""
    return duty.kind == "quota" and duty.records not in ((), ("pairing",))


def count(school, duty, by):
    """Return the lines of the kinds count and hours: "line per subject and period that has begun and needs something"."""
    if school.term is None:
        return
    for subject, room, first, last, _ in school.subjects_of(duty):
        if duty.per == "often":
            yield from often(school, duty, by, subject, room, first, last)
            continue
        spans = [span for span in periods(school.calendar, school.term, duty.per) if span.start <= school.on]
        if first > school.on:
            continue
        evidence = school.evidence(duty, subject, by)
        needs = [need_in(school, duty, span, first, last) for span in spans]
        own = [[entry for entry in evidence if span.start <= entry[0] <= span.end] for span in spans]
        if after_of(duty) == "standing":
            own = handed_back(duty, needs, own)
        for span, need, records in zip(spans, needs, own, strict=True):
            have = sum(worth(duty, entry[3]) for entry in records)
            present = any(
                first <= day <= last for day in counting_days(school, duty, span, limit_in(duty.limit, span))
            )
            most = duty.at_most if duty.kind != "count" else None
            met = have >= need and not (most is not None and have > most)
            over = duty.kind != "count" and present and not met
            none_allowed = present and duty.at_most == 0  # F20: no dropout; that there was none is the result
            if need <= 0 and not over and not none_allowed:
                continue
            # "closed once the period's last day + grace is past (for a subject that left earlier: its last day + grace)";
            # "after = standing on a count: the period stays open to the end of the term"
            end = max(span.end, school.term.end) if after_of(duty) == "standing" else span.end
            yield {
                "subject": subject, "room": room, "since": max(span.start, first), "period": span.name,
                "due": min(limit_in(duty.limit, span), last), "need": need, "have": floor(have), "met": met,
                "counted": [entry[1] for entry in records], "met_at": reached_on(duty, need, records),
                "closes": min(end, last), "left": school.on > last,
            }  # fmt: skip


def often(school, duty, by, subject, room, first, last):
    """Return the line of 经常: "need 0, due NaT, one line per subject present on the day ... always status done"."""
    for span in periods(school.calendar, school.term, "term"):
        if first <= school.on <= last:
            records = [
                entry for entry in school.evidence(duty, subject, by) if span.start <= entry[0] <= span.end
            ]
            yield {
                "subject": subject, "room": room, "since": max(span.start, first), "period": span.name, "due": None,
                "need": 0, "have": floor(sum(worth(duty, entry[3]) for entry in records)), "met": True,
                "counted": [entry[1] for entry in records],
            }  # fmt: skip


def counting_days(school, duty, span, last=None):
    """Return the days of a period, up to a last one, that its share is computed from."""
    return [
        day
        for day in every(span.start, last or span.end)
        if duty.per not in IN_TERM or school.calendar.is_school_day(day)
    ]


def need_in(school, duty, span, first, last):
    """Return what a subject owes of a period.

    "need = at_least x (school days on which the subject is present) / (school days of the WHOLE period: the whole calendar
    week, fortnight or month, its days outside the term counted Monday to Friday that are no holiday), rounded half up."
    """
    days, whole = (
        counting_days(school, duty, span, limit_in(duty.limit, span)),
        counting_days(school, duty, span),
    )
    if not days:
        return 0
    # Who comes after the limit owes nothing of what was due before: the share of the days until then.
    present = Fraction(sum(first <= day <= last for day in days), len(days))
    in_term = Fraction(len(whole), len(whole) + len(days_cut_off(school, duty, span)))
    return floor(duty.at_least * present * in_term + Fraction(1, 2))


def days_cut_off(school, duty, span):
    """Return the days of a week, fortnight or month that the term's ends cut off.

    A holiday that lies outside the terms is the vacation by which the term is cut, so its days count.
    """
    if duty.per in ("week", "fortnight"):
        whole_first = span.start - span.start.weekday() * DAY
        whole_last = whole_first + (13 if duty.per == "fortnight" else 6) * DAY
    elif duty.per == "month":
        whole_first = span.start.replace(day=1)
        whole_last = (whole_first + 31 * DAY).replace(day=1) - DAY
    else:
        return []
    return [
        day
        for day in every(whole_first, whole_last)
        if not span.start <= day <= span.end and school.calendar.would_be_school_day(day)
    ]


def handed_back(duty, needs, own):
    """Return the records of each period where a missed one stays open.

    "records in later periods of the term beyond those that their own period needs go to the oldest open period (late)".
    Of two records of a day the one that stands first in the registers is the period's own.
    """
    records_of = []
    for need, records in zip(needs, own, strict=True):
        own_records, records_of = [], [*records_of, []]
        for entry in sorted(records, key=lambda entry: (entry[0], entry[4])):
            open_before = [
                number for number, missing in enumerate(needs[: len(records_of) - 1])
                if sum(worth(duty, other[3]) for other in records_of[number]) < missing
            ]  # fmt: skip
            if sum(worth(duty, other[3]) for other in own_records) >= need and open_before:
                records_of[open_before[0]].append(entry)
            else:
                own_records.append(entry)
        records_of[-1] = own_records
    return [sorted(records, key=lambda entry: entry[:2]) for records in records_of]


def reached_on(duty, need, records):
    """Return the "day of the record that fulfilled it", None where nothing was needed or it is not fulfilled."""
    total = 0
    for day, _, _, record, _ in records if need > 0 else ():
        total += worth(duty, record)
        if total >= need:
            return day
    return None


def worth(duty, record):
    """Return how much a record counts: one, or the hours of a lesson."""
    if duty.kind != "hours" or not duty.content:
        return 1
    return record.get(duty.content[0]) or 0


def limit_in(limit, span):
    """Return the last day on which something is in time: "limit in the period or its end"."""
    if limit is None:
        return span.end
    if limit.unit == "day":
        return min(span.start + limit.number * DAY, span.end)
    for day in every(span.start, span.end):
        month, number = divmod(limit.number, 100)
        if (day.month, day.day) == (month, number) or (
            (month, number) == (2, 29) and (day.month, day.day) == (2, 28) and (day + DAY).month == 3
        ):
            return day
    return span.end


def interval(school, duty, by):
    """Return the intervals between records, never longer than the limit, those that ended and the running one."""
    if school.term is None:
        return
    for subject, room, first, until, _ in school.subjects_of(duty):
        begin, last = max(first, school.term.start), min(until, school.term.end)
        if begin > last or begin > school.on:
            continue
        records = [entry for entry in school.evidence(duty, subject, by) if begin <= entry[0] <= last]
        before, line = begin, {"subject": subject, "room": room, "need": 1}
        for day in sorted({entry[0] for entry in records}):
            # "An interval that ended: late if the record came after due, else done."
            yield line | {
                "since": before, "due": before + duty.limit.number * DAY, "have": 1, "met": True, "met_at": day,
                "counted": [entry[1] for entry in records if entry[0] == day],
            }  # fmt: skip
            before = day
        # "running one: due = last record (or begin) + limit + grace: to_do, then standing; missed once the term is over."
        due = before + duty.limit.number * DAY
        if due <= last:
            yield line | {
                "since": before, "due": due, "have": 0, "met": False, "counted": [], "closes": school.term.end,
                "left": school.on > until,
            }  # fmt: skip


def share(school, duty, by):
    """Return the share of a school's own register: "due at the end of the term; missed once it is over".

    Those of the visits have their tests in test_share_duties.
    """
    if school.term is None:
        return
    last = min(school.on, school.term.end)
    group = [subject for subject in school.subjects_of(duty) if subject[2] <= last <= subject[3]]
    if not group:
        return
    reached = []
    for subject, *_ in group:
        days = [entry[0] for entry in school.evidence(duty, subject, duty.by)]
        if sum(school.term.start <= day <= last for day in days) >= duty.at_least:
            reached.append(subject)
    need = ceil(duty.target * len(group) - 1e-9 * len(group))
    yield {
        "subject": "", "room": "", "since": school.term.start, "due": school.term.end, "need": need,
        "have": len(reached), "met": len(reached) >= need, "counted": reached, "period": school.term.name,
        "kind": "school", "closes": school.term.end,
    }  # fmt: skip
