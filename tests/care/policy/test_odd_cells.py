"""Cells as people write them: full width, spaces, either language; and what is refused, with the column and a remedy.

Requirement: each rule is a setting that a school writes, full-width input tolerated (requirements 2A, 7.4, 7.10).
"""

import re

import pytest

from guanai.care.errors import PolicyError
from guanai.care.policy.conditions import Clause
from guanai.care.policy.duty import Limit
from guanai.care.policy.policy import policy_from_sheets

COLUMNS = {
    "home_visit": {"child", "date", "mode", "by", "met"},
    "letter": {"child", "date", "direction", "by", "pages"},
    "family_call": {"child", "date", "parent"},
    "our_register": {"child", "date", "colour"},
}
BOTH = {"记录": "书信, 亲情通话"}


def read(**cells):
    row = {"名称": "甲", "种类": "次数", "记录": "家访"} | cells
    return policy_from_sheets({"学校": [], "职责": [row]}, "school.xlsx", COLUMNS).duties[0]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"上报": " ３ "}, {"escalate": 3}),
        ({"上报": 4.0}, {"escalate": 4}),
        ({"上报": "05"}, {"escalate": 5}),
        ({"上报": float("nan")}, {"escalate": 3}),
        ({"上报": " 不上报 "}, {"escalate": None}),
        ({"上报": "NO"}, {"escalate": None}),
        ({"过期后": " 错过 "}, {"after": "missed"}),
        ({"过期后": "Still to be done"}, {"after": "standing"}),
        ({"过期后": "standing"}, {"after": "standing"}),
        ({"过期后": None}, {"after": ""}),
        ({"轻重": "HARM"}, {"weight": "harm"}),
        ({"轻重": "较轻 "}, {"weight": "minor"}),
        ({"周期": "每半年 "}, {"per": "half_year"}),
        ({"周期": "in each holiday"}, {"per": "holiday"}),
        ({"周期": "WEEKEND"}, {"per": "weekend"}),
        ({"对象": "staff", "记录条件": ""}, {"subject": "staff"}),
        ({"宽限天数": "１４"}, {"grace_days": 14}),
        ({"时限": "７ 天", "周期": "每学期"}, {"limit": Limit(7)}),
        (BOTH | {"记录条件": "书信 ：方向 = 孩子给家长"}, {"condition": (Clause("direction", ("child_to_parent",), register="letter"),)}),
        (BOTH | {"记录条件": "letter:direction=child to parent"}, {"condition": (Clause("direction", ("child_to_parent",), register="letter"),)}),
        (BOTH | {"记录条件": "书信．方向＝孩子给家长"}, {"condition": (Clause("direction", ("child_to_parent",), register="letter"),)}),
        (BOTH | {"记录条件": "亲情通话：parent != 空；书信：pages ≥ 2"}, {"condition": (Clause("parent", ("",), True, register="family_call"), Clause("pages", ("2",), order=">=", register="letter"))}),
        ({"记录": "our_register, 家访", "记录条件": "our_register：colour = 红"}, {"condition": (Clause("colour", ("红",), register="our_register"),)}),
        ({"记录": "家访", "记录条件": "家访：方式 = 走进家庭"}, {"condition": (Clause("mode", ("door",), register="home_visit"),)}),
    ],
)  # fmt: skip
def test_a_cell_is_read_as_it_is_meant(cells, expected):
    duty = read(**cells)
    assert {name: getattr(duty, name) for name in expected} == expected


