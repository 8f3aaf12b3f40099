"""A Firefox without a window, driven by WebDriver BiDi, which it speaks by itself: no driver beside it is needed."""

import asyncio
import json
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager

from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

__all__ = ["FIREFOX", "firefox"]

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
LISTENING = "WebDriver BiDi listening on "
#: Nothing of its own over the network.
QUIET = """
user_pref("app.update.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("browser.safebrowsing.downloads.remote.enabled", false);
user_pref("services.settings.server", "data:,#");
user_pref("intl.accept_languages", "zh-CN");
"""
PATIENCE = 30


class Page:
    """One tab: addresses, scripts and keys, each answered before the next."""

    def __init__(self, line, loop):
        self.line, self.loop, self.number, self.tab = line, loop, 0, ""

    def ask(self, method, **params):
        """Send a command; return its result. Raises RuntimeError with the browser's words when it is refused."""
        return self.loop.run_until_complete(asyncio.wait_for(self._ask(method, params), 2 * PATIENCE))

    async def _ask(self, method, params):
        self.number += 1
        await self.line.write_message(json.dumps({"id": self.number, "method": method, "params": params}))
        while True:
            said = json.loads(await self.line.read_message())
            if said.get("id") == self.number:
                if said["type"] == "error":
                    raise RuntimeError(f"{method}: {said['message']}")
                return said["result"]

    def open(self, address):
        self.ask("browsingContext.navigate", context=self.tab, url=address, wait="interactive")

    def run(self, script):
        """Return what an expression comes to on the page, as a text, a number or whether."""
        result = self.ask(
            "script.evaluate", expression=script, target={"context": self.tab}, awaitPromise=True
        )
        if result["type"] == "exception":
            raise RuntimeError(result["exceptionDetails"]["text"])
        return result["result"].get("value")

    def wait_for(self, script):
        """Wait until an expression is true."""
        until = time.monotonic() + PATIENCE
        while not self.run(f"Boolean({script})"):
            assert time.monotonic() < until, (
                f"not within {PATIENCE} s: {script}\n{self.run('document.body.innerText')}"
            )
            time.sleep(0.05)

    def press(self, text):
        """Press the keys of a text; U+E004 is the tabulator."""
        keys = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self.ask(
            "input.performActions",
            context=self.tab,
            actions=[{"type": "key", "id": "keys", "actions": keys}],
        )


@contextmanager
def firefox():
    """Start a Firefox with a profile of its own; yield a page."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        with open(f"{profile}/user.js", "w", encoding="utf-8") as settings:
            settings.write(QUIET)
        command = [FIREFOX, "--headless", "--profile", profile, "--remote-debugging-port=0", "about:blank"]
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, encoding="utf-8"
        )
        loop = asyncio.new_event_loop()
        try:
            address = (
                next(line for line in process.stderr if LISTENING in line).partition(LISTENING)[2].strip()
            )
            request = HTTPRequest(f"{address}/session", connect_timeout=PATIENCE)

            async def connect():
                return await websocket_connect(request)

            page = Page(loop.run_until_complete(connect()), loop)
            page.ask("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})
            page.tab = page.ask("browsingContext.getTree")["contexts"][0]["context"]
            yield page
        finally:
            process.terminate()
            process.wait(20)
            loop.close()
