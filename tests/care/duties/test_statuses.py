"""What a line is: to do, standing, missed, late, done (requirements 7.2, 7.5; 002-1 L49, L79, 002-3 L217, 002-5b L299, 001-2a L63).

S1 made good after its day or its minute is late, however much later; in the days of grace it is in time
S2 what cannot be made good (a week, a fortnight, a month, a term that is over) is missed and no longer in the list
S3 what can still be made good stands over, from one term into the next
S4 a row may say otherwise (过期后)
S5 an event without a limit has the school's default limit
S6 no open line about a child who has left, unless the record itself is open
"""

from datetime import date, datetime

import pandas as pd
import pytest
from support.duty_cases import CALENDAR, ON, ONE, first_child, lines_of, record, statuses_of, summed_up, visit

from guanai.care.duties.due import OPEN_STATUSES, STATUSES

INCIDENT = {"种类": "办结", "触发": "突发事件.发现时间"}
LOAN = {"种类": "办结", "触发": "借阅", "内容": "归还日期", "时限": "7天"} | ONE
OBSERVED = {"种类": "事件", "触发": "观察", "记录": "家访", "时限": "7天"} | ONE
FOLLOW_UP = {"种类": "事件", "触发": "家访.跟进日期", "记录": "家访", "时限": "0天"} | ONE
AWARDS = {"对象": "学校", "记录": "表彰", "周期": "每年", "时限": "6月1日"}
GAP = {"种类": "间隔", "记录": "通话", "时限": "14天"} | ONE
WEEKLY = {"记录": "谈心", "周期": "每周"} | ONE


def incident(**answers):
    return {
        "incident": [record("2026-10-12", kind="missing", found_at="2026-10-12T14:00:00.000+08:00") | answers]
    }


def test_the_statuses_and_their_order():
    assert STATUSES == ("standing", "to_do", "postponed", "excused", "missed", "late", "done")
    assert OPEN_STATUSES == ("standing", "to_do", "postponed")


# S1


