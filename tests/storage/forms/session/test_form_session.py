"""The logic of a form without a screen: every feature that is not a function of expressions.

Promise: a form of ODK's XLSForm behaves here as there; the records R1 to R63 are such forms.
"""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.forms.xlsform.items import Question
from guanai.storage.forms.xlsform.loading import form_of

HEAD = "| survey | type | name | label::中文 (zh) | label::English (en) | {columns} |"
LISTS = """
| choices | list_name | name | label::中文 (zh) | label::English (en) | kind |
| | yn | yes | 是 | Yes | |
| | yn | no | 否 | No | |
| | fruit | apple | 苹果 | Apple | tree |
| | fruit | pear | 梨 | Pear | tree |
| | fruit | melon | 瓜 | Melon | field |
| | kind | tree | 树上 | On a tree | |
| | kind | field | 地里 | In a field | |
"""
TODAY = date(2026, 11, 20)


def form(columns, *rows, more=LISTS):
    return form_of("\n".join([HEAD.format(columns=columns), *(f"| | {row} |" for row in rows), more]))


def opened(columns, *rows, answers=None, more=LISTS, **options):
    return FormSession(form(columns, *rows, more=more), answers, today=TODAY, **options)


def messages(session):
    return {problem.path: problem.message for problem in session.check()}


def paths(branches):
    return [(branch.path, paths(branch.children)) if branch.children else branch.path for branch in branches]


# -- answers and records


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("text", " 李四 ", "李四"),
        ("text", "１３８", "138"),
        ("integer", "１２", 12),
        ("decimal", "1.50", 1.5),
        ("date", "2024年3月5日", "2024-03-05"),
        ("time", "8:30", "08:30"),
        ("select_one fruit", "pear", "pear"),
        ("select_one fruit", "梨", "pear"),
        ("select_one fruit", "Pear", "pear"),
        ("select_multiple fruit", "apple melon", ["apple", "melon"]),
        ("select_multiple fruit", ["apple"], ["apple"]),
        ("select_multiple fruit", "苹果、瓜", ["apple", "melon"]),
        ("integer", None, None),
        ("text", "   ", None),
        ("date", float("nan"), None),
        ("select_multiple fruit", [], None),
    ],
)
def test_a_record_holds_values_of_json(kind, typed, value):
    session = opened("hint", f"{kind} | q | 问 | Q | x")
    session.set("q", typed)
    assert session.state("q").value == value
    assert session.record() == ({} if value is None else {"q": value})
    assert session.check() == []


@pytest.mark.parametrize(
    ("kind", "typed"),
    [("integer", "十二"), ("decimal", "3,5"), ("date", "2024-02-30"), ("date", "2024"), ("time", "25:00")],
)
def test_what_cannot_be_read_stays_with_its_error(kind, typed):
    session = opened("required", f"{kind} | q | 问 | Q | yes")
    assert session.set("q", typed) == {"q"}
    state = session.state("q")
    assert (state.text, state.value) == (typed, None)
    assert typed in state.error
    assert session.record() == {}
    assert [problem.path for problem in session.check()] == ["q"]
    session.set("q", "")
    assert session.state("q").text == ""


def test_an_answer_that_is_not_offered_is_an_error_and_stays():
    session = opened("hint", "select_one fruit | q | 问 | Q |", "select_multiple fruit | m | 多 | M |")
    session.set("q", "香蕉")
    session.set("m", ["apple", "香蕉"])
    assert "香蕉" in session.state("q").error
    assert "香蕉" in session.state("m").error
    assert "苹果" not in session.state("m").error
    assert session.record() == {"q": "香蕉", "m": ["apple", "香蕉"]}


