"""Measure each page in Chromium: when it answers, what it loads. Prints a Markdown table.

``python tests/bench_pages.py --rounds 5 --size full --whole``; pages take turns, so that a busy machine is fair to
all: compare within a run. *Answers* is the time from the address to the kernel's answer to a click that is made as
soon as there is something to click; *painted* is when that something is there. Cold is a browser that has
nothing yet; warm is the same browser's second visit. ``--whole`` measures Voila's own page of the same notebooks beside.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import nbformat
from playwright.sync_api import sync_playwright

from guanai.server.addresses import free_port
from guanai.server.console import tell

QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
FORTY = """
import ipywidgets
fields = [ipywidgets.Text(description=f"栏{number}") for number in range(40)]
save, said = ipywidgets.Button(description="保存", _dom_classes=("guanai-save",)), ipywidgets.HTML()
save.on_click(lambda _: setattr(said, "value", "已保存" + fields[0].value))
ipywidgets.VBox([*fields, save, said])
"""
# What to do on each page as soon as it is there: an element, and what is done with it.
SAVE = ("button.guanai-main, button.guanai-save", "element.click()")
TURN = (".widget-toggle-buttons button:nth-of-type(2)", "element.click()")
TERM = (
    ".guanai select",
    "element.selectedIndex = 1; element.dispatchEvent(new Event('change', { bubbles: true }))",
)
PAGES = {
    "_forty": SAVE,
    "home": TURN,
    "child?new=1": SAVE,
    "home_visit": SAVE,
    "checklist": TURN,
    "summary": TERM,
}
# The state of every HTML widget but charts, which draw themselves while the page opens.
WATCH = """
((selector, act) => {
  const texts = () => [...document.querySelectorAll(".widget-html-content, .guanai-wrong, .widget-label")]
    .filter((one) => !one.closest(".guanai-chart-panel")).map((one) => one.className + one.innerHTML).join();
  let before;
  const timer = setInterval(() => {
    const element = [...document.querySelectorAll(selector)].find((one) => one.getClientRects().length && !one.disabled);
    if (before === undefined && element) {
      window.painted = performance.now();
      before = texts();
      act(element);
    } else if (before !== undefined && texts() !== before) {
      window.answered = performance.now();
      clearInterval(timer);
    }
  }, 5);
})
"""


def prepare(folder: Path, size: str, whole: bool) -> None:
    """Make the sample school, a page of forty fields, and copies that ask for Voila's own page."""
    command = [sys.executable, "-m", "guanai.server", "demo", str(folder), "--size", size, "--make-only"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    notebooks = folder / "notebooks"
    forty = nbformat.v4.new_notebook()
    forty.cells = [nbformat.v4.new_markdown_cell("# 四十栏"), nbformat.v4.new_code_cell(FORTY)]
    nbformat.write(forty, notebooks / "_forty.ipynb")
    for name in {page.partition("?")[0] for page in PAGES} if whole else ():
        notebook = json.loads((notebooks / f"{name}.ipynb").read_text(encoding="utf-8"))
        notebook["metadata"]["guanai"] = {"page": "full"}
        copy = notebooks / f"_whole{name.strip('_')}.ipynb"
        copy.write_text(json.dumps(notebook, ensure_ascii=False), encoding="utf-8")


def visit(context, base, address, doing):
    """Open a page once; return what it took."""
    page = context.new_page()
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    sizes, asked = [], []
    client.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    client.on("Network.requestWillBeSent", lambda event: asked.append(event["request"]["url"]))
    client.on(
        "Network.responseReceived",
        lambda event: asked.pop() if event["response"].get("fromDiskCache") else None,
    )
    client.on("Network.webSocketCreated", lambda event: asked.append(event["url"]))
    page.add_init_script(f"{WATCH}({json.dumps(doing[0])}, (element) => {{ {doing[1]} }})")
    page.goto(f"{base}/{address}", wait_until="commit")
    while not page.evaluate("window.answered"):  # the page's policy forbids what wait_for_function does
        page.wait_for_timeout(50)
    painted, answered = page.evaluate("[window.painted, window.answered]")
    page.close()
    return {"painted": painted, "answers": answered, "requests": len(asked), "KiB": sum(sizes) / 1024}


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--size", choices=("small", "full"), default="small")
    asked.add_argument("--whole", action="store_true", help="measure Voila's own page beside")
    asked.add_argument("--pages", nargs="*", default=list(PAGES))
    asked.add_argument("--pause", type=float, default=2.0, help="seconds between two visits")
    chosen = asked.parse_args()
    found: dict[tuple[str, str], list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as place, sync_playwright() as driver:
        folder, port = Path(place) / "school", free_port(20_900)
        prepare(folder, chosen.size, chosen.whole)
        command = [
            sys.executable,
            "-m",
            "guanai.server",
            "demo",
            str(folder),
            "--port",
            str(port),
            "--no-browser",
        ]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        try:
            next(line for line in server.stdout if str(port) in line)
            base = f"http://127.0.0.1:{port}"
            for _ in range(chosen.rounds):
                for name in chosen.pages:
                    whole = "_whole" + name.strip("_")
                    for label, address in (
                        (name, name),
                        *([(f"{name}, whole", whole)] if chosen.whole else []),
                    ):
                        context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
                        page = context.new_page()
                        page.goto(f"{base}/login?next=/theme/icon.svg")
                        page.get_by_role("button", name=re.compile("身份进入")).click()
                        page.wait_for_url("**/icon.svg*")
                        for state in ("cold", "warm"):
                            page.wait_for_timeout(1_000 * chosen.pause)
                            found.setdefault((label, state), []).append(
                                visit(context, base, address, PAGES[name])
                            )
                        context.close()
        finally:
            browser.close()
            server.terminate()
            server.wait(30)
    show(found, chosen)


def show(found, chosen) -> None:
    """Print the table."""
    tell(f"{chosen.rounds} rounds, sample school {chosen.size}; median (range) in ms\n")
    tell(
        "| page | cold: answers | cold: painted | warm: answers | warm: painted | requests | KiB | warm requests |"
    )
    tell("|---|---|---|---|---|---|---|---|")
    for label in dict.fromkeys(label for label, _ in found):
        cells = []
        for state in ("cold", "warm"):
            for what in ("answers", "painted"):
                values = [one[what] for one in found[label, state]]
                cells.append(f"{median(values):.0f} ({min(values):.0f}-{max(values):.0f})")
        cold, warm = found[label, "cold"], found[label, "warm"]
        counts = [
            f"{median(one['requests'] for one in cold):.0f}",
            f"{median(one['KiB'] for one in cold):.0f}",
        ]
        tell(
            f"| {label} | {' | '.join(cells)} | {' | '.join(counts)} | {median(one['requests'] for one in warm):.0f} |"
        )


if __name__ == "__main__":
    main()
