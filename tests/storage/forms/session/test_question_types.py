"""Every question type of XLSForm without a screen: what is read, refused, kept, and taken back from a workbook.

Promise: every question type of ODK's XLSForm is read here (templates/README.md); R1 to R63 are made of them.

XT1 dateTime · XT2 range · XT3 rank · XT4 acknowledge · XT5 image and file · XT6 what only a telephone answers
XT7 metadata · XT8 or_other · XT9 randomize · XT10 repeat_count and nested repeats · XT11 trigger
XT12 dynamic defaults · XT13 messages and guidance · XT14 choice_filter over levels · XT15 pulldata
XT16 loops and external choices · XT17 media · XT18 round trip, Chinese names
"""

from datetime import date

import pytest

from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.forms.xlsform.headings import SHEETS, TYPES, write_cell, write_heading
from guanai.storage.forms.xlsform.items import METADATA_TYPES, PHONE_TYPES
from guanai.storage.forms.xlsform.loading import form_of, load_form
from guanai.storage.forms.xlsform.sheets import sheets_of
from guanai.storage.forms.xlsform.workbooks import write_xlsx

TODAY = date(2026, 11, 20)
LISTS = """
| choices | list_name | name | label | town |
| | wish | book | 书 | |
| | wish | ball | 球 | |
| | wish | pen | 笔 | |
| | town | east | 东镇 | |
| | town | west | 西镇 | |
| | village | e1 | 东一村 | east |
| | village | e2 | 东二村 | east |
| | village | w1 | 西一村 | west |
"""


def form(columns, *rows, more=LISTS):
    head = " | ".join(["| survey | type | name | label", *columns.split(), ""])
    return form_of("\n".join([head, *(f"| | {row} |" for row in rows), more]))


def opened(columns, *rows, answers=None, more=LISTS, **options):
    return FormSession(form(columns, *rows, more=more), answers, today=TODAY, **options)


def messages(session):
    return {problem.path: problem.message for problem in session.check()}


@pytest.mark.parametrize(
    ("row", "typed", "value", "column"),
    [
        ("dateTime | q | 何时", "2024-3-5 8:30", "2024-03-05T08:30", "datetime"),
        ("dateTime | q | 何时", "2024年3月5日下午3点", "2024-03-05T15:00", "datetime"),
        ("dateTime | q | 何时", "2024年3月5日 8:05:09", "2024-03-05T08:05:09", "datetime"),
        ("dateTime | q | 何时", "2024-03-05T08:30:00.000+08:00", "2024-03-05T08:30", "datetime"),
        ("dateTime | q | 何时", date(2024, 3, 5), "2024-03-05T00:00", "datetime"),
        ("range | q | 几分 | start=0 end=10 step=2", "４", 4, "integer"),
        ("range | q | 几分 | start=0 end=1 step=0.1", "0.3", 0.3, "decimal"),
        ("range | q | 几分 |", 10, 10, "integer"),
        ("rank wish | q | 排序", "pen book ball", ["pen", "book", "ball"], "select_multiple"),
        ("rank wish | q | 排序", "笔、书", ["pen", "book"], "select_multiple"),
        ("acknowledge | q | 知道了", True, "OK", "text"),
        ("acknowledge | q | 知道了", "是", "OK", "text"),
        ("acknowledge | q | 知道了", False, None, "text"),
        ("image | q | 照片", "photo-1a2b.jpg", "photo-1a2b.jpg", "text"),
        ("file | q | 附件", "letter.pdf", "letter.pdf", "text"),
    ],
)
def test_a_type_is_read_and_kept_as_json(row, typed, value, column):
    session = opened("parameters", row)
    session.set("q", typed)
    assert session.state("q").value == value
    assert session.record() == ({} if value is None else {"q": value})
    assert session.check() == []
    assert session.form.columns == {"q": column}
    again = FormSession(session.form, session.record(), today=TODAY)
    assert again.record() == session.record()


@pytest.mark.parametrize(
    ("row", "typed", "words"),
    [
        ("dateTime | q | 何时", "8:30", "日期"),
        ("dateTime | q | 何时", "2024-2-30 8:30", "没有"),
        ("range | q | 几分 | start=1 end=9 step=2", "4", "1 到 9"),
        ("range | q | 几分 | start=1 end=9 step=2", "11", "1 到 9"),
        ("range | q | 几分 | start=1 end=9", "四", "整数"),
        ("rank wish | q | 排序", "book stone", "不在可选"),
        ("acknowledge | q | 知道了", "没有", "OK"),
    ],
)
def test_what_a_type_cannot_take_is_said(row, typed, words):
    session = opened("parameters", row)
    session.set("q", typed)
    assert words in messages(session)["q"]
    assert "q" not in session.record() or session.state("q").error


def test_a_range_counts_down_too_and_in_tenths():
    session = opened("parameters", "range | q | 几分 | start=1 end=0 step=-0.1")
    session.set("q", "0.7")
    assert session.check() == []