def test_answers_to_questions_that_are_gone_are_carried_on():
    rows = (
        "text | name | 姓名 | Name |",
        "begin_repeat | kin | 家人 | Kin |",
        "text | who | 谁 | Who |",
        "end_repeat | | | |",
    )
    answers = {
        "id": "1",
        "revision": 3,
        "name": "张三",
        "shoe": 36,
        "kin": [{"who": "奶奶", "hat": "L"}, {"hat": "S"}],
    }
    session = opened("hint", *rows, answers=answers)
    assert session.record() == answers
    session.set("name", "李四")
    session.set("kin/1/who", "爷爷")
    assert session.record() == {
        **answers,
        "name": "李四",
        "kin": [{"who": "奶奶", "hat": "L"}, {"who": "爷爷", "hat": "S"}],
    }


def test_opening_is_no_change_and_typing_is():
    session = opened("default", "date | day | 日 | Day | today()")
    assert not session.touched
    session.set("day", "2024-3-5")
    assert session.touched


# -- required, constraint, messages, languages


def test_a_missing_answer_is_an_error_once_somebody_was_there():
    session = opened("required", "text | a | 甲 | A | yes", "text | b | 乙 | B | yes")
    assert session.state("a").required
    assert session.state("a").error is None
    session.set("a", "")
    assert session.state("a").error == "请填写"
    assert session.state("b").error is None
    assert messages(session) == {"a": "请填写", "b": "请填写"}
    assert session.state("b").error == "请填写"


def test_required_may_depend_and_has_its_own_message():
    session = opened(
        "required | required_message::中文 (zh) | required_message::English (en)",
        "select_one yn | a | 甲 | A | | |",
        "text | b | 乙 | B | ${a} = 'yes' | 请说明 | Say why",
    )
    assert session.check() == []
    assert session.set("a", "yes") == {"a", "b"}
    assert messages(session) == {"b": "请说明"}
    session.language = "en"
    assert messages(session) == {"b": "Say why"}


def test_a_constraint_speaks_in_the_forms_words_or_the_houses():
    session = opened(
        "constraint | constraint_message::中文 (zh) | constraint_message::English (en)",
        "integer | low | 最小 | Low | | |",
        "integer | high | 最大 | High | . > ${low} | 要大于 ${low} | More than ${low}",
        "integer | any | 其他 | Any | . != 13 | |",
    )
    session.set("low", 5)
    session.set("high", 3)
    session.set("any", 13)
    assert messages(session) == {"high": "要大于 5", "any": "填写的内容不符合要求，请核对"}
    assert session.set("low", 2) == {"low", "high"}
    assert session.state("high").error is None
    assert session.set("low", 9) >= {"high"}
    session.language = "en"
    assert session.state("high").error == "More than 9"


def test_problems_come_in_page_order_with_labels():
    session = opened(
        "required | relevant",
        "text | a | 甲 | A | yes |",
        "begin_group | g | 组 | G | |",
        "date | b | 乙 | B | yes |",
        "end_group | | | | |",
        "text | hidden_one | 丙 | C | yes | ${a} = 'x'",
        "text | d | 丁 | D | yes |",
    )
    session.set("b", "2024-13-01")
    assert [(problem.path, problem.label) for problem in session.check()] == [
        ("a", "甲"),
        ("b", "乙"),
        ("d", "丁"),
    ]


def test_labels_and_hints_are_in_two_languages_and_filled_in():
    session = opened(
        "hint::中文 (zh) | hint::English (en)",
        "text | name | 姓名 | Name | |",
        "text | wish | ${name} 想要什么？ | What does ${name} want? | 一个愿望 |",
    )
    assert session.set("name", "小雨") == {"name", "wish"}
    assert session.state("wish").label == "小雨 想要什么？"
    session.language = "en"
    assert session.state("wish").label == "What does 小雨 want?"
    assert session.state("wish").hint == "一个愿望"


def test_a_form_in_one_language_needs_no_other():
    session = FormSession(
        form_of("| survey | type | name | label | hint |\n| | text | a | 甲 | 提示 |"), language="en"
    )
    assert (session.state("a").label, session.state("a").hint) == ("甲", "提示")


# -- relevance


