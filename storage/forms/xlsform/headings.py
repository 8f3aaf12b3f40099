"""The Chinese of a form workbook: headings, types and yes/no, each beside its XLSForm word.

The words here are the input language of a form, not messages, so they live in code beside the rules that read
them. Either language may be written, and mixed; what is read is always XLSForm, and `guanai eject` writes Chinese.

>>> read_heading("标题（英文）"), read_heading("校验提示::中文 (zh)"), read_heading("Constraint Message")
('label::English (en)', 'constraint_message::中文 (zh)', 'constraint_message')
>>> read_type("单选  grades 或其他"), write_type("select_one_from_file child.csv")
('select_one grades or_other', '单选名册 child.csv')
"""

import re
from collections.abc import Mapping

__all__ = [
    "CHOICE_HEADINGS",
    "ENTITY_HEADINGS",
    "GROUPS",
    "OWN_HEADINGS",
    "SETTING_HEADINGS",
    "SHEETS",
    "SURVEY_HEADINGS",
    "TYPES",
    "language_code",
    "read_cell",
    "read_heading",
    "read_sheet_name",
    "read_type",
    "write_cell",
    "write_heading",
    "write_type",
]

SHEETS = {
    "survey": "问题",
    "choices": "选项",
    "settings": "设置",
    "entities": "实体",
    "external_choices": "外部选项",
}

SURVEY_HEADINGS = {
    "type": "类型",
    "name": "名称",
    "label": "标题",
    "hint": "提示",
    "guidance_hint": "填写指南",
    "required": "必填",
    "required_message": "必填提示",
    "relevant": "显示条件",
    "constraint": "校验",
    "constraint_message": "校验提示",
    "calculation": "计算",
    "default": "默认值",
    "read_only": "只读",
    "choice_filter": "选项筛选",
    "appearance": "外观",
    "parameters": "参数",
    "repeat_count": "重复次数",
    "trigger": "触发",
    "save_to": "存入",
    "image": "配图",
    "big-image": "大图",
    "audio": "配音",
    "video": "配视频",
}
CHOICE_HEADINGS = {"list_name": "列表", "name": "名称", "label": "标题"}
ENTITY_HEADINGS = {
    "dataset": "登记表",
    "entity_id": "记录编号",
    "create_if": "新建条件",
    "update_if": "更新条件",
    "repeat": "所在重复",
}
SETTING_HEADINGS = {
    "form_title": "表名",
    "form_id": "表编号",
    "version": "版本",
    "default_language": "默认语言",
    "instance_name": "记录名称",
    "style": "样式",
    "allow_choice_duplicates": "允许选项重名",
}

# Columns of our own, which XLSForm does not know and other programs ignore: whether an answer (or all
# of a group) can be left out of an export as sensitive; whether a new record is answered there with whoever is signed
# in; on the sheet of settings, with which other forms it is listed, and whether its records lie in the vault.
OWN_HEADINGS = {
    "guanai::sensitive": "保密",
    "guanai::own": "本人",
    "guanai::group": "类组",
    "guanai::restricted": "保密登记册",
}
GROUPS = {
    "people": "人与档案",
    "visits": "家访",
    "contact": "联系",
    "pairing": "结对",
    "wellbeing": "辅导与健康",
    "activities": "活动与之家",
    "safety": "保障与安全",
    "management": "管理",
}

TYPES = {
    "text": "文本",
    "integer": "整数",
    "decimal": "小数",
    "date": "日期",
    "time": "时间",
    "dateTime": "日期时间",
    "select_one": "单选",
    "select_multiple": "多选",
    "select_one_from_file": "单选名册",
    "select_multiple_from_file": "多选名册",
    "note": "说明",
    "calculate": "计算",
    "hidden": "隐藏",
    "begin_group": "分组开始",
    "end_group": "分组结束",
    "begin_repeat": "重复开始",
    "end_repeat": "重复结束",
    "csv-external": "外部数据",
    "today": "今天",
    "start": "开始时刻",
    "end": "结束时刻",
    "username": "用户名",
    "deviceid": "设备号",
    "rank": "排序",
    "range": "范围",
    "acknowledge": "确认",
    "image": "图片",
    "file": "文件",
    "audio": "录音",
    "video": "录像",
    "barcode": "条码",
    "geopoint": "位置",
    "geotrace": "路线",
    "geoshape": "区域",
    "xml-external": "外部数据（XML）",
    "select_one_external": "单选外部",
    "email": "邮箱",
    "phonenumber": "本机号码",
    "audit": "填写日志",
}

