"""The rules against `plain_duties`, an independent reading of them as plain loops, in drawn schools (requirements 2A, 7.2, 7.5, 7.14)."""

from datetime import date, datetime, time, timedelta

import pytest
from bench.duties import ON, POLICY, school
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.plain_duties import LINE, as_frames, as_tuples, in_order, plain_due

from guanai.care.calendar.school_calendar import Calendar, Holiday, Phase, Term, Window
from guanai.care.duties.due import due
from guanai.care.policy.conditions import Clause
from guanai.care.policy.duty import Duty, Limit, Trigger
from guanai.care.policy.policy import Policy

FIRST = date(2027, 8, 20)  # a school year with a 29 February
REGISTERS = ("home_visit", "talk", "call", "meeting")
CHILD_BOUND = ("home_visit", "talk", "call")


def days(low=-30, high=230):
    return st.integers(low, high).map(lambda number: FIRST + timedelta(days=number))


def maybe(strategy):
    return st.none() | strategy


@st.composite
def calendars(draw):
    start = draw(st.sampled_from([date(2027, 8, 30), date(2027, 9, 1), date(2027, 9, 4)]))
    end = draw(st.sampled_from([date(2027, 9, 12), date(2027, 12, 24), date(2028, 1, 15)]))
    terms = [Term("秋", start, end)]
    if draw(st.booleans()):
        terms.append(Term("春", date(2028, 2, 14), date(2028, 6, 30)))
    holidays = tuple(
        Holiday(f"假{number}", day, day + timedelta(days=draw(st.integers(0, 16))))
        for number, day in enumerate(draw(st.lists(days(10, 200), max_size=3)))
    )
    made_up = frozenset(draw(st.lists(days(10, 200), max_size=3)))
    phases = (Phase("opening", start, start + timedelta(days=9)),) if draw(st.booleans()) else ()
    windows = (Window("寒假", date(2028, 1, 17), date(2028, 2, 13)),) if draw(st.booleans()) else ()
    off = frozenset(draw(st.lists(days(10, 200), max_size=4)))
    return Calendar(
        tuple(terms), holidays, made_up, phases, windows, off, frozenset({date(2027, 10, 9)}) - off
    )


ROLES = st.sampled_from(["helper", "homeroom", "counsellor", "self"])
BY = st.just(()) | st.lists(ROLES, min_size=1, max_size=2, unique=True).map(tuple)
SUBJECTS = st.sampled_from(["child", "guardian", "parent", "helper", "class", "teacher", "school"])
CHILD_CONDITIONS = st.sampled_from(
    [(), (Clause("boarding", ("yes",)),), (Clause("boarding", ("",)),), (Clause("groups", ("poor",), True),),
     (Clause("grade", ("4",), order=">="),)]
)  # fmt: skip
RECORD_CONDITIONS = st.sampled_from([(), (Clause("note", ("a", "b")),), (Clause("note", ("a",), True),)])


@st.composite
def duties(draw, number):
    kind = draw(st.sampled_from(
        ["count", "count", "hours", "interval", "event", "state", "open", "helper", "quota", "complete", "share"]
    ))  # fmt: skip
    subject = draw(SUBJECTS)
    registers = CHILD_BOUND if subject in ("child", "guardian", "parent") else REGISTERS
    records = tuple(draw(st.lists(st.sampled_from(registers), min_size=1, max_size=2, unique=True)))
    trigger = limit = at_most = target = None
    content, state, per, condition = (), (), "term", draw(RECORD_CONDITIONS)
    at_least = draw(st.integers(1, 3))
    if kind in ("count", "hours"):
        per = draw(st.sampled_from(
            ["day", "week", "fortnight", "month", "term", "school_year", "year", "phase", "opening", "middle",
             "closing", "window", "often"]
        ))  # fmt: skip
        if per != "often":
            limit = draw(maybe(st.integers(0, 20).map(Limit)))
            if per in ("year", "school_year", "term"):
                limit = draw(
                    maybe(st.sampled_from([Limit(601, "date"), Limit(229, "date"), Limit(1001, "date")]))
                )
    if kind == "hours":
        content, at_most = draw(st.sampled_from([(), ("hours",)])), draw(maybe(st.integers(at_least, 5)))
        per = "term" if per == "often" else per
    if kind == "interval":
        limit = Limit(draw(st.integers(1, 40)))
    if kind in ("event", "state", "open"):
        moments = ["date", "follow_up"] if "home_visit" in registers else ["date"]
        name = draw(st.sampled_from(registers))
        moment = draw(st.sampled_from(moments)) if name == "home_visit" else "date"
        trigger = Trigger(name, draw(st.sampled_from([moment, "found_at"])))
        limit = draw(maybe(st.sampled_from([Limit(0), Limit(7), Limit(30, "minute"), Limit(2, "hour")])))
        content = draw(st.sampled_from([("closed_on",), ("closed_on", "note/follow_up")]))
        state = draw(st.sampled_from([(), (Clause("note", ("a",)),)])) if kind != "event" else ()
    if kind == "open":
        at_most = draw(st.integers(1, 3))
    if kind == "helper":
        subject, records, condition = "child", (), ()
    if kind == "quota":
        subject = draw(st.sampled_from(["child", "class", "helper"]))
        records = ()
        condition = draw(st.sampled_from([(), (Clause("role", ("peer",)),)])) if subject == "child" else ()
        at_least, at_most = draw(st.integers(0, 3)), draw(maybe(st.integers(3, 4)))
    if kind == "complete":
        subject = "child"
        content = ("address", "father_phone/mother_phone", "mother_work_place")
    if kind == "share":
        target = draw(st.sampled_from([0.5, 0.8, 1.0]))
    by = draw(BY)
    who = draw(BY)
    if by and who and kind in ("count", "event", "interval") and draw(st.booleans()):
        by = ("each",)
    return Duty(
        f"职{number}", kind, subject,
        draw(CHILD_CONDITIONS) if subject in ("child", "guardian", "parent") else (),
        records, condition, by if records else (), content, state, at_least, at_most, target, per, trigger, (),
        limit, who, draw(st.sampled_from([0, 0, 3])), summed=draw(st.sampled_from(["", "books"])) if kind == "open" else "",
    )  # fmt: skip


