"""Idle kernels: each is taken once, started anew when what it has read is out of date, and never assigned twice.

Promise: a page opens fast and never gets a kernel of another person or of older files (7.11, 7.12).
"""

import asyncio
from itertools import count

import pytest
from support.clocks import at_leisure

from guanai.server.kernels.idle_kernels import IdleKernels

PAUSE = 2.0


class FakeKernels:
    """Starts kernels that are only ids: "1", "2", …"""

    def __init__(self, seconds=0.0, failures=0):
        self.ids, self.ended = count(1), []
        self.seconds, self.failures, self.starts = seconds, failures, 0

    async def start(self):
        self.starts += 1
        await asyncio.sleep(self.seconds)
        if self.starts <= self.failures:
            raise OSError("no kernel")
        return str(next(self.ids))


def run(scenario, size=2, **kernels):
    """Run a scenario with idle kernels on a clock that costs no time; return the kernels behind them."""

    async def go():
        fake = FakeKernels(**kernels)
        idle = IdleKernels(fake.start, fake.ended.append, size, PAUSE)
        await scenario(idle, fake)
        idle.close()
        return fake

    return at_leisure(go())


async def wait(pauses=5):
    await asyncio.sleep(PAUSE * pauses)


def test_each_is_taken_once_and_the_first_started_first():
    async def scenario(idle, _):
        assert idle.take() is None
        idle.fill(soon=True)
        await wait()
        assert len(idle) == 2
        assert "1" in idle
        assert [idle.take(), idle.take(), idle.take()] == ["1", "2", None]
        idle.fill()
        await wait()
        assert [idle.take(), idle.take()] == ["3", "4"]

    assert run(scenario).ended == []


def test_none_is_started_while_pages_come():
    """Two processors that start spare kernels open no page."""

    async def scenario(idle, fake):
        for _ in range(10):
            idle.fill()
            await asyncio.sleep(PAUSE / 4)
        assert fake.starts == 0
        await wait()
        assert len(idle) == 2

    run(scenario)


def test_end_all_ends_the_one_that_is_being_started_too():
    async def scenario(idle, fake):
        idle.fill(soon=True)
        await asyncio.sleep(PAUSE * 3)  # one is idle, the second is being started
        assert len(idle) == 1
        idle.end_all()
        assert fake.ended == ["1"]
        await wait(8)
        assert fake.ended == ["1", "2"]
        assert [idle.take(), idle.take()] == ["3", "4"]

    run(scenario, seconds=PAUSE * 2)


def test_one_that_has_ended_by_itself_is_not_taken():
    async def scenario(idle, _):
        idle.fill(soon=True)
        await wait()
        idle.discard("1")
        idle.discard("an unknown one")
        assert idle.take() == "2"

    run(scenario)


@pytest.mark.parametrize("size", [0, 2])
def test_closed_or_with_size_0_it_starts_nothing(size):
    async def scenario(idle, fake):
        if size:
            idle.close()
        idle.fill(soon=True)
        await wait()
        assert fake.starts == 0

    run(scenario, size=size)


def test_after_a_failed_start_the_next_page_tries_again(caplog):
    async def scenario(idle, _):
        idle.fill(soon=True)
        await wait()
        assert len(idle) == 0
        idle.fill(soon=True)
        await wait()
        assert len(idle) == 2

    run(scenario, failures=1)
    assert caplog.text.count("No idle kernel could be started.") == 1
