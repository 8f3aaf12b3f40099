"""Invented schools, drawn with a seed: calendars with gaps, every kind of duty, and records that only nearly answer them.

Registers are lists of dicts as `support.plain_duties` reads them. All days lie in a school year with a 29 February.
"""

import random
from datetime import date, datetime, time, timedelta

from guanai.care.calendar.school_calendar import Calendar, Holiday, Phase, Term, Window
from guanai.care.policy.conditions import Clause
from guanai.care.policy.duty import Duty, Limit, Trigger
from guanai.care.policy.policy import Policy

FIRST = date(2027, 8, 20)
REGISTERS = ("home_visit", "talk", "call", "meeting")
OF_CHILDREN = REGISTERS[:3]
PERIODS = (
    "day", *["week"] * 4, *["fortnight"] * 3, *["month"] * 4, "term", "term", "school_year", "year", "half_year", "phase",
    "opening", "middle", "closing", "window", "weekend", "weekend_day", "holiday", "often",
)  # fmt: skip
KINDS = (
    "count", "count", "count", "hours", "hours", "interval", "event", "event", "state", "open", "helper", "helper", "quota",
    "complete", "share",
)  # fmt: skip
SUBJECTS = ("child", "child", "child", "guardian", "parent", "helper", "class", "teacher", "staff", "school")
STAFF = ("s0", "s1", "s2", "s3", "s4")


def invented_school(seed):
    """Return the policy and the registers of a school, the same for the same seed."""
    draw = random.Random(seed)  # noqa: S311
    profile = {"definition": draw.choice(["both", "one", "13", "listed"])}
    if draw.random() < 0.3:
        profile["began"] = (FIRST + draw.choice([0, 45, 120]) * timedelta(days=1)).isoformat()
    if draw.random() < 0.6:
        profile["default_limit"] = draw.choice(["5 day", "40 day", "3 hour"])
    if draw.random() < 0.3:
        profile["age_limit"] = draw.choice(["none", "15", "18"])
    duties = tuple(invented_duty(draw, number) for number in range(8))
    return Policy(profile=profile, calendar=invented_calendar(draw), duties=duties), invented_registers(draw)


def days_to_ask(seed, policy, number=3):
    """Return days, with a time of day or None and a day until which it is known or None.

    Some are the first and last days of terms and those before and after them.
    """
    draw = random.Random(f"days {seed}")  # noqa: S311
    edges = [
        edge + shift * timedelta(days=1)
        for term in policy.calendar.terms
        for edge in (term.start, term.end)
        for shift in (-1, 0, 1, 3)
    ]
    questions = []
    for _ in range(number):
        on = draw.choice(edges) if draw.random() < 0.3 else some_day(draw, 0, 330)
        now = datetime.combine(on, time(draw.randrange(24), 30)) if draw.random() < 0.4 else None
        known = on + draw.randrange(60) * timedelta(days=1) if draw.random() < 0.2 else None
        questions.append((on, now, known))
    return questions


def with_decisions(seed, lines, policy, registers, on):
    """Return registers with some of the lines of a day put off or excused, and decisions about lines that are none."""
    draw = random.Random(f"decisions {seed} {on}")  # noqa: S311
    owed = [duty for duty in policy.duties if any(line["duty"] == duty.name for line in lines)]
    decisions = []
    for number in range(draw.randrange(16) if lines else 0):
        duty = draw.choice(owed)
        line = draw.choice([line for line in lines if line["duty"] == duty.name])
        of_child = line["kind"] in ("child", "guardian", "parent")
        since = line["since"] + draw.choice([0, 0, 0, 1]) * timedelta(days=1)
        decisions.append({
            "id": f"d{draw.randrange(10)}{number}", "kind": draw.choice(["postpone", "postpone", "excuse", "other"]),
            "duty": line["duty"], "subject_kind": line["kind"], "child": line["subject_id"] if of_child else None,
            "subject": "x9" if of_child else line["subject_id"] or None,
            "role": draw.choice(duty.who) if duty.by == ("each",) else draw.choice([None, ""]), "since": since,
            "date": maybe(draw, on + draw.randrange(-40, 3) * timedelta(days=1), 0.9),
            "until": maybe(draw, on + draw.randrange(-9, 30) * timedelta(days=1), 0.9),
            "reason": "<b>", "by": draw.choice([None, *STAFF]), "created_by": "某人", "created_at": entered(draw, on),
        })  # fmt: skip
    return registers | {"deferral": decisions}


