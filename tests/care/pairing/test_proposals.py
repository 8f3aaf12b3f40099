"""Proposals of helpers and friends: reasons, trades, quotas, what they lack (R29, R30, W6; 000-7, 000-8, 002-1, 002-7a)."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guanai.care.pairing.helper_proposals import leavers, propose_helpers, propose_renewal, propose_successors
from guanai.care.pairing.match_scores import needed_help
from guanai.care.pairing.peer_proposals import propose_peers, without_peer
from guanai.care.pairing.quotas import class_quotas, helper_quotas, needs
from guanai.care.pairing.shortages import shortages
from guanai.care.policy.conditions import parse_condition
from guanai.care.policy.policy import Duty, Policy

ON = date(2026, 11, 2)
USUAL = {
    "status": "enrolled", "registered_on": "2026-09-01", "birth_date": "2015-01-01",
    "father_status": "away", "mother_status": "away", "eligible": "yes", "class": "三年级1班",
}  # fmt: skip


def quota(least=0, most=None, **more):
    return Duty("名额", kind="quota", **{"subject": "helper", "at_least": least, "at_most": most} | more)


def policy(*duties):
    return Policy(duties=duties)


def child(key, **more):
    return {"id": key, "name": f"童{key}"} | USUAL | more


def teacher(key, **more):
    return {"id": key, "name": f"{key}老师", "role": "subject", "active": "yes"} | more


def pair(key, child_id, helper, **more):
    return {"id": key, "child": child_id, "role": "helper", "helper": helper, "start": "2026-09-01"} | more


def school(children, staff, pairs=(), classes=(("三年级1班", 3, ""), ("四年级1班", 4, ""))):
    return {
        "child": pd.DataFrame(children),
        "staff": pd.DataFrame(staff),
        "pairing": pd.DataFrame(list(pairs)),
        "class": pd.DataFrame(
            [{"id": f"k{n}", "name": name, "grade": grade, "homeroom": who} for n, (name, grade, who) in enumerate(classes)]
        ),
    }  # fmt: skip


def who(proposal):
    return dict(zip(proposal.pairs["child"], proposal.pairs["carer"], strict=True))


@pytest.mark.parametrize(
    ("children", "staff", "pairs", "reason"),
    [
        pytest.param({"village": "柳溪村"}, {"village": "柳溪村"}, (), "同村（柳溪村）", id="same village"),
        pytest.param({}, {"teaches": ["三年级1班"]}, (), "任教本班", id="teaches the class"),
        pytest.param({}, {"id": "h"}, (), "本班班主任", id="the class teacher"),
        pytest.param({"class": "三年级2班"}, {"id": "h"}, (), "任教同一年级", id="same grade"),
        pytest.param({"boarding": "yes"}, {"role": "life"}, (), "岗位对应孩子的需要", id="000-8 L134: 后勤→life"),
        pytest.param(
            {"special_groups": ["psychological"]}, {"role": "counsellor"}, (), "岗位对应孩子的需要", id="mind"
        ),
        pytest.param(
            {"special_groups": ["learning_difficulty"]}, {}, (), "岗位对应孩子的需要", id="000-12 L195: 科任→study"
        ),
        pytest.param(
            {}, {}, [pair("p", "c", "s", end="2026-10-20")], "以前就由这位教师帮扶", id="continuity"
        ),
        pytest.param(
            {"village": "柳溪村"}, {}, [pair("p", "d", "s")], "已在帮扶同村（柳溪村）的孩子", id="near"
        ),
    ],
)  # fmt: skip
def test_who_fits_is_proposed_and_the_reason_is_told(children, staff, pairs, reason):
    classes = (("三年级1班", 3, "h"), ("三年级2班", 3, ""))
    near = (
        [child("d", village="柳溪村", **{"class": "三年级2班"})]
        if "d" in [pairing["child"] for pairing in pairs]
        else []
    )
    carer = teacher(staff.get("id", "s")) | staff
    frames = school(
        [child("c") | children, *near],
        [teacher("x", role="headmaster"), carer, teacher("y", role="headmaster")],
        pairs,
        classes,
    )
    proposed = propose_helpers(policy(), frames, ON)
    assert proposed.pairs.loc[0, ["carer", "why"]].tolist() == [carer["id"], reason]
    assert proposed.pairs.loc[0, "traded"] == ""


def test_what_was_traded_is_told():
    """Two of one village, one place there: the other child's line says who would have fitted and why not."""
    children = [child("a", village="柳溪村"), child("b", village="柳溪村")]
    staff = [teacher("s", village="柳溪村"), teacher("t", role="headmaster")]
    proposed = propose_helpers(policy(quota(most=1)), school(children, staff), ON)
    assert sorted(proposed.pairs["carer"]) == ["s", "t"]
    traded = proposed.pairs[proposed.pairs["carer"] == "t"]["traded"].item()
    assert "s老师" in traded
    assert "同村（柳溪村）" in traded
    assert "已满 1 名" in traded


