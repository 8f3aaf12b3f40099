"""What is typed and how it is read (full-width digits, incomplete dates).

Requirement: full-width input in numbers, days and phone numbers is tolerated (7.10; R1).
"""

from datetime import date, datetime, time

import pytest

from guanai.storage.forms.session.parsers import (
    UnreadableError,
    read_date,
    read_decimal,
    read_integer,
    read_text,
    read_tick,
    read_time,
)


def test_a_text_of_figures_becomes_half_width_and_words_stay():
    for typed, read in [
        ("１３８００００１２３４", "13800001234"),
        ("１２３４５６２０１５０３０５００１ｘ", "12345620150305001x"),
        ("０２８－１２３４５６７", "028-1234567"),
        ("（０２８）１２３", "(028)123"),
        ("张三（小）", "张三（小）"),
        ("三年级１班", "三年级１班"),
        (" 李四 ", "李四"),
        (13800001234.0, "13800001234"),
        ("第一行\n第二行", "第一行\n第二行"),
    ]:
        assert read_text(typed) == read


def test_whole_numbers():
    for typed, read in [("12", 12), ("１２", 12), ("-3", -3), ("+4", 4), (5.0, 5), (" 7 ", 7), ("8.0", 8)]:
        assert read_integer(typed) == read


def test_what_is_no_whole_number_is_refused_and_never_guessed():
    for typed, key in [
        ("1,000", "reading.thousands"),
        ("１，０００", "reading.thousands"),
        ("1.5", "reading.not_whole"),
        (1.5, "reading.not_whole"),
        ("十二", "reading.not_integer"),
        ("1e3", "reading.not_integer"),
        (True, "reading.not_integer"),
        ("110101201605040011", "reading.too_long"),
        ("9" * 400, "reading.too_long"),
        ("-" + "9" * 5000, "reading.too_long"),
        (10**400, "reading.too_long"),
        (1e300, "reading.too_long"),
        (float("inf"), "reading.not_integer"),
    ]:
        with pytest.raises(UnreadableError) as caught:
            read_integer(typed)
        assert caught.value.key == key
        assert str(caught.value)
        assert caught.value.message("en") != str(caught.value)


def test_decimals():
    for typed, read in [("3.5", 3.5), ("３．５", 3.5), (".5", 0.5), (2, 2.0), ("-0.25", -0.25)]:
        assert read_decimal(typed) == read


def test_what_is_no_decimal_is_refused():
    for typed, key in [
        ("3,5", "reading.decimal_comma"),
        ("1,234.5", "reading.thousands"),
        ("1,234", "reading.thousands"),
        ("三", "reading.not_decimal"),
        ("nan", "reading.not_decimal"),
        ("9" * 400 + ".5", "reading.too_long"),
        (10**400, "reading.too_long"),
        (float("inf"), "reading.not_decimal"),
    ]:
        with pytest.raises(UnreadableError) as caught:
            read_decimal(typed)
        assert caught.value.key == key


def test_a_day_is_read_as_people_write_it():
    for typed in [
        "2024-3-5",
        "2024-03-05",
        "2024/3/5",
        "2024.3.5",
        "20240305",
        "2024年3月5日",
        "2024 年 3 月 5 日",
        "２０２４－３－５",
        "2024年3月5号",
        "2024-03-05T00:00:00",
        "2024-03-05 00:00:00",
        date(2024, 3, 5),
        datetime(2024, 3, 5, 8, 30),
    ]:
        assert read_date(typed) == "2024-03-05"


def test_an_incomplete_or_impossible_day_is_refused():
    for typed, key in [
        ("2024", "reading.date_incomplete"),
        ("2024-03", "reading.date_incomplete"),
        ("2024年3月", "reading.date_incomplete"),
        ("3-5", "reading.date_incomplete"),
        ("5/3/2024", "reading.date_incomplete"),
        ("2024-3/5", "reading.date_incomplete"),
        ("2024-03-05T08:30", "reading.date_incomplete"),
        ("明天", "reading.date_incomplete"),
        ("45000", "reading.date_incomplete"),
        ("2023-02-29", "reading.no_such_date"),
        ("2024-02-30", "reading.no_such_date"),
        ("2024年13月1日", "reading.no_such_date"),
        ("20240230", "reading.no_such_date"),
        ("0024-03-05", "reading.no_such_date"),
        (date(1, 1, 1), "reading.no_such_date"),
        (datetime(9999, 12, 31, 23, 59), "reading.no_such_date"),
    ]:
        with pytest.raises(UnreadableError) as caught:
            read_date(typed)
        assert caught.value.key == key


def test_the_leap_day_is_a_day():
    assert read_date("2024年2月29日") == "2024-02-29"


def test_a_time_is_read():
    for typed, read in [
        ("8:30", "08:30"),
        ("０８：３０", "08:30"),
        ("8点30分", "08:30"),
        ("14:05:09", "14:05:09"),
        ("下午3:15", "15:15"),
        ("12:00", "12:00"),
        ("08:30:00.000+08:00", "08:30"),
        (time(8, 30), "08:30"),
        (datetime(2024, 3, 5, 8, 30), "08:30"),
    ]:
        assert read_time(typed) == read


def test_what_is_no_time_is_refused():
    for typed in ["25:00", "8:60", "八点", "8", "830"]:
        with pytest.raises(UnreadableError) as caught:
            read_time(typed)
        assert caught.value.key == "reading.not_time"


def test_a_box_that_is_not_ticked():
    with pytest.raises(UnreadableError) as refused:
        read_tick("大概")
    assert refused.value.key == "reading.not_ticked"
