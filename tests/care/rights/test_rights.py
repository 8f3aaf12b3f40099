"""What somebody may do by the rows of the sheet 权限 for their roles.

Requirement: roles and confidentiality (requirements 3, rules 1, 4 and 8).

RI1 acts and scopes add up · RI2 其余 leaves out what the role names, and what is restricted · RI3 a question is hidden where
every row hides it that shows the record · RI4 matters and granting questions · RI5 the owner may do everything
"""

import pytest

from guanai.care.rights.masking import is_number_question, mask, masked_numbers
from guanai.care.rights.rights import ACTS, GRANTING, MATTERS, OTHERS, OWNER_RIGHTS, RightRow, Rights

RESTRICTED = {"counselling"}


def row(roles, registers, acts, scope="school", **more):
    split = {
        name: frozenset(value.split()) if isinstance(value, str) else value for name, value in more.items()
    }
    return RightRow(tuple(roles.split()), tuple(registers.split()), tuple(acts.split()), scope, **split)


SHEET = (
    row("homeroom", OTHERS, "see add", "class"),
    row("homeroom", "child", "see change", "class"),
    row("helper", "child talk", "see", "own", hidden="id_number"),
    row("helper", "talk", "add", "own"),
    row("librarian", "child", "see", "school", only="name class"),
    row("librarian", "loan", "see add delete"),
    row("town", OTHERS, "count"),
    row("headmaster", OTHERS, "see add change"),
    row("headmaster", "counselling", "count", told=True),
    row("headmaster", "@rights class.homeroom", "change"),
    row("deputy", "@rights", "see"),
    row("masker", "child", "see", masked="phone"),
    row("masker", "child", "see", "class", hidden="phone"),
)


def rights(*roles):
    return Rights.of(SHEET, roles, RESTRICTED)


@pytest.mark.parametrize(
    ("roles", "act", "register", "scope"),
    [
        ("homeroom", "see", "child", "class"),
        ("homeroom", "add", "child", None),  # RI2: it has rows of its own
        ("homeroom", "add", "talk", "class"),
        ("homeroom", "see", "counselling", None),
        ("homeroom", "delete", "talk", None),
        ("helper", "see", "talk", "own"),
        ("helper", "see", "loan", None),
        ("helper homeroom", "see", "talk", "class"),  # RI1
        ("helper librarian", "see", "child", "school"),
        ("librarian homeroom", "see", "loan", "school"),
        ("town", "count", "child", "school"),
        ("town", "see", "child", None),
        ("town", "count", "counselling", None),
        ("headmaster", "count", "counselling", "school"),
        ("headmaster", "see", "counselling", None),
        ("headmaster", "see", "shoes", "school"),
        ("nobody", "see", "child", None),
        ("", "see", "child", None),
    ],
)
def test_the_widest_scope_of_an_act(roles, act, register, scope):
    assert rights(*roles.split()).scope(act, register) == scope


@pytest.mark.parametrize(
    ("roles", "hidden", "masked"),
    [
        ("helper", {"id_number"}, set()),
        ("homeroom", set(), set()),
        ("homeroom helper", set(), set()),
        ("masker", set(), {"phone"}),
        ("masker helper", set(), set()),
        ("town", set(), set()),
    ],
)
def test_what_is_hidden_in_every_record(roles, hidden, masked):
    """RI3"""
    of_roles = rights(*roles.split())
    assert (of_roles.hidden("child"), of_roles.masked("child")) == (hidden, masked)


def test_the_names_of_the_school_take_no_cover_off_the_dossiers_of_other_classes():
    """RI3: 班主任 and 图书管理员 in one."""
    grants = {grant.scope: grant for grant in rights("homeroom", "librarian").grants("see", "child")}
    assert set(grants) == {"class", "school"}
    assert not grants["class"].hides("id_number")
    assert grants["school"].hides("id_number")
    assert grants["school"].hides("a question of next year")
    assert not grants["school"].hides("name")


@pytest.mark.parametrize(
    ("roles", "matter", "act", "may"),
    [
        ("headmaster", "rights", "change", True),
        ("headmaster", "rights", "see", True),  # who may do it may look
        ("deputy", "rights", "see", True),
        ("deputy", "rights", "change", False),
        ("headmaster", "class.homeroom", "change", True),
        ("headmaster", "child.class", "change", False),
        ("homeroom", "class.homeroom", "change", False),
        ("homeroom", "imports", "change", False),  # 其余 is no matter
        ("headmaster", "imports", "see", False),
    ],
)
def test_matters_and_questions_that_grant_rights(roles, matter, act, may):
    """RI4"""
    assert rights(*roles.split()).may(matter, act) is may


def test_what_somebody_is_told_of_a_restricted_record():
    assert rights("headmaster").told("counselling")
    assert not rights("homeroom").told("counselling")


def test_the_owner_may_do_everything():
    """RI5"""
    for act in ACTS:
        assert OWNER_RIGHTS.is_whole(act, "counselling")
    assert all(OWNER_RIGHTS.may(matter) for matter in (*MATTERS, *GRANTING))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("13800001234", "138****1234"),
        ("52272620160501001X", "5227**********001X"),
        ("0851-1234567", "085*****4567"),
        ("张三", "**"),
        ("123456", "**"),
        ("", ""),
        (None, None),
        (["low_income"], "**"),
        (13800001234, "138****1234"),
    ],
)
def test_a_mask_leaves_the_ends_of_a_long_number_alone(value, shown):
    assert mask(value) == shown


def test_numbers_are_masked_in_the_rows_of_a_repeat_too():
    guardians = [{"name": "林奶奶", "phone": "13800001234", "age": 60}]
    assert masked_numbers(guardians, "guardians") == [{"name": "林奶奶", "phone": "138****1234", "age": 60}]
    assert [name for name in ("phone", "father_phone", "id_number", "number", "phones", "hotline") if is_number_question(name)] == [
        "phone", "father_phone", "id_number"
    ]  # fmt: skip