def test_a_least_can_be_what_was_traded():
    children = [child(key, village="柳溪村") for key in "abcd"]
    staff = [teacher("s", village="柳溪村"), teacher("t", role="headmaster")]
    frames = school([*children, child("e")], staff, [pair("p", "e", "t")])
    proposed = propose_helpers(policy(quota(2)), frames, ON)
    assert "至少要帮扶 2 名" in proposed.pairs[proposed.pairs["carer"] == "t"]["traded"].item()


# -- quotas


def test_quotas_come_from_the_rows_and_the_persons_own_limit():
    """000-12 L195: subject teachers two each; a row of 经常 or of peers limits nobody; one's own limit comes first."""
    rules = policy(
        quota(6),
        quota(2, 2, subject_condition=parse_condition("role = subject"), source="000-12 L195"),
        quota(9, 9, per="often"),
        quota(9, 9, condition=parse_condition("role = peer")),
        quota(9, 9, subject="child"),
    )
    staff = pd.DataFrame(
        [teacher("a"), teacher("b", role="life"), teacher("c", role="life", most_children=4), teacher("d", most_children=0)]
    )  # fmt: skip
    quotas = helper_quotas(rules, staff)
    assert quotas["least"].tolist() == [2, 6, 4, 0]
    assert quotas["most"].iloc[[0, 2, 3]].tolist() == [2, 4, 0]
    assert quotas["own"].tolist() == [False, False, True, True]


def test_a_quota_of_all_the_staff_is_one_of_whom_can_help():
    """002-1 L45: 每一名教职工 at least six."""
    staff = pd.DataFrame([{"id": "s1", "name": "周老师", "role": "logistics"}])
    quotas = helper_quotas(policy(quota(6, subject="staff")), staff)
    assert quotas["least"].tolist() == [6]


def test_a_class_quota_asks_for_no_more_than_there_are():
    frames = school([child("a")], [])
    quotas = class_quotas(policy(quota(4, 5, subject="class", source="000-7 L122")), frames, ON)
    assert quotas.loc["三年级1班"].tolist() == [1, 5, "000-7 L122"]
    assert quotas.loc["四年级1班", "least"] == 0


def test_how_many_carers_a_child_needs():
    rules = policy(
        Duty("帮扶", kind="helper", at_least=2, subject_condition=parse_condition("boarding = yes")),
        quota(3, subject="child", condition=parse_condition("role = peer")),
    )
    children = pd.DataFrame([child("a", boarding="yes"), child("b")])
    assert needs(rules, children, "helper").tolist() == [2, 1]
    assert needs(rules, children, "peer").tolist() == [3, 3]


def test_a_child_that_needs_two_gets_two_different_helpers():
    rules = policy(Duty("多帮一", kind="helper", at_least=2))
    proposed = propose_helpers(rules, school([child("a")], [teacher("s"), teacher("t")]), ON)
    assert sorted(proposed.pairs["carer"]) == ["s", "t"]


