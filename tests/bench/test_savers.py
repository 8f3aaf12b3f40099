"""People who save in pages without a browser: what is saved, lost, doubled or stuck is told, and nothing waits without end."""

import asyncio
from types import SimpleNamespace

import pandas as pd
import pytest
from support.open_pages import OpenPage, StuckError
from support.savers import Savers, report

from guanai.server.commands.http_probe import ProbeResponse


class Line:
    """A line on which nothing ever comes, or that has been cut."""

    def __init__(self, cut):
        self.cut = cut

    async def write_message(self, message, binary):
        """Take it."""

    async def read_message(self):
        """Say that the line is cut, or say nothing for long."""
        if not self.cut:
            await asyncio.sleep(60)

    def close(self):
        """Do nothing more."""


@pytest.mark.parametrize(
    ("cut", "words"), [(False, "waited 0.1 s for the end of a click"), (True, "the line was cut")]
)
def test_nothing_is_waited_for_without_end(cut, words):
    async def click():
        page = OpenPage(None, ProbeResponse(200, "", "", {}), patience=0.1)
        page.line = Line(cut)
        try:
            await page.click("button", "notice")
        finally:
            page.close()

    with pytest.raises(StuckError, match=words):
        asyncio.run(click())


@pytest.mark.parametrize(
    ("told", "kept", "wrong"),
    [
        (["0-1", "1-1"], ["0-1", "1-1"], []),
        (["0-1", "1-1"], ["0-1"], ["lost: 1-1"]),
        (["0-1"], ["0-1", "0-1"], ["doubled: 0-1"]),
        (["0-1"], ["0-1", "0-2"], []),  # saved, and the page had no time to say so
    ],
)
def test_every_save_is_looked_for(told, kept, wrong):
    savers = Savers("", [("林测试", "")], lambda: 0.0)
    savers.told = [f"{savers.run} {one}" for one in told]
    savers.took = [0.1] * len(told)
    rows = pd.DataFrame({"merits": [*(f"{savers.run} {one}" for one in kept), None, "bench of another run"]})
    lines, found = report(savers, SimpleNamespace(frame=lambda form: rows), 10)
    assert [one.replace(f"{savers.run} ", "") for one in found] == wrong
    assert f"{len(told)} told as saved" in lines[0]
