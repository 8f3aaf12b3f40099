"""What is recorded in a restricted register shows in no line and no number of who may not see it.

requirements 3, rule 1: counselling material and files are secret.
"""

from dataclasses import replace

import pandas as pd
import pytest
from support.days import TODAY

from guanai.care.duties.due import due, lines_in_order
from guanai.care.duties.restricted import is_restricted, only_restricted, without_restricted
from guanai.care.policy.duty import Duty, Trigger
from guanai.care.policy.policy import Policy
from guanai.storage.school import restricted_lines
from guanai.storage.school.due_service import DutyService

RESTRICTED = frozenset({"counselling", "guidance"})
ABOUT = [  # a row of 职责, and whether it is about restricted registers only
    (Duty("谈心", records=("talk",)), False),
    (Duty("咨询（经常）", records=("counselling",), per="often"), True),
    (Duty("心理疏导", records=("counselling", "guidance")), True),
    (Duty("心理研判", "event", records=("talk", "counselling"), trigger=Trigger("issue")), False),
    (Duty("心理伤害建档", "event", records=("guidance",), trigger=Trigger("issue")), True),
    (Duty("发现危险后家访", "event", records=("home_visit",), trigger=Trigger("counselling")), True),
    (Duty("完善咨询记录卡", "state", trigger=Trigger("counselling"), content=("done",)), True),
    (Duty("落实帮扶教师", "helper"), False),
    (Duty("资料齐全", "complete", content=("phone",)), False),
]


@pytest.mark.parametrize(("duty", "restricted"), ABOUT, ids=[duty.name for duty, _ in ABOUT])
def test_a_row_is_about_restricted_registers_by_its_trigger_or_by_all_of_its_records(duty, restricted):
    policy = Policy(duties=(duty,))
    assert is_restricted(duty, RESTRICTED) is restricted
    assert [one.name for one in without_restricted(policy, RESTRICTED).duties] == [duty.name] * (
        not restricted
    )
    assert [one.name for one in only_restricted(policy, RESTRICTED, RESTRICTED).duties] == [
        duty.name
    ] * restricted


def test_of_a_row_that_counts_both_only_the_open_register_counts():
    policy = Policy(duties=tuple(duty for duty, _ in ABOUT))
    both = {duty.name: duty for duty in without_restricted(policy, RESTRICTED).duties}["心理研判"]
    assert both.records == ("talk",)


def test_who_sees_one_restricted_register_has_no_row_that_takes_another_one():
    policy = Policy(duties=tuple(duty for duty, _ in ABOUT))
    names = {duty.name for duty in only_restricted(policy, RESTRICTED, {"counselling"}).duties}
    assert names == {"咨询（经常）", "发现危险后家访", "完善咨询记录卡"}


@pytest.fixture
def secret(filled, monkeypatch):
    """The small sample school in which counselling and guidance are restricted: each child has a card, some a danger."""
    monkeypatch.setattr(restricted_lines, "restricted_registers", lambda _: RESTRICTED)
    counsellor = filled.frame("staff")["id"].iloc[0]
    filled.insert_many(
        "counselling",
        [
            {"child": child, "date": "2026-11-19", "by": counsellor, "risk": "yes" if place % 2 else "no"}
            for place, child in enumerate(filled.children()["id"])
        ],
    )
    return filled


def service(school, seen=None):
    return DutyService(school, school._rules, seen)


def test_the_lines_of_restricted_registers_are_for_who_may_see_them_only(secret):
    names = {duty.name for duty in secret.policy.duties if duty.in_force and is_restricted(duty, RESTRICTED)}
    assert names
    everything, nothing = service(secret), service(secret, ())
    assert names <= set(everything.due(done=True)["duty"])
    for rows in (
        nothing.due(done=True), nothing.to_do(), nothing.of_children(set(secret.children()["id"]), done=True),
        nothing.fulfilment(), nothing.closing_list(), nothing.summary().tables["duties"],
        everything.summary().tables["duties"],
    ):  # fmt: skip
        assert len(rows) and not names & set(rows["duty"])
    texts = nothing.to_do()["text"]
    assert not any(name in text for name in names for text in texts)


def test_restricted_records_change_nothing_that_others_see(secret):
    """The lines, numbers and lists are the same with the cards as without them."""

    def seen():
        duties = service(secret, ())
        return [
            duties.due(done=True), duties.to_do(), duties.brief(), duties.fulfilment(), duties.gaps(),
            pd.DataFrame(duties.summary().as_records()), *duties.summary().tables.values(),
        ]  # fmt: skip

    with_cards = seen()
    for row in secret.table("counselling").rows():
        secret.delete("counselling", row["id"])
    for before, after in zip(with_cards, seen(), strict=True):
        pd.testing.assert_frame_equal(before, after)
    assert "咨询" not in "".join(with_cards[1]["text"])


def test_a_child_that_only_a_counsellor_has_met_is_still_one_that_nobody_has_met(secret):
    nothing = service(secret, ())
    for name in ("talk", "call", "home_visit", "family_call", "parent_contact", "guardian_contact"):
        for row in secret.table(name).rows():
            secret.table(name).to_bin(row["id"])
    for duties in (nothing, service(secret)):
        alone = duties.to_do()[duties.to_do()["cause"] == "no_contact"]["members"].iloc[0]
        assert len(alone) > 10


def test_lines_that_were_worked_out_apart_stand_in_the_order_of_all(secret):
    policy, frames = secret.policy, secret.duties.frames
    open_only = replace(
        policy, duties=tuple(duty for duty in policy.duties if not is_restricted(duty, RESTRICTED))
    )
    apart = only_restricted(policy, RESTRICTED, RESTRICTED)
    whole = due(policy, frames, TODAY, done=True)
    joined = lines_in_order(policy, [due(one, frames, TODAY, done=True) for one in (apart, open_only)])
    for name in ("status", "due", "duty", "class", "subject", "since", "subject_id"):
        assert joined[name].tolist() == whole[name].tolist()
