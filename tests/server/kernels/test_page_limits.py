"""How many people may have pages open, and how many pages are opened at the same time.

Promise: a small school server stays usable when many people open pages, and nobody is passed over (7.12).
"""

import asyncio

import pytest
from support.clocks import at_leisure

from guanai.server.kernels.page_limits import (
    RESERVED_SECONDS,
    WAITING_SECONDS,
    OpenPage,
    PageQueue,
    SeatLimit,
    pages_that_fit,
    pages_to_sleep,
)

HOLD_SECONDS = 8.0


@pytest.fixture
def server():
    """The sessions with a page open, and a clock that is set by hand."""
    return {"open": [], "now": 100.0}


@pytest.fixture
def seats(server):
    return SeatLimit(2, lambda: server["open"], HOLD_SECONDS, lambda: server["now"])


class TestSeatLimit:
    def test_a_limit_of_0_lets_any_number_in(self, server):
        seats = SeatLimit(0, lambda: server["open"], HOLD_SECONDS, lambda: server["now"])
        assert all(seats.take(f"person {number}") for number in range(100))

    def test_a_person_has_one_seat_however_many_pages_are_open(self, seats, server):
        server["open"] = ["li", "li", "li"]
        assert seats.take("li")
        assert seats.take("wang")
        assert not seats.take("zhao")

    def test_a_page_that_is_being_opened_reserves_a_seat_for_a_time(self, seats, server):
        assert seats.take("li")
        assert seats.take("wang")
        assert not seats.take("zhao"), "both are still waiting for their kernels"
        server["now"] += RESERVED_SECONDS + 1
        assert seats.take("zhao"), "neither got one"

    @pytest.mark.parametrize(("later", "free"), [(HOLD_SECONDS - 1, False), (HOLD_SECONDS + 1, True)])
    def test_a_closed_pages_seat_is_held_for_the_next_page(self, seats, server, later, free):
        server["open"] = ["wang"]
        seats.hold("li")
        server["now"] += later
        assert seats.take("zhao") is free
        if not free:
            assert seats.take("li"), "it is held for whoever had it"

    def test_once_a_page_has_its_kernel_only_the_kernel_takes_the_seat(self, seats, server):
        for name in ("li", "wang"):
            seats.take(name)
            server["open"].append(name)
            seats.end_reservation(name)
        server["open"].clear()
        assert seats.take("zhao"), "nothing is reserved once the kernels have come and gone"

    def test_signing_out_releases_the_seat(self, seats, server):
        server["open"] = ["wang"]
        seats.hold("li")
        seats.release("li")
        assert seats.take("zhao")

    def test_it_counts_how_many_people_wait(self, seats, server):
        server["open"] = ["li", "wang"]
        assert not seats.take("zhao")
        assert not seats.take("zhao")
        assert not seats.take("qian")
        assert not seats.take("sun")
        assert seats.waiting == 3
        seats.release("sun")
        server["open"] = ["li"]
        assert seats.take("zhao")
        assert seats.waiting == 1
        server["now"] += WAITING_SECONDS
        assert seats.waiting == 0, "whoever does not ask again has gone"


def open_pages(queue, *pages):
    """Open pages that take so many seconds each, all asked for at once.

    Return the names in the order of their begin and of their end, and how many were open at the same time.
    """
    begun, ended, most = [], [], 0

    async def page(name, seconds):
        nonlocal most
        async with queue.slot():
            begun.append(name)
            most = max(most, len(begun) - len(ended))
            await asyncio.sleep(seconds)
            ended.append(name)

    async def everybody():
        await asyncio.gather(*(page(*arguments) for arguments in pages))

    at_leisure(everybody())
    return begun, ended, most


class TestPageQueue:
    def test_pages_are_opened_in_the_order_they_came(self):
        names = [str(number) for number in range(12)]
        begun, ended, most = open_pages(PageQueue(2), *((name, 0.01) for name in names))
        assert begun == names
        assert sorted(ended) == sorted(names)
        assert most == 2

    def test_a_slow_page_delays_the_others_no_longer_than_the_timeout(self):
        begun, ended, _ = open_pages(PageQueue(1, timeout=0.05), ("slow", 0.5), ("a", 0.01), ("b", 0.01))
        assert begun == ["slow", "a", "b"]
        assert ended == ["a", "b", "slow"]

    def test_a_page_that_took_too_long_releases_no_second_slot_at_its_end(self):
        pages = [("slow", 0.1), *((str(number), 0.015) for number in range(12))]
        _, _, most = open_pages(PageQueue(1, timeout=0.02), *pages)
        assert most == 2, "the slow one, and one more"

    def test_a_page_that_fails_or_is_cancelled_releases_its_slot(self):
        async def go():
            queue = PageQueue(1)
            with pytest.raises(ZeroDivisionError):
                async with queue.slot():
                    _ = 1 / 0
            async with queue.slot():
                second = asyncio.ensure_future(queue.slot().__aenter__())
                await asyncio.sleep(0)
                assert queue.waiting == 1
                second.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await second
            assert queue.waiting == 0
            async with asyncio.timeout(1), queue.slot():
                return True

        assert at_leisure(go())


def page(kernel_id, person, last_used, *, is_busy=False):
    return OpenPage(kernel_id, person, is_busy, last_used)


class TestPagesToSleep:
    """One person with forty pages takes no more of the machine than with as many as are allowed."""

    def test_the_persons_page_that_was_used_least_recently_goes(self):
        pages = [page("a", "陈", 3), page("b", "陈", 1), page("c", "陈", 2), page("d", "王", 0)]
        assert pages_to_sleep(pages, "陈", 3, 0) == ["b"]
        assert pages_to_sleep(pages, "王", 3, 0) == []
        assert pages_to_sleep(pages, "陈", 2, 0) == ["b", "c"]

    def test_one_that_answers_something_goes_last(self):
        pages = [page("a", "陈", 1, is_busy=True), page("b", "陈", 2)]
        assert pages_to_sleep(pages, "陈", 2, 0) == ["b"]

    def test_of_forty_pages_no_more_are_left_than_allowed(self):
        pages = []
        for number in range(40):
            ended = pages_to_sleep(pages, "陈", 12, 0)
            pages = [one for one in pages if one.kernel_id not in ended]
            pages.append(page(str(number), "陈", number))
        assert [one.kernel_id for one in pages] == [str(number) for number in range(28, 40)]

    def test_on_a_full_machine_whoever_has_most_pages_gives_one(self):
        pages = [page("a", "陈", 5), page("b", "陈", 4), page("c", "王", 1)]
        assert pages_to_sleep(pages, "李", 12, 3) == ["b"]

    @pytest.mark.parametrize(("forked", "most"), [(True, 32), (False, 10)])
    def test_how_many_fit_follows_from_the_memory_that_is_free(self, tmp_path, forked, most):
        meminfo = tmp_path / "meminfo"
        meminfo.write_text("MemTotal: 8000000 kB\nMemAvailable: 2097152 kB\n")
        assert pages_that_fit(forked=forked, meminfo=meminfo) == most
        assert pages_that_fit(forked=forked, meminfo=tmp_path / "nothing") == 0
