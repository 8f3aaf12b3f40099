"""The workbook's sheets: what they say, and every mistake with its place and what to do (requirements 2A, 7.4: a rule is a row)."""

import re
from datetime import date, datetime

import pandas as pd
import pytest

from guanai.care.errors import PolicyError
from guanai.care.frames import COLUMNS
from guanai.care.policy.conditions import Clause, clauses_of, holds, parse_condition
from guanai.care.policy.duty import Duty, Limit, Trigger
from guanai.care.policy.policy import KINDS, ROW, policy_from_sheets, sheets_from_markdown
from guanai.care.policy.workbook_rows import HEADINGS, headings
from guanai.templates import template
from guanai.templates.wording import catalogue, say

PRESETS = sorted(path.stem for path in template("policies").glob("*.md"))


def preset(name):
    sheets = sheets_from_markdown((template("policies") / f"{name}.md").read_text(encoding="utf-8"))
    return policy_from_sheets(sheets, f"{name}.md")


def school(item="名称", value="星光小学"):
    return {"项目": item, "值": value}


def duty(**cells):
    return {"名称": "家访", "种类": "次数", "记录": "家访", "至少": "2", "周期": "每学期"} | cells


def term(name="秋", start="2026-09-01", end="2027-01-16", kind="学期"):
    return {"种类": kind, "名称": name, "开始": start, "结束": end}


def read(duties=(), profile=(), calendar=(), columns=None, **sheets):
    return policy_from_sheets(
        {"学校": list(profile), "职责": list(duties), "校历": list(calendar), **sheets},
        "school.xlsx",
        columns,
    )


# Presets


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_reads_and_every_rule_has_its_source(name):
    policy = preset(name)
    assert policy.name == name
    assert policy.duties
    for duty in policy.duties:
        assert duty.source.startswith(f"{name} ")
        assert duty.kind in KINDS


@pytest.mark.parametrize(
    ("name", "duty", "expected"),
    [
        ("002-1", "班主任家访", ("home_visit", ("homeroom",), 2, "term")),
        ("002-1", "谈心", ("talk", ("helper",), 1, "week")),
        ("002-1", "帮扶教师与家长通话", ("call", ("helper",), 1, "month")),
        ("002-1", "每名教职工帮扶人数", ("", (), 6, "term")),
        ("004", "学期家访", ("home_visit", (), 1, "term")),
        ("004", "与外出家长联系", ("call", (), 2, "term")),
    ],
)
def test_the_numbers_of_section_2a(name, duty, expected):
    row = {each.name: each for each in preset(name).duties}[duty]
    assert (row.record, row.by, row.at_least, row.per) == expected


@pytest.mark.parametrize(
    ("figure", "target"),
    [
        ("coverage", 1.0),
        ("participation", 1.0),
        ("face_to_face", 0.8),
        ("away_contacts", 1.0),
        ("special_face_to_face", 1.0),
    ],
)
def test_the_targets_of_f17(figure, target):
    assert preset("004").target(figure).target == target
    assert preset("002-1").target(figure) is None


# What a cell may hold


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2026-09-01", date(2026, 9, 1)),
        ("2026/9/1", date(2026, 9, 1)),
        ("2026年9月1日", date(2026, 9, 1)),
        ("２０２６．９．１", date(2026, 9, 1)),
        (datetime(2026, 9, 1), date(2026, 9, 1)),
        (date(2026, 9, 1), date(2026, 9, 1)),
        ("2026-09-01 00:00:00", date(2026, 9, 1)),
    ],
)
def test_days(cell, day):
    assert read(calendar=[term(start=cell)]).calendar.terms[0].start == day


@pytest.mark.parametrize(
    ("cell", "share"),
    [("80%", 0.8), (80, 0.8), ("80", 0.8), (0.8, 0.8), (1, 1.0), ("100%", 1.0), ("８０％", 0.8)],
)
def test_shares(cell, share):
    row = duty(种类="比例", 内容="家访覆盖率", 目标=cell)
    assert read([row]).target("coverage").target == share


@pytest.mark.parametrize(
    ("cell", "number"), [(2, 2), (2.0, 2), ("2", 2), ("２", 2), ("", 1), (None, 1), (float("nan"), 1)]
)
def test_whole_numbers(cell, number):
    assert read([duty(至少=cell)]).duties[0].at_least == number


