"""What is owed of a week, a fortnight or a month that the ends of the term cut (requirements 7.5; 002-1 L49, L51).

P1 its share of the whole week, fortnight or month, rounded half up: the first days of July owe no monthly call
P2 days outside the term count Monday to Friday, unless they are in a holiday
P3 holidays within the term cut nothing: a week of one day of school owes its talk
P4 a child that is not there for all of it owes its share of the whole, too
P5 no other period is cut
"""

from datetime import date

import pytest
from support.duty_cases import ONE, first_child, lines_of

LAST = date(2027, 7, 20)


def term(start, end, *holidays):
    """Return the calendar of a term with some holidays."""
    rows = [{"种类": "学期", "名称": "春", "开始": start, "结束": end}]
    return rows + [
        {"种类": "假期", "名称": f"假{first}", "开始": first, "结束": last} for first, last in holidays
    ]


def owed(calendar, on=LAST, records=None, **row):
    """Return since when something is owed and how much, in the order of the days."""
    lines = lines_of(records or {}, on, calendar=calendar, **({"记录": "谈心"} | ONE | row))
    return [
        (f"{line['since']:%m-%d}", line["need"]) for line in lines.sort_values("since").to_dict("records")
    ]


@pytest.mark.parametrize(
    ("start", "end", "least", "expected"),
    [
        pytest.param("2027-03-01", "2027-07-03", 1, ["03-01", "04-01", "05-01", "06-01"], id="1-3 July owe no monthly call"),
        pytest.param("2027-03-01", "2027-07-14", 1, ["03-01", "04-01", "05-01", "06-01"], id="ten of 22 days of July"),
        pytest.param("2027-03-01", "2027-07-15", 1, ["03-01", "04-01", "05-01", "06-01", "07-01"], id="eleven of 22 are half"),
        pytest.param("2027-02-22", "2027-06-30", 1, ["03-01", "04-01", "05-01", "06-01"], id="the last week of February"),
        pytest.param("2027-02-15", "2027-06-30", 1, ["02-15", "03-01", "04-01", "05-01", "06-01"], id="half of February"),
        pytest.param("2027-02-22", "2027-07-03", 4, ["02-22", "03-01", "04-01", "05-01", "06-01"], id="a quarter of four is one"),
    ],
)  # fmt: skip
def test_a_month_that_is_cut_owes_its_share(start, end, least, expected):
    lines = owed(term(start, end), 周期="每月", 至少=least)
    assert [day for day, _ in lines] == expected
    assert {need for day, need in lines if day.endswith("-01") and day != "02-22"} == {least}
    if least == 4:
        assert lines[0] == ("02-22", 1)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        pytest.param("2027-03-08", "2027-03-21", ["03-08", "03-15"], id="whole weeks"),
        pytest.param("2027-03-10", "2027-03-21", ["03-10", "03-15"], id="from Wednesday: three days of five"),
        pytest.param("2027-03-11", "2027-03-21", ["03-15"], id="from Thursday: two days of five"),
        pytest.param("2027-03-13", "2027-03-21", ["03-15"], id="from Saturday"),
        pytest.param("2027-03-08", "2027-03-17", ["03-08", "03-15"], id="until Wednesday"),
        pytest.param("2027-03-08", "2027-03-16", ["03-08"], id="until Tuesday"),
        pytest.param("2027-03-08", "2027-03-20", ["03-08", "03-15"], id="until Saturday"),
        pytest.param("2027-03-09", "2027-03-11", ["03-09"], id="a term within a week, three days of five"),
        pytest.param("2027-03-09", "2027-03-10", [], id="a term within a week, two days of five"),
    ],
)
def test_a_week_that_is_cut_owes_its_talk_from_half_of_it_on(start, end, expected):
    assert [day for day, _ in owed(term(start, end), 周期="每周")] == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        pytest.param("2027-03-08", "2027-03-21", [("03-08", 2)], id="whole"),
        pytest.param("2027-03-12", "2027-03-21", [("03-12", 1)], id="six days of ten: 1.2"),
        pytest.param("2027-03-10", "2027-03-21", [("03-10", 2)], id="eight days of ten: 1.6"),
        pytest.param(
            "2027-03-08", "2027-03-28", [("03-08", 2), ("03-22", 1)], id="the last is a single week"
        ),
        pytest.param("2027-03-08", "2027-03-23", [("03-08", 2)], id="the last is two days: 0.4"),
        pytest.param(
            "2027-03-08", "2027-03-24", [("03-08", 2), ("03-22", 1)], id="the last is three days: 0.6"
        ),
    ],
)
def test_a_fortnight_that_is_cut_owes_its_share(start, end, expected):
    assert owed(term(start, end), 周期="每两周", 至少=2) == expected


