"""Kernels that wait for a page: taken once, made anew when they have grown old, never a second time anybody's."""

import asyncio
from itertools import count

import pytest
from support.clocks import at_leisure

from guanai.server.kernels.idle_kernels import IdleKernels

PAUSE = 2.0


class Kernels:
    """Makes kernels that are numbers."""

    def __init__(self, seconds=0.0, fails=0):
        self.made, self.ended = count(1), []
        self.seconds, self.fails, self.tries = seconds, fails, 0

    async def start(self):
        self.tries += 1
        await asyncio.sleep(self.seconds)
        if self.tries <= self.fails:
            raise OSError("no kernel")
        return str(next(self.made))


def run(scene, size=2, **kernels):
    """Let a scene play with idle kernels."""

    async def go():
        made = Kernels(**kernels)
        idle = IdleKernels(made.start, made.ended.append, size, PAUSE)
        await scene(idle, made)
        idle.close()
        return made

    return at_leisure(go())


async def rest(times=5):
    await asyncio.sleep(PAUSE * times)


def test_each_is_taken_once_the_oldest_first():
    async def scene(idle, _):
        assert idle.take() is None
        idle.fill(soon=True)
        await rest()
        assert len(idle) == 2
        assert "1" in idle
        assert [idle.take(), idle.take(), idle.take()] == ["1", "2", None]
        idle.fill()
        await rest()
        assert [idle.take(), idle.take()] == ["3", "4"]

    assert run(scene).ended == []


def test_it_is_not_filled_while_pages_come():
    """Two processors that start spare kernels open no page."""

    async def scene(idle, made):
        for _ in range(10):
            idle.fill()
            await asyncio.sleep(PAUSE / 4)
        assert made.tries == 0
        await rest()
        assert len(idle) == 2

    run(scene)


def test_what_has_grown_old_is_ended_also_what_is_being_started():
    async def scene(idle, made):
        idle.fill(soon=True)
        await asyncio.sleep(PAUSE * 3)  # one waits, the second is being started
        assert len(idle) == 1
        idle.empty()
        assert made.ended == ["1"]
        await rest(8)
        assert made.ended == ["1", "2"]
        assert [idle.take(), idle.take()] == ["3", "4"]

    run(scene, seconds=PAUSE * 2)


def test_one_that_ended_by_itself_is_forgotten():
    async def scene(idle, _):
        idle.fill(soon=True)
        await rest()
        idle.drop("1")
        idle.drop("never known")
        assert idle.take() == "2"

    run(scene)


@pytest.mark.parametrize("size", [0, 2])
def test_closed_or_of_no_size_it_starts_nothing(size):
    async def scene(idle, made):
        if size:
            idle.close()
        idle.fill(soon=True)
        await rest()
        assert made.tries == 0

    run(scene, size=size)


def test_one_that_cannot_be_made_is_tried_again_with_the_next_page(caplog):
    async def scene(idle, _):
        idle.fill(soon=True)
        await rest()
        assert len(idle) == 0
        idle.fill(soon=True)
        await rest()
        assert len(idle) == 2

    run(scene, fails=1)
    assert caplog.text.count("No kernel could be made to wait.") == 1
