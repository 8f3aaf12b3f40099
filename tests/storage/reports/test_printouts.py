"""Records as sheets of paper: what stands in which cell (storage/reports/record_printout.py, papers.py, print_children.py; R4, R15, R16)."""

import pytest

from guanai.storage.forms.xlsform.loading import form_of
from guanai.storage.reports.child_printouts import appointment_card, contact_card, dossier_printout
from guanai.storage.reports.official_form import official_printout
from guanai.storage.reports.printout import Checkbox, PrintField, fields_in_rows
from guanai.storage.reports.record_printout import record_printout, record_sections

pytestmark = pytest.mark.slow

FORM = form_of(
    """
| survey | type | name | label | relevant | calculation | appearance |
| | begin_group | visit | 家访 | | | |
| | text | who | 姓名 | | | |
| | date | day | 日期 | | | |
| | select_one mode | mode | 方式 | | | |
| | text | why | 为什么不上门 | ${mode} != 'door' | | |
| | select_multiple topic | topics | 内容 | | | |
| | text | told | 谈了什么 | | | multiline |
| | calculate | sum | | | 1 + 1 | |
| | end_group | | | | | |
| | note | remark | 请当面填写 | | | |
| | barcode | code | 条码 | | | |
| | rank topic | order | 次序 | | | |
| | acknowledge | seen | 已看过 | | | |
| | begin_repeat | people | 在场的人 | | | |
| | text | name | 名字 | | | |
| | select_one mode | by | 怎样来的 | | | |
| | end_repeat | | | | | |

| choices | list_name | name | label |
| | mode | door | 上门 |
| | mode | phone | 电话 |
| | topic | study | 学习 |
| | topic | life | 生活 |
| | topic | mind | 心理 |

| settings | form_title |
| | 家访登记 |
"""
)
RECORD = {
    "id": "r1", "who": "安小苗", "day": "2026-11-05", "mode": "door", "topics": ["study", "mind"],
    "told": "讲了进步。\n也讲了难处。", "order": ["mind", "study", "life"], "seen": "OK",
    "people": [{"name": "安大山", "by": "door"}, {"name": "安小河"}], "weather": "晴", "revision": 3,
}  # fmt: skip


def fields(sections):
    return {field.label: field for section in sections for field in section.fields}


@pytest.mark.parametrize(
    ("label", "text", "marks"),
    [
        ("姓名", "安小苗", ""),
        ("日期", "2026年11月5日", ""),
        ("方式", "", "☑上门 ☐电话"),
        ("内容", "", "☑学习 ☐生活 ☑心理"),
        ("谈了什么", "讲了进步。\n也讲了难处。", ""),
        ("次序", "1 心理  2 学习  3 生活", ""),
        ("已看过", "", "☑已确认"),
        ("weather", "晴", ""),  # the form asks it no longer
    ],
)
def test_a_filled_printout(label, text, marks):
    field = fields(record_printout(FORM, RECORD).sections)[label]
    assert field.text == text
    assert " ".join(box.box + box.label for box in field.checkboxes) == marks


def test_what_the_answers_skip_is_left_out():
    """A question that does not apply is not printed (getodk/getodk#768)."""
    assert "为什么不上门" not in fields(record_sections(FORM, RECORD))
    assert "为什么不上门" in fields(record_sections(FORM, {**RECORD, "mode": "phone"}))


def test_a_repeat_is_a_table():
    section = next(section for section in record_sections(FORM, RECORD) if section.headings)
    assert section.title == "在场的人"
    assert section.headings == ("名字", "怎样来的")
    assert section.rows == (("安大山", "上门"), ("安小河", ""))


