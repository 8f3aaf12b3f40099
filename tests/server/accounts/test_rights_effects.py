"""What a change of the sheet 权限 changes, for whom, and that somebody stays in charge (requirements 3)."""

from dataclasses import replace

import pytest

from guanai.care.errors import GuanaiError
from guanai.care.rights.rights import RightRow
from guanai.server.accounts.accounts import Account
from guanai.server.accounts.rights_effects import check_somebody_stays, differences

HEAD = RightRow(("headmaster",), ("@accounts", "@rights"), ("change",), "school")
VISITS = RightRow(("helper", "homeroom"), ("home_visit",), ("see", "add"), "own")
ROWS = (HEAD, VISITS)
ACCOUNTS = [
    Account("校长", "x", ("headmaster",)),
    Account("甲", "x", ("helper",)),
    Account("乙", "x", ("homeroom", "helper")),
    Account("丙", "x", ("helper",), left="2026-01-01"),
    Account("丁", "x", ("librarian",)),
]


def changed(after, before=ROWS):
    found = differences(before, after, (), ["home_visit", "talk"], ACCOUNTS)
    return {(one.act, one.register, one.before, one.after, one.accounts) for one in found}


def test_the_same_sheet_changes_nothing():
    assert changed(ROWS) == set()


def test_a_wider_scope_is_named_with_those_whom_it_reaches():
    assert changed((HEAD, replace(VISITS, scope="class"))) == {
        ("see", "home_visit", "own", "class", ("甲", "乙")),
        ("add", "home_visit", "own", "class", ("甲", "乙")),
    }


def test_a_question_that_is_hidden_is_a_difference_too():
    assert ("see", "home_visit", "own", "own", ("甲", "乙")) in changed(
        (HEAD, replace(VISITS, hidden=frozenset({"wish"})))
    )


def test_an_office_matter_is_a_difference():
    given = RightRow(("librarian",), ("@trail",), ("see",), "school")
    assert changed((*ROWS, given)) == {("see", "@trail", None, "school", ("丁",))}


@pytest.mark.parametrize("register", ["@accounts", "@rights"])
def test_somebody_has_to_stay_in_charge(register):
    after = (replace(HEAD, registers=(register,)), VISITS)
    check_somebody_stays(ROWS, (), ACCOUNTS)
    with pytest.raises(GuanaiError) as refused:
        check_somebody_stays(after, (), ACCOUNTS)
    assert refused.value.key == "rights_page.nobody_left"


def test_a_closed_account_is_nobody_in_charge():
    with pytest.raises(GuanaiError):
        check_somebody_stays(ROWS, (), [replace(ACCOUNTS[0], locked="2026-01-01"), *ACCOUNTS[1:]])
