"""Every kind of duty and every trigger, as a coordinator writes its row and as the records answer it (requirements 2A, 7.2, 7.3, 7.5).

One row of the sheet 职责 each, a few records, and what stands on the checklist: status, until when, needed and there.
Section numbers are those of the documents (002-1 L79); `tests/care/policy/test_presets.py` says which preset has which.
"""

from datetime import date, datetime

import pytest
from support.duty_cases import ONE, lines_of, record, summed_up, visit


def test_a_share_is_that_of_the_term_also_in_the_holidays():
    """What the checklist says between terms is what the page of coverage says: the term is summed up on its last day."""
    visits = {"home_visit": [visit("2026-11-02"), visit("2027-01-20", "x2")]}
    row = {"种类": "比例", "内容": "家访覆盖率", "目标": "100%"}
    for on in (date(2027, 1, 16), date(2027, 2, 1)):
        assert [(line["need"], line["have"]) for line in lines_of(visits, on, **row).to_dict("records")] == [
            (2, 1)
        ]
    assert lines_of(visits, date(2027, 2, 1), **row)["status"].tolist() == ["missed"]


STAFF = [
    {"id": "s2", "name": "帮老师", "role": "subject", "active": "yes"},
    {"id": "s5", "name": "后老师", "role": "logistics", "active": "yes"},
    {"id": "s6", "name": "走老师", "role": "subject", "active": "no"},
]


