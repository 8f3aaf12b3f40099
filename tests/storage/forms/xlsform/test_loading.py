"""Forms loaded once for each content; broken ones refused by place and remedy, never with a traceback.

Promise: errors say where and what to do: file, sheet, row, column, remedy of a mistake in a form (7.10).
"""

import json
import re
import sys

import pytest

from guanai.care.errors import FormError
from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.forms.xlsform import loading
from guanai.storage.forms.xlsform.checks import check_sheets
from guanai.storage.forms.xlsform.loading import error_from_pyxform, form_of, last_good_form, load_form
from guanai.storage.forms.xlsform.sheets import sheets_of
from guanai.templates.wording import catalogue

GOOD = "| survey | type | name | label |\n| | text | name | 姓名 |\n"
HEAD = "| survey | type | name | label | relevant | calculation | constraint | appearance | parameters |"
CHOICES = "| choices | list_name | name | label |\n| | sex | male | 男 |\n| | sex | female | 女 |"


@pytest.fixture(autouse=True)
def nothing_in_memory():
    loading._forms.clear()


def survey(*rows, more=CHOICES):
    return "\n".join([HEAD, *rows, more])


# name of the case, the form, the key, the row of the text (the head is row 1), the column
BROKEN = [
    ("no type column", "| survey | name | label |\n| | a | A |", "form.no_column", 1, ""),
    ("no question", "| survey | type | name | label |", "form.empty", None, ""),
    ("no name column", "| survey | type | label |\n| | text | A |", "form.no_column", 1, ""),
    ("choices without list", "| survey | type | name | label |\n| | text | a | A |\n| choices | name |\n| | b |",
     "form.no_column", None, ""),
    ("misspelt heading", "| survey | type | name | label | requierd |\n| | text | a | A | yes |",
     "form.heading_near", 1, "requierd"),
    ("misspelt Chinese heading", "| 问题 | 类型 | 名称 | 标题 | 校验提醒 |\n| | 文本 | a | A | 不 |",
     "form.heading_near", 1, "校验提醒"),
    ("no type", survey("| | | a | A |"), "form.no_type", 2, "type"),
    ("unknown type", survey("| | 十字绣 | a | A |"), "form.type_unknown", 2, "type"),
    ("type nearly right", survey("| | interger | a | A |"), "form.type_near", 2, "type"),
    ("type of long ago", survey("| | percentage | a | A |"), "form.type_not_yet", 2, "type"),
    ("choices that only Collect searches",
     f"| survey | type | name | label | appearance |\n| | 单选 sex | a | A | search('fruits') |\n{CHOICES}",
     "form.search", 2, "appearance"),
    ("rank without a list", survey("| | 排序 | a | A |"), "form.select_no_list", 2, "type"),
    ("rank of an unknown list", survey("| | 排序 sexes | a | A |"), "form.unknown_list", 2, "type"),
    ("entity without a register", GOOD + "| entities | label |\n| | x |", "form.refused", None, None),
    ("saved to a register that is not named", "| survey | type | name | label | save_to |\n| | text | a | A | phone |",
     "form.refused", 2, None),
    ("last-saved", survey("| | text | a | A ${last-saved#a} |"), "form.not_yet", 2, "label"),
    ("no name", survey("| | text | | A |"), "form.no_name", 2, "name"),
    ("name with a space", survey("| | text | my name | A |"), "form.bad_name", 2, "name"),
    ("name that starts with a figure", survey("| | text | 2a | A |"), "form.bad_name", 2, "name"),
    ("system field", survey("| | text | created_by | A |"), "form.reserved_name", 2, "name"),
    ("pyxform's own name", survey("| | text | meta | A |"), "form.reserved_name", 2, "name"),
    ("name twice", survey("| | text | a | A |", "| | integer | a | B |"), "form.name_twice", 3, "name"),
    ("repeat twice", survey("| | begin_group | g | G |", "| | begin_repeat | r | A |", "| | text | a | A |",
                            "| | end_repeat | | |", "| | end_group | | |", "| | begin_repeat | r | A |",
                            "| | text | a | A |", "| | end_repeat | | |"), "form.name_twice", 7, "name"),
    ("no label", survey("| | text | a | |"), "form.no_label", 2, "label"),
    ("no calculation", survey("| | calculate | a | |"), "form.no_calculation", 2, "calculation"),
    ("end without begin", survey("| | text | a | A |", "| | end_group | | |"), "form.never_opened", 3, "type"),
    ("begin without end", survey("| | 分组开始 | g | G |", "| | text | a | A |"), "form.never_closed", 2, "type"),
    ("crossed", survey("| | begin_group | g | G |", "| | begin_repeat | r | R |", "| | text | a | A |",
                       "| | end_group | | |", "| | end_repeat | | |"), "form.crossed", 5, "type"),
    ("select without list", survey("| | 单选 | a | A |"), "form.select_no_list", 2, "type"),
    ("unknown list", survey("| | 单选 sexx | a | A |"), "form.unknown_list", 2, "type"),
    ("no choices at all", survey("| | 单选 sex | a | A |", more=""), "form.unknown_list", 2, "type"),
    ("file that is none", survey("| | 单选名册 child | a | A |"), "form.file_list", 2, "type"),
    ("choice without list", survey("| | text | a | A |", more=CHOICES + "\n| | | x | X |"),
     "form.choice_no_list", 6, "list_name"),
    ("choice without name", survey("| | text | a | A |", more=CHOICES + "\n| | sex | | X |"),
     "form.choice_no_name", 6, "name"),
    ("choice twice", survey("| | text | a | A |", more=CHOICES + "\n| | sex | male | X |"), "form.choice_twice", 6, "name"),
    ("choice with a space", survey("| | 多选 sex | a | A |", more=CHOICES + "\n| | sex | not known | X |"),
     "form.choice_space", 6, "name"),
    ("parameters", survey("| | 单选名册 child.csv | a | A | | | | | value |"), "form.bad_parameters", 2, "parameters"),
    ("unknown parameter", survey("| | 单选名册 child.csv | a | A | | | | | colour=red |"),
     "form.unknown_parameter", 2, "parameters"),
    ("open reference", survey("| | text | a | A |", "| | text | b | B | ${a = 1 |"), "form.open_reference", 3, "relevant"),
    ("unknown reference", survey("| | text | a | A |", "| | text | b | B | ${姓名} = 1 |"),
     "form.reference_unknown", 3, "relevant"),
    ("unknown reference in a label", survey("| | text | a | ${你} 好 |"), "form.reference_unknown", 2, "label"),
    ("reference nearly right", survey("| | text | parent | A |", "| | text | b | B | ${parents} = 1 |"),
     "form.reference_near", 3, "relevant"),
    ("reference to a double", survey("| | begin_group | g | G |", "| | text | a | A |", "| | end_group | | |",
                                     "| | text | a | A |", "| | text | b | B | ${a} = 1 |"),
     "form.reference_twice", 6, "relevant"),
    ("unknown instance", survey("| | calculate | a | | | instance('school')/root/item[name = 'x']/value |"),
     "form.unknown_instance", 2, "calculation"),
    ("circle", survey("| | text | a | A | ${b} = 1 |", "| | text | b | B | ${a} = 1 |"), "form.circle", 2, "relevant"),
    ("circle of one", survey("| | text | a | A | ${a} = 1 |"), "form.circle", 2, "relevant"),
    ("circle of calculations", survey("| | calculate | a | | | ${b} + 1 |", "| | calculate | b | | | ${a} + 1 |"),
     "form.circle", 2, "calculation"),
    ("circle through a group", survey("| | begin_group | g | G | ${a} = 1 |", "| | text | a | A |", "| | end_group | | |"),
     "form.circle", 2, "relevant"),
    ("what only pyxform knows", survey("| | 单选名册 child.csv | a | A | | | | | value=1x |"), "form.refused", 2, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "key", "row", "column"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN]
)
def test_a_broken_form_is_refused_with_place_and_remedy(text, key, row, column):
    with pytest.raises(FormError) as caught:
        form_of(text, file="broken.md")
    error = caught.value
    assert (error.key, error.row) == (key, row) or (row is None and error.key == key)
    assert column is None or error.column == column
    assert error.file == "broken.md"
    zh, en = error.message("zh"), error.message("en")
    assert re.search("[一-鿿]", zh)
    assert zh != en
    assert "broken.md" in zh
    if row:
        assert f"第 {row} 行" in zh
        assert f"row {row}" in en