def test_either_language_and_bare_names_are_read():
    rows = [
        {
            "name": "a",
            "kind": "count",
            "record": "home_visit",
            "record condition": "mode = door",
            "per": "per month",
        },
        {"名称": "b", "种类": "次数", "记录": "家访", "记录条件": "方式 = 走进家庭", "周期": "每月"},
    ]
    first, second = (read([row]).duties[0] for row in rows)
    assert (first.records, first.condition, first.per) == (second.records, second.condition, second.per)
    assert policy_from_sheets({"school": [], "duties": []}, "x").duties == ()


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("", ()),
        ("mode in door, school", (Clause("mode", ("door", "school")),)),
        ("方式=电话；记录人 是 班主任", (Clause("mode", ("phone",)), Clause("by", ("homeroom",)))),
        ("寄宿情况 不是 是", (Clause("寄宿情况", ("是",), True),)),
        (
            "mode not in sms，qq 且 slot = noon",
            (Clause("mode", ("sms", "qq"), True), Clause("slot", ("noon",))),
        ),
        ("own_field ≠ 甲、乙", (Clause("own_field", ("甲", "乙"), True),)),
        ("午餐是否在校 = 是", (Clause("午餐是否在校", ("是",)),)),
        ("午餐是否在校 不是 是", (Clause("午餐是否在校", ("是",), True),)),
        ("registered_on >= 2026年8月1日", (Clause("registered_on", ("2026-08-01",), order=">="),)),
        ("registered_on = 2026/8/1", (Clause("registered_on", ("2026-08-01",)),)),
    ],
)
def test_conditions(text, clauses):
    assert parse_condition(text) == clauses


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("day = 2026-09-01", [True, False, False]),
        ("day != 2026-09-01", [False, True, True]),
        ("day = 空", [False, True, False]),
        ("number = 1", [True, False, False]),
        ("number != 1", [False, True, True]),
        ("number = 1, 2.5", [True, True, False]),
    ],
)
def test_days_and_numbers_are_compared_as_they_are_written(condition, expected):
    days = pd.to_datetime(["2026-09-01", None, "2026-08-25 08:30"], format="ISO8601")
    frame = pd.DataFrame({"day": days, "number": [1.0, 2.5, None]})
    assert holds(parse_condition(condition), frame).to_list() == expected


BOTH = ("letter", "family_call")


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        (
            "书信：方向 = 孩子给家长；亲情通话：通话对象 = 父亲, 母亲",
            (
                Clause("direction", ("child_to_parent",), register="letter"),
                Clause("parent", ("father", "mother"), register="family_call"),
            ),
        ),
        ("书信.方向 = 孩子给家长", (Clause("direction", ("child_to_parent",), register="letter"),)),
        (
            "letter: direction in child_to_parent",
            (Clause("direction", ("child_to_parent",), register="letter"),),
        ),
        ("书信 ： 方向 ≠ 学校给家长", (Clause("direction", ("school_to_parent",), True, register="letter"),)),
        ("书信：页数 >= 2", (Clause("页数", ("2",), order=">=", register="letter"),)),
        ("发信时刻 = 8:30", (Clause("发信时刻", ("8:30",)),)),
        ("guardians.name = 空", (Clause("guardians.name", ("",)),)),
    ],
)
def test_a_clause_may_speak_of_one_register(text, clauses):
    """001-1 L39, 003-3 L47: a mass letter of the school is no letter of the child."""
    assert parse_condition(text, BOTH) == clauses


def test_a_clause_of_one_register_is_not_about_the_others():
    clauses = parse_condition("书信：方向 = 孩子给家长；页数 >= 2", BOTH)
    assert clauses_of(clauses, "letter") == clauses
    assert clauses_of(clauses, "family_call") == clauses[1:]


def test_face_to_face_of_one_register_stays_its_own():
    row = duty(记录="家访, 通话", 记录条件="家访：方式 = 面对面")
    assert read([row]).duties[0].condition == (Clause("mode", ("door", "school"), register="home_visit"),)


def test_a_field_of_one_register_is_looked_for_in_that_one_only():
    columns = {"letter": {"child", "date", "direction"}, "family_call": {"child", "date", "parent"}}
    row = duty(记录="书信, 亲情通话", 记录条件="书信：方向 = 孩子给家长；亲情通话：通话对象 = 母亲")
    assert len(read([row], columns=columns).duties[0].condition) == 2
    with pytest.raises(PolicyError, match="“亲情通话”表单里没有“方向”"):
        read([row | {"记录条件": "亲情通话：方向 = 孩子给家长"}], columns=columns)


@pytest.mark.parametrize(
    ("duty", "after"),
    [
        (Duty("a", kind="count"), "missed"),
        (Duty("a", kind="hours"), "missed"),
        (Duty("a", kind="share"), "missed"),
        (Duty("a", kind="quota", records=("lecture",)), "missed"),
        (Duty("a", kind="quota"), "standing"),
        *((Duty("a", kind=kind), "standing") for kind in ("interval", "event", "state", "open", "helper", "complete")),
        (Duty("a", kind="count", after="standing"), "standing"),
        (Duty("a", kind="state", after="missed"), "missed"),
    ],
)  # fmt: skip
def test_what_becomes_of_a_line_that_was_not_met(duty, after):
    assert duty.after_or_default == after