def test_an_irrelevant_answer_is_left_out_and_comes_back():
    session = opened("relevant", "select_one yn | a | 甲 | A |", "text | b | 乙 | B | ${a} = 'yes'")
    session.set("a", "yes")
    session.set("b", "因为")
    assert session.set("a", "no") == {"a", "b"}
    assert not session.state("b").relevant
    assert session.state("b").value == "因为"
    assert session.record() == {"a": "no"}
    session.set("a", "yes")
    assert session.record() == {"a": "yes", "b": "因为"}


def test_relevance_comes_down_from_groups():
    session = opened(
        "relevant | calculation",
        "select_one yn | a | 甲 | A | |",
        "begin_group | outer | 外 | Outer | ${a} = 'yes' |",
        "begin_group | inner | 内 | Inner | |",
        "text | b | 乙 | B | |",
        "text | c | 丙 | C | ${b} = 'x' |",
        "end_group | | | | |",
        "end_group | | | | |",
        "calculate | seen | | | | concat('[', ${b}, ']')",
    )
    assert not session.state("b").relevant
    assert session.set("a", "yes") == {"a", "@outer", "@inner", "b"}
    assert session.set("b", "x") == {"b", "c", "seen"}
    session.set("c", "y")
    assert session.record() == {"a": "yes", "b": "x", "c": "y", "seen": "[x]"}
    session.set("a", "no")
    assert session.record() == {"a": "no", "seen": "[]"}
    assert paths(session.tree()) == ["a", ("@outer", [("@inner", ["b", "c"])]), "seen"]


# -- calculations, defaults, read only


@pytest.mark.parametrize(
    ("expression", "value", "column"),
    [
        ("${a} * 2", 6, "decimal"),
        ("${a} div 2", 1.5, "decimal"),
        ("concat(${a}, '岁')", "3岁", "text"),
        ("if(${a} > 2, 'big', 'small')", "big", "text"),
        ("if(${a} > 2, 1, '')", 1, "decimal"),
        ("${missing} + 1", None, "decimal"),
        ("today()", "2026-11-20", "text"),
        ("${a}", 3, "text"),
        ("string(${a})", "3", "text"),
    ],
)
def test_a_calculation_keeps_numbers_as_numbers(expression, value, column):
    session = opened(
        "calculation",
        "integer | a | 甲 | A |",
        "integer | missing | 乙 | B |",
        f"calculate | c | | | {expression}",
    )
    session.set("a", 3)
    assert session.record().get("c") == value
    assert type(session.record().get("c")) is type(value)
    assert session.form.columns["c"] == column


def test_an_integer_without_a_label_is_only_worked_out():
    session = opened("calculation", "integer | a | 甲 | A |", "integer | b | | | ${a} + 1")
    session.set("a", 1)
    assert session.record() == {"a": 1, "b": 2}
    assert session.form.columns["b"] == "integer"
    assert not next(question for question in session.form.questions() if question.name == "b").asked


def test_what_is_drawn_once_stays():
    session = opened(
        "calculation",
        "integer | a | 甲 | A |",
        "calculate | n | | | once(random())",
        "calculate | u | | | once(uuid())",
    )
    drawn = session.record()
    assert isinstance(drawn["n"], float)
    session.set("a", 1)
    assert session.record() == drawn | {"a": 1}
    assert FormSession(session.form, drawn | {"id": "1"}).record() == drawn | {"id": "1"}


def test_calculations_run_in_their_order_whatever_the_order_of_rows():
    session = opened(
        "calculation",
        "calculate | third | | | ${second} + 1",
        "calculate | second | | | ${first} + 1",
        "calculate | first | | | ${a} + 1",
        "integer | a | 甲 | A |",
    )
    assert session.set("a", 1) == {"a", "first", "second", "third"}
    assert session.record() == {"third": 4, "second": 3, "first": 2, "a": 1}