def test_a_blank_sheet_has_everything_a_hand_can_fill_in():
    printout = record_printout(FORM)
    printed = fields(printout.sections)
    assert printout.style == "blank"
    assert {"姓名", "日期", "方式", "为什么不上门", "内容", "谈了什么"} <= set(printed)
    assert "条码" not in printed  # only a telephone can answer
    assert "sum" not in printed  # worked out
    assert not any(box.ticked for field in printed.values() for box in field.checkboxes)
    assert [box.box for box in printed["方式"].checkboxes] == ["☐", "☐"]
    assert "年" in printed["日期"].text
    assert printed["谈了什么"].blank_lines > 1
    assert any(field.text == "请当面填写" for field in printed.values())
    people = next(section for section in printout.sections if section.headings)
    assert len(people.rows) >= 3
    assert not any("".join(row) for row in people.rows)


def test_only_what_is_answered():
    printed = fields(record_sections(FORM, {"who": "安小苗", "mode": "phone"}, answered=True))
    assert list(printed) == ["姓名", "方式", ""] or list(printed) == ["姓名", "方式"]
    assert printed["方式"].text == "电话"


def test_an_answer_that_is_offered_no_longer_is_printed_in_words():
    field = fields(record_sections(FORM, {**RECORD, "mode": "pigeon"}))["方式"]
    assert field.answer == "pigeon"


def test_lines_of_a_form_keep_the_order_and_give_long_answers_a_line():
    made = [
        PrintField("甲"),
        PrintField("乙", "很长" * 30),
        PrintField("丙"),
        PrintField("丁", checkboxes=(Checkbox("一"), Checkbox("二"))),
    ]
    assert [[field.label for field in line] for line in fields_in_rows(made)] == [
        ["甲"],
        ["乙"],
        ["丙", "丁"],
    ]


# -- on a school


def test_the_visit_form_is_r16(filled):
    printout = record_printout(filled.form("home_visit"), filled.table("home_visit").rows()[0])
    assert printout.title == "留守学生家访登记表"
    assert "家长（监护人）" in printout.signatures
    labels = set(fields(printout.sections))
    assert {"学生", "家访日期", "家访教师", "在校表现", "监护人意见", "实际情况", "讲到的优点"} <= labels


def test_the_contact_card_has_what_r4_names(filled):
    child = next(each for each in filled.table("child").rows() if each.get("guardians"))
    card = contact_card(filled, child)
    titles = [section.title for section in card.sections]
    assert titles[:3] == ["学生基本情况", "父亲", "母亲"]
    guardian = next(section for section in card.sections if section.title.startswith("监护人"))
    assert [field.label for field in guardian.fields] == [
        "姓名", "与学生关系", "年龄", "身体状况", "职业", "联系电话", "详细地址",
    ]  # fmt: skip
    assert guardian.fields[0].text == child["guardians"][0]["name"]
    assert len(card.copies) == 2
    blank = contact_card(filled, None)
    assert not any(field.text for section in blank.sections for field in section.fields)


def test_the_contact_card_names_who_carries_the_child_now(filled):
    pair = next(each for each in filled.table("pairing").rows() if each.get("helper") and not each.get("end"))
    child = filled.record("child", pair["child"])
    helper = filled.record("staff", pair["helper"])["name"]
    school = contact_card(filled, child).sections[-1]
    assert helper in [field.text for field in school.fields]


def test_the_appointment_card_is_r15(filled):
    child = filled.table("child").rows()[0]
    card = appointment_card(filled, child)
    printed = fields(card.sections)
    assert printed["学生姓名"].text == child["name"]
    assert "年" in printed["约定时间"].text
    assert [box.label for box in printed["想谈的内容"].checkboxes][:2] == ["家庭情况", "成长环境"]
    assert any(section.cut_above for section in card.sections)


def test_the_dossier_has_everything_and_no_empty_cell(filled):
    visit = filled.table("home_visit").rows()[0]
    printout = dossier_printout(filled.about(visit["child"]), filled.record("child", visit["child"]))
    assert not any(field.is_empty for section in printout.sections for field in section.fields)
    done = next(section for section in printout.sections if section.title == "关爱记录")
    assert [row[0] for row in done.rows] == sorted(row[0] for row in done.rows)
    assert any(visit["merits"] in row[2] for row in done.rows)
    assert any(section.title == "现在的关爱人" for section in printout.sections)