@pytest.mark.parametrize(
    ("column", "expression"),
    [
        ("relevant", "${a} ="),
        ("relevant", "${a} = 'x"),
        ("calculation", "nosuch(${a})"),
        ("constraint", ". > today(1, 2)"),
    ],
)
def test_a_bad_expression_is_told_by_row_and_column(column, expression):
    place = ["relevant", "calculation", "constraint"].index(column)
    cells = " | ".join(expression if index == place else "" for index in range(3))
    with pytest.raises(FormError) as caught:
        form_of(survey("| | text | a | A |", f"| | text | b | B | {cells} |"))
    assert (caught.value.row, caught.value.column) == (3, column)
    assert caught.value.key.startswith("expression.")


HOSTILE = {
    "form.too_many_rows": "| survey | type | name | label |\n| | select_one a | b | B |\n\n| choices | list_name | name | label |\n"
    + "".join(f"| | a | c{number} | C |\n" for number in range(20_001)),
    "form.too_nested": "| survey | type | name | label |\n"
    + "".join(f"| | begin_group | g{number} | G |\n" for number in range(2_900)),
    "form.long_cell": f"| survey | type | name | label |\n| | text | a | {'A' * 40_000} |",
    "form.too_linked": "| survey | type | name | label | relevant |\n"
    + "".join(f"| | text | q{number} | Q | count(../*) > 0 |\n" for number in range(600)),
    "designer.too_large": "| survey | type | name | label |\n| | text | a | A |\n" + "x" * (5 << 20),
}


