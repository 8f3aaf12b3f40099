"""What has become of a form is told question by question.

Requirement: a school changes its forms and sees what becomes of the answers (requirements 1, 7.4, 7.6).
"""

import re
from pathlib import Path

import pytest

from guanai.storage.form_files.form_catalogue import shipped_forms
from guanai.storage.forms import form_of
from guanai.storage.forms.changes.differences import differences, guessed_renames

HEAD = (
    "| survey | type | name | label | label::English (en) | hint | required | relevant | constraint "
    "| calculation | default | appearance | choice_filter | repeat_count |\n"
)
CHOICES = (
    "| choices | list_name | name | label |\n| | yn | yes | 是 |\n| | yn | no | 否 |\n| | yn2 | yes | 是 |\n"
)


def form(*rows, choices=CHOICES, title=""):
    lines = [f"| | {row} |" for row in rows]
    settings = f"| settings | form_title |\n| | {title} |\n" if title else ""
    return form_of(HEAD + "\n".join(lines) + "\n" + choices + settings)


A, B, C = "text | a | 甲", "integer | b | 乙", "text | c | 丙"
GROUP = ("begin_group | g | 基本", "end_group | | ")
KIN = ("begin_repeat | kin | 家人", "end_repeat | | ")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        pytest.param([A, B], [A, B], [], id="same"),
        pytest.param([A], [A, B], ["added b 新增问题“乙”（b）"], id="added"),
        pytest.param([A, B], [B], ["removed a 删去问题“甲”（a）"], id="removed"),
        pytest.param([A], ["text | a | 甲乙"], ["label a 标题由“甲”改为“甲乙”（a）"], id="label"),
        pytest.param(
            ["text | a | 甲 | A"],
            ["text | a | 甲 | Aa"],
            ["other_words a “甲”另一种语言的标题或提示改了"],
            id="other language",
        ),
        pytest.param([A, B], ["integer | a | 甲", B], ["type a “甲”的类型由“文本”改为“整数”"], id="type"),
        pytest.param([A], ["text | a | 甲 | | | yes"], ["required a “甲”改为必填"], id="required"),
        pytest.param(["text | a | 甲 | | | yes"], [A], ["optional a “甲”不再必填"], id="optional"),
        pytest.param([A, B, C], [C, A, B], ["moved c “丙”换了位置"], id="moved, the fewest"),
        pytest.param(
            [A, B, *GROUP],
            [A, GROUP[0], B, GROUP[1]],
            ["regrouped b “乙”移到了分组“基本”"],
            id="into a group",
        ),
        pytest.param(
            [A, GROUP[0], B, GROUP[1]],
            [A, B, *GROUP],
            ["ungrouped b “乙”移到了分组外面"],
            id="out of a group",
        ),
        pytest.param(
            [A],
            [A, GROUP[0], B, GROUP[1]],
            ["group_added @g 新增分组“基本”（g）", "added b 新增问题“乙”（b）"],
            id="group",
        ),
        pytest.param(
            [KIN[0], A, KIN[1]],
            [KIN[0], B, KIN[1]],
            ["removed kin/a 删去问题“甲”（a）", "added kin/b 新增问题“乙”（b）"],
            id="within a repeat",
        ),
        pytest.param(
            [A, "text | c | 丙 | | | | ${a} = 'x'"],
            [GROUP[0], A, GROUP[1], "text | c | 丙 | | | | ${a} = 'x'"],
            ["group_added @g 新增分组“基本”（g）", "regrouped a “甲”移到了分组“基本”"],
            id="a path that changes is no other condition",
        ),
        pytest.param(
            [A, B],
            [A, "integer | b | 乙 | | | | ${a} != ''"],
            ["aspect b “乙”的显示条件由“（无）”改为“${a} != ''”"],
            id="condition",
        ),
        pytest.param(
            ["select_one yn | a | 甲"],
            ["select_one yn2 | a | 甲"],
            ["choice_removed a “甲”去掉选项“否”（no）"],
            id="a list that lacks one",
        ),
        pytest.param(
            ["select_one yn | a | 甲"],
            ["select_one_from_file child.csv | a | 甲"],
            ["list a “甲”的选项改从“child”来（原来是“yn”）"],
            id="a list kept elsewhere",
        ),
        pytest.param(
            ["select_one yn | a | 甲", "select_one yn | b | 乙"],
            ["select_one yn | a | 甲", "select_multiple yn | b | 乙"],
            ["type b “乙”的类型由“单选”改为“多选”"],
            id="one to many",
        ),
    ],
)
def test_a_difference_is_told_in_words(before, after, said):
    shown = differences(form(*before), form(*after))
    assert [f"{each.kind} {each.path} {each.text()}" for each in shown] == said