@pytest.mark.parametrize(
    ("row", "records", "expected"),
    [
        pytest.param(
            {"记录": "谈心", "至少": 1, "周期": "每周"} | ONE, {"talk": [record(f"2026-{d}") for d in
             ("09-01", "09-07", "09-14", "09-21", "09-28", "10-05", "10-12", "10-19", "10-26", "11-02", "11-16")]},
            [("missed", "11-15", 1, 0)] + [("done", day, 1, 1) for day in
             ("09-06", "09-13", "09-20", "09-27", "10-04", "10-11", "10-18", "10-25", "11-01", "11-08", "11-22")], id="002-1 L49: weekly, one week missed",
        ),
        pytest.param({"记录": "通话", "周期": "每两周"} | ONE, {"call": [record("2026-11-16")]}, [("missed", "09-13", 1, 0)] + [("missed", d, 1, 0) for d in ("09-27", "10-11", "10-25", "11-08")] + [("done", "11-22", 1, 1)], id="a fortnight"),
        pytest.param({"记录": "谈心", "周期": "每月"} | ONE, {"talk": [record("2026-09-30"), record("2026-10-01")]}, [("to_do", "11-30", 1, 0), ("done", "09-30", 1, 1), ("done", "10-31", 1, 1)], id="002-3 L211: monthly"),
        pytest.param({"记录": "家访", "至少": 2, "周期": "每学期"} | ONE, {"home_visit": [visit("2026-09-10")]}, [("to_do", "01-16", 2, 1)], id="002-1 L27: two a term"),
        pytest.param({"记录": "体检", "周期": "每学年"} | ONE, {"health_check": [record("2026-09-03")]}, [("done", "07-31", 1, 1)], id="once a school year"),
        pytest.param({"记录": "家访", "周期": "各阶段"} | ONE, {"home_visit": [visit("2026-09-10")]}, [("to_do", "12-20", 1, 0), ("done", "09-27", 1, 1)], id="001-1 L33: beginning, middle, end"),
        pytest.param({"种类": "间隔", "记录": "通话", "时限": "14天"} | ONE, {"call": [record("2026-11-10")]}, [("to_do", "11-24", 1, 0), ("late", "09-15", 1, 1)], id="at most fourteen days apart"),
        pytest.param({"对象": "学校", "记录": "表彰", "周期": "每年", "时限": "6月1日"}, {"award": []}, [("standing", "06-01", 1, 0)], id="001-2a L63: 六一 awards, late this year"),
        pytest.param({"记录": "家访", "记录条件": "记录人 = 各责任人", "责任人": "班主任, 帮扶教师"} | ONE, {"home_visit": [visit("2026-09-10")]}, [("to_do", "01-16", 1, 0), ("done", "01-16", 1, 1)], id="each of class teacher and helper"),
        pytest.param({"种类": "比例", "对象": "儿童", "记录": "家访", "内容": "面对面家访率", "目标": "80%"}, {"home_visit": [visit("2026-09-10"), visit("2026-09-11", "x2", "phone")]}, [("to_do", "01-16", 2, 1)], id="004: face to face, at least 80 %"),
        pytest.param({"种类": "比例", "对象": "教师", "记录": "家访", "内容": "教师参与率", "目标": "100%"}, {"home_visit": [visit("2026-09-10")]}, [("to_do", "01-16", 4, 1)], id="004: all teachers take part"),
        pytest.param({"种类": "比例", "对象": "儿童", "记录": "家访", "内容": "家访覆盖率", "目标": "100%"}, {"home_visit": [visit("2026-09-10"), visit("2026-09-11", "x2", "phone")]}, [("done", "01-16", 2, 2)], id="004: all children covered, by telephone too"),
        pytest.param({"记录": "家访", "记录条件": "方式 = 面对面", "对象条件": "特殊群体 = 残疾"}, {"home_visit": [visit("2026-09-11", mode="phone")]}, [("to_do", "01-16", 1, 0)], id="004: special groups, all face to face"),
        pytest.param({"种类": "名额", "对象": "帮扶教师", "至少": 6}, {}, [("standing", "09-01", 6, 2)], id="002-1 L45: at least six children each"),
        pytest.param({"种类": "名额", "对象": "帮扶教师", "至少": 1, "至多": 1}, {}, [("standing", "09-01", 1, 2)], id="002-8 L517: exactly one"),
        pytest.param({"种类": "名额", "对象": "教职工", "至少": 6}, {}, [("standing", "09-01", 6, 2), *[("standing", "09-01", 6, 0)] * 3], id="002-1 L45: every member of staff, also who carries nobody"),
        pytest.param({"种类": "名额", "对象": "教职工", "至少": 1}, {"staff": STAFF}, [("standing", "09-01", 1, 0), ("done", "09-01", 1, 2)], id="002-1 L45: logistics too, without who has gone"),
        pytest.param({"种类": "名额", "对象": "教师", "至少": 1}, {"staff": STAFF}, [("done", "09-01", 1, 2)], id="002-7a L397: teachers, logistics are none"),
        pytest.param({"种类": "名额", "对象": "帮扶教师", "至少": 1}, {"pairing": []}, [], id="helpers are only who carry somebody"),
        pytest.param({"种类": "名额", "对象": "班级", "至少": 1, "至多": 1}, {}, [("standing", "09-01", 1, 2)], id="a class puts forward too many"),
        pytest.param({"种类": "名额", "对象": "班级", "记录": "保学情况", "记录条件": "种类 = 辍学", "至多": 0, "周期": "每学年"}, {}, [("done", "07-31", 0, 0)], id="F20: no dropout, and there was none"),
        pytest.param({"种类": "名额", "对象": "班级", "记录": "保学情况", "记录条件": "种类 = 辍学", "至多": 0, "周期": "每学年"}, {"retention": [record("2026-10-12") | {"kind": "dropout"}]}, [("to_do", "07-31", 0, 1)], id="F20: no dropout, and there was one"),
        pytest.param({"种类": "名额", "对象": "班级", "至少": 4, "至多": 5}, {}, [("done", "09-01", 2, 2)], id="000-7 L122: 4-5 a class, of two all"),
        pytest.param({"种类": "名额", "对象": "儿童", "记录条件": "角色 = 伙伴", "至少": 1} | ONE, {}, [("standing", "08-25", 1, 0)], id="002-7a L409: a friend each"),
        pytest.param({"种类": "帮扶人", "对象": "儿童", "宽限天数": 14} | ONE, {}, [("done", "09-08", 1, 1)], id="a helper each"),
        pytest.param({"种类": "档案", "内容": "现居住地, 父亲电话/母亲电话"}, {}, [("standing", "08-25", 2, 1), ("done", "08-25", 2, 2)], id="002-1 L19: contact card"),
        pytest.param({"种类": "办结", "触发": "责任书", "内容": "签订日期"} | ONE, {"responsibility": [record("2026-10-01", signed_on=None)]}, [("standing", "10-15", 1, 0)], id="003-2 L26: a letter to be signed, no limit given"),
        pytest.param({"种类": "办结", "触发": "反馈表", "内容": "答复日期", "时限": "10天"} | ONE, {"feedback": [record("2026-11-09", answered_on=None)]}, [("standing", "11-19", 1, 0)], id="004: feedback answered"),
        pytest.param({"种类": "办结", "触发": "问题台账", "内容": "了结日期"} | ONE, {"issue": [record("2026-11-09", closed_on="2026-11-12")]}, [("done", "11-23", 1, 1)], id="004: an issue closed"),
        pytest.param({"种类": "办结", "触发": "借阅", "内容": "归还日期", "时限": "7天"} | ONE, {"loan": [record("2026-11-12", returned_on=None), record("2026-11-13", returned_on=None)]}, [("standing", "11-19", 1, 0), ("to_do", "11-20", 1, 0)], id="002-1 L79: seven days"),
        pytest.param({"种类": "未结", "触发": "借阅", "内容": "归还日期, 合计 册数", "至多": 2}, {"loan": [record("2026-11-12", books=2), record("2026-11-13", books=1), record("2026-11-13", "x2", books=2)]}, [("standing", "11-13", 0, 3), ("done", "11-13", 0, 2)], id="002-1 L79: at most two books, of however many loans"),
        pytest.param({"种类": "课时", "对象": "班级", "记录": "健康课", "内容": "课时数", "至少": 18, "至多": 36, "周期": "每学期"}, {"lesson": [{"id": "l1", "date": "2026-10-01", "class": "三1班", "hours": 17.5}]}, [("to_do", "01-16", 18, 17)], id="002-1 L105: 18 to 36 hours, too few"),
        pytest.param({"种类": "课时", "对象": "班级", "记录": "健康课", "内容": "课时数", "至少": 18, "至多": 36, "周期": "每学期"}, {"lesson": [{"id": "l1", "date": "2026-10-01", "class": "三1班", "hours": 37}]}, [("to_do", "01-16", 18, 37)], id="002-1 L105: too many"),
        pytest.param({"记录": "慰问资助", "周期": "每半年"} | ONE, {"aid": [record("2026-07-02"), record("2026-12-30")]}, [("done", "12-31", 1, 1)], id="001-2b L77: half-yearly"),
        pytest.param({"对象": "学校", "记录": "之家开放", "周期": "每个周末", "至少": 2}, {"opening": [record("2026-11-14"), record("2026-11-15"), record("2026-11-13")]}, [*[("missed", f"{day}", 2, 0) for day in ("09-06", "09-13", "09-20", "09-27", "10-04", "10-11", "10-18", "10-25", "11-01", "11-08")], ("done", "11-15", 2, 2)], id="000-7 L128: Saturday and Sunday"),
        pytest.param({"对象": "学校", "记录": "之家开放", "周期": "每个周末日"}, {"opening": [record("2026-09-05")]}, [*[("missed", f"{day}", 1, 0) for day in ("09-06", "09-12", "09-13", "09-19", "09-20", "09-26", "09-27", "10-03", "10-04", "10-10", "10-11", "10-17", "10-18", "10-24", "10-25", "10-31", "11-01", "11-07", "11-08", "11-14", "11-15")], ("done", "09-05", 1, 1)], id="000-7 L128: each day of the weekend"),
        pytest.param({"记录": "谈心", "周期": "经常"} | ONE, {"talk": [record("2026-10-01")]}, [("done", "", 0, 1)], id="经常: only counted"),
        pytest.param({"对象": "监护人", "记录": "监护人联系", "周期": "每月"} | ONE, {"guardian_contact": [record(f"2026-{m}-05") for m in ("09", "10", "11")]}, [("done", "09-30", 1, 1), ("done", "10-31", 1, 1), ("done", "11-30", 1, 1)], id="001-1 L39: guardians"),
        pytest.param({"对象": "家长", "记录": "通话", "周期": "每学期", "对象条件": "年级 >= 4"}, {}, [], id="a condition on the grade, nobody"),
        pytest.param({"对象": "教师", "对象条件": "职务 = 心理辅导教师", "记录": "谈心", "周期": "每学期"}, {"talk": [record("2026-10-01", by="s4")]}, [("done", "01-16", 1, 1)], id="of a teacher"),
    ],
)  # fmt: skip
def test_a_row_of_each_kind_and_its_lines(row, records, expected):
    assert [line[1:] for line in summed_up(lines_of(records, **row))] == expected