def test_every_refusal_of_the_catalogue_is_provoked_here():
    keys = {key for key in catalogue() if key.startswith("form.") and "type." not in key}
    provoked = {case[2] for case in BROKEN}
    elsewhere = {  # the file itself (test_sheets), and what is no error
        *("form.no_file", "form.file_kind", "form.not_text", "form.not_workbook", "form.sheet_twice"),
        *(
            "form.no_survey",
            "form.heading_twice",
            "form.headings_alike",
            "form.restricted_entities",
            "form.no_list",
        ),
        *("form.specify_other", "form.other", "form.types_sheet", "form.types_head", "form.types_use"),
    }
    ours = {key for key in keys if key in _keys_of("forms.md")}
    assert ours == provoked | elsewhere | {key for key in HOSTILE if key in keys}


def _keys_of(file):
    from guanai.templates import template
    from guanai.templates.wording import markdown_rows

    return {row[0] for row in markdown_rows(template("words").joinpath(file).read_text(encoding="utf-8"))}


def test_a_text_of_pyxform_that_is_not_known_is_carried_word_for_word():
    sheets = sheets_of(b"\n\n" + GOOD.encode(), "a.md")
    error = error_from_pyxform(
        ValueError("[row : 2] On the 'survey' sheet, the 'name' value is odd."), sheets
    )
    assert (error.key, error.row, error.column, error.sheet) == ("form.refused", 4, "name", "survey")
    assert "is odd" in error.message("zh")


def test_two_headings_for_one_column_are_told():
    sheets = sheets_of(GOOD.encode(), "a.md")
    said = "Invalid headers provided for sheet: 'survey'. Headers that are different names for the same column were found"
    assert error_from_pyxform(ValueError(said), sheets).key == "form.headings_alike"


def test_remarks_and_drafts_of_the_author_are_left_alone():
    form = form_of(
        "说明文字\n\n| survey | type | name | label | 备注 | R |\n| | text | name | 姓名 | ${家长}来填 | R1 |\n"
        "| 草稿 | 随便 |\n| | 什么 |\n"
    )
    assert form.columns == {"name": "text"}


def test_a_form_may_be_all_chinese():
    form = form_of(
        "| 问题 | 类型 | 名称 | 标题（中文） | 标题（英文） | 显示条件 | 必填 |\n"
        "| | 单选 是否 | 住校 | 是否住校 | Boards | | 是 |\n"
        "| | 整数 | 床号 | 床号 | Bed | ${住校} = '是' | |\n"
        "| 选项 | 列表 | 名称 | 标题（中文） | 标题（英文） |\n| | 是否 | 是 | 是 | Yes |\n| | 是否 | 否 | 否 | No |\n"
        "| 设置 | 表名 | 表名（英文） | 版本 |\n| | 住校登记 | Boarders | 2 |"
    )
    assert form.columns == {"住校": "select_one", "床号": "integer"}
    assert (form.title(), form.title("en"), form.version, form.languages) == (
        "住校登记",
        "Boarders",
        "2",
        ("zh", "en"),
    )
    session = FormSession(form)
    assert session.set("住校", "是") >= {"住校", "床号"}
    assert session.set("床号", "７") == {"床号"}
    assert session.record() == {"住校": "是", "床号": 7}


