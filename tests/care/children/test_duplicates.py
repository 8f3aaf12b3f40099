"""Which dossiers may be of the same child, and how names sound.

Requirement: one file for each child, also after a move or a return (R1, R60; 7.6).
"""

from datetime import date

import pandas as pd
import pytest

from guanai.care.children.duplicates import REASONS, DuplicateIndex, duplicate_reason, possible_duplicates
from guanai.care.children.pinyin import readings, sounds

DAY = "2016-05-04"
NUMBER, SLIP, OTHER = "110101201605041234", "110101201605041243", "110101201605049999"


def child(name, day=DAY, **answers):
    return {"name": name, "birth_date": day, **answers}


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        # the identity number decides, whatever the name
        (child("林小雨", id_number=NUMBER), child("周大河", "2010-01-01", id_number=NUMBER), "identity"),
        (child("林小雨", id_number=NUMBER[:-1] + "x"), child("林", id_number=NUMBER[:-1] + "X"), "identity"),
        (child("林小雨", id_number=""), child("周大河", id_number=""), None),
        # the same name and day, though a number or the sex was mistyped
        (child("林小雨"), child("林小雨"), "name_day"),
        (child("林 小雨"), child("林小雨"), "name_day"),
        (child("买买提·艾力"), child("买买提艾力"), "name_day"),
        (child("林小雨", id_number=NUMBER), child("林小雨", id_number=OTHER), "name_day"),
        (child("林小雨", sex="female"), child("林小雨", sex="male"), "name_day"),
        # the same name, days that one slip explains
        (child("林小雨", "2016-05-04"), child("林小雨", None), "name"),
        (child("林小雨", "2016-05-04"), child("林小雨", pd.NaT), "name"),
        (child("林小雨", "2016-05-04"), child("林小雨", "2016-05-09"), "name"),
        (child("林小雨", "2016-05-04"), child("林小雨", "2016-04-05"), "name"),
        (child("林小雨", "2016-05-04"), child("林小雨", "2015-05-04"), "name"),
        (child("林小雨", "2016-05-04"), child("林小雨", "2016-03-28"), "name"),  # 农历三月廿八
        (child("林小雨", "2016-05-04"), child("林小雨", "2014-11-23"), None),
        (child("林小雨", "2016-05-04"), child("林小雨", "2016-05-22"), "name"),
        # the same day, another spelling of the same sound
        (child("张小莹"), child("章小英"), "sound"),
        (child("李娜"), child("李拉"), "sound"),
        (child("曾雨"), child("增雨"), "sound"),
        (child("黄梅"), child("房梅"), "sound"),
        (child("张小莹"), child("章小英", "2016-05-05"), None),
        # one character of three or more
        (child("林小雨"), child("林晓丽"), None),
        (child("林小雨"), child("林小丽"), "character"),
        (child("李小明"), child("季小明"), "character"),
        (child("林小雨"), child("林雨"), "character"),
        (child("欧阳小雨"), child("欧阳大雨"), "character"),
        (child("林小雨"), child("林"), None),
        # one of two is half the name: it takes more
        (child("李明"), child("李红"), None),
        (child("李明", phone="138 0000 0000"), child("李红", father_phone="+8613800000000"), "character"),
        (child("李明", father_name="李大山"), child("李红", father_name="李大山"), "character"),
        (child("李明", father_name="李大山"), child("李红", mother_name="李大山"), None),
        (child("李明", guardians=[{"phone": "10086"}]), child("王明", phone="10086"), "character"),
        # twins: boy and girl, or two numbers that no slip explains
        (child("林小龙", sex="male"), child("林小凤", sex="female"), None),
        (child("林小双", id_number=NUMBER), child("林大双", id_number=OTHER), None),
        (child("林小双", id_number=NUMBER), child("林大双", id_number=SLIP), "character"),
        # nothing to go by
        (child(""), child(""), None),
        (child("林小雨", None), child("林小丽", None), None),
    ],
)
def test_who_is_like_whom(first, second, why):
    assert duplicate_reason(first, second) == why
    assert duplicate_reason(second, first) == why


def test_a_typed_day_and_a_frames_day_are_the_same():
    assert duplicate_reason(child("林小雨"), child("林小雨", pd.Timestamp(date(2016, 5, 4)))) == "name_day"


RECORDS = [
    {"id": "a", **child("林小丽"), "id_number": None},
    {"id": "b", **child("周大河", "2010-01-01"), "id_number": NUMBER},
    {"id": "c", **child("林小雨"), "id_number": None},
    {"id": "d", **child("陈一一", "2011-01-01"), "id_number": None},
]


def test_the_likeliest_comes_first():
    assert possible_duplicates(RECORDS, child("林小雨", id_number=NUMBER)) == [
        ("b", "identity"),
        ("c", "name_day"),
        ("a", "character"),
    ]


def test_a_child_is_not_its_own_duplicate():
    assert possible_duplicates(RECORDS, {**child("林小雨"), "id": "c"}) == [("a", "character")]


def test_there_are_no_duplicates_without_records_or_likeness():
    assert possible_duplicates([], child("林小雨")) == []
    assert possible_duplicates(RECORDS, child("许九九")) == []


def test_rows_of_one_file_are_compared_with_each_other():
    index = DuplicateIndex()
    index.add({"id": "2", **child("林小雨")})
    assert index.matches({"id": "3", **child("林小雨")}) == [("2", "name_day")]


def test_reasons_are_the_ones_that_the_screen_has_words_for():
    from guanai.templates.wording import say

    assert all(say(f"alike.{why}") for why in REASONS)


def test_readings():
    assert readings("单") == ("dan", "chan", "shan")
    assert readings("Ａ".lower()) == ("ａ",)


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("张", "章", True),
        ("陈", "程", True),
        ("林", "凌", True),
        ("牛", "刘", True),
        ("李", "王", False),
        ("明", "红", False),
    ],
)
def test_sounds(first, second, alike):
    assert bool(sounds(first) & sounds(second)) is alike