@pytest.mark.parametrize(
    ("row", "records", "expected"),
    [
        pytest.param(INCIDENT | {"内容": "告知监护人时间", "时限": "30分钟"}, incident(guardian_told_at="2026-10-12T14:30"), "done", id="002-3 L217: guardian after 30 minutes"),
        pytest.param(INCIDENT | {"内容": "告知监护人时间", "时限": "30分钟"}, incident(guardian_told_at="2026-10-12T14:31:00+08:00"), "late", id="002-3 L217: guardian after 31 minutes"),
        pytest.param(INCIDENT | {"内容": "告知监护人时间", "时限": "30分钟"}, incident(guardian_told_at="2026-10-13T14:00"), "late", id="002-3 L217: guardian after a day"),
        pytest.param(INCIDENT | {"内容": "告知家长时间", "时限": "1小时"}, incident(parents_told_at="2026-10-12T15:01"), "late", id="002-5b L299: parents after 61 minutes"),
        pytest.param(INCIDENT | {"内容": "报告教育部门时间", "时限": "2小时"}, incident(education_told_at="2026-10-12T15:59"), "done", id="002-3 L217: education office within two hours"),
        pytest.param(INCIDENT | {"内容": "报警时间", "时限": "立即"}, incident(police_told_at="2026-10-12T15:40"), "late", id="police after 100 minutes"),
        pytest.param(INCIDENT | {"内容": "报警时间", "时限": "立即"}, incident(police_told_at="2026-10-12T14:00"), "done", id="police at once"),
        pytest.param(INCIDENT | {"内容": "告知监护人时间, 告知家长时间", "时限": "1小时"}, incident(guardian_told_at="2026-10-12T14:10", parents_told_at="2026-10-12T15:10"), "late", id="two to be told, the second too late"),
        pytest.param(INCIDENT | {"内容": "告知监护人时间", "时限": "1天"}, incident(guardian_told_at="2026-10-13T23:59"), "done", id="a limit in days: the whole last day"),
        pytest.param(LOAN, {"loan": [record("2026-10-11", returned_on="2026-10-18")]}, "done", id="002-1 L79: a book on the seventh day"),
        pytest.param(LOAN, {"loan": [record("2026-10-11", returned_on="2026-10-19")]}, "late", id="002-1 L79: a book on the eighth day"),
        pytest.param(LOAN | {"宽限天数": 3}, {"loan": [record("2026-10-11", returned_on="2026-10-21")]}, "done", id="a book in the days of grace"),
        pytest.param(LOAN | {"宽限天数": 3}, {"loan": [record("2026-10-11", returned_on="2026-10-22")]}, "late", id="a book after the days of grace"),
        pytest.param(LOAN | {"内容": "归还日期 != 空"}, {"loan": [record("2026-10-11", returned_on="2026-10-21")]}, "late", id="a condition on a day says when it is met"),
        pytest.param({"种类": "办结", "触发": "借阅", "内容": "备注 = 还清", "时限": "7天"} | ONE, {"loan": [record("2026-10-11", returned_on="2026-10-21", 备注="还清")]}, "done", id="of a word nobody knows when it was written"),
        pytest.param({"种类": "办结", "触发": "反馈表", "内容": "答复日期", "时限": "10天"} | ONE, {"feedback": [record("2026-10-11", answered_on="2026-10-22")]}, "late", id="004: feedback answered after eleven days"),
        pytest.param(OBSERVED, {"observation": [record("2026-11-01")], "home_visit": [visit("2026-11-08")]}, "done", id="000-8 L138: visited within a week"),
        pytest.param(OBSERVED, {"observation": [record("2026-11-01")], "home_visit": [visit("2026-11-09")]}, "late", id="000-8 L138: visited after eight days"),
        pytest.param(OBSERVED | {"至少": 2}, {"observation": [record("2026-11-01")], "home_visit": [visit("2026-11-08"), visit("2026-11-09")]}, "late", id="the second of two visits came too late"),
        pytest.param(FOLLOW_UP, {"home_visit": [visit("2026-11-01", follow_up="2026-11-10"), visit("2026-11-10")]}, "done", id="W4: followed up on the promised day"),
        pytest.param(FOLLOW_UP, {"home_visit": [visit("2026-11-01", follow_up="2026-11-10"), visit("2026-11-11")]}, "late", id="W4: followed up a day after"),
        pytest.param({"记录": "家访", "周期": "每学期", "时限": "30天"} | ONE, {"home_visit": [visit("2026-10-01")]}, "done", id="within thirty days of the term"),
        pytest.param({"记录": "家访", "周期": "每学期", "时限": "30天"} | ONE, {"home_visit": [visit("2026-10-02")]}, "late", id="after thirty days of the term"),
        pytest.param({"记录": "家访", "周期": "每学期", "时限": "30天", "宽限天数": 1} | ONE, {"home_visit": [visit("2026-10-02")]}, "done", id="on its day of grace"),
        pytest.param({"记录": "家访", "周期": "每学期", "时限": "30天", "至少": 2} | ONE, {"home_visit": [visit("2026-09-02"), visit("2026-10-02")]}, "late", id="the second of two too late"),
        pytest.param({"种类": "课时", "对象": "班级", "记录": "健康课", "内容": "课时数", "至少": 18, "周期": "每学期", "时限": "11月1日"}, {"lesson": [{"id": f"l{day}", "date": day, "class": "三1班", "hours": 9} for day in ("2026-10-01", "2026-11-02")]}, "late", id="002-1 L105: the last of the hours too late"),
        pytest.param(WEEKLY | {"周期": "每月"}, {"talk": [record("2026-11-20")]}, "done", id="without a limit the whole period is in time"),
    ],
)  # fmt: skip
def test_made_good_after_its_limit_is_late(row, records, expected):
    assert statuses_of(lines_of(records, date(2026, 11, 30), **row))[-1] == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2026-06-01", "done"), ("2026-06-03", "late"), ("2026-12-31", "late"), ("2027-01-02", "missed")],
)
def test_the_awards_of_the_first_of_june_on_the_third_are_late(day, expected):
    """001-2a L63; what comes after the year is of the next year."""
    lines = lines_of({"award": [{"id": "a1", "date": day}]}, date(2027, 1, 10), **AWARDS)
    assert lines.set_index("period")["status"]["2026年"] == expected