def test_the_version_is_the_authors_or_follows_the_content():
    first, second = form_of(GOOD), form_of(GOOD.replace("姓名", "名字"))
    assert first.version != second.version
    assert first.version == form_of("\n\n" + GOOD).version
    assert form_of(GOOD + "| settings | version |\n| | 2026-1 |").version == "2026-1"


def test_the_same_name_in_two_groups_is_told_apart_by_its_group():
    groups = [
        row
        for group in ("father", "mother")
        for row in (
            f"| | begin_group | {group} | {group} |",
            "| | text | phone | 电话 |",
            "| | end_group | | |",
        )
    ]
    form = form_of(survey("| | text | name | 姓名 |", *groups))
    assert form.columns == {"name": "text", "father-phone": "text", "mother-phone": "text"}
    session = FormSession(form, {"mother-phone": "1"})
    session.set("father-phone", "2")
    assert session.record() == {"father-phone": "2", "mother-phone": "1"}


def test_a_form_is_converted_once_and_kept(tmp_path, monkeypatch):
    path = tmp_path / "a.md"
    path.write_text(GOOD, encoding="utf-8")
    first = load_form(path, cache=tmp_path / "cache")
    assert load_form(path, cache=tmp_path / "cache") is first
    loading._forms.clear()
    monkeypatch.setitem(sys.modules, "pyxform.xls2xform", None)  # importing it now would fail
    again = load_form(path, cache=tmp_path / "cache")
    assert again is not first
    assert again == first
    assert again.columns == first.columns


def test_a_kept_file_that_is_damaged_is_made_anew(tmp_path):
    path = tmp_path / "a.md"
    path.write_text(GOOD, encoding="utf-8")
    first = load_form(path, cache=tmp_path / "cache")
    for damage in ("", "[]", "{}", json.dumps({"rows": {}, "warnings": None}), '{"kept": 1}'):
        loading._forms.clear()
        for file in (tmp_path / "cache").glob("*.json"):
            file.write_text(damage, encoding="utf-8")
        assert load_form(path, cache=tmp_path / "cache") == first


def test_a_cache_that_cannot_be_written_only_costs_time(tmp_path):
    path = tmp_path / "a.md"
    path.write_text(GOOD, encoding="utf-8")
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert load_form(path, cache=tmp_path / "file").columns == {"name": "text"}


def test_a_change_of_the_file_is_seen(tmp_path):
    path = tmp_path / "a.md"
    path.write_text(GOOD, encoding="utf-8")
    before = load_form(path, cache=tmp_path)
    path.write_text(GOOD.replace("姓名", "全名"), encoding="utf-8")
    after = load_form(path, cache=tmp_path)
    assert after != before
    assert FormSession(after).state("name").label == "全名"


def test_a_mistake_leaves_the_last_good_form_in_use(tmp_path):
    path = tmp_path / "a.md"
    path.write_text(GOOD, encoding="utf-8")
    good, mistake = last_good_form(path, cache=tmp_path / "cache")
    assert mistake is None
    path.write_text(GOOD.replace("text", "txet"), encoding="utf-8")
    loading._forms.clear()
    form, mistake = last_good_form(path, cache=tmp_path / "cache")
    assert form == good
    assert (mistake.key, mistake.row) == ("form.type_near", 2)
    path.write_text(GOOD.replace("姓名", "名"), encoding="utf-8")
    assert last_good_form(path, cache=tmp_path / "cache")[1] is None


def test_a_form_that_was_never_good_is_refused(tmp_path):
    path = tmp_path / "a.md"
    path.write_text(GOOD.replace("text", "txet"), encoding="utf-8")
    with pytest.raises(FormError):
        last_good_form(path, cache=tmp_path)


