"""Phases, fortnights, years, windows: the periods in which something is owed (requirements 2A, 7.5), and how far a limit reaches in them."""

import itertools
from datetime import date

import pytest

from guanai.care.calendar.periods import PERIODS, counting_days, periods, whole_days
from guanai.care.calendar.school_calendar import Calendar, Holiday, Phase, Term, Window, days_between
from guanai.care.duties.day_frames import due_day
from guanai.care.policy.duty import Limit

AUTUMN = Term("秋", date(2027, 9, 1), date(2028, 1, 15))  # over new year
SPRING = Term("春", date(2028, 2, 14), date(2028, 7, 5))  # with a 29 February
NATIONAL = Holiday("国庆节", date(2027, 10, 1), date(2027, 10, 7))
LABOUR = Holiday("劳动节", date(2028, 5, 1), date(2028, 5, 5))
WINTER = Window("寒假家访", date(2028, 1, 16), date(2028, 2, 13))
CALENDAR = Calendar((AUTUMN, SPRING), (NATIONAL, LABOUR), windows=(WINTER,))


def spans(per, term=AUTUMN, calendar=CALENDAR):
    return [(span.start, span.end) for span in periods(calendar, term, per)]


@pytest.mark.parametrize("per", PERIODS)
@pytest.mark.parametrize("term", [AUTUMN, SPRING])
def test_periods_are_in_order_and_do_not_overlap(per, term):
    shown = spans(per, term)
    assert shown == sorted(shown) and all(start <= end for start, end in shown)
    assert all(before[1] < after[0] for before, after in itertools.pairwise(shown))
    assert shown


def test_the_opening_and_the_closing_phase_are_the_first_and_the_last_four_weeks():
    """期初 of a term from Wednesday 1 September ends on Sunday of the fourth week, not in October."""
    shown = spans("phase")
    assert shown == [
        (AUTUMN.start, date(2027, 9, 26)),
        (date(2027, 9, 27), date(2027, 12, 19)),
        (date(2027, 12, 20), AUTUMN.end),
    ]
    weeks = periods(CALENDAR, AUTUMN, "week")
    assert shown[0][1] == weeks[3].end and shown[2][0] == weeks[-4].start
    assert [spans(phase)[0] for phase in ("opening", "middle", "closing")] == shown


@pytest.mark.parametrize(
    ("last", "opening_ends"),
    [
        pytest.param(date(2027, 11, 15), date(2027, 9, 26), id="a Monday of the twelfth week"),
        pytest.param(date(2027, 11, 14), date(2027, 9, 24), id="eleven weeks: a third of the days of school"),
    ],
)
def test_a_term_under_twelve_weeks_has_thirds(last, opening_ends):
    term = Term("短", date(2027, 8, 30), last)
    shown = spans("phase", term, Calendar((term,)))
    assert abs((shown[0][1] - opening_ends).days) <= 2  # the weekend belongs to one or the other
    school = [sum(day.weekday() < 5 for day in days_between(start, end)) for start, end in shown]
    assert (max(school) - min(school) <= 1) is (last.weekday() == 6)


def test_a_term_of_two_days_has_no_phases():
    term = Term("短", date(2027, 8, 30), date(2027, 8, 31))
    assert spans("phase", term, Calendar((term,))) == []


@pytest.mark.parametrize(
    ("per", "term", "place", "whole"),
    [
        pytest.param("week", AUTUMN, 0, 5, id="a first week of three days is part of five"),
        pytest.param("week", AUTUMN, 1, 5, id="a whole week"),
        pytest.param("week", AUTUMN, 4, 4, id="a week cut by a holiday only has its own days"),
        pytest.param("week", SPRING, -1, 5, id="a last week of three days"),
        pytest.param("month", SPRING, -1, 21, id="1 to 5 July is part of July"),
        pytest.param("month", AUTUMN, 0, 22, id="September begins with the term"),
        pytest.param("month", SPRING, 0, 21, id="a February from the fourteenth on"),
        pytest.param("fortnight", SPRING, -1, 10, id="a last fortnight of one week"),
        pytest.param("weekend", AUTUMN, -1, 1, id="a Saturday before the holidays is its own weekend"),
        pytest.param("weekend_day", AUTUMN, -1, 1, id="a weekend day is one day"),
        pytest.param("term", AUTUMN, 0, 93, id="a term is whole"),
        pytest.param("year", AUTUMN, 0, 365, id="a year counts every day"),
        pytest.param("holiday", AUTUMN, 0, 7, id="a holiday counts every day"),
    ],
)
def test_of_how_many_days_a_period_would_be_without_the_ends_of_the_term(per, term, place, whole):
    assert whole_days(CALENDAR, term, per, periods(CALENDAR, term, per)[place]) == whole


