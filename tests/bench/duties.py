"""How long the checklist of a whole school takes: 300 and 10,000 children x 20 duties x a term of records.

    python tests/bench/duties.py            (python tests/bench/duties.py 300 for only some sizes)

One teacher's own lines (the page of the day) are worked out apart, of the same registers.

The plain loops of `plain_duties` run over the same duties at the smallest size (and at 10,000 children with
``--plain``) and must give the same lines.
"""

import random
import resource
import sys
import time
from datetime import date, timedelta

from support.plain_duties import as_frames, as_plain, in_order, plain_due

from guanai.care.calendar.school_calendar import Calendar, Holiday, Term
from guanai.care.duties.due import due
from guanai.care.policy.conditions import Clause
from guanai.care.policy.duty import Duty, Limit, Trigger
from guanai.care.policy.policy import Policy

FIRST, ON = date(2026, 9, 1), date(2027, 1, 8)
CALENDAR = Calendar(
    (Term("秋", FIRST, date(2027, 1, 16)),), (Holiday("国庆节", date(2026, 10, 1), date(2026, 10, 7)),)
)
DUTIES = (
    Duty("谈心", records=("talk",), by="helper", per="week", who="helper", grace_days=3),
    Duty("亲情通话", records=("family_call",), per="week", who="helper"),
    Duty("与家长通话", records=("call",), condition=(Clause("parent", ("father", "mother")),), per="month", who="helper"),
    Duty("家访", records=("home_visit",), by="homeroom", at_least=2, who="homeroom"),
    Duty("各阶段家访", records=("home_visit",), per="phase", who="homeroom"),
    Duty("面对面", subject_condition=(Clause("special_groups", ("disabled",)),), records=("home_visit",),
         condition=(Clause("mode", ("door", "school")),), who="homeroom"),
    Duty("联系", records=("call", "home_visit"), at_least=2, who="homeroom"),
    Duty("各自家访", records=("home_visit",), by="each", who=("homeroom", "helper")),
    Duty("隔周通话", records=("call",), per="fortnight", who="helper"),
    Duty("通话间隔", "interval", records=("call",), limit=Limit(45), who="helper"),
    Duty("五必访", "event", records=("home_visit",), trigger=Trigger("observation"), limit=Limit(7), who="homeroom"),
    Duty("跟进", "event", records=("home_visit",), trigger=Trigger("home_visit", "follow_up"), limit=Limit(3), who="homeroom"),
    Duty("还书", "state", trigger=Trigger("loan"), content=("returned_on",), limit=Limit(7), who="homeroom"),
    Duty("借书", "open", trigger=Trigger("loan"), content=("returned_on",), at_most=2),
    Duty("帮扶", "helper", who="coordinator", grace_days=14),
    Duty("帮扶人数", "quota", "helper", at_least=2, at_most=8, who="coordinator"),
    Duty("建档", "complete", content=("address", "father_phone/mother_phone", "guardians.phone"), who="homeroom"),
    Duty("班会", subject="class", records=("activity",), per="month", who="homeroom"),
    Duty("日记", subject="helper", records=("talk",), per="month"),
    Duty("谈心率", "share", records=("talk",), target=0.95, at_least=4),
)  # fmt: skip
POLICY = Policy(profile={"definition": "13"}, calendar=CALENDAR, duties=DUTIES)


