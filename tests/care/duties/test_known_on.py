"""As of a day means as of a day: what happened or was recorded later is not known (requirements 7.5, 7.6; 002-1 L79).

K1 the days and moments in a record that lie after the day asked for are empty, those after the time of day too
K2 a record that was entered later is not there, whatever day it is about
K3 a term asks for what had happened by its end, as it is known today
"""

from datetime import date, datetime

import pytest
from support.duty_cases import ON, ONE, first_child, lines_of, people, record, statuses_of, visit

LOAN = {"种类": "办结", "触发": "借阅", "内容": "归还日期", "时限": "7天"} | ONE
BOOK = {"loan": [record("2026-10-11", returned_on="2026-10-21")]}
INCIDENT = {"种类": "办结", "触发": "突发事件.发现时间", "内容": "告知监护人时间", "时限": "30分钟"} | ONE
TALKS = {"记录": "谈心", "周期": "每学期"} | ONE
EVENING, NEXT_DAY = "2026-11-10T21:30:00.000+08:00", "2026-11-11T00:10:00.000+08:00"

# K1


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        pytest.param(date(2026, 10, 10), [], id="not lent yet"),
        pytest.param(date(2026, 10, 11), ["to_do"], id="lent that day"),
        pytest.param(date(2026, 10, 18), ["to_do"], id="the last day"),
        pytest.param(date(2026, 10, 20), ["standing"], id="the day before it is returned"),
        pytest.param(date(2026, 10, 21), ["late"], id="returned that day"),
        pytest.param(date(2026, 11, 20), ["late"], id="a month later"),
    ],
)
def test_a_book_that_is_returned_later_is_not_returned_yet(on, expected):
    assert statuses_of(lines_of(BOOK, on, **LOAN)) == expected


@pytest.mark.parametrize(("on", "have"), [(date(2026, 10, 20), 2), (date(2026, 10, 21), 1)])
def test_a_book_counts_among_those_out_until_it_is_returned(on, have):
    row = {"种类": "未结", "触发": "借阅", "内容": "归还日期", "至多": 1} | ONE
    books = {"loan": [*BOOK["loan"], record("2026-10-12", returned_on=None)]}
    assert lines_of(books, on, **row)["have"].tolist() == [have]


@pytest.mark.parametrize(
    ("content", "answers"),
    [
        pytest.param("答复日期", {"answered_on": "2026-11-21"}, id="a field"),
        pytest.param("答复日期 != 空", {"answered_on": "2026-11-21"}, id="a condition"),
        pytest.param(
            "answer, 答复日期", {"answer": "好", "answered_on": "2026-11-21"}, id="one of two fields"
        ),
    ],
)
def test_what_a_record_says_of_tomorrow_is_not_known_today(content, answers):
    row = {"种类": "办结", "触发": "反馈表", "内容": content, "时限": "30天"} | ONE
    registers = {"feedback": [record("2026-11-01") | answers]}
    assert statuses_of(lines_of(registers, ON, **row)) == ["to_do"]
    assert statuses_of(lines_of(registers, date(2026, 11, 21), **row)) == ["done"]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(datetime(2026, 10, 12, 14, 20), "to_do", id="before"),
        pytest.param(datetime(2026, 10, 12, 14, 25), "done", id="at that minute"),
        pytest.param(None, "done", id="some time that day"),
    ],
)
def test_what_happens_later_on_the_day_is_not_known_at_a_time_of_day(now, expected):
    incidents = {
        "incident": [
            record("2026-10-12", found_at="2026-10-12T14:00", guardian_told_at="2026-10-12T14:25:00+08:00")
        ]
    }
    assert statuses_of(lines_of(incidents, date(2026, 10, 12), now=now, **INCIDENT)) == [expected]


def test_a_promise_for_a_later_day_is_known():
    row = {"种类": "事件", "触发": "家访.跟进日期", "记录": "家访", "时限": "0天"} | ONE
    lines = lines_of({"home_visit": [visit("2026-11-01", follow_up="2026-12-01")]}, **row)
    assert statuses_of(lines) == ["to_do"]