@pytest.mark.parametrize("kind", sorted(PHONE_TYPES))
def test_what_only_a_telephone_answers_leaves_the_rest_of_the_form_alone(kind):
    columns = "required trigger"
    place = f"{kind} | place | 位置 | yes | {'${name}' if kind == 'background-geopoint' else ''}"
    session = opened(columns, place, "text | name | 姓名 | |")
    session.set("place", "1 2 3 4")
    session.set("name", "林小雨")
    assert session.check() == []
    assert session.record() == {"name": "林小雨"}
    session = opened(columns, place, "text | name | 姓名 | |", answers={"id": "1", "place": "26.1 119.3 0 0"})
    assert session.record()["place"] == "26.1 119.3 0 0"


@pytest.mark.parametrize("kind", sorted(METADATA_TYPES))
def test_what_a_telephone_fills_in_about_itself_is_not_asked(kind):
    session = opened("hint", f"{kind} | {kind} | |", "text | name | 姓名 |")
    session.set("name", "林小雨")
    assert session.check() == []
    assert session.record()["name"] == "林小雨"
    if kind == "today":
        assert session.record()["today"] == "2026-11-20"


def test_other_is_asked_for_when_it_is_chosen():
    session = opened("required", "select_one wish or_other | q | 愿望 | yes")
    assert [choice.label for choice in session.state("q").choices] == ["书", "球", "笔", "其他"]
    assert not session.state("q_other").relevant
    session.set("q", "其他")
    assert session.state("q_other").relevant
    assert session.state("q_other").label == "其他，请说明"
    session.set("q_other", "一双鞋")
    assert session.record() == {"q": "other", "q_other": "一双鞋"}


def test_shuffled_choices_stand_still_while_the_form_is_open():
    names = {"book", "ball", "pen"}
    session = opened("parameters", "select_one wish | q | 愿望 | randomize=true", "text | other | 其他 |")
    first = [choice.name for choice in session.state("q").choices]
    assert set(first) == names
    session.set("other", "x")
    session.set("q", first[0])
    assert [choice.name for choice in session.state("q").choices] == first
    orders = {tuple(each.name for each in FormSession(session.form).state("q").choices) for _ in range(60)}
    assert len(orders) > 1


def test_a_seed_gives_everybody_the_same_order():
    seeded = form("parameters", "rank wish | q | 愿望 | randomize=true seed=42")
    orders = {tuple(each.name for each in FormSession(seeded).state("q").choices) for _ in range(20)}
    assert len(orders) == 1


def test_as_many_rows_as_counted_and_repeats_within_repeats():
    session = opened(
        "repeat_count",
        "integer | n | 几个孩子 |",
        "begin_repeat | child | 孩子 | ${n}",
        "text | name | 姓名 |",
        "begin_repeat | book | 书 |",
        "text | title | 书名 |",
        "end_repeat | | |",
        "end_repeat | | |",
    )
    session.set("n", 2)
    assert session.count("child") == 2
    session.set("child/1/name", "小雨")
    assert session.add("child/1/book") == 0
    session.set("child/1/book/0/title", "童话")
    assert session.record() == {"n": 2, "child": [{}, {"name": "小雨", "book": [{"title": "童话"}]}]}
    session.set("n", 1)
    session.set("n", 2)
    assert session.record()["child"][1] == {"name": "小雨", "book": [{"title": "童话"}]}
    again = FormSession(session.form, session.record() | {"id": "1"}, today=TODAY)
    assert again.record() == session.record() | {"id": "1"}


def test_an_answer_triggers_another_only_when_a_person_changes_it():
    rows = (
        "select_one town | town | 镇 | |",
        "text | village | 村 | ${town} | concat(${town}, '-1')",
        "text | remark | 备注 | ${town}, ${village} |",
    )
    session = opened("trigger calculation", *rows)
    session.set("remark", "旧")
    assert session.set("town", "east") >= {"town", "village", "remark"}
    assert session.record() == {"town": "east", "village": "east-1"}
    session.set("village", "别的村")
    assert session.record()["village"] == "别的村"
    again = FormSession(session.form, {"id": "1", "town": "east", "village": "改过"})
    assert again.record()["village"] == "改过"


def test_a_trigger_stays_in_its_own_row():
    session = opened(
        "trigger calculation",
        "begin_repeat | row | 行 | |",
        "integer | n | 数 | |",
        "integer | twice | 两倍 | ${n} | ${n} * 2",
        "end_repeat | | | |",
    )
    session.add("row")
    session.add("row")
    session.set("row/1/n", 4)
    assert session.record() == {"row": [{}, {"n": 4, "twice": 8}]}


def test_a_default_may_be_worked_out_for_a_new_record_only():
    rows = ("date | day | 日期 | today()", "text | who | 谁 | concat('新', '人')")
    assert opened("default", *rows).record() == {"day": "2026-11-20", "who": "新人"}
    assert opened("default", *rows, answers={"id": "1"}).record() == {"id": "1"}


