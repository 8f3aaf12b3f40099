"""Which records count: conditions for each register of a row, of who was met, in which room, at what time, by what means.

C1 a condition may be that of one register of the row: a letter of the child, a call with father or mother (001-1 L39, 003-3 L47)
C2 a condition without a register is that of all of them
C3 who was met counts (004 四(二), 002-1 L51), the room (002-1 L137), noon and afternoon (000-4 L71), by which means (000-8 L138)
"""

import pytest
from support.duty_cases import ONE, lines_of, record, visit

LETTER_OR_CALL = {
    "记录": "书信, 亲情通话", "周期": "每学期", "记录条件": "书信：方向 = 孩子给家长；亲情通话：通话对象 = 父亲, 母亲",
} | ONE  # fmt: skip
PARENTS_AWAY = {
    "记录": "通话, 家访", "周期": "每学期", "至少": 2, "记录条件": "通话：通话对象 = 父亲, 母亲；家访：方式 = 走进家庭",
} | ONE  # fmt: skip


def have(records, **row):
    return lines_of(records, **row)["have"].tolist()


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        pytest.param({"letter": [record("2026-11-02", direction="child_to_parent")]}, 1, id="the child's letter"),
        pytest.param({"letter": [record("2026-11-02", direction="school_to_parent")]}, 0, id="a mass letter of the school"),
        pytest.param({"letter": [record("2026-11-02", direction=None)]}, 0, id="a letter of nobody knows whom"),
        pytest.param({"family_call": [record("2026-11-02", parent="mother")]}, 1, id="a call with the mother"),
        pytest.param({"family_call": [record("2026-11-02", parent="other")]}, 0, id="a call with an aunt"),
        pytest.param({"letter": [record("2026-11-02", direction="child_to_parent", parent="other")], "family_call": [record("2026-11-03", parent="father", direction="school_to_parent")]}, 2, id="neither asks the other's question"),
    ],
)  # fmt: skip
def test_a_condition_may_be_that_of_one_register(records, expected):
    assert have(records, **LETTER_OR_CALL) == [expected]


def test_the_school_s_mass_letter_does_not_do_the_month_for_everybody():
    row = LETTER_OR_CALL | {"周期": "每月", "对象条件": ""}
    letters = {
        "letter": [record("2026-11-02", child, direction="school_to_parent") for child in ("x1", "x2")]
    }
    lines = lines_of(letters, **row)
    assert set(lines["status"]) == {"to_do", "missed"}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param("记录人 = 帮扶教师", 2, id="of every register, and the author"),
        pytest.param("谈心：说明 = 甲", 1, id="of the talks; the calls all count"),
        pytest.param("通话：通话对象 = 父亲；记录人 = 帮扶教师", 1, id="both kinds together"),
        pytest.param("call: parent = father, mother", 2, id="by the names of the forms"),
        pytest.param("通话.通话对象 = 父亲", 1, id="with a point"),
    ],
)
def test_a_condition_without_a_register_is_that_of_all(condition, expected):
    calls = {
        "call": [record("2026-11-02", parent="mother")],
        "talk": [record("2026-11-03", 说明="乙")],
    }
    assert have(calls, 记录="通话, 谈心", 周期="每学期", 记录条件=condition, **ONE) == [expected]


def test_the_grandmother_is_not_the_parents():
    """004: of 35 children 20 had contact with a parent; two visits to the grandmother made it 31."""
    grandmother = {
        "call": [record("2026-11-02", parent="guardian"), record("2026-11-03", parent="other")],
        "home_visit": [visit("2026-11-04", mode="phone")],
    }
    assert have(grandmother, **PARENTS_AWAY) == [0]
    parents = {"call": [record("2026-11-02", parent="father"), record("2026-11-03", parent="mother")]}
    assert have(parents, **PARENTS_AWAY) == [2]


@pytest.mark.parametrize(
    ("row", "register", "counts", "does_not"),
    [
        pytest.param({"记录": "亲情通话", "记录条件": "通话对象 = 父亲, 母亲"} | ONE, "family_call", {"parent": "father"}, {"parent": "other"}, id="002-1 L51: with the parents"),
        pytest.param({"记录": "家访", "记录条件": "方式 = 面对面"} | ONE, "home_visit", {"mode": "door", "visitors": ["s1"]}, {"mode": "sms", "visitors": ["s1"]}, id="000-8 L138: no message"),
        pytest.param({"对象": "学校", "记录": "之家开放", "记录条件": "时段 = 午间"}, "opening", {"slot": "noon"}, {"slot": "afternoon"}, id="000-4 L71: noon is not the afternoon"),
    ],
)  # fmt: skip
def test_one_that_should_count_and_one_that_should_not(row, register, counts, does_not):
    row = row | {"周期": "每学期"}
    assert have({register: [record("2026-11-02") | counts]}, **row) == [1]
    assert have({register: [record("2026-11-02") | does_not]}, **row) == [0]
