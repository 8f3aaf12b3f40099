"""What those who look after accounts may do, and what nobody may (requirements 3, 7.11).

Nobody rises by the own hand or by an account above the own one; nobody leaves the school without somebody in charge.
"""

import pytest

from guanai.care.errors import GuanaiError
from guanai.server.accounts.account_administration import AccountAdministration, NewAccount
from guanai.server.accounts.accounts import Accounts
from guanai.server.accounts.passwords import is_right

PASSWORD = "青山常在-2026"
#: Which roles have which office matters, for these tests.
MATTERS = {
    "headmaster": {"accounts", "rights"},
    "coordinator": {"accounts", "rights"},
    "file_officer": {"accounts"},
}


def may(roles, matter):
    return any(matter in MATTERS.get(role, ()) for role in roles)


@pytest.fixture
def accounts(school):
    accounts = Accounts(school)
    for name, role in (
        ("校长", "headmaster"),
        ("德育", "coordinator"),
        ("文员", "file_officer"),
        ("班主任甲", "homeroom"),
    ):
        accounts.add_without_password(name, roles=(role,))
        accounts.change(name, "password", password="$argon2id$x")
    return accounts


@pytest.fixture
def by(accounts):
    return lambda name: AccountAdministration(accounts, accounts.get(name), may)


ACTS = {
    "add": lambda office: office.add([NewAccount("新人")]),
    "reset": lambda office: office.reset("文员"),
    "lock": lambda office: office.lock("文员"),
    "unlock": lambda office: office.unlock("文员"),
    "leave": lambda office: office.leave("文员"),
    "come_back": lambda office: office.come_back("文员"),
    "roles": lambda office: office.set_roles("文员", ["helper"]),
    "staff": lambda office: office.set_staff("文员", "s1"),
    "sign_out": lambda office: office.sign_out("文员"),
}


@pytest.mark.parametrize("act", ACTS)
def test_who_does_not_look_after_accounts_changes_none(accounts, by, act):
    before = list(accounts)
    with pytest.raises(GuanaiError) as refused:
        ACTS[act](by("班主任甲"))
    assert refused.value.key == "account.not_you"
    assert list(accounts) == before


@pytest.mark.parametrize("act", ["reset", "lock", "leave", "come_back", "sign_out", "unlock"])
def test_nobody_closes_or_resets_the_own_account(accounts, by, act):
    office = by("德育")
    method = getattr(office, act)
    with pytest.raises(GuanaiError) as refused:
        method("德育")
    assert refused.value.key == "account.own"


def test_nobody_gives_a_role_to_the_own_account(accounts, by):
    with pytest.raises(GuanaiError) as refused:
        by("德育").set_roles("德育", ["coordinator", "counsellor"])
    assert refused.value.key == "account.own_roles"
    assert accounts.get("德育").roles == ("coordinator",)


def test_a_role_of_ones_own_can_be_given_up(accounts, by):
    by("校长").set_roles("德育", ["coordinator", "helper"])
    by("德育").set_roles("德育", ["helper"])
    assert accounts.get("德育").roles == ("helper",)


@pytest.mark.parametrize("role", ["headmaster", "coordinator"])
def test_who_may_not_change_rights_gives_no_role_that_may(accounts, by, role):
    with pytest.raises(GuanaiError) as refused:
        by("文员").set_roles("班主任甲", ["homeroom", role])
    assert refused.value.key == "account.above_roles"
    with pytest.raises(GuanaiError):
        by("文员").add([NewAccount("新人", (role,))])
    assert "新人" not in accounts.names()


@pytest.mark.parametrize("act", ["reset", "lock", "leave", "sign_out"])
def test_who_may_not_change_rights_touches_no_account_that_may(accounts, by, act):
    """A new link to the headmaster's account would be a way to all of its rights."""
    with pytest.raises(GuanaiError) as refused:
        getattr(by("文员"), act)("校长")
    assert refused.value.key == "account.above"
    with pytest.raises(GuanaiError):
        by("文员").set_staff("校长", "s1")


class TestTheLast:
    @pytest.fixture
    def alone(self, accounts):
        for name in ("校长", "文员"):
            accounts.remove(name)
        return accounts

    def test_the_last_one_cannot_give_up_the_role(self, alone, by):
        with pytest.raises(GuanaiError) as refused:
            by("德育").set_roles("德育", [])
        assert refused.value.key == "account.last"

    @pytest.mark.parametrize("state", [{"locked": "2026-01-01"}, {"left": "2026-01-01"}, {"password": ""}])
    def test_an_account_that_nobody_can_sign_in_to_does_not_count(self, alone, by, state):
        alone.add_without_password("校长", roles=("headmaster",))
        alone.change("校长", "password", password="$argon2id$x")
        alone.change("校长", "test", **state)
        with pytest.raises(GuanaiError) as refused:
            by("德育").set_roles("德育", [])
        assert refused.value.key == "account.last"

    def test_with_another_one_it_may(self, alone, by):
        by("德育").add([NewAccount("校长", ("headmaster",))])
        alone.change("校长", "link_used", password="$argon2id$x", link="")
        by("德育").set_roles("德育", [])
        assert alone.get("德育").roles == ()


def test_forty_accounts_are_made_at_once_or_not_at_all(accounts, by):
    new = [NewAccount(f"老师{number}", ("helper",), f"s{number}") for number in range(40)]
    before = accounts.names()
    with pytest.raises(GuanaiError):
        by("德育").add([*new, NewAccount("老师7")])
    assert accounts.names() == before
    links = by("德育").add(new)
    assert len({link.key for link in links}) == 40
    assert accounts.of_link(links[3].key).name == "老师3"
    assert {change.by for change in accounts.changes("老师3")} == {"德育"}


def test_who_leaves_cannot_come_in_and_who_comes_back_gets_a_link(accounts, by):
    accounts.set_password("班主任甲", PASSWORD)
    link = by("德育").reset("班主任甲")
    by("德育").leave("班主任甲")
    assert accounts.get("班主任甲").state == "left"
    assert accounts.of_link(link.key) is None
    assert not is_right(accounts.get("班主任甲").password, PASSWORD)
    with pytest.raises(GuanaiError) as refused:
        by("德育").reset("班主任甲")
    assert refused.value.key == "account.closed"
    again = by("德育").come_back("班主任甲")
    assert accounts.of_link(again.key).name == "班主任甲"


def test_a_locked_account_keeps_its_password(accounts, by):
    accounts.set_password("班主任甲", PASSWORD)
    by("德育").lock("班主任甲")
    assert accounts.get("班主任甲").state == "locked"
    by("德育").unlock("班主任甲")
    assert accounts.get("班主任甲").state == "active"
    assert is_right(accounts.get("班主任甲").password, PASSWORD)


def test_one_row_of_staff_is_tied_to_one_account(accounts, by):
    by("德育").set_staff("文员", "s1")
    with pytest.raises(GuanaiError) as refused:
        by("德育").set_staff("班主任甲", "s1")
    assert refused.value.key == "account.staff_taken"
    by("德育").leave("文员")
    by("德育").set_staff("班主任甲", "s1")
    assert accounts.get("班主任甲").staff == "s1"