SIGNS = "情绪不好, 身体不佳, 成绩下降, 迟到早退, 与同学争吵"
STEPS = {"种类": "办结", "触发": "突发事件.发现时间"}
PLAN = {
    "种类": "事件",
    "触发": "谈心",
    "记录": "个别方案",
    "触发条件": "谈心发现 = 学习严重滑坡, 人格发展不健全, 道德发展失范, 涉嫌违法",
}
NATIONAL = STEPS | {
    "内容": "报警时间",
    "时限": "立即",
    "触发条件": "种类 = 单独居住, 失踪, 监护人失职, 家暴或侵害, 意外伤害",
}


def incident(kind="missing", **answers):
    return [
        {"id": "e1", "child": "x1", "date": "2026-11-20", "kind": kind, "found_at": "2026-11-20T14:00"}
        | answers
    ]


@pytest.mark.parametrize(
    ("row", "records", "expected"),
    [
        *(
            pytest.param({"种类": "事件", "触发": "观察", "触发条件": f"表现 = {SIGNS}", "记录": "家访", "时限": "7天"}, {"observation": [record("2026-11-16", signs=[sign], by="s4")]}, [("to_do", "11-23")], id=f"000-8 L138 五必访: {sign}")
            for sign in ("mood", "health", "grades", "late", "quarrel")
        ),
        pytest.param({"种类": "事件", "触发": "观察", "记录": "家访", "时限": "7天"}, {"observation": [record("2026-11-01")], "home_visit": [visit("2026-11-12")]}, [("late", "11-08")], id="五必访 answered, however late"),
        pytest.param({"种类": "事件", "触发": "变动", "触发条件": "字段 = special_groups", "记录": "家访", "时限": "14天"}, {"change": [record("2026-11-02", field="special_groups")]}, [("standing", "11-16")], id="004: the special group has changed"),
        pytest.param({"种类": "事件", "触发": "家访.跟进日期", "记录": "家访", "时限": "0天"}, {"home_visit": [visit("2026-11-01", follow_up="2026-11-19")]}, [("standing", "11-19")], id="W4: the follow-up date has come"),
        pytest.param({"种类": "事件", "触发": "家访.跟进日期", "记录": "家访", "时限": "0天"}, {"home_visit": [visit("2026-11-01", follow_up="2026-11-19"), visit("2026-11-18")]}, [("done", "11-19")], id="W4: it was followed up before"),
        *(
            pytest.param(PLAN, {"talk": [record("2026-11-02", findings=[finding])]}, [("standing", "11-16")], id=f"002-3 L211: plan for {finding}")
            for finding in ("study_slide", "personality", "moral", "offence")
        ),
        pytest.param(PLAN, {"talk": [record("2026-11-02", findings=[])]}, [], id="002-3 L211: nothing found"),
        pytest.param({"种类": "事件", "触发": "问题台账", "触发条件": "类别 = 心理", "记录": "咨询", "责任人": "心理辅导教师"}, {"issue": [record("2026-11-02", category="mind")]}, [("standing", "11-16")], id="004 四(三): psychological harm, to the counsellor"),
        pytest.param(STEPS | {"内容": "告知监护人时间", "时限": "30分钟"}, {"incident": incident()}, [("standing", "11-20")], id="002-3 L217: guardian, 31 minutes later"),
        pytest.param(STEPS | {"内容": "告知家长时间", "时限": "1小时"}, {"incident": incident()}, [("to_do", "11-20")], id="002-3 L217: parents have an hour"),
        pytest.param(STEPS | {"内容": "报告教育部门时间", "时限": "2小时"}, {"incident": incident()}, [("to_do", "11-20")], id="002-3 L217: education office, two"),
        *(
            pytest.param(NATIONAL, {"incident": incident(kind)}, [("standing", "11-20")] if must_report else [], id=f"国发〔2016〕13号: {kind}")
            for kind, must_report in {"alone": 1, "missing": 1, "guardian_unable": 1, "violence": 1, "injury": 1, "illness": 0, "other": 0}.items()
        ),
        pytest.param(NATIONAL, {"incident": incident(police_told_at="2026-11-20T14:00")}, [("done", "11-20")], id="told at once"),
    ],
)  # fmt: skip
def test_what_a_trigger_opens(row, records, expected):
    lines = lines_of(records, now=datetime(2026, 11, 20, 14, 31), **row)
    assert [line[1:3] for line in summed_up(lines)] == expected
    if "责任人" in row:
        assert set(lines["who"]) == {"心老师"}