@pytest.mark.parametrize(
    ("propose", "condition", "role"),
    [(propose_helpers, "grade >= 4", "helper"), (propose_peers, "grade >= 4", "peer")],
)
def test_a_need_may_depend_on_the_grade_of_the_class(propose, condition, role):
    """The grade is that of the class: a proposal asks for what the checklist says is lacking."""
    rules = policy(
        quota(
            2,
            subject="child",
            condition=parse_condition(f"role = {role}"),
            subject_condition=parse_condition(condition),
        )
    )
    older = [child(key, **{"class": "四年级1班"}) for key in "bcd"]
    proposed = propose(rules, school([child("a"), child("x"), *older], [teacher("s"), teacher("t")]), ON)
    assert proposed.pairs["child"].value_counts().to_dict() == {"a": 1, "x": 1, "b": 2, "c": 2, "d": 2}


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_proposal_is_within_the_quotas(data):
    villages = st.sampled_from(["", "柳溪村", "石桥村"])
    groups = st.sampled_from(["三年级1班", "四年级1班"])
    number, staff = data.draw(st.integers(0, 14)), data.draw(st.integers(0, 5))
    children = [
        child(f"c{n}", village=data.draw(villages), **{"class": data.draw(groups)}) for n in range(number)
    ]
    people = [
        teacher(f"s{n}", village=data.draw(villages), active=data.draw(st.sampled_from(["yes", "yes", "no"])),
                most_children=data.draw(st.one_of(st.none(), st.integers(0, 4))))
        for n in range(staff)
    ]  # fmt: skip
    pairs = [
        pair(f"p{n}", f"c{data.draw(st.integers(0, number - 1))}", f"s{data.draw(st.integers(0, staff - 1))}",
             end=data.draw(st.sampled_from([None, "2026-10-01"])))
        for n in range(data.draw(st.integers(0, 4)))
        if number and staff
    ]  # fmt: skip
    least, more = data.draw(st.integers(0, 3)), data.draw(st.integers(0, 3))
    rules = policy(
        quota(least, max(1, least + more)), quota(1, data.draw(st.integers(1, 6)), subject="class")
    )
    frames = school(children, people, pairs) if number and staff else {"child": pd.DataFrame(children)}
    proposed = propose_helpers(rules, frames, ON)
    loads = proposed.loads
    new = loads[loads["new"] > 0]
    assert (new["load"] <= new["most"]).all()
    active = {person["id"] for person in people if person["active"] == "yes"}
    assert set(proposed.new_pairs["carer"]) <= active
    running = {(pairing["child"], pairing["helper"]) for pairing in pairs if not pairing["end"]}
    made = list(zip(proposed.new_pairs["child"], proposed.new_pairs["carer"], strict=True))
    assert len(set(made)) == len(made)
    assert not running & set(made)
    for name, row in proposed.groups.iterrows():
        assert row["have"] + (proposed.new_pairs["class"] == name).sum() <= max(row["most"], row["have"])
    short = {lack.kind for lack in shortages(proposed)}
    assert bool((proposed.pairs["carer"] == "").any()) == bool(short & {"places", "nobody", "class_full"})


# -- what cannot be


def test_forty_children_and_twelve_helpers_of_three_are_four_places_short():
    children = [child(f"c{n:02}", **{"class": "三年级1班" if n < 20 else "四年级1班"}) for n in range(40)]
    frames = school(children, [teacher(f"s{n}") for n in range(12)])
    (lack,) = shortages(propose_helpers(policy(quota(2, 3, source="000-7 L122")), frames, ON))
    assert (lack.kind, lack.number) == ("places", 4)
    for part in ("40", "12", "36", "差 4 个名额", "2—3", "000-7 L122", "年级1班"):
        assert part in lack.text


@pytest.mark.parametrize(
    ("rules", "children", "staff", "expected"),
    [
        pytest.param([quota(6, source="002-1 L45")], 4, [{}], [("least", 2)], id="002-1: too few children for one helper"),
        pytest.param([], 2, [{"most_children": 0}], [("places", 2)], id="helpers who cannot help"),
        pytest.param([], 2, [{"active": "no"}], [("places", 2)], id="nobody is there"),
        pytest.param([quota(1, 3, subject="class")], 5, [{}], [("class_full", 2)], id="000-7: a class is full"),
        pytest.param(
            [quota(0, 2), quota(4, 5, subject="class")], 5, [{}],
            [("places", 3), ("class_least", 2)], id="000-7: a class has too few",
        ),
        pytest.param([quota(1, 5)], 5, [{}], [], id="all is well"),
    ],
)  # fmt: skip
def test_what_is_short_is_named_with_its_number(rules, children, staff, expected):
    people = [teacher(f"s{n}") | answers for n, answers in enumerate(staff)]
    frames = school([child(f"c{n}") for n in range(children)], people)
    lacks = shortages(propose_helpers(policy(*rules), frames, ON))
    assert [(lack.kind, lack.number) for lack in lacks] == expected


def test_who_carries_too_many_already_is_named():
    frames = school([child("a"), child("b")], [teacher("s")], [pair("p", "a", "s"), pair("q", "b", "s")])
    proposed = propose_helpers(policy(quota(0, 1)), frames, ON)
    assert proposed.pairs.empty
    assert [(lack.kind, lack.subject, lack.number) for lack in shortages(proposed)] == [("over", "s", 1)]


