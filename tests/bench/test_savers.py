"""People who save in pages without a browser: what is saved, lost, doubled or stuck is reported, and nothing waits without end.

Promise: nothing is lost. What a load run reports as saved, lost or doubled is true.
"""

import asyncio
from types import SimpleNamespace

import pandas as pd
import pytest
from support.open_pages import OpenPage, StuckError
from support.savers import Savers, report

from guanai.server.commands.http_probe import ProbeResponse


class SilentWebsocket:
    """A websocket on which nothing ever comes, or that has been closed."""

    def __init__(self, is_closed):
        self.is_closed = is_closed

    async def write_message(self, message, binary):
        """Take it."""

    async def read_message(self):
        """Return None where it is closed, else nothing for long."""
        if not self.is_closed:
            await asyncio.sleep(60)

    def close(self):
        """Do nothing more."""


@pytest.mark.parametrize(
    ("is_closed", "words"),
    [(False, "waited 0.1 s for the end of a click"), (True, "the websocket was closed")],
)
def test_nothing_is_waited_for_without_end(is_closed, words):
    async def click():
        page = OpenPage(None, ProbeResponse(200, "", "", {}), timeout=0.1)
        page.websocket = SilentWebsocket(is_closed)
        try:
            await page.click("button", "notice")
        finally:
            page.close()

    with pytest.raises(StuckError, match=words):
        asyncio.run(click())


@pytest.mark.parametrize(
    ("confirmed", "saved", "wrong"),
    [
        (["0-1", "1-1"], ["0-1", "1-1"], []),
        (["0-1", "1-1"], ["0-1"], ["lost: 1-1"]),
        (["0-1"], ["0-1", "0-1"], ["doubled: 0-1"]),
        (["0-1"], ["0-1", "0-2"], []),  # saved, and the page had no time to say so
    ],
)
def test_every_save_is_looked_for(confirmed, saved, wrong):
    savers = Savers("", [("林测试", "")], lambda: 0.0)
    savers.confirmed = [f"{savers.run} {text}" for text in confirmed]
    savers.seconds = [0.1] * len(confirmed)
    rows = pd.DataFrame(
        {"merits": [*(f"{savers.run} {text}" for text in saved), None, "bench of another run"]}
    )
    lines, problems = report(savers, SimpleNamespace(frame=lambda form: rows), 10)
    assert [problem.replace(f"{savers.run} ", "") for problem in problems] == wrong
    assert f"{len(confirmed)} told as saved" in lines[0]