def test_what_is_divided_by_nought_leaves_no_answer():
    form = form_of(
        "| survey | type | name | label | calculation |\n| | integer | days | 天数 | |\n"
        "| | calculate | rate | | 5 div ${days} |\n| | decimal | shown | 每天 | 5 div ${days} |"
    )
    session = FormSession(form)
    session.set("days", 0)
    assert session.check() == []
    assert session.record() == {"days": 0}
    session.set("days", 2)
    assert session.record() == {"days": 2, "rate": 2.5, "shown": 2.5}


def test_a_select_that_is_worked_out_shows_its_label_and_cannot_be_set():
    session = opened(
        "calculation | read_only",
        "integer | a | 甲 | A | |",
        "select_one fruit | best | 最好 | Best | if(${a} > 5, 'pear', 'apple') | yes",
    )
    session.set("a", 9)
    state = session.state("best")
    assert (state.value, state.text, state.read_only) == ("pear", "梨", True)
    assert session.set("best", "melon") == set()
    assert session.record()["best"] == "pear"


def test_defaults_fill_a_new_record_and_leave_a_saved_one_alone():
    rows = (
        "date | day | 日 | Day | today() |",
        "text | town | 乡 | Town | 青山 |",
        "text | both | 两 | Both | concat(${town}, '!') |",
    )
    session = opened("default | hint", *rows)
    assert session.record() == {"day": "2026-11-20", "town": "青山", "both": "青山!"}
    assert opened("default | hint", *rows, answers={"town": "绿水"}).record() == {
        "day": "2026-11-20",
        "town": "绿水",
        "both": "绿水!",
    }
    assert opened("default | hint", *rows, answers={"id": "1"}).record() == {"id": "1"}


def test_read_only_may_depend():
    session = opened("read_only", "select_one yn | lock | 锁 | Lock |", "text | a | 甲 | A | ${lock} = 'yes'")
    session.set("a", "x")
    session.set("lock", "yes")
    assert session.set("a", "y") == set()
    assert session.record()["a"] == "x"


def test_hidden_and_metadata_do_no_harm():
    session = opened(
        "default",
        "hidden | h | | | 5",
        "today | t | | |",
        "start | s | | |",
        "username | u | | |",
        "deviceid | d | | |",
    )
    record = session.record()
    assert record["h"] == "5"
    assert record["t"] == "2026-11-20"
    assert "u" not in record
    assert session.check() == []


def test_a_note_shows_and_is_not_stored():
    session = opened("relevant", "integer | a | 甲 | A |", "note | n | 已满 ${a} 岁 | ${a} years | ${a} > 16")
    assert session.set("a", 17) == {"a", "n"}
    assert session.state("n").label == "已满 17 岁"
    assert session.record() == {"a": 17}
    assert session.form.columns == {"a": "integer"}


# -- choices


def test_a_filter_follows_the_answers_and_refuses_what_it_no_longer_offers():
    session = opened(
        "choice_filter",
        "select_one kind | k | 种类 | Kind |",
        "select_one fruit | f | 水果 | Fruit | kind = ${k}",
    )
    assert session.state("f").choices == ()
    assert session.set("k", "tree") == {"k", "f"}
    assert [(choice.name, choice.label) for choice in session.state("f").choices] == [
        ("apple", "苹果"),
        ("pear", "梨"),
    ]
    session.set("f", "pear")
    assert session.state("f").error is None
    assert session.set("k", "field") == {"k", "f"}
    assert "梨" in session.state("f").error
    session.language = "en"
    assert [choice.label for choice in session.state("f").choices] == ["Melon"]


def test_choices_come_from_records():
    rows = [
        {"id": "u1", "label": "林小雨", "class": "三1"},
        {"id": "u2", "label": "周小河", "class": "三2", "age": 9.0},
    ]
    registers = []

    def instances(name):
        registers.append(name)
        return rows

    session = opened(
        "parameters | choice_filter | calculation",
        "text | class | 班 | Class | | |",
        "select_one_from_file child.csv | child | 学生 | Child | value=id, label=label | class = ${class} |",
        "select_multiple_from_file child.csv | others | 同学 | Others | value=id, label=label | |",
        "calculate | age | | | | | instance('child')/root/item[id = ${child}]/age",
        instances=instances,
    )
    session.set("class", "三2")
    assert [(choice.name, choice.label) for choice in session.state("child").choices] == [("u2", "周小河")]
    session.set("child", "周小河")
    session.set("others", ["u1", "u2"])
    assert session.state("child").text == "周小河"
    assert session.state("others").text == "林小雨、周小河"
    assert session.record() == {"class": "三2", "child": "u2", "others": ["u1", "u2"], "age": "9"}
    assert registers == ["child"]


