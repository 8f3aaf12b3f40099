"""What a row of 职责 asks, in words: each row of each preset, and each kind with what a teacher has to know.

Requirement: each rule stands with its number, its period and its source (requirements 2A, 2B, 7.4, 7.10).
"""

import pytest

from guanai.care.calendar.periods import PERIODS
from guanai.care.policy.conditions import parse_condition
from guanai.care.policy.duty import KINDS, Duty, Limit, Trigger
from guanai.care.policy.duty_rows import REGISTER_OF_SUBJECT
from guanai.care.policy.policy import Policy, policy_from_sheets, sheets_from_markdown
from guanai.care.policy.sentences import sentence
from guanai.care.policy.workbook_rows import register_label
from guanai.templates import template
from guanai.templates.wording import catalogue, say

PRESETS = sorted(path.stem for path in template("policies").glob("*.md"))


def rules(name):
    text = (template("policies") / f"{name}.md").read_text(encoding="utf-8")
    return policy_from_sheets(sheets_from_markdown(text), f"{name}.md")


def expected_words(duty, language):
    """Return what has to be in the sentence of a duty: its registers, its numbers, its period, who, its source."""
    registers = duty.records or ((duty.trigger.record,) if duty.trigger else ())
    yield from (register_label(name) if language == "zh" else say(f"record.{name}", "en") for name in registers
                if name != "pairing" and f"record.{name}" in catalogue())  # fmt: skip
    counted = duty.kind == "count" and duty.per != "often"
    if counted or (duty.kind == "event"):
        yield str(duty.at_least)
    if counted or duty.kind == "hours":
        yield say(f"rule.per.{duty.per}", language).rstrip("，")
    if duty.at_most is not None:
        yield str(duty.at_most)
    if duty.target is not None:
        yield f"{duty.target:.0%}"
    if duty.grace_days:
        yield str(duty.grace_days)
    if duty.limit and duty.limit.number and duty.limit.unit != "date":
        yield str(duty.limit.number)
    yield duty.source


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", PRESETS)
def test_each_row_says_its_register_its_number_its_period_and_its_source(name, language):
    policy = rules(name)
    for duty in policy.duties:
        text = sentence(duty, policy, language)
        for word in expected_words(duty, language):
            assert word.casefold() in text.casefold(), (duty.name, word, text)
        assert "{" not in text and "  " not in text and "None" not in text, text
        if language == "zh":
            assert (
                text.endswith("。") and "。。" not in text and "，，" not in text and "立即内" not in text
            ), text


