"""Finding a person by a part of the name, pinyin or initials (widgets/names.py; peers 31)."""

import pandas as pd
import pytest

from guanai.widgets.names import find, in_order, matches, spelt


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
        ("", "安小苗", True),
        ("  ", "安小苗", True),
    ],
)
def test_matches(text, name, fits):
    assert matches(text, name) is fits


def test_spelt():
    assert spelt("李小明") == ("lixiaoming", "lxm")


def test_find_rows():
    frame = pd.DataFrame({"id": ["1", "2"], "name": ["安小苗", "白小禾"], "class": ["三1班", "四2班"]})
    assert list(find(frame, "bxh", "name", "class")["id"]) == ["2"]
    assert list(find(frame, "三1", "name", "class")["id"]) == ["1"]
    assert list(find(frame, "", "name")["id"]) == ["1", "2"]
    assert find(frame.iloc[:0], "axm", "name").empty


def test_classes_in_their_order():
    classes = ["三年级10班", "十年级1班", "三年级9班", "二年级1班", "一年级2班"]
    assert sorted(classes, key=in_order) == ["一年级2班", "二年级1班", "三年级9班", "三年级10班", "十年级1班"]
