"""``guanai user``: accounts by whoever works in the folder (requirements 3, 7.11)."""

import io
from types import SimpleNamespace

import pytest

from guanai.server.accounts.accounts import Accounts
from guanai.server.commands.cli import main
from guanai.templates.wording import say

PASSWORD = "青山常在-2026"


@pytest.fixture
def run(school, monkeypatch, capsys):
    """Run the command in the school's folder; return its status and what it printed."""

    def run(*arguments, typed=PASSWORD, status=0):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))
        assert main(["user", str(school.folder.path), *arguments]) == status
        printed = capsys.readouterr()
        return printed.out + printed.err

    return run


@pytest.fixture
def chen(school):
    return school.save("staff", {"name": "陈老师", "role": "homeroom", "active": "yes"})


class TestTheRegisterOfStaff:
    def test_a_person_of_the_same_name_is_tied_and_gets_the_roles_of_the_post(self, school, chen, run):
        assert say("account.tied", name="陈老师", id=chen["id"]) in run("add", "陈老师")
        account = Accounts(school).get("陈老师")
        assert (account.staff, account.roles) == (chen["id"], ("homeroom", "helper"))

    @pytest.mark.parametrize(("answer", "tied"), [("", True), ("y", True), ("n", False), ("否", False)])
    def test_where_somebody_can_answer_it_is_asked(self, school, chen, monkeypatch, answer, tied):
        monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True, readline=lambda: PASSWORD))
        monkeypatch.setattr("builtins.input", lambda _: answer)
        main(["user", str(school.folder.path), "add", "陈老师", "--password-stdin"])
        assert bool(Accounts(school).get("陈老师").staff) is tied

    def test_an_option_leaves_it_untied(self, school, chen, run):
        run("add", "陈老师", "--no-staff", "--role", "helper")
        assert Accounts(school).get("陈老师").staff == ""

    def test_of_several_of_a_name_one_has_to_be_named(self, school, chen, run):
        other = school.save("staff", {"name": "陈老师", "role": "subject", "active": "yes"})
        refused = run("add", "陈老师", status=2)
        assert chen["id"] in refused and other["id"] in refused
        assert say("account.staff_choose", name="陈老师", ids="、".join((chen["id"], other["id"]))) in refused
        run("add", "陈老师", "--staff", other["id"])
        assert Accounts(school).get("陈老师").roles == ("subject", "helper")


class TestRoles:
    def test_roles_are_given_by_name_or_in_words_and_listed(self, school, run):
        run("add", "王敏", "--role", "coordinator", "班主任")
        assert Accounts(school).get("王敏").roles == ("coordinator", "homeroom")
        assert "德育负责人、班主任" in run("list")

    def test_they_are_changed_with_a_note(self, school, run):
        run("add", "王敏", "--role", "helper")
        run("roles", "王敏", "--role", "counsellor")
        accounts = Accounts(school)
        assert accounts.get("王敏").roles == ("counsellor",)
        assert accounts.changes("王敏")[0].act == "roles"

    def test_a_role_that_is_none_makes_no_account(self, school, run):
        assert "coordinatr" in run("add", "王敏", "--role", "coordinatr", status=2)
        assert len(Accounts(school)) == 0

    def test_without_a_role_that_is_said(self, run):
        assert say("account.has_no_roles", name="王敏") in run("add", "王敏")
        assert say("account.what_roles", name="王敏") in run("roles", "王敏", status=2)


def test_a_link_is_made_and_an_account_locked(school, run):
    run("add", "王敏", "--role", "helper")
    printed = run("link", "王敏")
    key = next(word for word in printed.replace("：", " ").replace("，", " ").split() if word.count("-") == 2)
    accounts = Accounts(school)
    assert accounts.of_link(key).name == "王敏"
    run("lock", "王敏")
    assert accounts.get("王敏").state == "locked"
    assert say("account.state.locked") in run("list")
    run("unlock", "王敏")
    assert accounts.of_link(key)