def test_an_interval_that_was_too_long_is_late_and_the_next_counts_from_it():
    calls = {"call": [record("2026-09-15"), record("2026-10-02"), record("2026-11-10")]}
    assert summed_up(lines_of(calls, **GAP)) == [
        ("童一", "to_do", "11-24", 1, 0),
        ("童一", "late", "09-29", 1, 1),
        ("童一", "late", "10-16", 1, 1),
        ("童一", "done", "09-15", 1, 1),
    ]


def test_a_line_says_when_it_was_met():
    registers = incident(guardian_told_at="2026-10-12T14:40")
    line = lines_of(registers, **INCIDENT, 内容="告知监护人时间", 时限="30分钟").iloc[0]
    assert line["met_at"] == pd.Timestamp("2026-10-12 14:40")
    talks = {"talk": [record("2026-11-03"), record("2026-11-05"), record("2026-11-06")]}
    assert lines_of(talks, 记录="谈心", 周期="每学期", 至少=2, **ONE).iloc[0]["met_at"] == pd.Timestamp(
        "2026-11-05"
    )
    assert pd.isna(lines_of({"talk": []}, 记录="谈心", 周期="每学期", **ONE).iloc[0]["met_at"])


# S2


@pytest.mark.parametrize(
    ("row", "open_lines", "missed"),
    [
        pytest.param({"周期": "每周"}, [("童一", "to_do", "11-22", 1, 0)], 11, id="002-1 L49: nobody can hold September's talk"),
        pytest.param({"周期": "每两周"}, [("童一", "to_do", "11-22", 1, 0)], 5, id="a fortnight"),
        pytest.param({"周期": "每月"}, [("童一", "to_do", "11-30", 1, 0)], 2, id="002-3 L211: a month"),
        pytest.param({"周期": "每个上学日"}, [("童一", "to_do", "11-20", 1, 0)], 58, id="000-12 L193: a day"),
        pytest.param({"周期": "每个周末"}, [], 11, id="000-7 L128: a weekend, the next of which has not begun"),
        pytest.param({"周期": "每学期"}, [("童一", "to_do", "01-16", 1, 0)], 0, id="the term runs"),
        pytest.param({"周期": "每学年"}, [("童一", "to_do", "07-31", 1, 0)], 0, id="the school year runs"),
        pytest.param({"周期": "每周", "宽限天数": 5}, [("童一", "to_do", "11-20", 1, 0), ("童一", "to_do", "11-27", 1, 0)], 10, id="in the days of grace"),
    ],
)  # fmt: skip
def test_a_period_that_is_over_is_missed_and_no_longer_in_the_list(row, open_lines, missed):
    row = {"记录": "谈心"} | ONE | row
    assert summed_up(lines_of({}, done=False, **row)) == open_lines
    assert statuses_of(lines_of({}, **row)).count("missed") == missed


