"""What each page costs its kernel: processor time, widgets, what is sent, what is imported late. Prints Markdown tables.

``python tests/bench/cells.py [--children 300 10000] [--keep FOLDER]``; ``make bench PART=cells`` is the same. Each school
is read in a process of its own, as the parent of the kernels reads it; each page's cells are then run there twice, for a
coordinator. Processor time is told, not the time by the clock, so that a busy machine does little harm; the second run
tells what a page costs whose code has been run before, as in a forked kernel. No browser, no server.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, redirect_stdout
from importlib import import_module
from pathlib import Path
from urllib.parse import quote

import ipywidgets

from guanai.server.commands.console_output import print_line
from guanai.server.kernels.fork_server import NEEDED
from guanai.server.kernels.preload import run_page_once
from guanai.server.kernels.school_cache import preload_school, sign_in_from_headers
from guanai.server.kernels.widget_states import state_for_page
from guanai.server.shipped_pages import shipped_pages
from guanai.storage import open_school

QUERIES = {"register": ["form=talk", "form=talk&new=1"], "child": ["", "new=1", "id={child}"]}


def seconds(work) -> float:
    """Return the processor time that a piece of work takes."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def import_all() -> None:
    """Import what the parent imports."""
    for name in NEEDED:
        try:
            import_module(name)
        except ImportError:
            continue


def profile(folder: Path) -> None:
    """Print a table of one school."""
    os.environ |= {"GUANAI_SCHOOL": str(folder), "SERVER_SOFTWARE": "voila/", "GUANAI_LANGUAGE": "zh"}
    imported = seconds(import_all)
    read = seconds(lambda: list(preload_school(folder)))
    school = open_school()
    everybody = school.table("staff").all()
    person = next(person for person in everybody if person.get("role") == "coordinator")
    os.environ["HTTP_X_GUANAI_PERSON"], os.environ["HTTP_X_GUANAI_STAFF"] = (
        quote(person["name"]),
        person["id"],
    )
    sign_in_from_headers()
    child = school.frame("child")["id"].iloc[0]
    print_line(
        f"\n{len(school.frame('child')):,} children: imports {imported:.1f} s, the school {read:.1f} s\n"
    )
    print_line(
        "| page | first ms | again ms | widgets | KiB of states | late imports |\n|---|---|---|---|---|---|"
    )
    for path in shipped_pages().values():
        for query in QUERIES.get(path.stem, [""]):
            os.environ["QUERY_STRING"] = query.format(child=child)
            modules = set(sys.modules)
            first, again = (seconds(lambda path=path: run_page_once(path)) * 1000 for _ in range(2))
            late = len({*sys.modules} - modules)
            widgets, states = made(path)
            label = path.stem + (f"?{query}" if query else "")
            print_line(f"| {label} | {first:.0f} | {again:.0f} | {widgets} | {states / 1024:.0f} | {late} |")


def made(path: Path) -> tuple[int, int]:
    """Run a page once more; return how many widgets it makes and the length of their states."""
    widgets: list[ipywidgets.Widget] = []
    ipywidgets.Widget.on_widget_constructed(widgets.append)
    run_page_once(path)
    ipywidgets.Widget.on_widget_constructed(None)
    return len(widgets), sum(
        len(json.dumps(state_for_page(widget.get_state(), []), default=str)) for widget in widgets
    )


def main() -> None:
    """Make the schools, and profile each in a process of its own."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--children", type=int, nargs="*", default=[300, 10_000])
    options.add_argument("--keep", type=Path, help="a folder that keeps the schools for another run")
    options.add_argument("--school", type=Path, help="profile this school only")
    chosen = options.parse_args()
    if chosen.school:
        profile(chosen.school.resolve())
        return
    from bench_pages import make_school

    with ExitStack() as stack:
        place = chosen.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for children in chosen.children:
            folder = place / f"school{children}"
            with redirect_stdout(sys.stderr):
                make_school(folder, children, whole=False)
            subprocess.run([sys.executable, __file__, "--school", str(folder)], check=True)


if __name__ == "__main__":
    main()
