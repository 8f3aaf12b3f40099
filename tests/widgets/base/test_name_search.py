"""Finding a person by a part of the name, pinyin or initials (widgets/base/name_search.py).

Requirement: a child is found by what a teacher remembers of it, in either script (R1; 7.10).
"""

import pandas as pd
import pytest

from guanai.widgets.base.name_search import find, matches, natural_key, sort_by_class


@pytest.mark.parametrize(
    ("text", "name", "fits"),
    [
        ("小苗", "安小苗", True),
        ("axm", "安小苗", True),
        ("xm", "安小苗", True),
        ("anxiao", "安小苗", True),
        ("AXM", "安小苗", True),
        ("安 三", "安小苗（三1班）", True),
        ("安 四", "安小苗（三1班）", False),
        ("bai", "安小苗", False),
        ("柏", "白小苗", False),
        ("anx", "安小苗", True),
        ("anxm", "安小苗", True),
        ("axmi", "安小苗", True),
        ("nx", "安小苗", False),
        ("zengy", "曾雨", True),
        ("cengyu", "曾雨", True),
        ("cz", "曾雨", False),
        ("c", "李查", True),
        ("zhangs", "张三", True),
        ("zhangs", "张小三", False),
        ("ａｘｍ", "安小苗", True),
        ("安x", "安小苗", True),
        ("an小", "安小苗", True),
        ("安z", "安小苗", False),
        ("ān xiǎo", "安小苗", True),
        ("（三", "安小苗（三1班）", True),
        ("lvb", "吕布", True),
        ("lüb", "吕布", True),
        ("lǚ", "吕布", True),
        ("lubu", "吕布", True),
        ("lyu", "吕布", True),
        ("lo", "吕布", False),
        ("3年级", "三年级1班", True),
        ("三年级", "3年级1班", True),
        ("3年级", "四年级3班", False),
        ("阿里买买提", "阿里·买买提", True),
        ("阿里·买", "阿里·买买提", True),
        ("安苗", "安　苗", True),
        ("anmiao", "安 苗", True),
        ("", "安小苗", True),
        ("  ", "安小苗", True),
    ],
)
def test_a_name_matches_its_parts_its_pinyin_and_its_initials(text, name, fits):
    assert matches(text, name) is fits


def test_rows_are_found_by_the_named_columns():
    frame = pd.DataFrame({"id": ["1", "2"], "name": ["安小苗", "白小禾"], "class": ["三1班", "四2班"]})
    assert list(find(frame, "bxh", "name", "class")["id"]) == ["2"]
    assert list(find(frame, "三1", "name", "class")["id"]) == ["1"]
    assert list(find(frame, "", "name")["id"]) == ["1", "2"]
    assert find(frame.iloc[:0], "axm", "name").empty


PEOPLE = pd.DataFrame(
    {
        "id": ["1", "2"],
        "revision": [1, 1],
        "name": ["安小苗", "白小禾"],
        "class": ["三1班", "四2班"],
        "village": ["柳溪村", None],
        "phone": ["13800001111", None],
        "guardians": [None, [{"name": "白大山", "phone": "139 0000 2222"}]],
    }
)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("liux", ["1"]),
        ("三1 an", ["1"]),
        ("0000111", ["1"]),
        ("１３８０", ["1"]),
        ("138 0000 1111", ["1"]),
        ("+86 138-0000-1111", ["1"]),
        ("bds", ["2"]),
        ("139 0000", ["2"]),
        ("小", ["1", "2"]),
        ("小 安", ["1"]),
        ("nobody", []),
    ],
)
def test_rows_are_found_by_class_village_telephone_and_guardian(text, ids):
    rows = find(PEOPLE, text, "name", "class", "village", "phone", "guardians")
    assert list(rows["id"]) == ids


def test_a_changed_row_is_found_by_its_new_values():
    assert list(find(PEOPLE, "axm", "name")["id"]) == ["1"]
    changed = PEOPLE.assign(name=["周大河", "白小禾"], revision=[2, 1])
    assert find(changed, "axm", "name").empty
    assert list(find(changed, "zdh", "name")["id"]) == ["1"]


def test_a_long_list_is_prepared_in_the_background():
    long = pd.concat([PEOPLE] * 600).assign(id=[f"n{number}" for number in range(1200)])
    assert find(long, "", "name") is long
    assert len(find(long, "bxh", "name")) == 600


def test_natural_key_sorts_names_of_classes():
    classes = ["三年级10班", "十年级1班", "三年级9班", "二年级1班", "一年级2班"]
    assert sorted(classes, key=natural_key) == [
        "一年级2班",
        "二年级1班",
        "三年级9班",
        "三年级10班",
        "十年级1班",
    ]


def test_children_are_sorted_by_class_those_without_one_first():
    frame = pd.DataFrame(
        {"name": list("甲乙丙丁戊"), "class": ["十年级1班", None, "二年级1班", "二年级1班", "一年级9班"]}
    )
    assert sort_by_class(frame)["name"].tolist() == ["乙", "戊", "丙", "丁", "甲"]
    assert sort_by_class(frame.iloc[:0]).empty