def test_answers_within_a_repeat_do_not_take_the_place_of_others(filled):
    child = next(each for each in filled.table("child").rows() if each.get("guardians"))
    printed = {
        field.key: field.text
        for section in record_sections(filled.form("child"), child)
        for field in section.fields
    }
    assert printed["name"] == child["name"]
    assert printed["guardians/name"] == child["guardians"][-1]["name"]


def test_in_english(filled):
    printout = record_printout(filled.form("home_visit"), filled.table("home_visit").rows()[0], "en")
    assert printout.title == "Home visit record"
    assert "Guardian's opinion" in fields(printout.sections)


def by_key(sections):
    return {field.key: field for section in sections for field in section.fields}


@pytest.fixture
def registered(filled):
    """A child with a guardian, whose father has died, and what the official form asks beyond the dossier."""
    child = next(each for each in filled.table("child").rows() if each.get("guardians"))
    child = filled.save("child", {**child, "father_status": "deceased", "mother_status": "away"})
    staff = filled.table("staff").rows()[0]["id"]
    for day, health in (("2026-10-01", ["healthy"]), ("2026-11-01", ["ill"])):
        record = {"child": child["id"], "date": day, "condition": health, "by": staff}
        filled.save("registration", {**record, **({"illness": "肾病"} if health == ["ill"] else {})})
    return child


def test_the_official_form_takes_the_dossier_and_the_latest_registration(filled, registered):
    printout = official_printout(filled, registered)
    assert printout.title == "农村留守儿童基本情况登记表"
    assert printout.signatures[:3] == ("填表人", "复核人", "负责人")
    printed = by_key(printout.sections)
    assert printed["name"].text == registered["name"]  # not that of a guardian
    assert printed["illness"].text == "肾病"
    assert [box.label for box in printed["condition"].checkboxes if box.ticked] == ["患病"]
    # what does not apply has its place on the form all the same, empty
    assert printed["disability_grade"].is_empty
    father = next(section for section in printout.sections if section.title == "父亲")
    assert {field.text for field in father.fields} == {"—"}


def test_the_blank_official_form(filled):
    printed = [field for section in official_printout(filled, None).sections for field in section.fields]
    assert len(printed) > 40
    assert not any(box.ticked for field in printed for box in field.checkboxes)


@pytest.mark.parametrize(
    ("father", "mother", "chosen"),
    [
        ("away", "away", "父母双方同时外出"),
        ("unable", "away", "一方外出，父亲无监护能力"),
        ("away", "unable", "一方外出，母亲无监护能力"),
        ("away", "home", ""),
        ("unable", "unable", ""),
    ],
)
def test_which_parents_are_away(filled, father, mother, chosen):
    child = {**filled.table("child").rows()[0], "father_status": father, "mother_status": mother}
    printed = [field for section in official_printout(filled, child).sections for field in section.fields]
    away = next(field for field in printed if field.label == "父母外出情况")
    assert away.answer == chosen


def test_what_was_agreed_stands_on_the_appointment_card(filled):
    child, teacher = filled.table("child").rows()[0], filled.table("staff").rows()[0]
    agreed = {
        "child": child["id"], "by": teacher["id"], "visit_on": "2026-11-28", "visit_at": "18:30:00.000+08:00",
        "with_whom": "外婆", "topic": "作业和作息",
    }  # fmt: skip
    printed = fields(appointment_card(filled, child, None, agreed).sections)
    assert printed["约定时间"].text == "2026年11月28日 18:30"
    assert printed["家访教师"].text == teacher["name"]
    assert printed["家长（监护人）"].text == "外婆"
    assert printed["想谈的内容"].text == "作业和作息"


def test_every_form_that_ships_can_be_printed_blank(school):
    for name, form in school.all_forms().items():
        printout = record_printout(form)
        assert printout.title, name
        assert any(section.fields or section.rows for section in printout.sections), name