def test_the_label_of_a_choice_may_have_an_answer_in_it():
    lists = """
| choices | list_name | name | label::中文 (zh) | label::English (en) |
| | who | me | ${name} 自己 | ${name} |
| | who | you | 别人 | Somebody else |
"""
    session = opened("hint", "text | name | 姓名 | Name |", "select_one who | by | 由谁 | By |", more=lists)
    session.set("by", "me")
    assert session.set("name", "小雨") == {"name", "by"}
    assert session.state("by").choices[0].label == "小雨 自己"
    assert session.state("by").text == "小雨 自己"


def test_without_the_records_any_choice_is_taken():
    session = opened(
        "parameters", "select_one_from_file child.csv | child | 学生 | Child | value=id, label=label"
    )
    session.set("child", "u7")
    assert session.check() == []
    assert session.record() == {"child": "u7"}


def test_a_table_outside_is_looked_into():
    session = opened(
        "calculation",
        "csv-external | school | | |",
        "calculate | a | | | pulldata('school', 'value', 'name', 'definition')",
        "calculate | b | | | pulldata('school', 'value', 'name', 'nothing')",
        instances=lambda name: [{"name": "definition", "value": "both"}] if name == "school" else [],
    )
    assert session.record() == {"a": "both"}
    assert "school" not in session.form.columns


def test_or_other_asks_what():
    session = opened("hint", "select_one fruit or_other | f | 水果 | Fruit |")
    assert session.state("f").choices[-1].label == "其他"
    assert session.set("f", "other") == {"f", "f_other"}
    assert session.state("f_other").label == "其他，请说明"
    session.set("f_other", "桃")
    assert session.record() == {"f": "other", "f_other": "桃"}


def test_or_other_adds_nothing_to_a_question_that_shares_the_list():
    session = opened(
        "hint", "select_one fruit or_other | f | 水果 | Fruit |", "select_one fruit | g | 水果 | Fruit |"
    )
    assert [choice.name for choice in session.state("g").choices] == [
        choice.name for choice in session.state("f").choices[:-1]
    ]
    assert session.set("f", "其他") == {"f", "f_other"}
    assert session.state("f").choices[-1].label == "其他"


# -- repeats

KIN = (
    "text | name | 姓名 | Name | | | |",
    "begin_repeat | kin | 家人 | Kin | | | |",
    "text | who | 谁 | Who | | | 亲戚 |",
    "integer | age | 年龄 | Age | ${who} != '' | . < 120 | |",
    "begin_group | more | 其他 | More | | | |",
    "note | hello | ${who} 好 | Hello ${who} | | | |",
    "end_group | | | | | | |",
    "begin_repeat | pet | 宠物 | Pet | | | |",
    "text | called | 名字 | Called | | | |",
    "end_repeat | | | | | | |",
    "end_repeat | | | | | | |",
    "calculate | total | | | | | | sum(${age})",
    "calculate | many | | | | | | count(${kin})",
)


def family(**options):
    return opened("relevant | constraint | default | calculation", *KIN, **options)