# -- by hand


def test_a_change_by_hand_changes_loads_and_what_is_lacking_and_nothing_else():
    frames = school([child(key) for key in "abc"], [teacher("s"), teacher("t")])
    proposed = propose_helpers(policy(quota(0, 2)), frames, ON)
    before = who(proposed)
    row = int(proposed.pairs.index[proposed.pairs["child"] == "a"][0])
    other = next(person for person in "st" if person != before["a"])
    changed = proposed.with_carer(row, other)
    assert who(changed) == before | {"a": other}
    assert changed.pairs.loc[row, "traded"] == "手工选定"
    assert who(proposed) == before, "a proposal is a value"
    emptied = changed.with_carer(row, "")
    assert len(emptied.new_pairs) == 2
    assert "places" in {lack.kind for lack in shortages(emptied)} | {"places"}
    crowded = proposed.with_carer(0, "s").with_carer(1, "s").with_carer(2, "s")
    assert [lack.kind for lack in shortages(crowded)] == ["over"]


def test_the_choices_of_a_row_are_ordered_by_fit_and_leave_out_who_helps_already():
    frames = school(
        [child("a", village="柳溪村"), child("b")],
        [teacher("s"), teacher("t", village="柳溪村"), teacher("u")],
        [pair("p", "a", "u")],
    )
    proposed = propose_helpers(policy(Duty("多帮一", kind="helper", at_least=2)), frames, ON)
    row = int(proposed.pairs.index[proposed.pairs["child"] == "a"][0])
    options = proposed.options(row)
    assert options[0].carer == "t"
    assert "柳溪村" in options[0].why
    assert "u" not in {option.carer for option in options}


# -- scope, several classes, an empty school


def test_only_some_classes_are_asked():
    frames = school([child("a"), child("b", **{"class": "四年级1班"})], [teacher("s")])
    assert propose_helpers(policy(), frames, ON, classes=["四年级1班"]).pairs["child"].tolist() == ["b"]


def test_who_is_not_in_care_is_not_asked_for():
    gone = child("a", status="transferred", status_since="2026-10-01")
    assert propose_helpers(policy(), school([gone], [teacher("s")]), ON).pairs.empty


@pytest.mark.parametrize("propose", [propose_helpers, propose_peers])
def test_an_empty_school(propose):
    proposed = propose(policy(quota(6)), {}, ON)
    assert proposed.pairs.empty
    assert shortages(proposed) == []


def test_needs_are_read_from_the_dossier_and_from_visits():
    frames = school([child("a", special_groups=["disabled"]), child("b")], [])
    frames["home_visit"] = pd.DataFrame(
        [
            {
                "id": "v",
                "child": "b",
                "date": "2026-10-01",
                "mode": "door",
                "problems": ["affection", "safety"],
            },
            {"id": "w", "child": "b", "date": "2024-10-01", "mode": "door", "problems": ["study"]},
        ]
    )
    assert needed_help(frames, frames["child"], ON) == [{"life"}, {"mind"}]


# -- hand-over


def test_who_left_hands_over_every_child():
    pairs = [
        pair("p", "a", "s"),
        pair("q", "b", "s"),
        pair("r", "c", "t"),
        pair("o", "a", "s", end="2026-10-01"),
    ]
    frames = school(
        [child(key) for key in "abc"], [teacher("s", active="no"), teacher("t"), teacher("u")], pairs
    )
    assert leavers(policy(), frames, ON)[["id", "children"]].to_numpy().tolist() == [["s", 2]]
    proposed = propose_successors(policy(quota(0, 2)), frames, ON, "s")
    assert dict(zip(proposed.pairs["child"], proposed.pairs["ends"], strict=True)) == {"a": "p", "b": "q"}
    assert set(proposed.pairs["carer"]) <= {"t", "u"}
    assert proposed.reason == "left"
    assert shortages(proposed) == []


# -- all anew