def test_choices_that_changed_are_told_once_for_all_questions_of_the_list():
    rows = ["select_one yn | a | 甲", "select_multiple yn | b | 乙"]
    changed = CHOICES.replace("是", "对", 1) + "| | yn | unclear | 不清楚 |\n"
    shown = differences(form(*rows), form(*rows, choices=changed))
    assert [each.text() for each in shown] == [
        "“甲、乙”的选项“是”改叫“对”",
        "“甲、乙”增加选项“不清楚”（unclear）",
    ]


LISTS = (
    "| choices | list_name | name | label | label::English (en) | town |\n"
    "| | v | east | 东村 | East | {town} |\n| | v | west | 西村 | {west} | b |\n"
)
TURNED = "\n".join([*LISTS.splitlines()[:1], *LISTS.splitlines()[:0:-1]]) + "\n"
ENTITY = "| entities | list_name | label | entity_id | update_if |\n| | {0} | 甲 | ${{a}} | {1} |\n"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (LISTS.format(town="b", west="West"), ["“村”的选项“东村”：标题以外的列（筛选用）改了"]),
        (LISTS.format(town="a", west="Far"), ["“村”的选项“西村”另一种语言的标题改了"]),
        (TURNED.format(town="a", west="West"), ["“村”的选项换了顺序"]),
    ],
)
def test_what_of_the_choices_no_label_shows_is_told_too(changed, said):
    rows = ["select_one v | village | 村 | | | | | | | | | town = ${a}", A]
    shown = differences(
        form(*rows, choices=LISTS.format(town="a", west="West")), form(*rows, choices=changed)
    )
    assert [each.text() for each in shown] == said


def test_a_filter_is_told_as_it_was_written():
    rows = [A, "select_one v | village | 村 | | | | | | | | | {0}"]
    lists = LISTS.format(town="a", west="West")
    forms = [form(*(row.format(text) for row in rows), choices=lists) for text in ("", "town = ${a}")]
    assert [each.text() for each in differences(*forms)] == ["“村”的选项筛选由“（无）”改为“town = ${a}”"]


def test_what_a_save_changes_elsewhere_is_told():
    plain, first, other, later = (
        form(A, choices=CHOICES + text)
        for text in (
            "",
            ENTITY.format("child", "true()"),
            ENTITY.format("staff", "true()"),
            ENTITY.format("child", "${a} != ''"),
        )
    )
    said = [[each.kind for each in differences(plain, each)] for each in (first, other, later)]
    assert said == [["entity_added"]] * 3
    assert [each.kind for each in differences(first, plain)] == ["entity_removed"]
    assert [each.kind for each in differences(first, other)] == ["entity_removed", "entity_added"]
    assert [each.text() for each in differences(first, later)] == [
        "保存时怎样新建或改动登记表“child”里的记录：由“entity_id: ${a}\u3000label: 甲\u3000update_if: true()”"
        "改为“entity_id: ${a}\u3000label: 甲\u3000update_if: ${a} != ''”"
    ]