_APPEARANCES = {
    "multiline": "多行",
    "minimal": "下拉",
    "columns": "分栏",
    "numbers": "号码",
    "field-list": "同页",
    "quick": "快选",
    "likert": "量表",
    "no-buttons": "无圆点",
}
_LANGUAGES = {"中文 (zh)": "中文", "English (en)": "英文"}

# Other ways of writing the same word. The English ones are those of pyxform's own alias tables.
_OTHER_SHEETS = {"问卷": "survey", "题目": "survey", "选择": "choices", "表单设置": "settings"}
_OTHER_HEADINGS = {
    "字段": "name",
    "字段名": "name",
    "选项名": "name",
    "列表名": "list_name",
    "选项列表": "list_name",
    "标签": "label",
    "显示": "relevant",
    "约束": "constraint",
    "约束提示": "constraint_message",
    "公式": "calculation",
    "默认": "default",
    "筛选": "choice_filter",
    "caption": "label",
    "relevance": "relevant",
    "calculate": "calculation",
    "readonly": "read_only",
    "constraining_message": "constraint_message",
    "requiredmsg": "required_message",
    "count": "repeat_count",
    "jr:count": "repeat_count",
    "title": "form_title",
    "set_form_title": "form_title",
    "set_form_id": "form_id",
    "id_string": "form_id",
}
_OTHER_TYPES = {
    "字符": "text",
    "数字": "integer",
    "选择": "select_one",
    "单选题": "select_one",
    "多选题": "select_multiple",
    "备注": "note",
    "提示": "note",
    "string": "text",
    "int": "integer",
    "datetime": "dateTime",
    "select1": "select_one",
    "photo": "image",
    "picture": "image",
    "照片": "image",
    "附件": "file",
    "滑块": "range",
    "打分": "range",
    "gps": "geopoint",
    "location": "geopoint",
    "trigger": "acknowledge",
}
_OTHER_PHRASES = {  # types of two words, from before underscores
    "date time": "dateTime",
    "start time": "start",
    "end time": "end",
    "device id": "deviceid",
    "subscriber id": "subscriberid",
    "sim id": "simserial",
}
_OTHER_LANGUAGES = {
    "汉语": "中文 (zh)",
    "简体中文": "中文 (zh)",
    "Chinese": "中文 (zh)",
    "English": "English (en)",
}

_SPOKEN = frozenset({"label", "hint", "guidance_hint", "required_message", "constraint_message", "caption"})

_YES = {"yes": "是", "no": "否"}
_YES_HEADINGS = frozenset(
    {
        "required",
        "read_only",
        "allow_choice_duplicates",
        "guanai::sensitive",
        "guanai::own",
        "guanai::restricted",
    }
)

_SPACED_TYPES = re.compile(
    r"^(begin|end)[\s_]+(group|repeat|loop)(?=\s|$)|^(select)[\s_]+(one|multiple)(?=\s|$|_from_file|_external)"
)
_OLD_MULTIPLE = re.compile(r"^select all that apply(?=\s|$)")
_FROM_FILE = re.compile(r"[\s_]+from[\s_]+file\b")
_OLD_PROMPT = re.compile(r"^(?:(?:q|get) (?P<question>.+)|add (?P<added>.+) prompt|uri:(?P<uri>\w+))$")
_BRACKETED_LANGUAGE = re.compile(r"^(?P<word>[^（(:]+?)\s*[（(](?P<language>[^()（）]+)[）)]$")
_CODE = re.compile(r"\(([A-Za-z-]+)\)\s*$")


def _inverted(words: Mapping[str, str]) -> dict[str, str]:
    return {chinese: english for english, chinese in words.items()}


_READ_SHEETS = {**_inverted(SHEETS), **_OTHER_SHEETS}
_WRITE_HEADINGS = {**SURVEY_HEADINGS, **CHOICE_HEADINGS, **ENTITY_HEADINGS, **SETTING_HEADINGS}
_READ_HEADINGS = {**{word: word for word in _WRITE_HEADINGS}, **_inverted(_WRITE_HEADINGS), **_OTHER_HEADINGS}
_READ_TYPES = {**_inverted(TYPES), **_OTHER_TYPES}
_READ_LANGUAGES = {**_inverted(_LANGUAGES), **_OTHER_LANGUAGES}
# The words of cells, by heading; those of types have rules of their own.
_WRITE_CELLS = {"appearance": _APPEARANCES, "guanai::group": GROUPS, **dict.fromkeys(_YES_HEADINGS, _YES)}
_READ_CELLS = {heading: _inverted(words) for heading, words in _WRITE_CELLS.items()}
_READ_OWN = {**_inverted(OWN_HEADINGS), "敏感": "guanai::sensitive", "分类": "guanai::group"}