@pytest.mark.parametrize(
    ("row", "on", "expected"),
    [
        pytest.param(WEEKLY | {"周期": "每学期"}, date(2027, 1, 16), "to_do", id="a term on its last day"),
        pytest.param(WEEKLY | {"周期": "每学期"}, date(2027, 1, 17), "missed", id="a term that is over"),
        pytest.param(WEEKLY | {"周期": "每学期", "宽限天数": 2}, date(2027, 1, 18), "to_do", id="a term in its days of grace"),
        pytest.param(WEEKLY | {"周期": "每学期", "时限": "30天"}, date(2026, 10, 1), "to_do", id="a term on the day of its limit"),
        pytest.param(WEEKLY | {"周期": "每学期", "时限": "30天"}, date(2026, 10, 2), "standing", id="between the limit and the term's end"),
        pytest.param(WEEKLY | {"周期": "每学期", "时限": "30天"}, date(2027, 1, 17), "missed", id="over with its limit"),
        pytest.param(WEEKLY | {"周期": "每半年"}, date(2026, 12, 31), "to_do", id="001-2b L77: half a year on its last day"),
        pytest.param(WEEKLY | {"周期": "每学年"}, date(2027, 8, 1), "missed", id="a school year that is over"),
        pytest.param(AWARDS, date(2026, 9, 2), "standing", id="001-2a L63: June has passed, the year has not"),
        pytest.param(GAP, date(2026, 9, 15), "to_do", id="an interval on its last day"),
        pytest.param(GAP, date(2026, 9, 16), "standing", id="an interval that is too long"),
        pytest.param(GAP, date(2027, 1, 17), "missed", id="an interval when the term is over"),
        pytest.param({"种类": "比例", "记录": "家访", "目标": "80%"}, date(2027, 1, 16), "to_do", id="a share until the term's end"),
        pytest.param({"种类": "比例", "记录": "家访", "目标": "80%"}, date(2027, 1, 17), "missed", id="a share when it is over"),
    ],
)  # fmt: skip
def test_until_when_something_can_be_made_good(row, on, expected):
    assert lines_of({}, on, **row).sort_values("since")["status"].iloc[0] == expected


# S3


SPRING = {"种类": "学期", "名称": "春", "开始": "2027-02-22", "结束": "2027-07-04"}


@pytest.mark.parametrize(
    ("row", "records"),
    [
        pytest.param(OBSERVED, {"observation": [record("2026-11-01")]}, id="a visit that is owed"),
        pytest.param(FOLLOW_UP, {"home_visit": [visit("2026-11-01", follow_up="2026-11-10")]}, id="a follow-up"),
        pytest.param(LOAN, {"loan": [record("2026-11-01", returned_on=None)]}, id="a book"),
        pytest.param({"种类": "办结", "触发": "问题台账", "内容": "了结日期"} | ONE, {"issue": [record("2026-11-01", closed_on=None)]}, id="an issue"),
        pytest.param({"种类": "未结", "触发": "借阅", "内容": "归还日期", "至多": 1} | ONE, {"loan": [record("2026-11-01", returned_on=None), record("2026-11-02", returned_on=None)]}, id="too many books"),
        pytest.param({"种类": "帮扶人"} | ONE, {"pairing": []}, id="a helper"),
        pytest.param({"种类": "名额", "对象": "帮扶教师", "至少": 6}, {}, id="a quota"),
        pytest.param({"种类": "档案", "内容": "母亲电话"} | ONE, {}, id="a dossier"),
    ],
)  # fmt: skip
def test_a_new_term_is_no_amnesty_for_what_can_still_be_made_good(row, records):
    for on in (date(2026, 12, 1), date(2027, 1, 30), date(2027, 3, 1)):
        lines = lines_of(records, on, done=False, calendar=[*CALENDAR, SPRING], **row)
        assert statuses_of(lines) == ["standing"], on


# S4


