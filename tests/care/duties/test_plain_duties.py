"""The rules against `support.plain_duties`, an independent reading of them as plain loops, in invented schools (requirements 2A, 7.2, 7.5, 7.14).

Where they differ the words of the rule decide, not one of the two programs.
"""

from collections import Counter

import pytest
from bench.duties import ON, POLICY, school
from support.duty_cases import ONE, lines_of, record, visit
from support.invented_schools import days_to_ask, invented_school, with_decisions
from support.plain_duties import KINDS, OPEN, STATUSES, as_frames, as_plain, in_order, plain_due

from guanai.care.calendar.periods import PERIODS
from guanai.care.duties.due import due

# Chosen so that every kind comes up in every status and every period, see the test of that.
SEEDS = (209, 80, 139, 35, 208, 82, 45, 131, 100, 216, 8, 181, 1, 6, 128, 34)
MORE_SEEDS = tuple(seed for seed in range(240) if seed not in SEEDS)
PERIODIC = ("standing", "to_do", "postponed", "excused", "missed", "late", "done")
AT_ALL_TIMES = ("standing", "to_do", "postponed", "excused", "done")
# The statuses that a line of each kind may have.
STATUSES_OF = {
    "count": PERIODIC, "hours": PERIODIC, "interval": PERIODIC, "event": PERIODIC, "state": PERIODIC,
    "open": ("standing", "excused", "done"), "helper": AT_ALL_TIMES, "quota": AT_ALL_TIMES, "complete": AT_ALL_TIMES,
    "share": ("to_do", "postponed", "excused", "missed", "done"),
}  # fmt: skip


def questions_about(seed):
    """Return what is asked of a school on some days: policy, registers with decisions, day, time of day, known until."""
    policy, registers = invented_school(seed)
    for on, now, known in days_to_ask(seed, policy):
        lines = plain_due(policy, registers, on, done=True, now=now, known=known)
        yield policy, with_decisions(seed, lines, policy, registers, on), on, now, known


def differences(lines, others):
    """Return the lines that only one side has, with the side that has them."""
    left, right = Counter(in_order(lines)), Counter(in_order(others))
    return [
        *(f"only the rules: {line}" for line in left - right),
        *(f"only the plain loops: {line}" for line in right - left),
    ]


def check(seed):
    """Compare all lines of a school's days."""
    for policy, registers, on, now, known in questions_about(seed):
        lines = due(policy, as_frames(registers), on, done=True, now=now, known=known)
        plain = plain_due(policy, registers, on, done=True, now=now, known=known)
        assert differences(as_plain(lines), plain) == [], f"seed {seed}, {on}, {now}, {known}"


@pytest.mark.parametrize("seed", SEEDS)
def test_the_rules_and_the_plain_loops_give_the_same_lines(seed):
    check(seed)


@pytest.mark.parametrize("seed", SEEDS[:4])
def test_the_open_lines_and_those_of_a_person_are_some_of_all(seed):
    policy, registers, on, now, known = next(questions_about(seed))
    frames, asks = as_frames(registers), {"now": now, "known": known}
    plain = plain_due(policy, registers, on, done=True, **asks)
    open_lines = as_plain(due(policy, frames, on, **asks))
    assert differences(open_lines, [line for line in plain if line["status"] in OPEN]) == []
    for person in ("s0", "s4"):
        own = as_plain(due(policy, frames, on, done=True, who=person, **asks))
        assert differences(own, [line for line in plain if person in line["who_ids"]]) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", MORE_SEEDS)
def test_the_rules_and_the_plain_loops_give_the_same_lines_in_many_schools(seed):
    check(seed)


def test_the_invented_schools_have_every_kind_in_every_status_and_every_period():
    """What never comes up is not compared."""
    kinds, spans = Counter(), Counter()
    for seed in SEEDS:
        for policy, registers, on, now, known in questions_about(seed):
            duties = {duty.name: duty for duty in policy.duties}
            for line in plain_due(policy, registers, on, done=True, now=now, known=known):
                duty = duties[line["duty"]]
                kinds[duty.kind, line["status"]] += 1
                if duty.kind in ("count", "hours"):
                    spans[duty.per] += 1
    wanted = {(kind, status) for kind, statuses in STATUSES_OF.items() for status in statuses}
    assert wanted - set(kinds) == set()
    assert set(PERIODS) - set(spans) == set()
    assert set(STATUSES_OF) == set(KINDS) and {status for _, status in kinds} == set(STATUSES)


@pytest.mark.parametrize("done", [False, True])
def test_the_school_of_the_benchmark_gives_the_same_lines(done):
    registers = school(60, seed=3)
    lines = as_plain(due(POLICY, as_frames(registers), ON, done=done))
    assert differences(lines, plain_due(POLICY, registers, ON, done=done)) == []
    missing = {duty.name for duty in POLICY.duties} - {line["duty"] for line in lines}
    assert missing <= (
        set() if done else {"借书", "帮扶人数", "谈心率", "日记"}
    )  # nothing is wrong with these


def test_half_a_unit_more_than_the_most_is_too_much():
    """ "At most so many such records open at a time", or so much of a field added up: 2.5 are more than 2."""
    row = {"种类": "未结", "触发": "借阅", "内容": "归还日期, 合计 册数", "至多": 2} | ONE
    loans = {"loan": [record(f"2026-11-{day}", books=books) for day, books in ((12, 2), (13, 0.5))]}
    assert lines_of(loans, **row)["status"].tolist() == ["standing"]


def test_an_event_is_answered_by_the_first_record_also_if_one_of_the_trigger_s_register_came_a_day_later():
    """ "Same subject, on the day of the trigger or later; later if of the same register": the call came first, and in time."""
    row = {"种类": "事件", "触发": "家访.跟进日期", "记录": "家访, 通话", "时限": "0天"} | ONE
    visits = [visit("2026-11-01", follow_up="2026-11-10"), visit("2026-11-11") | {"id": "a"}]
    lines = lines_of({"home_visit": visits, "call": [record("2026-11-10") | {"id": "b"}]}, **row)
    assert (lines["status"].tolist(), lines["counted"].tolist()) == (["done"], [["b"]])