def test_a_record_of_a_later_day_is_not_known():
    assert lines_of({"talk": [record("2026-11-21")]}, **TALKS)["have"].tolist() == [0]
    assert lines_of(
        {"observation": [record("2026-11-21")]}, **ONE, 种类="事件", 触发="观察", 记录="家访"
    ).empty


# K2


@pytest.mark.parametrize(
    ("on", "have"),
    [
        pytest.param(date(2026, 11, 9), 0, id="the talk was held, nobody had entered it"),
        pytest.param(date(2026, 11, 10), 1, id="that day"),
        pytest.param(date(2026, 11, 11), 2, id="entered after midnight"),
    ],
)
def test_a_record_is_known_from_the_day_on_which_it_was_entered(on, have):
    talks = [
        record("2026-11-02", created_at=EVENING),
        record("2026-11-03", created_at=NEXT_DAY),
    ]
    assert lines_of({"talk": talks}, on, **TALKS)["have"].tolist() == [have]


@pytest.mark.parametrize("created_at", [None, "", "2026-11-02T08:00"])
def test_a_record_without_that_moment_is_known(created_at):
    talks = [record("2026-11-02", created_at=created_at), record("2026-11-03")]
    assert lines_of({"talk": talks}, **TALKS)["have"].tolist() == [2]


@pytest.mark.parametrize(
    ("row", "register", "rows", "before", "after"),
    [
        pytest.param(LOAN, "loan", [record("2026-11-01", returned_on=None)], [], ["standing"], id="a book"),
        pytest.param({"种类": "事件", "触发": "观察", "记录": "家访", "时限": "7天"} | ONE, "observation", [record("2026-11-01")], [], ["standing"], id="an observation"),
        pytest.param({"种类": "帮扶人"} | ONE, "pairing", people()["pairing"], ["standing"], ["done"], id="a pairing"),
        pytest.param({"种类": "档案", "内容": "现居住地"} | ONE, "child", first_child()["child"], [], ["done"], id="a dossier"),
    ],
)  # fmt: skip
def test_so_it_is_of_every_register(row, register, rows, before, after):
    registers = {register: [entry | {"created_at": NEXT_DAY} for entry in rows]}
    assert statuses_of(lines_of(registers, date(2026, 11, 10), **row)) == before
    assert statuses_of(lines_of(registers, date(2026, 11, 11), **row)) == after


def test_a_decision_is_known_from_the_day_on_which_it_was_entered():
    decision = {
        "id": "d1", "kind": "excuse", "duty": "职", "subject_kind": "child", "child": "x1", "subject": None, "role": None,
        "since": "2026-09-01", "until": None, "date": "2026-11-02", "by": "s3", "created_at": NEXT_DAY,
    }  # fmt: skip
    for on, expected in ((date(2026, 11, 10), "to_do"), (date(2026, 11, 11), "excused")):
        assert statuses_of(lines_of({"deferral": [decision]}, on, **TALKS)) == [expected]


# K3


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param(None, "missed", id="as it was known that day"),
        pytest.param(date(2027, 1, 17), "missed", id="the day after"),
        pytest.param(date(2027, 1, 20), "done", id="when it had been entered"),
    ],
)
def test_a_term_may_be_asked_for_with_what_is_known_today(known, expected):
    talks = {"talk": [record("2027-01-15", created_at="2027-01-20T09:00:00.000+08:00")]}
    lines = lines_of(talks, date(2027, 1, 17), known=known, **TALKS)
    assert statuses_of(lines) == [expected]


def test_what_happened_after_the_day_stays_unknown_then_too():
    registers = BOOK | {"talk": [record("2026-10-21")]}
    known = date(2027, 1, 20)
    assert statuses_of(lines_of(registers, date(2026, 10, 20), known=known, **LOAN)) == ["standing"]
    assert lines_of(registers, date(2026, 10, 20), known=known, **TALKS)["have"].tolist() == [0]