@pytest.mark.parametrize(
    ("duty", "weight"),
    [
        (Duty("a"), "ordinary"),
        (Duty("a", kind="helper"), "important"),
        (Duty("a", kind="state", limit=Limit(0, "minute")), "protect"),
        (Duty("a", kind="event", limit=Limit(2, "hour")), "protect"),
        (Duty("a", kind="event", limit=Limit(2)), "ordinary"),
        (Duty("a", kind="event", limit=Limit(2, "hour"), weight="minor"), "minor"),
    ],
)
def test_how_heavy_a_line_is(duty, weight):
    assert duty.weight_or_default == weight


def test_what_the_school_sets_for_all_rows():
    usual = read()
    assert (usual.default_limit, usual.no_contact_weeks, usual.age_limit) == (Limit(14), 4, 16)
    items = {"默认时限": "48小时", "多久没有联系": "６", "年龄上限": "18岁"}
    own = read(profile=[school(item, value) for item, value in items.items()])
    assert (own.default_limit, own.no_contact_weeks, own.age_limit) == (Limit(48, "hour"), 6, 18)


@pytest.mark.parametrize(
    ("definition", "written", "age"),
    [
        ("国发〔2016〕13号", "", 16),
        ("父母双方外出", "", None),
        ("父母一方或双方外出", "", None),
        ("国发〔2016〕13号", "无", None),
        ("父母双方外出", "16", 16),
    ],
)
def test_only_the_national_definition_has_an_age_of_its_own(definition, written, age):
    """国发〔2016〕13号: 不满十六周岁. 000-2 keeps pupils of 17, 000-7 names no age."""
    assert read(profile=[school("留守标准", definition), school("年龄上限", written)]).age_limit == age


def test_a_kind_that_is_not_for_a_subject_says_for_whom_it_is():
    with pytest.raises(PolicyError, match="儿童、班级、帮扶教师、教师、教职工、学校"):
        read([duty(种类="名额", 对象="家长", 记录="")])


def test_a_trigger_is_a_moment():
    columns = {
        "home_visit": {"child": "text", "date": "date"},
        "observation": {"date": "date", "child": "text", "signs": "select_multiple"},
    }
    with pytest.raises(PolicyError) as refusal:
        read([duty(种类="事件", 触发="观察.表现")], columns=columns)
    assert (refusal.value.key, refusal.value.column) == ("policy.moment", "触发")
    assert read([duty(种类="事件", 触发="观察")], columns=columns).duties[0].trigger == Trigger("observation")


def test_face_to_face_is_what_the_school_says():
    rows = [duty(记录条件="方式 = 面对面")]
    assert read(rows).duties[0].condition == (Clause("mode", ("door", "school")),)
    policy = read(rows, [school("面对面方式", "走进家庭、视频")])
    assert policy.face_to_face == ("door", "video")
    assert policy.duties[0].condition == (Clause("mode", ("door", "video")),)


def test_the_schools_own_words_and_categories():
    policy = read(
        profile=[school(), school("留守标准", "父母双方外出"), school("界面语言", "英文")],
        用语=[{"项目": "帮扶教师", "值": "代管家长"}],
        类别=[
            {"种类": "问题类别", "名称": "学习", "用词": "学业偏差"},
            {"种类": "问题类别", "名称": "late", "用词": "迟到早退"},
        ],
    )
    assert (policy.profile["name"], policy.definition, policy.profile["language"]) == (
        "星光小学",
        "both",
        "en",
    )
    assert (policy.word("helper"), policy.word("guardian")) == ("代管家长", "监护人")
    words = [policy.label("problems", name) for name in ("study", "late", "life", "unheard")]
    assert words == ["学业偏差", "迟到早退", "生活", "unheard"]


def test_terms_in_any_order_and_make_up_days():
    rows = [
        term("春", "2027-02-21", "2027-07-05"),
        term(),
        term("补课", "2026-10-10", "2026-10-10", "补课日"),
        term("国庆", "2026-10-01", "2026-10-07", "假期"),
        {"种类": "", "名称": None, "开始": "", "结束": ""},  # an empty row is no row
    ]
    calendar = read(calendar=rows).calendar
    assert [each.name for each in calendar.terms] == ["秋", "春"]
    assert calendar.is_school_day(date(2026, 10, 10)) and not calendar.is_school_day(date(2026, 10, 5))