@pytest.mark.parametrize(
    ("row", "records", "expected"),
    [
        pytest.param(OBSERVED | {"过期后": "错过"}, {"observation": [record("2026-11-01")]}, "missed", id="an event"),
        pytest.param(OBSERVED | {"过期后": "错过"}, {"observation": [record("2026-11-15")]}, "to_do", id="an event within its limit"),
        pytest.param(LOAN | {"过期后": "错过"}, {"loan": [record("2026-11-01", returned_on=None)]}, "missed", id="a state"),
        pytest.param({"种类": "档案", "内容": "母亲电话", "过期后": "错过"} | ONE, {}, "missed", id="a dossier"),
        pytest.param(GAP | {"过期后": "错过"}, {}, "missed", id="an interval"),
        pytest.param({"种类": "比例", "记录": "家访", "目标": "80%", "过期后": "错过"}, {}, "to_do", id="a share"),
        pytest.param({"记录": "家访", "周期": "每学期", "时限": "30天", "过期后": "错过"} | ONE, {}, "missed", id="a count with a limit"),
    ],
)  # fmt: skip
def test_a_row_may_say_that_its_time_is_over_when_it_has_passed(row, records, expected):
    assert statuses_of(lines_of(records, **row)) == [expected]


@pytest.mark.parametrize(
    ("talks", "expected"),
    [
        pytest.param([], ["standing", "standing", "to_do"], id="nothing yet"),
        pytest.param(["11-03"], ["standing", "standing", "done"], id="November's own"),
        pytest.param(["11-03", "11-04"], ["late", "standing", "done"], id="a second one goes to September"),
        pytest.param(["11-03", "11-04", "11-05"], ["late", "late", "done"], id="a third one to October"),
        pytest.param(["10-08", "10-09"], ["late", "done", "to_do"], id="October makes September good"),
        pytest.param(
            ["09-02", "09-03", "11-04"], ["done", "standing", "done"], id="nothing is done in advance"
        ),
    ],
)
def test_a_period_that_stays_open_is_made_good_by_later_records(talks, expected):
    row = {"记录": "谈心", "周期": "每月", "过期后": "仍办"} | ONE
    lines = lines_of({"talk": [record(f"2026-{day}") for day in talks]}, **row).sort_values("since")
    assert statuses_of(lines) == expected
    over = lines_of({"talk": [record(f"2026-{day}") for day in talks]}, date(2027, 1, 17), **row)
    assert "standing" not in statuses_of(over)  # it stays open to the end of the term


# S5


ISSUE = {"种类": "办结", "触发": "问题台账", "内容": "了结日期"} | ONE
PLAN = {"种类": "事件", "触发": "谈心", "记录": "个别方案"} | ONE


@pytest.mark.parametrize(
    ("profile", "on", "expected"),
    [
        pytest.param([], date(2026, 11, 16), ("to_do", "11-16"), id="fourteen days"),
        pytest.param([], date(2026, 11, 17), ("standing", "11-16"), id="the day after"),
        pytest.param(
            [{"项目": "默认时限", "值": "30天"}],
            date(2026, 11, 17),
            ("to_do", "12-02"),
            id="the school's own",
        ),
        pytest.param(
            [{"项目": "默认时限", "值": "5天"}], date(2026, 11, 17), ("standing", "11-07"), id="a shorter one"
        ),
    ],
)
@pytest.mark.parametrize(
    ("row", "records"),
    [
        pytest.param(ISSUE, {"issue": [record("2026-11-02", closed_on=None)]}, id="004: an issue"),
        pytest.param(PLAN, {"talk": [record("2026-11-02")]}, id="002-3 L211: an individual plan"),
    ],
)
def test_what_has_no_limit_has_that_of_the_school(row, records, profile, on, expected):
    line = lines_of(records, on, profile=profile, **row).iloc[0]
    assert (line["status"], f"{line['due']:%m-%d}") == expected


def test_the_default_limit_is_no_limit_of_anything_else():
    profile = [{"项目": "默认时限", "值": "5天"}]
    assert lines_of({}, profile=profile, 记录="家访", 周期="每学期", **ONE)["due"].tolist() == [
        pd.Timestamp("2027-01-16")
    ]


# S6


LEFT = first_child(status="transferred", status_since="2026-11-12")  # on a Thursday