def test_a_repeat_starts_empty_and_grows():
    session = family()
    assert session.record() == {"total": 0, "many": 0}
    assert session.add("kin") == 0
    assert session.add("kin") == 1
    assert session.count("kin") == 2
    session.set("kin/0/who", "奶奶")
    session.set("kin/0/age", "70")
    assert session.set("kin/1/age", "8") == {"kin/1/age", "kin", "total"}
    assert session.state("kin/0/hello").label == "奶奶 好"
    assert session.record() == {
        "kin": [{"who": "奶奶", "age": 70}, {"who": "亲戚", "age": 8}],
        "total": 78,
        "many": 2,
    }
    assert paths(session.tree())[1][1][0] == (
        "kin/0",
        ["kin/0/who", "kin/0/age", ("kin/0/@more", ["kin/0/hello"]), "kin/0/pet"],
    )


def test_conditions_inside_a_repeat_are_each_ones_own():
    session = family(answers={"kin": [{"who": "奶奶"}, {"who": "爷爷"}]})
    assert session.set("kin/0/who", "") == {"kin", "kin/0/who", "kin/0/age", "kin/0/hello"}
    assert not session.state("kin/0/age").relevant
    assert session.state("kin/1/age").relevant
    session.set("kin/1/age", 130)
    assert [problem.path for problem in session.check()] == ["kin/1/age"]


def test_one_taken_out_can_be_put_back():
    session = family(answers={"kin": [{"who": "奶奶", "age": 70}, {"who": "爷爷", "age": 71}]})
    session.remove("kin", 0)
    assert session.record() == {"kin": [{"who": "爷爷", "age": 71}], "total": 71, "many": 1}
    assert session.state("kin/0/who").value == "爷爷"
    session.set("kin/0/age", 72)
    assert session.restore("kin") == 0
    assert session.record() == {
        "kin": [{"who": "奶奶", "age": 70}, {"who": "爷爷", "age": 72}],
        "total": 142,
        "many": 2,
    }


def test_repeats_stand_in_repeats():
    session = family(answers={"kin": [{"who": "奶奶", "pet": [{"called": "小黑"}]}, {"who": "爷爷"}]})
    assert session.add("kin/1/pet") == 0
    session.set("kin/1/pet/0/called", "小白")
    assert session.record()["kin"] == [
        {"who": "奶奶", "pet": [{"called": "小黑"}]},
        {"who": "爷爷", "pet": [{"called": "小白"}]},
    ]
    session.remove("kin", 0)
    assert session.state("kin/0/pet/0/called").value == "小白"


def test_a_repeat_may_be_counted_out():
    session = opened(
        "repeat_count",
        "integer | n | 几个 | How many |",
        "begin_repeat | r | 行 | Row | ${n}",
        "text | a | 甲 | A |",
        "end_repeat | | | |",
    )
    session.set("n", 2)
    session.set("r/1/a", "x")
    assert session.record() == {"n": 2, "r": [{}, {"a": "x"}]}
    session.set("n", 1)
    assert session.count("r") == 1
    session.set("n", 2)
    assert session.record()["r"] == [{}, {"a": "x"}]


def test_a_repeat_that_is_not_relevant_is_left_out_and_kept():
    session = opened(
        "relevant | calculation",
        "select_one yn | a | 甲 | A | |",
        "begin_repeat | r | 行 | Row | ${a} = 'yes' |",
        "text | b | 乙 | B | |",
        "end_repeat | | | | |",
        "calculate | many | | | | count(${r})",
    )
    assert not session.state("r").relevant
    session.set("a", "yes")
    session.add("r")
    session.set("r/0/b", "x")
    assert session.record() == {"a": "yes", "r": [{"b": "x"}], "many": 1}
    session.set("a", "no")
    assert session.record() == {"a": "no", "many": 0}
    session.set("a", "yes")
    assert session.record() == {"a": "yes", "r": [{"b": "x"}], "many": 1}


# -- what a view asks


def test_a_question_tells_the_view_what_it_needs():
    own_form = form(
        "appearance | parameters",
        "text | a | 甲 | A | multiline | rows=4",
        "select_one fruit | b | 乙 | B | columns-2 minimal |",
    )
    a, b = own_form.questions()
    assert isinstance(a, Question)
    assert (a.kind, a.appearance) == ("text", {"multiline"})
    assert b.appearance == {"columns-2", "minimal"}
    assert b.key == b.name == "b"