CHILD = {"who": ("helper",), "source": "002-1 L49"}
EXAMPLES = [
    pytest.param(
        Duty("谈心", records=("talk",), by=("helper",), per="week", grace_days=3, **CHILD),
        "每周每名留守儿童要有谈心至少 1 次，只算帮扶教师记录的，由帮扶教师负责。周日以前做完，再宽限 3 天。"
        "过期没做的算错过，不再催办，只记在统计里。连续错过 3 次，也提醒班主任；连续错过 6 次，也提醒德育负责人。依据：002-1 L49。",
        id="weekly, with days of grace, rises",
    ),
    pytest.param(
        Duty("还书", kind="state", trigger=Trigger("loan"), content=("returned_on",), limit=Limit(7), who=("coordinator",)),
        "每名留守儿童的借阅，在记录日期后 7 天内要填上归还日期，由德育负责人负责。过期没做的一直留在清单上，补了算迟办。本校规定。",
        id="a state within days",
    ),
    pytest.param(
        Duty("报警", kind="state", trigger=Trigger("incident", "found_at"), content=("police_told_at",), limit=Limit(0, "minute")),
        "每名留守儿童的突发事件，在发现时间后立即要填上报警时间，没有写由谁负责。过期没做的一直留在清单上，补了算迟办。本校规定。",
        id="at once",
    ),
    pytest.param(
        Duty("跟进", kind="event", records=("home_visit",), trigger=Trigger("home_visit", "follow_up"), limit=Limit(0), who=("homeroom",)),
        "每名留守儿童的家访，在跟进日期当天要有家访至少 1 次，由班主任负责。过期没做的一直留在清单上，补了算迟办。本校规定。",
        id="on the day itself",
    ),
    pytest.param(
        Duty("借书", kind="open", trigger=Trigger("loan"), content=("returned_on",), summed="books", at_most=2, who=("coordinator",), grace_days=2),
        "每名留守儿童没有填归还日期的借阅，册数合计最多 2，由德育负责人负责。多出来的，2 天内了结。过期没做的一直留在清单上，补了算迟办。本校规定。",
        id="books of open loans",
    ),
    pytest.param(
        Duty("联系", records=("letter", "family_call"), condition=parse_condition("书信：方向 = 孩子给家长", ("letter", "family_call")), per="month", who=("homeroom",), escalate=None),
        "每月每名留守儿童要有书信（方向：孩子给家长）或亲情通话至少 1 次，由班主任负责。月底以前做完。过期没做的算错过，不再催办，只记在统计里。本校规定。",
        id="a condition of one register, never rises",
    ),
    pytest.param(
        Duty("体检", records=("health_check",), limit=Limit(7), who=("homeroom",)),
        "每学期每名留守儿童要有体检至少 1 次，由班主任负责。每学期的头 7 天内做完。过期没做的，学期结束以前还可以补，补了算迟办；再没有补的算错过。本校规定。",
        id="a limit within the term",
    ),
    pytest.param(
        Duty("普查", subject="class", records=("census",), per="year", limit=Limit(430, "date"), who=("homeroom",), after="standing"),
        "每年每个班级要有登记普查至少 1 次，由班主任负责。4 月 30 日以前做完。过期没做的，学期结束以前都可以补，补了算迟办。本校规定。",
        id="a date of the year, stays to be done",
    ),
    pytest.param(
        Duty("联系家长", records=("call",), by=("each",), who=("homeroom", "helper"), per="weekend", subject_condition=parse_condition("年级 >= 7", ("child",))),
        "每个周末每名留守儿童（年级不小于 7）要有通话至少 1 次，只算各人自己记录的，班主任、帮扶教师各做各的，分开算。周日以前做完。"
        "过期没做的算错过，不再催办，只记在统计里。连续错过 3 次，也提醒德育负责人。本校规定。",
        id="each of the responsible, at weekends",
    ),
    pytest.param(
        Duty("谈心间隔", kind="interval", records=("talk",), limit=Limit(14), who=("helper",), in_force=False),
        "每名留守儿童要有谈心，两次之间不超过 14天，由帮扶教师负责。超过的要尽快补，补了算迟办；学期结束还没有补的算错过。本校规定。没有启用。",
        id="an interval that is not in force",
    ),
    pytest.param(
        Duty("人数", kind="quota", subject="staff", at_least=6),
        "每名教职工要帮扶留守儿童至少 6 名，由本人负责。不合的要马上调整。过期没做的一直留在清单上，补了算迟办。本校规定。",
        id="a quota of every member of staff",
    ),
    pytest.param(
        Duty("不辍学", kind="quota", subject="class", records=("award",), at_least=0, at_most=0, per="school_year", who=("homeroom",)),
        "每学年每个班级不能有表彰，由班主任负责。到学年结束为止，一条也不能有，有了就不符合。本校规定。",
        id="none at all",
    ),
    pytest.param(
        Duty("达标", kind="share", records=("talk",), target=0.95, subject="class", who=("coordinator",)),
        "每学期95% 的班级要有谈心至少 1 次，由德育负责人负责。到学期结束时看。没有达到的算错过。本校规定。",
        id="a share of the classes",
    ),
    pytest.param(
        Duty("经常", records=("talk",), per="often", at_least=0, who=("helper",)),
        "每名留守儿童的谈心，有一次记一次，由帮扶教师负责。没有规定次数，只记数，不催办。本校规定。",
        id="only counted",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("duty", "text"), EXAMPLES)
def test_a_row_as_a_teacher_would_say_it(duty, text):
    assert sentence(duty, language="zh") == text


def test_every_kind_and_every_period_has_its_words():
    for language in ("zh", "en"):
        assert all(say(f"rule.per.{per}", language) for per in PERIODS)
    assert {case.values[0].kind for case in EXAMPLES} | {"hours", "helper", "complete"} >= set(
        KINDS
    )  # those in the presets


def can_be_written(duty):
    """Say whether the reader of the workbook lets a row pass: a date only in a period, a most for what is open."""
    dated = duty.limit is not None and duty.limit.unit == "date" and duty.kind not in ("count", "hours")
    return not dated and (duty.kind != "open" or duty.at_most is not None)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("subject", list(REGISTER_OF_SUBJECT))
def test_every_row_that_can_be_written_has_a_sentence(subject, language):
    loan = {"trigger": Trigger("loan"), "content": ("returned_on",)}
    rows = [
        Duty("a", kind=kind, subject=subject, per=per, limit=limit, at_least=least, at_most=most, after=after, who=who,
             grace_days=grace, records=("talk",) if kind in ("count", "hours", "quota") else (), target=0.5, **more)
        for kind, more in [("count", {}), ("hours", {}), ("quota", {}), ("share", {}), ("complete", {"content": ("phone",)}),
                           ("helper", {}), ("open", loan), ("state", loan), ("event", loan), ("interval", {}), ("own", {})]
        for per in PERIODS
        for limit in (None, Limit(7), Limit(601, "date"))
        for least, most in ((1, None), (0, 0), (1, 3))
        for after, who, grace in (("", (), 0), ("missed", ("coordinator",), 3), ("standing", ("homeroom",), 0))
    ]  # fmt: skip
    for text in {sentence(row, language=language) for row in rows if can_be_written(row)}:
        assert text and "{" not in text and "None" not in text


def test_a_school_is_told_in_its_own_words_and_with_its_own_default_limit():
    policy = Policy(profile={"default_limit": "48 hour"}, wording={"helper": "代理家长", "child": "留守学生"})
    duty = Duty(
        "必访", kind="event", records=("visit_note",), trigger=Trigger("observation"), who=("helper",)
    )
    text = sentence(duty, policy, titles={"visit_note": "走访手记"})
    assert (
        "每名留守学生的观察，在记录日期后 48 小时内（没有写时限，按本校的默认时限）要有走访手记至少 1 次，由代理家长负责"
        in text
    )


def test_a_rule_of_the_schools_own_is_told_by_what_its_function_says():
    def late_books(duty, facts):
        """书借了两周还没有还的，要问一问。

        More.
        """

    policy = Policy(own_kinds={"late_books": late_books})
    text = sentence(Duty("催书", kind="late_books", who=("coordinator",)), policy)
    assert (
        text
        == "每名留守儿童：按 rules 文件夹里的本校规则“late_books”办（书借了两周还没有还的，要问一问），由德育负责人负责。本校规定。"
    )