@pytest.mark.parametrize(
    ("row", "records", "expected"),
    [
        pytest.param(WEEKLY, {}, ["missed"] * 11, id="weeks"),
        pytest.param({"记录": "家访", "周期": "每学期"} | ONE, {}, ["missed"], id="a term of which more than half has passed"),
        pytest.param({"记录": "家访", "周期": "每学期", "时限": "30天"} | ONE, {}, ["missed"], id="a term's limit that has passed"),
        pytest.param(OBSERVED, {"observation": [record("2026-11-01")]}, ["missed"], id="an event"),
        pytest.param(OBSERVED, {"observation": [record("2026-11-08")]}, [], id="an event that was not due yet"),
        pytest.param(GAP, {"call": [record("2026-10-20")]}, ["missed", "late"], id="an interval"),
        pytest.param({"种类": "帮扶人"} | ONE, {"pairing": []}, [], id="a helper"),
        pytest.param({"种类": "档案", "内容": "母亲电话"} | ONE, {}, [], id="a dossier"),
        pytest.param({"记录": "谈心", "周期": "经常"} | ONE, {"talk": [record("2026-10-01")]}, [], id="经常 of who is not there"),
        pytest.param(LOAN, {"loan": [record("2026-11-01", returned_on=None)]}, ["standing"], id="a book is still to be returned"),
        pytest.param(ISSUE, {"issue": [record("2026-10-01", closed_on=None)]}, ["standing"], id="an issue is still to be closed"),
        pytest.param({"种类": "未结", "触发": "借阅", "内容": "归还日期", "至多": 1} | ONE, {"loan": [record("2026-11-01", returned_on=None), record("2026-11-02", returned_on=None)]}, ["standing"], id="too many books"),
    ],
)  # fmt: skip
def test_no_open_line_about_a_child_who_has_left_unless_the_record_is_open(row, records, expected):
    assert statuses_of(lines_of(LEFT | records, **row)) == expected
    open_lines = lines_of(LEFT | records, done=False, **row)
    assert statuses_of(open_lines) == [status for status in expected if status in OPEN_STATUSES]


@pytest.mark.parametrize("grace", [0, 3, 30])
def test_the_days_of_grace_of_a_child_who_has_left_open_nothing(grace):
    lines = lines_of(LEFT, date(2026, 11, 13), done=False, **WEEKLY | {"宽限天数": grace})
    assert lines.empty


def test_what_is_owed_by_others_than_children_has_nobody_who_leaves():
    lines = lines_of(LEFT, 对象="班级", 记录="活动", 周期="每月")
    assert statuses_of(lines) == ["to_do", "missed", "missed"]


# Minutes


@pytest.mark.parametrize(
    ("minute", "expected"), [(0, "to_do"), (30, "to_do"), (31, "standing"), (59, "standing")]
)
def test_a_limit_in_minutes_is_asked_by_the_clock(minute, expected):
    row = INCIDENT | {"内容": "告知监护人时间", "时限": "30分钟"}
    lines = lines_of(incident(), date(2026, 10, 12), now=datetime(2026, 10, 12, 14, minute), **row)
    assert statuses_of(lines) == [expected]


def test_what_protects_a_child_says_so():
    """The weight of a row: by its limit and kind where the coordinator has written none."""
    weights = {
        "protect": INCIDENT | {"内容": "告知监护人时间", "时限": "30分钟"},
        "ordinary": INCIDENT | {"内容": "告知监护人时间", "时限": "1天"},
        "harm": INCIDENT | {"内容": "告知监护人时间", "时限": "30分钟", "轻重": "伤害"},
    }
    for weight, row in weights.items():
        assert lines_of(incident(), ON, **row)["weight"].tolist() == [weight]
    assert lines_of({}, **ONE, 种类="帮扶人")["weight"].tolist() == ["important"]
    assert lines_of({}, **ONE, 种类="帮扶人", 轻重="较轻")["weight"].tolist() == ["minor"]