@pytest.mark.parametrize(
    ("first", "days", "owed"),
    [(date(2027, 9, 3), 1, 0), (date(2027, 9, 2), 2, 0), (date(2027, 9, 1), 3, 1), (date(2027, 8, 30), 5, 1)],
)
def test_a_first_week_of_two_days_owes_no_weekly_talk_and_one_of_three_does(first, days, owed):
    """A share of half a week or more is a whole talk, rounded half up."""
    term = Term("秋", first, AUTUMN.end)
    week = periods(CALENDAR, term, "week")[0]
    whole = whole_days(CALENDAR, term, "week", week)
    assert (len(counting_days(CALENDAR, "week", [week])), whole) == (days, 5)
    assert (2 * days + whole) // (2 * whole) == owed


def test_the_summer_holidays_written_down_as_a_holiday_do_not_make_three_days_of_july_a_whole_month():
    summer = Holiday("暑假", date(2028, 7, 6), date(2028, 8, 31))
    calendar = Calendar((AUTUMN, SPRING), (NATIONAL, summer))
    july = periods(calendar, SPRING, "month")[-1]
    assert whole_days(calendar, SPRING, "month", july) == 21
    public = Calendar((AUTUMN, SPRING), public_holidays=frozenset({date(2028, 7, 31)}))
    assert whole_days(public, SPRING, "month", july) == 20


def test_a_holiday_that_reaches_out_of_the_term_takes_its_days_away():
    """国庆节 of a term that ends on 4 October: what is left of October after the 7th is the whole."""
    term = Term("秋", date(2027, 9, 1), date(2027, 10, 4))
    calendar = Calendar((term,), (NATIONAL,), make_up_days=frozenset({date(2027, 10, 2)}))
    october = periods(calendar, term, "month")[-1]
    assert whole_days(calendar, term, "month", october) == 1 + 16  # 2 October, then the 8th to the 29th


@pytest.mark.parametrize(
    "kinds", [("opening",), ("closing",), ("opening", "closing"), ("opening", "middle", "closing")]
)
def test_the_schools_own_phases_take_nothing_away_from_the_others(kinds):
    """Whoever writes down the days of 期初 still owes what is due in 期中 and 期末."""
    own = {
        "opening": (date(2027, 9, 1), date(2027, 9, 14)),
        "middle": (date(2027, 10, 25), date(2027, 11, 12)),
        "closing": (date(2028, 1, 3), date(2028, 1, 15)),
    }
    calendar = Calendar(
        (AUTUMN, SPRING), (NATIONAL,), phases=tuple(Phase(kind, *own[kind]) for kind in kinds)
    )
    thirds = {kind: spans(kind)[0] for kind in own}
    assert spans("phase", calendar=calendar) == [own[kind] if kind in kinds else thirds[kind] for kind in own]
    assert len(spans("phase", SPRING, calendar)) == 3  # another term has its thirds


def test_a_phase_that_is_not_set_gives_way_to_those_that_are():
    """No day is in two phases, and one that nothing is left of is none."""
    long = Phase("opening", date(2027, 9, 1), date(2027, 10, 31))
    shown = spans("phase", calendar=Calendar((AUTUMN,), (NATIONAL,), phases=(long,)))
    assert shown[:2] == [long[1:], (date(2027, 11, 1), spans("middle")[0][1])]
    most = Phase("opening", date(2027, 9, 1), spans("middle")[0][1])
    assert len(spans("phase", calendar=Calendar((AUTUMN,), (NATIONAL,), phases=(most,)))) == 2


def test_fortnights_are_weeks_by_twos_and_one_without_school_is_left_out():
    shown = spans("fortnight")
    assert shown[0] == (date(2027, 9, 1), date(2027, 9, 12))
    assert shown[1] == (date(2027, 9, 13), date(2027, 9, 26))
    long = Calendar((AUTUMN,), (Holiday("停课", date(2027, 9, 13), date(2027, 9, 26)),))
    names = [span.name for span in periods(long, AUTUMN, "fortnight")]
    assert names[:2] == ["第1–2周", "第5–6周"]


def test_a_school_year_lasts_from_its_first_term_to_its_last():
    assert spans("school_year") == spans("school_year", SPRING) == [(AUTUMN.start, SPRING.end)]
    alone = Calendar((AUTUMN,))
    assert spans("school_year", calendar=alone) == [(AUTUMN.start, date(2028, 7, 31))]


def test_calendar_years_of_a_term_over_new_year():
    assert [start.year for start, _ in spans("year")] == [2027, 2028]
    assert [start.year for start, _ in spans("year", SPRING)] == [2028]


