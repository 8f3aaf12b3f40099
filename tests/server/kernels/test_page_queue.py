"""Whose page is opened now: in order, a few at a time, and nobody holds up the others."""

import asyncio

import pytest
from support.clocks import at_leisure

from guanai.server.kernels.page_queue import PageQueue


def opened(turns, *pages):
    """Open pages that take so many seconds each, all asked for at once; return names in the order of begin and end."""
    begun, ended, most = [], [], 0

    async def page(name, seconds):
        nonlocal most
        async with turns.turn():
            begun.append(name)
            most = max(most, len(begun) - len(ended))
            await asyncio.sleep(seconds)
            ended.append(name)

    async def everybody():
        await asyncio.gather(*(page(*one) for one in pages))

    at_leisure(everybody())
    return begun, ended, most


def test_first_come_first_served():
    names = [str(number) for number in range(12)]
    begun, ended, most = opened(PageQueue(2), *((name, 0.01) for name in names))
    assert begun == names
    assert sorted(ended) == sorted(names)
    assert most == 2


def test_a_page_that_never_ends_holds_up_nobody():
    begun, ended, _ = opened(PageQueue(1, patience=0.05), ("slow", 0.5), ("a", 0.01), ("b", 0.01))
    assert begun == ["slow", "a", "b"]
    assert ended == ["a", "b", "slow"]


def test_a_turn_is_given_back_once(monkeypatch):
    """A page that took too long gives back nothing when it is done at last."""
    _, _, most = opened(PageQueue(1, patience=0.02), ("slow", 0.1), *((str(n), 0.015) for n in range(12)))
    assert most == 2, "the slow one, and one more"


def test_a_page_that_fails_or_is_given_up_gives_its_turn_back():
    async def go():
        turns = PageQueue(1)
        with pytest.raises(ZeroDivisionError):
            async with turns.turn():
                _ = 1 / 0
        async with turns.turn():
            waits = asyncio.ensure_future(turns.turn().__aenter__())
            await asyncio.sleep(0)
            assert turns.waiting == 1
            waits.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waits
        assert turns.waiting == 0
        async with asyncio.timeout(1), turns.turn():
            return True

    assert at_leisure(go())
