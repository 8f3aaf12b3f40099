"""Chinese headings and types read as XLSForm and written back.

Requirement: labels in Chinese first; a coordinator writes forms in Chinese (7.10).
"""

import pytest

from guanai.storage.forms.xlsform import headings
from guanai.storage.forms.xlsform.headings import (
    CHOICE_HEADINGS,
    GROUPS,
    OWN_HEADINGS,
    SETTING_HEADINGS,
    SURVEY_HEADINGS,
    TYPES,
    language_code,
    read_cell,
    read_heading,
    read_sheet_name,
    read_type,
    write_cell,
    write_heading,
    write_type,
)
from guanai.templates.wording import say

LANGUAGES = ("", "::中文 (zh)", "::English (en)", "::藏文 (bo)")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("heading", [*SURVEY_HEADINGS, *CHOICE_HEADINGS, *SETTING_HEADINGS])
def test_every_heading_goes_to_chinese_and_back(heading, language):
    written = write_heading(heading + language)
    assert read_heading(written) == heading + language
    assert not written.isascii()


def test_a_column_of_the_author_s_own_stays_as_it_is():
    for heading in ["noAppErrorString::English (en)", "备注::中文 (zh)", "grade"]:
        assert read_heading(write_heading(heading)) == heading


def test_the_house_s_own_headings_go_to_chinese_and_back():
    for heading in OWN_HEADINGS:
        assert read_heading(write_heading(heading)) == heading
        assert read_heading(heading.replace("::", " :: ").title()) == heading
        assert (
            write_heading(heading) not in {**SURVEY_HEADINGS, **CHOICE_HEADINGS, **SETTING_HEADINGS}.values()
        )


def test_a_group_of_forms_has_a_name_in_both_languages():
    for group in GROUPS:
        assert GROUPS[group] == say(f"form.group.{group}", "zh") != say(f"form.group.{group}", "en")
        assert read_cell("guanai::group", write_cell("guanai::group", group)) == group


def test_every_type_goes_to_chinese_and_back():
    for name in TYPES:
        for kind in (name, f"{name} list or_other" if name.startswith("select") else name):
            assert read_type(write_type(kind)) == kind
            assert write_type(kind) != kind


def test_no_chinese_word_stands_for_two():
    for words in [SURVEY_HEADINGS, {**CHOICE_HEADINGS}, SETTING_HEADINGS, TYPES, headings.SHEETS]:
        assert len(set(words.values())) == len(words)


def test_headings_are_read_in_either_language():
    for written, heading in [
        ("标题（英文）", "label::English (en)"),
        ("标题(中文)", "label::中文 (zh)"),
        ("提示::English", "hint::English (en)"),
        ("label::English (en)", "label::English (en)"),
        ("校验提示", "constraint_message"),
        ("Constraint  Message", "constraint_message"),
        ("relevance", "relevant"),
        ("readonly", "read_only"),
        ("字段名", "name"),
        ("bind::type", "bind::type"),
        ("label:English", "label::English (en)"),
        ("jr:count", "repeat_count"),
        ("media:image", "media:image"),
        ("备注", "备注"),
        ("年级(旧)", "年级(旧)"),
    ]:
        assert read_heading(written) == heading


def test_types_are_read_in_either_language():
    for written, kind in [
        ("文本", "text"),
        ("单选　sex", "select_one sex"),
        ("单选 child.csv", "select_one_from_file child.csv"),
        ("多选名册 staff.csv", "select_multiple_from_file staff.csv"),
        ("单选 sex 或其他", "select_one sex or_other"),
        ("select one from sex", "select_one sex"),
        ("select_multiple from file staff.csv", "select_multiple_from_file staff.csv"),
        ("begin group", "begin_group"),
        ("select all that apply from toilets or specify other", "select_multiple toilets or_other"),
        ("end  repeat", "end_repeat"),
        ("分组开始", "begin_group"),
        ("q picture", "image"),
        ("add date time prompt", "dateTime"),
        ("get device id", "deviceid"),
        ("uri:deviceid", "deviceid"),
        ("phone number", "phone number"),
        ("地图", "地图"),
    ]:
        assert read_type(written) == kind


def test_cells_are_read_by_their_heading():
    for heading, cell, read in [
        ("required", "是", "yes"),
        ("read_only", "否", "no"),
        ("required", "${a} = '是'", "${a} = '是'"),
        ("label", "是", "是"),
        ("guanai::sensitive", "是", "yes"),
        ("guanai::group", "保障与安全", "safety"),
        ("guanai::group", "我们的社团", "我们的社团"),
        ("appearance", "多行 columns-2", "multiline columns-2"),
    ]:
        assert read_cell(heading, cell) == read
        assert read_cell(heading, write_cell(heading, read)) == read


def test_sheets_have_chinese_names():
    assert [read_sheet_name(name) for name in ("问题", "选项", " Survey", "设置", "我的备注")] == [
        "survey",
        "choices",
        "survey",
        "settings",
        "我的备注",
    ]


def test_a_language_has_a_code():
    for name, code in [("中文 (zh)", "zh"), ("英文", "en"), ("English", "en"), ("藏文", "藏文")]:
        assert language_code(name) == code