@pytest.mark.parametrize(
    ("began", "expected"),
    [
        (None, [("to_do", "11-30"), ("missed", "09-30"), ("missed", "10-31")]),
        ("2026-08-01", [("to_do", "11-30"), ("missed", "09-30"), ("missed", "10-31")]),
        ("2026-10-12", [("to_do", "11-30"), ("missed", "10-31")]),
        ("2026-11-13", [("to_do", "11-30")]),
        ("2026-11-20", []),  # seven days of school of twenty-one: less than half a meeting
        ("2026-11-21", []),
    ],
)
@pytest.mark.parametrize("subject", ["学校", "班级"])
def test_nothing_is_owed_from_before_the_school_began(began, expected, subject):
    profile = [{"项目": "启用日期", "值": began}] if began else []
    lines = lines_of({"meeting": []}, profile=profile, 对象=subject, 记录="会议", 周期="每月")
    assert [line[1:3] for line in summed_up(lines)] == expected


def test_a_child_of_long_ago_owes_from_the_day_the_school_began_and_its_dossier_has_its_days_of_grace():
    profile = [{"项目": "启用日期", "值": "2026-11-18"}]
    weekly = lines_of({}, profile=profile, 记录="谈心", 周期="每周", **ONE)
    assert summed_up(weekly) == [("童一", "to_do", "11-22", 1, 0)]
    dossier = lines_of({}, profile=profile, 种类="档案", 内容="现居住地", 宽限天数=14)
    assert ("童二", "to_do", "12-02", 1, 0) in summed_up(dossier)
    book = {"loan": [record("2026-09-09", returned_on=None)]}
    still = lines_of(book, profile=profile, 种类="办结", 触发="借阅", 内容="归还日期", 时限="7天", **ONE)
    assert summed_up(still) == [("童一", "standing", "09-16", 1, 0)]  # what is open since before stays open
    early = {"home_visit": [visit("2026-09-10")]}
    assert (
        summed_up(lines_of(early, profile=profile, 记录="家访", 周期="每学期", **ONE)) == []
    )  # a part too small to owe one