STATUS = st.sampled_from(["away", "away", "away", "home", "unable", "deceased", None])
STAFF = st.sampled_from(["s0", "s1", "s2", "s3"])


@st.composite
def schools(draw):
    number = draw(st.integers(1, 4))
    some = st.sampled_from([f"x{n}" for n in range(number)])
    children = [
        {
            "id": f"x{n}", "name": f"童{n}", "class": draw(st.sampled_from(["一班", "k2", None])),
            "eligible": draw(st.sampled_from(["yes", "yes", "no"])),
            "status": draw(st.sampled_from(["enrolled", "enrolled", None, "transferred", "returned"])),
            "status_since": draw(maybe(days())), "registered_on": draw(maybe(days(-40, 200))),
            "birth_date": draw(maybe(st.sampled_from([date(2012, 2, 29), date(2011, 10, 13), date(2016, 1, 1)]))),
            "father_status": draw(STATUS), "mother_status": draw(STATUS),
            "left_behind_from": draw(st.sampled_from([None, None, *(FIRST + timedelta(days=n) for n in (-9, 40, 90))])),
            "left_behind_until": draw(st.sampled_from([None, None, *(FIRST + timedelta(days=n) for n in (30, 60, 120))])),
            "boarding": draw(st.sampled_from(["yes", "no", None])),
            "groups": draw(st.sampled_from([None, [], ["poor"], ["poor", "ill"]])),
            "address": draw(st.sampled_from([None, "", "大坪"])), "father_phone": draw(st.sampled_from([None, "1"])),
            "mother_phone": None, "mother_work_place": draw(st.sampled_from([None, "某市"])), "guardians": [],
        }
        for n in range(number)
    ]  # fmt: skip
    staff = [
        {"id": f"s{n}", "name": f"师{n}", "role": role, "active": draw(st.sampled_from(["yes", None, "no"]))}
        for n, role in enumerate(["homeroom", "subject", "counsellor", "logistics"])
    ]
    classes = [
        {
            "id": "k1",
            "name": "一班",
            "grade": 3,
            "homeroom": draw(st.sampled_from(["s0", "s1", None])),
            "pupils": 40,
        },
        {"id": "k2", "name": "二班", "grade": 7, "homeroom": "s2", "pupils": 40},
    ]
    pairs = []
    for n in range(draw(st.integers(0, 6))):
        role = draw(st.sampled_from(["helper", "helper", "peer"]))
        start, end = draw(maybe(days(-40, 150))), draw(maybe(days(0, 220)))
        pairs.append({
            "id": f"p{n}", "child": draw(some), "role": role, "start": start,
            "helper": draw(maybe(STAFF)) if role == "helper" else None,
            "peer_name": draw(st.sampled_from(["甲", "乙"])) if role == "peer" else None, "key_help": None,
            "end": end if start is None or end is None or end >= start else None,
        })  # fmt: skip
    registers = {"child": children, "staff": staff, "class": classes, "pairing": pairs}
    for name in REGISTERS:
        records = []
        for n in range(draw(st.integers(0, 12))):
            day = draw(days())
            record = {
                "id": f"{name[0]}{n}", "date": draw(st.sampled_from([day, day, day, None])),
                "note": draw(st.sampled_from(["a", "b", "", None])), "closed_on": draw(maybe(days())),
                "hours": draw(st.sampled_from([None, 1, 2, 0.5])), "books": draw(st.sampled_from([None, 1, 2])),
                "found_at": draw(maybe(st.just(datetime.combine(day, time(draw(st.integers(0, 23)), 40))))),
                "child": draw(st.sampled_from([*(f"x{n}" for n in range(number)), "x9", None])),
            }  # fmt: skip
            if name == "home_visit":
                record |= {
                    "mode": draw(st.sampled_from(["door", "phone", None])), "follow_up": draw(maybe(days(0, 240))),
                    "visitors": draw(st.lists(STAFF, max_size=2, unique=True)), "problems": [], "follow_up_what": "",
                }  # fmt: skip
            else:
                record["by"] = draw(maybe(STAFF))
            if name == "meeting":
                record |= {"child": None, "class": draw(st.sampled_from(["一班", "k1", "二班", "九班"]))}
            records.append(record)
        registers[name] = records
    return registers