def test_a_register_of_the_schools_own_can_be_counted():
    columns = {name: set(fields) for name, fields in COLUMNS.items()} | {"手工课": {"child", "date", "教师"}}
    row = duty(记录="手工课", 记录条件="教师 = 王老师")
    assert read([row], columns=columns).duties[0].records == ("手工课",)


# Mistakes

MISTAKES = [
    pytest.param({"duties": [duty(种类="次书")]}, "policy.kind", "职责", 2, "种类", id="unknown kind"),
    pytest.param({"duties": [duty(), duty(名称="谈心", 种类="")]}, "policy.empty", "职责", 3, "种类", id="no kind"),
    pytest.param({"duties": [duty(名称=" ")]}, "policy.empty", "职责", 2, "名称", id="no name"),
    pytest.param({"duties": [duty(), duty()]}, "policy.twice_row", "职责", 3, "名称", id="duplicate duty"),
    pytest.param({"duties": [duty(至少="两次")]}, "policy.number", "职责", 2, "至少", id="number in words"),
    pytest.param({"duties": [duty(至少="-1")]}, "policy.number", "职责", 2, "至少", id="negative number"),
    pytest.param({"duties": [duty(至少=1.5)]}, "policy.number", "职责", 2, "至少", id="half a visit"),
    pytest.param({"duties": [duty(宽限天数="3天")]}, "policy.number", "职责", 2, "宽限天数", id="days of grace"),
    pytest.param({"duties": [duty(至少="9" * 20)]}, "policy.number_most", "职责", 2, "至少", id="more than anybody counts"),
    pytest.param({"duties": [duty(宽限天数="99999")]}, "policy.number_most", "职责", 2, "宽限天数", id="centuries of grace"),
    pytest.param({"duties": [duty(种类="事件", 触发="观察", 时限="9999999天")]}, "policy.number_most", "职责", 2, "时限", id="a limit of centuries"),
    pytest.param({"duties": [duty(至少="6", 至多="2")]}, "policy.at_most", "职责", 2, "至多", id="most below least"),
    pytest.param({"duties": [duty(周期="每天")]}, "policy.choice", "职责", 2, "周期", id="unknown period"),
    pytest.param({"duties": [duty(责任人="门卫")]}, "policy.choice", "职责", 2, "责任人", id="unknown person"),
    pytest.param({"duties": [duty(记录="书包")]}, "policy.record", "职责", 2, "记录", id="unknown record"),
    pytest.param({"duties": [duty(记录="儿童档案")]}, "policy.record", "职责", 2, "记录", id="a register of people"),
    pytest.param({"duties": [duty(记录="")]}, "policy.empty", "职责", 2, "记录", id="no record"),
    pytest.param({"duties": [duty(记录条件="方式")]}, "policy.condition", "职责", 2, "记录条件", id="half a condition"),
    pytest.param({"duties": [duty(记录条件="方式 = 骑车")]}, "policy.condition", "职责", 2, "记录条件", id="unknown value"),
    pytest.param({"duties": [duty(记录条件="记录人 = 各责任人, 班主任")]}, "policy.by", "职责", 2, "记录条件", id="each and one"),
    pytest.param({"duties": [duty(对象条件="村组 = 大坪村且年级 = 3")]}, "policy.condition", "职责", 2, "对象条件", id="clauses run together"),
    pytest.param({"duties": [duty(种类="比例", 内容="", 目标="80%", 记录条件="记录人 = 各责任人", 责任人="班主任, 帮扶教师")]}, "policy.by", "职责", 2, "记录条件", id="a share of each"),
    pytest.param({"duties": [duty(种类="比例", 内容="", 记录="", 目标="80%")]}, "policy.empty", "职责", 2, "记录", id="a share of nothing"),
    pytest.param({"duties": [duty(种类="名额", 对象="学校", 记录="")]}, "policy.school_quota", "职责", 2, "记录", id="a quota of nothing"),
    pytest.param({"duties": [duty(种类="名额", 对象="学校", 记录="结对")]}, "policy.school_quota", "职责", 2, "记录", id="pairings of the school"),
    pytest.param({"duties": [duty(记录条件="记录人 不是 班主任")]}, "policy.by", "职责", 2, "记录条件", id="anybody but"),
    pytest.param({"duties": [duty(种类="帮扶人", 对象="教师")]}, "policy.subject", "职责", 2, "对象", id="helpers of teachers"),
    pytest.param({"duties": [duty(种类="比例", 内容="家访覆盖率")]}, "policy.empty", "职责", 2, "目标", id="no target"),
    pytest.param({"duties": [duty(种类="比例", 内容="好评率", 目标="80%")]}, "policy.choice", "职责", 2, "内容", id="unknown figure"),
    pytest.param({"duties": [duty(种类="比例", 内容="家访覆盖率", 目标="八成")]}, "policy.share", "职责", 2, "目标", id="share in words"),
    pytest.param({"duties": [duty(种类="比例", 内容="家访覆盖率", 目标="120%")]}, "policy.share", "职责", 2, "目标", id="share above all"),
    pytest.param({"duties": [duty(种类="档案")]}, "policy.empty", "职责", 2, "内容", id="no fields"),
    pytest.param({"duties": [duty(记录条件="记录人 = 各责任人")]}, "policy.each", "职责", 2, "责任人", id="each of nobody"),
    pytest.param({"duties": [duty(时限="一周")]}, "policy.limit", "职责", 2, "时限", id="limit in words"),
    pytest.param({"duties": [duty(时限="13月1日")]}, "policy.day", "职责", 2, "时限", id="no such month"),
    pytest.param({"duties": [duty(时限="6月1日", 周期="每周")]}, "policy.limit_date", "职责", 2, "时限", id="a day of a week"),
    pytest.param({"duties": [duty(时限="30分钟")]}, "policy.limit_days", "职责", 2, "时限", id="minutes of a term"),
    pytest.param({"duties": [duty(种类="间隔", 时限="立即")]}, "policy.limit_days", "职责", 2, "时限", id="at once again and again"),
    pytest.param({"duties": [duty(时限="7天", 周期="经常")]}, "policy.limit_often", "职责", 2, "时限", id="often within days"),
    pytest.param({"duties": [duty(种类="间隔")]}, "policy.empty", "职责", 2, "时限", id="an interval of nothing"),
    pytest.param({"duties": [duty(种类="事件")]}, "policy.empty", "职责", 2, "触发", id="an event of nothing"),
    pytest.param({"duties": [duty(种类="事件", 触发="天气")]}, "policy.record", "职责", 2, "触发", id="an unknown trigger"),
    pytest.param({"duties": [duty(种类="办结", 触发="借阅")]}, "policy.empty", "职责", 2, "内容", id="no state"),
    pytest.param({"duties": [duty(种类="未结", 触发="借阅", 内容="归还日期")]}, "policy.empty", "职责", 2, "至多", id="open without a most"),
    pytest.param({"duties": [duty(种类="未结", 触发="借阅", 内容="合计 册数", 至多="2")]}, "policy.summed", "职责", 2, "内容", id="a sum that nothing ends"),
    pytest.param({"duties": [duty(记录条件="书信：方向 = 孩子给家长")]}, "policy.condition_register", "职责", 2, "记录条件", id="a register that the row does not count"),
    pytest.param({"duties": [duty(记录条件="方式：走进家庭 = 是")]}, "policy.condition_register", "职责", 2, "记录条件", id="a colon for a sign"),
    pytest.param({"duties": [duty(记录条件="家访：方式 = 骑车")]}, "policy.condition", "职责", 2, "记录条件", id="unknown value of one register"),
    pytest.param({"duties": [duty(记录条件="家访：记录人 = 班主任")]}, "policy.by", "职责", 2, "记录条件", id="recorded by, of one register"),
    pytest.param({"duties": [duty(过期后="再说")]}, "policy.choice", "职责", 2, "过期后", id="unknown after"),
    pytest.param({"duties": [duty(轻重="很重")]}, "policy.choice", "职责", 2, "轻重", id="unknown weight"),
    pytest.param({"duties": [duty(上报="0")]}, "policy.escalate", "职责", 2, "上报", id="rises at once"),
    pytest.param({"duties": [duty(上报="三次")]}, "policy.escalate", "职责", 2, "上报", id="rises after a word"),
    pytest.param({"duties": [duty(上报="999")]}, "policy.number_most", "职责", 2, "上报", id="rises after centuries"),
    pytest.param({"profile": [school("默认时限", "6月1日")]}, "policy.default_limit", "学校", 2, "值", id="a day as the usual limit"),
    pytest.param({"profile": [school("默认时限", "0天")]}, "policy.default_limit", "学校", 2, "值", id="no time at all"),
    pytest.param({"profile": [school("多久没有联系", "四周")]}, "policy.number", "学校", 2, "值", id="weeks in words"),
    pytest.param({"profile": [school("年龄上限", "十六")]}, "policy.age_limit", "学校", 2, "值", id="an age in words"),
    pytest.param({"profile": [school("启用日期", "九月")]}, "policy.day", "学校", 2, "值", id="no day that it began"),
    pytest.param({"duties": [duty(对象条件="年级 > 高")]}, "policy.condition", "职责", 2, "对象条件", id="above a word"),
    pytest.param({"duties": [duty(启用="也许")]}, "policy.choice", "职责", 2, "启用", id="perhaps in force"),
    pytest.param({"calendar": [term(), term("家访周", "10月23日", "10月25日", "集中家访"), term("又一", "10月25日", "10月26日", "集中家访")]}, "policy.overlap", "校历", 4, "开始", id="overlapping windows"),
    pytest.param({"duties": [{"名称": "家访"}]}, "policy.no_column", "职责", None, "", id="missing column"),
    pytest.param({"duties": [duty(宽限天="3")]}, "policy.column", "职责", None, "宽限天", id="unknown column"),
    pytest.param({"calendar": [term(end="2026-08-31")]}, "policy.end_before_start", "校历", 2, "结束", id="end before start"),
    pytest.param({"calendar": [term(end="2037-01-16")]}, "policy.long", "校历", 2, "结束", id="a term of ten years"),
    pytest.param({"calendar": [term(start="0206-09-01")]}, "policy.day", "校历", 2, "开始", id="a day of the third century"),
    pytest.param({"calendar": [term(), term("春", "2027-01-16", "2027-07-01")]}, "policy.overlap", "校历", 3, "开始", id="overlapping terms"),
    pytest.param({"calendar": [term("春", "2027-01-16", "2027-07-01"), term()]}, "policy.overlap", "校历", 2, "开始", id="overlapping, later first"),
    pytest.param({"calendar": [term(), term(start="2028-09-01", end="2029-01-01")]}, "policy.twice_row", "校历", 3, "名称", id="two terms of a name"),
    pytest.param({"calendar": [term(start="九月一日")]}, "policy.day", "校历", 2, "开始", id="day in words"),
    pytest.param({"calendar": [term(start="2026-02-29")]}, "policy.day", "校历", 2, "开始", id="29 February of a common year"),
    pytest.param({"calendar": [term(end="")]}, "policy.empty", "校历", 2, "结束", id="no end"),
    pytest.param({"calendar": [term(kind="放假")]}, "policy.choice", "校历", 2, "种类", id="unknown kind of day"),
    pytest.param({"profile": [school("校长", "某人")]}, "policy.choice", "学校", 2, "项目", id="unknown item"),
    pytest.param({"profile": [school(), school()]}, "policy.twice", "学校", 3, "项目", id="item twice"),
    pytest.param({"profile": [school("留守标准", "一方外出")]}, "policy.choice", "学校", 2, "值", id="unknown definition"),
    pytest.param({"profile": [school("面对面方式", "走进家庭, 骑车")]}, "policy.condition", "学校", 2, "值", id="unknown mode"),
    pytest.param({"用语": [{"项目": "厨师", "值": "厨子"}]}, "policy.choice", "用语", 2, "项目", id="unknown word"),
    pytest.param({"类别": [{"种类": "问题类别", "名称": "学习", "用词": ""}]}, "policy.empty", "类别", 2, "用词", id="empty category"),
    pytest.param({"职贵": [duty()]}, "policy.sheet", "职贵", None, "", id="unknown sheet"),
]  # fmt: skip


