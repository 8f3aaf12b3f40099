"""People who each have the page of home visits open and save one every few seconds, in their own kernel, as the page does."""

import asyncio
import statistics
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from guanai.server.commands.http_probe import HttpProbe
from support.open_pages import OpenPage, StuckError

PAGE = "home_visit"
PARTS = 6  # of the time; memory is taken between them


class Savers:
    """People (name, password) at one server; ``size()`` tells the memory in use, in MiB. Nobody waits without end."""

    def __init__(self, base, people, size, *, every=5.0, timeout=20.0, opening_timeout=120.0):
        self.base, self.people, self.size = base, people, size
        self.every, self.timeout, self.opening_timeout = every, timeout, opening_timeout
        self.run = f"bench {uuid4().hex[:6]}"  # a school may have seen others
        self.attempts = 0
        self.pages = []  # those that have opened
        self.confirmed = []  # what the pages have confirmed as saved: the text of each visit
        self.seconds = []  # of each of them
        self.sizes = []  # (seconds since all pages are open, MiB)
        self.failed = []
        self.threads = ThreadPoolExecutor(max_workers=8)

    def save(self, lasting):
        """Open the pages, save for so many seconds, close the pages."""
        with self.threads:
            asyncio.run(self._everybody(lasting))

    async def _everybody(self, lasting):
        await asyncio.gather(*(self._open(number) for number in range(len(self.people))))
        until = time.monotonic() + lasting
        await asyncio.gather(self._watch(lasting), *(self._keep_saving(*page, until) for page in self.pages))
        for _, page in self.pages:
            page.close()
        await asyncio.gather(
            *(self._in_thread(page.probe.close, page.response) for _, page in self.pages),
            return_exceptions=True,
        )

    def _in_thread(self, act, *given):
        return asyncio.get_running_loop().run_in_executor(self.threads, act, *given)

    async def _open(self, number):
        try:
            page = await self._in_thread(self._sign_in_and_open, number)
            await page.connect()
            self.pages.append((number, page))
        except Exception as error:
            self.failed.append(f"person {number}, opening: {error!r}")

    def _sign_in_and_open(self, number):
        """Sign in and get the page."""
        name, password = self.people[number]
        probe = HttpProbe(self.base, timeout=self.opening_timeout)
        probe.submit("/login", name=name, password=password, next="/theme/icon.svg")
        response = probe.get(f"/{PAGE}")
        if not response.renders:
            raise StuckError(f"{response.url} does not render: {response.status}")
        return OpenPage(probe, response, self.timeout)

    async def _keep_saving(self, number, page, until):
        await asyncio.sleep(self.every * number / len(self.people))
        count = 0
        try:
            while time.monotonic() < until:
                begun, count = time.monotonic(), count + 1
                await self._save(page, number, f"{self.run} {number}-{count}")
                await asyncio.sleep(max(0.0, self.every - (time.monotonic() - begun)))
        except Exception as error:
            self.failed.append(f"person {number}, save {count}: {error!r}")

    async def _save(self, page, number, merits):
        child = page.widget("Combobox", label="学生")
        options = page.states[child]["options"]
        await page.enter(child, value=options[number % len(options)])
        await page.enter(page.widget("RadioButtons", label="家访方式"), index=0)
        await page.enter(page.widget("Textarea", label="讲到的优点"), value=merits)
        self.attempts += 1
        text, seconds = await page.click(
            page.widget("Button", css_class="guanai-main"),
            page.widget("HTML", css_class="guanai-form-notice"),
        )
        if "guanai-good" not in text:
            raise StuckError(f"the page did not say that it had saved, but: {text or 'nothing'}")
        self.confirmed.append(merits)
        self.seconds.append(seconds)

    async def _watch(self, lasting):
        """Take the memory at the start, some times between, and at the end."""
        begun = time.monotonic()
        for part in range(PARTS + 1):
            await asyncio.sleep(max(0.0, begun + lasting * part / PARTS - time.monotonic()))
            self.sizes.append((time.monotonic() - begun, await self._in_thread(self.size)))


def report(savers, school, lasting):
    """Return what came of it as lines, and what was wrong: every save is looked for in the records."""
    saved = Counter(
        text for text in school.frame(PAGE)["merits"].dropna().astype(str) if text.startswith(savers.run)
    )
    lost = [text for text in savers.confirmed if not saved[text]]
    doubled = [text for text, times in saved.items() if times > 1]
    lines = [
        f"{len(savers.pages)} of {len(savers.people)} people with a page open, {lasting:g} s: "
        f"{savers.attempts} saves asked for, {len(savers.confirmed)} told as saved, {len(lost)} lost, {len(doubled)} doubled, "
        f"{len(set(saved) - set(savers.confirmed))} saved and not told"
    ]
    if len(savers.seconds) > 1:
        parts = statistics.quantiles(savers.seconds, n=100, method="inclusive")
        lines.append(
            f"a save, from the click to the word that it is saved: median {parts[49] * 1000:.0f}, "
            f"p95 {parts[94] * 1000:.0f}, worst {max(savers.seconds) * 1000:.0f} ms"
        )
    sizes = ", ".join(f"{size:.0f} after {at:.0f} s" for at, size in savers.sizes)
    lines.append(f"memory of the server and its kernels, in MiB: {sizes}")
    return lines, [
        *savers.failed,
        *(f"lost: {text}" for text in lost),
        *(f"doubled: {text}" for text in doubled),
    ]
