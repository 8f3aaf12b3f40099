"""Dates of forms: which texts are dates, what they count for, how they are written (R16: its day)."""

import math
import time
from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanai.storage.forms.xpath.dates import (
    date_text,
    date_time_text,
    days_of,
    days_of_time,
    moment_of,
    now_text,
    today_text,
    written,
)

PHOENIX, SHANGHAI = "America/Phoenix", "Asia/Shanghai"


def test_text_of_a_date():
    for text, moment in [
        ("2024-02-29", datetime(2024, 2, 29)),
        ("2023-02-29", None),
        ("2024-2-3", datetime(2024, 2, 3)),
        (" 2024-02-03 ", datetime(2024, 2, 3)),
        ("2024-13-01", None),
        ("2024-00-10", None),
        ("0000-01-01", None),
        ("24-01-01", None),
        ("2024-01", None),
        ("2024/01/02", None),
        ("２０２４-01-02", None),
        ("", None),
        ("not a date", None),
        ("2024-02-03T04:05", datetime(2024, 2, 3, 4, 5)),
        ("2024-02-03T04:05:06.789", datetime(2024, 2, 3, 4, 5, 6, 789000)),
        ("2024-02-03T24:00:00", None),
        ("2024-02-03T04:60:00", None),
        ("2024-02-03T04:05:06+24:00", None),
        ("2024-02-03T", None),
    ]:
        assert moment_of(text) == moment


@pytest.fixture
def local_zone(monkeypatch):
    """Return a function that sets the local time zone of the process."""
    if not hasattr(time, "tzset"):
        pytest.skip("Windows cannot change the time zone of a process")

    def set_zone(name):
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield set_zone
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "zone", "moment"),
    [
        ("2024-02-03T00:30:00Z", SHANGHAI, datetime(2024, 2, 3, 8, 30)),
        ("2024-02-03T00:30:00+08:00", SHANGHAI, datetime(2024, 2, 3, 0, 30)),
        ("2024-02-03T00:30:00+0800", PHOENIX, datetime(2024, 2, 2, 9, 30)),
    ],
)
def test_an_offset_is_brought_to_the_local_zone(local_zone, text, zone, moment):
    local_zone(zone)
    assert moment_of(text) == moment


def test_days_are_whole_local_days():
    for text, days in [
        ("1970-01-01", 0),
        ("1970-01-02", 1),
        ("1969-12-31", -1),
        ("2008-09-05", 14127),
        ("1941-12-07", -10252),
        ("1988-07-01", 6756),  # summer time in China: still a whole number of days
        ("1970-01-01T12:00:00", 0.5),
        ("2000-01-01T10:20:30.000", 10957.430902777778),
    ]:
        assert days_of(text) == days


def test_no_date_is_no_number():
    for text in ["", "2023-02-29", "x", "2024"]:
        assert math.isnan(days_of(text))


def test_time_is_a_fraction_of_the_day():
    for text, fraction in [
        ("12:00:00.000", 0.5),
        ("06:00", 0.25),
        ("23:59:00", 0.9993055555555556),
        ("24:00:00", None),
        ("6:00", None),
        ("", None),
    ]:
        fraction_of_day = days_of_time(text)
        assert math.isnan(fraction_of_day) if fraction is None else fraction_of_day == pytest.approx(fraction)


def test_time_with_an_offset_is_local(local_zone):
    local_zone(PHOENIX)
    assert days_of_time("06:00:00.000-07:00") == 0.25
    local_zone(SHANGHAI)
    assert days_of_time("06:00:00.000Z") == pytest.approx(14 / 24)


def test_date_of_a_value():
    for value, text in [
        ("2024-2-3", "2024-02-03"),
        ("2024-02-03T10:00:00", "2024-02-03"),
        (14127.0, "2008-09-05"),
        (6.9, "1970-01-07"),
        (6.9999999999, "1970-01-07"),
        (-1.0, "1969-12-31"),
        ("", ""),
        (math.nan, None),
        (math.inf, None),
        (1e12, None),
        ("x", None),
    ]:
        assert date_text(value) == text


def test_date_time_of_a_value_keeps_the_time(local_zone):
    local_zone(PHOENIX)
    assert date_time_text(1.5) == "1970-01-02T12:00:00.000-07:00"
    assert date_time_text("2024-02-03") == "2024-02-03"
    assert date_time_text("x") is None


@given(st.dates(date(1000, 1, 1), date(9999, 12, 31)))
def test_a_date_and_its_days_are_each_others_way_back(day):
    assert date_text(days_of(day.isoformat())) == day.isoformat()
    assert days_of(day.isoformat()) == (day - date(1970, 1, 1)).days


@given(st.datetimes(datetime(1902, 1, 1), datetime(2200, 1, 1)))
def test_a_moment_and_its_decimal_are_each_others_way_back(moment):
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    text = moment.isoformat(timespec="milliseconds")
    back = moment_of(date_time_text(days_of(text)))
    assert abs(back - moment) < timedelta(hours=1, milliseconds=2)  # an hour where summer time begins


def test_written_for_people():
    for form, language, text in [
        ("%Y-%m-%d", "zh", "2024-05-06"),
        ("%Y年%n月%e日 %a", "zh", "2024年5月6日 周一"),
        ("%b", "zh", "5月"),
        ("%a %e %b %y", "en", "Mon 6 May 24"),
        ("%Y %W", "zh", "2024 19"),
        ("%H:%M:%S.%3 %h", "en", "07:08:09.045 7"),
        ("100%%", "en", "100%"),
        ("", "en", ""),
    ]:
        assert written(datetime(2024, 5, 6, 7, 8, 9, 45678), form, language) == text


def test_an_unknown_code_is_an_error():
    for form in ["%Q", "%", "%B"]:
        with pytest.raises(ValueError):
            written(datetime(2024, 5, 6), form, "en")


def test_the_clock():
    now = datetime(2024, 5, 6, 7, 8, 9, 123456, timezone(timedelta(hours=8)))
    assert now_text(now) == "2024-05-06T07:08:09.123+08:00"
    assert today_text(now) == "2024-05-06"
    assert now_text(now.replace(tzinfo=None)).startswith("2024-05-06T07:08:09.123")
