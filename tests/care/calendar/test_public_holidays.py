"""The public holidays against the State Council's notices (国办发明电), copied by hand (requirements 7.5)."""

from datetime import date, timedelta

import pytest

from guanai.care.calendar.school_calendar import public_days

# Year: every run of days off on working days (first, last), and the weekend days worked.
NOTICES = {
    2025: (
        [("01-01", "01-01"), ("01-28", "02-04"), ("04-04", "04-06"), ("05-01", "05-05"), ("05-31", "06-02"), ("10-01", "10-08")],
        ["01-26", "02-08", "04-27", "09-28", "10-11"],
    ),
    2026: (
        [("01-01", "01-03"), ("02-15", "02-23"), ("04-04", "04-06"), ("05-01", "05-05"), ("06-19", "06-21"), ("09-25", "09-27"), ("10-01", "10-07")],
        ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("year", NOTICES)
def test_a_year_with_a_notice(year):
    runs, worked = NOTICES[year]
    wanted = set()
    for first, last in runs:
        day = date.fromisoformat(f"{year}-{first}")
        while day <= date.fromisoformat(f"{year}-{last}"):
            wanted.add(day)
            day += timedelta(days=1)
    off, made_up = public_days("china", [year])
    assert made_up == {date.fromisoformat(f"{year}-{day}") for day in worked}
    # Weekends inside a run are free anyway; the library names some of them and not others.
    assert {day for day in off if day.weekday() < 5} == {day for day in wanted if day.weekday() < 5}
    assert not off & made_up


def test_a_year_without_a_notice_has_the_days_that_the_law_fixes():
    off, _ = public_days("china", [2035])
    assert date(2035, 1, 1) in off and date(2035, 10, 1) in off


def test_no_country_has_none():
    assert public_days("none", [2026]) == (frozenset(), frozenset())