def some_day(draw, low=-30, high=230):
    return FIRST + timedelta(days=draw.randrange(low, high))


def maybe(draw, value, share=0.5):
    return value if draw.random() < share else None


def entered(draw, day):
    """Return the moment at which a record was entered: mostly the same day, now and then weeks later or unknown."""
    if draw.random() < 0.5:
        return None
    later = draw.choice([0, 0, 0, 1, 20, 60])
    return f"{day + timedelta(days=later)}T08:15:00.000+08:00"


def invented_calendar(draw):
    start = draw.choice([date(2027, 8, 30), date(2027, 9, 1), date(2027, 9, 3), date(2027, 9, 4)])
    end = draw.choice([
        date(2027, 9, 12), date(2027, 12, 24), date(2028, 1, 11), date(2028, 1, 15), date(2028, 1, 16),
    ])  # fmt: skip
    terms = [Term("秋", start, end)]
    if draw.random() < 0.3:
        terms.insert(0, Term("上年春", date(2027, 2, 22), date(2027, 7, 2)))
    if draw.random() < 0.5:
        terms.append(Term("春", draw.choice([date(2028, 2, 14), date(2028, 2, 16)]), date(2028, 6, 30)))
    holidays = []
    for number in range(draw.randrange(4)):
        first = some_day(draw, 10, 200)
        holidays.append(Holiday(f"假{number}", first, first + timedelta(days=draw.randrange(17))))
    windows = []
    if draw.random() < 0.5:
        windows = [
            Window("暑假", date(2027, 7, 10), date(2027, 8, 25)),
            Window("寒假", date(2028, 1, 17), date(2028, 2, 13)),
        ]
    phases = (Phase("opening", start, start + timedelta(days=9)),) if draw.random() < 0.3 else ()
    days_off = frozenset(some_day(draw, 10, 200) for _ in range(draw.randrange(4)))
    return Calendar(
        tuple(terms),
        tuple(sorted(holidays, key=lambda holiday: holiday.start)),
        frozenset(some_day(draw, 10, 200) for _ in range(draw.randrange(3))),
        phases,
        tuple(windows),
        days_off,
        frozenset({date(2027, 10, 9)}) - days_off,
    )


def roles(draw):
    return tuple(
        draw.sample(["helper", "homeroom", "counsellor", "coordinator", "self"], draw.choice([0, 0, 1, 1, 2]))
    )


def record_condition(draw, records):
    """Return a condition on the records of a duty, now and then on those of one of its registers only."""
    clauses = draw.choice([
        (), (), (), (Clause("note", ("a", "b")),), (Clause("note", ("a",), negated=True),), (Clause("note", ("",)),),
    ])  # fmt: skip
    if clauses and records and draw.random() < 0.5:
        clauses = (clauses[0]._replace(register=draw.choice(records)),)
    return clauses


