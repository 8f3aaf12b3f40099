"""Guessing passwords waits, whatever is varied; nobody can lock out another.

Requirement: Voila has no login of its own, so the server has one (7.11; requirements 3).
"""

import asyncio

import pytest

from guanai.care.errors import AccessError
from guanai.server.accounts.login_throttle import LIMITS, MAX_KEYS, LoginThrottle
from guanai.server.accounts.served_school import STRANGERS_WAITING, ServedSchool, TooSoonError

PASSWORD = "青山常在-2026"
LONGEST_FOR_A_STRANGER = max(LIMITS["account"][1], LIMITS["address"][1])


class Clock:
    def __init__(self):
        self.now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def throttle(clock):
    return LoginThrottle(clock)


def test_waits_double_up_to_a_minute(throttle, clock):
    waits = []
    for _ in range(14):
        wait = throttle.attempt("陈老师", "10.0.0.1", "mark")
        if wait:
            waits.append(wait)
            assert throttle.attempt("陈老师", "10.0.0.1", "mark") == wait  # asking again costs nothing
            clock.now += wait
            assert throttle.attempt("陈老师", "10.0.0.1", "mark") == 0
    assert waits[:4] == [1, 2, 4, 8]
    assert max(waits) <= 60


def test_attempts_at_the_same_time_are_all_counted(throttle):
    assert [throttle.attempt("x", "10.0.0.1") > 0 for _ in range(8)] == [False] * 5 + [True] * 3


@pytest.mark.parametrize("seconds_between", [0.0, 0.3, 5.0])
def test_however_many_addresses_attack_a_person_at_a_new_browser_waits_once(throttle, clock, seconds_between):
    """The attackers go on while the person waits, and are quicker at every moment at which somebody may try."""
    for number in range(300):
        throttle.attempt("陈老师", f"10.1.{number // 250}.{number % 250}")
        clock.now += seconds_between
    wait = throttle.attempt("陈老师", "192.0.2.7")
    assert 0 < wait <= LONGEST_FOR_A_STRANGER
    for number in range(200):
        clock.now += wait / 200
        throttle.attempt("陈老师", f"10.2.{number // 250}.{number % 250}")
    assert throttle.attempt("陈老师", "192.0.2.7") == 0


def test_an_address_that_tried_many_names_keeps_no_other_name_out_for_longer_than_one_wait(throttle, clock):
    for number in range(200):
        throttle.attempt(f"名字{number}", "10.0.0.1")
        clock.now += 1
    wait = throttle.attempt("陈老师", "10.0.0.1")
    assert 0 < wait <= LONGEST_FOR_A_STRANGER
    clock.now += wait
    assert throttle.attempt("陈老师", "10.0.0.1") == 0


def test_a_known_browser_is_kept_out_neither_by_its_account_nor_by_its_address(throttle):
    for number in range(200):
        throttle.attempt("陈老师", f"10.0.0.{number}")
        throttle.attempt(f"名字{number}", "10.0.0.1")
    assert throttle.attempt("陈老师", "10.0.0.1", "mark") == 0


def test_many_names_from_one_address_and_many_addresses_for_one_name_have_to_wait(throttle):
    assert any(throttle.attempt(f"名字{number}", "10.0.0.1") for number in range(40))
    assert any(throttle.attempt("陈老师", f"10.0.0.{number}") for number in range(40))


def test_the_right_password_takes_back_its_own_attempts_only(throttle, clock):
    for number in range(9):
        throttle.attempt("陈老师", f"10.0.1.{number}")
    assert throttle.attempt("陈老师", "10.0.0.1") == 0
    throttle.forget("陈老师", "10.0.0.1")
    assert throttle.attempt("陈老师", "10.0.0.2") == 0
    assert throttle.attempt("陈老师", "10.0.0.3") > 0  # what the others tried still counts


def test_the_number_of_counts_is_bounded(throttle):
    for number in range(MAX_KEYS + 500):
        throttle.attempt(str(number), str(number))
    assert all(len(counts) <= MAX_KEYS for counts in throttle._counts.values())


def test_attempts_are_forgotten_after_an_hour(throttle, clock):
    for _ in range(60):
        throttle.attempt("x", "10.0.0.1")
    clock.now += 3601
    assert throttle.attempt("x", "10.0.0.1") == 0


class TestAtASchool:
    @pytest.fixture
    def served(self, school):
        served = ServedSchool(school)
        served.accounts.add("Li Na", PASSWORD)
        served.throttle = LoginThrottle(Clock())
        return served

    def outcome(self, served, name, typed="falsch-2026", address="10.0.0.1", device=None):
        try:
            asyncio.run(served.check_password(name, typed, address, device))
        except AccessError as error:
            return error.key
        return "in"

    def test_full_width_letters_and_spaces_are_counted_as_the_account_they_find(self, served):
        variants = (
            "Li Na",
            "Ｌｉ Ｎａ",
            "Ｌi  Na",
            " Li Nａ ",
            "Li　Na",
            "ＬｉＮａ".replace("Ｎ", " Ｎ"),
            "L\uff49 Na",
        )
        outcomes = [self.outcome(served, name) for name in variants]
        assert outcomes == ["sign_in.wrong"] * 5 + ["sign_in.wait"] * 2

    def test_one_customers_ipv6_addresses_are_counted_as_one(self, served):
        outcomes = [self.outcome(served, "Li Na", address=f"2001:db8::{number}") for number in range(7)]
        assert outcomes[5:] == ["sign_in.wait"] * 2

    def test_a_known_browser_signs_in_while_its_account_and_address_are_attacked(self, served):
        for number in range(40):
            self.outcome(served, f"wrong {number}")
            self.outcome(served, "Li Na", address=f"10.0.1.{number}")
        assert self.outcome(served, "Li Na", PASSWORD) == "sign_in.wait"
        assert self.outcome(served, "Li Na", PASSWORD, device="mark") == "in"

    def test_a_flood_of_strangers_leaves_the_hashing_to_known_browsers(self, served):
        served._strangers = STRANGERS_WAITING
        with pytest.raises(TooSoonError):
            asyncio.run(served.check_password("Li Na", PASSWORD, "10.0.0.1", None))
        assert self.outcome(served, "Li Na", PASSWORD, device="mark") == "in"
