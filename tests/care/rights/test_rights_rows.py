"""A row of the sheet 权限 as a coordinator writes it, and every mistake with its place and remedy.

Requirement: who may do what is a setting of the school (requirements 2A, 3; 7.11).
"""

import pytest

from guanai.care.errors import PolicyError
from guanai.care.policy.workbook_rows import rows_of
from guanai.care.rights.rights import ACTS, OTHERS
from guanai.care.rights.rights_rows import CLOSED, KnownRegisters, read_rights, usable_rights

QUESTIONS = {
    "child": {"姓名": "name", "name": "name", "班级": "class", "class": "class", "身份证号": "id_number"}
}
QUESTIONS |= {"class": {"班主任": "homeroom", "homeroom": "homeroom"}}
NAMES = {
    "儿童档案": "child",
    "child": "child",
    "谈心": "talk",
    "talk": "talk",
    "班级": "class",
    "class": "class",
}
NAMES |= {"rights": "rights", "维权": "rights"}
KNOWN = KnownRegisters(NAMES, lambda register: QUESTIONS.get(register, {}))
OWN = {"角色": "校长", "登记册": "权限", "操作": "修改"}


def rows(*cells):
    return rows_of({"学校": [], "职责": [], "权限": list(cells)}, "school.xlsx")["rights"]


def read(**cells):
    return read_rights(rows({"角色": "班主任", "操作": "查看", **cells}, OWN), KNOWN)[0]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"登记册": "谈心"}, {"registers": ("talk",), "acts": ("see",), "scope": "school", "roles": ("homeroom",)}),
        ({"登记册": "talk、儿童档案"}, {"registers": ("talk", "child")}),
        ({"登记册": "其余", "操作": "全部", "范围": "本班"}, {"registers": (OTHERS,), "acts": ACTS, "scope": "class"}),
        ({"登记册": "others", "操作": "see, add", "范围": "grade"}, {"registers": (OTHERS,), "acts": ("see", "add"), "scope": "grade"}),
        ({"登记册": "其余", "操作": "查看", "范围": "只看合计"}, {"acts": ("count",), "scope": "school"}),
        ({"登记册": "rights"}, {"registers": ("rights",)}),  # a register by its name comes first
        ({"登记册": "权限"}, {"registers": ("@rights",)}),
        ({"登记册": "班级.班主任、child.class"}, {"registers": ("class.homeroom", "child.class")}),
        ({"登记册": "儿童档案", "隐藏": "身份证号"}, {"hidden": {"id_number"}, "only": None}),
        ({"登记册": "儿童档案", "隐藏": "除姓名、班级外"}, {"hidden": {"id_number"}, "only": {"name", "class"}}),
        ({"登记册": "儿童档案", "掩码": "身份证号"}, {"masked": {"id_number"}}),
        ({"角色": "校长、librarian", "登记册": "谈心"}, {"roles": ("headmaster", "librarian")}),
        ({"登记册": "谈心", "保密记录": "知道有"}, {"told": True}),
    ],
)  # fmt: skip
def test_a_row_says(cells, said):
    row = read(**cells)
    assert {name: getattr(row, name) for name in said} == said


@pytest.mark.parametrize(
    ("cells", "key", "column"),
    [
        ({"登记册": "谈新"}, "rights.register", "登记册"),
        ({"登记册": "班级.学生数"}, "rights.register", "登记册"),
        ({"登记册": "谈心", "角色": "保安"}, "policy.choice", "角色"),
        ({"登记册": "谈心", "操作": "偷看"}, "policy.choice", "操作"),
        ({"登记册": "谈心", "范围": "全镇"}, "policy.choice", "范围"),
        ({"登记册": "谈心", "操作": ""}, "policy.empty", "操作"),
        ({"登记册": ""}, "policy.empty", "登记册"),
        ({"登记册": "儿童档案", "隐藏": "身高"}, "policy.field", "隐藏"),
        ({"登记册": "儿童档案", "掩码": "除姓名外"}, "rights.only_hidden", "掩码"),
    ],
)
def test_a_mistake_says_where_it_is(cells, key, column):
    with pytest.raises(PolicyError) as mistake:
        read(**cells)
    error = mistake.value
    assert (error.key, error.file, error.sheet, error.row, error.column) == (
        key,
        "school.xlsx",
        "权限",
        2,
        column,
    )
    assert error.message("zh") != error.message("en")


def test_a_sheet_that_shuts_everybody_out_is_refused():
    with pytest.raises(PolicyError) as mistake:
        read_rights(rows({"角色": "校长", "登记册": "其余", "操作": "全部"}), KNOWN)
    assert mistake.value.key == "rights.locked_out"


def test_all_mistakes_are_said_at_once():
    wrong = {"角色": "班主任", "登记册": "谈新", "操作": "查看"}
    with pytest.raises(PolicyError) as mistake:
        read_rights(rows(wrong, OWN, wrong), KNOWN)
    assert [error.row for error in mistake.value.each()] == [2, 4]


def test_a_role_with_a_mistake_has_no_rights_where_the_sheet_must_be_used():
    """其余 would else show what the broken row hid."""
    broken = {"角色": "班主任、科任教师", "登记册": "儿童档案", "操作": "查看", "隐藏": "身高"}
    others = {"角色": "班主任、图书管理员", "登记册": "其余", "操作": "查看"}
    usable = usable_rights(rows(broken, others), KNOWN)
    assert [row.roles for row in usable if row not in CLOSED] == [("librarian",)]
    assert usable[-1:] == CLOSED
    assert usable_rights(rows({**broken, "角色": "保安"}, others), KNOWN) == CLOSED