def invented_duty(draw, number):
    kind = draw.choice(KINDS)
    subject = draw.choice(SUBJECTS)
    of_child = subject in ("child", "guardian", "parent")
    registers = OF_CHILDREN if of_child else REGISTERS
    records = tuple(draw.sample(registers, draw.choice([1, 1, 2])))
    values = {
        "name": f"职{number}", "kind": kind, "subject": subject, "records": records,
        "condition": record_condition(draw, records), "at_least": draw.choice([1, 1, 2, 3]),
        "grace_days": draw.choice([0, 0, 3, 10]), "after": draw.choice(["", "", "", "missed", "standing"]),
        "weight": draw.choice(["", "", "protect", "harm", "promise", "minor"]), "escalate": draw.choice([None, 1, 2, 3]),
    }  # fmt: skip
    if of_child:
        values["subject_condition"] = draw.choice([
            (), (), (Clause("boarding", ("yes",)),), (Clause("boarding", ("",)),),
            (Clause("groups", ("poor",), negated=True),), (Clause("grade", ("4",), order=">="),),
        ])  # fmt: skip
    by, who = roles(draw) if draw.random() < 0.5 else (), roles(draw)
    if kind in ("count", "hours", "quota"):
        values |= invented_period(draw, kind)
    elif kind == "interval":
        values["limit"] = Limit(draw.randrange(1, 41))
    elif kind in ("event", "state", "open"):
        values |= invented_trigger(draw, kind, registers)
    elif kind == "share":
        values |= {"target": draw.choice([0.2, 0.5, 0.8, 1.0]), "at_least": draw.choice([1, 1, 2])}
    if kind == "helper":
        values |= {"subject": "child", "records": (), "condition": ()}
    elif kind == "quota":
        values |= invented_quota(draw)
    elif kind == "complete":
        values |= {
            "subject": "child",
            "content": ("address", "father_phone/mother_phone", "mother_work_place"),
        }
        values["condition"] = ()
    if values["subject"] != subject and subject != "child":
        values.pop("subject_condition", None)
    if by and who and kind in ("count", "event", "interval") and draw.random() < 0.5:
        by = ("each",)
    return Duty(by=by if values["records"] else (), who=who, **values)


def invented_period(draw, kind):
    """Return how often, and until when in a period."""
    per = draw.choice(PERIODS)
    values = {}
    if kind == "hours":
        per = "term" if per == "often" else per
        least = draw.choice([1, 2, 3])
        values = {"content": draw.choice([(), ("hours",)]), "at_least": least}
        values["at_most"] = maybe(draw, draw.randrange(least, 6))
    if per in ("year", "school_year", "term"):
        values["limit"] = maybe(draw, Limit(draw.choice([601, 229, 1001, 1115]), "date"), 0.6)
    elif per != "often":
        values["limit"] = maybe(draw, Limit(draw.choice([0, 1, 2, 5, 20])), 0.4)
    return values | {"per": per}


def invented_trigger(draw, kind, registers):
    """Return what opens a line, when it is late, and what closes it."""
    register = draw.choice(registers)
    moments = ["date", "found_at", "follow_up"] if register == "home_visit" else ["date", "found_at"]
    values = {
        "trigger": Trigger(register, draw.choice(moments)),
        "limit": draw.choice([None, Limit(0), Limit(7), Limit(20), Limit(30, "minute"), Limit(2, "hour")]),
        "content": draw.choice([("closed_on",), ("told_at",), ("closed_on", "note/told_at")]),
    }
    if draw.random() < 0.3:
        values["trigger_condition"] = (Clause("note", ("a", "b")),)
    if kind != "event" and draw.random() < 0.3:
        state = draw.choice([(Clause("note", ("a",)),), (Clause("closed_on", ("",), negated=True),)])
        values |= {"content": (), "state": state}
    if kind == "open":
        values |= {"at_most": draw.randrange(1, 4), "summed": draw.choice(["", "books"])}
    return values


def invented_quota(draw):
    """Return a quota of pairings."""
    subject = draw.choice(["child", "class", "helper", "teacher", "staff"])
    condition = draw.choice([(), (Clause("role", ("peer",)),)]) if subject == "child" else ()
    return {
        "subject": subject, "records": (), "condition": condition, "at_least": draw.randrange(4),
        "at_most": maybe(draw, draw.choice([3, 4])), "per": "term", "limit": None, "subject_condition": (),
    }  # fmt: skip


def invented_registers(draw):
    number = draw.randrange(4, 13)
    children = [f"x{position}" for position in range(number)]
    registers = {
        "child": [invented_child(draw, position) for position in range(number)],
        "staff": [
            {
                "id": f"s{position}", "name": f"师{position}", "role": post, "active": draw.choice(["yes", "yes", "yes", None, "no"]),
                "created_at": None,
            }
            for position, post in enumerate(["homeroom", "subject", "counsellor", "logistics", "coordinator"])
        ],
        "class": [
            {"id": "k1", "name": "一班", "grade": 3, "homeroom": draw.choice(["s0", "s1", None]), "pupils": 40},
            {"id": "k2", "name": "二班", "grade": 7, "homeroom": "s2", "pupils": 40},
        ],
        "pairing": [invented_pair(draw, position, children) for position in range(draw.randrange(4, 16))],
    }  # fmt: skip
    for name in REGISTERS:
        registers[name] = [
            invented_record(draw, name, position, children) for position in range(draw.randrange(10, 100))
        ]
    return registers


