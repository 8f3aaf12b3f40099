"""How many people may have pages open: who gets a place, how long it is kept, and who waits."""

import pytest

from guanai.server.kernels.seats import RETRY_WITHIN_SECONDS, SEAT_WITHOUT_KERNEL_SECONDS, SeatLimit

KEPT = 8.0


@pytest.fixture
def here():
    """The sessions with a page open, and a clock that is set by hand."""
    return {"open": [], "now": 100.0}


@pytest.fixture
def places(here):
    return SeatLimit(2, lambda: here["open"], KEPT, lambda: here["now"])


def test_any_number(here):
    many = SeatLimit(0, lambda: here["open"], KEPT, lambda: here["now"])
    assert all(many.take(f"person {number}") for number in range(100))


def test_a_person_has_one_place_however_many_pages_are_open(places, here):
    here["open"] = ["li", "li", "li"]
    assert places.take("li")
    assert places.take("wang")
    assert not places.take("zhao")


def test_a_page_that_is_being_opened_has_a_place(places, here):
    assert places.take("li")
    assert places.take("wang")
    assert not places.take("zhao"), "both are still waiting for their kernels"
    here["now"] += SEAT_WITHOUT_KERNEL_SECONDS + 1
    assert places.take("zhao"), "neither got one"


@pytest.mark.parametrize(("later", "free"), [(KEPT - 1, False), (KEPT + 1, True)])
def test_a_place_is_kept_for_the_next_page(places, here, later, free):
    here["open"] = ["li", "wang"]
    here["open"].remove("li")
    places.leave("li")
    here["now"] += later
    assert places.take("zhao") is free
    if not free:
        assert places.take("li"), "it is kept for whoever had it"


def test_a_kernel_holds_the_place_alone(places, here):
    for name in ("li", "wang"):
        places.take(name)
        here["open"].append(name)
        places.settle(name)
    here["open"].clear()
    assert places.take("zhao"), "nothing is kept once the kernels are there and have gone"


def test_signing_out_gives_the_place_up(places, here):
    here["open"] = ["wang"]
    places.leave("li")
    places.give_up("li")
    assert places.take("zhao")


def test_how_many_wait(places, here):
    here["open"] = ["li", "wang"]
    assert not places.take("zhao")
    assert not places.take("zhao")
    assert not places.take("qian")
    assert not places.take("sun")
    assert places.refused == 3
    places.give_up("sun")
    here["open"] = ["li"]
    assert places.take("zhao")
    assert places.refused == 1
    here["now"] += RETRY_WITHIN_SECONDS
    assert places.refused == 0, "whoever does not ask again has gone"