def test_a_file_with_any_other_change_is_never_called_the_same():
    """A form is compared for what people see; its settings and remarks count too."""
    before, after = (
        form(A, choices=f"| settings | version | guanai::group |\n| | {version} |\n") for version in "12"
    )
    assert [each.kind for each in differences(before, after)] == ["other_cells"]
    listed = form(A, choices="| settings | version | guanai::group |\n| | 1 | 家访 |\n")
    assert [each.text() for each in differences(before, listed)] == ["类组由“（无）”改为“家访”"]


def test_a_question_said_to_be_renamed_is_told_as_one():
    before = form(A, "integer | b | 乙 | | | | ${a} = 'x'")
    after = form("text | name | 名字", "integer | b | 乙 | | | | ${name} = 'x'")
    shown = differences(before, after, {"a": "name"})
    assert [each.kind for each in shown] == ["renamed", "label"]
    assert shown[0].text() == "问题“名字”的名称由 a 改为 name"


@pytest.mark.parametrize(
    ("before", "after", "guessed"),
    [
        (["text | a | 家长意见"], ["text | b | 家长意见"], {"a": "b"}),
        (["text | a | 家长的意见"], ["text | b | 家长意见"], {"a": "b"}),
        (["text | a | 家长意见"], ["integer | b | 家长意见"], {}),
        (["text | a | 家长意见"], ["text | b | 天气"], {}),
        ([KIN[0], "text | a | 电话", KIN[1]], ["text | a2 | 电话", *KIN], {}),
        (
            ["text | a | 电话", "text | b | 电话号码"],
            ["text | c | 电话号码", "text | d | 电话"],
            {"a": "d", "b": "c"},
        ),
    ],
)
def test_a_rename_is_guessed_from_kind_place_and_label(before, after, guessed):
    assert guessed_renames(form(*before), form(*after)) == guessed


def test_the_title_is_the_forms_own_difference():
    shown = differences(form(A, title="借书"), form(A, title="图书借阅"))
    assert [each.text() for each in shown] == ["表名由“借书”改为“图书借阅”"]


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped_forms())
def test_a_shipped_form_does_not_differ_from_itself_and_each_lost_question_is_told(name):
    """Every question taken out by itself is told as exactly that, and put back as added."""
    from guanai.storage.forms import load_form

    whole = load_form(shipped_forms()[name], name)
    assert differences(whole, whole) == []
    text = Path(shipped_forms()[name]).read_text(encoding="utf-8")
    plain = [line for line in text.splitlines() if re.match(r"\|\s*\|\s*text\s*\|", line)]
    for line in plain:
        key = line.split("|")[3].strip()
        if text.count(key) > 1:
            continue
        less = form_of(text.replace(line + "\n", ""), name)
        assert [(each.kind, each.path.rpartition("/")[2]) for each in differences(whole, less)] == [
            ("removed", key)
        ]
        assert [each.kind for each in differences(less, whole)] == ["added"]


def test_english():
    shown = differences(form(A), form("integer | a | 甲 | | | yes"), language="en")
    assert [each.text("en") for each in shown] == [
        "“甲” is of type integer instead of text",
        "“甲” must be answered now",
    ]


def test_marks_and_triggers_are_told_too():
    """A question that is kept secret, signed by itself or worked out after another one has changed for its readers."""
    head = "| survey | type | name | label | calculation | trigger | guanai::sensitive | guanai::own |\n"
    rows = "| | text | a | 甲 | | | {0} | |\n| | text | b | 乙 | {1} | {2} | | {3} |"
    before = form_of(head + rows.format("", "", "", ""))
    after = form_of(head + rows.format("是", "concat(${a}, '！')", "${a}", "yes"))
    assert sorted(each.text() for each in differences(before, after)) == [
        "“乙”的本人由“（无）”改为“是”",
        "“乙”的触发由“（无）”改为“a”",
        "“乙”的计算由“（无）”改为“concat(${a}, '！')”",
        "“甲”的保密由“（无）”改为“是”",
    ]
