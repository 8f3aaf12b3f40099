"""Many accounts in one step: from the register of staff, or a sheet with its mistakes placed (requirements 3, 7.11)."""

import pytest

from guanai.care.errors import GuanaiError
from guanai.server.accounts.account_sheets import cells_of, read_account_sheet, staff_without_account
from guanai.server.accounts.accounts import Accounts

STAFF = [
    {"id": "s1", "name": "张伟", "role": "homeroom"},
    {"id": "s2", "name": "张伟", "role": "subject"},
    {"id": "s3", "name": "李娜", "role": "coordinator", "active": "yes"},
    {"id": "s4", "name": "王强", "role": "subject", "active": "no"},
    {"id": "s5", "name": "赵敏", "role": "counsellor"},
]


@pytest.fixture
def accounts(school):
    return Accounts(school)


def read(text, accounts, staff=STAFF):
    return read_account_sheet(enumerate(cells_of(text), start=1), staff, accounts)


class TestFromTheRegister:
    def test_whoever_works_here_is_proposed_with_a_name_and_roles(self, accounts):
        found = [one.proposed for one in staff_without_account(STAFF, accounts)]
        assert [(one.name, one.roles, one.staff) for one in found] == [
            ("张伟", ("homeroom", "helper"), "s1"),
            ("张伟2", ("subject", "helper"), "s2"),
            ("李娜", ("coordinator", "helper"), "s3"),
            ("赵敏", ("helper", "counsellor"), "s5"),
        ]

    def test_who_has_an_account_is_not_proposed_again(self, accounts):
        accounts.add_without_password("小李", staff="s3")
        assert "s3" not in [one.proposed.staff for one in staff_without_account(STAFF, accounts)]

    def test_an_account_of_the_same_name_without_a_row_is_named(self, accounts):
        accounts.add_without_password("李娜")
        found = {one.person: one.same_name for one in staff_without_account(STAFF, accounts)}
        assert found["李娜"] == "李娜"
        assert found["赵敏"] == ""


class TestFromASheet:
    @pytest.mark.parametrize(
        "text",
        [
            "李娜\t德育负责人\n周社工\t社会代理家长",
            "姓名\t角色\n李娜\t德育负责人\n周社工\t社会代理家长",
            "角色,姓名\n德育负责人,李娜\n社会代理家长,周社工",
            "李娜 德育负责人\n\n周社工 社会代理家长",
            "name\trole\n李娜\tcoordinator\n周社工\tsocial_carer",
        ],
    )
    def test_names_and_roles_in_whatever_way_they_are_written(self, accounts, text):
        assert [(one.name, one.roles, one.staff) for one in read(text, accounts)] == [
            ("李娜", ("coordinator",), "s3"),
            ("周社工", ("social_carer",), ""),
        ]

    def test_without_a_role_it_is_that_of_the_post(self, accounts):
        assert [one.roles for one in read("赵敏\n周社工", accounts)] == [
            ("helper", "counsellor"),
            ("helper",),
        ]

    @pytest.mark.parametrize(
        ("text", "key", "row", "column"),
        [
            ("李娜\t班主任\n赵敏\t班煮任", "account.no_role", 2, "角色"),
            ("李娜\n李娜", "account.twice", 2, "姓名"),
            ("李娜\nguanai", "account.reserved", 2, "姓名"),
            ("李娜\n老用户", "account.taken", 2, "姓名"),
            ("姓名\t角色\n\t班主任", "account.name", 2, "姓名"),
            ("张伟\t班主任", "account.staff_several", 1, "编号"),
            ("张伟甲\t班主任\ts9", "account.no_staff_row", 1, "编号"),
            ("张伟甲\t班主任\ts1\n张伟乙\t班主任\ts1", "account.staff_taken", 2, "编号"),
        ],
    )
    def test_a_mistake_is_said_with_its_row_and_column(self, accounts, text, key, row, column):
        accounts.add_without_password("老用户")
        with pytest.raises(GuanaiError) as refused:
            read(text, accounts)
        (error,) = refused.value.each()
        assert (error.key, error.row, error.column) == (key, row, column)
        assert str(row) in error.message("zh")

    def test_all_mistakes_are_said_at_once(self, accounts):
        with pytest.raises(GuanaiError) as refused:
            read("李娜\t无\n赵敏\t没有", accounts)
        assert [error.row for error in refused.value.each()] == [1, 2]

    def test_nothing_to_read_says_what_to_write(self, accounts):
        with pytest.raises(GuanaiError) as refused:
            read("\n \n", accounts)
        assert refused.value.key == "account.sheet_empty"