@pytest.mark.parametrize(
    ("holidays", "expected"),
    [
        pytest.param([], [], id="Monday to Wednesday are before the term"),
        pytest.param([("2027-03-10", "2027-03-11")], [], id="one of the three days that are no holiday"),
        pytest.param([("2027-03-09", "2027-03-11")], ["03-11"], id="one of the two"),
        pytest.param([("2027-03-08", "2027-03-11")], ["03-11"], id="the only day of school of that week"),
        pytest.param(
            [("2027-02-01", "2027-03-10")], [], id="the winter holidays are what the term is cut by"
        ),
    ],
)
def test_days_outside_the_term_that_are_holidays_do_not_count(holidays, expected):
    calendar = term("2027-03-11", "2027-03-14", *holidays)
    assert [day for day, _ in owed(calendar, 周期="每周")] == expected


def test_the_summer_holidays_as_a_row_of_the_calendar_do_not_make_three_days_of_july_a_month():
    calendar = term("2027-06-01", "2027-07-03", ("2027-07-04", "2027-08-31"))
    assert owed(calendar, 周期="每月") == [("06-01", 1)]


@pytest.mark.parametrize(
    "holiday",
    [("2027-03-08", "2027-03-11"), ("2027-03-09", "2027-03-12")],
    ids=["school on Friday only", "on Monday only"],
)
def test_holidays_in_the_term_cut_nothing(holiday):
    calendar = term("2027-03-01", "2027-03-28", holiday)
    assert [day for day, _ in owed(calendar, 周期="每周")] == ["03-01", "03-08", "03-15", "03-22"]


def test_a_cut_week_with_a_holiday_counts_the_days_of_the_whole_week_that_are_none():
    """From Wednesday, Friday is a holiday: two days of the four that are none."""
    calendar = term("2027-03-10", "2027-03-14", ("2027-03-12", "2027-03-12"))
    assert owed(calendar, 周期="每周") == [("03-10", 1)]
    calendar = term("2027-03-10", "2027-03-14", ("2027-03-11", "2027-03-12"))
    assert owed(calendar, 周期="每周") == []


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        pytest.param({"registered_on": "2027-03-10"}, ["03-10", "03-15"], id="from the first day on"),
        pytest.param({"registered_on": "2027-03-11"}, ["03-15"], id="two days of five"),
        pytest.param(
            {"status": "transferred", "status_since": "2027-03-12"}, [], id="leaves on the third day"
        ),
    ],
)
def test_a_child_owes_its_share_of_the_whole_week(answers, expected):
    calendar = term("2027-03-10", "2027-03-21")
    lines = owed(calendar, records=first_child(**answers), 周期="每周")
    assert [day for day, _ in lines] == expected


@pytest.mark.parametrize(
    "per", ["每个上学日", "每学期", "各阶段", "每学年", "每年", "每半年", "每个周末", "每个周末日"]
)
def test_no_other_period_is_cut(per):
    """A term from Thursday to Saturday: its days, its weekend and itself are whole."""
    calendar = term("2027-03-11", "2027-03-13")
    expected = {"每个上学日": 2, "各阶段": 0}.get(per, 1)
    assert len(owed(calendar, date(2027, 3, 13), 周期=per)) == expected


@pytest.mark.parametrize("per", ["每学年", "每年", "每半年", "集中期"])
def test_the_reason_does_not_call_every_day_a_day_of_school(per):
    """Was: 365 个上学日."""
    calendar = [
        *term("2026-09-01", "2027-01-16"),
        {"种类": "集中家访", "名称": "秋访", "开始": "2026-09-01", "结束": "2026-10-31"},
    ]
    late = first_child(registered_on="2026-09-20")
    whys = lines_of(late, date(2027, 1, 10), calendar=calendar, 记录="谈心", 周期=per, **ONE)["why"]
    assert len(whys)
    assert not whys.str.contains("上学日").any()