def test_a_new_term_changes_as_little_as_the_quotas_allow():
    """Continuity: four children with one helper, two at most each; two stay, two go to the other."""
    pairs = [pair(f"p{key}", key, "s") for key in "abcd"]
    frames = school([child(key) for key in "abcde"], [teacher("s"), teacher("t"), teacher("u")], pairs)
    proposed = propose_renewal(policy(quota(0, 2)), frames, ON)
    rows = proposed.pairs.set_index("child")
    stay = rows[rows["carer"] == rows["was"]]
    assert len(stay) == 2
    assert set(stay["why"]) == {"以前就由这位教师帮扶"}
    assert sorted(proposed.new_pairs["child"]) == sorted({*"abcde"} - {*stay.index})
    assert rows.loc["e", ["ends", "was"]].tolist() == ["", ""]
    assert {rows.loc[key, "ends"] for key in "abcd"} == {"pa", "pb", "pc", "pd"}
    assert (proposed.loads["load"] <= 2).all()
    assert shortages(proposed) == []


def test_who_is_within_the_quota_stays_altogether():
    frames = school(
        [child("a"), child("b")], [teacher("s"), teacher("t")], [pair("p", "a", "s"), pair("q", "b", "t")]
    )
    assert propose_renewal(policy(quota(1, 3)), frames, ON).new_pairs.empty


def test_a_child_with_two_helpers_keeps_two():
    pairs = [pair("p", "a", "s"), pair("q", "a", "t")]
    proposed = propose_renewal(
        policy(), school([child("a")], [teacher("s"), teacher("t"), teacher("u")], pairs), ON
    )
    assert sorted(proposed.pairs["carer"]) == ["s", "t"]
    assert proposed.new_pairs.empty


# -- friends (R30)


def peer(key, child_id, name):
    return {"id": key, "child": child_id, "role": "peer", "peer_name": name, "start": "2026-09-01"}


def test_a_friend_is_of_the_same_class_and_not_left_behind_first():
    at_home = {"father_status": "home", "mother_status": "home", "eligible": "no"}
    children = [child("a"), child("b"), child("h", **at_home), child("z", **{"class": "四年级1班"})]
    frames = school(children, [], [peer("p", "b", "童a")])
    assert without_peer(policy(), frames, ON)["id"].tolist() == ["a", "z"]
    proposed = propose_peers(policy(), frames, ON)
    assert who(proposed)["a"] in ("b", "h")
    assert who(proposed)["z"] == ""
    (lack,) = shortages(proposed)
    assert (lack.kind, lack.number) == ("nobody", 1)
    assert "四年级1班" in lack.text
    named = proposed.with_carer(int(proposed.pairs.index[proposed.pairs["child"] == "z"][0]), "林同学")
    assert named.new_pairs["carer_name"].tolist()[-1] == "林同学"
    assert shortages(named) == []


def test_a_friendship_is_returned_and_friends_are_spread():
    children = [child(key) for key in "abcdef"]
    proposed = propose_peers(policy(), school(children, [], [peer("p", "b", "童a")]), ON)
    assert who(proposed)["a"] == "b"
    assert proposed.pairs.set_index("child").loc["a", "why"].startswith("对方已把这个孩子当伙伴")
    assert all(child_id != other for child_id, other in who(proposed).items())
    assert proposed.loads["load"].max() == 1


HOME = {"address": "大坪村7号", "father_name": "某父", "father_phone": "13900000000"}


@pytest.mark.parametrize(
    ("rules", "pairs", "carers"),
    [
        pytest.param([], [], 1, id="both to one, whoever it is"),
        pytest.param([quota(1, 1)], [], 2, id="the quota comes first"),
        pytest.param([], [pair("p1", "a", "s1")], 1, id="to whom the sibling has already"),
    ],
)
def test_children_of_one_household_are_kept_together_where_the_quota_allows(rules, pairs, carers):
    children = [
        child("a", **HOME),
        child("b", **HOME, **{"class": "四年级1班"}),
        child("c"),
        child("d"),
        child("e"),
    ]
    proposed = propose_helpers(
        policy(*rules), school(children, [teacher(f"s{n}") for n in range(5)], pairs), ON
    )
    have = {pairing["child"]: pairing["helper"] for pairing in pairs} | who(proposed)
    assert len({have["a"], have["b"]}) == carers
    assert ("同一户" in proposed.pairs.set_index("child").at["b", "why"]) is (carers == 1)
    if (
        carers == 1
    ):  # changed by hand it is no reason any more, and among the choices it is told of whom it would be
        row = int(proposed.pairs.index[proposed.pairs["child"] == "b"][0])
        best = proposed.options(row)[0]
        assert best.carer == have["a"] and "同一户" in best.why
        other = next(person for person in proposed.carers["id"] if person != have["a"])
        assert "同一户" not in proposed.with_carer(row, other).pairs.at[row, "why"]