@pytest.mark.parametrize(("sheets", "key", "sheet", "row", "column"), MISTAKES)
def test_a_mistake_is_refused_with_its_place_and_what_to_do(sheets, key, sheet, row, column):
    with pytest.raises(PolicyError) as refusal:
        read(**sheets)
    error = refusal.value
    assert (error.key, error.file, error.sheet, error.row, error.column) == (
        key,
        "school.xlsx",
        sheet,
        row,
        column,
    )
    message = error.message()
    assert message.startswith("school.xlsx") and sheet in message
    assert not re.search(r"[{}]", message)


def test_every_mistake_of_a_workbook_is_told_at_once_in_the_order_of_the_rows():
    with pytest.raises(PolicyError) as refusal:
        read(
            [duty(种类="次书"), duty(名称="谈心"), duty(名称="通话", 至少="两次")],
            profile=[school("启用日期", "九月")],
            calendar=[term(end="")],
            用语=[{"项目": "厨师", "值": "厨子"}],
        )
    error = refusal.value
    places = [(mistake.sheet, mistake.row, mistake.column) for mistake in error.each()]
    assert places == [
        ("学校", 2, "值"),
        ("校历", 2, "结束"),
        ("职责", 2, "种类"),
        ("职责", 4, "至少"),
        ("用语", 2, "项目"),
    ]