def invented_child(draw, position):
    statuses = [*["away"] * 6, "home", "unable", "deceased", None]
    status = draw.choice(["enrolled", "enrolled", "enrolled", None, "transferred", "returned"])
    registered = maybe(draw, some_day(draw, -40, 200), 0.6)
    return {
        "id": f"x{position}", "name": f"童{position}", "class": draw.choice(["一班", "k2", None]),
        "eligible": draw.choice(["yes", "yes", "no"]), "status": status, "status_since": maybe(draw, some_day(draw), 0.6),
        "registered_on": registered, "created_at": maybe(draw, entered(draw, registered or FIRST), 0.3),
        "birth_date": draw.choice([None, None, date(2012, 2, 29), date(2011, 10, 13), date(2016, 1, 1)]),
        "father_status": draw.choice(statuses), "mother_status": draw.choice(statuses),
        "left_behind_from": draw.choice([None, None, None, *(FIRST + timedelta(days=day) for day in (-9, 40, 90))]),
        "left_behind_until": draw.choice([None, None, None, *(FIRST + timedelta(days=day) for day in (30, 60, 120))]),
        "boarding": draw.choice(["yes", "no", None]), "groups": draw.choice([None, [], ["poor"], ["poor", "ill"]]),
        "address": draw.choice([None, "", "大坪"]), "father_phone": draw.choice([None, "1"]), "mother_phone": None,
        "mother_work_place": draw.choice([None, "某市"]), "guardians": [],
    }  # fmt: skip


def invented_pair(draw, position, children):
    role = draw.choice(["helper", "helper", "helper", "peer"])
    start, end = maybe(draw, some_day(draw, -40, 120), 0.9), maybe(draw, some_day(draw, 0, 220), 0.4)
    return {
        "id": f"p{position}", "child": draw.choice(children), "role": role, "start": start,
        "helper": draw.choice([None, *STAFF, *STAFF]) if role == "helper" else None,
        "peer_name": draw.choice(["甲", "乙"]) if role == "peer" else None, "key_help": None,
        "end": end if start is None or end is None or end >= start else None,
        "created_at": entered(draw, start or FIRST),
    }  # fmt: skip


def invented_record(draw, name, position, children):
    """Return a record of a register; now and then of nobody, without a day, or of a child who is not there."""
    day = some_day(draw)
    told_at = datetime.combine(day + timedelta(days=draw.choice([0, 0, 1])), time(draw.randrange(24), 10))
    record = {
        "id": f"{name[0]}{position}", "date": maybe(draw, day, 0.9), "created_at": entered(draw, day),
        "note": draw.choice(["a", "b", "", None]), "closed_on": maybe(draw, day + timedelta(days=draw.randrange(60)), 0.7),
        "found_at": maybe(draw, datetime.combine(day, time(draw.randrange(24), 40)), 0.7), "told_at": maybe(draw, told_at, 0.7),
        "hours": draw.choice([None, 1, 2, 2, 0.5]), "books": draw.choice([None, 1, 2]),
        "child": draw.choice([*children, *children, "x9", None]),
    }  # fmt: skip
    if name == "home_visit":
        return record | {
            "mode": draw.choice(["door", "phone", None]), "follow_up": maybe(draw, day + timedelta(days=draw.randrange(40))),
            "visitors": draw.sample(STAFF, draw.randrange(3)), "problems": [], "follow_up_what": "",
        }  # fmt: skip
    record["by"] = draw.choice([None, *STAFF])
    if name == "talk":  # with several children at once
        record["children"] = draw.sample(children, draw.randrange(3)) if record["child"] is None else None
    if name == "meeting":
        record |= {"child": None, "class": draw.choice(["一班", "k1", "二班", "九班"])}
    return record