WRONG = [
    ({"上报": "0"}, "policy.escalate", "上报"),
    ({"上报": "-3"}, "policy.escalate", "上报"),
    ({"上报": "1.5"}, "policy.escalate", "上报"),
    ({"上报": "三"}, "policy.escalate", "上报"),
    ({"上报": "3次"}, "policy.escalate", "上报"),
    ({"上报": "100"}, "policy.number_most", "上报"),
    ({"上报": "不"}, "policy.escalate", "上报"),
    ({"过期后": "过期"}, "policy.choice", "过期后"),
    ({"过期后": "错过，仍办"}, "policy.choice", "过期后"),
    ({"过期后": "补办"}, "policy.choice", "过期后"),
    ({"轻重": "1"}, "policy.choice", "轻重"),
    ({"轻重": "保护、伤害"}, "policy.choice", "轻重"),
    ({"周期": "每周末"}, "policy.choice", "周期"),
    ({"周期": "每季度"}, "policy.choice", "周期"),
    ({"对象": "教职员"}, "policy.choice", "对象"),
    ({"种类": "帮扶人", "对象": "教职工"}, "policy.subject", "对象"),
    ({"记录条件": "书信：方向 = 孩子给家长"}, "policy.condition_register", "记录条件"),
    ({"记录条件": "没有的表：方式 = 电话"}, "policy.condition_register", "记录条件"),
    ({"记录条件": "方式：电话"}, "policy.condition_register", "记录条件"),
    ({"记录条件": "家访："}, "policy.condition", "记录条件"),
    ({"记录条件": "家访：方式"}, "policy.condition", "记录条件"),
    ({"记录条件": "家访：方式 = "}, "policy.condition", "记录条件"),
    ({"记录条件": "：方式 = 电话"}, "policy.field", "记录条件"),
    ({"记录条件": "家访：家访：方式 = 电话"}, "policy.field", "记录条件"),
    ({"记录条件": "家访：颜色 = 红"}, "policy.field", "记录条件"),
    (BOTH | {"记录条件": "亲情通话：方向 = 孩子给家长"}, "policy.field", "记录条件"),
    (BOTH | {"记录条件": "书信：方向 = 随便"}, "policy.condition", "记录条件"),
    (BOTH | {"记录条件": "方向 = 孩子给家长"}, "policy.field", "记录条件"),
    (BOTH | {"记录条件": "书信：记录人 = 班主任"}, "policy.by", "记录条件"),
    ({"种类": "次"}, "policy.kind", "种类"),
    ({"种类": "def"}, "policy.kind", "种类"),
]  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("cells", "key", "column"), WRONG)
def test_a_wrong_cell_is_refused_with_its_column_and_what_to_write(cells, key, column, language):
    with pytest.raises(PolicyError) as refusal:
        read(**cells)
    error = refusal.value
    assert (error.key, error.sheet, error.row, error.column) == (key, "职责", 2, column)
    message = error.message(language)
    assert not re.search(r"[{}]|None", message) and len(message) > 30


@pytest.mark.parametrize(
    ("item", "value", "key"),
    [
        ("默认时限", "两周", "policy.limit"),
        ("默认时限", "立即", "policy.default_limit"),
        ("默认时限", "99999天", "policy.number_most"),
        ("多久没有联系", "0", "policy.number"),
        ("多久没有联系", "100", "policy.number_most"),
        ("多久没有联系", "4周", "policy.number"),
        ("年龄上限", "0", "policy.age_limit"),
        ("年龄上限", "十六岁", "policy.age_limit"),
        ("年龄上限", "16-18", "policy.age_limit"),
        ("年龄上限", "不限", "policy.age_limit"),
        ("年龄上限", "²", "policy.age_limit"),
    ],
)
def test_a_wrong_item_of_the_school_is_refused(item, value, key):
    with pytest.raises(PolicyError) as refusal:
        policy_from_sheets({"学校": [{"项目": item, "值": value}], "职责": []}, "school.xlsx")
    error = refusal.value
    assert (error.key, error.sheet, error.row, error.column) == (key, "学校", 2, "值")


@pytest.mark.parametrize(
    ("value", "age"), [("16", 16), ("１８ 周岁", 18), (" 无 ", None), ("none", None), (17.0, 17), ("", 16)]
)
def test_an_age_limit_as_it_is_written(value, age):
    policy = policy_from_sheets({"学校": [{"项目": "年龄上限", "值": value}], "职责": []}, "school.xlsx")
    assert policy.age_limit == age