@st.composite
def with_decisions(draw, policy, registers, on):
    """Return registers with some of the lines of a day put off or excused, and decisions about lines that are none."""
    lines = as_tuples(due(policy, as_frames(registers), on, done=True))
    decisions = []
    for n in range(draw(st.integers(0, 6)) if lines else 0):
        line = dict(zip(LINE, draw(st.sampled_from(lines)), strict=True))
        duty = next(duty for duty in policy.duties if duty.name == line["duty"])
        decided = draw(maybe(st.integers(-40, 2).map(lambda number: on + timedelta(days=number))))
        decisions.append({
            "id": f"d{draw(st.integers(0, 9))}{n}", "kind": draw(st.sampled_from(["postpone", "excuse", "other"])),
            "duty": line["duty"], "subject_kind": line["kind"],
            "child": line["subject_id"] if line["kind"] in ("child", "guardian", "parent") else None,
            "subject": line["subject_id"] or None if line["kind"] not in ("child", "guardian", "parent") else "x9",
            "role": draw(st.sampled_from(duty.who)) if duty.by == ("each",) else draw(st.sampled_from([None, ""])),
            "since": line["since"] + timedelta(days=draw(st.sampled_from([0, 0, 0, 1]))), "date": decided,
            "until": draw(maybe(st.integers(-9, 9).map(lambda number: on + timedelta(days=number)))),
            "reason": "<b>", "by": draw(maybe(STAFF)), "created_by": "某人",
        })  # fmt: skip
    return registers | {"deferral": decisions}


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    calendars(),
    schools(),
    st.integers(1, 6).flatmap(lambda count: st.tuples(*(duties(number) for number in range(count)))),
    days(0, 220),
    st.booleans(),
    st.sampled_from(["both", "one", "13"]),
    maybe(st.integers(0, 23)),
    st.sampled_from([None, None, 0, 45, 120]),
    st.data(),
)
def test_the_rules_and_the_plain_loops_give_the_same_lines(
    calendar, registers, some, on, done, definition, hour, began, data
):
    since = {} if began is None else {"began": (FIRST + timedelta(days=began)).isoformat()}
    policy = Policy(profile={"definition": definition} | since, calendar=calendar, duties=some)
    registers = data.draw(with_decisions(policy, registers, on))
    now = None if hour is None else datetime.combine(on, time(hour))
    lines = as_tuples(due(policy, as_frames(registers), on, done=done, now=now))
    assert in_order(lines) == in_order(plain_due(policy, registers, on, done=done, now=now))
    assert len(LINE) == len(lines[0]) if lines else True
    for one in registers["staff"]:  # each person's own lines are those of all that name the person
        own_lines = as_tuples(due(policy, as_frames(registers), on, done=done, now=now, who=one["id"]))
        assert in_order(own_lines) == in_order(line for line in lines if one["name"] in line[3].split("、"))


@pytest.mark.parametrize("done", [False, True])
def test_the_school_of_the_benchmark_gives_the_same_lines(done):
    registers = school(60, seed=3)
    lines = as_tuples(due(POLICY, as_frames(registers), ON, done=done))
    assert in_order(lines) == in_order(plain_due(POLICY, registers, ON, done=done))
    missing = {duty.name for duty in POLICY.duties} - {line[0] for line in lines}
    assert missing <= (
        set() if done else {"借书", "帮扶人数", "谈心率", "日记"}
    )  # nothing is wrong with these