def test_halves_of_the_calendar_years_of_a_term():
    assert spans("half_year") == [
        (date(2027, 7, 1), date(2027, 12, 31)),
        (date(2028, 1, 1), date(2028, 6, 30)),
        (date(2028, 7, 1), date(2028, 12, 31)),
    ]
    assert spans("half_year", SPRING) == spans("half_year")[1:]
    names = [span.name for span in periods(CALENDAR, SPRING, "half_year")]
    assert names == ["2028年上半年", "2028年下半年"]


def test_a_weekend_in_a_holiday_is_left_out_and_keeps_its_number():
    """国庆节 takes the weekend of 2 October; that of 8 January needs no day of school to count."""
    shown = periods(CALENDAR, AUTUMN, "weekend")
    assert shown[0] == ("第1周周末", date(2027, 9, 4), date(2027, 9, 5))
    assert [span.name for span in shown[3:6]] == ["第4周周末", "第6周周末", "第7周周末"]
    assert shown[-1] == ("第20周周末", date(2028, 1, 15), date(2028, 1, 15))  # cut by the term's last day


def test_a_weekend_of_which_one_day_is_in_a_holiday_counts_and_a_weekend_day_in_one_does_not():
    half = Calendar((AUTUMN,), (Holiday("校庆", date(2027, 9, 11), date(2027, 9, 11)),))
    assert (date(2027, 9, 11), date(2027, 9, 12)) in spans("weekend", calendar=half)
    days = spans("weekend_day", calendar=half)
    assert days[:3] == [(day, day) for day in (date(2027, 9, 4), date(2027, 9, 5), date(2027, 9, 12))]


def test_a_make_up_day_is_no_holiday_and_a_public_holiday_is_one():
    saturday = date(2027, 10, 2)
    public = Calendar((AUTUMN,), public_holidays=frozenset({saturday}))
    assert (saturday, saturday) not in spans("weekend_day", calendar=public)
    worked = Calendar((AUTUMN,), (NATIONAL,), frozenset({saturday}))
    assert (saturday, saturday) in spans("weekend_day", calendar=worked)


def test_holidays_are_those_of_the_term_and_the_vacation_after_it():
    vacation = Holiday("寒假", date(2028, 1, 16), date(2028, 2, 20))
    calendar = Calendar((AUTUMN, SPRING), (NATIONAL, vacation, LABOUR))
    shown = periods(calendar, AUTUMN, "holiday")
    assert [span.name for span in shown] == ["国庆节", "寒假"]
    assert shown[1].end == date(2028, 2, 13)  # the next term begins
    assert [span.name for span in periods(calendar, SPRING, "holiday")] == ["寒假", "劳动节"]


def test_a_holiday_within_another_is_no_second_one():
    festival = Holiday("中秋节", date(2027, 10, 3), date(2027, 10, 3))
    calendar = Calendar((AUTUMN,), (NATIONAL, festival))
    assert [span.name for span in periods(calendar, AUTUMN, "holiday")] == ["国庆节"]


def test_a_window_in_the_holidays_belongs_to_the_term_before_and_after():
    assert spans("window") == spans("window", SPRING) == [WINTER[1:]]
    assert (
        len(counting_days(CALENDAR, "window", periods(CALENDAR, AUTUMN, "window"))) == 29
    )  # every day counts


def test_the_first_term_of_a_calendar_has_the_windows_of_the_vacation_before_it_and_no_older_ones():
    """004 四(二): those of years before the school's calendar were not missed, there was no rule yet."""
    summer, may = (
        Window("八月", date(2027, 8, 1), date(2027, 8, 31)),
        Window("五月", date(2027, 5, 1), date(2027, 5, 31)),
    )
    calendar = Calendar((AUTUMN, SPRING), windows=(may, summer, WINTER))
    assert spans("window", calendar=calendar) == [summer[1:], WINTER[1:]]


@pytest.mark.parametrize(
    ("limit", "per", "until"),
    [
        (None, "term", date(2028, 1, 15)),
        (Limit(7), "term", date(2027, 9, 8)),
        (Limit(0), "term", date(2027, 9, 1)),
        (Limit(500), "term", date(2028, 1, 15)),
        (Limit(1001, "date"), "term", date(2027, 10, 1)),
        (Limit(601, "date"), "term", date(2028, 1, 15)),  # not in this term
        (Limit(601, "date"), "school_year", date(2028, 6, 1)),
        (Limit(229, "date"), "school_year", date(2028, 2, 29)),
        (Limit(229, "date"), "year", date(2027, 2, 28)),  # a common year
    ],
)
def test_until_when_a_limit_reaches(limit, per, until):
    assert due_day(limit, periods(CALENDAR, AUTUMN, per)[0]) == until