def school(children, seed=1):
    """Return a school as registers of dicts: four out of five talks, calls and visits are done."""
    draw = random.Random(seed)  # noqa: S311
    rooms, people = max(4, children // 20), max(10, children // 4)
    staff = [
        {"id": f"s{n}", "name": f"师{n}", "role": "homeroom" if n < rooms else "subject", "active": "yes"}
        for n in range(people)
    ] + [{"id": "d0", "name": "德", "role": "coordinator", "active": "yes"}]
    classes = [{"id": f"k{n}", "name": f"{n}班", "grade": n % 9 + 1, "homeroom": f"s{n}", "pupils": 40} for n in range(rooms)]  # fmt: skip
    registers = {"staff": staff, "class": classes, "child": [], "pairing": []}
    registers |= {
        name: [] for name in ("talk", "family_call", "call", "home_visit", "observation", "loan", "activity")
    }

    def record(name, child, day, **answers):
        if day <= ON + timedelta(days=7):
            registers[name].append(
                {"id": f"{name}{len(registers[name])}", "child": child, "date": day} | answers
            )

    for n in range(children):
        child, room, helper = f"x{n}", n % rooms, f"s{draw.randrange(people)}"
        registers["child"].append({
            "id": child, "name": f"童{n}", "class": f"{room}班", "status": "enrolled", "eligible": "yes",
            "birth_date": date(2011 + n % 7, 1 + n % 12, 1 + n % 28),
            "registered_on": FIRST if n % 10 else FIRST + timedelta(days=draw.randrange(120)), "status_since": None,
            "father_status": "away", "mother_status": "away", "special_groups": ["disabled"] if n % 9 == 0 else [],
            "guardians": [{"name": "祖母", "phone": "1" if n % 7 else ""}], "address": "大坪" if n % 5 else "",
            "father_phone": "1" if n % 3 else None, "mother_phone": None,
        })  # fmt: skip
        if n % 20:
            registers["pairing"].append({"id": f"p{n}", "child": child, "role": "helper", "helper": helper, "start": FIRST, "end": None})  # fmt: skip
        for week in range(19):
            for name in ("talk", "family_call"):
                if draw.random() < 0.8:
                    record(name, child, FIRST + timedelta(days=7 * week + draw.randrange(5)), by=helper)
        for month in range(5):
            if draw.random() < 0.8:
                record("call", child, FIRST + timedelta(days=30 * month + draw.randrange(20)), by=helper,
                       parent=draw.choice(["father", "mother", "guardian"]))  # fmt: skip
        for visit in range(2):
            if draw.random() < 0.8:
                day = FIRST + timedelta(days=60 * visit + draw.randrange(60))
                record("home_visit", child, day, mode=draw.choice(["door", "phone"]), visitors=[f"s{room}", helper][visit:],
                       follow_up=day + timedelta(days=14) if draw.random() < 0.2 else None)  # fmt: skip
        if draw.random() < 0.3:
            record("observation", child, FIRST + timedelta(days=draw.randrange(120)), by=helper)
        for _ in range(draw.choice([0, 0, 1, 4])):
            day = FIRST + timedelta(days=draw.randrange(120))
            record("loan", child, day, returned_on=day + timedelta(days=5) if draw.random() < 0.7 else None)
    for n in range(rooms):
        for month in range(4):
            record("activity", None, FIRST + timedelta(days=30 * month + 3), **{"class": f"{n}班"})
    return registers


def measure(children, plain):
    registers = school(children)
    frames = as_frames(registers)
    records = sum(map(len, registers.values()))
    if not plain:
        del registers
    times, work = [], []
    for _ in range(5):
        began, worked = time.perf_counter(), time.process_time()
        lines = due(POLICY, frames, ON)
        times.append(time.perf_counter() - began)
        work.append(time.process_time() - worked)
    report = f"{min(times):8.3f} s (processor {min(work):7.3f} s)"
    day = []
    for _ in range(5):
        began = time.perf_counter()
        own_lines = due(POLICY, frames, ON, who="s1")  # a class teacher who helps children too
        day.append(time.perf_counter() - began)
    report += f"   one teacher {min(day):6.3f} s for {len(own_lines)} lines"
    if plain:
        began = time.perf_counter()
        plain_lines = plain_due(POLICY, registers, ON)
        took = time.perf_counter() - began
        same = in_order(plain_lines) == in_order(as_plain(lines))
        report += f"   plain loops {took:8.2f} s ({took / min(times):.0f} times), same lines: {same}"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{children:8} children {records:9} records {len(lines):8} lines {report}   peak {peak} MiB")  # noqa: T201


if __name__ == "__main__":
    for size in [int(word) for word in sys.argv[1:] if word.isdecimal()] or [300, 10_000]:
        measure(size, size <= 300 or "--plain" in sys.argv)