@pytest.mark.parametrize(
    ("written", "near"), [("次书", "次数"), ("间格", "间隔"), ("late_book", "late_books"), ("zzz", None)]
)
def test_a_kind_that_is_not_known_is_compared_with_those_that_are(written, near):
    sheets = {"学校": [], "职责": [duty(种类=written)]}
    with pytest.raises(PolicyError) as refusal:
        policy_from_sheets(sheets, "school.xlsx", own_kinds={"late_books": print})
    assert (f"是不是“{near}”？" in str(refusal.value)) is (near is not None)
    assert "late_books" in str(refusal.value)


def test_a_row_may_name_a_rule_of_the_schools_own_in_full_width_too():
    sheets = {"学校": [], "职责": [duty(种类="ｌａｔｅ_books", 记录="", 内容="随便什么", 时限="2小时")]}
    policy = policy_from_sheets(sheets, "school.xlsx", own_kinds={"late_books": print})
    assert (policy.duties[0].kind, policy.own_kinds["late_books"]) == ("late_books", print)
    assert policy.duties[0].limit == Limit(2, "hour")


def test_every_mistake_has_a_case():
    keys = {key for key in catalogue() if key.startswith("policy.")} - {
        "policy.comma",
        "policy.or",
        "policy.waits",
        "policy.near",
        "policy.none",
    }
    tried = {case.values[1] for case in MISTAKES}
    assert keys - tried == {
        "policy.no_sheet",
        "policy.field",
        "policy.record_fields",
        "policy.moment",
        "policy.column_twice",
    }  # tested below


