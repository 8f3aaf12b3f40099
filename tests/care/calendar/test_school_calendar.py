"""Terms, weeks and months (requirements 7.5: a term over new year, an empty week, the last day)."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from guanai.care.calendar.periods import months, weeks
from guanai.care.calendar.school_calendar import Calendar, Holiday, Phase, Term, school_year
from guanai.care.policy.calendar_rows import usual_terms
from guanai.care.policy.policy import policy_from_sheets

AUTUMN = Term("秋", date(2026, 9, 1), date(2027, 1, 16))
SPRING = Term("春", date(2027, 2, 21), date(2027, 7, 5))
NATIONAL = Holiday("国庆节", date(2026, 10, 1), date(2026, 10, 7))
CALENDAR = Calendar((AUTUMN, SPRING), (NATIONAL,))


@pytest.mark.parametrize(
    ("day", "last"),
    [
        pytest.param(date(2026, 8, 31), None, id="before the first"),
        pytest.param(date(2026, 9, 1), AUTUMN, id="first day"),
        pytest.param(date(2026, 12, 31), AUTUMN, id="over new year"),
        pytest.param(date(2027, 1, 16), AUTUMN, id="last day"),
        pytest.param(date(2027, 1, 17), AUTUMN, id="winter holidays"),
        pytest.param(date(2027, 2, 21), SPRING, id="next term"),
        pytest.param(date(2028, 1, 1), SPRING, id="long after"),
    ],
)
def test_between_terms_the_last_one_is_the_current_one(day, last):
    assert CALENDAR.current_or_last(day) == last


def test_weeks_run_from_monday_to_sunday_and_are_cut_at_the_ends_of_the_term():
    all_weeks = weeks(CALENDAR, AUTUMN)
    assert all_weeks[0][1:] == (date(2026, 9, 1), date(2026, 9, 6))  # the term begins on a Tuesday
    assert all_weeks[-1][1:] == (date(2027, 1, 11), date(2027, 1, 16))  # and ends on a Saturday
    for week in all_weeks[1:-1]:
        assert (week.start.weekday(), week.end.weekday()) == (0, 6)
    assert len(all_weeks) == 20


@pytest.mark.parametrize(
    ("holiday", "make_up", "suspended"),
    [
        pytest.param((date(2026, 10, 5), date(2026, 10, 9)), [], True, id="all five days"),
        pytest.param((date(2026, 10, 5), date(2026, 10, 8)), [], False, id="school on Friday"),
        pytest.param(
            (date(2026, 10, 5), date(2026, 10, 11)), [date(2026, 10, 10)], False, id="make-up Saturday"
        ),
        pytest.param((date(2026, 9, 21), date(2026, 10, 18)), [], True, id="inside a long holiday"),
    ],
)
def test_a_week_without_school_is_suspended_and_keeps_its_number(holiday, make_up, suspended):
    calendar = Calendar((AUTUMN,), (Holiday("假", *holiday),), frozenset(make_up))
    mondays = {week.start: week.name for week in weeks(calendar, AUTUMN)}
    assert (date(2026, 10, 5) not in mondays) is suspended
    assert mondays[date(2026, 10, 19)] == "第8周"


def test_a_term_that_begins_on_a_weekend_has_no_week_of_two_free_days():
    term = Term("秋", date(2029, 9, 1), date(2029, 9, 16))  # a Saturday
    assert [week.start for week in weeks(Calendar((term,)), term)] == [date(2029, 9, 3), date(2029, 9, 10)]


def test_months_are_cut_at_the_ends_of_the_term_and_run_over_new_year():
    all_months = months(CALENDAR, AUTUMN)
    assert [month.name for month in all_months] == [
        "2026年9月",
        "2026年10月",
        "2026年11月",
        "2026年12月",
        "2027年1月",
    ]
    assert all_months[0].start == AUTUMN.start
    assert all_months[-1].end == AUTUMN.end
    for before, after in pairwise(all_months):
        assert after.start == before.end + timedelta(days=1)


def test_february_of_a_leap_year_ends_on_its_29th():
    term = Term("春", date(2028, 2, 21), date(2028, 7, 5))
    assert months(Calendar((term,)), term)[0].end == date(2028, 2, 29)


def test_a_term_that_begins_on_the_last_of_a_month():
    term = Term("秋", date(2026, 8, 31), date(2026, 9, 30))
    assert [month[1:] for month in months(Calendar((term,)), term)] == [
        (date(2026, 8, 31), date(2026, 8, 31)),
        (date(2026, 9, 1), date(2026, 9, 30)),
    ]


@pytest.mark.parametrize(
    ("day", "year"), [(date(2026, 7, 31), 2025), (date(2026, 8, 1), 2026), (date(2027, 1, 1), 2026)]
)
def test_school_year_of_a_day(day, year):
    assert school_year(day) == year


@pytest.mark.parametrize("year", range(2024, 2032))
def test_usual_terms_are_rows_that_a_policy_can_carry(year):
    sheets = {"学校": [], "职责": [], "校历": usual_terms(year)}
    calendar = policy_from_sheets(sheets, "school.xlsx").calendar
    first, second = calendar.terms
    assert first.start == date(year, 9, 1) and first.end.year == year + 1
    assert second.start > first.end
    assert weeks(calendar, first) and weeks(calendar, second)
    assert not calendar.is_school_day(date(year, 10, 1))


def test_a_phase_of_ones_own_is_cut_at_the_ends_of_its_term():
    """A school that registers its pupils on 28 August still has its 期初, and a phase of no term stays out."""
    registration = Phase("opening", date(2026, 8, 28), date(2026, 9, 12))
    late = Phase("closing", date(2027, 1, 11), date(2027, 1, 20))
    summer = Phase("opening", date(2027, 8, 1), date(2027, 8, 5))
    calendar = Calendar((AUTUMN, SPRING), (), phases=(registration, late, summer))
    opening, middle, closing = calendar.phases_of(AUTUMN)
    assert opening == Phase("opening", AUTUMN.start, date(2026, 9, 12))
    assert middle == Calendar((AUTUMN,)).phases_of(AUTUMN)[1]
    assert closing == Phase("closing", date(2027, 1, 11), AUTUMN.end)
    assert [phase.phase for phase in calendar.phases_of(SPRING)] == ["opening", "middle", "closing"]