def test_rows_are_known_by_their_place_in_the_form():
    rows = check_sheets(
        sheets_of(
            survey("| | begin_group | g | G |", "| | text | a | A |", "| | end_group | | |").encode(), "a.md"
        )
    )
    assert {path: (row.row, row.type) for path, row in rows.items()} == {
        "/data/g": (2, "begin_group"),
        "/data/g/a": (3, "text"),
    }


MARKED = """
| 问题 | 类型 | 名称 | 标题 | 保密 |
| | 文本 | 姓名 | 姓名 | {name} |
| | 分组开始 | 家里 | 家里 | {family} |
| | 文本 | 电话 | 电话 | |
| | 单选 yes_no 或其他 | 住处 | 住处 | |
| | 分组结束 | | | |
| | 重复开始 | 谈话 | 谈话 | {talks} |
| | 日期 | 日期 | 日期 | |
| | 文本 | 内容 | 内容 | {content} |
| | 重复结束 | | | |

| 选项 | 列表 | 名称 | 标题 |
| | yes_no | yes | 是 |

| 设置 | 表名 | 类组 |
| | 登记 | {group} |
"""


def marked(name="", family="", talks="", content="", group=""):
    return form_of(MARKED.format(name=name, family=family, talks=talks, content=content, group=group))


@pytest.mark.parametrize(
    ("marks", "fields"),
    [
        ({}, set()),
        ({"name": "否", "content": "no"}, set()),
        ({"name": "是"}, {"姓名"}),
        ({"content": "yes"}, {"谈话/内容"}),
        ({"talks": "是"}, {"谈话/日期", "谈话/内容"}),
        ({"family": "保密"}, {"电话", "住处", "住处_other"}),  # misread in doubt as sensitive
    ],
)
def test_sensitive_questions_are_known_to_the_form(marks, fields):
    """R35, 002-1 L93: what an export can leave out is marked in the form, a question or a whole group."""
    form = marked(**marks)
    assert form.sensitive == fields
    assert {item.key for item in form.questions() if item.sensitive} == {
        at.rpartition("/")[2] for at in fields
    }


def test_marks_and_group_are_kept_with_the_form(tmp_path):
    path = tmp_path / "own.md"
    path.write_text(MARKED.format(name="是", family="", talks="", content="", group="保障与安全"), "utf-8")
    first = load_form(path, cache=tmp_path / "kept")
    loading._forms.clear()
    for form in (first, load_form(path, cache=tmp_path / "kept")):
        assert (form.sensitive, form.group) == ({"姓名"}, "safety")
        assert form.group_title("en") == "Support and safety"


def test_a_form_is_of_the_group_that_it_says_or_of_none():
    assert (marked().group, marked().group_title()) == ("", "")
    assert (marked(group="我们的社团").group, marked(group="我们的社团").group_title("en")) == (
        "我们的社团",
    ) * 2


def test_a_phone_number_is_asked_for_in_figures():
    """The types of two words are XLSForm's oldest; a ``phonenumber`` is what a telephone tells of itself."""
    form = form_of("| survey | type | name | label |\n| | phone number | phone | 电话 |")
    session = FormSession(form)
    (question,) = form.questions()
    assert (question.kind, question.asked) == ("text", True)
    session.set("phone", "打他妈妈的")
    assert session.state("phone").error
    session.set("phone", "10012345678")
    assert session.check() == []


def test_only_the_box_of_or_other_is_called_so():
    """A table-list makes questions of its own; the first of them has the label of the group."""
    form = form_of(
        "| survey | type | name | label | appearance |\n| | begin_group | g | 在家里 | table-list |\n"
        f"| | 单选 sex | a | 读书 | |\n| | 单选 sex | b | 说话 | |\n| | end_group | | | |\n{CHOICES}"
    )
    session = FormSession(form)
    assert "其他，请说明" not in {session.state(question.key).label for question in form.questions()}


@pytest.mark.parametrize("key", HOSTILE)
def test_an_enormous_form_is_refused_in_words(tmp_path, key):
    path = tmp_path / "enormous.md"
    path.write_text(HOSTILE[key], encoding="utf-8")
    with pytest.raises(FormError) as caught:
        load_form(path, cache=tmp_path / "cache")
    assert caught.value.key == key
    assert "enormous.md" in caught.value.message("zh")