def test_a_missing_sheet_is_named():
    with pytest.raises(PolicyError, match="职责"):
        policy_from_sheets({"学校": []}, "school.xlsx")


@pytest.mark.parametrize(
    ("row", "key"),
    [
        (duty(记录条件="方法 = 1"), "policy.field"),
        (duty(对象条件="爱好 = 1"), "policy.field"),
        (duty(种类="档案", 内容="现居住地"), "policy.field"),
        (duty(记录="体检", 记录条件="记录人 = 班主任"), "policy.field"),
        (duty(记录="菜单"), "policy.record_fields"),
    ],
)
def test_fields_are_checked_against_the_forms_that_are_given(row, key):
    columns = {name: set(fields) for name, fields in COLUMNS.items()} | {
        "菜单": {"日期"},
        "体检": {"child", "date"},
    }
    with pytest.raises(PolicyError) as refusal:
        read([row], columns=columns)
    assert (refusal.value.key, refusal.value.row) == (key, 2)


def test_the_rows_own_number_is_told():
    with pytest.raises(PolicyError) as refusal:
        read([duty(至少="两次") | {ROW: 17}])
    assert refusal.value.row == 17


def test_a_mistake_in_markdown_is_told_by_its_line():
    text = "# 制度\n\n说明\n\n## 学校\n\n| 项目 | 值 |\n|---|---|\n\n## 职责\n\n| 名称 | 种类 |\n|---|---|\n| 家访 | 次书 |\n"
    with pytest.raises(PolicyError) as refusal:
        policy_from_sheets(sheets_from_markdown(text), "own.md")
    assert text.splitlines()[refusal.value.row - 1] == "| 家访 | 次书 |"


# The catalogue


def test_no_two_names_are_written_alike():
    """A word of the workbook means one thing: no text stands for two names of one list."""
    lists = {"sheet", "heading", "profile", "definition", "word", "record", "question"}
    lists |= {
        key.rpartition(".")[0]
        for key in catalogue()
        if key.startswith(("duty.", "choice.", "calendar.kind."))
    }
    for prefix in lists - {"choice"}:
        names = [key.removeprefix(f"{prefix}.") for key in catalogue() if key.startswith(f"{prefix}.")]
        for language in ("zh", "en"):
            written = [say(f"{prefix}.{name}", language) for name in names]
            assert len(set(written)) == len(names), (prefix, language)


def test_every_heading_has_words():
    for sheet in HEADINGS:
        assert all(headings(sheet)) and all(headings(sheet, "en"))


