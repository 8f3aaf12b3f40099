"""The sheet 权限 of a school: the one that ships, its own, one with a mistake, and none that can be read.

Requirement: who may do what is a setting of the school, and fails closed (requirements 2A, 3; 7.11).

RU1 without a sheet the shipped one · RU2 its own replaces it as a whole · RU3 a mistake leaves the last good copy
RU4 without a good copy only the sheet is mended · RU5 changed on the page, with its history, by a right of its own
"""

import pytest
from support.signed_in import signed_in

from guanai.care.errors import AccessError, PolicyError
from guanai.care.rights.rights_rows import CLOSED
from guanai.storage.school.rights_in_use import shipped_rights
from guanai.storage.school.workbooks import read_workbook, write_workbook
from guanai.templates.wording import say

OWN = {"角色": "校长", "登记册": "权限、其余", "操作": "全部"}
TALKS = {"角色": "班主任", "登记册": "谈心", "操作": "查看", "范围": "全校"}
BROKEN = {**TALKS, "登记册": "谈新"}


def reopened(school, *rows, title="权限"):
    """Return the school with a sheet of its own."""
    workbook = school.folder.workbook
    sheets = {name: rows for name, rows in read_workbook(workbook).items() if name != title}
    write_workbook(workbook, {**sheets, title: list(rows)})
    return school.as_user(school.person)


def test_without_a_sheet_the_shipped_one_is_in_use(school):
    """RU1"""
    assert signed_in(school, "某", "homeroom").access.rights.scope("see", "child") == "class"
    assert school.notices == []


@pytest.mark.parametrize("title", ["权限", "rights"])
def test_its_own_replaces_it_as_a_whole(school, title):
    """RU2"""
    own = reopened(school, OWN, TALKS, title=title)
    rights = signed_in(own, "某", "homeroom").access.rights
    assert (rights.scope("see", "talk"), rights.scope("see", "child")) == ("school", None)
    assert own.notices == []


def test_a_mistake_leaves_the_last_good_copy_in_use(school):
    """RU3"""
    assert signed_in(reopened(school, OWN, TALKS), "某", "homeroom").access.may("see", "talk")
    broken = reopened(school, OWN, BROKEN)
    rights = signed_in(broken, "某", "homeroom").access.rights
    assert (rights.scope("see", "talk"), rights.scope("see", "child")) == ("school", None)
    (notice,) = broken.notices
    assert "第 3 行" in notice and "谈新" in notice and "权限" in notice


@pytest.mark.parametrize("rows", [[OWN, BROKEN], [TALKS]])
def test_without_a_good_copy_only_the_sheet_is_mended(school, rows):
    """RU4"""
    good = school.folder.internal / school.folder.workbook.name
    good.unlink(missing_ok=True)
    broken = reopened(school, *rows)
    assert broken.settings.read().mistake is not None
    if rows == [TALKS]:
        assert broken.settings.read().mistake.key == "rights.locked_out"
        assert signed_in(broken, "某", "homeroom").access.rights.scope("see", "talk") is None
    head = signed_in(broken, "校长", "headmaster").access
    assert [head.may_matter(matter) for matter in ("rights", "settings", "accounts", "imports")] == [
        True
    ] * 3 + [False]
    assert not head.may("see", "child")
    assert say("rights.closed_sheet") in broken.notices
    assert broken._rules.rights == CLOSED


def test_the_shipped_sheet_is_shown_and_becomes_the_schools_own_when_it_is_changed(school):
    """RU5"""
    head = signed_in(school, "校长", "headmaster")
    shown = head.settings.read()
    assert shown.mistake is None
    assert len(shown.rows("rights")) == len(shipped_rights())
    row = next(row for row in shown.rows("rights") if row["right_role"] == "图书管理员")
    edit = head.settings.edit(shown, "rights", row["row"], {"right_acts": "查看"})
    after = head.settings.change(shown, [edit])
    assert len(after.rows("rights")) == len(shipped_rights())
    assert signed_in(school.as_user("测试老师"), "图", "librarian").access.rights.scope("add", "loan") is None
    (entry,) = head.settings.history("rights")
    assert (entry["by"], entry["edits"][0]["after"]) == ("校长", {"操作": "查看"})
    assert head.settings.history("duties") == []


@pytest.mark.parametrize("role", ["deputy", "homeroom", "file_officer"])
def test_the_sheet_is_changed_by_a_right_of_its_own(school, role):
    """RU5: 副校长 may change the rules, and look at the sheet 权限."""
    person = signed_in(school, "某", role)
    shown = person.settings.read()
    edit = person.settings.edit(shown, "rights", 2, {"right_role": "科任教师"})
    with pytest.raises(AccessError) as refused:
        person.settings.change(shown, [edit])
    assert refused.value.key == "rights.refused_matter"


def test_a_change_by_which_nobody_could_mend_the_sheet_is_refused(school):
    head = signed_in(reopened(school, OWN, TALKS), "校长", "headmaster")
    shown = head.settings.read()
    with pytest.raises(PolicyError) as mistake:
        head.settings.change(shown, [head.settings.removal(shown, "rights", 2)])
    assert mistake.value.key == "rights.locked_out"
