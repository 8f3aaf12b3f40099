"""Measure each page in Chromium, signed in, in schools of 300 and of 10,000 children. Prints Markdown tables.

``python tests/bench/pages.py [--children 300 10000] [--parts pages saves] [--rounds 5] [--whole]``; ``make bench
PART=pages`` is the same. Everything takes turns in one run, so that a busy machine is fair to all: compare within a run.
*First paint* is the bar; *painted* is when the page's first list or control can be seen; *ready* is when the kernel's
answer to it is on the page: to a click on Save, to another tab, filter or term, to a search, made as soon as there is
something to click (on a page that only shows, when it is live). Cold is a browser that has nothing
yet; warm is its second visit. *Saves* are timed from the click to the acknowledgement: on a page of forty fields
that stores nothing, and in a child's dossier. ``--whole`` measures Voila's own page of the same notebooks beside.
"""

import argparse
import json
import re
import shutil
import tempfile
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from statistics import median, quantiles

import nbformat
from playwright.sync_api import TimeoutError as TooLate
from playwright.sync_api import sync_playwright
from support.large_school import make_large
from support.servers import demo_served

from guanai.server.addresses import free_port
from guanai.server.commands.console_output import print_line
from guanai.server.commands.serve_commands import make_demo
from guanai.storage import open_school
from guanai.storage.files.school_folder import SchoolFolder

QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
FORTY = """
import ipywidgets
fields = [ipywidgets.Text(description=f"栏{number}") for number in range(40)]
save, said = ipywidgets.Button(description="保存", _dom_classes=("guanai-save",)), ipywidgets.HTML()
fields[0].observe(lambda _: setattr(said, "value", ""), "value")
save.on_click(lambda _: setattr(said, "value", f"<b class='guanai-good'>已保存 {fields[0].value}</b>"))
ipywidgets.VBox([*fields, save, said])
"""
# What to do on each page as soon as it is there: an element, and what is done with it ("" for nothing).
TURN = (".widget-toggle-buttons button:nth-of-type(2)", "element.click()")
SAVE = ("button.guanai-main, button.guanai-save", "element.click()")
OTHER = (
    ".guanai select",
    "element.selectedIndex = element.selectedIndex ? 0 : 1; "
    "element.dispatchEvent(new Event('change', { bubbles: true }))",
)
SHOWN = (".guanai", "")
PAGES = {
    "_forty": SAVE,
    "home": (".guanai-line, .guanai-card", ""),
    "child": (
        ".guanai input[type=text]",
        "element.value = '王'; for (const type of ['input', 'change']) "
        "element.dispatchEvent(new Event(type, { bubbles: true }))",
    ),
    "child?new=1": SAVE,
    "home_visit": SAVE,
    "pairing": TURN,
    "checklist": TURN,
    "summary": OTHER,
    "register?form=talk": OTHER,
    "register?form=talk&new=1": SAVE,
    **dict.fromkeys(("day", "matrix", "coverage", "emergency", "deferral", "same_child", "bin"), SHOWN),
}
# The state of every HTML widget but charts, which draw themselves when the page is there.
WATCH = """
((selector, act) => {
  const texts = () => [...document.querySelectorAll(".widget-html-content, .guanai-wrong, .widget-label")]
    .filter((one) => !one.closest(".guanai-chart-panel"))
    .map((one) => one.className + one.getClientRects().length + one.innerHTML).join();
  let before;
  const timer = setInterval(() => {
    const element = [...document.querySelectorAll(selector)].find((one) => one.getClientRects().length && !one.disabled);
    if (before === undefined && element) {
      window.painted = performance.now();
      before = texts();
      act?.(element);
    } else if (before !== undefined && (act ? texts() !== before : document.documentElement.dataset.connection === "live")) {
      window.ready = performance.now();
      clearInterval(timer);
    }
  }, 5);
})
"""
# From a click on a button to the next acknowledgement, in milliseconds.
ROUND_TRIP = """
(button) => new Promise((resolve) => {
  const begun = performance.now();
  const look = () => [...document.querySelectorAll(".guanai-good")].some((one) => one.getClientRects().length)
    ? resolve(performance.now() - begun) : setTimeout(look, 1);
  button.click();
  look();
})
"""