def test_messages_and_guidance_are_the_forms_own():
    session = opened(
        "required required_message hint guidance_hint constraint constraint_message",
        "integer | age | 年龄 | yes | 年龄不能空着 | 周岁 | 看户口本 | . < 20 | 要小于二十",
    )
    assert session.state("age").hint == "周岁\n看户口本"
    assert messages(session) == {"age": "年龄不能空着"}
    session.set("age", 33)
    assert messages(session) == {"age": "要小于二十"}


def test_choices_follow_over_several_levels():
    session = opened(
        "choice_filter", "select_one town | town | 镇 |", "select_one village | village | 村 | town = ${town}"
    )
    session.set("town", "east")
    assert [choice.name for choice in session.state("village").choices] == ["e1", "e2"]
    session.set("village", "e1")
    session.set("town", "west")
    assert "不在可选" in messages(session)["village"]


def test_values_are_pulled_from_a_list_kept_elsewhere():
    session = opened(
        "calculation",
        "csv-external | fees | |",
        "text | child | 孩子 |",
        "calculate | fee | | pulldata('fees', 'fee', 'name', ${child})",
        instances=lambda name: [{"name": "林小雨", "fee": 30}] if name == "fees" else [],
    )
    session.set("child", "林小雨")
    assert session.record() == {"child": "林小雨", "fee": "30"}


def test_a_loop_asks_for_each_choice():
    session = opened("hint", "begin_loop over town | t | 各镇 |", "integer | n | 人数 |", "end_loop | | |")
    assert [session.state(branch.path).label for branch in session.tree()[0].children] == ["东镇", "西镇"]
    session.set("t-east-n", 3)
    assert session.record() == {"t-east-n": 3}


def test_choices_on_a_sheet_of_their_own_are_choices():
    external = "\n| external_choices | list_name | name | label | town |\n| | home | e1 | 东一村 | east |\n| | home | w1 | 西一村 | west |\n"
    session = opened(
        "choice_filter",
        "select_one town | town | 镇 |",
        "select_one_external home | home | 村 | town = ${town}",
        more=LISTS + external,
    )
    session.set("town", "west")
    assert [choice.name for choice in session.state("home").choices] == ["w1"]


def test_a_picture_of_the_form_is_told_by_its_name():
    session = opened("media::image hint", "text | q | 这是谁 | who.png | 看图")
    assert session.state("q").label == "这是谁\n〔who.png〕"


EVERYTHING = [
    "range | q1 | 几分 | | start=1 end=5 |",
    "rank wish | q2 | 排序 | quick | randomize=true |",
    "dateTime | q3 | 何时 | | |",
    "acknowledge | q4 | 知道了 | likert | |",
    "image | q5 | 照片 | | max-pixels=800 |",
    "file | q6 | 附件 | | |",
    "select_one wish or_other | q7 | 愿望 | columns no-buttons | |",
    "select_one_from_file fees.csv | q8 | 费用 | | |",
    "xml-external | prices | | | |",
    "barcode | q9 | 条码 | | |",
    "begin_loop over town | q10 | 各镇 | field-list | |",
    "integer | n | 人数 | | |",
    "end_loop | | | | |",
    "text | q11 | 村 | multiline | | phone",
]
ENTITIES = (
    "| entities | list_name | entity_id | update_if | label |\n| | child | ${q11} | ${q11} != '' | ${q11} |"
)


def test_a_form_with_every_type_comes_back_from_its_workbook(tmp_path):
    head = "| survey | type | name | label | appearance | parameters | save_to |"
    text = "\n".join([head, *(f"| | {row} |" for row in EVERYTHING), LISTS, ENTITIES])
    sheets = sheets_of(text.encode(), "all.md")
    write_xlsx(sheets, tmp_path / "all.xlsx")
    back = load_form(tmp_path / "all.xlsx", "all", cache=tmp_path / "cache")
    assert back == form_of(text, "all", "all.md")
    assert [item.kind for item in back.questions()][:6] == [
        "range",
        "rank",
        "datetime",
        "acknowledge",
        "image",
        "file",
    ]
    assert back.entities[0].register == "child"


def test_a_form_with_every_type_may_be_written_in_chinese():
    head = "| survey | type | name | label | appearance | parameters | save_to |"
    text = "\n".join([head, *(f"| | {row} |" for row in EVERYTHING), LISTS, ENTITIES])
    sheets = sheets_of(text.encode(), "all.md")
    chinese = []
    for sheet in sheets.sheets.values():
        head = " | ".join(map(write_heading, sheet.headings))
        chinese.append(f"| {SHEETS[sheet.name]} | {head} |")
        chinese += [
            "| | " + " | ".join(write_cell(name, row.cells.get(name, "")) for name in sheet.headings) + " |"
            for row in sheet.rows
        ]
    assert "排序 wish" in "\n".join(chinese)
    assert form_of("\n".join(chinese), "all") == form_of(text, "all")


@pytest.mark.parametrize(
    "name", [name for name in TYPES if not name.startswith(("begin", "end", "select", "rank"))]
)
def test_a_form_of_each_type_opens(name):
    session = opened(
        "calculation",
        f"{name} | {name if name == 'audit' else 'q'} | 问 | {'1 + 1' if name == 'calculate' else ''}",
    )
    assert session.check() == []