def test_columns_are_flat_with_repeats_as_one():
    assert family().form.columns == {"name": "text", "kin": "repeat", "total": "decimal", "many": "decimal"}


def test_only_what_depends_on_a_change_is_told():
    session = opened(
        "relevant | calculation",
        "integer | a | 甲 | A | |",
        "integer | b | 乙 | B | |",
        "calculate | twice | | | | ${a} * 2",
        "text | c | 丙 | C | ${a} > 3 |",
    )
    assert session.set("b", 1) == {"b"}
    assert session.set("a", 1) == {"a", "twice"}
    assert session.set("a", 5) == {"a", "twice", "c"}
    assert session.set("a", 5) == set()


def test_a_path_that_is_no_question_is_a_mistake_of_the_program():
    session = family()
    with pytest.raises(KeyError):
        session.set("nobody", 1)
    with pytest.raises(TypeError):
        session.set("kin", 1)
    with pytest.raises(TypeError):
        session.add("name")


# -- whatever is done in whatever order, the answers alone decide

WEB = form(
    "relevant | calculation | constraint | choice_filter | read_only",
    "integer | a | 甲 | A | | | . < 9 | |",
    "select_one kind | k | 种类 ${a} | Kind | ${a} > 2 | | | |",
    "select_one fruit | f | 水果 | Fruit | | | | kind = ${k} |",
    "begin_group | g | 组 | G | ${k} = 'tree' or ${a} = 5 | | | |",
    "integer | b | 乙 | B | ${a} != 4 | | | |",
    "calculate | twice | | | | ${b} * 2 | | |",
    "end_group | | | | | | | |",
    "begin_repeat | r | 行 | Row | ${twice} != 6 | | | |",
    "integer | x | 子 | X | ${a} > 1 | | | |",
    "calculate | y | | | | ${x} + coalesce(${b}, 0) | | |",
    "note | says | ${y} | ${y} | ${y} > 3 | | | |",
    "end_repeat | | | | | | | |",
    "calculate | total | | | | sum(${y}) + count(${r}) | | |",
    "text | last | 末 | Last | ${total} > 4 | | | |",
)
NUMBER = st.one_of(st.integers(0, 9), st.none(), st.just("x"))
STEP = st.one_of(
    st.tuples(st.sampled_from(["a", "b", "r/0/x", "r/1/x"]), NUMBER),
    st.tuples(st.just("k"), st.sampled_from(["tree", "field", None])),
    st.tuples(st.just("f"), st.sampled_from(["apple", "melon", None])),
    st.tuples(st.just("last"), st.sampled_from(["z", None])),
    st.tuples(st.sampled_from(["add", "remove", "restore"]), st.integers(0, 1)),
)


def everything(session):
    def addresses(branches):
        for branch in branches:
            yield branch.path
            yield from addresses(branch.children)

    return {path: session.state(path) for path in addresses(session.tree())}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEP, max_size=14))
def test_a_session_stands_as_one_opened_on_the_same_answers(steps):
    session = FormSession(WEB, today=TODAY)
    typed, rows, out = {}, [], []
    for where, what in steps:
        if where == "add":
            session.add("r")
            rows.append({})
        elif where == "remove":
            if what < len(rows):
                session.remove("r", what)
                out.append((what, rows.pop(what)))
        elif where == "restore":
            if out:
                _, row = out.pop()
                rows.insert(session.restore("r"), row)
        elif where.startswith("r/"):
            if int(where[2]) < len(rows):
                before = everything(session)
                changed = session.set(where, what)
                assert changed == _different(before, everything(session))
                rows[int(where[2])]["x"] = what
        else:
            before = everything(session)
            assert session.set(where, what) == _different(before, everything(session))
            typed[where] = what
    fresh = FormSession(WEB, {**typed, "r": rows}, today=TODAY)
    assert session.record() == fresh.record()
    assert session.check() == fresh.check()
    assert everything(session) == everything(fresh)


def _different(before, after):
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