def make_school(folder: Path, children: int, whole: bool) -> None:
    """Make a sample school of so many children, a page of forty fields, and copies that ask for Voila's own page."""
    if children > 300 and not SchoolFolder(folder).is_school:
        make_large(folder, children, date.today())
        (SchoolFolder(folder).internal / "sample").touch()
    make_demo(folder, "full" if children >= 200 else "small")
    notebooks = folder / "notebooks"
    forty = nbformat.v4.new_notebook()
    forty.cells = [nbformat.v4.new_markdown_cell("# 四十栏"), nbformat.v4.new_code_cell(FORTY)]
    nbformat.write(forty, notebooks / "_forty.ipynb")
    for name in {page.partition("?")[0] for page in PAGES} if whole else ():
        notebook = json.loads((notebooks / f"{name}.ipynb").read_text(encoding="utf-8"))
        notebook["metadata"]["guanai"] = {"page": "full"}
        text = json.dumps(notebook, ensure_ascii=False)
        (notebooks / f"_whole{name.strip('_')}.ipynb").write_text(text, encoding="utf-8")


def address(stack: ExitStack, folder: Path, wanted: int) -> str:
    """Serve a sample school while the stack stands; return its address."""
    port = free_port(wanted)
    stack.enter_context(demo_served(folder, port))
    return f"http://127.0.0.1:{port}"


