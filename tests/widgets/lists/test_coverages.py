"""The lists behind the numbers of the coverage page (widgets/lists/coverages.py; W5, F16)."""

import re

import pandas as pd

from guanai.widgets import CoverageList


def names(rows):
    frame = pd.DataFrame(rows, columns=["form", "id", "name", "class"])
    return re.findall(r"<li>(?:<a [^>]*>)?([^<]+)", CoverageList("名单", frame).body.value)


def test_children_are_sorted_by_class_with_numbers_in_order():
    rows = [
        ("child", "1", "甲", "十年级1班"),
        ("child", "2", "乙", "三年级10班"),
        ("child", "3", "丙", "三年级9班"),
    ]
    assert names(rows) == ["丙", "乙", "甲"]


def test_classes_are_sorted_by_name():
    rows = [("class", "1", "七年级1班", "46 名学生"), ("class", "2", "二年级1班", "50 名学生")]
    assert names(rows) == ["二年级1班", "七年级1班"]


def test_the_school_itself_has_no_link_and_names_are_escaped():
    frame = pd.DataFrame([("", "", "<b>小学", "")], columns=["form", "id", "name", "class"])
    body = CoverageList("名单", frame).body.value
    assert "<li>&lt;b&gt;小学 " in body
    assert names([("child", "1", "甲", None)]) == ["甲"]
