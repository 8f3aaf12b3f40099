"""Children without a helper, loads and quotas (R29, 002-1 L45, requirements 7.7)."""

from datetime import date

import pandas as pd
import pytest

from guanai.care.pairing.helper_loads import helped, loads, unpaired
from guanai.care.policy.policy import Duty, Policy

ON = date(2026, 11, 2)


def policy(least=6, most=None):
    return Policy(duties=(Duty("名额", kind="quota", subject="helper", at_least=least, at_most=most),))


def frames(pairs, number=8, **answers):
    usual = {
        "status": "enrolled", "eligible": "yes", "registered_on": "2026-09-01", "birth_date": "2015-01-01",
        "father_status": "away", "mother_status": "away",
    }  # fmt: skip
    rows = [
        {"id": f"p{n}", "child": child, "role": "helper", "helper": helper, "start": "2026-09-01"} | more
        for n, (child, helper, more) in enumerate(pairs)
    ]
    return {
        "child": pd.DataFrame([{"id": f"x{n}", "name": f"童{n}"} | usual | answers for n in range(number)]),
        "pairing": pd.DataFrame(rows),
        "staff": pd.DataFrame(
            [
                {"id": "s1", "name": "甲", "role": "homeroom", "active": "yes"},
                {"id": "s2", "name": "乙", "role": "subject", "active": "yes"},
                {"id": "s3", "name": "丙", "role": "subject", "active": "no"},
            ]
        ),
    }


def pairs(helper, *numbers, **more):
    return [(f"x{n}", helper, more) for n in numbers]


@pytest.mark.parametrize(
    ("more", "without"),
    [
        ({}, []),
        ({"start": "2026-11-02"}, []),
        ({"start": "2026-11-03"}, ["x0"]),
        ({"end": "2026-11-02"}, []),
        ({"end": "2026-11-01"}, ["x0"]),
        ({"role": "peer"}, ["x0"]),
    ],
)
def test_who_has_no_helper_on_a_day(more, without):
    registers = frames(pairs("s1", 0, **more), number=1)
    assert unpaired(policy(), registers, ON)["id"].tolist() == without
    assert helped(policy(), registers, ON).missing == tuple(without)


def test_who_is_not_in_care_needs_no_helper():
    registers = frames([], number=2, status="transferred", status_since="2026-10-01")
    assert unpaired(policy(), registers, ON).empty
    assert helped(policy(), registers, ON).share is None


@pytest.mark.parametrize(
    ("number", "least", "most", "load"),
    [
        pytest.param(5, 6, None, "under", id="002-1: at least 6"),
        pytest.param(6, 6, None, "fit", id="002-1: six"),
        pytest.param(0, 6, None, "none", id="carries nobody"),
        pytest.param(3, 2, 3, "fit", id="000-7: two or three"),
        pytest.param(4, 2, 3, "over", id="000-7: four"),
        pytest.param(2, 1, 1, "over", id="002-8: exactly one"),
    ],
)
def test_load_against_the_quota(number, least, most, load):
    table = loads(policy(least, most), frames(pairs("s1", *range(number))), ON).set_index("id")
    assert table.loc["s1", ["children", "load"]].tolist() == [number, load]
    assert table.loc["s1", "child_ids"] == [f"x{n}" for n in range(number)]


def test_without_a_quota_every_load_fits():
    assert loads(Policy(), frames(pairs("s1", 0)), ON)["load"].tolist() == ["fit", "none"]


def test_who_has_left_is_listed_only_while_still_carrying_a_child():
    assert loads(policy(), frames([]), ON)["id"].tolist() == ["s1", "s2"]
    assert loads(policy(), frames(pairs("s3", 0)), ON)["id"].tolist() == ["s1", "s2", "s3"]


def test_a_pair_entered_twice_counts_once_and_key_help_is_seen():
    registers = frames([*pairs("s1", 0), *pairs("s1", 0, key_help="yes"), *pairs("s1", 1)])
    table = loads(policy(), registers, ON).set_index("id")
    assert table.loc["s1", ["children", "key_help"]].tolist() == [2, 1]


def test_an_empty_school():
    for made in (unpaired, loads):
        assert made(policy(), {}, ON).empty
    assert helped(policy(), {}, ON).denominator == 0