def read_sheet_name(text: str) -> str:
    """Return the XLSForm name of a sheet: 问题 is ``survey``."""
    name = text.strip()
    return _READ_SHEETS.get(name, name.lower())


def read_heading(text: str) -> str:
    """Return the XLSForm name of a heading, its language kept: 提示（英文） is ``hint::English (en)``."""
    own = _READ_OWN.get(text.strip()) or re.sub(r"\s*::\s*", "::", text.strip().lower())
    if own in OWN_HEADINGS:
        return own
    word, mark, language = (part.strip() for part in text.partition("::"))
    single, _, rest = (part.strip() for part in text.partition(":"))
    if not mark and rest and single.lower() in _SPOKEN:  # as forms of ten years ago have it
        word, mark, language = single, "::", rest
    bracketed = None if mark else _BRACKETED_LANGUAGE.match(word)
    if bracketed:
        word, mark, language = bracketed["word"], "::", bracketed["language"]
    snake = "_".join(word.split()).lower()
    english = _READ_HEADINGS.get(word) or _READ_HEADINGS.get(snake)
    if bracketed and not english:  # a choices column of the author's own, such as 年级(旧)
        return text.strip()
    word = english or word
    return f"{word}::{_READ_LANGUAGES.get(language, language)}" if mark else word


def write_heading(heading: str) -> str:
    """Return the Chinese of an XLSForm heading, with our two languages in brackets: 标题（英文）."""
    if heading in OWN_HEADINGS:
        return OWN_HEADINGS[heading]
    word, mark, language = heading.partition("::")
    chinese = _WRITE_HEADINGS.get(word, word)
    if language in _LANGUAGES and word in _WRITE_HEADINGS:
        return f"{chinese}（{_LANGUAGES[language]}）"
    return f"{chinese}{mark}{language}"


def read_type(text: str) -> str:
    """Return the XLSForm type of a cell in one spelling: 单选 grades 或其他 is ``select_one grades or_other``."""
    typed = _OLD_MULTIPLE.sub("select_multiple", " ".join(text.split()))
    typed = _FROM_FILE.sub("_from_file", typed.replace(" or specify other", " or_other"))
    typed = _SPACED_TYPES.sub(lambda match: "_".join(filter(None, match.groups())), typed)
    if prompt := _OLD_PROMPT.match(typed):
        typed = next(filter(None, prompt.groups()))
    word, *rest = _OTHER_PHRASES.get(typed, typed).split(" ")
    english = _READ_TYPES.get(word, word)
    if english.startswith("select_") or english == "rank":
        if rest and rest[0] == "from":  # pyxform's older "select one from grades"
            rest = rest[1:]
        if len(rest) == 1 and rest[0].endswith((".csv", ".xml", ".geojson")):
            english = f"{english.removesuffix('_from_file')}_from_file"
        rest = ["or_other" if part in {"或其他", "加其他"} else part for part in rest]
    return " ".join([english, *rest])


def write_type(text: str) -> str:
    """Return the Chinese of an XLSForm type: ``begin_repeat`` is 重复开始."""
    word, *rest = text.split(" ")
    return " ".join([TYPES.get(word, word), *("或其他" if part == "or_other" else part for part in rest)])


def read_cell(heading: str, text: str) -> str:
    """Return a cell's text in XLSForm's words, by its heading."""
    return read_type(text) if heading == "type" else _cell(heading, text, _READ_CELLS)


def write_cell(heading: str, text: str) -> str:
    """Return a cell's text in Chinese, by its heading; `read_cell` reads it again."""
    return write_type(text) if heading == "type" else _cell(heading, text, _WRITE_CELLS)


def _cell(heading: str, text: str, cells: Mapping[str, Mapping[str, str]]) -> str:
    words = cells.get(heading, {})
    if heading == "appearance":
        return " ".join(words.get(word, word) for word in text.split())
    return words.get(text, text)


def language_code(name: str) -> str:
    """Return the code of a language as a form names it: ``中文 (zh)`` is zh, an unknown name stays as it is."""
    code = _CODE.search(_READ_LANGUAGES.get(name, name))
    return code[1] if code else name