# The other kinds of duty: one row each, as KINDS of the sheet may be written


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"时限": "7天"}, {"limit": Limit(7)}),
        ({"时限": "6月1日", "周期": "每年"}, {"limit": Limit(601, "date"), "per": "year"}),
        ({"种类": "间隔", "时限": "14"}, {"kind": "interval", "limit": Limit(14)}),
        ({"周期": "经常", "至少": ""}, {"per": "often", "at_least": 0}),
        ({"周期": "各阶段"}, {"per": "phase"}),
        ({"记录条件": "记录人 = 各责任人", "责任人": "班主任，帮扶教师"}, {"by": ("each",), "roles": (("homeroom",), ("helper",))}),
        ({"责任人": "班主任、帮扶教师"}, {"who": ("homeroom", "helper"), "roles": (("homeroom", "helper"),)}),
        ({"种类": "课时", "记录": "健康课", "内容": "课时数", "至少": 18, "至多": 36}, {"content": ("hours",), "at_most": 36}),
        ({"种类": "名额", "记录": "", "至少": "", "至多": 5}, {"at_least": 0, "at_most": 5}),
        ({"种类": "名额", "记录": "", "记录条件": "角色 = 伙伴"}, {"condition": (Clause("role", ("peer",)),)}),
        ({"记录": "讲座", "对象": "学校", "记录条件": "种类 = 安全, 法制"}, {"condition": (Clause("kind", ("safety", "law")),)}),
        ({"种类": "事件", "触发": "家访.跟进日期", "时限": "0天"}, {"trigger": Trigger("home_visit", "follow_up")}),
        (
            {"种类": "事件", "触发": "观察", "触发条件": "表现 = 情绪不好", "时限": ""},
            {"trigger": Trigger("observation"), "trigger_condition": (Clause("signs", ("mood",)),), "limit": None},
        ),
        (
            {"种类": "办结", "记录": "", "触发": "突发事件.发现时间", "内容": "告知监护人时间", "时限": "30分钟"},
            {"trigger": Trigger("incident", "found_at"), "content": ("guardian_told_at",), "limit": Limit(30, "minute"), "record": "incident"},
        ),
        ({"种类": "办结", "触发": "问题台账", "内容": "类别 != 空"}, {"state": (Clause("category", ("",), True),)}),
        ({"种类": "未结", "触发": "借阅", "内容": "归还日期", "至多": 2}, {"at_most": 2, "content": ("returned_on",)}),
        ({"对象条件": "年级 >= 7；父亲电话 = 空"}, {"subject_condition": (Clause("grade", ("7",), order=">="), Clause("father_phone", ("",)))}),
        ({"种类": "比例", "内容": "", "目标": "95%"}, {"content": (), "target": 0.95, "records": ("home_visit",)}),
        ({"启用": "否", "记录": "没有的表"}, {"in_force": False}),
        ({}, {"after": "", "weight": "", "escalate": 3}),
        ({"过期后": "仍办", "轻重": "伤害", "上报": "２"}, {"after": "standing", "weight": "harm", "escalate": 2}),
        ({"when overdue": "missed", "weight": "protect", "escalate after": "no"}, {"after": "missed", "weight": "protect", "escalate": None}),
        ({"上报": "不上报"}, {"escalate": None}),
        ({"对象": "教职工"}, {"subject": "staff"}),
        ({"周期": "每半年"}, {"per": "half_year"}),
        ({"周期": "每个周末"}, {"per": "weekend"}),
        ({"周期": "per weekend day"}, {"per": "weekend_day"}),
        ({"周期": "每个节假日"}, {"per": "holiday"}),
    ],
)  # fmt: skip
def test_what_a_row_says(cells, expected):
    row = duty(**cells)
    if cells.get("启用") == "否":
        row["记录"] = "书信"
    rule = read([row]).duties[0]
    assert {name: getattr(rule, name) for name in expected} == expected


def test_a_row_that_is_not_in_force_may_name_a_form_that_does_not_exist_yet():
    columns = {name: set(fields) for name, fields in COLUMNS.items()}
    assert read([duty(记录="书信", 启用="否")], columns=columns).of_kind("count") == ()
    with pytest.raises(PolicyError) as refusal:
        read([duty(记录="书信")], columns=columns)
    assert refusal.value.key == "policy.record"


def test_days_without_a_year_are_meant_every_year():
    rows = [
        term(),
        term("宣传月", "2月1日", "2月29日", "集中家访"),
        term("元旦", "12月31日", "1月1日", "假期"),
    ]
    calendar = read(calendar=rows).calendar
    assert [(window.start, window.end) for window in calendar.windows] == [
        (date(year, 2, 1), date(year, 2, last))
        for year, last in ((2025, 28), (2026, 28), (2027, 28), (2028, 29))
    ]
    assert calendar.is_school_day(date(2026, 12, 30)) and not calendar.is_school_day(date(2027, 1, 1))


def test_public_holidays_come_by_themselves_and_the_schools_own_rows_stand_above_them():
    assert not read(calendar=[term()]).calendar.is_school_day(date(2026, 10, 1))
    assert read(calendar=[term()], profile=[school("法定节假日", "不用")]).calendar.is_school_day(
        date(2026, 10, 1)
    )
    own = [
        term(),
        term("运动会", "2026-09-20", "2026-09-20", "假期"),
        term("补", "2026-10-07", "2026-10-07", "补课日"),
    ]
    calendar = read(calendar=own).calendar
    assert not calendar.is_school_day(date(2026, 9, 20))  # a public make-up Sunday
    assert calendar.is_school_day(date(2026, 10, 7))
