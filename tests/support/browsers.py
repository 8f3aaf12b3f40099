"""A person at a browser: Chromium, signed in to the sample school, at two sizes of window."""

import os
import re
import shutil
from pathlib import Path

PICTURES = Path(__file__).parents[2] / ".github" / "pictures"
SIZES = {"wide": (1366, 768), "narrow": (390, 844)}
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None)
SAVED = ".guanai-notice.guanai-good"
KEPT_WITHIN = 2  # seconds after it was typed: the promise of the drafts (README.md: nothing is lost)


class Person:
    """Somebody at a browser, who has signed in to the sample school by one click."""

    def __init__(self, chromium, base, size="wide"):
        width, height = SIZES[size]
        self.base, self.size = base, size
        self.context = chromium.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", accept_downloads=True
        )
        self.page = self.context.new_page()
        self.outside = []
        self.context.on("request", self._note)
        self.page.goto(base)
        enter = self.page.get_by_role("button", name=re.compile("身份进入")).first
        self.name = re.search("“(.+)”", enter.inner_text())[1]
        enter.click()
        self.page.get_by_text("示范学校").first.wait_for()

    def _note(self, request):
        if not request.url.startswith((self.base, self.base.replace("http", "ws"), "data:", "blob:")):
            self.outside.append(request.url)

    def open(self, page):
        """Open a page and wait until its widgets are there."""
        self.page.goto(f"{self.base}/{page}")
        self.page.locator(".widget-box, .jupyter-widgets").first.wait_for(timeout=60_000)
        return self.page

    def fill(self, **answers):
        for label, text in answers.items():
            field = self.page.get_by_label(re.compile(f"^{label}")).first
            field.fill(text)
            field.press("Tab")

    def save(self):
        self.page.get_by_role("button", name="保存", exact=True).click()
        self.page.locator(SAVED).wait_for(timeout=30_000)

    def overflow(self):
        """Return how many pixels the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")

    def look(self, name):
        """Check that the page fits the window; ``GUANAI_LOOK=folder`` also stores a picture of the whole page there."""
        assert self.overflow() <= 0
        if folder := os.environ.get("GUANAI_LOOK"):
            self.page.screenshot(path=f"{folder}/{name}-{self.size}.png", full_page=True)

    def picture(self, name):
        if os.environ.get("GUANAI_PICTURES"):
            PICTURES.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=PICTURES / f"{name}-{self.size}.png")


def choose(person, label, text):
    """Choose in a list that is searched by typing, or in a drop-down."""
    field = person.page.get_by_label(re.compile(f"^{label}")).first
    if field.evaluate("element => element.tagName") == "SELECT":
        field.select_option(label=text)
    else:
        field.fill(text)
        field.press("Tab")