@contextmanager
def browser_context(browser, base):
    """Yield a browser that has nothing yet, signed in."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{base}/login?next=/theme/icon.svg")
    page.get_by_role("button", name=re.compile("身份进入")).first.click()
    page.wait_for_url("**/icon.svg*")
    page.close()
    try:
        yield context
    finally:
        context.close()


def visit(context, address: str, doing, patience: float = 30) -> dict[str, float]:
    """Open a page once; return what it took, in milliseconds, requests and KiB as they came over the wire."""
    page = context.new_page()
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    sizes, requests, cached = [], {}, set()
    client.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    client.on("Network.requestWillBeSent", lambda event: requests.update({event["requestId"]: 1}))
    client.on("Network.requestServedFromCache", lambda event: cached.add(event["requestId"]))
    client.on(
        "Network.responseReceived",
        lambda event: cached.add(event["requestId"]) if event["response"].get("fromDiskCache") else None,
    )
    client.on("Network.webSocketCreated", lambda event: requests.update({event["requestId"]: 1}))
    act = f"(element) => {{ {doing[1]} }}" if doing[1] else "undefined"
    page.add_init_script(f"{WATCH}({json.dumps(doing[0])}, {act})")
    page.goto(address, wait_until="commit")
    for _ in range(round(20 * patience)):  # the page's policy forbids what wait_for_function does
        if page.evaluate("window.ready"):
            break
        page.wait_for_timeout(50)
    else:
        raise TooLate(f"{address} is not ready after {patience:.0f} seconds")
    times = page.evaluate(
        "[performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0, window.painted, window.ready,"
        " performance.getEntriesByType('navigation')[0].responseEnd]"
    )
    page.close()
    counted = {"requests": len(requests.keys() - cached), "KiB": sum(sizes) / 1024}
    return dict(zip(("first paint", "painted", "ready", "sent"), times, strict=True)) | counted


def save_often(context, address: str, field: str, times: int) -> list[float]:
    """Change a field and save, so many times; return the milliseconds from each click to its acknowledgement."""
    page = context.new_page()
    page.goto(address)
    page.locator("html[data-connection=live]").wait_for()
    box = page.get_by_label(re.compile(f"^{field}")).first
    button = page.locator("button.guanai-main, button.guanai-save").element_handle()
    took = []
    for number in range(times):
        box.fill(f"柳溪村{number}号")
        box.press("Tab")
        page.locator(".guanai-good").first.wait_for(state="detached")
        page.wait_for_timeout(150)
        took.append(page.evaluate(ROUND_TRIP, button))
    page.close()
    return took


def measure_pages(browser, schools, chosen) -> None:
    """Open every page in every school, taking turns; print a table."""
    visits: dict[tuple[int, str, str], list[dict[str, float]]] = {}
    for _ in range(chosen.rounds):
        for name in chosen.pages:
            for children, (_folder, base) in schools.items():
                whole = "_whole" + name.strip("_")
                for label, path in ((name, name), *([(f"{name}, whole", whole)] if chosen.whole else [])):
                    with browser_context(browser, base) as context:
                        for state in ("cold", "warm"):
                            context.pages or context.new_page()
                            context.pages[0].wait_for_timeout(1_000 * chosen.pause)
                            took = visit(context, f"{base}/{path}", PAGES[name])
                            visits.setdefault((children, label, state), []).append(took)
    times = ("first paint", "painted", "ready")
    print_line(f"{chosen.rounds} rounds; median (range) in ms; requests and KiB of a first visit\n")
    heads = [f"{state}: {what}" for state in ("cold", "warm") for what in times]
    print_line("| children | page | " + " | ".join(heads) + " | requests | KiB | warm requests |")
    print_line("|" + "---|" * (len(heads) + 5))
    for children, label in dict.fromkeys(key[:2] for key in visits):
        cells = []
        for state in ("cold", "warm"):
            for what in times:
                values = [visit_times[what] for visit_times in visits[children, label, state]]
                cells.append(f"{median(values):.0f} ({min(values):.0f}-{max(values):.0f})")
        cold, warm = visits[children, label, "cold"], visits[children, label, "warm"]
        cells += [f"{median(visit_times[what] for visit_times in cold):.0f}" for what in ("requests", "KiB")]
        cells.append(f"{median(visit_times['requests'] for visit_times in warm):.0f}")
        print_line(f"| {children:,} | {label} | {' | '.join(cells)} |")


def measure_saves(browser, schools, chosen) -> None:
    """Save on two pages of every school; print a table."""
    print_line("\n| children | save | median ms | p95 ms |\n|---|---|---|---|")
    for children, (folder, base) in schools.items():
        school = open_school(folder)
        child = school.frame("child")["id"].iloc[0]
        school.close()
        for label, path, field in (
            ("forty fields, nothing stored", "_forty", "栏0"),
            ("a child's dossier", f"child?id={child}&edit=1", "现居住地"),
        ):
            with browser_context(browser, base) as context:
                took = save_often(context, f"{base}/{path}", field, 20 * chosen.rounds)
            print_line(f"| {children:,} | {label} | {median(took):.0f} | {quantiles(took, n=20)[18]:.0f} |")


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--children", type=int, nargs="*", default=[300, 10_000])
    options.add_argument("--parts", nargs="*", choices=("pages", "saves"), default=["pages", "saves"])
    options.add_argument("--rounds", type=int, default=2)
    options.add_argument("--pages", nargs="*", choices=list(PAGES), default=list(PAGES))
    options.add_argument("--whole", action="store_true", help="measure Voila's own page beside")
    options.add_argument("--pause", type=float, default=2.0, help="seconds before each visit")
    options.add_argument("--keep", type=Path, help="a folder that keeps the schools for another run")
    chosen = options.parse_args()
    with ExitStack() as stack:
        place = chosen.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folders = {children: place / f"school{children}" for children in chosen.children}
        for children, folder in folders.items():
            make_school(folder, children, chosen.whole)
        driver = stack.enter_context(sync_playwright())
        schools = {
            children: (folder, address(stack, folder, 20_900 + 100 * number))
            for number, (children, folder) in enumerate(folders.items())
        }
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        stack.callback(browser.close)
        for _, base in schools.values():  # the parents of the kernels read their schools meanwhile
            with browser_context(browser, base) as context:
                for name in chosen.pages:
                    visit(context, f"{base}/{name}", PAGES[name], patience=180)
        for part in chosen.parts:
            {"pages": measure_pages, "saves": measure_saves}[part](browser, schools, chosen)


if __name__ == "__main__":
    main()
